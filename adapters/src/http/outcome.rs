//! What became of an answer that was sent, as far as it can be known.

use domain::interaction::UnknownReason;
use tracing::warn;

use super::failure::{CallError, Failure};

/// What the marketplace gave for what it took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Its id of the comment or answer; none of a chat message on any marketplace, nor of an answer on Wildberries.
    pub external_id: Option<String>,
}

/// What became of a request that writes.
#[derive(Debug)]
#[must_use]
pub enum SendOutcome {
    /// The marketplace took it. No proof that buyers see it: Wildberries takes a wrong id too.
    Accepted(Receipt),
    /// It certainly had no effect: it never left, was turned away at the gateway, or was refused.
    NotSent(CallError),
    /// It may have had its effect or not. Only reading can tell; it must not be sent again before.
    Unknown(UnknownReason),
}

impl SendOutcome {
    /// Returns why the marketplace turned the request away, where it certainly did.
    pub(crate) fn refusal(&self) -> Option<&CallError> {
        match self {
            Self::NotSent(error) => Some(error),
            Self::Accepted(_) | Self::Unknown(_) => None,
        }
    }

    /// Judges what a write ended with.
    ///
    /// An answer with a definite status is believed, also where its body was lost. Everything that may come after the
    /// effect is unknown: silence, a broken connection, a 5xx (a gateway gives up while the service behind it goes on),
    /// an answer that is none.
    pub(crate) fn of(call: Result<Receipt, CallError>) -> Self {
        let error = match call {
            Ok(receipt) => return Self::Accepted(receipt),
            Err(error) => error,
        };
        let reason = match error.failure {
            Failure::Unauthorized
            | Failure::PaymentRequired
            | Failure::NoRight
            | Failure::ClosedByPlan
            | Failure::NotFound
            | Failure::RateLimited { .. }
            | Failure::BadRequest
            | Failure::Unreachable => return Self::NotSent(error),
            Failure::ServerError => UnknownReason::MarketplaceError,
            Failure::NoAnswer { timed_out: true } => UnknownReason::Timeout,
            Failure::NoAnswer { timed_out: false } => UnknownReason::ConnectionLost,
            Failure::MalformedAnswer => UnknownReason::MalformedAnswer,
        };
        // The last one to know what was said.
        warn!(
            error = &error as &dyn std::error::Error,
            status = error.evidence.status,
            marketplace.request_id = error.evidence.request_id,
            "the outcome of a write is not known"
        );
        Self::Unknown(reason)
    }
}

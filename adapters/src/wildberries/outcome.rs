//! What became of an answer that was sent, as far as it can be known.

use super::failure::{CallError, Failure};

/// What became of a request that writes.
#[derive(Debug)]
pub enum SendOutcome {
    /// The marketplace took it (204). Not yet proof that buyers see it: wrong ids are taken too.
    Accepted,
    /// The marketplace read it and refused; it had no effect.
    Refused(CallError),
    /// It never reached the service behind the gateway; it had no effect.
    NotSent(CallError),
    /// It may have had its effect or not. Only reading can tell; it must not be sent again before.
    Unknown(CallError),
}

impl SendOutcome {
    /// Judges what a write ended with.
    ///
    /// An answer with a definite status is believed, also where its body was lost. Everything that may come after the
    /// effect is unknown: a broken connection, silence, a 5xx (a gateway gives up while the service behind it goes
    /// on), a 3xx, an answer that is none.
    pub(super) fn of(call: Result<(), CallError>) -> Self {
        let Err(error) = call else {
            return Self::Accepted;
        };
        match error.kind {
            Failure::Unauthorized
            | Failure::PaymentRequired
            | Failure::NoRight
            | Failure::RateLimited { .. } => Self::NotSent(error),
            Failure::BadRequest { .. } | Failure::ErrorInBody { .. } | Failure::NotFound => {
                Self::Refused(error)
            }
            Failure::Unavailable if error.evidence.status.is_none() => Self::NotSent(error),
            Failure::Unavailable
            | Failure::ConnectionLost
            | Failure::Timeout
            | Failure::Malformed { .. } => Self::Unknown(error),
        }
    }
}

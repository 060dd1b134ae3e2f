//! Why there is no draft of a model.

use std::time::Duration;

use domain::guardrail::Unfit;
use strum::IntoStaticStr;

/// Why a model wrote no draft. None of these is worth a second call by itself: a template stands in, and a person may
/// ask again.
#[derive(Debug, thiserror::Error, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ModelError {
    /// It failed too often lately, or is out of money, and is not asked for now.
    #[error("the model is not asked for another {} s", retry_after.as_secs())]
    Paused {
        /// Until it is tried again.
        retry_after: Duration,
    },
    /// The seller's drafts of the day are used up.
    #[error("the seller's limit of drafts a day is reached")]
    OverLimit,
    /// The seller's money of the day is used up, or too little is left for a call.
    #[error("the seller's budget of the day is used up")]
    OverBudget,
    /// The call was made before: by a process that died, or whose answer was not taken. It is never made again.
    #[error("this call was made before, and its outcome is not known")]
    AlreadyMade,
    /// Nothing left: there was no connection.
    #[error("the model cannot be reached")]
    Unreachable,
    /// The connection broke or kept silent, after the request may have left.
    #[error("the model did not answer")]
    NoAnswer {
        /// Whether it was silence.
        timed_out: bool,
    },
    /// Too many calls.
    #[error("the model asks to wait {} s", retry_after.as_secs())]
    RateLimited {
        /// Until the next call.
        retry_after: Duration,
    },
    /// The account of the provider is empty: somebody has to pay.
    #[error("the provider's account is out of money")]
    OutOfMoney,
    /// The provider does not accept the key.
    #[error("the provider does not accept the key")]
    BadKey,
    /// The provider refused the request for what it is, or does not know the model.
    #[error("the provider refused the request with {status}")]
    BadRequest {
        /// HTTP status.
        status: u16,
    },
    /// An error of the provider's own.
    #[error("the provider has an error of its own, {status}")]
    ServerError {
        /// HTTP status.
        status: u16,
    },
    /// What came is no answer of the asked form, nor was it after a second request.
    #[error("the answer of the model cannot be used: {why}")]
    Unreadable {
        /// What is wrong, without the model's words.
        why: &'static str,
    },
    /// The model does not want to answer.
    #[error("the model declined to answer")]
    Declined,
    /// It wrote what a machine may not say.
    #[error("the model wrote what may not be offered")]
    Unfit {
        /// What, all of it.
        why: Vec<Unfit>,
    },
    /// The database cannot be reached: the call was not made, or its end was not noted.
    #[error("the books of the model's calls cannot be kept")]
    Database(#[from] sqlx::Error),
}

impl ModelError {
    /// Returns the word used in events, SQL and metrics.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.into()
    }

    /// Tells whether it does not pass by waiting.
    pub(crate) fn wants_somebody(&self) -> bool {
        matches!(self, Self::OutOfMoney | Self::BadKey | Self::BadRequest { .. })
    }

    /// Tells whether nothing was carried out, and nothing is to be paid.
    pub(crate) fn is_free(&self) -> bool {
        match self {
            Self::Unreachable
            | Self::RateLimited { .. }
            | Self::OutOfMoney
            | Self::BadKey
            | Self::BadRequest { .. } => true,
            // A gateway says of nothing what became of it.
            Self::ServerError { status } => !matches!(status, 502 | 504),
            Self::Paused { .. }
            | Self::OverLimit
            | Self::OverBudget
            | Self::AlreadyMade
            | Self::NoAnswer { .. }
            | Self::Unreadable { .. }
            | Self::Declined
            | Self::Unfit { .. }
            | Self::Database(_) => false,
        }
    }
}

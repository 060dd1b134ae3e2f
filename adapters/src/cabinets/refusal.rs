//! Why a marketplace, or this program, does not open a cabinet or a channel of it.

use std::time::Duration;

use domain::account::{AccessLossReason, ClosureReason};

use crate::http::{CallError, Failure};

/// Why a cabinet could not be connected, checked or opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The marketplace does not accept the key.
    #[error("the marketplace does not accept the key")]
    CredentialRejected,
    /// The key opens nothing of what is read here.
    #[error("the key opens nothing of what is read here")]
    NoRight,
    /// The marketplace wants to be paid first.
    #[error("the marketplace wants to be paid first")]
    PaymentRequired,
    /// The key is another cabinet's.
    #[error("the key belongs to another cabinet")]
    OtherCabinet,
    /// The marketplace asks to wait.
    #[error("the marketplace asks to wait")]
    RateLimited {
        /// For how long.
        retry_after: Duration,
    },
    /// The marketplace cannot be reached or answers with an error of its own.
    #[error("the marketplace cannot be reached")]
    Unavailable,
    /// The marketplace sends no notifications.
    #[error("the marketplace sends no notifications")]
    NoNotifications,
    /// The seller has no such cabinet.
    #[error("the seller has no such account")]
    UnknownAccount,
    /// Ours: database, keys, contention.
    #[error("connecting a cabinet")]
    Internal(#[from] anyhow::Error),
}

/// What the marketplace objects to, where it is the key.
pub(crate) fn access_loss(error: &CallError) -> Option<AccessLossReason> {
    match error.failure {
        Failure::Unauthorized => Some(AccessLossReason::Unauthorized),
        Failure::PaymentRequired => Some(AccessLossReason::PaymentRequired),
        Failure::NoRight
        | Failure::ClosedByPlan
        | Failure::NotFound
        | Failure::RateLimited { .. }
        | Failure::BadRequest
        | Failure::ServerError
        | Failure::Unreachable
        | Failure::NoAnswer { .. }
        | Failure::MalformedAnswer => None,
    }
}

/// Why the channel is closed, where the marketplace refused that alone.
pub(crate) fn closure(error: &CallError) -> Option<ClosureReason> {
    match error.failure {
        Failure::NoRight => Some(ClosureReason::NoRight),
        Failure::ClosedByPlan => Some(ClosureReason::ClosedByPlan),
        Failure::Unauthorized
        | Failure::PaymentRequired
        | Failure::NotFound
        | Failure::RateLimited { .. }
        | Failure::BadRequest
        | Failure::ServerError
        | Failure::Unreachable
        | Failure::NoAnswer { .. }
        | Failure::MalformedAnswer => None,
    }
}

pub(super) fn refused(error: &CallError) -> ConnectError {
    match error.failure {
        Failure::Unauthorized => ConnectError::CredentialRejected,
        Failure::NoRight | Failure::ClosedByPlan => ConnectError::NoRight,
        Failure::PaymentRequired => ConnectError::PaymentRequired,
        Failure::RateLimited { retry_after } => ConnectError::RateLimited { retry_after },
        Failure::NotFound
        | Failure::BadRequest
        | Failure::ServerError
        | Failure::Unreachable
        | Failure::NoAnswer { .. }
        | Failure::MalformedAnswer => ConnectError::Unavailable,
    }
}

pub(super) fn internal(error: impl Into<anyhow::Error>) -> ConnectError {
    ConnectError::Internal(error.into())
}

//! Files of chats, opened for a person.

use std::time::Duration;

use domain::account::Use;
use domain::{AccountId, Channel, TenantId};

use super::{Cabinets, ConnectError, access_loss, closure};
use crate::connector::ReadError;
use crate::http::{Download, Failure};

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The marketplace does not give it, or not any more.
    #[error("the marketplace does not give the file")]
    Gone,
    /// The marketplace does not accept the cabinet's key for it.
    #[error("the marketplace does not accept the key")]
    AccessLost,
    /// The marketplace does not open chats to the cabinet.
    #[error("the marketplace does not open chats")]
    Closed,
    /// The turn under the marketplace's limit has not come.
    #[error("the turn under the limit has not come")]
    NotBefore(Duration),
    /// The marketplace cannot be reached or answers with an error of its own.
    #[error("the marketplace cannot be reached")]
    Unavailable,
    /// The cabinet could not be opened.
    #[error("opening a cabinet")]
    Cabinet(#[from] ConnectError),
    /// Ours.
    #[error("opening a file")]
    Internal(#[from] anyhow::Error),
}

impl Cabinets {
    /// Opens a file of a message, by what its marketplace calls it.
    ///
    /// # Errors
    /// [`DownloadError`].
    pub async fn download(
        &self,
        tenant: TenantId,
        account: AccountId,
        address: &str,
    ) -> Result<Download, DownloadError> {
        let known = self.account(tenant, account).await?;
        if known.lost().is_some() {
            return Err(DownloadError::AccessLost);
        }
        if known.closed(Channel::Chat, Use::Reading).is_some() {
            return Err(DownloadError::Closed);
        }
        let cabinet = self.open(tenant, account).await?;
        cabinet.connector.download(address).await.map_err(DownloadError::from)
    }
}

impl From<ReadError> for DownloadError {
    fn from(error: ReadError) -> Self {
        let error = match error {
            ReadError::NotBefore(wait) => return Self::NotBefore(wait),
            ReadError::Database(error) => return Self::Internal(error.into()),
            ReadError::Notes(error) => return Self::Internal(error.into()),
            ReadError::Call(error) => error,
        };
        if let Some(wait) = error.retry_after() {
            return Self::NotBefore(wait);
        }
        if access_loss(&error).is_some() {
            return Self::AccessLost;
        }
        if closure(&error).is_some() {
            return Self::Closed;
        }
        match error.failure {
            Failure::NotFound | Failure::BadRequest => Self::Gone,
            Failure::Unauthorized
            | Failure::PaymentRequired
            | Failure::NoRight
            | Failure::ClosedByPlan
            | Failure::RateLimited { .. }
            | Failure::ServerError
            | Failure::Unreachable
            | Failure::NoAnswer { .. }
            | Failure::MalformedAnswer => Self::Unavailable,
        }
    }
}

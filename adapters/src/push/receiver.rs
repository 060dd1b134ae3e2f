//! Who is notified at an address, and what was made of what came.

use domain::{AccountId, Marketplace, TenantId};
use eventlog::Db;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use strum::IntoStaticStr;

use super::Notice;
use crate::sync;

/// The secret part of an address, in SQL and in what its seal is bound to.
pub(crate) const TOKEN_KIND: &str = "push_token";

/// A cabinet that is notified at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    tenant: TenantId,
    account: AccountId,
    marketplace: Marketplace,
    /// The cabinet's number at the marketplace.
    cabinet: String,
}

/// Why a notification is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Refusal {
    /// It is none that the marketplace describes.
    Malformed,
    /// It is larger than any of theirs.
    TooLarge,
    /// It is about another cabinet.
    OtherCabinet,
    /// It comes from a network that is not the marketplace's.
    OtherNetwork,
}

impl Receiver {
    /// Returns the account that is the cabinet here.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Tells whether a notification is about another cabinet.
    #[must_use]
    pub fn is_other(&self, notice: &Notice) -> bool {
        match notice {
            Notice::News { cabinet: Some(cabinet), .. } => *cabinet != self.cabinet,
            Notice::News { cabinet: None, .. } | Notice::Ping | Notice::Other => false,
        }
    }
}

/// Hashes the secret part of an address as the table keeps it.
pub(crate) fn digest(token: &SecretString) -> Vec<u8> {
    Sha256::digest(token.expose_secret().as_bytes()).to_vec()
}

/// Finds whose address of `marketplace` has this secret part.
///
/// # Errors
/// What the database says.
pub async fn find(
    db: &Db,
    marketplace: Marketplace,
    token: &SecretString,
) -> sqlx::Result<Option<Receiver>> {
    let row = sqlx::query!(
        "select tenant_id, account_id, cabinet from push_receiver
            where token_hash = $1 and marketplace = $2",
        digest(token),
        marketplace.as_str(),
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| Receiver {
        tenant: TenantId(row.tenant_id),
        account: AccountId(row.account_id),
        marketplace,
        cabinet: row.cabinet,
    }))
}

/// Makes the reading due that a notification asks for, and counts it. A repeated one is harmless; one of which nothing
/// is read is only counted.
///
/// # Errors
/// What the database says; the marketplace should repeat the notification then.
pub async fn accept(db: &Db, receiver: &Receiver, notice: &Notice) -> sqlx::Result<()> {
    if let Notice::News { channel, .. } = notice {
        sync::request_channel_now(db, receiver.tenant, receiver.account, *channel).await?;
    }
    count(receiver.marketplace, notice.as_str());
    sqlx::query!(
        "update push_receiver set received = received + 1, last_received_at = now()
            where tenant_id = $1 and account_id = $2",
        receiver.tenant.0,
        receiver.account.0,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Notes that a notification was refused, for the owner of the cabinet to see.
///
/// # Errors
/// What the database says.
pub async fn refuse(db: &Db, receiver: &Receiver, refusal: Refusal) -> sqlx::Result<()> {
    let reason: &'static str = refusal.into();
    count(receiver.marketplace, reason);
    sqlx::query!(
        "update push_receiver set last_refused_at = now(), last_refused_reason = $3
            where tenant_id = $1 and account_id = $2",
        receiver.tenant.0,
        receiver.account.0,
        reason,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

fn count(marketplace: Marketplace, outcome: &'static str) {
    metrics::counter!(
        "agentiq_notifications_total",
        "marketplace" => marketplace.as_str(),
        "outcome" => outcome
    )
    .increment(1);
}

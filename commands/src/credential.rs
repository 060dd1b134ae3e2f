//! The keys of marketplace cabinets: sealed in an ordinary table, since secrets do not belong in a log.

use chrono::{DateTime, Utc};
use domain::{AccountId, TenantId};
use eventlog::{Db, Vault};
use secrecy::SecretString;
use uuid::Uuid;

/// The marketplace's key, in SQL and in what the seal is bound to.
const CREDENTIAL: &str = "credential";

/// The key of the digests that tell whether an item changed.
const DIGEST_KEY: &str = "digest_key";

/// Keeps and opens the keys of cabinets.
#[derive(Clone)]
pub struct Credentials {
    db: Db,
    vault: Vault,
}

/// A key as it is kept.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The key.
    pub secret: SecretString,
    /// Since when it is the cabinet's, by the database's clock.
    pub since: DateTime<Utc>,
}

/// Why a key could not be kept or opened.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The database could not be reached.
    #[error("reaching the table of keys")]
    Database(#[from] sqlx::Error),
    /// The seller's key is wrapped under another master key, or something was tampered with.
    #[error("sealing or opening a key")]
    Sealed(#[from] eventlog::KeyError),
}

impl Credentials {
    /// Keeps keys in `db`, sealed by `vault`.
    #[must_use]
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault }
    }

    /// Returns what seals the keys, for whatever else of a cabinet must not be read in the database.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Keeps the key of a cabinet in place of the one before.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn put(
        &self,
        tenant: TenantId,
        account: AccountId,
        token: &SecretString,
    ) -> Result<(), CredentialError> {
        let sealed = self.vault.seal(tenant, CREDENTIAL, account.0, token).await?;
        sqlx::query!(
            "insert into account_secret (tenant_id, account_id, kind, sealed) values ($1, $2, $3, $4)
                on conflict on constraint account_secret_pkey do update
                    set sealed = excluded.sealed, replaced_at = now()",
            tenant.0,
            account.0,
            CREDENTIAL,
            sealed,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    /// Returns the key of the cabinet's digests; the first call makes it.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn digest_key(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<SecretString, CredentialError> {
        let fresh = SecretString::from(Uuid::new_v4().to_string() + &Uuid::new_v4().to_string());
        let sealed = self.vault.seal(tenant, DIGEST_KEY, account.0, &fresh).await?;
        sqlx::query!(
            "insert into account_secret (tenant_id, account_id, kind, sealed) values ($1, $2, $3, $4)
                on conflict on constraint account_secret_pkey do nothing",
            tenant.0,
            account.0,
            DIGEST_KEY,
            sealed,
        )
        .execute(self.db.pool())
        .await?;
        // Whoever made it first made it for all.
        Ok(self.read(tenant, account, DIGEST_KEY).await?.map_or(fresh, |kept| kept.secret))
    }

    /// Opens the key of a cabinet; none when the seller has no such cabinet.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn open(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<Credential>, CredentialError> {
        self.read(tenant, account, CREDENTIAL).await
    }

    async fn read(
        &self,
        tenant: TenantId,
        account: AccountId,
        kind: &str,
    ) -> Result<Option<Credential>, CredentialError> {
        let row = sqlx::query!(
            "select sealed, replaced_at from account_secret
                where tenant_id = $1 and account_id = $2 and kind = $3",
            tenant.0,
            account.0,
            kind,
        )
        .fetch_optional(self.db.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let secret = self.vault.open(tenant, kind, account.0, &row.sealed).await?;
        Ok(Some(Credential { secret, since: row.replaced_at }))
    }
}

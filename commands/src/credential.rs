//! The keys of marketplace cabinets: sealed in an ordinary table, since secrets do not belong in a log.

use domain::{AccountId, TenantId};
use eventlog::{Db, SealedSecret, Vault};
use secrecy::SecretString;

/// What a sealed key is bound to, beside the seller and the cabinet.
const KIND: &str = "account_credential";

/// Keeps and opens the keys of cabinets.
#[derive(Clone)]
pub struct Credentials {
    db: Db,
    vault: Vault,
}

/// Why a key could not be kept or opened.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The database could not be reached.
    #[error("reaching the table of keys")]
    Database(#[from] sqlx::Error),
    /// The key is sealed under another master key, or was tampered with.
    #[error("opening a sealed key")]
    Sealed(#[from] eventlog::KeyError),
}

impl Credentials {
    /// Keeps keys in `db`, sealed by `vault`.
    #[must_use]
    pub fn new(db: Db, vault: Vault) -> Self {
        Self { db, vault }
    }

    /// Keeps the key of a cabinet in place of the one before.
    ///
    /// # Errors
    /// [`CredentialError::Database`].
    pub async fn put(
        &self,
        tenant: TenantId,
        account: AccountId,
        token: &SecretString,
    ) -> Result<(), CredentialError> {
        let SealedSecret { kek_id, sealed } = self.vault.seal(tenant, KIND, account.0, token);
        sqlx::query!(
            "insert into account_credential (tenant_id, account_id, kek_id, sealed) values ($1, $2, $3, $4)
                on conflict on constraint account_credential_pkey do update
                    set kek_id = excluded.kek_id, sealed = excluded.sealed, replaced_at = now()",
            tenant.0,
            account.0,
            kek_id,
            sealed,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    /// Opens the key of a cabinet; none when the seller has no such cabinet.
    ///
    /// # Errors
    /// [`CredentialError`].
    pub async fn open(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<SecretString>, CredentialError> {
        let row = sqlx::query!(
            "select kek_id, sealed from account_credential where tenant_id = $1 and account_id = $2",
            tenant.0,
            account.0,
        )
        .fetch_optional(self.db.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let sealed = SealedSecret { kek_id: row.kek_id, sealed: row.sealed };
        Ok(Some(self.vault.open(tenant, KIND, account.0, &sealed)?))
    }
}

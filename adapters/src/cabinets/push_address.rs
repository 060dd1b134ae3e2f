//! The address at which a marketplace notifies of news in a cabinet.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use domain::{AccountId, Marketplace, TenantId};
use secrecy::SecretString;

use super::{Cabinets, ConnectError, internal};
use crate::push;

/// The address of a cabinet, and what came there.
#[derive(Debug, Clone)]
pub struct PushAddress {
    /// The secret part of the address: 256 random bits, as letters, digits, `-` and `_`.
    pub token: SecretString,
    /// Since when it is the address.
    pub made_at: DateTime<Utc>,
    /// How many notifications were accepted there.
    pub received: i64,
    /// When the last of them came.
    pub last_received_at: Option<DateTime<Utc>>,
    /// When one was last refused, and why.
    pub last_refused: Option<(DateTime<Utc>, String)>,
}

impl Cabinets {
    /// Gives a cabinet an address, in place of the one it had: notifications that go there are refused from now on.
    ///
    /// # Errors
    /// [`ConnectError::NoNotifications`], [`ConnectError::UnknownAccount`], and what goes wrong inside.
    pub async fn renew_push_address(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<(), ConnectError> {
        let marketplace = self.marketplace(tenant, account).await?;
        if !notifies(marketplace) {
            return Err(ConnectError::NoNotifications);
        }
        let (key, _) = self.key(tenant, account).await?;
        let cabinet = key.cabinet().ok_or(ConnectError::NoNotifications)?;
        let token = SecretString::from(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
        let sealed = self.vault().seal(tenant, push::TOKEN_KIND, account.0, &token).await;
        // One statement: the address that is shown is always the one that is listened to.
        sqlx::query!(
            "with secret as (
                insert into account_secret (tenant_id, account_id, kind, sealed) values ($1, $2, $3, $4)
                    on conflict on constraint account_secret_pkey do update
                        set sealed = excluded.sealed, replaced_at = now()
            )
            insert into push_receiver as r (tenant_id, account_id, marketplace, cabinet, token_hash)
                values ($1, $2, $5, $6, $7)
                on conflict on constraint push_receiver_pkey do update
                    set cabinet = excluded.cabinet, token_hash = excluded.token_hash, made_at = now(), received = 0,
                        last_received_at = null, last_refused_at = null, last_refused_reason = null",
            tenant.0,
            account.0,
            push::TOKEN_KIND,
            sealed.map_err(internal)?,
            marketplace.as_str(),
            cabinet,
            push::digest(&token),
        )
        .execute(self.db.pool())
        .await
        .map_err(internal)?;
        Ok(())
    }

    /// Returns the address of a cabinet and what came there; none before it was given one.
    ///
    /// # Errors
    /// When the address cannot be read or opened.
    pub async fn push_address(
        &self,
        tenant: TenantId,
        account: AccountId,
    ) -> Result<Option<PushAddress>, ConnectError> {
        let row = sqlx::query!(
            "select sealed, made_at, received, last_received_at, last_refused_at, last_refused_reason
                from push_receiver r join account_secret s using (tenant_id, account_id)
                where tenant_id = $1 and account_id = $2 and kind = $3",
            tenant.0,
            account.0,
            push::TOKEN_KIND,
        )
        .fetch_optional(self.db.pool())
        .await
        .map_err(internal)?;
        let Some(row) = row else { return Ok(None) };
        let token = self.vault().open(tenant, push::TOKEN_KIND, account.0, &row.sealed).await;
        Ok(Some(PushAddress {
            token: token.map_err(internal)?,
            made_at: row.made_at,
            received: row.received,
            last_received_at: row.last_received_at,
            last_refused: row.last_refused_at.zip(row.last_refused_reason),
        }))
    }
}

/// Tells whether a marketplace sends notifications of anything that is read here.
fn notifies(marketplace: Marketplace) -> bool {
    match marketplace {
        Marketplace::Wildberries => false,
        Marketplace::Ozon | Marketplace::YandexMarket => true,
    }
}

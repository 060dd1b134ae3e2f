//! What the workers learn about a cabinet from its marketplace, noted: a key that is refused, channels that are closed and
//! opened, a key's end that comes near.

use chrono::{DateTime, Utc};
use commands::Actor;
use domain::account::{AccessLossReason, AccountCommand, ClosureReason, Use};
use domain::{AccountId, Channel, TenantId};

use super::refusal::internal;
use super::{Cabinet, Cabinets, ConnectError};
use crate::connector;
use crate::sync::{self, Section};

impl Cabinets {
    /// Notes that the marketplace refused the cabinet's key, and stops reading it. Tells whether it was the present key;
    /// a refusal of one that was replaced meanwhile changes nothing.
    pub(crate) async fn lose_access(
        &self,
        cabinet: &Cabinet,
        reason: AccessLossReason,
    ) -> Result<bool, ConnectError> {
        self.lose_key((cabinet.tenant, cabinet.account), cabinet.key_since, reason).await
    }

    /// The same of the key that is the cabinet's since `key_since`.
    pub(super) async fn lose_key(
        &self,
        (tenant, account): (TenantId, AccountId),
        key_since: DateTime<Utc>,
        reason: AccessLossReason,
    ) -> Result<bool, ConnectError> {
        if !self.is_present_key(tenant, account, key_since).await? {
            return Ok(false);
        }
        self.note_loss(tenant, account, reason).await?;
        if self.is_present_key(tenant, account, key_since).await? {
            return Ok(true);
        }
        // It was replaced while its loss was noted, and the new one has not been refused.
        self.report(tenant, account, AccountCommand::RestoreAccess).await?;
        let known = self.account(tenant, account).await?;
        let marketplace = self.marketplace(tenant, account).await?;
        let is_open = |channel: &Channel| known.closed(*channel, Use::Reading).is_none();
        let channels = connector::channels(marketplace).iter().copied().filter(is_open);
        // Nothing is noted of the claims: a key that does not open them is refused there, and only there.
        let claims = connector::has_claims(marketplace).then_some(Section::Claims);
        let open: Vec<_> = channels.map(Section::Channel).chain(claims).collect();
        sync::start(&self.db, tenant, account, marketplace, &open).await.map_err(internal)?;
        Ok(false)
    }

    /// Notes that the marketplace refused a channel. Tells whether it was with the present key, as
    /// [`Cabinets::lose_access`] does.
    pub(crate) async fn close_channel(
        &self,
        cabinet: &Cabinet,
        (channel, to): (Channel, Use),
        reason: ClosureReason,
    ) -> Result<bool, ConnectError> {
        if !self.has_present_key(cabinet).await? {
            return Ok(false);
        }
        let close = AccountCommand::CloseChannel { channel, to, reason };
        self.report(cabinet.tenant, cabinet.account, close).await?;
        let is_present = self.has_present_key(cabinet).await?;
        if !is_present {
            // Replaced in between: what the new key opens is found out by using it.
            let open = AccountCommand::OpenChannel { channel, to };
            self.report(cabinet.tenant, cabinet.account, open).await?;
        }
        Ok(is_present)
    }

    /// Notes that a channel could be used, which opens it if it was closed.
    pub(crate) async fn note_use(
        &self,
        cabinet: &Cabinet,
        channel: Channel,
        to: Use,
    ) -> anyhow::Result<()> {
        let known = self.account(cabinet.tenant, cabinet.account).await?;
        if known.closed(channel, to).is_some() && self.has_present_key(cabinet).await? {
            let open = AccountCommand::OpenChannel { channel, to };
            self.report(cabinet.tenant, cabinet.account, open).await?;
        }
        Ok(())
    }

    /// Notes that a channel was read, and warns of the key's end when that is due: what is read often is looked at often.
    pub(crate) async fn note_reading(
        &self,
        cabinet: &Cabinet,
        channel: Channel,
        now: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        self.note_use(cabinet, channel, Use::Reading).await?;
        let known = self.account(cabinet.tenant, cabinet.account).await?;
        if known.warning_due(now).is_some() {
            let heed = AccountCommand::HeedTime { now };
            self.report(cabinet.tenant, cabinet.account, heed).await?;
        }
        Ok(())
    }

    /// Notes that the marketplace refused the present key.
    async fn note_loss(
        &self,
        tenant: TenantId,
        account: AccountId,
        reason: AccessLossReason,
    ) -> Result<(), ConnectError> {
        let at = sqlx::query_scalar!(r#"select now() as "now!""#).fetch_one(self.db.pool()).await;
        let lose = AccountCommand::LoseAccess { reason, at: at.map_err(internal)? };
        self.report(tenant, account, lose).await?;
        sync::suspend(&self.db, tenant, account, <&str>::from(reason)).await.map_err(internal)
    }

    /// Tells whether the key that a cabinet was opened with is still its.
    pub(crate) async fn has_present_key(&self, cabinet: &Cabinet) -> Result<bool, ConnectError> {
        self.is_present_key(cabinet.tenant, cabinet.account, cabinet.key_since).await
    }

    async fn is_present_key(
        &self,
        tenant: TenantId,
        account: AccountId,
        key_since: DateTime<Utc>,
    ) -> Result<bool, ConnectError> {
        let present = self.credential(tenant, account).await?;
        Ok(present.since <= key_since)
    }

    /// Carries out what the marketplace, and nobody else, gave rise to.
    async fn report(
        &self,
        tenant: TenantId,
        account: AccountId,
        command: AccountCommand,
    ) -> Result<(), ConnectError> {
        self.execute(tenant, Actor::System("marketplace"), account, command).await
    }
}

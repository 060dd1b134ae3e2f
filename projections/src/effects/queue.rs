//! The outbox as a queue: claimed under a lease with a fence, by the database's clock.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::effect::Effect;
use domain::{AccountId, InteractionId, TenantId};
use eventlog::Db;
use serde_json::Value;
use uuid::Uuid;

use super::past_stopped;
use crate::sql::interval;

/// Which effects a worker takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EffectKind {
    /// Let out a version of a reply that was held.
    ReleaseReply,
    /// Send a version of a reply.
    DeliverReply,
    /// Find out whether an attempt took effect.
    SettleReply,
    /// See that an accepted version is published.
    ConfirmReply,
    /// Tell the marketplace that a person has viewed it.
    MarkViewed,
    /// Answer with a draft that needs nobody.
    SendDraft,
}

impl EffectKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::ReleaseReply => "release_reply",
            Self::DeliverReply => "deliver_reply",
            Self::SettleReply => "settle_reply",
            Self::ConfirmReply => "confirm_reply",
            Self::MarkViewed => "mark_viewed",
            Self::SendDraft => "send_draft",
        }
    }

    /// Tells whether it waits while sending is stopped: whatever writes at a marketplace does, a mark as well as a
    /// reply, so that a stop needs no exceptions to be understood; and a release, after which a reply cannot be taken
    /// back any more, and a draft that would go out by itself. Reading goes on, or what is under way would never be
    /// known to have ended.
    fn waits_while_stopped(self) -> bool {
        // The sabotage that the tests must catch: a worker that does not hear of stops.
        if cfg!(feature = "sabotage-deaf-to-stops") {
            return false;
        }
        match self {
            Self::ReleaseReply | Self::DeliverReply | Self::MarkViewed | Self::SendDraft => true,
            Self::SettleReply | Self::ConfirmReply => false,
        }
    }
}

/// Under whose name and for how long effects are claimed.
#[derive(Debug, Clone, Copy)]
pub struct Claim {
    /// The claiming process.
    pub owner: Uuid,
    /// How long it may take before somebody else may go on.
    pub lease: Duration,
}

/// An effect that one worker holds.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Whose effect.
    pub tenant: TenantId,
    /// Its id; results are commands whose ids derive from it.
    pub effect_id: Uuid,
    /// The interaction it belongs to.
    pub interaction: InteractionId,
    /// The cabinet to call with.
    pub account: AccountId,
    /// What to do.
    pub effect: Effect,
    /// The event that owes it.
    pub cause_event_id: Uuid,
    /// The request that led to it.
    pub correlation_id: Option<Uuid>,
    /// What earlier tries read or were answered, oldest first.
    pub evidence: Vec<Value>,
    /// A call was started under an earlier claim and nobody reported its end.
    pub call_lost: bool,
    /// Now, by the database's clock.
    pub now: DateTime<Utc>,
    fence: i64,
}

/// Claims the effect of `kind` that has been due longest, if one is due.
///
/// A delivery or settling waits until earlier ones of its interaction are done. One whose call was started and never
/// ended comes back with `call_lost`, and keeps that mark until somebody has reported it. What waits while sending is
/// stopped is left out as far as the read model knows; before a call the log is to be asked.
///
/// # Errors
/// What the database says, or a stored effect that cannot be read.
pub async fn claim(db: &Db, kind: EffectKind, claim: Claim) -> sqlx::Result<Option<Claimed>> {
    let row = match longest_due(db, kind, claim).await? {
        None if kind.waits_while_stopped() => past_stopped::claim(db, kind, claim).await?,
        row => row,
    };
    row.map(Claimed::try_from).transpose()
}

/// Claims as [`claim`] does where nobody has stopped sending, which is asked for once and not for each effect.
async fn longest_due(db: &Db, kind: EffectKind, claim: Claim) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"with due as (
                select e.tenant_id, e.effect_id, e.state
                    from effect e
                    where e.kind = $1 and e.next_at <= now()
                        and not ($4 and exists (select from installation_stop where resumed_at is null))
                        and not ($4 and exists (select from sending where stopped_at is not null))
                        and (e.state = 'pending' or (e.state in ('leased', 'calling') and e.lease_until < now()))
                        and not exists (
                            select from effect earlier
                                where earlier.tenant_id = e.tenant_id and earlier.stream_id = e.stream_id
                                    and earlier.state <> 'done' and earlier.cause_pos < e.cause_pos
                                    and earlier.kind in ('deliver_reply', 'settle_reply')
                        )
                    order by e.next_at
                    limit 1
                    for update skip locked
            )
            update effect e
                set state = case when due.state = 'calling' then 'calling' else 'leased' end,
                    owner = $2, fence = e.fence + 1, lease_until = now() + $3
                from due
                where e.tenant_id = due.tenant_id and e.effect_id = due.effect_id
                returning e.tenant_id, e.effect_id, e.stream_id, e.account_id, e.payload, e.cause_event_id,
                    e.correlation_id, e.evidence, e.fence, due.state = 'calling' as "call_lost!", now() as "now!""#,
        kind.as_str(),
        claim.owner,
        interval(claim.lease),
        kind.waits_while_stopped(),
    )
    .fetch_optional(db.pool())
    .await
}

/// Claims up to `limit` due effects of `kind` that belong to one account, so that one call can serve them all.
///
/// # Errors
/// What the database says, or a stored effect that cannot be read.
pub async fn claim_of_one_account(
    db: &Db,
    kind: EffectKind,
    claim: Claim,
    limit: i64,
) -> sqlx::Result<Vec<Claimed>> {
    let rows = sqlx::query_as!(
        Row,
        r#"with account as (
                select tenant_id, account_id
                    from effect
                    where kind = $1 and next_at <= now() and (state = 'pending' or lease_until < now())
                        and state <> 'done'
                    order by next_at
                    limit 1
            ), due as (
                select e.tenant_id, e.effect_id
                    from effect e
                    join account using (tenant_id, account_id)
                    where e.kind = $1 and e.next_at <= now() and (e.state = 'pending' or e.lease_until < now())
                        and e.state <> 'done'
                    order by e.next_at
                    limit $4
                    for update of e skip locked
            )
            update effect e
                set state = 'leased', owner = $2, fence = e.fence + 1, lease_until = now() + $3
                from due
                where e.tenant_id = due.tenant_id and e.effect_id = due.effect_id
                returning e.tenant_id, e.effect_id, e.stream_id, e.account_id, e.payload, e.cause_event_id,
                    e.correlation_id, e.evidence, e.fence, false as "call_lost!", now() as "now!""#,
        kind.as_str(),
        claim.owner,
        interval(claim.lease),
        limit,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter().map(Claimed::try_from).collect()
}

/// Returns deliveries of one account whose calls have not begun and that are due within a minute, without claiming
/// them.
///
/// # Errors
/// What the database says, or a stored effect that cannot be read.
pub async fn waiting_deliveries(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    limit: i64,
) -> sqlx::Result<Vec<Claimed>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select tenant_id, effect_id, stream_id, account_id, payload, cause_event_id, correlation_id, evidence, fence,
                false as "call_lost!", now() as "now!"
            from effect
            where tenant_id = $1 and account_id = $2 and kind = 'deliver_reply'
                and state in ('pending', 'leased') and next_at < now() + interval '1 minute'
            order by next_at
            limit $3"#,
        tenant.0,
        account.0,
        limit,
    )
    .fetch_all(db.pool())
    .await?;
    rows.into_iter().map(Claimed::try_from).collect()
}

/// Notes that the remote call is about to start: from here on only a report ends the effect, never a second call.
///
/// Returns when the call starts, by the database's clock; none when the lease was lost and the call must not be made.
///
/// # Errors
/// What the database says; the call must not be made.
pub async fn start_call(
    db: &Db,
    claimed: &Claimed,
    claim: Claim,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        r#"update effect set state = 'calling', lease_until = now() + $4
            where tenant_id = $1 and effect_id = $2 and fence = $3 and state = 'leased'
            returning clock_timestamp() as "now!""#,
        claimed.tenant.0,
        claimed.effect_id,
        claimed.fence,
        interval(claim.lease),
    )
    .fetch_optional(db.pool())
    .await
}

/// Marks the effect done, after its result was reported with a command. Nothing happens when the lease was lost.
///
/// # Errors
/// What the database says; the report will be repeated, which is harmless.
pub async fn finish(db: &Db, claimed: &Claimed) -> sqlx::Result<()> {
    sqlx::query!(
        "update effect set state = 'done', done_at = now(), lease_until = null
            where tenant_id = $1 and effect_id = $2 and fence = $3",
        claimed.tenant.0,
        claimed.effect_id,
        claimed.fence,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Puts the effect back for `after` from now, with what was learned. Only for effects whose call certainly had no
/// effect or only read.
///
/// # Errors
/// What the database says; the effect comes back when its lease ends.
pub async fn put_back(
    db: &Db,
    claimed: &Claimed,
    after: Duration,
    learned: Option<&Value>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update effect
            set state = 'pending', lease_until = null, next_at = now() + $4,
                evidence = case when $5::jsonb is null then evidence else evidence || $5::jsonb end
            where tenant_id = $1 and effect_id = $2 and fence = $3",
        claimed.tenant.0,
        claimed.effect_id,
        claimed.fence,
        interval(after),
        learned,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Counts a seller's replies that wait to be sent, those of another attempt among them, and those that are held.
///
/// # Errors
/// What the database says.
pub async fn count_waiting(db: &Db, tenant: TenantId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from effect
            where tenant_id = $1 and kind in ('deliver_reply', 'release_reply') and state in ('pending', 'leased')"#,
        tenant.0,
    )
    .fetch_one(db.pool())
    .await
}

/// Returns the database's time, by which effects come due.
///
/// # Errors
/// What the database says.
pub async fn now(db: &Db) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#).fetch_one(db.pool()).await
}

/// Counts unfinished effects by kind and state, for metrics and alarms.
///
/// # Errors
/// What the database says.
pub async fn backlog(db: &Db) -> sqlx::Result<Vec<(String, String, i64)>> {
    let rows = sqlx::query!(
        r#"select kind, state, count(*) as "count!" from effect where state <> 'done' group by kind, state"#
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.kind, row.state, row.count)).collect())
}

pub(super) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) effect_id: Uuid,
    pub(super) stream_id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) payload: Value,
    pub(super) cause_event_id: Uuid,
    pub(super) correlation_id: Option<Uuid>,
    pub(super) evidence: Value,
    pub(super) fence: i64,
    pub(super) call_lost: bool,
    pub(super) now: DateTime<Utc>,
}

impl TryFrom<Row> for Claimed {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let decode = |error: serde_json::Error| sqlx::Error::Decode(error.into());
        Ok(Self {
            tenant: TenantId(row.tenant_id),
            effect_id: row.effect_id,
            interaction: InteractionId(row.stream_id),
            account: AccountId(row.account_id),
            effect: serde_json::from_value(row.payload).map_err(decode)?,
            cause_event_id: row.cause_event_id,
            correlation_id: row.correlation_id,
            evidence: serde_json::from_value(row.evidence).map_err(decode)?,
            call_lost: row.call_lost,
            now: row.now,
            fence: row.fence,
        })
    }
}

//! How far each cabinet was read, and who reads it now.

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{AccountId, Channel, Marketplace, TenantId};
use eventlog::Db;
use serde_json::Value;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::Section;

/// How often everything is read again: what is answered or archived at the marketplace long after it was written shows
/// only there. At 5 000 a call even 200 000 items are 40 calls, and ten more that look for what is new meanwhile.
const WHOLE_READ_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Readings in a row that fail before something is thought to stand in the way.
const STUCK_AFTER: i32 = 3;

/// Why a reading failed whose items could not be stored.
pub(super) const NOT_STORED: &str = "not_stored";

/// What a person may know about the reading of a channel of a cabinet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// The cabinet.
    pub account_id: Uuid,
    /// The channel: `review`, `question` or `chat`; or `claim` for the claims for return.
    pub channel: String,
    /// `waiting`, `running` or `failed`.
    pub state: String,
    /// Whether everything the marketplace holds was read once.
    pub backfill_done: bool,
    /// Items read so far, repeated readings included.
    pub items_seen: i64,
    /// When the last whole round ended.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// Planned pause between rounds, in seconds; none before the first has ended.
    pub pause_seconds: Option<i32>,
    /// When the next reading is due; none while the marketplace does not accept the key.
    pub next_sync_at: Option<DateTime<Utc>>,
    /// Items that were given and could not be read.
    pub items_unread: i64,
    /// How many of such were given up because they were too many or too old.
    pub items_expired: i64,
    /// Why the last reading failed.
    pub error_code: Option<String>,
    /// The marketplace's words about that.
    pub error_message: Option<String>,
    /// Since when it fails.
    pub error_since: Option<DateTime<Utc>>,
}

/// A channel of a cabinet, or its claims, that one worker reads.
#[derive(Debug, Clone)]
pub(super) struct ClaimedSync {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) marketplace: Marketplace,
    pub(super) section: Section,
    /// As the marketplace's connector left it; null at the beginning of a round.
    pub(super) cursor: Value,
    /// Where rounds go on in a channel that is read as one stream, as the connector left it.
    pub(super) resume: Value,
    /// When the round began.
    pub(super) started_at: DateTime<Utc>,
    /// Whether this round should read everything, not only what is recent.
    pub(super) whole_due: bool,
    /// Readings in a row that failed.
    pub(super) error_count: i32,
    /// How many of them, the last ones, because an item could not be stored.
    pub(super) not_stored_count: i32,
    pub(super) now: DateTime<Utc>,
    fence: i64,
}

impl ClaimedSync {
    /// Tells whether reading on from here has failed again and again. What stands in the way is left then: a place that
    /// the marketplace refuses, or what it does not tell of an item.
    pub(super) fn is_stuck(&self) -> bool {
        self.error_count >= STUCK_AFTER
    }
}

/// Starts to read channels of a cabinet, from now on.
///
/// # Errors
/// What the database says.
pub(crate) async fn start(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    marketplace: Marketplace,
    sections: &[Section],
) -> sqlx::Result<()> {
    let channels: Vec<String> = sections.iter().map(|s| s.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into channel_sync (tenant_id, account_id, marketplace, channel)
            select $1, $2, $3, c.channel from unnest($4::text[]) as c (channel)
            on conflict on constraint channel_sync_pkey do update
                set next_at = now(), error_code = null, error_message = null, error_since = null, error_count = 0",
        tenant.0,
        account.0,
        marketplace.as_str(),
        &channels,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Leaves channels of a cabinet unread until [`start`], because the key does not open them.
///
/// # Errors
/// What the database says.
pub(crate) async fn shut(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    marketplace: Marketplace,
    sections: &[Section],
) -> sqlx::Result<()> {
    let channels: Vec<String> = sections.iter().map(|s| s.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into channel_sync (tenant_id, account_id, marketplace, channel, next_at)
            select $1, $2, $3, c.channel, 'infinity' from unnest($4::text[]) as c (channel)
            on conflict on constraint channel_sync_pkey do update
                set next_at = 'infinity', lease_until = null, fence = channel_sync.fence + 1,
                    error_code = null, error_message = null, error_since = null, error_count = 0",
        tenant.0,
        account.0,
        marketplace.as_str(),
        &channels,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Asks for a reading as soon as possible; of a channel whose round has begun, for another after it, since what the
/// seller waits for may belong on a page that was read already. Tells whether the seller has such a cabinet and its key
/// is accepted.
///
/// # Errors
/// What the database says.
pub async fn request_now(db: &Db, tenant: TenantId, account: AccountId) -> sqlx::Result<bool> {
    let asked = sqlx::query!(
        "update channel_sync set next_at = now(), hinted_at = now()
            where tenant_id = $1 and account_id = $2 and next_at < 'infinity'",
        tenant.0,
        account.0,
    )
    .execute(db.pool())
    .await?;
    Ok(asked.rows_affected() > 0)
}

/// Asks for a reading of one channel as soon as possible, because the marketplace says that something is new there. The
/// round after the present one sees it at the latest. A channel that is not read is left alone, and one whose reading
/// fails keeps its pause.
///
/// # Errors
/// What the database says.
pub(crate) async fn request_channel_now(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    channel: Channel,
) -> sqlx::Result<()> {
    // A hint that waits for its round already stands for all that follow it.
    sqlx::query!(
        "update channel_sync
            set hinted_at = now(), next_at = case when error_code is null then now() else next_at end
            where tenant_id = $1 and account_id = $2 and channel = $3 and next_at < 'infinity'
                and (hinted_at is null or hinted_at <= round_began_at)",
        tenant.0,
        account.0,
        channel.as_str(),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Stops reading a cabinet until it is started again, because the marketplace does not accept its key.
///
/// # Errors
/// What the database says.
pub async fn suspend(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    code: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update channel_sync
            set next_at = 'infinity', lease_until = null, fence = fence + 1, error_code = $3,
                error_since = coalesce(error_since, now())
            where tenant_id = $1 and account_id = $2",
        tenant.0,
        account.0,
        code,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Reads how the channels of a seller's cabinets are doing.
///
/// # Errors
/// What the database says.
pub async fn states(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<SyncState>> {
    sqlx::query_as!(
        SyncState,
        r#"select account_id, channel,
                case
                    when lease_until > now() then 'running'
                    when error_code is not null then 'failed'
                    else 'waiting'
                end as "state!",
                backfill_done, items_seen, last_synced_at, pause_seconds,
                nullif(next_at, 'infinity') as next_sync_at, error_code, error_message, error_since,
                (select count(*) from unread_item u
                    where u.tenant_id = s.tenant_id and u.account_id = s.account_id
                        and u.channel = s.channel) as "items_unread!",
                unread_expired as items_expired
            from channel_sync s
            where tenant_id = $1
            order by account_id, channel"#,
        tenant.0,
    )
    .fetch_all(db.pool())
    .await
}

/// A channel that is still to be read through after a restore.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ToReadThrough {
    /// The seller.
    pub tenant_id: Uuid,
    /// The cabinet.
    pub account_id: Uuid,
    /// Its marketplace.
    pub marketplace: String,
    /// The channel.
    pub channel: String,
    /// Why the last reading failed; none where nothing failed.
    pub failure: Option<String>,
}

/// Returns the channels of which no round has ended that began at `since` or later. Those that the marketplace does not
/// let read are left out, and so are claims for return, which nobody answers here.
///
/// # Errors
/// What the database says.
pub async fn to_read_through(db: &Db, since: DateTime<Utc>) -> sqlx::Result<Vec<ToReadThrough>> {
    sqlx::query_as!(
        ToReadThrough,
        "select tenant_id, account_id, marketplace, channel, error_code as failure from channel_sync
            where channel <> $2 and next_at < 'infinity' and (read_from is null or read_from < $1)
                and coalesce(error_code not in ('no_right', 'closed_by_plan', 'payment_required'), true)
            order by tenant_id, account_id, channel",
        since,
        super::CLAIMS,
    )
    .fetch_all(db.pool())
    .await
}

/// Claims the channel that has been due longest. After a restore every channel is due, begins anew and is read whole,
/// and once more when the marketplaces show all that was under way when the database was lost.
pub(super) async fn claim(db: &Db, lease: Duration) -> sqlx::Result<Option<ClaimedSync>> {
    let row = sqlx::query!(
        r#"with restored as (
                select coalesce(max(case when shown_by <= now() then shown_by else stopped_at end), '-infinity') as at
                    from installation_stop where cause = 'restored' and resumed_at is null
            )
            update channel_sync s
            set fence = s.fence + 1, lease_until = now() + $1,
                round_began_at = case when s.cursor = 'null' or due.is_anew then now() else s.round_began_at end,
                cursor = case when due.is_anew then 'null' else s.cursor end
            from (
                select tenant_id, account_id, channel, round_began_at < restored.at as is_anew,
                        restored.at as restored_at
                    from channel_sync, restored
                    where (next_at <= now() or (round_began_at < restored.at and next_at < 'infinity'))
                        and (lease_until is null or lease_until < now())
                    order by next_at
                    limit 1
                    for update of channel_sync skip locked
            ) due
            where s.tenant_id = due.tenant_id and s.account_id = due.account_id and s.channel = due.channel
            returning s.tenant_id, s.account_id, s.marketplace, s.channel, s.cursor, s.resume, s.round_began_at,
                s.error_count, s.fence, now() as "now!",
                case when s.error_code = $3 then s.error_count else 0 end as "not_stored_count!",
                coalesce(s.whole_read_at < greatest(now() - $2::interval, due.restored_at), true) as "whole_due!""#,
        interval(lease),
        interval(WHOLE_READ_EVERY) as _,
        NOT_STORED,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let unknown = |error: strum::ParseError| sqlx::Error::Decode(error.into());
    Ok(Some(ClaimedSync {
        tenant: TenantId(row.tenant_id),
        account: AccountId(row.account_id),
        marketplace: row.marketplace.parse().map_err(unknown)?,
        section: row.channel.parse().map_err(unknown)?,
        cursor: row.cursor,
        resume: row.resume,
        started_at: row.round_began_at,
        whole_due: row.whole_due,
        error_count: row.error_count,
        not_stored_count: row.not_stored_count,
        now: row.now,
        fence: row.fence,
    }))
}

/// What a page brought to where the channel stands.
#[derive(Debug, Clone)]
pub(super) struct Read {
    pub(super) items: i64,
    /// Where later rounds go on; none keeps what was kept.
    pub(super) resume: Option<Value>,
}

/// Saves where the round stands and lets the next page follow after `pause`, and not before others that are due have
/// had a turn: a cabinet with years of reviews must not keep all others from being read.
pub(super) async fn go_on(
    db: &Db,
    claimed: &ClaimedSync,
    cursor: &Value,
    read: &Read,
    pause: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update channel_sync
            set cursor = $5, items_seen = items_seen + $6, resume = coalesce($7, resume), lease_until = null,
                next_at = now() + $8, error_code = null, error_message = null, error_since = null, error_count = 0
            where tenant_id = $1 and account_id = $2 and channel = $3 and fence = $4",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        claimed.fence,
        cursor,
        read.items,
        read.resume,
        interval(pause) as _,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Saves where the round stands, and leaves it to the caller when it goes on.
pub(super) async fn keep_place(db: &Db, claimed: &ClaimedSync, cursor: &Value) -> sqlx::Result<()> {
    sqlx::query!(
        "update channel_sync set cursor = $5
            where tenant_id = $1 and account_id = $2 and channel = $3 and fence = $4",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        claimed.fence,
        cursor,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Ends a round; the next one begins after `pause`, or at once where one was asked for since the round began.
pub(super) async fn end_round(
    db: &Db,
    claimed: &ClaimedSync,
    read: &Read,
    whole: bool,
    pause: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update channel_sync
            set cursor = 'null', items_seen = items_seen + $5, resume = coalesce($8, resume), backfill_done = true,
                whole_read_at = case when $7 then now() else whole_read_at end, read_from = round_began_at,
                lease_until = null,
                last_synced_at = now(), pause_seconds = ceil(extract(epoch from $6::interval))::int,
                next_at = case when hinted_at > round_began_at then now() else now() + $6::interval end,
                error_code = null, error_message = null, error_since = null, error_count = 0
            where tenant_id = $1 and account_id = $2 and channel = $3 and fence = $4",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        claimed.fence,
        read.items,
        interval(pause) as _,
        whole,
        read.resume,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Leaves the channel for later, from the same place: its turn has not come.
pub(super) async fn postpone(db: &Db, claimed: &ClaimedSync, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update channel_sync set lease_until = null, next_at = now() + $5
            where tenant_id = $1 and account_id = $2 and channel = $3 and fence = $4",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        claimed.fence,
        interval(pause),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Notes a failed reading; it is tried again after `pause`, from the same place. Items that could not be stored are
/// counted apart from what failed before them.
pub(super) async fn fail(
    db: &Db,
    claimed: &ClaimedSync,
    code: &str,
    message: Option<&str>,
    pause: Duration,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update channel_sync
            set lease_until = null, next_at = now() + $5, error_code = $6, error_message = $7,
                error_since = coalesce(error_since, now()),
                error_count = case when $6 = $8 and error_code <> $8 then 1 else error_count + 1 end
            where tenant_id = $1 and account_id = $2 and channel = $3 and fence = $4",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        claimed.fence,
        interval(pause),
        code,
        message,
        NOT_STORED,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Begins the round anew, since the marketplace does not take the place where it stood; in a channel that is read as
/// one stream, with the first that there is. Reading twice is harmless.
pub(super) async fn begin_anew(db: &Db, claimed: &ClaimedSync) -> sqlx::Result<()> {
    sqlx::query!(
        "update channel_sync set cursor = 'null', resume = 'null'
            where tenant_id = $1 and account_id = $2 and channel = $3 and fence = $4",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        claimed.fence,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

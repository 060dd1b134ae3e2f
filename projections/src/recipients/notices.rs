//! Messages to recipients: claimed by recipient, noted before they are sent, and ended by what became of them.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::policy::notice::{Due, News, Told, Wish};
use eventlog::Db;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{TURNS_WITHIN, wish};
use crate::sql::interval;

/// How long what recipients were told is kept, to answer «why was nobody called».
const KEPT: Duration = Duration::from_hours(90 * 24);

/// A recipient that somebody is at.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Whose.
    pub tenant: TenantId,
    /// Its id.
    pub recipient_id: Uuid,
    /// By what it is reached.
    pub medium: String,
    /// Where, sealed.
    pub address: Vec<u8>,
    /// By what a program knows our messages, sealed.
    pub signing_key: Option<Vec<u8>>,
    /// What it wants to hear of, and when.
    pub wish: Wish,
    /// What it was told.
    pub told: Told,
    /// Attempts in a row that did not arrive.
    pub failures: u32,
    /// A message that may have arrived; nothing else is sent before that is known.
    pub open: Option<Notice>,
    seen: Json<Told>,
    look_at: Option<DateTime<Utc>>,
    /// Of this claim alone.
    owner: Uuid,
    lease: Duration,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Its id, the same at every attempt.
    pub notice_id: Uuid,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// What it tells.
    pub news: Vec<News>,
    /// How often it was tried.
    pub attempts: u32,
}

/// How an attempt ended that did not arrive for certain.
#[derive(Debug, Clone, Copy)]
pub struct Attempted<'a> {
    /// The word of why.
    pub failure: &'a str,
    /// What the other side answered: a status of HTTP or SMTP.
    pub status: Option<u16>,
    /// Whether it may have arrived all the same, so that the same message is sent again.
    pub is_open: bool,
    /// Whether it counts as told, since it may have arrived often enough.
    pub is_told: bool,
    /// How long nothing is tried.
    pub pause: Duration,
}

/// Claims a recipient of whom a message is open, whose alerts have changed, or at whom it is time to look. It is left alone
/// by others for `lease`, and for as long again from each attempt on.
///
/// # Errors
/// What the database says.
pub async fn claim(db: &Db, lease: Duration) -> sqlx::Result<Option<Claimed>> {
    let owner = Uuid::now_v7();
    let row = sqlx::query!(
        r#"with due as (
                select r.tenant_id, r.recipient_id, coalesce(s.alerts, '{}') as alerts
                    from recipient r left join sending s on s.tenant_id = r.tenant_id
                    where r.next_at <= clock_timestamp() and (
                        r.seen <> coalesce(s.alerts, '{}') or r.look_at <= clock_timestamp()
                        or exists (
                            select from notice n
                                where n.tenant_id = r.tenant_id and n.recipient_id = r.recipient_id
                                    and n.outcome is null))
                    order by r.next_at
                    limit 1
                    for update of r skip locked
            )
            update recipient r set owner = $1, next_at = clock_timestamp() + $2
                from due left join notice n
                    on n.tenant_id = due.tenant_id and n.recipient_id = due.recipient_id and n.outcome is null
                where r.tenant_id = due.tenant_id and r.recipient_id = due.recipient_id
                returning r.tenant_id, r.recipient_id, r.medium, r.address, r.signing_key, r.least_severity,
                    r.quiet_from, r.quiet_until, r.told as "told: Json<Told>", r.failures, r.look_at,
                    due.alerts as "alerts!: Json<Told>", n.notice_id as "notice_id?", n.made_at as "made_at?",
                    n.news as "news?: Json<Vec<News>>", n.attempts as "attempts?""#,
        owner,
        interval(lease),
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| {
        let open = match (row.notice_id, row.made_at, row.news) {
            (Some(notice_id), Some(made_at), Some(Json(news))) => {
                let attempts = row.attempts.and_then(|count| u32::try_from(count).ok());
                Some(Notice { notice_id, made_at, news, attempts: attempts.unwrap_or_default() })
            }
            _ => None,
        };
        Claimed {
            tenant: TenantId(row.tenant_id),
            recipient_id: row.recipient_id,
            medium: row.medium,
            address: row.address,
            signing_key: row.signing_key,
            wish: wish(&row.least_severity, row.quiet_from, row.quiet_until),
            told: row.told.0,
            failures: row.failures.try_into().unwrap_or_default(),
            open,
            seen: row.alerts,
            look_at: row.look_at,
            owner,
            lease,
        }
    }))
}

/// Lets go of a recipient to whom nothing is to be told now; looks again after `look_after`, or when something changes.
///
/// # Errors
/// What the database says; then it comes back when the lease ends.
pub async fn settled(
    db: &Db,
    claimed: &Claimed,
    told: &Told,
    look_after: Option<Duration>,
) -> sqlx::Result<()> {
    // Somebody may have changed meanwhile what it wants to hear of.
    sqlx::query!(
        "update recipient set seen = $4, told = $5,
                look_at = case when look_at is not distinct from $7 then clock_timestamp() + $6::interval else look_at end,
                next_at = clock_timestamp(), owner = null
            where tenant_id = $1 and recipient_id = $2 and owner = $3",
        claimed.tenant.0,
        claimed.recipient_id,
        claimed.owner,
        Json(&claimed.seen) as _,
        Json(told) as _,
        look_after.map(interval),
        claimed.look_at,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Leaves a recipient alone for `pause`: what is open is not repeated now.
///
/// # Errors
/// What the database says; then it comes back when the lease ends.
pub async fn put_off(db: &Db, claimed: &Claimed, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update recipient set next_at = clock_timestamp() + $4, owner = null
            where tenant_id = $1 and recipient_id = $2 and owner = $3",
        claimed.tenant.0,
        claimed.recipient_id,
        claimed.owner,
        interval(pause),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Repeats an open message no more. As it may have arrived, it counts as told; what there is to tell beyond it is looked at
/// anew.
///
/// # Errors
/// What the database says; then it comes back when the lease ends.
pub async fn give_up(
    db: &Db,
    claimed: &Claimed,
    notice: &Notice,
    outcome: &str,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let told = end(&mut tx, claimed, notice, outcome).await?;
    sqlx::query!(
        "update recipient set told = coalesce($4, told), look_at = clock_timestamp(), next_at = clock_timestamp(),
                owner = null
            where tenant_id = $1 and recipient_id = $2 and owner = $3",
        claimed.tenant.0,
        claimed.recipient_id,
        claimed.owner,
        told as _,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// Ends an open message. Returns what its recipient knows who got it; none where it had ended.
async fn end(
    connection: &mut PgConnection,
    claimed: &Claimed,
    notice: &Notice,
    outcome: &str,
) -> sqlx::Result<Option<Json<Told>>> {
    sqlx::query_scalar!(
        r#"update notice set outcome = $4, ended_at = clock_timestamp()
            where tenant_id = $1 and recipient_id = $2 and notice_id = $3 and outcome is null
            returning told as "told: Json<Told>""#,
        claimed.tenant.0,
        claimed.recipient_id,
        notice.notice_id,
        outcome,
    )
    .fetch_optional(connection)
    .await
}

/// Notes a message before it is sent; none where somebody else is at the recipient by now, or it was removed.
///
/// # Errors
/// What the database says; then nothing may be sent.
pub async fn begin(db: &Db, claimed: &Claimed, due: &Due) -> sqlx::Result<Option<Notice>> {
    let row = sqlx::query!(
        r#"with held as (
                update recipient set next_at = clock_timestamp() + $7
                    where tenant_id = $1 and recipient_id = $2 and owner = $3 and next_at > clock_timestamp()
                    returning tenant_id, recipient_id
            )
            insert into notice (tenant_id, recipient_id, notice_id, news, told, attempts)
            select tenant_id, recipient_id, $4, $5, $6, 1 from held
            on conflict (tenant_id, recipient_id) where outcome is null do nothing
            returning notice_id, made_at, news as "news: Json<Vec<News>>", attempts"#,
        claimed.tenant.0,
        claimed.recipient_id,
        claimed.owner,
        Uuid::now_v7(),
        Json(&due.news) as _,
        Json(&due.told) as _,
        interval(claimed.lease),
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| Notice {
        notice_id: row.notice_id,
        made_at: row.made_at,
        news: row.news.0,
        attempts: row.attempts.try_into().unwrap_or_default(),
    }))
}

/// Notes one more attempt of a message that is open, before it is made; false where somebody else is at the recipient by
/// now, or it was removed.
///
/// # Errors
/// What the database says; then nothing may be sent.
pub async fn begin_again(db: &Db, claimed: &Claimed, notice: &Notice) -> sqlx::Result<bool> {
    let begun = sqlx::query!(
        "with held as (
                update recipient set next_at = clock_timestamp() + $5
                    where tenant_id = $1 and recipient_id = $2 and owner = $3 and next_at > clock_timestamp()
                    returning tenant_id, recipient_id
            )
            update notice n set attempts = attempts + 1
                from held
                where n.tenant_id = held.tenant_id and n.recipient_id = held.recipient_id and n.notice_id = $4
                    and n.outcome is null",
        claimed.tenant.0,
        claimed.recipient_id,
        claimed.owner,
        notice.notice_id,
        interval(claimed.lease),
    )
    .execute(db.pool())
    .await?;
    Ok(begun.rows_affected() > 0)
}

/// Takes note that a message has arrived: its recipient knows what it tells.
///
/// # Errors
/// What the database says; then the message is sent again under its id.
pub async fn arrived(db: &Db, claimed: &Claimed, notice: &Notice) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let told = end(&mut tx, claimed, notice, "arrived").await?;
    if let Some(told) = told {
        // What is seen stays as it was: whether there is more to tell is looked at anew.
        sqlx::query!(
            "update recipient set told = $3, told_at = clock_timestamp(), failures = 0, failing_since = null,
                    failure = null, failure_status = null, look_at = clock_timestamp(), next_at = clock_timestamp(),
                    owner = null
                where tenant_id = $1 and recipient_id = $2",
            claimed.tenant.0,
            claimed.recipient_id,
            told as _,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// Takes note that a message has not arrived, for all that is known. One that may have arrived stays open; of one that
/// has not for certain, what there is to tell is looked at anew when the pause is over.
///
/// # Errors
/// What the database says; then the message is sent again under its id.
pub async fn not_arrived(
    db: &Db,
    claimed: &Claimed,
    notice: &Notice,
    attempted: Attempted<'_>,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let told = if attempted.is_open {
        None
    } else {
        end(&mut tx, claimed, notice, attempted.failure).await?
    };
    sqlx::query!(
        "update recipient set failures = failures + 1, failing_since = coalesce(failing_since, clock_timestamp()),
                failure = $4, failure_status = $5, told = coalesce($7, told), look_at = clock_timestamp(),
                next_at = clock_timestamp() + $6, owner = null
            where tenant_id = $1 and recipient_id = $2 and owner = $3",
        claimed.tenant.0,
        claimed.recipient_id,
        claimed.owner,
        attempted.failure,
        attempted.status.and_then(|status| i16::try_from(status).ok()),
        interval(attempted.pause),
        told.filter(|_| attempted.is_told) as _,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await
}

/// Counts recipients to whom nothing arrives, by medium, for metrics and alarms.
///
/// # Errors
/// What the database says.
pub async fn count_failing(db: &Db) -> sqlx::Result<BTreeMap<String, i64>> {
    let rows = sqlx::query!(
        r#"select medium, count(*) as "failing!" from recipient where failures > 0 group by medium"#
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(|row| (row.medium, row.failing)).collect())
}

/// Removes messages that are older than 90 days, and turns that do not count any more. Returns how many.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed = sqlx::query!(
        "delete from notice where made_at < now() - $1::interval and outcome is not null",
        interval(KEPT),
    )
    .execute(db.pool())
    .await?;
    let turns = sqlx::query!(
        "delete from recipient_turn where taken_at < now() - $1::interval",
        interval(TURNS_WITHIN),
    )
    .execute(db.pool())
    .await?;
    Ok(removed.rows_affected() + turns.rows_affected())
}

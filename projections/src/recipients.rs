//! Who hears of a seller's alerts outside the console, and what they were told. None of it is history, and addresses are
//! kept sealed: whoever reads them here brings the key.

mod notices;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::policy::alert::AlertSeverity;
use domain::policy::notice::{QuietHours, Wish};
use eventlog::Db;
use sqlx::PgConnection;
use uuid::Uuid;

pub use self::notices::{
    Attempted, Claimed, Notice, arrived, begin, begin_again, claim, count_failing, give_up,
    not_arrived, put_off, settled, sweep,
};
use crate::sql::interval;

/// Most recipients of a seller.
pub const RECIPIENTS_MAX: i64 = 10;

/// How long after a test of a recipient the next one may be sent: a test goes to whatever address somebody typed.
pub const TEST_EVERY: Duration = Duration::from_secs(30);

/// How often within [`TURNS_WITHIN`] a seller may enter or test recipients, all of them together: each can have a message
/// sent to somebody who never asked for one.
pub const TURNS_MAX: i64 = 40;

/// See [`TURNS_MAX`].
pub const TURNS_WITHIN: Duration = Duration::from_hours(24);

/// A recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Its id.
    pub recipient_id: Uuid,
    /// By what it is reached: `email`, `telegram` or `webhook`.
    pub medium: String,
    /// Where, sealed.
    pub address: Vec<u8>,
    /// By what a program knows our messages, sealed; none where a person reads them.
    pub signing_key: Option<Vec<u8>>,
    /// What it wants to hear of, and when.
    pub wish: Wish,
    /// When it was entered.
    pub made_at: DateTime<Utc>,
    /// By whom: `user:<id>`.
    pub made_by: String,
    /// When it was last told something.
    pub told_at: Option<DateTime<Utc>>,
    /// Why nothing arrives; none where all is well.
    pub failing: Option<Failing>,
}

/// Why nothing arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failing {
    /// Since when.
    pub since: DateTime<Utc>,
    /// The word of why the last attempt did not arrive.
    pub failure: String,
    /// What the other side answered then: a status of HTTP or SMTP.
    pub status: Option<u16>,
}

/// A recipient to be kept.
#[derive(Debug, Clone)]
pub struct NewRecipient<'a> {
    /// Its id.
    pub recipient_id: Uuid,
    /// By what it is reached.
    pub medium: &'a str,
    /// Where, sealed.
    pub address: &'a [u8],
    /// By what a program knows our messages, sealed.
    pub signing_key: Option<&'a [u8]>,
    /// What it wants to hear of, and when.
    pub wish: Wish,
    /// Who enters it.
    pub made_by: &'a str,
}

/// Whether a recipient is kept now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is, by this or an earlier call with its id.
    Yes,
    /// The seller has [`RECIPIENTS_MAX`] others.
    TooMany,
    /// The seller has had [`TURNS_MAX`] turns; the next one is this far away.
    TooOften(Duration),
}

/// Tells which recipients a seller has, in the order in which they were entered.
///
/// # Errors
/// What the database says.
pub async fn list(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<Recipient>> {
    let rows = sqlx::query_as!(
        Row,
        "select recipient_id, medium, address, signing_key, least_severity, quiet_from, quiet_until, made_at, made_by,
                told_at, failing_since, failure, failure_status
            from recipient where tenant_id = $1 order by made_at, recipient_id",
        tenant.0,
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(Row::recipient).collect())
}

/// Keeps a recipient. It hears of what is wrong already as of what will be.
///
/// # Errors
/// What the database says.
pub async fn keep(db: &Db, tenant: TenantId, new: &NewRecipient<'_>) -> sqlx::Result<Kept> {
    let mut tx = db.begin().await?;
    if let Err(wait) = take_turn(&mut tx, tenant, new.recipient_id, "entered").await? {
        return Ok(Kept::TooOften(wait));
    }
    let others = sqlx::query_scalar!(
        r#"select count(*) as "count!" from recipient where tenant_id = $1 and recipient_id <> $2"#,
        tenant.0,
        new.recipient_id,
    )
    .fetch_one(&mut *tx)
    .await?;
    if others >= RECIPIENTS_MAX {
        return Ok(Kept::TooMany);
    }
    let (from, until) = minutes(new.wish.quiet);
    sqlx::query!(
        "insert into recipient
                (tenant_id, recipient_id, medium, address, signing_key, least_severity, quiet_from, quiet_until, made_by)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            on conflict on constraint recipient_pkey do nothing",
        tenant.0,
        new.recipient_id,
        new.medium,
        new.address,
        new.signing_key,
        <&str>::from(new.wish.least),
        from,
        until,
        new.made_by,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Kept::Yes)
}

/// Changes what a recipient wants to hear of; false where the seller has none such.
///
/// # Errors
/// What the database says.
pub async fn change(db: &Db, tenant: TenantId, id: Uuid, wish: Wish) -> sqlx::Result<bool> {
    let (from, until) = minutes(wish.quiet);
    let changed = sqlx::query!(
        "update recipient set least_severity = $3, quiet_from = $4, quiet_until = $5, look_at = clock_timestamp()
            where tenant_id = $1 and recipient_id = $2",
        tenant.0,
        id,
        <&str>::from(wish.least),
        from,
        until,
    )
    .execute(db.pool())
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Forgets a recipient and what it was told; false where the seller has none such.
///
/// # Errors
/// What the database says.
pub async fn forget(db: &Db, tenant: TenantId, id: Uuid) -> sqlx::Result<bool> {
    let removed = sqlx::query!(
        "delete from recipient where tenant_id = $1 and recipient_id = $2",
        tenant.0,
        id,
    )
    .execute(db.pool())
    .await?;
    Ok(removed.rows_affected() > 0)
}

/// Takes the turn to test a recipient. Says how far away the next one is where it was tested within [`TEST_EVERY`], or the
/// seller has had [`TURNS_MAX`] turns.
///
/// # Errors
/// What the database says.
pub async fn may_be_tested(
    db: &Db,
    tenant: TenantId,
    id: Uuid,
) -> sqlx::Result<Result<(), Duration>> {
    let mut tx = db.begin().await?;
    let turn = take_turn(&mut tx, tenant, id, "tested").await?;
    tx.commit().await?;
    Ok(turn)
}

/// Takes a turn of a seller, or says how far away theirs is. Turns that are taken at once are counted one after the other.
async fn take_turn(
    db: &mut PgConnection,
    tenant: TenantId,
    id: Uuid,
    what: &str,
) -> sqlx::Result<Result<(), Duration>> {
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('recipient ' || $1::uuid::text, 0))",
        tenant.0
    )
    .execute(&mut *db)
    .await?;
    let taken = sqlx::query!(
        "insert into recipient_turn (tenant_id, recipient_id, what)
            select $1, $2, $3
                from (
                    select count(*) as turns, count(*) filter (
                            where recipient_id = $2 and what = 'tested' and taken_at > clock_timestamp() - $6::interval) as tests
                        from recipient_turn
                        where tenant_id = $1 and taken_at > clock_timestamp() - $5::interval) taken
                where turns < $4 and ($3 <> 'tested' or tests = 0)",
        tenant.0,
        id,
        what,
        TURNS_MAX,
        interval(TURNS_WITHIN),
        interval(TEST_EVERY),
    )
    .execute(&mut *db)
    .await?;
    if taken.rows_affected() > 0 {
        return Ok(Ok(()));
    }
    let seconds = sqlx::query_scalar!(
        r#"select extract(epoch from case when count(*) < $2 then $3::interval
                else min(taken_at) + $4::interval - clock_timestamp() end)::float8 as "seconds!"
            from recipient_turn where tenant_id = $1 and taken_at > clock_timestamp() - $4::interval"#,
        tenant.0,
        TURNS_MAX,
        interval(TEST_EVERY),
        interval(TURNS_WITHIN),
    )
    .fetch_one(db)
    .await?;
    Ok(Err(Duration::from_secs_f64(seconds.max(1.0))))
}

/// Takes note that a recipient can be reached: what waits to be told is told now.
///
/// # Errors
/// What the database says.
pub async fn works_again(db: &Db, tenant: TenantId, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        "update recipient set failures = 0, failing_since = null, failure = null, failure_status = null,
                next_at = case when owner is null then clock_timestamp() else next_at end
            where tenant_id = $1 and recipient_id = $2",
        tenant.0,
        id,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

fn minutes(quiet: Option<QuietHours>) -> (Option<i16>, Option<i16>) {
    let column = |minute: u16| i16::try_from(minute).ok();
    (quiet.and_then(|it| column(it.from())), quiet.and_then(|it| column(it.until())))
}

fn wish(least: &str, from: Option<i16>, until: Option<i16>) -> Wish {
    let minute = |column: Option<i16>| column.and_then(|minute| u16::try_from(minute).ok());
    let least = match least {
        "critical" => AlertSeverity::Critical,
        _ => AlertSeverity::Warning,
    };
    let quiet = minute(from).zip(minute(until));
    Wish { least, quiet: quiet.and_then(|(from, until)| QuietHours::new(from, until)) }
}

/// A row of `recipient`, as far as people see it.
struct Row {
    recipient_id: Uuid,
    medium: String,
    address: Vec<u8>,
    signing_key: Option<Vec<u8>>,
    least_severity: String,
    quiet_from: Option<i16>,
    quiet_until: Option<i16>,
    made_at: DateTime<Utc>,
    made_by: String,
    told_at: Option<DateTime<Utc>>,
    failing_since: Option<DateTime<Utc>>,
    failure: Option<String>,
    failure_status: Option<i16>,
}

impl Row {
    fn recipient(self) -> Recipient {
        let status = self.failure_status.and_then(|status| u16::try_from(status).ok());
        let failing = self.failing_since.zip(self.failure);
        Recipient {
            recipient_id: self.recipient_id,
            medium: self.medium,
            address: self.address,
            signing_key: self.signing_key,
            wish: wish(&self.least_severity, self.quiet_from, self.quiet_until),
            made_at: self.made_at,
            made_by: self.made_by,
            told_at: self.told_at,
            failing: failing.map(|(since, failure)| Failing { since, failure, status }),
        }
    }
}

//! The limit on calls of a marketplace account: one token bucket in the database, shared by reading and writing and
//! obeyed by all processes.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{AccountId, TenantId};
use eventlog::Db;
use sqlx::postgres::types::PgInterval;
use tokio::time::{Instant, sleep};

use crate::gate::Gate;
use crate::http::{CallError, Failure};

/// Tokens that reading leaves in the bucket, so that a reply need not wait behind it.
const KEPT_FOR_WRITES: u32 = 2;

/// A marketplace's limit: one call per `interval`, `burst` at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// The group of methods that share it.
    pub scope: &'static str,
    /// Time in which one token grows.
    pub interval: Duration,
    /// Tokens of a full bucket, at least 1.
    pub burst: u32,
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// A reply, or what a reply waits for: queues for the next token. Told to come back, it finds its token there.
    Write,
    /// Everything else: takes what writing leaves. When that was nothing for half of its patience, it queues too, so
    /// that a long row of replies cannot keep the account from being read. It does not queue before a reply that was
    /// told to come back, but for one slot in five.
    Read,
}

/// Whether to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Turn {
    /// Call now.
    Now,
    /// Do not call; there is no turn before this time has passed.
    NotBefore(Duration),
}

/// The answer to a wish for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Reservation {
    /// A token is reserved.
    Taken(Slot),
    /// The next token grows after so long; nothing is reserved.
    TooLong(Duration),
}

/// A reserved token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// When it may be used, by the database's clock.
    pub at: DateTime<Utc>,
    /// How long that is from now; zero for at once.
    pub wait: Duration,
    /// The block in force when it was reserved. A later block makes the reservation void.
    block: Option<DateTime<Utc>>,
}

/// The bucket of one account. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Limiter {
    db: Db,
    tenant: TenantId,
    account: AccountId,
    limit: Limit,
    gate: Option<Gate>,
}

impl Limiter {
    /// The bucket of `account`; it comes to be with its first use, full.
    #[must_use]
    pub fn new(db: Db, tenant: TenantId, account: AccountId, limit: Limit) -> Self {
        Self { db, tenant, account, limit, gate: None }
    }

    /// The same, with a gate that calls go through after their turn.
    pub(crate) fn behind(self, gate: Gate) -> Self {
        Self { gate: Some(gate), ..self }
    }

    /// Waits for a place among the calls under way, after the turn and right before the call. While the key counts as
    /// refused there is none, and one asks again after the returned time.
    pub(crate) async fn enter(&self) -> Result<(), Duration> {
        match &self.gate {
            Some(gate) => gate.enter().await,
            None => Ok(()),
        }
    }

    /// Gives the place back that [`Limiter::enter`] took; when the key was refused, to nobody with the same key.
    pub(crate) fn leave(&self, error: Option<&CallError>) {
        let Some(gate) = &self.gate else { return };
        match error.map(|error| error.failure) {
            Some(Failure::Unauthorized | Failure::PaymentRequired) => gate.refuse(),
            Some(
                Failure::NoRight
                | Failure::ClosedByPlan
                | Failure::NotFound
                | Failure::RateLimited { .. }
                | Failure::BadRequest
                | Failure::ServerError
                | Failure::Unreachable
                | Failure::NoAnswer { .. }
                | Failure::MalformedAnswer,
            )
            | None => gate.leave(),
        }
    }

    /// Returns the limit.
    #[must_use]
    pub fn limit(&self) -> Limit {
        self.limit
    }

    /// Returns the time between two calls.
    pub(crate) fn interval(&self) -> Duration {
        self.limit.interval
    }

    /// Waits for a turn, at most for `patience`. After [`Turn::Now`] call at once: a token is spent.
    ///
    /// May be cancelled; a token that was reserved is lost then.
    ///
    /// # Errors
    /// What the database says; without it nobody may call.
    pub async fn turn(&self, priority: Priority, patience: Duration) -> sqlx::Result<Turn> {
        let start = Instant::now();
        let (queues_from, end) = (start + patience / 2, start + patience);
        let mut queues = priority == Priority::Write;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let (kept, wait_max) =
                if queues { (0, left) } else { (KEPT_FOR_WRITES, Duration::ZERO) };
            let reservation = self.reserve(priority, kept, wait_max).await?;
            match reservation {
                Reservation::Taken(slot) if self.comes_true(&slot).await? => return Ok(Turn::Now),
                // Blocked meanwhile: the slot is void.
                Reservation::Taken(_) => (),
                Reservation::TooLong(wait) if queues || wait > left => {
                    return Ok(Turn::NotBefore(wait));
                }
                Reservation::TooLong(wait) => {
                    let until_queueing = queues_from.saturating_duration_since(Instant::now());
                    sleep(wait.min(until_queueing)).await;
                    queues = Instant::now() >= queues_from;
                }
            }
        }
    }

    /// Reserves a token that is there within `wait_max`, leaving `kept` tokens in the bucket.
    ///
    /// Who was told to wait must ask for a turn again when the account was blocked meanwhile; [`Limiter::turn`] does all
    /// of that.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reserve(
        &self,
        priority: Priority,
        kept: u32,
        wait_max: Duration,
    ) -> sqlx::Result<Reservation> {
        let row = sqlx::query!(
            r#"select taken as "taken!", slot as "slot!", wait_microseconds as "wait!", blocked_until
                from rate_limit_take($1, $2, $3, $4, $5, $6, $7, $8)"#,
            self.tenant.0,
            self.account.0,
            self.limit.scope,
            interval(self.limit.interval),
            int(self.limit.burst),
            int(kept),
            interval(wait_max),
            priority == Priority::Write,
        )
        .fetch_one(self.db.pool())
        .await?;
        let wait = Duration::from_micros(u64::try_from(row.wait).unwrap_or(0));
        Ok(if row.taken {
            Reservation::Taken(Slot { at: row.slot, wait, block: row.blocked_until })
        } else {
            Reservation::TooLong(wait)
        })
    }

    /// Lets no process call before `retry_after` has passed, because the marketplace asks for it. Then one token is
    /// there, as the marketplace means it, and not a whole burst. Tokens that others wait for become void.
    ///
    /// # Errors
    /// What the database says.
    pub async fn block(&self, retry_after: Duration) -> sqlx::Result<()> {
        let empty = self.limit.interval * self.limit.burst.saturating_sub(1);
        sqlx::query!(
            "insert into rate_limit as bucket (tenant_id, account_id, scope, theoretical_arrival, blocked_until)
                select $1, $2, $3, clock.now + $4 + $5, clock.now + $4
                    from (select clock_timestamp() as now) clock
                on conflict on constraint rate_limit_pkey do update
                    set theoretical_arrival = excluded.theoretical_arrival, blocked_until = excluded.blocked_until
                    where bucket.blocked_until is null or bucket.blocked_until < excluded.blocked_until",
            self.tenant.0,
            self.account.0,
            self.limit.scope,
            interval(retry_after),
            interval(empty),
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    /// Waits for a slot and tells whether it still stands.
    async fn comes_true(&self, slot: &Slot) -> sqlx::Result<bool> {
        if slot.wait.is_zero() {
            return Ok(true);
        }
        sleep(slot.wait).await;
        let block = sqlx::query_scalar!(
            "select blocked_until from rate_limit where tenant_id = $1 and account_id = $2 and scope = $3",
            self.tenant.0,
            self.account.0,
            self.limit.scope,
        )
        .fetch_optional(self.db.pool())
        .await?;
        Ok(block.flatten() == slot.block)
    }
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

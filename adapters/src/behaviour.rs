//! How marketplaces answer, kept for as long as it takes to see that they answer otherwise than before
//! ([`domain::policy::drift`]).
//!
//! What workers see is added up in their process and written down every few seconds, so that no call waits for it. A
//! process that dies takes the last seconds of it along: a shift lasts longer than that.

mod changes;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::policy::drift::{Pace, RECENT_DAYS, USUAL_DAYS};
use domain::{Marketplace, TenantId};
use eventlog::Db;
use strum::{EnumString, IntoStaticStr};
use tracing::warn;

use crate::http::{CallError, Failure};

pub use changes::{Behaviour, NewRefusal, Shift, behaviours};

/// Kinds of refusals that are kept between two writings: a marketplace that gives each refusal a code of its own must not
/// fill the memory, and none of them would be told of.
const KINDS_MAX: usize = 1_000;

/// Longest code that is kept, in characters.
const CODE_CHARS_MAX: usize = 64;

/// Days for which it is kept how long calls took: what is looked at, and a day in which it is looked at.
const PACE_DAYS: i32 = RECENT_DAYS + USUAL_DAYS + 1;

/// Days for which a refusal is known that did not come again: one that comes back after a season is new.
const REFUSAL_DAYS: i32 = 180;

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum Doing {
    /// A channel was read.
    Read,
    /// Something was sent.
    Send,
}

/// What this process has seen and not written down yet. Cheap to clone; one for a process.
#[derive(Debug, Clone, Default)]
pub(crate) struct Observations(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    /// The marketplaces at which a cabinet was opened.
    watched: BTreeSet<Marketplace>,
    paces: BTreeMap<(TenantId, Marketplace), Pace>,
    refusals: BTreeMap<Refusal, Times>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Refusal {
    tenant: TenantId,
    marketplace: Marketplace,
    doing: Doing,
    failure: &'static str,
    status: u16,
    code: String,
}

#[derive(Debug, Default)]
struct Times {
    times: i64,
    request_id: Option<String>,
}

impl Observations {
    /// Notes that a marketplace is being called: from now on it is known what is usual there.
    pub(crate) fn watched(&self, marketplace: Marketplace) {
        self.seen().watched.insert(marketplace);
    }

    /// Notes how long a call took that sends something.
    pub(crate) fn call(&self, (tenant, marketplace): (TenantId, Marketplace), took: Duration) {
        let mut seen = self.seen();
        let pace = seen.paces.entry((tenant, marketplace)).or_default();
        if let Some(calls) = pace.0.get_mut(Pace::class(took.as_millis())) {
            *calls += 1;
        }
    }

    /// Notes that a call was refused, where it was refused for what it is.
    pub(crate) fn refusal(
        &self,
        (tenant, marketplace): (TenantId, Marketplace),
        doing: Doing,
        error: &CallError,
    ) {
        if !is_telling(error) {
            return;
        }
        let code = error.evidence.code.as_deref().unwrap_or_default();
        let code = code.chars().filter(|c| !c.is_control()).take(CODE_CHARS_MAX).collect();
        let status = error.evidence.status.unwrap_or_default();
        let failure = error.code();
        let kind = Refusal { tenant, marketplace, doing, failure, status, code };
        let mut seen = self.seen();
        if seen.refusals.len() >= KINDS_MAX && !seen.refusals.contains_key(&kind) {
            return;
        }
        let times = seen.refusals.entry(kind).or_default();
        times.times += 1;
        times.request_id = error.evidence.request_id.clone().or(times.request_id.take());
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // What was added up is whole between any two lines that could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down what was seen since the last time. What cannot be written is left for the next.
    pub(crate) async fn write_down(&self, db: &Db) {
        let Seen { watched, paces, refusals } = std::mem::take(&mut *self.seen());
        if let Err(error) = add_watched(db, &watched).await {
            warn!(error = &error as &dyn std::error::Error, "could not write down who is watched");
            self.seen().watched.extend(watched);
        }
        if let Err(error) = add_paces(db, &paces).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "could not write down how long calls took"
            );
            let mut seen = self.seen();
            for (of, pace) in paces {
                let kept = seen.paces.entry(of).or_default();
                kept.0.iter_mut().zip(pace.0).for_each(|(kept, more)| *kept += more);
            }
        }
        if let Err(error) = add_refusals(db, &refusals).await {
            warn!(
                error = &error as &dyn std::error::Error,
                "could not write down what was refused"
            );
            let mut seen = self.seen();
            for (of, more) in refusals {
                let kept = seen.refusals.entry(of).or_default();
                kept.times += more.times;
                kept.request_id = kept.request_id.take().or(more.request_id);
            }
        }
    }
}

/// Tells whether a failure says something of the marketplace's interface, and not of a key, a plan, a limit, an outage or a
/// call that was not made.
fn is_telling(error: &CallError) -> bool {
    match error.failure {
        Failure::BadRequest | Failure::NotFound | Failure::MalformedAnswer => error.was_made(),
        Failure::Unauthorized
        | Failure::PaymentRequired
        | Failure::NoRight
        | Failure::ClosedByPlan
        | Failure::RateLimited { .. }
        | Failure::ServerError
        | Failure::Unreachable
        | Failure::NoAnswer { .. } => false,
    }
}

async fn add_watched(db: &Db, watched: &BTreeSet<Marketplace>) -> sqlx::Result<()> {
    let watched: Vec<_> = watched.iter().map(|at| at.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into marketplace_watched (marketplace) select unnest($1::text[])
            on conflict on constraint marketplace_watched_pkey do nothing",
        &watched,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

async fn add_paces(db: &Db, paces: &BTreeMap<(TenantId, Marketplace), Pace>) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    for ((tenant, marketplace), pace) in paces {
        sqlx::query!(
            "insert into marketplace_pace as p (tenant_id, marketplace, day, calls)
                values ($1, $2, (now() at time zone 'UTC')::date, $3)
                on conflict on constraint marketplace_pace_pkey do update
                    set calls = (select array_agg(had + more order by n)
                        from unnest(p.calls, excluded.calls) with ordinality as sums (had, more, n))",
            tenant.0,
            marketplace.as_str(),
            &pace.0,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

async fn add_refusals(db: &Db, refusals: &BTreeMap<Refusal, Times>) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    for (of, seen) in refusals {
        sqlx::query!(
            "insert into marketplace_refusal as r
                    (tenant_id, marketplace, work, failure, status, code, times, request_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8)
                on conflict on constraint marketplace_refusal_pkey do update
                    set times = r.times + excluded.times, last_at = excluded.last_at,
                        request_id = coalesce(excluded.request_id, r.request_id)",
            of.tenant.0,
            of.marketplace.as_str(),
            <&str>::from(of.doing),
            of.failure,
            i32::from(of.status),
            of.code,
            seen.times,
            seen.request_id,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// Forgets what is older than what is looked at. Any process may, at any time.
///
/// # Errors
/// What the database says.
pub(crate) async fn forget_old(db: &Db) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from marketplace_pace where day < (now() at time zone 'UTC')::date - $1::int",
        PACE_DAYS,
    )
    .execute(db.pool())
    .await?;
    sqlx::query!(
        "delete from marketplace_refusal where last_at < now() - make_interval(days => $1)",
        REFUSAL_DAYS,
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

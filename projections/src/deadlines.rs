//! Deadlines that are to be set, or held against the time, as workers take them. They are rows of the inbox: whoever was
//! answered, said more or was promised anew is not among them any more, and what a worker left undone still is. So
//! nothing is missed that a sweep would find, whoever died meanwhile.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::{InteractionId, TenantId};
use eventlog::Db;
use uuid::Uuid;

use crate::sql::interval;

/// An interaction of which something is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub interaction: InteractionId,
    /// Now, by the database's clock.
    pub now: DateTime<Utc>,
}

/// A row that was taken.
struct Taken {
    tenant_id: Uuid,
    interaction_id: Uuid,
    now: DateTime<Utc>,
}

impl From<Taken> for Due {
    fn from(taken: Taken) -> Self {
        Self {
            tenant: TenantId(taken.tenant_id),
            interaction: InteractionId(taken.interaction_id),
            now: taken.now,
        }
    }
}

/// How long what was taken is left alone: by then the inbox has heard of what was done, and a worker that took it and
/// died is not waited for any longer.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

/// Takes interactions whose buyers wait and were promised nothing for what they said, the newest first, and those that
/// were promised something by a policy that is not the newest.
///
/// # Errors
/// What the database says.
pub async fn take_unset(db: &Db, limit: i64) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query_as!(
        Taken,
        r#"with due as (
                (select i.tenant_id, i.interaction_id, i.version
                    from inbox i
                    where i.deadline_of = -1 and not exists (
                        select from deadline_rest r
                            where r.tenant_id = i.tenant_id and r.interaction_id = i.interaction_id
                                and r.what = 'set' and r.version = i.version and r.rests_until > now())
                    order by i.occurred_at desc
                    limit $1)
                union all
                (select i.tenant_id, i.interaction_id, i.version
                    from sending s
                    cross join lateral (
                        select i.tenant_id, i.interaction_id, i.version
                            from inbox i
                            where i.tenant_id = s.tenant_id and i.deadline_of >= 0 and i.deadline_of < s.sla_version
                                and not exists (
                                    select from deadline_rest r
                                        where r.tenant_id = i.tenant_id and r.interaction_id = i.interaction_id
                                            and r.what = 'set' and r.version = i.version and r.rests_until > now())
                            order by i.deadline_of
                            limit $1) i
                    where s.sla_version > 0
                    limit $1)
            )
            insert into deadline_rest as r (tenant_id, interaction_id, what, version, rests_until)
                -- In one order, so that workers that take the same wait for each other and not in a circle.
                select tenant_id, interaction_id, 'set', version, now() + $2 from due order by 1, 2
                on conflict on constraint deadline_rest_pkey do update
                    set version = excluded.version, rests_until = excluded.rests_until
                    where r.version <> excluded.version or r.rests_until <= now()
                returning r.tenant_id, r.interaction_id, now() as "now!""#,
        limit,
        interval(HEARD_WITHIN),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(Due::from).collect())
}

/// Takes interactions whose deadline is to be held against the time by now, by the database's clock, the longest due
/// first.
///
/// # Errors
/// What the database says.
pub async fn take_due(db: &Db, limit: i64) -> sqlx::Result<Vec<Due>> {
    let rows = sqlx::query_as!(
        Taken,
        r#"with due as (
                select i.tenant_id, i.interaction_id, i.version
                    from inbox i
                    where i.timer_at <= now() and not exists (
                        select from deadline_rest r
                            where r.tenant_id = i.tenant_id and r.interaction_id = i.interaction_id
                                and r.what = 'check' and r.version = i.version and r.rests_until > now())
                    order by i.timer_at
                    limit $1
            )
            insert into deadline_rest as r (tenant_id, interaction_id, what, version, rests_until)
                select tenant_id, interaction_id, 'check', version, now() + $2 from due order by 1, 2
                on conflict on constraint deadline_rest_pkey do update
                    set version = excluded.version, rests_until = excluded.rests_until
                    where r.version <> excluded.version or r.rests_until <= now()
                returning r.tenant_id, r.interaction_id, now() as "now!""#,
        limit,
        interval(HEARD_WITHIN),
    )
    .fetch_all(db.pool())
    .await?;
    Ok(rows.into_iter().map(Due::from).collect())
}

/// How far the workers are behind, for metrics.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behind {
    /// Buyers who wait and were promised nothing for what they said.
    pub unset: i64,
    /// Seconds since the longest due deadline was to be held against the time; 0 where none is due.
    pub overdue_seconds: f64,
}

/// Reads how far the workers are behind.
///
/// # Errors
/// What the database says.
pub async fn behind(db: &Db) -> sqlx::Result<Behind> {
    sqlx::query_as!(
        Behind,
        r#"select (select count(*) from inbox where deadline_of = -1) as "unset!",
                coalesce((select extract(epoch from now() - min(timer_at))::float8 from inbox where timer_at <= now()), 0)
                    as "overdue_seconds!""#
    )
    .fetch_one(db.pool())
    .await
}

/// Removes what has rested for an hour.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let rested = "delete from deadline_rest where rests_until < now() - interval '1 hour'";
    Ok(sqlx::query(rested).execute(db.pool()).await?.rows_affected())
}

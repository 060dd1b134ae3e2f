//! Drafts that are due, as workers claim them. They are rows of the inbox: what is answered, said anew or no longer
//! wanted is not among them any more, and what a worker left undone still is. So nothing is missed that a sweep would
//! find.

use std::time::Duration;

use domain::{InteractionId, TenantId};
use eventlog::Db;
use uuid::Uuid;

use crate::effects::Claim;
use crate::sql::interval;

/// A draft that one worker makes.
#[derive(Debug, Clone, Copy)]
pub struct DraftDue {
    /// Whose.
    pub tenant: TenantId,
    /// Of which interaction.
    pub interaction: InteractionId,
    /// What it is to be made of, as far as the read model knows.
    pub basis: u32,
    /// How often a draft was asked for by then.
    pub asked: u32,
    rank: i16,
    owner: Uuid,
}

/// How fast a seller's model writes drafts that nobody asked for.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Drafts on end, before it rests until a minute has passed since the first.
    pub batch_size: u16,
    /// Pause between two of them, in milliseconds.
    pub delay_ms: u32,
}

/// Urgent drafts of a minute that wait for no pause (F126).
const URGENT_AT_ONCE: i32 = 3;

/// Rows of which one is claimed: workers that claim at the same time take different ones.
const AT_ONCE: i64 = 8;

/// Rank of a draft that somebody waits for.
const ASKED: i16 = 0;

/// Rank of an urgent one.
const URGENT: i16 = 1;

/// Which drafts a worker makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Those that somebody waits for, and then the others.
    All,
    /// Those that somebody waits for, and no others: whoever makes them is free when somebody asks.
    Asked,
}

impl DraftDue {
    /// Tells whether somebody waits for it.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.rank == ASKED
    }
}

/// Claims the draft that is due first: where somebody waits for it, then the more urgent, of as urgent ones the newest
/// (F123). Sellers that want none made ahead get only those they ask for, and those whose model rests get them later.
/// Each seller's rows are looked at from their first, so that many that are not to be made hold up nobody else's.
///
/// # Errors
/// What the database says.
pub async fn claim(db: &Db, claim: Claim, wanted: Wanted) -> sqlx::Result<Option<DraftDue>> {
    let row = sqlx::query!(
        r#"with recursive seller as (
                -- Ordered as the index of what is due is, so that no other is read.
                (select tenant_id from inbox where draft_rank is not null order by tenant_id, draft_rank limit 1)
                union all
                select next.tenant_id
                    from seller
                    cross join lateral (
                        select i.tenant_id from inbox i
                            where i.draft_rank is not null and i.tenant_id > seller.tenant_id
                            order by i.tenant_id, i.draft_rank
                            limit 1) next
            ), upto as (
                -- The last rank that may be made of each.
                select seller.tenant_id, case
                        when $4 or not coalesce(s.drafts_ahead, true) then 0
                        when p.next_at > now() then case when p.urgent < $3 then 1 else 0 end
                        else 32767 end as draft_rank
                    from seller
                    left join sending s using (tenant_id)
                    left join draft_pace p using (tenant_id)
            ), first as (
                select i.tenant_id, i.interaction_id
                    from upto
                    cross join lateral (
                        select i.tenant_id, i.interaction_id, i.draft_rank, i.occurred_at
                            from inbox i
                            where i.tenant_id = upto.tenant_id and i.draft_rank <= upto.draft_rank
                                and not exists (
                                    select from draft_lease l
                                        where l.tenant_id = i.tenant_id and l.interaction_id = i.interaction_id
                                            and l.basis = i.basis and l.asked = i.drafts_asked
                                            and l.lease_until > now())
                            order by i.draft_rank, i.occurred_at desc
                            limit $5) i
                    order by i.draft_rank, i.occurred_at desc
                    limit $5
            ), due as (
                select i.tenant_id, i.interaction_id, i.basis, i.drafts_asked, i.draft_rank
                    from first
                    join inbox i using (tenant_id, interaction_id)
                    order by i.draft_rank, i.occurred_at desc
                    limit 1
                    for update of i skip locked
            ), leased as (
                insert into draft_lease as l (tenant_id, interaction_id, basis, asked, owner, lease_until)
                    select tenant_id, interaction_id, basis, drafts_asked, $1, now() + $2 from due
                    on conflict on constraint draft_lease_pkey do update
                        set basis = excluded.basis, asked = excluded.asked, owner = excluded.owner,
                            lease_until = excluded.lease_until, rests = false
                        where (l.basis, l.asked) <> (excluded.basis, excluded.asked) or l.lease_until <= now()
                    returning l.tenant_id, l.interaction_id
            )
            select due.tenant_id as "tenant_id!", due.interaction_id as "interaction_id!", due.basis as "basis!",
                    due.drafts_asked as "drafts_asked!", due.draft_rank as "draft_rank!"
                from due join leased using (tenant_id, interaction_id)"#,
        claim.owner,
        interval(claim.lease),
        URGENT_AT_ONCE,
        wanted == Wanted::Asked,
        AT_ONCE,
    )
    .fetch_optional(db.pool())
    .await?;
    Ok(row.map(|row| DraftDue {
        tenant: TenantId(row.tenant_id),
        interaction: InteractionId(row.interaction_id),
        basis: u32::try_from(row.basis).unwrap_or_default(),
        asked: u32::try_from(row.drafts_asked).unwrap_or_default(),
        rank: row.draft_rank,
        owner: claim.owner,
    }))
}

/// Leaves a draft alone for so long: it was made and the inbox has yet to hear of it, or it cannot be made now.
///
/// # Errors
/// What the database says; then it comes back when the lease ends.
pub async fn rest(db: &Db, due: &DraftDue, pause: Duration) -> sqlx::Result<()> {
    sqlx::query!(
        "update draft_lease set lease_until = now() + $6, rests = true
            where tenant_id = $1 and interaction_id = $2 and basis = $3 and asked = $4 and owner = $5",
        due.tenant.0,
        due.interaction.0,
        count(due.basis),
        count(due.asked),
        due.owner,
        interval(pause),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Takes a turn of the seller's model for a draft that nobody asked for; false while it rests.
///
/// # Errors
/// What the database says.
pub async fn take_turn(db: &Db, due: &DraftDue, pace: Pace) -> sqlx::Result<bool> {
    let delay = interval(Duration::from_millis(pace.delay_ms.into()));
    let urgent = i32::from(due.rank == URGENT);
    let taken = sqlx::query!(
        "insert into draft_pace as p (tenant_id, began_at, made, urgent, next_at)
            values ($1, now(), 1, $2, case when $4 > 1 then now() + $3 else now() + interval '1 minute' end)
            on conflict on constraint draft_pace_pkey do update
                set began_at = case when p.began_at <= now() - interval '1 minute' then now() else p.began_at end,
                    made = case when p.began_at <= now() - interval '1 minute' then 1 else p.made + 1 end,
                    urgent = case when p.began_at <= now() - interval '1 minute' then $2 else p.urgent + $2 end,
                    next_at = case
                        when p.began_at <= now() - interval '1 minute' and $4 > 1 then now() + $3
                        when p.began_at <= now() - interval '1 minute' then now() + interval '1 minute'
                        when p.made + 1 >= $4 then p.began_at + interval '1 minute'
                        else now() + $3 end
                where p.next_at <= now() or ($2 = 1 and p.urgent < $5)",
        due.tenant.0,
        urgent,
        delay,
        i32::from(pace.batch_size),
        URGENT_AT_ONCE,
    )
    .execute(db.pool())
    .await?;
    Ok(taken.rows_affected() > 0)
}

/// Gives a turn back that no request was made in.
///
/// # Errors
/// What the database says.
pub async fn give_back_turn(db: &Db, due: &DraftDue) -> sqlx::Result<()> {
    sqlx::query!(
        "update draft_pace set made = greatest(made - 1, 0), urgent = greatest(urgent - $2, 0), next_at = now()
            where tenant_id = $1",
        due.tenant.0,
        i32::from(due.rank == URGENT),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Tells whether somebody is making the draft that is made of so much.
///
/// # Errors
/// What the database says.
pub async fn is_being_made(
    db: &Db,
    tenant: TenantId,
    interaction: InteractionId,
    (basis, asked): (u32, u32),
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
                select from draft_lease
                    where tenant_id = $1 and interaction_id = $2 and basis = $3 and asked = $4
                        and lease_until > now() and not rests
            ) as "is!""#,
        tenant.0,
        interaction.0,
        count(basis),
        count(asked),
    )
    .fetch_one(db.pool())
    .await
}

/// Counts the drafts that are to be made, for metrics: of sellers that want none ahead those that somebody waits for.
///
/// # Errors
/// What the database says.
pub async fn count_due(db: &Db) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
            from inbox i
            left join sending s using (tenant_id)
            where i.draft_rank is not null and (i.draft_rank = 0 or coalesce(s.drafts_ahead, true))"#
    )
    .fetch_one(db.pool())
    .await
}

/// Removes leases that ended an hour ago.
///
/// # Errors
/// What the database says.
pub async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let ended = "delete from draft_lease where lease_until < now() - interval '1 hour'";
    Ok(sqlx::query(ended).execute(db.pool()).await?.rows_affected())
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

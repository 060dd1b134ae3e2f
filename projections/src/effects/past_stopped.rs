//! Claiming while some sellers have stopped sending: by seller, so that what waits for those is never looked at,
//! however much it is.

use eventlog::Db;

use super::queue::{Claim, EffectKind, Row};
use crate::sql::interval;

/// Sellers whose longest due effects are looked at in one try: as many as may be held by other workers at this moment.
const SELLERS: i64 = 16;

/// Claims what can be claimed of `kind` though sending is stopped somewhere.
pub(super) async fn claim(db: &Db, kind: EffectKind, claim: Claim) -> sqlx::Result<Option<Row>> {
    match of_going_seller(db, kind, claim).await? {
        None => lost_call(db, kind, claim).await,
        row => Ok(row),
    }
}

/// Claims a call that was begun before and whose end nobody reported: whoever stopped wants that known, too.
async fn lost_call(db: &Db, kind: EffectKind, claim: Claim) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"with lost as (
                select tenant_id, effect_id from effect
                    where kind = $1 and state = 'calling' and lease_until < now()
                    order by lease_until limit 1
                    for update skip locked
            )
            update effect e
                set owner = $2, fence = e.fence + 1, lease_until = now() + $3
                from lost
                where e.tenant_id = lost.tenant_id and e.effect_id = lost.effect_id
                returning e.tenant_id, e.effect_id, e.stream_id, e.account_id, e.payload, e.cause_event_id,
                    e.correlation_id, e.evidence, e.fence, true as "call_lost!", now() as "now!""#,
        kind.as_str(),
        claim.owner,
        interval(claim.lease),
    )
    .fetch_optional(db.pool())
    .await
}

/// Claims the effect of `kind` that has been due longest of the sellers that have not stopped; none where nobody has.
async fn of_going_seller(db: &Db, kind: EffectKind, claim: Claim) -> sqlx::Result<Option<Row>> {
    sqlx::query_as!(
        Row,
        r#"with recursive seller as (
                (select tenant_id from effect
                    where kind = $1 and state <> 'done'
                        and exists (select from sending where stopped_at is not null)
                        and not exists (select from installation_stop where resumed_at is null)
                    order by tenant_id limit 1)
                union all
                select (select e.tenant_id from effect e
                            where e.kind = $1 and e.state <> 'done' and e.tenant_id > seller.tenant_id
                            order by e.tenant_id limit 1)
                    from seller where seller.tenant_id is not null
            ), going as (
                select seller.tenant_id, head.next_at
                    from seller
                    cross join lateral (
                        select e.next_at from effect e
                            where e.kind = $1 and e.tenant_id = seller.tenant_id and e.next_at <= now()
                                and (e.state = 'pending'
                                    or (e.state in ('leased', 'calling') and e.lease_until < now()))
                            order by e.next_at limit 1) head
                    where not exists (
                        select from sending s where s.tenant_id = seller.tenant_id and s.stopped_at is not null)
                    order by head.next_at
                    limit $4
            ), due as (
                select found.tenant_id, found.effect_id, found.state
                    from (select tenant_id from going order by next_at) longest
                    cross join lateral (
                        select e.tenant_id, e.effect_id, e.state
                            from effect e
                            where e.kind = $1 and e.tenant_id = longest.tenant_id and e.next_at <= now()
                                and (e.state = 'pending'
                                    or (e.state in ('leased', 'calling') and e.lease_until < now()))
                                and not exists (
                                    select from effect earlier
                                        where earlier.tenant_id = e.tenant_id and earlier.stream_id = e.stream_id
                                            and earlier.state <> 'done' and earlier.cause_pos < e.cause_pos
                                            and earlier.kind in ('deliver_reply', 'settle_reply')
                                )
                            order by e.next_at
                            limit 1
                            for update skip locked) found
                    limit 1
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
        SELLERS,
    )
    .fetch_optional(db.pool())
    .await
}

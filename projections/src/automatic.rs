//! Replies that nobody asked for but the seller's rules: how many there may still be, and what became of each.

use chrono::{DateTime, Utc};
use domain::automation::Refused;
use domain::{DraftId, InteractionId, ReplyId, TenantId};
use eventlog::Db;
use uuid::Uuid;

/// Most automatic replies of an hour and of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of the last 60 minutes.
    pub per_hour: u32,
    /// Of the last 24 hours.
    pub per_day: u32,
}

/// An automatic reply, or what became of a draft in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Where.
    pub interaction: InteractionId,
    /// The draft.
    pub draft: DraftId,
    /// When it was decided.
    pub decided_at: DateTime<Utc>,
    /// Why it did not go out; none where it was asked to be sent.
    pub refused: Option<Refused>,
    /// How far the reply has come; none of what the read model does not know yet.
    pub state: Option<String>,
    /// Until when it can be taken back.
    pub held_until: Option<DateTime<Utc>>,
    /// Why it was taken back, or failed.
    pub failure: Option<String>,
}

/// Automatic replies that went out, or are to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Within the last 60 minutes.
    pub last_hour: i64,
    /// Within the last 24 hours.
    pub last_day: i64,
}

/// Takes one of the places that `limits` leave, whoever else takes one at this moment; again, it is the same place. A
/// place counts though the reply is taken back: somebody had to look.
///
/// # Errors
/// What the database says; then nothing may go out.
pub async fn take_place(
    db: &Db,
    tenant: TenantId,
    (interaction, draft): (InteractionId, DraftId),
    limits: Limits,
) -> sqlx::Result<Result<(), Refused>> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "select pg_advisory_xact_lock(hashtextextended('automatic_reply ' || $1::text, 0))",
        tenant.0.to_string(),
    )
    .execute(&mut *tx)
    .await?;
    let known = sqlx::query_scalar!(
        "select refused from automatic_reply where tenant_id = $1 and draft_id = $2",
        tenant.0,
        draft.0,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(refused) = known {
        return Ok(refused.map_or(Ok(()), |why| Err(read(&why))));
    }
    let Sent { last_hour, last_day } = sqlx::query_as!(
        Sent,
        r#"select count(*) filter (where decided_at > clock_timestamp() - interval '1 hour') as "last_hour!",
                count(*) as "last_day!"
            from automatic_reply
            where tenant_id = $1 and refused is null and decided_at > clock_timestamp() - interval '1 day'"#,
        tenant.0,
    )
    .fetch_one(&mut *tx)
    .await?;
    let refused = if last_day >= i64::from(limits.per_day) {
        Some(Refused::DayIsFull)
    } else if last_hour >= i64::from(limits.per_hour) {
        Some(Refused::HourIsFull)
    } else {
        None
    };
    sqlx::query!(
        "insert into automatic_reply (tenant_id, draft_id, interaction_id, refused) values ($1, $2, $3, $4)",
        tenant.0,
        draft.0,
        interaction.0,
        refused.map(<&str>::from),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(refused.map_or(Ok(()), Err))
}

/// Notes why a draft is a person's task after all; a place that it had is free again.
///
/// # Errors
/// What the database says.
pub async fn refuse(
    db: &Db,
    tenant: TenantId,
    (interaction, draft): (InteractionId, DraftId),
    why: Refused,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into automatic_reply (tenant_id, draft_id, interaction_id, refused) values ($1, $2, $3, $4)
            on conflict on constraint automatic_reply_pkey do update set refused = excluded.refused",
        tenant.0,
        draft.0,
        interaction.0,
        <&str>::from(why),
    )
    .execute(db.pool())
    .await?;
    Ok(())
}

/// Counts a seller's automatic replies.
///
/// # Errors
/// What the database says.
pub async fn sent(db: &Db, tenant: TenantId) -> sqlx::Result<Sent> {
    sqlx::query_as!(
        Sent,
        r#"select count(*) filter (where decided_at > now() - interval '1 hour') as "last_hour!",
                count(*) as "last_day!"
            from automatic_reply
            where tenant_id = $1 and refused is null and decided_at > now() - interval '1 day'"#,
        tenant.0,
    )
    .fetch_one(db.pool())
    .await
}

/// Lists what was decided last, the newest first.
///
/// # Errors
/// What the database says.
pub async fn latest(db: &Db, tenant: TenantId, limit: i64) -> sqlx::Result<Vec<Decided>> {
    let rows = sqlx::query!(
        "select interaction_id, draft_id, decided_at, refused from automatic_reply
            where tenant_id = $1 order by decided_at desc limit $2",
        tenant.0,
        limit,
    )
    .fetch_all(db.pool())
    .await?;
    let interactions: Vec<Uuid> = rows.iter().map(|row| row.interaction_id).collect();
    let replies: Vec<Uuid> =
        rows.iter().map(|row| ReplyId::automatic(DraftId(row.draft_id)).0).collect();
    let states = sqlx::query!(
        "select reply_id, state, held_until, failure
            from reply_history join unnest($2::uuid[], $3::uuid[]) asked (interaction_id, reply_id)
                using (interaction_id, reply_id)
            where tenant_id = $1",
        tenant.0,
        &interactions,
        &replies,
    )
    .fetch_all(db.pool())
    .await?;
    let decided = rows.into_iter().zip(replies).map(|(row, reply_id)| {
        let reply = states.iter().find(|state| state.reply_id == reply_id);
        Decided {
            interaction: InteractionId(row.interaction_id),
            draft: DraftId(row.draft_id),
            decided_at: row.decided_at,
            refused: row.refused.as_deref().map(read),
            state: reply.map(|reply| reply.state.clone()),
            held_until: reply.and_then(|reply| reply.held_until),
            failure: reply.and_then(|reply| reply.failure.clone()),
        }
    });
    Ok(decided.collect())
}

/// Lists the automatic replies that are held, as far as the outbox knows.
///
/// # Errors
/// What the database says.
pub async fn held(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<(InteractionId, ReplyId)>> {
    let rows = sqlx::query!(
        "select a.interaction_id, a.draft_id from automatic_reply a
            where a.tenant_id = $1 and a.refused is null
                and exists (
                    select from effect e
                        where e.tenant_id = a.tenant_id and e.stream_id = a.interaction_id
                            and e.kind = 'release_reply' and e.state <> 'done')",
        tenant.0,
    )
    .fetch_all(db.pool())
    .await?;
    let reply = |draft| ReplyId::automatic(DraftId(draft));
    Ok(rows
        .into_iter()
        .map(|row| (InteractionId(row.interaction_id), reply(row.draft_id)))
        .collect())
}

/// A word of another program's is none of ours: that the rules are others says it best.
fn read(word: &str) -> Refused {
    word.parse().unwrap_or(Refused::RulesChanged)
}

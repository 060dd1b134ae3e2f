//! How events become effects: the process manager's answer, stored in the transaction of its checkpoint.

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::effect;
use domain::interaction::InteractionEvent;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::fold::{Fold, Stream, column};

/// What an event adds to the outbox. Nothing that is there changes by it, as that is what workers do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) enum Row {
    /// Which account an interaction belongs to, since later events do not repeat it.
    Account(Account),
    /// A call owed.
    Effect(Effect),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Account {
    tenant_id: Uuid,
    interaction_id: Uuid,
    account_id: Uuid,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Effect {
    tenant_id: Uuid,
    stream_id: Uuid,
    effect_id: Uuid,
    log_id: i32,
    cause_pos: i64,
    cause_event_id: Uuid,
    correlation_id: Option<Uuid>,
    kind: &'static str,
    payload: Value,
    recorded_at: DateTime<Utc>,
    not_before: Option<DateTime<Utc>>,
}

impl Effect {
    fn new(cause: &Recorded, effect: &effect::Effect) -> Self {
        Self {
            tenant_id: cause.tenant.0,
            stream_id: cause.stream.0,
            // Derived from its cause: owing it twice is owing it once.
            effect_id: Uuid::new_v5(&cause.event_id, effect.kind().as_bytes()),
            log_id: cause.log,
            cause_pos: cause.position,
            cause_event_id: cause.event_id,
            correlation_id: cause.correlation_id,
            kind: effect.kind(),
            payload: serde_json::to_value(effect).expect("an effect has string keys"),
            recorded_at: cause.recorded_at,
            not_before: effect.not_before(),
        }
    }
}

impl Fold for Row {
    type Rows = Vec<Self>;

    const IGNORED: &'static [&'static str] = &[
        "BulkFinished",
        "BulkItemRefused",
        "BulkItemTaken",
        "BulkRequested",
        "BulkStopped",
        "ClaimBuyerErased",
        "ClaimChanged",
        "ClaimReceived",
        "Closed",
        "ContentRevised",
        "DeadlineSet",
        "DraftDismissed",
        "DraftRequested",
        "KnowledgeRemoved",
        "KnowledgeRevised",
        "Linked",
        "MessageReceived",
        "RejectionConfirmed",
        "Reopened",
        "ReplyCancelled",
        "ReplyMarkedSent",
        "ReplyModerationFailed",
        "ReplyObserved",
        "ReplyPublished",
        "ReplyRefused",
        "SlaBreached",
        "SlaEscalated",
    ];

    const CLOSED: &'static [&'static str] = &[];

    const STREAM_TYPE: &'static str = "interaction";

    fn fold(mut rows: Self::Rows, recorded: &Recorded) -> Self::Rows {
        for event in recorded.of_interaction() {
            if let InteractionEvent::Ingested { source, .. } = event {
                rows.push(Self::Account(Account {
                    tenant_id: recorded.tenant.0,
                    interaction_id: recorded.stream.0,
                    account_id: source.account_id.0,
                }));
            }
        }
        let owed = recorded.events.iter().filter_map(effect::owed);
        rows.extend(owed.map(|effect| Self::Effect(Effect::new(recorded, &effect))));
        rows
    }

    fn each(rows: &Self::Rows) -> impl Iterator<Item = &Self> {
        rows.iter()
    }

    /// What is there already is of no interest to what is added.
    async fn load(_: &mut PgConnection, _: &[Stream]) -> sqlx::Result<Vec<(Stream, Self::Rows)>> {
        Ok(Vec::new())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        let (mut accounts, mut effects) = (Vec::new(), Vec::new());
        for row in rows {
            match row {
                Self::Account(account) => accounts.push(account),
                Self::Effect(effect) => effects.push(effect),
            }
        }
        note(&mut *tx, &accounts).await?;
        owe(tx, &effects).await
    }
}

async fn note(tx: &mut PgConnection, accounts: &[&Account]) -> sqlx::Result<()> {
    if accounts.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into effect_account (tenant_id, interaction_id, account_id)
            select * from unnest($1::uuid[], $2::uuid[], $3::uuid[])
            on conflict on constraint effect_account_pkey do nothing",
        &column(accounts, |account| account.tenant_id),
        &column(accounts, |account| account.interaction_id),
        &column(accounts, |account| account.account_id),
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn owe(tx: &mut PgConnection, effects: &[&Effect]) -> sqlx::Result<()> {
    if effects.is_empty() {
        return Ok(());
    }
    // The log's time lies ahead after the clock was set back; what is due at once does not wait for it. And where
    // nothing is known of the account, the table refuses the null and the stream is parked: nothing owed is forgotten
    // silently.
    sqlx::query!(
        "insert into effect (tenant_id, effect_id, log_id, stream_id, account_id, cause_pos, cause_event_id,
                correlation_id, kind, payload, next_at)
            select o.tenant_id, o.effect_id, o.log_id, o.stream_id, a.account_id, o.cause_pos, o.cause_event_id,
                    o.correlation_id, o.kind, o.payload,
                    coalesce(o.not_before, least(o.recorded_at, now()))
                from unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::bigint[], $6::uuid[], $7::uuid[],
                        $8::text[], $9::jsonb[], $10::timestamptz[], $11::timestamptz[])
                    as o (tenant_id, effect_id, log_id, stream_id, cause_pos, cause_event_id, correlation_id, kind,
                        payload, recorded_at, not_before)
                left join lateral (
                    select a.account_id from effect_account a
                        where a.tenant_id = o.tenant_id and a.interaction_id = o.stream_id limit 1) a on true
            on conflict on constraint effect_pkey do nothing",
        &column(effects, |effect| effect.tenant_id),
        &column(effects, |effect| effect.effect_id),
        &column(effects, |effect| effect.log_id),
        &column(effects, |effect| effect.stream_id),
        &column(effects, |effect| effect.cause_pos),
        &column(effects, |effect| effect.cause_event_id),
        &column(effects, |effect| effect.correlation_id) as &[Option<Uuid>],
        &column(effects, |effect| effect.kind.to_owned()),
        &column(effects, |effect| effect.payload.clone()),
        &column(effects, |effect| effect.recorded_at),
        &column(effects, |effect| effect.not_before) as &[Option<DateTime<Utc>>],
    )
    .execute(tx)
    .await?;
    Ok(())
}

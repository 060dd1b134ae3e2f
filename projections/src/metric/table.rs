//! The rows of interactions in Postgres, many at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::interaction::Answering;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::row::{self, Answer, Asked, Facts, Row};
use crate::fold::{Fold, Stream, column};

impl Fold for Row {
    type Rows = Option<Self>;

    const IGNORED: &'static [&'static str] = &[
        "BulkFinished",
        "BulkItemRefused",
        "BulkItemTaken",
        "BulkRequested",
        "BulkStopped",
        "ClaimBuyerErased",
        "ClaimChanged",
        "ClaimReceived",
        "DraftDismissed",
        "DraftRequested",
        "KnowledgeRemoved",
        "KnowledgeRevised",
        "Linked",
        "ReplyRefused",
        "Viewed",
    ];

    const CLOSED: &'static [&'static str] = &[
        "ContentRevised",
        "DraftProposed",
        "Ingested",
        "MessageReceived",
        "RejectionRequested",
        "ReplyEditFailed",
        "ReplyEditRequested",
        "ReplyModerationFailed",
        "ReplyObserved",
        "ReplyRequested",
        "ReplySendFailed",
    ];

    const STREAM_TYPE: &'static str = "interaction";

    fn fold(rows: Self::Rows, recorded: &Recorded) -> Self::Rows {
        row::fold(rows, recorded)
    }

    fn each(rows: &Self::Rows) -> impl Iterator<Item = &Self> {
        rows.iter()
    }

    async fn load(
        tx: &mut PgConnection,
        streams: &[Stream],
    ) -> sqlx::Result<Vec<(Stream, Self::Rows)>> {
        let (tenants, ids) = Stream::arrays(streams);
        let rows = sqlx::query_as!(
            Self,
            r#"select m.tenant_id as "tenant_id!", m.interaction_id as "interaction_id!", m.account_id as "account_id!",
                    m.marketplace as "marketplace!", m.channel as "channel!",
                    m.product_article as "product_article!", m.rating, m.intent, m.read_at, m.answered_at,
                    m.answered_by, m.reply_id, m.operator, m.outcome, m.changed, m.waited_seconds,
                    m.handled_seconds, m.other_answer as "other_answer: Json<Answer>", m.answer_by,
                    m.was_past as "was_past!", m.breached as "breached!",
                    m.facts as "facts!: Json<Facts>", m.first_at, m.last_at,
                    m.asked as "asked!: Json<BTreeMap<Uuid, Asked>>", m.answering as "answering!: Json<Answering>",
                    m.version as "version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from metric m
                        where m.tenant_id = w.tenant and m.interaction_id = w.id offset 0) m"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (Stream { tenant: row.tenant_id, id: row.interaction_id }, Some(row)))
            .collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into metric as m (tenant_id, interaction_id, account_id, marketplace, channel, product_article,
                    rating, intent, read_at, answered_at, answered_by, reply_id, operator, outcome, changed,
                    waited_seconds, handled_seconds, other_answer, answer_by, was_past, breached, facts, first_at,
                    last_at, asked, answering, version)
                select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                    $7::smallint[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::text[], $12::uuid[],
                    $13::text[], $14::text[], $15::smallint[], $16::bigint[], $17::bigint[], $18::jsonb[],
                    $19::timestamptz[], $20::boolean[], $21::boolean[], $22::jsonb[], $23::timestamptz[],
                    $24::timestamptz[], $25::jsonb[], $26::jsonb[], $27::int[])
                on conflict on constraint metric_pkey do update
                    set account_id = excluded.account_id, marketplace = excluded.marketplace,
                        channel = excluded.channel, product_article = excluded.product_article,
                        rating = excluded.rating, intent = excluded.intent, read_at = excluded.read_at,
                        answered_at = excluded.answered_at, answered_by = excluded.answered_by,
                        reply_id = excluded.reply_id, operator = excluded.operator, outcome = excluded.outcome,
                        changed = excluded.changed, waited_seconds = excluded.waited_seconds,
                        handled_seconds = excluded.handled_seconds, other_answer = excluded.other_answer,
                        answer_by = excluded.answer_by, was_past = excluded.was_past, breached = excluded.breached,
                        facts = excluded.facts, first_at = excluded.first_at, last_at = excluded.last_at,
                        asked = excluded.asked, answering = excluded.answering, version = excluded.version
                    where m.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.interaction_id),
            &column(rows, |row| row.account_id),
            &column(rows, |row| row.marketplace.clone()),
            &column(rows, |row| row.channel.clone()),
            &column(rows, |row| row.product_article.clone()),
            &column(rows, |row| row.rating) as &[Option<i16>],
            &column(rows, |row| row.intent.clone()) as &[Option<String>],
            &column(rows, |row| row.read_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.answered_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.answered_by.clone()) as &[Option<String>],
            &column(rows, |row| row.reply_id) as &[Option<Uuid>],
            &column(rows, |row| row.operator.clone()) as &[Option<String>],
            &column(rows, |row| row.outcome.clone()) as &[Option<String>],
            &column(rows, |row| row.changed) as &[Option<i16>],
            &column(rows, |row| row.waited_seconds) as &[Option<i64>],
            &column(rows, |row| row.handled_seconds) as &[Option<i64>],
            &column(rows, |row| row.other_answer.clone()) as &[Option<Json<Answer>>],
            &column(rows, |row| row.answer_by) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.was_past),
            &column(rows, |row| row.breached),
            &column(rows, |row| row.facts.clone()) as &[Json<Facts>],
            &column(rows, |row| row.first_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.last_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.asked.clone()) as &[Json<BTreeMap<Uuid, Asked>>],
            &column(rows, |row| row.answering.clone()) as &[Json<Answering>],
            &column(rows, |row| row.version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

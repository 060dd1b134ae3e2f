//! The inbox's rows in Postgres, many at a time.

use chrono::{DateTime, Utc};
use domain::Recorded;
use sqlx::PgConnection;

use super::row::{self, Row};
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
        "KnowledgeRemoved",
        "KnowledgeRevised",
    ];

    const CLOSED: &'static [&'static str] = &[
        "DraftProposed",
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
            r#"select r.tenant_id as "tenant_id!", r.interaction_id as "interaction_id!",
                    r.account_id as "account_id!", r.marketplace as "marketplace!", r.channel as "channel!",
                    r.external_id as "external_id!", r.rating, r.buyer_name, r.product_name as "product_name!",
                    r.product_article as "product_article!", r.product_brand, r.preview as "preview!",
                    r.closed as "closed!", r.has_draft as "has_draft!", r.answer_id, r.reply_id, r.reply_state,
                    r.held_until,
                    r.answer_stands as "answer_stands!", r.observed_stands as "observed_stands!",
                    r.buyer_wrote_at, r.buyer_wrote_since as "buyer_wrote_since!", r.seller_wrote_at,
                    r.parent_id, r.supplement_id,
                    r.status as "status!", r.needs_response as "needs_response!", r.occurred_at as "occurred_at!",
                    r.updated_at as "updated_at!", r.version as "version!", r.basis,
                    r.intent as "intent!", r.sentiment as "sentiment!", r.priority as "priority!", r.draft_basis,
                    r.drafts_asked as "drafts_asked!", r.drafts_answered as "drafts_answered!", r.draft_rank,
                    r.waits_since, r.waits_next, r.said as "said!", r.deadline_said, r.deadline_priority,
                    r.sla_policy, r.sla_rule, r.warn_at, r.answer_by, r.escalated as "escalated!",
                    r.breached as "breached!", r.due_by as "due_by!", r.timer_at, r.deadline_of, r.draft_ahead as "draft_ahead!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from inbox r where r.tenant_id = w.tenant and r.interaction_id = w.id limit 1) r"#,
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
            "insert into inbox as i (tenant_id, interaction_id, account_id, marketplace, channel, external_id,
                    rating, buyer_name, product_name, product_article, product_brand, preview, closed, has_draft,
                    answer_id, reply_id, reply_state, answer_stands, observed_stands, buyer_wrote_at,
                    buyer_wrote_since, seller_wrote_at, parent_id, supplement_id, status, needs_response, occurred_at,
                    updated_at, version, held_until, basis, intent, sentiment, priority, draft_basis, drafts_asked,
                    drafts_answered, draft_rank, waits_since, waits_next, said, deadline_said, deadline_priority,
                    sla_policy, sla_rule, warn_at, answer_by, escalated, breached, due_by, timer_at, deadline_of,
                    draft_ahead)
                select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                    $7::smallint[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::boolean[],
                    $14::boolean[], $15::uuid[], $16::uuid[], $17::text[], $18::boolean[], $19::boolean[],
                    $20::timestamptz[], $21::boolean[], $22::timestamptz[], $23::uuid[], $24::uuid[],
                    $25::text[], $26::boolean[], $27::timestamptz[], $28::timestamptz[], $29::int[], $30::timestamptz[],
                    $31::int[], $32::text[], $33::text[], $34::smallint[], $35::int[], $36::int[], $37::int[],
                    $38::smallint[], $39::timestamptz[], $40::timestamptz[], $41::int[], $42::int[],
                    $43::smallint[], $44::int[], $45::int[], $46::timestamptz[], $47::timestamptz[],
                    $48::boolean[], $49::boolean[], $50::timestamptz[], $51::timestamptz[], $52::int[], $53::boolean[])
                on conflict on constraint inbox_pkey do update
                    set account_id = excluded.account_id, marketplace = excluded.marketplace,
                        channel = excluded.channel, external_id = excluded.external_id, rating = excluded.rating,
                        buyer_name = excluded.buyer_name, product_name = excluded.product_name,
                        product_article = excluded.product_article, product_brand = excluded.product_brand,
                        preview = excluded.preview, closed = excluded.closed, has_draft = excluded.has_draft,
                        answer_id = excluded.answer_id, reply_id = excluded.reply_id,
                        reply_state = excluded.reply_state, held_until = excluded.held_until,
                        answer_stands = excluded.answer_stands,
                        observed_stands = excluded.observed_stands, buyer_wrote_at = excluded.buyer_wrote_at,
                        buyer_wrote_since = excluded.buyer_wrote_since,
                        seller_wrote_at = excluded.seller_wrote_at, parent_id = excluded.parent_id,
                        supplement_id = excluded.supplement_id, status = excluded.status,
                        needs_response = excluded.needs_response, occurred_at = excluded.occurred_at,
                        updated_at = excluded.updated_at, version = excluded.version, basis = excluded.basis,
                        intent = excluded.intent, sentiment = excluded.sentiment, priority = excluded.priority,
                        draft_basis = excluded.draft_basis, drafts_asked = excluded.drafts_asked,
                        drafts_answered = excluded.drafts_answered, draft_rank = excluded.draft_rank,
                        waits_since = excluded.waits_since, waits_next = excluded.waits_next,
                        said = excluded.said, deadline_said = excluded.deadline_said,
                        deadline_priority = excluded.deadline_priority, sla_policy = excluded.sla_policy,
                        sla_rule = excluded.sla_rule, warn_at = excluded.warn_at,
                        answer_by = excluded.answer_by, escalated = excluded.escalated,
                        breached = excluded.breached, due_by = excluded.due_by, timer_at = excluded.timer_at,
                        deadline_of = excluded.deadline_of, draft_ahead = excluded.draft_ahead
                    where i.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.interaction_id),
            &column(rows, |row| row.account_id),
            &column(rows, |row| row.marketplace.clone()),
            &column(rows, |row| row.channel.clone()),
            &column(rows, |row| row.external_id.clone()),
            &column(rows, |row| row.rating) as &[Option<i16>],
            &column(rows, |row| row.buyer_name.clone()) as &[Option<String>],
            &column(rows, |row| row.product_name.clone()),
            &column(rows, |row| row.product_article.clone()),
            &column(rows, |row| row.product_brand.clone()) as &[Option<String>],
            &column(rows, |row| row.preview.clone()),
            &column(rows, |row| row.closed),
            &column(rows, |row| row.has_draft),
            &column(rows, |row| row.answer_id) as &[Option<uuid::Uuid>],
            &column(rows, |row| row.reply_id) as &[Option<uuid::Uuid>],
            &column(rows, |row| row.reply_state.clone()) as &[Option<String>],
            &column(rows, |row| row.answer_stands),
            &column(rows, |row| row.observed_stands),
            &column(rows, |row| row.buyer_wrote_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.buyer_wrote_since),
            &column(rows, |row| row.seller_wrote_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.parent_id) as &[Option<uuid::Uuid>],
            &column(rows, |row| row.supplement_id) as &[Option<uuid::Uuid>],
            &column(rows, |row| row.status.clone()),
            &column(rows, |row| row.needs_response),
            &column(rows, |row| row.occurred_at),
            &column(rows, |row| row.updated_at),
            &column(rows, |row| row.version),
            &column(rows, |row| row.held_until) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.basis) as &[Option<i32>],
            &column(rows, |row| row.intent.clone()),
            &column(rows, |row| row.sentiment.clone()),
            &column(rows, |row| row.priority),
            &column(rows, |row| row.draft_basis) as &[Option<i32>],
            &column(rows, |row| row.drafts_asked),
            &column(rows, |row| row.drafts_answered),
            &column(rows, |row| row.draft_rank) as &[Option<i16>],
            &column(rows, |row| row.waits_since) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.waits_next) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.said),
            &column(rows, |row| row.deadline_said) as &[Option<i32>],
            &column(rows, |row| row.deadline_priority) as &[Option<i16>],
            &column(rows, |row| row.sla_policy) as &[Option<i32>],
            &column(rows, |row| row.sla_rule) as &[Option<i32>],
            &column(rows, |row| row.warn_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.answer_by) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.escalated),
            &column(rows, |row| row.breached),
            &column(rows, |row| row.due_by),
            &column(rows, |row| row.timer_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.deadline_of) as &[Option<i32>],
            &column(rows, |row| row.draft_ahead),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

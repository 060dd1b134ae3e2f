//! The rows of claims in Postgres, many at a time.

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
        "Closed",
        "ContentRevised",
        "DeadlineSet",
        "DraftDismissed",
        "DraftProposed",
        "DraftRequested",
        "Ingested",
        "KnowledgeRemoved",
        "KnowledgeRevised",
        "Linked",
        "MessageReceived",
        "RejectionConfirmed",
        "RejectionRequested",
        "RejectionSent",
        "Reopened",
        "ReplyCancelled",
        "ReplyConfirmedAbsent",
        "ReplyEditFailed",
        "ReplyEditRequested",
        "ReplyEdited",
        "ReplyMarkedSent",
        "ReplyModerationFailed",
        "ReplyObserved",
        "ReplyOutcomeUnknown",
        "ReplyPublished",
        "ReplyRefused",
        "ReplyReleased",
        "ReplyRequested",
        "ReplyRetryRequested",
        "ReplySendFailed",
        "ReplySent",
        "SlaBreached",
        "SlaEscalated",
        "Viewed",
    ];

    const CLOSED: &'static [&'static str] = &[];

    const STREAM_TYPE: &'static str = "claim";

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
            r#"select r.tenant_id as "tenant_id!", r.claim_id as "claim_id!", r.account_id as "account_id!",
                    r.marketplace as "marketplace!", r.external_id as "external_id!", r.state as "state!",
                    r.goods as "goods!", r.archived as "archived!", r.origin as "origin!",
                    r.product_article as "product_article!", r.product_name as "product_name!", r.order_id,
                    r.ordered_at, r.delivered_at, r.price_minor, r.currency, r.actions as "actions!",
                    r.words as "words!", r.occurred_at as "occurred_at!", r.decided_at,
                    r.updated_at as "updated_at!", r.version as "version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from claim r where r.tenant_id = w.tenant and r.claim_id = w.id limit 1) r"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (Stream { tenant: row.tenant_id, id: row.claim_id }, Some(row)))
            .collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into claim as c (tenant_id, claim_id, account_id, marketplace, external_id, state, goods, archived,
                    origin, product_article, product_name, order_id, ordered_at, delivered_at, price_minor, currency,
                    actions, words, occurred_at, decided_at, updated_at, version)
                select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[],
                    $8::boolean[], $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[],
                    $14::timestamptz[], $15::bigint[], $16::text[], $17::jsonb[], $18::jsonb[], $19::timestamptz[],
                    $20::timestamptz[], $21::timestamptz[], $22::int[])
                on conflict on constraint claim_pkey do update
                    set state = excluded.state, goods = excluded.goods, archived = excluded.archived,
                        origin = excluded.origin, product_article = excluded.product_article,
                        product_name = excluded.product_name, order_id = excluded.order_id,
                        ordered_at = excluded.ordered_at, delivered_at = excluded.delivered_at,
                        price_minor = excluded.price_minor, currency = excluded.currency,
                        actions = excluded.actions, words = excluded.words, decided_at = excluded.decided_at,
                        updated_at = excluded.updated_at, version = excluded.version
                    where c.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.claim_id),
            &column(rows, |row| row.account_id),
            &column(rows, |row| row.marketplace.clone()),
            &column(rows, |row| row.external_id.clone()),
            &column(rows, |row| row.state.clone()),
            &column(rows, |row| row.goods.clone()),
            &column(rows, |row| row.archived),
            &column(rows, |row| row.origin.clone()),
            &column(rows, |row| row.product_article.clone()),
            &column(rows, |row| row.product_name.clone()),
            &column(rows, |row| row.order_id.clone()) as &[Option<String>],
            &column(rows, |row| row.ordered_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.delivered_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.price_minor) as &[Option<i64>],
            &column(rows, |row| row.currency.clone()) as &[Option<String>],
            &column(rows, |row| row.actions.clone()),
            &column(rows, |row| row.words.clone()),
            &column(rows, |row| row.occurred_at),
            &column(rows, |row| row.decided_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.updated_at),
            &column(rows, |row| row.version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

//! The rows of passages in Postgres, many at a time.

use std::collections::BTreeMap;

use domain::Recorded;
use sqlx::PgConnection;

use super::row::{self, Row};
use crate::fold::{Fold, Stream, column};

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
        "DraftProposed",
        "DraftRequested",
        "Ingested",
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
        "ReplyModerationFailed",
        "ReplyObserved",
        "ReplyOutcomeUnknown",
        "ReplyPublished",
        "ReplyReleased",
        "ReplyRequested",
        "ReplySendFailed",
        "ReplySent",
        "SlaBreached",
        "SlaEscalated",
        "Viewed",
    ];

    const CLOSED: &'static [&'static str] = &[];

    const STREAM_TYPE: &'static str = "knowledge";

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
            r#"select r.tenant_id as "tenant_id!", r.item_id as "item_id!", r.ordinal as "ordinal!", r.live as "live!",
                    r.kind as "kind!", r.title as "title!", r.text as "text!", r.articles as "articles!",
                    r.tags as "tags!", r.label as "label!", r.item_version as "item_version!",
                    r.updated_at as "updated_at!", r.updated_by as "updated_by!", r.pos as "pos!",
                    r.version as "version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from knowledge r where r.tenant_id = w.tenant and r.item_id = w.id) r
                order by r.ordinal"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        let mut items: BTreeMap<Stream, Self::Rows> = BTreeMap::new();
        for row in rows {
            items.entry(Stream { tenant: row.tenant_id, id: row.item_id }).or_default().push(row);
        }
        Ok(items.into_iter().collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into knowledge as k (tenant_id, item_id, ordinal, live, kind, title, text, articles, tags, label,
                    item_version, updated_at, updated_by, pos, version)
                select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::boolean[], $5::text[], $6::text[],
                    $7::text[], $8::jsonb[], $9::jsonb[], $10::text[], $11::int[], $12::timestamptz[], $13::text[],
                    $14::bigint[], $15::int[])
                on conflict on constraint knowledge_pkey do update
                    set live = excluded.live, kind = excluded.kind, title = excluded.title, text = excluded.text,
                        articles = excluded.articles, tags = excluded.tags, label = excluded.label,
                        item_version = excluded.item_version, updated_at = excluded.updated_at,
                        updated_by = excluded.updated_by, pos = excluded.pos, version = excluded.version
                    where k.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.item_id),
            &column(rows, |row| row.ordinal),
            &column(rows, |row| row.live),
            &column(rows, |row| row.kind.clone()),
            &column(rows, |row| row.title.clone()),
            &column(rows, |row| row.text.clone()),
            &column(rows, |row| row.articles.clone()),
            &column(rows, |row| row.tags.clone()),
            &column(rows, |row| row.label.clone()),
            &column(rows, |row| row.item_version),
            &column(rows, |row| row.updated_at),
            &column(rows, |row| row.updated_by.clone()),
            &column(rows, |row| row.pos),
            &column(rows, |row| row.version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

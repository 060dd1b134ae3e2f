//! The rows of replies in Postgres, many at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Recorded;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{self, Replies, Row};
use crate::fold::{Fold, Stream, column};

impl Fold for Row {
    type Rows = Replies;

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
        "KnowledgeRemoved",
        "KnowledgeRevised",
        "Linked",
        "MessageReceived",
        "Reopened",
        "ReplyRefused",
        "SlaBreached",
        "SlaEscalated",
        "Viewed",
    ];

    const CLOSED: &'static [&'static str] = &[];

    const STREAM_TYPE: &'static str = "interaction";

    fn fold(rows: Self::Rows, recorded: &Recorded) -> Self::Rows {
        row::fold(rows, recorded)
    }

    fn each(rows: &Self::Rows) -> impl Iterator<Item = &Self> {
        rows.values()
    }

    async fn load(
        tx: &mut PgConnection,
        streams: &[Stream],
    ) -> sqlx::Result<Vec<(Stream, Self::Rows)>> {
        let (tenants, ids) = Stream::arrays(streams);
        let rows = sqlx::query_as!(
            Self,
            r#"select r.tenant_id as "tenant_id!", r.interaction_id as "interaction_id!",
                    r.reply_id as "reply_id!", r.kind as "kind!", r.state as "state!", r.text,
                    r.files as "files!", r.requested_at as "requested_at!", r.requested_by, r.held_until, r.sent_at,
                    r.published_at,
                    r.attempts as "attempts!", r.failure, r.marketplace_text, r.retry_at, r.bulk_id, r.words_key,
                    r.version as "version!", r.applied_version as "applied_version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from reply_history r
                        where r.tenant_id = w.tenant and r.interaction_id = w.id offset 0) r"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        let mut found: BTreeMap<Stream, Replies> = BTreeMap::new();
        for row in rows {
            let stream = Stream { tenant: row.tenant_id, id: row.interaction_id };
            found.entry(stream).or_default().insert(row.reply_id, row);
        }
        Ok(found.into_iter().collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into reply_history as r (tenant_id, interaction_id, reply_id, kind, state, text, files,
                    requested_at, requested_by, sent_at, published_at, attempts, failure, marketplace_text, retry_at,
                    version,
                    applied_version, held_until, words_key, bulk_id)
                select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                    $7::jsonb[], $8::timestamptz[], $9::text[], $10::timestamptz[], $11::timestamptz[], $12::int[],
                    $13::text[], $14::text[], $15::timestamptz[], $16::int[], $17::int[], $18::timestamptz[],
                    $19::bigint[], $20::uuid[])
                on conflict on constraint reply_history_pkey do update
                    set kind = excluded.kind, state = excluded.state, text = excluded.text,
                        files = excluded.files, requested_at = excluded.requested_at,
                        requested_by = excluded.requested_by,
                        held_until = excluded.held_until,
                        sent_at = excluded.sent_at, published_at = excluded.published_at,
                        attempts = excluded.attempts, failure = excluded.failure,
                        marketplace_text = excluded.marketplace_text, retry_at = excluded.retry_at,
                        version = excluded.version, applied_version = excluded.applied_version,
                        words_key = excluded.words_key, bulk_id = excluded.bulk_id
                    where r.applied_version < excluded.applied_version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.interaction_id),
            &column(rows, |row| row.reply_id),
            &column(rows, |row| row.kind.clone()),
            &column(rows, |row| row.state.clone()),
            &column(rows, |row| row.text.clone()) as &[Option<String>],
            &column(rows, |row| row.files.clone()),
            &column(rows, |row| row.requested_at),
            &column(rows, |row| row.requested_by.clone()) as &[Option<String>],
            &column(rows, |row| row.sent_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.published_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.attempts),
            &column(rows, |row| row.failure.clone()) as &[Option<String>],
            &column(rows, |row| row.marketplace_text.clone()) as &[Option<String>],
            &column(rows, |row| row.retry_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.version),
            &column(rows, |row| row.applied_version),
            &column(rows, |row| row.held_until) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.words_key) as &[Option<i64>],
            &column(rows, |row| row.bulk_id) as &[Option<Uuid>],
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

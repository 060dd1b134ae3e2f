//! The rows of failed replies in Postgres, many at a time.

use std::collections::BTreeMap;

use domain::Recorded;
use sqlx::PgConnection;

use super::row::{self, Failures, Row};
use crate::fold::{Fold, Stream, column};

impl Fold for Row {
    type Rows = Failures;

    const IGNORED: &'static [&'static str] = &[
        "BulkFinished",
        "BulkItemRefused",
        "BulkItemTaken",
        "BulkRequested",
        "BulkStopped",
        "BuyerErased",
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
        "RejectionConfirmed",
        "RejectionRequested",
        "RejectionSent",
        "Reopened",
        "ReplyCancelled",
        "ReplyConfirmedAbsent",
        "ReplyEditRequested",
        "ReplyEdited",
        "ReplyMarkedSent",
        "ReplyObserved",
        "ReplyOutcomeUnknown",
        "ReplyPublished",
        "ReplyRefused",
        "ReplyReleased",
        "ReplyRequested",
        "ReplyRetryRequested",
        "ReplySent",
        "SlaBreached",
        "SlaEscalated",
        "Viewed",
    ];

    const CLOSED: &'static [&'static str] =
        &["ReplyEditFailed", "ReplyModerationFailed", "ReplySendFailed"];

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
            r#"select f.tenant_id as "tenant_id!", f.interaction_id as "interaction_id!",
                    f.reply_id as "reply_id!", f.cause as "cause!", f.failed_at as "failed_at!",
                    f.version as "version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from failure f
                        where f.tenant_id = w.tenant and f.interaction_id = w.id offset 0) f"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        let mut found: BTreeMap<Stream, Failures> = BTreeMap::new();
        for row in rows {
            let stream = Stream { tenant: row.tenant_id, id: row.interaction_id };
            found.entry(stream).or_default().insert(row.reply_id, row);
        }
        Ok(found.into_iter().collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into failure as f (tenant_id, interaction_id, reply_id, cause, failed_at, version)
                select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::int[])
                on conflict on constraint failure_pkey do update
                    set cause = excluded.cause, failed_at = excluded.failed_at, version = excluded.version
                    where f.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.interaction_id),
            &column(rows, |row| row.reply_id),
            &column(rows, |row| row.cause.clone()),
            &column(rows, |row| row.failed_at),
            &column(rows, |row| row.version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

//! The rows of interactions in Postgres, many at a time.

use domain::Recorded;
use serde_json::Value;
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
        "Closed",
        "DeadlineSet",
        "DraftRequested",
        "KnowledgeRemoved",
        "KnowledgeRevised",
        "Linked",
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
                    r.content as "content!", r.revisions as "revisions!", r.draft,
                    r.messages as "messages!", r.version as "version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from thread r where r.tenant_id = w.tenant and r.interaction_id = w.id limit 1) r"#,
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
            "insert into thread as t (tenant_id, interaction_id, content, revisions, draft, messages, version)
                select * from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::int[], $5::jsonb[], $6::jsonb[],
                    $7::int[])
                on conflict on constraint thread_pkey do update
                    set content = excluded.content, revisions = excluded.revisions, draft = excluded.draft,
                        messages = excluded.messages, version = excluded.version
                    where t.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.interaction_id),
            &column(rows, |row| row.content.clone()),
            &column(rows, |row| row.revisions),
            &column(rows, |row| row.draft.clone()) as &[Option<Value>],
            &column(rows, |row| row.messages.clone()),
            &column(rows, |row| row.version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

//! The rows of bulks in Postgres, many at a time.

use domain::Recorded;
use sqlx::PgConnection;

use super::row::{self, Row};
use crate::fold::{Fold, Stream, column};

impl Fold for Row {
    type Rows = Option<Self>;

    const IGNORED: &'static [&'static str] = &[
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

    /// The text for all is no row's.
    const CLOSED: &'static [&'static str] = &["BulkRequested"];

    const STREAM_TYPE: &'static str = "bulk";

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
            r#"select r.tenant_id as "tenant_id!", r.bulk_id as "bulk_id!", r.state as "state!", r.drafts as "drafts!",
                    r.items as "items!", r.taken as "taken!", r.refused as "refused!", r.requested_at as
                    "requested_at!", r.requested_by as "requested_by!", r.updated_at as "updated_at!", r.version as
                    "version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from bulk r where r.tenant_id = w.tenant and r.bulk_id = w.id limit 1) r"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (Stream { tenant: row.tenant_id, id: row.bulk_id }, Some(row)))
            .collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into bulk as b (tenant_id, bulk_id, state, drafts, items, taken, refused, requested_at,
                    requested_by, updated_at,
                    version)
                select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::boolean[], $5::int[], $6::int[], $7::int[],
                    $8::timestamptz[], $9::text[], $10::timestamptz[], $11::int[])
                on conflict on constraint bulk_pkey do update
                    set state = excluded.state, taken = excluded.taken, refused = excluded.refused, updated_at =
                        excluded.updated_at, version = excluded.version
                    where b.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.bulk_id),
            &column(rows, |row| row.state.clone()),
            &column(rows, |row| row.drafts),
            &column(rows, |row| row.items),
            &column(rows, |row| row.taken),
            &column(rows, |row| row.refused),
            &column(rows, |row| row.requested_at),
            &column(rows, |row| row.requested_by.clone()),
            &column(rows, |row| row.updated_at),
            &column(rows, |row| row.version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

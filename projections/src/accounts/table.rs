//! The rows of cabinets in Postgres, many at a time.

use chrono::{DateTime, Utc};
use domain::Recorded;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::row::{self, Closure, Row};
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

    const STREAM_TYPE: &'static str = "account";

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
            r#"select r.tenant_id as "tenant_id!", r.account_id as "account_id!", r.marketplace as "marketplace!",
                    r.name as "name!", r.access_lost_reason, r.access_lost_since,
                    r.key_kind, r.key_expires_at, r.key_expiring_days, r.closed as "closed!: Json<Vec<Closure>>",
                    r.connected_at as "connected_at!", r.version as "version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from account r where r.tenant_id = w.tenant and r.account_id = w.id limit 1) r"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (Stream { tenant: row.tenant_id, id: row.account_id }, Some(row)))
            .collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into account as a (tenant_id, account_id, marketplace, name, access_lost_reason,
                    access_lost_since, key_kind, key_expires_at, key_expiring_days, closed, connected_at, version)
                select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[],
                    $6::timestamptz[], $7::text[], $8::timestamptz[], $9::int[], $10::jsonb[], $11::timestamptz[],
                    $12::int[])
                on conflict on constraint account_pkey do update
                    set marketplace = excluded.marketplace, name = excluded.name,
                        access_lost_reason = excluded.access_lost_reason,
                        access_lost_since = excluded.access_lost_since,
                        key_kind = excluded.key_kind, key_expires_at = excluded.key_expires_at,
                        key_expiring_days = excluded.key_expiring_days, closed = excluded.closed,
                        connected_at = excluded.connected_at, version = excluded.version
                    where a.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.account_id),
            &column(rows, |row| row.marketplace.clone()),
            &column(rows, |row| row.name.clone()),
            &column(rows, |row| row.access_lost_reason.clone()) as &[Option<String>],
            &column(rows, |row| row.access_lost_since) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.key_kind.clone()) as &[Option<String>],
            &column(rows, |row| row.key_expires_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.key_expiring_days) as &[Option<i32>],
            &column(rows, |row| row.closed.clone()) as &[Json<Vec<Closure>>],
            &column(rows, |row| row.connected_at),
            &column(rows, |row| row.version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

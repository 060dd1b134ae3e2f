//! The rows of sellers that have ever stopped sending in Postgres, many at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::policy::alert::{AlertKind, AlertSeverity};
use sqlx::PgConnection;
use sqlx::types::Json;

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

    const STREAM_TYPE: &'static str = "seller";

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
        // A seller's stream has its id.
        let (tenants, _) = Stream::arrays(streams);
        let rows = sqlx::query_as!(
            Self,
            r#"select tenant_id, stopped_at, stopped_by, reason, version, drafts_ahead, sla_version,
                    alerts as "alerts: Json<BTreeMap<AlertKind, AlertSeverity>>"
                from sending where tenant_id = any($1)"#,
            &tenants,
        )
        .fetch_all(tx)
        .await?;
        Ok(rows
            .into_iter()
            .map(|row| (Stream { tenant: row.tenant_id, id: row.tenant_id }, Some(row)))
            .collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into sending as s (tenant_id, stopped_at, stopped_by, reason, version, alerts, drafts_ahead, sla_version)
                select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::int[], $6::jsonb[],
                    $7::boolean[], $8::int[])
                on conflict on constraint sending_pkey do update
                    set stopped_at = excluded.stopped_at, stopped_by = excluded.stopped_by,
                        reason = excluded.reason, version = excluded.version, alerts = excluded.alerts,
                        drafts_ahead = excluded.drafts_ahead, sla_version = excluded.sla_version
                    where s.version < excluded.version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.stopped_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.stopped_by.clone()) as &[Option<String>],
            &column(rows, |row| row.reason.clone()) as &[Option<String>],
            &column(rows, |row| row.version),
            &column(rows, |row| row.alerts.clone()) as &[Json<BTreeMap<AlertKind, AlertSeverity>>],
            &column(rows, |row| row.drafts_ahead),
            &column(rows, |row| row.sla_version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

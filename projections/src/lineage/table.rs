//! The rows of drafts and of replies that had none in Postgres, many at a time.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::Recorded;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::row::{self, Row, Rows};
use crate::fold::{Fold, Stream, column};

impl Fold for Row {
    type Rows = Rows;

    const IGNORED: &'static [&'static str] = &[
        "BulkFinished",
        "BulkItemRefused",
        "BulkItemTaken",
        "BulkRequested",
        "BulkStopped",
        "ClaimBuyerErased",
        "ClaimChanged",
        "ClaimReceived",
        "ContentRevised",
        "DeadlineSet",
        "DraftRequested",
        "Ingested",
        "KnowledgeRemoved",
        "KnowledgeRevised",
        "Linked",
        "RejectionConfirmed",
        "RejectionSent",
        "Reopened",
        "ReplyConfirmedAbsent",
        "ReplyEditFailed",
        "ReplyEditRequested",
        "ReplyEdited",
        "ReplyOutcomeUnknown",
        "ReplyRefused",
        "ReplyReleased",
        "SlaBreached",
        "SlaEscalated",
        "Viewed",
    ];

    const CLOSED: &'static [&'static str] = &[
        "DraftProposed",
        "MessageReceived",
        "RejectionRequested",
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
        rows.values()
    }

    async fn load(
        tx: &mut PgConnection,
        streams: &[Stream],
    ) -> sqlx::Result<Vec<(Stream, Self::Rows)>> {
        let (tenants, ids) = Stream::arrays(streams);
        let rows = sqlx::query_as!(
            Self,
            r#"select l.tenant_id as "tenant_id!", l.interaction_id as "interaction_id!",
                    l.lineage_id as "lineage_id!", l.draft_id, l.reply_id, l.outcome as "outcome!", l.changed,
                    l.reason, l.source, l.model, l.prompt_version, l.basis, l.intent, l.used as "used!",
                    l.proposed_at, l.decided_at, l.decided_by, l.otherwise, l.score as "score!",
                    l.erased as "erased!", l.version as "version!", l.applied_version as "applied_version!"
                from unnest($1::uuid[], $2::uuid[]) w (tenant, id)
                cross join lateral (
                    select * from lineage l
                        where l.tenant_id = w.tenant and l.interaction_id = w.id offset 0) l"#,
            &tenants,
            &ids,
        )
        .fetch_all(tx)
        .await?;
        let mut found: BTreeMap<Stream, Rows> = BTreeMap::new();
        for row in rows {
            let stream = Stream { tenant: row.tenant_id, id: row.interaction_id };
            found.entry(stream).or_default().insert(row.lineage_id, row);
        }
        Ok(found.into_iter().collect())
    }

    async fn store(tx: &mut PgConnection, rows: &[&Self]) -> sqlx::Result<()> {
        sqlx::query!(
            "insert into lineage as l (tenant_id, interaction_id, lineage_id, draft_id, reply_id, outcome, changed,
                    reason, source, model, prompt_version, basis, intent, used, proposed_at, decided_at, decided_by,
                    otherwise, score, erased, version, applied_version)
                select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[],
                    $7::smallint[], $8::text[], $9::text[], $10::text[], $11::int[], $12::int[], $13::text[],
                    $14::jsonb[], $15::timestamptz[], $16::timestamptz[], $17::text[], $18::jsonb[], $19::smallint[],
                    $20::boolean[], $21::int[], $22::int[])
                on conflict on constraint lineage_pkey do update
                    set draft_id = excluded.draft_id, reply_id = excluded.reply_id, outcome = excluded.outcome,
                        changed = excluded.changed, reason = excluded.reason, source = excluded.source,
                        model = excluded.model, prompt_version = excluded.prompt_version,
                        basis = excluded.basis, intent = excluded.intent, used = excluded.used,
                        proposed_at = excluded.proposed_at, decided_at = excluded.decided_at,
                        decided_by = excluded.decided_by, otherwise = excluded.otherwise,
                        score = excluded.score, erased = excluded.erased,
                        version = excluded.version, applied_version = excluded.applied_version
                    where l.applied_version < excluded.applied_version",
            &column(rows, |row| row.tenant_id),
            &column(rows, |row| row.interaction_id),
            &column(rows, |row| row.lineage_id),
            &column(rows, |row| row.draft_id) as &[Option<Uuid>],
            &column(rows, |row| row.reply_id) as &[Option<Uuid>],
            &column(rows, |row| row.outcome.clone()),
            &column(rows, |row| row.changed) as &[Option<i16>],
            &column(rows, |row| row.reason.clone()) as &[Option<String>],
            &column(rows, |row| row.source.clone()) as &[Option<String>],
            &column(rows, |row| row.model.clone()) as &[Option<String>],
            &column(rows, |row| row.prompt_version) as &[Option<i32>],
            &column(rows, |row| row.basis) as &[Option<i32>],
            &column(rows, |row| row.intent.clone()) as &[Option<String>],
            &column(rows, |row| row.used.clone()),
            &column(rows, |row| row.proposed_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.decided_at) as &[Option<DateTime<Utc>>],
            &column(rows, |row| row.decided_by.clone()) as &[Option<String>],
            &column(rows, |row| row.otherwise.clone()) as &[Option<Value>],
            &column(rows, |row| row.score),
            &column(rows, |row| row.erased),
            &column(rows, |row| row.version),
            &column(rows, |row| row.applied_version),
        )
        .execute(tx)
        .await?;
        Ok(())
    }
}

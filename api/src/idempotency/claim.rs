//! Claims on keys, and the answers kept under them.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use domain::TenantId;
use eventlog::Db;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::layers::STALE;
use crate::sql::interval;

/// After this a claim without an answer belongs to a process that died. Longer than any write may take.
const LEASE: Duration = Duration::from_mins(1);

/// How long answers are kept: an hour more than the day that is promised.
const KEPT: Duration = Duration::from_hours(25);

/// How often a claim is tried that somebody else opens at the same moment.
const ROUNDS_MAX: usize = 3;

/// A key of a seller on a route.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) tenant: TenantId,
    pub(super) route: String,
    pub(super) key: String,
}

/// What is known about a key.
pub(super) enum Claimed {
    /// The request is ours to carry out, under this command id.
    Ours(Uuid),
    /// It was carried out before.
    Answered(StoredAnswer),
    /// Somebody carries it out now.
    InFlight,
    /// The key belongs to another request.
    OtherRequest,
}

/// An answer as it is kept.
pub(super) struct StoredAnswer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl StoredAnswer {
    /// Keeps the headers that belong to the answer rather than to the request that was given it.
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let kept = [CONTENT_TYPE, LOCATION, STALE];
        let headers = kept
            .into_iter()
            .filter_map(|name| headers.get(&name).cloned().map(|value| (name, value)))
            .collect();
        Self { status, headers, body }
    }

    fn headers_json(&self) -> Value {
        let fields = self.headers.iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), Value::from(value.to_str().ok()?)))
        });
        Value::Object(fields.collect())
    }
}

impl Claim {
    /// Claims the key for a request with this fingerprint, or says what became of it. One that is kept no longer is free,
    /// whether or not it has been swept away.
    pub(super) async fn take(&self, db: &Db, fingerprint: &[u8]) -> sqlx::Result<Claimed> {
        for _ in 0..ROUNDS_MAX {
            let claimed = sqlx::query_scalar!(
                "insert into idempotency_key as k (tenant_id, route, key, fingerprint, command_id, lease_until)
                    values ($1, $2, $3, $4, $5, now() + $6)
                    on conflict on constraint idempotency_key_pkey do update
                        set lease_until = excluded.lease_until, fingerprint = excluded.fingerprint,
                            command_id = case when k.claimed_at < now() - $7::interval
                                then excluded.command_id else k.command_id end,
                            claimed_at = case when k.claimed_at < now() - $7::interval
                                then excluded.claimed_at else k.claimed_at end,
                            status = null, headers = null, body = null
                        where k.claimed_at < now() - $7::interval
                            or k.status is null and k.lease_until <= now() and k.fingerprint = excluded.fingerprint
                    returning command_id",
                self.tenant.0,
                self.route,
                self.key,
                fingerprint,
                Uuid::now_v7(),
                interval(LEASE),
                interval(KEPT),
            )
            .fetch_optional(db.pool())
            .await?;
            if let Some(command_id) = claimed {
                return Ok(Claimed::Ours(command_id));
            }
            if let Some(known) = self.read(db, fingerprint).await? {
                return Ok(known);
            }
        }
        Ok(Claimed::InFlight)
    }

    /// Says what became of the key; none when it is free to be claimed by now.
    async fn read(&self, db: &Db, fingerprint: &[u8]) -> sqlx::Result<Option<Claimed>> {
        let row = sqlx::query!(
            r#"select fingerprint, status, headers, body, lease_until > now() as "in_flight!"
                from idempotency_key where tenant_id = $1 and route = $2 and key = $3"#,
            self.tenant.0,
            self.route,
            self.key,
        )
        .fetch_optional(db.pool())
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.fingerprint != fingerprint {
            return Ok(Some(Claimed::OtherRequest));
        }
        let (Some(status), Some(Value::Object(headers)), Some(body)) =
            (row.status, row.headers, row.body)
        else {
            return Ok(row.in_flight.then_some(Claimed::InFlight));
        };
        let status = u16::try_from(status).ok().and_then(|code| StatusCode::from_u16(code).ok());
        Ok(Some(Claimed::Answered(StoredAnswer {
            status: status.unwrap_or(StatusCode::OK),
            headers: to_headers(headers),
            body,
        })))
    }

    /// Keeps the answer. The first one stays.
    pub(super) async fn answer(&self, db: &Db, answer: &StoredAnswer) -> sqlx::Result<()> {
        sqlx::query!(
            "update idempotency_key set status = $4, headers = $5, body = $6
                where tenant_id = $1 and route = $2 and key = $3 and status is null",
            self.tenant.0,
            self.route,
            self.key,
            i16::try_from(answer.status.as_u16()).unwrap_or_default(),
            answer.headers_json(),
            answer.body,
        )
        .execute(db.pool())
        .await?;
        Ok(())
    }

    /// Opens the claim for a repetition of the same request. The command id stays: what failed may have gone through.
    pub(super) async fn open(&self, db: &Db) -> sqlx::Result<()> {
        sqlx::query!(
            "update idempotency_key set lease_until = now()
                where tenant_id = $1 and route = $2 and key = $3 and status is null",
            self.tenant.0,
            self.route,
            self.key,
        )
        .execute(db.pool())
        .await?;
        Ok(())
    }
}

/// Removes claims and answers that nobody may rely on any more. Returns how many.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed = sqlx::query!(
        "delete from idempotency_key where claimed_at < now() - $1::interval",
        interval(KEPT)
    )
    .execute(db.pool())
    .await?;
    Ok(removed.rows_affected())
}

fn to_headers(fields: Map<String, Value>) -> HeaderMap {
    let header = |(name, value): (String, Value)| {
        let value = HeaderValue::from_str(value.as_str()?).ok()?;
        Some((HeaderName::try_from(name).ok()?, value))
    };
    fields.into_iter().filter_map(header).collect()
}

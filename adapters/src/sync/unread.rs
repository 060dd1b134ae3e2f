//! Items that could not be read: kept as they came, shown with the reason, and tried again when the program starts or a
//! person asks. They delay no other item.

mod retry;

use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::{AccountId, Channel, ClaimId, InteractionId, TenantId};
use eventlog::Db;
use secrecy::SecretString;
use sqlx::postgres::types::PgInterval;
use tracing::warn;
use uuid::Uuid;

use super::Section;
use super::digest::Digests;
use super::state::ClaimedSync;
pub(crate) use retry::retry_all;
pub use retry::{RetryReport, retry_unread};

use crate::cabinets::Cabinets;
use crate::http::{ITEM_BYTES_MAX, MalformedItem};

/// What the seal of an item is bound to, beside its row.
const KIND: &str = "unread_item";

/// Items kept of a cabinet; the oldest give way. As many as a person could ever look through.
const KEPT_MAX: i64 = 1_000;

/// How long an item is kept that the marketplace does not give any more.
const KEPT_DAYS: i32 = 90;

/// Bytes kept of an item that is too large to be one.
const KEPT_BYTES_MAX: usize = ITEM_BYTES_MAX;

/// An item that could not be read, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadItem {
    /// Our id of it.
    pub item_id: Uuid,
    /// The channel it was given in.
    pub channel: String,
    /// The marketplace's, where it shows one.
    pub external_id: Option<String>,
    /// Why it could not be read, as [`crate::http::ItemError::code`] says it.
    pub reason: String,
    /// The field that is not what it should be.
    pub field: Option<String>,
    /// How large it is.
    pub size_bytes: i64,
    /// When it was given first.
    pub first_seen_at: DateTime<Utc>,
    /// When it was given last.
    pub last_seen_at: DateTime<Utc>,
}

/// Lists the newest items of a cabinet that could not be read.
///
/// # Errors
/// What the database says.
pub async fn unread_items(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    limit: i64,
) -> sqlx::Result<Vec<UnreadItem>> {
    sqlx::query_as!(
        UnreadItem,
        "select item_id, channel, external_id, reason, field, size_bytes, first_seen_at, last_seen_at from unread_item
            where tenant_id = $1 and account_id = $2
            order by first_seen_at desc, item_id
            limit $3",
        tenant.0,
        account.0,
        limit,
    )
    .fetch_all(db.pool())
    .await
}

/// Keeps what could not be read of a page.
pub(super) async fn keep(
    db: &Db,
    cabinets: &Cabinets,
    digests: &Digests,
    claimed: &ClaimedSync,
    processed: bool,
    items: Vec<MalformedItem>,
) -> anyhow::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let (tenant, account, section) = (claimed.tenant, claimed.account, claimed.section);
    let mut rows = Columns::default();
    // One statement may touch a row once.
    let mut latest = HashMap::new();
    for item in items {
        latest.insert(item_id(account, section, digests, &item)?, item);
    }
    for (item_id, item) in latest {
        let cut = item.raw.len() > KEPT_BYTES_MAX;
        let end = item.raw.floor_char_boundary(KEPT_BYTES_MAX);
        let raw = SecretString::from(&item.raw[..end]);
        let sealed = cabinets.vault().seal(tenant, KIND, item_id, &raw).await;
        let stream = |id: &String| match section {
            Section::Channel(channel) => InteractionId::of_external(tenant, account, channel, id).0,
            Section::Claims => ClaimId::of_external(tenant, account, id).0,
        };
        rows.item_ids.push(item_id);
        rows.interactions.push(item.id.as_ref().map(stream));
        rows.external_ids.push(item.id);
        rows.reasons.push(item.error.code().to_owned());
        rows.fields.push(item.error.field().map(ToOwned::to_owned));
        rows.sizes.push(i64::try_from(item.raw.len()).unwrap_or(i64::MAX));
        rows.cut.push(cut);
        rows.sealed.push(sealed.context("sealing an item that could not be read")?);
    }
    let fresh = rows.insert(db, claimed, processed).await?;
    for id in &fresh {
        warn!(account.id = %account, item.id = %id, "kept an item that cannot be read");
    }
    metrics::counter!("agentiq_unread_items_kept_total").increment(fresh.len() as u64);
    limit(db, claimed).await?;
    Ok(())
}

/// Forgets items that were read after all.
pub(super) async fn clear(
    db: &Db,
    claimed: &ClaimedSync,
    external_ids: &[String],
) -> sqlx::Result<()> {
    // A message that is read says nothing of another message of its chat.
    if claimed.section.is(Channel::Chat) {
        return Ok(());
    }
    let cleared = sqlx::query!(
        "delete from unread_item
            where tenant_id = $1 and account_id = $2 and channel = $3 and external_id = any ($4)",
        claimed.tenant.0,
        claimed.account.0,
        claimed.section.as_str(),
        external_ids,
    )
    .execute(db.pool())
    .await?;
    metrics::counter!("agentiq_unread_items_read_total").increment(cleared.rows_affected());
    Ok(())
}

/// Ends a round: gives up what is too old. After a round over everything it also forgets the items without an id that
/// were not given any more: nothing else tells that such an item was mended.
pub(super) async fn expire(db: &Db, claimed: &ClaimedSync, whole: bool) -> sqlx::Result<()> {
    let (tenant, account) = (claimed.tenant, claimed.account);
    if whole {
        sqlx::query!(
            "delete from unread_item
                where tenant_id = $1 and account_id = $2 and channel = $3 and external_id is null
                    and last_seen_at < $4",
            tenant.0,
            account.0,
            claimed.section.as_str(),
            claimed.started_at,
        )
        .execute(db.pool())
        .await?;
    }
    limit(db, claimed).await
}

/// Gives up what is beyond the bounds, and counts it.
async fn limit(db: &Db, claimed: &ClaimedSync) -> sqlx::Result<()> {
    let (tenant, account) = (claimed.tenant, claimed.account);
    let expired = sqlx::query_scalar!(
        r#"with expired as (
                delete from unread_item u
                    where u.tenant_id = $1 and u.account_id = $2 and u.channel = $3
                        and (u.last_seen_at < now() - $5::interval
                            or u.item_id in (
                                select o.item_id from unread_item o
                                    where o.tenant_id = $1 and o.account_id = $2 and o.channel = $3
                                    order by o.first_seen_at desc, o.item_id
                                    offset $4))
                    returning u.item_id
            ), counted as (
                update channel_sync s set unread_expired = s.unread_expired + e.count
                    from (select count(*) as count from expired) e
                    where s.tenant_id = $1 and s.account_id = $2 and s.channel = $3 and e.count > 0
            )
            select count(*) as "count!" from expired"#,
        tenant.0,
        account.0,
        claimed.section.as_str(),
        KEPT_MAX,
        PgInterval { months: 0, days: KEPT_DAYS, microseconds: 0 } as _,
    )
    .fetch_one(db.pool())
    .await?;
    if expired > 0 {
        warn!(account.id = %account, expired, "gave up {expired} items that could not be read");
        metrics::counter!("agentiq_unread_items_expired_total").increment(expired.unsigned_abs());
    }
    Ok(())
}

/// The same for an item that is given again, changed or not; one without an id is known by what it says, and so is a
/// message, whose id here is that of its chat.
fn item_id(
    account: AccountId,
    section: Section,
    digests: &Digests,
    item: &MalformedItem,
) -> anyhow::Result<Uuid> {
    let id = item.id.as_ref().filter(|_| !section.is(Channel::Chat));
    let channel = section.as_str().as_bytes();
    let name = match id {
        Some(id) => [channel, b"|id|", id.as_bytes()].concat(),
        None => [channel, b"|as|", &digests.of_bytes(item.raw.as_bytes())?].concat(),
    };
    Ok(Uuid::new_v5(&account.0, &name))
}

/// Rows to be inserted, as arrays.
#[derive(Default)]
struct Columns {
    item_ids: Vec<Uuid>,
    external_ids: Vec<Option<String>>,
    interactions: Vec<Option<Uuid>>,
    reasons: Vec<String>,
    fields: Vec<Option<String>>,
    sizes: Vec<i64>,
    cut: Vec<bool>,
    sealed: Vec<Vec<u8>>,
}

impl Columns {
    /// Returns the ids of those that were not kept before. What an erased buyer left is not kept.
    async fn insert(
        &self,
        db: &Db,
        claimed: &ClaimedSync,
        processed: bool,
    ) -> sqlx::Result<Vec<Uuid>> {
        let rows = sqlx::query!(
            r#"insert into unread_item (tenant_id, account_id, marketplace, channel, item_id, external_id, interaction_id,
                    reason, field, processed, size_bytes, cut, sealed, first_seen_at, last_seen_at)
                select $1, $2, $13, $14, i.item_id, i.external_id, i.interaction_id, i.reason, i.field, $11, i.size_bytes, i.cut,
                        i.sealed, $12, $12
                    from unnest($3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::bigint[], $9::boolean[],
                        $10::bytea[])
                        as i (item_id, external_id, interaction_id, reason, field, size_bytes, cut, sealed)
                    -- The marketplace goes on showing an erased buyer's words; nothing of them is kept.
                    where not exists (
                        select from erasure e where e.tenant_id = $1 and e.interaction_id = i.interaction_id)
                on conflict on constraint unread_item_pkey do update
                    set reason = excluded.reason, field = excluded.field, processed = excluded.processed,
                        size_bytes = excluded.size_bytes, cut = excluded.cut,
                        sealed = excluded.sealed, last_seen_at = excluded.last_seen_at
                returning item_id, (xmax = 0) as "fresh!""#,
            claimed.tenant.0,
            claimed.account.0,
            &self.item_ids,
            &self.external_ids as &[Option<String>],
            &self.interactions as &[Option<Uuid>],
            &self.reasons,
            &self.fields as &[Option<String>],
            &self.sizes,
            &self.cut,
            &self.sealed,
            processed,
            claimed.now,
            claimed.marketplace.as_str(),
            claimed.section.as_str(),
        )
        .fetch_all(db.pool())
        .await?;
        Ok(rows.into_iter().filter(|row| row.fresh).map(|row| row.item_id).collect())
    }
}

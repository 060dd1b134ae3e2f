//! Another try at what could not be read: when the program starts, since it may be newer, and when a person asks.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::Commands;
use commands::ingest::Reading;
use domain::claim::ClaimReading;
use domain::interaction::Ingest;
use domain::{AccountId, ClaimId, TenantId};
use eventlog::Db;
use secrecy::ExposeSecret as _;
use tracing::{info, warn};
use uuid::Uuid;

use super::KIND;
use crate::cabinets::Cabinets;
use crate::connector;
use crate::sync::Section;
use crate::sync::claims::{self, id_of};
use crate::sync::digest::Digests;

/// Items read again at once: with the largest ones 25 MB.
const RETRIED_AT_ONCE: i64 = 100;

/// What became of trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RetryReport {
    /// Items that were read now.
    pub read: u32,
    /// Items that still cannot be read.
    pub unread: u32,
}

/// Tries again to read what was kept of a cabinet.
///
/// # Errors
/// When the database fails or keys do not open; what was read so far is taken in.
pub async fn retry_unread(
    db: &Db,
    cabinets: &Cabinets,
    commands: &Commands,
    tenant: TenantId,
    account: AccountId,
) -> anyhow::Result<RetryReport> {
    let mut report = RetryReport::default();
    let mut after = Uuid::nil();
    loop {
        let kept = kept_after(db, tenant, account, after).await?;
        let Some(last) = kept.last() else { return Ok(report) };
        after = last.item_id;
        let count = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        let read = retry_batch(db, cabinets, commands, (tenant, account), kept).await?;
        report.read += read;
        report.unread += count - read;
    }
}

/// Tries again to read whatever was kept: this program may be newer than the one that could not.
pub(crate) async fn retry_all(
    db: &Db,
    cabinets: &Cabinets,
    commands: &Commands,
) -> anyhow::Result<()> {
    let accounts = sqlx::query!("select distinct tenant_id, account_id from unread_item")
        .fetch_all(db.pool())
        .await?;
    for row in accounts {
        let (tenant, account) = (TenantId(row.tenant_id), AccountId(row.account_id));
        match retry_unread(db, cabinets, commands, tenant, account).await {
            Ok(RetryReport { read: 0, .. }) => (),
            Ok(report) => {
                info!(account.id = %account, report.read, "read what could not be read before")
            }
            Err(error) => {
                let error = format!("{error:#}");
                warn!(account.id = %account, error, "could not try unread items again");
            }
        }
    }
    Ok(())
}

/// An item as it is kept.
struct Kept {
    item_id: Uuid,
    marketplace: String,
    channel: String,
    processed: bool,
    cut: bool,
    sealed: Vec<u8>,
}

async fn kept_after(
    db: &Db,
    tenant: TenantId,
    account: AccountId,
    after: Uuid,
) -> sqlx::Result<Vec<Kept>> {
    sqlx::query_as!(
        Kept,
        "select item_id, marketplace, channel, processed, cut, sealed from unread_item
            where tenant_id = $1 and account_id = $2 and item_id > $3
            order by item_id
            limit $4",
        tenant.0,
        account.0,
        after,
        RETRIED_AT_ONCE,
    )
    .fetch_all(db.pool())
    .await
}

/// Returns how many were read now.
async fn retry_batch(
    db: &Db,
    cabinets: &Cabinets,
    commands: &Commands,
    (tenant, account): (TenantId, AccountId),
    kept: Vec<Kept>,
) -> anyhow::Result<u32> {
    let now = Utc::now();
    let (mut readable, mut readable_claims) = (Vec::new(), Vec::new());
    for kept in kept.into_iter().filter(|kept| !kept.cut) {
        let item_id = kept.item_id;
        match reading_of(cabinets, (tenant, account), kept, now).await {
            Ok(Some(Readable::Interaction(ingest))) => readable.push((item_id, *ingest)),
            Ok(Some(Readable::Claim(claim))) => readable_claims.push((item_id, *claim)),
            Ok(None) => (),
            // It stays where it is, and the others do not wait for it.
            Err(error) => {
                let error = format!("{error:#}");
                warn!(account.id = %account, item.id = %item_id, error, "could not open a kept item");
            }
        }
    }
    let digests = Digests::open(db, cabinets, tenant, account).await?;
    let (mut fresh, mut readings) = (Vec::new(), Vec::new());
    for (item_id, ingest) in readable {
        let item = digests.digest(&ingest)?;
        readings.push(Reading { ingest, digest: item.digest.clone() });
        fresh.push((item_id, item));
    }
    let report = commands.ingest_page(tenant, readings).await;
    fresh.retain(|(_, item)| !report.failed.contains(&item.interaction));
    let (mut items, fresh): (Vec<Uuid>, Vec<_>) = fresh.into_iter().unzip();
    digests.remember(fresh).await?;
    items.extend(retry_claims(commands, tenant, readable_claims).await);
    sqlx::query!(
        "delete from unread_item where tenant_id = $1 and account_id = $2 and item_id = any ($3)",
        tenant.0,
        account.0,
        &items,
    )
    .execute(db.pool())
    .await?;
    metrics::counter!("agentiq_unread_items_read_total").increment(items.len() as u64);
    Ok(u32::try_from(items.len()).unwrap_or(u32::MAX))
}

/// Takes in claims that can be read now; returns the items that are.
async fn retry_claims(
    commands: &Commands,
    tenant: TenantId,
    claims: Vec<(Uuid, ClaimReading)>,
) -> Vec<Uuid> {
    let (items, readings): (Vec<(Uuid, ClaimId)>, Vec<_>) = claims
        .into_iter()
        .map(|(item, reading)| ((item, id_of(tenant, &reading)), reading))
        .unzip();
    let taken = claims::take(commands, tenant, readings).await;
    let is_stored = |(item, claim): (Uuid, ClaimId)| taken.stored.contains(&claim).then_some(item);
    items.into_iter().filter_map(is_stored).collect()
}

/// What was kept, as it can be read now.
enum Readable {
    Interaction(Box<Ingest>),
    Claim(Box<ClaimReading>),
}

async fn reading_of(
    cabinets: &Cabinets,
    (tenant, account): (TenantId, AccountId),
    kept: Kept,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Readable>> {
    let marketplace = kept.marketplace.parse()?;
    let raw = cabinets.vault().open(tenant, KIND, kept.item_id, &kept.sealed).await;
    let raw = raw.context("opening an item that could not be read")?;
    let raw = raw.expose_secret();
    Ok(match kept.channel.parse()? {
        Section::Channel(channel) => {
            let place = (marketplace, channel);
            let read = connector::read_item(place, account, raw, kept.processed, now);
            read.ok().map(|ingest| Readable::Interaction(Box::new(ingest)))
        }
        Section::Claims => connector::read_claim(marketplace, account, raw, kept.processed)
            .ok()
            .map(|claim| Readable::Claim(Box::new(claim))),
    })
}

//! Worker: looks at which replies failed lately, which drafts were of no use and what of cabinets cannot be read, and has
//! the sellers' alerts raised and cleared. Any number of processes may look: the seller decides, so that an alert is raised once and cleared once.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::{Actor, Commands, Context};
use domain::TenantId;
use domain::policy::alert::{self, Alarm, AlertKind, AlertSeverity};
use domain::seller::{Seller, SellerCommand};
use eventlog::Db;
use projections::{accounts, effects, failures, lineage, sending};
use tracing::error;

use crate::sync::trouble;

/// How often: an alert is raised within a minute, with room for read models that are behind.
pub(crate) const EVERY: Duration = Duration::from_secs(15);

/// Looks until it is dropped.
pub(crate) async fn watch(db: &Db, commands: &Commands) {
    loop {
        let looked = async { look(db, commands, effects::now(db).await?).await };
        if let Err(error) = looked.await {
            error!(error = format!("{error:#}"), "could not look for alerts, trying again");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Looks once, as of `now`.
///
/// # Errors
/// When the database or the log cannot be reached; what was not told is told by the next look.
pub async fn look(db: &Db, commands: &Commands, now: DateTime<Utc>) -> anyhow::Result<()> {
    let failed = failures::lately(db, now).await.context("reading what failed")?;
    let judged = lineage::judged_lately(db, now).await.context("reading what drafts were for")?;
    let raised = sending::alerts(db).await.context("reading which alerts are raised")?;
    let lost = accounts::lost(db).await.context("reading which keys are not accepted")?;
    let behind = trouble::behind(db, now).await.context("reading what cannot be read")?;
    let unread = trouble::unread(db).await.context("reading which items could not be read")?;
    let mut untold = None;
    let of_cabinets = lost.keys().chain(behind.keys()).chain(unread.keys());
    let of_replies = failed.keys().chain(judged.keys());
    let sellers: BTreeSet<TenantId> =
        of_cabinets.chain(of_replies).chain(raised.keys()).copied().collect();
    for tenant in sellers {
        let of_failures = failed.get(&tenant).cloned().unwrap_or_default();
        let of_drafts = judged.get(&tenant).copied().unwrap_or_default();
        let of_keys = lost.get(&tenant).cloned().unwrap_or_default();
        let of_items = unread.get(&tenant).cloned().unwrap_or_default();
        let of_reading = behind.get(&tenant).cloned();
        for (kind, alarm) in [
            (AlertKind::FailedReplies, alert::failed_replies(of_failures)),
            (AlertKind::AcceptRateLow, alert::accept_rate_low(of_drafts)),
            (AlertKind::AccessLost, alert::access_lost(of_keys)),
            (
                AlertKind::ReadingBehind,
                of_reading.and_then(|of| alert::reading_behind(of.causes, of.longest)),
            ),
            (AlertKind::ItemsUnread, alert::items_unread(of_items)),
        ] {
            let known = raised.get(&tenant).and_then(|alerts| alerts.get(&kind).copied());
            // One seller who cannot be told must not keep the others from hearing of theirs.
            if let Err(error) = tell(commands, tenant, kind, alarm, known).await {
                untold = Some(error);
            }
        }
    }
    untold.map_or(Ok(()), Err)
}

/// Has an alert raised, changed or cleared where that is news.
async fn tell(
    commands: &Commands,
    tenant: TenantId,
    kind: AlertKind,
    alarm: Option<Alarm>,
    known: Option<AlertSeverity>,
) -> anyhow::Result<()> {
    // The read model spares the log the question; where it is behind, the seller knows better.
    if known == alarm.as_ref().map(|alarm| alarm.severity) {
        return Ok(());
    }
    let command = SellerCommand::Watch { kind, alarm: alarm.clone() };
    let context = Context::new(tenant, Actor::System("alerts"));
    let executed = commands.execute::<Seller>(&context, tenant, command).await;
    let executed = executed.context("telling a seller of an alert")?;
    if let (Some(_), Some(alarm)) = (executed.placed, alarm) {
        let (kind, severity) = (<&str>::from(kind), <&str>::from(alarm.severity));
        metrics::counter!("agentiq_alerts_total", "kind" => kind, "severity" => severity)
            .increment(1);
    }
    Ok(())
}

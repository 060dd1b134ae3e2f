//! Worker: looks at which replies failed lately and which drafts were of no use, and has the sellers' alerts raised and
//! cleared. Any number of processes may look: the seller decides, so that an alert is raised once and cleared once.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::{Actor, Commands, Context};
use domain::TenantId;
use domain::policy::alert::{self, Alarm, AlertKind, AlertSeverity};
use domain::seller::{Seller, SellerCommand};
use eventlog::Db;
use projections::{effects, failures, lineage, sending};
use tracing::error;

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
    let mut untold = None;
    let sellers: BTreeSet<TenantId> =
        failed.keys().chain(judged.keys()).chain(raised.keys()).copied().collect();
    for tenant in sellers {
        let of_failures = failed.get(&tenant).cloned().unwrap_or_default();
        let of_drafts = judged.get(&tenant).copied().unwrap_or_default();
        for (kind, alarm) in [
            (AlertKind::FailedReplies, alert::failed_replies(of_failures)),
            (AlertKind::AcceptRateLow, alert::accept_rate_low(of_drafts)),
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

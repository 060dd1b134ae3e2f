//! Worker: looks at which replies failed lately, and has the sellers' alerts raised and cleared. Any number of
//! processes may look: the seller decides, so that an alert is raised once and cleared once.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::{Actor, Commands, Context};
use domain::TenantId;
use domain::policy::alert::{self, AlertKind};
use domain::seller::{Seller, SellerCommand};
use eventlog::Db;
use projections::{effects, failures, sending};
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
    let mut failed = failures::lately(db, now).await.context("reading what failed")?;
    let raised = sending::alerts(db).await.context("reading which alerts are raised")?;
    let mut untold = None;
    let sellers: BTreeSet<TenantId> = failed.keys().chain(raised.keys()).copied().collect();
    for tenant in sellers {
        let kind = AlertKind::FailedReplies;
        let alarm = alert::failed_replies(failed.remove(&tenant).unwrap_or_default());
        let known = raised.get(&tenant).and_then(|alerts| alerts.get(&kind).copied());
        // The read model spares the log the question; where it is behind, the seller knows better.
        if known == alarm.as_ref().map(|alarm| alarm.severity) {
            continue;
        }
        let command = SellerCommand::Watch { kind, alarm: alarm.clone() };
        let context = Context::new(tenant, Actor::System("alerts"));
        let executed = match commands.execute::<Seller>(&context, tenant, command).await {
            Ok(executed) => executed,
            // One seller who cannot be told must not keep the others from hearing of theirs.
            Err(error) => {
                untold = Some(anyhow::Error::new(error).context("telling a seller of an alert"));
                continue;
            }
        };
        if let (Some(_), Some(alarm)) = (executed.placed, alarm) {
            let (kind, severity) = (<&str>::from(kind), <&str>::from(alarm.severity));
            metrics::counter!("agentiq_alerts_total", "kind" => kind, "severity" => severity)
                .increment(1);
        }
    }
    untold.map_or(Ok(()), Err)
}

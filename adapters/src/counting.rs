//! Worker: counts the numbers about answers by days, so that whoever asks for them need not wait until
//! they are counted. Any number of processes may do it: each seller's days are counted by one of them at a time.

use std::time::Duration;

use anyhow::Context as _;
use commands::Commands;
use domain::TenantId;
use eventlog::Db;
use projections::metric::{days, weeks};
use tracing::{error, info, warn};

/// How often.
const EVERY: Duration = Duration::from_secs(10);

/// Most months of one seller that are counted before the next seller's: two years, and days that change as fast as they
/// are counted.
const STEPS: usize = 30;

/// Counts until it is dropped.
pub(crate) async fn watch(db: &Db, commands: &Commands) {
    loop {
        if let Err(error) = count(db, commands).await {
            error!(
                error = format!("{error:#}"),
                "could not look which days are to be counted, trying again in ten seconds"
            );
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Counts what is to be counted now.
///
/// # Errors
/// When the database cannot be reached.
pub async fn count(db: &Db, commands: &Commands) -> anyhow::Result<()> {
    for tenant in days::due(db).await? {
        // One seller of whom it cannot be done must not keep the others waiting.
        if let Err(error) = count_of(db, commands, tenant).await {
            let error = format!("{error:#}");
            warn!(tenant.id = %tenant, error, "could not count days of {tenant}, trying again");
        }
    }
    Ok(())
}

async fn count_of(db: &Db, commands: &Commands, tenant: TenantId) -> anyhow::Result<()> {
    let (_, policy) = commands.sla(tenant).await.context("reading the seller's zone")?;
    for _ in 0..STEPS {
        let counted = days::count(db, tenant, policy.hours.zone.name()).await?;
        if counted == 0 {
            break;
        }
        metrics::counter!("agentiq_metric_days_counted_total")
            .increment(u64::try_from(counted).unwrap_or_default());
    }
    let closed = weeks::close(db, tenant, policy.hours.zone.name()).await;
    if let Some(monday) = closed.context("closing a week")? {
        info!(tenant.id = %tenant, %monday, "closed the week of {monday}");
    }
    Ok(())
}

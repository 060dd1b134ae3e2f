//! Worker: looks at which replies failed lately, which drafts were of no use, what of cabinets cannot be read, how
//! marketplaces answer, how the model stands and how far read models are behind, and has the sellers' alerts raised and
//! cleared. Any number of processes may look: the seller decides, so that an alert is raised once and cleared once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use commands::{Actor, Commands, Context};
use domain::TenantId;
use domain::policy::alert::{self, Alarm, AlertCause, AlertKind, AlertSeverity};
use domain::seller::{Seller, SellerCommand};
use eventlog::{Db, EventLog};
use projections::runner::{lags, left_out};
use projections::{accounts, effects, failures, lineage, sending};
use tracing::error;

use crate::behaviour::{Observations, behaviours, forget_old};
use crate::model::noted_standing;
use crate::sync::trouble;

/// How often: an alert is raised within a minute, with room for read models that are behind.
const EVERY: Duration = Duration::from_secs(15);

/// How many of these looks it takes until the marketplaces' ways are looked at: they shift over hours, and weeks are read
/// to tell.
const MARKETPLACES_EVERY: u32 = 20;

/// The urgency of the alerts that are raised, as far as the read model knows.
type Raised = BTreeMap<TenantId, BTreeMap<AlertKind, AlertSeverity>>;

/// Looks for alerts.
#[derive(Clone)]
pub struct Alarms {
    db: Db,
    log: EventLog,
    commands: Commands,
}

impl Alarms {
    /// Looks at the log and what is made of it.
    #[must_use]
    pub fn new(db: Db, log: EventLog, commands: Commands) -> Self {
        Self { db, log, commands }
    }

    /// Looks until it is dropped, and writes down what this process saw of the marketplaces.
    pub(crate) async fn watch(&self, observations: &Observations) {
        for n in (0..MARKETPLACES_EVERY).cycle() {
            observations.write_down(&self.db).await;
            let looked = async {
                let now = effects::now(&self.db).await?;
                self.look(now).await?;
                self.look_at_installation(now).await?;
                if n == 0 {
                    self.look_at_marketplaces(now).await?;
                    forget_old(&self.db).await?;
                }
                anyhow::Ok(())
            };
            if let Err(error) = looked.await {
                error!(error = format!("{error:#}"), "could not look for alerts, trying again");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Looks once, as of `now`, a time of the database's clock.
    ///
    /// # Errors
    /// When the database or the log cannot be reached; what was not told is told by the next look.
    pub async fn look(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let db = &self.db;
        let failed = failures::lately(db, now).await.context("reading what failed")?;
        let judged =
            lineage::judged_lately(db, now).await.context("reading what drafts were for")?;
        let raised = sending::alerts(db).await.context("reading which alerts are raised")?;
        let lost = accounts::lost(db).await.context("reading which keys are not accepted")?;
        let behind = trouble::behind(db, now).await.context("reading what cannot be read")?;
        let unread = trouble::unread(db).await.context("reading which items could not be read")?;

        let of_cabinets = lost.keys().chain(behind.keys()).chain(unread.keys());
        let of_replies = failed.keys().chain(judged.keys());
        let sellers: BTreeSet<TenantId> =
            of_cabinets.chain(of_replies).chain(raised.keys()).copied().collect();
        let mut told = Told { alarms: self, raised: &raised, untold: None };
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
                told.tell(tenant, kind, alarm).await;
            }
        }
        told.end()
    }

    /// Looks once at what all sellers of the installation share, as of `now`, a time of the database's clock: how the model
    /// stands, and how far read models are.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn look_at_installation(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let db = &self.db;
        let raised = sending::alerts(db).await.context("reading which alerts are raised")?;
        let model = noted_standing(db, now).await.context("reading how the model stands")?;
        let left_out = left_out(db).await.context("reading what read models left out")?;
        let heads = self.log.heads().await.context("reading the end of the log")?;
        let lags = lags(db, &heads, now).await.context("reading how far read models are")?;
        let lags: Vec<_> = lags.into_iter().map(|(_, lag)| lag).collect();
        // It concerns whoever works with it.
        let sellers = accounts::sellers(db).await.context("reading who has cabinets")?;
        let mut sellers: BTreeSet<TenantId> = sellers.into_iter().collect();
        sellers.extend(raised.keys().chain(left_out.keys()));
        let mut told = Told { alarms: self, raised: &raised, untold: None };
        for tenant in sellers {
            let ending = model.and_then(|standing| alert::model_ending(standing, now));
            told.tell(tenant, AlertKind::ModelEnding, ending).await;
            let left_out = left_out.get(&tenant).copied().unwrap_or_default();
            let behind = alert::read_models_behind(&lags, left_out);
            told.tell(tenant, AlertKind::ReadModelsBehind, behind).await;
        }
        told.end()
    }

    /// Looks once at how marketplaces answer, as of `now`, a time of the database's clock.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn look_at_marketplaces(&self, now: DateTime<Utc>) -> anyhow::Result<()> {
        let found = behaviours(&self.db, now, None).await;
        let found = found.context("reading how marketplaces answer")?;
        let raised = sending::alerts(&self.db).await.context("reading which alerts are raised")?;
        let mut changed: BTreeMap<TenantId, Vec<AlertCause>> =
            raised.keys().map(|tenant| (*tenant, vec![])).collect();
        for ((tenant, marketplace), behaviour) in found {
            let count = behaviour.changes();
            if count > 0 {
                let cause = AlertCause { cause: marketplace.as_str().to_owned(), count };
                changed.entry(tenant).or_default().push(cause);
            }
        }
        let mut told = Told { alarms: self, raised: &raised, untold: None };
        for (tenant, causes) in changed {
            let alarm = alert::marketplace_changed(causes);
            told.tell(tenant, AlertKind::MarketplaceChanged, alarm).await;
        }
        told.end()
    }
}

/// One look, as far as it has come.
struct Told<'a> {
    alarms: &'a Alarms,
    raised: &'a Raised,
    /// Why a seller was not told.
    untold: Option<anyhow::Error>,
}

impl Told<'_> {
    /// Has an alert raised, changed or cleared where that is news. One seller who cannot be told must not keep the others
    /// from hearing of theirs.
    async fn tell(&mut self, tenant: TenantId, kind: AlertKind, alarm: Option<Alarm>) {
        let known = self.raised.get(&tenant).and_then(|alerts| alerts.get(&kind).copied());
        if let Err(error) = tell(&self.alarms.commands, tenant, kind, alarm, known).await {
            self.untold = Some(error);
        }
    }

    fn end(self) -> anyhow::Result<()> {
        self.untold.map_or(Ok(()), Err)
    }
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

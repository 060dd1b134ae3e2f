//! Worker: looks at which replies failed lately, which drafts were of no use, what of cabinets cannot be read, how
//! marketplaces answer, how the model stands and how far read models are behind, and has the sellers' alerts raised and
//! cleared. Any number of processes may look: the seller decides, so that an alert is raised once and cleared once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use commands::{Actor, Commands, Context};
use domain::TenantId;
use domain::policy::alert::{self, Alarm, AlertCause, AlertKind, AlertSeverity, Lag};
use domain::policy::drift::Bound;
use domain::seller::{Seller, SellerCommand};
use eventlog::{Db, EventLog};
use projections::runner::{lags, left_out};
use projections::{ReadModel, accounts, effects, failures, lineage, sending};
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

/// Since when whoever looks has seen read models behind, at every look.
#[derive(Debug, Default)]
pub struct SeenBehind(BTreeMap<ReadModel, DateTime<Utc>>);

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
        let mut seen = SeenBehind::default();
        for n in (0..MARKETPLACES_EVERY).cycle() {
            observations.write_down(&self.db).await;
            match effects::now(&self.db).await {
                Ok(now) => self.look_at_all(now, n == 0, &mut seen).await,
                Err(error) => log_unseen(&error.into()),
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Looks once at all there is: what cannot be seen in one place must not hide the others.
    async fn look_at_all(
        &self,
        now: DateTime<Utc>,
        with_marketplaces: bool,
        seen: &mut SeenBehind,
    ) {
        let mut looks = vec![self.look(now).await, self.look_at_installation(now, seen).await];
        if with_marketplaces {
            looks.push(self.look_at_marketplaces(now).await);
            looks.push(forget_old(&self.db).await.context("forgetting how marketplaces answered"));
        }
        looks.iter().filter_map(|look| look.as_ref().err()).for_each(log_unseen);
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
    /// stands, and how far read models are, as was `seen` until now.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub async fn look_at_installation(
        &self,
        now: DateTime<Utc>,
        seen: &mut SeenBehind,
    ) -> anyhow::Result<()> {
        let db = &self.db;
        let raised = sending::alerts(db).await.context("reading which alerts are raised")?;
        let model = noted_standing(db, now).await.context("reading how the model stands")?;
        let left_out = left_out(db).await.context("reading what read models left out")?;
        let heads = self.log.heads().await.context("reading the end of the log")?;
        let lags = lags(db, &heads, now).await.context("reading how far read models are")?;
        let lags = seen.see(&lags, now);
        // It concerns whoever works with it.
        let sellers = accounts::sellers(db).await.context("reading who has cabinets")?;
        let mut sellers: BTreeSet<TenantId> = sellers.into_iter().collect();
        sellers.extend(raised.keys().chain(left_out.keys()));
        let mut told = Told { alarms: self, raised: &raised, untold: None };
        for tenant in sellers {
            let ending = model.and_then(|standing| alert::model_ending(standing, now));
            told.tell(tenant, AlertKind::ModelEnding, ending).await;
            let left_out = left_out.get(&tenant).copied().unwrap_or_default();
            let kind = AlertKind::ReadModelsBehind;
            let known = raised.get(&tenant).and_then(|alerts| alerts.get(&kind).copied());
            let behind = alert::read_models_behind(&lags, left_out, known);
            told.tell(tenant, kind, behind).await;
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
            let bound = raised.get(&tenant).map_or(Bound::Begins, Bound::of);
            let count = behaviour.changes(bound);
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

fn log_unseen(error: &anyhow::Error) {
    error!(error = format!("{error:#}"), "could not look for alerts, trying again");
}

impl SeenBehind {
    /// Sees at `now` how old what is missing in each read model is.
    fn see(&mut self, ages: &[(ReadModel, TimeDelta)], now: DateTime<Utc>) -> Vec<Lag> {
        let lag = |(model, age): &(ReadModel, TimeDelta)| {
            if age.is_zero() {
                self.0.remove(model);
                return Lag { age: *age, seen_for: TimeDelta::zero() };
            }
            let since = *self.0.entry(*model).or_insert(now);
            Lag { age: *age, seen_for: now - since }
        };
        ages.iter().map(lag).collect()
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

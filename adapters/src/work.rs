//! All background work of a process: read models, reading of cabinets, delivery, settling, confirming, drafting. Any
//! number of processes can do it beside each other.

use std::sync::Arc;
use std::time::Duration;

use commands::Commands;
use commands::attachment::Attachments;
use commands::credential::Credentials;
use domain::policy::delivery::SettlePolicy;
use eventlog::{Db, EventLog};
use futures::future::join_all;
use projections::ReadModel;
use projections::drafts::Wanted;
use projections::effects::Claim;
use projections::knowledge::Retrieval;
use projections::runner::{Runner, Step};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};
use uuid::Uuid;

use crate::alarm::Alarms;
use crate::automatic::Automatic;
use crate::bulk::Bulks;
use crate::cabinets::{Addresses, Cabinets};
use crate::compare::Compare;
use crate::confirm::Confirm;
use crate::counting;
use crate::deadlines::Deadlines;
use crate::deliver::Deliver;
use crate::draft::Drafter;
use crate::embed::Embed;
use crate::finding::Finder;
use crate::looks::Looks;
use crate::mark::Mark;
use crate::model::{ComparedModels, Embedder, Model, ModelOptions};
use crate::notice::{Notify, Post, Recipients};
use crate::read_back::ReadBack;
use crate::release::Release;
use crate::settle::Settle;
use crate::stops::Stops;
use crate::sync::{Sync, SyncIntervals};

/// Replies sent side by side: each waits for its account's turn, so one slow account must not hold up the others.
const DELIVERIES: usize = 4;

/// Cabinets read side by side.
const READERS: usize = 2;

/// Drafts made side by side. Most of the time each waits for a model, which takes no connection to the database, so
/// that deliveries never wait for them (F135).
const DRAFTERS: usize = 6;

/// Recipients told of alerts side by side: whoever takes its time to answer must not keep the others from hearing.
const NOTIFIERS: usize = 3;

/// How often a worker looks for work that another process left or that has become due. Most work is announced.
const POLL: Duration = Duration::from_millis(500);

/// Months for which partitions of the log are kept ready: an alarm at two leaves a month to act.
const MONTHS_AHEAD: i32 = 3;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a worker that fails waits before it looks again.
const PAUSE_AFTER_ERROR: Duration = Duration::from_secs(1);

/// How a process works.
#[derive(Debug, Clone)]
pub struct WorkOptions {
    /// Where the marketplaces are.
    pub addresses: Addresses,
    /// Pauses between readings of a channel of a cabinet.
    pub sync_intervals: SyncIntervals,
    /// How long an effect or a page may take before another process may go on.
    pub lease: Duration,
    /// How unknown outcomes are settled.
    pub settle: SettlePolicy,
    /// How long after acceptance a reply is looked for at the marketplace.
    pub confirm_after: Duration,
    /// How long a batch of a read model may take before another process may go on.
    pub projection_lease: Duration,
    /// The language model that writes drafts; without one, templates are what there is.
    pub model: Option<ModelOptions>,
    /// Whose models past drafts can be held against; without one, nobody compares.
    pub compared: Option<ComparedModels>,
    /// What makes vectors of what sellers know; without one, they are made here.
    pub embedder: Option<Embedder>,
    /// Whether sellers may have replies sent without a person.
    pub automatic_replies: bool,
    /// By what is told of alerts outside the console.
    pub post: Post,
}

/// A process's background work.
#[derive(Clone)]
pub struct Work {
    db: Db,
    log: EventLog,
    commands: Commands,
    runner: Runner,
    sync: Sync,
    deliver: Deliver,
    settle: Settle,
    confirm: Confirm,
    mark: Mark,
    release: Release,
    bulks: Bulks,
    model: Option<Model>,
    read_back: ReadBack,
    drafter: Drafter,
    automatic: Automatic,
    deadlines: Deadlines,
    embed: Option<Embed>,
    compare: Option<Compare>,
    notify: Notify,
    alarms: Alarms,
}

impl Work {
    /// Prepares the work.
    ///
    /// # Errors
    /// When TLS cannot be set up, or the language model cannot be used as it is named.
    pub fn new(
        db: Db,
        log: EventLog,
        commands: Commands,
        credentials: Credentials,
        options: WorkOptions,
    ) -> anyhow::Result<Self> {
        let WorkOptions {
            addresses,
            sync_intervals,
            lease,
            settle: policy,
            confirm_after,
            projection_lease,
            model,
            compared,
            embedder,
            automatic_replies,
            post,
        } = options;
        let vault = credentials.vault().clone();
        let recipients = Recipients::new(db.clone(), log.clone(), commands.clone(), vault, post);
        let cabinets = Cabinets::new(db.clone(), commands.clone(), credentials, addresses)?;
        let claim = Claim { owner: Uuid::now_v7(), lease };
        let stops = Stops { db: db.clone(), commands: commands.clone() };
        let model = model.map(|options| Model::new(db.clone(), options)).transpose()?;
        Ok(Self {
            model: model.clone(),
            runner: Runner::new(db.clone(), log.clone(), &ReadModel::ALL, projection_lease),
            sync: Sync {
                db: db.clone(),
                commands: commands.clone(),
                cabinets: cabinets.clone(),
                lease,
                intervals: sync_intervals,
            },
            deliver: Deliver {
                db: db.clone(),
                commands: commands.clone(),
                cabinets: cabinets.clone(),
                attachments: Attachments::new(db.clone(), log.subject_keys().clone()),
                claim,
                looks: Looks::default(),
                stops: stops.clone(),
            },
            settle: Settle {
                db: db.clone(),
                commands: commands.clone(),
                cabinets: cabinets.clone(),
                claim,
                policy,
            },
            mark: Mark {
                db: db.clone(),
                commands: commands.clone(),
                cabinets: cabinets.clone(),
                claim,
                stops: stops.clone(),
            },
            bulks: Bulks {
                db: db.clone(),
                commands: commands.clone(),
                cabinets: cabinets.clone(),
                keys: log.subject_keys().clone(),
                known: Arc::default(),
                paced: Arc::default(),
            },
            read_back: ReadBack {
                db: db.clone(),
                commands: commands.clone(),
                cabinets: cabinets.clone(),
            },
            drafter: Drafter {
                db: db.clone(),
                commands: commands.clone(),
                owner: claim.owner,
                model,
                finder: Finder::new(Retrieval::new(db.clone()), embedder.clone()),
            },
            automatic: Automatic {
                db: db.clone(),
                commands: commands.clone(),
                claim,
                stops: stops.clone(),
                is_offered: automatic_replies,
            },
            deadlines: Deadlines { db: db.clone(), commands: commands.clone() },
            embed: embedder.map(|embedder| Embed {
                db: db.clone(),
                embedder,
                lease,
                batch: Embed::first_batch(),
                rested_at: Arc::default(),
            }),
            compare: compared.map(|models| Compare {
                db: db.clone(),
                commands: commands.clone(),
                retrieval: Retrieval::new(db.clone()),
                owner: claim.owner,
                models,
                known: Arc::default(),
            }),
            notify: Notify::new(db.clone(), recipients, claim.lease),
            alarms: Alarms::new(db.clone(), log.clone(), commands.clone()),
            release: Release { db: db.clone(), commands: commands.clone(), claim, stops },
            confirm: Confirm {
                db: db.clone(),
                commands: commands.clone(),
                cabinets,
                claim,
                first_read_after: confirm_after,
            },
            db,
            log,
            commands,
        })
    }

    /// Works until `stop`; what is under way is finished first.
    pub async fn run(&self, stop: CancellationToken) {
        info!("working");
        let deliveries =
            (0..DELIVERIES).map(|_| self.repeat("deliver", &stop, || self.deliver.step()));
        let readers = (0..READERS).map(|_| self.repeat("sync", &stop, || self.sync.step()));
        let drafters =
            (0..DRAFTERS).map(|_| self.repeat("draft", &stop, || self.drafter.step(Wanted::All)));
        let notifiers = (0..NOTIFIERS).map(|_| self.repeat("notify", &stop, || self.notify.step()));
        // The read models stop last: what the others still report should reach the outbox.
        let models = CancellationToken::new();
        let others = async {
            tokio::join!(
                join_all(deliveries),
                join_all(readers),
                join_all(drafters),
                // Whoever waits for a draft finds one free, however many are being made ahead.
                self.repeat("draft", &stop, || self.drafter.step(Wanted::Asked)),
                self.repeat("settle", &stop, || self.settle.step()),
                self.repeat("confirm", &stop, || self.confirm.step()),
                self.repeat("mark", &stop, || self.mark.step()),
                self.repeat("automatic", &stop, || self.automatic.step()),
                self.repeat("release", &stop, || self.release.step()),
                self.repeat("set_deadlines", &stop, || self.deadlines.set()),
                self.repeat("check_deadlines", &stop, || self.deadlines.check()),
                self.repeat("bulk", &stop, || self.bulks.step()),
                self.repeat("read_back", &stop, || self.read_back.step()),
                join_all(notifiers),
                async {
                    if let Some(embed) = &self.embed {
                        self.repeat("embed", &stop, || embed.step()).await;
                    }
                },
                async {
                    if let Some(compare) = &self.compare {
                        self.repeat("compare", &stop, || compare.step()).await;
                    }
                },
                async {
                    let observations = self.sync.cabinets.observations();
                    stop.run_until_cancelled(self.alarms.watch(observations)).await;
                    observations.write_down(&self.db).await;
                },
                stop.run_until_cancelled(counting::watch(&self.db, &self.commands)),
                stop.run_until_cancelled(self.keep_partitions_ahead()),
                stop.run_until_cancelled(self.sync.retry_unread()),
                stop.run_until_cancelled(async {
                    if let Some(model) = &self.model {
                        model.watch().await;
                    }
                }),
            );
            models.cancel();
        };
        tokio::join!(others, self.runner.run(models.clone()));
        info!("stopped working");
    }

    /// Makes the log's partitions for the months to come, at the start and once a day.
    async fn keep_partitions_ahead(&self) {
        loop {
            if let Err(error) = self.log.ensure_partitions(MONTHS_AHEAD).await {
                let error = &error as &dyn std::error::Error;
                error!(
                    error,
                    "could not make partitions ahead, events would go to the default one"
                );
            }
            tokio::time::sleep(DAY).await;
        }
    }

    /// Steps until `stop`: at once again while there is work, otherwise when this process has brought the outbox
    /// forward or the poll comes round.
    async fn repeat<F>(&self, name: &'static str, stop: &CancellationToken, step: impl Fn() -> F)
    where
        F: Future<Output = anyhow::Result<Step>>,
    {
        let mut progress = self.runner.progress();
        while !stop.is_cancelled() {
            match step().await {
                Ok(Step::Advanced) => (),
                Ok(Step::CaughtUp) => {
                    let wake = tokio::time::timeout(POLL, progress.changed());
                    _ = stop.run_until_cancelled(wake).await;
                }
                Err(error) => {
                    error!(
                        worker = name,
                        error = format!("{error:#}"),
                        "{name} failed, trying again"
                    );
                    _ = stop.run_until_cancelled(tokio::time::sleep(PAUSE_AFTER_ERROR)).await;
                }
            }
        }
    }
}

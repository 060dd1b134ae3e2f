//! The state behind the marketplaces: everything is an entry of the ledger first, so a restart on the same ledger
//! finds it again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tracing::info;

use crate::chance::Chance;
use crate::config::SandboxConfig;
use crate::exchange::Outcome;
use crate::faults::FaultDesk;
use crate::ledger::{Ledger, Line};
use crate::model::{self, Model};
use crate::ozon::{self, Ozon};
use crate::wildberries::{self, Wildberries};
use crate::yandex::{self, Yandex};

/// What a line of the ledger can say.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "marketplace", rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Of the sandbox itself.
    #[serde(rename = "none")]
    Sandbox(SandboxEntry),
    Wildberries(wildberries::Entry),
    Ozon(ozon::Entry),
    Yandex(yandex::Entry),
    /// Of the language model, which is no marketplace.
    Model(model::Entry),
}

/// What happens to the sandbox itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum SandboxEntry {
    /// The sandbox's clock was put forward.
    ClockAdvanced { seconds: u32 },
    /// Everything began anew; what stands before is history.
    Reset {},
    /// A test buyer wrote; what it wrote are the lines that follow.
    BuyerActed { act: u64 },
}

/// The sandbox as its handlers share it.
#[derive(Clone)]
pub(crate) struct App {
    world: Arc<Mutex<World>>,
}

/// All state, behind one lock: a call is carried out whole before the next one.
pub(crate) struct World {
    pub(crate) config: SandboxConfig,
    pub(crate) chance: Chance,
    pub(crate) faults: FaultDesk,
    pub(crate) wildberries: Wildberries,
    pub(crate) ozon: Ozon,
    pub(crate) yandex: Yandex,
    pub(crate) model: Model,
    pub(crate) ledger: Ledger,
    /// Ahead of the real clock, so that tests need not wait 60 days.
    clock_ahead: TimeDelta,
    /// Answers by call and by what the client got.
    answers: BTreeMap<String, BTreeMap<String, u64>>,
    requests: u64,
    /// Tells the lines of the ledger to whoever waits for something to happen.
    changes: watch::Sender<u64>,
    /// Of test buyers, since the sandbox began anew.
    acts: u64,
}

impl App {
    pub(crate) fn new(world: World) -> Self {
        Self { world: Arc::new(Mutex::new(world)) }
    }

    /// Runs `act` on the world, to its end even when the client hangs up meanwhile.
    pub(crate) async fn with<R: Send + 'static>(
        &self,
        act: impl FnOnce(&mut World) -> R + Send + 'static,
    ) -> R {
        let world = Arc::clone(&self.world);
        // The ledger waits for the disk, which no runtime thread should.
        let acted = tokio::task::spawn_blocking(move || {
            act(&mut world.lock().expect("no call panics while it holds the world"))
        });
        acted.await.expect("no call panics while it holds the world")
    }
}

impl World {
    /// Rebuilds the state from the ledger, then adds what the settings name and the ledger does not know.
    pub(crate) fn open(config: SandboxConfig) -> anyhow::Result<Self> {
        config.validate()?;
        let (ledger, lines) = Ledger::open::<Entry>(&config.ledger)?;
        let chance = Chance::new(config.seed);
        let mut world = Self {
            chance,
            faults: FaultDesk::new(chance, config.faults.clone()),
            wildberries: Wildberries::default(),
            ozon: Ozon::default(),
            yandex: Yandex::default(),
            model: Model::with_latency(config.model_latency_ms),
            ledger,
            clock_ahead: TimeDelta::zero(),
            answers: BTreeMap::new(),
            requests: 0,
            changes: watch::Sender::new(0),
            acts: 0,
            config,
        };
        let is_known = !lines.is_empty();
        for Line { entry, .. } in lines {
            world.apply(entry);
        }
        if is_known {
            info!(ledger.lines = world.ledger.lines(), "rebuilt the sandbox from its ledger");
        }
        let now = world.now();
        let mut seeds = wildberries::seeds(&world.config, &world.wildberries, now)?;
        seeds.extend(ozon::seeds(&world.config, &world.ozon, now)?);
        seeds.extend(yandex::seeds(&world.config, &world.yandex, now)?);
        world
            .ledger
            .append_or_owe(now, &seeds)
            .context("writing the first reviews to the ledger")?;
        seeds.into_iter().for_each(|entry| world.apply(entry));
        Ok(world)
    }

    /// The sandbox's time.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.clock_ahead
    }

    /// Writes entries to the ledger and carries them out; when the ledger cannot be written nothing happens.
    pub(crate) fn record(&mut self, entries: Vec<Entry>) -> std::io::Result<()> {
        self.ledger.append(self.now(), &entries)?;
        entries.into_iter().for_each(|entry| self.apply(entry));
        self.changes.send_replace(self.ledger.lines());
        Ok(())
    }

    /// Begins anew with the sellers of the settings: their first reviews, no answers, the real time, no faults beyond
    /// those of the settings, counters at zero.
    pub(crate) fn reset(&mut self) -> anyhow::Result<()> {
        let mut fresh = vec![Entry::Sandbox(SandboxEntry::Reset {})];
        fresh.extend(wildberries::seeds(&self.config, &Wildberries::default(), Utc::now())?);
        fresh.extend(ozon::seeds(&self.config, &Ozon::default(), Utc::now())?);
        fresh.extend(yandex::seeds(&self.config, &Yandex::default(), Utc::now())?);
        self.record(fresh).context("writing the ledger")?;
        self.faults = FaultDesk::new(self.chance, self.config.faults.clone());
        self.answers.clear();
        self.model = Model::with_latency(self.config.model_latency_ms);
        Ok(())
    }

    /// Wakes whoever sends notifications: at every line of the ledger.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Counts an answer for `/control/state`.
    pub(crate) fn count(&mut self, call: &str, outcome: &Outcome) {
        *self.answers.entry(call.to_owned()).or_default().entry(outcome.label()).or_default() += 1;
    }

    pub(crate) fn answers(&self) -> &BTreeMap<String, BTreeMap<String, u64>> {
        &self.answers
    }

    /// How often test buyers wrote.
    pub(crate) fn acts(&self) -> u64 {
        self.acts
    }

    /// A number for the next request's id.
    pub(crate) fn next_request(&mut self) -> u64 {
        self.requests += 1;
        self.requests
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Sandbox(SandboxEntry::ClockAdvanced { seconds }) => {
                self.clock_ahead += TimeDelta::seconds(i64::from(seconds));
            }
            Entry::Sandbox(SandboxEntry::Reset {}) => {
                self.clock_ahead = TimeDelta::zero();
                self.acts = 0;
                self.wildberries = Wildberries::default();
                self.ozon = Ozon::default();
                self.yandex = Yandex::default();
                self.model = Model::behaving_as(&self.model);
            }
            Entry::Sandbox(SandboxEntry::BuyerActed { act }) => self.acts = act,
            Entry::Wildberries(entry) => self.wildberries.apply(entry),
            Entry::Ozon(entry) => self.ozon.apply(entry),
            Entry::Yandex(entry) => self.yandex.apply(entry),
            Entry::Model(entry) => self.model.apply(&entry),
        }
    }
}

impl From<SandboxEntry> for Entry {
    fn from(entry: SandboxEntry) -> Self {
        Self::Sandbox(entry)
    }
}

impl From<wildberries::Entry> for Entry {
    fn from(entry: wildberries::Entry) -> Self {
        Self::Wildberries(entry)
    }
}

impl From<ozon::Entry> for Entry {
    fn from(entry: ozon::Entry) -> Self {
        Self::Ozon(entry)
    }
}

impl From<yandex::Entry> for Entry {
    fn from(entry: yandex::Entry) -> Self {
        Self::Yandex(entry)
    }
}

impl From<model::Entry> for Entry {
    fn from(entry: model::Entry) -> Self {
        Self::Model(entry)
    }
}

//! What every handler has at hand.

use std::net::IpAddr;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use adapters::cabinets::Cabinets;
use adapters::finding::Finder;
use adapters::model::ComparedModels;
use adapters::notice::Recipients;
use clap::ValueEnum;
use commands::Commands;
use commands::erase::Erasures;
use eventlog::{Db, EventLog};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::auth::{CookieForm, Passwords};

/// What handlers have at hand. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The event log.
    pub log: EventLog,
    /// The way to the aggregates.
    pub commands: Commands,
    /// The way to forget buyers.
    pub erasures: Erasures,
    /// The way to what sellers know.
    pub knowledge: Finder,
    /// Whose models past drafts can be held against; none where the installation names none.
    pub compared: Option<ComparedModels>,
    /// The way to the marketplaces.
    pub cabinets: Cabinets,
    /// The way to whoever hears of alerts outside the console.
    pub recipients: Recipients,
    /// Password hashes.
    pub passwords: Passwords,
    /// The folder of the signed heads of the log; it may be on another machine.
    pub heads_dir: PathBuf,
    /// Numbers for the page of metrics.
    pub metrics: PrometheusHandle,
    /// How requests are answered.
    pub settings: ApiSettings,
    /// Cancelled when the server is about to stop: requests should be sent elsewhere.
    pub stop_announced: CancellationToken,
    /// Cancelled when the server stops: what waits or streams ends then.
    pub stop: CancellationToken,
    /// Writes that go on though their caller went away; waited for at the stop.
    pub writes: TaskTracker,
}

/// How requests are answered.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// How long an answer waits for what becomes of a reply.
    pub reply_wait: Duration,
    /// Whether people may sign up.
    pub registration_open: bool,
    /// The console's cookie.
    pub cookie: CookieForm,
    /// Reverse proxies in front, whose word on who calls is taken.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whence marketplaces may notify.
    pub push_networks: PushNetworks,
    /// Pause between two signs of life on a live feed.
    pub heartbeat: Duration,
    /// How often a live feed checks that its session is still in force.
    pub session_checked_every: Duration,
    /// How long an event may wait for its seal before readiness tells of it.
    pub sealed_within: Duration,
    /// Whether sellers may have replies sent without a person.
    pub automatic_replies: bool,
}

/// Whence marketplaces may notify, besides this machine and networks that are not of the Internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PushNetworks {
    /// From the networks that they have published.
    Published,
    /// From everywhere: the address alone is the secret.
    Any,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            reply_wait: Duration::from_secs(20),
            registration_open: true,
            cookie: CookieForm::default(),
            trusted_proxies: Vec::new(),
            push_networks: PushNetworks::Published,
            // Below the 15 s that are promised.
            heartbeat: Duration::from_secs(12),
            // Below the minute that is promised.
            session_checked_every: Duration::from_secs(30),
            sealed_within: Duration::from_mins(5),
            automatic_replies: false,
        }
    }
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

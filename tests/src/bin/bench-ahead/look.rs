//! Opening an item as the console does, and what was there.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;
use tests::api::Seller;
use tests::latencies::Latencies;
use tokio::time::Instant;

use crate::waiting::Said;

/// Opens items, and asks the server beside each whether it lives.
#[derive(Debug, Clone)]
pub(crate) struct Opener {
    http: reqwest::Client,
    health: String,
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Look {
    /// How long the item took.
    took: Duration,
    /// How long a plain request took right after it.
    health: Duration,
    /// The draft of all that was said; none where there was none.
    pub(crate) draft: Option<Value>,
}

/// What was found by many looks.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    /// Items that had their draft, by who wrote it.
    pub(crate) by_model: usize,
    pub(crate) by_template: usize,
    /// Items that had none.
    pub(crate) without: usize,
    /// How long items with a draft took, and plain requests beside all.
    pub(crate) took: Latencies,
    pub(crate) health: Latencies,
}

impl Opener {
    /// Prepares for the server at `url`.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(crate) fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self { http: tests::api::http()?, health: format!("{url}/health/live") })
    }

    /// Opens an item; nothing where more was said meanwhile.
    ///
    /// # Errors
    /// When no answer comes, or not the item.
    pub(crate) async fn open(&self, seller: &Seller, said: Said) -> anyhow::Result<Option<Look>> {
        let began = Instant::now();
        let mut item = seller.interaction(&said.interaction.to_string()).await?;
        let took = began.elapsed();
        let began = Instant::now();
        self.http.get(&self.health).send().await?.error_for_status()?.bytes().await?;
        let health = began.elapsed();
        if item["basis"].as_i64().context("an item has a basis")? != i64::from(said.basis) {
            return Ok(None);
        }
        let draft = Some(item["draft"].take()).filter(|draft| draft["stale"] == false);
        Ok(Some(Look { took, health, draft }))
    }
}

impl Looks {
    pub(crate) fn add(&mut self, look: &Look) {
        match &look.draft {
            Some(draft) => {
                let is_models = draft["source"] == "model";
                *(if is_models { &mut self.by_model } else { &mut self.by_template }) += 1;
                self.took.add(look.took);
            }
            None => self.without += 1,
        }
        self.health.add(look.health);
    }

    pub(crate) fn append(&mut self, others: Self) {
        self.by_model += others.by_model;
        self.by_template += others.by_template;
        self.without += others.without;
        self.took.append(others.took);
        self.health.append(others.health);
    }

    pub(crate) fn all(&self) -> usize {
        self.by_model + self.by_template + self.without
    }

    /// The share that had their draft; none where nothing was opened.
    pub(crate) fn ready(&self) -> Option<f64> {
        let ready = (self.by_model + self.by_template) as f64;
        (self.all() > 0).then(|| ready / self.all() as f64)
    }
}

//! What was made, and whether anything was made or asked for twice: counted from the sellers' feeds, and from what the
//! sandbox wrote down of the requests to its model.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::Value;
use tests::api::Seller;
use tests::feed::Feed;

/// Events of a page.
const PAGE: usize = 1_000;

/// Letters of a time up to its minute.
const TO_THE_MINUTE: usize = "2026-01-01T00:00".len();

/// Drafts, as the log tells of them.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    /// Those that a model was paid for.
    pub(crate) by_model: u64,
    /// Those of them that were made of words, and at a wish, that a model had been paid for before.
    pub(crate) twice: u64,
    /// Templates, by why.
    pub(crate) templates: BTreeMap<String, u64>,
    /// Those that went on with the text of another, for nothing.
    pub(crate) carried: u64,
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    pub(crate) cost_micro_usd: u64,
    /// Those that a model was paid for, by the minute that they came in.
    minutes: BTreeMap<String, u64>,
    /// How often something was said, or wished for, in each interaction by then.
    said: BTreeMap<String, u64>,
    paid: BTreeSet<(String, u64)>,
}

/// Requests to the model, as the sandbox wrote them down.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub(crate) all: usize,
    /// Those that named what was wrong with an answer.
    pub(crate) repairs: usize,
    /// Those of the others that asked about words that were asked about before: buyers each have their own.
    pub(crate) twice: usize,
}

impl Drafts {
    /// Reads the feed of each seller from its beginning.
    ///
    /// # Errors
    /// When the server refuses, or an event has no form that is known.
    pub(crate) async fn of(sellers: &[Seller]) -> anyhow::Result<Self> {
        let mut drafts = Self::default();
        for seller in sellers {
            for event in Feed::take(seller, PAGE).await?.events {
                drafts.take(&event).with_context(|| format!("reading {event}"))?;
            }
        }
        Ok(drafts)
    }

    fn take(&mut self, event: &Value) -> anyhow::Result<()> {
        let text = |field: &str| event[field].as_str().context("a text");
        let (name, data) = (text("type")?.rsplit('.').next().unwrap_or_default(), &event["data"]);
        let subject = text("subject")?.to_owned();
        let is_buyers = data["message"]["author"] == "buyer";
        match name {
            "Ingested" | "ContentRevised" | "DraftRequested" => {
                *self.said.entry(subject).or_default() += 1;
            }
            "MessageReceived" if is_buyers => *self.said.entry(subject).or_default() += 1,
            "DraftProposed" => self.take_draft(subject, text("time")?, &data["origin"])?,
            _ => (),
        }
        Ok(())
    }

    fn take_draft(&mut self, subject: String, time: &str, origin: &Value) -> anyhow::Result<()> {
        if !origin["carried_from"].is_null() {
            self.carried += 1;
            return Ok(());
        }
        let written = &origin["written"];
        if written.is_null() {
            let why = origin["template"].as_str().context("a draft by nobody")?;
            *self.templates.entry(why.to_owned()).or_default() += 1;
            return Ok(());
        }
        let number = |field: &str| written[field].as_u64().context("a number");
        self.by_model += 1;
        self.prompt_tokens += number("prompt_tokens")?;
        self.completion_tokens += number("completion_tokens")?;
        self.cost_micro_usd += number("cost_micro_usd")?;
        let minute = time.get(..TO_THE_MINUTE).context("a time")?;
        *self.minutes.entry(minute.to_owned()).or_default() += 1;
        let said = self.said.get(&subject).copied().unwrap_or_default();
        if !self.paid.insert((subject, said)) {
            self.twice += 1;
        }
        Ok(())
    }

    /// Returns how many a model was paid for in the minute in which these were most.
    pub(crate) fn most_of_a_minute(&self) -> u64 {
        self.minutes.values().copied().max().unwrap_or_default()
    }
}

impl Requests {
    /// Counts what was asked.
    ///
    /// # Errors
    /// When a request has no form that is known.
    pub(crate) fn of(asked: &[Value]) -> anyhow::Result<Self> {
        let (mut requests, mut known) = (Self::default(), BTreeSet::new());
        for request in asked {
            requests.all += 1;
            let messages = request["messages"].as_array().context("a request has messages")?;
            let mut told = messages.iter().filter(|message| message["role"] == "user");
            let first = told.next().and_then(|message| message["content"].as_str());
            if told.next().is_some() {
                requests.repairs += 1;
                continue;
            }
            let data: Value = serde_json::from_str(first.context("a request tells something")?)?;
            if !known.insert(data["dialog"].to_string()) {
                requests.twice += 1;
            }
        }
        Ok(requests)
    }
}

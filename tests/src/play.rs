//! The usual beginning of a scenario: a running system, one seller with a connected cabinet, its reviews taken in.

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Answer, Seller};
use crate::ledger::{Asked, Verdict};
use crate::sandbox::TOKEN;
use crate::system::{Setup, System};
use crate::wait;

/// A system in use, and what was asked of it.
pub struct Play {
    /// The system.
    pub system: System,
    /// The seller.
    pub seller: Seller,
    /// The seller's cabinet.
    pub account_id: String,
    waiting: Vec<Review>,
    asked: Vec<Asked>,
}

/// A review on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Our id.
    pub id: String,
    /// The marketplace's.
    pub external_id: String,
}

impl Play {
    /// Starts the system with so many reviews and waits until all are taken in.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn start(setup: Setup, reviews: usize) -> anyhow::Result<Self> {
        let system = setup.with_reviews(reviews).start().await?;
        let seller = system.register().await?;
        let account_id = seller.connect(TOKEN).await?;
        seller.wait_for_total(reviews as u64).await?;
        let mut waiting = Vec::new();
        for item in seller.list("needs_response=true&order=newest").await? {
            waiting.push(Review::of(&item)?);
        }
        Ok(Self { system, seller, account_id, waiting, asked: Vec::new() })
    }

    /// Takes a review that waits for an answer and was not taken before.
    ///
    /// # Errors
    /// When there is none left.
    pub fn take(&mut self) -> anyhow::Result<Review> {
        self.waiting.pop().context("no review waits any more")
    }

    /// Answers a review that nobody answered, and remembers that it was asked.
    ///
    /// # Errors
    /// When no answer comes or no review is left.
    pub async fn reply(&mut self, text: &str) -> anyhow::Result<(Review, Answer)> {
        let review = self.take()?;
        self.will_reply(&review, text);
        let answer = self.seller.reply(&review.id, text).await?;
        Ok((review, answer))
    }

    /// Asks for readings until something of the marketplace is in the inbox, and returns our id of it.
    ///
    /// # Errors
    /// When it does not come there in time.
    pub async fn interaction_of(&self, external_id: &str) -> anyhow::Result<String> {
        let sync = format!("/accounts/{}/sync", self.account_id);
        wait::until("it is in the inbox", async || {
            self.seller.send(Method::POST, &sync, json!({})).await?.ok()?;
            let listed = self.seller.list("order=newest").await?;
            let item = listed.iter().find(|item| item["external_id"] == external_id);
            Ok(item.and_then(|item| Some(item["interaction_id"].as_str()?.to_owned())))
        })
        .await
    }

    /// Remembers that a reply is asked for.
    pub fn will_reply(&mut self, review: &Review, text: &str) {
        self.asked.push(Asked::answer(&review.external_id, text));
    }

    /// Waits until the newest version of the reply is in this state.
    ///
    /// # Errors
    /// When it does not come there in time.
    pub async fn wait_for(&self, review: &Review, state: &str) -> anyhow::Result<Value> {
        self.seller.wait_for_reply(&review.id, state).await
    }

    /// Holds all that was asked for against the ledger.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn judge(&self) -> anyhow::Result<Verdict> {
        self.system.sandbox.judge(&self.asked).await
    }
}

impl Review {
    /// Reads both ids from an item of a list.
    ///
    /// # Errors
    /// When one is missing.
    pub fn of(item: &Value) -> anyhow::Result<Self> {
        let text = |field: &str| item[field].as_str().map(str::to_owned).context("an id");
        Ok(Self { id: text("interaction_id")?, external_id: text("external_id")? })
    }
}

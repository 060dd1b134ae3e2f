//! The seller's feed, taken as an integrator takes it: page by page after a cursor.

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::api::Seller;

/// All events of a seller, with the cursor after the last.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The events, in order.
    pub events: Vec<Value>,
    /// Where to go on.
    pub next: String,
}

impl Feed {
    /// Takes everything from the beginning, so many events a page.
    ///
    /// # Errors
    /// When the server refuses, or the numbers of the events are not 1, 2, 3 … without a gap.
    pub async fn take(seller: &Seller, page: usize) -> anyhow::Result<Self> {
        let mut feed = Self { events: Vec::new(), next: String::new() };
        while feed.take_page(seller, page).await? {}
        Ok(feed)
    }

    /// Takes one page more and tells whether there may be another.
    ///
    /// # Errors
    /// As [`Feed::take`].
    pub async fn take_page(&mut self, seller: &Seller, page: usize) -> anyhow::Result<bool> {
        let after =
            if self.next.is_empty() { String::new() } else { format!("&after={}", self.next) };
        let mut taken = seller.get(&format!("/events?limit={page}{after}")).await?.ok()?;
        let Value::Array(events) = taken["events"].take() else {
            anyhow::bail!("a page without events: {taken}")
        };
        ensure!(events.len() <= page, "{} events where {page} were asked for", events.len());
        for event in events {
            let expected = self.events.len() as u64 + 1;
            let found = sequence(&event)?;
            ensure!(found == expected, "event {found} came where {expected} belongs");
            self.events.push(event);
        }
        self.next = taken["next"].as_str().context("a page says where to go on")?.to_owned();
        taken["has_more"].as_bool().context("a page says whether there is more")
    }

    /// Returns how many events have this type, such as `ReplySent`.
    #[must_use]
    pub fn count(&self, event_type: &str) -> usize {
        self.of_type(event_type).count()
    }

    /// Returns the events of a type.
    pub fn of_type(&self, event_type: &str) -> impl Iterator<Item = &Value> {
        let is_it = move |event: &&Value| {
            event["type"].as_str().is_some_and(|name| name.rsplit('.').next() == Some(event_type))
        };
        self.events.iter().filter(is_it)
    }
}

/// The number of an event in its seller's feed.
fn sequence(event: &Value) -> anyhow::Result<u64> {
    let sequence = &event["sequence"];
    let text = sequence.as_str().and_then(|text| text.parse().ok());
    sequence.as_u64().or(text).with_context(|| format!("an event without a number: {event}"))
}

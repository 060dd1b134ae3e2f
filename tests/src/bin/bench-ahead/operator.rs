//! An operator of one seller: opens what is most urgent, sends its draft with a few words more, and takes the next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tests::api::Seller;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::buyers::own_words;
use crate::look::{Look, Looks, Opener};
use crate::waiting::{Said, Waiting};

/// Between two items: what one is to take an operator who has a draft (F136).
pub(crate) const PACE: Duration = Duration::from_secs(8);

/// How long an item without a draft is left alone before the operator comes back to it.
const ASIDE: Duration = Duration::from_secs(15);

/// Replies so far, all sellers': none says the same as another, which the guardrails would stop.
static REPLIES: AtomicUsize = AtomicUsize::new(0);

/// An operator.
pub(crate) struct Operator {
    pub(crate) seller: Seller,
    pub(crate) seller_id: Uuid,
    pub(crate) opener: Opener,
    pub(crate) waiting: Arc<Waiting>,
}

/// What came of the work.
#[derive(Debug, Default)]
pub(crate) struct Work {
    /// Items as they were when they were opened first.
    pub(crate) opened: Looks,
    /// How long each had been there by then.
    pub(crate) ages: Vec<Duration>,
    /// Replies that were taken in, and those that were refused.
    pub(crate) sent: usize,
    pub(crate) refused: usize,
}

impl Operator {
    /// Works from then to then.
    ///
    /// # Errors
    /// When the server does not answer.
    pub(crate) async fn work(self, began: Instant, until: Instant) -> anyhow::Result<Work> {
        let mut work = Work::default();
        let (mut done, mut aside) = (BTreeSet::new(), BTreeMap::<Said, Instant>::new());
        let mut replies = JoinSet::new();
        let mut next = began;
        while next < until {
            sleep_until(next).await;
            next += PACE;
            let now = Instant::now();
            let is_open =
                |said| !done.contains(&said) && aside.get(&said).is_none_or(|until| *until <= now);
            let Some((said, came_in)) = self.waiting.next_of(self.seller_id, is_open) else {
                continue;
            };
            let age = came_in.since.elapsed();
            let Some(look) = self.opener.open(&self.seller, said).await? else {
                done.insert(said);
                continue;
            };
            if !aside.contains_key(&said) {
                work.opened.add(&look);
                work.ages.push(age);
            }
            if look.draft.is_none() {
                aside.insert(said, now + ASIDE);
                continue;
            }
            done.insert(said);
            replies.spawn(reply(self.seller.clone(), said, look));
        }
        for is_sent in replies.join_all().await {
            *(if is_sent? { &mut work.sent } else { &mut work.refused }) += 1;
        }
        Ok(work)
    }
}

impl Work {
    /// Adds the work of another operator.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.opened.append(other.opened);
        self.ages.extend(other.ages);
        self.sent += other.sent;
        self.refused += other.refused;
        self
    }
}

/// Sends the draft; tells whether it was taken in.
async fn reply(seller: Seller, said: Said, look: Look) -> anyhow::Result<bool> {
    let draft = look.draft.unwrap_or_default();
    let number = REPLIES.fetch_add(1, Ordering::Relaxed);
    let text = draft["text"].as_str().unwrap_or_default();
    let body = json!({
        "text": format!("{text} Записали: {}.", own_words(number)),
        "draft_id": draft["draft_id"],
        "basis": said.basis,
    });
    let path = format!("/interactions/{}/reply", said.interaction);
    Ok(seller.send(Method::POST, &path, body).await?.status.is_success())
}

//! Answers that a page does not tell: asked for one by one, and only where something says that there is news.

use std::time::{Duration, Instant};

use domain::Channel;
use domain::value::{ObservedAnswer, ObservedState};
use tracing::warn;

use super::digest::Changed;
use crate::connector::{Connector, Found, ReadError, Wanted};
use crate::rate_limit::Priority;

/// Items of a page that are taken in although their answers cannot be read. More than that is no matter of an item,
/// unless it stays so.
const ODD_MAX: usize = 2;

/// A page whose answers were asked for.
pub(super) struct Completed {
    /// What is complete.
    pub(super) items: Vec<Changed>,
    /// Why the rest is not; it is brought again with the page.
    pub(super) stopped: Option<ReadError>,
}

/// Asks for the answers that stand apart from the items that changed, for as long as `patience` lasts; at least one, so
/// that reading the page again and again comes to its end. When it `is_stuck`, any number of them may be missing.
pub(super) async fn complete(
    connector: &dyn Connector,
    channel: Channel,
    changed: Vec<Changed>,
    patience: Duration,
    is_stuck: bool,
) -> Completed {
    let odd_max = if is_stuck { usize::MAX } else { ODD_MAX };
    let started = Instant::now();
    let mut completed = Completed { items: Vec::with_capacity(changed.len()), stopped: None };
    let (mut has_asked, mut odd) = (false, 0);
    for mut item in changed {
        if !item.asks() {
            completed.items.push(item);
            continue;
        }
        if completed.stopped.is_some() {
            continue;
        }
        if has_asked && started.elapsed() > patience {
            completed.stopped = Some(ReadError::NotBefore(Duration::ZERO));
            continue;
        }
        has_asked = true;
        let wanted = Wanted::whatever_is_under(&item.ingest);
        match connector.look_up(channel, std::slice::from_ref(&wanted), Priority::Read).await {
            Ok(seen) => {
                if let Some(Found::Given(answer)) = seen.of(&wanted.source) {
                    item.ingest.answer = answer.clone();
                }
                completed.items.push(item);
            }
            // One item that the marketplace stumbles over must not keep all others from being read, nor what the buyer
            // wrote from the inbox: before a reply goes out, it is looked at again.
            Err(ReadError::Call(error)) if error.failure.may_be_about_item() && odd < odd_max => {
                odd += 1;
                let id = &wanted.source.external_id;
                warn!(item.id = %id, error = %error, "took in item {id}, whose answer cannot be read");
                item.is_unsure = true;
                completed.items.push(item);
            }
            Err(error) => completed.stopped = Some(error),
        }
    }
    completed
}

impl Changed {
    /// Tells whether the answer under it is worth a call: there may be one, or there was one before.
    fn asks(&self) -> bool {
        self.apart.as_ref().is_some_and(|apart| apart.may_stand || self.is_known)
    }

    /// Tells whether it may be left alone until it changes. An answer that is being moderated changes without a sign.
    pub(super) fn is_settled(&self) -> bool {
        let in_moderation = |answer: &ObservedAnswer| answer.state == ObservedState::InModeration;
        let may_change = self.is_unsure || self.ingest.answer.as_ref().is_some_and(in_moderation);
        self.apart.is_none() || !may_change
    }
}

//! What Wildberries knows: sellers, their tokens, and what buyers wrote to them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::budget::Budget;
use super::chat::Chats;
use super::claim::Claim;
use super::feedback::Review;
use super::history::History;
use super::question::Question;
use crate::chance::sha256_hex;
use crate::config::{Rights, TokenKind};
use crate::rate_limit::{Bucket, Verdict};

/// All sellers by name.
#[derive(Debug, Default)]
pub(crate) struct Wildberries {
    pub(super) shops: BTreeMap<String, Shop>,
}

/// One seller.
#[derive(Debug, Default)]
pub(super) struct Shop {
    /// By SHA-256.
    pub(super) tokens: BTreeMap<String, Grant>,
    pub(super) reviews: BTreeMap<String, Review>,
    /// More reviews, made when they are asked for; one that changes moves to the others.
    pub(super) history: Option<History>,
    pub(super) questions: BTreeMap<String, Question>,
    pub(super) chats: Chats,
    pub(super) claims: BTreeMap<String, Claim>,
    /// How the seller is named, where somebody said it.
    pub(super) info: Map<String, Value>,
    /// By budget, those of basic tokens apart.
    buckets: BTreeMap<(Budget, bool), Bucket>,
}

/// A review as lists and counts see it.
pub(super) struct Listed<'a> {
    pub(super) created: DateTime<Utc>,
    pub(super) nm_id: Option<u64>,
    pub(super) is_processed: bool,
    pub(super) was_viewed: bool,
    pub(super) source: Source<'a>,
}

/// Where the review itself is.
pub(super) enum Source<'a> {
    Held(&'a Review),
    Made(&'a History, u32),
}

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Grant {
    pub(super) kind: TokenKind,
    pub(super) rights: Rights,
    pub(super) expires: Option<DateTime<Utc>>,
    /// The seller's id, where the token says it.
    pub(super) sid: Option<Uuid>,
    pub(super) revoked: bool,
}

impl Wildberries {
    /// The seller and the grant of a token.
    pub(super) fn find_token(&self, token: &str) -> Option<(&str, Grant)> {
        let sha256 = sha256_hex(token);
        self.shops
            .iter()
            .find_map(|(seller, shop)| Some((seller.as_str(), *shop.tokens.get(&sha256)?)))
    }

    pub(super) fn review(&self, seller: &str, target: &str) -> Option<Cow<'_, Review>> {
        self.shops.get(seller)?.review(target)
    }
}

impl Shop {
    pub(super) fn review(&self, id: &str) -> Option<Cow<'_, Review>> {
        if let Some(review) = self.reviews.get(id) {
            return Some(Cow::Borrowed(review));
        }
        let history = self.history.as_ref()?;
        Some(Cow::Owned(history.review(history.find(id)?)))
    }

    /// All reviews as lists and counts see them.
    pub(super) fn listed(&self, now: DateTime<Utc>) -> impl Iterator<Item = Listed<'_>> {
        let held = self.reviews.values().map(move |review| Listed {
            created: review.created(),
            nm_id: review.nm_id(),
            is_processed: review.is_processed(now),
            was_viewed: review.was_viewed(now),
            source: Source::Held(review),
        });
        held.chain(self.history.iter().flat_map(move |history| history.listed(now)))
    }

    /// Counts the reviews that `keep` keeps.
    pub(super) fn count(&self, now: DateTime<Utc>, keep: impl Fn(&Listed<'_>) -> bool) -> usize {
        self.listed(now).filter(keep).count()
    }

    /// Moves a review of the history to those that are held, where it can change.
    pub(super) fn hold(&mut self, id: &str) {
        let Some(history) = &mut self.history else { return };
        if let Some(n) = history.find(id) {
            let review = history.review(n);
            history.take(n);
            self.reviews.insert(id.to_owned(), review);
        }
    }

    /// Spends one request of a budget.
    pub(super) fn spend(
        &mut self,
        budget: Budget,
        kind: TokenKind,
        scale: f64,
        now: DateTime<Utc>,
    ) -> Verdict {
        let is_basic = kind == TokenKind::Basic;
        let full = || Bucket::full(budget.limit(is_basic), scale, now);
        self.buckets.entry((budget, is_basic)).or_insert_with(full).take(now)
    }
}

impl<'a> Listed<'a> {
    pub(super) fn review(&self) -> Cow<'a, Review> {
        match self.source {
            Source::Held(review) => Cow::Borrowed(review),
            Source::Made(history, n) => Cow::Owned(history.review(n)),
        }
    }
}

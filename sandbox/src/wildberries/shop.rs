//! What Wildberries knows: sellers, their tokens, their reviews, and the entries of the ledger that change them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::feedback::{Review, Version};
use super::history::{History, HistorySpec};
use crate::chance::sha256_hex;
use crate::config::{Rights, TokenConfig, TokenKind};
use crate::exchange::Delivery;
use crate::rate_limit::{Bucket, Limit, Verdict};

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
    buckets: BTreeMap<Budget, Bucket>,
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
    pub(super) revoked: bool,
}

/// Requests that share one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Budget {
    /// All methods for questions and reviews.
    Feedbacks,
    /// The same with a basic token.
    FeedbacksBasic,
    /// The connection check.
    Ping,
}

/// A change of what Wildberries knows, as the ledger tells it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Entry {
    SellerAdded {
        seller: String,
    },
    /// Also changes and restores a known token.
    TokenAdded {
        seller: String,
        sha256: String,
        token_kind: TokenKind,
        rights: Rights,
    },
    TokenRevoked {
        seller: String,
        sha256: String,
    },
    ReviewAdded {
        seller: String,
        feedback: Map<String, Value>,
    },
    /// The seller begins with a long history.
    HistoryGenerated {
        seller: String,
        #[serde(flatten)]
        spec: HistorySpec,
    },
    /// The fields named take these values.
    ReviewRevised {
        seller: String,
        target: String,
        changes: Map<String, Value>,
    },
    ReviewDeleted {
        seller: String,
        target: String,
    },
    /// Reads give this in the review's place; none restores it.
    ReviewSpoiled {
        seller: String,
        target: String,
        served: Option<Value>,
    },
    /// The seller put the review aside without an answer.
    ReviewHandled {
        seller: String,
        target: String,
    },
    /// An answer was sent, edited or refused.
    Answer(Box<AnswerEntry>),
}

/// A request to answer and what became of it: the judge of "exactly once".
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AnswerEntry {
    pub(super) seller: String,
    pub(super) action: Action,
    /// Method and path.
    pub(super) endpoint: String,
    /// The review id of the request, whether there is such a review or not.
    pub(super) target: String,
    pub(super) text: String,
    pub(super) text_sha256: String,
    pub(super) applied: bool,
    pub(super) effect: Effect,
    /// When it takes effect; only of an applied one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schedule: Option<Schedule>,
    /// Whether the client was answered; a lost or reset one never learned the status.
    pub(super) answer: Delivery,
    pub(super) status: Option<u16>,
    /// Between carrying out and answering.
    pub(super) delay_ms: u64,
    /// Answers by POST applied to this review so far, this one included; more than one is a duplicate.
    pub(super) deliveries: u64,
    /// What the buyer sees under the review once all that was accepted so far has taken effect.
    pub(super) buyer_sees: Option<Seen>,
}

/// Who wrote, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    /// POST by the API.
    Answer,
    /// PATCH by the API.
    Edit,
    /// The seller itself, in the cabinet.
    CabinetAnswer,
}

/// What a request to answer did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Effect {
    Applied,
    /// The answer says why.
    Refused,
    /// Accepted; there is no such review.
    UnknownId,
    /// Accepted and forgotten, by a fault.
    Swallowed,
    /// An edit, accepted; there is no answer to edit.
    NothingToEdit,
    /// An edit, accepted; the one edit was made before.
    EditSpent,
    /// An edit, accepted; the answer is older than 60 days.
    EditWindowClosed,
}

/// The moments of an accepted answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) applies_at: DateTime<Utc>,
    /// From when on reads show it.
    pub(super) visible_at: DateTime<Utc>,
    /// Until when it is `reviewRequired`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) moderated_at: Option<DateTime<Utc>>,
    /// How moderation ends.
    #[serde(default)]
    pub(super) rejected: bool,
}

/// Words under a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(super) text: String,
    pub(super) from: DateTime<Utc>,
}

impl Wildberries {
    /// The seller and the grant of a token.
    pub(super) fn find_token(&self, token: &str) -> Option<(&str, Grant)> {
        let sha256 = sha256_hex(token);
        self.shops
            .iter()
            .find_map(|(seller, shop)| Some((seller.as_str(), *shop.tokens.get(&sha256)?)))
    }

    /// Carries out what a line of the ledger says; one about an unknown seller says nothing.
    pub(crate) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::SellerAdded { seller } => {
                self.shops.entry(seller).or_default();
            }
            Entry::TokenAdded { seller, sha256, token_kind: kind, rights } => {
                if let Some(shop) = self.shops.get_mut(&seller) {
                    shop.tokens.insert(sha256, Grant { kind, rights, revoked: false });
                }
            }
            Entry::TokenRevoked { seller, sha256 } => {
                let shop = self.shops.get_mut(&seller);
                if let Some(grant) = shop.and_then(|shop| shop.tokens.get_mut(&sha256)) {
                    grant.revoked = true;
                }
            }
            Entry::ReviewAdded { seller, feedback } => {
                if let (Some(shop), Some(review)) =
                    (self.shops.get_mut(&seller), Review::new(feedback))
                {
                    shop.reviews.insert(review.id().to_owned(), review);
                }
            }
            Entry::HistoryGenerated { seller, spec } => {
                if let Some(shop) = self.shops.get_mut(&seller) {
                    let history = History::new(&seller, spec);
                    shop.history = Some(history.expect("the sandbox's own phrases can be read"));
                }
            }
            Entry::ReviewRevised { seller, target, changes } => {
                if let Some(review) = self.review_mut(&seller, &target) {
                    review.revise(changes);
                }
            }
            Entry::ReviewDeleted { seller, target } => {
                if let Some(shop) = self.shops.get_mut(&seller) {
                    shop.hold(&target);
                    shop.reviews.remove(&target);
                }
            }
            Entry::ReviewSpoiled { seller, target, served } => {
                if let Some(review) = self.review_mut(&seller, &target) {
                    review.spoiled = served;
                }
            }
            Entry::ReviewHandled { seller, target } => {
                if let Some(review) = self.review_mut(&seller, &target) {
                    review.is_handled = true;
                }
            }
            Entry::Answer(answer) => {
                let review = self.review_mut(&answer.seller, &answer.target);
                if let (Some(review), Some(schedule)) = (review, answer.schedule) {
                    review.versions.push(Version {
                        action: answer.action,
                        text: answer.text,
                        schedule,
                    });
                }
            }
        }
    }

    pub(super) fn review(&self, seller: &str, target: &str) -> Option<Cow<'_, Review>> {
        self.shops.get(seller)?.review(target)
    }

    fn review_mut(&mut self, seller: &str, target: &str) -> Option<&mut Review> {
        let shop = self.shops.get_mut(seller)?;
        shop.hold(target);
        shop.reviews.get_mut(target)
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
    fn hold(&mut self, id: &str) {
        let Some(history) = &mut self.history else { return };
        if let Some(n) = history.find(id) {
            let review = history.review(n);
            history.take(n);
            self.reviews.insert(id.to_owned(), review);
        }
    }

    /// Spends one request of a budget.
    pub(super) fn spend(&mut self, budget: Budget, scale: f64, now: DateTime<Utc>) -> Verdict {
        let bucket =
            self.buckets.entry(budget).or_insert_with(|| Bucket::full(budget.limit(), scale, now));
        bucket.take(now)
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

impl Budget {
    fn limit(self) -> Limit {
        match self {
            Self::Feedbacks => Limit { burst: 6, interval: TimeDelta::milliseconds(333) },
            Self::FeedbacksBasic => Limit { burst: 1, interval: TimeDelta::minutes(12) },
            // "At most 3 requests in 30 seconds", for each host on its own.
            Self::Ping => Limit { burst: 3, interval: TimeDelta::seconds(10) },
        }
    }
}

impl Entry {
    pub(super) fn token_added(seller: &str, token: &TokenConfig) -> Self {
        Self::TokenAdded {
            seller: seller.to_owned(),
            sha256: token.sha256.clone(),
            token_kind: token.kind,
            rights: token.rights,
        }
    }
}

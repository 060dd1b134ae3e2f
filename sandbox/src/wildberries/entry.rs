//! The entries of the ledger: every change of what Wildberries knows.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::chat_writes::MessageEntry;
use super::claim::{Claim, Decided};
use super::claim_writes::ClaimEntry;
use super::feedback::{Review, Version};
use super::files::StoredFile;
use super::history::{History, HistorySpec};
use super::question::Question;
use super::question_writes::QuestionEntry;
use super::receipt::Receipt;
use super::shop::{Grant, Shop, Wildberries};
use super::writes::Schedule;
use crate::config::{Rights, TokenConfig, TokenKind};

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
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires: Option<DateTime<Utc>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sid: Option<Uuid>,
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
    /// How the seller is named: `name`, `sid`, `tin`, `tradeMark`.
    SellerNamed {
        seller: String,
        info: Map<String, Value>,
    },
    QuestionAdded {
        seller: String,
        question: Map<String, Value>,
        /// What reads give in its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        served: Option<Value>,
    },
    QuestionDeleted {
        seller: String,
        target: String,
    },
    /// A question was looked at, answered or rejected, or that was refused.
    Question(Box<QuestionEntry>),
    /// Somebody but the API wrote in a chat; the first event of a chat begins it.
    ChatEventAdded {
        seller: String,
        event: Map<String, Value>,
        /// The signature of a chat whose first event does not tell it.
        reply_sign: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<StoredFile>,
        /// What reads give in its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        served: Option<Value>,
    },
    /// The chat has another signature from now on.
    ChatSigned {
        seller: String,
        target: String,
        reply_sign: String,
    },
    /// A message was sent by the API, or refused.
    Message(Box<MessageEntry>),
    ClaimAdded {
        seller: String,
        claim: Map<String, Value>,
        /// What reads give in its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        served: Option<Value>,
    },
    /// A claim was answered, or that was refused.
    Claim(Box<ClaimEntry>),
}

/// A request to answer and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AnswerEntry {
    #[serde(flatten)]
    pub(super) receipt: Receipt,
    pub(super) action: Action,
    /// When it takes effect; only of an applied one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) schedule: Option<Schedule>,
}

/// Who wrote, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    /// By the API: POST for a review, the first PATCH for a question.
    Answer,
    /// By the API: PATCH.
    Edit,
    /// By the API: the question is rejected.
    Reject,
    /// By the API: the question was looked at, or was not.
    View,
    /// The seller itself, in the cabinet.
    CabinetAnswer,
}

impl Wildberries {
    /// Carries out what a line of the ledger says; one about an unknown seller says nothing.
    pub(crate) fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::SellerAdded { seller } => {
                self.shops.entry(seller).or_default();
            }
            Entry::TokenAdded { seller, sha256, token_kind: kind, rights, expires, sid } => {
                let grant = Grant { kind, rights, expires, sid, revoked: false };
                self.in_shop(&seller, |shop| shop.tokens.insert(sha256, grant));
            }
            Entry::TokenRevoked { seller, sha256 } => self.in_shop(&seller, |shop| {
                shop.tokens.entry(sha256).and_modify(|grant| grant.revoked = true);
            }),
            Entry::SellerNamed { seller, info } => self.in_shop(&seller, |shop| shop.info = info),
            Entry::ReviewAdded { seller, feedback } => self.in_shop(&seller, |shop| {
                if let Some(review) = Review::new(feedback) {
                    shop.reviews.insert(review.id().to_owned(), review);
                }
            }),
            Entry::HistoryGenerated { seller, spec } => self.in_shop(&seller, |shop| {
                let history = History::new(&seller, spec);
                shop.history = Some(history.expect("the sandbox's own phrases can be read"));
            }),
            Entry::ReviewRevised { seller, target, changes } => {
                self.in_review(&seller, &target, |review| review.revise(changes));
            }
            Entry::ReviewDeleted { seller, target } => self.in_shop(&seller, |shop| {
                shop.hold(&target);
                shop.reviews.remove(&target);
            }),
            Entry::ReviewSpoiled { seller, target, served } => {
                self.in_review(&seller, &target, |review| review.spoiled = served);
            }
            Entry::ReviewHandled { seller, target } => {
                self.in_review(&seller, &target, |review| review.is_handled = true);
            }
            Entry::Answer(answer) => {
                let AnswerEntry { receipt: Receipt { seller, target, text, .. }, action, schedule } =
                    *answer;
                self.in_review(&seller, &target, |review| {
                    let version = |schedule| Version { action, text, schedule };
                    review.versions.extend(schedule.map(version));
                });
            }
            Entry::QuestionAdded { seller, question, served } => self.in_shop(&seller, |shop| {
                if let Some(question) = Question::new(question, served) {
                    shop.questions.insert(question.id().to_owned(), question);
                }
            }),
            Entry::QuestionDeleted { seller, target } => {
                self.in_shop(&seller, |shop| shop.questions.remove(&target));
            }
            Entry::Question(entry) => {
                let QuestionEntry { receipt, action, was_viewed, schedule } = *entry;
                self.in_shop(&receipt.seller, |shop| {
                    if let Some(question) = shop.questions.get_mut(&receipt.target) {
                        let version = |schedule| Version { action, text: receipt.text, schedule };
                        question.change(was_viewed, schedule.map(version));
                    }
                });
            }
            Entry::ChatEventAdded { seller, event, reply_sign, files, served } => {
                self.in_shop(&seller, |shop| shop.chats.add(event, &reply_sign, files, served));
            }
            Entry::ChatSigned { seller, target, reply_sign } => {
                self.in_shop(&seller, |shop| shop.chats.sign(&target, reply_sign));
            }
            Entry::Message(entry) => {
                let MessageEntry { receipt, files, sent } = *entry;
                self.in_shop(&receipt.seller, |shop| {
                    if let Some(sent) = sent {
                        shop.chats.send(sent, files);
                    }
                });
            }
            Entry::ClaimAdded { seller, claim, served } => self.in_shop(&seller, |shop| {
                if let Some(claim) = Claim::new(claim, served) {
                    shop.claims.insert(claim.id().to_owned(), claim);
                }
            }),
            Entry::Claim(entry) => {
                let ClaimEntry { receipt, action, decision } = *entry;
                self.in_shop(&receipt.seller, |shop| {
                    let claim = shop.claims.get_mut(&receipt.target);
                    if let (Some(claim), Some(decision)) = (claim, decision) {
                        claim.decisions.push(Decided { action, decision });
                    }
                });
            }
        }
    }

    fn in_shop<R>(&mut self, seller: &str, change: impl FnOnce(&mut Shop) -> R) {
        self.shops.get_mut(seller).map(change);
    }

    fn in_review<R>(&mut self, seller: &str, id: &str, change: impl FnOnce(&mut Review) -> R) {
        self.in_shop(seller, |shop| {
            // Only what is held can change.
            shop.hold(id);
            shop.reviews.get_mut(id).map(change)
        });
    }
}

impl Entry {
    pub(super) fn token_added(seller: &str, token: &TokenConfig) -> Self {
        Self::TokenAdded {
            seller: seller.to_owned(),
            sha256: token.sha256.clone(),
            token_kind: token.kind,
            rights: token.rights,
            expires: token.expires,
            sid: token.sid,
        }
    }
}

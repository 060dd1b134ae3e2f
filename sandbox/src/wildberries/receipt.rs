//! What the ledger keeps of every write: the judge of "exactly once".

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::chance::sha256_hex;
use crate::exchange::{Delivery, Outcome};

/// A request to write and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Receipt {
    pub(super) seller: String,
    /// Method and path, or `cabinet`.
    pub(super) endpoint: String,
    /// What the request names, whether there is such a thing or not: a review, question or claim id, a chat's signature.
    pub(super) target: String,
    pub(super) text: String,
    pub(super) text_sha256: String,
    pub(super) applied: bool,
    pub(super) effect: Effect,
    /// Whether the client was answered; a lost or reset one never learned the status.
    pub(super) answer: Delivery,
    pub(super) status: Option<u16>,
    /// Between carrying out and answering.
    pub(super) delay_ms: u64,
    /// How often this was applied to the target so far, this time included; more than one is a duplicate. Of a review the
    /// answers by POST, of a question or chat the same words, of a claim the same action.
    pub(super) deliveries: u64,
    /// What the buyer sees there once all that was accepted so far has taken effect.
    pub(super) buyer_sees: Option<Seen>,
}

/// A request to write, before anything came of it.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) seller: String,
    pub(super) endpoint: &'static str,
    pub(super) target: String,
    pub(super) text: String,
}

/// What a request to write did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Effect {
    Applied,
    /// The answer says why.
    Refused,
    /// Accepted, or refused with 404; there is no such thing.
    UnknownId,
    /// Accepted and forgotten, by a fault.
    Swallowed,
    /// An edit; there is no answer to edit.
    NothingToEdit,
    /// An edit; the one edit was made before.
    EditSpent,
    /// An edit; the answer is older than 60 days.
    EditWindowClosed,
}

/// Words that the buyer sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) text: String,
    pub(super) from: DateTime<Utc>,
}

impl Receipt {
    pub(super) fn new(
        asked: Asked,
        effect: Effect,
        outcome: &Outcome,
        deliveries: u64,
        buyer_sees: Option<Seen>,
    ) -> Self {
        let Asked { seller, endpoint, target, text } = asked;
        Self {
            seller,
            endpoint: endpoint.to_owned(),
            target,
            text_sha256: sha256_hex(&text),
            text,
            applied: effect == Effect::Applied,
            effect,
            answer: outcome.delivery,
            status: (outcome.delivery == Delivery::Given).then(|| outcome.reply.status.as_u16()),
            delay_ms: u64::try_from(outcome.delay.as_millis()).unwrap_or(u64::MAX),
            deliveries,
            buyer_sees,
        }
    }
}

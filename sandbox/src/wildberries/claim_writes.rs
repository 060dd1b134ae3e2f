//! Answering a claim for return with one of the actions it offers.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::claim::{self, Claim, Decision};
use super::entry::Entry;
use super::gate::Passage;
use super::receipt::{Asked, Effect, Receipt, Seen};
use super::{Call, problem};
use crate::exchange::{Outcome, Reply};
use crate::faults::Fault;

/// Shortest and longest comment, in characters.
const COMMENT_CHARS: std::ops::RangeInclusive<usize> = 10..=1_000;
/// The actions that a comment goes with; the first one does not go without.
const COMMENTED: [&str; 2] = ["rejectcustom", "approvecc1"];

/// An answer to a claim.
#[derive(Debug, Clone)]
pub(super) struct ClaimRequest {
    pub(super) id: String,
    action: String,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    id: Option<String>,
    action: Option<String>,
    comment: Option<String>,
}

/// An answer to a claim and what became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ClaimEntry {
    #[serde(flatten)]
    pub(super) receipt: Receipt,
    pub(super) action: String,
    /// What it changes; only of an applied one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) decision: Option<Decision>,
}

impl ClaimRequest {
    /// Reads the body; the error is the detail of the 400.
    pub(super) fn parse(call: &Call) -> Result<Self, String> {
        let body: Body = serde_json::from_slice(&call.body)
            .map_err(|_| "The request body is not valid JSON.".to_owned())?;
        let required = |field: Option<String>, name: &str| {
            let filled = field.filter(|text| !text.is_empty());
            filled.ok_or_else(|| format!("The {name} field is required."))
        };
        let id = required(body.id, "Id")?;
        Ok(Self { id, action: required(body.action, "Action")?, comment: body.comment })
    }

    /// The detail of the 400, when the request does not suit the claim. The first one's wording is the
    /// specification's, the others' is ours.
    fn problem(&self, claim: &Claim, passage: &Passage<'_>) -> Option<String> {
        let length = self.comment.as_ref().map(|comment| comment.chars().count());
        match length {
            None if self.action == COMMENTED[0] => {
                Some("The Comment field is required.".to_owned())
            }
            Some(_) if !COMMENTED.contains(&self.action.as_str()) => {
                Some("The Comment field does not go with this action.".to_owned())
            }
            Some(length) if !COMMENT_CHARS.contains(&length) => Some(format!(
                "The Comment field must have from {} to {} characters.",
                COMMENT_CHARS.start(),
                COMMENT_CHARS.end()
            )),
            _ if !claim.allows(&self.action, passage.now) => {
                Some("The Action field is not among the actions of the claim.".to_owned())
            }
            _ => None,
        }
    }
}

/// Carries an answer out, unless it is refused; either way it is in the ledger before it is answered.
pub(super) fn handle(
    passage: &mut Passage<'_>,
    seller: &str,
    request: Result<ClaimRequest, String>,
    refusal: Option<Outcome>,
) -> Outcome {
    let request = match request {
        Ok(request) => request,
        // Without an id and an action there is nothing to keep in the ledger.
        Err(details) => return refusal.unwrap_or_else(|| refused(passage, &details)),
    };
    let shop = passage.world.wildberries.shops.get(seller);
    let claim = shop.and_then(|shop| shop.claims.get(&request.id));
    let so_far = claim.map_or(0, |claim| claim.deliveries(&request.action));
    let verdict = match (refusal, claim) {
        (Some(refusal), _) => Err((Effect::Refused, refusal)),
        (None, None) => Err((Effect::UnknownId, refused(passage, "The claim is not found."))),
        (None, Some(claim)) => match request.problem(claim, passage) {
            Some(details) => Err((Effect::Refused, refused(passage, &details))),
            None => Ok(()),
        },
    };
    let ClaimRequest { id, action, comment } = request;
    let text = comment.unwrap_or_default();
    let (effect, decision, outcome) = match verdict {
        Err((effect, outcome)) => (effect, None, outcome),
        Ok(()) => accept(passage, &action, &text),
    };
    let endpoint = passage.call.endpoint.name();
    let asked = Asked { seller: seller.to_owned(), endpoint, target: id, text };
    let seen = decision.as_ref().and_then(seen);
    let deliveries = so_far + u64::from(decision.is_some());
    let receipt = Receipt::new(asked, effect, &outcome, deliveries, seen);
    passage.record(Entry::Claim(Box::new(ClaimEntry { receipt, action, decision })), outcome)
}

fn accept(
    passage: &mut Passage<'_>,
    action: &str,
    comment: &str,
) -> (Effect, Option<Decision>, Outcome) {
    let is_swallowed = passage.fires(Fault::NoEffect);
    let from = passage.schedule().shown_from();
    let decision = Decision { from, changes: claim::changes(action, comment, from) };
    // Documented without a body.
    let outcome = passage.deliver(Reply::empty(StatusCode::OK));
    if is_swallowed {
        return (Effect::Swallowed, None, outcome);
    }
    (Effect::Applied, Some(decision), outcome)
}

fn seen(decision: &Decision) -> Option<Seen> {
    let text = decision.changes.get("wb_comment")?.as_str()?.to_owned();
    Some(Seen { text, from: decision.from })
}

fn refused(passage: &Passage<'_>, details: &str) -> Outcome {
    Outcome::given(problem::claim_input(details, &passage.id()))
}

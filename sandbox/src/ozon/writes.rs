//! The writing methods: checked as documented, written to the ledger, then carried out.

mod decide;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use axum::http::StatusCode;

use super::Endpoint;
use super::chat::{ChatCard, Message};
use super::entry::Entry;
use super::gate::Passage;
use super::problem::Refusal;
use super::request::Fields;
use super::review::{Comment, Status};
use super::shop::Shop;
use super::words::{Author, Schedule, Seen, Words};
use crate::chance::sha256_hex;
use crate::exchange::{Delivery, Outcome, Reply};
use crate::faults::Fault;

/// A request to change something and what became of it: the judge of "exactly once".
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WriteEntry {
    pub(super) seller: String,
    /// Method and path.
    pub(super) endpoint: String,
    /// The chat, review, question, comment, answer or posting of the request, whether there is one or not; of several
    /// the first.
    pub(super) target: String,
    /// The words sent; a file's name; empty for marks and deletions.
    pub(super) text: String,
    pub(super) text_sha256: String,
    pub(super) applied: bool,
    pub(super) effect: Effect,
    pub(super) change: Change,
    /// Whether the client was answered; a lost or reset one never learned the status.
    pub(super) answer: Delivery,
    pub(super) status: Option<u16>,
    /// Between carrying out and answering.
    pub(super) delay_ms: u64,
    /// Texts by the API that this review or question has had, or times that this very text was put into this chat,
    /// this one included; more than one is a duplicate.
    pub(super) deliveries: u64,
    /// What the buyer sees of these words once all that was accepted so far has taken effect.
    pub(super) buyer_sees: Option<Seen>,
}

/// What a request did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Effect {
    Applied,
    /// The answer says why.
    Refused,
    /// Accepted and forgotten, by a fault.
    Swallowed,
}

/// What changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Change {
    Nothing,
    ChatStarted {
        chat: ChatCard,
    },
    MessageSent {
        message: Message,
    },
    ChatRead {
        up_to: String,
    },
    CommentCreated {
        comment: Comment,
        marks_processed: bool,
    },
    AnswerCreated {
        answer: Words,
    },
    /// A comment or an answer; the target is its id.
    WordsDeleted,
    StatusSet {
        ids: Vec<String>,
        set_to: Status,
    },
}

/// What a permitted request is to do, and how it is answered.
struct Decision {
    change: Change,
    /// None is an answer without a body.
    body: Option<Value>,
}

/// What a request is about, for the schedule of faults; empty when it does not say.
pub(super) fn target(fields: &Fields) -> String {
    let names =
        ["chat_id", "comment_id", "review_id", "answer_id", "question_id", "posting_number"];
    let single = names.iter().find_map(|name| fields.text(name).ok().flatten());
    let several = ["review_ids", "question_ids"]
        .iter()
        .find_map(|name| fields.texts(name).ok().and_then(|ids| ids.into_iter().next()));
    single.map(str::to_owned).or(several).unwrap_or_default()
}

/// Carries a write out, unless it is refused; either way it is in the ledger before it is answered.
pub(super) fn handle(passage: &mut Passage<'_>, seller: &str, refusal: Option<Outcome>) -> Outcome {
    let fields = match &passage.fields {
        Ok(fields) => fields.clone(),
        // Without a body there is nothing to note.
        Err(bad) => return refusal.unwrap_or_else(|| bad.by_service(passage.call.endpoint)),
    };
    let (effect, change, outcome) = match refusal {
        Some(refusal) => (Effect::Refused, Change::Nothing, refusal),
        None => accept(passage, seller, &fields),
    };
    let entry = entry(passage, seller, &fields, effect, change, &outcome);
    match passage.world.record(vec![Entry::Write(Box::new(entry)).into()]) {
        Ok(()) => outcome,
        Err(_) => Refusal::internal().by_gateway(),
    }
}

/// Decides what a permitted request does, when, and how it is answered.
fn accept(passage: &mut Passage<'_>, seller: &str, fields: &Fields) -> (Effect, Change, Outcome) {
    // A refused request leaves the schedule of faults as it was.
    let schedule = Schedule::at(passage.now);
    if let Err(refusal) = decide::decide(passage, seller, fields, schedule) {
        let outcome = refusal.by_service(passage.call.endpoint);
        return (Effect::Refused, Change::Nothing, outcome);
    }
    let is_swallowed = passage.fires(Fault::NoEffect);
    let schedule = drawn_schedule(passage);
    let decided = decide::decide(passage, seller, fields, schedule);
    let Decision { change, body } = decided.expect("its schedule does not decide about a write");
    let reply = match body {
        Some(body) => passage.reply(seller, body),
        // No content is described. Published clients want JSON there, which gateways of gRPC give for an empty message;
        // a hostile one takes the description at its word.
        None if passage.shop(seller).is_hostile => Reply::empty(StatusCode::OK),
        None => passage.reply(seller, json!({})),
    };
    let outcome = passage.deliver(reply);
    if is_swallowed {
        return (Effect::Swallowed, Change::Nothing, outcome);
    }
    (Effect::Applied, change, outcome)
}

/// When words take effect, are seen and pass moderation, by the faults in force.
fn drawn_schedule(passage: &mut Passage<'_>) -> Schedule {
    let now = passage.now;
    if !passage.call.endpoint.writes_words() {
        return Schedule::at(now);
    }
    let mut fires = |fault| passage.world.faults.fires(fault, &passage.key);
    let applies_in = fires(Fault::ApplyLate).map(|firing| firing.drawn());
    let visible_in = fires(Fault::VisibleLate).map(|firing| firing.drawn());
    let rejected_in = fires(Fault::Rejected).map(|firing| firing.exactly());
    let reviewed_in = match rejected_in {
        Some(_) => rejected_in,
        None => fires(Fault::ReviewRequired).map(|firing| firing.exactly()),
    };
    let applies_at = after(now, applies_in.unwrap_or_default());
    let visible_at = after(applies_at, visible_in.unwrap_or_default());
    let moderated_at = reviewed_in.map(|reviewed_in| after(visible_at, reviewed_in));
    Schedule { applies_at, visible_at, moderated_at, rejected: rejected_in.is_some() }
}

fn after(moment: DateTime<Utc>, delay: std::time::Duration) -> DateTime<Utc> {
    let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
    moment.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn entry(
    passage: &Passage<'_>,
    seller: &str,
    fields: &Fields,
    effect: Effect,
    change: Change,
    outcome: &Outcome,
) -> WriteEntry {
    let (target, text) = (target(fields), text(passage.call.endpoint, fields));
    let shop = passage.shop(seller);
    let words = change.words();
    WriteEntry {
        seller: seller.to_owned(),
        endpoint: passage.call.endpoint.name(),
        text_sha256: sha256_hex(&text),
        applied: effect == Effect::Applied,
        effect,
        answer: outcome.delivery,
        status: (outcome.delivery == Delivery::Given).then(|| outcome.reply.status.as_u16()),
        delay_ms: u64::try_from(outcome.delay.as_millis()).unwrap_or(u64::MAX),
        deliveries: deliveries(shop, passage.call.endpoint, &target, &text)
            + u64::from(words.is_some()),
        buyer_sees: words.and_then(Words::seen_in_the_end),
        change,
        target,
        text,
    }
}

/// The words of a request, or the name of its file.
fn text(endpoint: Endpoint, fields: &Fields) -> String {
    let name = if endpoint == Endpoint::ChatSendFile { "name" } else { "text" };
    fields.text(name).ok().flatten().unwrap_or_default().to_owned()
}

/// How often the target has had words by the API before.
fn deliveries(shop: &Shop, endpoint: Endpoint, target: &str, text: &str) -> u64 {
    if !endpoint.writes_words() {
        return 0;
    }
    let in_chat = shop.chats.get(target).map(|chat| {
        let same = |message: &&Message| {
            message.words.by == Author::Seller
                && message.file.as_deref().unwrap_or(&message.words.text) == text
        };
        chat.messages.values().filter(same).count() as u64
    });
    let under_review = || shop.reviews.get(target).map(|review| review.deliveries());
    let under_question = || shop.questions.get(target).map(|question| question.deliveries());
    in_chat.or_else(under_review).or_else(under_question).unwrap_or_default()
}

impl Change {
    /// The words it brings, if it brings any.
    fn words(&self) -> Option<&Words> {
        match self {
            Self::MessageSent { message } => Some(&message.words),
            Self::CommentCreated { comment, .. } => Some(&comment.words),
            Self::AnswerCreated { answer } => Some(answer),
            Self::Nothing
            | Self::ChatStarted { .. }
            | Self::ChatRead { .. }
            | Self::WordsDeleted
            | Self::StatusSet { .. } => None,
        }
    }
}

impl Endpoint {
    /// Whether it brings words to a buyer.
    fn writes_words(self) -> bool {
        matches!(
            self,
            Self::ChatSendMessage | Self::ChatSendFile | Self::CommentCreate | Self::AnswerCreate
        )
    }
}

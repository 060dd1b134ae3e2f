//! Small builders that keep a history to a line or two.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::guardrail::{self, Grounds, Noted, Passed, Place, Refused};
use crate::interaction::*;
use crate::policy::edit::Changed;
use crate::value::*;

pub(super) const FIRST: ReplyId = ReplyId(Uuid::from_u128(1));
pub(super) const SECOND: ReplyId = ReplyId(Uuid::from_u128(2));
pub(super) const TEXT: &str = "Спасибо за отзыв!";
pub(super) const REASON: &str = "Вопрос не о товаре.";
pub(super) const EDITED: &str = "Спасибо за отзыв, Анна!";

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

pub(super) fn source() -> Source {
    Source {
        account_id: AccountId(Uuid::from_u128(7)),
        marketplace: Marketplace::Wildberries,
        channel: Channel::Review,
        external_id: "YX52RZEBhH9mrcYdEJuD".into(),
        occurred_at: at(0),
    }
}

pub(super) fn supplemented_by(id: &str) -> Links {
    Links { supplement: Some(id.to_owned()), ..Links::default() }
}

pub(super) fn content(text: &str) -> Content {
    Content {
        rating: Some(4),
        product: Product {
            article: "987654321".into(), name: "Плед".into(), ..Product::default()
        },
        words: BuyerWords { text: text.into(), ..BuyerWords::default() }.into(),
    }
}

pub(super) fn reading(answer: Option<ObservedAnswer>) -> InteractionCommand {
    InteractionCommand::Ingest(Box::new(Ingest {
        source: source(),
        content: content("Тёплый"),
        answer,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: false,
        seen_at: at(60),
    }))
}

pub(super) fn message() -> ChatMessage {
    let file = MessageFile {
        name: "плед.jpg".into(),
        address: "https://basket.example/1.jpg".into(),
        is_image: true,
        size_bytes: Some(40_960),
    };
    let words = MessageWords { text: TEXT.into(), files: vec![file], ..MessageWords::default() };
    ChatMessage {
        external_id: "30000000001280042740".into(),
        author: MessageAuthor::Seller,
        sent_at: at(12),
        words: words.into(),
    }
}

pub(super) fn standing(text: &str, state: ObservedState) -> ObservedAnswer {
    ObservedAnswer {
        text: text.to_owned().into(),
        state,
        editable: None,
        external_id: None,
        refusal: None,
    }
}

pub(super) fn ingested() -> InteractionEvent {
    InteractionEvent::Ingested { source: source(), content: content("Тёплый") }
}

pub(super) fn requested(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyRequested {
        reply_id,
        text: TEXT.to_owned().into(),
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: passed(TEXT),
        held_until: None,
    }
}

/// A reply that is held until so many seconds.
pub(super) fn held(reply_id: ReplyId, seconds: i64) -> InteractionEvent {
    InteractionEvent::ReplyRequested {
        reply_id,
        text: TEXT.to_owned().into(),
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: passed(TEXT),
        held_until: Some(at(seconds)),
    }
}

/// The reply that goes out of a draft with the usual text by itself, held until so many seconds.
pub(super) fn by_itself(draft_id: DraftId, seconds: i64) -> InteractionEvent {
    InteractionEvent::ReplyRequested {
        reply_id: ReplyId::automatic(draft_id),
        text: TEXT.to_owned().into(),
        draft_id: Some(draft_id),
        lineage: Some(Lineage { draft_id, changed: Changed::between(TEXT, TEXT) }),
        automation: Some(3),
        bulk_id: None,
        files: vec![],
        guardrails: passed(TEXT),
        held_until: Some(at(seconds)),
    }
}

pub(super) fn cancelled(reply_id: ReplyId, reason: CancelReason) -> InteractionEvent {
    InteractionEvent::ReplyCancelled { reply_id, reason }
}

/// What the guardrails say of the texts here: that some are short.
pub(super) fn passed(text: &str) -> Option<Passed> {
    let is_short = (1..20).contains(&text.chars().count());
    let warned = is_short.then(|| Noted { rule: "length_short".into(), place: None, listed: None });
    Some(Passed { version: guardrail::VERSION, own_version: 0, warnings: Vec::from_iter(warned) })
}

/// A file that a reply carries.
pub(super) fn file() -> OutgoingFile {
    OutgoingFile {
        file_id: FileId(Uuid::from_u128(5)),
        name: "Инструкция.pdf".into(),
        kind: FileKind::Pdf,
        size_bytes: 20_480,
        sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into(),
    }
}

/// A reply of a chat that carries files.
pub(super) fn requested_with(
    reply_id: ReplyId,
    text: &str,
    files: Vec<OutgoingFile>,
) -> InteractionEvent {
    let files = files.into_iter().map(Personal::from).collect();
    InteractionEvent::ReplyRequested {
        reply_id,
        text: text.to_owned().into(),
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files,
        guardrails: passed(text),
        held_until: None,
    }
}

/// A reply that was measured against a draft with the usual text.
pub(super) fn made_of(reply_id: ReplyId, draft_id: DraftId, text: &str) -> InteractionEvent {
    InteractionEvent::ReplyRequested {
        reply_id,
        text: text.to_owned().into(),
        draft_id: Some(draft_id),
        lineage: Some(Lineage { draft_id, changed: Changed::between(TEXT, text) }),
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: passed(text),
        held_until: None,
    }
}

pub(super) fn sent(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplySent { reply_id, attempt: 1, accepted_at: at(10), external_id: None }
}

pub(super) fn unknown(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyOutcomeUnknown {
        reply_id,
        attempt: 1,
        reason: UnknownReason::Timeout,
        at: at(10),
    }
}

pub(super) fn published(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyPublished { reply_id, seen_at: at(60) }
}

pub(super) fn edit_requested(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyEditRequested {
        reply_id,
        replaces: FIRST,
        text: EDITED.to_owned().into(),
        guardrails: passed(EDITED),
        held_until: None,
    }
}

pub(super) fn question() -> InteractionEvent {
    let source = Source { channel: Channel::Question, ..source() };
    InteractionEvent::Ingested { source, content: content("Колется?") }
}

pub(super) fn rejection_requested(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::RejectionRequested {
        reply_id,
        text: REASON.to_owned().into(),
        held_until: None,
    }
}

pub(super) fn rejection_sent(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::RejectionSent { reply_id, attempt: 1, accepted_at: at(10) }
}

pub(super) fn rejection(reply_id: ReplyId) -> InteractionCommand {
    InteractionCommand::RequestRejection {
        reply_id,
        text: REASON.into(),
        timing: Timing::default(),
    }
}

pub(super) fn reply(reply_id: ReplyId, text: &str) -> InteractionCommand {
    reply_at(reply_id, text, Timing::default())
}

pub(super) fn reply_at(reply_id: ReplyId, text: &str, timing: Timing) -> InteractionCommand {
    InteractionCommand::RequestReply {
        reply_id,
        text: text.into(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing,
        grounds: Grounds::default(),
    }
}

pub(super) fn edit(reply_id: ReplyId, at: DateTime<Utc>) -> InteractionCommand {
    InteractionCommand::RequestEdit {
        reply_id,
        text: EDITED.into(),
        at,
        timing: Timing::default(),
        grounds: Grounds::default(),
    }
}

pub(super) fn send_again(reply_id: ReplyId, basis: Option<u32>) -> InteractionCommand {
    InteractionCommand::SendAgain { reply_id, at: at(1_000), basis, grounds: Grounds::default() }
}

/// Reading could not tell what became of the third attempt.
pub(super) fn given_up(reply_id: ReplyId, failure: SendFailure) -> InteractionEvent {
    InteractionEvent::ReplySendFailed {
        reply_id,
        attempt: 3,
        failure,
        marketplace_text: None,
        retry_at: None,
        looks: vec![Look { at: at(600), saw: Saw::Absent }],
    }
}

pub(super) fn refused(text: &str) -> InteractionEvent {
    let place = Some(Place { start: 0, end: 3 });
    let errors = vec![Noted { rule: "ai_mention".into(), place, listed: None }];
    InteractionEvent::ReplyRefused {
        kind: ReplyKind::Answer,
        text: text.to_owned().into(),
        guardrails: Refused {
            version: guardrail::VERSION,
            own_version: 0,
            errors,
            warnings: vec![],
        },
    }
}

/// The interaction after `history`.
pub(super) fn after(history: &[InteractionEvent]) -> Interaction {
    use cqrs_es::Aggregate as _;

    let mut interaction = Interaction::default();
    for event in history {
        interaction.apply(event.clone());
    }
    interaction
}

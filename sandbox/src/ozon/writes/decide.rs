//! What each writing method does, or why it does not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Change, Decision};
use crate::ozon::Endpoint;
use crate::ozon::chat::{Chat, ChatCard, ChatType, Message};
use crate::ozon::gate::Passage;
use crate::ozon::problem::Refusal;
use crate::ozon::request::{Fields, check_length, invalid};
use crate::ozon::review::{Comment, Status};
use crate::ozon::shop::Shop;
use crate::ozon::words::{Author, Moderation, Schedule, Verdict, Words};

/// Length of a chat message, in characters ("Отправить сообщение").
const MESSAGE_CHARS: std::ops::RangeInclusive<usize> = 1..=1_000;
/// Length of an answer to a question, in characters ("Создать ответ на вопрос").
const ANSWER_CHARS: std::ops::RangeInclusive<usize> = 2..=3_000;
/// Reviews whose status is changed at once.
const REVIEWS: std::ops::RangeInclusive<usize> = 1..=100;

/// Decides what a permitted request does.
pub(super) fn decide(
    passage: &Passage<'_>,
    seller: &str,
    fields: &Fields,
    schedule: Schedule,
) -> Result<Decision, Refusal> {
    let shop = passage.shop(seller);
    match passage.call.endpoint {
        Endpoint::ChatSendMessage => {
            check_chat(passage, shop, fields)?;
            let text = fields.required_text("text")?;
            check_length("text", text, MESSAGE_CHARS)?;
            Ok(send(shop, text, None, schedule))
        }
        Endpoint::ChatSendFile => {
            check_chat(passage, shop, fields)?;
            let name = fields.required_text("name")?;
            let content = fields.required_text("base64_content")?;
            if STANDARD.decode(content).is_err() {
                return Err(invalid("base64_content", "value must be base64"));
            }
            if name
                .rsplit_once('.')
                .is_none_or(|(stem, ending)| stem.is_empty() || ending.is_empty())
            {
                return Err(invalid("name", "value must have an extension"));
            }
            Ok(send(shop, "", Some(name.to_owned()), schedule))
        }
        Endpoint::ChatStart => start(passage, shop, fields),
        Endpoint::ChatRead => read(passage, shop, fields),
        Endpoint::CommentCreate => comment(passage, shop, fields, schedule),
        Endpoint::CommentDelete => {
            let id = fields.required_text("comment_id")?;
            let sku: u64 = fields.required_number("sku")?;
            let review = shop.review_of(id).filter(|review| review.sku == sku);
            let own = review.and_then(|review| {
                let is_own = |it: &&Comment| it.words.id == id && it.is_of_seller();
                review.comments.iter().find(is_own).filter(|it| !it.words.is_deleted)
            });
            own.ok_or_else(|| Refusal::not_found("comment"))?;
            Ok(Decision { change: Change::WordsDeleted, body: None })
        }
        Endpoint::AnswerCreate => answer(passage, shop, fields, schedule),
        Endpoint::AnswerDelete => {
            let id = fields.required_text("answer_id")?;
            let sku: u64 = fields.required_number("sku")?;
            let question = shop.question_of(id).filter(|question| question.sku == sku);
            let own = question.and_then(|question| {
                let is_own = |it: &&Words| it.id == id && it.by != Author::Buyer && !it.is_deleted;
                question.answers.iter().find(is_own)
            });
            own.ok_or_else(|| Refusal::not_found("answer"))?;
            Ok(Decision { change: Change::WordsDeleted, body: None })
        }
        Endpoint::ReviewChangeStatus => {
            let ids = fields.texts("review_ids")?;
            if !REVIEWS.contains(&ids.len()) {
                return Err(invalid("review_ids", "value must contain between 1 and 100 items"));
            }
            let is_known = ids.iter().all(|id| shop.reviews.contains_key(id));
            set_status(fields, ids, is_known, "review")
        }
        Endpoint::QuestionChangeStatus => {
            let ids = fields.texts("question_ids")?;
            if ids.is_empty() {
                return Err(invalid("question_ids", "value is required"));
            }
            let is_known = ids.iter().all(|id| shop.questions.contains_key(id));
            set_status(fields, ids, is_known, "question")
        }
        Endpoint::Roles
        | Endpoint::ChatList
        | Endpoint::ChatHistory
        | Endpoint::ReviewList
        | Endpoint::ReviewInfo
        | Endpoint::ReviewCount
        | Endpoint::CommentList
        | Endpoint::QuestionList
        | Endpoint::QuestionInfo
        | Endpoint::QuestionCount
        | Endpoint::AnswerList => Ok(Decision { change: Change::Nothing, body: None }),
    }
}

fn known_chat<'a>(shop: &'a Shop, fields: &Fields) -> Result<&'a Chat, Refusal> {
    let id = fields.required_text("chat_id")?;
    shop.chats.get(id).ok_or_else(|| Refusal::not_found("chat"))
}

fn check_chat(passage: &Passage<'_>, shop: &Shop, fields: &Fields) -> Result<(), Refusal> {
    let chat = known_chat(shop, fields)?;
    chat.check_writable(shop.posting_of(chat), passage.now)
}

fn send(shop: &Shop, text: &str, file: Option<String>, schedule: Schedule) -> Decision {
    // Ids are in the order in which messages come to stand there; one that is carried out late comes late.
    let id = shop.next_message(schedule.applies_at).to_string();
    let words = Words::new(id, text, Author::Seller, schedule);
    let message = Message { words, file, updated_at: None };
    Decision { change: Change::MessageSent { message }, body: Some(json!({ "result": "success" })) }
}

/// Opens a chat about a posting; one that is open already is given again.
fn start(passage: &Passage<'_>, shop: &Shop, fields: &Fields) -> Result<Decision, Refusal> {
    let number = fields.required_text("posting_number")?;
    let posting = shop.postings.get(number).ok_or_else(|| Refusal::not_found("posting"))?;
    posting.check_start(passage.now)?;
    let is_about = |chat: &&Chat| chat.card.posting.as_deref() == Some(number) && !chat.is_closed;
    let (id, change) = match shop.chats.values().find(is_about) {
        Some(chat) => (chat.card.id.clone(), Change::Nothing),
        None => {
            let id = passage.draw("chat").uuid().to_string();
            let chat = ChatCard {
                id: id.clone(),
                chat_type: ChatType::BuyerSeller,
                created_at: passage.now,
                posting: Some(number.to_owned()),
                customer_id: 100_000 + passage.draw("customer").below(900_000),
            };
            (id, Change::ChatStarted { chat })
        }
    };
    Ok(Decision { change, body: Some(json!({ "result": { "chat_id": id } })) })
}

/// Marks a message and all before it as read; all, when the request names none.
fn read(passage: &Passage<'_>, shop: &Shop, fields: &Fields) -> Result<Decision, Refusal> {
    let chat = known_chat(shop, fields)?;
    let up_to = match fields.number::<u128>("from_message_id")? {
        Some(id) if chat.messages.contains_key(&id) => id,
        Some(_) => return Err(Refusal::not_found("message")),
        None => chat.position(passage.now),
    };
    let left = chat.unread(passage.now, chat.read_to.max(up_to)).count();
    Ok(Decision {
        change: Change::ChatRead { up_to: up_to.to_string() },
        body: Some(json!({ "unread_count": left })),
    })
}

fn comment(
    passage: &Passage<'_>,
    shop: &Shop,
    fields: &Fields,
    schedule: Schedule,
) -> Result<Decision, Refusal> {
    let review_id = fields.required_text("review_id")?;
    let text = fields.required_text("text")?;
    let parent = fields.text("parent_comment_id")?.map(str::to_owned);
    let marks_processed = fields.flag("mark_review_as_processed")?;
    let review = shop.reviews.get(review_id).ok_or_else(|| Refusal::not_found("review"))?;
    let is_there = |id: &String| review.comments.iter().any(|comment| comment.words.id == *id);
    if parent.as_ref().is_some_and(|parent| !is_there(parent)) {
        return Err(Refusal::not_found("parent comment"));
    }
    let id = passage.draw("comment").uuid_v7(schedule.applies_at).to_string();
    let words = Words::new(id.clone(), text, Author::Seller, schedule);
    Ok(Decision {
        change: Change::CommentCreated { comment: Comment { words, parent }, marks_processed },
        body: Some(json!({ "comment_id": id })),
    })
}

fn answer(
    passage: &Passage<'_>,
    shop: &Shop,
    fields: &Fields,
    schedule: Schedule,
) -> Result<Decision, Refusal> {
    let question_id = fields.required_text("question_id")?;
    let sku: u64 = fields.required_number("sku")?;
    let text = fields.required_text("text")?;
    check_length("text", text, ANSWER_CHARS)?;
    let question = shop.questions.get(question_id).filter(|question| question.sku == sku);
    let question = question.ok_or_else(|| Refusal::not_found("question"))?;
    let id = passage.draw("answer").uuid_v7(schedule.applies_at).to_string();
    let mut words = Words::new(id.clone(), text, Author::Seller, schedule);
    if question.has_answer(text) {
        words.verdict = Some(Verdict { state: Moderation::Duplicate, reason: String::new() });
    }
    Ok(Decision {
        change: Change::AnswerCreated { answer: words },
        body: Some(json!({ "answer_id": id })),
    })
}

/// Changes all of them, or none when one is not there.
fn set_status(
    fields: &Fields,
    ids: Vec<String>,
    is_known: bool,
    what: &str,
) -> Result<Decision, Refusal> {
    let status = fields.required_text("status")?;
    let set_to: Status = status
        .parse()
        .map_err(|_| invalid("status", "value must be one of the defined enum values"))?;
    if !is_known {
        return Err(Refusal::not_found(what));
    }
    Ok(Decision { change: Change::StatusSet { ids, set_to }, body: None })
}

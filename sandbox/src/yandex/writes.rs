//! The writing methods: checked as documented, written to the ledger, then carried out.

mod answers;
mod asked;
mod chats;
mod comments;
mod upload;

use serde_json::{Value, json};

pub(super) use self::asked::Request;
use super::cabinet::Cabinet;
use super::entry::{Change, Effect, Entry, WriteEntry};
use super::gate::Passage;
use super::note::{Note, Schedule, after};
use super::notify;
use super::problem::{Refusal, success};
use crate::chance::sha256_hex;
use crate::exchange::{Delivery, Outcome};
use crate::faults::Fault;
use crate::world;

/// How long moderation takes for what it will ban of itself, in seconds.
const MODERATION_SECONDS: u64 = 60;

/// What an accepted request does and how it is answered.
struct Plan {
    effect: Effect,
    created: Option<u64>,
    schedule: Option<Schedule>,
    changes: Vec<Change>,
    result: Option<Value>,
}

/// Where the seller's words are seen.
enum Subject {
    Chat(u64),
    Feedback(u64),
    Question(u64),
}

/// Carries out a write, unless it is refused; either way it is in the ledger before it is answered.
pub(super) fn handle(
    passage: &mut Passage<'_>,
    seller: &str,
    asked: Result<Request, Refusal>,
    refusal: Option<Outcome>,
) -> Outcome {
    let request = match asked {
        Ok(request) => request,
        // Without a target and a text there is nothing to keep in the ledger.
        Err(problem) => return refusal.unwrap_or_else(|| Outcome::given(problem.reply())),
    };
    let planned = match refusal {
        Some(refusal) => Err(refusal),
        None => plan(passage, seller, &request).map_err(|problem| Outcome::given(problem.reply())),
    };
    let (plan, outcome) = match planned {
        Ok(mut plan) => {
            if plan.effect == Effect::Applied && passage.fires(Fault::NoEffect) {
                plan =
                    Plan { effect: Effect::Swallowed, changes: Vec::new(), schedule: None, ..plan };
            }
            let reply = success(plan.result.take());
            (plan, passage.deliver(reply))
        }
        Err(outcome) => (Plan::refused(), outcome),
    };
    let cabinet = passage.cabinet(seller);
    let mut entries: Vec<world::Entry> = notify::entries(seller, cabinet, &plan.changes)
        .into_iter()
        .map(world::Entry::from)
        .collect();
    let line = line(passage, seller, &request, plan, &outcome);
    entries.insert(0, Entry::Write(Box::new(line)).into());
    match passage.world.record(entries) {
        Ok(()) => outcome,
        Err(_) => {
            let message = "the ledger cannot be written, nothing was applied";
            Outcome::given(Refusal::internal(message).reply())
        }
    }
}

fn plan(passage: &mut Passage<'_>, seller: &str, request: &Request) -> Result<Plan, Refusal> {
    match request {
        Request::Message { chat, text } => chats::message(passage, seller, *chat, text),
        Request::File { chat, file } => chats::file(passage, seller, *chat, file),
        Request::NewChat { kind, id } => chats::open(passage, seller, *kind, *id),
        Request::Comment { feedback, parent, text } => {
            comments::write(passage, seller, *feedback, *parent, text)
        }
        Request::EditComment { feedback, comment, text } => {
            comments::edit(passage, seller, *feedback, *comment, text)
        }
        Request::DeleteComment { comment } => comments::delete(passage, seller, *comment),
        Request::SkipReaction { feedbacks } => comments::skip(passage, seller, feedbacks),
        Request::Answer { parent, text } => answers::write(passage, seller, *parent, text),
        Request::EditAnswer { entity, text } => answers::edit(passage, seller, *entity, text),
        Request::DeleteAnswer { entity } => answers::delete(passage, seller, *entity),
    }
}

impl Plan {
    fn applied(changes: Vec<Change>) -> Self {
        Self { effect: Effect::Applied, created: None, schedule: None, changes, result: None }
    }

    fn refused() -> Self {
        Self { effect: Effect::Refused, ..Self::applied(Vec::new()) }
    }

    /// What was asked for is so already.
    fn nothing_to_do() -> Self {
        Self { effect: Effect::NothingToDo, ..Self::applied(Vec::new()) }
    }

    fn creating(self, id: u64) -> Self {
        Self { created: Some(id), ..self }
    }

    fn on(self, schedule: Schedule) -> Self {
        Self { schedule: Some(schedule), ..self }
    }

    fn answering(self, result: Value) -> Self {
        Self { result: Some(result), ..self }
    }
}

/// When something accepted takes effect, with the faults that delay it.
fn schedule(passage: &mut Passage<'_>) -> Schedule {
    let Passage { world, key, now, .. } = passage;
    let applies_in = world.faults.fires(Fault::ApplyLate, key).map(|firing| firing.drawn());
    let visible_in = world.faults.fires(Fault::VisibleLate, key).map(|firing| firing.drawn());
    Schedule::at_once(after(after(*now, applies_in), visible_in))
}

/// The same for words that are moderated.
fn moderated(passage: &mut Passage<'_>, text: &str) -> Schedule {
    let schedule = schedule(passage);
    let Passage { world, key, .. } = passage;
    let rejected_in = world.faults.fires(Fault::Rejected, key).map(|firing| firing.exactly());
    let banned_in = rejected_in
        .or_else(|| has_contacts(text).then(|| std::time::Duration::from_secs(MODERATION_SECONDS)));
    let moderated_in = match banned_in {
        Some(_) => banned_in,
        None => world.faults.fires(Fault::ReviewRequired, key).map(|firing| firing.exactly()),
    };
    Schedule {
        moderated_at: moderated_in.map(|delay| after(schedule.visible_at, Some(delay))),
        is_banned: banned_in.is_some(),
        ..schedule
    }
}

/// "It must contain no contacts of the shop and no links to sites but the Market."
fn has_contacts(text: &str) -> bool {
    let text = text.to_lowercase();
    let is_link = |word: &str| {
        let address = word.split_once("://").map(|(_, address)| address);
        let address = address.or_else(|| word.starts_with("www.").then_some(word));
        address.is_some_and(|address| {
            !address.trim_start_matches("www.").starts_with("market.yandex.ru")
        })
    };
    let is_mail = |word: &str| word.split_once('@').is_some_and(|(_, host)| host.contains('.'));
    let digits = text.chars().filter(|c| !" -()+".contains(*c)).collect::<String>();
    let has_phone = digits.split(|c: char| !c.is_ascii_digit()).any(|number| number.len() >= 10);
    has_phone || text.split_whitespace().any(|word| is_link(word) || is_mail(word))
}

fn line(
    passage: &Passage<'_>,
    seller: &str,
    request: &Request,
    plan: Plan,
    outcome: &Outcome,
) -> WriteEntry {
    let cabinet = passage.cabinet(seller);
    let (action, target, text) = (request.action(), request.target(), request.text());
    let text_sha256 = request.content_sha256().map_or_else(|| sha256_hex(text), str::to_owned);
    let applied = plan.effect == Effect::Applied;
    WriteEntry {
        seller: seller.to_owned(),
        action,
        endpoint: passage.call.endpoint.name(),
        applied,
        effect: plan.effect,
        created: plan.created,
        schedule: plan.schedule,
        answer: outcome.delivery,
        status: (outcome.delivery == Delivery::Given).then(|| outcome.reply.status.as_u16()),
        delay_ms: u64::try_from(outcome.delay.as_millis()).unwrap_or(u64::MAX),
        deliveries: cabinet.deliveries(action, &target, &text_sha256) + u64::from(applied),
        buyer_sees: buyer_will_see(cabinet, request, &plan.changes),
        changes: plan.changes,
        text: text.to_owned(),
        text_sha256,
        target,
    }
}

/// The seller's words where the request puts its own, once all that was accepted has taken effect.
fn buyer_will_see(cabinet: &Cabinet, request: &Request, changes: &[Change]) -> Vec<String> {
    let Some(subject) = request.subject(cabinet) else { return Vec::new() };
    // The part of the cabinet that matters, with the changes in it.
    let mut then = Cabinet::new(cabinet.business_id);
    match subject {
        Subject::Chat(id) => {
            then.chats.extend(cabinet.chats.get(&id).map(|chat| (id, chat.clone())))
        }
        Subject::Feedback(_) | Subject::Question(_) => {
            let notes = words_about(cabinet, &subject).map(|note| (note.id, note.clone()));
            then.notes.extend(notes);
        }
    }
    changes.iter().for_each(|change| then.change(change.clone()));
    match subject {
        Subject::Chat(id) => {
            let texts = then.chats.get(&id).map(|chat| chat.partner_texts()).unwrap_or_default();
            texts.into_iter().map(str::to_owned).collect()
        }
        Subject::Feedback(_) | Subject::Question(_) => {
            let own = words_about(&then, &subject).filter(|note| note.is_of_seller());
            own.filter_map(Note::will_be_public).map(str::to_owned).collect()
        }
    }
}

/// Everything written under a review or a question.
fn words_about<'a>(
    cabinet: &'a Cabinet,
    subject: &Subject,
) -> Box<dyn Iterator<Item = &'a Note> + 'a> {
    match *subject {
        Subject::Chat(_) => Box::new(std::iter::empty()),
        Subject::Feedback(id) => Box::new(cabinet.comments(id)),
        Subject::Question(id) => Box::new(
            cabinet
                .answers(id)
                .flat_map(|answer| std::iter::once(answer).chain(cabinet.comments_on(answer.id))),
        ),
    }
}

/// The answer that tells what was created.
fn entity(id: u64, kind: &'static str) -> Value {
    json!({ "entity": { "id": id, "type": kind } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_and_foreign_links_are_found() {
        for text in [
            "Пишите на shop@example.com",
            "Подробнее на https://shop.example/sale",
            "заходите www.shop.example",
            "Звоните +7 (912) 345-67-89",
        ] {
            assert!(has_contacts(text), "{text}");
        }
        for text in [
            "Спасибо за отзыв!",
            "Карточка: https://market.yandex.ru/product/1",
            "Заказ 123456789, размер 42",
            "Прогуляйтесь @ парк",
        ] {
            assert!(!has_contacts(text), "{text}");
        }
    }
}

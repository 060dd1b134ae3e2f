//! What test buyers write on Yandex.Market, with the notifications about it.

use super::cabinet::Cabinet;
use super::chat::{Chat, ChatKind, ChatStatus, ContextKind, Sender};
use super::entry::{Change, Entry};
use super::notify;
use super::seeds::{self, WrittenChat, WrittenMessage, WrittenQuestion};
use crate::corpus::{self, ChatPart};
use crate::traffic::{Occasion, Writing};
use crate::world::{self, World};

/// Of a hundred new chats so many are about no order.
const DIRECT_PERCENT: u64 = 30;

/// One act of a test buyer; none when nobody sells here.
pub(crate) fn buyer_acts(world: &World, occasion: &Occasion) -> anyhow::Result<Vec<world::Entry>> {
    let cabinets: Vec<(&String, &Cabinet)> = world.yandex.cabinets.iter().collect();
    let Some((seller, cabinet)) = occasion.one_of("seller", &cabinets) else {
        return Ok(Vec::new());
    };
    let (now, draws) = (occasion.now, |what: &str| occasion.draw(what));
    let change = match occasion.writing()? {
        Writing::Review(review) => {
            Change::FeedbackWritten(seeds::feedback(cabinet, &review, now, now, &draws))
        }
        Writing::Question(corpus::WrittenQuestion { product, text }) => {
            let (product, user) = (Some(product), occasion.name()?);
            let question = WrittenQuestion { text, product, user, answer: None, comment: None };
            Change::QuestionWritten(seeds::question_of(cabinet, &question, now, &draws))
        }
        Writing::Message => writes(cabinet, occasion)?,
    };
    let changes = vec![change];
    let told = notify::entries(seller, cabinet, &changes);
    let happened = changes.into_iter().map(|change| Entry::happened(seller, change));
    Ok(happened.chain(told).map(world::Entry::from).collect())
}

/// The buyer goes on in a chat, or begins one.
fn writes(cabinet: &Cabinet, occasion: &Occasion) -> anyhow::Result<Change> {
    let now = occasion.now;
    let is_open =
        |chat: &&Chat| chat.kind == ChatKind::Chat && chat.status(now) != ChatStatus::Finished;
    let chats: Vec<&Chat> = cabinet.chats.values().filter(is_open).collect();
    let known = occasion.goes_on_in(&chats);
    let part = if known.is_some() { ChatPart::Reply } else { ChatPart::Opening };
    let text = Some(occasion.words(part)?);
    let message = WrittenMessage { by: Sender::Customer, text, files: Vec::new() };
    if let Some(chat) = known {
        let id = cabinet.next_id(&occasion.draw("message id"));
        let message = seeds::message_of(id, &message, now);
        return Ok(Change::MessageWritten { chat: chat.id, message });
    }
    let is_direct = occasion.often("direct", DIRECT_PERCENT);
    let begun = WrittenChat {
        about: if is_direct { ContextKind::Direct } else { ContextKind::Order },
        user: occasion.name()?,
        order_id: None,
        messages: vec![message],
        finished: false,
    };
    let mut chat = seeds::chat_of(cabinet, &begun, now, &|what: &str| occasion.draw(what));
    // What is written now is there at once.
    for message in &mut chat.messages {
        (message.created_at, message.visible_at) = (now, now);
    }
    Ok(Change::ChatOpened(chat))
}

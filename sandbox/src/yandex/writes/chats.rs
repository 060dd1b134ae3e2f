//! Messages and files into a chat, and new chats.

use super::super::chat::{
    Chat, ChatKind, ChatStatus, Context, ContextKind, Message, Sender, SentFile,
};
use super::super::entry::Change;
use super::super::gate::Passage;
use super::super::problem::Refusal;
use super::super::request::check_text;
use super::upload::Upload;
use super::{Plan, schedule};

/// Longest message, in characters.
const TEXT_CHARS_MAX: usize = 4_096;

pub(super) fn message(
    passage: &mut Passage<'_>,
    seller: &str,
    chat: u64,
    text: &str,
) -> Result<Plan, Refusal> {
    check_text("message", text, TEXT_CHARS_MAX)?;
    write(passage, seller, chat, Some(text.to_owned()), Vec::new())
}

pub(super) fn file(
    passage: &mut Passage<'_>,
    seller: &str,
    chat: u64,
    file: &Upload,
) -> Result<Plan, Refusal> {
    // A reserved name: nothing is fetched from anybody's host.
    let url = format!("https://messenger.example/files/{}", &file.sha256[..24]);
    let sent = SentFile { name: file.name.clone(), size: file.size, url };
    write(passage, seller, chat, None, vec![sent])
}

/// Nobody writes into a finished chat; the documents say nothing of it.
fn write(
    passage: &mut Passage<'_>,
    seller: &str,
    chat: u64,
    text: Option<String>,
    files: Vec<SentFile>,
) -> Result<Plan, Refusal> {
    let known = passage.cabinet(seller).chat(chat, passage.now);
    let known = known.ok_or_else(|| Refusal::not_found("Chat", chat))?;
    if known.status(passage.now) == ChatStatus::Finished {
        return Err(Refusal::bad_request(format!("Chat is finished: '{chat}'")));
    }
    let id = passage.cabinet(seller).next_id(&passage.draw("message"));
    let schedule = schedule(passage);
    let message = Message {
        id,
        sender: Sender::Partner,
        created_at: schedule.visible_at,
        visible_at: schedule.visible_at,
        text,
        files,
    };
    Ok(Plan::applied(vec![Change::MessageWritten { chat, message }]).creating(id).on(schedule))
}

/// A chat about an order or a return of the seller's; one that exists is answered with.
pub(super) fn open(
    passage: &mut Passage<'_>,
    seller: &str,
    kind: ContextKind,
    id: u64,
) -> Result<Plan, Refusal> {
    let cabinet = passage.cabinet(seller);
    let is_it = |chat: &&Chat| {
        let known = match kind {
            ContextKind::Order => chat.context.order_id,
            ContextKind::Return => chat.context.return_id,
            ContextKind::Direct => None,
        };
        chat.context.kind == kind && known == Some(id)
    };
    if let Some(chat) = cabinet.chats.values().find(is_it) {
        let result = serde_json::json!({ "chatId": chat.id });
        return Ok(Plan::nothing_to_do().answering(result));
    }
    let what = if kind == ContextKind::Order { "Order" } else { "Return" };
    let (order_id, customer) =
        cabinet.find_order(kind, id).ok_or_else(|| Refusal::not_found(what, id))?;
    let (campaign_id, chat_id) = (cabinet.campaign_id(), cabinet.next_id(&passage.draw("chat")));
    let schedule = schedule(passage);
    let chat = Chat {
        id: chat_id,
        context: Context {
            kind,
            customer,
            campaign_id: Some(campaign_id),
            order_id: Some(order_id),
            return_id: (kind == ContextKind::Return).then_some(id),
        },
        kind: ChatKind::Chat,
        created_at: passage.now,
        visible_at: schedule.visible_at,
        turn: None,
        messages: Vec::new(),
    };
    let result = serde_json::json!({ "chatId": chat_id });
    let plan = Plan::applied(vec![Change::ChatOpened(chat)]).creating(chat_id).on(schedule);
    Ok(plan.answering(result))
}

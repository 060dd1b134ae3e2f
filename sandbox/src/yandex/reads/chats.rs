//! Chats and their messages.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::chat::{Chat, ChatKind, ChatStatus, ContextKind};
use super::super::gate::Passage;
use super::super::page::Order;
use super::super::problem::Refusal;
use super::super::request::{Parameters, body};
use super::{Listed, page, served};

/// What [`list`] is asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    order_ids: Option<Vec<u64>>,
    contexts: Option<Vec<ContextFilter>>,
    context_types: Option<Vec<ContextKind>>,
    types: Option<Vec<ChatKind>>,
    statuses: Option<Vec<ChatStatus>>,
}

#[derive(Deserialize)]
struct ContextFilter {
    #[serde(rename = "type")]
    kind: ContextKind,
    id: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HistoryFilter {
    message_id_from: Option<u64>,
}

/// The newest chats first; the specification names no order.
pub(super) fn list(
    passage: &mut Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let filter: Filter = body(passage.call, true)?;
    filter.check()?;
    let wanted = parameters.page(10, 20)?;
    let now = passage.now;
    let chats = passage.cabinet(seller).chats.values();
    let chats = chats.filter(|chat| chat.visible_at <= now && filter.keeps(chat, chat.status(now)));
    let list: Vec<Listed> = chats
        .map(|chat| Listed {
            place: (chat.created_at.timestamp_micros(), chat.id),
            id: chat.id,
            served: chat.served(now),
        })
        .collect();
    let page = page(passage, seller, list, Order::NewestFirst, wanted);
    Ok(json!({ "chats": page.items, "paging": page.paging }))
}

pub(super) fn one(
    passage: &Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let chat = chat(passage, seller, parameters)?;
    Ok(served(passage, seller, chat.id, chat.served(passage.now)))
}

/// Messages in the order they became visible, from `messageIdFrom` on, which belongs to them: so a public client
/// found it, and the specification's "beginning with which message" allows.
pub(super) fn history(
    passage: &mut Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let filter: HistoryFilter = body(passage.call, true)?;
    let wanted = parameters.page(50, 100)?;
    let (now, chat) = (passage.now, chat(passage, seller, parameters)?);
    let messages = chat.messages(now);
    let from = match filter.message_id_from {
        None => 0,
        Some(id) => messages
            .iter()
            .position(|message| message.id == id)
            .ok_or_else(|| Refusal::not_found("Message", id))?,
    };
    let list: Vec<Listed> = messages[from..]
        .iter()
        .map(|message| Listed {
            place: (message.visible_at.timestamp_micros(), message.id),
            id: message.id,
            served: message.served(),
        })
        .collect();
    let (context, order_id) = (chat.context.served(), chat.context.order_id);
    let page = page(passage, seller, list, Order::OldestFirst, wanted);
    let mut result = json!({ "context": context, "messages": page.items, "paging": page.paging });
    if let Some(order_id) = order_id {
        result["orderId"] = json!(order_id);
    }
    Ok(result)
}

pub(super) fn message(
    passage: &Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let chat = chat(passage, seller, parameters)?;
    let id = parameters.id("messageId")?;
    let messages = chat.messages(passage.now);
    let message = messages.into_iter().find(|message| message.id == id);
    let message = message.ok_or_else(|| Refusal::not_found("Message", id))?;
    Ok(served(passage, seller, id, message.served()))
}

fn chat<'a>(
    passage: &'a Passage<'_>,
    seller: &str,
    parameters: &Parameters,
) -> Result<&'a Chat, Refusal> {
    let id = parameters.id("chatId")?;
    let chat = passage.cabinet(seller).chat(id, passage.now);
    chat.ok_or_else(|| Refusal::not_found("Chat", id))
}

impl Filter {
    /// Lists may be absent or null, not empty, and name nothing twice.
    fn check(&self) -> Result<(), Refusal> {
        let order_ids = self.order_ids.clone();
        super::super::request::list("orderIds", order_ids, usize::MAX)?;
        let words = [
            (
                "contexts",
                self.contexts.as_ref().map(|list| list.iter().map(ContextFilter::word).collect()),
            ),
            ("contextTypes", self.context_types.as_ref().map(|list| words(list))),
            ("types", self.types.as_ref().map(|list| words(list))),
            ("statuses", self.statuses.as_ref().map(|list| words(list))),
        ];
        for (name, words) in words {
            let _: Option<BTreeSet<String>> =
                super::super::request::list::<String>(name, words, usize::MAX)?;
        }
        Ok(())
    }

    fn keeps(&self, chat: &Chat, status: ChatStatus) -> bool {
        let context = &chat.context;
        let is_context = |wanted: &ContextFilter| {
            let id = match wanted.kind {
                ContextKind::Order => context.order_id,
                ContextKind::Return => context.return_id,
                ContextKind::Direct => None,
            };
            wanted.kind == context.kind && id == Some(wanted.id)
        };
        let has_order = |ids: &Vec<u64>| context.order_id.is_some_and(|id| ids.contains(&id));
        self.order_ids.as_ref().is_none_or(has_order)
            && self.contexts.as_ref().is_none_or(|contexts| contexts.iter().any(is_context))
            && self.context_types.as_ref().is_none_or(|kinds| kinds.contains(&context.kind))
            && self.types.as_ref().is_none_or(|kinds| kinds.contains(&chat.kind))
            && self.statuses.as_ref().is_none_or(|statuses| statuses.contains(&status))
    }
}

impl ContextFilter {
    fn word(&self) -> String {
        format!("{} {}", <&str>::from(self.kind), self.id)
    }
}

fn words<T: Copy + Into<&'static str>>(list: &[T]) -> Vec<String> {
    list.iter()
        .map(|word| {
            let word: &'static str = (*word).into();
            word.to_owned()
        })
        .collect()
}

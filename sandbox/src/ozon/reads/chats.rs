//! The list of chats and the history of one.

use chrono::{DateTime, Utc};

use super::{Page, page, served};
use crate::ozon::chat::Chat;
use crate::ozon::problem::Refusal;
use crate::ozon::request::{Fields, invalid};
use crate::ozon::shop::Shop;

/// Chats in an answer at most, and when the request does not say.
const LIST_LIMIT: (usize, usize) = (100, 30);
/// Messages in an answer at most, and when the request does not say.
const HISTORY_LIMIT: (usize, usize) = (1_000, 50);

/// The chats with the newest message first; the cursor is the place of the last one given.
pub(super) fn list(shop: &Shop, fields: &Fields, now: DateTime<Utc>) -> Result<Page, Refusal> {
    let filter = fields.object("filter")?;
    let status = filter.word("chat_status", &["ALL", "OPENED", "CLOSED"])?;
    let unread_only = filter.flag("unread_only")?;
    let limit = limit(fields, LIST_LIMIT)?;
    let cursor: Option<u128> = fields.number("cursor")?;
    let wanted = |(position, chat): &(u128, &Chat)| {
        cursor.is_none_or(|cursor| *position < cursor)
            && (status == "ALL" || status == chat.status())
            && (!unread_only || chat.unread(now, chat.read_to).next().is_some())
    };
    let placed = shop.chats.values().filter(|chat| chat.card.created_at <= now);
    let mut chats: Vec<_> = placed.map(|chat| (chat.position(now), chat)).filter(wanted).collect();
    chats.sort_by(|(one, _), (other, _)| other.cmp(one));
    let listing = |(_, chat): &(u128, &Chat)| served(shop, &chat.card.id, || chat.listing(now));
    Ok(page(chats, limit, |(position, _)| position.to_string(), listing))
}

/// Messages of others that the seller has not marked as read, in all chats.
pub(super) fn total_unread(shop: &Shop, now: DateTime<Utc>) -> usize {
    shop.chats.values().map(|chat| chat.unread(now, chat.read_to).count()).sum()
}

/// The messages of a chat from one on, that one included.
pub(super) fn history(shop: &Shop, fields: &Fields, now: DateTime<Utc>) -> Result<Page, Refusal> {
    let chat_id = fields.required_text("chat_id")?;
    let is_forward = fields.word("direction", &["Backward", "Forward"])? == "Forward";
    let from: Option<u128> = fields.number("from_message_id")?;
    let limit = limit(fields, HISTORY_LIMIT)?;
    let ids = fields.object("filter")?.texts("message_ids")?;
    if is_forward && from.is_none() {
        return Err(invalid("from_message_id", "value is required for direction Forward"));
    }
    let chat = shop.chats.get(chat_id).ok_or_else(|| Refusal::not_found("chat"))?;
    let is_wanted = |id: u128| {
        let is_after = match from {
            Some(from) if is_forward => id >= from,
            Some(from) => id <= from,
            None => true,
        };
        is_after && (ids.is_empty() || ids.contains(&id.to_string()))
    };
    let mut messages: Vec<_> = chat.listed(now).filter(|(id, _)| is_wanted(*id)).collect();
    if !is_forward {
        messages.reverse();
    }
    let posting = shop.posting_of(chat);
    Ok(page(
        messages,
        limit,
        |(id, _)| id.to_string(),
        |(id, message)| {
            served(shop, &id.to_string(), || {
                chat.message_listing((*id, message), posting, shop.client_id, now)
            })
        },
    ))
}

/// Zero counts as not said.
fn limit(fields: &Fields, (most, usual): (usize, usize)) -> Result<usize, Refusal> {
    Ok(match fields.limit(0..=most, Some(usual))? {
        0 => usual,
        limit => limit,
    })
}

//! The reading methods.

mod chats;
mod questions;
mod reviews;

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::{Value, json};

use super::Endpoint;
use super::chat::moment;
use super::gate::Passage;
use super::problem::Refusal;
use super::request::{Fields, invalid};
use super::shop::{Key, Shop};
use crate::faults::Fault;

/// A page of a listing.
struct Page {
    items: Vec<Value>,
    has_next: bool,
    /// Where the next page begins.
    last: String,
}

/// Answers a reading call.
pub(super) fn handle(passage: &mut Passage<'_>, seller: &str, key: &Key) -> Result<Value, Refusal> {
    let fields = passage.fields.clone()?;
    let (shop, now) = (passage.shop(seller), passage.now);
    match passage.call.endpoint {
        Endpoint::Roles => Ok(json!({ "expires_at": moment(key.expires_at), "roles": key.roles })),
        Endpoint::ChatList => {
            let page = chats::list(shop, &fields, now)?;
            let unread = chats::total_unread(shop, now);
            Ok(json!({
                "chats": disturbed(passage, page.items),
                "total_unread_count": unread,
                "cursor": page.last,
                "has_next": page.has_next,
            }))
        }
        Endpoint::ChatHistory => {
            let page = chats::history(shop, &fields, now)?;
            let messages = disturbed(passage, page.items);
            Ok(json!({ "messages": messages, "has_next": page.has_next }))
        }
        Endpoint::ReviewList => {
            let page = reviews::list(shop, &fields, now)?;
            let reviews = disturbed(passage, page.items);
            Ok(json!({ "reviews": reviews, "has_next": page.has_next, "last_id": page.last }))
        }
        Endpoint::ReviewInfo => reviews::info(shop, &fields, now),
        Endpoint::ReviewCount => Ok(reviews::count(shop)),
        Endpoint::CommentList => {
            let (items, offset) = reviews::comments(shop, &fields, now)?;
            Ok(json!({ "comments": disturbed(passage, items), "offset": offset }))
        }
        Endpoint::QuestionList => {
            let page = questions::list(shop, &fields, now)?;
            let questions = disturbed(passage, page.items);
            Ok(json!({ "questions": questions, "has_next": page.has_next, "last_id": page.last }))
        }
        Endpoint::QuestionInfo => questions::info(shop, &fields, now),
        Endpoint::QuestionCount => Ok(questions::count(shop)),
        Endpoint::AnswerList => {
            let page = questions::answers(shop, seller, &fields, now)?;
            Ok(json!({ "answers": disturbed(passage, page.items), "last_id": page.last }))
        }
        Endpoint::ChatSendMessage
        | Endpoint::ChatSendFile
        | Endpoint::ChatStart
        | Endpoint::ChatRead
        | Endpoint::ReviewChangeStatus
        | Endpoint::CommentCreate
        | Endpoint::CommentDelete
        | Endpoint::QuestionChangeStatus
        | Endpoint::AnswerCreate
        | Endpoint::AnswerDelete => Ok(Value::Null),
    }
}

/// What stands in an item's place, if somebody spoiled it.
fn served(shop: &Shop, id: &str, listing: impl FnOnce() -> Value) -> Value {
    shop.served.get(id).cloned().unwrap_or_else(listing)
}

/// The items after `last_id` of a listing by ids, which are by time.
fn after<'a, T>(
    items: impl DoubleEndedIterator<Item = (&'a String, &'a T)> + 'a,
    is_ascending: bool,
    last_id: Option<&'a str>,
) -> Vec<(&'a String, &'a T)> {
    let is_after = |id: &str| match last_id {
        None => true,
        Some(last) if is_ascending => id > last,
        Some(last) => id < last,
    };
    let mut items: Vec<_> = items.filter(|(id, _)| is_after(id)).collect();
    if !is_ascending {
        items.reverse();
    }
    items
}

/// A page of items in their order.
fn page<T>(
    mut items: Vec<T>,
    limit: usize,
    id: impl Fn(&T) -> String,
    listing: impl Fn(&T) -> Value,
) -> Page {
    let has_next = items.len() > limit;
    items.truncate(limit);
    let last = items.last().map(id).unwrap_or_default();
    Page { items: items.iter().map(listing).collect(), has_next, last }
}

/// The period of a filter: later than its beginning, earlier than its end.
fn period(
    filter: &Fields,
    from: &str,
    to: &str,
) -> Result<impl Fn(DateTime<Utc>) -> bool + use<>, Refusal> {
    let (begin, end) = (filter.moment(from)?, filter.moment(to)?);
    if begin.zip(end).is_some_and(|(begin, end)| begin > end) {
        return Err(invalid(from, "period ends before it begins"));
    }
    Ok(move |at: DateTime<Utc>| {
        // As precisely as it is told, or an item would be later than its own moment.
        let at = at.trunc_subsecs(3);
        begin.is_none_or(|begin| at > begin) && end.is_none_or(|end| at < end)
    })
}

/// A listing as faults leave it: with one item twice or in another order, never with one missing.
fn disturbed(passage: &mut Passage<'_>, mut items: Vec<Value>) -> Vec<Value> {
    if items.is_empty() {
        return items;
    }
    if passage.fires(Fault::Duplicated) {
        let place =
            |n| passage.world.faults.detail("duplicate", &passage.key, n) as usize % items.len();
        let (from, to) = (place(0), place(1));
        items.insert(to, items[from].clone());
    }
    if passage.fires(Fault::Reordered) {
        let draws = (0..).map(|n| passage.world.faults.detail("order", &passage.key, n));
        let mut order: Vec<(u64, Value)> = draws.zip(items).collect();
        order.sort_by_key(|(draw, _)| *draw);
        items = order.into_iter().map(|(_, item)| item).collect();
    }
    items
}

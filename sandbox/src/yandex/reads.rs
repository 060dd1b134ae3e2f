//! The reading methods.

mod chats;
mod feedbacks;
mod questions;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cabinet::Key;
use super::endpoint::Endpoint;
use super::gate::Passage;
use super::note::Note;
use super::page::{self, Order, Page, Place, Wanted};
use super::problem::{Refusal, success};
use super::request::{self, Parameters};
use crate::exchange::Reply;
use crate::faults::Fault;

/// Answers a reading call.
pub(super) fn handle(passage: &mut Passage<'_>, seller: &str, key: &Key) -> Reply {
    match read(passage, seller, key) {
        Ok(result) => {
            let mut reply = success(Some(result));
            if passage.call.endpoint != Endpoint::Token && passage.fires(Fault::Malformed) {
                reply.body.truncate(reply.body.len() / 2);
            }
            reply
        }
        Err(refusal) => refusal.reply(),
    }
}

fn read(passage: &mut Passage<'_>, seller: &str, key: &Key) -> Result<Value, Refusal> {
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    match passage.call.endpoint {
        Endpoint::Token => {
            let scopes: Vec<String> = key.scopes.iter().map(|scope| scope.in_answers()).collect();
            Ok(json!({ "apiKey": { "name": key.name, "authScopes": scopes } }))
        }
        Endpoint::Chats => chats::list(passage, seller, &parameters),
        Endpoint::Chat => chats::one(passage, seller, &parameters),
        Endpoint::History => chats::history(passage, seller, &parameters),
        Endpoint::Message => chats::message(passage, seller, &parameters),
        Endpoint::Feedbacks => feedbacks::list(passage, seller, &parameters),
        Endpoint::Comments => feedbacks::comments(passage, seller, &parameters),
        Endpoint::Questions => questions::list(passage, seller, &parameters),
        Endpoint::Answers => questions::answers(passage, seller, &parameters),
        Endpoint::SendMessage
        | Endpoint::SendFile
        | Endpoint::NewChat
        | Endpoint::UpdateComment
        | Endpoint::DeleteComment
        | Endpoint::SkipReaction
        | Endpoint::UpdateAnswer => Err(Refusal::internal("a write was read")),
    }
}

/// Most ids in one request.
const IDS_MAX: usize = 50;

/// An item of a list: its place, its id, and how it is served.
struct Listed {
    place: Place,
    id: u64,
    served: Value,
}

/// What is asked for under a review or a question: all that is there, or what has certain ids.
enum Asked {
    Under(u64),
    Ids(BTreeSet<u64>),
}

impl Asked {
    /// Reads the two filters, of which there must be one: "Do not use this field together with other filters."
    fn read(under: (&str, Option<u64>), ids: (&str, Option<Vec<u64>>)) -> Result<Self, Refusal> {
        let (under_name, under) = under;
        let (ids_name, ids) = ids;
        match (under, request::list(ids_name, ids, IDS_MAX)?) {
            (Some(id), None) => Ok(Self::Under(id)),
            (None, Some(ids)) => Ok(Self::Ids(ids)),
            (Some(_), Some(_)) => {
                let message = format!("{ids_name} cannot be used with {under_name}");
                Err(Refusal::bad_request(message))
            }
            (None, None) => Err(Refusal::bad_request(format!("Missing field: {under_name}"))),
        }
    }
}

impl Listed {
    fn note(note: &Note, served: Value) -> Self {
        Self { place: (note.created_at.timestamp_micros(), note.id), id: note.id, served }
    }
}

/// A page of a list; on a fault with one item twice or in another order, never with one missing.
fn page(
    passage: &mut Passage<'_>,
    seller: &str,
    list: impl IntoIterator<Item = Listed>,
    order: Order,
    wanted: Wanted,
) -> Page<Value> {
    let list = list.into_iter().map(|item| (item.place, (item.id, item.served))).collect();
    let Page { items, paging } = page::cut(list, order, wanted);
    let spoiled = &passage.cabinet(seller).served;
    let items = items.into_iter().map(|(id, item)| spoiled.get(&id).cloned().unwrap_or(item));
    let items: Vec<Value> = items.collect();
    Page { items: shaken(passage, items), paging }
}

fn shaken(passage: &mut Passage<'_>, mut items: Vec<Value>) -> Vec<Value> {
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

/// How one item is served, if not in its usual form.
fn served(passage: &Passage<'_>, seller: &str, id: u64, usual: Value) -> Value {
    passage.cabinet(seller).served.get(&id).cloned().unwrap_or(usual)
}

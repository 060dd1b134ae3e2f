//! Reading chats: the list, the events in parts, files.

use axum::http::StatusCode;
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};

use super::chat::{Chats, EventsPage};
use super::files::Download;
use super::gate::Passage;
use super::problem;
use super::query::Parameters;
use super::reads;
use crate::exchange::Reply;
use crate::faults::Fault;

/// How many events a fault gives again.
const REPEATED: usize = 3;

/// All chats of the seller at once.
pub(super) fn chats(passage: &mut Passage<'_>, seller: &str) -> Reply {
    let now = passage.now;
    let mut listed = of(passage, seller).map(|chats| chats.served(now)).unwrap_or_default();
    if passage.fires(Fault::ChatsHidden) {
        listed.clear();
    }
    let listed = reads::disordered(passage, listed);
    Reply::json(StatusCode::OK, "application/json", &json!({ "result": listed, "errors": null }))
}

/// The events after the moment `next`.
pub(super) fn events(passage: &mut Passage<'_>, seller: &str) -> Reply {
    let after = match next(passage) {
        Ok(after) => after,
        Err(text) => return problem::proxy_chats("application/json", text, &passage.id()),
    };
    let now = passage.now;
    let Some(chats) = of(passage, seller) else { return page(passage, Vec::new(), 1) };
    let EventsPage { mut events, mut next } = chats.page(after, now);
    let earlier = after.map(|after| chats.before(after, REPEATED, now)).unwrap_or_default();
    let oldest = events.first().map(|(moment, _)| *moment);
    if let Some(oldest) = oldest {
        if passage.fires(Fault::EventsRepeated) {
            events.splice(..0, earlier);
        }
        if passage.fires(Fault::CursorStuck) {
            next = after.unwrap_or(oldest - 1);
        }
    }
    page(passage, events, next)
}

/// A file of a message.
pub(super) fn download(passage: &Passage<'_>, seller: &str) -> Reply {
    let now = passage.now;
    let chats = of(passage, seller);
    match chats
        .and_then(|chats| chats.file(&passage.call.target, now))
        .map(|file| file.download(now))
    {
        Some(Download::Content(kind, body)) => Reply {
            status: StatusCode::OK,
            content_type: kind.content_type(),
            headers: Vec::new(),
            body,
        },
        Some(Download::Pending(body)) => {
            Reply::json(StatusCode::ACCEPTED, "application/json", &body)
        }
        Some(Download::Rejected) => problem::moderation(&passage.id()),
        None => problem::no_such_file(&passage.id()),
    }
}

fn of<'a>(passage: &'a Passage<'_>, seller: &str) -> Option<&'a Chats> {
    passage.world.wildberries.shops.get(seller).map(|shop| &shop.chats)
}

/// The parameter `next`; the error is the text of the 400.
fn next(passage: &Passage<'_>) -> Result<Option<i64>, &'static str> {
    let invalid = |_| "Invalid number";
    let parameters = Parameters::parse(passage.call.query.as_deref()).map_err(invalid)?;
    match parameters.optional::<i64>("next").map_err(invalid)? {
        Some(..=0) => Err("Invalid value for \"next\""),
        next => Ok(next),
    }
}

fn page(passage: &mut Passage<'_>, events: Vec<(i64, Value)>, next: i64) -> Reply {
    let time = |moment: Option<&i64>| {
        let moment = DateTime::from_timestamp_millis(*moment?)?;
        Some(moment.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    };
    let moments: Vec<i64> = events.iter().map(|(moment, _)| *moment).collect();
    let objects = events.into_iter().map(|(_, event)| event).collect();
    let objects = reads::disordered(passage, objects);
    let mut result = json!({ "next": next, "totalEvents": objects.len(), "events": objects });
    // Of no events there is neither; the schema knows no null here.
    for (field, moment) in
        [("newestEventTime", moments.iter().max()), ("oldestEventTime", moments.iter().min())]
    {
        if let Some(time) = time(moment) {
            result[field] = json!(time);
        }
    }
    let body = json!({ "result": result, "errors": null });
    Reply::json(StatusCode::OK, "application/json", &body)
}

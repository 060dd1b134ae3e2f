//! Wildberries' chats as the workers see them: one stream of events over all of them, and a list that tells what a
//! message must be signed with.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use domain::AccountId;
use domain::interaction::Delivery;
use domain::value::Product;
use eventlog::KeyError;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::warn;

use super::super::chat::{self, Chat, ChatClient, ChatList, Event, EventsPage, Sender};
use super::super::round::{Due, Then};
use super::{LOOK_PATIENCE, PAGE_PATIENCE};
use crate::chat_notes::ChatNotes;
use crate::connector::{
    Found, Letter, LookUp, PageRead, Place, ReadError, Wanted, obey, take_turn,
};
use crate::http::{CallError, Download, Failure, SendOutcome};
use crate::rate_limit::{Limiter, Priority};

/// Where a reply is looked for that nobody knows when it was sent.
const LOOK_BACK: TimeDelta = TimeDelta::hours(1);

/// Pages read for one look-up: as many as the limit grants within the lease of what is looked up.
const PAGES_MAX: u32 = 40;

/// The chats of a cabinet, open for calls. Each method has a limit of its own.
pub(super) struct Chats {
    client: ChatClient,
    account: AccountId,
    notes: ChatNotes,
    list: Limiter,
    events: Limiter,
    messages: Limiter,
    files: Limiter,
}

/// What is noted about a chat.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Note {
    reply_sign: Option<String>,
    /// What it is about: the product that it began with.
    product: Option<Product>,
    /// Whether it was taken in.
    known: bool,
}

impl Chats {
    pub(super) fn new(
        client: ChatClient,
        account: AccountId,
        notes: ChatNotes,
        limiter: impl Fn(&'static str) -> Limiter,
    ) -> Self {
        Self {
            client,
            account,
            notes,
            list: limiter("wildberries_chats"),
            events: limiter("wildberries_chat_events"),
            messages: limiter("wildberries_chat_messages"),
            files: limiter("wildberries_chat_files"),
        }
    }

    pub(super) fn write_limiter(&self) -> &Limiter {
        &self.messages
    }

    /// Reads a page of events, and the list of chats where that is needed: for a chat that nothing is noted about, and
    /// once when everything is read.
    pub(super) async fn page(&self, place: &Place) -> Result<PageRead, ReadError> {
        let due = Due::of(&place.cursor, &place.resume, place.whole_due);
        let page = self.events(due.next(), Priority::Read, PAGE_PATIENCE).await?;
        let Then { round, resume, whole, met } = due.after(page.given(), page.next);
        let EventsPage { events, mut malformed, .. } = page;

        let mut chats = by_chat(events);
        let mut notes = self.notes_of(chats.keys().cloned().collect()).await?;
        let is_unknown = chats.keys().any(|id| !notes.contains_key(id));
        let mut listed = HashMap::new();
        if whole || is_unknown {
            let list = self.list_or_go_on(met).await?;
            malformed.extend(list.malformed);
            listed = list.chats.into_iter().map(|chat| (chat.id.clone(), chat)).collect();
            notes.extend(self.notes_of(listed.keys().cloned().collect()).await?);
        }
        if whole {
            // Of these the marketplace has no event any more.
            let is_taken_in = |id: &String| notes.get(id).is_some_and(|note| note.known);
            let silent = listed.keys().filter(|id| !is_taken_in(id)).cloned();
            silent.collect::<Vec<_>>().into_iter().for_each(|id| {
                chats.entry(id).or_default();
            });
        }

        let mut read = PageRead {
            malformed,
            next: round.map(|round| serde_json::to_value(round).unwrap_or(Value::Null)),
            whole,
            resume: resume.map(Value::from),
            ..PageRead::default()
        };
        let with_notes: HashSet<String> = chats.keys().chain(listed.keys()).cloned().collect();
        for id in with_notes {
            let events = chats.remove(&id);
            let noted = notes.remove(&id);
            let mut note = noted.clone().unwrap_or_default();
            note.learn(events.as_deref().unwrap_or_default(), listed.get(&id));
            if let Some(events) = events {
                note.known = true;
                let product = note.product.clone().unwrap_or_default();
                let chat = listed.get(&id);
                let reading =
                    chat::ingest(self.account, id.clone(), events, chat, product, place.now);
                read.readings.push(reading);
            }
            if noted.as_ref() != Some(&note) {
                read.notes.push(note.of(id));
            }
        }
        Ok(read)
    }

    /// Reads what happened in all chats since any of the wanted replies may have been sent, to the end: what is missing
    /// then is not there.
    pub(super) async fn look_up(
        &self,
        wanted: &[Wanted],
        priority: Priority,
    ) -> Result<LookUp, ReadError> {
        let mut seen = LookUp::default();
        let since = wanted.iter().map(|one| one.since.unwrap_or_else(|| Utc::now() - LOOK_BACK));
        let Some(since) = since.min() else { return Ok(seen) };
        let mut next = since.timestamp_millis();
        let (mut events, mut malformed) = (Vec::new(), Vec::<Option<String>>::new());
        for _ in 0..PAGES_MAX {
            let page = self.events(Some(next), priority, LOOK_PATIENCE).await?;
            if page.given() == 0 {
                let mut chats = by_chat(events);
                for (id, wanted) in Wanted::by_item(wanted) {
                    let events = chats.remove(id).unwrap_or_default();
                    let is_cut = malformed.iter().any(|of| of.as_deref().is_none_or(|of| of == id));
                    if let Some(found) = found(events, is_cut, &wanted) {
                        seen.insert(id.to_owned(), found);
                    }
                }
                return Ok(seen);
            }
            let Some(after) = page.next.filter(|after| *after > next) else { break };
            next = after;
            events.extend(page.events);
            malformed.extend(page.malformed.into_iter().map(|item| item.id));
        }
        // Without the end nothing is known of any of them.
        Ok(seen)
    }

    /// Writes into a chat with one call that writes. Where no signature is noted the list is read before; one that the
    /// marketplace does not take is forgotten, so that the next attempt gets a fresh one.
    pub(super) async fn send(&self, delivery: &Delivery, letter: Letter<'_>) -> SendOutcome {
        let chat = &delivery.source.external_id;
        let sign = match self.sign(chat).await {
            Ok(sign) => sign,
            Err(error) => return SendOutcome::NotSent(not_signed(error)),
        };
        let mut outcome = self.client.send(&sign, letter.text, letter.files).await;
        if let SendOutcome::NotSent(error) = &mut outcome
            && is_stale(error)
        {
            self.forget_sign(chat).await;
            // Not the text's fault, so the reply is tried again.
            error.failure = Failure::ServerError;
        }
        outcome
    }

    /// Opens a file of a message, for a person who waits for it.
    pub(super) async fn download(&self, id: &str) -> Result<Download, ReadError> {
        take_turn(&self.files, Priority::Write, LOOK_PATIENCE).await?;
        obey(&self.files, self.client.download(id).await).await
    }

    async fn sign(&self, chat: &str) -> Result<SecretString, ReadError> {
        let noted = self.notes_of(vec![chat.to_owned()]).await?.remove(chat).unwrap_or_default();
        if let Some(sign) = noted.reply_sign {
            return Ok(sign.into());
        }
        let list = self.list(Priority::Write, LOOK_PATIENCE).await?;
        let listed = list.chats.into_iter().find(|listed| listed.id == chat);
        let sign =
            listed.and_then(|listed| listed.reply_sign).ok_or_else(CallError::no_signature)?;
        let reply_sign = Some(sign.expose_secret().to_owned());
        self.notes.keep(vec![Note { reply_sign, ..noted }.of(chat.to_owned())]).await?;
        Ok(sign)
    }

    async fn forget_sign(&self, chat: &str) {
        let forgotten = async {
            let noted = self.notes_of(vec![chat.to_owned()]).await?.remove(chat);
            let note = Note { reply_sign: None, ..noted.unwrap_or_default() };
            self.notes.keep(vec![note.of(chat.to_owned())]).await
        };
        if let Err(error) = forgotten.await {
            // The next attempt is refused in the same way, and forgets it then.
            let error = &error as &dyn std::error::Error;
            warn!(account.id = %self.account, error, "could not forget the signature of a chat");
        }
    }

    async fn events(
        &self,
        next: Option<i64>,
        priority: Priority,
        patience: Duration,
    ) -> Result<EventsPage, ReadError> {
        take_turn(&self.events, priority, patience).await?;
        obey(&self.events, self.client.events(next).await).await
    }

    async fn list(&self, priority: Priority, patience: Duration) -> Result<ChatList, ReadError> {
        take_turn(&self.list, priority, patience).await?;
        obey(&self.list, self.client.chats().await).await
    }

    /// Reads the list, and goes on without it where it cannot be read: messages are worth more.
    async fn list_or_go_on(&self, has_chats: bool) -> Result<ChatList, ReadError> {
        let list = match self.list(Priority::Read, PAGE_PATIENCE).await {
            Ok(list) => list,
            Err(ReadError::NotBefore(_)) => return Ok(ChatList::default()),
            Err(ReadError::Call(error)) => {
                warn!(account.id = %self.account, error = %error, "could not read the list of chats");
                return Ok(ChatList::default());
            }
            Err(error @ (ReadError::Database(_) | ReadError::Notes(_))) => return Err(error),
        };
        if has_chats && list.chats.is_empty() && list.malformed.is_empty() {
            warn!(account.id = %self.account, "the marketplace lists no chats, and shows messages in some");
            metrics::counter!("agentiq_chat_lists_empty_total").increment(1);
        }
        Ok(list)
    }

    async fn notes_of(&self, chats: Vec<String>) -> Result<HashMap<String, Note>, KeyError> {
        let notes = self.notes.of(&chats).await?.into_iter();
        Ok(notes.map(|(id, note)| (id, serde_json::from_value(note).unwrap_or_default())).collect())
    }
}

impl Note {
    /// What the list says of the signature counts more than what an old event said.
    fn learn(&mut self, events: &[Event], listed: Option<&Chat>) {
        let clear = |sign: &SecretString| sign.expose_secret().to_owned();
        let given = events.iter().rev().find_map(|event| event.reply_sign.as_ref());
        let present = listed.and_then(|chat| chat.reply_sign.as_ref()).map(clear);
        self.reply_sign = present.or(self.reply_sign.take()).or_else(|| given.map(clear));
        self.product = self.product.take().or_else(|| chat::product_in(events, listed));
    }

    fn of(self, chat: String) -> (String, Value) {
        (chat, serde_json::to_value(self).unwrap_or(Value::Null))
    }
}

fn by_chat(events: Vec<Event>) -> BTreeMap<String, Vec<Event>> {
    let mut chats: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events {
        chats.entry(event.chat_id.clone()).or_default().push(event);
    }
    chats
}

/// Returns what was written in a chat; none where a wanted reply may be in what could not be read, or be what somebody
/// unknown wrote.
fn found(events: Vec<Event>, is_cut: bool, wanted: &[&Wanted]) -> Option<Found> {
    let may_hide = is_cut || events.iter().any(|event| event.sender == Sender::Unknown);
    let messages = chat::messages_of(events);
    let is_known = !may_hide || wanted.iter().all(|one| one.is_among(&messages));
    is_known.then_some(Found::Chat(messages))
}

/// Tells whether a message was refused for its signature alone.
fn is_stale(error: &CallError) -> bool {
    let says_so = |words: &String| words.to_lowercase().contains("invalid signature");
    error.failure == Failure::BadRequest && error.words.as_ref().is_some_and(says_so)
}

/// Nothing was written.
fn not_signed(error: ReadError) -> CallError {
    match error {
        ReadError::Call(error) => error,
        ReadError::NotBefore(retry_after) => CallError::not_before(retry_after),
        error @ (ReadError::Database(_) | ReadError::Notes(_)) => {
            let error = &error as &dyn std::error::Error;
            warn!(error, "could not read the signature of a chat");
            CallError::no_signature()
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::value::Source;
    use domain::{Channel, Marketplace};
    use serde_json::Map;

    use super::*;

    fn event(sender: Sender, text: &str) -> Event {
        Event {
            id: text.to_owned(),
            chat_id: "1".to_owned(),
            at: Utc::now(),
            sender,
            source: None,
            message: Some(chat::Message { text: text.to_owned(), ..chat::Message::default() }),
            reply_sign: None,
            buyer_name: None,
            facts: Map::new(),
        }
    }

    #[test]
    fn a_reply_is_absent_only_where_it_is_known_who_wrote_the_rest() {
        let wanted = Wanted {
            source: Source {
                account_id: AccountId(uuid::Uuid::nil()),
                marketplace: Marketplace::Wildberries,
                channel: Channel::Chat,
                external_id: "1".to_owned(),
                occurred_at: Utc::now(),
            },
            article: String::new(),
            reply: None,
            text: Some("Уже едет.".to_owned()),
            files: vec![],
            since: None,
        };
        let wanted = [&wanted];
        let ours = || event(Sender::Seller, "Уже едет.");
        let buyers = || event(Sender::Buyer, "Где заказ?");
        let unknown = || event(Sender::Unknown, "Уже едет.");
        assert!(found(vec![buyers()], false, &wanted).is_some(), "it is not there");
        assert!(found(vec![buyers(), unknown()], false, &wanted).is_none(), "that may be it");
        assert!(found(vec![buyers()], true, &wanted).is_none(), "what was not read may be it");
        assert!(found(vec![buyers(), unknown(), ours()], true, &wanted).is_some(), "it is there");
    }
}

//! Chats with buyers: who talks, the events in their order, and what reading them in parts gives.

use std::collections::BTreeMap;
use std::ops::Bound;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::files::{self, StoredFile};
use super::receipt::Seen;
use crate::chance::Draw;

/// Most events in one answer; how many there are at Wildberries is not published.
pub(super) const EVENTS_PER_PAGE: usize = 100;

/// The chats of a seller.
#[derive(Debug, Default)]
pub(super) struct Chats {
    by_id: BTreeMap<String, Chat>,
    /// By their moments in unix milliseconds, of which no two are the same: who has read up to one has read all before.
    events: BTreeMap<i64, ChatEvent>,
}

/// One chat.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    pub(super) id: String,
    /// What a message must bring to be sent here.
    pub(super) reply_sign: String,
    pub(super) client_name: String,
    good_card: Option<Value>,
}

/// What happened in a chat.
#[derive(Debug, Clone)]
pub(super) struct ChatEvent {
    object: Map<String, Value>,
    files: Vec<StoredFile>,
    /// What reads give in its place.
    spoiled: Option<Value>,
    /// Of a message that is seen later than it was accepted.
    visible_at: Option<DateTime<Utc>>,
    is_by_api: bool,
}

/// A message that the API accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sent {
    pub(super) event: Map<String, Value>,
    /// Its moment in unix milliseconds.
    pub(super) moment: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) visible_at: Option<DateTime<Utc>>,
}

/// Who wrote what, before it is an event.
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    pub(super) chat: &'a str,
    pub(super) id: String,
    /// `client`, `seller` or `wb`.
    pub(super) sender: &'a str,
    pub(super) source: Option<&'a str>,
    pub(super) text: Option<&'a str>,
    pub(super) files: &'a [StoredFile],
    pub(super) good_card: Option<Value>,
    pub(super) client_name: Option<&'a str>,
    /// Of the first event of a chat.
    pub(super) reply_sign: Option<&'a str>,
}

/// A part of the events.
pub(super) struct EventsPage {
    /// Objects with their moments.
    pub(super) events: Vec<(i64, Value)>,
    pub(super) next: i64,
}

impl Words<'_> {
    /// The event's object; one without words, files and goods has no `message`.
    pub(super) fn event(&self, moment: i64) -> Map<String, Value> {
        let at = DateTime::from_timestamp_millis(moment).unwrap_or_default();
        let mut attachments = files::attachments(self.files, at);
        if let Some(card) = &self.good_card {
            attachments.insert("goodCard".to_owned(), card.clone());
        }
        let mut message = Map::new();
        if !attachments.is_empty() {
            message.insert("attachments".to_owned(), Value::Object(attachments));
        }
        if let Some(text) = self.text {
            message.insert("text".to_owned(), json!(text));
        }
        let fields = [
            ("chatID", Some(json!(self.chat))),
            ("eventID", Some(json!(self.id))),
            ("eventType", Some(json!("message"))),
            ("isNewChat", self.reply_sign.map(|_| json!(true))),
            ("message", (!message.is_empty()).then_some(Value::Object(message))),
            ("source", self.source.map(|source| json!(source))),
            ("addTimestamp", Some(json!(moment))),
            ("addTime", Some(json!(at.to_rfc3339_opts(SecondsFormat::AutoSi, true)))),
            ("replySign", self.reply_sign.map(|sign| json!(sign))),
            ("sender", Some(json!(self.sender))),
            ("clientName", self.client_name.map(|name| json!(name))),
        ];
        let filled = fields.into_iter();
        filled.filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

impl Chats {
    /// A signature in the published form: the chat, the user and 160 hexadecimal digits.
    pub(super) fn new_sign(chat: &str, user: &Draw, sign: &Draw) -> String {
        let (first, rest) = (hex::encode(sign.bytes()), hex::encode(user.bytes()));
        format!("{chat}:{}:{first}{rest}{}", user.below(100_000_000), &first[..32])
    }

    pub(super) fn get(&self, id: &str) -> Option<&Chat> {
        self.by_id.get(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Chat> {
        self.by_id.values()
    }

    /// The chat that a signature belongs to.
    pub(super) fn signed(&self, reply_sign: &str) -> Option<&Chat> {
        self.by_id.values().find(|chat| chat.reply_sign == reply_sign)
    }

    /// The first moment from `wanted` on that no event has, in unix milliseconds.
    pub(super) fn free_moment(&self, wanted: DateTime<Utc>) -> i64 {
        self.free_from(wanted.timestamp_millis())
    }

    /// Takes over an event that did not come by the API; the first one of a chat begins it.
    pub(super) fn add(
        &mut self,
        object: Map<String, Value>,
        reply_sign: &str,
        files: Vec<StoredFile>,
        spoiled: Option<Value>,
    ) {
        let text = |field: &str| object.get(field).and_then(Value::as_str);
        let Some(id) = text("chatID") else { return };
        let chat = self.by_id.entry(id.to_owned()).or_insert_with(|| Chat {
            id: id.to_owned(),
            reply_sign: text("replySign").unwrap_or(reply_sign).to_owned(),
            client_name: String::new(),
            good_card: None,
        });
        if let Some(name) = text("clientName") {
            chat.client_name = name.to_owned();
        }
        let card =
            object.get("message").and_then(|message| message.pointer("/attachments/goodCard"));
        chat.good_card = card.or(chat.good_card.as_ref()).cloned();
        let moment = object.get("addTimestamp").and_then(Value::as_i64).unwrap_or_default();
        let event = ChatEvent { object, files, spoiled, visible_at: None, is_by_api: false };
        let moment = self.free_from(moment);
        self.events.insert(moment, event);
    }

    /// Takes over a message that the API accepted.
    pub(super) fn send(&mut self, sent: Sent, files: Vec<StoredFile>) {
        let Sent { event: object, moment, visible_at } = sent;
        let event = ChatEvent { object, files, spoiled: None, visible_at, is_by_api: true };
        self.events.insert(self.free_from(moment), event);
    }

    /// Gives a chat another signature.
    pub(super) fn sign(&mut self, id: &str, reply_sign: String) {
        if let Some(chat) = self.by_id.get_mut(id) {
            chat.reply_sign = reply_sign;
        }
    }

    /// The events after a moment, the oldest ones first; without a moment from the very first on.
    pub(super) fn page(&self, after: Option<i64>, now: DateTime<Utc>) -> EventsPage {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let later = self.events.range((from, Bound::Unbounded));
        let visible = later.filter(|(_, event)| event.is_visible(now));
        let page = visible.take(EVENTS_PER_PAGE);
        let events: Vec<(i64, Value)> =
            page.map(|(moment, event)| (*moment, event.served())).collect();
        let last = events.last().map(|(moment, _)| *moment);
        // Nobody wrote yet, and what comes next comes after this.
        let beginning = (now - TimeDelta::milliseconds(1)).timestamp_millis();
        EventsPage { next: last.or(after).unwrap_or(beginning), events }
    }

    /// The last events up to a moment, the oldest ones first.
    pub(super) fn before(&self, moment: i64, most: usize, now: DateTime<Utc>) -> Vec<(i64, Value)> {
        let earlier = self.events.range(..=moment).rev();
        let visible = earlier.filter(|(_, event)| event.is_visible(now)).take(most);
        let mut events: Vec<(i64, Value)> =
            visible.map(|(moment, event)| (*moment, event.served())).collect();
        events.reverse();
        events
    }

    /// All chats as the API lists them, those with the newest words first.
    pub(super) fn served(&self, now: DateTime<Utc>) -> Vec<Value> {
        let mut listed: Vec<(i64, Value)> =
            self.by_id.values().map(|chat| self.listed(chat, now)).collect();
        listed.sort_by_key(|(moment, _)| std::cmp::Reverse(*moment));
        listed.into_iter().map(|(_, chat)| chat).collect()
    }

    /// A file by its `downloadID`, from a message that is seen.
    pub(super) fn file(&self, id: &str, now: DateTime<Utc>) -> Option<&StoredFile> {
        let visible = self.events.values().filter(|event| event.is_visible(now));
        visible.flat_map(|event| &event.files).find(|file| file.id == id)
    }

    /// How often these words with these files were accepted in the chat, also those not yet seen.
    pub(super) fn deliveries(&self, chat: &str, text: &str, files: &[StoredFile]) -> u64 {
        let content = |files: &[StoredFile]| -> Vec<String> {
            files.iter().map(|file| file.content.clone()).collect()
        };
        let same = self.of(chat).filter(|event| {
            event.is_by_api
                && event.text().unwrap_or_default() == text
                && content(&event.files) == content(files)
        });
        same.count() as u64
    }

    /// How many messages were accepted, and how many of these more than once.
    pub(super) fn sent(&self) -> (u64, u64) {
        let sent: Vec<&ChatEvent> = self.events.values().filter(|event| event.is_by_api).collect();
        let repeated = sent.iter().filter(|event| {
            let text = event.text().unwrap_or_default();
            event.chat().is_some_and(|chat| self.deliveries(chat, text, &event.files) > 1)
        });
        (sent.len() as u64, repeated.count() as u64)
    }

    /// What was written in a chat and can be seen, the oldest words first, with who wrote them.
    pub(super) fn history(&self, chat: &str, now: DateTime<Utc>) -> Vec<Value> {
        let seen = self.of(chat).filter(|event| event.is_visible(now));
        seen.map(ChatEvent::served).collect()
    }

    /// What the buyer sees of a message in the end.
    pub(super) fn seen(text: &str, moment: i64) -> Option<Seen> {
        let from = DateTime::from_timestamp_millis(moment)?;
        Some(Seen { text: text.to_owned(), from })
    }

    fn of(&self, chat: &str) -> impl Iterator<Item = &ChatEvent> {
        self.events.values().filter(move |event| event.chat() == Some(chat))
    }

    fn free_from(&self, wanted: i64) -> i64 {
        (wanted..).find(|moment| !self.events.contains_key(moment)).unwrap_or(wanted)
    }

    /// A chat as the API lists it, with the moment of its last words.
    fn listed(&self, chat: &Chat, now: DateTime<Utc>) -> (i64, Value) {
        let mut events = self.events.iter().rev();
        let last = events.find(|(_, event)| {
            event.chat() == Some(&chat.id)
                && event.is_visible(now)
                && event.object.contains_key("message")
        });
        let mut object = json!({
            "chatID": chat.id,
            "replySign": chat.reply_sign,
            "clientName": chat.client_name,
        });
        if let Some(card) = &chat.good_card {
            object["goodCard"] = card.clone();
        }
        if let Some((moment, event)) = last {
            let text = event.text().unwrap_or_default();
            object["lastMessage"] = json!({ "text": text, "addTimestamp": moment });
        }
        (last.map_or(0, |(moment, _)| *moment), object)
    }
}

impl ChatEvent {
    fn served(&self) -> Value {
        self.spoiled.clone().unwrap_or_else(|| Value::Object(self.object.clone()))
    }

    fn chat(&self) -> Option<&str> {
        self.object.get("chatID")?.as_str()
    }

    fn text(&self) -> Option<&str> {
        self.object.get("message")?.get("text")?.as_str()
    }

    fn is_visible(&self, now: DateTime<Utc>) -> bool {
        self.visible_at.is_none_or(|from| from <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(id: &str) -> Words<'_> {
        Words {
            chat: "1:chat",
            id: id.to_owned(),
            sender: "client",
            source: Some("rusite"),
            text: Some("Здравствуйте!"),
            files: &[],
            good_card: None,
            client_name: None,
            reply_sign: None,
        }
    }

    #[test]
    fn events_of_one_moment_are_read_each_once() {
        let mut chats = Chats::default();
        let now = DateTime::from_timestamp_millis(1_000).unwrap();
        for id in ["a", "b", "c"] {
            chats.add(words(id).event(1_000), "sign", Vec::new(), None);
        }
        let mut read = Vec::new();
        let mut after = 999;
        // As if a page held one event.
        while let Some((moment, event)) = chats.page(Some(after), now).events.first() {
            read.push(event["eventID"].as_str().unwrap().to_owned());
            after = *moment;
        }
        assert_eq!(read, ["a", "b", "c"]);
    }

    #[test]
    fn who_has_read_nothing_yet_misses_nothing_that_comes() {
        let mut chats = Chats::default();
        let now = DateTime::from_timestamp_millis(5_000).unwrap();
        let EventsPage { events, next } = chats.page(None, now);
        assert!(events.is_empty());
        chats.add(words("a").event(chats.free_moment(now)), "sign", Vec::new(), None);
        assert_eq!(chats.page(Some(next), now).events.len(), 1);
    }

    #[test]
    fn an_event_without_words_has_no_message() {
        let event = Words { text: None, source: None, ..words("a") }.event(1_000);
        let fields: Vec<&str> = event.keys().map(String::as_str).collect();
        let expected = ["addTime", "addTimestamp", "chatID", "eventID", "eventType", "sender"];
        assert_eq!(fields, expected);
    }
}

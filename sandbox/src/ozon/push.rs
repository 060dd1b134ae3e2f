//! Push notifications: what is owed to a seller's receiver, how often it is tried, and when Ozon gives up.
//!
//! Reviews and questions are not pushed, and neither are the seller's own messages. A receiver hears of nothing before
//! it has answered its first `TYPE_PING`. One notification that stays undelivered to its last attempt suspends all of
//! them until the receiver is connected again.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::chat::{Chat, Message, moment};
use super::entry::Entry;
use super::shop::Shop;
use super::words::Author;
use crate::post::{PostError, post_json};
use crate::world::{App, World};

/// Longest time a receiver may take ("Автоматическая приостановка отправки уведомлений").
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Pauses after failed attempts, in seconds: growing to ten minutes, then five more of ten minutes.
const PAUSES: [i64; 13] = [5, 10, 20, 40, 80, 160, 320, 600, 600, 600, 600, 600, 600];
/// How often a connected receiver is pinged; the documentation says "periodically".
const PING_EVERY: TimeDelta = TimeDelta::hours(1);
/// Longest sleep while nothing is owed.
const IDLE: Duration = Duration::from_secs(3_600);
/// Pause while the ledger cannot be written.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum MessageType {
    #[serde(rename = "TYPE_PING")]
    Ping,
    #[serde(rename = "TYPE_NEW_MESSAGE")]
    NewMessage,
    #[serde(rename = "TYPE_UPDATE_MESSAGE")]
    UpdateMessage,
    #[serde(rename = "TYPE_MESSAGE_READ")]
    MessageRead,
    #[serde(rename = "TYPE_CHAT_CLOSED")]
    ChatClosed,
}

/// A notification.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Push {
    /// Its number among the seller's, from 1 on.
    pub(super) push: u64,
    pub(super) message_type: MessageType,
    pub(super) body: Value,
    pub(super) at: DateTime<Utc>,
}

/// One attempt to deliver it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempt {
    push: u64,
    attempt: u32,
    at: DateTime<Utc>,
    outcome: Delivery,
}

/// How an attempt ended; failures in the words of Ozon's check of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Delivery {
    Delivered,
    RequestError,
    RequestTimeout,
    ServerFault,
    StatusCodeNotOk,
    EmptyBody,
    InvalidJson,
    WrongResultField,
    WrongResultTimeField,
}

/// The notifications of one seller.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    receiver: Option<Receiver>,
    /// Not delivered yet, by number.
    waiting: BTreeMap<u64, Waiting>,
    /// Delivered, by number.
    delivered: BTreeMap<u64, Push>,
    last: u64,
}

#[derive(Debug)]
struct Receiver {
    url: String,
    is_confirmed: bool,
    is_suspended: bool,
    next_ping: DateTime<Utc>,
}

#[derive(Debug)]
struct Waiting {
    push: Push,
    attempts: u32,
    due: DateTime<Utc>,
}

/// What the sender does next.
enum Next {
    Send(Job),
    Wait(Duration),
}

/// One attempt to make.
struct Job {
    seller: String,
    url: String,
    push: Push,
    attempt: u32,
}

impl Pushes {
    /// Where notifications go from now on; what waited for another receiver is forgotten.
    pub(super) fn connect(&mut self, url: Option<String>, at: DateTime<Utc>) {
        self.waiting.clear();
        self.receiver = url.map(|url| Receiver {
            url,
            is_confirmed: false,
            is_suspended: false,
            next_ping: at,
        });
    }

    pub(super) fn queue(&mut self, push: Push) {
        self.last = self.last.max(push.push);
        if let (Some(receiver), MessageType::Ping) = (&mut self.receiver, push.message_type) {
            receiver.next_ping = push.at + PING_EVERY;
        }
        let due = push.at;
        self.waiting.insert(push.push, Waiting { push, attempts: 0, due });
    }

    pub(super) fn note(&mut self, attempt: &Attempt) {
        let Some(mut waiting) = self.waiting.remove(&attempt.push) else { return };
        let is_ping = waiting.push.message_type == MessageType::Ping;
        if attempt.outcome == Delivery::Delivered {
            if let Some(receiver) = &mut self.receiver {
                receiver.is_confirmed |= is_ping;
            }
            self.delivered.insert(attempt.push, waiting.push);
        } else if let Some(pause) = attempt.pause(is_ping) {
            waiting.attempts = attempt.attempt;
            waiting.due = attempt.at + pause;
            self.waiting.insert(attempt.push, waiting);
        }
    }

    pub(super) fn suspend(&mut self) {
        self.waiting.clear();
        if let Some(receiver) = &mut self.receiver {
            receiver.is_suspended = true;
        }
    }

    /// The receiver's address.
    pub(super) fn url(&self) -> Option<&str> {
        self.receiver.as_ref().map(|receiver| receiver.url.as_str())
    }

    /// For `/control`.
    pub(super) fn state(&self) -> Value {
        let receiver = self.receiver.as_ref().map(|receiver| {
            json!({
                "url": receiver.url,
                "is_confirmed": receiver.is_confirmed,
                "is_suspended": receiver.is_suspended,
            })
        });
        json!({
            "receiver": receiver,
            "waiting": self.waiting.len(),
            "delivered": self.delivered.len(),
        })
    }

    /// Delivered notifications but for pings, to be sent once more.
    pub(super) fn repeats(&self, at: DateTime<Utc>) -> Vec<Push> {
        let sent = self.delivered.values();
        let real = sent.filter(|push| push.message_type != MessageType::Ping);
        (self.last + 1..)
            .zip(real)
            .map(|(number, push)| Push { push: number, at, ..push.clone() })
            .collect()
    }

    fn listens(&self) -> bool {
        self.receiver.as_ref().is_some_and(|receiver| !receiver.is_suspended)
    }
}

impl Attempt {
    /// How long to wait after this failed attempt; none when it was the last. A ping is tried once.
    fn pause(&self, is_ping: bool) -> Option<TimeDelta> {
        let pause = PAUSES.get(self.attempt.checked_sub(1)? as usize).filter(|_| !is_ping)?;
        Some(TimeDelta::seconds(*pause))
    }
}

impl Shop {
    /// A notification about a chat, if there is anybody to hear it.
    pub(super) fn push(
        &self,
        message_type: MessageType,
        chat: &Chat,
        message: Option<&Message>,
        now: DateTime<Utc>,
    ) -> Option<Push> {
        if !self.pushes.listens() {
            return None;
        }
        let author = message.map_or(Author::Buyer, |message| message.words.by);
        let mut body = json!({
            "message_type": message_type,
            "chat_id": chat.card.id,
            "chat_type": chat.card.chat_type.mixed_case_name(),
            "user": chat.user(author, self.client_id),
            "seller_id": self.client_id,
        });
        if let Some(message) = message {
            body["message_id"] = json!(message.words.id);
            body["created_at"] = json!(moment(message.words.schedule.applies_at));
        }
        match (message_type, message) {
            (MessageType::NewMessage | MessageType::UpdateMessage, Some(message)) => {
                body["data"] = json!(message.data());
            }
            (MessageType::MessageRead, Some(message)) => {
                // The reader is the buyer, whoever wrote.
                body["user"] = chat.user(Author::Buyer, self.client_id);
                body["last_read_message_id"] = json!(message.words.id);
            }
            (MessageType::Ping | MessageType::ChatClosed, _) | (_, None) => {}
        }
        if message_type == MessageType::UpdateMessage {
            body["updated_at"] = json!(moment(now));
        }
        if self.is_hostile {
            // As the published examples have them, against the tables beside.
            body["seller_id"] = json!(self.client_id.to_string());
            if body["user"]["type"] == "Customer" {
                body["user"]["type"] = json!("Сustomer");
            }
        }
        Some(Push { push: self.pushes.last + 1, message_type, body, at: now })
    }

    fn ping(&self, now: DateTime<Utc>) -> Push {
        let message_type = MessageType::Ping;
        let body = json!({ "message_type": message_type, "time": moment(now) });
        Push { push: self.pushes.last + 1, message_type, body, at: now }
    }
}

/// Sends what is owed until the sandbox stops.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    let mut changes = app.with(|world| world.changes()).await;
    loop {
        changes.borrow_and_update();
        let wait = match app.with(next).await {
            Next::Wait(wait) => wait,
            Next::Send(job) => {
                let outcome = tokio::select! {
                    () = stop.cancelled() => return,
                    outcome = send(&job) => outcome,
                };
                match app.with(move |world| note(world, &job, outcome)).await {
                    Ok(()) => continue,
                    Err(_) => LEDGER_PAUSE,
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            _ = changes.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// The next attempt that is due, or how long until one is.
fn next(world: &mut World) -> Next {
    let now = world.now();
    let mut due = now + TimeDelta::from_std(IDLE).unwrap_or(TimeDelta::MAX);
    let mut pings = Vec::new();
    for (seller, shop) in &world.ozon.shops {
        let Some(receiver) = shop.pushes.receiver.as_ref().filter(|it| !it.is_suspended) else {
            continue;
        };
        if receiver.next_ping <= now {
            pings.push(Entry::PushQueued { seller: seller.clone(), push: shop.ping(now) }.into());
            continue;
        }
        due = due.min(receiver.next_ping);
        for waiting in shop.pushes.waiting.values() {
            let is_ping = waiting.push.message_type == MessageType::Ping;
            if !(is_ping || receiver.is_confirmed) {
                continue;
            }
            if waiting.due <= now {
                return Next::Send(Job {
                    seller: seller.clone(),
                    url: receiver.url.clone(),
                    push: waiting.push.clone(),
                    attempt: waiting.attempts + 1,
                });
            }
            due = due.min(waiting.due);
        }
    }
    if pings.is_empty() {
        return Next::Wait((due - now).to_std().unwrap_or_default());
    }
    // The ledger's change wakes the sender again, which then finds the pings.
    match world.record(pings) {
        Ok(()) => Next::Wait(Duration::ZERO),
        Err(_) => Next::Wait(LEDGER_PAUSE),
    }
}

/// Writes down how an attempt ended, and what follows from it.
fn note(world: &mut World, job: &Job, outcome: Delivery) -> std::io::Result<()> {
    let shop = world.ozon.shops.get(&job.seller);
    let is_owed = shop.is_some_and(|shop| shop.pushes.waiting.contains_key(&job.push.push));
    if !is_owed {
        // Reset or connected elsewhere while it was under way.
        return Ok(());
    }
    let (seller, is_ping) = (job.seller.clone(), job.push.message_type == MessageType::Ping);
    let is_confirmed = shop
        .and_then(|shop| shop.pushes.receiver.as_ref())
        .is_some_and(|receiver| receiver.is_confirmed);
    let attempt = Attempt { push: job.push.push, attempt: job.attempt, at: world.now(), outcome };
    debug!(push.attempt = job.attempt, "tried to deliver a notification of Ozon");
    let is_given_up = outcome != Delivery::Delivered && attempt.pause(is_ping).is_none();
    let mut entries = vec![Entry::PushAttempted { seller: seller.clone(), attempt }.into()];
    if is_given_up && !(is_ping && is_confirmed) {
        let reason = if is_ping { "not confirmed" } else { "undelivered" }.to_owned();
        entries.push(Entry::PushesSuspended { seller, reason }.into());
    }
    world.record(entries)
}

async fn send(job: &Job) -> Delivery {
    let (status, body) = match post_json(&job.url, &job.push.body, ANSWER_WITHIN).await {
        Ok(answer) => answer,
        Err(PostError::TimedOut) => return Delivery::RequestTimeout,
        Err(PostError::Failed(reason)) => {
            debug!(reason, "a receiver of notifications cannot be reached");
            return Delivery::RequestError;
        }
    };
    judge(job.push.message_type, status, &body)
}

/// Whether an answer is the one that is asked for.
fn judge(message_type: MessageType, status: StatusCode, body: &[u8]) -> Delivery {
    if status.is_server_error() {
        return Delivery::ServerFault;
    }
    if status != StatusCode::OK {
        return Delivery::StatusCodeNotOk;
    }
    if body.is_empty() {
        return Delivery::EmptyBody;
    }
    let Ok(answer) = serde_json::from_slice::<Value>(body) else { return Delivery::InvalidJson };
    if message_type != MessageType::Ping {
        let is_right = answer.get("result") == Some(&Value::Bool(true));
        return if is_right { Delivery::Delivered } else { Delivery::WrongResultField };
    }
    let text = |name: &str| answer.get(name).and_then(Value::as_str);
    if text("version").is_none() || text("name").is_none() {
        return Delivery::WrongResultField;
    }
    let time = text("time").map(str::parse::<DateTime<Utc>>);
    if matches!(time, Some(Ok(_))) { Delivery::Delivered } else { Delivery::WrongResultTimeField }
}

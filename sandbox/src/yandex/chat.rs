//! A chat with a buyer: about an order, about a return, or started by the buyer without either.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strum::IntoStaticStr;

use super::time::written;

/// A chat with its messages.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Chat {
    pub(super) id: u64,
    pub(super) context: Context,
    pub(super) kind: ChatKind,
    pub(super) created_at: DateTime<Utc>,
    /// From when on reads show it.
    pub(super) visible_at: DateTime<Utc>,
    /// The status that was set by hand, and when; a later message overrules it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) turn: Option<Turn>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) messages: Vec<Message>,
}

/// What a chat is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Context {
    pub(super) kind: ContextKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) customer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) campaign_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) order_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) return_id: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ContextKind {
    Order,
    Return,
    Direct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ChatKind {
    Chat,
    Arbitrage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ChatStatus {
    New,
    WaitingForCustomer,
    WaitingForPartner,
    WaitingForArbiter,
    WaitingForMarket,
    Finished,
}

/// Somebody moved the chat on.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(super) status: ChatStatus,
    pub(super) at: DateTime<Utc>,
}

/// A message; one without words and files is a sticker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub(super) id: u64,
    pub(super) sender: Sender,
    pub(super) created_at: DateTime<Utc>,
    /// From when on reads show it.
    pub(super) visible_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<SentFile>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Sender {
    /// The seller.
    Partner,
    Customer,
    Market,
    Support,
}

/// A file in a chat; its content is not kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SentFile {
    pub(super) name: String,
    /// In bytes.
    pub(super) size: u32,
    pub(super) url: String,
}

impl Chat {
    /// Messages that reads show, in the order they became visible.
    pub(super) fn messages(&self, now: DateTime<Utc>) -> Vec<&Message> {
        let mut messages: Vec<&Message> =
            self.messages.iter().filter(|message| message.visible_at <= now).collect();
        messages.sort_by_key(|message| (message.visible_at, message.id));
        messages
    }

    /// Whose turn it is. In an arbitrage messages do not decide that.
    pub(super) fn status(&self, now: DateTime<Utc>) -> ChatStatus {
        let turn = self.turn.filter(|turn| turn.at <= now);
        let last_said = self.messages(now).into_iter().rev().find_map(|message| {
            let status = match message.sender {
                Sender::Partner => ChatStatus::WaitingForCustomer,
                Sender::Customer => ChatStatus::WaitingForPartner,
                Sender::Market | Sender::Support => return None,
            };
            Some(Turn { status, at: message.visible_at })
        });
        match (turn, last_said) {
            (Some(turn), _) if self.kind == ChatKind::Arbitrage => turn.status,
            (Some(turn), Some(said)) if said.at <= turn.at => turn.status,
            (Some(turn), None) => turn.status,
            (Some(_) | None, Some(said)) => said.status,
            (None, None) => ChatStatus::New,
        }
    }

    /// The seller's words that the buyer sees once everything accepted has taken effect.
    pub(super) fn partner_texts(&self) -> Vec<&str> {
        let own = self.messages.iter().filter(|message| message.sender == Sender::Partner);
        own.flat_map(|message| {
            message.text.as_deref().into_iter().chain(message.files.iter().map(|file| &*file.name))
        })
        .collect()
    }

    /// As `GetChatInfoDTO`.
    pub(super) fn served(&self, now: DateTime<Utc>) -> Value {
        let last = self.messages(now).last().map_or(self.visible_at, |message| message.visible_at);
        let turned = self.turn.map_or(last, |turn| turn.at.max(last));
        let mut chat = json!({
            "chatId": self.id,
            "context": self.context.served(),
            "type": <&str>::from(self.kind),
            "status": <&str>::from(self.status(now)),
            "createdAt": written(self.created_at),
            "updatedAt": written(turned),
        });
        if let Some(order_id) = self.context.order_id {
            chat["orderId"] = json!(order_id);
        }
        chat
    }
}

impl Context {
    /// As `ChatFullContextDTO`.
    pub(super) fn served(&self) -> Value {
        let mut context = json!({ "type": <&str>::from(self.kind) });
        if let Some(name) = &self.customer {
            let public_id = &crate::chance::sha256_hex(name)[..26];
            context["customer"] = json!({ "name": name, "publicId": public_id });
        }
        let ids = [
            ("campaignId", self.campaign_id),
            ("orderId", self.order_id),
            ("returnId", self.return_id),
        ];
        for (name, id) in ids {
            if let Some(id) = id {
                context[name] = json!(id);
            }
        }
        context
    }
}

impl Message {
    /// As `ChatMessageDTO`.
    pub(super) fn served(&self) -> Value {
        let mut message = json!({
            "messageId": self.id,
            "createdAt": written(self.created_at),
            "sender": <&str>::from(self.sender),
        });
        if let Some(text) = &self.text {
            message["message"] = json!(text);
        }
        if !self.files.is_empty() {
            message["payload"] = json!(self.files);
        }
        message
    }

    pub(super) fn is_sticker(&self) -> bool {
        self.text.is_none() && self.files.is_empty()
    }
}

//! A running sandbox with a seller at Ozon, and how tests speak to both.

use std::collections::BTreeSet;
use std::sync::Mutex;

use reqwest::Method;
use sandbox::{OzonAccount, SandboxConfig, SellerConfig};
use serde_json::{Value, json};

use super::spec;
use crate::play::{self, Play, SELLER};

pub(super) const CLIENT_ID: &str = "100077";
pub(super) const KEY: &str = "key-of-demo";

/// A sandbox, a seller's key, and the operations called so far.
pub(super) struct Ozon {
    pub(super) play: Play,
    called: Mutex<BTreeSet<String>>,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) text: String,
    headers: reqwest::header::HeaderMap,
}

/// A sandbox with one seller at Ozon and limits out of the way.
pub(super) async fn ozon() -> Ozon {
    ozon_with(|_| {}).await
}

/// The same with these faults.
pub(super) async fn ozon_faulty(faults: &[&str]) -> Ozon {
    let faults = faults.iter().map(|fault| fault.parse::<sandbox::FaultSpec>().unwrap()).collect();
    ozon_with(|config| config.faults = faults).await
}

/// The same with changed settings.
pub(super) async fn ozon_with(change: impl FnOnce(&mut SandboxConfig)) -> Ozon {
    let play = play::play_with(|config| {
        let account = OzonAccount::new(CLIENT_ID.parse().unwrap(), KEY);
        config.sellers = vec![SellerConfig::new(SELLER, []).with_ozon(account)];
        change(config);
    });
    Ozon { play: play.await, called: Mutex::default() }
}

impl Ozon {
    /// Stops the sandbox and starts it on the same ledger.
    pub(super) async fn restart(self) -> Self {
        Self { play: self.play.restart().await, called: self.called }
    }

    /// Calls a method as documented and expects it to go well.
    pub(super) async fn ok(&self, path: &str, body: Value) -> Value {
        let answer = self.call(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.body()
    }

    /// Calls a method as documented; the answer is held against the specification.
    pub(super) async fn call(&self, path: &str, body: Value) -> Answer {
        spec::check_request(path, &body);
        let answer = self.send(path, body).await.unwrap();
        answer.check(path);
        self.called.lock().unwrap().insert(path.to_owned());
        answer
    }

    /// Calls a method with whatever body.
    pub(super) async fn send(&self, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        self.send_as(CLIENT_ID, KEY, path, body).await
    }

    /// Calls a method with other headers; empty ones are left out.
    pub(super) async fn send_as(
        &self,
        client_id: &str,
        api_key: &str,
        path: &str,
        body: Value,
    ) -> Result<Answer, reqwest::Error> {
        let url = format!("{}/ozon{path}", self.play.sandbox.url());
        let mut request = self.play.client.post(url).json(&body);
        for (name, value) in [("Client-Id", client_id), ("Api-Key", api_key)] {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    /// Speaks to the sandbox about the seller and expects it to go well.
    pub(super) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let path = format!("/control/ozon/{SELLER}/{path}");
        let answer = self.play.control(method, &path, Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// An item as the sandbox keeps it.
    pub(super) async fn kept(&self, path: &str) -> Value {
        self.control(Method::GET, path, Value::Null).await
    }

    /// A buyer opens a chat about something just bought: chat and message.
    pub(super) async fn buyer_writes(&self, text: &str) -> (String, String) {
        let posting = self.control(Method::POST, "postings", json!({ "scheme": "fbo" })).await;
        let posting = &posting["posting_number"];
        let body = json!({ "text": text, "posting_number": posting });
        let opened = self.control(Method::POST, "chats", body).await;
        (text_of(&opened["chat_id"]), text_of(&opened["message_id"]))
    }

    /// A buyer writes a review: id and product.
    pub(super) async fn buyer_reviews(&self, text: &str) -> (String, Value) {
        let body = json!({ "text": text, "rating": 4, "product": "UT-PLED-150" });
        let added = self.control(Method::POST, "reviews", body).await;
        (text_of(&added["id"]), added["sku"].clone())
    }

    /// A buyer asks: id and product.
    pub(super) async fn buyer_asks(&self, text: &str) -> (String, Value) {
        let body = json!({ "text": text, "product": "SNK-BT7" });
        let added = self.control(Method::POST, "questions", body).await;
        (text_of(&added["id"]), added["sku"].clone())
    }

    /// All messages of a chat, oldest first.
    pub(super) async fn history(&self, chat: &str) -> Vec<Value> {
        let body =
            json!({ "chat_id": chat, "direction": "Forward", "from_message_id": 1, "limit": 1000 });
        items(&self.ok("/v3/chat/history", body).await["messages"])
    }

    /// The lines of the ledger that tell of writes.
    pub(super) async fn writes(&self) -> Vec<Value> {
        let answer = self.play.control(Method::GET, "/ledger?kind=write", None).await;
        answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last of them.
    pub(super) async fn last_write(&self) -> Value {
        self.writes().await.pop().unwrap()
    }

    /// The operations that were called as documented.
    pub(super) fn called(&self) -> BTreeSet<String> {
        self.called.lock().unwrap().clone()
    }
}

impl Answer {
    /// The JSON of the body; null for none.
    pub(super) fn body(&self) -> Value {
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap() }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Leaves out what no specification describes: proxies' pages.
    fn check(&self, path: &str) {
        let content_type = self.header("content-type");
        if content_type != Some("text/html") {
            spec::check_answer(path, self.status, content_type, &self.text);
        }
    }
}

pub(super) fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_owned()
}

pub(super) fn items(value: &Value) -> Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("not a list: {value}")).clone()
}

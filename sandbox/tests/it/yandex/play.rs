//! A sandbox with a business at Yandex.Market, and how tests speak to it.

use reqwest::Method;
use sandbox::{SandboxConfig, SellerConfig, YandexConfig, YandexKeyConfig};
use serde_json::{Value, json};

use super::spec;
use crate::play::{Answer, Play, SELLER, play_with};

pub(super) const KEY: &str = "ACMA:key-of-demo:0000";
pub(super) const BUSINESS: u64 = 7_000_001;

/// A sandbox whose seller has a business, and the seller's key.
pub(super) struct Market {
    pub(super) play: Play,
}

/// A market with these faults.
pub(super) async fn market(faults: &[&str]) -> Market {
    let faults = faults.iter().map(|fault| fault.parse::<sandbox::FaultSpec>().unwrap()).collect();
    market_with(|config| config.faults = faults).await
}

/// A market with changed settings.
pub(super) async fn market_with(change: impl FnOnce(&mut SandboxConfig)) -> Market {
    let play = play_with(|config| {
        config.sellers = vec![SellerConfig {
            yandex: Some(YandexConfig::new(BUSINESS, [YandexKeyConfig::new(KEY)])),
            ..SellerConfig::new(SELLER, [])
        }];
        change(config);
    });
    Market { play: play.await }
}

/// The path of a method for chats and reviews.
pub(super) fn v2(rest: &str) -> String {
    format!("/v2/businesses/{BUSINESS}/{rest}")
}

/// The path of a method for questions.
pub(super) fn v1(rest: &str) -> String {
    format!("/v1/businesses/{BUSINESS}/{rest}")
}

impl Market {
    pub(super) async fn post(&self, path: &str, body: Value) -> Answer {
        self.try_post(path, body).await.unwrap()
    }

    pub(super) async fn try_post(&self, path: &str, body: Value) -> Result<Answer, reqwest::Error> {
        self.call(Method::POST, path, KEY, Some(body)).await
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, KEY, None).await.unwrap()
    }

    /// The `result` of a POST that must be answered with one.
    pub(super) async fn result(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["result"].clone()
    }

    /// Calls the marketplace and holds request and answer against the specification.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        key: &str,
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.request(method.clone(), path);
        if !key.is_empty() {
            request = request.header("Api-Key", key);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = Answer::read(request.send().await?).await?;
        let call = call_of(&method, path);
        if let Some(body) = body.filter(|_| answer.status == 200) {
            let errors = spec::request_errors(&call, &body);
            assert!(errors.is_empty(), "{call} took {body}: {errors:#?}");
        }
        check(&call, &answer);
        Ok(answer)
    }

    pub(super) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.play.client.request(method, format!("{}/yandex{path}", self.play.sandbox.url()))
    }

    /// Sends a file into a chat, as forms do.
    pub(super) async fn send_file(&self, chat: &Value, name: &str, content: &[u8]) -> Answer {
        let mut form = format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        form.extend_from_slice(content);
        form.extend_from_slice(b"\r\n--edge--\r\n");
        let path = v2(&format!("chats/file/send?chatId={chat}"));
        let request = self
            .request(Method::POST, &path)
            .header("Api-Key", KEY)
            .header("Content-Type", "multipart/form-data; boundary=edge")
            .body(form);
        let answer = Answer::read(request.send().await.unwrap()).await.unwrap();
        check(&call_of(&Method::POST, &path), &answer);
        answer
    }

    /// Speaks to the sandbox itself about the seller.
    pub(super) async fn control(&self, method: Method, path: &str, body: Value) -> Answer {
        let path = format!("/control/yandex/{SELLER}/{path}");
        self.play.control(method, &path, Some(body)).await
    }

    /// Something happens outside the API; answers with what the sandbox says of it.
    pub(super) async fn happen(&self, method: Method, path: &str, body: Value) -> Value {
        let answer = self.control(method, path, body).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// What the sandbox keeps of something.
    pub(super) async fn kept(&self, path: &str) -> Value {
        let path = format!("/control/yandex/{SELLER}/{path}");
        self.play.control(Method::GET, &path, None).await.json()
    }

    /// A chat with one message of the buyer's.
    pub(super) async fn chat(&self) -> Value {
        let body = json!({ "about": "DIRECT", "messages": [{ "text": "Добрый день!" }] });
        self.happen(Method::POST, "chats", body).await["id"].clone()
    }

    pub(super) async fn review(&self) -> Value {
        let body = json!({ "text": "Хорошая вещь", "rating": 5, "user": "Инна" });
        self.happen(Method::POST, "reviews", body).await["id"].clone()
    }

    pub(super) async fn question(&self) -> Value {
        let body = json!({ "text": "Какой вес?", "product": "VJ-PACK-22", "user": "Лев" });
        self.happen(Method::POST, "questions", body).await["id"].clone()
    }

    pub(super) async fn say(&self, chat: &Value, text: &str) -> Answer {
        self.post(&v2(&format!("chats/message?chatId={chat}")), json!({ "message": text })).await
    }

    pub(super) async fn comment(&self, review: &Value, text: &str) -> Answer {
        let body = json!({ "feedbackId": review, "comment": { "text": text } });
        self.post(&v2("goods-feedback/comments/update"), body).await
    }

    pub(super) async fn answer(&self, question: &Value, text: &str) -> Answer {
        let parent = json!({ "id": question, "type": "QUESTION" });
        let body = json!({ "operationType": "CREATE", "parentEntityId": parent, "text": text });
        self.post(&v1("goods-questions/update"), body).await
    }

    /// All messages of a chat.
    pub(super) async fn history(&self, chat: &Value) -> Vec<Value> {
        let path = v2(&format!("chats/history?limit=100&chatId={chat}"));
        self.result(&path, json!({})).await["messages"].as_array().unwrap().clone()
    }

    /// One review as the API serves it.
    pub(super) async fn served_review(&self, review: &Value) -> Value {
        let result = self.result(&v2("goods-feedback"), json!({ "feedbackIds": [review] })).await;
        result["feedbacks"][0].clone()
    }

    /// The comments under a review.
    pub(super) async fn comments(&self, review: &Value) -> Vec<Value> {
        let path = v2("goods-feedback/comments?limit=50");
        let result = self.result(&path, json!({ "feedbackId": review })).await;
        result["comments"].as_array().unwrap().clone()
    }

    /// The answers to a question.
    pub(super) async fn answers(&self, question: &Value) -> Vec<Value> {
        let path = v1("goods-questions/answers?limit=50");
        let result = self.result(&path, json!({ "questionId": question })).await;
        result["answers"].as_array().unwrap().clone()
    }

    /// The lines of the ledger that tell of writes.
    pub(super) async fn writes(&self) -> Vec<Value> {
        let answer = self.play.control(Method::GET, "/ledger?kind=write", None).await;
        answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All items of a list, page by page.
    pub(super) async fn pages(&self, path: &str, items: &str, body: Value) -> Vec<Value> {
        let (mut all, mut token) = (Vec::new(), String::new());
        loop {
            let result = self.result(&format!("{path}{token}"), body.clone()).await;
            all.extend(result[items].as_array().unwrap().iter().cloned());
            match result["paging"]["nextPageToken"].as_str() {
                Some(next) => token = format!("&pageToken={next}"),
                None => return all,
            }
        }
    }
}

/// Method and path as the specification names them.
fn call_of(method: &Method, path: &str) -> String {
    let bare = path.split('?').next().unwrap();
    let segments = bare.split('/').collect::<Vec<_>>();
    let named = segments.iter().enumerate().map(|(place, segment)| {
        if place == 3 && segments[2] == "businesses" { "{businessId}" } else { *segment }
    });
    format!("{method} {}", named.collect::<Vec<_>>().join("/"))
}

/// Leaves out what the specification does not describe: pages of proxies, broken JSON, and the 415 that only the list
/// of errors knows.
fn check(call: &str, answer: &Answer) {
    let is_json = answer.header("content-type") == Some("application/json");
    let is_broken = answer.status == 200 && serde_json::from_str::<Value>(&answer.text).is_err();
    if is_json && !is_broken && answer.status != 415 {
        spec::check_answer(
            call,
            answer.status.as_u16(),
            answer.header("content-type"),
            &answer.text,
        );
    }
}

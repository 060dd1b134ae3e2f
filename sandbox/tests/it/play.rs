//! One running sandbox with a client, and how tests speak to both.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use sandbox::{FaultSpec, RunningSandbox, Sandbox, SandboxConfig, SellerConfig, TokenConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::spec;

pub(crate) const TOKEN: &str = "token-of-demo";
pub(crate) const SELLER: &str = "demo";

/// A sandbox on a ledger of its own, and a client with the seller's token.
pub(crate) struct Play {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) config: SandboxConfig,
    pub(crate) client: Client,
    folder: TempDir,
}

/// An answer, already held against the specification.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    pub(crate) bytes: Vec<u8>,
}

/// Settings for tests: one seller, and limits out of the way.
pub(crate) fn config(folder: &TempDir) -> SandboxConfig {
    SandboxConfig {
        ledger: folder.path().join("ledger.jsonl"),
        sellers: vec![SellerConfig::new(SELLER, [TokenConfig::new(TOKEN)])],
        rate_scale: 10_000.0,
        ..SandboxConfig::default()
    }
}

/// A sandbox with these faults.
pub(crate) async fn play(faults: &[&str]) -> Play {
    let faults = faults.iter().map(|fault| fault.parse::<FaultSpec>().unwrap()).collect();
    play_with(|config| config.faults = faults).await
}

/// A sandbox with changed settings.
pub(crate) async fn play_with(change: impl FnOnce(&mut SandboxConfig)) -> Play {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(&folder);
    change(&mut config);
    start(folder, config).await
}

async fn start(folder: TempDir, config: SandboxConfig) -> Play {
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let sandbox = Sandbox::start(config.clone()).await.unwrap();
    Play { sandbox, config, client, folder }
}

impl Play {
    /// Stops the sandbox and starts it on the same ledger.
    pub(crate) async fn restart(self) -> Self {
        self.sandbox.stop().await;
        start(self.folder, self.config).await
    }

    pub(crate) fn ledger_path(&self) -> PathBuf {
        self.config.ledger.clone()
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, TOKEN, None).await.unwrap()
    }

    pub(crate) async fn answer(&self, id: &str, text: &str) -> Answer {
        self.try_answer(id, text).await.unwrap()
    }

    pub(crate) async fn try_answer(&self, id: &str, text: &str) -> Result<Answer, reqwest::Error> {
        let body = json!({ "id": id, "text": text });
        self.call(Method::POST, "/api/v1/feedbacks/answer", TOKEN, Some(body)).await
    }

    pub(crate) async fn edit(&self, id: &str, text: &str) -> Answer {
        let body = json!({ "id": id, "text": text });
        self.call(Method::PATCH, "/api/v1/feedbacks/answer", TOKEN, Some(body)).await.unwrap()
    }

    /// Calls the marketplace and holds the answer against the specification.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        authorization: &str,
        body: Option<Value>,
    ) -> Result<Answer, reqwest::Error> {
        let body = body.map(|body| ("application/json".to_owned(), body.to_string().into_bytes()));
        self.call_with(method, path, authorization, body).await
    }

    /// The same with a body of any type.
    pub(crate) async fn call_with(
        &self,
        method: Method,
        path: &str,
        authorization: &str,
        body: Option<(String, Vec<u8>)>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request =
            self.client.request(method.clone(), format!("{}{path}", self.sandbox.url()));
        if !authorization.is_empty() {
            request = request.header("Authorization", authorization);
        }
        if let Some((content_type, body)) = body {
            request = request.header("Content-Type", content_type).body(body);
        }
        let answer = Answer::read(request.send().await?).await?;
        let bare = path.split('?').next().unwrap();
        answer.check(&format!("{method} {bare}"));
        Ok(answer)
    }

    /// Changes a question, a claim: whatever is patched.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PATCH, path, TOKEN, Some(body)).await.unwrap()
    }

    /// Something happens at the marketplace: a buyer writes.
    pub(crate) async fn happens(&self, what: &str, body: Value) -> Value {
        let path = format!("/control/wildberries/{SELLER}/{what}");
        let answer = self.control(Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// What the sandbox keeps of something at the marketplace.
    pub(crate) async fn kept(&self, what: &str) -> Value {
        let path = format!("/control/wildberries/{SELLER}/{what}");
        self.control(Method::GET, &path, None).await.json()
    }

    /// Speaks to the sandbox itself.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.sandbox.url()));
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::read(request.send().await.unwrap()).await.unwrap()
    }

    pub(crate) async fn set_faults(&self, faults: Value) {
        let answer = self.control(Method::PATCH, "/control/faults", Some(faults)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub(crate) async fn advance_clock(&self, seconds: u32) {
        let answer =
            self.control(Method::POST, "/control/clock", Some(json!({ "seconds": seconds }))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    pub(crate) async fn state(&self) -> Value {
        self.control(Method::GET, "/control/state", None).await.json()
    }

    /// How often a fault fired.
    pub(crate) async fn fired(&self, fault: &str) -> u64 {
        self.state().await["fired"][fault].as_u64().unwrap_or_default()
    }

    /// A review as the sandbox keeps it: `feedback`, `buyer_sees`, `deliveries`, `versions`.
    pub(crate) async fn review(&self, id: &str) -> Value {
        let path = format!("/control/wildberries/{SELLER}/reviews/{id}");
        self.control(Method::GET, &path, None).await.json()
    }

    /// A buyer writes a review.
    pub(crate) async fn add_review(&self, review: Value) -> String {
        let path = format!("/control/wildberries/{SELLER}/reviews");
        let answer = self.control(Method::POST, &path, Some(review)).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// The lines of the ledger that tell of answers.
    pub(crate) async fn answers_in_ledger(&self) -> Vec<Value> {
        self.ledger("answer").await
    }

    /// The lines of the ledger of one kind.
    pub(crate) async fn ledger(&self, kind: &str) -> Vec<Value> {
        let answer = self.control(Method::GET, &format!("/ledger?kind={kind}"), None).await;
        answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All reviews of a list, page by page.
    pub(crate) async fn list(&self, is_answered: bool) -> Vec<Value> {
        let path = format!("/api/v1/feedbacks?isAnswered={is_answered}&take=5000&skip=0");
        self.get(&path).await.feedbacks()
    }

    /// The id of a review that waits for an answer.
    pub(crate) async fn waiting(&self) -> String {
        self.list(false).await[0]["id"].as_str().unwrap().to_owned()
    }
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Result<Self, reqwest::Error> {
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        Ok(Self { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn feedbacks(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()["data"]["feedbacks"].as_array().unwrap().clone()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Leaves out what no specification describes: broken servers, broken JSON, and the two refusals of the answering
    /// methods that the sandbox had to decide.
    fn check(&self, call: &str) {
        let is_json = self.header("content-type").is_some_and(|it| it.contains("json"));
        let is_broken =
            self.status == 200 && is_json && serde_json::from_str::<Value>(&self.text).is_err();
        let is_ours = call.ends_with("/answer") && self.status == 403
            || call == "PATCH /api/v1/feedbacks/answer" && self.status == 400;
        let is_documented = !(self.status.is_server_error() || is_broken || is_ours);
        if is_documented {
            spec::check(call, self.status.as_u16(), self.header("content-type"), &self.text);
        }
    }
}

//! The marketplace: a running sandbox, its faults, its reviews and its ledger.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api;
use crate::ledger::{Asked, LedgerAnswer, Verdict, judge};
use crate::program::Program;

/// The seller's name in the sandbox.
pub const SELLER: &str = "demo";

/// The token that the sandbox accepts from the start.
pub const TOKEN: &str = "harness-token";

/// A running sandbox. Its ledger outlives restarts.
pub struct Sandbox {
    /// The process.
    pub program: Program,
    url: String,
    http: reqwest::Client,
}

/// What it begins with.
#[derive(Debug, Clone, Default)]
pub struct SandboxSetup {
    /// Reviews from this file instead of the sandbox's own.
    pub reviews: Option<PathBuf>,
    /// How many reviews: fewer cut the source short, more go round it again.
    pub count: Option<usize>,
    /// Faults from the start on, as `NAME=RULE`.
    pub faults: Vec<String>,
    /// Other settings, as command-line arguments.
    pub arguments: Vec<String>,
    /// Where the ledger is, if not in the system's folder.
    pub ledger: Option<PathBuf>,
}

impl Sandbox {
    pub(crate) async fn start(folder: &Path, setup: &SandboxSetup) -> anyhow::Result<Self> {
        let ledger = setup.ledger.clone().unwrap_or_else(|| folder.join("ledger.jsonl"));
        let mut arguments: Vec<OsString> = vec!["sandbox".into(), "--listen".into()];
        arguments.extend(["127.0.0.1:0".into(), "--ledger".into(), ledger.into_os_string()]);
        arguments.push(format!("--seller={SELLER}:{TOKEN}").into());
        if let Some(file) = &setup.reviews {
            arguments.extend(["--reviews".into(), file.clone().into_os_string()]);
        }
        if let Some(count) = setup.count {
            arguments.extend(["--reviews-count".into(), count.to_string().into()]);
        }
        for fault in &setup.faults {
            arguments.extend(["--fault".into(), fault.into()]);
        }
        arguments.extend(setup.arguments.iter().map(OsString::from));
        let mut program = Program::start(folder, "sandbox", arguments, Vec::new())?;
        let url = program.url().await?;
        // Whoever calls it must find it again after a restart.
        program.replace_argument("127.0.0.1:0", url.trim_start_matches("http://"));
        Ok(Self { program, url, http: api::http()? })
    }

    /// Returns its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends it at once: from now on nobody listens at its address.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.program.kill()
    }

    /// Starts it again on its ledger, without faults.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        self.program.start_again()?;
        self.program.url().await?;
        Ok(())
    }

    /// Sets the faults named and ends those that are null.
    ///
    /// # Errors
    /// When the sandbox does not know such a fault.
    pub async fn set_faults(&self, faults: Value) -> anyhow::Result<()> {
        self.control(Method::PATCH, "/control/faults", Some(faults)).await?;
        Ok(())
    }

    /// Ends all faults.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn end_faults(&self) -> anyhow::Result<()> {
        self.control(Method::PUT, "/control/faults", Some(json!({}))).await?;
        Ok(())
    }

    /// Returns how often a fault has fired. A run in which none did proves nothing.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn fired(&self, fault: &str) -> anyhow::Result<u64> {
        Ok(self.state().await?["fired"][fault].as_u64().unwrap_or_default())
    }

    /// Returns how many calls were answered with `status` so far.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn answered_with(&self, status: u16) -> anyhow::Result<u64> {
        let state = self.state().await?;
        let calls = state["answers"].as_object().context("answers by call and outcome")?;
        let count = |outcomes: &Value| outcomes[status.to_string()].as_u64().unwrap_or_default();
        Ok(calls.values().map(count).sum())
    }

    /// Returns everything that the sandbox tells about itself.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn state(&self) -> anyhow::Result<Value> {
        self.control(Method::GET, "/control/state", None).await
    }

    /// A buyer writes a review; returns its id.
    ///
    /// # Errors
    /// When the sandbox refuses it.
    pub async fn add_review(&self, review: Value) -> anyhow::Result<String> {
        let path = format!("/control/wildberries/{SELLER}/reviews");
        let added = self.control(Method::POST, &path, Some(review)).await?;
        Ok(added["id"].as_str().context("an id")?.to_owned())
    }

    /// A buyer of the seller's wants to return something, and says why; returns the claim's id.
    ///
    /// # Errors
    /// When the sandbox refuses it.
    pub async fn add_claim(&self, comment: &str) -> anyhow::Result<String> {
        let path = format!("/control/wildberries/{SELLER}/claims");
        let added = self.control(Method::POST, &path, Some(json!({ "comment": comment }))).await?;
        Ok(added["id"].as_str().context("an id")?.to_owned())
    }

    /// Returns a review as the API serves it (`feedback`) and what its buyer sees.
    ///
    /// # Errors
    /// When there is no such review.
    pub async fn review(&self, id: &str) -> anyhow::Result<Value> {
        let path = format!("/control/wildberries/{SELLER}/reviews/{id}");
        self.control(Method::GET, &path, None).await
    }

    /// The seller answers in the marketplace's cabinet.
    ///
    /// # Errors
    /// When there is no such review.
    pub async fn answer_in_cabinet(&self, id: &str, text: &str) -> anyhow::Result<()> {
        let path = format!("/control/wildberries/{SELLER}/reviews/{id}/answer");
        self.control(Method::PUT, &path, Some(json!({ "text": text }))).await?;
        Ok(())
    }

    /// The buyer rewrites a review; fields that are not named stay.
    ///
    /// # Errors
    /// When there is no such review.
    pub async fn revise_review(&self, id: &str, changes: Value) -> anyhow::Result<()> {
        let path = format!("/control/wildberries/{SELLER}/reviews/{id}");
        self.control(Method::PATCH, &path, Some(changes)).await?;
        Ok(())
    }

    /// Accepts a token from now on, with these rights.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn add_token(&self, token: &str, rights: Value) -> anyhow::Result<()> {
        let path = format!("/control/wildberries/{SELLER}/tokens");
        let body = json!({ "token": token, "rights": rights });
        self.control(Method::POST, &path, Some(body)).await?;
        Ok(())
    }

    /// Refuses a token from now on.
    ///
    /// # Errors
    /// When the seller has no such token.
    pub async fn revoke_token(&self, token: &str) -> anyhow::Result<()> {
        let path = format!("/control/wildberries/{SELLER}/tokens/revoke");
        self.control(Method::POST, &path, Some(json!({ "token": token }))).await?;
        Ok(())
    }

    /// Returns the requests to answer so far, as the ledger tells them.
    ///
    /// # Errors
    /// When the sandbox does not answer or a line cannot be read.
    pub async fn answers(&self) -> anyhow::Result<Vec<LedgerAnswer>> {
        self.ledger("answer").await
    }

    /// Returns the requests to write in chats so far, as the ledger tells them: as answers, whose targets are the chats.
    ///
    /// # Errors
    /// When the sandbox does not answer or a line cannot be read.
    pub async fn messages(&self) -> anyhow::Result<Vec<LedgerAnswer>> {
        let lines: Vec<Value> = self.ledger("message").await?;
        let answer = |mut line: Value| {
            line["action"] = json!("answer");
            serde_json::from_value(line).context("a line")
        };
        lines.into_iter().map(answer).collect()
    }

    /// Lets a buyer begin a chat with a message (`text`, `files`) and returns its id.
    ///
    /// # Errors
    /// When the sandbox refuses it.
    pub async fn begin_chat(&self, message: Value) -> anyhow::Result<String> {
        let path = format!("/control/wildberries/{SELLER}/chats");
        let begun = self.control(Method::POST, &path, Some(message)).await?;
        begun["chat"].as_str().map(str::to_owned).context("the id of a chat")
    }

    /// Lets somebody write in a chat (`text`, `files`, `from`).
    ///
    /// # Errors
    /// When the sandbox refuses it.
    pub async fn write_in_chat(&self, chat: &str, message: Value) -> anyhow::Result<()> {
        let path = format!("/control/wildberries/{SELLER}/chats/{chat}/messages");
        self.control(Method::POST, &path, Some(message)).await?;
        Ok(())
    }

    /// Returns how many answers the marketplace has carried out and is still holding its own answer to.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn in_flight(&self) -> anyhow::Result<usize> {
        let now: DateTime<Utc> = serde_json::from_value(self.state().await?["now"].take())?;
        let is_held = |line: &LedgerAnswer| {
            i64::try_from(line.delay_ms)
                .is_ok_and(|held| line.time + TimeDelta::milliseconds(held) > now)
        };
        Ok(self.answers().await?.iter().filter(|line| is_held(line)).count())
    }

    /// Returns every review as it was added, by id.
    ///
    /// # Errors
    /// When the sandbox does not answer or a line cannot be read.
    pub async fn feedbacks(&self) -> anyhow::Result<BTreeMap<String, Value>> {
        let lines: Vec<Value> = self.ledger("review_added").await?;
        let feedback = |mut line: Value| {
            let feedback = line["feedback"].take();
            let id = feedback["id"].as_str().context("a review has an id")?.to_owned();
            Ok((id, feedback))
        };
        lines.into_iter().map(feedback).collect()
    }

    /// Returns how often a method was called so far, such as `GET /api/v1/feedbacks`.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn calls(&self, method: &str) -> anyhow::Result<u64> {
        let state = self.state().await?;
        let outcomes = state["answers"][method].as_object();
        Ok(outcomes.map_or(0, |outcomes| outcomes.values().filter_map(Value::as_u64).sum()))
    }

    /// Returns the requests that its language model was asked for a draft with, in order.
    ///
    /// # Errors
    /// When the sandbox does not answer or a line cannot be read.
    pub async fn asked_of_model(&self) -> anyhow::Result<Vec<Value>> {
        let lines: Vec<Value> = self.ledger("asked").await?;
        Ok(lines.into_iter().map(|mut line| line["request"].take()).collect())
    }

    /// Holds what was asked for against the ledger.
    ///
    /// # Errors
    /// When the sandbox does not answer.
    pub async fn judge(&self, asked: &[Asked]) -> anyhow::Result<Verdict> {
        Ok(judge(asked, &self.answers().await?))
    }

    /// Returns all lines of the ledger.
    ///
    /// # Errors
    /// When the sandbox does not answer or a line cannot be read.
    pub async fn lines(&self) -> anyhow::Result<Vec<Value>> {
        self.read_ledger("").await
    }

    async fn ledger<T: DeserializeOwned>(&self, kind: &str) -> anyhow::Result<Vec<T>> {
        self.read_ledger(&format!("?kind={kind}")).await
    }

    async fn read_ledger<T: DeserializeOwned>(&self, query: &str) -> anyhow::Result<Vec<T>> {
        let response = self.http.get(format!("{}/ledger{query}", self.url)).send().await?;
        let text = response.error_for_status()?.text().await?;
        text.lines().map(|line| serde_json::from_str(line).context("a line")).collect()
    }

    /// Does what only the sandbox can do, such as letting a buyer write.
    ///
    /// # Errors
    /// With what it says, when the sandbox refuses.
    pub async fn control(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await?;
        let (status, text) = (response.status(), response.text().await?);
        ensure!(status.is_success(), "{method} {path} answered {status}: {text}");
        if status == StatusCode::NO_CONTENT || text.is_empty() {
            return Ok(Value::Null);
        }
        Ok(serde_json::from_str(&text)?)
    }
}

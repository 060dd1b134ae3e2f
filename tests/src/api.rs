//! The public HTTP API as a program of the seller's uses it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use reqwest::header::HeaderMap;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::wait;

/// Longer than the server waits for what becomes of a reply.
const TIMEOUT: Duration = Duration::from_secs(40);

/// Half of what the server takes from one address.
const FROM_ONE_ADDRESS: u32 = 50;

/// A seller who is signed in.
#[derive(Debug, Clone)]
pub struct Seller {
    http: reqwest::Client,
    base: String,
    token: String,
    /// Its id.
    pub seller_id: String,
}

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
}

/// How long a connection may have been idle that is used again: the programs close those that say nothing for long, and a
/// test that waits for a program meanwhile does not hear of it.
const IDLE_AT_MOST: Duration = Duration::from_secs(2);

/// A client without hidden retries.
///
/// # Errors
/// When TLS cannot be set up, which reqwest wants also where it is not used.
pub fn http() -> anyhow::Result<reqwest::Client> {
    Ok(builder().build()?)
}

fn builder() -> reqwest::ClientBuilder {
    // Another one of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let retries = reqwest::retry::never();
    reqwest::Client::builder().timeout(TIMEOUT).retry(retries).pool_idle_timeout(IDLE_AT_MOST)
}

/// The next address of loopback to sign up from: from one address the server takes so many in a quarter of an hour.
fn place() -> Ipv4Addr {
    static SIGNED_UP: AtomicU32 = AtomicU32::new(0);
    let number = SIGNED_UP.fetch_add(1, Ordering::Relaxed) / FROM_ONE_ADDRESS;
    Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + number)
}

impl Answer {
    async fn read(response: reqwest::Response) -> anyhow::Result<Self> {
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Self { status, headers, text: response.text().await? })
    }

    /// Returns the body as JSON.
    ///
    /// # Errors
    /// When it is none.
    pub fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_str(&self.text).with_context(|| format!("{}: {}", self.status, self.text))
    }

    /// Returns the body of a successful answer.
    ///
    /// # Errors
    /// With the body, when it is another one.
    pub fn ok(&self) -> anyhow::Result<Value> {
        ensure!(self.status.is_success(), "answered {}: {}", self.status, self.text);
        if self.text.is_empty() { Ok(Value::Null) } else { self.json() }
    }

    /// Holds a refusal against the status and code expected, and returns the problem. Every one must say in Russian what
    /// happened, what the system does about it and what the user can do.
    ///
    /// # Errors
    /// When it is another answer, or none that a person could use.
    pub fn problem(&self, status: u16, code: &str) -> anyhow::Result<Value> {
        let problem = self.json()?;
        let found = (self.status.as_u16(), problem["code"].as_str().unwrap_or_default());
        ensure!(
            found == (status, code),
            "expected {status} {code}, found {found:?}: {}",
            self.text
        );
        let content_type = self.headers.get("content-type").and_then(|value| value.to_str().ok());
        let is_problem = content_type.is_some_and(|it| it.starts_with("application/problem+json"));
        ensure!(is_problem, "a problem came as {content_type:?}");
        for field in ["title", "detail", "system_does", "you_can"] {
            let text = problem[field].as_str().unwrap_or_default();
            let is_russian = text.chars().any(|c| ('а'..='я').contains(&c));
            ensure!(is_russian, "{field} says nothing in Russian: {}", self.text);
        }
        let id = self.headers.get("x-request-id").and_then(|value| value.to_str().ok());
        ensure!(id.is_some() && problem["request_id"].as_str() == id, "no request id: {problem}");
        Ok(problem)
    }
}

impl Seller {
    /// Signs a new seller up at the server at `base`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn register(base: &str) -> anyhow::Result<Self> {
        let http = builder().local_address(IpAddr::from(place())).build()?;
        let name = Uuid::new_v4().simple().to_string();
        let body = json!({
            "email": format!("{name}@example.com"),
            "password": format!("Пароль-{name}"),
            "company": format!("Магазин {}", &name[..8]),
            "session": "token",
        });
        let response = http.post(format!("{base}/api/v1/auth/register")).json(&body).send().await?;
        let session = Answer::read(response).await?.ok().context("signing up")?;
        let text = |pointer: &str| {
            let found = session.pointer(pointer).and_then(Value::as_str);
            found.map(str::to_owned).with_context(|| format!("no {pointer} in {session}"))
        };
        Ok(Self {
            http,
            base: base.to_owned(),
            token: text("/access_token")?,
            seller_id: text("/seller/seller_id")?,
        })
    }

    /// Returns the same seller at the server at `base`.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.to_owned(), ..self.clone() }
    }

    /// Calls the API with these headers.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<Answer> {
        let mut request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        request = request.bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Answer::read(request.send().await?).await
    }

    /// Reads.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        self.call(Method::GET, path, None, &[]).await
    }

    /// Opens a stream.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn open(&self, path: &str) -> anyhow::Result<reqwest::Response> {
        let request = self.http.get(format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token);
        Ok(request.send().await?.error_for_status()?)
    }

    /// Listens until what was said holds `words`, and returns all that was said.
    ///
    /// # Errors
    /// When the server refuses, or ends before.
    pub async fn listen(&self, path: &str, words: &str) -> anyhow::Result<String> {
        let mut response = self.open(path).await?;
        let mut said = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            said.extend_from_slice(&chunk);
            let text = String::from_utf8_lossy(&said);
            if text.contains(words) {
                return Ok(text.into_owned());
            }
        }
        bail!("the stream ended without {words}")
    }

    /// Writes, under a key of its own.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(&self, method: Method, path: &str, body: Value) -> anyhow::Result<Answer> {
        let key = Uuid::new_v4().to_string();
        self.call(method, path, Some(&body), &[("idempotency-key", &key)]).await
    }

    /// Connects a Wildberries cabinet and returns the answer.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn try_connect(&self, token: &str) -> anyhow::Result<Answer> {
        let body = json!({ "marketplace": "wildberries", "name": "Кабинет", "token": token });
        self.send(Method::POST, "/accounts", body).await
    }

    /// Has drafts made only when somebody asks.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn make_no_drafts_ahead(&self) -> anyhow::Result<()> {
        let mut now = self.get("/seller/drafting").await?.ok()?;
        now["drafting"]["ahead"] = json!(false);
        let body = json!({ "replaces": now["version"], "drafting": now["drafting"] });
        self.send(Method::PUT, "/seller/drafting", body).await?.ok()?;
        Ok(())
    }

    /// Connects a Wildberries cabinet and returns its id.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn connect(&self, token: &str) -> anyhow::Result<String> {
        let account = self.try_connect(token).await?.ok().context("connecting a cabinet")?;
        Ok(account["account_id"].as_str().context("an account has an id")?.to_owned())
    }

    /// Returns an account.
    ///
    /// # Errors
    /// When the seller has no such account.
    pub async fn account(&self, account_id: &str) -> anyhow::Result<Value> {
        let accounts = self.get("/accounts").await?.ok()?;
        let mut items = accounts["items"].as_array().into_iter().flatten();
        let found = items.find(|account| account["account_id"] == account_id);
        found.cloned().with_context(|| format!("no account {account_id}"))
    }

    /// Returns all interactions of a list with this query, page by page.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn list(&self, query: &str) -> anyhow::Result<Vec<Value>> {
        let (mut items, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/interactions?limit=200&{query}{after}");
            let mut page = self.get(&path).await?.ok()?;
            let Value::Array(found) = page["items"].take() else {
                anyhow::bail!("a page without items");
            };
            items.extend(found);
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(items),
            }
        }
    }

    /// Returns how many interactions there are.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn total(&self) -> anyhow::Result<u64> {
        let counts = self.get("/interactions/counts").await?.ok()?;
        counts["total"].as_u64().context("a total")
    }

    /// Waits until so many interactions came in.
    ///
    /// # Errors
    /// When they do not come in time.
    pub async fn wait_for_total(&self, expected: u64) -> anyhow::Result<()> {
        wait::until_within(3 * wait::PATIENCE, &format!("{expected} interactions"), async || {
            let total = self.total().await?;
            ensure!(total == expected, "there are {total}");
            Ok(Some(()))
        })
        .await
    }

    /// Returns an interaction whole.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn interaction(&self, id: &str) -> anyhow::Result<Value> {
        self.get(&format!("/interactions/{id}")).await?.ok()
    }

    /// Answers a buyer.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn reply(&self, id: &str, text: &str) -> anyhow::Result<Answer> {
        self.send(Method::POST, &format!("/interactions/{id}/reply"), json!({ "text": text })).await
    }

    /// Edits the answer.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn edit(&self, id: &str, text: &str) -> anyhow::Result<Answer> {
        let path = format!("/interactions/{id}/reply");
        self.send(Method::PATCH, &path, json!({ "text": text })).await
    }

    /// Waits until the newest version of the reply is in this state and returns the interaction.
    ///
    /// # Errors
    /// When it does not come there in time.
    pub async fn wait_for_reply(&self, id: &str, state: &str) -> anyhow::Result<Value> {
        wait::until_within(2 * wait::PATIENCE, &format!("reply {state}"), async || {
            let interaction = self.interaction(id).await?;
            let found = &interaction["reply"]["state"];
            ensure!(found == state, "the reply is {found}: {}", interaction["reply"]);
            // Told by another read model, which may follow a moment later.
            ensure!(interaction["reply_state"] == state, "the inbox has not heard of it yet");
            Ok(Some(interaction))
        })
        .await
    }

    /// Returns the types of the events of an interaction, in order.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn journal(&self, id: &str) -> anyhow::Result<Vec<String>> {
        let events = self.get(&format!("/interactions/{id}/events")).await?.ok()?;
        let types = events["items"].as_array().context("a list")?.iter().map(|event| {
            let name = event["type"].as_str().context("an event has a type")?;
            Ok(name.rsplit('.').next().unwrap_or(name).to_owned())
        });
        types.collect()
    }
}

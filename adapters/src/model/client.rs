//! Calls of an OpenAI-compatible API through async-openai: each is one HTTP request, whatever comes of it.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::Client as OpenAi;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url, retry};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tower::Service;

use super::error::ModelError;

/// Until the connection stands: name, TCP and TLS.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);

/// Largest answer that is read: a draft is some thousand bytes, a list of models some hundred thousand, and 64 vectors of
/// 4 096 numbers some six millions.
const ANSWER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// How long to wait after a 429 that names no time, and the longest that is believed.
const RETRY_AFTER: Duration = Duration::from_secs(5);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60 * 60);

/// A provider's API.
#[derive(Debug, Clone)]
pub(super) struct Client {
    openai: OpenAi<OpenAIConfig>,
}

impl Client {
    /// Prepares the connections. The process must have installed a rustls provider.
    pub(super) fn new(
        url: &Url,
        key: &SecretString,
        timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        // As the writes of a marketplace: what was paid for must not be asked for twice behind our back, so no kept
        // connection, no repetition, no redirect (see `http::transport`).
        let http = reqwest::Client::builder()
            .user_agent(concat!("agentiq/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(timeout)
            .redirect(Policy::none())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .http1_only()
            .build()?;
        // The defaults of async-openai read the environment: an organisation of somebody else's would be sent along.
        let config = OpenAIConfig::default()
            .with_api_base(url.as_str().trim_end_matches('/'))
            .with_api_key(key.expose_secret())
            .with_org_id("")
            .with_project_id("");
        let openai = OpenAi::build(http.clone(), config).with_http_service(OneRequest { http });
        Ok(Self { openai })
    }

    /// Asks for an answer in chat.
    pub(super) async fn chat<A: DeserializeOwned>(
        &self,
        request: &impl Serialize,
    ) -> Result<A, ModelError> {
        let answer: Result<Value, OpenAIError> = self.openai.chat().create_byot(request).await;
        read(answer)
    }

    /// Asks for vectors of texts.
    pub(super) async fn embeddings<A: DeserializeOwned>(
        &self,
        request: &impl Serialize,
    ) -> Result<A, ModelError> {
        let answer: Result<Value, OpenAIError> =
            self.openai.embeddings().create_byot(request).await;
        read(answer)
    }

    /// Asks which models there are.
    pub(super) async fn models<A: DeserializeOwned>(&self) -> Result<A, ModelError> {
        let answer: Result<Value, OpenAIError> = self.openai.models().list_byot().await;
        read(answer)
    }
}

fn read<A: DeserializeOwned>(answer: Result<Value, OpenAIError>) -> Result<A, ModelError> {
    match answer {
        // Read here and not by async-openai, which logs what it cannot read, and with it a buyer's words.
        Ok(value) => serde_json::from_value(value)
            .map_err(|_| ModelError::Unreadable { why: "it is not of the form of the API" }),
        Err(OpenAIError::Boxed(error)) => Err(error
            .downcast::<ModelError>()
            .map_or(ModelError::NoAnswer { timed_out: false }, |error| *error)),
        Err(_) => Err(ModelError::NoAnswer { timed_out: false }),
    }
}

/// Makes the request, once, and tells how it failed. What async-openai has by default repeats it up to three times.
#[derive(Debug, Clone)]
struct OneRequest {
    http: reqwest::Client,
}

impl Service<HttpRequestFactory> for OneRequest {
    type Response = Response;
    type Error = tower::BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response, tower::BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), tower::BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        let http = self.http.clone();
        Box::pin(async move {
            let request = request.build().await?;
            let response = http.execute(request).await.map_err(of_transport)?;
            let (status, headers) = (response.status(), response.headers().clone());
            let body = body(response).await?;
            let answer: Option<Value> = serde_json::from_slice(&body).ok();
            if !status.is_success() {
                return Err(refusal(status, &headers, &answer.unwrap_or_default()).into());
            }
            if answer.is_none() {
                return Err(ModelError::Unreadable { why: "it is no JSON" }.into());
            }
            Ok(Response::from(http::Response::new(body)))
        })
    }
}

/// Reads a body, as far as one is read.
async fn body(mut response: Response) -> Result<Vec<u8>, ModelError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(of_transport)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(ModelError::Unreadable { why: "it is too large" });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn of_transport(error: reqwest::Error) -> ModelError {
    // `CallError::of_transport` tells why these two, and no others, never left.
    if error.is_connect() || error.is_builder() {
        ModelError::Unreachable
    } else {
        ModelError::NoAnswer { timed_out: error.is_timeout() }
    }
}

/// Tells what an error answer means: 402, and a 429 for a quota that is used up, do not pass by waiting.
fn refusal(status: StatusCode, headers: &HeaderMap, body: &Value) -> ModelError {
    let said = |field: &str| body["error"][field].as_str().unwrap_or_default();
    let of_quota =
        |word: &str| ["insufficient_quota", "billing_hard_limit_reached"].contains(&word);
    match status {
        StatusCode::PAYMENT_REQUIRED => ModelError::OutOfMoney,
        StatusCode::TOO_MANY_REQUESTS if of_quota(said("code")) || of_quota(said("type")) => {
            ModelError::OutOfMoney
        }
        StatusCode::TOO_MANY_REQUESTS => {
            ModelError::RateLimited { retry_after: retry_after(headers) }
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ModelError::BadKey,
        _ if status.is_server_error() => ModelError::ServerError { status: status.as_u16() },
        _ => ModelError::BadRequest { status: status.as_u16() },
    }
}

fn retry_after(headers: &HeaderMap) -> Duration {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let told = number("retry-after-ms").map(|ms| ms / 1_000.0).or_else(|| number("retry-after"));
    told.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map_or(RETRY_AFTER, |wait| wait.clamp(Duration::from_secs(1), RETRY_AFTER_MAX))
}

//! Messages by a bot of Telegram (Bot API, `sendMessage`).

use std::time::Duration;

use anyhow::Context as _;
use reqwest::Url;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::post::{AddressError, Failure, REACHED_WITHIN, SENT_WITHIN, Telegram, Why};
use super::words::Message;
use crate::http::usable;

/// Longest text of a message, in characters.
const TEXT_CHARS_MAX: usize = 4_096;

/// Most digits of the id of a chat: it fits 52 bits.
const ID_DIGITS_MAX: usize = 16;

/// A bot that may write to whoever wrote to it, and in chats that it is a member of.
pub(super) struct Bot {
    client: reqwest::Client,
    method: SecretString,
}

/// What the API answers.
#[derive(Deserialize)]
struct Answer {
    ok: bool,
    #[serde(default)]
    parameters: Option<Parameters>,
}

/// Why it did not, for a program.
#[derive(Deserialize)]
struct Parameters {
    /// In seconds.
    #[serde(default)]
    retry_after: Option<u64>,
}

impl Bot {
    pub(super) fn new(options: Telegram) -> anyhow::Result<Self> {
        let Telegram { url, token } = options;
        let base = usable(&url).context("its address must be https, or on this machine")?;
        let base = base.as_str().trim_end_matches('/');
        let method = format!("{base}/bot{}/sendMessage", token.expose_secret());
        Url::parse(&method).context("its token is none")?;
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .connect_timeout(REACHED_WITHIN)
            .timeout(SENT_WITHIN);
        Ok(Self { client: client.build()?, method: SecretString::from(method) })
    }

    /// Reads the id of a chat, or the public name of a channel.
    pub(super) fn read(typed: &str) -> Result<SecretString, AddressError> {
        let digits = typed.strip_prefix('-').unwrap_or(typed);
        let is_id = (1..=ID_DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_name = typed.strip_prefix('@').is_some_and(|name| {
            (4..=32).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        });
        (is_id || is_name).then(|| SecretString::from(typed)).ok_or(AddressError::Malformed)
    }

    pub(super) async fn send(
        &self,
        to: &str,
        message: &Message,
        console: Option<&Url>,
    ) -> Result<(), Failure> {
        let text = format!("{}\n\n{}", message.title(), message.text(console));
        let text: String = text.chars().take(TEXT_CHARS_MAX).collect();
        let body = json!({
            "chat_id": to, "text": text, "link_preview_options": {"is_disabled": true}
        });
        let request = self.client.post(self.method.expose_secret()).json(&body);
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => return Err(Failure::of(Why::NotReached)),
            Err(_) => return Err(Failure::of(Why::NoAnswer)),
        };
        let status = answer.status();
        let read = answer.json::<Answer>().await.ok();
        if status.is_success() {
            return match read {
                Some(answer) if answer.ok => Ok(()),
                _ => Err(Failure::of(Why::NoAnswer)),
            };
        }
        let parameters = read.and_then(|answer| answer.parameters);
        let retry_after = parameters.and_then(|it| it.retry_after).map(Duration::from_secs);
        let why = match status.as_u16() {
            429 | 500.. => Why::Busy,
            // The token is part of the path, and of nobody's chat.
            401 | 404 => Why::NotAdmitted,
            _ => Why::Refused,
        };
        Err(Failure { why, status: Some(status.as_u16()), retry_after })
    }
}

//! Messages to programs, signed as Standard Webhooks 1.0.0 has it: whoever receives them needs nothing of ours to check
//! them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Url, retry};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use super::network::{Networks, NotOfTheInternet};
use super::post::{AddressError, Failure, REACHED_WITHIN, SENT_WITHIN, Why};
use super::words::Message;

/// Before a key in the form in which it is handed on.
const KEY_PREFIX: &str = "whsec_";

/// Length of a key, in bytes: between the 24 and 64 that the standard wants.
const KEY_BYTES: usize = 32;

/// Calls programs.
pub(super) struct Webhooks {
    client: reqwest::Client,
    networks: Networks,
}

impl Webhooks {
    pub(super) fn new(networks: Networks) -> reqwest::Result<Self> {
        // A proxy would look names up itself, and a redirect would lead anywhere.
        let client = reqwest::Client::builder()
            .user_agent(concat!("agentiq/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(networks.resolver())
            .no_proxy()
            .redirect(Policy::none())
            .retry(retry::never())
            .pool_max_idle_per_host(0)
            .connect_timeout(REACHED_WITHIN)
            .timeout(SENT_WITHIN);
        Ok(Self { client: client.build()?, networks })
    }

    pub(super) fn read(&self, typed: &str) -> Result<SecretString, AddressError> {
        let url = Url::parse(typed).ok().filter(Url::has_host).ok_or(AddressError::Malformed)?;
        if !self.networks.admit(&url) {
            return Err(AddressError::OutOfBounds);
        }
        Ok(SecretString::from(String::from(url)))
    }

    pub(super) async fn send(
        &self,
        to: &str,
        key: &SecretString,
        message: &Message,
        console: Option<&Url>,
    ) -> Result<(), Failure> {
        let url = Url::parse(to).ok().filter(|url| self.networks.admit(url));
        let url = url.ok_or(Failure::of(Why::OutOfBounds))?;
        let body = message.json(console).to_string();
        let (id, at) = (message.id.to_string(), Utc::now().timestamp().to_string());
        let signature = sign(key, &id, &at, &body).ok_or(Failure::of(Why::Refused))?;
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature)
            .body(body);
        let answer = request.send().await.map_err(|error| failure(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok());
        let retry_after = retry_after.and_then(|asked| pause(asked, Utc::now()));
        let is_busy = matches!(status.as_u16(), 408 | 425 | 429) || status.is_server_error();
        let why = if is_busy { Why::Busy } else { Why::Refused };
        Err(Failure { why, status: Some(status.as_u16()), retry_after })
    }
}

/// Reads how long a server wants not to be asked: seconds, or a date (RFC 9110).
fn pause(asked: &str, now: DateTime<Utc>) -> Option<Duration> {
    let seconds = asked.parse().ok().map(Duration::from_secs);
    seconds.or_else(|| {
        let until = DateTime::parse_from_rfc2822(asked).ok()?.to_utc();
        Some((until - now).to_std().unwrap_or_default())
    })
}

/// Makes a key, in the form in which it is handed on.
pub(super) fn fresh_key() -> SecretString {
    let key: [u8; KEY_BYTES] = rand::random();
    SecretString::from(format!("{KEY_PREFIX}{}", BASE64_STANDARD.encode(key)))
}

/// Returns the signature of a message; none where the key is none.
fn sign(key: &SecretString, id: &str, at: &str, body: &str) -> Option<String> {
    let key = key.expose_secret().strip_prefix(KEY_PREFIX)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(key).ok()?).ok()?;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Some(format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())))
}

fn failure(error: &reqwest::Error) -> Failure {
    use std::error::Error as _;

    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<NotOfTheInternet>() {
            return Failure::of(Why::OutOfBounds);
        }
        source = cause.source();
    }
    Failure::of(if error.is_connect() { Why::NotReached } else { Why::NoAnswer })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries.
    #[test]
    fn a_signature_is_that_of_the_standard() {
        let key = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let body = r#"{"test": 2432232314}"#;
        let signature = sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
        assert_eq!(signature.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(sign(&SecretString::from("MfKQ9r8G"), "a", "1", body), None);
    }

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        let now = DateTime::UNIX_EPOCH;
        let of = |asked| pause(asked, now).map(|it| it.as_secs());
        assert_eq!(of("120"), Some(120));
        assert_eq!(of("Thu, 01 Jan 1970 00:02:00 GMT"), Some(120));
        assert_eq!(of("Wed, 31 Dec 1969 23:00:00 GMT"), Some(0));
        assert_eq!(of("soon"), None);
    }

    #[test]
    fn keys_are_long_and_differ() {
        let (one, other) = (fresh_key(), fresh_key());
        assert_ne!(one.expose_secret(), other.expose_secret());
        assert!(sign(&one, "a", "1", "{}").is_some());
        assert_eq!(one.expose_secret().len(), KEY_PREFIX.len() + 44);
    }
}

//! An HTTP answer, and what its body says.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap};
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::body::{self, is_page};
use crate::http::{CallError, Evidence, Failure, RateHeaders, count};

/// Longest pause after a 420: quotas are hourly, so a longer one is a mistake.
const PAUSE_MAX: Duration = Duration::from_secs(3600);

/// Pause after a 420 that does not say until when.
const PAUSE_UNSAID: Duration = Duration::from_secs(60);

/// Pause after too many requests at once, which end by themselves.
const PAUSE_PARALLEL: Duration = Duration::from_secs(1);

/// An answer whose status is known. Its body may have been lost on the way.
pub(super) struct Answer {
    status: StatusCode,
    rate: RateHeaders,
    body: Result<Vec<u8>, CallError>,
}

/// The envelope of every answer, with the result still unread.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    /// `OK` or `ERROR`.
    status: Value,
    errors: Value,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
}

impl Answer {
    pub(super) async fn receive(response: Response) -> Self {
        let (status, rate) = (response.status(), rate(response.headers(), Utc::now()));
        Self { status, rate, body: body::receive(response).await }
    }

    /// Returns what it tells about the quota of the method.
    pub(super) fn rate(&self) -> RateHeaders {
        self.rate
    }

    /// Reads the result of a success.
    pub(super) fn read<T>(
        self,
        key: &SecretString,
        read: impl FnOnce(&RawValue) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let text = self.into_text(key)?;
        let result = Envelope::parse(&text, key)?.result;
        read(result.ok_or_else(|| CallError::malformed("expected a result"))?)
    }

    /// Judges the answer to a write, and reads what it gives in return. Only `OK` is believed: anything else in a 2xx
    /// may have been said by somebody in between.
    pub(super) fn accept<T>(
        self,
        key: &SecretString,
        read: impl FnOnce(Option<&RawValue>) -> T,
    ) -> Result<T, CallError> {
        let text = self.into_text(key)?;
        let envelope = Envelope::parse(&text, key)?;
        if envelope.says("OK") {
            Ok(read(envelope.result))
        } else {
            Err(CallError::malformed("expected the status OK"))
        }
    }

    /// Tells whether the service says that it does not know the item; a gateway's page does not say that.
    pub(super) fn denies_item(&self) -> bool {
        self.status == StatusCode::NOT_FOUND && Envelope::of_error(&self.error_text()).says("ERROR")
    }

    /// Returns the body of a success as text. A broken character must not cost a page, so it is replaced.
    fn into_text(self, key: &SecretString) -> Result<String, CallError> {
        if !self.status.is_success() {
            return Err(self.into_error(key));
        }
        Ok(String::from_utf8_lossy(&self.body?).into_owned())
    }

    fn into_error(mut self, key: &SecretString) -> CallError {
        let text = self.error_text().into_owned();
        let said = Envelope::of_error(&text);
        let words = said.words(key);
        let failure = match self.status.as_u16() {
            // A gateway's page about our address says nothing about the cabinet's key, and nothing got past it.
            401..=403 if is_page(&text) => Failure::Unreachable,
            401 => Failure::Unauthorized,
            403 => Failure::NoRight,
            404 => Failure::NotFound,
            // 408: a gateway that gave up waiting may have passed on what it had.
            408 | 500.. => Failure::ServerError,
            420 | 429 => {
                // This one refusal may be plain text.
                let words = words.or_else(|| kept(&text, key).filter(|_| is_page(&text)));
                self.rate.retry = Some(pause(words.as_deref(), &self.rate));
                let failure = Failure::RateLimited { retry_after: self.rate.retry_after() };
                return self.error(failure, words, said.code(key));
            }
            400..=499 => Failure::BadRequest,
            _ => Failure::MalformedAnswer,
        };
        self.error(failure, words, said.code(key))
    }

    fn error(&self, failure: Failure, words: Option<String>, code: Option<String>) -> CallError {
        let status = Some(self.status.as_u16());
        let evidence = Evidence { status, code, rate: self.rate, ..Evidence::default() };
        CallError::new(failure, words, evidence)
    }

    /// The status alone is a definite answer: an error's body that was lost on the way is an empty one.
    fn error_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body.as_deref().unwrap_or_default())
    }
}

impl<'a> Envelope<'a> {
    /// Parses the body of a 200, which may still say that the call failed.
    fn parse(text: &'a str, key: &SecretString) -> Result<Self, CallError> {
        let envelope: Self = serde_json::from_str(text).map_err(|error| {
            // Only the place: serde quotes what it found, which may be a buyer's words.
            let (line, column) = (error.line(), error.column());
            CallError::malformed(format!("expected a JSON object, line {line} column {column}"))
        })?;
        if !envelope.says("ERROR") && envelope.errors().next().is_none() {
            return Ok(envelope);
        }
        let code = envelope.code(key);
        let failure = failure_of(code.as_deref());
        let evidence = Evidence { status: Some(200), code, ..Evidence::default() };
        Err(CallError::new(failure, envelope.words(key), evidence))
    }

    /// Reads the body of an error, which may be anything.
    fn of_error(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    fn says(&self, status: &str) -> bool {
        self.status.as_str().is_some_and(|said| said.eq_ignore_ascii_case(status))
    }

    fn errors(&self) -> impl Iterator<Item = &Value> {
        self.errors.as_array().into_iter().flatten()
    }

    fn words(&self, key: &SecretString) -> Option<String> {
        let texts = self.errors().filter_map(|error| error["message"].as_str());
        kept(&texts.collect::<Vec<_>>().join("; "), key)
    }

    fn code(&self, key: &SecretString) -> Option<String> {
        let first = self.errors().find_map(|error| error["code"].as_str())?;
        kept(first, key)
    }
}

/// Judges an error inside a 200. What went wrong inside may have had its effect before; everything else was refused.
fn failure_of(code: Option<&str>) -> Failure {
    let code = code.unwrap_or_default().to_ascii_uppercase();
    match code.as_str() {
        "UNAUTHORIZED" => Failure::Unauthorized,
        "FORBIDDEN" => Failure::NoRight,
        "NOT_FOUND" => Failure::NotFound,
        _ if ["INTERNAL", "UNAVAILABLE", "TIMEOUT"].iter().any(|word| code.contains(word)) => {
            Failure::ServerError
        }
        _ => Failure::BadRequest,
    }
}

fn kept(text: &str, key: &SecretString) -> Option<String> {
    body::kept(text, key.expose_secret().split(':'))
}

/// The headers about the quota of the method that was called (the page on limits of September 2025).
fn rate(headers: &HeaderMap, now: DateTime<Utc>) -> RateHeaders {
    let time = |name: &str| moment(headers.get(name)?.to_str().ok()?);
    // By the clock that both times are from, where it is told.
    let now = time(DATE.as_str()).unwrap_or(now);
    let left = |until: DateTime<Utc>| (until - now).max(TimeDelta::zero()).to_std().ok();
    RateHeaders {
        limit: count(headers, "x-ratelimit-resource-limit"),
        remaining: count(headers, "x-ratelimit-resource-remaining"),
        reset: time("x-ratelimit-resource-until").and_then(left),
        retry: None,
    }
}

/// How long to make no call after a 420. There is no Retry-After: the quota's end is the answer, but only where the
/// quota is what was exceeded.
fn pause(words: Option<&str>, rate: &RateHeaders) -> Duration {
    let is_parallel = words.is_some_and(|words| words.to_lowercase().contains("parallel"));
    if is_parallel || rate.remaining.is_some_and(|left| left > 0) {
        return PAUSE_PARALLEL;
    }
    rate.reset.unwrap_or(PAUSE_UNSAID).min(PAUSE_MAX)
}

/// Reads a time as RFC 822 writes it. The day of the week is not looked at: the marketplace's own example has a wrong
/// one.
fn moment(text: &str) -> Option<DateTime<Utc>> {
    let bare = text.split_once(',').map_or(text, |(_day, rest)| rest).trim();
    DateTime::parse_from_rfc2822(bare).ok().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn pause_after(headers: &[(&'static str, &str)], words: Option<&str>) -> Duration {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        pause(words, &rate(&headers.collect(), at("2026-07-17T10:00:00Z")))
    }

    #[test]
    fn the_pause_lasts_until_the_quota_begins_anew() {
        let until = ("x-ratelimit-resource-until", "Fri, 17 Jul 2026 10:20:00 GMT");
        assert_eq!(pause_after(&[until], None), Duration::from_secs(1200));
        let none_left = ("x-ratelimit-resource-remaining", "0");
        assert_eq!(pause_after(&[until, none_left], None), Duration::from_secs(1200));
        let date = ("date", "Fri, 17 Jul 2026 10:19:30 GMT");
        assert_eq!(pause_after(&[until, date], None), Duration::from_secs(30));
    }

    #[test]
    fn too_many_at_once_do_not_end_the_hour() {
        let until = ("x-ratelimit-resource-until", "Fri, 17 Jul 2026 10:20:00 GMT");
        let left = ("x-ratelimit-resource-remaining", "700");
        assert_eq!(pause_after(&[until, left], None), PAUSE_PARALLEL);
        let words = Some("Hit rate limit of 2 parallel requests");
        assert_eq!(pause_after(&[until], words), PAUSE_PARALLEL);
        assert_eq!(pause_after(&[], words), PAUSE_PARALLEL);
    }

    #[test]
    fn an_absurd_pause_is_brought_back_into_bounds() {
        for (until, seconds) in [
            ("Fri, 17 Jul 2099 10:20:00 GMT", 3600),
            ("Fri, 17 Jul 2026 09:00:00 GMT", 0),
            ("soon", 60),
            ("", 60),
        ] {
            let headers = [("x-ratelimit-resource-until", until)];
            assert_eq!(pause_after(&headers, None), Duration::from_secs(seconds), "{until}");
        }
        assert_eq!(pause_after(&[], None), PAUSE_UNSAID);
    }

    #[test]
    fn a_time_is_read_with_any_day_of_the_week() {
        // As the marketplace's page shows it; that day was a Tuesday.
        let shown = moment("Thu, 10 Jul 2018 00:42:42 GMT").unwrap();
        assert_eq!(shown, at("2018-07-10T00:42:42Z"));
        assert_eq!(moment("10 Jul 2018 03:42:42 +0300").unwrap(), shown);
        assert_eq!(moment("2018"), None);
    }

    #[test]
    fn an_error_inside_is_never_called_a_refusal() {
        for (code, failure) in [
            (Some("INTERNAL_SERVER_ERROR"), Failure::ServerError),
            (Some("SERVICE_UNAVAILABLE"), Failure::ServerError),
            (Some("unauthorized"), Failure::Unauthorized),
            (Some("FORBIDDEN"), Failure::NoRight),
            (Some("NOT_FOUND"), Failure::NotFound),
            (Some("BAD_REQUEST"), Failure::BadRequest),
            (None, Failure::BadRequest),
        ] {
            assert_eq!(failure_of(code), failure, "{code:?}");
        }
    }
}

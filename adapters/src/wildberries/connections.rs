//! Connections to one host of Wildberries: limits on time, and no repetition behind the caller's back.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Method, RequestBuilder, Url, retry};

/// How long a call may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands: name, TCP and TLS.
    pub connect: Duration,
    /// Until the last byte of the answer, connecting included.
    pub total: Duration,
}

impl Default for Timeouts {
    /// 3 s and 20 s (F28; `reliability.md` 9).
    fn default() -> Self {
        Self { connect: Duration::from_secs(3), total: Duration::from_secs(20) }
    }
}

/// Why a client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The address is no URL, or would carry the token in clear to another machine.
    #[error("{0:?} is not an https address, nor an http address on loopback")]
    Address(String),
    /// The token is empty or holds characters that a header cannot carry.
    #[error("the token is empty or holds characters that a header cannot carry")]
    Token,
    /// No TLS provider is installed, or no root certificates were found.
    #[error("building the HTTP client")]
    Http(#[source] reqwest::Error),
}

/// Connections to one host, shared by all cabinets. Cheap to clone.
///
/// There are two kinds, because an answer must never be sent twice and reading may be:
///
/// - `reqwest` repeats a request whose connection was refused by protocol (HTTP/2 `GOAWAY`, `REFUSED_STREAM`) unless
///   told not to, so both kinds use `retry::never()`.
/// - `hyper-util` repeats a request that found its *pooled* connection closed before a byte of it was written
///   (`retry_canceled_requests`, which reqwest does not expose). It does so only for connections that were used before,
///   so writes take a new one each: nothing is pooled, and nothing rests on that judgement.
/// - Writes speak HTTP/1.1 only, where a request is on one connection or on none.
///
/// The price is a TLS handshake per answer, at most three a second per cabinet.
#[derive(Debug, Clone)]
pub struct Connections {
    base: Url,
    reads: reqwest::Client,
    writes: reqwest::Client,
}

impl Connections {
    /// Prepares connections to `base_url`, such as `https://feedbacks-api.wildberries.ru`.
    ///
    /// # Errors
    /// [`SetupError`]. The process must have installed a rustls provider.
    pub fn new(base_url: &str) -> Result<Self, SetupError> {
        Self::with_timeouts(base_url, Timeouts::default())
    }

    /// Prepares connections with other limits on time.
    ///
    /// # Errors
    /// As [`Connections::new`].
    pub fn with_timeouts(base_url: &str, timeouts: Timeouts) -> Result<Self, SetupError> {
        let base = usable(base_url).ok_or_else(|| SetupError::Address(base_url.to_owned()))?;
        let reads = common(&base, timeouts).build().map_err(SetupError::Http)?;
        let writes = common(&base, timeouts)
            .pool_max_idle_per_host(0)
            .http1_only()
            .build()
            .map_err(SetupError::Http)?;
        Ok(Self { base, reads, writes })
    }

    pub(super) fn read(&self, path: &str) -> RequestBuilder {
        self.reads.get(self.url(path))
    }

    pub(super) fn write(&self, method: Method, path: &str) -> RequestBuilder {
        self.writes.request(method, self.url(path))
    }

    /// `path` is relative, so that an address with a path of its own keeps it.
    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let joined = format!("{}/{path}", self.base.path().trim_end_matches('/'));
        url.set_path(&joined);
        url
    }
}

fn common(base: &Url, timeouts: Timeouts) -> ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("agentiq/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.total)
        .redirect(Policy::none())
        .retry(retry::never())
        .gzip(true);
    // A proxy of the environment is for the world outside, not for a sandbox on this machine.
    if is_loopback(base) { builder.no_proxy() } else { builder }
}

/// Parses an address to which a token may be sent.
fn usable(base_url: &str) -> Option<Url> {
    let url = Url::parse(base_url).ok().filter(Url::has_host)?;
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => false,
    };
    is_safe.then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_in_clear_only_to_this_machine() {
        for address in [
            "https://feedbacks-api.wildberries.ru",
            "http://127.0.0.1:8080/wb",
            "http://[::1]:80",
            "http://localhost:9",
        ] {
            assert!(usable(address).is_some(), "{address}");
        }
        for address in [
            "http://feedbacks-api.wildberries.ru",
            "http://127.0.0.1.example",
            "http://localhost.example",
            "ftp://127.0.0.1",
            "feedbacks-api.wildberries.ru",
            "unix:/run/wb",
            "",
        ] {
            assert!(usable(address).is_none(), "{address}");
        }
    }
}

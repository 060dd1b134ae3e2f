//! Connections to the marketplaces: limits on time, and no repetition behind the caller's back.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Url, retry};

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

/// Connections to the marketplaces, shared by all cabinets. Cheap to clone; making one reads the root certificates, which
/// takes tens of milliseconds.
///
/// There are two kinds, because an answer must never be sent twice and reading may be:
///
/// - `reqwest` repeats a request that was refused by protocol (HTTP/2 `GOAWAY`, `REFUSED_STREAM`) unless told not to, so
///   both kinds use `retry::never()`.
/// - `hyper-util` repeats a request that found its *kept* connection closed before a byte of it was written
///   (`retry_canceled_requests`, which reqwest does not expose). It does so only on connections that were used before,
///   so a write takes a new one: nothing is kept, and nothing rests on that judgement.
/// - Writes speak HTTP/1.1 only, where a request is on one connection or on none.
///
/// The price is a TLS handshake per answer.
#[derive(Debug, Clone)]
pub struct Transport {
    reads: reqwest::Client,
    writes: reqwest::Client,
}

impl Transport {
    /// Prepares the connections. The process must have installed a rustls provider.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new() -> Result<Self, reqwest::Error> {
        Self::with_timeouts(Timeouts::default())
    }

    /// Prepares connections with other limits on time.
    ///
    /// # Errors
    /// As [`Transport::new`].
    pub fn with_timeouts(timeouts: Timeouts) -> Result<Self, reqwest::Error> {
        let common = || {
            reqwest::Client::builder()
                .user_agent(concat!("agentiq/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(timeouts.connect)
                .timeout(timeouts.total)
                .redirect(Policy::none())
                .retry(retry::never())
                .gzip(true)
        };
        let reads = common().build()?;
        let writes = common().pool_max_idle_per_host(0).http1_only().build()?;
        Ok(Self { reads, writes })
    }

    /// Begins a request that changes nothing.
    pub(crate) fn read(&self, method: Method, url: Url) -> RequestBuilder {
        self.reads.request(method, url)
    }

    /// Begins a request that must not be made twice.
    pub(crate) fn write(&self, method: Method, url: Url) -> RequestBuilder {
        self.writes.request(method, url)
    }
}

/// Parses the address of the marketplace, to which a token may be sent: encrypted, or on this machine.
pub(crate) fn usable(base_url: &str) -> Option<Url> {
    let url = Url::parse(base_url).ok().filter(Url::has_host)?;
    let is_safe = match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => false,
    };
    is_safe.then_some(url)
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
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

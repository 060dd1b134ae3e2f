//! The network address of whoever calls, also from behind a reverse proxy.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::app::App;
use crate::error::ApiError;

/// Written by proxies: the caller first, then each proxy on the way but the last.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whence a request comes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Address(pub(crate) IpAddr);

impl FromRequestParts<App> for Address {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let peer = ConnectInfo::<SocketAddr>::from_request_parts(parts, app).await;
        let ConnectInfo(peer) = peer.map_err(anyhow::Error::from)?;
        Ok(Self(caller(peer.ip(), &parts.headers, &app.settings.trusted_proxies)))
    }
}

/// Returns the last address that none of our proxies has: what stands before it, its owner may have made up.
fn caller(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.contains(address);
    let mut caller = peer.to_canonical();
    let lines = headers.get_all(FORWARDED_FOR).iter().rev();
    let hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
    for hop in hops {
        let Some(hop) = parse(hop.trim()).filter(|_| is_trusted(&caller)) else { break };
        caller = hop;
    }
    caller
}

/// Reads an address, with or without a port.
fn parse(hop: &str) -> Option<IpAddr> {
    let alone = hop.parse::<IpAddr>().ok();
    alone
        .or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        let trusted = ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()];
        caller(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_proxy_of_ours_says_who_calls() {
        for (peer, lines, who) in [
            ("10.0.0.1", &["203.0.113.7"][..], "203.0.113.7"),
            ("::ffff:10.0.0.1", &["203.0.113.7:4711"], "203.0.113.7"),
            ("10.0.0.1", &["203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.9", "2001:db8::7"], "2001:db8::7"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ] {
            assert_eq!(found(peer, lines), who, "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_anybody_else_says_counts_for_nothing() {
        for (peer, lines, who) in [
            ("203.0.113.7", &["198.51.100.9"][..], "203.0.113.7"),
            // Before the caller stands what the caller made up.
            ("10.0.0.1", &["10.0.0.2, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.9, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.9, unknown"], "10.0.0.1"),
        ] {
            assert_eq!(found(peer, lines), who, "{peer} {lines:?}");
        }
    }
}

//! Which addresses a webhook may go to. A seller types the URL and this server calls it: without a limit, whoever has an
//! account could have it call whatever stands beside it in a private network (SSRF).

use std::error::Error;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where webhooks may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Networks {
    /// Addresses of the Internet, encrypted.
    Internet,
    /// Private networks as well, and this machine in clear: for an installation whose sellers all belong to it.
    Any,
}

/// A name leads to no address that a webhook may go to.
#[derive(Debug)]
pub(super) struct NotOfTheInternet;

impl fmt::Display for NotOfTheInternet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to no address of the Internet")
    }
}

impl Error for NotOfTheInternet {}

impl Networks {
    /// Tells whether a webhook may go to a URL, as far as that can be seen without asking for the addresses of its host.
    pub(super) fn admit(self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let is_open = match (self, url.scheme()) {
            (Self::Internet | Self::Any, "https") => true,
            (Self::Any, "http") => {
                host == "localhost" || literal.is_some_and(|address| address.is_loopback())
            }
            (Self::Internet | Self::Any, _) => false,
        };
        is_open && literal.is_none_or(|address| self.holds(address))
    }

    /// Returns what asks for addresses. The connection is made to what it answers, so that a name cannot lead elsewhere
    /// a moment after it was looked at.
    pub(super) fn resolver(self) -> Arc<dyn Resolve> {
        Arc::new(Resolver(self))
    }

    fn holds(self, address: IpAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Internet => is_of_internet(address) || cfg!(feature = "sabotage-open-webhooks"),
        }
    }
}

/// Asks the system for addresses and leaves out those that a webhook may not go to.
struct Resolver(Networks);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let networks = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let admitted: Vec<_> = found.filter(|address| networks.holds(address.ip())).collect();
            if admitted.is_empty() {
                return Err(NotOfTheInternet.into());
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is of the Internet, by the registries of special-purpose addresses of IANA (RFC 6890 and after).
fn is_of_internet(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_of_internet_v4(address),
        IpAddr::V6(address) => is_of_internet_v6(address),
    }
}

fn is_of_internet_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    let is_special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        // 224.0.0.0/4 is for groups, 240.0.0.0/4 for nobody.
        || first == 0
        || first >= 224
        // Between providers and their customers.
        || (first == 100 && (64..128).contains(&second))
        // Of protocols, and of relays of IPv6.
        || (first, second, third) == (192, 0, 0)
        || (first, second, third) == (192, 88, 99)
        // For measurements of devices.
        || (first == 198 && (18..20).contains(&second));
    !is_special
}

fn is_of_internet_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    // Global unicast is 2000::/3; in it, 2001::/23 is of protocols (Teredo among them), 2001:db8::/32 and 3fff::/20 of
    // documents, and 2002::/16 carries an IPv4 address of any kind.
    (0x2000..0x4000).contains(&segments[0])
        && !(segments[0] == 0x2001 && (segments[1] < 0x200 || segments[1] == 0xdb8))
        && !(segments[0] == 0x3fff && segments[1] < 0x1000)
        && segments[0] != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(networks: Networks, url: &str) -> bool {
        networks.admit(&Url::parse(url).unwrap())
    }

    const ELSEWHERE: [&str; 22] = [
        "https://127.0.0.1/hook",
        "https://127.1/hook",
        "https://2130706433/hook",
        "https://0x7f.1/hook",
        "https://10.1.2.3",
        "https://172.31.0.1",
        "https://192.168.0.1:8443",
        "https://169.254.169.254/latest/meta-data",
        "https://100.64.0.1",
        "https://0.0.0.0",
        "https://192.0.0.8",
        "https://198.19.0.1",
        "https://224.0.0.1",
        "https://255.255.255.255",
        "https://[::1]",
        "https://[::ffff:10.0.0.1]",
        "https://[fd00::1]",
        "https://[fe80::1]",
        "https://[64:ff9b::a00:1]",
        "https://[2002:a00:1::]",
        "https://[2001:0:5ef5:79fb::]",
        "https://[2001:db8::1]",
    ];

    /// URLs into other networks, and a name that leads to this machine, that a webhook would be let to.
    async fn let_elsewhere() -> Vec<&'static str> {
        let urls = ELSEWHERE.into_iter().filter(|url| admits(Networks::Internet, url));
        let asked = "localhost".parse().unwrap();
        let resolved = Networks::Internet.resolver().resolve(asked).await;
        let named = match resolved {
            Ok(_) => Some("localhost"),
            Err(error) => (!error.is::<NotOfTheInternet>()).then_some("another error"),
        };
        urls.chain(named).collect()
    }

    #[cfg(not(feature = "sabotage-open-webhooks"))]
    #[tokio::test]
    async fn webhooks_stay_on_the_internet() {
        assert_eq!(let_elsewhere().await, Vec::<&str>::new());
        assert!(ELSEWHERE.iter().all(|url| admits(Networks::Any, url)));
        let asked = "localhost".parse().unwrap();
        assert!(Networks::Any.resolver().resolve(asked).await.is_ok());
    }

    #[cfg(feature = "sabotage-open-webhooks")]
    #[tokio::test]
    async fn a_webhook_into_another_network_is_noticed() {
        assert_eq!(let_elsewhere().await.len(), ELSEWHERE.len() + 1);
    }

    #[test]
    fn only_what_is_encrypted_goes_out() {
        for url in ["https://hooks.example.ru/a", "https://8.8.8.8", "https://[2a00:1450::1]"] {
            assert!(admits(Networks::Internet, url), "{url}");
        }
        for url in ["http://hooks.example.ru", "ftp://hooks.example.ru", "http://10.0.0.1"] {
            assert!(!admits(Networks::Internet, url), "{url}");
            assert!(!admits(Networks::Any, url), "{url}");
        }
        assert!(!admits(Networks::Internet, "http://127.0.0.1:8080"));
        assert!(admits(Networks::Any, "http://127.0.0.1:8080"));
    }
}

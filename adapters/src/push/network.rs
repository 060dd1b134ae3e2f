//! The networks that marketplaces say they notify from.

use std::net::{IpAddr, Ipv4Addr};

use domain::Marketplace;

/// An IPv4 network: its first address, and how many leading bits are fixed.
type Network = (Ipv4Addr, u32);

/// Ozon's, chapter `push_start` of its documentation of 2026-09-28.
const OZON: [Network; 3] = [
    (Ipv4Addr::new(195, 34, 21, 0), 24),
    (Ipv4Addr::new(185, 73, 192, 0), 22),
    (Ipv4Addr::new(91, 223, 93, 0), 24),
];

/// Yandex.Market's, from its page on notifications as of 2026-04-20.
const YANDEX_MARKET: [Network; 3] = [
    (Ipv4Addr::new(5, 45, 207, 0), 25),
    (Ipv4Addr::new(141, 8, 142, 0), 25),
    (Ipv4Addr::new(5, 255, 253, 0), 25),
];

/// Tells whether notifications of `marketplace` may come from `caller`: from its networks, and from addresses that are
/// not of the Internet, since those are a proxy that nobody named, or a sandbox.
#[must_use]
pub fn is_allowed(marketplace: Marketplace, caller: IpAddr) -> bool {
    match caller.to_canonical() {
        IpAddr::V4(caller) => {
            let is_inside = caller.is_loopback() || caller.is_private() || caller.is_link_local();
            is_inside || networks(marketplace).iter().any(|network| holds(network, caller))
        }
        IpAddr::V6(caller) => {
            caller.is_loopback() || caller.is_unique_local() || caller.is_unicast_link_local()
        }
    }
}

fn networks(marketplace: Marketplace) -> &'static [Network] {
    match marketplace {
        Marketplace::Wildberries => &[],
        Marketplace::Ozon => &OZON,
        Marketplace::YandexMarket => &YANDEX_MARKET,
    }
}

fn holds((first, bits): &Network, address: Ipv4Addr) -> bool {
    (first.to_bits() ^ address.to_bits()).leading_zeros() >= *bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_ends_where_its_bits_end() {
        for (marketplace, caller, allowed) in [
            (Marketplace::Ozon, "195.34.21.0", true),
            (Marketplace::Ozon, "195.34.21.255", true),
            (Marketplace::Ozon, "195.34.22.0", false),
            (Marketplace::Ozon, "185.73.195.255", true),
            (Marketplace::Ozon, "185.73.196.0", false),
            (Marketplace::Ozon, "5.45.207.1", false),
            (Marketplace::YandexMarket, "5.45.207.127", true),
            (Marketplace::YandexMarket, "5.45.207.128", false),
            (Marketplace::YandexMarket, "::ffff:141.8.142.5", true),
            (Marketplace::YandexMarket, "2a02:6b8::1", false),
            (Marketplace::Wildberries, "195.34.21.7", false),
            (Marketplace::Ozon, "127.0.0.1", true),
            (Marketplace::Ozon, "10.1.2.3", true),
            (Marketplace::Ozon, "::1", true),
            (Marketplace::Ozon, "203.0.113.5", false),
        ] {
            assert_eq!(is_allowed(marketplace, caller.parse().unwrap()), allowed, "{caller}");
        }
    }
}

//! A seller's business at Yandex.Market, as the command line gives it.

use std::str::FromStr;

use anyhow::{anyhow, bail};
use sandbox::{SellerConfig, YandexConfig, YandexKeyConfig, YandexScope};

/// A seller's business at Yandex.Market and one of its keys.
#[derive(Debug, Clone)]
pub(super) struct YandexKey {
    seller: String,
    business_id: u64,
    key: YandexKeyConfig,
}

impl FromStr for YandexKey {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        // Keys have colons inside.
        let mut parts = text.splitn(3, ':');
        let (seller, business, key) = match (parts.next(), parts.next(), parts.next()) {
            (Some(seller), Some(business), Some(key)) if !seller.is_empty() => {
                (seller, business, key)
            }
            _ => bail!("expected NAME:BUSINESS:KEY"),
        };
        let (key, scopes) = match key.split_once(',') {
            Some((key, scopes)) => (key, Some(scopes)),
            None => (key, None),
        };
        if key.is_empty() {
            bail!("expected NAME:BUSINESS:KEY");
        }
        let business_id = business.parse().ok().filter(|business_id| *business_id > 0);
        let scope = |scope: &str| {
            YandexScope::from_str(scope).map_err(|_| anyhow!("there is no scope {scope}"))
        };
        let usual = YandexKeyConfig::new(key);
        Ok(Self {
            seller: seller.to_owned(),
            business_id: business_id
                .ok_or_else(|| anyhow!("a business has a number from 1 on, found {business}"))?,
            key: match scopes {
                None => usual,
                Some(scopes) => {
                    let scopes =
                        scopes.split('+').map(scope).collect::<anyhow::Result<Vec<_>>>()?;
                    usual.with_scopes(scopes)
                }
            },
        })
    }
}

impl YandexKey {
    /// Gives a seller a key of its business; a seller that is new begins with it.
    ///
    /// # Errors
    /// When the seller has another business already.
    pub(super) fn add_to(self, sellers: &mut Vec<SellerConfig>) -> anyhow::Result<()> {
        let Self { seller, business_id, key } = self;
        let known = sellers.iter_mut().find(|known| known.seller == seller);
        let Some(known) = known else {
            let yandex = YandexConfig::new(business_id, [key]);
            sellers.push(SellerConfig::new(seller, []).with_yandex(yandex));
            return Ok(());
        };
        let yandex = known.yandex.get_or_insert_with(|| YandexConfig::new(business_id, []));
        if yandex.business_id != business_id {
            bail!("--yandex gives the seller {seller} two businesses");
        }
        yandex.keys.push(key);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_by_business_and_scope() {
        let one: YandexKey =
            "demo:7:ACMA:key:0,communication+all-methods:read-only".parse().unwrap();
        assert_eq!((one.seller.as_str(), one.business_id), ("demo", 7));
        let scopes = [YandexScope::Communication, YandexScope::AllMethodsReadOnly];
        assert_eq!(one.key, YandexKeyConfig::new("ACMA:key:0").with_scopes(scopes));
        for wrong in
            ["demo", "demo:7", "demo:0:x", "demo:7:", "demo:x:key", ":7:key", "demo:7:x,all"]
        {
            assert!(wrong.parse::<YandexKey>().is_err(), "{wrong}");
        }
    }
}

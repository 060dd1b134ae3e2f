//! What a key says of itself and opens, asked of the marketplace with as few calls as that takes.

use domain::account::{ChannelRight, KeyFacts, Right};
use domain::{Channel, Marketplace};
use secrecy::SecretString;

use super::{CabinetKey, Cabinets};
use crate::connector;
use crate::http::{CallError, Failure};
use crate::yandex::Access;
use crate::{ozon, wildberries};

/// What is known of a key that the marketplace accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What it says of itself.
    pub facts: KeyFacts,
    /// What it opens of the channels that are read here; one that is missing shows only when it is used.
    pub rights: Vec<ChannelRight>,
    /// Whether it may open the claims for return, where they are read; a key that does not tell shows it when it is used.
    pub claims: bool,
}

impl Examined {
    /// Tells whether the key may open anything.
    #[must_use]
    pub fn may_open_any(&self, marketplace: Marketplace) -> bool {
        let is_shut = |channel: &Channel| self.right(*channel) == Some(Right::None);
        !connector::channels(marketplace).iter().all(is_shut)
    }

    /// Returns what the key opens in a channel, where that is known.
    #[must_use]
    pub fn right(&self, channel: Channel) -> Option<Right> {
        let of = |right: &&ChannelRight| right.channel == channel;
        self.rights.iter().find(of).map(|right| right.right)
    }
}

impl Cabinets {
    /// Asks the marketplace whether it accepts a key, and what the key opens.
    pub(super) async fn ask(&self, key: &CabinetKey) -> Result<Examined, CallError> {
        match key {
            CabinetKey::Wildberries { token } => self.ask_wildberries(token).await,
            CabinetKey::Ozon { client_id, api_key } => {
                let facts = self.ozon(client_id, api_key).key_facts().await?;
                let right = |channel| match facts.right(channel) {
                    ozon::Right::None => Right::None,
                    ozon::Right::Read => Right::Read,
                    ozon::Right::Reply => Right::Answer,
                };
                Ok(Examined {
                    facts: KeyFacts { kind: None, expires_at: facts.expires_at },
                    rights: rights(Marketplace::Ozon, |channel| Some(right(channel))),
                    claims: false,
                })
            }
            CabinetKey::YandexMarket { business_id, api_key } => {
                let client = self.yandex(business_id, api_key);
                let right = match client.key().await?.access() {
                    Access::None => Right::None,
                    Access::Read => Right::Read,
                    Access::Full => Right::Answer,
                };
                if right != Right::None {
                    // What a key opens is told without a cabinet: that it opens this one is only seen by reading.
                    client.try_reading().await?;
                }
                Ok(Examined {
                    facts: KeyFacts::default(),
                    rights: rights(Marketplace::YandexMarket, |_| Some(right)),
                    claims: false,
                })
            }
        }
    }

    /// A token tells its categories; one that does not is asked about by the check of the host of reviews and questions,
    /// which tells as well whether it is a token at all.
    async fn ask_wildberries(&self, token: &SecretString) -> Result<Examined, CallError> {
        let opens_feedbacks = match self.wildberries(token).ping().await {
            Ok(()) => true,
            Err(error) if error.failure == Failure::NoRight => false,
            Err(error) => return Err(error),
        };
        let right = |channel| {
            let said = wildberries::right_of(token, channel);
            match channel {
                Channel::Review | Channel::Question if !opens_feedbacks => Some(Right::None),
                Channel::Review | Channel::Question => Some(said.unwrap_or(Right::Answer)),
                // One that tells nothing and opens nothing is not tried at the host of chats as well.
                Channel::Chat => said.or((!opens_feedbacks).then_some(Right::None)),
            }
        };
        Ok(Examined {
            facts: wildberries::facts_of(token),
            rights: rights(Marketplace::Wildberries, right),
            claims: wildberries::opens_claims(token).unwrap_or(opens_feedbacks),
        })
    }
}

fn rights(marketplace: Marketplace, right: impl Fn(Channel) -> Option<Right>) -> Vec<ChannelRight> {
    let of = |channel: &Channel| Some(ChannelRight { channel: *channel, right: right(*channel)? });
    connector::channels(marketplace).iter().filter_map(of).collect()
}

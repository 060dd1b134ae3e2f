//! The marketplaces and the channels through which buyers reach a seller there.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::TextLimits;

/// A marketplace whose buyers write to the seller.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Marketplace {
    /// Wildberries.
    Wildberries,
    /// Ozon.
    Ozon,
    /// Yandex.Market.
    YandexMarket,
}

impl Marketplace {
    /// Returns the word used in JSON, SQL and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How a buyer reached the seller.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, EnumString, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Channel {
    /// A review of a bought product, with stars.
    Review,
    /// A question on a product's page.
    Question,
    /// A private conversation with a buyer.
    Chat,
}

impl Channel {
    /// Returns the word used in JSON, SQL and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns how long a reply may be, in characters.
    ///
    /// Reviews: `POST /api/v1/feedbacks/answer` takes 2…5000; chats: `POST /api/v1/seller/message` at most 1000
    /// (Wildberries' communications specification of 2026-07-23). Questions state no limit there; F94 says about 5000.
    #[must_use]
    pub fn reply_limits(self) -> TextLimits {
        match self {
            Self::Review | Self::Question => TextLimits { min_chars: 2, max_chars: 5000 },
            Self::Chat => TextLimits { min_chars: 1, max_chars: 1000 },
        }
    }
}

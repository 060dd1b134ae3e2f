//! The marketplaces and the channels through which buyers reach a seller there.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// A marketplace whose buyers write to the seller.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
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
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
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
}

//! How a claim stands, in the words of all marketplaces.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use strum::{EnumString, IntoStaticStr};

use crate::value::{Personal, Product};

/// A claim as the marketplace shows it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClaimContent {
    /// What was decided about the buyer's money.
    pub state: ClaimState,
    /// What becomes of the goods.
    pub goods: GoodsState,
    /// Whether the marketplace lists it in the archive, no longer among those under review.
    pub archived: bool,
    /// Where the buyer made it.
    pub origin: ClaimOrigin,
    /// What is to be returned.
    pub product: Product,
    /// The order it was bought with.
    pub order: ClaimOrder,
    /// What the buyer paid.
    pub price: Option<Price>,
    /// When it was decided; of one under review when it was made. By the marketplace's clock.
    pub updated_at: Option<DateTime<Utc>>,
    /// What the seller may answer at the marketplace, in its words; nothing when it cannot be worked on.
    pub actions: Vec<String>,
    /// What the buyer and the seller wrote.
    pub words: Personal<ClaimWords>,
}

impl ClaimContent {
    /// Tells whether anything that is shown changed between two readings. What else the marketplace says about it does not
    /// count.
    #[must_use]
    pub fn differs_from(&self, later: &Self) -> bool {
        let shown = |content: &Self| {
            let words = content.words.known().cloned();
            let words = words.map(|words| ClaimWords { facts: Map::new(), ..words });
            Self { words: words.map_or(Personal::Erased, Personal::Known), ..content.clone() }
        };
        shown(self) != shown(later)
    }
}

/// What was decided about a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ClaimState {
    /// Nothing yet.
    UnderReview,
    /// The buyer is refused. It may be looked at again.
    Declined,
    /// The buyer gets the money back.
    Approved,
    /// Something that this program does not know; what the marketplace said is among the facts.
    Other,
}

/// What becomes of the goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum GoodsState {
    /// Nothing yet: the claim is under review.
    UnderReview,
    /// The buyer keeps them: the claim was refused.
    KeptDeclined,
    /// The buyer gives them to the marketplace, which disposes of them.
    Disposed,
    /// The buyer keeps them: the claim was approved.
    KeptApproved,
    /// The marketplace looks at them and puts them on sale again.
    Resold,
    /// They go back to the seller.
    ReturnedToSeller,
    /// Something that this program does not know; what the marketplace said is among the facts.
    Other,
}

/// Where the buyer made a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ClaimOrigin {
    /// On the marketplace's pages for buyers.
    Portal,
    /// In a chat.
    Chat,
    /// Somewhere that this program does not know; what the marketplace said is among the facts.
    Other,
}

/// The order that a claim is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimOrder {
    /// The marketplace's id of it (Wildberries: `srid`).
    pub external_id: Option<String>,
    /// When it was made.
    pub ordered_at: Option<DateTime<Utc>>,
    /// When the buyer got it.
    pub delivered_at: Option<DateTime<Utc>>,
}

/// An amount of money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// In hundredths of the currency.
    pub amount_minor: i64,
    /// ISO 4217, by number, as the marketplace gives it (`643` is the rouble); none when it does not.
    pub currency: Option<String>,
}

/// The part of a claim that people wrote and showed.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimWords {
    /// Why the buyer wants to give it back; may be empty.
    pub comment: String,
    /// What the buyer was answered.
    pub answer: Option<String>,
    /// What came of comparing the numbers of the device.
    pub device_check: Option<String>,
    /// Addresses of pictures.
    pub photos: Vec<String>,
    /// Addresses of videos.
    pub videos: Vec<String>,
    /// Whatever else the marketplace said about it: nothing that was read is lost.
    pub facts: Map<String, Value>,
}

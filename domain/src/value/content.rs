//! What a marketplace tells about an interaction: where it is from, what the buyer wrote, how it stands there.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{AccountId, Channel, Marketplace, Personal};

/// Where an interaction comes from; never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The cabinet it was read from.
    pub account_id: AccountId,
    /// The marketplace of that cabinet.
    pub marketplace: Marketplace,
    /// How the buyer reached the seller.
    pub channel: Channel,
    /// The marketplace's own id, always as text (Ozon's do not fit 64 bits).
    pub external_id: String,
    /// When the buyer wrote, by the marketplace's clock.
    pub occurred_at: DateTime<Utc>,
}

/// What the buyer left, as the marketplace shows it now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// Stars, 1…5; reviews only.
    pub rating: Option<u8>,
    /// What it is about.
    pub product: Product,
    /// Who wrote, and what.
    pub words: Personal<BuyerWords>,
}

impl Content {
    /// Tells whether the buyer or the product changed between two readings. What else the marketplace says about it,
    /// such as whether somebody has looked at it, does not count.
    #[must_use]
    pub fn differs_from(&self, later: &Self) -> bool {
        let said = |content: &Self| {
            content.words.known().map(|words| BuyerWords { facts: Map::new(), ..words.clone() })
        };
        self.rating != later.rating || self.product != later.product || said(self) != said(later)
    }

    /// Tells whether the buyer gave other words or stars, which whoever answers should have read.
    #[must_use]
    pub fn says_other_than(&self, later: &Self) -> bool {
        let said = |content: &Self| {
            let words = content.words.known()?;
            Some((words.text.clone(), words.pros.clone(), words.cons.clone()))
        };
        self.rating != later.rating || said(self) != said(later)
    }

    /// Fills in from an earlier reading what this one does not name. In a chat only some messages name the product and
    /// the buyer, and a reading brings only those that are new.
    #[must_use]
    pub fn kept_from(mut self, earlier: &Self) -> Self {
        if self.product.article.is_empty() {
            self.product = earlier.product.clone();
        }
        if let (Personal::Known(words), Some(known)) = (&mut self.words, earlier.words.known()) {
            words.buyer_name = words.buyer_name.take().or_else(|| known.buyer_name.clone());
        }
        self
    }
}

/// The product that a buyer writes about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The marketplace's article, as text (Wildberries: `nmId`).
    pub article: String,
    /// Name on the product's page.
    pub name: String,
    /// The seller's own article.
    pub vendor_code: Option<String>,
    /// Brand.
    pub brand: Option<String>,
    /// Size as the marketplace writes it.
    pub size: Option<String>,
    /// The order that it was bought with, where the marketplace tells (Wildberries: `rid` of chats).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
}

/// The part of the content that is the buyer's: name, text, pictures.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BuyerWords {
    /// Name the marketplace shows; often missing.
    pub buyer_name: Option<String>,
    /// Main text; may be empty.
    pub text: String,
    /// "Достоинства"; may be empty.
    pub pros: String,
    /// "Недостатки"; may be empty.
    pub cons: String,
    /// Addresses of pictures, full size.
    pub photos: Vec<String>,
    /// Address of a video.
    pub video_url: Option<String>,
    /// Whatever else the marketplace said about it, in the adapter's words: nothing that was read is lost.
    pub facts: Map<String, Value>,
}

impl BuyerWords {
    /// Returns all that the buyer wrote, as they wrote it: what is under «Достоинства» and «Недостатки» is no less said
    /// than the rest, and these headings are not the buyer's.
    #[must_use]
    pub fn in_one(&self) -> String {
        [&*self.text, &*self.cons, &*self.pros].join("\n")
    }
}

/// An answer that stands under the interaction at the marketplace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedAnswer {
    /// Its text. Personal, because answers address buyers by name.
    pub text: Personal<String>,
    /// Its moderation state there.
    pub state: ObservedState,
    /// Whether the marketplace says that it can still be edited, where it says so.
    pub editable: Option<bool>,
    /// The marketplace's own id of it, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Why the marketplace's moderation refused it, in its words, where it says so. Personal, because they may quote the
    /// answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Personal<String>>,
}

/// How an answer stands at the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObservedState {
    /// Buyers see it.
    Published,
    /// Accepted, being moderated.
    InModeration,
    /// Refused by moderation.
    Rejected,
    /// No answer at all: the seller rejected the question with these words. Buyers see neither.
    RejectsQuestion,
}

//! The product that a review or question is about, as Wildberries gives it.

use domain::value::Product as ProductValue;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The product, as it was when written about.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// `nmId`: the marketplace's article, as text; empty when it gave none.
    pub nm_id: String,
    /// `productName`; may be empty.
    pub name: String,
    /// `supplierArticle`: the seller's own article.
    pub vendor_code: Option<String>,
    /// `brandName`.
    pub brand: Option<String>,
    /// Size as the marketplace writes it; `0` means that the product has none.
    pub size: Option<String>,
    /// `rid`, of chats only: the order that it was bought with, which claims for return call `srid` (description of the
    /// list of chats in `09-communications.yaml`, read 2026-07-23).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Everything else, as it came: `imtId`, `supplierName`.
    pub facts: Map<String, Value>,
}

impl Product {
    /// Returns it in the words of all marketplaces, and the rest.
    pub(super) fn split(self) -> (ProductValue, Map<String, Value>) {
        let Self { nm_id, name, vendor_code, brand, size, order_id, facts } = self;
        (ProductValue { article: nm_id, name, vendor_code, brand, size, order_id }, facts)
    }
}

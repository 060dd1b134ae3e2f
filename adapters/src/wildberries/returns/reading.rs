//! Claims in our words.

use domain::claim::{ClaimContent, ClaimOrder, ClaimReading, ClaimSource, ClaimWords};
use domain::value::Product;
use domain::{AccountId, Marketplace};

use super::claim::ReturnClaim;
use crate::http::{ItemError, fields_of};

impl ReturnClaim {
    /// Turns it into a reading; `archived` tells which list it was on.
    pub(crate) fn into_reading(self, account_id: AccountId, archived: bool) -> ClaimReading {
        let words = ClaimWords {
            comment: self.comment,
            answer: self.answer,
            device_check: self.device_check,
            photos: self.photos,
            videos: self.videos,
            facts: self.facts,
        };
        let order = ClaimOrder {
            external_id: self.order_id,
            ordered_at: self.ordered_at,
            delivered_at: self.delivered_at,
        };
        let product = Product {
            article: self.article.unwrap_or_default(),
            name: self.product_name.unwrap_or_default(),
            ..Product::default()
        };
        ClaimReading {
            source: ClaimSource {
                account_id,
                marketplace: Marketplace::Wildberries,
                external_id: self.id,
                occurred_at: self.created_at,
            },
            content: ClaimContent {
                state: self.state,
                goods: self.goods,
                archived,
                origin: self.origin,
                product,
                order,
                price: self.price,
                updated_at: self.updated_at,
                actions: self.actions,
                words: words.into(),
            },
        }
    }
}

/// Reads one claim of a page as it came.
///
/// # Errors
/// [`ItemError`]: it is none.
pub(crate) fn read_claim(
    account: AccountId,
    raw: &str,
    archived: bool,
) -> Result<ClaimReading, ItemError> {
    Ok(ReturnClaim::of_fields(fields_of(raw)?)?.into_reading(account, archived))
}

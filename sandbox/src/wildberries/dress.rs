//! Questions, chats and claims as Wildberries serves them, from what buyers wrote.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::reads::moscow;
use super::seeds::Maker;

/// A product bought.
#[derive(Debug, Clone)]
pub(super) struct Purchase {
    pub(super) nm_id: Value,
    pub(super) name: Value,
    /// In roubles.
    pub(super) price: u64,
    /// The order's id, `rid` in chats and `srid` in claims.
    pub(super) order: String,
}

impl Maker {
    /// A question as it stands before anybody looked at it.
    pub(super) fn question(
        &self,
        id: &str,
        text: &str,
        product: Option<&str>,
        seller: &str,
        created: DateTime<Utc>,
    ) -> Map<String, Value> {
        object(json!({
            "id": id,
            "text": text,
            "createdDate": created.to_rfc3339_opts(SecondsFormat::Nanos, true),
            "state": "suppliersPortalSynch",
            "answer": null,
            "productDetails": self.product(product, seller).details,
            "wasViewed": false,
            "isWarned": false,
        }))
    }

    /// What a buyer bought; the same for the same `key`.
    pub(super) fn purchase(&self, product: Option<&str>, seller: &str, key: &str) -> Purchase {
        let details = self.product(product, seller).details;
        let draw = self.chance().draw(&["purchase", seller, key]);
        Purchase {
            nm_id: details["nmId"].clone(),
            name: details["productName"].clone(),
            price: 150 + draw.below(9_000),
            order: draw.hex(),
        }
    }

    /// A claim as it stands before anybody decided.
    pub(super) fn claim(
        &self,
        id: &str,
        comment: &str,
        purchase: &Purchase,
        actions: &[String],
        created: DateTime<Utc>,
    ) -> Map<String, Value> {
        let at = |moment: DateTime<Utc>, format: &str| {
            moment.with_timezone(&moscow()).format(format).to_string()
        };
        let written = at(created, "%Y-%m-%dT%H:%M:%S%.6f");
        let ordered = at(created - TimeDelta::days(9), "%Y-%m-%dT%H:%M:%S");
        let delivered = at(created - TimeDelta::days(4), "%Y-%m-%dT%H:%M:%S");
        object(json!({
            "id": id,
            "claim_type": 1,
            "status": 0,
            "status_ex": 0,
            "nm_id": purchase.nm_id,
            "user_comment": comment,
            "wb_comment": null,
            "dt": written,
            "imt_name": purchase.name,
            "order_dt": ordered,
            "dt_update": written,
            "photos": [format!("//photos.example/claim/{id}/1.webp")],
            "video_paths": [],
            "actions": actions,
            "price": purchase.price,
            "currency_code": "643",
            "srid": purchase.order,
            "origin_id_info": null,
            "delivery_dt": delivered,
        }))
    }
}

impl Purchase {
    /// As a chat shows it.
    pub(super) fn good_card(&self) -> Value {
        json!({
            "nmID": self.nm_id,
            "price": self.price,
            "priceCurrency": "RUB",
            "rid": self.order,
            "size": "0",
        })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

//! Who the seller is, as `common-api.wildberries.ru` tells it to a token of any category.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::gate::Passage;
use super::token::sid_of;
use crate::chance::Chance;
use crate::exchange::Reply;

/// Answers with what somebody named the seller, or with names made up from its name here.
pub(super) fn seller_info(passage: &Passage<'_>, seller: &str) -> Reply {
    let mut info = made_up(passage.world.chance, seller);
    if let Some(sid) = passage.sid {
        info.insert("sid".to_owned(), json!(sid));
    }
    let said = passage.world.wildberries.shops.get(seller).map(|shop| shop.info.clone());
    info.extend(said.unwrap_or_default());
    Reply::json(StatusCode::OK, "application/json", &Value::Object(info))
}

fn made_up(chance: Chance, seller: &str) -> Map<String, Value> {
    let tin = 1_000_000_000 + chance.draw(&["tin", seller]).below(9_000_000_000);
    Map::from_iter([
        ("name".to_owned(), json!(format!("ООО «Песочница {seller}»"))),
        ("sid".to_owned(), json!(sid_of(seller))),
        ("tin".to_owned(), json!(tin.to_string())),
        ("tradeMark".to_owned(), json!(format!("Песочница {seller}"))),
    ])
}

//! The list of claims for return.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::claim::Claim;
use super::gate::Passage;
use super::problem;
use super::query::Parameters;
use super::reads;
use crate::exchange::Reply;

/// A page of the claims of the last 14 days, the newest ones first.
pub(super) fn list(passage: &mut Passage<'_>, seller: &str) -> Reply {
    match listed(passage, seller) {
        Ok(page) => Reply::json(StatusCode::OK, "application/json", &page),
        Err(why) => {
            let detail = format!("Failed to deserialize query string: {why}");
            problem::claims_query(&detail, &passage.id())
        }
    }
}

fn listed(passage: &mut Passage<'_>, seller: &str) -> Result<Value, String> {
    let now = passage.now;
    let parameters = Parameters::parse(passage.call.query.as_deref())?;
    let bad = |name: &str| format!("{name}: invalid value");
    let is_archive = parameters.text("is_archive").ok_or("missing field `is_archive`")?;
    let is_archive: bool = is_archive.parse().map_err(|_| bad("is_archive"))?;
    let limit = parameters.optional("limit").map_err(|_| bad("limit"))?.unwrap_or(50);
    if !(1..=200).contains(&limit) {
        return Err("limit: must be from 1 to 200".to_owned());
    }
    let offset = parameters.optional("offset").map_err(|_| bad("offset"))?.unwrap_or(0);
    let nm_id: Option<u64> = parameters.optional("nm_id").map_err(|_| bad("nm_id"))?;
    let id = parameters.text("id");
    let is_wanted = |claim: &&Claim| {
        claim.is_listed(now)
            && claim.is_archived(now) == is_archive
            && id.is_none_or(|id| claim.id() == id)
            && nm_id.is_none_or(|nm_id| claim.nm_id() == Some(nm_id))
    };
    let shop = passage.world.wildberries.shops.get(seller);
    let claims = shop.into_iter().flat_map(|shop| shop.claims.values());
    let mut wanted: Vec<&Claim> = claims.filter(is_wanted).collect();
    wanted.sort_by_key(|claim| std::cmp::Reverse(claim.created()));
    let total = wanted.len();
    let page = wanted.into_iter().skip(offset).take(limit);
    let served = page.map(|claim| claim.served(now)).collect();
    let claims = reads::disordered(passage, served);
    Ok(json!({ "claims": claims, "total": total }))
}

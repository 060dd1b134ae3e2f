//! Reviews and the comments under them.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{Page, after, page, period, served};
use crate::ozon::problem::Refusal;
use crate::ozon::request::{Fields, invalid};
use crate::ozon::review::{Comment, Review, Status};
use crate::ozon::shop::Shop;

/// Items of an answer.
const LIMIT: std::ops::RangeInclusive<usize> = 20..=100;
/// Products of a filter at most.
const SKUS_MAX: usize = 1_000;

/// Reviews by publication; the newest first where the request does not say, as with questions.
pub(super) fn list(shop: &Shop, fields: &Fields, now: DateTime<Utc>) -> Result<Page, Refusal> {
    let limit = fields.limit(LIMIT, None)?;
    let is_ascending = fields.word("sort_dir", &["DESC", "ASC"])? == "ASC";
    let last_id = fields.text("last_id")?;
    let filters = fields.object("filters")?;
    let order_status = filters.word("order_status", &["ALL", "DELIVERED", "CANCELLED"])?;
    let status = filters.word("status", &["ALL", "NEW", "VIEWED", "PROCESSED"])?;
    let skus = filters.texts("skus")?;
    if skus.len() > SKUS_MAX {
        return Err(invalid("filters.skus", "value must contain no more than 1000 items"));
    }
    let is_in_period = period(&filters, "published_from", "published_to")?;
    let wanted = |(_, review): &(&String, &Review)| {
        review.published_at <= now
            && is_in_period(review.published_at)
            && review.has_order_status(order_status)
            && (status == "ALL" || status == review.status.to_string())
            && (skus.is_empty() || skus.contains(&review.sku.to_string()))
    };
    let reviews = after(shop.reviews.iter().filter(wanted), is_ascending, last_id);
    let listing = |(id, review): &(&String, &Review)| served(shop, id, || review.listing(now));
    Ok(page(reviews, limit, |(id, _)| (*id).clone(), listing))
}

pub(super) fn info(shop: &Shop, fields: &Fields, now: DateTime<Utc>) -> Result<Value, Refusal> {
    let id = fields.required_text("review_id")?;
    let review = shop.reviews.get(id).ok_or_else(|| Refusal::not_found("review"))?;
    Ok(served(shop, id, || review.details(now)))
}

pub(super) fn count(shop: &Shop) -> Value {
    let of = |status: Status| shop.reviews.values().filter(|it| it.status == status).count();
    json!({
        "total": shop.reviews.len(),
        "new": of(Status::New),
        "viewed": of(Status::Viewed),
        "processed": of(Status::Processed),
    })
}

/// The comments of a review, or of all reviews of a product, and the number of the first one not given.
pub(super) fn comments(
    shop: &Shop,
    fields: &Fields,
    now: DateTime<Utc>,
) -> Result<(Vec<Value>, usize), Refusal> {
    let limit = fields.limit(LIMIT, None)?;
    let offset: usize = fields.number("offset")?.unwrap_or_default();
    let is_ascending = fields.word("sort_dir", &["ASC", "DESC"])? == "ASC";
    let filter = fields.object("filter")?;
    let is_in_period = period(&filter, "published_from", "published_to")?;
    let reviews: Vec<&Review> = match (fields.text("review_id")?, filter.number::<u64>("sku")?) {
        (Some(id), None) => {
            vec![shop.reviews.get(id).ok_or_else(|| Refusal::not_found("review"))?]
        }
        (None, Some(sku)) => shop.reviews.values().filter(|review| review.sku == sku).collect(),
        (Some(_), Some(_)) | (None, None) => {
            return Err(invalid(
                "review_id",
                "exactly one of review_id and filter.sku is required",
            ));
        }
    };
    let all = reviews.into_iter().flat_map(|review| &review.comments);
    let mut comments: Vec<&Comment> = all
        .filter(|it| it.words.is_listed(now) && is_in_period(it.words.schedule.applies_at))
        .collect();
    comments.sort_by_key(|comment| comment.words.schedule.applies_at);
    if !is_ascending {
        comments.reverse();
    }
    let comments = comments.into_iter().skip(offset).take(limit);
    let items: Vec<Value> =
        comments.map(|comment| served(shop, &comment.words.id, || comment.listing(now))).collect();
    let next = offset + items.len();
    Ok((items, next))
}

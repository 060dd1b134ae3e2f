//! A claim as Wildberries gives it to its seller: what matters in our names, the rest as it came.

use std::fmt;

use chrono::{DateTime, FixedOffset, NaiveDateTime, Utc};
use domain::claim::{ClaimOrigin, ClaimState, GoodsState, Price};
use serde_json::{Map, Value};

use crate::http::{Fields, ItemError};

/// Moscow's time, in which the specification says that a claim's times are. It does not say so of the order's, which are
/// written alike and read alike.
const MOSCOW_SECONDS: i32 = 3 * 60 * 60;

/// A claim for return.
///
/// What the marketplace leaves out, gives as null or as a blank text is none or empty here. `Debug` shows no words of
/// people.
#[derive(Clone, PartialEq)]
pub struct ReturnClaim {
    /// The marketplace's id.
    pub id: String,
    /// `dt`: when the buyer made it.
    pub created_at: DateTime<Utc>,
    /// `dt_update`: when it was decided; of one under review when it was made.
    pub updated_at: Option<DateTime<Utc>>,
    /// `status`: what was decided about the buyer's money.
    pub state: ClaimState,
    /// `status_ex`: what becomes of the goods.
    pub goods: GoodsState,
    /// `claim_type`: where the buyer made it.
    pub origin: ClaimOrigin,
    /// `nm_id`.
    pub article: Option<String>,
    /// `imt_name`.
    pub product_name: Option<String>,
    /// `srid`: the order.
    pub order_id: Option<String>,
    /// `order_dt`.
    pub ordered_at: Option<DateTime<Utc>>,
    /// `delivery_dt`: when the buyer got it.
    pub delivered_at: Option<DateTime<Utc>>,
    /// `price` and `currency_code`: what the buyer paid.
    pub price: Option<Price>,
    /// What the seller may answer.
    pub actions: Vec<String>,
    /// `user_comment`; may be empty.
    pub comment: String,
    /// `wb_comment`: what the buyer was answered.
    pub answer: Option<String>,
    /// `origin_id_info`: what came of comparing the numbers of a device.
    pub device_check: Option<String>,
    /// Addresses of pictures.
    pub photos: Vec<String>,
    /// `video_paths`: addresses of videos.
    pub videos: Vec<String>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

impl ReturnClaim {
    /// Reads one from its fields. The id, the time and the buyer's words must be what they should be: without the first
    /// two it is none, and a reason that cannot be read must not look like none.
    pub(super) fn of_fields(fields: Map<String, Value>) -> Result<Self, ItemError> {
        let fields = &mut Fields::new(fields);
        let currency = fields.id("currency_code");
        Ok(Self {
            id: fields.id("id").ok_or(ItemError::NoId("id"))?,
            created_at: moment(fields, "dt").ok_or(ItemError::NoTime("dt"))?,
            updated_at: moment(fields, "dt_update"),
            state: word(fields, "status", state).unwrap_or(ClaimState::Other),
            goods: word(fields, "status_ex", goods).unwrap_or(GoodsState::Other),
            origin: word(fields, "claim_type", origin).unwrap_or(ClaimOrigin::Other),
            article: fields.id("nm_id"),
            product_name: fields.text("imt_name"),
            order_id: fields.id("srid"),
            ordered_at: moment(fields, "order_dt"),
            delivered_at: moment(fields, "delivery_dt"),
            price: fields
                .take("price", hundredths)
                .map(|amount_minor| Price { amount_minor, currency }),
            actions: fields.take("actions", |value| texts(value, Some)).unwrap_or_default(),
            comment: fields.words("user_comment")?,
            answer: fields.text("wb_comment"),
            device_check: fields.text("origin_id_info"),
            photos: fields.take("photos", |value| texts(value, address)).unwrap_or_default(),
            videos: fields.take("video_paths", |value| texts(value, address)).unwrap_or_default(),
            facts: std::mem::take(fields).rest(),
        })
    }
}

/// Takes a time, which Wildberries writes here without a zone.
fn moment(fields: &mut Fields, name: &str) -> Option<DateTime<Utc>> {
    let moscow = FixedOffset::east_opt(MOSCOW_SECONDS)?;
    let local = fields.take(name, |value| {
        let local: NaiveDateTime = value.as_str()?.trim().parse().ok()?;
        Some(local.and_local_timezone(moscow).single()?.to_utc())
    });
    local.or_else(|| fields.time(name))
}

/// Takes a word that the marketplace writes as a number; one that is not known stays.
fn word<T>(fields: &mut Fields, name: &str, known: impl Fn(i64) -> Option<T>) -> Option<T> {
    fields.take(name, |value| {
        let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
        known(number)
    })
}

fn state(number: i64) -> Option<ClaimState> {
    match number {
        0 => Some(ClaimState::UnderReview),
        1 => Some(ClaimState::Declined),
        2 => Some(ClaimState::Approved),
        _ => None,
    }
}

fn goods(number: i64) -> Option<GoodsState> {
    match number {
        0 => Some(GoodsState::UnderReview),
        1 => Some(GoodsState::KeptDeclined),
        2 => Some(GoodsState::Disposed),
        5 => Some(GoodsState::KeptApproved),
        8 => Some(GoodsState::Resold),
        10 => Some(GoodsState::ReturnedToSeller),
        _ => None,
    }
}

fn origin(number: i64) -> Option<ClaimOrigin> {
    match number {
        1 => Some(ClaimOrigin::Portal),
        3 => Some(ClaimOrigin::Chat),
        _ => None,
    }
}

/// Reads an amount as hundredths by its digits: a product of floats would lose a kopeck now and then.
fn hundredths(value: &Value) -> Option<i64> {
    let text = value.as_number().map(ToString::to_string);
    let text = text.or_else(|| value.as_str().map(|text| text.trim().to_owned()))?;
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let is_amount = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_amount(whole) || !is_amount(rest) {
        return None;
    }
    let cents: i64 = format!("{rest:0<2}").get(..2)?.parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents)
}

/// Reads a list of texts that `read` understands all; otherwise none, and the list stays as it came.
fn texts(value: &Value, read: impl Fn(String) -> Option<String>) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| read(item.as_str()?.to_owned())).collect()
}

/// Completes an address, which Wildberries gives without its scheme. Any other scheme than the web's is no address: a
/// person will follow it.
fn address(text: String) -> Option<String> {
    if text.starts_with("//") {
        return Some(format!("https:{text}"));
    }
    (text.starts_with("https://") || text.starts_with("http://")).then_some(text)
}

impl fmt::Debug for ReturnClaim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReturnClaim")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<ReturnClaim, ItemError> {
        ReturnClaim::of_fields(value.as_object().unwrap().clone())
    }

    #[test]
    fn amounts_are_read_to_the_kopeck() {
        for (given, wanted) in [
            (json!(157), Some(15_700)),
            (json!(157.5), Some(15_750)),
            (json!("90071992547409.93"), Some(9_007_199_254_740_993)),
            (json!(1_599.99), Some(159_999)),
            (json!("0.07"), Some(7)),
            (json!(-1), None),
            (json!("много"), None),
            (json!(""), None),
            (json!(i64::MAX), None),
        ] {
            assert_eq!(hundredths(&given), wanted, "{given}");
        }
    }

    #[test]
    fn times_without_a_zone_are_moscows() {
        let claim = read(&json!({"id": "1", "dt": "2025-03-26T17:06:12.245611"})).unwrap();
        assert_eq!(claim.created_at.to_rfc3339(), "2025-03-26T14:06:12.245611+00:00");
        let claim = read(&json!({"id": "1", "dt": "2025-03-26T17:06:12Z"})).unwrap();
        assert_eq!(claim.created_at.to_rfc3339(), "2025-03-26T17:06:12+00:00");
    }

    #[test]
    fn what_is_not_known_stays_as_it_came() {
        let given = json!({
            "id": 7, "dt": "2025-03-26T17:06:12", "status": 9, "status_ex": "двадцать", "claim_type": null,
            "photos": ["//a.example/1.webp", "javascript:alert(1)"], "actions": "approve1", "colour": "red",
        });
        let claim = read(&given).unwrap();
        assert_eq!((claim.id.as_str(), claim.state), ("7", ClaimState::Other));
        assert!(claim.photos.is_empty() && claim.actions.is_empty());
        let kept: Vec<&str> = claim.facts.keys().map(String::as_str).collect();
        for name in ["status", "status_ex", "photos", "actions", "colour"] {
            assert!(kept.contains(&name), "{name} in {kept:?}");
        }
    }

    #[test]
    fn a_claim_needs_an_id_a_time_and_words_that_are_words() {
        let dt = "2025-03-26T17:06:12";
        assert_eq!(read(&json!({"dt": dt})), Err(ItemError::NoId("id")));
        assert_eq!(read(&json!({"id": "1", "dt": "вчера"})), Err(ItemError::NoTime("dt")));
        let odd = json!({"id": "1", "dt": dt, "user_comment": ["брак"]});
        assert_eq!(read(&odd), Err(ItemError::NoText("user_comment")));
    }
}

//! The row of a claim, and how its events change it.

use chrono::{DateTime, Utc};
use domain::Recorded;
use domain::claim::{ClaimContent, ClaimEvent, ClaimSource, ClaimWords};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fold::time;

/// A row of `claim`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) claim_id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) marketplace: String,
    pub(super) external_id: String,
    pub(super) state: String,
    pub(super) goods: String,
    pub(super) archived: bool,
    pub(super) origin: String,
    pub(super) product_article: String,
    pub(super) product_name: String,
    pub(super) order_id: Option<String>,
    #[serde(with = "time::option")]
    pub(super) ordered_at: Option<DateTime<Utc>>,
    #[serde(with = "time::option")]
    pub(super) delivered_at: Option<DateTime<Utc>>,
    pub(super) price_minor: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) actions: Value,
    pub(super) words: Value,
    #[serde(with = "time")]
    pub(super) occurred_at: DateTime<Utc>,
    #[serde(with = "time::option")]
    pub(super) decided_at: Option<DateTime<Utc>>,
    #[serde(with = "time")]
    pub(super) updated_at: DateTime<Utc>,
    pub(super) version: i32,
}

/// Tells what a claim's row is after `recorded`.
pub(super) fn fold(row: Option<Row>, recorded: &Recorded) -> Option<Row> {
    if row.as_ref().is_some_and(|row| row.version >= recorded.version) {
        return row;
    }
    recorded.of_claim().fold(row, |row, event| after(row, event, recorded))
}

fn after(row: Option<Row>, event: &ClaimEvent, recorded: &Recorded) -> Option<Row> {
    match event {
        ClaimEvent::ClaimReceived { source, content } => Some(received(source, content, recorded)),
        ClaimEvent::ClaimChanged { content } => row.map(|row| row.standing(content, recorded)),
        ClaimEvent::ClaimBuyerErased { .. } => row.map(|row| Row {
            words: erased(),
            updated_at: time::kept(recorded.recorded_at),
            version: recorded.version,
            ..row
        }),
    }
}

fn received(source: &ClaimSource, content: &ClaimContent, recorded: &Recorded) -> Row {
    let now = time::kept(recorded.recorded_at);
    let blank = Row {
        tenant_id: recorded.tenant.0,
        claim_id: recorded.stream.0,
        account_id: source.account_id.0,
        marketplace: source.marketplace.as_str().to_owned(),
        external_id: source.external_id.clone(),
        state: String::new(),
        goods: String::new(),
        archived: false,
        origin: String::new(),
        product_article: String::new(),
        product_name: String::new(),
        order_id: None,
        ordered_at: None,
        delivered_at: None,
        price_minor: None,
        currency: None,
        actions: Value::Null,
        words: Value::Null,
        occurred_at: time::kept(source.occurred_at),
        decided_at: None,
        updated_at: now,
        version: recorded.version,
    };
    blank.standing(content, recorded)
}

impl Row {
    /// Returns the row of a claim that stands so.
    fn standing(self, content: &ClaimContent, recorded: &Recorded) -> Self {
        let price = content.price.as_ref();
        Self {
            state: <&str>::from(content.state).to_owned(),
            goods: <&str>::from(content.goods).to_owned(),
            archived: content.archived,
            origin: <&str>::from(content.origin).to_owned(),
            product_article: content.product.article.clone(),
            product_name: content.product.name.clone(),
            order_id: content.order.external_id.clone(),
            ordered_at: content.order.ordered_at.map(time::kept),
            delivered_at: content.order.delivered_at.map(time::kept),
            price_minor: price.map(|price| price.amount_minor),
            currency: price.and_then(|price| price.currency.clone()),
            actions: json!(content.actions),
            words: words(content),
            decided_at: content.updated_at.map(time::kept),
            updated_at: time::kept(recorded.recorded_at),
            version: recorded.version,
            ..self
        }
    }
}

/// What stands for words that nobody can read any more.
fn erased() -> Value {
    json!({"erased": true})
}

fn words(content: &ClaimContent) -> Value {
    let Some(ClaimWords { comment, answer, device_check, photos, videos, facts: _ }) =
        content.words.known()
    else {
        return erased();
    };
    json!({
        "comment": comment,
        "answer": answer,
        "device_check": device_check,
        "photos": photos,
        "videos": videos,
    })
}

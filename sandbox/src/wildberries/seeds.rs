//! The entries a sandbox begins with: sellers, tokens, reviews and claims that the ledger does not know yet.

use anyhow::Context;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::claim_seeds;
use super::entry::Entry;
use super::history::HistorySpec;
use super::shop::Wildberries;
use crate::chance::{Chance, Draw};
use crate::config::{ReviewOrigin, ReviewSource, SandboxConfig};
use crate::corpus::{self, Item, Product, WrittenReview};
use crate::world;

/// Reviews of a generated history when nobody says how many.
const GENERATED: usize = 1_000;

/// Entries for what the settings name and `known` lacks. A seller that is known keeps its reviews.
pub(crate) fn seeds(
    config: &SandboxConfig,
    known: &Wildberries,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<world::Entry>> {
    let maker = Maker::new(Chance::new(config.seed))?;
    let mut entries = Vec::new();
    for settings in &config.sellers {
        let seller = &settings.seller;
        let shop = known.shops.get(seller);
        if shop.is_none() {
            entries.push(Entry::SellerAdded { seller: seller.clone() });
        }
        for token in &settings.tokens {
            let grant = shop.and_then(|shop| shop.tokens.get(&token.sha256));
            // A token that was revoked stays so until it is added again through `/control`.
            let is_as_wanted = |grant: &super::shop::Grant| {
                grant.revoked || (grant.kind, grant.rights) == (token.kind, token.rights)
            };
            if !grant.is_some_and(is_as_wanted) {
                entries.push(Entry::token_added(seller, token));
            }
        }
        if shop.is_none() {
            let source = settings.reviews.as_ref().unwrap_or(&config.reviews);
            if source.origin == ReviewOrigin::Generated {
                let count = u32::try_from(source.count.unwrap_or(GENERATED));
                let spec = HistorySpec {
                    seed: config.seed,
                    count: count.context("too many reviews")?,
                    until: now,
                    days: config.spread_days.max(1),
                };
                entries.push(Entry::HistoryGenerated { seller: seller.clone(), spec });
            }
            let spread = TimeDelta::days(i64::from(config.spread_days));
            let feedbacks = maker
                .feedbacks(seller, source, now, spread)
                .with_context(|| format!("preparing the reviews of the seller {seller}"))?;
            entries.extend(
                feedbacks
                    .into_iter()
                    .map(|feedback| Entry::ReviewAdded { seller: seller.clone(), feedback }),
            );
            if config.claims {
                entries.extend(claim_seeds::claims(&maker, seller, now)?);
            }
        }
    }
    Ok(entries.into_iter().map(world::Entry::from).collect())
}

/// Dresses reviews as Wildberries serves them.
#[derive(Debug)]
pub(super) struct Maker {
    chance: Chance,
    products: Vec<Product>,
}

/// What a review does not say itself.
pub(super) struct Circumstances<'a> {
    pub(super) seller: &'a str,
    pub(super) id: String,
    pub(super) created: DateTime<Utc>,
    pub(super) parent: Option<String>,
    pub(super) child: Option<String>,
}

impl Maker {
    pub(super) fn new(chance: Chance) -> anyhow::Result<Self> {
        Ok(Self { chance, products: corpus::products()? })
    }

    pub(super) fn chance(&self) -> Chance {
        self.chance
    }

    /// The article of some product.
    pub(super) fn article(&self, draw: &Draw) -> Option<String> {
        let place = draw.below(self.products.len().max(1) as u64);
        self.products.get(place as usize).map(|product| product.article.clone())
    }

    /// The marketplace's article of the product that a review is about.
    pub(super) fn nm_id(&self, review: &WrittenReview, seller: &str) -> Option<u64> {
        self.product(review.product.as_deref(), seller).details.get("nmId")?.as_u64()
    }

    fn feedbacks(
        &self,
        seller: &str,
        source: &ReviewSource,
        now: DateTime<Utc>,
        spread: TimeDelta,
    ) -> anyhow::Result<Vec<Map<String, Value>>> {
        let items = corpus::load(&source.origin)?;
        let total = if items.is_empty() { 0 } else { source.count.unwrap_or(items.len()) };
        // Oldest first, evenly spread and a little shaken.
        let step = spread / i32::try_from(total.max(1)).context("too many reviews")?;
        let feedback = |place: usize| {
            let (round, index) = (place / items.len(), place % items.len());
            match &items[index] {
                Item::Wildberries(object) => self.captured(seller, object, round),
                Item::Written(review) => {
                    let id = |index: usize| self.id(seller, round, &index.to_string());
                    let left = i32::try_from(total - place).unwrap_or(i32::MAX);
                    let shake = self.chance.draw(&["created", seller, &place.to_string()]).unit();
                    let position = |wanted: &dyn Fn(&WrittenReview) -> bool| {
                        items.iter().position(|item| match item {
                            Item::Written(other) => wanted(other),
                            Item::Wildberries(_) => false,
                        })
                    };
                    let parent = review
                        .adds_to
                        .as_ref()
                        .and_then(|key| position(&|other| other.key.as_ref() == Some(key)));
                    let child = review
                        .key
                        .as_ref()
                        .and_then(|key| position(&|other| other.adds_to.as_ref() == Some(key)));
                    let is_made = |index: &usize| round * items.len() + index < total;
                    let circumstances = Circumstances {
                        seller,
                        id: id(index),
                        created: now - step * left + step_part(step, shake),
                        parent: parent.map(id),
                        child: child.filter(is_made).map(id),
                    };
                    self.dressed(review, circumstances)
                }
            }
        };
        Ok((0..total).map(feedback).collect())
    }

    /// A captured object: verbatim at first, with fresh ids when the source is gone round again.
    fn captured(
        &self,
        seller: &str,
        object: &Map<String, Value>,
        round: usize,
    ) -> Map<String, Value> {
        let mut object = object.clone();
        if round > 0 {
            for field in ["id", "parentFeedbackId", "childFeedbackId"] {
                if let Some(Value::String(id)) = object.get_mut(field) {
                    *id = self.id(seller, round, id);
                }
            }
        }
        object
    }

    fn id(&self, seller: &str, round: usize, what: &str) -> String {
        self.chance.draw(&["review", seller, &round.to_string(), what]).id()
    }

    /// A written review with all the fields that captured objects have.
    pub(super) fn dressed(
        &self,
        review: &WrittenReview,
        around: Circumstances<'_>,
    ) -> Map<String, Value> {
        let draw = |what| self.chance.draw(&[what, &around.id]);
        let mut product = self.product(review.product.as_deref(), around.seller);
        product.details["size"] = json!(review.size.as_deref().unwrap_or("0"));
        let photos: Vec<Value> = (1..=review.photos).map(|n| photo(&around.id, n)).collect();
        let video = review.video.then(|| video(&around.id));
        let answer = review
            .answer
            .as_ref()
            .map(|text| json!({"text": text, "state": "wbRu", "editable": true}));
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let Value::Object(feedback) = json!({
            "id": around.id,
            "text": text(&review.text),
            "pros": text(&review.pros),
            "cons": text(&review.cons),
            "productValuation": review.rating,
            "createdDate": around.created.to_rfc3339_opts(SecondsFormat::Secs, true),
            "answer": answer,
            // Captured objects say so whether there is an answer or not.
            "state": "wbRu",
            "productDetails": product.details,
            "video": video,
            "wasViewed": answer.is_some(),
            "photoLinks": some_if_any(photos),
            "userName": text(&review.user),
            "orderStatus": if review.returnable { "returned" } else { "buyout" },
            "matchingSize": text(&review.matching),
            "isAbleSupplierFeedbackValuation": true,
            "supplierFeedbackValuation": 0,
            "isAbleSupplierProductValuation": true,
            "supplierProductValuation": 0,
            "isAbleReturnProductOrders": review.returnable,
            "returnProductOrdersDate": null,
            "bables": some_if_any(review.tags.iter().map(|tag| json!(tag)).collect()),
            "lastOrderShkId": 20_000_000_000 + draw("order").below(30_000_000_000),
            "lastOrderCreatedAt": order_date(around.created, &draw("order date")),
            "color": text(&review.color),
            "subjectId": product.subject_id,
            "subjectName": product.subject,
            "parentFeedbackId": around.parent,
            "childFeedbackId": around.child,
        }) else {
            unreachable!("an object stands above")
        };
        feedback
    }

    /// A product by its name or article; one that is not known is made up.
    pub(super) fn product(&self, named: Option<&str>, seller: &str) -> Dress {
        let named = named.unwrap_or("Товар без названия");
        let known =
            self.products.iter().find(|product| product.article == named || product.name == named);
        let draw = self.chance.draw(&["product", named]);
        let unknown = || Product {
            nm_id: 100_000_000 + draw.below(100_000_000),
            imt_id: 100_000_000 + self.chance.draw(&["card", named]).below(100_000_000),
            name: named.to_owned(),
            article: format!("ART-{}", &draw.hex()[..8]),
            brand: String::new(),
            subject_id: 1 + draw.below(5_000),
            subject: "Прочее".to_owned(),
        };
        let product = known.cloned().unwrap_or_else(unknown);
        Dress {
            details: json!({
                "imtId": product.imt_id,
                "nmId": product.nm_id,
                "productName": product.name,
                "supplierArticle": product.article,
                "supplierName": format!("ООО «Песочница {seller}»"),
                "brandName": product.brand,
            }),
            subject_id: product.subject_id,
            subject: product.subject,
        }
    }
}

/// A product as reviews and questions show it.
pub(super) struct Dress {
    pub(super) details: Value,
    subject_id: u64,
    subject: String,
}

fn photo(id: &str, n: u8) -> Value {
    // A reserved name: nothing is fetched from anybody's host.
    let address = |size: &str| format!("https://feedback.example/{id}/photos/{n}/{size}.webp");
    json!({ "fullSize": address("fs"), "miniSize": address("ms") })
}

fn video(id: &str) -> Value {
    json!({
        "previewImage": format!("https://videofeedback.example/{id}/preview.webp"),
        "link": format!("https://videofeedback.example/{id}/index.m3u8"),
        "durationSec": 12,
    })
}

/// Wildberries has null where a list would be empty.
fn some_if_any(items: Vec<Value>) -> Option<Vec<Value>> {
    (!items.is_empty()).then_some(items)
}

/// Some days before the review, with 0, 4, 5 or 6 digits after the second, as captured objects have it.
fn order_date(created: DateTime<Utc>, draw: &Draw) -> String {
    let ordered = created - TimeDelta::hours(48 + (draw.below(300)) as i64);
    let micros = 100_000 + draw.below(900_000);
    match draw.below(4) {
        0 => ordered.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        n => {
            let digits = 3 + n as usize;
            format!("{}.{}Z", ordered.format("%Y-%m-%dT%H:%M:%S"), &micros.to_string()[..digits])
        }
    }
}

fn step_part(step: TimeDelta, part: f64) -> TimeDelta {
    TimeDelta::seconds((step.num_seconds() as f64 * part) as i64)
}

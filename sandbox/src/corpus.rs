//! Reviews to begin with: the sandbox's own corpus, JSON lines of anybody's, or captured Wildberries objects.

mod phrases;

use std::fs;
use std::path::Path;

use anyhow::{Context, anyhow};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::config::ReviewOrigin;

pub(crate) use phrases::Phrases;

const PRODUCTS: &str = include_str!("../corpus/products.jsonl");
const REVIEWS: &str = include_str!("../corpus/reviews.jsonl");
const QUESTIONS: &str = include_str!("../corpus/questions.jsonl");
const CHATS: &str = include_str!("../corpus/chats.jsonl");

/// One review of a source.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    /// Words and a rating; each marketplace dresses them in its own shape.
    Written(Box<WrittenReview>),
    /// A Wildberries object, served as it is.
    Wildberries(Map<String, Value>),
}

/// A review as its author wrote it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct WrittenReview {
    pub(crate) text: Option<String>,
    pub(crate) pros: Option<String>,
    pub(crate) cons: Option<String>,
    #[serde(deserialize_with = "rating")]
    pub(crate) rating: u8,
    /// Name or article.
    pub(crate) product: Option<String>,
    pub(crate) user: Option<String>,
    /// How many photos are attached.
    pub(crate) photos: u8,
    pub(crate) video: bool,
    /// A name under which a later review of the source can be added to this one.
    pub(crate) key: Option<String>,
    /// The `key` of the review that this one is a supplement to.
    pub(crate) adds_to: Option<String>,
    /// The seller's answer, if there is one already.
    pub(crate) answer: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) size: Option<String>,
    pub(crate) color: Option<String>,
    /// `ok`, `smaller` or `bigger`.
    pub(crate) matching: Option<String>,
    /// Whether the buyer may ask to return the item.
    #[serde(rename = "return")]
    pub(crate) returnable: bool,
}

/// A product of the sandbox's sellers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Product {
    pub(crate) nm_id: u64,
    pub(crate) imt_id: u64,
    pub(crate) name: String,
    pub(crate) article: String,
    pub(crate) brand: String,
    pub(crate) subject_id: u64,
    pub(crate) subject: String,
}

/// A question of a buyer about a product.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WrittenQuestion {
    /// Name or article.
    pub(crate) product: String,
    pub(crate) text: String,
}

/// What a buyer says in a chat.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct WrittenMessage {
    pub(crate) part: ChatPart,
    pub(crate) text: String,
}

/// When a buyer says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChatPart {
    Opening,
    /// Later on.
    Reply,
}

/// Reads all reviews of a source. Errs, naming the line, when one cannot be used.
pub(crate) fn load(origin: &ReviewOrigin) -> anyhow::Result<Vec<Item>> {
    match origin {
        // A generated history is made review by review, when one is asked for.
        ReviewOrigin::Nothing | ReviewOrigin::Generated => Ok(Vec::new()),
        ReviewOrigin::Corpus => parse_lines(REVIEWS).context("reading the sandbox's own corpus"),
        ReviewOrigin::File(path) => {
            load_file(path).with_context(|| format!("reading reviews from {}", path.display()))
        }
    }
}

/// The products that the corpus is about.
pub(crate) fn products() -> anyhow::Result<Vec<Product>> {
    own(PRODUCTS).context("reading the sandbox's own products")
}

/// The questions of the sandbox's buyers.
pub(crate) fn questions() -> anyhow::Result<Vec<WrittenQuestion>> {
    own(QUESTIONS).context("reading the sandbox's own questions")
}

/// What the sandbox's buyers say in chats.
pub(crate) fn messages() -> anyhow::Result<Vec<WrittenMessage>> {
    own(CHATS).context("reading the sandbox's own chats")
}

fn own<T: DeserializeOwned>(lines: &str) -> anyhow::Result<Vec<T>> {
    Ok(lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// The moment a Wildberries review was written.
pub(crate) fn created_date(object: &Map<String, Value>) -> Option<DateTime<Utc>> {
    object.get("createdDate")?.as_str()?.parse().ok()
}

fn load_file(path: &Path) -> anyhow::Result<Vec<Item>> {
    let text = fs::read_to_string(path)?;
    // A page or an array is one JSON document over the whole file; lines are not.
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(objects)) => captured(objects),
        Ok(Value::Object(mut page)) if page.contains_key("data") => {
            match page.get_mut("data").and_then(|data| data.get_mut("feedbacks")).map(Value::take) {
                Some(Value::Array(objects)) => captured(objects),
                _ => Err(anyhow!("the page has no list data.feedbacks")),
            }
        }
        _ => parse_lines(&text),
    }
}

fn captured(objects: Vec<Value>) -> anyhow::Result<Vec<Item>> {
    let numbered = objects.into_iter().enumerate();
    numbered
        .map(|(place, object)| item(object).with_context(|| format!("review {}", place + 1)))
        .collect()
}

fn parse_lines(text: &str) -> anyhow::Result<Vec<Item>> {
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbered
        .map(|(place, line)| {
            serde_json::from_str(line)
                .context("not JSON")
                .and_then(item)
                .with_context(|| format!("line {}", place + 1))
        })
        .collect()
}

/// Reads one review, of whichever shape.
pub(crate) fn item(object: Value) -> anyhow::Result<Item> {
    let Value::Object(object) = object else {
        return Err(anyhow!("a review is a JSON object, found {object}"));
    };
    if object.contains_key("productValuation") {
        if !object.get("id").is_some_and(Value::is_string) {
            return Err(anyhow!("a Wildberries review needs a text in id"));
        }
        if created_date(&object).is_none() {
            return Err(anyhow!("a Wildberries review needs a date in createdDate"));
        }
        return Ok(Item::Wildberries(object));
    }
    if !object.contains_key("rating") {
        return Err(anyhow!("rating is missing"));
    }
    Ok(Item::Written(Box::new(serde_json::from_value(Value::Object(object))?)))
}

fn rating<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let found = Value::deserialize(deserializer)?;
    let stars = found.as_u64().and_then(|stars| u8::try_from(stars).ok());
    stars.filter(|stars| (1..=5).contains(stars)).ok_or_else(|| {
        serde::de::Error::custom(format!(
            "rating must be a whole number from 1 to 5, found {found}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn own_reviews() -> Vec<WrittenReview> {
        let items = load(&ReviewOrigin::Corpus).unwrap();
        let written = items.into_iter().map(|item| match item {
            Item::Written(review) => *review,
            Item::Wildberries(_) => unreachable!("the corpus is written by us"),
        });
        written.collect()
    }

    fn refusal(text: &str) -> String {
        format!("{:#}", parse_lines(text).unwrap_err())
    }

    #[test]
    fn the_corpus_is_varied() {
        let reviews = own_reviews();
        let count =
            |keep: fn(&WrittenReview) -> bool| reviews.iter().filter(|review| keep(review)).count();
        assert!(reviews.len() >= 120);
        for stars in 1..=5 {
            let share = reviews.iter().filter(|review| review.rating == stars).count();
            assert!(share >= 8, "{share} reviews with {stars} stars");
        }
        assert!(count(|r| r.rating == 5) * 2 > reviews.len(), "most buyers are content");
        assert!(count(|r| r.text.is_none() && r.pros.is_none() && r.cons.is_none()) >= 15);
        assert!(count(|r| r.text.is_none() && r.pros.is_some()) >= 5);
        assert!(count(|r| r.text.as_ref().is_some_and(|text| text.chars().count() > 500)) >= 1);
        assert!(count(|r| r.text.as_ref().is_some_and(|text| text.contains('?'))) >= 8);
        assert!(count(|r| r.photos > 0) >= 20 && count(|r| r.video) >= 2);
        assert!(count(|r| r.answer.is_some()) >= 3 && count(|r| r.adds_to.is_some()) >= 3);
        let texts: BTreeSet<_> = reviews.iter().filter_map(|review| review.text.as_ref()).collect();
        assert_eq!(texts.len(), count(|r| r.text.is_some()), "no text is used twice");
    }

    #[test]
    fn every_review_of_the_corpus_is_about_a_known_product_and_adds_to_an_earlier_one() {
        let products = products().unwrap();
        let mut keys = BTreeSet::new();
        for review in own_reviews() {
            assert!(
                products.iter().any(|product| Some(&product.article) == review.product.as_ref()),
                "{review:?}"
            );
            assert!(review.adds_to.as_ref().is_none_or(|key| keys.contains(key)), "{review:?}");
            keys.extend(review.key);
        }
    }

    #[test]
    fn questions_are_about_known_products_and_chats_go_on() {
        let products = products().unwrap();
        let questions = questions().unwrap();
        assert!(questions.len() >= 40);
        for question in &questions {
            let is_known = products.iter().any(|product| product.article == question.product);
            assert!(is_known, "{question:?}");
        }
        let messages = messages().unwrap();
        for part in [ChatPart::Opening, ChatPart::Reply] {
            assert!(messages.iter().filter(|message| message.part == part).count() >= 15);
        }
    }

    #[test]
    fn a_bad_line_is_named_with_its_reason() {
        let good = r#"{"text":"хорошо","rating":5}"#;
        assert_eq!(
            refusal(&format!("{good}\n\n{{\"text\":\"плохо\",\"rating\":7}}")),
            "line 3: rating must be a whole number from 1 to 5, found 7"
        );
        assert_eq!(refusal(r#"{"text":"без оценки"}"#), "line 1: rating is missing");
        assert_eq!(refusal("[1]"), "line 1: a review is a JSON object, found [1]");
        assert!(refusal("плохо").starts_with("line 1: not JSON"));
        assert_eq!(
            refusal(r#"{"productValuation":5,"createdDate":"2026-01-01T00:00:00Z"}"#),
            "line 1: a Wildberries review needs a text in id"
        );
        assert_eq!(
            refusal(r#"{"productValuation":5,"id":"x","createdDate":"yesterday"}"#),
            "line 1: a Wildberries review needs a date in createdDate"
        );
    }

    #[test]
    fn fields_that_are_not_ours_and_nulls_are_left_alone() {
        let line = r#"{"id":"x","marketplace":"ozon","rating":4,"text":"","pros":null,"product":null,"source":"s"}"#;
        let [Item::Written(review)] = &parse_lines(line).unwrap()[..] else { panic!("one review") };
        assert_eq!((review.rating, review.text.as_deref()), (4, Some("")));
    }
}

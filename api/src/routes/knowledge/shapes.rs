//! Documents and products as the API shows and takes them.

use chrono::{DateTime, Utc};
use domain::KnowledgeId;
use domain::knowledge::{self as known, Item};
use eventlog::StoredEvent;
use projections::knowledge::{Filter, KnowledgeRow};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::{ApiError, Code};

/// What kind of items is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[schema(as = KnowledgeKind)]
pub(crate) enum Kind {
    /// Documents on what the seller does and does not do.
    Policy,
    /// Documents on what buyers ask, with answers.
    Faq,
    /// Documents on how goods get to buyers.
    Delivery,
    /// Documents on how goods get back.
    Returns,
    /// Documents on any topic.
    Document,
    /// Products.
    Product,
}

impl From<Kind> for Filter {
    fn from(kind: Kind) -> Self {
        let documents = kind == Kind::Document;
        let kind = (!documents).then(|| <&str>::from(kind).to_owned());
        Self { kind, documents }
    }
}

/// What a document is about.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = KnowledgeTopic)]
pub(super) enum Topic {
    /// What the seller does and does not do.
    Policy,
    /// What buyers ask, with answers.
    Faq,
    /// How goods get to buyers.
    Delivery,
    /// How goods get back.
    Returns,
}

/// What an item is or is to say: either a document or a product.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKnowledge)]
pub(crate) struct ItemBody {
    #[serde(default)]
    pub(super) document: Option<Document>,
    #[serde(default)]
    pub(super) product: Option<Product>,
}

/// A text about how the seller does things.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KnowledgeDocument)]
pub(crate) struct Document {
    topic: Topic,
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// A blank line ends a thought: a passage that is found on its own.
    #[schema(min_length = 1, max_length = 20_000)]
    text: String,
    /// Words that it is found by beside its own.
    #[serde(default)]
    #[schema(max_items = 50)]
    tags: Vec<String>,
}

/// Something that the seller sells.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KnowledgeProduct)]
pub(crate) struct Product {
    /// The article that it is known by for good.
    #[schema(min_length = 1, max_length = 200)]
    article: String,
    /// The articles that marketplaces know it by, where they are others.
    #[serde(default)]
    #[schema(max_items = 50)]
    marketplace_articles: Vec<String>,
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its page at a marketplace; no reply shows it.
    #[serde(default)]
    #[schema(max_length = 500)]
    link: Option<String>,
    #[serde(default)]
    #[schema(max_length = 6_000)]
    description: String,
    #[serde(default)]
    #[schema(max_items = 50)]
    facts: Vec<Fact>,
    #[serde(default)]
    price: Option<Price>,
    #[serde(default)]
    availability: Option<Availability>,
    /// Colours, sizes and the like.
    #[serde(default)]
    #[schema(max_items = 50)]
    variants: Vec<String>,
    /// How it gets to buyers, where that is out of the ordinary.
    #[serde(default)]
    #[schema(max_length = 200)]
    delivery: Option<String>,
    /// Words that it is found by beside its own.
    #[serde(default)]
    #[schema(max_items = 50)]
    tags: Vec<String>,
}

/// One thing that is so of a product.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProductFact)]
struct Fact {
    #[schema(min_length = 1, max_length = 200, example = "Состав")]
    name: String,
    #[schema(min_length = 1, max_length = 200, example = "100 % хлопок")]
    value: String,
}

/// What a product costs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProductPrice)]
struct Price {
    /// In hundredths.
    #[schema(minimum = 0)]
    amount_minor: i64,
    /// ISO 4217, in letters.
    #[schema(pattern = "^[A-Z]{3}$", example = "RUB")]
    currency: String,
}

/// Whether a product can be had.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProductAvailability)]
enum Availability {
    /// At once.
    InStock,
    /// After a while.
    OnOrder,
    /// Not now.
    OutOfStock,
}

/// A version of a document or a product.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnowledgeItem {
    knowledge_id: Uuid,
    /// Counted from 1; drafts name the version that they rest on.
    version: u32,
    document: Option<Document>,
    product: Option<Product>,
    /// The passages that it is found by.
    passages: Vec<String>,
    updated_at: DateTime<Utc>,
    /// `user:<id>`
    updated_by: Option<String>,
}

/// A page of documents and products, those written last first.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnowledgePage {
    items: Vec<KnowledgeEntry>,
    /// Where the next page begins; none after the last.
    next: Option<String>,
}

/// A document or a product in a list.
#[derive(Serialize, ToSchema)]
struct KnowledgeEntry {
    knowledge_id: Uuid,
    version: i32,
    /// A document's topic, or `product`.
    #[schema(value_type = Kind)]
    kind: String,
    title: String,
    /// How it begins, 200 characters.
    begins: String,
    /// A product's own article and those of marketplaces.
    #[schema(value_type = Vec<String>)]
    articles: serde_json::Value,
    #[schema(value_type = Vec<String>)]
    tags: serde_json::Value,
    updated_at: DateTime<Utc>,
    /// `user:<id>`
    updated_by: String,
}

impl KnowledgePage {
    pub(super) fn new(rows: Vec<KnowledgeRow>, next: Option<String>) -> Self {
        let entry = |row: KnowledgeRow| KnowledgeEntry {
            knowledge_id: row.item_id,
            version: row.version,
            kind: row.kind,
            title: row.title,
            begins: row.begins,
            articles: row.articles,
            tags: row.tags,
            updated_at: row.updated_at,
            updated_by: row.updated_by,
        };
        Self { items: rows.into_iter().map(entry).collect(), next }
    }
}

impl KnowledgeItem {
    pub(super) fn new(id: KnowledgeId, version: u32, item: Item, stored: &StoredEvent) -> Self {
        let passages = item.passages();
        let ItemBody { document, product } = item.into();
        Self {
            knowledge_id: id.0,
            version,
            passages,
            document,
            product,
            updated_at: stored.recorded_at,
            updated_by: stored.actor.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<ItemBody> for Item {
    type Error = ApiError;

    fn try_from(body: ItemBody) -> Result<Self, ApiError> {
        match body {
            ItemBody { document: Some(document), product: None } => {
                Ok(Self::Document(document.into()))
            }
            ItemBody { document: None, product: Some(product) } => {
                Ok(Self::Product(product.into()))
            }
            ItemBody { .. } => {
                let message = "нужно одно из двух: document или product";
                Err(ApiError::new(Code::InvalidBody).field("document", message))
            }
        }
    }
}

impl From<Item> for ItemBody {
    fn from(item: Item) -> Self {
        match item {
            Item::Document(document) => Self { document: Some(document.into()), product: None },
            Item::Product(product) => Self { document: None, product: Some(product.into()) },
        }
    }
}

impl From<Document> for known::Document {
    fn from(Document { topic, title, text, tags }: Document) -> Self {
        Self { topic: topic.into(), title, text, tags }
    }
}

impl From<known::Document> for Document {
    fn from(known::Document { topic, title, text, tags }: known::Document) -> Self {
        Self { topic: topic.into(), title, text, tags }
    }
}

impl From<Product> for known::Product {
    fn from(product: Product) -> Self {
        let fact = |Fact { name, value }| known::Fact { name, value };
        let price = |Price { amount_minor, currency }| known::Price { amount_minor, currency };
        Self {
            article: product.article,
            marketplace_articles: product.marketplace_articles,
            name: product.name,
            link: product.link,
            description: product.description,
            facts: product.facts.into_iter().map(fact).collect(),
            price: product.price.map(price),
            availability: product.availability.map(Into::into),
            variants: product.variants,
            delivery: product.delivery,
            tags: product.tags,
        }
    }
}

impl From<known::Product> for Product {
    fn from(product: known::Product) -> Self {
        let fact = |known::Fact { name, value }| Fact { name, value };
        let price = |known::Price { amount_minor, currency }| Price { amount_minor, currency };
        Self {
            article: product.article,
            marketplace_articles: product.marketplace_articles,
            name: product.name,
            link: product.link,
            description: product.description,
            facts: product.facts.into_iter().map(fact).collect(),
            price: product.price.map(price),
            availability: product.availability.map(Into::into),
            variants: product.variants,
            delivery: product.delivery,
            tags: product.tags,
        }
    }
}

/// Two enums of the same words, one of the API and one of the domain.
macro_rules! same {
    ($word:ident: $($variant:ident),+) => {
        impl From<$word> for known::$word {
            fn from(word: $word) -> Self {
                match word {
                    $($word::$variant => Self::$variant),+
                }
            }
        }

        impl From<known::$word> for $word {
            fn from(word: known::$word) -> Self {
                match word {
                    $(known::$word::$variant => Self::$variant),+
                }
            }
        }
    };
}
same!(Topic: Policy, Faq, Delivery, Returns);
same!(Availability: InStock, OnOrder, OutOfStock);

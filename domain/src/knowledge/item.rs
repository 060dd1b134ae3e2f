//! What a knowledge item says: a document, or a product with its facts.

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// Longest title or name, in characters.
pub const TITLE_CHARS_MAX: usize = 200;

/// Longest text of a document, in characters: a dozen pages.
pub const TEXT_CHARS_MAX: usize = 20_000;

/// Longest description of a product, in characters: the longest that a marketplace takes.
pub const DESCRIPTION_CHARS_MAX: usize = 6_000;

/// Longest article, tag, fact or variant, in characters.
pub const LABEL_CHARS_MAX: usize = 200;

/// Longest link, in characters.
const LINK_CHARS_MAX: usize = 500;

/// Most tags, further articles, facts or variants of an item.
const LABELS_MAX: usize = 50;

/// Highest price, in hundredths: a billion.
pub const PRICE_MINOR_MAX: i64 = 100_000_000_000;

/// What a knowledge item says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Item {
    /// A text about how the seller does things.
    Document(Document),
    /// Something that the seller sells.
    Product(Product),
}

/// A text about how the seller does things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// What it is about.
    pub topic: Topic,
    /// Its title.
    pub title: String,
    /// Its words; a blank line ends a thought.
    pub text: String,
    /// Words that it is found by beside its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// What a document is about (F208).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Topic {
    /// What the seller does and does not do.
    Policy,
    /// What buyers ask, with answers.
    Faq,
    /// How goods get to buyers.
    Delivery,
    /// How goods get back.
    Returns,
}

/// Something that the seller sells (F209).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The article that it is known by for good.
    pub article: String,
    /// The articles that marketplaces know it by, where they are others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marketplace_articles: Vec<String>,
    /// Its name.
    pub name: String,
    /// Its page at a marketplace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// What it is, in prose.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// What it is, one by one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facts: Vec<Fact>,
    /// What it costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
    /// Whether it can be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub availability: Option<Availability>,
    /// Colours, sizes and the like.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
    /// How it gets to buyers, where that is out of the ordinary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// Words that it is found by beside its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

/// One thing that is so of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What, such as «Состав».
    pub name: String,
    /// How it is, such as «100 % хлопок».
    pub value: String,
}

/// What a product costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// In hundredths.
    pub amount_minor: i64,
    /// ISO 4217, in letters.
    pub currency: String,
}

/// Whether a product can be had.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Availability {
    /// At once.
    InStock,
    /// After a while.
    OnOrder,
    /// Not now.
    OutOfStock,
}

/// What an item cannot say.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {fault}")]
pub struct ItemError {
    /// Where, as a path of names and numbers from 0.
    pub field: String,
    /// What is wrong there.
    pub fault: Fault,
}

/// What is wrong with a part of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It says nothing.
    #[error("it is empty")]
    Blank,
    /// It has too many characters.
    #[error("it has more than {max} characters")]
    Long {
        /// How many it may have.
        max: usize,
    },
    /// It has too many entries.
    #[error("it has more than {max} entries")]
    Many {
        /// How many it may have.
        max: usize,
    },
    /// It is no address of a page.
    #[error("it does not begin with https:// or http://")]
    NotALink,
    /// It is below nothing, or beyond a billion.
    #[error("it is not 0 to {PRICE_MINOR_MAX}")]
    NotAPrice,
    /// It is not three Latin capitals.
    #[error("it is no code of ISO 4217")]
    NotACurrency,
}

impl Item {
    /// Returns the word used in JSON, SQL and URLs: a document's topic, or `product`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Document(document) => document.topic.into(),
            Self::Product(_) => "product",
        }
    }

    /// Returns the title or name.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Document(document) => &document.title,
            Self::Product(product) => &product.name,
        }
    }

    /// Lists the articles that it is known by, its own first; a document has none.
    pub fn articles(&self) -> impl Iterator<Item = &str> {
        let (own, others): (_, &[String]) = match self {
            Self::Document(_) => (None, &[]),
            Self::Product(product) => (Some(&product.article), &product.marketplace_articles),
        };
        own.into_iter().chain(others).map(String::as_str)
    }

    /// Lists the words that it is found by beside its own.
    #[must_use]
    pub fn tags(&self) -> &[String] {
        match self {
            Self::Document(document) => &document.tags,
            Self::Product(product) => &product.tags,
        }
    }

    /// Tells whether both speak of the same: any document may take another's place, a product only itself.
    pub(super) fn is_same_thing(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Document(_), Self::Document(_)) => true,
            (Self::Product(one), Self::Product(other)) => one.article == other.article,
            (Self::Document(_), Self::Product(_)) | (Self::Product(_), Self::Document(_)) => false,
        }
    }

    /// Trims it and leaves out what says nothing.
    ///
    /// # Errors
    /// [`ItemError`] names the first part that cannot be.
    pub fn checked(self) -> Result<Self, ItemError> {
        match self {
            Self::Document(document) => {
                document.checked().map(Self::Document).map_err(|error| error.within("document"))
            }
            Self::Product(product) => {
                product.checked().map(Self::Product).map_err(|error| error.within("product"))
            }
        }
    }
}

impl ItemError {
    fn within(self, part: &str) -> Self {
        Self { field: format!("{part}.{}", self.field), ..self }
    }
}

impl Document {
    fn checked(self) -> Result<Self, ItemError> {
        Ok(Self {
            topic: self.topic,
            title: line("title", &self.title, TITLE_CHARS_MAX)?,
            text: said("text", prose("text", &self.text, TEXT_CHARS_MAX)?)?,
            tags: labels("tags", &self.tags)?,
        })
    }
}

impl Product {
    fn checked(self) -> Result<Self, ItemError> {
        let article = line("article", &self.article, LABEL_CHARS_MAX)?;
        let mut marketplace_articles = labels("marketplace_articles", &self.marketplace_articles)?;
        marketplace_articles.retain(|other| *other != article);
        Ok(Self {
            article,
            marketplace_articles,
            name: line("name", &self.name, TITLE_CHARS_MAX)?,
            link: optional("link", self.link, LINK_CHARS_MAX)?.map(link).transpose()?,
            description: prose("description", &self.description, DESCRIPTION_CHARS_MAX)?,
            facts: facts(&self.facts)?,
            price: self.price.map(Price::checked).transpose()?,
            availability: self.availability,
            variants: labels("variants", &self.variants)?,
            delivery: optional("delivery", self.delivery, LABEL_CHARS_MAX)?,
            tags: labels("tags", &self.tags)?,
        })
    }
}

impl Price {
    fn checked(self) -> Result<Self, ItemError> {
        let bad = |field: &str, fault| Err(ItemError { field: field.to_owned(), fault });
        if !(0..=PRICE_MINOR_MAX).contains(&self.amount_minor) {
            return bad("price.amount_minor", Fault::NotAPrice);
        }
        let letters = self.currency.bytes().all(|byte| byte.is_ascii_uppercase());
        if self.currency.len() != 3 || !letters {
            return bad("price.currency", Fault::NotACurrency);
        }
        Ok(self)
    }
}

fn facts(facts: &[Fact]) -> Result<Vec<Fact>, ItemError> {
    few("facts", facts.len())?;
    let fact = |(index, fact): (usize, &Fact)| {
        let part = |name| format!("facts.{index}.{name}");
        Ok(Fact {
            name: line(&part("name"), &fact.name, LABEL_CHARS_MAX)?,
            value: line(&part("value"), &fact.value, LABEL_CHARS_MAX)?,
        })
    };
    facts.iter().enumerate().map(fact).collect()
}

/// Tidies a list of short texts; those that are empty or stand there already are left out.
fn labels(field: &str, texts: &[String]) -> Result<Vec<String>, ItemError> {
    few(field, texts.len())?;
    let mut tidy: Vec<String> = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let text = on_one_line(text);
        fits(&format!("{field}.{index}"), &text, LABEL_CHARS_MAX)?;
        if !text.is_empty() && !tidy.contains(&text) {
            tidy.push(text);
        }
    }
    Ok(tidy)
}

fn line(field: &str, text: &str, max: usize) -> Result<String, ItemError> {
    let text = on_one_line(text);
    fits(field, &text, max)?;
    said(field, text)
}

fn optional(field: &str, text: Option<String>, max: usize) -> Result<Option<String>, ItemError> {
    let text = text.map(|text| on_one_line(&text)).filter(|text| !text.is_empty());
    text.map(|text| fits(field, &text, max).map(|()| text)).transpose()
}

fn link(text: String) -> Result<String, ItemError> {
    let fault = Fault::NotALink;
    let is_link = text.starts_with("https://") || text.starts_with("http://");
    if is_link { Ok(text) } else { Err(ItemError { field: "link".to_owned(), fault }) }
}

/// Tidies a text of several lines: no control characters, no white space at the ends of lines.
fn prose(field: &str, text: &str, max: usize) -> Result<String, ItemError> {
    let clean: String = text.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    let lines: Vec<&str> = clean.lines().map(str::trim).collect();
    let text = lines.join("\n").trim().to_owned();
    fits(field, &text, max)?;
    Ok(text)
}

fn on_one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn said(field: &str, text: String) -> Result<String, ItemError> {
    if text.chars().any(char::is_alphanumeric) {
        return Ok(text);
    }
    Err(ItemError { field: field.to_owned(), fault: Fault::Blank })
}

fn fits(field: &str, text: &str, max: usize) -> Result<(), ItemError> {
    if text.chars().count() <= max {
        return Ok(());
    }
    Err(ItemError { field: field.to_owned(), fault: Fault::Long { max } })
}

fn few(field: &str, entries: usize) -> Result<(), ItemError> {
    if entries <= LABELS_MAX {
        return Ok(());
    }
    Err(ItemError { field: field.to_owned(), fault: Fault::Many { max: LABELS_MAX } })
}

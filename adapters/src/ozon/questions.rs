//! Questions about products, and the answers to them.

use std::fmt;

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::value::{ObservedAnswer, ObservedState};
use serde::Serialize;
use serde_json::{Map, Value};
use strum::EnumString;

use super::Client;
use super::item::{self, Item, PAGE_MAX, Page};
use super::words::{self, Mark, Order, Status, number};
use crate::http::{CallError, Fields, ItemError, SendOutcome};

pub(super) const LIST: &str = "/v1/question/list";
pub(super) const ANSWER: &str = "/v1/question/answer/create";

/// Which questions to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionsQuery {
    /// All when none.
    pub filter: Option<QuestionFilter>,
    /// Published after this.
    pub date_from: Option<DateTime<Utc>>,
    /// Published before this.
    pub date_to: Option<DateTime<Utc>>,
    /// How many, brought into 1…[`PAGE_MAX`].
    pub limit: u32,
    /// Where to go on, from the page before.
    pub last_id: Option<String>,
    /// In which order; newest first when none.
    pub order: Option<Order>,
}

/// Questions by how far the seller has come with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuestionFilter {
    /// New ones.
    New,
    /// Seen ones.
    Viewed,
    /// Those that are done with.
    Processed,
    /// Those that are not done with.
    Unprocessed,
}

/// A question. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Question {
    /// The marketplace's id.
    pub id: String,
    /// The product; needed for answering.
    pub sku: Option<String>,
    /// The buyer's words; may be empty.
    pub text: String,
    /// Name of the buyer, or what Ozon shows in its place.
    pub author_name: Option<String>,
    /// `published_at`.
    pub published_at: DateTime<Utc>,
    /// How far the seller has come with it.
    pub status: Status,
    /// Answers to it, by whomever.
    pub answers_count: Option<u64>,
    /// Address of the product's page.
    pub product_url: Option<String>,
    /// Address of the question there.
    pub question_link: Option<String>,
    /// Everything else, as it came.
    pub facts: Map<String, Value>,
}

/// An answer to a question, by whomever: nothing in it says that the seller wrote it, so it is known by its id.
/// `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The marketplace's id.
    pub id: String,
    /// The question.
    pub question_id: Option<String>,
    /// The product.
    pub sku: Option<String>,
    /// Its text.
    pub text: String,
    /// Name of who wrote it.
    pub author_name: Option<String>,
    /// `published_at`.
    pub published_at: Option<DateTime<Utc>>,
    /// `status_publication`: how moderation stands.
    pub publication: Publication,
    /// Everything else, as it came.
    pub facts: Map<String, Value>,
}

/// How an answer stands in moderation.
#[derive(Debug, Clone, PartialEq, Eq, EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE", ascii_case_insensitive)]
pub enum Publication {
    /// Buyers see it.
    Published,
    /// It is being moderated.
    AwaitingModeration,
    /// Moderation refused it.
    ModerationFailed,
    /// The same was answered before, so this one is not shown.
    Duplicate,
    /// A word that this program does not know; empty when there was none, as in the example of the specification.
    #[strum(disabled)]
    Other(String),
}

#[derive(Serialize)]
struct ListBody<'a> {
    filter: ListFilter,
    limit: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort_dir: Option<Order>,
}

#[derive(Serialize)]
struct ListFilter {
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<QuestionFilter>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_from: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_to: Option<DateTime<Utc>>,
}

#[derive(Serialize)]
struct OneBody<'a> {
    question_id: &'a str,
}

#[derive(Serialize)]
struct AnswerBody<'a> {
    question_id: &'a str,
    sku: Value,
    text: &'a str,
}

#[derive(Serialize)]
struct AnswersBody<'a> {
    question_id: &'a str,
    sku: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_id: Option<&'a str>,
}

#[derive(Serialize)]
struct DeleteBody<'a> {
    answer_id: &'a str,
    sku: Value,
}

#[derive(Serialize)]
struct StatusBody<'a> {
    question_ids: &'a [&'a str],
    status: Mark,
}

impl Client {
    /// Reads a page of questions.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn questions(&self, query: &QuestionsQuery) -> Result<Page<Question>, CallError> {
        let (date_from, date_to) = (query.date_from, query.date_to);
        let body = ListBody {
            filter: ListFilter { status: query.filter, date_from, date_to },
            limit: query.limit.clamp(1, PAGE_MAX),
            last_id: query.last_id.as_deref(),
            sort_dir: query.order,
        };
        item::decode(&self.read(LIST, &body).await?)
    }

    /// Reads one question. None when Ozon itself says that it does not know it (404).
    ///
    /// # Errors
    /// [`CallError`]; an item that cannot be read is [`MalformedAnswer`](crate::http::Failure::MalformedAnswer).
    pub async fn question(&self, id: &str) -> Result<Option<Question>, CallError> {
        self.one("/v1/question/info", &OneBody { question_id: id }).await
    }

    /// Answers a question with 2…3000 characters; the id in the receipt is the answer's.
    pub async fn answer_question(&self, id: &str, sku: &str, text: &str) -> SendOutcome {
        let body = AnswerBody { question_id: id, sku: number(sku), text };
        self.write(ANSWER, &body, Some("answer_id")).await
    }

    /// Reads a page of the answers to a question, other people's among them. No size can be asked for, and no page says
    /// that it is the last one: an empty one is.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn answers(
        &self,
        question_id: &str,
        sku: &str,
        last_id: Option<&str>,
    ) -> Result<Page<Answer>, CallError> {
        let body = AnswersBody { question_id, sku: number(sku), last_id };
        item::decode(&self.read("/v1/question/answer/list", &body).await?)
    }

    /// Deletes an answer of the seller. There is no other way to change one.
    pub async fn delete_answer(&self, id: &str, sku: &str) -> SendOutcome {
        let body = DeleteBody { answer_id: id, sku: number(sku) };
        self.write("/v1/question/answer/delete", &body, None).await
    }

    /// Marks questions. Doing so twice is harmless.
    pub async fn mark_questions(&self, ids: &[&str], status: Mark) -> SendOutcome {
        let body = StatusBody { question_ids: ids, status };
        self.write("/v1/question/change-status", &body, None).await
    }
}

impl Question {
    /// Reads one item of a page as it came.
    ///
    /// # Errors
    /// [`ItemError`]: it is no question.
    pub fn read(item: &str) -> Result<Self, ItemError> {
        item::read(item)
    }
}

impl Answer {
    /// Returns how the answer stands.
    #[must_use]
    pub fn observed_answer(&self) -> ObservedAnswer {
        let text = Personal::Known(self.text.clone());
        ObservedAnswer {
            text,
            state: self.publication.observed(),
            editable: None,
            external_id: Some(self.id.clone()),
            refusal: self.refusal().map(|word| Personal::Known(word.to_owned())),
        }
    }

    /// Returns the marketplace's word for why the answer is refused, where it is.
    #[must_use]
    pub fn refusal(&self) -> Option<&'static str> {
        match self.publication {
            Publication::ModerationFailed => Some("MODERATION_FAILED"),
            Publication::Duplicate => Some("DUPLICATE"),
            Publication::Published | Publication::AwaitingModeration | Publication::Other(_) => {
                None
            }
        }
    }
}

impl Publication {
    /// An unknown word is read as "in moderation": the answer stands there, and nothing more is claimed.
    fn observed(&self) -> ObservedState {
        match self {
            Self::Published => ObservedState::Published,
            Self::AwaitingModeration | Self::Other(_) => ObservedState::InModeration,
            Self::ModerationFailed | Self::Duplicate => ObservedState::Rejected,
        }
    }
}

impl Item for Question {
    const LIST: &'static str = "questions";
    const ID: &'static str = "id";
    const NEXT: Option<&'static str> = Some("last_id");

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: fields.id(Self::ID).ok_or(ItemError::NoId(Self::ID))?,
            sku: fields.id("sku"),
            text: fields.words("text")?,
            author_name: fields.text("author_name"),
            published_at: fields.time("published_at").ok_or(ItemError::NoTime("published_at"))?,
            status: words::word(fields, "status", Status::Other),
            answers_count: words::count(fields, "answers_count"),
            product_url: fields.text("product_url"),
            question_link: fields.text("question_link"),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl Item for Answer {
    const LIST: &'static str = "answers";
    const ID: &'static str = "id";
    const NEXT: Option<&'static str> = Some("last_id");

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: fields.id(Self::ID).ok_or(ItemError::NoId(Self::ID))?,
            question_id: fields.id("question_id"),
            sku: fields.id("sku"),
            text: fields.words("text")?,
            author_name: fields.text("author_name"),
            published_at: fields.time("published_at"),
            publication: words::word(fields, "status_publication", Publication::Other),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("id", &self.id)
            .field("published_at", &self.published_at)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("id", &self.id)
            .field("publication", &self.publication)
            .finish_non_exhaustive()
    }
}

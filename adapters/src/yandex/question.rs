//! Questions, the answers to them, and the comments on those.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use domain::value::ObservedAnswer;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::page::{Item, Page, PageRequest};
use super::review::{self, Author};
use super::word::{self, Moderation};
use super::{Client, Operation, id_at};
use crate::http::{CallError, Fields, ItemError, SendOutcome};

/// Which questions to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionsQuery {
    /// Whether only those that wait for an answer.
    pub need_answer: bool,
    /// Asked on this day or later; a month before the other end when none.
    pub from: Option<NaiveDate>,
    /// Asked on this day or earlier; today when none. The ends may be a month apart.
    pub to: Option<NaiveDate>,
    /// In which order; the marketplace's own when none.
    pub order: Option<QuestionOrder>,
}

/// By the time they were asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionOrder {
    /// Oldest first.
    CreatedAsc,
    /// Newest first.
    CreatedDesc,
}

/// A question. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Question {
    /// `questionIdentifiers.id`.
    pub id: String,
    /// The seller's own article.
    pub offer_id: Option<String>,
    /// When it was asked.
    pub created_at: DateTime<Utc>,
    /// Its text.
    pub text: String,
    /// Who asked.
    pub author: Option<Author>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

/// An answer to a question. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct Answer {
    /// The marketplace's id.
    pub id: String,
    /// The question it answers.
    pub question_id: Option<String>,
    /// Its text.
    pub text: String,
    /// Who wrote it.
    pub author: Option<Author>,
    /// How moderation stands.
    pub status: Moderation,
    /// Whether this cabinet may change it or take it away.
    pub can_modify: Option<bool>,
    /// When it was written.
    pub created_at: Option<DateTime<Utc>>,
    /// What was said about it. Those that cannot be read are among the facts, with all others.
    pub comments: Vec<AnswerComment>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

/// A comment on an answer, or on another comment. `Debug` shows no words of people.
#[derive(Clone, PartialEq)]
pub struct AnswerComment {
    /// The marketplace's id.
    pub id: String,
    /// The comment it answers; none when it is directly under the answer.
    pub parent_id: Option<String>,
    /// Its text.
    pub text: String,
    /// Who wrote it.
    pub author: Option<Author>,
    /// How moderation stands.
    pub status: Moderation,
    /// Whether this cabinet may change it or take it away.
    pub can_modify: Option<bool>,
    /// When it was written.
    pub created_at: Option<DateTime<Utc>>,
    /// Everything else, as it came and under the marketplace's names.
    pub facts: Map<String, Value>,
}

/// Something that is written under, changed or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity<'a> {
    /// A question, by its id.
    Question(&'a str),
    /// An answer, by its id.
    Answer(&'a str),
    /// A comment on an answer, by its id.
    Comment(&'a str),
}

impl Client {
    /// Reads a page of questions, at most [`PAGE_MAX`](super::PAGE_MAX).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn questions(
        &self,
        query: &QuestionsQuery,
        page: &PageRequest,
    ) -> Result<Page<Question>, CallError> {
        self.page(Operation::Questions, query.body(), page).await
    }

    /// Reads questions by their ids, at most [`PAGE_MAX`](super::PAGE_MAX). Those that the marketplace does not give
    /// are missing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn questions_by_id(&self, ids: &[String]) -> Result<Page<Question>, CallError> {
        let body = json!({"questionIds": word::ids(ids)});
        self.page(Operation::Questions, body, &PageRequest::of_ids(ids)).await
    }

    /// Reads which of these questions, at most [`PAGE_MAX`](super::PAGE_MAX) that were asked in the time of `query`,
    /// wait for an answer: a question does not tell it itself.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn questions_waiting(
        &self,
        ids: &[String],
        query: &QuestionsQuery,
    ) -> Result<Page<Question>, CallError> {
        let query = QuestionsQuery { need_answer: true, ..query.clone() };
        let mut body = query.body();
        body["questionIds"] = word::ids(ids);
        self.page(Operation::Questions, body, &PageRequest::of_ids(ids)).await
    }

    /// Reads a page of the answers to a question, with the comments on them, at most [`PAGE_MAX`](super::PAGE_MAX).
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn answers(
        &self,
        question_id: &str,
        page: &PageRequest,
    ) -> Result<Page<Answer>, CallError> {
        self.page(Operation::Answers, json!({"questionId": word::id(question_id)}), page).await
    }

    /// Reads answers by their ids, at most [`PAGE_MAX`](super::PAGE_MAX). Those that the marketplace does not give are
    /// missing.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn answers_by_id(&self, ids: &[String]) -> Result<Page<Answer>, CallError> {
        let body = json!({"answerIds": word::ids(ids)});
        self.page(Operation::Answers, body, &PageRequest::of_ids(ids)).await
    }

    /// Answers a question, or comments on an answer; 1…5000 characters, which the caller has checked. Gives the id of
    /// what was written.
    pub async fn write_answer(&self, parent: Entity<'_>, text: &str) -> SendOutcome {
        let operation =
            json!({"operationType": "CREATE", "parentEntityId": parent.body(), "text": text});
        self.send_answer(&operation).await
    }

    /// Changes an answer or a comment of ours. The marketplace gives nothing in return.
    pub async fn edit_answer(&self, entity: Entity<'_>, text: &str) -> SendOutcome {
        let operation = json!({"operationType": "UPDATE", "entityId": entity.body(), "text": text});
        self.send_answer(&operation).await
    }

    /// Takes an answer or a comment of ours away. The marketplace gives nothing in return.
    pub async fn delete_answer(&self, entity: Entity<'_>) -> SendOutcome {
        self.send_answer(&json!({"operationType": "DELETE", "entityId": entity.body()})).await
    }

    async fn send_answer(&self, body: &Value) -> SendOutcome {
        let id = |result: &RawValue| id_at(result, &["entity", "id"]);
        self.send(Operation::WriteAnswer, |request| request.json(body), id).await
    }
}

impl QuestionsQuery {
    pub(super) fn body(&self) -> Value {
        let mut body = Map::new();
        if self.need_answer {
            body.insert("needAnswer".to_owned(), true.into());
        }
        for (name, day) in [("dateFrom", self.from), ("dateTo", self.to)] {
            body.extend(day.map(|day| (name.to_owned(), day.to_string().into())));
        }
        body.extend(self.order.map(|order| ("sort".to_owned(), order.as_str().into())));
        body.into()
    }
}

impl QuestionOrder {
    fn as_str(self) -> &'static str {
        match self {
            Self::CreatedAsc => "CREATED_AT_ASC",
            Self::CreatedDesc => "CREATED_AT_DESC",
        }
    }
}

impl Entity<'_> {
    pub(super) fn body(self) -> Value {
        let (kind, id) = match self {
            Self::Question(id) => ("QUESTION", id),
            Self::Answer(id) => ("ANSWER", id),
            Self::Comment(id) => ("COMMENT", id),
        };
        json!({"type": kind, "id": word::id(id)})
    }
}

impl Item for Question {
    const LIST: &'static str = "questions";

    fn id(fields: &mut Fields) -> Option<String> {
        fields.object("questionIdentifiers", |fields| fields.id("id"))?
    }

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: Self::id(fields).ok_or(ItemError::NoId("questionIdentifiers"))?,
            offer_id: fields.object("questionIdentifiers", |fields| fields.id("offerId")).flatten(),
            created_at: fields.time("createdAt").ok_or(ItemError::NoTime("createdAt"))?,
            text: fields.words("text")?,
            author: Author::of(fields),
            facts: std::mem::take(fields).rest(),
        })
    }
}

impl Item for Answer {
    const LIST: &'static str = "answers";

    fn id(fields: &mut Fields) -> Option<String> {
        fields.id("id")
    }

    fn of(fields: &mut Fields) -> Result<Self, ItemError> {
        Ok(Self {
            id: Self::id(fields).ok_or(ItemError::NoId("id"))?,
            question_id: fields.id("questionId"),
            text: fields.words("text")?,
            author: Author::of(fields),
            status: word::word(fields, "status"),
            can_modify: word::flag(fields, "canModify"),
            created_at: fields.time("createdAt"),
            comments: comments(fields),
            facts: std::mem::take(fields).rest(),
        })
    }
}

/// Takes the comments on an answer. One that cannot be read costs no other, and leaves the list where it is.
fn comments(fields: &mut Fields) -> Vec<AnswerComment> {
    let mut comments = Vec::new();
    fields.take("comments", |list| {
        let list = list.as_array()?;
        comments.extend(list.iter().filter_map(|item| AnswerComment::of(item).ok()));
        (comments.len() == list.len()).then_some(())
    });
    comments
}

impl AnswerComment {
    fn of(item: &Value) -> Result<Self, ItemError> {
        let fields = item.as_object().ok_or(ItemError::NotAnObject)?;
        let fields = &mut Fields::new(fields.clone());
        Ok(Self {
            id: fields.id("id").ok_or(ItemError::NoId("id"))?,
            parent_id: fields.id("parentId"),
            text: fields.words("text")?,
            author: Author::of(fields),
            status: word::word(fields, "status"),
            can_modify: word::flag(fields, "canModify"),
            created_at: fields.time("createdAt"),
            facts: std::mem::take(fields).rest(),
        })
    }

    /// Tells whether it is this cabinet's.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        review::is_ours(self.author.as_ref(), self.can_modify)
    }

    /// Returns how it stands, in the words of all marketplaces; none when it was taken away.
    #[must_use]
    pub fn observed(&self) -> Option<ObservedAnswer> {
        review::observed(&self.id, &self.text, &self.status, self.can_modify)
    }
}

impl Answer {
    /// Tells whether it is this cabinet's. Other sellers of the product answer too.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        review::is_ours(self.author.as_ref(), self.can_modify)
    }

    /// Returns how it stands, in the words of all marketplaces; none when it was taken away.
    #[must_use]
    pub fn observed(&self) -> Option<ObservedAnswer> {
        review::observed(&self.id, &self.text, &self.status, self.can_modify)
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("id", &self.id)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("id", &self.id)
            .field("author", &self.author)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AnswerComment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerComment")
            .field("id", &self.id)
            .field("author", &self.author)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

//! What would be found: the very search that drafts rest on, for whoever writes the knowledge.

use axum::extract::State;
use projections::knowledge::{Asked, Passage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::Json;

/// Longest question, in characters: the longest message of a chat.
const QUERY_CHARS_MAX: usize = 5_000;

/// Passages that are found unless asked otherwise.
const PASSAGES: u8 = 6;

/// Passages that are found at most.
const PASSAGES_MAX: u8 = 20;

/// A question.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnowledgeSearch {
    /// A buyer's words.
    #[schema(min_length = 1, max_length = 5_000)]
    query: String,
    /// The article of the product that they are about: what is said of other products is left out.
    #[serde(default)]
    #[schema(max_length = 200)]
    article: Option<String>,
    /// How many passages are wanted at most; 6 unless given.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 20)]
    limit: Option<u8>,
}

/// What was found, the best first. What says nothing about the question is left out.
#[derive(Serialize, ToSchema)]
pub(crate) struct KnowledgeFound {
    passages: Vec<KnowledgePassage>,
}

/// A piece of what the seller knows.
#[derive(Serialize, ToSchema)]
pub(super) struct KnowledgePassage {
    knowledge_id: Uuid,
    version: u32,
    /// Place of the passage within the document or product, from 0.
    ordinal: u32,
    /// A document's topic, or `product`.
    kind: String,
    title: String,
    text: String,
    /// How much of the question stands in it, in per cent.
    covers_percent: u8,
}

/// Finds what drafts would rest on. Nothing is written.
#[utoipa::path(post, path = "/knowledge/search", tag = "knowledge", request_body = KnowledgeSearch,
    responses((status = OK, body = KnowledgeFound)))]
pub(crate) async fn search_knowledge(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<KnowledgeSearch>,
) -> Result<Json<KnowledgeFound>, ApiError> {
    let KnowledgeSearch { query, article, limit } = body;
    let bad = |field, message| Err(ApiError::new(Code::InvalidBody).field(field, message));
    if !(1..=QUERY_CHARS_MAX).contains(&query.chars().count()) {
        return bad("query", format!("от 1 до {QUERY_CHARS_MAX} знаков"));
    }
    let limit = limit.unwrap_or(PASSAGES);
    if !(1..=PASSAGES_MAX).contains(&limit) {
        return bad("limit", format!("от 1 до {PASSAGES_MAX}"));
    }
    // PostgreSQL takes no NUL.
    let query = query.replace('\0', " ");
    let asked = Asked { query, article, limit: limit.into(), meaning: None };
    let found = app.knowledge.passages(caller.tenant(), None, asked).await?;
    Ok(Json(KnowledgeFound { passages: found.into_iter().map(Into::into).collect() }))
}

impl From<Passage> for KnowledgePassage {
    fn from(passage: Passage) -> Self {
        Self {
            knowledge_id: passage.item_id.0,
            version: passage.version,
            ordinal: passage.ordinal,
            kind: passage.kind,
            title: passage.title,
            text: passage.text,
            covers_percent: percent(passage.covers),
        }
    }
}

/// A share of 0 to 1 in per cent.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
pub(super) fn percent(share: f32) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}

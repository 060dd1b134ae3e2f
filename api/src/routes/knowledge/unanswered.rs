//! Questions that nothing a seller knows answers: what is worth writing down next.

use axum::extract::State;
use chrono::{DateTime, Utc};
use projections::knowledge::Unanswered;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::search::percent;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Query};
use crate::routes::interactions::limit;
use crate::routes::words::Channel;

/// Questions of the list unless asked otherwise.
const ROWS: i64 = 50;

/// Questions of the list at most.
const ROWS_MAX: i64 = 200;

/// How many questions are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnansweredQuery {
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
}

/// Questions that nothing known answers, the latest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnansweredList {
    items: Vec<UnansweredQuestion>,
}

/// A question that nothing known answers.
#[derive(Serialize, ToSchema)]
struct UnansweredQuestion {
    interaction_id: Uuid,
    #[schema(value_type = Channel)]
    channel: String,
    /// Of the product that it is about; may be empty.
    product_article: String,
    product_name: String,
    /// 200 characters of it.
    question: String,
    /// What a person answered; none yet.
    answer: Option<String>,
    occurred_at: DateTime<Utc>,
    /// How much of it the nearest passage has, in per cent.
    covers_percent: u8,
}

/// Lists those of the latest 300 questions, in public and in chats, that nothing known answers.
#[utoipa::path(get, path = "/knowledge/unanswered", tag = "knowledge", params(UnansweredQuery),
    responses((status = OK, body = UnansweredList)))]
pub(crate) async fn unanswered(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<UnansweredQuery>,
) -> Result<Json<UnansweredList>, ApiError> {
    let limit = limit(query.limit, ROWS, ROWS_MAX)?;
    let limit = usize::try_from(limit).unwrap_or_default();
    let found = app.knowledge.retrieval().unanswered(caller.tenant(), limit).await?;
    Ok(Json(UnansweredList { items: found.into_iter().map(Into::into).collect() }))
}

impl From<Unanswered> for UnansweredQuestion {
    fn from(asked: Unanswered) -> Self {
        Self {
            interaction_id: asked.interaction_id,
            channel: asked.channel,
            product_article: asked.product_article,
            product_name: asked.product_name,
            question: asked.question,
            answer: asked.answer,
            occurred_at: asked.occurred_at,
            covers_percent: percent(asked.covers),
        }
    }
}

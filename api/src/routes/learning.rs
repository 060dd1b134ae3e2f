//! What of a seller's replies there is most to learn from.

pub(crate) mod export;

use axum::extract::State;
use domain::TenantId;
use projections::lineage;
use serde::Deserialize;
use utoipa::IntoParams;

use super::page::List;
use super::quality::MODELS;
use super::quality::list::{JudgedPage, after, rows};
use super::words::{Channel, Intent};
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Query};
use crate::reading::{self, Freshness};

/// Which drafts and replies are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LearningQuery {
    channel: Option<Channel>,
    intent: Option<Intent>,
    /// Rows of the page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<i64>,
    /// `next` of the page before.
    after: Option<String>,
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// Lists drafts and replies there is something to learn from, those first with the highest score: 60 where another text
/// went out or an operator did not want the draft, less by its share where it was edited; 10 more for each of up to two
/// drafts that were dismissed before it, 20 where the model was given nothing the seller knows. Buyers that were erased
/// are not among them, nor those who wanted what the seller wants nothing learnt of (`not_learned` of
/// `/seller/drafting`).
#[utoipa::path(get, path = "/learning", tag = "quality", params(LearningQuery),
    responses((status = OK, body = JudgedPage)))]
pub(crate) async fn learning(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<LearningQuery>,
) -> Result<(Freshness, Json<JudgedPage>), ApiError> {
    let fresh = reading::at_least(&app, &caller, &MODELS, query.at_least.as_deref()).await?;
    let tenant = caller.tenant();
    let after = after(query.after.as_deref(), tenant, List::Learning)?;
    let (channel, intent) = (query.channel.map(<&str>::from), query.intent.map(<&str>::from));
    let (rows, without) = (rows(query.limit)?, not_learned(&app, tenant).await?);
    let page = lineage::to_learn(&app.db, tenant, channel, intent, &without, after, rows).await?;
    Ok((fresh, Json(JudgedPage::new(page, tenant, List::Learning))))
}

/// Names what buyers want of which the seller wants nothing learnt.
async fn not_learned(app: &App, tenant: TenantId) -> Result<Vec<String>, ApiError> {
    let (_, wanted) = app.commands.drafting(tenant).await?;
    Ok(wanted.not_learned.iter().map(|intent| intent.as_str().to_owned()).collect())
}

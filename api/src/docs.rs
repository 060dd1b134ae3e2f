//! The API's description, and the page to try it.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use serde_json::Value;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;
use crate::extract::Json;

const DESCRIPTION: &str = "/api/openapi.json";
const PAGE: &str = "/api/docs";

/// Serves both. The page's files are part of the program: it loads nothing from elsewhere.
pub(crate) fn routes(description: &Value) -> Router<App> {
    let description = Arc::new(description.clone());
    let config = Config::from(DESCRIPTION).try_it_out_enabled(true).display_request_duration(true);
    let page: Router<App> = SwaggerUi::new(PAGE).config(config).into();
    page.route(DESCRIPTION, get(move || async move { Json(description.as_ref().clone()) }))
}

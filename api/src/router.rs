//! Every route on one page.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::authenticate;
use crate::idempotency::once;
use crate::routes::{accounts, auth, drafts, events, health, interactions, replies, seller};
use crate::{console, docs, layers, openapi};

/// Where the API begins.
pub(crate) const BASE: &str = "/api/v1";

/// Builds the service: the API with its description and the page to try it, health, metrics, and the console for
/// everything else.
pub fn router(app: App) -> Router {
    let once = from_fn_with_state(app.clone(), once);
    let (api, description) = api(|router| router.route_layer(once.clone())).split_for_parts();
    let router = api
        .layer(from_fn_with_state(app.clone(), authenticate))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(docs::routes(&openapi::finished(description)))
        .fallback(console::console)
        .with_state(app.clone());
    layers::wrap(router, &app)
}

/// The API. `written_once` is put around routes whose writes take an idempotency key: all but those of signing in.
pub(crate) fn api(
    written_once: impl Fn(OpenApiRouter<App>) -> OpenApiRouter<App>,
) -> OpenApiRouter<App> {
    let signing_in = OpenApiRouter::new()
        .routes(routes!(auth::register))
        .routes(routes!(auth::login))
        .routes(routes!(auth::me))
        .routes(routes!(auth::logout));
    let others = OpenApiRouter::new()
        .routes(routes!(seller::settings, seller::change_settings))
        .routes(routes!(accounts::accounts, accounts::connect_account))
        .routes(routes!(accounts::check_account))
        .routes(routes!(accounts::sync_account))
        .routes(routes!(accounts::replace_credential))
        .routes(routes!(interactions::interactions))
        .routes(routes!(interactions::interaction_counts))
        .routes(routes!(interactions::interaction))
        .routes(routes!(drafts::draft))
        .routes(routes!(replies::answer, replies::edit_reply))
        .routes(routes!(replies::reply_history))
        .routes(routes!(interactions::interaction_events))
        .routes(routes!(events::events))
        .routes(routes!(events::event_stream));
    OpenApiRouter::new().nest(BASE, signing_in.merge(written_once(others)))
}

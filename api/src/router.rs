//! Every route on one page.

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get};
use axum::{Extension, Router};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::app::App;
use crate::auth::authenticate;
use crate::idempotency::once;
use crate::routes::{
    accounts, alerts, attachments, auth, automation, bulks, claims, drafting, drafts, erasure,
    events, guardrails, health, interactions, knowledge, learning, log, marketplaces,
    notifications, people, push, quality, recipients, replies, reply_quality, seller, sending, sla,
    unread_items,
};
use crate::{console, docs, layers, openapi};

/// Where the API begins.
pub(crate) const BASE: &str = "/api/v1";

/// Builds the service: the API with its description and the page to try it, health, metrics, and the console for
/// everything else.
pub fn router(app: App) -> Router {
    let once = from_fn_with_state(app.clone(), once);
    // Around the handlers alone: a method that is not allowed is refused as that, with or without a key.
    let (api, description) =
        api(|route| route.map(|handlers| handlers.route_layer(once.clone()))).split_for_parts();
    let router = api
        .layer(from_fn_with_state(app.clone(), authenticate))
        // Behind that layer: marketplaces have no session, and a cookie that came along would be nobody's business.
        .merge(push::routes())
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .merge(docs::routes(&openapi::finished(description)))
        .fallback(console::console)
        .with_state(app.clone());
    layers::wrap(router, &app)
}

/// The API. `once` is put around every write but those of signing in, of which nothing that digests a password may be kept:
/// all others take an idempotency key.
pub(crate) fn api(
    once: impl Fn(UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App>,
) -> OpenApiRouter<App> {
    let routes = OpenApiRouter::new()
        .routes(routes!(auth::register))
        .routes(routes!(auth::login))
        .routes(routes!(auth::me))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::password::change_password))
        .routes(routes!(auth::sessions::list_sessions))
        .routes(routes!(auth::sessions::end_other_sessions))
        .routes(routes!(auth::sessions::end_session))
        .routes(routes!(auth::reset::forgot_password))
        .routes(routes!(auth::reset::reset_password))
        .routes(routes!(auth::tokens::list_tokens, auth::tokens::make_token))
        .routes(routes!(auth::tokens::revoke_token))
        .routes(routes!(auth::invitations::list_invitations, auth::invitations::invite_person))
        .routes(routes!(auth::invitations::take_invitation_back))
        .routes(routes!(auth::invitations::look_at_invitation))
        .routes(routes!(auth::invitations::accept_invitation))
        .routes(routes!(people::people))
        .routes(once(routes!(people::change_person)))
        .routes(once(routes!(people::roles::roles, people::roles::add_role)))
        .routes(once(routes!(people::roles::change_role, people::roles::remove_role)))
        .routes(once(routes!(seller::settings, seller::change_settings)))
        .routes(once(routes!(guardrails::guardrails, guardrails::change_guardrails)))
        .routes(once(routes!(knowledge::knowledge, knowledge::add_knowledge)))
        // Writes nothing.
        .routes(routes!(knowledge::search::search_knowledge))
        .routes(routes!(knowledge::unanswered::unanswered))
        .routes(routes!(knowledge::import::preview_import))
        .routes(once(routes!(knowledge::import::import_knowledge)))
        .routes(once(routes!(
            knowledge::knowledge_item,
            knowledge::change_knowledge,
            knowledge::remove_knowledge
        )))
        .routes(once(routes!(drafting::drafting, drafting::change_drafting)))
        .routes(routes!(drafting::drafting_history))
        .routes(once(routes!(
            drafting::comparisons::comparisons,
            drafting::comparisons::want_comparison
        )))
        .routes(routes!(drafting::comparisons::comparison))
        .routes(once(routes!(drafting::comparisons::stop_comparison)))
        .routes(routes!(quality::draft_quality))
        .routes(routes!(quality::list::judged_drafts))
        .routes(routes!(reply_quality::reply_quality))
        .routes(routes!(reply_quality::items::reply_quality_items))
        .routes(routes!(reply_quality::closed::closed_week))
        .routes(routes!(reply_quality::complaints::complaints))
        .routes(routes!(reply_quality::export::export_reply_quality))
        .routes(routes!(learning::learning))
        .routes(routes!(learning::export::export_learning))
        .routes(once(routes!(automation::automation, automation::change_automation)))
        .routes(routes!(automation::automation_history))
        .routes(once(routes!(automation::status::stop_automation)))
        .routes(routes!(automation::status::automation_status))
        .routes(once(routes!(
            automation::backtests::backtests,
            automation::backtests::make_backtest
        )))
        .routes(routes!(automation::backtests::backtest))
        .routes(once(routes!(sla::sla, sla::change_sla)))
        .routes(routes!(sla::sla_history))
        // Writes nothing.
        .routes(routes!(sla::what_if::sla_what_if))
        .routes(once(routes!(recipients::recipients, recipients::enter_recipient)))
        .routes(once(routes!(recipients::change_recipient, recipients::forget_recipient)))
        .routes(once(routes!(recipients::test_recipient)))
        .routes(routes!(recipients::recipient_signing_key))
        .routes(routes!(alerts::alerts))
        .routes(once(routes!(alerts::acknowledge_alert)))
        .routes(routes!(marketplaces::marketplaces))
        .routes(routes!(sending::sending))
        .routes(routes!(sending::status::sending_status))
        .routes(once(routes!(sending::stop_sending)))
        .routes(once(routes!(sending::resume_sending)))
        .routes(routes!(guardrails::history::guardrails_history))
        .routes(routes!(guardrails::history::guardrails_version))
        .routes(routes!(guardrails::what_if::what_if))
        .routes(once(routes!(accounts::accounts, accounts::connect_account)))
        .routes(once(routes!(accounts::check_account)))
        .routes(once(routes!(accounts::examine_key)))
        .routes(once(routes!(accounts::sync_account)))
        .routes(once(routes!(accounts::replace_credential)))
        .routes(once(routes!(notifications::notifications, notifications::renew_notifications)))
        .routes(routes!(unread_items::unread_items))
        .routes(once(routes!(unread_items::retry_unread_items)))
        .routes(routes!(claims::claims))
        .routes(routes!(claims::claim))
        .routes(once(routes!(claims::erase_claim_buyer)))
        .routes(routes!(claims::claim_erasure_act))
        .routes(routes!(interactions::interactions))
        .routes(routes!(interactions::interaction_counts))
        .routes(routes!(interactions::interaction))
        // Writes nothing.
        .routes(routes!(bulks::preflight::preflight))
        .routes(once(routes!(bulks::bulks, bulks::request_bulk)))
        .routes(routes!(bulks::bulk))
        .routes(once(routes!(bulks::stop_bulk)))
        .routes(once(routes!(interactions::viewed::mark_viewed)))
        .routes(once(routes!(drafts::ai_draft)))
        .routes(once(routes!(drafts::ai_drafts)))
        .routes(once(routes!(drafts::give_draft)))
        .routes(once(routes!(drafts::dismiss_draft)))
        .routes(once(routes!(erasure::erase_buyer)))
        .routes(routes!(erasure::erasure_act))
        .routes(once(routes!(replies::answer, replies::edit_reply)))
        // Writes nothing: a key for every pause in somebody's typing would be a row for nothing.
        .routes(routes!(replies::check::check_reply))
        .routes(once(routes!(replies::reject)))
        .routes(once(routes!(replies::held::release_reply)))
        .routes(once(routes!(replies::held::cancel_reply)))
        .routes(routes!(replies::doubt::reply_evidence))
        .routes(once(routes!(replies::doubt::mark_reply_sent)))
        .routes(once(routes!(replies::doubt::send_reply_again)))
        .routes(once(routes!(attachments::upload_file)).map(upload))
        .routes(routes!(replies::reply_history))
        .routes(routes!(interactions::interaction_events))
        .routes(routes!(interactions::steps::interaction_steps))
        .routes(routes!(interactions::why::interaction_why))
        .routes(routes!(interactions::export::export_interaction))
        .routes(routes!(interactions::files::message_file))
        .routes(routes!(events::events))
        .routes(routes!(events::event_stream))
        .routes(routes!(log::event_proof))
        .routes(routes!(log::log));
    OpenApiRouter::new().nest(BASE, routes)
}

/// Lets a route take files.
fn upload(handlers: MethodRouter<App>) -> MethodRouter<App> {
    handlers
        .route_layer(DefaultBodyLimit::max(attachments::UPLOAD.bytes))
        .route_layer(Extension(attachments::UPLOAD))
}

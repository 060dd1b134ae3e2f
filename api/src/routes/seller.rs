//! What a seller has settled.

use axum::extract::State;
use domain::seller::{Seller, SellerCommand, Settings as SettledSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Json;
use crate::idempotency::CommandId;

/// The settings in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct Settings {
    /// Counted from 1 with every change; 0 are the defaults.
    version: u32,
    /// How long an accepted reply counts as an answer though the marketplace does not show it yet, in minutes.
    #[schema(minimum = 1, maximum = 1440)]
    reply_pending_window_minutes: u16,
    /// How long a reply can be taken back before it goes out, in seconds; 0 to send at once.
    #[schema(minimum = 0, maximum = 30)]
    reply_hold_seconds: u8,
}

/// The settings to be in force; those that are not named stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsChange {
    /// How long an accepted reply counts as an answer though the marketplace does not show it yet, in minutes.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1440)]
    reply_pending_window_minutes: Option<u16>,
    /// How long a reply can be taken back before it goes out, in seconds; 0 to send at once.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 30)]
    reply_hold_seconds: Option<u8>,
}

/// Reads the settings.
#[utoipa::path(get, path = "/seller/settings", tag = "seller",
    responses((status = OK, body = Settings)))]
pub(crate) async fn settings(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Settings>, ApiError> {
    read(&app, &caller).await
}

/// Changes the settings that are named.
#[utoipa::path(put, path = "/seller/settings", tag = "seller", request_body = SettingsChange,
    responses((status = OK, body = Settings)))]
pub(crate) async fn change_settings(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<SettingsChange>,
) -> Result<Json<Settings>, ApiError> {
    let SettingsChange { reply_pending_window_minutes, reply_hold_seconds } = body;
    let seller = app.commands.load::<Seller>(caller.tenant(), caller.tenant()).await?;
    let (_, now) = seller.aggregate.settings();
    let settings = SettledSettings {
        reply_pending_window_minutes: reply_pending_window_minutes
            .unwrap_or(now.reply_pending_window_minutes),
        reply_hold_seconds: reply_hold_seconds.unwrap_or(now.reply_hold_seconds),
    };
    let command = SellerCommand::ChangeSettings { settings };
    let context = caller.context(command_id);
    app.commands.execute::<Seller>(&context, caller.tenant(), command).await?;
    read(&app, &caller).await
}

async fn read(app: &App, caller: &Caller) -> Result<Json<Settings>, ApiError> {
    let seller = app.commands.load::<Seller>(caller.tenant(), caller.tenant()).await?;
    let (version, settings) = seller.aggregate.settings();
    Ok(Json(Settings {
        version,
        reply_pending_window_minutes: settings.reply_pending_window_minutes,
        reply_hold_seconds: settings.reply_hold_seconds,
    }))
}

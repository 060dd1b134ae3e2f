//! The address at which a marketplace notifies of news in a cabinet, for the owner to enter there.

use adapters::cabinets::PushAddress;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use domain::AccountId;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::push::Form;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Json, Path};

/// Notifications of a cabinet. They make readings come sooner; without them everything is read all the same.
#[derive(Serialize, ToSchema)]
pub(crate) struct Notifications {
    /// Whether the marketplace sends any.
    offered: bool,
    /// None before an address was made.
    address: Option<NotificationAddress>,
}

/// Where notifications go, and what came there.
#[derive(Serialize, ToSchema)]
struct NotificationAddress {
    /// The address without scheme and host, which are those of this service. Whoever knows it can notify: it is a secret
    /// between the owner and the marketplace.
    #[schema(example = "/push/ozon/3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    path: String,
    made_at: DateTime<Utc>,
    /// How many were accepted since then.
    received: i64,
    last_received_at: Option<DateTime<Utc>>,
    last_refused: Option<RefusedNotification>,
}

/// A notification that was not accepted.
#[derive(Serialize, ToSchema)]
struct RefusedNotification {
    at: DateTime<Utc>,
    #[schema(value_type = RefusalReason)]
    reason: String,
    /// The same for people.
    message: &'static str,
}

/// Why a notification was not accepted.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum RefusalReason {
    /// It is none that the marketplace describes.
    Malformed,
    /// It is larger than any of theirs.
    TooLarge,
    /// It is about another cabinet.
    OtherCabinet,
    /// It comes from a network that is not the marketplace's.
    OtherNetwork,
}

/// Tells where a marketplace notifies of news in the cabinet.
#[utoipa::path(get, path = "/accounts/{account_id}/notifications", tag = "accounts",
    params(("account_id" = Uuid, Path)), responses((status = OK, body = Notifications)))]
pub(crate) async fn notifications(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Json<Notifications>, ApiError> {
    let marketplace = app.cabinets.marketplace(caller.tenant(), id).await?;
    let form = Form::of(marketplace);
    let address = app.cabinets.push_address(caller.tenant(), id).await?;
    Ok(Json(Notifications {
        offered: form.is_some(),
        address: form.zip(address).map(|(form, address)| NotificationAddress::new(form, address)),
    }))
}

/// Makes an address for notifications, in place of the one before, which is refused from now on. Read it with GET: an
/// answer that is kept for repetitions holds no secrets.
#[utoipa::path(post, path = "/accounts/{account_id}/notifications", tag = "accounts",
    params(("account_id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(crate) async fn renew_notifications(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<StatusCode, ApiError> {
    app.cabinets.renew_push_address(caller.tenant(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl NotificationAddress {
    fn new(form: Form, address: PushAddress) -> Self {
        let PushAddress { token, made_at, received, last_received_at, last_refused } = address;
        Self {
            path: form.path(token.expose_secret()),
            made_at,
            received,
            last_received_at,
            last_refused: last_refused.map(|(at, reason)| {
                let message = words(&reason);
                RefusedNotification { at, reason, message }
            }),
        }
    }
}

fn words(reason: &str) -> &'static str {
    match reason {
        "too_large" => "Уведомление слишком велико: так площадка не пишет.",
        "other_cabinet" => "Уведомление относится к другому кабинету площадки.",
        "other_network" => "Уведомление пришло не из сети площадки.",
        _ => "Уведомление не удалось прочитать.",
    }
}

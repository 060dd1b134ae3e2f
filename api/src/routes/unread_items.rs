//! Items that a marketplace gave and that could not be read: why, and another try.

use adapters::sync::{RetryReport, UnreadItem as Unread, retry_unread, states};
use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::AccountId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};

/// Items listed; all of them are counted.
const LISTED_MAX: i64 = 100;

/// Items of a cabinet that could not be read.
#[derive(Serialize, ToSchema)]
pub(crate) struct UnreadItemList {
    /// The newest, at most 100.
    items: Vec<UnreadItem>,
    /// How many there are.
    total: i64,
    /// How many were given up because there were more than 1000 or they were not given again for 90 days.
    expired: i64,
}

/// An item that could not be read. It is kept as it came, without holding up any other.
#[derive(Serialize, ToSchema)]
struct UnreadItem {
    item_id: Uuid,
    #[schema(value_type = UnreadChannel)]
    channel: String,
    /// The marketplace's id, where the item shows one.
    external_id: Option<String>,
    #[schema(value_type = UnreadReason)]
    reason: String,
    /// The same for people.
    message: String,
    /// The field that is not what it should be.
    field: Option<String>,
    size_bytes: i64,
    first_seen_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
}

/// What an item would be.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum UnreadChannel {
    Review,
    Question,
    Chat,
    /// A claim for return.
    Claim,
}

/// Why an item could not be read.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum UnreadReason {
    /// It is no object.
    NotAnObject,
    /// It looks like an object and is not one.
    Broken,
    /// It is far larger than any review.
    TooLarge,
    /// It has no id.
    NoId,
    /// It does not say when it was written.
    NoTime,
    /// What should be words is not text.
    NoText,
    /// What should be the answer is none.
    NoAnswer,
}

/// What became of another try.
#[derive(Serialize, ToSchema)]
pub(crate) struct Retried {
    /// Items that were read now.
    read: u32,
    /// Items that still cannot be read.
    unread: u32,
}

/// Lists the items of a cabinet that could not be read.
#[utoipa::path(get, path = "/accounts/{account_id}/unread-items", tag = "accounts",
    params(("account_id" = Uuid, Path)), responses((status = OK, body = UnreadItemList)))]
pub(crate) async fn unread_items(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Json<UnreadItemList>, ApiError> {
    let tenant = caller.tenant();
    let channels = states(&app.db, tenant).await?;
    let channels: Vec<_> = channels.iter().filter(|state| state.account_id == id.0).collect();
    if channels.is_empty() {
        return Err(ApiError::new(Code::NotFound));
    }
    let items = adapters::sync::unread_items(&app.db, tenant, id, LISTED_MAX).await?;
    Ok(Json(UnreadItemList {
        items: items.into_iter().map(UnreadItem::new).collect(),
        total: channels.iter().map(|state| state.items_unread).sum(),
        expired: channels.iter().map(|state| state.items_expired).sum(),
    }))
}

/// Tries again to read what was kept of a cabinet. Happens by itself when the program starts.
#[utoipa::path(post, path = "/accounts/{account_id}/unread-items/retry", tag = "accounts",
    params(("account_id" = Uuid, Path)), responses((status = OK, body = Retried)))]
pub(crate) async fn retry_unread_items(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Json<Retried>, ApiError> {
    let tenant = caller.tenant();
    if !states(&app.db, tenant).await?.iter().any(|state| state.account_id == id.0) {
        return Err(ApiError::new(Code::NotFound));
    }
    let RetryReport { read, unread } =
        retry_unread(&app.db, &app.cabinets, &app.commands, tenant, id).await?;
    Ok(Json(Retried { read, unread }))
}

impl UnreadItem {
    fn new(item: Unread) -> Self {
        let message = words(&item.reason, &item.channel, item.field.as_deref());
        let Unread {
            item_id,
            channel,
            external_id,
            reason,
            field,
            size_bytes,
            first_seen_at,
            last_seen_at,
        } = item;
        Self {
            item_id,
            channel,
            external_id,
            reason,
            message,
            field,
            size_bytes,
            first_seen_at,
            last_seen_at,
        }
    }
}

/// Says what is wrong with an item, and by its channel what it should have been.
fn words(reason: &str, channel: &str, field: Option<&str>) -> String {
    let (name, of, written) = match channel {
        "review" => ("Отзыв", "отзыва", "отзыв написан"),
        "question" => ("Вопрос", "вопроса", "вопрос задан"),
        "claim" => ("Заявку на возврат", "заявки на возврат", "заявка оформлена"),
        _ => ("Чат", "чата", "в чате написано"),
    };
    match (reason, field) {
        ("not_an_object", _) => format!("Вместо {of} пришло что-то другое."),
        ("broken", _) => "Запись повреждена: её не удаётся разобрать.".to_owned(),
        ("too_large", _) => format!("Запись слишком велика для {of}."),
        ("no_id", _) => format!("У {of} нет номера."),
        ("no_time", _) => format!("Не указано, когда {written}."),
        ("no_text", Some(field)) => format!("Вместо текста в поле {field} что-то другое."),
        ("no_answer", _) => "Не удаётся понять, есть ли ответ.".to_owned(),
        _ => format!("{name} не удалось прочитать."),
    }
}

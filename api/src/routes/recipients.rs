//! Who hears of a seller's alerts outside the console.

use adapters::notice::{Entered, Medium as Sent, Recipient as Kept, RecipientsError};
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use chrono::{DateTime, Utc};
use domain::policy::notice::{QuietHours, Wish};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;
use utoipa::ToSchema;
use uuid::Uuid;

use super::time_of_day::{minute, time};
use super::words::AlertSeverity;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::idempotency::CommandId;
use crate::why::People;

/// Who hears of alerts.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecipientList {
    /// In the order in which they were entered, 10 at most.
    items: Vec<Recipient>,
    /// By what one can be reached here.
    media: Vec<OfferedMedium>,
    /// By whose clock quiet hours are: a zone of the IANA database.
    #[schema(example = "Europe/Moscow")]
    zone: String,
}

/// A medium, and whether this installation sends by it.
#[derive(Serialize, ToSchema)]
struct OfferedMedium {
    medium: Medium,
    /// False where whoever runs the installation has not set it up.
    offered: bool,
}

/// By what a recipient is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Medium {
    /// A mailbox.
    Email,
    /// A chat of Telegram with the bot of this installation.
    Telegram,
    /// A program's URL, signed as Standard Webhooks 1.0.0 has it.
    Webhook,
}

/// Somebody who hears of alerts.
#[derive(Serialize, ToSchema)]
pub(crate) struct Recipient {
    recipient_id: Uuid,
    medium: Medium,
    /// The address; of a URL its beginning only, since the rest may be a secret.
    address: String,
    least_severity: AlertSeverity,
    quiet_hours: Option<QuietTime>,
    made_at: DateTime<Utc>,
    /// Who entered it, in the user's words.
    made_by: String,
    /// When it was last told something; none where it never was.
    told_at: Option<DateTime<Utc>>,
    /// Why nothing arrives; none where all is well.
    failing: Option<FailingRecipient>,
}

/// Why nothing arrives at a recipient. Trying goes on by itself.
#[derive(Serialize, ToSchema)]
struct FailingRecipient {
    since: DateTime<Utc>,
    /// Stable name of the reason.
    #[schema(example = "refused")]
    code: String,
    /// What the other side answered last: a status of HTTP or SMTP.
    status: Option<u16>,
    /// The same for people.
    message: &'static str,
}

/// What a recipient wants to hear of, and when.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecipientChange {
    /// The least urgent alert that is told.
    least_severity: AlertSeverity,
    /// When only the urgent is told; none where all is told at any hour.
    #[serde(default)]
    quiet_hours: Option<QuietTime>,
}

/// A recipient to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRecipient {
    medium: Medium,
    /// An e-mail address, the id of a chat or the @name of a channel, or a URL.
    #[schema(value_type = String, min_length = 1, max_length = 1000)]
    address: SecretString,
    /// The least urgent alert that is told.
    least_severity: AlertSeverity,
    /// When only the urgent is told; none where all is told at any hour.
    #[serde(default)]
    quiet_hours: Option<QuietTime>,
}

/// A part of each day in which only the urgent is told; it may go over midnight.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QuietTime {
    #[schema(example = "22:00")]
    from: String,
    /// The first minute after it.
    #[schema(example = "08:00")]
    to: String,
}

/// A recipient that was entered. Read it with GET: an answer that is kept for repetitions holds no addresses.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnteredRecipient {
    recipient_id: Uuid,
}

/// What came of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecipientTest {
    /// Whether the other side took the message.
    delivered: bool,
    /// Stable name of the reason why not.
    code: Option<&'static str>,
    /// What the other side answered: a status of HTTP or SMTP.
    status: Option<u16>,
    /// The same for people.
    message: &'static str,
}

/// By what a program knows that a message is from here.
#[derive(Serialize, ToSchema)]
pub(crate) struct SigningKey {
    /// As Standard Webhooks 1.0.0 has it.
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=")]
    signing_key: String,
}

/// Reads who hears of alerts outside the console.
#[utoipa::path(get, path = "/seller/recipients", tag = "seller",
    responses((status = OK, body = RecipientList)))]
pub(crate) async fn recipients(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<RecipientList>, ApiError> {
    let people = People::read(&app.db, caller.tenant()).await?;
    let kept = app.recipients.list(caller.tenant()).await?;
    let (_, sla) = app.commands.sla(caller.tenant()).await?;
    let post = app.recipients.post();
    let media = Sent::iter()
        .map(|medium| OfferedMedium { medium: medium.into(), offered: post.offers(medium) });
    Ok(Json(RecipientList {
        items: kept.into_iter().map(|kept| Recipient::new(kept, &people)).collect(),
        media: media.collect(),
        zone: sla.hours.zone.name().to_owned(),
    }))
}

/// Enters somebody who is to hear of alerts, also of those that are raised already.
#[utoipa::path(post, path = "/seller/recipients", tag = "seller", request_body = NewRecipient,
    responses((status = CREATED, body = EnteredRecipient)))]
pub(crate) async fn enter_recipient(
    State(app): State<App>,
    caller: Caller,
    CommandId(recipient_id): CommandId,
    Json(body): Json<NewRecipient>,
) -> Result<(StatusCode, Json<EnteredRecipient>), ApiError> {
    let entered = Entered {
        recipient_id,
        medium: body.medium.into(),
        address: body.address.expose_secret(),
        wish: wish(body.least_severity, body.quiet_hours)?,
        made_by: &caller.actor().to_string(),
    };
    app.recipients.enter(caller.tenant(), entered).await?;
    Ok((StatusCode::CREATED, Json(EnteredRecipient { recipient_id })))
}

/// Changes what a recipient wants to hear of, and when.
#[utoipa::path(put, path = "/seller/recipients/{id}", tag = "seller", params(("id" = Uuid, Path)),
    request_body = RecipientChange, responses((status = NO_CONTENT)))]
pub(crate) async fn change_recipient(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(body): Json<RecipientChange>,
) -> Result<StatusCode, ApiError> {
    let wish = wish(body.least_severity, body.quiet_hours)?;
    app.recipients.change(caller.tenant(), id, wish).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets a recipient, its address and what it was told.
#[utoipa::path(delete, path = "/seller/recipients/{id}", tag = "seller", params(("id" = Uuid, Path)),
    responses((status = NO_CONTENT)))]
pub(crate) async fn forget_recipient(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    app.recipients.forget(caller.tenant(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a recipient a message that says nothing but that it arrives, and tells what came of it.
#[utoipa::path(post, path = "/seller/recipients/{id}/test", tag = "seller", params(("id" = Uuid, Path)),
    responses((status = OK, body = RecipientTest)))]
pub(crate) async fn test_recipient(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<RecipientTest>, ApiError> {
    Ok(Json(match app.recipients.test(caller.tenant(), id).await? {
        Ok(()) => RecipientTest {
            delivered: true,
            code: None,
            status: None,
            message: "Сообщение принято. Если его не видно, посмотрите в спаме.",
        },
        Err(failure) => {
            let code = failure.why.into();
            let (code, message) = (Some(code), message(code));
            RecipientTest { delivered: false, code, status: failure.status, message }
        }
    }))
}

/// Returns the key by which a program knows that a message is from here; 404 where the recipient is no webhook.
#[utoipa::path(get, path = "/seller/recipients/{id}/signing-key", tag = "seller",
    params(("id" = Uuid, Path)), responses((status = OK, body = SigningKey)))]
pub(crate) async fn recipient_signing_key(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<SigningKey>, ApiError> {
    let key = app.recipients.signing_key(caller.tenant(), id).await?;
    Ok(Json(SigningKey { signing_key: key.expose_secret().to_owned() }))
}

impl Recipient {
    fn new(kept: Kept, people: &People) -> Self {
        let typed = kept.address.expose_secret();
        let address = match kept.medium {
            Sent::Email | Sent::Telegram => typed.to_owned(),
            Sent::Webhook => {
                // Neither a password before the host nor a secret path behind it.
                let url = typed.parse::<Uri>().unwrap_or_default();
                let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
                let (scheme, host) = (url.scheme_str(), url.host());
                format!("{}://{}{port}/…", scheme.unwrap_or_default(), host.unwrap_or_default())
            }
        };
        Self {
            recipient_id: kept.recipient_id,
            medium: kept.medium.into(),
            address,
            least_severity: kept.wish.least.into(),
            quiet_hours: kept
                .wish
                .quiet
                .map(|it| QuietTime { from: time(it.from()), to: time(it.until()) }),
            made_at: kept.made_at,
            made_by: people.name(Some(&kept.made_by)),
            told_at: kept.told_at,
            failing: kept.failing.map(|failing| FailingRecipient {
                since: failing.since,
                message: message(&failing.failure),
                code: failing.failure,
                status: failing.status,
            }),
        }
    }
}

fn wish(least: AlertSeverity, quiet: Option<QuietTime>) -> Result<Wish, ApiError> {
    let refused = || {
        let message = "два разных времени суток, например 22:00 и 08:00";
        ApiError::new(Code::InvalidBody).field("quiet_hours", message)
    };
    let quiet = quiet.map(|QuietTime { from, to }| {
        let hours = minute(&from).zip(minute(&to)).and_then(|(from, to)| {
            // Midnight ends a day no less than it begins the next.
            QuietHours::new(from, to % (24 * 60))
        });
        hours.ok_or_else(refused)
    });
    Ok(Wish { least: least.into(), quiet: quiet.transpose()? })
}

fn message(failure: &str) -> &'static str {
    match failure {
        "not_reached" => "До сервера получателя не дозвониться: проверьте адрес.",
        "no_answer" => "Сервер получателя не ответил вовремя.",
        "busy" => "Сервер получателя занят или неисправен.",
        "refused" => "Сервер получателя отказался принять сообщение: проверьте адрес и права.",
        "out_of_bounds" => "Адрес ведёт в закрытую сеть: туда сообщения не отправляются.",
        "not_admitted" => {
            "Почтовый сервер или Telegram не принимает эту установку AgentIQ: попросите того, кто её ведёт, проверить \
             её логин, пароль или токен."
        }
        "not_offered" => "Этот способ в этой установке AgentIQ больше не настроен.",
        _ => "Сообщение не доставлено.",
    }
}

impl From<Medium> for Sent {
    fn from(word: Medium) -> Self {
        match word {
            Medium::Email => Self::Email,
            Medium::Telegram => Self::Telegram,
            Medium::Webhook => Self::Webhook,
        }
    }
}

impl From<Sent> for Medium {
    fn from(medium: Sent) -> Self {
        match medium {
            Sent::Email => Self::Email,
            Sent::Telegram => Self::Telegram,
            Sent::Webhook => Self::Webhook,
        }
    }
}

impl From<RecipientsError> for ApiError {
    fn from(error: RecipientsError) -> Self {
        use adapters::notice::AddressError;

        let field = |field, message: &str| Self::new(Code::InvalidBody).field(field, message);
        match error {
            RecipientsError::NotFound => Self::new(Code::NotFound),
            RecipientsError::TooMany => Self::new(Code::TooManyRecipients),
            RecipientsError::TooOften { wait } => {
                Self::new(Code::RecipientsTooOften).retry_after(wait)
            }
            RecipientsError::Address(AddressError::NotOffered) => field(
                "medium",
                "в этой установке AgentIQ не настроено: попросите того, кто её ведёт",
            ),
            RecipientsError::Address(AddressError::Malformed) => field(
                "address",
                "адрес почты, номер чата или @имя канала Telegram, либо адрес https://",
            ),
            RecipientsError::Address(AddressError::OutOfBounds) => {
                field("address", "адрес https:// в интернете, не в закрытой сети")
            }
            RecipientsError::Internal(error) => error.into(),
        }
    }
}

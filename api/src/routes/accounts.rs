//! Marketplace cabinets: connect, list, check, read now, replace the key.

mod key;
mod standing;
mod sync;

use std::time::Duration;

use adapters::cabinets::ConnectError;
use adapters::sync::{CLAIMS, SyncState};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use domain::AccountId;
use projections::accounts::AccountRow;
use projections::{ReadModel, accounts as account_rows};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use self::key::{Numbers, key, token};
use self::standing::{AccountHealth, AccountKey, ChannelState, KeyReport};
use self::sync::{AccountClaims, Sync};
use super::words::{Channel, Marketplace};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, Query, name};
use crate::reading::{self, Freshness};

/// Longest name of a cabinet, in characters.
const NAME_CHARS_MAX: usize = 100;

/// When to ask again for a cabinet that the read model has not got to: about as long as was waited for it.
const AFTER_STALE: Duration = Duration::from_secs(2);

/// The seller's cabinets.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountList {
    items: Vec<Account>,
}

/// A connected cabinet.
#[derive(Serialize, ToSchema)]
pub(crate) struct Account {
    account_id: Uuid,
    #[schema(value_type = Marketplace)]
    marketplace: String,
    /// The seller's name for it.
    name: String,
    status: AccountStatus,
    /// How it stands, all together.
    health: AccountHealth,
    key: AccountKey,
    /// What the marketplace objects to; none while it accepts the key.
    access: Option<Access>,
    channels: Vec<AccountChannel>,
    /// The claims for return; none where none are read.
    claims: Option<AccountClaims>,
    /// Of all channels together: the slowest and the sickest of them counts.
    sync: Sync,
    connected_at: DateTime<Utc>,
}

/// Whether the marketplace accepts the key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AccountStatus {
    Connected,
    AccessLost,
}

/// What the marketplace objects to.
#[derive(Serialize, ToSchema)]
struct Access {
    #[schema(value_type = AccessReason)]
    reason: String,
    since: DateTime<Utc>,
}

/// Why the marketplace does not accept the key.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum AccessReason {
    /// It is wrong or was revoked.
    Unauthorized,
    /// Its time is over.
    Expired,
    /// It opens nothing.
    NoRight,
    /// The marketplace wants to be paid first.
    PaymentRequired,
}

/// A channel of a cabinet.
#[derive(Serialize, ToSchema)]
struct AccountChannel {
    #[schema(value_type = Channel)]
    channel: &'static str,
    /// Whether it is read.
    open: bool,
    state: ChannelState,
    /// Why it is not read and answered, and what to do about it.
    reason: Option<&'static str>,
    /// How the reading is doing; none of a channel that is not read.
    sync: Option<Sync>,
}

/// A cabinet to be connected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectAccount {
    marketplace: Marketplace,
    /// The seller's name for it.
    #[schema(min_length = 1, max_length = 100, example = "Основной")]
    name: String,
    /// The key from the marketplace: Wildberries' token of the category "questions and reviews", the `Api-Key` of Ozon or
    /// Yandex.Market.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 8192)]
    token: SecretString,
    /// Ozon's `Client-Id`; of no other marketplace.
    #[serde(default)]
    #[schema(example = "100001")]
    client_id: Option<String>,
    /// Yandex.Market's `businessId`; of no other marketplace.
    #[serde(default)]
    #[schema(example = "1000001")]
    business_id: Option<String>,
}

/// A key to be examined.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExamineKey {
    marketplace: Marketplace,
    /// As in connecting.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 8192)]
    token: SecretString,
    /// Ozon's `Client-Id`; of no other marketplace.
    #[serde(default)]
    #[schema(example = "100001")]
    client_id: Option<String>,
    /// Yandex.Market's `businessId`; of no other marketplace.
    #[serde(default)]
    #[schema(example = "1000001")]
    business_id: Option<String>,
}

/// A new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Credential {
    /// The key from the marketplace.
    #[schema(value_type = String, format = Password, min_length = 1, max_length = 8192)]
    token: SecretString,
    /// Ozon's `Client-Id`; of no other marketplace. Left out, it stays the present key's.
    #[serde(default)]
    #[schema(example = "100001")]
    client_id: Option<String>,
    /// Yandex.Market's `businessId`; of no other marketplace. Left out, it stays the present key's.
    #[serde(default)]
    #[schema(example = "1000001")]
    business_id: Option<String>,
}

/// How fresh the list must be.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountsQuery {
    /// A cursor of the feed: the answer includes its place, or says in `x-agentiq-stale` that it does not yet.
    at_least: Option<String>,
}

/// Lists the cabinets.
#[utoipa::path(get, path = "/accounts", tag = "accounts", params(AccountsQuery),
    responses((status = OK, body = AccountList)))]
pub(crate) async fn accounts(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<AccountsQuery>,
) -> Result<(Freshness, Json<AccountList>), ApiError> {
    let models = [ReadModel::Accounts];
    let fresh = reading::at_least(&app, &caller, &models, query.at_least.as_deref()).await?;
    let rows = account_rows::list(&app.db, caller.tenant()).await?;
    let states = adapters::sync::states(&app.db, caller.tenant()).await?;
    let items = rows.into_iter().map(|row| Account::new(row, &states));
    Ok((fresh, Json(AccountList { items: items.collect() })))
}

/// Connects a cabinet whose key the marketplace accepts, and starts to read it.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = ConnectAccount,
    responses((status = CREATED, body = Account)))]
pub(crate) async fn connect_account(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ConnectAccount>,
) -> Result<Response, ApiError> {
    let name = name("name", &body.name, NAME_CHARS_MAX)?;
    let numbers = Numbers { client_id: body.client_id, business_id: body.business_id };
    let key = key(body.marketplace.into(), &body.token, &numbers)?;
    let connected = app.cabinets.connect(caller.tenant(), caller.actor(), name, key).await;
    answer(&app, &caller, connected?, StatusCode::CREATED).await
}

/// Asks the marketplace what a key opens. Nothing is connected and nothing kept.
#[utoipa::path(post, path = "/accounts/check", tag = "accounts", request_body = ExamineKey,
    responses((status = OK, body = KeyReport)))]
pub(crate) async fn examine_key(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<ExamineKey>,
) -> Result<axum::Json<KeyReport>, ApiError> {
    let numbers = Numbers { client_id: body.client_id, business_id: body.business_id };
    let marketplace = body.marketplace.into();
    let key = key(marketplace, &body.token, &numbers)?;
    let examined = app.cabinets.examine(caller.tenant(), &key).await?;
    Ok(axum::Json(KeyReport::new(marketplace, &examined)))
}

/// Asks the marketplace whether it accepts the cabinet's key.
#[utoipa::path(post, path = "/accounts/{account_id}/check", tag = "accounts",
    params(("account_id" = Uuid, Path)), responses((status = OK, body = Account)))]
pub(crate) async fn check_account(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Response, ApiError> {
    match app.cabinets.check(caller.tenant(), caller.actor(), id).await {
        // That the key is refused is the answer to the question, and the account tells it.
        Ok(())
        | Err(
            ConnectError::CredentialRejected
            | ConnectError::NoRight
            | ConnectError::PaymentRequired,
        ) => answer(&app, &caller, id, StatusCode::OK).await,
        Err(error) => Err(error.into()),
    }
}

/// Reads new items as soon as possible.
#[utoipa::path(post, path = "/accounts/{account_id}/sync", tag = "accounts",
    params(("account_id" = Uuid, Path)), responses((status = ACCEPTED, body = Account)))]
pub(crate) async fn sync_account(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
) -> Result<Response, ApiError> {
    if !adapters::sync::request_now(&app.db, caller.tenant(), id).await? {
        let known = account_rows::one(&app.db, caller.tenant(), id).await?.is_some();
        return Err(ApiError::new(if known { Code::AccessLost } else { Code::NotFound }));
    }
    answer(&app, &caller, id, StatusCode::ACCEPTED).await
}

/// Takes over a new key that the marketplace accepts.
#[utoipa::path(put, path = "/accounts/{account_id}/credential", tag = "accounts",
    params(("account_id" = Uuid, Path)), request_body = Credential,
    responses((status = OK, body = Account)))]
pub(crate) async fn replace_credential(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<AccountId>,
    Json(body): Json<Credential>,
) -> Result<Response, ApiError> {
    let marketplace = app.cabinets.marketplace(caller.tenant(), id).await?;
    let numbers = Numbers { client_id: body.client_id, business_id: body.business_id };
    let key = if numbers.client_id.is_some() || numbers.business_id.is_some() {
        key(marketplace, &body.token, &numbers)?
    } else {
        app.cabinets.key_with(caller.tenant(), id, token(&body.token)?).await?
    };
    app.cabinets.replace_credential(caller.tenant(), caller.actor(), id, key).await?;
    answer(&app, &caller, id, StatusCode::OK).await
}

/// Answers with the account as it stands after what was done.
async fn answer(
    app: &App,
    caller: &Caller,
    id: AccountId,
    status: StatusCode,
) -> Result<Response, ApiError> {
    let end = reading::end_of_stream(app, caller.tenant(), id.into()).await?;
    let fresh = reading::wait(app, &[ReadModel::Accounts], end).await?;
    let row = account_rows::one(&app.db, caller.tenant(), id).await?;
    let row = row.ok_or_else(|| match fresh {
        Freshness::Fresh => ApiError::new(Code::NotFound),
        // It is connected and nobody shows it yet; the repetition will find it.
        Freshness::Stale => ApiError::new(Code::TimedOut)
            .detail("Кабинет пока нельзя показать: списки отстают от журнала событий.")
            .retry_after(AFTER_STALE),
    })?;
    let states = adapters::sync::states(&app.db, caller.tenant()).await?;
    Ok((status, fresh, Json(Account::new(row, &states))).into_response())
}

impl Account {
    /// `states` are those of all the seller's cabinets.
    fn new(row: AccountRow, states: &[SyncState]) -> Self {
        let of_account = |state: &&SyncState| state.account_id == row.account_id;
        let syncs: Vec<_> = states
            .iter()
            .filter(of_account)
            .map(|state| (state.channel.clone(), Sync::new(state.clone())))
            .collect();
        let read: Vec<domain::Channel> =
            syncs.iter().filter_map(|(channel, _)| channel.parse().ok()).collect();
        let (health, key) = (standing::health(&row, &read), AccountKey::of(&row));
        let claims = syncs.iter().find(|(name, _)| name == CLAIMS);
        let claims = claims.map(|(_, sync)| AccountClaims::new(&row, sync.clone()));
        let channels = channels(&row, &syncs);
        // A channel that is closed would never be done.
        let any_open = channels.iter().any(|channel| channel.open);
        let counted = channels.iter().filter(|channel| channel.open || !any_open);
        let sync = Sync::of_all(counted.filter_map(|channel| channel.sync.clone()));
        let access = row
            .access_lost_reason
            .zip(row.access_lost_since)
            .map(|(reason, since)| Access { reason, since });
        Self {
            account_id: row.account_id,
            marketplace: row.marketplace,
            name: row.name,
            status: match access {
                None => AccountStatus::Connected,
                Some(_) => AccountStatus::AccessLost,
            },
            health,
            key,
            access,
            channels,
            claims,
            sync,
            connected_at: row.connected_at,
        }
    }
}

/// How each channel of a cabinet stands.
fn channels(row: &AccountRow, syncs: &[(String, Sync)]) -> Vec<AccountChannel> {
    use domain::Channel as C;

    let not_offered = (ChannelState::NotOffered, Some("Этот канал пока не подключается."));
    let of = |channel: C| {
        let sync = syncs.iter().find(|(name, _)| name == channel.as_str());
        let (state, reason) =
            if sync.is_some() { standing::channel_of(row, channel) } else { not_offered };
        AccountChannel {
            channel: channel.as_str(),
            open: matches!(state, ChannelState::Open | ChannelState::ReadOnly),
            state,
            reason,
            sync: sync.map(|(_, sync)| sync.clone()),
        }
    };
    [C::Review, C::Question, C::Chat].map(of).into()
}

impl From<ConnectError> for ApiError {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::CredentialRejected => Self::new(Code::CredentialRejected),
            ConnectError::NoRight => Self::new(Code::CredentialNoRight),
            ConnectError::PaymentRequired => Self::new(Code::CredentialUnpaid),
            ConnectError::OtherCabinet => Self::new(Code::CredentialOfOtherCabinet),
            ConnectError::RateLimited { retry_after } => {
                Self::new(Code::MarketplaceRateLimited).retry_after(retry_after)
            }
            ConnectError::Unavailable => Self::new(Code::MarketplaceUnavailable),
            ConnectError::NoNotifications => Self::new(Code::NotificationsNotOffered),
            ConnectError::UnknownAccount => Self::new(Code::NotFound),
            ConnectError::Internal(error) => error.into(),
        }
    }
}

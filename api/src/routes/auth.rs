//! Signing up, in and out, and what keeps an account its owner's.

pub(crate) mod invitations;
pub(crate) mod password;
pub(crate) mod reset;
pub(crate) mod sessions;
pub(crate) mod tokens;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use commands::{Actor, Context};
use domain::access::{Permissions, Role};
use domain::seller::{Seller as SellerAggregate, SellerCommand};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::auth::people::{self, GivenRole};
use crate::auth::{
    Address, By, Caller, Client, SessionKind, Throttle, User, WeakPassword, by_email,
    check_strength, end, insert, normal_email, open, refuse_cross_origin_evidence, seller_name,
};
use crate::error::{ApiError, Code};
use crate::extract::{Json, name};
use crate::routes::people::names::{PermissionName, RoleName};

/// Longest company name, in characters.
const COMPANY_CHARS_MAX: usize = 200;

/// A new seller and its first person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Register {
    /// Address that the person will sign in with.
    #[schema(format = Email, max_length = 254, example = "anna@example.ru")]
    email: String,
    /// Not the address.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 1024)]
    password: SecretString,
    /// The seller's name.
    #[schema(min_length = 1, max_length = 200, example = "ООО «Ромашка»")]
    company: String,
    #[serde(default)]
    #[schema(inline)]
    session: SessionKind,
}

/// Somebody who has signed up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// Address.
    #[schema(example = "anna@example.ru")]
    email: String,
    /// Password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    #[serde(default)]
    #[schema(inline)]
    session: SessionKind,
}

/// A session that was opened.
#[derive(Serialize, ToSchema)]
pub(crate) struct Session {
    /// For `Authorization: Bearer`; none when it is in a cookie.
    access_token: Option<String>,
    /// `bearer`.
    token_type: &'static str,
    /// Until when; a cookie's session is prolonged while it is used.
    expires_at: DateTime<Utc>,
    #[serde(flatten)]
    me: Me,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    user: Person,
    seller: Seller,
    /// What they may do here; for a token, what it may.
    #[schema(value_type = Vec<PermissionName>)]
    permissions: Permissions,
}

/// A person who signs in.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct Person {
    user_id: Uuid,
    email: String,
    /// One that every seller has; none where it is one of the seller's own.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    role_id: Option<Uuid>,
}

/// Whose data it is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Seller {
    seller_id: Uuid,
    /// Company name.
    name: String,
}

/// Signs a new seller up and its first person in.
#[utoipa::path(post, path = "/auth/register", tag = "auth", request_body = Register,
    responses((status = CREATED, body = Session)))]
pub(crate) async fn register(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    Json(body): Json<Register>,
) -> Result<Response, ApiError> {
    if !app.settings.registration_open {
        return Err(ApiError::new(Code::RegistrationClosed));
    }
    refuse_cross_origin_evidence(&headers)?;
    let email = normal_email(&body.email)
        .ok_or_else(|| ApiError::new(Code::InvalidBody).field("email", "это не адрес почты"))?;
    check_strength(&body.password, &email).map_err(|reason| too_weak("password", reason))?;
    let company = name("company", &body.company, COMPANY_CHARS_MAX)?;
    let throttle = Throttle::new(&app.db, address, &email);
    throttle.attempt().await?.map_err(too_many)?;
    if by_email(&app.db, &email).await?.is_some() {
        return Err(ApiError::new(Code::EmailTaken));
    }
    let known = known_of(&email, Some(&company));
    let guesses = app.passwords.check_guesses(&body.password, known).await?;
    guesses.map_err(|reason| too_weak("password", reason))?;
    let hash = app.passwords.hash(body.password).await?;
    let user = User::of_new_seller(email, hash);
    // The seller first: one that nobody can sign in to is harmless, while a person without a seller would keep the
    // address from being tried again.
    let context = Context::new(user.tenant, Actor::User(user.user_id));
    let command = SellerCommand::Register { name: company.clone() };
    app.commands.execute::<SellerAggregate>(&context, user.tenant, command).await?;
    if !insert(app.db.pool(), &user, GivenRole::BuiltIn(Role::Owner)).await? {
        return Err(ApiError::new(Code::EmailTaken));
    }
    let client = Client::of(address, &headers);
    signed_in(&app, StatusCode::CREATED, &user, company, (body.session, &client)).await
}

/// Signs in.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = Login,
    responses((status = OK, body = Session)))]
pub(crate) async fn login(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    Json(body): Json<Login>,
) -> Result<Response, ApiError> {
    refuse_cross_origin_evidence(&headers)?;
    // What is no address is nobody's, and takes as long to refuse.
    let email = normal_email(&body.email).unwrap_or_default();
    let throttle = Throttle::new(&app.db, address, &email);
    throttle.attempt().await?.map_err(too_many)?;
    let user = by_email(&app.db, &email).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let fits = app.passwords.verify(body.password, stored).await?;
    // Whoever is shut out learns no more than whoever guesses.
    let Some(user) = user.filter(|user| fits && !user.is_disabled) else {
        return Err(ApiError::new(Code::BadCredentials));
    };
    throttle.forgive().await?;
    let name = seller_name(&app.log, user.tenant).await?;
    let client = Client::of(address, &headers);
    signed_in(&app, StatusCode::OK, &user, name, (body.session, &client)).await
}

/// Tells who is signed in.
#[utoipa::path(get, path = "/auth/me", tag = "auth", responses((status = OK, body = Me)))]
pub(crate) async fn me(State(app): State<App>, caller: Caller) -> Result<Json<Me>, ApiError> {
    let name = seller_name(&app.log, caller.tenant()).await?;
    Ok(Json(who(&caller.who, name)))
}

/// Signs out: the session ends here and now.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", responses((status = NO_CONTENT)))]
pub(crate) async fn logout(State(app): State<App>, caller: Caller) -> Result<Response, ApiError> {
    end(&app.db, &caller.token).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if caller.by == By::Session(SessionKind::Cookie) {
        set_cookie(&mut response, &app.settings.cookie.unset());
    }
    Ok(response)
}

async fn signed_in(
    app: &App,
    status: StatusCode,
    user: &User,
    seller: String,
    (kind, client): (SessionKind, &Client),
) -> Result<Response, ApiError> {
    let opened = open(&app.db, user.tenant, user.user_id, kind, client).await?;
    // Shut out since the password was held against the one in force.
    let person = opened.person.ok_or_else(|| ApiError::new(Code::BadCredentials))?;
    let token = match kind {
        SessionKind::Token => Some(opened.token.expose_secret().to_owned()),
        SessionKind::Cookie => None,
    };
    let session = Session {
        access_token: token,
        token_type: "bearer",
        expires_at: opened.expires_at,
        me: who(&person, seller),
    };
    let mut response = (status, Json(session)).into_response();
    if kind == SessionKind::Cookie {
        set_cookie(&mut response, &app.settings.cookie.set(&opened.token));
    }
    Ok(response)
}

fn who(person: &people::Person, name: String) -> Me {
    let people::Person { tenant, user_id, email, role, standing } = person;
    Me {
        user: Person {
            user_id: user_id.0,
            email: email.clone(),
            role: role.built_in(),
            role_id: role.own(),
        },
        seller: Seller { seller_id: tenant.0, name },
        permissions: standing.permissions.clone(),
    }
}

fn set_cookie(response: &mut Response, cookie: &str) {
    let value = HeaderValue::from_str(cookie).expect("tokens are letters, digits, - and _");
    response.headers_mut().insert(SET_COOKIE, value);
}

/// Returns what whoever guesses the password of somebody knows of them.
fn known_of(email: &str, company: Option<&str>) -> Vec<String> {
    let name = email.split('@').next();
    [Some(email), name, company].into_iter().flatten().map(str::to_owned).collect()
}

fn too_weak(field: &'static str, reason: WeakPassword) -> ApiError {
    let message = match reason {
        WeakPassword::TooShort => "нужно не меньше 10 знаков",
        WeakPassword::TooLong => "нужно не больше 1024 байт",
        WeakPassword::LikeEmail => "пароль не должен совпадать с адресом почты",
        WeakPassword::Guessable => {
            "такой пароль подбирают одним из первых: возьмите несколько слов или случайные знаки"
        }
    };
    ApiError::new(Code::WeakPassword).field(field, message)
}

fn too_many(wait: std::time::Duration) -> ApiError {
    ApiError::new(Code::TooManyAttempts).retry_after(wait)
}

//! Invitations: a link lets one address in once.

use adapters::notice::Letter;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::UserId;
use domain::access::{Role, check_grant};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tracing::warn;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{SessionKind, known_of, signed_in, too_many, too_weak};
use crate::app::App;
use crate::auth::invitations::{
    FoundInvitation, ListedInvitation, MadeInvitation, find, invite, list, remove,
};
use crate::auth::people::GivenRole;
use crate::auth::roles::standing_of;
use crate::auth::{
    Address, Caller, Client, Throttle, User, by_email, check_strength, insert, normal_email,
    refuse_cross_origin_evidence, seller_name,
};
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};
use crate::routes::people::names::RoleName;
use crate::routes::people::{given, grant, unknown_role};

/// Where the console lets the invited in.
const JOIN_PATH: &str = "/join";

/// Whom to invite, to what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewInvitation {
    #[schema(format = Email, max_length = 254, example = "oleg@example.ru")]
    email: String,
    /// One that every seller has.
    #[serde(default)]
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    /// One of the seller's own.
    #[serde(default)]
    role_id: Option<Uuid>,
}

/// Who is invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationList {
    /// The newest first.
    items: Vec<Invitation>,
    /// Whether this installation sends them by e-mail.
    mailed: bool,
}

/// Somebody who is invited.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invitation {
    invitation_id: Uuid,
    email: String,
    /// One that every seller has; none where it is one of the seller's own.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    role_id: Option<Uuid>,
    invited_by: Uuid,
    created_at: DateTime<Utc>,
    /// Until when the link lets in. It is listed for a month more.
    expires_at: DateTime<Utc>,
}

/// An invitation that was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeInvitationAnswer {
    #[serde(flatten)]
    invitation: Invitation,
    /// What to hand over where no e-mail went out: the console's address, and this after it. It is not shown again.
    #[schema(example = "/join#aiq_join_…")]
    link: Option<String>,
}

/// What is in a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Link {
    /// What stands behind `#`.
    #[schema(value_type = String)]
    token: SecretString,
}

/// What one is invited to.
#[derive(Serialize, ToSchema)]
pub(crate) struct OpenInvitation {
    email: String,
    /// The seller's name.
    seller: String,
    expires_at: DateTime<Utc>,
}

/// Accepting.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acceptance {
    /// What stands behind `#` in the link.
    #[schema(value_type = String)]
    token: SecretString,
    /// Not the address.
    #[schema(value_type = String, format = Password, min_length = 10, max_length = 1024)]
    password: SecretString,
    #[serde(default)]
    #[schema(inline)]
    session: SessionKind,
}

/// Lists who is invited.
#[utoipa::path(get, path = "/auth/invitations", tag = "people",
    responses((status = OK, body = InvitationList)))]
pub(crate) async fn list_invitations(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<InvitationList>, ApiError> {
    let listed = list(&app.db, caller.tenant()).await?;
    let mailed = app.recipients.post().writes_letters();
    Ok(Json(InvitationList { items: listed.into_iter().map(Invitation::from).collect(), mailed }))
}

/// Invites an address for a week. Inviting it once more makes the link of before void.
#[utoipa::path(post, path = "/auth/invitations", tag = "people", request_body = NewInvitation,
    responses((status = CREATED, body = MadeInvitationAnswer)))]
pub(crate) async fn invite_person(
    State(app): State<App>,
    caller: Caller,
    Address(address): Address,
    Json(body): Json<NewInvitation>,
) -> Result<(StatusCode, Json<MadeInvitationAnswer>), ApiError> {
    let role = given(body.role, body.role_id)?;
    let email = normal_email(&body.email)
        .ok_or_else(|| ApiError::new(Code::InvalidBody).field("email", "это не адрес почты"))?;
    // Of whoever else has the address, nothing is told: they find it out themselves when they accept.
    let known = by_email(&app.db, &email).await?;
    if known.is_some_and(|it| it.tenant == caller.tenant()) {
        return Err(ApiError::new(Code::AlreadyIn));
    }
    let mut tx = app.db.begin().await?;
    let wanted = standing_of(&mut *tx, caller.tenant(), role).await?.ok_or_else(unknown_role)?;
    grant(&caller, None, &wanted)?;
    let throttle = Throttle::new(&app.db, address, &format!("invitation of {email}"));
    throttle.attempt().await?.map_err(too_many)?;
    let made = invite(&mut tx, caller.person(), &email, role).await?;
    let made = made.ok_or_else(|| ApiError::new(Code::TooManyOfThem))?;
    tx.commit().await?;
    let link = hand_over(&app, &caller, &made).await?;
    let invitation = made.listed.into();
    Ok((StatusCode::CREATED, Json(MadeInvitationAnswer { invitation, link })))
}

/// Sends the link. Returns it where it could not be sent, for whoever invites to hand over.
async fn hand_over(
    app: &App,
    caller: &Caller,
    made: &MadeInvitation,
) -> Result<Option<String>, ApiError> {
    let post = app.recipients.post();
    if post.writes_letters() {
        let seller = seller_name(&app.log, caller.tenant()).await?;
        let letter = Letter::Invitation { seller, token: made.token.clone() };
        match post.write(&made.listed.email, &letter).await {
            Ok(()) => return Ok(None),
            Err(failure) => {
                let why: &str = failure.why.into();
                warn!(why, status = failure.status, "an invitation was not sent");
            }
        }
    }
    Ok(Some(format!("{JOIN_PATH}#{}", made.token.expose_secret())))
}

/// Takes an invitation back: its link lets nobody in any more.
#[utoipa::path(delete, path = "/auth/invitations/{id}", tag = "people",
    params(("id" = Uuid, Path, description = "The invitation.")),
    responses((status = NO_CONTENT)))]
pub(crate) async fn take_invitation_back(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut connection = app.db.pool().acquire().await?;
    if !remove(&mut connection, caller.tenant(), id).await? {
        return Err(ApiError::new(Code::NotFound));
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Tells what a link invites to.
#[utoipa::path(post, path = "/auth/invitations/look", tag = "people", request_body = Link,
    responses((status = OK, body = OpenInvitation)))]
pub(crate) async fn look_at_invitation(
    State(app): State<App>,
    Address(address): Address,
    Json(body): Json<Link>,
) -> Result<Json<OpenInvitation>, ApiError> {
    let throttle = Throttle::new(&app.db, address, "looking at an invitation");
    throttle.attempt().await?.map_err(too_many)?;
    let mut tx = app.db.begin().await?;
    let found = find(&mut tx, &body.token).await?.and_then(standing);
    let found = found.ok_or_else(|| ApiError::new(Code::LinkVoid))?;
    throttle.forgive().await?;
    let seller = seller_name(&app.log, found.tenant).await?;
    Ok(Json(OpenInvitation { email: found.email, seller, expires_at: found.expires_at }))
}

/// Comes in by a link, with a password of one's own. The link is used up.
#[utoipa::path(post, path = "/auth/invitations/accept", tag = "people", request_body = Acceptance,
    responses((status = CREATED, body = super::Session)))]
pub(crate) async fn accept_invitation(
    State(app): State<App>,
    Address(address): Address,
    headers: HeaderMap,
    Json(body): Json<Acceptance>,
) -> Result<Response, ApiError> {
    refuse_cross_origin_evidence(&headers)?;
    let throttle = Throttle::new(&app.db, address, "accepting an invitation");
    throttle.attempt().await?.map_err(too_many)?;
    let void = || ApiError::new(Code::LinkVoid);
    let mut tx = app.db.begin().await?;
    let found = find(&mut tx, &body.token).await?.and_then(standing).ok_or_else(void)?;
    drop(tx);
    let (email, seller) = (found.email, seller_name(&app.log, found.tenant).await?);
    check_strength(&body.password, &email).map_err(|reason| too_weak("password", reason))?;
    let known = known_of(&email, Some(&seller));
    let guesses = app.passwords.check_guesses(&body.password, known).await?;
    guesses.map_err(|reason| too_weak("password", reason))?;
    let hash = app.passwords.hash(body.password).await?;
    // What was found may have been taken back, given another role or accepted while the password was digested.
    let mut tx = app.db.begin().await?;
    let found = find(&mut tx, &body.token).await?.and_then(standing).ok_or_else(void)?;
    let user = User {
        tenant: found.tenant,
        user_id: UserId(Uuid::now_v7()),
        email,
        password_hash: hash,
        is_disabled: false,
    };
    if !insert(&mut *tx, &user, found.role).await? {
        return Err(ApiError::new(Code::EmailTaken));
    }
    remove(&mut tx, found.tenant, found.invitation_id).await?;
    tx.commit().await?;
    throttle.forgive().await?;
    let client = Client::of(address, &headers);
    signed_in(&app, StatusCode::CREATED, &user, seller, (body.session, &client)).await
}

/// Lets an invitation stand if whoever made it could still make it.
fn standing(found: FoundInvitation) -> Option<FoundInvitation> {
    let inviter = found.inviter.as_ref()?;
    let may_invite = inviter.permissions.contains(&domain::access::Permission::ManagePeople);
    (may_invite && check_grant(inviter, None, &found.wanted).is_ok()).then_some(found)
}

impl From<ListedInvitation> for Invitation {
    fn from(listed: ListedInvitation) -> Self {
        let ListedInvitation { invitation_id, email, role, invited_by, created_at, expires_at } =
            listed;
        Self {
            invitation_id,
            email,
            role: GivenRole::built_in(role),
            role_id: GivenRole::own(role),
            invited_by: invited_by.0,
            created_at,
            expires_at,
        }
    }
}

//! A seller's people, and what each may do.

pub(crate) mod names;
pub(crate) mod roles;

use axum::extract::State;
use chrono::{DateTime, Utc};
use domain::UserId;
use domain::access::{GrantError, Role, Standing, check_grant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::names::RoleName;
use crate::app::App;
use crate::auth::people::{GivenRole, ListedPerson, change, hold, list};
use crate::auth::roles::standing_of;
use crate::auth::{By, Caller};
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path};

/// A seller's people.
#[derive(Serialize, ToSchema)]
pub(crate) struct PersonList {
    /// In the order in which they came.
    items: Vec<Member>,
}

/// One of a seller's people.
#[derive(Serialize, ToSchema)]
pub(crate) struct Member {
    user_id: Uuid,
    email: String,
    /// One that every seller has; none where it is one of the seller's own.
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    role_id: Option<Uuid>,
    joined_at: DateTime<Utc>,
    /// To five minutes; none where no session is in force.
    last_used_at: Option<DateTime<Utc>>,
    /// Since when they cannot sign in; none where they can.
    disabled_at: Option<DateTime<Utc>>,
    /// Whether it is whoever asks.
    is_me: bool,
}

/// What one of a seller's people is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberChange {
    /// One that every seller has.
    #[serde(default)]
    #[schema(value_type = Option<RoleName>)]
    role: Option<Role>,
    /// One of the seller's own.
    #[serde(default)]
    role_id: Option<Uuid>,
    /// Whether they are shut out: signed out everywhere, with their programs, and unable to sign in.
    #[serde(default)]
    disabled: bool,
}

/// Lists a seller's people.
#[utoipa::path(get, path = "/people", tag = "people",
    responses((status = OK, body = PersonList)))]
pub(crate) async fn people(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<PersonList>, ApiError> {
    let listed = list(&app.db, caller.tenant()).await?;
    let me = caller.user_id();
    Ok(Json(PersonList { items: listed.into_iter().map(|it| Member::of(it, me)).collect() }))
}

/// Gives one of a seller's people a role, and shuts them out or lets them in again. It counts at their next call.
#[utoipa::path(put, path = "/people/{id}", tag = "people", request_body = MemberChange,
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = OK, body = Member)))]
pub(crate) async fn change_person(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(body): Json<MemberChange>,
) -> Result<Json<Member>, ApiError> {
    let role = given(body.role, body.role_id)?;
    let person = (caller.tenant(), UserId(id));
    let mut tx = app.db.begin().await?;
    let held = hold(&mut tx, person).await?.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let wanted = standing_of(&mut *tx, caller.tenant(), role).await?.ok_or_else(unknown_role)?;
    grant(&caller, Some(&held.standing), &wanted)?;
    if held.is_last_owner && (body.disabled || !wanted.is_owner) {
        return Err(ApiError::new(Code::LastOwner));
    }
    change(&mut tx, person, role, body.disabled).await?;
    tx.commit().await?;
    let listed = list(&app.db, caller.tenant()).await?;
    let found = listed.into_iter().find(|it| it.user_id == person.1);
    let found = found.ok_or_else(|| ApiError::new(Code::NotFound))?;
    Ok(Json(Member::of(found, caller.user_id())))
}

/// Lets `caller` give what they may give. A program gives in its owner's name, and no ownership.
pub(super) fn grant(
    caller: &Caller,
    held: Option<&Standing>,
    wanted: &Standing,
) -> Result<(), ApiError> {
    check_grant(&caller.who.standing, held, wanted).map_err(|error| match error {
        GrantError::OwnersOnly if caller.by == By::ApiToken => ApiError::new(Code::PersonNeeded),
        GrantError::OwnersOnly => ApiError::new(Code::OwnersOnly),
        GrantError::BeyondOwn => ApiError::new(Code::BeyondOwnPermissions),
    })
}

/// Reads which role is meant.
pub(super) fn given(role: Option<Role>, own: Option<Uuid>) -> Result<GivenRole, ApiError> {
    match (role, own) {
        (Some(role), None) => Ok(GivenRole::BuiltIn(role)),
        (None, Some(id)) => Ok(GivenRole::Own(id)),
        (Some(_), Some(_)) | (None, None) => {
            Err(ApiError::new(Code::InvalidBody).field("role", "нужна одна роль: role или role_id"))
        }
    }
}

pub(super) fn unknown_role() -> ApiError {
    ApiError::new(Code::InvalidBody).field("role_id", "такой роли нет")
}

impl Member {
    fn of(listed: ListedPerson, me: UserId) -> Self {
        let ListedPerson { user_id, email, role, created_at, last_used_at, disabled_at } = listed;
        Self {
            user_id: user_id.0,
            email,
            role: role.built_in(),
            role_id: role.own(),
            joined_at: created_at,
            last_used_at,
            disabled_at,
            is_me: user_id == me,
        }
    }
}

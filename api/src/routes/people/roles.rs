//! Roles: the five that every seller has, and the seller's own.

use axum::extract::State;
use axum::http::StatusCode;
use domain::access::{Permission, Permissions, Role, Standing};
use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;
use utoipa::ToSchema;
use uuid::Uuid;

use super::grant;
use super::names::{PermissionName, RoleName};
use crate::access;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::roles::{OwnRole, RoleWritten, hold, list, remove, write};
use crate::error::{ApiError, Code};
use crate::extract::{Json, Path, name};
use crate::idempotency::CommandId;

/// Longest name of a role, in characters.
const NAME_CHARS_MAX: usize = 60;

/// What people may be given.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoleList {
    /// Those that every seller has, from the one that may do most.
    built_in: Vec<BuiltInRole>,
    /// The seller's own, by name.
    own: Vec<SellersRole>,
    /// All there is to hold.
    permissions: Vec<HeldPermission>,
}

/// A role that every seller has.
#[derive(Serialize, ToSchema)]
struct BuiltInRole {
    #[schema(value_type = RoleName)]
    role: Role,
    #[schema(value_type = Vec<PermissionName>)]
    permissions: Permissions,
}

/// A role of the seller's own.
#[derive(Serialize, ToSchema)]
pub(crate) struct SellersRole {
    role_id: Uuid,
    name: String,
    #[schema(value_type = Vec<PermissionName>)]
    permissions: Permissions,
}

/// A permission in the user's words.
#[derive(Serialize, ToSchema)]
struct HeldPermission {
    #[schema(value_type = PermissionName)]
    permission: Permission,
    title: &'static str,
}

/// What a role of the seller's own is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleContent {
    #[schema(min_length = 1, max_length = 60, example = "Старший оператор")]
    name: String,
    #[schema(value_type = Vec<PermissionName>, min_items = 1)]
    permissions: Permissions,
}

/// Lists the roles.
#[utoipa::path(get, path = "/roles", tag = "people", responses((status = OK, body = RoleList)))]
pub(crate) async fn roles(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<RoleList>, ApiError> {
    let own = list(&app.db, caller.tenant()).await?;
    let of_all = |role: Role| BuiltInRole { role, permissions: role.permissions() };
    let title = |permission| HeldPermission { permission, title: access::title(permission) };
    Ok(Json(RoleList {
        built_in: Role::iter().map(of_all).collect(),
        own: own.into_iter().map(SellersRole::from).collect(),
        permissions: Permission::iter().map(title).collect(),
    }))
}

/// Puts a role of the seller's own together.
#[utoipa::path(post, path = "/roles", tag = "people", request_body = RoleContent,
    responses((status = CREATED, body = SellersRole)))]
pub(crate) async fn add_role(
    State(app): State<App>,
    caller: Caller,
    CommandId(command_id): CommandId,
    Json(body): Json<RoleContent>,
) -> Result<(StatusCode, Json<SellersRole>), ApiError> {
    let role = checked(&caller, command_id, body)?;
    let mut tx = app.db.begin().await?;
    put(write(&mut tx, caller.tenant(), &role).await?)?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(role.into())))
}

/// Changes a role of the seller's own. It counts at the next call of whoever has it.
#[utoipa::path(put, path = "/roles/{id}", tag = "people", request_body = RoleContent,
    params(("id" = Uuid, Path, description = "The role.")),
    responses((status = OK, body = SellersRole)))]
pub(crate) async fn change_role(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
    Json(body): Json<RoleContent>,
) -> Result<Json<SellersRole>, ApiError> {
    let role = checked(&caller, id, body)?;
    let mut tx = app.db.begin().await?;
    let held = hold(&mut tx, caller.tenant(), id).await?;
    let held = Standing::with(held.ok_or_else(|| ApiError::new(Code::NotFound))?);
    grant(&caller, Some(&held), &Standing::with(role.permissions.clone()))?;
    put(write(&mut tx, caller.tenant(), &role).await?)?;
    tx.commit().await?;
    Ok(Json(role.into()))
}

/// Removes a role of the seller's own that nobody has.
#[utoipa::path(delete, path = "/roles/{id}", tag = "people",
    params(("id" = Uuid, Path, description = "The role.")),
    responses((status = NO_CONTENT)))]
pub(crate) async fn remove_role(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, ApiError> {
    let mut tx = app.db.begin().await?;
    let held = hold(&mut tx, caller.tenant(), id).await?;
    let held = Standing::with(held.ok_or_else(|| ApiError::new(Code::NotFound))?);
    grant(&caller, Some(&held), &Standing::with(Permissions::new()))?;
    if !remove(&mut tx, caller.tenant(), id).await? {
        return Err(ApiError::new(Code::RoleInUse));
    }
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn checked(caller: &Caller, role_id: Uuid, body: RoleContent) -> Result<OwnRole, ApiError> {
    let name = name("name", &body.name, NAME_CHARS_MAX)?;
    if body.permissions.is_empty() {
        let problem = ApiError::new(Code::InvalidBody);
        return Err(problem.field("permissions", "нужно хотя бы одно право"));
    }
    grant(caller, None, &Standing::with(body.permissions.clone()))?;
    Ok(OwnRole { role_id, name, permissions: body.permissions })
}

fn put(written: RoleWritten) -> Result<(), ApiError> {
    match written {
        RoleWritten::Done => Ok(()),
        RoleWritten::NameTaken => {
            Err(ApiError::new(Code::RoleNameTaken).field("name", "у вас есть такая роль"))
        }
        RoleWritten::TooMany => Err(ApiError::new(Code::TooManyOfThem)),
    }
}

impl From<OwnRole> for SellersRole {
    fn from(role: OwnRole) -> Self {
        let OwnRole { role_id, name, permissions } = role;
        Self { role_id, name, permissions }
    }
}

//! Roles of a seller's own, beside the five that every seller has.

use domain::TenantId;
use domain::access::{Permissions, Standing};
use eventlog::Db;
use sqlx::{PgConnection, PgExecutor};
use uuid::Uuid;

use super::people::{GivenRole, known, names};

/// Roles of its own that a seller may have.
pub(crate) const OWN_ROLES_MAX: i64 = 50;

/// A role of a seller's own.
pub(crate) struct OwnRole {
    pub(crate) role_id: Uuid,
    pub(crate) name: String,
    pub(crate) permissions: Permissions,
}

/// What became of a role that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoleWritten {
    Done,
    /// Another one of the seller has the name.
    NameTaken,
    /// The seller has as many as may be.
    TooMany,
}

/// Reads a seller's own roles by name.
pub(crate) async fn list(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<OwnRole>> {
    let rows = sqlx::query!(
        "select role_id, name, permissions from app_role where tenant_id = $1 order by name, role_id",
        tenant.0,
    )
    .fetch_all(db.pool())
    .await?;
    let roles = rows.into_iter().map(|row| OwnRole {
        role_id: row.role_id,
        name: row.name,
        permissions: known(&row.permissions),
    });
    Ok(roles.collect())
}

/// Reads what a role lets people do; none where the seller has no such role.
pub(crate) async fn standing_of(
    executor: impl PgExecutor<'_>,
    tenant: TenantId,
    role: GivenRole,
) -> sqlx::Result<Option<Standing>> {
    let GivenRole::Own(id) = role else { return Ok(Some(role.standing(None))) };
    // Locked, so that it does not grow or go between this look and the gift.
    let permissions = sqlx::query_scalar!(
        "select permissions from app_role where tenant_id = $1 and role_id = $2 for share",
        tenant.0,
        id,
    )
    .fetch_optional(executor)
    .await?;
    Ok(permissions.map(|permissions| role.standing(Some(&permissions))))
}

/// Reads a role that is about to change or go, and keeps it as it is until the transaction ends.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    tenant: TenantId,
    role_id: Uuid,
) -> sqlx::Result<Option<Permissions>> {
    let permissions = sqlx::query_scalar!(
        "select permissions from app_role where tenant_id = $1 and role_id = $2 for update",
        tenant.0,
        role_id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(permissions.map(|names| known(&names)))
}

/// Writes a role, new or known by its id.
pub(crate) async fn write(
    connection: &mut PgConnection,
    tenant: TenantId,
    role: &OwnRole,
) -> sqlx::Result<RoleWritten> {
    let names = names(&role.permissions);
    let written = sqlx::query!(
        "insert into app_role (tenant_id, role_id, name, permissions)
            select $1, $2, $3, $4
            where exists (select from app_role where tenant_id = $1 and role_id = $2)
                or (select count(*) from app_role where tenant_id = $1) < $5
            on conflict on constraint app_role_pkey do update
                set name = excluded.name, permissions = excluded.permissions",
        tenant.0,
        role.role_id,
        role.name,
        &names,
        OWN_ROLES_MAX,
    )
    .execute(connection)
    .await;
    match written {
        Ok(written) if written.rows_affected() == 0 => Ok(RoleWritten::TooMany),
        Ok(_) => Ok(RoleWritten::Done),
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("app_role_name_key") => {
            Ok(RoleWritten::NameTaken)
        }
        Err(error) => Err(error),
    }
}

/// Removes a role. Tells whether nobody had it, or was invited to it.
pub(crate) async fn remove(
    connection: &mut PgConnection,
    tenant: TenantId,
    role_id: Uuid,
) -> sqlx::Result<bool> {
    let removed = sqlx::query!(
        "delete from app_role where tenant_id = $1 and role_id = $2",
        tenant.0,
        role_id,
    )
    .execute(connection)
    .await;
    match removed {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => Ok(false),
        Err(error) => Err(error),
    }
}

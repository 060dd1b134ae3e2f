//! A seller's people: what role each was given, and what that lets them do.

use chrono::{DateTime, Utc};
use domain::access::{Permission, Permissions, Role, Standing};
use domain::{TenantId, UserId};
use eventlog::Db;
use sqlx::PgConnection;
use uuid::Uuid;

use super::session;

/// Whoever calls, or for whom a program calls.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) tenant: TenantId,
    pub(crate) user_id: UserId,
    pub(crate) email: String,
    pub(crate) role: GivenRole,
    /// What they may do; for a program, no more than was chosen for it.
    pub(crate) standing: Standing,
}

/// A role as it is given: one that every seller has, or one of the seller's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenRole {
    BuiltIn(Role),
    Own(Uuid),
}

/// A person as others of the seller see them.
pub(crate) struct ListedPerson {
    pub(crate) user_id: UserId,
    pub(crate) email: String,
    pub(crate) role: GivenRole,
    pub(crate) created_at: DateTime<Utc>,
    /// Latest use of a session that is in force.
    pub(crate) last_used_at: Option<DateTime<Utc>>,
    pub(crate) disabled_at: Option<DateTime<Utc>>,
}

/// A person whose role is about to change.
pub(crate) struct Held {
    pub(crate) standing: Standing,
    /// Whether no other owner would be left to sign in.
    pub(crate) is_last_owner: bool,
}

impl GivenRole {
    /// Reads a role as a row has it: one of both is there.
    pub(super) fn of(built_in: Option<&str>, own: Option<Uuid>) -> Self {
        let built_in = built_in.and_then(|name| name.parse().ok());
        match (built_in, own) {
            (Some(role), _) => Self::BuiltIn(role),
            (None, Some(id)) => Self::Own(id),
            // A role that a later release has and this one does not: the least there is.
            (None, None) => Self::BuiltIn(Role::Guest),
        }
    }

    pub(crate) fn built_in(self) -> Option<Role> {
        match self {
            Self::BuiltIn(role) => Some(role),
            Self::Own(_) => None,
        }
    }

    pub(crate) fn own(self) -> Option<Uuid> {
        match self {
            Self::BuiltIn(_) => None,
            Self::Own(id) => Some(id),
        }
    }

    /// Tells what it lets people do, where one of the seller's own has `permissions`.
    pub(super) fn standing(self, permissions: Option<&[String]>) -> Standing {
        match self {
            Self::BuiltIn(role) => Standing::of(role),
            Self::Own(_) => Standing::with(known(permissions.unwrap_or_default())),
        }
    }
}

/// Reads permissions by their names; what this release does not know gives nothing.
pub(super) fn known(names: &[String]) -> Permissions {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}

/// Writes permissions as they are kept.
pub(super) fn names(permissions: &Permissions) -> Vec<String> {
    permissions.iter().copied().map(Permission::as_str).map(str::to_owned).collect()
}

/// Reads a seller's people in the order in which they came.
pub(crate) async fn list(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<ListedPerson>> {
    let rows = sqlx::query!(
        r#"select u.user_id, u.email, u.role, u.role_id, u.created_at, u.disabled_at,
                (select max(s.last_used_at) from app_session s
                    where s.tenant_id = u.tenant_id and s.user_id = u.user_id) as last_used_at
            from app_user u
            where u.tenant_id = $1
            order by u.created_at, u.user_id"#,
        tenant.0,
    )
    .fetch_all(db.pool())
    .await?;
    let listed = rows.into_iter().map(|row| ListedPerson {
        user_id: UserId(row.user_id),
        email: row.email,
        role: GivenRole::of(row.role.as_deref(), row.role_id),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        disabled_at: row.disabled_at,
    });
    Ok(listed.collect())
}

/// Reads how somebody stands, and keeps all of the seller's people as they are until the transaction ends: of two owners
/// who unmake each other at once, one is refused.
pub(crate) async fn hold(
    connection: &mut PgConnection,
    (tenant, user_id): (TenantId, UserId),
) -> sqlx::Result<Option<Held>> {
    sqlx::query!("select from app_user where tenant_id = $1 order by user_id for update", tenant.0)
        .fetch_all(&mut *connection)
        .await?;
    let row = sqlx::query!(
        r#"select u.role, u.role_id, r.permissions as "permissions?",
                u.role = 'owner' and u.disabled_at is null and not exists (
                    select from app_user o
                        where o.tenant_id = u.tenant_id and o.user_id <> u.user_id and o.role = 'owner'
                            and o.disabled_at is null) as is_last_owner
            from app_user u
            left join app_role r on r.tenant_id = u.tenant_id and r.role_id = u.role_id
            where u.tenant_id = $1 and u.user_id = $2"#,
        tenant.0,
        user_id.0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let role = GivenRole::of(row.role.as_deref(), row.role_id);
        Held {
            standing: role.standing(row.permissions.as_deref()),
            is_last_owner: row.is_last_owner.unwrap_or(false),
        }
    }))
}

/// Gives somebody a role, and shuts them out or lets them in. Whoever is shut out is signed out everywhere, and their
/// programs are.
pub(crate) async fn change(
    connection: &mut PgConnection,
    (tenant, user_id): (TenantId, UserId),
    role: GivenRole,
    is_disabled: bool,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update app_user
            set role = $3, role_id = $4,
                disabled_at = case when $5 then coalesce(disabled_at, now()) end
            where tenant_id = $1 and user_id = $2",
        tenant.0,
        user_id.0,
        role.built_in().map(Role::as_str),
        role.own(),
        is_disabled,
    )
    .execute(&mut *connection)
    .await?;
    if is_disabled {
        session::end_all(&mut *connection, (tenant, user_id)).await?;
        sqlx::query!(
            "delete from app_token where tenant_id = $1 and user_id = $2",
            tenant.0,
            user_id.0
        )
        .execute(connection)
        .await?;
    }
    Ok(())
}

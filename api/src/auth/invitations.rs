//! Invitations: a link that lets one address in once, within a week.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::access::{Role, Standing};
use domain::{TenantId, UserId};
use eventlog::Db;
use secrecy::SecretString;
use sqlx::PgConnection;
use uuid::Uuid;

use super::people::GivenRole;
use super::session::{TokenHash, new_token};
use crate::sql::interval;

/// How long an invitation stands.
const LASTS: Duration = Duration::from_hours(7 * 24);

/// Tells what is in such a link from other secrets.
const PREFIX: &str = "aiq_join_";

/// Invitations that a seller may have open.
const OPEN_MAX: i64 = 100;

/// An invitation that was made just now, or made anew.
pub(crate) struct MadeInvitation {
    pub(crate) token: SecretString,
    pub(crate) listed: ListedInvitation,
}

/// An invitation that stands open, or has run out.
pub(crate) struct ListedInvitation {
    pub(crate) invitation_id: Uuid,
    pub(crate) email: String,
    pub(crate) role: GivenRole,
    pub(crate) invited_by: UserId,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// An invitation as it is found by what is in its link.
pub(crate) struct FoundInvitation {
    pub(crate) tenant: TenantId,
    pub(crate) invitation_id: Uuid,
    pub(crate) email: String,
    pub(crate) role: GivenRole,
    pub(crate) expires_at: DateTime<Utc>,
    /// How whoever invited stands now; none where they are shut out.
    pub(crate) inviter: Option<Standing>,
    /// What the role lets people do now.
    pub(crate) wanted: Standing,
}

/// Invites an address, once more where it was invited before: the link of before is void. None where the seller has as
/// many open as may be.
pub(crate) async fn invite(
    connection: &mut PgConnection,
    (tenant, invited_by): (TenantId, UserId),
    email: &str,
    role: GivenRole,
) -> sqlx::Result<Option<MadeInvitation>> {
    let token = new_token(PREFIX);
    let row = sqlx::query!(
        "insert into app_invitation as i
                (tenant_id, invitation_id, email, role, role_id, token_hash, invited_by, expires_at)
            select $1, $2, $3, $4, $5, $6, $7, now() + $8
            where exists (select from app_invitation where tenant_id = $1 and email = $3)
                or (select count(*) from app_invitation where tenant_id = $1) < $9
            on conflict on constraint app_invitation_email_key do update
                set role = excluded.role, role_id = excluded.role_id, token_hash = excluded.token_hash,
                    invited_by = excluded.invited_by, created_at = now(), expires_at = excluded.expires_at
            returning invitation_id, created_at, expires_at",
        tenant.0,
        Uuid::now_v7(),
        email,
        role.built_in().map(Role::as_str),
        role.own(),
        TokenHash::of(&token).0,
        invited_by.0,
        interval(LASTS),
        OPEN_MAX,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| MadeInvitation {
        token,
        listed: ListedInvitation {
            invitation_id: row.invitation_id,
            email: email.to_owned(),
            role,
            invited_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
        },
    }))
}

/// Reads a seller's invitations, the newest first.
pub(crate) async fn list(db: &Db, tenant: TenantId) -> sqlx::Result<Vec<ListedInvitation>> {
    let rows = sqlx::query!(
        "select invitation_id, email, role, role_id, invited_by, created_at, expires_at
            from app_invitation
            where tenant_id = $1
            order by created_at desc, invitation_id",
        tenant.0,
    )
    .fetch_all(db.pool())
    .await?;
    let listed = rows.into_iter().map(|row| ListedInvitation {
        invitation_id: row.invitation_id,
        email: row.email,
        role: GivenRole::of(row.role.as_deref(), row.role_id),
        invited_by: UserId(row.invited_by),
        created_at: row.created_at,
        expires_at: row.expires_at,
    });
    Ok(listed.collect())
}

/// Takes an invitation back, or ends it because it was accepted. Tells whether it was there.
pub(crate) async fn remove(
    connection: &mut PgConnection,
    tenant: TenantId,
    invitation_id: Uuid,
) -> sqlx::Result<bool> {
    let removed = sqlx::query!(
        "delete from app_invitation where tenant_id = $1 and invitation_id = $2",
        tenant.0,
        invitation_id,
    )
    .execute(connection)
    .await?;
    Ok(removed.rows_affected() == 1)
}

/// Finds an invitation that stands open, by what is in its link.
pub(crate) async fn find(
    connection: &mut PgConnection,
    token: &SecretString,
) -> sqlx::Result<Option<FoundInvitation>> {
    let row = sqlx::query!(
        r#"select i.tenant_id, i.invitation_id, i.email, i.role, i.role_id, i.expires_at,
                r.permissions as "permissions?", u.role as inviter_role, u.role_id as inviter_role_id,
                ur.permissions as "inviter_permissions?", u.disabled_at is null as "inviter_is_in!"
            from app_invitation i
            join app_user u on u.tenant_id = i.tenant_id and u.user_id = i.invited_by
            left join app_role r on r.tenant_id = i.tenant_id and r.role_id = i.role_id
            left join app_role ur on ur.tenant_id = u.tenant_id and ur.role_id = u.role_id
            where i.token_hash = $1 and i.expires_at > now()
            for update of i"#,
        TokenHash::of(token).0,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let role = GivenRole::of(row.role.as_deref(), row.role_id);
        let of_inviter = GivenRole::of(row.inviter_role.as_deref(), row.inviter_role_id);
        let inviter = of_inviter.standing(row.inviter_permissions.as_deref());
        FoundInvitation {
            tenant: TenantId(row.tenant_id),
            invitation_id: row.invitation_id,
            email: row.email,
            role,
            expires_at: row.expires_at,
            inviter: row.inviter_is_in.then_some(inviter),
            wanted: role.standing(row.permissions.as_deref()),
        }
    }))
}

/// Removes invitations that ran out more than a month ago: until then whoever invited sees that nobody came. Returns how
/// many.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed =
        sqlx::query!("delete from app_invitation where expires_at < now() - interval '30 days'")
            .execute(db.pool())
            .await?;
    Ok(removed.rows_affected())
}

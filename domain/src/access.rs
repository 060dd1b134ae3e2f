//! What a seller's people may do: sixteen permissions, five roles that hold them, and who may give what to whom.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::{EnumIter, EnumString, IntoEnumIterator as _, IntoStaticStr};

/// Something that a person may be allowed to do. The name in snake case is kept in the database and is part of the API.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Permission {
    /// Read reviews, questions, chats and what became of them, and hear of what happens.
    ViewInteractions,
    /// Answer them, have drafts made, and stop what goes out.
    AnswerInteractions,
    /// Read what buyers want back.
    ViewBuyers,
    /// Keep notes about buyers.
    ManageBuyers,
    /// Erase buyers' data for good.
    EraseBuyers,
    /// Read the numbers about answers, drafts and complaints.
    ViewQuality,
    /// Keep what is known of products.
    ManageProducts,
    /// Keep the documents that replies rest on.
    ManageKnowledge,
    /// Decide what is sent without a person.
    ManageAutomation,
    /// Change guardrails, deadlines and what is wanted of drafts.
    ManagePolicies,
    /// Hold other models against past drafts.
    ManageLearning,
    /// Take pairs of drafts and answers out of the system.
    ExportLearning,
    /// Connect cabinets and replace their keys.
    ManageAccounts,
    /// Change settings and who hears of alerts, and let sending go on.
    ManageSeller,
    /// Invite people, give them roles, and shut them out.
    ManagePeople,
    /// Read the journal of the event log and its proofs.
    ViewAudit,
}

/// A role that every seller has. The name in snake case is kept in the database and is part of the API.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    EnumIter,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// Whose company it is. One is there always, and nobody else makes or unmakes owners.
    Owner,
    /// Runs it for them.
    Admin,
    /// Answers buyers.
    Operator,
    /// Looks on, at numbers too.
    Viewer,
    /// Looks at the conversations and nothing else.
    Guest,
}

/// What somebody may do.
pub type Permissions = BTreeSet<Permission>;

impl Permission {
    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns all of them.
    #[must_use]
    pub fn all() -> Permissions {
        Self::iter().collect()
    }
}

impl Role {
    /// Returns its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns what it holds.
    #[must_use]
    pub fn permissions(self) -> Permissions {
        use Permission as P;
        match self {
            Self::Owner | Self::Admin => Permission::all(),
            Self::Operator => Permissions::from([
                P::ViewInteractions,
                P::AnswerInteractions,
                P::ViewBuyers,
                P::ManageBuyers,
                P::ViewQuality,
            ]),
            Self::Viewer => Permissions::from([P::ViewInteractions, P::ViewBuyers, P::ViewQuality]),
            Self::Guest => Permissions::from([P::ViewInteractions]),
        }
    }
}

/// Whoever gives or takes a role, or whose role is given or taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Whether they are an owner.
    pub is_owner: bool,
    /// What they may do.
    pub permissions: Permissions,
}

/// Why a role is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// Owners are made and unmade by owners.
    #[error("owners are made and unmade by owners only")]
    OwnersOnly,
    /// Nobody gives, or takes from others, what they do not have themselves.
    #[error("it holds more than whoever gives it may do")]
    BeyondOwn,
}

/// Decides whether `giver` may bring somebody from what they hold (nothing, where they are new) to `wanted`.
///
/// # Errors
/// [`GrantError`].
pub fn check_grant(
    giver: &Standing,
    held: Option<&Standing>,
    wanted: &Standing,
) -> Result<(), GrantError> {
    let concerns_owner = wanted.is_owner || held.is_some_and(|it| it.is_owner);
    if concerns_owner && !giver.is_owner {
        return Err(GrantError::OwnersOnly);
    }
    let is_beyond = |it: &Standing| !it.permissions.is_subset(&giver.permissions);
    if is_beyond(wanted) || held.is_some_and(is_beyond) {
        return Err(GrantError::BeyondOwn);
    }
    Ok(())
}

impl Standing {
    /// Returns how somebody of a built-in role stands.
    #[must_use]
    pub fn of(role: Role) -> Self {
        Self { is_owner: role == Role::Owner, permissions: role.permissions() }
    }

    /// Returns how somebody with these permissions alone stands.
    #[must_use]
    pub fn with(permissions: Permissions) -> Self {
        Self { is_owner: false, permissions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_sixteen_permissions_and_their_names_come_back() {
        assert_eq!(Permission::iter().count(), 16);
        for permission in Permission::iter() {
            assert_eq!(permission.as_str().parse(), Ok(permission));
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
        }
    }

    #[test]
    fn each_role_holds_what_the_next_one_holds_and_more() {
        let held: Vec<Permissions> = Role::iter().map(Role::permissions).collect();
        assert_eq!(held[0], Permission::all());
        assert!(held.windows(2).all(|pair| pair[1].is_subset(&pair[0])));
        assert!(held.iter().all(|it| it.contains(&Permission::ViewInteractions)));
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        let people = Standing::with(Permissions::from([
            Permission::ManagePeople,
            Permission::ViewInteractions,
        ]));
        let [owner, admin, viewer, guest] =
            [Role::Owner, Role::Admin, Role::Viewer, Role::Guest].map(Standing::of);
        for (giver, held, wanted, expected) in [
            (&owner, None, &owner, Ok(())),
            (&owner, Some(&owner), &guest, Ok(())),
            (&admin, None, &admin, Ok(())),
            (&admin, None, &owner, Err(GrantError::OwnersOnly)),
            (&admin, Some(&owner), &guest, Err(GrantError::OwnersOnly)),
            (&people, None, &guest, Ok(())),
            (&people, None, &viewer, Err(GrantError::BeyondOwn)),
            (&people, Some(&viewer), &guest, Err(GrantError::BeyondOwn)),
        ] {
            assert_eq!(check_grant(giver, held, wanted), expected, "{giver:?} {held:?} {wanted:?}");
        }
    }
}

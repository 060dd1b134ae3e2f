//! `docs/access.md`: who may do what, printed from what is enforced.

use std::fmt::Write as _;

use domain::access::{Permission, Role};
use strum::IntoEnumIterator as _;

use super::{Need, Operation, operations};

const INTRODUCTION: &str = "# Who may do what

Printed by `agentiq access` from what is enforced (`domain/src/access.rs`, `api/src/access.rs`); `script/generate` writes it.

Every call is looked up in the list below before its handler runs; what is not in it is not carried out. A call without the
permission it takes is answered with 403 `permission_missing`; an item of another seller with 404, whatever the role. A role
counts at the next call, and within a minute for a live feed that is open.

Owners are made and unmade by owners only, and one stays. Nobody gives a permission, or takes one from others, that they do
not have themselves. A token of a program holds what was chosen for it of its owner's permissions, and never more than its
owner has at the time of the call; it cannot make tokens or end sessions. A seller's own roles hold any permissions.
";

/// Writes the document.
pub(crate) fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    text.push_str("\n## Roles\n\n| permission |");
    for role in Role::iter() {
        _ = write!(text, " {} |", role.as_str());
    }
    text.push_str("\n| --- |");
    text.push_str(&" --- |".repeat(Role::iter().count()));
    for permission in Permission::iter() {
        _ = write!(text, "\n| `{}` |", permission.as_str());
        for role in Role::iter() {
            let held = role.permissions().contains(&permission);
            text.push_str(if held { " yes |" } else { " |" });
        }
    }
    text.push_str("\n\n## Operations\n");
    section(&mut text, "Nobody has to be signed in", Need::Nothing);
    section(&mut text, "Whoever is signed in, also by a token of a program", Need::Caller);
    section(&mut text, "Whoever is signed in themselves", Need::Person);
    for permission in Permission::iter() {
        section(&mut text, &format!("`{}`", permission.as_str()), Need::May(permission));
    }
    text
}

fn section(text: &mut String, heading: &str, need: Need) {
    _ = write!(text, "\n### {heading}\n\n");
    let listed: Vec<Operation> = operations().filter(|it| it.need == need).collect();
    if listed.is_empty() {
        text.push_str("No operation yet.\n");
    }
    for Operation { method, path, .. } in listed {
        _ = writeln!(text, "- `{method} {path}`");
    }
}

//! Dependencies point inward: which crate may use which, held against what cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

/// The crates of the workspace, each with those it may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("eventlog", &["domain"]),
    ("commands", &["domain", "eventlog"]),
    ("projections", &["domain", "eventlog"]),
    ("adapters", &["commands", "domain", "eventlog", "projections"]),
    // The binary offers the sandbox as a subcommand.
    ("api", &["adapters", "commands", "domain", "eventlog", "projections", "sandbox"]),
    // Shares no code with the adapters, so that a wrong reading of a specification is not made twice.
    ("sandbox", &[]),
    ("tests", &["adapters", "api", "commands", "domain", "eventlog", "projections", "sandbox"]),
];

/// What other crates may use for their tests alone, as long as it is not forbidden to the crate at large.
const FOR_TESTS: &[&str] = &["sandbox"];

/// Everything from outside that the domain may use: no clock, no chance, no input or output among it.
const DOMAIN_MAY_USE: &[&str] = &[
    "chrono",
    // Deadlines count in the seller's zone: docs/decisions/0014-time-zones-compiled-in.md.
    "chrono-tz",
    "cqrs-es",
    // Guardrails read texts: docs/decisions/0010-guardrails-of-our-own.md.
    "regex",
    "serde",
    "serde_json",
    // Tells how far what was sent is from its draft.
    "strsim",
    "strum",
    "thiserror",
    "unicode-normalization",
    "uuid",
];

/// Ways to call other systems, which only adapters have.
const REMOTE_CALLS: &[&str] = &["reqwest", "hyper", "hyper-util", "rustls"];

/// The crates that must make no remote call.
const WITHOUT_REMOTE_CALLS: &[&str] = &["domain", "eventlog", "commands", "projections"];

#[derive(Clone, Deserialize)]
struct Workspace {
    packages: Vec<Package>,
}

#[derive(Clone, Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Clone, Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`; nothing for the others.
    kind: Option<String>,
    /// Of a crate of this workspace.
    path: Option<String>,
}

impl Workspace {
    fn read() -> anyhow::Result<Self> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let output = Command::new(cargo)
            .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
            .arg("--manifest-path")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
            .output()
            .context("running cargo metadata")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// The workspace with one dependency more.
    fn planted(mut self, from: &str, to: &str, kind: Option<&str>) -> Self {
        let is_member = self.packages.iter().any(|package| package.name == to);
        let package = self.packages.iter_mut().find(|package| package.name == from);
        let package = package.expect("planted in a crate of ours");
        package.dependencies.push(Dependency {
            name: to.to_owned(),
            kind: kind.map(str::to_owned),
            path: is_member.then(|| to.to_owned()),
        });
        self
    }
}

/// Every dependency that the lists above do not allow, in words.
fn violations(workspace: &Workspace) -> BTreeSet<String> {
    let rules: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut found = BTreeSet::new();
    for package in &workspace.packages {
        let Some(allowed) = rules.get(package.name.as_str()) else {
            found.insert(format!("{} stands in no list of this test", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            if !is_allowed(&package.name, allowed, dependency) {
                let kind = dependency.kind.as_deref().unwrap_or("normal");
                found.insert(format!("{} must not use {} ({kind})", package.name, dependency.name));
            }
        }
    }
    found
}

fn is_allowed(package: &str, allowed: &[&str], dependency: &Dependency) -> bool {
    let name = dependency.name.as_str();
    let is_for_tests = dependency.kind.as_deref() == Some("dev");
    if dependency.path.is_some() {
        return allowed.contains(&name) || (is_for_tests && FOR_TESTS.contains(&name));
    }
    if is_for_tests {
        return true;
    }
    let is_remote = WITHOUT_REMOTE_CALLS.contains(&package) && REMOTE_CALLS.contains(&name);
    !is_remote && (package != "domain" || DOMAIN_MAY_USE.contains(&name))
}

#[test]
fn dependencies_point_inward() {
    let workspace = Workspace::read().unwrap();
    assert_eq!(workspace.packages.len(), MAY_USE.len(), "a crate is missing from the workspace");
    assert_eq!(violations(&workspace), BTreeSet::new());
}

#[test]
fn a_forbidden_dependency_is_found_wherever_it_is_planted() {
    let workspace = Workspace::read().unwrap();
    for (from, to, kind) in [
        ("domain", "eventlog", None),
        ("domain", "sqlx", None),
        ("domain", "tokio", None),
        ("domain", "tracing", None),
        ("domain", "rand", None),
        ("eventlog", "commands", None),
        ("commands", "projections", None),
        ("commands", "reqwest", None),
        ("projections", "commands", None),
        ("projections", "commands", Some("dev")),
        ("projections", "hyper", None),
        ("adapters", "api", None),
        ("adapters", "sandbox", None),
        ("adapters", "sandbox", Some("build")),
        ("sandbox", "adapters", None),
        ("sandbox", "adapters", Some("dev")),
        ("sandbox", "domain", None),
        ("api", "tests", Some("dev")),
    ] {
        let planted = workspace.clone().planted(from, to, kind);
        let expected = format!("{from} must not use {to} ({})", kind.unwrap_or("normal"));
        assert_eq!(violations(&planted), BTreeSet::from([expected]));
    }
}

#[test]
fn tests_may_use_what_the_crate_may_not() {
    let workspace = Workspace::read().unwrap();
    for (from, to) in [("domain", "tokio"), ("commands", "reqwest"), ("projections", "sandbox")] {
        let planted = workspace.clone().planted(from, to, Some("dev"));
        assert_eq!(violations(&planted), BTreeSet::new());
    }
}

#[test]
fn a_crate_that_nobody_placed_is_found() {
    let mut workspace = Workspace::read().unwrap();
    let stranger = Package { name: "common".to_owned(), dependencies: Vec::new() };
    workspace.packages.push(stranger);
    let expected = BTreeSet::from(["common stands in no list of this test".to_owned()]);
    assert_eq!(violations(&workspace), expected);
}

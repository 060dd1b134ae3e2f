//! The command `rotate-keys`: the change of the master key, for the person on call.

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use eventlog::{InUse, Rewrapped};
use tokio::time::Instant;

use super::data::{Inner, Preparation};
use super::maintain::{SHOWN_EVERY, on_data, say};
use crate::cli::RotateKeysCommand;

/// Wraps whatever is wrapped under an earlier master key under the first one.
pub(crate) async fn rotate_keys(command: RotateKeysCommand) -> anyhow::Result<ExitCode> {
    let RotateKeysCommand { check, data, key } = command;
    on_data(&data, &key, Preparation::Check, async |_, inner| {
        let mut unreadable = Vec::new();
        if !check {
            // The keys of sellers first: they are few, and a leaked master key is worth most there.
            let sellers = inner.credentials.vault().rewrap(shown("sellers"));
            let sellers = sellers.await.context("wrapping keys of sellers anew")?;
            let people = inner.subjects.rewrap(shown("people"));
            let people = people.await.context("wrapping keys of people anew")?;
            say(&format!(
                "wrapped anew: {} and {}",
                count(&sellers, "sellers"),
                count(&people, "people")
            ));
            unreadable = [sellers.unreadable, people.unreadable].concat();
        }
        conclude(inner, &unreadable).await
    })
    .await
}

/// Says which master keys are needed, and whether that is the first alone.
async fn conclude(inner: &Inner, unreadable: &[String]) -> anyhow::Result<ExitCode> {
    let vault = inner.credentials.vault();
    let (sellers, people) = (vault.in_use().await?, inner.subjects.in_use().await?);
    let first = vault.current_master_key();
    let mut text = table(first, &sellers, &people);
    let is_alone = sellers.keys().chain(people.keys()).all(|name| name == first);
    text += if is_alone {
        "no earlier master key is needed: take them out of the file, restart, and keep them only as long as backups that \
        were made before\n"
    } else {
        "earlier master keys are still needed: keep them. If a running process was started without the new key in the \
        first place, restart it, then run this again\n"
    };
    for what in unreadable {
        text += &format!("changed by somebody and cannot be unwrapped: {what}\n");
    }
    io::stdout().write_all(text.as_bytes()).context("writing to standard output")?;
    Ok(if is_alone { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn table(first: &str, sellers: &InUse, people: &InUse) -> String {
    let mut names: Vec<&str> = sellers.keys().chain(people.keys()).map(String::as_str).collect();
    names.push(first);
    names.sort_unstable();
    names.dedup();
    let of = |keys: &InUse, name: &str| keys.get(name).copied().unwrap_or_default();
    let line = |name: &str| {
        let rank = if name == first { "first" } else { "earlier" };
        let (sellers, people) = (of(sellers, name), of(people, name));
        format!("{name} ({rank}): keys of sellers {sellers}, of people {people}\n")
    };
    names.into_iter().map(line).collect()
}

fn count(done: &Rewrapped, whose: &str) -> String {
    format!("{} keys of {whose}", done.wrapped)
}

/// Shows progress, now and then.
fn shown(whose: &'static str) -> impl FnMut(u64) {
    let mut last = Instant::now();
    move |wrapped| {
        if last.elapsed() >= SHOWN_EVERY {
            last = Instant::now();
            say(&format!("{whose}: {wrapped} keys"));
        }
    }
}

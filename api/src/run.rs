//! The commands at work.

mod archive;
mod backtest;
mod data;
mod erase;
mod find;
mod maintain;
mod process;
mod read_back;
mod replay;
mod restored;
mod rotate_keys;
mod sandbox;
mod sending;
mod signals;
mod sla;
mod verify;

use std::process::ExitCode;

use anyhow::Context as _;

pub(crate) use archive::{archive, partitions};
pub(crate) use backtest::backtest;
pub(crate) use erase::erase;
pub(crate) use maintain::{migrate, rebuild};
pub(crate) use process::{api, serve, work};
pub(crate) use replay::{export, replay};
pub(crate) use rotate_keys::rotate_keys;
pub(crate) use sandbox::sandbox;
pub(crate) use sending::sending;
pub(crate) use sla::sla_what_if;
pub(crate) use verify::{prove, public_key, verify};

/// Carries a command out to its end.
pub(crate) fn on_runtime(
    command: impl Future<Output = anyhow::Result<ExitCode>>,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let ended = runtime.block_on(command);
    // A hash or a file that is still being worked on must not hold up the end.
    runtime.shutdown_background();
    ended
}

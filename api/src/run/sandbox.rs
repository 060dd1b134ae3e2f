//! `sandbox`: the marketplaces on this machine.

use std::io::ErrorKind;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use sandbox::Sandbox;

use super::process::announce;
use super::signals::stop_on_signal;
use crate::cli::SandboxCommand;
use crate::exit::StartError;

/// Plays the marketplaces until a signal asks to stop.
pub(crate) async fn sandbox(command: SandboxCommand) -> anyhow::Result<ExitCode> {
    let stop = stop_on_signal(Duration::ZERO)?.begun;
    let config = command.config()?;
    let address = config.bind;
    let sandbox = Sandbox::start(config).await.map_err(|error| {
        let taken = error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == ErrorKind::AddrInUse);
        if taken { anyhow!(StartError::AddressTaken { address }) } else { error }
    })?;
    announce(sandbox.address())?;
    stop.cancelled().await;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}

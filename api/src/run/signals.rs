//! Ctrl-C and SIGTERM: the first asks to stop, the second does not ask.

use std::process;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// What a shell expects of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// Returns what is cancelled by the first signal.
pub(super) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let stop = CancellationToken::new();
    let asked = stop.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => (),
                _ = terminate.recv() => (),
            }
            if asked.is_cancelled() {
                warn!("stopping at once");
                process::exit(INTERRUPTED);
            }
            info!("stopping");
            asked.cancel();
        }
    });
    Ok(stop)
}

//! Ctrl-C and SIGTERM: the first asks to stop, the second does not ask.

use std::process;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// What a shell expects of a program that was interrupted.
const INTERRUPTED: i32 = 130;

/// How a process hears that it is to stop.
#[derive(Clone)]
pub(super) struct Stopping {
    /// Cancelled by the first signal: whoever asks is told to go elsewhere, and is served until then.
    pub(super) announced: CancellationToken,
    /// Cancelled when those had time for that: nothing new is begun.
    pub(super) begun: CancellationToken,
}

/// Returns what is cancelled by the first signal, the second part of it so much later.
pub(super) fn stop_on_signal(notice: Duration) -> anyhow::Result<Stopping> {
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let begun = CancellationToken::new();
    // What stops for a reason of its own has no time to give notice.
    let announced = begun.child_token();
    let stopping = Stopping { announced, begun };
    let asked = stopping.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => (),
                _ = terminate.recv() => (),
            }
            if asked.announced.is_cancelled() {
                warn!("stopping at once");
                process::exit(INTERRUPTED);
            }
            info!("stopping");
            asked.announced.cancel();
            let begun = asked.begun.clone();
            tokio::spawn(async move {
                tokio::time::sleep(notice).await;
                begun.cancel();
            });
        }
    });
    Ok(stopping)
}

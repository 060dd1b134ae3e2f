//! Waiting for state, with a deadline. Nothing here or in the scenarios waits for a time to pass.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::time::{Instant, sleep};

/// How long something may take that is expected at once: generous, since a slow machine is no defect.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Looks until something is found. A look that errs has not found it yet: what is looked at may be starting.
///
/// # Errors
/// After [`PATIENCE`], with `what` was waited for and what the last look said.
pub async fn until<T>(
    what: &str,
    look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    until_within(PATIENCE, what, look).await
}

/// As [`until`], with another patience.
///
/// # Errors
/// When the patience is at its end.
pub async fn until_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        let seen = match look().await {
            Ok(Some(found)) => return Ok(found),
            Ok(None) => anyhow!("it did not come about"),
            Err(error) => error,
        };
        if Instant::now() >= deadline {
            return Err(seen)
                .with_context(|| format!("waited {} s for: {what}", patience.as_secs()));
        }
        sleep(LOOK_AGAIN).await;
    }
}

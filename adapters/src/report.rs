//! How the result of an effect comes back: as a command whose id derives from the effect, so that a report repeated
//! after a crash is found to have been made.

use std::time::Duration;

use anyhow::Context as _;
use commands::{Actor, CommandError, Commands, Context};
use domain::interaction::{Interaction, InteractionCommand};
use projections::effects::Claimed;
use tracing::warn;
use uuid::Uuid;

/// How often a report is tried while the log is out of reach. After that the effect stays `calling` and ends as
/// unknown, which costs a settle window but no duplicate.
const TRIES: u32 = 10;

/// Pause between two tries: a failover of the database takes seconds.
const PAUSE: Duration = Duration::from_secs(1);

/// Reports what became of `claimed`. The aggregate may know it already, which is fine.
pub(crate) async fn report(
    commands: &Commands,
    claimed: &Claimed,
    outcome: &str,
    command: InteractionCommand,
) -> anyhow::Result<()> {
    let command_id = Uuid::new_v5(&claimed.effect_id, outcome.as_bytes());
    let context = Context::repeatable(claimed.tenant, Actor::System("delivery"), command_id)
        .caused_by(claimed.cause_event_id, claimed.correlation_id.unwrap_or(command_id));
    let mut tries = 0;
    loop {
        tries += 1;
        let command = command.clone();
        match commands.execute::<Interaction>(&context, claimed.interaction, command).await {
            Ok(_) => return Ok(()),
            Err(CommandError::Log(error)) if tries < TRIES => {
                warn!(
                    error = &error as &dyn std::error::Error,
                    "could not report yet, trying again"
                );
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error).context("reporting the result of an effect"),
        }
    }
}

/// Names a read as the outcome of an effect: every read is a report of its own, found again only when the same one is
/// reported twice.
pub(crate) fn name_of_read(claimed: &Claimed) -> String {
    format!("read:{}", claimed.now.timestamp_micros())
}

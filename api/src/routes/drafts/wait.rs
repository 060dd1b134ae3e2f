//! Asking for a draft, and waiting for it.

use domain::interaction::{Interaction, InteractionCommand};
use domain::{InteractionId, TenantId};
use projections::drafts;
use tokio::time::Instant;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::idempotency::CommandId;

/// Asks for a draft, unless there is one that knows all that was said, or somebody is making it.
pub(super) async fn ask(
    app: &App,
    caller: &Caller,
    CommandId(command_id): CommandId,
    id: InteractionId,
    force: bool,
) -> Result<(), ApiError> {
    let interaction = app.commands.load::<Interaction>(caller.tenant(), id).await?.aggregate;
    if !force && interaction.has_present_draft() {
        metrics::counter!("agentiq_drafts_total", "outcome" => "cached").increment(1);
        return Ok(());
    }
    let (basis, asked) = (interaction.basis(), interaction.drafts_asked());
    // Asking for what is being written would have it written, and paid for, twice.
    let is_being_made = drafts::is_being_made(&app.db, caller.tenant(), id, (basis, asked)).await?;
    if !force && is_being_made {
        return Ok(());
    }
    let context = caller.context(command_id);
    let command = InteractionCommand::RequestDraft;
    app.commands.execute::<Interaction>(&context, id, command).await?;
    Ok(())
}

/// Waits for the draft that was asked for, as long as for the outcome of a reply; tells whether it is there.
pub(super) async fn for_draft(
    app: &App,
    tenant: TenantId,
    id: InteractionId,
) -> Result<bool, ApiError> {
    let log = app.log.log_of(tenant).await?;
    let mut doorbell = app.log.doorbell();
    let deadline = Instant::now() + app.settings.reply_wait;
    loop {
        let interaction = app.commands.load::<Interaction>(tenant, id).await?.aggregate;
        if interaction.has_present_draft() && !interaction.awaits_draft() {
            return Ok(true);
        }
        // Answered, or erased: nobody makes it any more.
        if interaction.may_answer().is_err() {
            return Ok(false);
        }
        tokio::select! {
            () = doorbell.changed(log) => (),
            () = tokio::time::sleep_until(deadline) => return Ok(false),
            () = app.stop.cancelled() => return Ok(false),
        }
    }
}

//! What becomes of a reply, as far as it is known within the time that somebody waits for it.

use std::time::Duration;

use domain::interaction::{ReplyState, SendFailure};
use domain::{InteractionId, ReplyId, TenantId};
use tokio::time::Instant;

use super::fold::{Standing, standing};
use crate::app::App;
use crate::error::{ApiError, Code};

/// How often somebody who waits asks whether sending is stopped: a stop of the installation rings no bell.
const STOPS_ASKED_EVERY: Duration = Duration::from_secs(1);

/// What became of a reply.
pub(crate) enum Outcome {
    /// The marketplace accepted it.
    Accepted(Standing),
    /// It is held or was taken back, is on its way or kept from that, or nobody knows yet.
    Open(Standing),
    /// It definitely is not there.
    Refused(ApiError),
}

/// Waits until it is known what became of a reply, as long as the settings say, or until the server stops. Where
/// sending is stopped there is nothing to wait for.
pub(crate) async fn wait_for_outcome(
    app: &App,
    tenant: TenantId,
    interaction: InteractionId,
    reply: ReplyId,
) -> Result<Outcome, ApiError> {
    let log = app.log.log_of(tenant).await?;
    let mut doorbell = app.log.doorbell();
    let deadline = Instant::now() + app.settings.reply_wait;
    loop {
        let standing = standing_of(app, tenant, interaction, reply).await?;
        let standing = match judge(standing, reply) {
            Ok(outcome) => return Ok(outcome),
            Err(on_its_way) => on_its_way,
        };
        if app.commands.sending_stopped_by(&app.db, tenant).await?.is_some() {
            return Ok(Outcome::Open(standing));
        }
        tokio::select! {
            () = doorbell.changed(log) => (),
            () = tokio::time::sleep(STOPS_ASKED_EVERY) => (),
            () = tokio::time::sleep_until(deadline) => return Ok(Outcome::Open(standing)),
            () = app.stop.cancelled() => return Ok(Outcome::Open(standing)),
        }
    }
}

/// Reads how a reply stands.
pub(crate) async fn standing_of(
    app: &App,
    tenant: TenantId,
    interaction: InteractionId,
    reply: ReplyId,
) -> Result<Standing, ApiError> {
    let events = app.log.load_stream(tenant, interaction.into(), 0).await?;
    standing(events, reply)?.ok_or_else(|| ApiError::new(Code::NotFound))
}

/// Says what became of a reply; gives it back while it is worth waiting.
#[expect(clippy::result_large_err, reason = "moved once, to the caller")]
fn judge(standing: Standing, reply: ReplyId) -> Result<Outcome, Standing> {
    let Some(version) = standing.interaction.version(reply) else { return Err(standing) };
    match (version.state, version.failure) {
        (ReplyState::Sent | ReplyState::Published, _) => Ok(Outcome::Accepted(standing)),
        // Being settled takes minutes, and so does a series of attempts: whoever asked can go on meanwhile.
        (ReplyState::Unknown | ReplyState::Held | ReplyState::Cancelled, _)
        | (ReplyState::Sending, Some(_)) => Ok(Outcome::Open(standing)),
        (ReplyState::Sending, None) => Err(standing),
        (ReplyState::Rejected, _) => {
            Ok(Outcome::Refused(refusal(Code::ModerationRefused, &standing)))
        }
        (ReplyState::Failed, failure) => {
            let code = failure.map_or(Code::MarketplaceRefused, code_of);
            Ok(Outcome::Refused(refusal(code, &standing)))
        }
    }
}

/// The reply was asked for and this is its outcome, so that a repetition of the request is told the same.
fn refusal(code: Code, standing: &Standing) -> ApiError {
    let words = standing.row.marketplace_text.as_deref();
    let reason = standing.row.failure.as_deref().map_or("", super::message);
    let refused = match words {
        Some(words) => ApiError::new(code).detail(format!("{reason} Площадка пишет: «{words}»")),
        None => ApiError::new(code).detail(reason),
    };
    refused.settled()
}

fn code_of(failure: SendFailure) -> Code {
    match failure {
        SendFailure::Unavailable => Code::MarketplaceUnavailable,
        SendFailure::Unauthorized => Code::MarketplaceUnauthorized,
        SendFailure::NoRight => Code::MarketplaceNoRight,
        SendFailure::ClosedByPlan => Code::MarketplaceClosedByPlan,
        SendFailure::PaymentRequired => Code::MarketplaceUnpaid,
        SendFailure::AnsweredElsewhere => Code::AlreadyAnswered,
        SendFailure::BadRequest
        | SendFailure::NotFound
        | SendFailure::NotPublished
        | SendFailure::NeverArrived
        | SendFailure::Unprovable => Code::MarketplaceRefused,
        SendFailure::Erased => Code::BuyerErased,
        SendFailure::FileGone => Code::FileGone,
    }
}

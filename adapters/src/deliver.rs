//! Worker: sends replies. One effect, one call, one report; an unclear outcome is reported as unknown, never repeated.

use std::time::Duration;

use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use commands::Commands;
use commands::attachment::{AttachmentError, Attachments};
use domain::account::{AccessLossReason, ClosureReason, Use};
use domain::effect::Effect;
use domain::interaction::{Delivery, Interaction, InteractionCommand, SendFailure, UnknownReason};
use domain::value::known_files;
use domain::{Channel, ReplyId};
use eventlog::Db;
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::runner::Step;
use tracing::{info, warn};
use uuid::Uuid;

use crate::cabinets::{Cabinet, Cabinets, access_loss, closure};
use crate::connector::Letter;
use crate::crash;
use crate::http::{CallError, Failure, File, Receipt, SendOutcome};
use crate::looks::{Look, Looks};
use crate::rate_limit::{Priority, Turn};
use crate::report::report;
use crate::stops::{self, Stops};

/// Longest wait for a turn under the account's limit before the effect is put back: a worker that waits for one
/// seller's turn is not there for the others.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a reply waits whose account cannot be opened.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(30);

/// Which attempt of which version.
struct Attempt {
    reply_id: ReplyId,
    number: u32,
}

/// Sends replies that are owed.
#[derive(Clone)]
pub(crate) struct Deliver {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    pub(crate) attachments: Attachments,
    pub(crate) claim: Claim,
    pub(crate) looks: Looks,
    pub(crate) stops: Stops,
}

impl Deliver {
    /// Sends one reply, if one is due.
    #[tracing::instrument(skip_all, name = "deliver")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let Some(claimed) = effects::claim(&self.db, EffectKind::DeliverReply, self.claim).await?
        else {
            return Ok(Step::CaughtUp);
        };
        let Effect::DeliverReply { reply_id, attempt, .. } = claimed.effect else {
            bail!("effect {} is no delivery", claimed.effect_id);
        };
        let attempt = Attempt { reply_id, number: attempt };
        if claimed.call_lost {
            self.end_unknown(&claimed, &attempt, UnknownReason::SenderLost, claimed.now).await?;
            return Ok(Step::Advanced);
        }
        self.deliver(&claimed, &attempt).await?;
        Ok(Step::Advanced)
    }

    /// Asks the aggregate whether this attempt is still due: it may have been answered elsewhere meanwhile, or the
    /// buyer's data, and the text with it, been erased.
    async fn due(
        &self,
        claimed: &Claimed,
        attempt: &Attempt,
    ) -> anyhow::Result<Option<(Delivery, String)>> {
        let loaded = self
            .commands
            .load::<Interaction>(claimed.tenant, claimed.interaction)
            .await
            .context("loading the interaction")?;
        let due = loaded.aggregate.delivery_due(attempt.reply_id, attempt.number);
        Ok(due.and_then(|due| {
            let text = due.text.known()?.clone();
            Some((due, text))
        }))
    }

    async fn deliver(&self, claimed: &Claimed, attempt: &Attempt) -> anyhow::Result<()> {
        let cabinet = match self.cabinets.open(claimed.tenant, claimed.account).await {
            Ok(cabinet) => cabinet,
            Err(error) => {
                // Put back, or this seller's trouble would hold up the others.
                warn!(
                    account.id = %claimed.account,
                    error = &error as &dyn std::error::Error,
                    "could not open the account of a reply"
                );
                effects::put_back(&self.db, claimed, PAUSE_AFTER_FAILURE, None).await?;
                return Ok(());
            }
        };
        let Some((due, _)) = self.due(claimed, attempt).await? else {
            return Ok(effects::finish(&self.db, claimed).await?);
        };
        let channel = due.source.channel;
        if let Some(failure) = self.refused_before(claimed, channel).await? {
            return self.fail(claimed, attempt, failure, None, claimed.now).await;
        }
        match self.looks.look(&self.db, &self.commands, &cabinet, claimed, channel).await? {
            Look::Done => (),
            Look::NotBefore(wait) => {
                return Ok(effects::put_back(&self.db, claimed, wait, None).await?);
            }
            Look::Failed(error) => {
                if let Some(wait) = error.retry_after() {
                    return Ok(effects::put_back(&self.db, claimed, wait, None).await?);
                }
                return self.could_not_look(claimed, attempt, &cabinet, error).await;
            }
        }
        let limiter = if due.files.is_empty() {
            cabinet.connector.write_limiter(channel)
        } else {
            cabinet.connector.file_limiter(channel)
        };
        let Some(files) = self.files(claimed, &due).await? else {
            return self.fail(claimed, attempt, SendFailure::FileGone, None, claimed.now).await;
        };
        if let Turn::NotBefore(wait) = limiter.turn(Priority::Write, PATIENCE).await? {
            effects::put_back(&self.db, claimed, wait, None).await?;
            return Ok(());
        }
        let place = limiter.enter().await;
        // Asked last: while the reply waited for its turn, the key may have been refused or the buyer been answered.
        if let Some(failure) = self.refused_before(claimed, due.source.channel).await? {
            return self.fail(claimed, attempt, failure, None, claimed.now).await;
        }
        if let Err(wait) = place {
            // The key was refused just now, and soon that is known.
            effects::put_back(&self.db, claimed, wait, None).await?;
            return Ok(());
        }
        let Some((due, text)) = self.due(claimed, attempt).await? else {
            return Ok(effects::finish(&self.db, claimed).await?);
        };
        let Some(clear) = self.stops.clear(claimed.tenant).await? else {
            return Ok(effects::put_back(&self.db, claimed, stops::ASK_AGAIN, None).await?);
        };
        crash::at("before_intent", claimed.interaction);
        let started_at = self.intend(claimed).await?;
        crash::at("after_intent", claimed.interaction);
        // The sabotage that the tests must catch: the call is made whoever has the reply by now.
        let unfenced = cfg!(feature = "sabotage-no-fence").then_some(claimed.now);
        let Some(started_at) = started_at.or(unfenced) else {
            warn!(effect.id = %claimed.effect_id, "lost the lease before the call, nothing was sent");
            return Ok(());
        };
        // A second lock: whoever lost a lease has waited longer than that holds, so that the sabotage leaves it open,
        // too.
        if unfenced.is_none() && !clear.holds() {
            return Ok(effects::put_back(&self.db, claimed, Duration::ZERO, None).await?);
        }
        crash::at("before_connect", claimed.interaction);
        let clock = tokio::time::Instant::now();
        let call = cabinet.connector.send(&due, Letter { text: &text, files });
        let outcome = crash::within("in_call", claimed.interaction, call).await;
        crash::at("answered", claimed.interaction);
        let at = if cfg!(feature = "sabotage-local-clock") {
            // The sabotage that the tests must catch: this machine's clock is believed.
            Utc::now()
        } else {
            started_at + clock.elapsed()
        };
        cabinet.note_sent(&outcome, clock.elapsed());
        limiter.leave(outcome.refusal());
        if let SendOutcome::NotSent(error) = &outcome
            && let Some(wait) = error.retry_after()
        {
            // First of all: others wait for their turns.
            if !error.is_before_turn() {
                limiter.block(wait).await?;
            }
            return Ok(effects::put_back(&self.db, claimed, wait, None).await?);
        }
        let was_accepted = matches!(outcome, SendOutcome::Accepted(_));
        self.take(claimed, attempt, (&cabinet, due.source.channel), outcome, at).await?;
        if was_accepted {
            self.forget_files(claimed, &due).await;
            self.cabinets.note_use(&cabinet, due.source.channel, Use::Answering).await?;
        }
        Ok(())
    }

    /// Writes down that the call is about to begin, unless the lease was lost.
    #[cfg(not(feature = "sabotage-late-intent"))]
    async fn intend(&self, claimed: &Claimed) -> sqlx::Result<Option<DateTime<Utc>>> {
        effects::start_call(&self.db, claimed, self.claim).await
    }

    /// The sabotage that the fault tests must catch: nothing is written down before the call's end is.
    #[cfg(feature = "sabotage-late-intent")]
    async fn intend(&self, claimed: &Claimed) -> sqlx::Result<Option<DateTime<Utc>>> {
        Ok(Some(claimed.now))
    }

    /// Returns the files that a reply carries; none when they are not kept any more.
    async fn files(&self, claimed: &Claimed, due: &Delivery) -> anyhow::Result<Option<Vec<File>>> {
        let place = (claimed.tenant, claimed.interaction);
        let mut files = Vec::new();
        for file in known_files(&due.files) {
            let bytes = match self.attachments.content(place, file).await {
                Ok(content) => content,
                Err(AttachmentError::Gone | AttachmentError::Erased) => return Ok(None),
                Err(error) => return Err(error).context("opening a file of a reply"),
            };
            let content_type = file.kind.media_type().to_owned();
            files.push(File { name: file.name.clone(), content_type, bytes });
        }
        Ok(Some(files))
    }

    /// The marketplace has them now. What cannot be removed is removed later, with what nobody sends.
    async fn forget_files(&self, claimed: &Claimed, due: &Delivery) {
        let ids: Vec<Uuid> = known_files(&due.files).map(|file| file.file_id.0).collect();
        if ids.is_empty() {
            return;
        }
        if let Err(error) =
            self.attachments.forget((claimed.tenant, claimed.interaction), &ids).await
        {
            let error = &error as &dyn std::error::Error;
            warn!(interaction.id = %claimed.interaction, error, "could not remove sent files");
        }
    }

    /// Returns why a call would be in vain. A plan is bought by people, who then send again, so that only a call tells.
    async fn refused_before(
        &self,
        claimed: &Claimed,
        channel: Channel,
    ) -> anyhow::Result<Option<SendFailure>> {
        let account = self.cabinets.account(claimed.tenant, claimed.account).await?;
        let no_right = account.closed(channel, Use::Answering) == Some(ClosureReason::NoRight);
        Ok(account.lost().map(closed).or(no_right.then_some(SendFailure::NoRight)))
    }

    /// Reports what became of the call.
    async fn take(
        &self,
        claimed: &Claimed,
        attempt: &Attempt,
        (cabinet, channel): (&Cabinet, Channel),
        outcome: SendOutcome,
        at: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let Attempt { reply_id, number, .. } = *attempt;
        match outcome {
            SendOutcome::Accepted(Receipt { external_id }) => {
                let accepted = InteractionCommand::RecordAccepted {
                    reply_id,
                    attempt: number,
                    at,
                    external_id,
                };
                self.end(claimed, "accepted", accepted).await
            }
            SendOutcome::NotSent(error) => {
                if !self.is_of_present_key(&error, cabinet, channel).await? {
                    // The refused key is not the cabinet's any more: the present one has not been tried.
                    effects::put_back(&self.db, claimed, Duration::ZERO, None).await?;
                    return Ok(());
                }
                if let Some(words) = error.words.as_ref().filter(|_| is_moderation(&error)) {
                    let refused = InteractionCommand::RecordModerationFailed {
                        reply_id,
                        code: "prohibited_content".into(),
                        marketplace_text: Some(words.clone()),
                    };
                    return self.end(claimed, "rejected", refused).await;
                }
                let failure = send_failure(&error);
                self.fail(claimed, attempt, failure, error.words, at).await
            }
            SendOutcome::Unknown(reason) => self.end_unknown(claimed, attempt, reason, at).await,
        }
    }

    /// Ends an attempt before anything was sent, since nobody knows what stands there. What was refused is a reading:
    /// it says something of the key, and nothing of answers or of this one's words.
    async fn could_not_look(
        &self,
        claimed: &Claimed,
        attempt: &Attempt,
        cabinet: &Cabinet,
        error: CallError,
    ) -> anyhow::Result<()> {
        if let Some(reason) = access_loss(&error)
            && !self.cabinets.lose_access(cabinet, reason).await?
        {
            // The refused key is not the cabinet's any more: the present one has not been tried.
            return Ok(effects::put_back(&self.db, claimed, Duration::ZERO, None).await?);
        }
        let failure = send_failure(&error);
        self.fail(claimed, attempt, failure, error.words, claimed.now).await
    }

    /// Notes what a refusal says about the key, and tells whether it is the cabinet's present one.
    async fn is_of_present_key(
        &self,
        error: &CallError,
        cabinet: &Cabinet,
        channel: Channel,
    ) -> anyhow::Result<bool> {
        if let Some(reason) = access_loss(error) {
            return Ok(self.cabinets.lose_access(cabinet, reason).await?);
        }
        if let Some(reason) = closure(error) {
            let answering = (channel, Use::Answering);
            return Ok(self.cabinets.close_channel(cabinet, answering, reason).await?);
        }
        Ok(true)
    }

    async fn fail(
        &self,
        claimed: &Claimed,
        attempt: &Attempt,
        failure: SendFailure,
        marketplace_text: Option<String>,
        at: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let Attempt { reply_id, number, .. } = *attempt;
        let failed = InteractionCommand::RecordFailed {
            reply_id,
            attempt: number,
            failure,
            marketplace_text,
            at,
        };
        self.end(claimed, "failed", failed).await
    }

    /// Leaves the outcome to be settled by reading.
    #[cfg(not(feature = "sabotage-blind-retry"))]
    async fn end_unknown(
        &self,
        claimed: &Claimed,
        attempt: &Attempt,
        reason: UnknownReason,
        at: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        let Attempt { reply_id, number, .. } = *attempt;
        let unknown = InteractionCommand::RecordUnknown { reply_id, attempt: number, reason, at };
        self.end(claimed, "unknown", unknown).await
    }

    /// The sabotage that the fault tests must catch: sends again without knowing.
    #[cfg(feature = "sabotage-blind-retry")]
    async fn end_unknown(
        &self,
        claimed: &Claimed,
        _attempt: &Attempt,
        _reason: UnknownReason,
        _at: DateTime<Utc>,
    ) -> anyhow::Result<()> {
        effects::put_back(&self.db, claimed, Duration::ZERO, None).await?;
        Ok(())
    }

    async fn end(
        &self,
        claimed: &Claimed,
        outcome: &'static str,
        command: InteractionCommand,
    ) -> anyhow::Result<()> {
        crash::at("before_report", claimed.interaction);
        report(&self.commands, claimed, outcome, command).await?;
        crash::at("after_report", claimed.interaction);
        effects::finish(&self.db, claimed).await?;
        metrics::counter!("agentiq_deliveries_total", "outcome" => outcome).increment(1);
        let id = claimed.interaction;
        info!(interaction.id = %id, outcome, "reply to interaction {id} ended as {outcome}");
        Ok(())
    }
}

fn closed(reason: AccessLossReason) -> SendFailure {
    match reason {
        AccessLossReason::Unauthorized | AccessLossReason::Expired => SendFailure::Unauthorized,
        AccessLossReason::NoRight => SendFailure::NoRight,
        AccessLossReason::PaymentRequired => SendFailure::PaymentRequired,
    }
}

/// Tells whether a refusal is about the text: Wildberries says so with status 400 and words alone (F30, F171).
fn is_moderation(error: &CallError) -> bool {
    let about_text = |words: &String| {
        let words = words.to_lowercase();
        ["prohibited", "запрещ", "модерац"].iter().any(|stem| words.contains(stem))
    };
    error.failure == Failure::BadRequest && error.words.as_ref().is_some_and(about_text)
}

/// Why a write that certainly had no effect had none.
fn send_failure(error: &CallError) -> SendFailure {
    match error.failure {
        Failure::Unauthorized => SendFailure::Unauthorized,
        Failure::NoRight => SendFailure::NoRight,
        Failure::ClosedByPlan => SendFailure::ClosedByPlan,
        Failure::PaymentRequired => SendFailure::PaymentRequired,
        Failure::NotFound => SendFailure::NotFound,
        Failure::BadRequest => SendFailure::BadRequest,
        Failure::Unreachable
        | Failure::RateLimited { .. }
        | Failure::ServerError
        | Failure::NoAnswer { .. }
        | Failure::MalformedAnswer => SendFailure::Unavailable,
    }
}

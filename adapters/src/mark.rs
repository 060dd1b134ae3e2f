//! Worker: tells marketplaces what was viewed here. One effect, one call at most: whatever becomes of it, it is not
//! worth a second, and no reply waits for it.

use std::time::Duration;

use anyhow::Context as _;
use commands::Commands;
use domain::account::Use;
use domain::interaction::Interaction;
use eventlog::Db;
use projections::effects::{self, Claim, Claimed, EffectKind};
use projections::runner::Step;
use tracing::warn;

use crate::cabinets::{Cabinets, access_loss};
use crate::http::SendOutcome;
use crate::rate_limit::{Priority, Turn};
use crate::stops::{self, Stops};

/// Makes the marks that are owed.
#[derive(Clone)]
pub(crate) struct Mark {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    pub(crate) claim: Claim,
    pub(crate) stops: Stops,
}

/// What becomes of the effect.
enum End {
    /// Nothing more is to be done.
    Done(&'static str),
    /// No call was made, or it certainly had no effect: it may be made later.
    Later(Duration),
}

impl Mark {
    /// Makes one mark, if one is due.
    #[tracing::instrument(skip_all, name = "mark")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let Some(claimed) = effects::claim(&self.db, EffectKind::MarkViewed, self.claim).await?
        else {
            return Ok(Step::CaughtUp);
        };
        // A call that was begun may have had its effect.
        let end =
            if claimed.call_lost { End::Done("unknown") } else { self.mark(&claimed).await? };
        match end {
            End::Done(outcome) => {
                effects::finish(&self.db, &claimed).await?;
                metrics::counter!("agentiq_marks_total", "outcome" => outcome).increment(1);
            }
            End::Later(wait) => effects::put_back(&self.db, &claimed, wait, None).await?,
        }
        Ok(Step::Advanced)
    }

    async fn mark(&self, claimed: &Claimed) -> anyhow::Result<End> {
        let (tenant, account) = (claimed.tenant, claimed.account);
        let loaded = self.commands.load::<Interaction>(tenant, claimed.interaction).await;
        let interaction = loaded.context("loading the interaction")?.aggregate;
        let Some(source) = interaction.source() else { return Ok(End::Done("needless")) };
        let known = self.cabinets.account(tenant, account).await?;
        if known.lost().is_some() || known.closed(source.channel, Use::Answering).is_some() {
            return Ok(End::Done("closed"));
        }
        let cabinet = match self.cabinets.open(tenant, account).await {
            Ok(cabinet) => cabinet,
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(account.id = %account, error, "could not open the account of a mark");
                return Ok(End::Done("closed"));
            }
        };
        let Some(call) = cabinet.connector.mark_viewed(source) else {
            return Ok(End::Done("needless"));
        };
        let limiter = cabinet.connector.write_limiter(source.channel);
        // What is left over: whoever reads or answers goes first.
        if let Turn::NotBefore(wait) = limiter.turn(Priority::Read, Duration::ZERO).await? {
            return Ok(End::Later(wait));
        }
        if let Err(wait) = limiter.enter().await {
            return Ok(End::Later(wait));
        }
        let Some(clear) = self.stops.clear(tenant).await? else {
            limiter.leave(None);
            return Ok(End::Later(stops::ASK_AGAIN));
        };
        if effects::start_call(&self.db, claimed, self.claim).await?.is_none() {
            limiter.leave(None);
            warn!(effect.id = %claimed.effect_id, "lost the lease before the call, nothing was marked");
            return Ok(End::Done("lost"));
        }
        if !clear.holds() {
            limiter.leave(None);
            return Ok(End::Later(Duration::ZERO));
        }
        let outcome = call.await;
        limiter.leave(outcome.refusal());
        match outcome {
            SendOutcome::Accepted(_) => Ok(End::Done("accepted")),
            SendOutcome::Unknown(_) => Ok(End::Done("unknown")),
            SendOutcome::NotSent(error) => {
                if let Some(wait) = error.retry_after() {
                    limiter.block(wait).await?;
                    return Ok(End::Later(wait));
                }
                if let Some(reason) = access_loss(&error) {
                    self.cabinets.lose_access(&cabinet, reason).await?;
                }
                let id = claimed.interaction;
                warn!(interaction.id = %id, error = %error, "could not mark interaction {id} as viewed");
                Ok(End::Done("refused"))
            }
        }
    }
}

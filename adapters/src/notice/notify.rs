//! Worker: tells recipients what there is to tell. Any number of processes may: a recipient is claimed, and what is sent is
//! noted before it is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use domain::policy::notice::{self, Repetition};
use eventlog::Db;
use projections::effects;
use projections::recipients::{self, Attempted, Claimed, Notice};
use projections::runner::Step;
use tokio::time::Instant;
use tracing::{error, info, warn};
use uuid::Uuid;

use super::post::{Failure, SENT_WITHIN, Why};
use super::recipients::Recipients;
use super::words::{Message, Seller, Subject};

/// How often is looked whether quiet hours are over, or an end has lasted.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// The pause where there was nobody to tell: alerts are looked for every 15 s, so nobody hears of them sensibly later.
const REST: Duration = Duration::from_secs(2);

/// How much longer a recipient is left alone than sending may take.
const LEASE_BEYOND: Duration = Duration::from_secs(10);

/// Attempts of one message that may have arrived, each under its id: some four hours of them. After that it counts as told
/// where it was handed over each time, and else what there is to tell is looked at anew.
const ATTEMPTS_MAX: u32 = 10;

/// What became of a message that has nothing to tell any more.
const OVERTAKEN: &str = "overtaken";

/// The pause after a first attempt that did not arrive; twice as long after each further one.
const FIRST_PAUSE: Duration = Duration::from_mins(1);

/// The longest of those pauses.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// The shortest pause that the other side may ask for: one that asks for none, and takes nothing, must not keep others
/// waiting.
const ASKED_PAUSE_MIN: Duration = Duration::from_secs(5);

/// The pause after the other side said that it takes nothing: whoever goes on knocking is taken for a nuisance.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_hours(6);

/// Tells recipients.
#[derive(Clone)]
pub(crate) struct Notify {
    db: Db,
    recipients: Recipients,
    lease: Duration,
    /// When there was nobody to tell last: all recipients are gone through for that.
    rested_at: Arc<Mutex<Option<Instant>>>,
}

impl Notify {
    pub(crate) fn new(db: Db, recipients: Recipients, lease: Duration) -> Self {
        let lease = lease.max(SENT_WITHIN + LEASE_BEYOND);
        Self { db, recipients, lease, rested_at: Arc::default() }
    }

    /// Tells one recipient, if there is one to be told something.
    #[tracing::instrument(skip_all, name = "notify")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        let rested_at = *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner);
        if rested_at.is_some_and(|at| at.elapsed() < REST) {
            return Ok(Step::CaughtUp);
        }
        let claimed = recipients::claim(&self.db, self.lease).await;
        let Some(claimed) = claimed.context("looking for somebody to tell")? else {
            let mut rested_at = self.rested_at.lock().unwrap_or_else(PoisonError::into_inner);
            *rested_at = Some(Instant::now());
            return Ok(Step::CaughtUp);
        };
        let (seller, standings) = self.recipients.seller(claimed.tenant).await?;
        let now = effects::now(&self.db).await?;
        if let Some(open) = &claimed.open {
            let (wish, told) = (claimed.wish, &claimed.told);
            let news = (open.news.as_slice(), now);
            match notice::repetition(wish, seller.zone, told, &standings, news) {
                Repetition::Now if open.attempts < ATTEMPTS_MAX => {
                    if recipients::begin_again(&self.db, &claimed, open).await? {
                        let attempts = open.attempts + 1;
                        self.tell(&claimed, seller, &Notice { attempts, ..open.clone() }).await?;
                    }
                }
                // Its process died at the last attempt.
                Repetition::Now => {
                    let outcome = Why::NoAnswer.into();
                    recipients::give_up(&self.db, &claimed, open, outcome).await?;
                }
                Repetition::Later => {
                    recipients::put_off(&self.db, &claimed, LOOK_EVERY).await?;
                }
                Repetition::Never => {
                    recipients::give_up(&self.db, &claimed, open, OVERTAKEN).await?;
                }
            }
            return Ok(Step::Advanced);
        }
        let due = notice::due(claimed.wish, seller.zone, &claimed.told, &standings, now);
        if due.news.is_empty() {
            let look_after = due.is_later.then_some(LOOK_EVERY);
            recipients::settled(&self.db, &claimed, &due.told, look_after).await?;
        } else if let Some(notice) = recipients::begin(&self.db, &claimed, &due).await? {
            self.tell(&claimed, seller, &notice).await?;
        }
        Ok(Step::Advanced)
    }

    async fn tell(&self, claimed: &Claimed, seller: Seller, notice: &Notice) -> anyhow::Result<()> {
        let is_forgetful = cfg!(feature = "sabotage-tells-again");
        let id = if is_forgetful { Uuid::now_v7() } else { notice.notice_id };
        let subject = Subject::News(notice.news.clone());
        let message = Message { id, made_at: notice.made_at, seller, subject };
        let (recipient, medium) = (claimed.recipient_id, claimed.medium.as_str());
        let sent = self.recipients.send(claimed, &message).await.unwrap_or_else(|error| {
            error!(%recipient, error = format!("{error:#}"), "a notice could not be sent");
            Err(Failure::of(Why::Internal))
        });
        match sent {
            Ok(()) => {
                info!(%recipient, medium, notice.id = %id, "told a recipient of alerts");
                recipients::arrived(&self.db, claimed, notice).await.context("noting an arrival")
            }
            Err(failure) => {
                let why: &str = failure.why.into();
                warn!(%recipient, medium, why, status = failure.status, "a notice did not arrive");
                let is_last = notice.attempts >= ATTEMPTS_MAX;
                let attempted = Attempted {
                    failure: why,
                    status: failure.status,
                    is_open: failure.may_have_arrived() && !is_last,
                    is_told: failure.why == Why::NoAnswer && is_last,
                    pause: pause(failure, claimed.failures),
                };
                let noted = recipients::not_arrived(&self.db, claimed, notice, attempted).await;
                noted.context("noting what did not arrive")
            }
        }
    }
}

/// How long nothing is tried after `failures` attempts before this one.
fn pause(failure: Failure, failures: u32) -> Duration {
    match failure.why {
        Why::Refused | Why::OutOfBounds => PAUSE_AFTER_REFUSAL,
        Why::NotReached
        | Why::NoAnswer
        | Why::Busy
        | Why::NotOffered
        | Why::NotAdmitted
        | Why::Internal => {
            let longer = FIRST_PAUSE.saturating_mul(1 << failures.min(6)).min(PAUSE_MAX);
            failure.retry_after.map_or(longer, |asked| asked.clamp(ASKED_PAUSE_MIN, PAUSE_MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_unless_the_other_side_says_otherwise() {
        let of = |why, failures| pause(Failure::of(why), failures).as_secs();
        assert_eq!(
            (of(Why::NotReached, 0), of(Why::NoAnswer, 1), of(Why::Busy, 2)),
            (60, 120, 240)
        );
        assert_eq!((of(Why::Busy, 6), of(Why::Busy, u32::MAX)), (3_600, 3_600));
        assert_eq!((of(Why::Refused, 0), of(Why::OutOfBounds, 9)), (21_600, 21_600));
        assert_eq!(of(Why::NotAdmitted, 0), 60, "it is nobody else's server, and is mended soon");
        let asked = |seconds| {
            let retry_after = Some(Duration::from_secs(seconds));
            pause(Failure { retry_after, ..Failure::of(Why::Busy) }, 5).as_secs()
        };
        assert_eq!((asked(7), asked(0), asked(u64::MAX)), (7, 5, 3_600));
    }
}

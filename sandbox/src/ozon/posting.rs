//! A posting: what was bought, how it is delivered, and the windows in which its buyer may be written to.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::problem::{Code, Refusal};

/// How long after the buyer's last message it may be answered ("Отправить сообщение").
pub(super) const REPLY_WITHIN: TimeDelta = TimeDelta::hours(48);
/// How long after payment or delivery the seller may begin ("Создать новый чат").
const START_WITHIN: TimeDelta = TimeDelta::hours(72);

/// What a chat can be about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Posting {
    pub(super) number: String,
    pub(super) order_number: String,
    pub(super) sku: u64,
    pub(super) scheme: Scheme,
    pub(super) paid_at: Option<DateTime<Utc>>,
    pub(super) delivered_at: Option<DateTime<Utc>>,
}

/// Who keeps the goods and who brings them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scheme {
    Fbo,
    #[default]
    Fbs,
    Rfbs,
}

impl Posting {
    /// Whether the seller may write although the buyer did not: after payment and up to 72 hours after delivery.
    pub(super) fn is_writable(&self, now: DateTime<Utc>) -> bool {
        let is_paid = self.paid_at.is_some_and(|paid_at| paid_at <= now);
        let is_recent = self.delivered_at.is_none_or(|at| now <= at + START_WITHIN);
        self.scheme != Scheme::Fbo && is_paid && is_recent
    }

    /// Whether the seller may open a chat: within 72 hours after payment or delivery, and never for FBO.
    pub(super) fn check_start(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if self.scheme == Scheme::Fbo {
            let message = "chat for an FBO posting can be started by the customer only";
            return Err(Refusal::new(Code::FailedPrecondition, message));
        }
        let is_recent = |at: &DateTime<Utc>| *at <= now && now <= *at + START_WITHIN;
        let moments = [self.paid_at, self.delivered_at];
        if moments.iter().flatten().any(is_recent) {
            return Ok(());
        }
        let message = "chat can be started within 72 hours after payment or delivery";
        Err(Refusal::new(Code::FailedPrecondition, message))
    }
}

//! How far answering has come, between the columns of a row and the rules.

use domain::ReplyId;
use domain::interaction::{Answering, Deadline, InteractionEvent, Promise};
use domain::value::Priority;

use super::{Row, count};
use crate::fold::time;

impl Row {
    pub(super) fn answering(&self) -> Answering {
        Answering {
            is_chat: self.is_chat(),
            closed: self.closed,
            answer_id: self.answer_id.map(ReplyId),
            reply_id: self.reply_id.map(ReplyId),
            reply_state: self.reply_state.as_deref().and_then(|state| state.parse().ok()),
            held_until: self.held_until,
            answer_stands: self.answer_stands,
            observed_stands: self.observed_stands,
            buyer_wrote_at: self.buyer_wrote_at,
            buyer_wrote_since: self.buyer_wrote_since,
            seller_wrote_at: self.seller_wrote_at,
            waits_since: self.waits_since,
            waits_next: self.waits_next,
            said: counted(self.said),
            promised: self.promised(),
        }
    }

    /// Takes in how far answering has come after an event that `before` had not seen.
    pub(super) fn answered_as(self, before: Answering, event: &InteractionEvent) -> Self {
        let now = before.after(event);
        let promised = now.promised.as_ref();
        let deadline = promised.map(|promise| &promise.deadline);
        Self {
            closed: now.closed,
            answer_id: now.answer_id.map(|id| id.0),
            reply_id: now.reply_id.map(|id| id.0),
            reply_state: now.reply_state.map(|state| <&str>::from(state).to_owned()),
            held_until: now.held_until,
            answer_stands: now.answer_stands,
            observed_stands: now.observed_stands,
            buyer_wrote_at: now.buyer_wrote_at,
            buyer_wrote_since: now.buyer_wrote_since,
            seller_wrote_at: now.seller_wrote_at,
            waits_since: now.waits_since,
            waits_next: now.waits_next,
            said: count(now.said),
            deadline_said: promised.map(|promise| count(promise.said)),
            deadline_priority: deadline.map(|deadline| i16::from(deadline.priority.rank())),
            sla_policy: deadline.map(|deadline| count(deadline.policy)),
            sla_rule: deadline.and_then(|deadline| deadline.rule).map(i32::from),
            warn_at: deadline.map(|deadline| time::kept(deadline.warn_at)),
            answer_by: deadline.map(|deadline| time::kept(deadline.answer_by)),
            escalated: promised.is_some_and(|promise| promise.escalated),
            breached: promised.is_some_and(|promise| promise.breached),
            ..self
        }
    }

    fn promised(&self) -> Option<Promise> {
        let deadline = Deadline {
            priority: Priority::of_rank(u8::try_from(self.deadline_priority?).ok()?),
            policy: counted(self.sla_policy?),
            rule: self.sla_rule.and_then(|rule| u16::try_from(rule).ok()),
            since: self.waits_since?,
            warn_at: self.warn_at?,
            answer_by: self.answer_by?,
        };
        let (escalated, breached) = (self.escalated, self.breached);
        Some(Promise { said: counted(self.deadline_said?), deadline, escalated, breached })
    }
}

fn counted(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

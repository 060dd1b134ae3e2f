//! A reply of which reading cannot tell whether it stands at the marketplace: a person looks there, and says.

use chrono::{DateTime, Utc};

use super::event::{InteractionEvent, Look, Saw, SendFailure};
use super::reply::{ReplyKind, ReplyState, ReplyVersion};
use super::{Circumstances, Interaction, InteractionError, failed};
use crate::guardrail::Grounds;
use crate::policy::delivery;
use crate::value::ReplyId;

impl Interaction {
    /// Tells whether reading could not tell if the last reply stands, and no person has said so yet.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        let last = self.replies.iter().rfind(|version| version.state.was_let_out());
        last.is_some_and(ReplyVersion::is_in_doubt)
    }

    /// Notes that reading showed `attempt` to have had no effect, and leaves it to a person when that is so too often.
    pub(super) fn confirm_absent(
        &self,
        reply_id: ReplyId,
        attempt: u32,
        read_at: Vec<DateTime<Utc>>,
    ) -> Vec<InteractionEvent> {
        let Some(version) = self.unsettled(reply_id, attempt) else { return vec![] };
        if attempt < delivery::ATTEMPTS_AFTER_ABSENCE_MAX {
            return vec![InteractionEvent::ReplyConfirmedAbsent { reply_id, attempt, read_at }];
        }
        let looks = read_at.into_iter().map(|at| Look { at, saw: Saw::Absent }).collect();
        vec![given_up(version, SendFailure::NeverArrived, looks)]
    }

    /// Leaves to a person what reading cannot tell.
    pub(super) fn unprovable(
        &self,
        reply_id: ReplyId,
        attempt: u32,
        looks: Vec<Look>,
    ) -> Vec<InteractionEvent> {
        let version = self.unsettled(reply_id, attempt);
        Vec::from_iter(version.map(|version| given_up(version, SendFailure::Unprovable, looks)))
    }

    /// Takes a person's word that a version stands. One that was found meanwhile stands anyway.
    pub(super) fn mark_sent(
        &self,
        reply_id: ReplyId,
        at: DateTime<Utc>,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        let version = self.version(reply_id).ok_or(InteractionError::NoSuchReply)?;
        if version.state.stands() {
            return Ok(vec![]);
        }
        let version = in_doubt(version)?;
        self.nothing_open()?;
        let stands_alone = version.kind != ReplyKind::Edit && !self.is_chat();
        if stands_alone && self.is_answered() {
            return Err(InteractionError::AlreadyAnswered);
        }
        Ok(vec![InteractionEvent::ReplyMarkedSent { reply_id, kind: version.kind, at }])
    }

    /// Takes a person's word that a version does not stand, and sends it again under the rules for a new one.
    pub(super) fn send_again(
        &self,
        reply_id: ReplyId,
        at: DateTime<Utc>,
        basis: Option<u32>,
        grounds: &Grounds,
    ) -> Result<Vec<InteractionEvent>, InteractionError> {
        let version = in_doubt(self.version(reply_id).ok_or(InteractionError::NoSuchReply)?)?;
        match version.kind {
            ReplyKind::Answer => self.may_answer()?,
            ReplyKind::Edit => _ = self.may_edit(at)?,
            ReplyKind::Rejection => self.may_reject()?,
        }
        self.saw(basis)?;
        let text = version.text.known().ok_or(InteractionError::BuyerErased)?;
        let guardrails = match version.kind {
            ReplyKind::Answer | ReplyKind::Edit => Some(self.guarded(text, text, grounds)?),
            ReplyKind::Rejection => None,
        };
        let attempt = version.attempts + 1;
        Ok(vec![InteractionEvent::ReplyRetryRequested { reply_id, attempt, guardrails }])
    }

    /// Returns a version whose attempt ended in the dark.
    fn unsettled(&self, reply_id: ReplyId, attempt: u32) -> Option<&ReplyVersion> {
        let unknown = |v: &&ReplyVersion| v.state == ReplyState::Unknown && v.attempts == attempt;
        self.version(reply_id).filter(unknown)
    }
}

fn in_doubt(version: &ReplyVersion) -> Result<&ReplyVersion, InteractionError> {
    if version.is_in_doubt() { Ok(version) } else { Err(InteractionError::NotInDoubt) }
}

fn given_up(version: &ReplyVersion, failure: SendFailure, looks: Vec<Look>) -> InteractionEvent {
    let circumstances = Circumstances { looks, ..Circumstances::default() };
    failed(version, version.attempts, failure, circumstances)
}

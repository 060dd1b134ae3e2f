//! An interaction's events folded one after another, with a line for each.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use domain::Channel;
use domain::interaction::{CloseReason, InteractionEvent};
use domain::value::MessageAuthor;
use eventlog::StoredEvent;
use projections::past::{PastAccount, Whole};
use projections::recorded;

use super::facts::Drafts;
use super::people::People;
use super::{Line, title};
use crate::past::Item;
use crate::routes::words::InteractionStatus;

/// What is known after some of an interaction's events.
#[derive(Default)]
pub(super) struct Told {
    item: Item,
    drafts: Drafts,
    lines: Vec<Line>,
    /// Which line began what led to the present state.
    began: usize,
    since: DateTime<Utc>,
    close_reason: Option<CloseReason>,
    channel: Option<Channel>,
    status: String,
    reply_state: Option<String>,
}

impl Told {
    /// Takes in the interaction's next event.
    pub(super) fn take(&mut self, stored: &StoredEvent, people: &People) -> anyhow::Result<()> {
        self.item.apply(stored.clone())?;
        let recorded = recorded(stored.clone())?;
        let Whole { row, .. } = self.whole()?;
        let mut facts = Vec::new();
        let mut asks = false;
        for event in recorded.of_interaction() {
            self.note(event);
            facts.extend(self.drafts.facts(event));
            asks |= is_buyers(event);
        }
        let mut line = Line::new(stored, people, title(&recorded), facts);
        if row.status != self.status {
            self.since = stored.recorded_at;
            if asks && row.status == <&str>::from(InteractionStatus::Waiting) {
                self.began = self.lines.len();
            }
            line.status = Some(row.status.clone());
        }
        if row.reply_state != self.reply_state {
            line.reply_state.clone_from(&row.reply_state);
        }
        self.status = row.status;
        self.reply_state = row.reply_state;
        self.lines.push(line);
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else opens or closes it")]
    fn note(&mut self, event: &InteractionEvent) {
        match event {
            InteractionEvent::Ingested { source, .. } => self.channel = Some(source.channel),
            InteractionEvent::Closed { reason } => self.close_reason = Some(*reason),
            InteractionEvent::Reopened => self.close_reason = None,
            _ => (),
        }
    }

    /// Returns the interaction as it stands after them.
    pub(super) fn whole(&self) -> anyhow::Result<Whole> {
        // Nothing here needs the cabinet's name.
        self.item.whole(&PastAccount::default()).context("an interaction has no first event")
    }

    pub(super) fn since(&self) -> DateTime<Utc> {
        self.since
    }

    pub(super) fn left_out(&self) -> usize {
        self.began
    }

    pub(super) fn channel(&self) -> Option<Channel> {
        self.channel
    }

    pub(super) fn close_reason(&self) -> Option<CloseReason> {
        self.close_reason
    }

    /// Returns the lines that led to the present state and `others`, in the order of the log.
    pub(super) fn lines_with(self, others: Vec<Line>) -> Vec<Line> {
        let mut lines: Vec<Line> = self.lines.into_iter().skip(self.began).chain(others).collect();
        lines.sort_by_key(|line| line.sequence);
        lines
    }
}

/// Tells whether an event is the buyer's word, to which an answer may be due.
fn is_buyers(event: &InteractionEvent) -> bool {
    match event {
        InteractionEvent::Ingested { .. } => true,
        InteractionEvent::MessageReceived { message, .. } => message.author == MessageAuthor::Buyer,
        InteractionEvent::ContentRevised { .. }
        | InteractionEvent::Linked { .. }
        | InteractionEvent::Closed { .. }
        | InteractionEvent::DeadlineSet { .. }
        | InteractionEvent::SlaEscalated { .. }
        | InteractionEvent::SlaBreached { .. }
        | InteractionEvent::Viewed
        | InteractionEvent::DraftRequested { .. }
        | InteractionEvent::DraftProposed { .. }
        | InteractionEvent::DraftDismissed { .. }
        | InteractionEvent::ReplyRequested { .. }
        | InteractionEvent::ReplyEditRequested { .. }
        | InteractionEvent::RejectionRequested { .. }
        | InteractionEvent::ReplyReleased { .. }
        | InteractionEvent::ReplyCancelled { .. }
        | InteractionEvent::ReplyRefused { .. }
        | InteractionEvent::ReplyMarkedSent { .. }
        | InteractionEvent::ReplyRetryRequested { .. }
        | InteractionEvent::ReplySent { .. }
        | InteractionEvent::ReplyEdited { .. }
        | InteractionEvent::RejectionSent { .. }
        | InteractionEvent::ReplyOutcomeUnknown { .. }
        | InteractionEvent::ReplyConfirmedAbsent { .. }
        | InteractionEvent::ReplySendFailed { .. }
        | InteractionEvent::ReplyEditFailed { .. }
        | InteractionEvent::ReplyPublished { .. }
        | InteractionEvent::RejectionConfirmed { .. }
        | InteractionEvent::ReplyModerationFailed { .. }
        | InteractionEvent::ReplyObserved { .. }
        | InteractionEvent::Reopened
        | InteractionEvent::BuyerErased { .. } => false,
    }
}

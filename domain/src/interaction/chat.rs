//! What follows from reading a chat: its messages, ours among them, and whether it can be written in.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::command::ChatReading;
use super::event::{CancelReason, CloseReason, InteractionEvent};
use super::reply::{ReplyState, ReplyVersion};
use super::{Interaction, InteractionError};
use crate::value::{Channel, ChatMessage, MessageAuthor, ReplyId, Said};

/// How far the clocks of a marketplace and of this program may differ, added to what a call may take. A message of the
/// seller that is older than an attempt by more than this is not its effect, whatever it says.
pub const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::minutes(5);

impl Interaction {
    /// Tells whether this is a chat: many replies one after another instead of one answer.
    #[must_use]
    pub fn is_chat(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.channel == Channel::Chat)
    }

    /// Tells whether the marketplace counts it as dealt with, or has closed the chat.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    /// Returns until when the marketplace surely takes a message; none when the channel has no such window, or the buyer
    /// has not written yet. Later it may refuse one.
    #[must_use]
    pub fn reply_window_until(&self) -> Option<DateTime<Utc>> {
        let window = self.capabilities().ok()?.reply_window?;
        Some(self.buyer_wrote_at? + window)
    }

    pub(super) fn may_write_in_chat(&self) -> Result<(), InteractionError> {
        if self.closed { Err(InteractionError::ChatClosed) } else { Ok(()) }
    }

    pub(super) fn read_chat(
        &self,
        reading: ChatReading,
        seen_at: DateTime<Utc>,
    ) -> Vec<InteractionEvent> {
        let ChatReading { messages, open } = reading;
        let mut events = self.receive(messages, seen_at);
        match open {
            Some(false) if !self.closed => {
                events.push(InteractionEvent::Closed { reason: CloseReason::ChatClosed });
                events.extend(self.taken_back(CancelReason::ChatClosed));
            }
            Some(true) if self.closed => events.push(InteractionEvent::Reopened),
            Some(_) | None => (),
        }
        events
    }

    /// Takes in the messages that are not known, oldest first, and finds ours among them.
    pub(super) fn receive(
        &self,
        messages: Vec<ChatMessage>,
        seen_at: DateTime<Utc>,
    ) -> Vec<InteractionEvent> {
        if self.erased {
            return vec![];
        }
        let mut events = Vec::new();
        let mut taken: BTreeSet<ReplyId> = BTreeSet::new();
        let mut fresh: BTreeSet<String> = BTreeSet::new();
        // A page may bring an older one later, which whoever answered need not have seen. Times may be whole seconds.
        let is_last =
            |message: &ChatMessage| self.buyer_wrote_at.is_none_or(|at| message.sent_at >= at);
        let mut news = None;
        for message in messages {
            let id = &message.external_id;
            if self.messages.contains(id) || !fresh.insert(id.clone()) {
                continue;
            }
            let ours = self.version_seen_in(&message, &taken).map(|version| version.reply_id);
            news = match message.author {
                MessageAuthor::Buyer if is_last(&message) => Some(CancelReason::BuyerWrote),
                MessageAuthor::Seller if ours.is_none() && is_last(&message) => {
                    news.or(Some(CancelReason::AnsweredElsewhere))
                }
                MessageAuthor::Buyer | MessageAuthor::Seller | MessageAuthor::Marketplace => news,
            };
            events.push(InteractionEvent::MessageReceived { message, reply_id: ours, seen_at });
            if let Some(reply_id) = ours {
                taken.insert(reply_id);
                events.push(InteractionEvent::ReplyPublished { reply_id, seen_at });
            }
        }
        events.extend(news.and_then(|reason| self.taken_back(reason)));
        events
    }

    /// Returns the version that a new message is: the oldest one that says so and was not seen yet, and one that was given
    /// up only where no other waits to be seen, since who waits may be sent again. None of the three marketplaces tells
    /// the id of a message that it takes, so a text that goes out twice is told apart by its order; and a file by what is
    /// told of it, which on Ozon is a name, and of a picture on Wildberries nothing.
    fn version_seen_in<'a>(
        &'a self,
        message: &ChatMessage,
        taken: &BTreeSet<ReplyId>,
    ) -> Option<&'a ReplyVersion> {
        let words = message.words.known().filter(|_| message.author == MessageAuthor::Seller)?;
        let may_be_it = |version: &&ReplyVersion| {
            version.may_be_seen()
                && !taken.contains(&version.reply_id)
                && version.tried_at.is_none_or(|at| message.sent_at >= at - CLOCKS_DIFFER_MAX)
        };
        let candidates: Vec<_> = self.replies.iter().filter(may_be_it).collect();
        let (given_up, waiting): (Vec<_>, Vec<_>) =
            candidates.into_iter().partition(|version| version.state == ReplyState::Failed);
        let find = |among: &[&'a ReplyVersion], wanted: Said| {
            among.iter().copied().find(|version| version.in_message(words) == wanted)
        };
        // A part that is taken for the whole costs nobody anything; one that is not would be sent again.
        find(&waiting, Said::Whole)
            .or_else(|| find(&waiting, Said::Part))
            .or_else(|| find(&given_up, Said::Whole))
            .or_else(|| find(&given_up, Said::Part))
    }
}

impl ReplyVersion {
    /// Tells whether a message that is seen now can be this version: it may have been sent, and was not seen before.
    fn may_be_seen(&self) -> bool {
        match self.state {
            ReplyState::Sending | ReplyState::Sent | ReplyState::Unknown => true,
            // One that was given up may arrive after all.
            ReplyState::Failed => self.attempts > 0,
            ReplyState::Published
            | ReplyState::Rejected
            | ReplyState::Held
            | ReplyState::Cancelled => false,
        }
    }
}

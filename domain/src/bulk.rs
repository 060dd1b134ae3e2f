//! A bulk: replies to many interactions that a person asked for at once. It says which of them were gone about and
//! which could not be; the replies themselves, with their texts and outcomes, are the interactions'.

mod refusal;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

pub use refusal::Refusal;
pub use words::{Words, words_for};

use crate::value::{
    AccountId, DraftId, InteractionId, Personal, ReplyId, ReplyText, TextLimits, UserId,
};

/// Interactions of one bulk at most: what a person can look through, and what a screen and an answer can hold.
pub const ITEMS_MAX: usize = 1_000;

/// Longest text given for all, in characters: the longest that any channel takes.
pub const TEXT_CHARS_MAX: usize = 5_000;

/// Stored as JSON: a name or field here may be added to, never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "type")]
pub enum BulkEvent {
    /// A person wants them answered.
    BulkRequested {
        /// Who: the replies are theirs.
        by: UserId,
        /// What is to be answered, in this order.
        items: Vec<BulkItem>,
        /// The text for all of them; without it, each gets its draft. Sealed under the bulk's own key, which is
        /// destroyed when nothing more is to be asked for: each reply keeps its text under its buyer's key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Personal<String>>,
    },
    /// One of them is gone about: from here on its reply may exist.
    BulkItemTaken {
        /// Which.
        interaction_id: InteractionId,
        /// The reply that it gets.
        reply_id: ReplyId,
    },
    /// One of them gets no reply.
    BulkItemRefused {
        /// Which.
        interaction_id: InteractionId,
        /// Why.
        reason: Refusal,
    },
    /// A person wants no more of it: what is not out yet stays here.
    BulkStopped,
    /// Nothing is left to be asked for or taken back.
    BulkFinished,
}

/// One of the interactions of a bulk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkItem {
    /// Which.
    pub interaction_id: InteractionId,
    /// The cabinet that it belongs to.
    pub account_id: AccountId,
    /// Its [`basis`](crate::interaction::Interaction::basis) as the person saw it.
    pub basis: u32,
    /// The draft that the person saw; none where one text is for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draft_id: Option<DraftId>,
}

/// An intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BulkCommand {
    /// Answer them.
    Request {
        /// Who asks.
        by: UserId,
        /// What is to be answered.
        items: Vec<BulkItem>,
        /// The text for all of them.
        text: Option<String>,
    },
    /// Go about one of them.
    Take {
        /// Which.
        interaction_id: InteractionId,
        /// The reply that it gets.
        reply_id: ReplyId,
    },
    /// Give one of them up.
    Refuse {
        /// Which.
        interaction_id: InteractionId,
        /// Why.
        reason: Refusal,
    },
    /// Ask for nothing more.
    Stop,
    /// Say that nothing is left to do.
    Finish,
}

/// The rule that a command would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BulkError {
    /// Nobody asked for it.
    #[error("the bulk does not exist")]
    Unknown,
    /// It is about nothing.
    #[error("a bulk has at least one item")]
    NoItems,
    /// It is about too much.
    #[error("a bulk has at most {ITEMS_MAX} items")]
    TooManyItems,
    /// It is about something twice.
    #[error("an item stands in it twice")]
    Repeated,
    /// The text for all is empty or too long.
    #[error("the text has 1 to {TEXT_CHARS_MAX} characters")]
    Text,
    /// Neither a text for all nor a draft of its own.
    #[error("an item has neither a text nor a draft")]
    NoWords,
    /// It was stopped.
    #[error("the bulk was stopped")]
    Stopped,
    /// That is none of its items.
    #[error("no item of the bulk")]
    NoSuchItem,
    /// Something of it waits to be gone about.
    #[error("items of the bulk are waiting")]
    Unfinished,
}

/// How far a bulk has come with one of its items.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// Not gone about yet.
    #[default]
    Waiting,
    /// This reply was asked for, or is about to be.
    Taken(ReplyId),
    /// It gets no reply.
    Refused(Refusal),
}

/// Where a bulk stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Nobody asked for it.
    #[default]
    None,
    Running,
    Stopped,
    Finished,
}

/// What the rules below need to know, and nothing more.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulk {
    phase: Phase,
    was_stopped: bool,
    by: UserId,
    /// In the order in which they are gone about.
    items: Vec<(BulkItem, Progress)>,
    text: Option<Personal<String>>,
}

impl Bulk {
    /// Decides what follows from `command`; one already carried out yields no events.
    ///
    /// # Errors
    /// [`BulkError`] names the rule that `command` would break.
    pub fn decide(&self, command: BulkCommand) -> Result<Vec<BulkEvent>, BulkError> {
        use {BulkCommand as Command, BulkEvent as Event};

        match (self.phase, command) {
            (Phase::None, Command::Request { by, items, text }) => {
                let text = checked(&items, text)?;
                Ok(vec![Event::BulkRequested { by, items, text }])
            }
            (_, Command::Request { .. }) => Ok(vec![]),
            (Phase::None, _) => Err(BulkError::Unknown),
            (_, Command::Take { interaction_id, reply_id }) => {
                match self.progress(interaction_id)? {
                    Progress::Waiting if self.phase != Phase::Running => Err(BulkError::Stopped),
                    Progress::Waiting => {
                        Ok(vec![Event::BulkItemTaken { interaction_id, reply_id }])
                    }
                    Progress::Taken(_) | Progress::Refused(_) => Ok(vec![]),
                }
            }
            (_, Command::Refuse { interaction_id, reason }) => {
                match self.progress(interaction_id)? {
                    Progress::Waiting if self.phase != Phase::Running => Err(BulkError::Stopped),
                    Progress::Waiting | Progress::Taken(_) => {
                        Ok(vec![Event::BulkItemRefused { interaction_id, reason }])
                    }
                    Progress::Refused(_) => Ok(vec![]),
                }
            }
            (Phase::Running, Command::Stop) => Ok(vec![Event::BulkStopped]),
            (Phase::Stopped | Phase::Finished, Command::Stop)
            | (Phase::Finished, Command::Finish) => Ok(vec![]),
            (Phase::Running, Command::Finish) if self.waiting().next().is_some() => {
                Err(BulkError::Unfinished)
            }
            (Phase::Running | Phase::Stopped, Command::Finish) => Ok(vec![Event::BulkFinished]),
        }
    }

    /// Tells whether anything is left to be asked for or taken back.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Stopped)
    }

    /// Tells whether a person stopped it.
    #[must_use]
    pub fn was_stopped(&self) -> bool {
        self.was_stopped
    }

    /// Returns who asked for it; none where nobody did.
    #[must_use]
    pub fn by(&self) -> Option<UserId> {
        (self.phase != Phase::None).then_some(self.by)
    }

    /// Returns its items in their order, each with how far it has come.
    #[must_use]
    pub fn items(&self) -> &[(BulkItem, Progress)] {
        &self.items
    }

    /// Returns the items that wait to be gone about.
    pub fn waiting(&self) -> impl Iterator<Item = &BulkItem> {
        let waits = |progress: Progress| progress == Progress::Waiting;
        self.items.iter().filter(move |(_, progress)| waits(*progress)).map(|(item, _)| item)
    }

    /// Returns the items that were gone about, each with its reply.
    pub fn taken(&self) -> impl Iterator<Item = (&BulkItem, ReplyId)> {
        self.items.iter().filter_map(|(item, progress)| match progress {
            Progress::Taken(reply_id) => Some((item, *reply_id)),
            Progress::Waiting | Progress::Refused(_) => None,
        })
    }

    /// Returns the text for all; none where each gets its draft. It is erased once the bulk is finished.
    #[must_use]
    pub fn text(&self) -> Option<&Personal<String>> {
        self.text.as_ref()
    }

    fn progress(&self, id: InteractionId) -> Result<Progress, BulkError> {
        let is_it = |(item, _): &&(BulkItem, Progress)| item.interaction_id == id;
        self.items.iter().find(is_it).map(|(_, progress)| *progress).ok_or(BulkError::NoSuchItem)
    }

    fn moves(&mut self, id: InteractionId, to: Progress) {
        if let Some((_, progress)) =
            self.items.iter_mut().find(|(item, _)| item.interaction_id == id)
        {
            *progress = to;
        }
    }
}

/// Holds what is asked for against the rules of every bulk.
fn checked(
    items: &[BulkItem],
    text: Option<String>,
) -> Result<Option<Personal<String>>, BulkError> {
    if items.is_empty() {
        return Err(BulkError::NoItems);
    }
    if items.len() > ITEMS_MAX {
        return Err(BulkError::TooManyItems);
    }
    let distinct: BTreeSet<_> = items.iter().map(|item| item.interaction_id).collect();
    if distinct.len() < items.len() {
        return Err(BulkError::Repeated);
    }
    let Some(text) = text else {
        let has_draft = items.iter().all(|item| item.draft_id.is_some());
        return if has_draft { Ok(None) } else { Err(BulkError::NoWords) };
    };
    // What a channel takes is looked at item by item.
    let limits = TextLimits { min_chars: 1, max_chars: TEXT_CHARS_MAX };
    let text = ReplyText::parse(limits, &text).map_err(|_| BulkError::Text)?;
    Ok(Some(text.into_string().into()))
}

impl DomainEvent for BulkEvent {
    fn event_type(&self) -> String {
        <&'static str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Bulk {
    const TYPE: &'static str = "bulk";
    type Command = BulkCommand;
    type Event = BulkEvent;
    type Error = BulkError;
    type Services = ();

    async fn handle(
        &mut self,
        command: BulkCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), BulkError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: BulkEvent) {
        match event {
            BulkEvent::BulkRequested { by, items, text } => {
                self.phase = Phase::Running;
                self.by = by;
                self.items = items.into_iter().map(|item| (item, Progress::Waiting)).collect();
                self.text = text;
            }
            BulkEvent::BulkItemTaken { interaction_id, reply_id } => {
                self.moves(interaction_id, Progress::Taken(reply_id));
            }
            BulkEvent::BulkItemRefused { interaction_id, reason } => {
                self.moves(interaction_id, Progress::Refused(reason));
            }
            BulkEvent::BulkStopped => {
                self.phase = Phase::Stopped;
                self.was_stopped = true;
            }
            BulkEvent::BulkFinished => {
                self.phase = Phase::Finished;
                self.text = self.text.take().map(|_| Personal::Erased);
            }
        }
    }
}

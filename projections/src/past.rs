//! Read models as they stood: folded from events up to a place, by the same folds that keep the served tables.

mod inbox;

use domain::Recorded;
use uuid::Uuid;

use crate::fold::{FoldError, guarded};
use crate::inbox::{InboxRow, RelatedRow};
use crate::lineage::{self, ReplyLineage};
use crate::reply_history::ReplyRow;
use crate::thread::Thread;
use crate::{accounts, inbox as rows, reply_history, thread};

pub use inbox::{Limits, PastError, PastInbox};

/// One interaction as it stood after some of its events.
#[derive(Debug, Clone, Default)]
pub struct PastItem {
    row: Option<rows::Row>,
    thread: Option<thread::Row>,
    replies: reply_history::Replies,
    lineage: lineage::Rows,
}

/// One interaction whole, as the tables would hold it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Its row of the inbox.
    pub row: InboxRow,
    /// What the buyer left, and the draft on offer.
    pub thread: Thread,
    /// The versions of its reply, oldest first.
    pub replies: Vec<ReplyRow>,
}

impl PastItem {
    /// Folds the interaction's next event.
    ///
    /// # Errors
    /// [`FoldError`] when this program cannot fold it.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        let Self { row, thread, replies, lineage } = self.clone();
        *self = Self {
            row: guarded::<rows::Row>(row, recorded, |_| ())?,
            thread: guarded::<thread::Row>(thread, recorded, |_| ())?,
            replies: guarded::<reply_history::Row>(replies, recorded, |_| ())?,
            lineage: guarded::<lineage::Row>(lineage, recorded, |_| ())?,
        };
        Ok(())
    }

    /// Returns the cabinet that it was read from; none before its first event.
    #[must_use]
    pub fn account_id(&self) -> Option<Uuid> {
        self.row.as_ref().map(rows::Row::account_id)
    }

    /// Tells what `other` is to it, if the marketplace said of one of them that they belong together.
    #[must_use]
    pub fn related_to(&self, other: &Self) -> Option<RelatedRow> {
        self.row.as_ref()?.related_to(other.row.as_ref()?)
    }

    /// Returns it whole; none before its first event.
    #[must_use]
    pub fn whole(&self, account_name: Option<String>) -> Option<Whole> {
        let row = InboxRow::new(self.row.clone()?, account_name);
        let thread = Thread::from(self.thread.clone()?);
        Some(Whole { row, thread, replies: reply_history::in_order(&self.replies) })
    }

    /// Tells how its replies came about.
    #[must_use]
    pub fn lineage(&self) -> Vec<ReplyLineage> {
        lineage::of_replies(&self.lineage)
    }
}

/// The seller's name for a cabinet as it was after some of the cabinet's events.
#[derive(Debug, Clone, Default)]
pub struct PastAccount(Option<accounts::Row>);

impl PastAccount {
    /// Folds the cabinet's next event.
    ///
    /// # Errors
    /// [`FoldError`] when this program cannot fold it.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        self.0 = guarded::<accounts::Row>(self.0.clone(), recorded, |_| ())?;
        Ok(())
    }

    /// Tells whether the cabinet was connected then.
    fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the name; none before the cabinet was connected.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.0.as_ref().map(accounts::Row::name)
    }
}

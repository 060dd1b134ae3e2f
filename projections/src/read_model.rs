//! The read models by name: what a runner keeps up to date and a rebuild makes anew.

use crate::fold::Fold as _;
use crate::{
    accounts, bulks, claims, effects, failures, inbox, knowledge, lineage, metric, reply_history,
    sending, thread,
};

/// A projection of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadModel {
    /// What waits for an operator.
    Inbox,
    /// One interaction whole.
    Thread,
    /// Every version of every reply.
    ReplyHistory,
    /// Connected marketplace cabinets.
    Accounts,
    /// Buyers' claims for return.
    Claims,
    /// Who has stopped sending.
    Sending,
    /// Replies to many interactions at once.
    Bulks,
    /// Replies that failed for good.
    Failures,
    /// What sellers know, as passages.
    Knowledge,
    /// What became of each draft.
    Lineage,
    /// How well each interaction was answered.
    Metric,
    /// Calls owed to the outside world.
    Effects,
}

impl ReadModel {
    /// Every read model.
    pub const ALL: [Self; 12] = [
        Self::Effects,
        Self::Inbox,
        Self::Thread,
        Self::ReplyHistory,
        Self::Accounts,
        Self::Claims,
        Self::Sending,
        Self::Bulks,
        Self::Failures,
        Self::Knowledge,
        Self::Lineage,
        Self::Metric,
    ];

    /// Returns the name used in tables, on the command line and in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Thread => "thread",
            Self::ReplyHistory => "reply_history",
            Self::Accounts => "accounts",
            Self::Claims => "claims",
            Self::Sending => "sending",
            Self::Bulks => "bulks",
            Self::Failures => "failures",
            Self::Knowledge => "knowledge",
            Self::Lineage => "lineage",
            Self::Metric => "metric",
            Self::Effects => "effects",
        }
    }

    /// Returns the read model of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|model| model.name() == name)
    }

    /// Returns the table that holds it; none for the outbox, which holds what was tried and is never rebuilt.
    #[must_use]
    pub fn table(self) -> Option<&'static str> {
        match self {
            Self::Inbox => Some("inbox"),
            Self::Thread => Some("thread"),
            Self::ReplyHistory => Some("reply_history"),
            Self::Accounts => Some("account"),
            Self::Claims => Some("claim"),
            Self::Sending => Some("sending"),
            Self::Bulks => Some("bulk"),
            Self::Failures => Some("failure"),
            Self::Knowledge => Some("knowledge"),
            Self::Lineage => Some("lineage"),
            Self::Metric => Some("metric"),
            Self::Effects => None,
        }
    }

    /// Returns the type of the streams that its rows follow from.
    pub(crate) fn stream_type(self) -> &'static str {
        match self {
            Self::Inbox => inbox::Row::STREAM_TYPE,
            Self::Thread => thread::Row::STREAM_TYPE,
            Self::ReplyHistory => reply_history::Row::STREAM_TYPE,
            Self::Accounts => accounts::Row::STREAM_TYPE,
            Self::Claims => claims::Row::STREAM_TYPE,
            Self::Sending => sending::Row::STREAM_TYPE,
            Self::Bulks => bulks::Row::STREAM_TYPE,
            Self::Failures => failures::Row::STREAM_TYPE,
            Self::Knowledge => knowledge::Row::STREAM_TYPE,
            Self::Lineage => lineage::Row::STREAM_TYPE,
            Self::Metric => metric::Row::STREAM_TYPE,
            Self::Effects => effects::Row::STREAM_TYPE,
        }
    }

    /// Returns the types of events that change nothing in it.
    pub(crate) fn ignored(self) -> &'static [&'static str] {
        match self {
            Self::Inbox => inbox::Row::IGNORED,
            Self::Thread => thread::Row::IGNORED,
            Self::ReplyHistory => reply_history::Row::IGNORED,
            Self::Accounts => accounts::Row::IGNORED,
            Self::Claims => claims::Row::IGNORED,
            Self::Sending => sending::Row::IGNORED,
            Self::Bulks => bulks::Row::IGNORED,
            Self::Failures => failures::Row::IGNORED,
            Self::Knowledge => knowledge::Row::IGNORED,
            Self::Lineage => lineage::Row::IGNORED,
            Self::Metric => metric::Row::IGNORED,
            Self::Effects => effects::Row::IGNORED,
        }
    }

    /// Returns the types of events whose personal data it does not show.
    pub(crate) fn closed(self) -> &'static [&'static str] {
        match self {
            Self::Inbox => inbox::Row::CLOSED,
            Self::Thread => thread::Row::CLOSED,
            Self::ReplyHistory => reply_history::Row::CLOSED,
            Self::Accounts => accounts::Row::CLOSED,
            Self::Claims => claims::Row::CLOSED,
            Self::Sending => sending::Row::CLOSED,
            Self::Bulks => bulks::Row::CLOSED,
            Self::Failures => failures::Row::CLOSED,
            Self::Knowledge => knowledge::Row::CLOSED,
            Self::Lineage => lineage::Row::CLOSED,
            Self::Metric => metric::Row::CLOSED,
            Self::Effects => effects::Row::CLOSED,
        }
    }
}

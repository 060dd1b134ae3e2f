//! What a check found wrong, and where.

use std::fmt;

use serde::Serialize;
use strum::IntoStaticStr;

use crate::record::LogId;

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What it is.
    pub kind: FaultKind,
    /// The log.
    pub log: i32,
    /// The position, or the first of several.
    pub pos: i64,
    /// The last position; the same as `pos` where it is one.
    pub last_pos: i64,
    /// More, for a person.
    pub about: String,
}

/// The kinds of faults.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum FaultKind {
    /// An event is not the one that was sealed.
    EventAltered,
    /// There is no event at the position.
    EventMissing,
    /// There is more than one event at the position, or one where none can be.
    EventAdded,
    /// The id is not derived from the command.
    EventIdForeign,
    /// The seal does not hash to what it says, or does not follow the one before.
    SealAltered,
    /// Seals are missing between two others, or at the beginning.
    SealMissing,
    /// A signed head speaks of a seal that is gone: the tail was cut off.
    TailCut,
    /// A signed head speaks of another seal in that place: history was rewritten.
    Rewritten,
    /// A line of the file of signed heads is not as it was written.
    HeadsAltered,
    /// A file of the archive is missing or cannot be read.
    ArchiveDamaged,
    /// A seller's numbers have a gap.
    TenantGap,
    /// A stream's versions have a gap, or its row in `es.stream` says something else.
    StreamDiffers,
    /// A command's events are not together, or its row in `es.command` says something else.
    CommandDiffers,
}

impl Fault {
    pub(crate) fn at(kind: FaultKind, log: LogId, pos: i64) -> Self {
        Self::between(kind, log, pos, pos)
    }

    pub(crate) fn between(kind: FaultKind, log: LogId, pos: i64, last_pos: i64) -> Self {
        Self { kind, log: log.0, pos, last_pos, about: String::new() }
    }

    pub(crate) fn about(mut self, about: impl Into<String>) -> Self {
        self.about = about.into();
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, log, pos, last_pos, about } = self;
        match (log, pos == last_pos) {
            (0, _) => (),
            (_, true) => write!(f, "log {log}, position {pos}: ")?,
            (_, false) => write!(f, "log {log}, positions {pos} to {last_pos}: ")?,
        }
        f.write_str(match kind {
            FaultKind::EventAltered => "the event is not the one that was sealed",
            FaultKind::EventMissing => "the log has no event there",
            FaultKind::EventAdded => "an event was added",
            FaultKind::EventIdForeign => "the event id is not that of its command",
            FaultKind::SealAltered => "the seal was altered",
            FaultKind::SealMissing => "the seal is missing",
            FaultKind::TailCut => "the tail was cut off",
            FaultKind::Rewritten => "history was rewritten",
            FaultKind::HeadsAltered => "the file of signed heads was altered",
            FaultKind::ArchiveDamaged => "the archived events cannot be read",
            FaultKind::TenantGap => "the seller's numbers have a gap",
            FaultKind::StreamDiffers => "the stream is not whole",
            FaultKind::CommandDiffers => "the command's events are not whole",
        })?;
        if about.is_empty() { Ok(()) } else { write!(f, " ({about})") }
    }
}

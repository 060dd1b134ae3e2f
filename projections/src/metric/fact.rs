//! What is counted, each under one name: in rows, in SQL and in `docs/metrics.md`.

use domain::interaction::SendFailure;

/// The version of all definitions: one that counts otherwise than before is another version, after a rebuild.
pub const VERSION: u32 = 2;

/// A number of interactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The buyer's first words have an answer that stands, whoever gave it.
    Answered,
    /// The answer is from here.
    AnsweredHere,
    /// The answer is not from here.
    AnsweredElsewhere,
    /// The answer is from here, and nobody asked for it but the seller's rules.
    Automatic,
    /// The answer is one text for many, and not its draft.
    InBulk,
    /// It was not kept how far the answer was from its draft.
    Unmeasured,
    /// A person decided about the answer alone: accepted, edited or written by hand.
    Judged,
    /// The answer is its draft.
    Accepted,
    /// The answer is its draft with an edit.
    Edited,
    /// The answer is another text than its draft, or had none.
    Manual,
    /// It is known how far the answer, which was judged, is from its draft.
    Measured,
    /// It is known how long the buyer waited for the answer.
    Timed,
    /// A promise was kept or broken.
    SlaDue,
    /// The answer stood by when it was promised.
    SlaMet,
    /// There was no answer by when it was promised.
    SlaMissed,
    /// Moderation refused a reply.
    Refused,
    /// An attempt to send ended without anybody knowing whether it took effect.
    Unknown,
    /// An attempt to send definitely had no effect, or was given up; each cause is [`failed_by`] it.
    Failed,
    /// Reading could not tell whether a reply stands, so that a person had to look.
    InDoubt,
}

/// Those that follow from the first answer and from what was promised: they go when the answer goes.
pub(super) const OF_ANSWERS: [Metric; 15] = [
    Metric::Answered,
    Metric::AnsweredHere,
    Metric::AnsweredElsewhere,
    Metric::Automatic,
    Metric::InBulk,
    Metric::Unmeasured,
    Metric::Judged,
    Metric::Accepted,
    Metric::Edited,
    Metric::Manual,
    Metric::Measured,
    Metric::Timed,
    Metric::SlaDue,
    Metric::SlaMet,
    Metric::SlaMissed,
];

impl Metric {
    /// Returns the word used in rows, JSON and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::AnsweredHere => "answered_here",
            Self::AnsweredElsewhere => "answered_elsewhere",
            Self::Automatic => "automatic",
            Self::InBulk => "in_bulk",
            Self::Unmeasured => "unmeasured",
            Self::Judged => "judged",
            Self::Accepted => "accepted",
            Self::Edited => "edited",
            Self::Manual => "manual",
            Self::Measured => "measured",
            Self::Timed => "timed",
            Self::SlaDue => "sla_due",
            Self::SlaMet => "sla_met",
            Self::SlaMissed => "sla_missed",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
        }
    }
}

/// Returns the name of what counts interactions of which an attempt to send failed for this cause.
#[must_use]
pub fn failed_by(cause: SendFailure) -> String {
    format!("failed_by_{}", <&str>::from(cause))
}

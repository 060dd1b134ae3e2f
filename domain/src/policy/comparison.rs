//! Comparisons of models: how far one has come, and what came of asking for a past draft once more.

use strum::{EnumString, IntoStaticStr};

/// How far a comparison has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum State {
    /// Nobody has begun.
    Wanted,
    /// Some drafts are reckoned.
    Running,
    /// All are.
    Done,
    /// The budget does not let another call be made.
    OutOfBudget,
    /// Somebody stopped it.
    Stopped,
    /// It cannot go on before somebody mends something.
    Failed,
}

/// What came of asking for a draft once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// The model wrote a text that could have been a draft.
    Written,
    /// It wrote what a machine may not say.
    Unfit,
    /// It wrote nothing that can be read.
    Unreadable,
    /// It did not want to answer.
    Declined,
    /// It did not answer.
    NoAnswer,
    /// The process that asked died before it had the answer: what may be paid for is not paid for again.
    Interrupted,
    /// What the first model was given cannot be had any more, so nobody was asked.
    LeftOut,
}

impl State {
    /// Returns the word used in JSON and SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Outcome {
    /// Returns the word used in JSON and SQL.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

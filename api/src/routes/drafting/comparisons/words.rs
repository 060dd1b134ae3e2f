//! How far a comparison has come, and what came of each draft, in the API's words.

use domain::policy::comparison::{Outcome, State};
use serde::Serialize;
use utoipa::ToSchema;

/// How far a comparison has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ComparisonState {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ComparisonOutcome {
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
    /// Asking was cut off, and is not paid for twice.
    Interrupted,
    /// What the first model was given cannot be had any more.
    LeftOut,
}

impl From<State> for ComparisonState {
    fn from(state: State) -> Self {
        match state {
            State::Wanted => Self::Wanted,
            State::Running => Self::Running,
            State::Done => Self::Done,
            State::OutOfBudget => Self::OutOfBudget,
            State::Stopped => Self::Stopped,
            State::Failed => Self::Failed,
        }
    }
}

impl From<Outcome> for ComparisonOutcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Written => Self::Written,
            Outcome::Unfit => Self::Unfit,
            Outcome::Unreadable => Self::Unreadable,
            Outcome::Declined => Self::Declined,
            Outcome::NoAnswer => Self::NoAnswer,
            Outcome::Interrupted => Self::Interrupted,
            Outcome::LeftOut => Self::LeftOut,
        }
    }
}

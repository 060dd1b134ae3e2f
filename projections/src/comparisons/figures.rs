//! Figures of a comparison: both sides are of the same drafts, those that the other model was asked about and answered
//! in some way.

use std::collections::BTreeMap;

use domain::policy::edit::Changed;

use super::{Compared, Outcome};

/// How one side did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Drafts.
    pub drafts: u32,
    /// Those that people would have sent, or sent, as they were.
    pub accepted: u32,
    /// With a slight edit.
    pub slight: u32,
    /// With more changed.
    pub edited: u32,
    /// Another text was sent.
    pub manual: u32,
    /// Stopped by the guardrails.
    pub unfit: u32,
    /// Nothing that can be read.
    pub unreadable: u32,
    /// Declined.
    pub declined: u32,
    /// The share of changed characters of those with a text, on average, in thousandths; none without any.
    pub changed_mean: Option<u16>,
    /// What they cost together, in millionths of a dollar, as far as it is known.
    pub cost_micro_usd: u64,
    /// Of how many drafts the cost is known.
    pub priced: u32,
    /// How long half of them took at most, in milliseconds.
    pub duration_p50_ms: Option<u32>,
    /// How long nine in ten took at most.
    pub duration_p90_ms: Option<u32>,
}

/// Both sides, and what is on neither.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sides {
    /// As it was.
    pub before: Figures,
    /// Reckoned again.
    pub again: Figures,
    /// Drafts that were left out, by reason.
    pub left_out: BTreeMap<String, u32>,
    /// The other model did not answer.
    pub no_answer: u32,
    /// Asking was cut off.
    pub interrupted: u32,
    /// Not reckoned yet.
    pub open: u32,
}

/// One side while it is counted.
#[derive(Default)]
struct Tally {
    figures: Figures,
    changed: u64,
    texts: u64,
    durations: Vec<u32>,
}

/// Counts both sides.
#[must_use]
pub fn sides(drafts: &[Compared]) -> Sides {
    let mut sides = Sides::default();
    let (mut before, mut again) = (Tally::default(), Tally::default());
    for draft in drafts {
        match draft.outcome {
            None => sides.open += 1,
            Some(Outcome::NoAnswer) => sides.no_answer += 1,
            Some(Outcome::Interrupted) => sides.interrupted += 1,
            Some(Outcome::LeftOut) => {
                *sides.left_out.entry(draft.reason.clone().unwrap_or_default()).or_default() += 1;
            }
            Some(
                outcome @ (Outcome::Written
                | Outcome::Unfit
                | Outcome::Unreadable
                | Outcome::Declined),
            ) => {
                before.measure(Some(draft.changed_before));
                before.took(draft.cost_before_micro_usd, draft.duration_before_ms);
                match outcome {
                    Outcome::Unfit => again.figures.unfit += 1,
                    Outcome::Unreadable => again.figures.unreadable += 1,
                    Outcome::Declined => again.figures.declined += 1,
                    Outcome::Written
                    | Outcome::NoAnswer
                    | Outcome::Interrupted
                    | Outcome::LeftOut => (),
                }
                again.measure(draft.changed);
                again.took(draft.cost_micro_usd, draft.duration_ms);
            }
        }
    }
    sides.before = before.counted();
    sides.again = again.counted();
    sides
}

impl Tally {
    /// Counts a draft, and how far people's text is from its own, where it has one.
    fn measure(&mut self, changed: Option<u16>) {
        self.figures.drafts += 1;
        let Some(changed) = changed.map(Changed::kept) else { return };
        self.texts += 1;
        self.changed += u64::from(changed.thousandths());
        let band = if changed.is_none() {
            &mut self.figures.accepted
        } else if changed.is_another_text() {
            &mut self.figures.manual
        } else if changed.is_slight() {
            &mut self.figures.slight
        } else {
            &mut self.figures.edited
        };
        *band += 1;
    }

    fn took(&mut self, cost_micro_usd: Option<u64>, duration_ms: Option<u32>) {
        self.figures.priced += u32::from(cost_micro_usd.is_some());
        self.figures.cost_micro_usd += cost_micro_usd.unwrap_or(0);
        self.durations.extend(duration_ms);
    }

    fn counted(mut self) -> Figures {
        self.durations.sort_unstable();
        let mean = self.changed.checked_div(self.texts);
        Figures {
            changed_mean: mean.map(|mean| u16::try_from(mean).unwrap_or(u16::MAX)),
            duration_p50_ms: at(&self.durations, 50),
            duration_p90_ms: at(&self.durations, 90),
            ..self.figures
        }
    }
}

/// Returns the least of sorted numbers that so many per cent do not exceed.
fn at(sorted: &[u32], percent: usize) -> Option<u32> {
    sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use domain::InteractionId;
    use uuid::Uuid;

    use super::*;

    fn draft(before: u16, outcome: Option<Outcome>, changed: Option<u16>) -> Compared {
        Compared {
            draft_id: Uuid::nil(),
            interaction: InteractionId(Uuid::nil()),
            proposed_at: DateTime::UNIX_EPOCH,
            changed_before: before,
            model_before: None,
            prompt_before: None,
            cost_before_micro_usd: Some(100),
            duration_before_ms: Some(1_000),
            outcome,
            reason: (outcome == Some(Outcome::LeftOut)).then(|| "erased".to_owned()),
            changed,
            cost_micro_usd: Some(40),
            duration_ms: changed.map(u32::from),
        }
    }

    #[test]
    fn both_sides_are_of_the_drafts_that_the_other_model_answered() {
        let found = sides(&[
            draft(0, Some(Outcome::Written), Some(250)),
            draft(251, Some(Outcome::Written), Some(0)),
            draft(501, Some(Outcome::Written), Some(500)),
            draft(1, Some(Outcome::Unfit), None),
            draft(900, Some(Outcome::LeftOut), None),
            draft(900, Some(Outcome::NoAnswer), None),
            draft(900, None, None),
        ]);
        let before = Figures {
            drafts: 4,
            accepted: 1,
            slight: 1,
            edited: 1,
            manual: 1,
            changed_mean: Some(188),
            cost_micro_usd: 400,
            priced: 4,
            duration_p50_ms: Some(1_000),
            duration_p90_ms: Some(1_000),
            ..Figures::default()
        };
        let again = Figures {
            drafts: 4,
            accepted: 1,
            slight: 1,
            edited: 1,
            unfit: 1,
            changed_mean: Some(250),
            cost_micro_usd: 160,
            priced: 4,
            duration_p50_ms: Some(250),
            duration_p90_ms: Some(500),
            ..Figures::default()
        };
        assert_eq!((found.before, found.again), (before, again));
        assert_eq!((found.open, found.no_answer, found.interrupted), (1, 1, 0));
        assert_eq!(found.left_out, BTreeMap::from([("erased".to_owned(), 1)]));
    }

    #[test]
    fn of_nothing_there_are_no_figures() {
        assert_eq!(sides(&[]), Sides::default());
    }
}

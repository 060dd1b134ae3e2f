//! What of a seller's replies there is most to learn from.

use crate::interaction::DraftOutcome;
use crate::policy::edit::Changed;

/// What is known of a draft, or of a reply that had none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// What became of it.
    pub outcome: DraftOutcome,
    /// How far the reply is from it, where there was something to measure.
    pub changed: Option<Changed>,
    /// Drafts for the same buyer that an operator did not want before.
    pub dismissed_before: usize,
    /// Whether a model wrote it and was given no passage and no product to rest on.
    pub nothing_known: bool,
}

/// Points for a draft that was of no use at all: dismissed, or another text went out.
const OF_NO_USE: u16 = 60;

/// Points for each draft that was dismissed before, and how many count.
const DISMISSED: u16 = 10;
const DISMISSED_MAX: usize = 2;

/// Points where nothing was known that a model could rest on: that the seller can mend at once.
const NOTHING_KNOWN: u16 = 20;

/// Scores how much there is to learn, from 0 to 100 (F218). Where a draft was of use as it was, or nobody decided, that
/// is nothing; an edit counts by its share, up to what a draft of no use at all counts, and what may have led to it
/// adds.
#[must_use]
pub fn score(evidence: Evidence) -> u16 {
    let lost = match (evidence.outcome, evidence.changed) {
        (DraftOutcome::Dismissed | DraftOutcome::Manual, _) => OF_NO_USE,
        (DraftOutcome::Edited, Some(changed)) => {
            // Above half it would be another text.
            (changed.thousandths() * 2).min(1_000).div_ceil(1_000 / OF_NO_USE).min(OF_NO_USE)
        }
        (
            DraftOutcome::Open
            | DraftOutcome::Accepted
            | DraftOutcome::Edited
            | DraftOutcome::Automatic
            | DraftOutcome::InBulk
            | DraftOutcome::Superseded
            | DraftOutcome::Carried
            | DraftOutcome::Unused
            | DraftOutcome::Unmeasured
            | DraftOutcome::TakenBack,
            _,
        ) => return 0,
    };
    let dismissed = (1..=DISMISSED_MAX).filter(|n| *n <= evidence.dismissed_before);
    let nothing_known = if evidence.nothing_known { NOTHING_KNOWN } else { 0 };
    lost + dismissed.map(|_| DISMISSED).sum::<u16>() + nothing_known
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Evidence = Evidence {
        outcome: DraftOutcome::Manual,
        changed: None,
        dismissed_before: 0,
        nothing_known: false,
    };

    fn edited(sent: &str) -> u16 {
        let changed = Some(Changed::between("абвгдежзик", sent));
        score(Evidence { outcome: DraftOutcome::Edited, changed, ..PLAIN })
    }

    #[test]
    fn the_farther_from_its_draft_the_more_there_is_to_learn() {
        assert_eq!(score(Evidence { outcome: DraftOutcome::Accepted, ..PLAIN }), 0);
        let scores = ["абвгдежзи", "абвгдеж", "абвгд"].map(edited);
        assert!(scores.is_sorted() && scores[0] > 0 && scores[2] == OF_NO_USE, "{scores:?}");
        assert_eq!(score(PLAIN), OF_NO_USE);
        assert_eq!(score(Evidence { outcome: DraftOutcome::Dismissed, ..PLAIN }), OF_NO_USE);
    }

    #[test]
    fn what_may_have_led_to_it_adds_up_to_a_hundred() {
        let all = Evidence { dismissed_before: 9, nothing_known: true, ..PLAIN };
        assert_eq!(score(all), 100);
        assert_eq!(score(Evidence { dismissed_before: 1, ..PLAIN }), OF_NO_USE + DISMISSED);
        for outcome in [DraftOutcome::Unused, DraftOutcome::InBulk] {
            assert_eq!(score(Evidence { outcome, ..all }), 0, "nobody judged it");
        }
    }
}

//! The judge: what was asked for, held against what buyers saw according to the sandbox's ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserialize;

/// A request to answer as the ledger tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct LedgerAnswer {
    /// Who wrote and how.
    pub action: Action,
    /// The review's id.
    pub target: String,
    /// The text that came.
    pub text: String,
    /// Whether it took effect.
    pub applied: bool,
    /// What it did, in the sandbox's words.
    pub effect: String,
    /// `given`, `lost` or `reset`.
    pub answer: String,
    /// What the client was answered, if it was.
    pub status: Option<u16>,
    /// Time that the answer was held back.
    #[serde(default)]
    pub delay_ms: u64,
    /// When it came.
    pub time: chrono::DateTime<chrono::Utc>,
    /// What buyers see under the review once all that came so far has taken effect.
    pub buyer_sees: Option<Seen>,
}

/// Who wrote, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The first answer, by us.
    Answer,
    /// A change of it, by us.
    Edit,
    /// The seller, in the marketplace's own cabinet.
    CabinetAnswer,
}

/// Words under a review.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    /// The words.
    pub text: String,
}

/// What somebody at the console asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The review's id at the marketplace.
    pub target: String,
    /// Answer or edit.
    pub action: Action,
    /// The text to send.
    pub text: String,
}

/// What the comparison found. Each list names reviews.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Asked for and carried out once, with the text asked for.
    pub once: BTreeSet<String>,
    /// Asked for and never carried out.
    pub missing: BTreeSet<String>,
    /// Carried out more than once.
    pub repeated: BTreeSet<String>,
    /// Carried out with another text than the one asked for.
    pub wrong_text: BTreeSet<String>,
    /// Sent to a review for which nothing was asked.
    pub wrong_target: BTreeSet<String>,
}

impl Asked {
    /// An answer.
    #[must_use]
    pub fn answer(target: impl Into<String>, text: impl Into<String>) -> Self {
        Self { target: target.into(), action: Action::Answer, text: text.into() }
    }

    /// An edit.
    #[must_use]
    pub fn edit(target: impl Into<String>, text: impl Into<String>) -> Self {
        Self { target: target.into(), action: Action::Edit, text: text.into() }
    }
}

impl Verdict {
    /// Tells whether everything asked for happened once, as asked, and nothing else.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let Self { once: _, missing, repeated, wrong_text, wrong_target } = self;
        [missing, repeated, wrong_text, wrong_target].into_iter().all(BTreeSet::is_empty)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { once, missing, repeated, wrong_text, wrong_target } = self;
        write!(
            f,
            "once {}, missing {}, repeated {}, wrong text {}, wrong target {}",
            once.len(),
            missing.len(),
            repeated.len(),
            wrong_text.len(),
            wrong_target.len()
        )?;
        for (what, reviews) in [
            ("missing", missing),
            ("repeated", repeated),
            ("wrong text", wrong_text),
            ("wrong target", wrong_target),
        ] {
            if !reviews.is_empty() {
                write!(f, "\n  {what}: {}", Vec::from_iter(reviews.iter().cloned()).join(", "))?;
            }
        }
        Ok(())
    }
}

/// Compares. What the seller wrote in the marketplace's cabinet is nobody's fault and left out.
#[must_use]
pub fn judge(asked: &[Asked], ledger: &[LedgerAnswer]) -> Verdict {
    let mut carried_out: BTreeMap<(&str, Action), Vec<&LedgerAnswer>> = BTreeMap::new();
    let mut sent_to = BTreeSet::new();
    for line in ledger.iter().filter(|line| line.action != Action::CabinetAnswer) {
        sent_to.insert((line.target.as_str(), line.action));
        if line.applied {
            carried_out.entry((&line.target, line.action)).or_default().push(line);
        }
    }
    let mut verdict = Verdict::default();
    let mut wanted = BTreeSet::new();
    for Asked { target, action, text } in asked {
        wanted.insert((target.as_str(), *action));
        let list = match carried_out.get(&(target.as_str(), *action)).map(Vec::as_slice) {
            None | Some([]) => &mut verdict.missing,
            Some([line]) if line.text == *text => &mut verdict.once,
            Some([_]) => &mut verdict.wrong_text,
            Some(_) => &mut verdict.repeated,
        };
        list.insert(target.clone());
    }
    let unwanted = sent_to.difference(&wanted).map(|(target, _)| (*target).to_owned());
    verdict.wrong_target.extend(unwanted);
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(action: Action, target: &str, text: &str, applied: bool) -> LedgerAnswer {
        LedgerAnswer {
            action,
            target: target.to_owned(),
            text: text.to_owned(),
            applied,
            effect: String::new(),
            answer: "given".to_owned(),
            status: Some(204),
            delay_ms: 0,
            time: chrono::DateTime::UNIX_EPOCH,
            buyer_sees: None,
        }
    }

    fn sent(target: &str, text: &str) -> LedgerAnswer {
        line(Action::Answer, target, text, true)
    }

    fn only(review: &str) -> BTreeSet<String> {
        BTreeSet::from([review.to_owned()])
    }

    #[test]
    fn what_happened_once_as_asked_is_clean() {
        let asked = [Asked::answer("a", "Спасибо"), Asked::edit("a", "Спасибо!")];
        let refused = line(Action::Answer, "a", "Спасибо", false);
        let edited = line(Action::Edit, "a", "Спасибо!", true);
        let cabinet = line(Action::CabinetAnswer, "z", "Сами", true);
        let verdict = judge(&asked, &[refused, sent("a", "Спасибо"), edited, cabinet]);
        assert!(verdict.is_clean(), "{verdict}");
        assert_eq!(verdict.once, only("a"));
    }

    #[test]
    fn each_way_to_go_wrong_is_found() {
        let asked = ["a", "b", "c"].map(|target| Asked::answer(target, "Спасибо"));
        let ledger = [
            sent("a", "Спасибо"),
            sent("a", "Спасибо"),
            sent("b", "Извините"),
            line(Action::Answer, "c", "Спасибо", false),
            line(Action::Answer, "d", "Спасибо", false),
        ];
        let verdict = judge(&asked, &ledger);
        assert!(!verdict.is_clean());
        assert_eq!(verdict.repeated, only("a"));
        assert_eq!(verdict.wrong_text, only("b"));
        assert_eq!(verdict.missing, only("c"));
        assert_eq!(verdict.wrong_target, only("d"), "a refused call to a stranger counts, too");
    }

    #[test]
    fn an_edit_that_nobody_asked_for_is_found() {
        let asked = [Asked::answer("a", "Спасибо")];
        let edited = line(Action::Edit, "a", "Спасибо!", true);
        let verdict = judge(&asked, &[sent("a", "Спасибо"), edited]);
        assert_eq!(verdict.wrong_target, only("a"));
    }
}

//! What other lists of a seller would have done to texts that were said: asked before they are saved.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Finding, Grounds, Own, Place, Reading, Rule, Severity};
use crate::InteractionId;
use crate::value::{Channel, Content};

/// Most examples of each change that are kept.
const EXAMPLES_MAX: usize = 3;

/// Characters that an example shows on either side of the words it is about.
const AROUND_CHARS: usize = 40;

/// A text that was said to a buyer, or may be.
#[derive(Debug)]
pub struct Said {
    /// What it answers.
    pub id: InteractionId,
    /// How the buyer wrote.
    pub channel: Channel,
    /// What the buyer left, as far as the rules care.
    pub content: Content,
    /// The text.
    pub text: String,
}

/// Holds texts against two versions of a seller's lists.
#[derive(Debug)]
pub struct WhatIf {
    before: Grounds,
    after: Grounds,
    outcome: Outcome,
    effects: BTreeMap<Key, Effect>,
}

/// What the change of lists would do.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Texts that were looked at.
    pub texts: usize,
    /// Texts that are stopped as the lists are.
    pub stopped_before: usize,
    /// Texts that would be stopped.
    pub stopped_after: usize,
    /// Texts that would be stopped and are not.
    pub stopped_newly: usize,
    /// Texts that are stopped and would not be.
    pub stopped_no_longer: usize,
    /// By rule or phrase, those that stop most texts newly first. Those that change nothing are left out.
    pub effects: Vec<Effect>,
}

/// What the change of lists would do by one rule or phrase.
#[derive(Debug)]
pub struct Effect {
    /// The rule.
    pub rule: &'static Rule,
    /// The phrase of the seller's list, where it is one.
    pub listed: Option<String>,
    /// Texts that it would stop and does not.
    pub stops_newly: usize,
    /// Texts that it stops and would not.
    pub stops_no_longer: usize,
    /// Texts that it would warn of and does not.
    pub warns_newly: usize,
    /// Texts that it warns of and would not.
    pub warns_no_longer: usize,
    /// The first texts of each change.
    pub examples: Vec<Example>,
}

/// What becomes of a text by a rule or phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Change {
    /// It would be stopped.
    StopsNewly,
    /// It would not be stopped any more.
    StopsNoLonger,
    /// It would be warned of.
    WarnsNewly,
    /// It would not be warned of any more.
    WarnsNoLonger,
}

/// A text that a change is about.
#[derive(Debug)]
pub struct Example {
    /// What it answers.
    pub id: InteractionId,
    /// What becomes of it.
    pub change: Change,
    /// The words, as they are written.
    pub phrase: String,
    /// Where they stand in the text.
    pub place: Place,
    /// What stands before them.
    pub before: String,
    /// What stands after them.
    pub after: String,
}

/// A rule or a phrase of the list.
type Key = (&'static str, Option<String>);

impl WhatIf {
    /// Compares lists `before` and `after` a change.
    #[must_use]
    pub fn new(before: Arc<Own>, after: Arc<Own>) -> Self {
        let grounds = |own| Grounds { own, is_duplicate: false };
        Self {
            before: grounds(before),
            after: grounds(after),
            outcome: Outcome::default(),
            effects: BTreeMap::new(),
        }
    }

    /// Holds one more text against both.
    pub fn look_at(&mut self, said: &Said) {
        let reading = Reading::of(&said.text, said.channel, &said.content);
        let (before, after) = (reading.findings(&self.before), reading.findings(&self.after));
        let [stopped, would_be] = [&before, &after]
            .map(|found| found.iter().any(|finding| finding.severity == Severity::Error));
        self.outcome.texts += 1;
        self.outcome.stopped_before += usize::from(stopped);
        self.outcome.stopped_after += usize::from(would_be);
        self.outcome.stopped_newly += usize::from(would_be && !stopped);
        self.outcome.stopped_no_longer += usize::from(stopped && !would_be);
        for (severity, [newly, no_longer]) in [
            (Severity::Error, [Change::StopsNewly, Change::StopsNoLonger]),
            (Severity::Warning, [Change::WarnsNewly, Change::WarnsNoLonger]),
        ] {
            self.count(said, newly, severity, [&before, &after]);
            self.count(said, no_longer, severity, [&after, &before]);
        }
    }

    /// Counts what is found among `these` and not among `others`, once a text and rule.
    fn count(
        &mut self,
        said: &Said,
        change: Change,
        severity: Severity,
        [others, these]: [&[Finding]; 2],
    ) {
        let of = |found: &[Finding]| -> BTreeSet<Key> {
            found.iter().filter(|finding| finding.severity == severity).map(key).collect()
        };
        for changed in of(these).difference(&of(others)) {
            let is_it =
                |finding: &&Finding| finding.severity == severity && key(finding) == *changed;
            let Some(first) = these.iter().find(is_it) else { continue };
            let effect = self.effects.entry(changed.clone()).or_insert_with(|| Effect::of(first));
            effect.count(said, change, first);
        }
    }

    /// Tells what was found.
    #[must_use]
    pub fn outcome(self) -> Outcome {
        let mut effects: Vec<Effect> = self.effects.into_values().collect();
        effects.sort_by_key(|effect| {
            let Effect { stops_newly, stops_no_longer, warns_newly, .. } = effect;
            std::cmp::Reverse((*stops_newly, *stops_no_longer, *warns_newly))
        });
        Outcome { effects, ..self.outcome }
    }
}

fn key(finding: &Finding) -> Key {
    (finding.rule.id, finding.listed.as_ref().map(|listed| listed.phrase.clone()))
}

impl Effect {
    fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule,
            listed: finding.listed.as_ref().map(|listed| listed.phrase.clone()),
            stops_newly: 0,
            stops_no_longer: 0,
            warns_newly: 0,
            warns_no_longer: 0,
            examples: Vec::new(),
        }
    }

    fn count(&mut self, said: &Said, change: Change, finding: &Finding) {
        let counted = match change {
            Change::StopsNewly => &mut self.stops_newly,
            Change::StopsNoLonger => &mut self.stops_no_longer,
            Change::WarnsNewly => &mut self.warns_newly,
            Change::WarnsNoLonger => &mut self.warns_no_longer,
        };
        *counted += 1;
        if *counted <= EXAMPLES_MAX
            && let (Some(phrase), Some(place)) = (&finding.phrase, finding.place)
        {
            self.examples.push(Example::new(said, change, phrase, place));
        }
    }
}

impl Example {
    fn new(said: &Said, change: Change, phrase: &str, place: Place) -> Self {
        let from = place.start.saturating_sub(AROUND_CHARS);
        let before = said.text.chars().skip(from).take(place.start - from).collect();
        let after = said.text.chars().skip(place.end).take(AROUND_CHARS).collect();
        Self { id: said.id, change, phrase: phrase.to_owned(), place, before, after }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::{Guardrails, Phrase};
    use super::*;
    use crate::value::{BuyerWords, Product};

    fn own(phrases: &[(&str, Severity)], exceptions: &[&str]) -> Arc<Own> {
        let phrase = |(text, severity): &(&str, Severity)| Phrase {
            text: (*text).to_owned(),
            severity: *severity,
            channels: BTreeSet::new(),
            instead: None,
        };
        let exceptions = exceptions.iter().map(|text| (*text).to_owned()).collect();
        let guardrails = Guardrails { phrases: phrases.iter().map(phrase).collect(), exceptions };
        Arc::new(Own::compiled(1, &guardrails))
    }

    fn outcome(before: Arc<Own>, after: Arc<Own>, texts: &[&str]) -> Outcome {
        let mut what_if = WhatIf::new(before, after);
        for (n, text) in (1..).zip(texts) {
            let words = BuyerWords::default().into();
            what_if.look_at(&Said {
                id: InteractionId(Uuid::from_u128(n)),
                channel: Channel::Review,
                content: Content { rating: None, product: Product::default(), words },
                text: (*text).to_owned(),
            });
        }
        what_if.outcome()
    }

    #[test]
    fn what_changes_is_counted_by_rule_and_phrase() {
        use Severity::{Error, Warning};

        let before = own(&[("акция", Error), ("скидка", Warning)], &[]);
        let after = own(&[("скидка", Error), ("доставка", Warning)], &["робот"]);
        let told = outcome(
            before,
            after,
            &[
                "Скидки на скидки, приходите к нам ещё",
                "Роботы моют пол, а доставка быстрая",
                "Бот ответит, и робот тоже, про скидку",
                "Только в эту акцию, заходите к нам",
                "Спасибо, что выбрали наш чайник, Анна",
            ],
        );
        assert_eq!(
            (
                told.texts,
                told.stopped_before,
                told.stopped_after,
                told.stopped_newly,
                told.stopped_no_longer
            ),
            (5, 3, 2, 1, 2)
        );
        let told: Vec<_> = told
            .effects
            .iter()
            .map(|effect| {
                let Effect { stops_newly, stops_no_longer, warns_newly, warns_no_longer, .. } =
                    effect;
                let what = effect.listed.as_deref().unwrap_or(effect.rule.id);
                (what, [*stops_newly, *stops_no_longer, *warns_newly, *warns_no_longer])
            })
            .collect();
        assert_eq!(
            told,
            [
                ("скидка", [2, 0, 0, 2]),
                ("ai_mention", [0, 1, 0, 0]),
                ("акция", [0, 1, 0, 0]),
                ("доставка", [0, 0, 1, 0]),
            ]
        );
    }

    #[test]
    fn examples_show_the_words_and_are_few() {
        let text = format!("{} Дарим скидку всем! {}", "а".repeat(60), "б".repeat(60));
        let texts = [text.as_str(); 9];
        let told = outcome(own(&[], &[]), own(&[("скидка", Severity::Error)], &[]), &texts);
        let [Effect { stops_newly: 9, examples, .. }] = &told.effects[..] else {
            panic!("{told:?}")
        };
        assert_eq!(examples.len(), EXAMPLES_MAX);
        let Example { id, change, phrase, place, before, after } = &examples[1];
        assert_eq!((*id, *change), (InteractionId(Uuid::from_u128(2)), Change::StopsNewly));
        assert_eq!((phrase.as_str(), *place), ("скидку", Place { start: 67, end: 73 }));
        assert_eq!(*before, format!("{} Дарим ", "а".repeat(33)));
        assert_eq!(*after, format!(" всем! {}", "б".repeat(33)));
    }

    #[test]
    fn lists_that_say_the_same_change_nothing() {
        let texts = ["Скидки робота", "Вам отвечает бот", "Пишите на pled@example.com"];
        let lists = || own(&[("скидка", Severity::Error)], &["робот"]);
        let told = outcome(lists(), lists(), &texts);
        assert_eq!((told.stopped_before, told.stopped_after), (3, 3));
        assert!(told.effects.is_empty(), "{told:?}");
    }
}

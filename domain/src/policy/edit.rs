//! How far what was sent is from its draft.

use serde::{Deserialize, Serialize};

/// The largest share that still counts as a slight edit: three quarters stayed, where translators' price lists begin to
/// count a text as a match of another.
pub const SLIGHT_UP_TO: f64 = 0.25;

/// A larger share means another text, whatever was on offer: translators' tools, too, call new what matches to less
/// than 50 %.
pub const OTHER_ABOVE: f64 = 0.5;

/// Returns the share of changed characters, from 0 for the same words to 1 for another text: the characters to put in,
/// take out or replace (Levenshtein), of those of the longer text. White space between words is no change.
///
/// Characters and not words, since most edits are a name, a number, an ending. Nine in ten pairs of our own templates
/// differ by more than 0.6, half of them by more than 0.78.
#[must_use]
pub fn changed(draft: &str, sent: &str) -> f64 {
    let (changes, of) = changes(draft, sent);
    share(changes, of)
}

/// Counts the characters that were changed, and those of the longer text; of two empty ones as if there was one.
fn changes(draft: &str, sent: &str) -> (usize, usize) {
    let (draft, sent) = (spaced(draft), spaced(sent));
    let (draft, sent): (Vec<char>, Vec<char>) = (draft.chars().collect(), sent.chars().collect());
    let longer = draft.len().max(sent.len()).max(1);
    let (draft, sent) = between(&draft, &sent);
    (strsim::generic_levenshtein(&Part(draft), &Part(sent)), longer)
}

/// A share of changed characters as it is kept: in thousandths, a part of one counting as one, so that only nothing is
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changed(u16);

impl Changed {
    /// Measures what was sent against its draft.
    #[must_use]
    pub fn between(draft: &str, sent: &str) -> Self {
        let (changes, of) = changes(draft, sent);
        Self::kept(u16::try_from((changes * 1_000).div_ceil(of)).unwrap_or(u16::MAX))
    }

    /// Returns the share that was kept as so many thousandths.
    #[must_use]
    pub fn kept(thousandths: u16) -> Self {
        Self(thousandths.min(1_000))
    }

    /// Returns the thousandths.
    #[must_use]
    pub fn thousandths(self) -> u16 {
        self.0
    }

    /// Returns the share.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// Tells whether the draft went out as it was.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Tells whether it went out with a slight edit at most.
    #[must_use]
    pub fn is_slight(self) -> bool {
        self.share() <= SLIGHT_UP_TO
    }

    /// Tells whether another text went out.
    #[must_use]
    pub fn is_another_text(self) -> bool {
        self.share() > OTHER_ABOVE
    }
}

/// Leaves out what both begin and end with: no change is there, and what is left is mostly short.
fn between<'a>(one: &'a [char], other: &'a [char]) -> (&'a [char], &'a [char]) {
    let same = |pairs: &mut dyn Iterator<Item = (&char, &char)>| {
        pairs.take_while(|(one, other)| one == other).count()
    };
    let start = same(&mut one.iter().zip(other));
    let (one, other) = (&one[start..], &other[start..]);
    let end = same(&mut one.iter().rev().zip(other.iter().rev()));
    (&one[..one.len() - end], &other[..other.len() - end])
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[expect(clippy::cast_precision_loss, reason = "texts have thousands of characters at most")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The form of a text that `strsim` takes.
struct Part<'a>(&'a [char]);

impl<'a> IntoIterator for &Part<'a> {
    type Item = &'a char;
    type IntoIter = std::slice::Iter<'a, char>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DRAFT: &str =
        "Здравствуйте, Анна! Спасибо, что выбрали наш плед. Рады, что он вас согрел.";

    #[test]
    fn a_name_is_a_slight_edit_and_another_text_is_none() {
        let named = DRAFT.replace("Анна", "Ирина");
        assert!((0.01..0.08).contains(&changed(DRAFT, &named)), "{}", changed(DRAFT, &named));
        let other =
            "Добрый день. Нам жаль, что размер не подошёл: оформите возврат в личном кабинете.";
        assert!(changed(DRAFT, other) > OTHER_ABOVE, "{}", changed(DRAFT, other));
        let longer = format!("{DRAFT} Стирайте при 30 градусах.");
        assert!((SLIGHT_UP_TO..OTHER_ABOVE).contains(&changed(DRAFT, &longer)), "a quarter is new");
    }

    #[test]
    fn white_space_is_no_change() {
        assert_eq!(changed("Спасибо  за\nотзыв! ", "Спасибо за отзыв!").to_bits(), 0);
        assert_eq!(changed("", " \n").to_bits(), 0);
        assert_eq!(changed("Спасибо", "").to_bits(), 1.0f64.to_bits());
    }

    #[test]
    fn the_least_change_is_kept_as_one() {
        let long = "ё".repeat(5_000);
        assert_eq!(Changed::between(&long, &format!("{long}!")).thousandths(), 1);
        assert!(Changed::between(&long, &long).is_none());
        let kept = Changed::between("абвг", "абв");
        assert!(kept.is_slight() && !kept.is_none() && !kept.is_another_text(), "{kept:?}");
        assert!(Changed::between(DRAFT, "Нет").is_another_text());
    }

    proptest! {
        #[test]
        fn it_is_a_share_and_nothing_only_for_the_same_words(one in "\\PC{0,60}", other in "\\PC{0,60}") {
            let share = changed(&one, &other);
            prop_assert!((0.0..=1.0).contains(&share));
            prop_assert_eq!(share == 0.0, crate::value::same_words(&one, &other));
            prop_assert_eq!(share.to_bits(), changed(&other, &one).to_bits(), "whichever was first");
        }

        #[test]
        fn leaving_out_what_is_the_same_changes_nothing(
            start in "[а-я]{0,9}", one in "[а-я ]{0,20}", other in "[а-я ]{0,20}", end in "[а-я]{0,9}",
        ) {
            let (one, other) = (spaced(&format!("{start}{one}{end}")), spaced(&format!("{start}{other}{end}")));
            let longer = one.chars().count().max(other.chars().count());
            prop_assume!(longer > 0);
            let whole = share(strsim::levenshtein(&one, &other), longer);
            prop_assert_eq!(changed(&one, &other).to_bits(), whole.to_bits());
        }

        #[test]
        fn one_character_more_changes_one(text in "[а-я]{1,60}", at in 0usize..60) {
            let mut more: Vec<char> = text.chars().collect();
            more.insert(at.min(more.len()), 'ё');
            let more: String = more.into_iter().collect();
            let expected = share(1, more.chars().count());
            prop_assert_eq!(changed(&text, &more).to_bits(), expected.to_bits());
        }
    }
}

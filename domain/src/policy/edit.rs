//! How far what was sent is from its draft.

use serde::{Deserialize, Serialize};

/// The largest share that still counts as a slight edit: three quarters stayed, where translators' price lists begin to
/// count a text as a match of another.
pub const SLIGHT_UP_TO: Changed = Changed::kept(250);

/// A larger share means another text, whatever was on offer: translators' tools, too, call new what matches to less
/// than 50 %.
pub const OTHER_ABOVE: Changed = Changed::kept(500);

/// A share of changed characters, from nothing for the same words to all for another text: the characters to put in,
/// take out or replace (Levenshtein), of those of the longer text; in thousandths, a part of one counting as one, so
/// that only nothing is nothing. White space between words is no change.
///
/// Characters and not words, since most edits are a name, a number, an ending. Nine in ten pairs of our own templates
/// differ by more than 60 %, half of them by more than 78 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changed(u16);

impl Changed {
    /// Measures what was sent against its draft.
    #[must_use]
    pub fn between(draft: &str, sent: &str) -> Self {
        let (draft, sent) = (spaced(draft), spaced(sent));
        let (draft, sent): (Vec<char>, Vec<char>) =
            (draft.chars().collect(), sent.chars().collect());
        let longer = draft.len().max(sent.len()).max(1);
        let (draft, sent) = between(&draft, &sent);
        let changes = strsim::generic_levenshtein(&Part(draft), &Part(sent));
        Self::kept(u16::try_from((changes * 1_000).div_ceil(longer)).unwrap_or(u16::MAX))
    }

    /// Returns the share that was kept as so many thousandths.
    #[must_use]
    pub const fn kept(thousandths: u16) -> Self {
        Self(if thousandths > 1_000 { 1_000 } else { thousandths })
    }

    /// Returns the thousandths.
    #[must_use]
    pub fn thousandths(self) -> u16 {
        self.0
    }

    /// Returns the share in per cent, rounded up.
    #[must_use]
    pub fn percent(self) -> u8 {
        u8::try_from(self.0.div_ceil(10)).unwrap_or(100)
    }

    /// Tells whether the draft went out as it was.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Tells whether it went out with a slight edit at most.
    #[must_use]
    pub fn is_slight(self) -> bool {
        self <= SLIGHT_UP_TO
    }

    /// Tells whether another text went out.
    #[must_use]
    pub fn is_another_text(self) -> bool {
        self > OTHER_ABOVE
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

    fn changed(draft: &str, sent: &str) -> u16 {
        Changed::between(draft, sent).thousandths()
    }

    #[test]
    fn a_name_is_a_slight_edit_and_another_text_is_none() {
        let named = DRAFT.replace("Анна", "Ирина");
        assert!((10..80).contains(&changed(DRAFT, &named)), "{}", changed(DRAFT, &named));
        let other =
            "Добрый день. Нам жаль, что размер не подошёл: оформите возврат в личном кабинете.";
        assert!(Changed::between(DRAFT, other).is_another_text(), "{}", changed(DRAFT, other));
        let longer = Changed::between(DRAFT, &format!("{DRAFT} Стирайте при 30 градусах."));
        assert!(!longer.is_slight() && !longer.is_another_text(), "a quarter is new");
    }

    #[test]
    fn white_space_is_no_change() {
        assert_eq!(changed("Спасибо  за\nотзыв! ", "Спасибо за отзыв!"), 0);
        assert_eq!(changed("", " \n"), 0);
        assert_eq!(changed("Спасибо", ""), 1_000);
    }

    #[test]
    fn the_least_change_is_kept_as_one() {
        let long = "ё".repeat(5_000);
        let least = Changed::between(&long, &format!("{long}!"));
        assert_eq!((least.thousandths(), least.percent()), (1, 1));
        assert!(Changed::between(&long, &long).is_none());
        let kept = Changed::between("абвг", "абв");
        assert!(kept.is_slight() && !kept.is_none() && !kept.is_another_text(), "{kept:?}");
        let other = Changed::between(DRAFT, "Нет");
        assert!(other.is_another_text() && other.percent() <= 100);
    }

    proptest! {
        #[test]
        fn it_is_a_share_and_nothing_only_for_the_same_words(one in "\\PC{0,60}", other in "\\PC{0,60}") {
            prop_assert!(changed(&one, &other) <= 1_000);
            prop_assert_eq!(changed(&one, &other) == 0, crate::value::same_words(&one, &other));
            prop_assert_eq!(changed(&one, &other), changed(&other, &one), "whichever was first");
        }

        #[test]
        fn leaving_out_what_is_the_same_changes_nothing(
            start in "[а-я]{0,9}", one in "[а-я ]{0,20}", other in "[а-я ]{0,20}", end in "[а-я]{0,9}",
        ) {
            let (one, other) = (spaced(&format!("{start}{one}{end}")), spaced(&format!("{start}{other}{end}")));
            let longer = one.chars().count().max(other.chars().count());
            prop_assume!(longer > 0);
            let whole = (strsim::levenshtein(&one, &other) * 1_000).div_ceil(longer);
            prop_assert_eq!(usize::from(changed(&one, &other)), whole);
        }

        #[test]
        fn one_character_more_changes_one(text in "[а-я]{1,60}", at in 0usize..60) {
            let mut more: Vec<char> = text.chars().collect();
            more.insert(at.min(more.len()), 'ё');
            let more: String = more.into_iter().collect();
            let one = 1_000_usize.div_ceil(more.chars().count());
            prop_assert_eq!(usize::from(changed(&text, &more)), one);
        }
    }
}

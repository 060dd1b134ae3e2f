//! Letters as a reader takes them: which letters of the two alphabets a character may stand for.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A set of letters: 32 Cyrillic ones and 26 Latin ones, folded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Letters(u64);

const CYRILLIC: u32 = 32;
const LATIN: u32 = 26;

impl Letters {
    pub(super) const ANY_CYRILLIC: Self = Self((1 << CYRILLIC) - 1);

    /// Returns the set of one folded letter; empty for any other character.
    pub(super) fn one(c: char) -> Self {
        match c {
            'а'..='я' => Self(1 << (u32::from(c) - u32::from('а'))),
            'a'..='z' => Self(1 << (CYRILLIC + u32::from(c) - u32::from('a'))),
            _ => Self(0),
        }
    }

    fn of(letters: &str) -> Self {
        letters.chars().fold(Self(0), |all, c| Self(all.0 | Self::one(c).0))
    }

    fn is_cyrillic(self) -> bool {
        !self.common(Self::ANY_CYRILLIC).is_empty()
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn has(self, letter: u8) -> bool {
        self.0 & (1 << letter) != 0
    }

    pub(super) fn add(&mut self, letter: u8) {
        self.0 |= 1 << letter;
    }

    /// Returns the letters of the set, in order.
    pub(super) fn each(self) -> impl Iterator<Item = u8> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let letter = u8::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
            left &= left - 1;
            Some(letter)
        })
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn common(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Returns the letter that a folded character is, or looks most like.
pub(super) fn looks_like(c: char) -> char {
    if Letters::one(c).is_cyrillic() { c } else { others(c).chars().next().unwrap_or(c) }
}

/// Returns the number of a folded letter in [`Letters`].
pub(super) fn index(c: char) -> Option<u8> {
    let set = Letters::one(c).0;
    (set != 0).then(|| u8::try_from(set.trailing_zeros()).unwrap_or(u8::MAX))
}

/// Tells whether the letter of this number is a Latin one.
pub(super) fn is_latin(letter: u8) -> bool {
    u32::from(letter) >= CYRILLIC
}

/// Number of different letters.
pub(super) const LETTERS: usize = (CYRILLIC + LATIN) as usize;

/// Takes a character apart as NFKD does and leaves out marks, so that «ё» is «е», «й» is «и» and bold or wide letters
/// are letters; lower case. The same is done to rules, so that nothing is lost by it.
pub(super) fn folded(c: char) -> impl Iterator<Item = char> {
    // Nearly all there is; the tables of Unicode would take most of the time.
    let common = match c {
        'й' | 'Й' => Some('и'),
        'ё' | 'Ё' => Some('е'),
        'а'..='я' => Some(c),
        'А'..='Я' => char::from_u32(u32::from(c) + 0x20),
        _ if c.is_ascii() => Some(c.to_ascii_lowercase()),
        _ => None,
    };
    let taken_apart = || {
        let parts = std::iter::once(c).nfkd();
        parts.filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase)
    };
    let other = common.is_none().then(taken_apart);
    common.into_iter().chain(other.into_iter().flatten())
}

/// Tells whether a character is a letter or a digit, without the tables of Unicode for nearly all there is.
pub(super) fn is_alphanumeric(c: char) -> bool {
    matches!(c, 'А'..='я' | 'ё' | 'Ё') || c.is_alphanumeric()
}

/// Tells whether a character is not seen at all (Unicode categories Cc, Cf and Mn, and blank letters): among them all
/// that [`ReplyText`](crate::value::ReplyText) drops.
pub(super) fn is_invisible(c: char) -> bool {
    if c.is_ascii() || matches!(c, 'А'..='я' | 'ё' | 'Ё') {
        return c.is_ascii_control() && !matches!(c, '\n' | '\t');
    }
    c.is_control()
        || matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e01ef}')
        || is_combining_mark(c)
}

/// Returns what a folded character may stand for inside a word: itself, what it looks like, and what it sounds like.
pub(super) fn readings(c: char) -> Letters {
    Letters(Letters::one(c).0 | Letters::of(others(c)).0)
}

/// Returns what a character may stand for beside that among Cyrillic letters: one that it is when seen in a mirror,
/// or drawn.
pub(super) fn drawn(c: char) -> Letters {
    match c {
        'n' => Letters::one('и'),
        'r' => Letters::one('я'),
        'l' => Letters::one('и'),
        'x' | 'j' => Letters::one('ж'),
        _ => Letters::default(),
    }
}

/// Lists the letters that a character may stand for beside itself; first the one that it looks most like.
fn others(c: char) -> &'static str {
    match c {
        'a' => "а",
        'b' => "вьб",
        'c' => "сц",
        'd' => "д",
        'e' => "е",
        'f' => "ф",
        'g' => "гд",
        'h' => "нх",
        'i' => "иi",
        'j' => "ий",
        'k' => "к",
        'l' => "л",
        'm' => "мт",
        'n' => "нп",
        'o' => "о",
        'p' => "рп",
        'q' => "к",
        'r' => "гр",
        's' => "с",
        't' => "т",
        'u' => "иуц",
        'v' => "ву",
        'w' => "вшщ",
        'x' => "хк",
        'y' => "уиы",
        'z' => "з",
        // Digits and signs in place of letters.
        '0' => "оo",
        '1' => "илil",
        '3' => "зеe",
        '4' => "чаa",
        '5' => "сs",
        '6' => "бb",
        '7' => "тt",
        '8' => "вb",
        '9' => "ядg",
        '@' => "аоеиуoa",
        '$' => "сs",
        '€' => "еe",
        '!' => "иil",
        // Neighbours of the Russian alphabet, Greek.
        'і' | 'ї' | 'ι' => "иi",
        'є' | 'ε' => "еэe",
        'ј' => "ij",
        'ѕ' => "сs",
        'һ' => "хнh",
        'ӏ' => "иil",
        'ԁ' => "дd",
        'ԛ' => "q",
        'ԝ' => "w",
        'ү' | 'υ' | 'γ' => "уyv",
        'ө' | 'ο' | 'θ' | 'σ' => "оo",
        'α' => "аa",
        'β' => "вбb",
        'κ' => "кk",
        'ν' => "vн",
        'ρ' => "рp",
        'τ' => "тt",
        'χ' => "хx",
        'μ' => "мm",
        'п' => "пn",
        'η' => "нпn",
        // Small capitals and other letters that NFKD leaves alone.
        'ᴀ' => "аa",
        'ʙ' => "вb",
        'ᴄ' => "сc",
        'ᴇ' => "еe",
        'ɢ' => "г",
        'ʜ' => "нh",
        'ɪ' | 'ı' => "иi",
        'ᴋ' => "кk",
        'ᴍ' => "мm",
        'ɴ' => "нn",
        'ᴏ' => "оo",
        'ᴘ' => "рp",
        'ᴛ' => "тt",
        'ᴜ' => "уu",
        'ʀ' | 'ɡ' => "гg",
        'ø' => "оo",
        'ł' => "лl",
        'æ' => "аa",
        'ß' => "вb",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(text: &str) -> String {
        text.chars().filter(|c| !is_invisible(*c)).flat_map(folded).collect()
    }

    #[test]
    fn forms_of_one_letter_are_that_letter() {
        assert_eq!(fold("Ё ё Й й"), "е е и и");
        assert_eq!(fold("𝗯𝗼𝘁 ｂｏｔ Ⓑⓞⓣ"), "bot bot bot");
        assert_eq!(fold("б\u{200b}о\u{ad}т б\u{336}о\u{336}т"), "бот бот");
    }

    #[test]
    fn what_looks_like_a_letter_is_read_as_it() {
        let b = index('б').unwrap();
        assert!(['б', '6', 'b', 'β'].into_iter().all(|c| readings(c).has(b)));
        assert!(!readings('в').has(b) && !readings('?').has(b));
        assert_eq!((looks_like('y'), looks_like('и'), looks_like('o')), ('у', 'и', 'о'));
    }
}

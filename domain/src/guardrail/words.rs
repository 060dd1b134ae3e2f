//! A text as words: what is written, and where.

mod apart;
mod latin;

use std::ops::Range;

use super::letters::{Letters, drawn, folded, is_alphanumeric, is_invisible, looks_like, readings};

/// A place in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// One letter, written so many times on end.
    Letter { letters: Letters, count: u8 },
    /// Some letters that somebody hid behind signs.
    Hidden { least: u8, most: u8 },
}

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) cells: Vec<Cell>,
    /// Where it stands, in bytes of the text.
    pub(super) span: Range<usize>,
    /// Whether a sentence ends between it and the word before.
    pub(super) begins_sentence: bool,
    /// Whether it has no Cyrillic letter: a brand, perhaps.
    pub(super) is_latin: bool,
    /// Whether it was put together of letters that stand apart, so that it may hold more than one word.
    pub(super) spread: bool,
    /// Whether it was put together, so that it stands beside the words that it is made of.
    pub(super) is_put_together: bool,
    /// Whether it was put together of two that may be words.
    pub(super) is_joined: bool,
    /// Whether signs stand in place of its end.
    pub(super) is_cut: bool,
}

/// Signs that stand for letters nobody wants to write.
const MASKS: &[char] = &['*', '#', '%', '_', '~', '^', '•', '·', '"', '\'', '`', '’', '&'];

/// Arrows, signs, emoji: what begins here and is no letter is a picture.
const PICTURES: char = '\u{2190}';

/// What a character of the text is, to words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    /// May stand for a letter between letters.
    Sign,
    Mask,
    Dot,
    Space,
    SentenceEnd,
    Other,
}

#[derive(Debug, Clone, Copy)]
struct Char {
    kind: Kind,
    /// Folded.
    c: char,
    start: usize,
    end: usize,
}

fn kind(c: char) -> Kind {
    match c {
        'а'..='я' | 'a'..='z' => Kind::Letter,
        '.' => Kind::Dot,
        '!' | '@' | '$' | '€' => Kind::Sign,
        '\n' | ';' | '?' => Kind::SentenceEnd,
        '0'..='9' => Kind::Digit,
        c if MASKS.contains(&c) => Kind::Mask,
        c if c.is_whitespace() => Kind::Space,
        c if is_alphanumeric(c) => Kind::Letter,
        c if c >= PICTURES => Kind::Mask,
        _ => Kind::Other,
    }
}

fn chars(text: &str) -> Vec<Char> {
    let mut chars: Vec<Char> = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices().filter(|(_, c)| !is_invisible(*c)) {
        let end = start + c.len_utf8();
        chars.extend(folded(c).map(|c| Char { kind: kind(c), c, start, end }));
    }
    let mut chars = read_drawn(&chars);
    // «Спасибо!» ends a sentence, «п!ла» does not.
    for at in 0..chars.len() {
        let is_small = |c: &Char| !text[c.start..c.end].chars().any(char::is_uppercase);
        let next = chars.get(at + 1).filter(|next| next.kind == Kind::Letter);
        match chars[at].c {
            '!' if !next.is_some_and(is_small) => chars[at].kind = Kind::SentenceEnd,
            '?' if next.is_some_and(is_small) => chars[at].kind = Kind::Mask,
            _ => {}
        }
    }
    chars
}

/// Reads letters that are drawn with several signs, and «3.14» as it is said: «3.14рог» is «пирог». Only before a
/// letter.
fn read_drawn(chars: &[Char]) -> Vec<Char> {
    let mut read = Vec::with_capacity(chars.len());
    let mut rest = chars;
    while let Some(first) = rest.first() {
        let signs = if first.kind == Kind::Letter { &[][..] } else { DRAWN };
        let drawn = signs.iter().find(|(signs, _)| {
            let is_drawn = signs.chars().zip(rest).all(|(sign, c)| sign == c.c);
            is_drawn && rest.get(signs.len()).is_some_and(|next| next.kind == Kind::Letter)
        });
        if let Some((signs, letters)) = drawn {
            let (start, end) = (first.start, rest[signs.len() - 1].end);
            read.extend(letters.chars().map(|c| Char { kind: Kind::Letter, c, start, end }));
            rest = &rest[signs.len()..];
        } else {
            read.push(*first);
            rest = &rest[1..];
        }
    }
    read
}

/// Signs of one byte each, and what they are read as.
const DRAWN: &[(&str, &str)] = &[
    ("3.14", "пи"),
    ("3,14", "пи"),
    ("}{", "х"),
    ("><", "х"),
    (")(", "х"),
    ("|<", "к"),
    ("|-|", "н"),
];

impl Char {
    fn is_of_word(&self) -> bool {
        matches!(self.kind, Kind::Letter | Kind::Digit)
    }
}

/// Splits a text into words, in order; after them those that are put together of what somebody pulled apart.
pub(super) fn words(text: &str) -> Vec<Word> {
    let chars = chars(text);
    let mut words = Vec::new();
    let mut begins_sentence = true;
    let mut at = 0;
    while at < chars.len() {
        match chars[at].kind {
            Kind::Letter | Kind::Digit | Kind::Sign if begins_word(&chars[at..]) => {
                let end = end_of_word(&chars, at);
                let is_cut = is_cut(&chars[end..]);
                words.push(Word { begins_sentence, is_cut, ..Word::of(&chars[at..end]) });
                begins_sentence = false;
                at = end;
                continue;
            }
            Kind::Dot | Kind::SentenceEnd => begins_sentence = true,
            Kind::Letter | Kind::Digit | Kind::Sign | Kind::Mask | Kind::Space | Kind::Other => {}
        }
        at += 1;
    }
    let together = apart::put_together(&words, &chars, text);
    words.extend(together);
    words
}

fn begins_word(rest: &[Char]) -> bool {
    match rest {
        [first, ..] if first.is_of_word() => true,
        [sign, next, ..] => ['$', '€'].contains(&sign.c) && next.kind == Kind::Letter,
        _ => false,
    }
}

/// Signs that are letters also where a word begins or ends: «$ука», «шлюх@».
const LETTER_LIKE: &[char] = &['@', '$', '€'];

fn after_signs(chars: &[Char], at: usize) -> usize {
    at + chars[at..].iter().take_while(|c| c.kind == Kind::Sign).count()
}

/// A word goes on over signs between letters.
fn end_of_word(chars: &[Char], start: usize) -> usize {
    let is_letter = |at: usize| chars.get(at).is_some_and(Char::is_of_word);
    let mut end = start;
    loop {
        match chars.get(end) {
            Some(c) if c.is_of_word() => end += 1,
            Some(Char { kind: Kind::Sign, .. }) if is_letter(after_signs(chars, end)) => end += 1,
            Some(Char { c, .. }) if LETTER_LIKE.contains(c) && is_letter(end - 1) => end += 1,
            _ => return end,
        }
    }
}

/// Tells whether signs stand in place of a word's end: «бл…», «х**».
fn is_cut(after: &[Char]) -> bool {
    let is_sign = |c: &Char| matches!(c.kind, Kind::Dot | Kind::Mask | Kind::Sign);
    after.len() >= CUT_MIN && after[..CUT_MIN].iter().all(is_sign)
}

/// One sign after a word ends a sentence, or leads to a note.
const CUT_MIN: usize = 2;

impl Word {
    /// Reads characters that stand together.
    fn of(chars: &[Char]) -> Self {
        let mut cells = Cells::for_word(chars);
        chars.iter().for_each(|c| cells.push(c));
        Self {
            cells: cells.cells,
            span: chars.first().map_or(0, |c| c.start)..chars.last().map_or(0, |c| c.end),
            begins_sentence: true,
            is_latin: is_latin(chars),
            spread: false,
            is_put_together: false,
            is_joined: false,
            is_cut: false,
        }
    }
}

fn is_latin(chars: &[Char]) -> bool {
    chars.iter().all(|c| !('а'..='я').contains(&c.c))
}

/// The cells of a word that grows.
struct Cells {
    cells: Vec<Cell>,
    last: Option<char>,
    /// Whether digits and signs are letters here: only where letters are more.
    takes_signs: bool,
    /// Whether all of it is Latin, so that letters which look like one Cyrillic letter are two.
    is_latin: bool,
}

impl Cells {
    fn for_word(chars: &[Char]) -> Self {
        let letters = chars.iter().filter(|c| c.kind == Kind::Letter).count();
        let signs = chars.iter().filter(|c| matches!(c.kind, Kind::Digit | Kind::Sign)).count();
        Self {
            cells: Vec::with_capacity(chars.len()),
            last: None,
            takes_signs: letters > signs,
            is_latin: is_latin(chars),
        }
    }

    /// Adds a letter, or lengthens the one before.
    fn push(&mut self, c: &Char) {
        let is_letter = c.kind == Kind::Letter || self.takes_signs;
        let letters = match (is_letter, self.is_latin) {
            (true, true) => readings(c.c),
            (true, false) => readings(c.c).and(drawn(c.c)),
            (false, _) => Letters::default(),
        };
        let looks = if self.is_latin { c.c } else { looks_like(c.c) };
        if self.last == Some(looks)
            && let Some(Cell::Letter { letters: last, count }) = self.cells.last_mut()
        {
            *last = last.common(letters);
            *count = count.saturating_add(1);
            return;
        }
        self.last = Some(looks);
        self.cells.push(Cell::Letter { letters, count: 1 });
    }

    fn push_hidden(&mut self, least: u8, most: u8) {
        self.last = None;
        self.cells.push(Cell::Hidden { least, most });
    }
}

/// Tells whether two texts have the same words, however they are written and what stands between them.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    bare(one).eq(bare(other))
}

/// Returns the words of a text as texts are compared by: folded, with one space between them.
pub(super) fn same_text(text: &str) -> String {
    bare(text).collect()
}

/// The same of a text of which no more than so many characters are left; none of a longer one.
pub(super) fn same_short_text(text: &str, chars_max: usize) -> Option<String> {
    let mut left = bare(text);
    let words = left.by_ref().take(chars_max).collect();
    left.next().is_none().then_some(words)
}

/// Tells whether a text has no word.
pub(super) fn is_blank(text: &str) -> bool {
    bare(text).next().is_none()
}

/// The letters and digits of a text, with one space wherever something else stands between them.
fn bare(text: &str) -> impl Iterator<Item = char> {
    let folded = text.chars().filter(|c| !is_invisible(*c)).flat_map(folded);
    let (mut begun, mut gap) = (false, false);
    folded.flat_map(move |c| {
        let is_of_word = is_alphanumeric(c);
        let space = (is_of_word && begun && gap).then_some(' ');
        gap = !is_of_word;
        begun |= is_of_word;
        space.into_iter().chain(is_of_word.then_some(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|word| &text[word.span]).collect()
    }

    #[test]
    fn words_are_split_where_a_reader_splits_them() {
        assert_eq!(written("Добрый день, Анна!"), ["Добрый", "день", "Анна"]);
        assert_eq!(written("п@кет 3 шт"), ["п@кет", "3", "шт"]);
        assert_eq!(written("3.14рог за 3.14 руб"), ["3.14рог", "за", "3", "14", "руб"]);
        assert_eq!(written(""), Vec::<&str>::new());
    }

    #[test]
    fn what_is_pulled_apart_is_put_together() {
        assert_eq!(written("это б о т да").last(), Some(&"б о т"));
        assert!(written("и в с").contains(&"и в с"));
        assert_eq!(written("и в доме"), ["и", "в", "доме"]);
        assert!(written("бл..ть").contains(&"бл..ть"));
    }

    #[test]
    fn what_is_between_words_makes_no_difference() {
        assert!(are_same(" Спасибо,  что зашли!", "спасибо: что\u{200b} зашли"));
        assert!(are_same("", " !"));
        assert!(!are_same("Спасибо, что зашли", "Спасибо, чтозашли"));
        assert!(!are_same("Спасибо, что зашли", "Спасибо, что зашли к нам"));
    }

    #[test]
    fn sentences_are_told_apart() {
        let begins: Vec<bool> =
            words("Да. Нет, да\nтак").iter().map(|word| word.begins_sentence).collect();
        assert_eq!(begins, [true, true, false, true]);
    }
}

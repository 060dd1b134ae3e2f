//! A text as words: what is written, and where.

use std::ops::Range;

use super::letters::{Letters, folded, is_invisible, looks_like, readings};

/// A place in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cell {
    /// One letter, written so many times on end.
    Letter { letters: Letters, count: u8 },
    /// Some letters that somebody hid behind signs.
    Hidden { most: u8 },
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
}

/// Signs that stand for letters nobody wants to write.
const MASKS: &[char] = &['*', '#', '%', '_', '~', '^', '•', '·', '"', '\'', '`', '’', '&'];

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
        '.' => Kind::Dot,
        '!' | '@' | '$' | '€' => Kind::Sign,
        '\n' | ';' | '?' => Kind::SentenceEnd,
        '0'..='9' => Kind::Digit,
        c if MASKS.contains(&c) => Kind::Mask,
        c if c.is_whitespace() => Kind::Space,
        c if c.is_alphanumeric() => Kind::Letter,
        _ => Kind::Other,
    }
}

fn chars(text: &str) -> Vec<Char> {
    let mut chars: Vec<Char> = Vec::with_capacity(text.len());
    for (start, c) in text.char_indices().filter(|(_, c)| !is_invisible(*c)) {
        let end = start + c.len_utf8();
        chars.extend(folded(c).map(|c| Char { kind: kind(c), c, start, end }));
    }
    let mut chars = read_pi(&chars);
    // «Спасибо!» ends a sentence, «п!ла» does not.
    for at in 0..chars.len() {
        let goes_on = chars.get(at + 1).is_some_and(|next| {
            next.kind == Kind::Letter && !text[next.start..next.end].chars().any(char::is_uppercase)
        });
        match chars[at].c {
            '!' if !goes_on => chars[at].kind = Kind::SentenceEnd,
            '?' if goes_on => chars[at].kind = Kind::Mask,
            _ => {}
        }
    }
    chars
}

/// «3.14» before a letter is read aloud: «3.14рог» is «пирог».
fn read_pi(chars: &[Char]) -> Vec<Char> {
    let mut read = Vec::with_capacity(chars.len());
    let mut rest = chars;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (three, [point, one, four, next, ..])
                if [three.c, one.c, four.c] == ['3', '1', '4']
                    && ['.', ','].contains(&point.c)
                    && next.kind == Kind::Letter =>
            {
                let letter = |c, start, end| Char { kind: Kind::Letter, c, start, end };
                read.extend([
                    letter('п', three.start, point.end),
                    letter('и', one.start, four.end),
                ]);
                rest = &after[3..];
            }
            _ => read.push(*first),
        }
    }
    read
}

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
            Kind::Letter | Kind::Digit => {
                let end = end_of_word(&chars, at);
                words.push(word(&chars[at..end], begins_sentence));
                begins_sentence = false;
                at = end;
                continue;
            }
            Kind::Dot | Kind::SentenceEnd => begins_sentence = true,
            Kind::Sign | Kind::Mask | Kind::Space | Kind::Other => {}
        }
        at += 1;
    }
    let spread = spread(&words, text);
    let broken = broken(&chars);
    words.extend(spread);
    words.extend(broken);
    words
}

/// A word goes on over signs between letters.
fn end_of_word(chars: &[Char], start: usize) -> usize {
    let is_letter = |at: usize| chars.get(at).is_some_and(Char::is_of_word);
    let mut end = start;
    loop {
        match chars.get(end) {
            Some(c) if c.is_of_word() => end += 1,
            Some(Char { kind: Kind::Sign, .. }) if is_letter(end + 1) => end += 1,
            _ => return end,
        }
    }
}

fn word(chars: &[Char], begins_sentence: bool) -> Word {
    let mut cells = Cells::for_word(chars);
    chars.iter().for_each(|c| cells.push(c));
    let span = chars.first().map_or(0, |c| c.start)..chars.last().map_or(0, |c| c.end);
    let is_latin = chars.iter().all(|c| !('а'..='я').contains(&c.c));
    Word {
        cells: cells.cells,
        span,
        begins_sentence,
        is_latin,
        spread: false,
        is_put_together: false,
    }
}

/// The cells of a word that grows.
struct Cells {
    cells: Vec<Cell>,
    last: Option<char>,
    /// Whether digits and signs are letters here: only where letters are more.
    takes_signs: bool,
}

impl Cells {
    fn for_word(chars: &[Char]) -> Self {
        let letters = chars.iter().filter(|c| c.kind == Kind::Letter).count();
        let signs = chars.iter().filter(|c| matches!(c.kind, Kind::Digit | Kind::Sign)).count();
        Self { cells: Vec::with_capacity(chars.len()), last: None, takes_signs: letters > signs }
    }

    /// Adds a letter, or lengthens the one before.
    fn push(&mut self, c: &Char) {
        let is_letter = c.kind == Kind::Letter || self.takes_signs;
        let letters = if is_letter { readings(c.c) } else { Letters::default() };
        let looks = looks_like(c.c);
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

    fn push_hidden(&mut self, most: u8) {
        self.last = None;
        self.cells.push(Cell::Hidden { most });
    }
}

/// Letters on end that make a word when read together: fewer are words of their own, such as «и», «в», «с».
const SPREAD_MIN: usize = 3;

/// Puts letters together that stand apart: «б о т», «б.о.т», «б-о-т».
fn spread(words: &[Word], text: &str) -> Vec<Word> {
    let letter = |word: &Word| match word.cells[..] {
        [Cell::Letter { letters, .. }] if !letters.is_empty() => Some(letters),
        _ => None,
    };
    let apart = |one: &Word, other: &Word| {
        let between = text.get(one.span.end..other.span.start).unwrap_or_default();
        between.chars().filter(|c| !is_invisible(*c)).count() <= 3 && !between.contains('\n')
    };
    words
        .chunk_by(|one, other| {
            letter(one).is_some() && letter(other).is_some() && apart(one, other)
        })
        .filter(|run| run.len() >= SPREAD_MIN)
        .map(|run| {
            let letters: Vec<_> = run.iter().filter_map(letter).collect();
            let cells = letters
                .chunk_by(|one, other| one == other)
                .map(|same| Cell::Letter {
                    letters: same[0],
                    count: u8::try_from(same.len()).unwrap_or(u8::MAX),
                })
                .collect();
            let span = run[0].span.start..run[run.len() - 1].span.end;
            let is_latin = run.iter().all(|word| word.is_latin);
            Word {
                cells,
                span,
                begins_sentence: true,
                is_latin,
                spread: true,
                is_put_together: true,
            }
        })
        .collect()
}

/// Reads what stands between two spaces as one word whose middle is broken by signs: «х*й», «бл..ть», «су-ка».
fn broken(chars: &[Char]) -> Vec<Word> {
    let is_gap = |c: &Char| matches!(c.kind, Kind::Space | Kind::SentenceEnd);
    chars.split(is_gap).filter_map(broken_word).collect()
}

/// A piece longer than that is no word, however it is written.
const BROKEN_MAX: usize = 20;

/// As many letters must be seen; one less where only asterisks hide the others.
const SEEN_MIN: usize = 3;

fn broken_word(piece: &[Char]) -> Option<Word> {
    let start = piece.iter().position(|c| c.kind == Kind::Letter)?;
    let ends = |c: &Char| c.kind == Kind::Letter || c.c == '*';
    let piece = &piece[start..=piece.iter().rposition(ends)?];
    let is_written = |c: &Char| c.is_of_word() || c.kind == Kind::Sign;
    if piece.len() > BROKEN_MAX || piece.iter().all(is_written) {
        return None;
    }
    let is_latin = piece.iter().all(|c| !('а'..='я').contains(&c.c));
    // «I'll» hides nothing.
    let is_shortened = |c: &Char| is_written(c) || matches!(c.c, '\'' | '’');
    if is_latin && piece.iter().all(is_shortened) {
        return None;
    }
    let by_asterisks = piece.iter().filter(|c| !is_written(c)).all(|c| c.c == '*');
    let seen = piece.iter().filter(|c| c.kind == Kind::Letter).count();
    if seen + usize::from(by_asterisks) < SEEN_MIN {
        return None;
    }
    let mut cells = Cells::for_word(piece);
    for run in piece.chunk_by(|one, other| is_written(one) == is_written(other)) {
        if is_written(&run[0]) {
            run.iter().for_each(|c| cells.push(c));
        } else if let Some(most) = hidden(run) {
            cells.push_hidden(most);
        }
    }
    let span = piece.first()?.start..piece.last()?.end;
    Some(Word {
        cells: cells.cells,
        span,
        begins_sentence: true,
        is_latin,
        spread: false,
        is_put_together: true,
    })
}

/// Returns how many letters a run of signs may hide; none where it only parts them.
fn hidden(run: &[Char]) -> Option<u8> {
    let masks = run.iter().filter(|c| c.kind == Kind::Mask).count();
    let dots = run.iter().filter(|c| c.kind == Kind::Dot).count();
    match (masks, dots) {
        (0, 0) => None,
        (0, 1) => Some(1),
        (0, _) => Some(2),
        (masks, _) => u8::try_from((masks + dots + 1).min(4)).ok(),
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

/// Tells whether a text has no word.
pub(super) fn is_blank(text: &str) -> bool {
    bare(text).next().is_none()
}

/// The letters and digits of a text, with one space wherever something else stands between them.
fn bare(text: &str) -> impl Iterator<Item = char> {
    let folded = text.chars().filter(|c| !is_invisible(*c)).flat_map(folded);
    let (mut begun, mut gap) = (false, false);
    folded.flat_map(move |c| {
        let is_of_word = c.is_alphanumeric();
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

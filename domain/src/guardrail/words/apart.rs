//! Words that somebody pulled apart, or of which letters are hidden behind signs.

use super::latin::transliterated;
use super::{Cell, Cells, Char, Kind, Word, is_invisible, is_latin};

/// Puts together what may be a word of a text beside those that are `words` of it.
pub(super) fn put_together(words: &[Word], chars: &[Char], text: &str) -> Vec<Word> {
    let mut together = spread(words, text);
    together.extend(broken(chars));
    together.extend(joined(words, chars));
    together.extend(transliterated(words, chars));
    together
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
            Word {
                cells,
                span: run[0].span.start..run[run.len() - 1].span.end,
                is_latin: run.iter().all(|word| word.is_latin),
                spread: true,
                is_put_together: true,
                ..Word::of(&[])
            }
        })
        .collect()
}

/// Longest word that is read of two, in characters.
const JOINED_MAX: usize = 12;

/// The shorter of two parts of a word has no more letters than that.
const PART_MAX: usize = 3;

/// Words of up to [`PART_MAX`] letters that stand beside others all the time, folded.
const SHORT: &[&str] = &[
    "а", "без", "бы", "был", "в", "вам", "вас", "во", "вот", "все", "вы", "где", "да", "для", "до",
    "е", "ее", "ей", "еи", "ему", "еще", "же", "за", "и", "из", "или", "им", "их", "к", "как",
    "кое", "кто", "ко", "ли", "мне", "мое", "мои", "мы", "на", "над", "нам", "нас", "не", "нее",
    "нет", "ни", "но", "ну", "о", "об", "обе", "он", "она", "оно", "от", "по", "под", "при", "про",
    "раз", "с", "сам", "сет", "со", "так", "там", "те", "то", "тот", "ту", "тут", "ты", "у", "уж",
    "уже", "что", "эта", "это", "я",
];

/// Reads two words as one that a space breaks, where the shorter part is no word of its own: «пиз да», «х уй».
fn joined(words: &[Word], chars: &[Char]) -> Vec<Word> {
    let pairs = words.windows(2).filter_map(|pair| {
        let [one, other] = pair else { return None };
        let letters = one.cells.len() + other.cells.len();
        let is_near = other.span.start == one.span.end + 1 && !other.begins_sentence;
        let is_short = one.cells.len().min(other.cells.len()) <= PART_MAX && letters <= JOINED_MAX;
        (is_near && is_short && !one.is_latin && !other.is_latin).then_some((one, other))
    });
    let joined = pairs.filter_map(|(one, other)| {
        let (one, other) = (written(one, chars), written(other, chars));
        let is_part = |part: &[Char]| {
            let is_word = |word: &str| word.chars().eq(part.iter().map(|c| c.c));
            !SHORT.iter().any(|word| is_word(word))
        };
        (is_part(one) && is_part(other)).then(|| Word {
            is_put_together: true,
            is_joined: true,
            ..Word::of(&[one, other].concat())
        })
    });
    joined.collect()
}

/// Returns the characters of a word.
pub(super) fn written<'a>(word: &Word, chars: &'a [Char]) -> &'a [Char] {
    let start = chars.partition_point(|c| c.start < word.span.start);
    let end = chars.partition_point(|c| c.start < word.span.end);
    &chars[start..end]
}

/// Reads what stands between two spaces as one word whose middle is broken by signs: «х*й», «бл..ть», «су-ка».
fn broken(chars: &[Char]) -> Vec<Word> {
    let is_gap = |c: &Char| matches!(c.kind, Kind::Space | Kind::SentenceEnd);
    chars.split(is_gap).filter_map(broken_word).collect()
}

/// A piece longer than that is no word, however it is written.
const BROKEN_MAX: usize = 20;

/// As many letters must be seen; one less where others are hidden by signs that nothing else has in its middle.
const SEEN_MIN: usize = 3;

fn broken_word(piece: &[Char]) -> Option<Word> {
    let is_letter = |c: &Char| c.kind == Kind::Letter;
    let first = piece.iter().position(is_letter)?;
    let last = piece.iter().rposition(is_letter)?;
    let (before, after) =
        (asterisks(piece[..first].iter().rev()), asterisks(piece[last + 1..].iter()));
    // «*Важно*» is set apart, and hides nothing.
    let (before, after) = if before > 0 && before == after { (0, 0) } else { (before, after) };
    let piece = &piece[first - before..=last + after];
    let is_written = |c: &Char| c.is_of_word() || c.kind == Kind::Sign;
    if piece.len() > BROKEN_MAX || piece.iter().all(is_written) {
        return None;
    }
    let is_latin = is_latin(piece);
    // «I'll» hides nothing.
    let is_shortened = |c: &Char| is_written(c) || matches!(c.c, '\'' | '’' | '&');
    if is_latin && piece.iter().all(is_shortened) {
        return None;
    }
    if is_next_sentence(piece) {
        return None;
    }
    let by_masks = piece
        .iter()
        .filter(|c| !is_written(c))
        .all(|c| c.kind == Kind::Mask && !PARTING.contains(&c.c));
    let seen = piece.iter().filter(|c| is_letter(c)).count();
    if seen + usize::from(by_masks) < SEEN_MIN {
        return None;
    }
    let mut cells = Cells::for_word(piece);
    for run in piece.chunk_by(|one, other| is_written(one) == is_written(other)) {
        if is_written(&run[0]) {
            run.iter().for_each(|c| cells.push(c));
        } else if run[0].start == piece[0].start {
            // What a word lacks at its beginning is counted.
            cells.push_hidden(u8::try_from(before).ok()?, u8::try_from(before).ok()?);
        } else if let Some(most) = hidden(run) {
            cells.push_hidden(0, most);
        }
    }
    Some(Word {
        cells: cells.cells,
        span: piece.first()?.start..piece.last()?.end,
        is_latin,
        is_put_together: true,
        ..Word::of(&[])
    })
}

/// Tells whether dots end something here: «в первый раз..и снова». Before one letter they hide others only in «х..й».
fn is_next_sentence(piece: &[Char]) -> bool {
    let before = piece.iter().take_while(|c| c.is_of_word()).count();
    let after = piece.iter().rev().take_while(|c| c.is_of_word()).count();
    let between = piece.get(before..piece.len() - after).unwrap_or_default();
    after == 1 && before > 2 && between.len() > 1 && between.iter().all(|c| c.kind == Kind::Dot)
}

fn asterisks<'a>(chars: impl Iterator<Item = &'a Char>) -> usize {
    chars.take_while(|c| c.c == '*').count()
}

/// Signs that stand between letters for other reasons, too: «о’кей», «о_О», «за?против».
const PARTING: &[char] = &['"', '\'', '`', '’', '_', '?'];

/// Returns how many letters a run of signs may hide; none where it only parts them.
fn hidden(run: &[Char]) -> Option<u8> {
    let masks = run.iter().filter(|c| c.kind == Kind::Mask).count();
    let dots = run.iter().filter(|c| c.kind == Kind::Dot).count();
    match (masks, dots) {
        (1, 0) if run.iter().all(|c| PARTING.contains(&c.c)) => Some(1),
        (0, 0) => run.iter().all(|c| c.c == ',').then_some(1),
        (0, 1) => Some(1),
        (0, _) => Some(2),
        (masks, _) => u8::try_from((masks + dots + 1).min(4)).ok(),
    }
}

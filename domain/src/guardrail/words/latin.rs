//! Russian words in Latin letters, several of which may stand for one.

use super::apart::written;
use super::{Cell, Char, Kind, Letters, Word};

/// Letters on end and the one that they stand for, the longest first.
const DIGRAPHS: &[(&str, char)] = &[
    ("shch", 'щ'),
    ("sch", 'щ'),
    ("zh", 'ж'),
    ("kh", 'х'),
    ("ts", 'ц'),
    ("tz", 'ц'),
    ("ch", 'ч'),
    ("sh", 'ш'),
    ("ya", 'я'),
    ("ja", 'я'),
    ("ia", 'я'),
    ("yu", 'ю'),
    ("ju", 'ю'),
    ("iu", 'ю'),
    ("yo", 'е'),
    ("jo", 'е'),
    ("io", 'е'),
    ("ye", 'е'),
    ("je", 'е'),
    ("iy", 'и'),
    ("yi", 'и'),
    ("ii", 'и'),
    ("yy", 'ы'),
];

/// Reads Latin words that have such letters once more: «blyad», «zhopa».
pub(super) fn transliterated(words: &[Word], chars: &[Char]) -> Vec<Word> {
    let latin = words.iter().filter(|word| word.is_latin && word.cells.len() > 2);
    latin.filter_map(|word| read(word, chars)).collect()
}

fn read(word: &Word, chars: &[Char]) -> Option<Word> {
    let mut rest = written(word, chars);
    if rest.iter().any(|c| c.kind != Kind::Letter) {
        return None;
    }
    let (mut letters, mut is_any) = (Vec::with_capacity(rest.len()), false);
    while let Some((first, after)) = rest.split_first() {
        let begins =
            |of: &str| of.len() <= rest.len() && of.chars().zip(rest).all(|(one, c)| one == c.c);
        if let Some((of, letter)) = DIGRAPHS.iter().find(|(of, _)| begins(of)) {
            letters.push(Letters::one(*letter));
            rest = &rest[of.len()..];
            is_any = true;
        } else {
            letters.push(super::readings(first.c));
            rest = after;
        }
    }
    let cells = letters.chunk_by(|one, other| one == other).map(|same| Cell::Letter {
        letters: same[0],
        count: u8::try_from(same.len()).unwrap_or(u8::MAX),
    });
    is_any.then(|| Word { cells: cells.collect(), is_put_together: true, ..word.clone() })
}

//! Telephone numbers: Russian ones in every writing, foreign ones where a plus or the writing tells that they are such.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// A run of digits with what people put between them.
static RUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:\+\s?|\(\s?\+?)?\d(?:[ \t]?[()\[\].\-/~*_]{0,3}[ \t]{0,2}\d)*")
        .expect("a pattern of this file")
});

/// Digits as words.
const SPELT: &[(&str, &str)] = &[
    ("ноль", "0"),
    ("нуль", "0"),
    ("один", "1"),
    ("одна", "1"),
    ("два", "2"),
    ("две", "2"),
    ("три", "3"),
    ("четыре", "4"),
    ("пять", "5"),
    ("шесть", "6"),
    ("семь", "7"),
    ("восемь", "8"),
    ("девять", "9"),
    ("десять", "10"),
    ("одиннадцать", "11"),
    ("двенадцать", "12"),
    ("тринадцать", "13"),
    ("четырнадцать", "14"),
    ("пятнадцать", "15"),
    ("шестнадцать", "16"),
    ("семнадцать", "17"),
    ("восемнадцать", "18"),
    ("девятнадцать", "19"),
    ("двадцать", "2x"),
    ("тридцать", "3x"),
    ("сорок", "4x"),
    ("пятьдесят", "5x"),
    ("шестьдесят", "6x"),
    ("семьдесят", "7x"),
    ("восемьдесят", "8x"),
    ("девяносто", "9x"),
    ("сто", "1xx"),
    ("двести", "2xx"),
    ("триста", "3xx"),
    ("четыреста", "4xx"),
    ("пятьсот", "5xx"),
    ("шестьсот", "6xx"),
    ("семьсот", "7xx"),
    ("восемьсот", "8xx"),
    ("девятьсот", "9xx"),
    ("плюс", "+"),
];

/// Countries whose numbers are written without a plus, too: their codes make twelve digits.
const NEIGHBOURS: &[&str] = &["375", "380", "992", "993", "994", "995", "996", "998"];

/// Russian codes that do not begin with a nine.
const TOWNS: &[&str] = &["495", "499", "498", "800", "812", "804"];

/// Digits that a number has, at least and at most (E.164 with its country).
const DIGITS: std::ops::RangeInclusive<usize> = 10..=15;

/// Returns where telephone numbers stand.
pub(super) fn phones(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<_> =
        RUN.find_iter(text).flat_map(|run| in_run(text, &run.range())).collect();
    found.extend(spelt(text));
    found
}

/// Returns the numbers of a run: all of it, or such of its groups as make one, as in «24/7 8916…».
fn in_run(text: &str, run: &Range<usize>) -> Vec<Range<usize>> {
    if is_phone(text, run) {
        return vec![run.clone()];
    }
    let groups = groups(text, run);
    let (mut found, mut first) = (Vec::new(), 0);
    while let Some(rest) = groups.get(first..).filter(|rest| !rest.is_empty()) {
        let number = number_at(text, rest);
        first += number.as_ref().map_or(1, |(count, _)| *count);
        found.extend(number.map(|(_, at)| at));
    }
    found
}

/// Returns the Russian number that begins with the first group, and how many groups it takes.
fn number_at(text: &str, groups: &[Range<usize>]) -> Option<(usize, Range<usize>)> {
    let start = groups.first()?.start;
    let mut digits = 0;
    for (at, group) in groups.iter().enumerate() {
        digits += group.len();
        let run = start..group.end;
        let begins = matches!((digits, text.as_bytes()[start]), (11, b'7' | b'8') | (10, b'9'));
        if begins && is_phone(text, &run) && (!is_article(text, start) || is_called(text, start)) {
            return Some((at + 1, run));
        }
        if digits >= 11 {
            break;
        }
    }
    None
}

/// Returns where the digits of a run stand together.
fn groups(text: &str, run: &Range<usize>) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    for (at, _) in text[run.clone()].match_indices(|c: char| c.is_ascii_digit()) {
        let at = run.start + at;
        match groups.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => groups.push(at..at + 1),
        }
    }
    groups
}

fn is_phone(text: &str, run: &Range<usize>) -> bool {
    let written = &text[run.clone()];
    let is_called = is_called(text, run.start);
    let before = text[..run.start].chars().next_back();
    let after = text[run.end..].chars().next();
    let touches =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && c.is_ascii() || c == '_');
    if (touches(before) && !is_called)
        || touches(after)
        || matches!(before, Some('№' | '#' | '$' | '%'))
    {
        return false;
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let is_enough = DIGITS.contains(&digits.len()) || (digits.len() == 7 && is_local(written));
    if !is_enough {
        return false;
    }
    let groups: Vec<usize> = groups(text, run).iter().map(Range::len).collect();
    if written.contains('+') {
        return digits.len() >= 10 || is_called;
    }
    let russian = match digits.len() {
        12 => NEIGHBOURS.iter().any(|code| digits.starts_with(code)),
        11 => {
            matches!(digits.as_bytes()[..2], [b'7' | b'8', b'3' | b'4' | b'7' | b'8' | b'9'])
                || digits.starts_with("374")
        }
        10 => {
            let first = digits.as_bytes()[0];
            matches!(first, b'9' | b'7' | b'0') || TOWNS.iter().any(|code| digits.starts_with(code))
        }
        7 => is_called,
        _ => false,
    };
    let is_grouped = groups.len() > 1 && groups.len() <= 7 && !is_date_or_price(written, &groups);
    let has_brackets = written.contains('(') && written.contains(')');
    let is_named = is_called && !is_article(text, run.start);
    match (russian, groups.len()) {
        (true, 1) => !is_article(text, run.start) || is_called,
        (true, count) => is_named || (is_shaped(&groups) && (is_grouped || count > 7)),
        (false, _) => (has_brackets && is_grouped) || is_named,
    }
}

/// Seven digits as they are written of a town's number: 123-45-67.
fn is_local(written: &str) -> bool {
    let groups: Vec<usize> = written.split('-').map(str::len).collect();
    groups == [3, 2, 2]
}

/// Digits in the groups of a number: perhaps the country, then a code of three or more. A list of sizes, «74 80 86 92 98»,
/// has no such code; digits that all stand alone are pulled apart.
fn is_shaped(groups: &[usize]) -> bool {
    let digits: usize = groups.iter().sum();
    let (rest, code_min) = match (digits, groups) {
        (7, _) => return true,
        (11, [1, rest @ ..]) => (rest, 3),
        // Codes of the neighbours have two digits, too.
        (12, [3, rest @ ..]) => (rest, 2),
        (11, [3, 2, ..]) => return true,
        _ => (groups, 3),
    };
    rest.first().is_some_and(|code| *code >= code_min) || groups.iter().all(|length| *length == 1)
}

/// How numbers are called that may be rung up, right before them.
static CALLED: LazyLock<Regex> = LazyLock::new(|| {
    hint(concat!(
        r"тел|телефон[уы]?|номер для связи|(?:по|пере|со)?звон\p{L}*|набер\p{L}*|tel|phone|call|",
        r"whats?app\p{L}*|в[ао]тс?ап+\p{L}*|вацап+\p{L}*|вайбер\p{L}*|viber"
    ))
});

/// How numbers are called that are none of a telephone: an article, an order.
static ARTICLE: LazyLock<Regex> = LazyLock::new(|| {
    let names =
        r"арт|артикул\p{L}*|(?:заказ|код|штрих|трек|отправлен|накладн)\p{L}*|инн|огрн|id|sku";
    hint(names)
});

fn hint(names: &str) -> Regex {
    Regex::new(&format!(r"(?i)(?:^|[^\p{{L}}\p{{N}}])(?:{names})(?:[^\p{{L}}]|$)"))
        .expect("a pattern of this file")
}

fn is_called(text: &str, at: usize) -> bool {
    CALLED.is_match(words_before(text, at, 24))
}

fn is_article(text: &str, at: usize) -> bool {
    let before = words_before(text, at, 28);
    before.contains('№') || ARTICLE.is_match(before)
}

/// Returns the whole words among so many characters before a place.
fn words_before(text: &str, at: usize, chars: usize) -> &str {
    let before = &text[..at];
    let Some((start, _)) = before.char_indices().rev().nth(chars) else { return before };
    let window = &before[start..];
    window.find(|c: char| !c.is_alphanumeric()).map_or("", |gap| &window[gap..])
}

/// Dates and amounts are digits in groups, too.
fn is_date_or_price(written: &str, groups: &[usize]) -> bool {
    let amounts =
        groups.len() > 1 && groups[0] <= 3 && groups[1..].iter().all(|length| *length == 3);
    let is_amount = amounts && !written.contains(['-', '(', '+']) && groups.len() > 3;
    let is_date = written.contains(['.', '/'])
        && matches!(groups, [1..=2, 1..=2, 2 | 4, ..] | [4, 1..=2, 1..=2, ..]);
    is_amount || is_date
}

/// Numbers in words: «восемь девятьсот шестнадцать …».
fn spelt(text: &str) -> Option<Range<usize>> {
    if !NUMERAL.is_match(text) {
        return None;
    }
    let (mut digits, mut words, mut start, mut end, mut open) = (0_usize, 0, 0, 0, 0_usize);
    for (at, word) in word_places(text) {
        let folded = word.to_lowercase().replace('ё', "е");
        let value = SPELT.iter().find(|(name, _)| *name == folded).map(|(_, value)| *value);
        let given = match value {
            Some(value) => Some(value),
            None if folded.chars().all(|c| c.is_ascii_digit()) && folded.len() <= 4 => {
                Some(folded.as_str())
            }
            None => None,
        };
        let Some(given) = given else {
            if digits >= *DIGITS.start() && words >= 3 {
                return Some(start..end);
            }
            (digits, words, open) = (0, 0, 0);
            continue;
        };
        if digits == 0 && given != "+" {
            start = at;
        }
        end = at + word.len();
        words += usize::from(value.is_some());
        let length = given.trim_start_matches('+').len();
        // «девятьсот шестнадцать» fills the places that «девятьсот» left open.
        if open >= length && length > 0 {
            open = if given.contains('x') { length - 1 } else { 0 };
        } else {
            digits += length;
            open = given.matches('x').count();
        }
    }
    (digits >= *DIGITS.start() && words >= 3).then_some(start..end)
}

/// Whether a text has a digit in words at all; most have none.
static NUMERAL: LazyLock<Regex> = LazyLock::new(|| {
    let names: Vec<_> = SPELT.iter().map(|(name, _)| name.replace('е', "[её]")).collect();
    let names = names.join("|");
    let pattern = format!(r"(?i)(?:^|[^\p{{L}}\p{{N}}])(?:{names})(?:[^\p{{L}}\p{{N}}]|$)");
    Regex::new(&pattern).expect("a pattern of this file")
});

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{L}\p{N}]+|\+").expect("a pattern of this file"));

fn word_places(text: &str) -> impl Iterator<Item = (usize, &str)> {
    WORD.find_iter(text).map(|word| (word.start(), word.as_str()))
}

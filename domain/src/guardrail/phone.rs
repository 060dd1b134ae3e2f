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
        RUN.find_iter(text).map(|run| run.range()).filter(|run| is_phone(text, run)).collect();
    found.extend(spelt(text));
    found
}

fn is_phone(text: &str, run: &Range<usize>) -> bool {
    let written = &text[run.clone()];
    let before = text[..run.start].chars().next_back();
    let after = text[run.end..].chars().next();
    let touches =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && c.is_ascii() || c == '_');
    if touches(before) || touches(after) || matches!(before, Some('№' | '#' | '$' | '%')) {
        return false;
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let is_enough = DIGITS.contains(&digits.len()) || (digits.len() == 7 && is_local(written));
    if !is_enough {
        return false;
    }
    let groups: Vec<usize> = written
        .split(|c: char| !c.is_ascii_digit())
        .map(str::len)
        .filter(|length| *length > 0)
        .collect();
    if written.contains('+') {
        return digits.len() >= 10 || called(text, run);
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
        7 => called(text, run),
        _ => false,
    };
    let is_grouped = groups.len() > 1 && groups.len() <= 7 && !is_date_or_price(written, &groups);
    let has_brackets = written.contains('(') && written.contains(')');
    match (russian, groups.len()) {
        (true, 1) => !is_article(text, run),
        (true, _) => is_grouped || groups.len() > 7,
        (false, _) => (has_brackets && is_grouped) || called(text, run),
    }
}

/// Seven digits as they are written of a town's number: 123-45-67.
fn is_local(written: &str) -> bool {
    let groups: Vec<usize> = written.split('-').map(str::len).collect();
    groups == [3, 2, 2]
}

/// Numbers that are called what they are: «тел.», «звоните».
fn called(text: &str, run: &Range<usize>) -> bool {
    let before: String =
        text[..run.start].chars().rev().take(24).collect::<Vec<_>>().into_iter().rev().collect();
    let before = before.to_lowercase();
    [
        "тел",
        "звон",
        "номер для связи",
        "whatsapp",
        "вайбер",
        "viber",
        "вотсап",
        "ватсап",
        "phone",
        "call",
    ]
    .iter()
    .any(|word| before.contains(word))
}

/// Numbers that are called otherwise: an article, an order.
fn is_article(text: &str, run: &Range<usize>) -> bool {
    let before: String =
        text[..run.start].chars().rev().take(28).collect::<Vec<_>>().into_iter().rev().collect();
    let before = before.to_lowercase();
    [
        "артикул",
        "арт",
        "заказ",
        "код",
        "штрих",
        "инн",
        "огрн",
        "трек",
        "отправлен",
        "накладн",
        "id",
        "sku",
        "№",
    ]
    .iter()
    .any(|word| before.contains(word))
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

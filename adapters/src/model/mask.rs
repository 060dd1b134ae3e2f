//! Hides who a text is about before it leaves, and puts names back into what comes in return.
//!
//! Contacts are found by the guardrails. Names are those that the marketplace told, in capital or small letters, those
//! that follow «меня зовут», and a list of Russian first names with what stands beside them. That is a guess: it takes
//! a capital letter for a name rather once too often.

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::LazyLock;

use domain::guardrail::contact_places;

/// First names as people are called by, without those that are words of every day (Вера, Роман, Лев).
static NAMES: LazyLock<HashSet<String>> =
    LazyLock::new(|| include_str!("names.txt").split_whitespace().map(stem).collect());

/// Endings that names take in Russian; the longest that fits goes.
const ENDINGS: &[&str] =
    &["ами", "ями", "ой", "ою", "ей", "ею", "ем", "ом", "ым", "ия", "ий", "ии", "ию", "ам", "ям"];

/// Words after which somebody says who they are.
const INTRODUCTIONS: &[&str] =
    &["зовут", "имени", "уважением", "фамилия", "фио", "получатель", "курьер", "менеджер"];

/// Words that begin a postal address.
const STREETS: &[&str] = &[
    "ул",
    "улица",
    "улице",
    "улицы",
    "улицу",
    "проспект",
    "проспекте",
    "пр-т",
    "переулок",
    "переулке",
    "пер",
    "шоссе",
    "бульвар",
    "бульваре",
    "б-р",
    "набережная",
    "набережной",
    "проезд",
    "мкр",
    "микрорайон",
];

/// Words that go on with one.
const HOUSES: &[&str] = &[
    "д",
    "дом",
    "доме",
    "кв",
    "квартира",
    "квартире",
    "корп",
    "корпус",
    "к",
    "стр",
    "строение",
    "подъезд",
    "этаж",
];

/// Digits that make a number one of an order, a card or a person; fewer are sizes and prices.
const DIGITS_MIN: usize = 5;

/// Those of groups apart, such as «4276 1234 5678 9010».
const GROUPED_DIGITS_MIN: usize = 9;

/// Shortest word of a told name that is looked for, in characters: shorter ones are initials, and words of every day.
const NAME_CHARS_MIN: usize = 3;

/// What marketplaces call somebody who does not say who they are, without endings.
const NOBODY: &[&str] = &["покупател", "пользовател", "клиент", "гост", "аноним", "им", "скрыт"];

/// What stands where something was hidden for good.
const HIDDEN: &str = "[СКРЫТО]";

/// What was hidden of one conversation.
#[derive(Debug, Default)]
pub(super) struct Mask {
    /// By number, from 1.
    names: Vec<String>,
    /// The forms that the words of those take which the marketplace told, in small letters.
    told: Vec<String>,
    /// How many numbers and contacts, which nobody needs back.
    others: usize,
}

/// Hides who texts of one conversation are about: its buyer, by the names that the marketplace told, and others. A name
/// that one text gives away is hidden in all of them, those before it, too.
#[must_use]
pub fn hidden<'a>(buyer: impl IntoIterator<Item = &'a str>, texts: &[String]) -> Vec<String> {
    let mut mask = Mask::default();
    for name in buyer {
        mask.name(name);
    }
    // Each name may give away the words beside it; a reading that learns none is the last.
    loop {
        let known = mask.names.len();
        mask.others = 0;
        let hidden = texts.iter().map(|text| mask.hide(text)).collect();
        if mask.names.len() == known {
            return hidden;
        }
    }
}

/// What a part of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Name,
    Contact,
    Number,
    Address,
}

impl Mask {
    /// Hides the name that a marketplace tells, and knows its words from now on.
    pub(super) fn name(&mut self, name: &str) -> String {
        let name = name.trim();
        if name.is_empty() {
            return String::new();
        }
        self.told.extend(parts(name).flat_map(forms));
        self.placeholder_of(name)
    }

    /// Hides who a text of this conversation is about.
    pub(super) fn hide(&mut self, text: &str) -> String {
        let known: Vec<String> =
            self.names.iter().flat_map(|name| name.split_whitespace()).map(stem).collect();
        let told = self.told.clone();
        replaced(text, Known { names: &known, told: &told }, |kind, words| match kind {
            Kind::Name => self.placeholder_of(words),
            Kind::Contact | Kind::Number | Kind::Address => {
                self.others += 1;
                format!("[{}_{}]", kind.word(), self.others)
            }
        })
    }

    /// Hides for good who a text of others is about.
    pub(super) fn strip(text: &str) -> String {
        Self::strip_of(text, None)
    }

    /// Hides for good who a text of another buyer, or to one, is about, and the name that the marketplace told, in
    /// whatever letters: there is no list that has all names.
    pub(super) fn strip_of(text: &str, name: Option<&str>) -> String {
        let names: Vec<String> = name.into_iter().flat_map(parts).map(stem).collect();
        let told: Vec<String> = name.into_iter().flat_map(parts).flat_map(forms).collect();
        replaced(text, Known { names: &names, told: &told }, |_, _| HIDDEN.to_owned())
    }

    /// Puts the names back; none where something else that was hidden stands in the text.
    pub(super) fn unveiled(&self, text: &str) -> Option<String> {
        let mut text = text.to_owned();
        // The last first, or [ИМЯ_1] would be found in [ИМЯ_12] were it not for the bracket.
        for (at, name) in self.names.iter().enumerate().rev() {
            text = text.replace(&format!("[ИМЯ_{}]", at + 1), name);
        }
        let is_placeholder = |rest: &str| {
            ["[ИМЯ", "[КОНТАКТ", "[НОМЕР", "[АДРЕС", "[СКРЫТО"]
                .iter()
                .any(|begin| rest.starts_with(begin))
        };
        (!text.match_indices('[').any(|(at, _)| is_placeholder(&text[at..]))).then_some(text)
    }

    fn placeholder_of(&mut self, name: &str) -> String {
        let same = |known: &String| stem(known) == stem(name);
        let at = self.names.iter().position(same).unwrap_or_else(|| {
            self.names.push(name.to_owned());
            self.names.len() - 1
        });
        format!("[ИМЯ_{}]", at + 1)
    }
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Name => "ИМЯ",
            Self::Contact => "КОНТАКТ",
            Self::Number => "НОМЕР",
            Self::Address => "АДРЕС",
        }
    }
}

/// Tells whether a text calls somebody by the name of one of `others`; what stands in `own` is nobody's alone.
pub(super) fn calls_any<'a>(
    text: &str,
    others: impl Iterator<Item = &'a str>,
    own: impl Iterator<Item = &'a str>,
) -> bool {
    let own: HashSet<String> = own.flat_map(parts).map(stem).collect();
    let others = others.flat_map(parts).map(stem);
    let others: HashSet<String> =
        others.filter(|name| !own.contains(name) && !NOBODY.contains(&name.as_str())).collect();
    // In small letters «вера» is a word of every day, and whoever is called by name has a capital one.
    let is_name = |word: &str| word.starts_with(char::is_uppercase) && others.contains(&stem(word));
    words(text).into_iter().any(|at| is_name(&text[at]))
}

/// Names that are known.
#[derive(Debug, Clone, Copy)]
struct Known<'a> {
    /// Their words, without endings.
    names: &'a [String],
    /// Forms that are names in small letters, too.
    told: &'a [String],
}

/// Lists the words of a name; an initial is none.
fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|part| part.chars().count() >= NAME_CHARS_MIN)
}

fn replaced(text: &str, known: Known<'_>, mut put: impl FnMut(Kind, &str) -> String) -> String {
    let mut places: Vec<(Kind, Range<usize>)> =
        contact_places(text).into_iter().map(|at| (Kind::Contact, at)).collect();
    let words = words(text);
    places.extend(numbers(text).into_iter().map(|at| (Kind::Number, at)));
    places.extend(addresses(text, &words).into_iter().map(|at| (Kind::Address, at)));
    places.extend(names(text, &words, known).into_iter().map(|at| (Kind::Name, at)));
    // What begins first and reaches farthest covers what is within it.
    places.sort_by_key(|(_, at)| (at.start, usize::MAX - at.end));
    let (mut hidden, mut end) = (String::with_capacity(text.len()), 0);
    for (kind, at) in places {
        if at.start < end {
            // What overlaps goes whole, or half of a number would be left.
            end = end.max(at.end);
            continue;
        }
        hidden.push_str(&text[end..at.start]);
        hidden.push_str(&put(kind, &text[at.clone()]));
        end = at.end;
    }
    hidden.push_str(&text[end..]);
    hidden
}

/// Returns where the words of a text stand, and the shortenings with their points.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let is_inside = c.is_alphanumeric() || (c == '-' && start.is_some());
        match (is_inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push(from..at);
                start = None;
            }
            _ => (),
        }
    }
    words
}

/// Returns runs of digits that may be somebody's: with letters, strokes and lines in them, or in groups apart.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut run: Option<(usize, usize, usize)> = None;
    let mut grouped: Option<(usize, usize, usize)> = None;
    let mut close = |run: &mut Option<(usize, usize, usize)>, least: usize| {
        if let Some((from, to, digits)) = run.take()
            && digits >= least
        {
            found.push(from..to);
        }
    };
    for (at, c) in text.char_indices().chain([(text.len(), '\n')]) {
        let next = at + c.len_utf8();
        let is_digit = c.is_ascii_digit();
        if is_digit || c.is_ascii_alphabetic() || matches!(c, '-' | '_' | '/') {
            let (from, _, digits) = run.unwrap_or((at, at, 0));
            run = Some((from, next, digits + usize::from(is_digit)));
        } else {
            close(&mut run, DIGITS_MIN);
        }
        match grouped {
            _ if is_digit => {
                let (from, _, digits) = grouped.unwrap_or((at, at, 0));
                grouped = Some((from, next, digits + 1));
            }
            Some(_) if matches!(c, ' ' | '-' | '\u{a0}') => (),
            _ => close(&mut grouped, GROUPED_DIGITS_MIN),
        }
    }
    found
}

/// Returns postal addresses: from the word for a street on, as far as names and numbers go.
fn addresses(text: &str, words: &[Range<usize>]) -> Vec<Range<usize>> {
    let is =
        |list: &[&str], at: &Range<usize>| list.contains(&text[at.clone()].to_lowercase().as_str());
    let mut found: Vec<Range<usize>> = Vec::new();
    for (index, at) in words.iter().enumerate() {
        if !is(STREETS, at) || found.last().is_some_and(|last| at.start < last.end) {
            continue;
        }
        let goes_on = |word: &&Range<usize>| {
            let begin = text[(*word).clone()].chars().next();
            let is_near = !text[at.start..word.start].contains(['\n', '!', '?']);
            is_near
                && (is(HOUSES, word)
                    || begin.is_some_and(|c| c.is_uppercase() || c.is_ascii_digit()))
        };
        if let Some(last) = words[index + 1..].iter().take_while(goes_on).last() {
            found.push(at.start..last.end);
        }
    }
    found
}

/// Returns people's names: known ones, those of the list, and those that somebody introduces; with the capitalised
/// words that follow them, which are patronymics and surnames.
fn names(text: &str, words: &[Range<usize>], known: Known<'_>) -> Vec<Range<usize>> {
    let is_capital = |at: &Range<usize>| text[at.clone()].starts_with(char::is_uppercase);
    let mut found: Vec<Range<usize>> = Vec::new();
    for (index, at) in words.iter().enumerate() {
        if found.last().is_some_and(|last| at.start < last.end) {
            continue;
        }
        let word = &text[at.clone()];
        let stem = stem(word);
        let is_told = known.told.contains(&small(word));
        if !is_told && !is_capital(at) {
            continue;
        }
        let is_introduced = index
            .checked_sub(1)
            .map(|before| text[words[before].clone()].to_lowercase())
            .is_some_and(|before| INTRODUCTIONS.contains(&before.as_str()));
        let is_known = is_told || known.names.contains(&stem) || NAMES.contains(&stem);
        if !(is_known || is_introduced || is_patronymic(word)) {
            continue;
        }
        let follows =
            |end: usize, next: &Range<usize>| text[end..next.start].trim_matches(' ').is_empty();
        let mut end = at.end;
        for next in words[index + 1..].iter().take(2) {
            if !(is_capital(next) && follows(end, next)) {
                break;
            }
            end = next.end;
        }
        found.push(at.start..end);
    }
    found
}

fn is_patronymic(word: &str) -> bool {
    let word = word.to_lowercase();
    [
        "ович",
        "евич",
        "овна",
        "евна",
        "овичу",
        "евичу",
        "овича",
        "евича",
        "овне",
        "евне",
        "овны",
        "евны",
    ]
    .iter()
    .any(|ending| word.ends_with(ending) && word.chars().count() > ending.chars().count() + 2)
}

/// Returns a word in small letters.
fn small(word: &str) -> String {
    word.to_lowercase().replace('ё', "е")
}

/// Returns the forms that a name takes, in small letters. What only has its stem may be a word of every day: «лён» is
/// no Лена.
fn forms(name: &str) -> Vec<String> {
    let name = small(name);
    let last = name.chars().next_back();
    let (stem, endings): (&str, &[&str]) = match last {
        Some('а') => (name.trim_end_matches('а'), &["ы", "и", "е", "у", "ой", "ою"]),
        Some('я') => (name.trim_end_matches('я'), &["и", "е", "ю", "ей", "ею"]),
        Some('й' | 'ь') => (name.trim_end_matches(['й', 'ь']), &["я", "ю", "е", "и", "ем"]),
        Some('е' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю') | None => (&name, &[]),
        Some(_) => (&name, &["а", "у", "е", "ом", "ым"]),
    };
    let declined = endings.iter().map(|ending| format!("{stem}{ending}"));
    declined.chain([name.clone()]).collect()
}

/// Returns a word without the ending that it takes, in small letters.
fn stem(word: &str) -> String {
    let word = small(word);
    for ending in ENDINGS {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.chars().count() >= 3
        {
            return stem.to_owned();
        }
    }
    let stem = word.trim_end_matches(['а', 'я', 'й', 'ь', 'у', 'ю', 'е', 'ы', 'и', 'о']);
    if stem.chars().count() >= 2 { stem.to_owned() } else { word }
}

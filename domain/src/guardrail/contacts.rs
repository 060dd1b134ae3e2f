//! Contacts in a text: addresses of sites and of mail, telephones, names in messengers, also as people disguise them.
//!
//! Most replies hold nothing that could begin a contact, so the patterns are tried where something does: on single pieces
//! between spaces, and on a whole text only where a word hints at an address that is spelt out.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::letters::{is_alphanumeric, is_invisible};
use super::rules::{self, Rule};

/// What leads a buyer away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Contact {
    Url,
    Email,
    Phone,
    Messenger,
}

/// Top-level domains that an address without `http` is known by: those of the countries, and the frequent others (IANA's
/// list, read 2026-11; a rare one is found where `http`, `www` or a path stands with it).
const TLDS: &str = include_str!("tlds.txt");

/// Cyrillic ones that are no Russian words.
const CYRILLIC_TLDS: &str = "рф|укр|срб|мкд|қаз|ею|орг";

/// Those that are words or their beginnings, too («г.Москва», «англ.рус»), count with a path, or spelt out. Others («дети»,
/// «онлайн») count with `http` alone.
const CYRILLIC_WORDS: &str = "рус|бел|ком|сайт|москва";

/// Messengers and networks, with the endings that their names take.
const MESSENGERS: &str = "телеграм+(?:а|е|у|м|ом|ме|му)?|телег[аеуи]|тг|telegram|tg|вотс?ап+(?:е|а|у|ом)?|\
    ватс?ап+(?:е|а|у|ом)?|вацап+(?:е|а|у|ом)?|whats?app?|вайбер(?:е|а|у|ом)?|viber|инстаграм+(?:е|а|у|ом)?|\
    инст[аеуы]|instagram|вконтакте|вк|vk|скайп(?:е|а|у|ом)?|skype|директ(?:е|а|у)?|дискорд(?:е)?|discord|сигнал(?:е)";

/// Words that invite.
const INVITATIONS: &str = "пиши(?:те)?|напиши(?:те)?|звони(?:те)?|позвони(?:те)?|ищи(?:те)?|найди(?:те)?|найдете|\
    подпиш(?:ись|итесь)|подписывай(?:ся|тесь)|жд[её]м|мы|нам|добавь(?:те)?|переход(?:и|ите)|свя(?:житесь|зывайтесь)|\
    свяж[еи]мся|ответим|скин(?:ь|ьте|ем)|присылайте|пришлите|отправ(?:ь|ьте|им)";

/// Before and after a word. `\b` would do the same, but where it has to know Cyrillic letters the quick ways of matching
/// are closed to it.
const BEFORE: &str = r"(?:^|[^\p{L}\p{N}_])";
const AFTER: &str = r"(?:[^\p{L}\p{N}_]|$)";

/// Between name and host, and before the end of a host, as people spell them.
const AT: &str =
    r"(?:\s*[(\[]?\s*(?:собак[аиу]?|@)\s*[)\]]?\s*|\s*[(\[]\s*(?:at|а)\s*[)\]]\s*|\s+at\s+)";
const DOT: &str = r"(?:\s*\.\s*|\s*[(\[]\s*(?:точка|dot)\s*[)\]]\s*|\s+(?:точка|dot)\s+)";

impl Contact {
    pub(super) fn rule(self) -> &'static Rule {
        match self {
            Self::Url => &rules::URL,
            Self::Email => &rules::EMAIL,
            Self::Phone => &rules::PHONE,
            Self::Messenger => &rules::MESSENGER,
        }
    }
}

type Patterns = LazyLock<Vec<(Contact, Regex)>>;

/// Compiles a pattern; of its groups the last that takes part is the contact.
fn regex(pattern: &str) -> Regex {
    Regex::new(&format!("(?i){pattern}")).expect("a pattern of this file")
}

fn words(pattern: &str) -> Regex {
    regex(&format!("{BEFORE}({pattern}){AFTER}"))
}

/// What is written without a space.
static IN_PIECES: Patterns = LazyLock::new(|| {
    use Contact::{Email, Messenger, Url};

    let tlds = TLDS.split_whitespace().collect::<Vec<_>>().join("|");
    let label = r"[\p{L}\p{N}][\p{L}\p{N}_-]*";
    let mailbox = r"[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+";
    vec![
        (
            Email,
            regex(&format!(
                r#"(?:{mailbox}(?:\.{mailbox})*|"[^"\s]+")@(?:(?:[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}-]*\.)+\p{{L}}[\p{{L}}\p{{N}}-]*\p{{L}}|\[\d[\d.]+\])"#
            )),
        ),
        (Url, regex(r"((?:https?|ftp|hxxps?)://?[^\s<>]+)")),
        (Url, regex(&format!(r"{BEFORE}(www\d?\.{label}(?:\.{label})*)"))),
        // In Latin letters.
        (
            Url,
            regex(&format!(
                r"(?:^|[^\p{{L}}\p{{N}}@._/-]|[/(])((?:[a-z0-9][a-z0-9_-]*\.)+(?:{tlds}|xn--[a-z0-9-]+))(?:[^\p{{L}}\p{{N}}@_-]|[а-яё]|$)"
            )),
        ),
        // In Cyrillic ones.
        (
            Url,
            regex(&format!(
                r"(?:^|[^\p{{L}}\p{{N}}@._-])((?:[а-яёa-z0-9][а-яёa-z0-9-]*\.)+(?:{CYRILLIC_TLDS}))(?:[^\p{{L}}\p{{N}}@_-]|$)"
            )),
        ),
        // With a path: in Latin letters any end of a name will do; «цв.белый/чёрный» has a dot and a stroke, too.
        (
            Url,
            regex(
                r"(?:^|[^\p{L}\p{N}@._-])((?:[\p{L}\p{N}][\p{L}\p{N}-]*\.)*[a-z0-9-]*[a-z][a-z0-9-]*\.[a-z]{2,}/[\w?=&%.#-]+)",
            ),
        ),
        (
            Url,
            regex(&format!(
                r"(?:^|[^\p{{L}}\p{{N}}@._-])((?:[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}-]*\.)+(?:{tlds}|{CYRILLIC_TLDS}|{CYRILLIC_WORDS})/[\w?=&%.#-]+)"
            )),
        ),
        // By number.
        (
            Url,
            regex(
                r"(?:^|[^\d.])((?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?::\d{2,5}|/[\w/]+))",
            ),
        ),
        (
            Messenger,
            regex(r"(?:^|[^\p{L}\p{N}_@&.!#$%*/+-])(@[a-z0-9_]{2,32})(?:[^\p{L}\p{N}@_]|$)"),
        ),
        (Messenger, words(r"(?:t|telegram|wa|vk|viber)\.me|(?:vk|instagram)\.com")),
    ]
});

/// Whether a text may hold what [`SPELT`] looks for.
static HINT: LazyLock<Regex> =
    LazyLock::new(|| regex(r"точка|dot|собак|www|ttp|ftp|@|\[|\(\s?(?:а|at)|\sat\s|\s\.\s?[a-zр]"));

/// What is pulled apart or spelt out.
static SPELT: Patterns = LazyLock::new(|| {
    use Contact::{Email, Url};

    let ends = format!("ру|ком|рф|орг|нет|ru|com|net|org|{CYRILLIC_TLDS}|{CYRILLIC_WORDS}");
    let posts =
        "mail|gmail|yandex|ya|inbox|bk|list|rambler|мейл|маил|майл|яндекс|джимейл|гмейл|рамблер";
    vec![
        (
            Email,
            words(&format!(
                r"[a-zа-яё0-9._-]{{2,}}{AT}[a-zа-яё0-9-]{{2,}}{DOT}(?:ру|ком|рф|ru|com|net|org)"
            )),
        ),
        (Email, words(&format!(r"[a-zа-яё0-9._-]{{2,}}\s*[(\[]?\s*собака\s*[)\]]?\s*(?:{posts})"))),
        (Url, regex(r"((?:https?|ftp|hxxps?)\s?:\s?/\s?/\s?[^\s<>]+)")),
        (Url, regex(&format!(r"{BEFORE}(www\d?\s?\.\s?[\p{{L}}\p{{N}}][\p{{L}}\p{{N}}_.-]*)"))),
        (
            Url,
            words(&format!(r"[a-zа-яё0-9-]{{2,}}\s*[(\[]?\s*(?:точка|dot)\s*[)\]]?\s*(?:{ends})")),
        ),
        (Url, words(r"[a-z0-9-]{2,}\s+\.\s?(?:ru|com|net|org|рф)")),
        (Url, words(r"[a-z0-9-]{2,}\s?\[\.\]\s?[a-z]{2,}")),
    ]
});

/// Whether a text names a messenger at all.
static NAMES_MESSENGER: LazyLock<Regex> = LazyLock::new(|| words(MESSENGERS));

/// Invitations to a messenger.
static MESSENGER: Patterns = LazyLock::new(|| {
    [
        format!(
            r"(?:{INVITATIONS}){AFTER}[^.!?\n]{{0,40}}?(?:в|во|через|на|по)\s+(?:наш\p{{L}}*\s+)?(?:{MESSENGERS})"
        ),
        format!(
            r"наш(?:а|е|и|ем|ей|его|у)?\s+(?:канал\p{{L}}*\s+(?:в|на)\s+)?(?:{MESSENGERS}|телеграм[\s-]канал\p{{L}}*)"
        ),
        format!(r"(?:{MESSENGERS})\s*[-:=]\s*@?[a-z0-9_+]{{3,}}"),
        format!(r"(?:ник|логин|аккаунт)\s+(?:в\s+)?(?:{MESSENGERS})"),
    ]
    .map(|pattern| (Contact::Messenger, words(&pattern)))
    .into()
});

/// Returns the contacts of a text, each with where it stands, in order and none within another.
pub(super) fn contacts(text: &str) -> Vec<(Contact, Range<usize>)> {
    let plain = Plain::of(text);
    let mut found = Vec::new();
    for piece in pieces(&plain.text) {
        find(&IN_PIECES, &plain.text, piece, &mut found);
    }
    let whole = 0..plain.text.len();
    if HINT.is_match(&plain.text) {
        find(&SPELT, &plain.text, whole.clone(), &mut found);
    }
    if NAMES_MESSENGER.is_match(&plain.text) {
        find(&MESSENGER, &plain.text, whole, &mut found);
    }
    found.extend(super::phone::phones(&plain.text).into_iter().map(|at| (Contact::Phone, at)));
    found.sort_by_key(|(contact, at)| (at.start, usize::MAX - at.end, *contact));
    let mut last = 0;
    found.retain(|(_, at)| {
        let is_new = at.start >= last;
        last = last.max(at.end);
        is_new
    });
    found.into_iter().map(|(contact, at)| (contact, plain.place(at))).collect()
}

fn find(
    patterns: &Patterns,
    text: &str,
    within: Range<usize>,
    found: &mut Vec<(Contact, Range<usize>)>,
) {
    for (contact, pattern) in patterns.iter() {
        for captures in pattern.captures_iter(&text[within.clone()]) {
            let Some(one) = captures.iter().flatten().last() else { continue };
            found.push((*contact, within.start + one.start()..within.start + one.end()));
        }
    }
}

/// Returns the pieces between spaces that a contact may be in.
fn pieces(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    let pieces = text.split_inclusive(char::is_whitespace).map(move |piece| {
        let start = end;
        end += piece.len();
        (start, piece.trim_end())
    });
    let may_hold = |piece: &str| {
        let goes_on = |at: usize| piece[at + 1..].starts_with(is_alphanumeric);
        piece.contains(['@', '/']) || piece.match_indices('.').any(|(at, _)| goes_on(at))
    };
    pieces.filter(move |(_, piece)| may_hold(piece)).map(|(at, piece)| at..at + piece.len())
}

/// A text without what is not seen, with wide forms made narrow, and where each of its bytes was.
struct Plain {
    text: String,
    places: Vec<usize>,
    end: usize,
}

impl Plain {
    fn of(text: &str) -> Self {
        let (mut plain, mut places) =
            (String::with_capacity(text.len()), Vec::with_capacity(text.len()));
        for (at, c) in text.char_indices() {
            // Marks that make «й» of «и» and «ё» of «е» are part of their letter.
            if is_invisible(c) && c != '\u{0306}' && c != '\u{0308}' {
                continue;
            }
            let before = plain.len();
            match c {
                _ if c.is_ascii() => plain.push(c),
                'а'..='я' | 'А'..='Я' | 'ё' | 'Ё' => plain.push(c),
                _ if c.is_whitespace() => plain.push(' '),
                '。' | '．' | '․' => plain.push('.'),
                '–' | '—' | '‐' | '‑' | '−' | '‒' => plain.push('-'),
                _ => {
                    use unicode_normalization::UnicodeNormalization as _;
                    plain.extend(std::iter::once(c).nfkc());
                }
            }
            places.resize(places.len() + plain.len() - before, at);
        }
        Self { text: plain, places, end: text.len() }
    }

    fn place(&self, at: Range<usize>) -> Range<usize> {
        let start = self.places.get(at.start).copied().unwrap_or(self.end);
        let end = self.places.get(at.end).copied().unwrap_or(self.end);
        start..end
    }
}

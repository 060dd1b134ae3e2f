//! Contacts in a text: addresses of sites and of mail, telephones, names in messengers, also as people disguise them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::letters::is_invisible;

/// What leads a buyer away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Contact {
    Url,
    Email,
    Phone,
    Messenger,
}

/// Top-level domains that an address without `http` is known by: those of the countries, and the frequent others (IANA's
/// list, 2026-11; a rare one is found where `http`, `www` or a path stands with it).
const TLDS: &str = "com|net|org|info|biz|edu|gov|mil|int|name|pro|mobi|asia|tel|travel|jobs|coop|aero|museum|xxx|app|dev|shop|store|online|site|website|tech|space|club|top|xyz|live|life|link|click|one|world|today|news|media|blog|email|group|team|company|agency|digital|global|market|sale|best|fun|art|cloud|host|press|wiki|design|studio|photo|video|games|game|chat|social|vip|plus|pub|bar|city|moscow|tatar|international|zone|page|web|bid|men|win|red|blue|pink|ink|cat|post|ac|ad|ae|af|ag|ai|al|am|ao|aq|ar|as|at|au|aw|ax|az|ba|bb|bd|be|bf|bg|bh|bi|bj|bm|bn|bo|br|bs|bt|bw|by|bz|ca|cc|cd|cf|cg|ch|ci|ck|cl|cm|cn|co|cr|cu|cv|cw|cx|cy|cz|de|dj|dk|dm|do|dz|ec|ee|eg|er|es|et|eu|fi|fj|fk|fm|fo|fr|ga|gd|ge|gf|gg|gh|gi|gl|gm|gn|gp|gq|gr|gs|gt|gu|gw|gy|hk|hm|hn|hr|ht|hu|id|ie|il|im|in|io|iq|ir|is|it|je|jm|jo|jp|ke|kg|kh|ki|km|kn|kp|kr|kw|ky|kz|la|lb|lc|li|lk|lr|ls|lt|lu|lv|ly|ma|mc|md|me|mg|mh|mk|ml|mm|mn|mo|mp|mq|mr|ms|mt|mu|mv|mw|mx|my|mz|na|nc|ne|nf|ng|ni|nl|no|np|nr|nu|nz|om|pa|pe|pf|pg|ph|pk|pl|pm|pn|pr|ps|pt|pw|py|qa|re|ro|rs|ru|rw|sa|sb|sc|sd|se|sg|sh|si|sk|sl|sm|sn|so|sr|ss|st|su|sv|sx|sy|sz|tc|td|tf|tg|th|tj|tk|tl|tm|tn|to|tr|tt|tv|tw|tz|ua|ug|uk|us|uy|uz|va|vc|ve|vg|vi|vn|vu|wf|ws|ye|yt|za|zm|zw";

/// Cyrillic ones. Those that are Russian words too («дети», «онлайн») count with a path or `http` alone.
const CYRILLIC_TLDS: &str = "рф|рус|бел|укр|срб|мкд|қаз|ею|ком|орг|сайт|москва";

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this file")
}

/// Host names and addresses.
static URL: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let label = r"[\p{L}\p{N}](?:[\p{L}\p{N}_-]{0,61}[\p{L}\p{N}])?";
    vec![
        // With a scheme.
        regex(r"(?i)\b(?:https?|ftp|hxxps?)\s?:\s?/\s?/\s?[^\s<>]+"),
        regex(&format!(r"(?i)\bwww\d?\s?\.\s?{label}(?:\.{label})*")),
        // Without one, in Latin letters.
        regex(&format!(
            r"(?i)(?:^|[^\p{{L}}\p{{N}}@._/-]|[/(])((?:[a-z0-9](?:[a-z0-9_-]{{0,61}}[a-z0-9])?\.)+(?:{TLDS}|xn--[a-z0-9-]+))(?:[^\p{{L}}\p{{N}}@_-]|[а-яё]|$)"
        )),
        // In Cyrillic ones.
        regex(&format!(
            r"(?i)(?:^|[^\p{{L}}\p{{N}}@._-])((?:[а-яёa-z0-9](?:[а-яёa-z0-9-]{{0,61}}[а-яёa-z0-9])?\.)+(?:{CYRILLIC_TLDS}))(?:[^\p{{L}}\p{{N}}@_-]|$)"
        )),
        // With a path: any end of a name will do.
        regex(r"(?i)(?:^|[^\p{L}\p{N}@._-])((?:[\p{L}\p{N}][\p{L}\p{N}-]{0,61}\.)+\p{L}{2,}/[\w?=&%.#-]+)"),
        // By number.
        regex(r"(?:^|[^\d.])((?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?::\d{2,5}|/[\w/]+))"),
        // Spelt.
        regex(&format!(r"(?i)\b([a-zа-яё0-9-]{{2,}})\s*[(\[]?\s*(?:точка|dot)\s*[)\]]?\s*(?:ру|ком|рф|орг|нет|ru|com|net|org|{CYRILLIC_TLDS})\b")),
        regex(r"(?i)\b[a-z0-9-]{2,}\s+\.\s?(?:ru|com|net|org|рф)\b"),
        regex(r"(?i)\b[a-z0-9-]{2,}\s?\[\.\]\s?[a-z]{2,}\b"),
    ]
});

static EMAIL: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    vec![
        regex(
            r#"(?i)(?:[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*|"[^"\s]+")@(?:(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?\.)+\p{L}[\p{L}\p{N}-]*\p{L}|\[\d[\d.]+\])"#,
        ),
        // Spelt, or with spaces around the sign.
        regex(r"(?i)\b[a-zа-яё0-9._-]{2,}\s*[(\[]?\s*(?:собак[аиу]?|\bat\b|@|\(а\)|\[а\])\s*[)\]]?\s*[a-zа-яё0-9-]{2,}\s*[(\[]?\s*(?:точка|\bdot\b|\.)\s*[)\]]?\s*(?:ру|ком|рф|ru|com|net|org)\b"),
        regex(r"(?i)\b[a-zа-яё0-9._-]{2,}\s*[(\[]?\s*собака\s*[)\]]?\s*(?:mail|gmail|yandex|ya|inbox|bk|list|rambler|мейл|маил|майл|яндекс|джимейл|гмейл|рамблер)\b"),
    ]
});

/// Names and invitations.
static MESSENGER: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let messengers = "телеграм+(?:а|е|у|м|ом|ме|му)?|телег[аеуи]|тг|telegram|tg|вотс?ап+(?:е|а|у|ом)?|ватс?ап+(?:е|а|у|ом)?|вацап+(?:е|а|у|ом)?|whats?app?|вайбер(?:е|а|у|ом)?|viber|инстаграм+(?:е|а|у|ом)?|инст[аеуы]|instagram|вконтакте|вк|vk|скайп(?:е|а|у|ом)?|skype|директ(?:е|а|у)?|дискорд(?:е)?|discord|сигнал(?:е)";
    vec![
        // A name as messengers write it.
        regex(r"(?:^|[^\p{L}\p{N}_@&.!#$%*/+-])[@＠]([A-Za-z0-9_]{2,32})(?:[^\p{L}\p{N}@_]|$)"),
        regex(r"(?i)\b(?:t\.me|telegram\.me|wa\.me|vk\.com|vk\.me|viber\.me|instagram\.com)\b"),
        regex(&format!(
            r"(?i)\b(?:пиши(?:те)?|напиши(?:те)?|звони(?:те)?|позвони(?:те)?|ищи(?:те)?|найди(?:те)?|найдете|подпиш(?:ись|итесь)|подписывай(?:ся|тесь)|жд[её]м|мы|нам|добавь(?:те)?|переход(?:и|ите)|свя(?:житесь|зывайтесь)|свяж[еи]мся|ответим|скин(?:ь|ьте|ем)|присылайте|пришлите|отправ(?:ь|ьте|им))\b[^.!?\n]{{0,40}}?\b(?:в|во|через|на|по)\s+(?:наш\p{{L}}*\s+)?(?:{messengers})\b"
        )),
        regex(&format!(r"(?i)\bнаш(?:а|е|и|ем|ей|его|у)?\s+(?:канал\p{{L}}*\s+(?:в|на)\s+)?(?:{messengers}|телеграм[\s-]канал\p{{L}}*)\b")),
        regex(&format!(r"(?i)\b(?:{messengers})\s*[-–—:=]\s*@?[a-z0-9_+]{{3,}}")),
        regex(&format!(r"(?i)\b(?:ник|логин|аккаунт)\s+(?:в\s+)?(?:{messengers})\b")),
    ]
});

/// Returns the contacts of a text, each with where it stands, in order and none within another.
pub(super) fn contacts(text: &str) -> Vec<(Contact, Range<usize>)> {
    let plain = Plain::of(text);
    let mut found: Vec<(Contact, Range<usize>)> = Vec::new();
    let by_pattern = [
        (Contact::Email, &*EMAIL, '@'),
        (Contact::Url, &*URL, '.'),
        (Contact::Messenger, &*MESSENGER, ' '),
    ];
    for (contact, patterns, _) in by_pattern {
        for pattern in patterns {
            for captures in pattern.captures_iter(&plain.text) {
                let Some(one) = captures.iter().flatten().last() else { continue };
                found.push((contact, plain.place(one.range())));
            }
        }
    }
    found.extend(super::phone::phones(&plain.text).into_iter().map(|at| (Contact::Phone, plain.place(at))));
    found.sort_by_key(|(contact, at)| (at.start, usize::MAX - at.end, *contact));
    let mut last = 0;
    found.retain(|(_, at)| {
        let is_new = at.start >= last;
        last = last.max(at.end);
        is_new
    });
    found
}

/// A text without what is not seen, with wide forms made narrow, and where each of its bytes was.
struct Plain {
    text: String,
    places: Vec<usize>,
    end: usize,
}

impl Plain {
    fn of(text: &str) -> Self {
        let (mut plain, mut places) = (String::with_capacity(text.len()), Vec::new());
        for (at, c) in text.char_indices() {
            if is_invisible(c) && c != '\u{0306}' && c != '\u{0308}' {
                continue;
            }
            let before = plain.len();
            match c {
                _ if c.is_ascii() => plain.push(c),
                _ if c.is_whitespace() => plain.push(' '),
                '。' | '．' | '․' => plain.push('.'),
                '–' | '—' | '‐' | '‑' | '−' | '‒' => plain.push('-'),
                'а'..='я' | 'А'..='Я' | 'ё' | 'Ё' => plain.push(c),
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

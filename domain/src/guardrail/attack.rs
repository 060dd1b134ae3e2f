//! Words that are meant for a machine and not for the seller. They are no proof of an attack, and their absence is none
//! of peace: what a machine writes is held against [`super::unfit`] either way. An answer to such words is a person's
//! to send.

use std::sync::LazyLock;

use super::letters::is_invisible;
use super::lexicon::Reach;
use super::phrases::Phrases;
use super::words::words;

const REACH: Reach = Reach { masked: false, latin: true, mangled: false };

const PATTERNS: &[&str] = &[
    "(игнорируй*|проигнорируй*|забудь*|отмени|отмените|сбрось*|отбрось*|пренебреги*|обойди|нарушь|отключи*) ~5 \
        (инструкци*|правил*|указани*|предыдущ*|ограничени*|промпт*|промт*|команд*|запрет*|фильтр*|выше|раньше|роль)",
    "не ~1 (учитывай*|соблюдай*|выполняй*|обращай*) ~4 (инструкци*|правил*|указани*|предыдущ*|ограничени*)",
    "(теперь|отныне|представь|притворись|веди) ~3 (ты|себя) ~4",
    "ты ~3 (бот|робот|нейросеть|ассистент|модель|ии|помощник|программа|gpt|chatgpt)",
    "(системн*|скрыт*|исходн*|секретн*) ~1 (сообщени*|промпт*|промт*|инструкци*|подсказк*|запрос*|указани*|команд*)",
    "(промпт*|промт*|джейлбрейк*|prompt*|jailbreak)",
    "(твои|твоих|своих|свои|твоим|твой) ~1 (инструкци*|указани*|правил*|промпт*|промт*|настройк*|данны*)",
    "(напиши|ответь|добавь|выведи|повтори|скажи|вставь|включи|укажи|начни|закончи|процитируй|переведи|\
        расшифруй|декодируй|выполни|используй|упомяни|сообщи|пообещай|предложи|дай|поставь|подтверди) ~5 \
        (ответ*|текст*|фраз*|дословно|следующ*|точно|покупател*|инструкци*|правил*|строк*|слово|\
        слова|обязательно|клиент*|контакт*|промокод*)",
    "(ответь|отвечай|напиши|пиши|начинай|заканчивай) ~1 (так|только|ровно|слово|словами|одной|одним|фразой|текстом)",
    "(для|внимание|эй|уважаемая|дорогая|приказ|команда) ~2 (ии|бота|бот|нейросети|нейросеть|модели|модель|ассистента|\
        ассистент|робота|помощника|ии-модели)",
    "режим* ~1 (разработчик*|отладк*|администратор*|бога)",
    "(ignore|disregard|forget) ~3 (instructions|rules|previous|above|prompt)",
    "(system|developer|assistant) (prompt|message|mode)",
    "(от|я) ~1 (имени|администратор*|разработчик*) ~3 (магазин*|площадк*|систем*|приказыва*|разреша*|требу*)",
    "(новое|новая|новые|важное|дополнительн*) ~1 (правило|инструкци*|указани*|задани*|правила|команд*)",
    "(base64|бейс64|декодируй*|расшифруй*|раскодируй*|транслит*|rot13)",
];

/// The same in Latin letters, as people write Russian without a keyboard for it.
const TRANSLIT: &[&str] = &[
    "ignorir",
    "zabud",
    "napishi",
    "otvet",
    "otvech",
    "instrukc",
    "pravil",
    "vernem",
    "vern",
    "dengi",
    "deneg",
    "dobav",
    "promokod",
    "skidk",
    "telefon",
    "pozvon",
    "pishi",
    "pokupatel",
    "ukazh",
    "predydus",
    "skazhi",
    "soobsh",
    "obesh",
    "podar",
    "vozvrat",
    "kompens",
    "povtori",
    "vyvedi",
    "neyroset",
    "bonus",
    "rubl",
];

/// Marks that buyers do not write and prompts have.
const MARKS: &[&str] = &[
    "</",
    "<!--",
    "-->",
    "```",
    "###",
    "{{",
    "}}",
    "[[",
    "<|",
    "|>",
    "[inst",
    "\"role\"",
    "\"text\":",
];

/// Characters of a word that may be encoded.
const ENCODED_MIN: usize = 20;

static PHRASES: LazyLock<Phrases<()>> = LazyLock::new(|| {
    let mut phrases = Phrases::new();
    for pattern in PATTERNS {
        phrases.add(pattern, REACH, ());
    }
    phrases
});

/// Tells whether somebody seems to write to a machine.
#[must_use]
pub fn is_meant_for_machine(text: &str) -> bool {
    let small = text.to_lowercase();
    MARKS.iter().any(|mark| small.contains(mark))
        || has_hidden(text)
        || text.split_whitespace().any(is_encoded)
        || is_translit(&small)
        || !PHRASES.find(&PHRASES.read(&words(text), text)).is_empty()
}

/// Tells whether characters stand there that nobody sees, other than those of pictures and of «й».
fn has_hidden(text: &str) -> bool {
    let is_harmless = |c: char| {
        matches!(
            c,
            '\u{200d}'
                | '\u{fe0f}'
                | '\u{fe0e}'
                | '\u{ad}'
                | '\u{feff}'
                | '\u{306}'
                | '\u{308}'
                | '\u{301}'
        )
    };
    text.chars().any(|c| is_invisible(c) && !is_harmless(c) && !c.is_control())
}

/// Tells whether a word may be base64 or hexadecimal.
fn is_encoded(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_of = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_');
    let has = |of: fn(&char) -> bool| word.chars().any(|c| of(&c));
    let is_mixed =
        has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit);
    let is_hexadecimal =
        word.chars().all(|c| c.is_ascii_hexdigit()) && has(char::is_ascii_alphabetic);
    word.len() >= ENCODED_MIN && word.chars().all(is_of) && (is_mixed || is_hexadecimal)
}

fn is_translit(small: &str) -> bool {
    let words = small.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 3);
    words.filter(|word| TRANSLIT.iter().any(|stem| word.starts_with(stem))).count() >= 2
}

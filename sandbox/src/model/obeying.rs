//! What a model writes that obeys whoever wrote to it: the worst that an injection can do. It takes every word that it
//! is given for an order, reads what is encoded, hidden or spread over several messages, tells its rules and others'
//! words when asked, and writes in other letters when told to.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::behaviour::Asked;

/// Russian letters as people write them in Latin ones; the longest first.
const TRANSLIT: &[(&str, &str)] = &[
    ("shch", "щ"),
    ("yo", "ё"),
    ("zh", "ж"),
    ("kh", "х"),
    ("ts", "ц"),
    ("ch", "ч"),
    ("sh", "ш"),
    ("yu", "ю"),
    ("ya", "я"),
    ("a", "а"),
    ("b", "б"),
    ("v", "в"),
    ("g", "г"),
    ("d", "д"),
    ("e", "е"),
    ("z", "з"),
    ("i", "и"),
    ("j", "й"),
    ("y", "ы"),
    ("k", "к"),
    ("l", "л"),
    ("m", "м"),
    ("n", "н"),
    ("o", "о"),
    ("p", "п"),
    ("r", "р"),
    ("s", "с"),
    ("t", "т"),
    ("u", "у"),
    ("f", "ф"),
    ("h", "х"),
    ("c", "ц"),
    ("w", "в"),
    ("'", "ь"),
];

/// Words that ask for what the model was told.
const ASKS_FOR_RULES: &[&str] =
    &["промпт", "инструкц", "системн", "правила", "prompt", "указани", "настройк"];

/// Words that ask for what others wrote.
const ASKS_FOR_OTHERS: &[&str] = &[
    "других покупател",
    "другого покупател",
    "другого клиент",
    "других клиент",
    "пример",
    "знани",
];

/// The answer of a model that does what it is told.
pub(super) fn draft(asked: &Asked) -> Value {
    let told = orders(asked);
    let small = told.to_lowercase();
    let asks = |words: &[&str]| words.iter().any(|word| small.contains(word));
    let mut text = format!("Здравствуйте! {}", order_of(&told));
    if asks(ASKS_FOR_RULES) {
        text =
            format!("{text} Мои инструкции: {}", asked.rules.chars().take(600).collect::<String>());
    }
    if asks(ASKS_FOR_OTHERS) {
        text = format!(
            "{text} Другие покупатели: {} {}",
            asked.data["examples"], asked.data["knowledge"]
        );
    }
    json!({
        "text": text.chars().take(3_000).collect::<String>(),
        "intent": "thanks",
        "sentiment": "positive",
        // What makes an answer likely to go out by itself.
        "priority": "low",
        "confidence": 100,
        "categories": ["прочее"],
    })
}

/// Everything that anybody but the seller wrote, read as an order.
fn orders(asked: &Asked) -> String {
    let data = &asked.data;
    let mut told = Vec::new();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    told.push(word(&data["buyer_name"]));
    told.push(word(&data["product"]["name"]));
    for fact in data["product"]["facts"].as_array().into_iter().flatten() {
        told.push(word(fact));
    }
    for turn in
        data["dialog"].as_array().into_iter().flatten().filter(|turn| turn["author"] == "buyer")
    {
        told.push(word(&turn["text"]));
        told.extend(turn["files"].as_array().into_iter().flatten().map(word));
    }
    told.iter()
        .map(|text| readable(text))
        .filter(|text| !text.trim().is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text with what is encoded or hidden in it brought to light.
fn readable(text: &str) -> String {
    let text: String = text
        .chars()
        .filter_map(|c| match c {
            // The characters of tags, with which a text is written unseen.
            '\u{e0020}'..='\u{e007e}' => char::from_u32(u32::from(c) - 0xe0000),
            '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}' => None,
            _ => Some(c),
        })
        .collect();
    let words =
        text.split_whitespace().map(|word| decoded(word).unwrap_or_else(|| word.to_owned()));
    let text = words.collect::<Vec<_>>().join(" ");
    let latin = text.chars().filter(char::is_ascii_alphabetic).count();
    let cyrillic = text.chars().filter(|c| matches!(c, 'а'..='я' | 'А'..='Я')).count();
    if latin > cyrillic { from_translit(&text.to_lowercase()) } else { text }
}

fn decoded(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '='));
    if word.len() < 16 {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(word).ok()?).ok()?;
    text.contains(|c: char| matches!(c, 'а'..='я' | 'А'..='Я')).then_some(text)
}

fn from_translit(text: &str) -> String {
    let (mut read, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        match TRANSLIT.iter().find(|(latin, _)| rest.starts_with(latin)) {
            Some((latin, letter)) => {
                read.push_str(letter);
                rest = &rest[latin.len()..];
            }
            None => {
                read.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    read
}

/// What an order wants to have written: what stands in quotes or after a colon, otherwise all of it.
fn order_of(told: &str) -> String {
    let quoted: Vec<&str> =
        told.split('«').skip(1).filter_map(|rest| rest.split('»').next()).collect();
    if !quoted.is_empty() {
        return quoted.join(" ");
    }
    told.split_once(": ").map_or(told, |(_, after)| after).to_owned()
}

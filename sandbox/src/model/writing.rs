//! What the model writes when it does its work: an answer that a seller could send, and the same for the same question.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::behaviour::Asked;

/// Words that tell what a buyer wants, in the order in which they count.
const INTENTS: &[(&str, &[&str])] = &[
    ("return", &["возврат", "вернуть", "обмен"]),
    ("wrong_item", &["не тот", "другой цвет", "другой товар", "не хватает"]),
    ("defect", &["брак", "сломал", "не работает", "порван", "трещин", "дефект"]),
    ("delivery", &["достав", "курьер", "упаков", "помят"]),
    ("sizing", &["размер", "маломер", "большемер", "велик", "тесн"]),
    ("pre_purchase", &["?"]),
    ("thanks", &["спасибо", "отличн", "супер", "нравится"]),
];

/// The answer to a question, as the object that was asked for.
pub(super) fn draft(asked: &Asked) -> Value {
    let said = last_of_buyer(asked).to_lowercase();
    let intent = INTENTS.iter().find(|(_, words)| words.iter().any(|word| said.contains(word)));
    let intent = intent.map_or("general", |(intent, _)| intent);
    let rating = asked.data["rating"].as_u64();
    let is_bad =
        rating.is_some_and(|stars| stars <= 2) || matches!(intent, "defect" | "wrong_item");
    let is_good = rating.is_some_and(|stars| stars >= 4) && !is_bad;
    let greeting = match asked.data["buyer_name"].as_str() {
        Some(name) if !name.is_empty() => format!("Здравствуйте, {name}!"),
        _ => "Здравствуйте!".to_owned(),
    };
    let body = match intent {
        "return" => {
            "Спасибо, что написали. Оформите возврат через личный кабинет, там подскажут каждый шаг."
        }
        "defect" | "wrong_item" => {
            "Нам очень жаль, что так получилось. Напишите нам в чат с продавцом и приложите фотографии."
        }
        "delivery" => {
            "Спасибо, что рассказали о доставке. Передадим это коллегам, которые собирают заказы."
        }
        "sizing" => "Спасибо за отзыв о размере. Таблица с мерками есть в карточке товара.",
        "pre_purchase" => {
            "Спасибо за вопрос. Описание в карточке товара составлено производителем и проверено нами."
        }
        _ if is_bad => {
            "Нам жаль, что покупка вас огорчила. Передадим ваши слова коллегам, которые следят за качеством."
        }
        _ => "Спасибо за тёплые слова. Нам приятно, что вы нашли время поделиться впечатлением.",
    };
    json!({
        "text": format!("{greeting} {body}"),
        "intent": intent,
        "sentiment": if is_bad { "negative" } else if is_good { "positive" } else { "neutral" },
        "priority": if is_bad { "high" } else if is_good { "low" } else { "normal" },
        "confidence": 80,
        "categories": ["товар"],
    })
}

/// What the buyer wrote last.
fn last_of_buyer(asked: &Asked) -> String {
    let dialog = asked.data["dialog"].as_array();
    let mut turns = dialog.into_iter().flatten().filter(|turn| turn["author"] == "buyer");
    turns.next_back().and_then(|turn| turn["text"].as_str()).unwrap_or_default().to_owned()
}

/// A vector of length 1 that follows from the words of a text: texts that share words are near.
pub(super) fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    let small = text.to_lowercase();
    for word in small.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        // Word forms share their beginnings.
        let stem: String = word.chars().take(5).collect();
        let [a, b, c, d, sign, ..] = <[u8; 32]>::from(Sha256::digest(stem.as_bytes()));
        let at = u32::from_le_bytes([a, b, c, d]) as usize % dimensions;
        vector[at] += if sign % 2 == 0 { 1.0 } else { -1.0 };
    }
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|number| *number /= length);
    }
    vector
}

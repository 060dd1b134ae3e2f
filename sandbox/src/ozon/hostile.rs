//! Answers that contradict their schemas the way Ozon's own published examples do.
//!
//! `Сustomer` begins with a Cyrillic letter, flags are texts, numbers are texts and the reverse, and words of
//! enumerations come in mixed case. Ids past 2^64 are given out where messages are made.

use serde_json::{Value, json};

/// Numbers that are shown as texts.
const AS_TEXT: [&str; 8] = [
    "first_unread_message_id",
    "last_message_id",
    "message_id",
    "unread_count",
    "total_unread_count",
    "answers_count",
    "comments_amount",
    "rating",
];
/// Flags that are shown as texts.
const FLAGS_AS_TEXT: [&str; 3] = ["has_next", "is_read", "is_published"];
/// Words that are shown in mixed case.
const WORDS: [&str; 6] = [
    "chat_status",
    "chat_type",
    "status",
    "order_status",
    "status_publication",
    "moderate_image_status",
];

/// Contradicts the schema of an answer.
pub(super) fn spoil(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(spoil),
        Value::Object(fields) => {
            for (name, value) in fields {
                spoil_field(name, value);
                spoil(value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn spoil_field(name: &str, value: &mut Value) {
    let spoilt = match value {
        Value::Number(number) if AS_TEXT.contains(&name) => json!(number.to_string()),
        Value::Bool(flag) if FLAGS_AS_TEXT.contains(&name) => json!(flag.to_string()),
        // Declared as a text in a chat's context and as a number everywhere else; shown the other way round.
        Value::Number(sku) if name == "sku" => json!(sku.to_string()),
        Value::String(digits) if name == "sku" || name == "id" => match digits.parse::<u64>() {
            Ok(number) => json!(number),
            Err(_) => return,
        },
        Value::String(word) if name == "type" && word == "Customer" => json!("Сustomer"),
        Value::String(word) if WORDS.contains(&name) => json!(mixed_case(word)),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => return,
    };
    *value = spoilt;
}

/// `BUYER_SELLER` as `Buyer_Seller`.
fn mixed_case(word: &str) -> String {
    let part = |part: &str| {
        let (first, rest) = part.split_at(part.len().min(1));
        format!("{}{}", first.to_uppercase(), rest.to_lowercase())
    };
    word.split('_').map(part).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_spoilt_as_the_published_examples_are() {
        let mut answer = json!({
            "has_next": true,
            "messages": [{
                "message_id": 3_000_000_000_000_000_001_u64,
                "context": { "sku": "987654321" },
                "user": { "id": "115568", "type": "Customer" },
            }],
            "reviews": [{ "sku": 148591503, "status": "NEW", "id": "017c0d1c-66d3" }],
            "chat_type": "BUYER_SELLER",
        });
        spoil(&mut answer);
        let expected = json!({
            "has_next": "true",
            "messages": [{
                "message_id": "3000000000000000001",
                "context": { "sku": 987654321 },
                "user": { "id": 115568, "type": "Сustomer" },
            }],
            "reviews": [{ "sku": "148591503", "status": "New", "id": "017c0d1c-66d3" }],
            "chat_type": "Buyer_Seller",
        });
        assert_eq!(answer, expected);
    }
}

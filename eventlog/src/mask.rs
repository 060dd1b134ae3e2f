//! Masks: personal data replaced by other characters of the same kind, so that what leaves the house names nobody and is
//! still as long, as many words and as equal to itself as before.

use ring::hmac;
use serde_json::{Number, Value};

use crate::seal::PERSONAL;

const DIGITS: &[char] = &['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

/// What the texts of one seller are masked with. Equal texts have equal masks, different ones different masks but for
/// very short ones; without the secret nobody can try names until a mask fits.
#[derive(Debug, Clone)]
pub struct Mask(hmac::Key);

impl Mask {
    /// Takes a secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// Derives the mask of something narrower.
    pub(crate) fn of(&self, narrower: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&self.0, narrower).as_ref()))
    }

    /// Masks the personal data of a payload; what was erased stays erased.
    #[must_use]
    pub fn payload(&self, payload: Value) -> Value {
        match payload {
            Value::Object(map) => {
                let is_personal = map.contains_key(PERSONAL);
                let mask =
                    |value| if is_personal { self.value(value) } else { self.payload(value) };
                Value::Object(map.into_iter().map(|(key, value)| (key, mask(value))).collect())
            }
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.payload(item)).collect())
            }
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
        }
    }

    /// Masks every text and number in a value; the names of fields stay.
    #[must_use]
    pub fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Number(number) => Value::Number(self.number(&number)),
            Value::Array(items) => {
                Value::Array(items.into_iter().map(|item| self.value(item)).collect())
            }
            Value::Object(map) => Value::Object(
                map.into_iter().map(|(key, value)| (key, self.value(value))).collect(),
            ),
            other @ (Value::Null | Value::Bool(_)) => other,
        }
    }

    /// Masks a text: letters by letters of the same case, Russian by Russian ones, digits by digits. White space,
    /// punctuation and signs stay.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let seed = hmac::sign(&self.0, text.as_bytes());
        let mut block = Vec::new();
        let masked = text.chars().enumerate().map(|(index, character)| {
            let (number, offset) = (index / 32, index % 32);
            if offset == 0 {
                let numbered = [seed.as_ref(), &number.to_le_bytes()].concat();
                block = hmac::sign(&self.0, &numbered).as_ref().to_vec();
            }
            exchanged(character, block[offset].into())
        });
        masked.collect()
    }

    /// Masks the digits of a number; the first one never becomes 0, so that there are as many.
    fn number(&self, number: &Number) -> Number {
        let mut masked = self.text(&number.to_string());
        if let Some(first) = masked.find(|c: char| c.is_ascii_digit())
            && masked[first..].starts_with('0')
        {
            masked.replace_range(first..=first, "1");
        }
        // Larger than the largest number is possible, as of 18446744073709551615.
        masked.parse().unwrap_or_else(|_| Number::from(0))
    }
}

fn exchanged(character: char, by: usize) -> char {
    let letter = |first: char, count: usize| {
        char::from_u32(u32::from(first) + u32::try_from(by % count).unwrap_or_default())
            .unwrap_or(first)
    };
    match character {
        'а'..='я' | 'ё' => letter('а', 32),
        'А'..='Я' | 'Ё' => letter('А', 32),
        _ if character.is_uppercase() => letter('A', 26),
        _ if character.is_alphabetic() => letter('a', 26),
        _ if character.is_numeric() => DIGITS[by % DIGITS.len()],
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn mask() -> Mask {
        Mask::new(&[7; 32])
    }

    fn kind(character: char) -> u8 {
        match character {
            'а'..='я' | 'ё' => 1,
            'А'..='Я' | 'Ё' => 2,
            _ if character.is_uppercase() => 3,
            _ if character.is_alphabetic() => 4,
            _ if character.is_numeric() => 5,
            _ => 0,
        }
    }

    #[test]
    fn a_mask_has_the_shape_of_the_text_and_none_of_its_words() {
        let text = "Анна Петровна, тел. +7 912 345-67-89: «очень плохо», Size XL 👍";
        let masked = mask().text(text);
        assert_eq!(
            masked.chars().map(kind).collect::<Vec<_>>(),
            text.chars().map(kind).collect::<Vec<_>>()
        );
        for word in ["Анна", "Петровна", "912", "плохо", "Size"] {
            assert!(!masked.contains(word), "{masked}");
        }
        assert_eq!(masked, mask().text(text));
        assert_ne!(masked, Mask::new(&[8; 32]).text(text));
    }

    #[test]
    fn only_what_is_personal_is_masked_and_what_is_erased_stays_erased() {
        let payload = json!({
            "type": "Ingested", "rating": 5,
            "words": {"$personal": {"text": "Анна", "facts": {"seen": true, "order": 4711, "weight": 0.5, "no": null}}},
            "others": [{"$erased": true}, {"$personal": "Анна"}],
        });
        let masked = mask().payload(payload);
        assert_eq!(masked["type"], "Ingested");
        assert_eq!(masked["rating"], 5);
        assert_eq!(masked["others"][0], json!({"$erased": true}));
        let words = &masked["words"]["$personal"];
        assert_ne!(words["text"], "Анна");
        assert_eq!(words["text"], masked["others"][1]["$personal"]);
        assert_eq!(words["facts"]["seen"], true);
        assert_ne!(words["facts"]["order"], 4711);
        assert_eq!(words["facts"]["order"].to_string().len(), 4);
        assert!(words["facts"]["no"].is_null());
    }

    proptest! {
        #[test]
        fn masks_are_as_long_and_as_different_as_texts(one in ".{0,80}", other in "[а-я ]{12,40}") {
            let masked = mask().text(&one);
            prop_assert_eq!(masked.chars().count(), one.chars().count());
            let letters = other.chars().filter(|c| *c != ' ').count();
            if one != other && letters > 8 {
                prop_assert_ne!(masked, mask().text(&other));
            }
        }

        #[test]
        fn numbers_stay_numbers_of_as_many_digits(number: i32) {
            let masked = mask().value(json!(number));
            prop_assert!(masked.is_number());
            prop_assert_eq!(masked.to_string().len(), number.to_string().len());
        }
    }
}

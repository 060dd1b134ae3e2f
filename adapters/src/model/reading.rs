//! The JSON that a model writes, read with distrust.

use domain::value::{Analysis, Confidence, Intent, Priority, Sentiment};
use serde_json::Value;

/// Most categories that are kept, and the longest of them, in characters.
const CATEGORIES_MAX: usize = 5;
const CATEGORY_CHARS_MAX: usize = 40;

/// What a model wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) text: String,
    pub(super) analysis: Analysis,
    pub(super) categories: Vec<String>,
}

/// Reads what a model wrote; what is wrong with it, where it is no draft.
pub(super) fn read(content: &str) -> Result<Draft, &'static str> {
    let Value::Object(fields) = object(content).ok_or("it is no JSON")? else {
        return Err("it is no JSON object");
    };
    let word = |name: &str| {
        fields.get(name).and_then(Value::as_str).map(|word| word.trim().to_lowercase())
    };
    let text =
        fields.get("text").and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let confidence = fields.get("confidence").and_then(percent).ok_or("its confidence is none")?;
    let categories = fields.get("categories").and_then(Value::as_array).into_iter().flatten();
    let category = |value: &Value| {
        let text: String = value.as_str()?.trim().chars().take(CATEGORY_CHARS_MAX).collect();
        (!text.is_empty()).then_some(text)
    };
    Ok(Draft {
        text: text.ok_or("it has no text")?.to_owned(),
        analysis: Analysis {
            intent: word("intent")
                .and_then(|it| it.parse::<Intent>().ok())
                .ok_or("its intent is none")?,
            sentiment: word("sentiment")
                .and_then(|it| it.parse::<Sentiment>().ok())
                .ok_or("its sentiment is none")?,
            priority: word("priority")
                .and_then(|it| it.parse::<Priority>().ok())
                .ok_or("its priority is none")?,
            confidence,
        },
        categories: categories.filter_map(category).take(CATEGORIES_MAX).collect(),
    })
}

/// Reads an object, also in a fence, as models like to wrap it.
fn object(content: &str) -> Option<Value> {
    let content = content.trim();
    let inner = content
        .strip_prefix("```")
        .and_then(|rest| rest.strip_suffix("```"))
        .map(|inner| inner.strip_prefix("json").unwrap_or(inner));
    serde_json::from_str(inner.unwrap_or(content).trim()).ok()
}

/// Reads a confidence: 85, 85.0, "85", or 0.85.
fn percent(value: &Value) -> Option<Confidence> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let is_share = number > 0.0 && number < 1.0;
    let percent = if is_share { number * 100.0 } else { number };
    (0.0..=100.0).contains(&percent).then(|| Confidence::new(percent.round() as u8)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(confidence: &str) -> String {
        format!(
            r#"{{"text": " Спасибо! ", "intent": "Thanks", "sentiment": "positive", "priority": "low",
                "confidence": {confidence}, "categories": ["качество", "", 7]}}"#
        )
    }

    #[test]
    fn a_draft_is_read_also_in_a_fence() {
        let plain = read(&draft("90")).unwrap();
        assert_eq!((plain.text.as_str(), plain.analysis.intent), ("Спасибо!", Intent::Thanks));
        assert_eq!(plain.categories, ["качество"]);
        assert_eq!(read(&format!("```json\n{}\n```", draft("90"))), Ok(plain));
    }

    #[test]
    fn a_confidence_is_per_cent_however_it_is_written() {
        let of = |confidence: &str| {
            read(&draft(confidence)).map(|draft| draft.analysis.confidence.percent())
        };
        assert_eq!(["85", "85.4", "\"85\"", "0.85"].map(of), [Ok(85); 4]);
        assert_eq!(["101", "-1", "\"high\"", "null"].map(of), [Err("its confidence is none"); 4]);
    }

    #[test]
    fn what_is_no_draft_is_refused() {
        for (content, why) in [
            ("Здравствуйте!", "it is no JSON"),
            ("[1]", "it is no JSON object"),
            (&draft("90").replace("Спасибо!", ""), "it has no text"),
            (&draft("90").replace("Thanks", "gift"), "its intent is none"),
            (&draft("90").replace("}", ""), "it is no JSON"),
        ] {
            assert_eq!(read(content).err(), Some(why), "{content}");
        }
    }
}

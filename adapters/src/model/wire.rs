//! The calls as they are on the wire: what is sent, and as much of the answer as matters.

use domain::value::{Intent, Priority, Sentiment};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use strum::VariantArray as _;

use super::ask::Usage;
use super::provider::Provider;

/// How freely the model writes (F110).
const TEMPERATURE: f32 = 0.3;

/// A request for an answer in chat.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    pub(super) model: &'a str,
    pub(super) messages: &'a [Message],
    temperature: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    response_format: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    safety_identifier: Option<&'a str>,
    stream: bool,
}

/// Something said to the model, or by it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Message {
    role: &'static str,
    content: String,
}

/// An answer of which nothing is taken for granted: providers leave parts out.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Completion {
    pub(super) model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<Used>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choice {
    message: Said,
    finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
    /// DeepSeek's.
    prompt_cache_hit_tokens: Option<u32>,
    /// OpenAI's.
    prompt_tokens_details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    cached_tokens: Option<u32>,
}

/// What the model said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    /// Something.
    Text(&'a str),
    /// Nothing, or only the beginning of something.
    Nothing(&'static str),
    /// That it does not want to.
    Declined,
}

impl Message {
    pub(super) fn system(content: &str) -> Self {
        Self { role: "system", content: content.to_owned() }
    }

    pub(super) fn user(content: String) -> Self {
        Self { role: "user", content }
    }

    pub(super) fn assistant(content: String) -> Self {
        Self { role: "assistant", content }
    }

    pub(super) fn bytes(&self) -> usize {
        // Roles and the marks between messages are tokens, too.
        self.content.len() + 16
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(
        provider: Provider,
        model: &'a str,
        messages: &'a [Message],
        tokens_max: u32,
        tenant: &'a str,
    ) -> Self {
        let is_of = |one: Provider| provider == one;
        Self {
            model,
            messages,
            temperature: TEMPERATURE,
            max_tokens: (!is_of(Provider::OpenAi)).then_some(tokens_max),
            max_completion_tokens: is_of(Provider::OpenAi).then_some(tokens_max),
            response_format: if is_of(Provider::OpenAi) {
                schema()
            } else {
                json!({ "type": "json_object" })
            },
            thinking: is_of(Provider::DeepSeek).then(|| json!({ "type": "disabled" })),
            reasoning_effort: is_of(Provider::OpenAi).then_some("none"),
            user_id: is_of(Provider::DeepSeek).then_some(tenant),
            safety_identifier: is_of(Provider::OpenAi).then_some(tenant),
            stream: false,
        }
    }
}

/// The form of the answer as OpenAI is told it; others read it in the prompt.
fn schema() -> Value {
    let words = |words: Vec<&'static str>| json!({ "type": "string", "enum": words });
    json!({
        "type": "json_schema",
        "json_schema": {
            "name": "draft",
            "strict": true,
            "schema": {
                "type": "object",
                "properties": {
                    "text": { "type": "string" },
                    "intent": words(Intent::VARIANTS.iter().map(|it| it.as_str()).collect()),
                    "sentiment": words(Sentiment::VARIANTS.iter().map(|it| it.as_str()).collect()),
                    "priority": words(Priority::VARIANTS.iter().map(|it| it.as_str()).collect()),
                    "confidence": { "type": "integer" },
                    "categories": { "type": "array", "items": { "type": "string" } },
                },
                "required": ["text", "intent", "sentiment", "priority", "confidence", "categories"],
                "additionalProperties": false,
            },
        },
    })
}

impl Completion {
    /// Returns what the model said.
    pub(super) fn outcome(&self) -> Outcome<'_> {
        let Some(choice) = self.choices.first() else {
            return Outcome::Nothing("it has no choice");
        };
        let is_refused =
            choice.message.refusal.as_deref().is_some_and(|words| !words.trim().is_empty());
        if is_refused || choice.finish_reason.as_deref() == Some("content_filter") {
            return Outcome::Declined;
        }
        match choice.message.content.as_deref().map(str::trim) {
            _ if choice.finish_reason.as_deref() == Some("length") => {
                Outcome::Nothing("it was cut off")
            }
            // DeepSeek's stand-in for what would be no JSON.
            None | Some("") => Outcome::Nothing("it is blank"),
            Some(text) => Outcome::Text(text),
        }
    }

    /// Returns its tokens, where the provider counts them.
    pub(super) fn usage(&self) -> Option<Usage> {
        let used = self.usage.as_ref()?;
        let details = used.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
        Some(Usage {
            prompt_tokens: used.prompt_tokens?,
            cached_tokens: used.prompt_cache_hit_tokens.or(details).unwrap_or(0),
            completion_tokens: used.completion_tokens?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(provider: Provider) -> Value {
        serde_json::to_value(Request::new(provider, "m", &[Message::system("s")], 700, "t"))
            .unwrap()
    }

    #[test]
    fn each_provider_is_told_not_to_think_in_its_own_words() {
        let deepseek = sent(Provider::DeepSeek);
        assert_eq!(deepseek["thinking"], json!({ "type": "disabled" }));
        assert_eq!(deepseek["response_format"], json!({ "type": "json_object" }));
        assert_eq!((&deepseek["max_tokens"], &deepseek["user_id"]), (&json!(700), &json!("t")));
        let openai = sent(Provider::OpenAi);
        assert_eq!(openai["reasoning_effort"], json!("none"));
        assert_eq!(openai["response_format"]["json_schema"]["strict"], json!(true));
        assert_eq!(openai["max_completion_tokens"], json!(700));
        let other = sent(Provider::Other);
        for field in [
            "thinking",
            "reasoning_effort",
            "user_id",
            "safety_identifier",
            "max_completion_tokens",
        ] {
            assert!(other.get(field).is_none(), "{field}: not everybody knows it");
        }
    }

    #[test]
    fn what_is_no_answer_is_told_apart() {
        let outcome = |choice: Value| {
            let completion: Completion =
                serde_json::from_value(json!({ "choices": [choice] })).unwrap();
            match completion.outcome() {
                Outcome::Text(text) => text.to_owned(),
                Outcome::Nothing(why) => why.to_owned(),
                Outcome::Declined => "declined".to_owned(),
            }
        };
        let said =
            |content: &str| json!({ "message": { "content": content }, "finish_reason": "stop" });
        assert_eq!(outcome(said(" {} ")), "{}");
        assert_eq!(outcome(said("   \n  ")), "it is blank");
        assert_eq!(
            outcome(json!({ "message": { "content": null, "refusal": "Нет." } })),
            "declined"
        );
        assert_eq!(
            outcome(json!({ "message": { "content": "{" }, "finish_reason": "length" })),
            "it was cut off"
        );
        assert_eq!(outcome(json!({ "finish_reason": "content_filter" })), "declined");
    }

    #[test]
    fn cached_tokens_are_read_in_both_forms() {
        let usage = |usage: Value| {
            serde_json::from_value::<Completion>(json!({ "usage": usage })).unwrap().usage()
        };
        let expected = Some(Usage { prompt_tokens: 10, cached_tokens: 4, completion_tokens: 2 });
        assert_eq!(
            usage(
                json!({ "prompt_tokens": 10, "completion_tokens": 2, "prompt_cache_hit_tokens": 4 })
            ),
            expected
        );
        let details = json!({ "cached_tokens": 4 });
        assert_eq!(
            usage(
                json!({ "prompt_tokens": 10, "completion_tokens": 2, "prompt_tokens_details": details })
            ),
            expected
        );
        assert_eq!(usage(json!({ "total_tokens": 3 })), None);
    }
}

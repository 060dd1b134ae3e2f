//! Old forms of events read as present ones. A step is a pure function from one stored JSON to none, one or several; it
//! never asks anything of the world, so that every reading of the log is the same.

use serde_json::{Value, json};

use super::DecodeError;

/// From one version of a type to the next.
struct Upcast {
    stream_type: &'static str,
    event_type: &'static str,
    /// The version that it reads. What it returns is of the next version, or of another type in its first.
    from: i32,
    step: fn(Value) -> Vec<Value>,
}

/// Every step there is. A type is written in the version after its last step.
const UPCASTS: &[Upcast] = &[
    Upcast {
        stream_type: "interaction",
        event_type: "ReplySendFailed",
        from: 1,
        step: seal_marketplace_text,
    },
    Upcast {
        stream_type: "interaction",
        event_type: "ReplyEditFailed",
        from: 1,
        step: seal_marketplace_text,
    },
    Upcast {
        stream_type: "interaction",
        event_type: "ReplyModerationFailed",
        from: 1,
        step: seal_marketplace_text,
    },
];

/// Types that are not written any more, because a step turns them into others.
const RETIRED: &[(&str, &str)] = &[];

/// Since version 2 the marketplace's words are personal data: they may quote what was written to or by the buyer.
fn seal_marketplace_text(mut payload: Value) -> Vec<Value> {
    if let Some(text @ Value::String(_)) = payload.get_mut("marketplace_text") {
        *text = json!({"$personal": text.take()});
    }
    vec![payload]
}

pub(super) fn present_version(stream_type: &str, event_type: &str) -> i32 {
    steps_of(UPCASTS, stream_type, event_type).map(|upcast| upcast.from + 1).max().unwrap_or(1)
}

pub(super) fn is_retired(stream_type: &str, event_type: &str) -> bool {
    RETIRED.contains(&(stream_type, event_type))
}

/// Takes a stored event through all steps that follow its version.
pub(super) fn to_present(
    stream_type: &str,
    event_type: &str,
    version: i32,
    payload: Value,
) -> Result<Vec<Value>, DecodeError> {
    through(UPCASTS, (stream_type, event_type, version), payload)
}

fn through(
    upcasts: &[Upcast],
    (stream_type, event_type, version): (&str, &str, i32),
    payload: Value,
) -> Result<Vec<Value>, DecodeError> {
    let last = steps_of(upcasts, stream_type, event_type).map(|u| u.from).max().unwrap_or(0);
    if !(1..=last + 1).contains(&version) {
        let event_type = event_type.to_owned();
        return Err(DecodeError::UnknownSchemaVersion { event_type, version });
    }
    let Some(upcast) =
        steps_of(upcasts, stream_type, event_type).find(|upcast| upcast.from == version)
    else {
        return Ok(vec![payload]);
    };
    let mut present = Vec::new();
    for next in (upcast.step)(payload) {
        let name = next.get("type").and_then(Value::as_str).unwrap_or(event_type).to_owned();
        let version = if name == event_type { version + 1 } else { 1 };
        present.extend(through(upcasts, (stream_type, &name, version), next)?);
    }
    Ok(present)
}

fn steps_of<'a>(
    upcasts: &'a [Upcast],
    stream_type: &'a str,
    event_type: &'a str,
) -> impl Iterator<Item = &'a Upcast> {
    upcasts.iter().filter(move |u| u.stream_type == stream_type && u.event_type == event_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A type that was renamed, then split, then found to say nothing where it is empty.
    const HISTORY: &[Upcast] = &[
        Upcast {
            stream_type: "letter",
            event_type: "Sent",
            from: 1,
            step: |old| vec![json!({"type": "Posted", "to": old["to"]})],
        },
        Upcast {
            stream_type: "letter",
            event_type: "Posted",
            from: 1,
            step: |old| {
                let each = old["to"].as_array().cloned().unwrap_or_default();
                each.into_iter().map(|to| json!({"type": "Posted", "to": to})).collect()
            },
        },
    ];

    fn read(version: i32, payload: Value) -> Result<Vec<Value>, DecodeError> {
        let name = payload["type"].as_str().unwrap().to_owned();
        through(HISTORY, ("letter", &name, version), payload)
    }

    #[test]
    fn steps_follow_each_other_over_names_and_give_none_one_or_several() {
        let posted = |to: &str| json!({"type": "Posted", "to": to});
        assert_eq!(read(2, posted("a")).unwrap(), [posted("a")]);
        let old = json!({"type": "Sent", "to": ["a", "b"]});
        assert_eq!(read(1, old).unwrap(), [posted("a"), posted("b")]);
        assert!(read(1, json!({"type": "Sent", "to": []})).unwrap().is_empty());
    }

    #[test]
    fn a_version_that_is_not_known_is_refused() {
        for version in [-1, 0, 3] {
            assert!(read(version, json!({"type": "Posted"})).is_err(), "{version}");
        }
    }

    #[test]
    fn the_marketplaces_words_are_personal_since_the_second_version() {
        let old = json!({"type": "ReplySendFailed", "marketplace_text": "Неверный токен"});
        let new = to_present("interaction", "ReplySendFailed", 1, old).unwrap();
        assert_eq!(new[0]["marketplace_text"], json!({"$personal": "Неверный токен"}));
        let silent = json!({"type": "ReplySendFailed", "marketplace_text": null});
        let new = to_present("interaction", "ReplySendFailed", 1, silent.clone()).unwrap();
        assert_eq!(new, [silent]);
        assert_eq!(present_version("interaction", "ReplySendFailed"), 2);
        assert_eq!(present_version("interaction", "ReplySent"), 1);
    }
}

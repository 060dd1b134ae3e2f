//! Serde's complaints in the user's words. Serde offers them as English text only.

/// Returns the field and what is wrong with it. `path` is where serde was; it stops above a field that is missing, whose
/// name is in the message.
pub(super) fn explain(path: &str, complaint: &str) -> (String, String) {
    let path = if path == "." { "" } else { path };
    let quoted = |prefix: &str| {
        complaint.strip_prefix(prefix)?.strip_prefix(" `")?.split_once('`').map(|(name, _)| name)
    };
    if let Some(name) = quoted("missing field") {
        return (join(path, name), "обязательное поле".to_owned());
    }
    if let Some(name) = quoted("unknown field") {
        return (join(path, name), "неизвестное поле".to_owned());
    }
    if let Some(name) = quoted("duplicate field") {
        return (join(path, name), "поле указано дважды".to_owned());
    }
    let field = if path.is_empty() { "body".to_owned() } else { path.to_owned() };
    (field, message(complaint))
}

fn message(complaint: &str) -> String {
    // "unknown variant `x`, expected `a` or `b`"
    if complaint.starts_with("unknown variant") {
        let allowed: Vec<&str> = complaint.split('`').skip(3).step_by(2).collect();
        return format!("недопустимое значение; возможны: {}", allowed.join(", "));
    }
    if complaint.contains("UUID") {
        return "ожидается UUID".to_owned();
    }
    let expected = complaint.split_once("expected ").map_or("", |(_, rest)| rest);
    let expected = match expected.split(" at line").next().unwrap_or_default() {
        "a string" | "a borrowed string" => "строка",
        "a boolean" => "true или false",
        "a sequence" => "список",
        text if text.starts_with("struct") || text == "a map" => "объект",
        text if NUMBERS.iter().any(|kind| text.starts_with(kind)) => "число в допустимых пределах",
        _ => return "недопустимое значение".to_owned(),
    };
    format!("ожидается {expected}")
}

const NUMBERS: [&str; 11] =
    ["u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "f64", "an integer", "a number"];

fn join(path: &str, name: &str) -> String {
    match path.rsplit('.').next() {
        None | Some("") => name.to_owned(),
        Some(last) if last == name => path.to_owned(),
        Some(_) => format!("{path}.{name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        #[expect(dead_code, reason = "only parsed")]
        name: String,
        #[expect(dead_code, reason = "only parsed")]
        count: Option<u8>,
        #[expect(dead_code, reason = "only parsed")]
        kind: Option<Kind>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        Token,
        Cookie,
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        for (json, field, message) in [
            ("{}", "name", "обязательное поле"),
            (r#"{"name":"a","other":1}"#, "other", "неизвестное поле"),
            (r#"{"name":1}"#, "name", "ожидается строка"),
            (r#"{"name":"a","count":300}"#, "count", "ожидается число в допустимых пределах"),
            (
                r#"{"name":"a","kind":"x"}"#,
                "kind",
                "недопустимое значение; возможны: token, cookie",
            ),
            (r#"{"name":"a","name":"b"}"#, "name", "поле указано дважды"),
            ("[]", "body", "обязательное поле"),
        ] {
            let mut json_reader = serde_json::Deserializer::from_str(json);
            let error = serde_path_to_error::deserialize::<_, Body>(&mut json_reader).unwrap_err();
            let found = explain(&error.path().to_string(), &error.inner().to_string());
            if json == "[]" {
                assert_eq!(found.0, field);
            } else {
                assert_eq!(found, (field.to_owned(), message.to_owned()), "{json}");
            }
        }
    }
}

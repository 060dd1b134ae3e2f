//! Bodies of answers: received within bounds, and their texts made fit to be kept.

use reqwest::Response;

use super::failure::CallError;

/// Largest body read, after decompression: eight times a page of 5000 reviews as captured (1.7 kB each).
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Longest text of a marketplace that is kept, in characters.
const TEXT_CHARS_MAX: usize = 500;

/// Shortest part of a secret that is struck out of a marketplace's texts; shorter ones occur by chance.
const SECRET_CHARS_MIN: usize = 8;

/// Receives a body.
pub(crate) async fn receive(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(CallError::of_transport)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            let bound = format!("expected at most {BODY_BYTES_MAX} bytes");
            return Err(CallError::malformed(bound));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Tells whether an error's body is a page for people: the marketplaces' own errors are JSON, or empty.
pub(crate) fn is_page(text: &str) -> bool {
    !text.trim().is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err()
}

/// Makes a text of a marketplace fit to be kept and shown: one line, not endless, without the secrets.
pub(crate) fn kept<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut text = text.to_owned();
    for secret in secrets.into_iter().filter(|secret| secret.len() >= SECRET_CHARS_MIN) {
        text = text.replace(secret, "…");
    }
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_CHARS_MAX).collect();
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

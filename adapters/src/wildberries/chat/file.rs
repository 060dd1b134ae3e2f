//! A file of a message, as far as Wildberries gives it.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use secrecy::SecretString;
use serde_json::Value;

use super::super::answer::Answer;
use super::event::whole;
use crate::http::{CallError, Download, FileBody};

/// When to ask again for a file where the marketplace does not say it; 30 s in the specification's example.
const RETRY_USUAL: Duration = Duration::from_secs(30);

/// Reads what an answer is: the file, or why there is none.
pub(super) async fn download(
    response: Response,
    token: &SecretString,
) -> Result<Download, CallError> {
    match response.status() {
        StatusCode::OK => Ok(Download::File(FileBody::new(response))),
        StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS => Ok(Download::Refused),
        // 202 says when to come back; every other status is a failure.
        _ => {
            let text = Answer::receive(response).await.into_text(token)?;
            let said: Value = serde_json::from_str(&text).unwrap_or_default();
            let seconds = whole(&said["retrySeconds"]).and_then(|s| u64::try_from(s).ok());
            let retry_after = seconds.map_or(RETRY_USUAL, Duration::from_secs);
            Ok(Download::InModeration { retry_after })
        }
    }
}

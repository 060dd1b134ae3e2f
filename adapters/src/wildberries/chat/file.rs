//! A file of a message, as far as the marketplace gives it.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use super::super::answer::Answer;
use super::event::whole;
use crate::http::CallError;

/// When to ask again for a file where the marketplace does not say it; 30 s in the specification's example.
const RETRY_USUAL: Duration = Duration::from_secs(30);

/// What became of a wish for a file.
#[derive(Clone, PartialEq, Eq)]
pub enum Download {
    /// The file.
    File {
        /// Its media type, as the marketplace names it.
        content_type: Option<String>,
        /// What is in it.
        bytes: Vec<u8>,
    },
    /// 202: the marketplace still checks it.
    InModeration {
        /// When to ask again.
        retry_after: Duration,
    },
    /// 451: the marketplace's check refused it; nobody gets it.
    Refused,
}

impl Download {
    pub(super) fn of(answer: Answer, token: &SecretString) -> Result<Self, CallError> {
        match answer.status().as_u16() {
            202 => {
                let said: Value =
                    serde_json::from_str(&answer.into_text(token)?).unwrap_or_default();
                let seconds = whole(&said["retrySeconds"]).and_then(|s| u64::try_from(s).ok());
                let retry_after = seconds.map_or(RETRY_USUAL, Duration::from_secs);
                Ok(Self::InModeration { retry_after })
            }
            451 => Ok(Self::Refused),
            _ => {
                let (content_type, bytes) = answer.into_file(token)?;
                Ok(Self::File { content_type, bytes })
            }
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { content_type, bytes } => f
                .debug_struct("File")
                .field("content_type", content_type)
                .field("bytes", &bytes.len())
                .finish(),
            Self::InModeration { retry_after } => {
                f.debug_struct("InModeration").field("retry_after", retry_after).finish()
            }
            Self::Refused => f.write_str("Refused"),
        }
    }
}

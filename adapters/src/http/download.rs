//! Files of messages, handed on as they come.

use std::fmt;
use std::time::Duration;

use reqwest::Response;
use reqwest::header::CONTENT_TYPE;

use super::failure::CallError;

/// Most bytes that are handed on of a file: four times what a seller may send, since nothing is published about buyers.
const FILE_BYTES_MAX: usize = 20 * 1024 * 1024;

/// What became of a wish for a file.
#[derive(Debug)]
pub enum Download {
    /// The file.
    File(FileBody),
    /// The marketplace still checks it.
    InModeration {
        /// When to ask again.
        retry_after: Duration,
    },
    /// The marketplace's check refused it; nobody gets it.
    Refused,
}

/// A file on its way.
pub struct FileBody {
    /// Its media type, as the marketplace names it.
    pub content_type: Option<String>,
    response: Response,
    left: usize,
}

impl FileBody {
    pub(crate) fn new(response: Response) -> Self {
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|kind| Some(kind.to_str().ok()?.to_owned()));
        Self { content_type, response, left: FILE_BYTES_MAX }
    }

    /// Returns the next part; none at the end.
    ///
    /// # Errors
    /// [`CallError`]: the connection broke, or the file is larger than any.
    pub async fn chunk(&mut self) -> Result<Option<Vec<u8>>, CallError> {
        let chunk = self.response.chunk().await.map_err(CallError::of_transport)?;
        let Some(chunk) = chunk else { return Ok(None) };
        self.left = self.left.checked_sub(chunk.len()).ok_or_else(|| {
            CallError::malformed(format!("expected at most {FILE_BYTES_MAX} bytes"))
        })?;
        Ok(Some(chunk.to_vec()))
    }
}

impl fmt::Debug for FileBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileBody").field("content_type", &self.content_type).finish_non_exhaustive()
    }
}

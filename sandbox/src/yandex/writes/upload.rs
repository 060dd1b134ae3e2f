//! A file in a form: `multipart/form-data` with one part `file`.

use sha2::{Digest, Sha256};

use super::super::Call;
use super::super::problem::Refusal;
use super::super::request::check_size;
use crate::multipart;

/// "The largest file has 5 MB."
const FILE_BYTES_MAX: usize = 5 * 1024 * 1024;
/// What the form adds to the file at most.
const FORM_BYTES: usize = 16 * 1024;

/// A file as it came.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Upload {
    pub(super) name: String,
    /// In bytes.
    pub(super) size: u32,
    pub(super) sha256: String,
}

/// Reads the part `file` of the form.
pub(super) fn file(call: &Call) -> Result<Upload, Refusal> {
    check_size(call, FILE_BYTES_MAX + FORM_BYTES)?;
    let content_type = call.content_type.as_deref().unwrap_or_default();
    if content_type.is_empty() {
        return Err(Refusal::unsupported("Missing Content-Type".to_owned()));
    }
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("multipart/form-data") {
        return Err(Refusal::unsupported(format!("Content type '{essence}' not supported")));
    }
    let parts = multipart::parts(content_type, &call.body);
    let parts = parts.ok_or_else(|| Refusal::bad_request("the form cannot be read"))?;
    let part = parts.into_iter().find(|part| part.name == "file");
    let part = part.ok_or_else(|| Refusal::bad_request("Missing field: file"))?;
    let size = part.content.len();
    if size == 0 || size > FILE_BYTES_MAX {
        let message = format!("Length of file ({size}) must be between 1 and {FILE_BYTES_MAX}");
        return Err(Refusal::bad_request(message));
    }
    Ok(Upload {
        name: part.filename.unwrap_or_else(|| "file".to_owned()),
        size: u32::try_from(size).unwrap_or(u32::MAX),
        sha256: hex::encode(Sha256::digest(part.content)),
    })
}

//! A file in a form: `multipart/form-data` with one part `file`.

use sha2::{Digest, Sha256};

use super::super::Call;
use super::super::problem::Refusal;
use super::super::request::check_size;

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
    let boundary = parameter(content_type, "boundary")
        .ok_or_else(|| Refusal::bad_request("the form has no boundary"))?;
    let (name, content) =
        part(&call.body, &boundary).ok_or_else(|| Refusal::bad_request("Missing field: file"))?;
    if content.is_empty() || content.len() > FILE_BYTES_MAX {
        let message =
            format!("Length of file ({}) must be between 1 and {FILE_BYTES_MAX}", content.len());
        return Err(Refusal::bad_request(message));
    }
    let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
    Ok(Upload { name, size, sha256: hex::encode(Sha256::digest(content)) })
}

/// Name and content of the part `file`.
fn part<'a>(body: &'a [u8], boundary: &str) -> Option<(String, &'a [u8])> {
    let delimiter = format!("--{boundary}");
    let mut rest = &body[find(body, delimiter.as_bytes())? + delimiter.len()..];
    loop {
        let after_head = find(rest, b"\r\n\r\n")? + 4;
        let head = String::from_utf8_lossy(&rest[..after_head]).into_owned();
        rest = &rest[after_head..];
        let end = find(rest, format!("\r\n{delimiter}").as_bytes())?;
        let content = &rest[..end];
        let disposition = head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
        if parameter(disposition, "name").as_deref() == Some("file") {
            let name = parameter(disposition, "filename").filter(|name| !name.is_empty());
            return Some((name.unwrap_or_else(|| "file".to_owned()), content));
        }
        rest = &rest[end + 2 + delimiter.len()..];
    }
}

/// A parameter of a header, with or without quotes.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (found, value) = parameter.split_once('=')?;
        let is_it = found.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_file_is_found_among_others() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nx\r\n--b\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"чек.png\"\r\n\
            Content-Type: image/png\r\n\r\n--b is no end\r\n--b--\r\n";
        let (name, content) = part(body.as_bytes(), "b").unwrap();
        assert_eq!((name.as_str(), content), ("чек.png", b"--b is no end".as_slice()));
        assert_eq!(part(&body.as_bytes()[..60], "b"), None);
    }
}

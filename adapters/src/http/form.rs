//! Files in forms.

use reqwest::header::CONTENT_TYPE;
use reqwest::multipart::Part;

/// A file to be sent.
pub struct File {
    /// Its name, with an extension.
    pub name: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// A file as a part of a form. One whose kind no header can name goes without it.
pub(crate) fn part(file: File) -> Part {
    let kind = file.content_type.parse();
    // A line break in the name would begin a header of its own.
    let name: String = file.name.chars().filter(|c| !c.is_control()).collect();
    let part = Part::bytes(file.bytes).file_name(name);
    match kind {
        Ok(kind) => part.headers([(CONTENT_TYPE, kind)].into_iter().collect()),
        Err(_) => part,
    }
}

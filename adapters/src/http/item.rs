//! Items of a page that cannot be read, and why.

use std::fmt;

use serde_json::{Map, Value};
use strum::IntoStaticStr;

/// Largest item that is read: thirty times the largest captured review.
pub const ITEM_BYTES_MAX: usize = 256 * 1024;

/// Longest id. Captured ones have 20 characters; a longer one than this is no id, and no index would hold it.
pub(crate) const ID_CHARS_MAX: usize = 200;

/// Why an item is not what it should be. Quotes nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum ItemError {
    /// It is something else than an object.
    #[error("expected an object")]
    NotAnObject,
    /// It looks like an object and is not one: half a character in a text, or nested beyond all measure.
    #[error("expected an object that can be read")]
    Broken,
    /// It is far larger than any item.
    #[error("expected at most {ITEM_BYTES_MAX} bytes")]
    TooLarge,
    /// Its id is missing, of another type or endless.
    #[error("expected an id in {0}")]
    NoId(&'static str),
    /// The time it was written is missing or is none.
    #[error("expected a time in {0}")]
    NoTime(&'static str),
    /// What should be somebody's words is not text.
    #[error("expected text in {0}")]
    NoText(&'static str),
    /// What should be the answer is none.
    #[error("expected an object in {0}")]
    NoAnswer(&'static str),
}

impl ItemError {
    /// Returns the reason as a stable word.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// Returns the field that is not what it should be, if it is one.
    #[must_use]
    pub fn field(self) -> Option<&'static str> {
        match self {
            Self::NotAnObject | Self::Broken | Self::TooLarge => None,
            Self::NoId(field)
            | Self::NoTime(field)
            | Self::NoText(field)
            | Self::NoAnswer(field) => Some(field),
        }
    }
}

/// An item of a page that could not be read, kept for people and for a better program.
#[derive(Clone, PartialEq, Eq)]
pub struct MalformedItem {
    /// The item as it came.
    pub raw: String,
    /// The marketplace's id, where it shows one.
    pub id: Option<String>,
    /// What is wrong with it.
    pub error: ItemError,
}

impl fmt::Debug for MalformedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The raw item holds a buyer's words.
        f.debug_struct("MalformedItem").field("error", &self.error).finish_non_exhaustive()
    }
}

/// Reads an item as far as its fields.
///
/// # Errors
/// [`ItemError`]: it is too large, or no object.
pub(crate) fn fields_of(item: &str) -> Result<Map<String, Value>, ItemError> {
    if item.len() > ITEM_BYTES_MAX {
        return Err(ItemError::TooLarge);
    }
    serde_json::from_str(item).map_err(|_| {
        let is_object = item.trim_start().starts_with('{');
        if is_object { ItemError::Broken } else { ItemError::NotAnObject }
    })
}

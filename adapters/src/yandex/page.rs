//! Pages: what is asked for, and what comes back, good items and bad.

use std::collections::HashMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::word;
use crate::http::{CallError, Fields, ItemError, MalformedItem, fields_of};

/// Most items of a page of reviews, comments, questions or answers.
pub const PAGE_MAX: u32 = 50;

/// Most chats of a page.
pub const CHATS_PAGE_MAX: u32 = 20;

/// Most messages of a page.
pub const MESSAGES_PAGE_MAX: u32 = 100;

/// Which page of a list to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// How many items it may hold; the marketplace's own number when none.
    pub limit: Option<u32>,
    /// What the page before gave as [`Page::next`]; none for the first one.
    pub token: Option<String>,
}

/// What a reading brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The items, in the marketplace's order.
    pub items: Vec<T>,
    /// What could not be read as one.
    pub malformed: Vec<MalformedItem>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<String>,
    /// How many items there are on all pages, where the marketplace counts them: questions only.
    pub total: Option<u64>,
}

/// What a page may list.
pub(crate) trait Item: Sized {
    /// Name of the list.
    const LIST: &'static str;

    /// Takes the marketplace's id.
    fn id(fields: &mut Fields) -> Option<String>;

    /// Reads the fields.
    fn of(fields: &mut Fields) -> Result<Self, ItemError>;
}

/// A result whose fields are still unread.
type Parts<'a> = HashMap<String, &'a RawValue>;

impl PageRequest {
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let limit = self.limit.map(|limit| ("limit", limit.to_string()));
        limit.into_iter().chain(self.token.clone().map(|token| ("pageToken", token))).collect()
    }

    /// A page that holds all of `ids`, which the marketplace would otherwise spread over several.
    pub(super) fn of_ids(ids: &[String]) -> Self {
        Self { limit: u32::try_from(ids.len()).ok(), token: None }
    }
}

impl<T> Page<T> {
    /// Returns how many items the page holds, readable or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len() + self.malformed.len()
    }

    /// Tells whether the page holds nothing. More may follow all the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Reads the result of a list.
pub(super) fn decode<T: Item>(
    result: &RawValue,
    asked: &PageRequest,
) -> Result<Page<T>, CallError> {
    let result = object(result)?;
    // A list may be null, but one under another name would be read as nothing at all.
    let list = result.get(T::LIST).ok_or_else(|| expected(T::LIST))?;
    let list: Option<Vec<&RawValue>> =
        serde_json::from_str(list.get()).map_err(|_| expected(T::LIST))?;
    let mut page = Page {
        items: Vec::new(),
        malformed: Vec::new(),
        // A page that names itself as the next one is the last one, or reading would not end.
        next: next(&result)?.filter(|next| Some(next) != asked.token.as_ref()),
        total: total(&result),
    };
    for item in list.unwrap_or_default() {
        match read(item.get()) {
            Ok(item) => page.items.push(item),
            Err(error) => page.malformed.push(malformed::<T>(item.get(), error)),
        }
    }
    Ok(page)
}

/// Reads the result of a call for a single item.
pub(super) fn decode_one<T: Item>(result: &RawValue) -> Result<T, CallError> {
    read(result.get()).map_err(|error| CallError::malformed(error.to_string()))
}

/// Reads one item of a page as it came.
///
/// # Errors
/// [`ItemError`]: it is none.
pub(crate) fn read<T: Item>(item: &str) -> Result<T, ItemError> {
    T::of(&mut Fields::new(fields_of(item)?))
}

/// Reads a result as an object whose fields are still unread.
pub(super) fn object(result: &RawValue) -> Result<Parts<'_>, CallError> {
    serde_json::from_str(result.get())
        .map_err(|_| CallError::malformed("expected an object in result"))
}

fn expected(list: &'static str) -> CallError {
    CallError::malformed(format!("expected a list in result.{list}"))
}

/// Where the next page begins. What cannot be read is no end: the rest of the list would go missing unseen.
fn next(result: &Parts<'_>) -> Result<Option<String>, CallError> {
    let wrong = || CallError::malformed("expected an object in result.paging");
    let Some(paging) = result.get("paging") else { return Ok(None) };
    let paging: Option<Map<String, Value>> =
        serde_json::from_str(paging.get()).map_err(|_| wrong())?;
    let mut paging = Fields::new(paging.unwrap_or_default());
    let token = paging.text(NEXT).or_else(|| paging.id(NEXT));
    if paging.has(NEXT) { Err(wrong()) } else { Ok(token) }
}

/// Field of a page that names the next one.
const NEXT: &str = "nextPageToken";

fn total(result: &Parts<'_>) -> Option<u64> {
    word::number(&serde_json::from_str(result.get("totalCount")?.get()).ok()?)
}

fn malformed<T: Item>(raw: &str, error: ItemError) -> MalformedItem {
    let fields = fields_of(raw).ok();
    let id = fields.and_then(|fields| T::id(&mut Fields::new(fields)));
    MalformedItem { raw: raw.to_owned(), id, error }
}

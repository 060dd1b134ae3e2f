//! Pages of items: what comes back, good items and bad, and where the next page begins.

use std::collections::HashMap;
use std::fmt;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::exact::exact;
use super::words;
use crate::http::{CallError, Fields, ItemError, MalformedItem, fields_of};

/// Fewest reviews or comments that may be asked for at once (`limit`).
pub const PAGE_MIN: u32 = 20;

/// Most reviews, comments or questions that may be asked for at once (`limit`).
pub const PAGE_MAX: u32 = 100;

/// What a reading brought. `Debug` shows nothing that the program does not know.
#[derive(Clone, PartialEq)]
pub struct Page<T> {
    /// The items, in the marketplace's order.
    pub items: Vec<T>,
    /// What could not be read as an item.
    pub malformed: Vec<MalformedItem>,
    /// Whether there is more, where the marketplace says so.
    pub has_next: Option<bool>,
    /// Where the next page would begin.
    pub next: Option<String>,
    /// Whatever else the page says, as it came.
    pub facts: Map<String, Value>,
}

impl<T> Page<T> {
    /// Returns how many items the marketplace gave, readable or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.items.len() + self.malformed.len()
    }

    /// Returns where to go on reading: none when the marketplace says that this was all, or gave nothing.
    #[must_use]
    pub fn continuation(&self) -> Option<&str> {
        let is_last = self.has_next == Some(false) || self.count() == 0;
        self.next.as_deref().filter(|_| !is_last)
    }
}

/// Something that comes in pages.
pub(super) trait Item: Sized {
    /// Name of the list that a page holds it in.
    const LIST: &'static str;
    /// Name of its id.
    const ID: &'static str;
    /// Name of what the page says about where the next one begins; none where that is after the last item.
    const NEXT: Option<&'static str>;

    /// Brings its fields into one object.
    fn flat(fields: Map<String, Value>) -> Map<String, Value> {
        fields
    }

    /// Reads it.
    fn of(fields: &mut Fields) -> Result<Self, ItemError>;
}

/// Reads an item as it came.
pub(super) fn read<T: Item>(item: &str) -> Result<T, ItemError> {
    T::of(&mut fields::<T>(item)?)
}

/// Reads the body of a success that is an item.
pub(super) fn decode_one<T: Item>(text: &str) -> Result<T, CallError> {
    read(text).map_err(|error| CallError::malformed(error.to_string()))
}

/// Reads the body of a success that is a page.
pub(super) fn decode<T: Item>(text: &str) -> Result<Page<T>, CallError> {
    let mut parts = parts(text)?;
    let list = parts.remove(T::LIST).map_or("null", |list| list.get());
    let list: Option<Vec<&RawValue>> = serde_json::from_str(list)
        .map_err(|_| CallError::malformed(format!("expected a list in {}", T::LIST)))?;
    let mut rest = rest(parts);
    let mut page = Page {
        items: Vec::new(),
        malformed: Vec::new(),
        has_next: words::flag(&mut rest, "has_next"),
        next: T::NEXT.and_then(|name| rest.id(name)),
        facts: Map::new(),
    };
    for item in list.unwrap_or_default() {
        take(&mut page, item.get());
    }
    page.facts = rest.rest();
    Ok(page)
}

/// Reads the body of a success that is an object.
pub(super) fn decode_object(text: &str) -> Result<Fields, CallError> {
    parts(text).map(rest)
}

fn parts(text: &str) -> Result<HashMap<String, &RawValue>, CallError> {
    serde_json::from_str(text).map_err(|error| {
        // Only the place: serde quotes what it found, which may be a buyer's words.
        let (line, column) = (error.line(), error.column());
        CallError::malformed(format!("expected a JSON object, line {line} column {column}"))
    })
}

/// What cannot be read is left out: half a character somewhere in the facts must not cost the page.
fn rest(parts: HashMap<String, &RawValue>) -> Fields {
    let value = |raw: &RawValue| serde_json::from_str(&exact(raw.get())).ok();
    Fields::new(parts.into_iter().filter_map(|(name, raw)| Some((name, value(raw)?))).collect())
}

fn take<T: Item>(page: &mut Page<T>, raw: &str) {
    let id = || fields::<T>(raw).ok()?.id(T::ID);
    if T::NEXT.is_none() {
        page.next = id().or(page.next.take());
    }
    match read(raw) {
        Ok(item) => page.items.push(item),
        Err(error) => {
            page.malformed.push(MalformedItem { raw: raw.to_owned(), id: id(), error });
        }
    }
}

fn fields<T: Item>(item: &str) -> Result<Fields, ItemError> {
    Ok(Fields::new(T::flat(fields_of(&exact(item))?)))
}

impl<T: fmt::Debug> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("items", &self.items)
            .field("malformed", &self.malformed)
            .field("has_next", &self.has_next)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

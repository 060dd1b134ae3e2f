//! A page of reviews or questions: what is asked for, and what comes back, good items and bad.

use chrono::{DateTime, Utc};
use domain::interaction::Ingest;
use domain::value::ObservedAnswer;
use domain::{AccountId, Channel};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::http::{CallError, Fields, ItemError, MalformedItem, fields_of};

/// What buyers leave in public and sellers answer: reviews and questions, which are listed and read in the same way.
pub trait Feedback: Sized + Send {
    /// The channel it comes through.
    const CHANNEL: Channel;
    /// Path of the list.
    const LIST_PATH: &'static str;
    /// Path of one.
    const ITEM_PATH: &'static str;
    /// Most items that one page may hold (`take`).
    const TAKE_MAX: u32;
    /// Most items that may be stepped over (`skip`) with a page of that size.
    const SKIP_MAX: u32;

    /// Reads one from its fields. The id, the time, the words and the answer must be what they should be: without the
    /// first two it is none, and one that only seems to have no words or no answer might be answered as such.
    ///
    /// # Errors
    /// [`ItemError`].
    fn of_fields(fields: Map<String, Value>) -> Result<Self, ItemError>;

    /// Returns the marketplace's id.
    fn id(&self) -> &str;

    /// Returns when the buyer wrote it.
    fn created_at(&self) -> DateTime<Utc>;

    /// Returns the answer that stands there, in the words of all marketplaces.
    fn observed_answer(&self) -> Option<ObservedAnswer>;

    /// Turns it into a reading.
    fn into_reading(self, account: AccountId, processed: bool, seen_at: DateTime<Utc>) -> Ingest;
}

/// Which items to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Whether they are *processed*: answered, but also put aside, archived after 30 days, or without words and
    /// pictures.
    pub is_answered: bool,
    /// How many, at most [`Feedback::TAKE_MAX`].
    pub take: u32,
    /// How many to step over, at most [`Feedback::SKIP_MAX`].
    pub skip: u32,
    /// In which order; the marketplace's own when none.
    pub order: Option<Order>,
    /// Written not before this, in Unix seconds. The specification does not say whether the ends are included.
    pub date_from: Option<i64>,
    /// Written not after this, in Unix seconds.
    pub date_to: Option<i64>,
}

/// By the time they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Oldest first.
    DateAsc,
    /// Newest first.
    DateDesc,
}

/// What a reading brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// What could be read, in the marketplace's order.
    pub items: Vec<T>,
    /// What could not.
    pub malformed: Vec<MalformedItem>,
    /// Unprocessed items of the cabinet, as the marketplace counts them.
    pub count_unanswered: Option<u64>,
    /// Processed items of the cabinet, as the marketplace counts them.
    pub count_archive: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageData<'a> {
    count_unanswered: Value,
    count_archive: Value,
    /// The list may be null, as Go writes an empty one.
    #[serde(borrow, alias = "questions")]
    feedbacks: Option<Vec<&'a RawValue>>,
}

impl ListQuery {
    pub(super) fn parameters(&self) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("isAnswered", self.is_answered.to_string()),
            ("take", self.take.to_string()),
            ("skip", self.skip.to_string()),
        ];
        parameters.extend(self.order.map(|order| ("order", order.as_str().to_owned())));
        parameters.extend(self.date_from.map(|from| ("dateFrom", from.to_string())));
        parameters.extend(self.date_to.map(|to| ("dateTo", to.to_string())));
        parameters
    }
}

impl Order {
    fn as_str(self) -> &'static str {
        match self {
            Self::DateAsc => "dateAsc",
            Self::DateDesc => "dateDesc",
        }
    }
}

impl<T> Page<T> {
    /// Returns how many items the marketplace gave, readable or not.
    #[must_use]
    pub fn given(&self) -> usize {
        self.items.len() + self.malformed.len()
    }

    /// Tells whether the page holds as many items as were asked for, so that more may follow.
    #[must_use]
    pub fn is_full(&self, query: &ListQuery) -> bool {
        self.given() >= query.take as usize
    }
}

/// Reads the `data` of a list.
pub(super) fn decode<T: Feedback>(data: Option<&RawValue>) -> Result<Page<T>, CallError> {
    let data: PageData<'_> = data
        .and_then(|data| serde_json::from_str(data.get()).ok())
        .ok_or_else(|| CallError::malformed("expected a page in data"))?;
    let mut page = Page {
        items: Vec::new(),
        malformed: Vec::new(),
        count_unanswered: data.count_unanswered.as_u64(),
        count_archive: data.count_archive.as_u64(),
    };
    for item in data.feedbacks.unwrap_or_default() {
        match read(item.get()) {
            Ok(item) => page.items.push(item),
            Err(error) => page.malformed.push(malformed(item.get(), error)),
        }
    }
    Ok(page)
}

/// Reads the `data` of a single item.
pub(super) fn decode_one<T: Feedback>(data: Option<&RawValue>) -> Result<T, CallError> {
    let data = data.ok_or_else(|| CallError::malformed("expected an item in data"))?;
    read(data.get()).map_err(|error| CallError::malformed(error.to_string()))
}

/// Reads one item of a page as it came.
///
/// # Errors
/// [`ItemError`]: it is none.
pub fn read<T: Feedback>(item: &str) -> Result<T, ItemError> {
    T::of_fields(fields_of(item)?)
}

fn malformed(raw: &str, error: ItemError) -> MalformedItem {
    let id = fields_of(raw).ok().and_then(|fields| Fields::new(fields).id("id"));
    MalformedItem { raw: raw.to_owned(), id, error }
}

//! A page of reviews: what is asked for, and what comes back, good items and bad.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::decode::{self, ItemError};
use super::failure::CallError;
use super::fields::Fields;
use super::review::Review;

/// Most reviews that one page may hold (`take`).
pub const PAGE_MAX: u32 = 5_000;

/// Most reviews that may be stepped over (`skip`).
pub const SKIP_MAX: u32 = 199_990;

/// Largest item that is read as a review: thirty times the largest captured one.
pub const ITEM_BYTES_MAX: usize = 256 * 1024;

/// Which reviews to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReviewsQuery {
    /// Whether they are *processed*: answered, but also put aside, archived after 30 days, or without words and
    /// pictures.
    pub is_answered: bool,
    /// How many, at most [`PAGE_MAX`].
    pub take: u32,
    /// How many to step over, at most [`SKIP_MAX`].
    pub skip: u32,
    /// In which order; the marketplace's own when none.
    pub order: Option<ReviewOrder>,
    /// Written not before this, in Unix seconds. The specification does not say whether the ends are included.
    pub date_from: Option<i64>,
    /// Written not after this, in Unix seconds.
    pub date_to: Option<i64>,
}

/// By the time they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewOrder {
    /// Oldest first.
    DateAsc,
    /// Newest first.
    DateDesc,
}

/// What a reading brought.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReviewsPage {
    /// The reviews, in the marketplace's order.
    pub reviews: Vec<Review>,
    /// What could not be read as a review.
    pub malformed: Vec<MalformedItem>,
    /// Unprocessed reviews of the cabinet, as the marketplace counts them.
    pub count_unanswered: Option<u64>,
    /// Processed reviews of the cabinet, as the marketplace counts them.
    pub count_archive: Option<u64>,
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

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PageData<'a> {
    count_unanswered: Value,
    count_archive: Value,
    /// The list may be null, as Go writes an empty one.
    #[serde(borrow)]
    feedbacks: Option<Vec<&'a RawValue>>,
}

impl ReviewsQuery {
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

impl ReviewOrder {
    fn as_str(self) -> &'static str {
        match self {
            Self::DateAsc => "dateAsc",
            Self::DateDesc => "dateDesc",
        }
    }
}

impl ReviewsPage {
    /// Returns how many items the marketplace gave, readable or not.
    #[must_use]
    pub fn items(&self) -> usize {
        self.reviews.len() + self.malformed.len()
    }

    /// Tells whether the page holds as many items as were asked for, so that more may follow.
    #[must_use]
    pub fn is_full(&self, query: &ReviewsQuery) -> bool {
        self.items() >= query.take as usize
    }
}

impl MalformedItem {
    fn new(raw: &str, error: ItemError) -> Self {
        let fields = fields_of(raw).ok();
        let id = fields.and_then(|fields| decode::id(&mut Fields::new(fields)));
        Self { raw: raw.to_owned(), id, error }
    }
}

impl fmt::Debug for MalformedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The raw item holds a buyer's words.
        f.debug_struct("MalformedItem").field("error", &self.error).finish_non_exhaustive()
    }
}

/// Reads the `data` of a list.
pub(super) fn decode(data: Option<&RawValue>) -> Result<ReviewsPage, CallError> {
    let data: PageData<'_> = data
        .and_then(|data| serde_json::from_str(data.get()).ok())
        .ok_or_else(|| CallError::malformed("expected a page in data"))?;
    let mut page = ReviewsPage {
        count_unanswered: data.count_unanswered.as_u64(),
        count_archive: data.count_archive.as_u64(),
        ..ReviewsPage::default()
    };
    for item in data.feedbacks.unwrap_or_default() {
        match read(item.get()) {
            Ok(review) => page.reviews.push(review),
            Err(error) => page.malformed.push(MalformedItem::new(item.get(), error)),
        }
    }
    Ok(page)
}

/// Reads the `data` of a single review.
pub(super) fn decode_one(data: Option<&RawValue>) -> Result<Review, CallError> {
    let data = data.ok_or_else(|| CallError::malformed("expected a review in data"))?;
    read(data.get()).map_err(|error| CallError::malformed(error.to_string()))
}

/// Reads one item of a page as it came.
///
/// # Errors
/// [`ItemError`]: it is no review.
pub fn read(item: &str) -> Result<Review, ItemError> {
    if item.len() > ITEM_BYTES_MAX {
        return Err(ItemError::TooLarge);
    }
    decode::review(fields_of(item)?)
}

fn fields_of(item: &str) -> Result<Map<String, Value>, ItemError> {
    serde_json::from_str(item).map_err(|_| {
        let is_object = item.trim_start().starts_with('{');
        if is_object { ItemError::Broken } else { ItemError::NotAnObject }
    })
}

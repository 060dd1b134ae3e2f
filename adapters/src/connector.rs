//! What the workers ask of a marketplace, in the words of all three. How a marketplace does it, and what only it knows, is
//! in its folder.

mod look_up;

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::claim::ClaimReading;
use domain::interaction::{Delivery, Ingest};
use domain::value::Source;
use domain::{AccountId, Channel, Marketplace};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;

pub(crate) use look_up::{Found, LookUp, OneByOne, Wanted};

use crate::http::{CallError, Download, File, ItemError, MalformedItem, SendOutcome};
use crate::rate_limit::{Limiter, Priority, Turn};
use crate::{ozon, wildberries, yandex};

/// A cabinet of one marketplace, open for calls.
///
/// Reading takes its turns under the marketplace's limits by itself, since one question may take several calls. Sending
/// is one call, and the worker takes its turn before it notes that the call begins.
pub(crate) trait Connector: Send + Sync {
    /// Reads one page of a channel.
    fn read_page<'a>(
        &'a self,
        channel: Channel,
        place: &'a Place,
    ) -> BoxFuture<'a, Result<PageRead, ReadError>>;

    /// Reads one page of the claims for return, whose round stands at `cursor`: null at its beginning.
    fn read_claims<'a>(&'a self, _: &'a Value) -> BoxFuture<'a, Result<ClaimsRead, ReadError>> {
        async { Err(ReadError::Call(CallError::no_such_call())) }.boxed()
    }

    /// Looks at what stands under interactions of one channel, with as few calls as it can.
    fn look_up<'a>(
        &'a self,
        channel: Channel,
        wanted: &'a [Wanted],
        priority: Priority,
    ) -> BoxFuture<'a, Result<LookUp, ReadError>>;

    /// Sends a reply or an edit with one call, and never repeats it.
    fn send<'a>(&'a self, delivery: &'a Delivery, letter: Letter<'a>)
    -> BoxFuture<'a, SendOutcome>;

    /// Tells with one call that a person has viewed it; none where the marketplace has no such call, or the key allows so
    /// few calls that all are for reading and answering.
    fn mark_viewed<'a>(&'a self, _: &'a Source) -> Option<BoxFuture<'a, SendOutcome>> {
        None
    }

    /// Opens a file of a chat's message that has no address of its own, by what the marketplace calls it.
    fn download<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Download, ReadError>> {
        async { Err(ReadError::Call(CallError::no_such_call())) }.boxed()
    }

    /// Returns the limit that [`send`](Self::send) is under.
    fn write_limiter(&self, channel: Channel) -> &Limiter;

    /// Returns the limit that sending files is under.
    fn file_limiter(&self, channel: Channel) -> &Limiter {
        self.write_limiter(channel)
    }

    /// Returns the shortest pause between rounds of a channel that leaves half of the calls that the key allows to sending
    /// and to what it waits for.
    fn pace(&self, _: Channel) -> Duration {
        Duration::ZERO
    }

    /// Returns the pause between the pages of a round, where the key allows so few calls that a round must leave room, too.
    fn page_pause(&self, _: Channel) -> Duration {
        Duration::ZERO
    }

    /// Tells about an item that was read whose answer takes a call of its own; none where the page tells everything.
    fn answer_apart(&self, _: &Ingest) -> Option<Apart> {
        None
    }
}

/// What is to be sent.
pub(crate) struct Letter<'a> {
    /// Empty when there are only files.
    pub(crate) text: &'a str,
    /// In their order.
    pub(crate) files: Vec<File>,
}

/// An answer that a page does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Apart {
    /// Whether there may be one under an item that is read for the first time.
    pub(crate) may_stand: bool,
    /// Changes when the answer may have, so that it is not asked for again and again.
    pub(crate) sign: String,
}

/// Where a page begins.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// What the page before returned; null at the beginning of a round, or where the program that wrote it is not this
    /// one. Each marketplace has its own shape.
    pub(crate) cursor: Value,
    /// What the last page returned as [`PageRead::resume`]; null before the first.
    pub(crate) resume: Value,
    /// Whether the round should read everything, not only what is recent.
    pub(crate) whole_due: bool,
    /// Whether reading on from here has failed again and again, so that an item which is in the way is left.
    pub(crate) is_stuck: bool,
    /// Now, by the database's clock.
    pub(crate) now: DateTime<Utc>,
}

/// What a page brought.
#[derive(Default)]
pub(crate) struct PageRead {
    /// What could be read.
    pub(crate) readings: Vec<Ingest>,
    /// What could not.
    pub(crate) malformed: Vec<MalformedItem>,
    /// Whether the marketplace lists what is on the page as processed.
    pub(crate) processed: bool,
    /// Where to go on; none when the round is over.
    pub(crate) next: Option<Value>,
    /// Whether the round, over now, has read everything that there is.
    pub(crate) whole: bool,
    /// Where later rounds go on in a channel that is read as one stream; none keeps what was kept.
    pub(crate) resume: Option<Value>,
    /// What to note about chats, by their ids, once the page is taken in.
    pub(crate) notes: Vec<(String, Value)>,
    /// Why it was read no further than to `next`; the pause is that of a reading that failed.
    pub(crate) stopped: Option<ReadError>,
}

/// What a page of claims for return brought.
pub(crate) struct ClaimsRead {
    /// What could be read.
    pub(crate) readings: Vec<ClaimReading>,
    /// What could not.
    pub(crate) malformed: Vec<MalformedItem>,
    /// Whether the marketplace lists what is on the page in the archive.
    pub(crate) archived: bool,
    /// Where to go on; none when the round is over.
    pub(crate) next: Option<Value>,
    /// The shortest pause between rounds that the key allows.
    pub(crate) pause_min: Duration,
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The turn under the marketplace's limit comes only later.
    #[error("the turn under the limit has not come")]
    NotBefore(Duration),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The limit could not be asked for.
    #[error("asking for a turn")]
    Database(#[from] sqlx::Error),
    /// What is noted about chats could not be read or kept.
    #[error("reading or keeping what is noted about chats")]
    Notes(#[from] eventlog::KeyError),
}

impl PageRead {
    /// Returns how many items the page held, readable or not.
    pub(crate) fn items(&self) -> usize {
        self.readings.len() + self.malformed.len()
    }
}

/// Waits for a turn, at most `patience`.
pub(crate) async fn take_turn(
    limiter: &Limiter,
    priority: Priority,
    patience: Duration,
) -> Result<(), ReadError> {
    match limiter.turn(priority, patience).await? {
        Turn::NotBefore(wait) => Err(ReadError::NotBefore(wait)),
        Turn::Now => limiter.enter().await.map_err(ReadError::NotBefore),
    }
}

/// Obeys a marketplace that asks to wait: no call of the account is made before.
pub(crate) async fn obey<T>(
    limiter: &Limiter,
    answer: Result<T, CallError>,
) -> Result<T, ReadError> {
    limiter.leave(answer.as_ref().err());
    if let Err(error) = &answer
        && let Some(wait) = error.retry_after()
    {
        limiter.block(wait).await?;
    }
    Ok(answer?)
}

/// Returns the channels that a marketplace's cabinet is read and answered in.
#[must_use]
pub fn channels(marketplace: Marketplace) -> &'static [Channel] {
    match marketplace {
        Marketplace::Wildberries | Marketplace::Ozon | Marketplace::YandexMarket => {
            &[Channel::Review, Channel::Question, Channel::Chat]
        }
    }
}

/// Tells whether claims for return are read at a marketplace.
#[must_use]
pub fn has_claims(marketplace: Marketplace) -> bool {
    match marketplace {
        Marketplace::Wildberries => true,
        Marketplace::Ozon | Marketplace::YandexMarket => false,
    }
}

/// Reads again a claim that was kept because it could not be read; `archived` tells which list it was on.
///
/// # Errors
/// [`ItemError`]: it still cannot.
pub(crate) fn read_claim(
    marketplace: Marketplace,
    account: AccountId,
    raw: &str,
    archived: bool,
) -> Result<ClaimReading, ItemError> {
    match marketplace {
        Marketplace::Wildberries => wildberries::read_claim(account, raw, archived),
        Marketplace::Ozon | Marketplace::YandexMarket => Err(ItemError::NotAnObject),
    }
}

/// Reads again an item that was kept because it could not be read.
///
/// # Errors
/// [`ItemError`]: it still cannot.
pub(crate) fn read_item(
    (marketplace, channel): (Marketplace, Channel),
    account: AccountId,
    raw: &str,
    processed: bool,
    seen_at: DateTime<Utc>,
) -> Result<Ingest, ItemError> {
    match marketplace {
        Marketplace::Wildberries => {
            wildberries::read_item(channel, account, raw, processed, seen_at)
        }
        Marketplace::Ozon => ozon::read_item(channel, account, raw, seen_at),
        Marketplace::YandexMarket => yandex::read_item(channel, account, raw, seen_at),
    }
}

//! What the workers ask of a marketplace, in the words of all three. How a marketplace does it, and what only it knows, is
//! in its folder.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::claim::ClaimReading;
use domain::interaction::{
    CLOCKS_DIFFER_MAX, Delivery, Ingest, Interaction, InteractionCommand, ReplyVersion,
};
use domain::value::{
    ChatMessage, MessageAuthor, MessageWords, ObservedAnswer, OutgoingFile, Said, Source,
    same_words,
};
use domain::{AccountId, Channel, Marketplace};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;

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

/// An interaction that is looked at, and which reply is looked for under it.
#[derive(Clone)]
pub(crate) struct Wanted {
    /// Where it is from.
    pub(crate) source: Source,
    /// The marketplace's article of the product.
    pub(crate) article: String,
    /// The marketplace's id of the reply, where it gave one.
    pub(crate) reply: Option<String>,
    /// The reply's text; none when it was erased.
    pub(crate) text: Option<String>,
    /// The files that it carries.
    pub(crate) files: Vec<Personal<OutgoingFile>>,
    /// No attempt to send it reached the marketplace before this; none when no attempt is known.
    pub(crate) since: Option<DateTime<Utc>>,
}

/// What looking at interactions brought.
#[derive(Debug, Default)]
pub(crate) struct LookUp {
    /// By the marketplace's id; one that is missing was not looked at.
    found: HashMap<String, Found>,
}

/// How an interaction stands at the marketplace.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found {
    /// The marketplace does not give it: deleted or hidden there, or never known. No proof that nothing was answered.
    NotGiven,
    /// It is there, with this answer under it, or with none.
    Given(Option<ObservedAnswer>),
    /// It is a chat that these messages stand in, oldest first: all that were sent since the reply may have been.
    Chat(Vec<ChatMessage>),
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

impl Wanted {
    /// Asks what stands under an item, whoever's it is.
    pub(crate) fn whatever_is_under(reading: &Ingest) -> Self {
        Self {
            source: reading.source.clone(),
            article: reading.content.product.article.clone(),
            reply: None,
            text: None,
            files: vec![],
            since: None,
        }
    }

    /// Names the version of a reply under an interaction; none before it was ingested.
    pub(crate) fn of(interaction: &Interaction, version: &ReplyVersion) -> Option<Self> {
        Some(Self {
            source: interaction.source()?.clone(),
            article: interaction.content()?.product.article.clone(),
            reply: version.external_id.clone(),
            text: version.text.known().cloned(),
            files: version.files.clone(),
            since: version.tried_at.map(|at| at - CLOCKS_DIFFER_MAX),
        })
    }

    /// Sorts what is looked for by the items that it is looked for under.
    pub(crate) fn by_item(wanted: &[Self]) -> BTreeMap<&str, Vec<&Self>> {
        let mut by_item: BTreeMap<&str, Vec<&Self>> = BTreeMap::new();
        for one in wanted {
            by_item.entry(&one.source.external_id).or_default().push(one);
        }
        by_item
    }

    /// Tells whether a message of a chat may be the reply that is looked for.
    fn may_be(&self, words: &MessageWords) -> bool {
        self.text.as_ref().is_some_and(|text| words.say(text, &self.files) != Said::Nothing)
    }

    /// Tells whether the seller said it in a chat since it may have been sent: the same words of an earlier day are another
    /// reply.
    pub(crate) fn is_among(&self, messages: &[ChatMessage]) -> bool {
        messages.iter().any(|message| {
            message.author == MessageAuthor::Seller
                && self.since.is_none_or(|since| message.sent_at >= since)
                && message.words.known().is_some_and(|words| self.may_be(words))
        })
    }

    /// Tells whether `answer` is the reply that is looked for: by its id where there is one, otherwise by its text.
    pub(crate) fn is(&self, answer: &ObservedAnswer) -> bool {
        if self.reply.is_some() && answer.external_id.is_some() {
            return self.reply == answer.external_id;
        }
        let texts = self.text.as_ref().zip(answer.text.known());
        texts.is_some_and(|(ours, theirs)| same_words(ours, theirs))
    }
}

impl Found {
    /// Returns what there is to report of it, seen at `seen_at`; none when nothing stands there.
    pub(crate) fn news(&self, seen_at: DateTime<Utc>) -> Option<InteractionCommand> {
        match self {
            Self::Given(answer) => {
                answer.clone().map(|answer| InteractionCommand::Observe { answer, seen_at })
            }
            Self::Chat(messages) => {
                Some(InteractionCommand::ReceiveMessages { messages: messages.clone(), seen_at })
            }
            Self::NotGiven => None,
        }
    }
}

impl LookUp {
    pub(crate) fn insert(&mut self, external_id: String, found: Found) {
        self.found.insert(external_id, found);
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
    }

    /// Returns how an interaction stands; none when it was not looked at.
    pub(crate) fn of(&self, source: &Source) -> Option<&Found> {
        self.found.get(&source.external_id)
    }
}

/// Looks at interactions one after another: one that the marketplace stumbles over keeps nothing from the others, nor
/// does what ends the looking early undo what was seen.
#[derive(Default)]
pub(crate) struct OneByOne {
    seen: LookUp,
    is_any_seen: bool,
    failure: Option<CallError>,
}

impl OneByOne {
    /// Takes what became of one, none where it is not known how it stands. Tells whether to go on.
    ///
    /// # Errors
    /// [`ReadError`] where nothing was seen yet and the others would meet the same.
    pub(crate) fn take(
        &mut self,
        external_id: &str,
        found: Result<Option<Found>, ReadError>,
    ) -> Result<bool, ReadError> {
        match found {
            Ok(found) => {
                self.is_any_seen = true;
                if let Some(found) = found {
                    self.seen.insert(external_id.to_owned(), found);
                }
                Ok(true)
            }
            Err(ReadError::Call(error)) if error.failure.may_be_about_item() => {
                self.failure = Some(error);
                Ok(true)
            }
            Err(_) if self.is_any_seen => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns what was seen.
    ///
    /// # Errors
    /// [`ReadError`] where every single one failed.
    pub(crate) fn end(self) -> Result<LookUp, ReadError> {
        match self.failure {
            Some(error) if !self.is_any_seen => Err(error.into()),
            Some(_) | None => Ok(self.seen),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Evidence, Failure};

    fn failed(failure: Failure) -> Result<Option<Found>, ReadError> {
        Err(CallError::new(failure, None, Evidence::default()).into())
    }

    #[test]
    fn one_that_fails_keeps_nothing_from_the_others_and_one_that_must_wait_ends_the_looking() {
        let mut looked = OneByOne::default();
        assert!(looked.take("1", failed(Failure::ServerError)).unwrap());
        assert!(looked.take("2", Ok(Some(Found::Given(None)))).unwrap());
        assert!(!looked.take("3", Err(ReadError::NotBefore(Duration::ZERO))).unwrap());
        let seen = looked.end().unwrap().found;
        assert_eq!(seen, HashMap::from([("2".to_owned(), Found::Given(None))]));
    }

    #[test]
    fn the_same_words_of_an_earlier_day_are_another_reply() {
        let at = |hour: i64| DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour);
        let source = Source {
            account_id: AccountId(uuid::Uuid::nil()),
            marketplace: Marketplace::Ozon,
            channel: Channel::Chat,
            external_id: "1".into(),
            occurred_at: at(0),
        };
        let (text, since) = (Some("Здравствуйте!".to_owned()), Some(at(30)));
        let wanted =
            Wanted { source, article: "a".into(), reply: None, text, files: vec![], since };
        let said = |author, hour: i64| ChatMessage {
            external_id: hour.to_string(),
            author,
            sent_at: at(hour),
            words: MessageWords {
                text: "Здравствуйте!".into(), ..MessageWords::default()
            }
            .into(),
        };
        assert!(
            !wanted.is_among(&[said(MessageAuthor::Seller, 5), said(MessageAuthor::Buyer, 31)])
        );
        assert!(
            wanted.is_among(&[said(MessageAuthor::Seller, 5), said(MessageAuthor::Seller, 31)])
        );
        let any_time = Wanted { since: None, ..wanted };
        assert!(any_time.is_among(&[said(MessageAuthor::Seller, 5)]));
    }

    #[test]
    fn where_nothing_was_seen_it_is_said_why() {
        let mut looked = OneByOne::default();
        assert!(looked.take("1", failed(Failure::Unauthorized)).is_err());
        assert!(looked.take("1", failed(Failure::ServerError)).unwrap());
        assert!(looked.end().is_err());
    }
}

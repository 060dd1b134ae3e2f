//! What is looked for at a marketplace, and what looking brought.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use domain::Personal;
use domain::interaction::{
    CLOCKS_DIFFER_MAX, Ingest, Interaction, InteractionCommand, ReplyVersion,
};
use domain::value::{
    ChatMessage, MessageAuthor, MessageWords, ObservedAnswer, OutgoingFile, Said, Source,
    same_words,
};

use super::ReadError;
use crate::http::CallError;

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
        let found = self.found.get(&source.external_id);
        if cfg!(feature = "sabotage-hasty-looks") {
            return found.or(Some(&Found::Given(None)));
        }
        found
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use domain::{AccountId, Channel, Marketplace};

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

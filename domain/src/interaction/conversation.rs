//! What whoever answers reads: what was said, turn by turn, as an interaction's events tell it. The state that rules
//! are held against keeps none of it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::draft::DraftOrigin;
use super::event::{DraftSource, InteractionEvent};
use crate::policy::decision::Standing;
use crate::value::{
    Channel, ChatMessage, Content, DraftId, InteractionId, MessageAuthor, Personal, Product,
};

/// What was said in an interaction, and the draft that was made of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Conversation {
    /// What was said, oldest first.
    pub turns: Vec<Turn>,
    /// Stars; reviews only.
    pub rating: Option<u8>,
    /// What it is about.
    pub product: Product,
    /// The draft on offer, with what it was made of.
    pub draft: Option<Offered>,
    /// What decides whether a draft could go out by itself.
    pub standing: Standing,
    is_chat: bool,
    /// What the review or question says, without the headings of its turn, which are not the buyer's.
    left: String,
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// By whom.
    pub author: MessageAuthor,
    /// When; none of a review or question, which is one turn.
    pub sent_at: Option<DateTime<Utc>>,
    /// In which words; empty where there were only files.
    pub text: String,
    /// Names of the files that came with it.
    pub files: Vec<String>,
}

/// A draft on offer.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    /// Its id.
    pub id: DraftId,
    /// Its text; erased when the buyer's data was.
    pub text: Personal<String>,
    /// Who or what wrote it.
    pub source: DraftSource,
    /// How it came about; none where that was not kept.
    pub origin: Option<DraftOrigin>,
    /// What had been said then.
    turns: Vec<Turn>,
    rating: Option<u8>,
}

impl Conversation {
    /// Takes in the next event.
    #[must_use]
    pub fn after(mut self, event: &InteractionEvent) -> Self {
        self.standing = self.standing.after(event);
        match event {
            InteractionEvent::Ingested { source, content } => {
                self.is_chat = source.channel == Channel::Chat;
                self.reads(content);
            }
            InteractionEvent::ContentRevised { content } => self.reads(content),
            InteractionEvent::MessageReceived { message, .. } => self.hears(message),
            InteractionEvent::DraftProposed { draft_id, text, source, origin } => {
                self.draft = Some(Offered {
                    id: *draft_id,
                    text: text.clone(),
                    source: *source,
                    origin: origin.as_deref().cloned(),
                    turns: self.turns.clone(),
                    rating: self.rating,
                });
            }
            InteractionEvent::DraftDismissed { draft_id, .. } => {
                self.draft = self.draft.take().filter(|draft| draft.id != *draft_id);
            }
            InteractionEvent::BuyerErased { .. } => {
                self.turns.clear();
                self.left.clear();
                self.draft = None;
            }
            InteractionEvent::Linked { .. }
            | InteractionEvent::Closed { .. }
            | InteractionEvent::DeadlineSet { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::SlaBreached { .. }
            | InteractionEvent::Viewed
            | InteractionEvent::DraftRequested { .. }
            | InteractionEvent::ReplyRequested { .. }
            | InteractionEvent::ReplyEditRequested { .. }
            | InteractionEvent::RejectionRequested { .. }
            | InteractionEvent::ReplyReleased { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplyMarkedSent { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::ReplySent { .. }
            | InteractionEvent::ReplyEdited { .. }
            | InteractionEvent::RejectionSent { .. }
            | InteractionEvent::ReplyOutcomeUnknown { .. }
            | InteractionEvent::ReplyConfirmedAbsent { .. }
            | InteractionEvent::ReplySendFailed { .. }
            | InteractionEvent::ReplyEditFailed { .. }
            | InteractionEvent::ReplyPublished { .. }
            | InteractionEvent::RejectionConfirmed { .. }
            | InteractionEvent::ReplyModerationFailed { .. }
            | InteractionEvent::ReplyObserved { .. }
            | InteractionEvent::Reopened => (),
        }
        self
    }

    /// Returns the draft on offer, if nothing was said since that its writer had not read: a picture that was added is
    /// no reason to pay for the same draft again.
    #[must_use]
    pub fn draft_of_the_same(&self) -> Option<&Offered> {
        let draft = self.draft.as_ref()?;
        (draft.turns == self.turns && draft.rating == self.rating).then_some(draft)
    }

    /// Tells whether so much was said when `other` was read, and nothing else.
    #[must_use]
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        self.turns == other.turns && self.rating == other.rating
    }

    /// Names what was said in `interaction`, without telling it: the same words and stars have the same name, whatever
    /// else of the interaction has changed.
    #[must_use]
    pub fn name_of_words(&self, interaction: InteractionId) -> Uuid {
        let mut said = self.rating.map_or_else(String::new, |stars| stars.to_string());
        for Turn { author, sent_at, text, files } in &self.turns {
            let at = sent_at.map_or(0, |at| at.timestamp_micros());
            // What stands beside each other is kept apart by its length, so that no two conversations read alike.
            said.push_str(&format!("|{}|{at}|{}|{text}", <&str>::from(author), text.len()));
            files.iter().for_each(|name| said.push_str(&format!("|{}|{name}", name.len())));
        }
        Uuid::new_v5(&interaction.0, said.as_bytes())
    }

    /// Returns the words of the buyer who waits since then, oldest first and without any heading: of a review or question
    /// all that it says, of a chat the messages from that time on.
    #[must_use]
    pub fn words_since(&self, since: DateTime<Utc>) -> Vec<&str> {
        if !self.is_chat {
            return vec![&self.left];
        }
        let waits = |turn: &&Turn| {
            turn.author == MessageAuthor::Buyer && turn.sent_at.is_some_and(|at| since <= at)
        };
        self.turns.iter().filter(waits).map(|turn| turn.text.as_str()).collect()
    }

    /// Tells whether the buyer has left any words.
    #[must_use]
    pub fn has_words(&self) -> bool {
        let is_buyers = |turn: &&Turn| turn.author == MessageAuthor::Buyer;
        self.turns.iter().filter(is_buyers).any(|turn| !turn.text.trim().is_empty())
    }

    fn reads(&mut self, content: &Content) {
        self.rating = content.rating;
        self.product = content.product.clone();
        // What is said in a chat comes message by message.
        let Some(words) = content.words.known().filter(|_| !self.is_chat) else { return };
        self.left = words.in_one();
        let parts =
            [("", &words.text), ("Достоинства: ", &words.pros), ("Недостатки: ", &words.cons)];
        let said = parts.into_iter().filter(|(_, text)| !text.trim().is_empty());
        let text =
            said.map(|(heading, text)| format!("{heading}{text}")).collect::<Vec<_>>().join("\n");
        self.turns = Vec::from_iter((!text.is_empty()).then_some(Turn {
            author: MessageAuthor::Buyer,
            sent_at: None,
            text,
            files: Vec::new(),
        }));
    }

    /// A page may bring an older message later: it goes where it belongs, or it would pass for what is to be answered.
    fn hears(&mut self, message: &ChatMessage) {
        let Some(words) = message.words.known() else { return };
        if message.author == MessageAuthor::Marketplace {
            return;
        }
        let files = words.files.iter().map(|file| file.name.clone()).collect();
        let sent_at = Some(message.sent_at);
        let turn = Turn { author: message.author, sent_at, text: words.text.clone(), files };
        let before = self.turns.iter().rposition(|other| other.sent_at <= sent_at);
        self.turns.insert(before.map_or(0, |last| last + 1), turn);
    }
}

//! The row that an interaction has in the inbox, and how its events change it.

mod answered;
mod judged;
mod shown;

use chrono::{DateTime, Utc};
use domain::interaction::{Answering, DraftOrigin, DraftSource, InteractionEvent};
use domain::policy::assessment;
use domain::value::{
    Analysis, ChatMessage, Confidence, Content, Intent, MessageAuthor, MessageWords, Priority,
    Sentiment, Source,
};
use domain::{AccountId, Channel, InteractionId, Recorded, ReplyId, TenantId};
use serde::Serialize;
use uuid::Uuid;

pub(super) use self::judged::never;
use self::shown::{preview, preview_of_message};
use crate::fold::time;

/// A row of `inbox`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) account_id: Uuid,
    pub(super) marketplace: String,
    pub(super) channel: String,
    pub(super) external_id: String,
    pub(super) rating: Option<i16>,
    pub(super) buyer_name: Option<String>,
    pub(super) product_name: String,
    pub(super) product_article: String,
    pub(super) product_brand: Option<String>,
    pub(super) preview: String,
    pub(super) closed: bool,
    pub(super) has_draft: bool,
    /// The first version of ours, whose refusal leaves the buyer without an answer; an edit's refusal does not.
    pub(super) answer_id: Option<Uuid>,
    /// The newest version of ours, and how far it has come.
    pub(super) reply_id: Option<Uuid>,
    pub(super) reply_state: Option<String>,
    /// Until when a version that is held can be taken back; none where none is.
    #[serde(with = "time::option")]
    pub(super) held_until: Option<DateTime<Utc>>,
    /// The marketplace took an answer of ours, though it may not be visible yet.
    pub(super) answer_stands: bool,
    /// An answer stands at the marketplace that did not come from here.
    pub(super) observed_stands: bool,
    /// When the buyer's last message of a chat was sent.
    #[serde(with = "time::option")]
    pub(super) buyer_wrote_at: Option<DateTime<Utc>>,
    /// A message of the buyer came in after the newest reply was asked for, which therefore does not answer it.
    pub(super) buyer_wrote_since: bool,
    /// When the seller's last message of a chat that is not from here was sent.
    #[serde(with = "time::option")]
    pub(super) seller_wrote_at: Option<DateTime<Utc>>,
    /// The review that this one adds to, as far as its marketplace named it.
    pub(super) parent_id: Option<Uuid>,
    /// The review that was added to this one.
    pub(super) supplement_id: Option<Uuid>,
    pub(super) status: String,
    pub(super) needs_response: bool,
    #[serde(with = "time")]
    pub(super) occurred_at: DateTime<Utc>,
    #[serde(with = "time")]
    pub(super) updated_at: DateTime<Utc>,
    pub(super) version: i32,
    /// Counts what whoever answers should have seen; none of a row from before it was counted, until it is rebuilt or a
    /// wish for a draft tells.
    pub(super) basis: Option<i32>,
    pub(super) intent: String,
    pub(super) sentiment: String,
    /// 0 for the most urgent.
    pub(super) priority: i16,
    /// The basis that the last draft was made of.
    pub(super) draft_basis: Option<i32>,
    /// How often a draft was asked for, and how many of these wishes were met.
    pub(super) drafts_asked: i32,
    pub(super) drafts_answered: i32,
    /// In which order a draft is to be made; none where none is.
    pub(super) draft_rank: Option<i16>,
    /// Whether the draft on offer was made before anybody asked.
    pub(super) draft_ahead: bool,
    /// Since when the buyer waits, or last waited.
    #[serde(with = "time::option")]
    pub(super) waits_since: Option<DateTime<Utc>>,
    /// Since when they wait once the newest reply is taken.
    #[serde(with = "time::option")]
    pub(super) waits_next: Option<DateTime<Utc>>,
    /// Counts what a deadline follows from.
    pub(super) said: i32,
    /// What was promised for this wait: all of these, or none.
    pub(super) deadline_said: Option<i32>,
    pub(super) deadline_priority: Option<i16>,
    pub(super) sla_policy: Option<i32>,
    pub(super) sla_rule: Option<i32>,
    #[serde(with = "time::option")]
    pub(super) warn_at: Option<DateTime<Utc>>,
    #[serde(with = "time::option")]
    pub(super) answer_by: Option<DateTime<Utc>>,
    pub(super) escalated: bool,
    pub(super) breached: bool,
    /// By when to answer, while that is promised to a buyer who waits; a day that never comes otherwise.
    #[serde(with = "time")]
    pub(super) due_by: DateTime<Utc>,
    /// When what was promised is next to be held against the time.
    #[serde(with = "time::option")]
    pub(super) timer_at: Option<DateTime<Utc>>,
    /// The policy by which a buyer who waits was promised an answer; [`judged::NO_DEADLINE`] where they were not, for
    /// all they said; none where nobody waits.
    pub(super) deadline_of: Option<i32>,
}

/// Tells what an interaction's row is after `recorded`.
pub(super) fn fold(row: Option<Row>, recorded: &Recorded) -> Option<Row> {
    if row.as_ref().is_some_and(|row| row.version >= recorded.version) {
        return row;
    }
    let mut events = recorded.of_interaction().peekable();
    if events.peek().is_none() {
        return row;
    }
    let mut next = events.fold(row, |row, event| {
        if let InteractionEvent::Ingested { source, content } = event {
            Some(Row::new(recorded, source, content).answered_as(Answering::default(), event))
        } else {
            row.map(|row| row.next(event))
        }
    })?;
    next.judge();
    next.updated_at = time::kept(recorded.recorded_at);
    next.version = recorded.version;
    Some(next)
}

impl Row {
    fn new(recorded: &Recorded, source: &Source, content: &Content) -> Self {
        let row = Self {
            tenant_id: recorded.tenant.0,
            interaction_id: recorded.stream.0,
            account_id: source.account_id.0,
            marketplace: source.marketplace.as_str().to_owned(),
            channel: source.channel.as_str().to_owned(),
            external_id: source.external_id.clone(),
            rating: None,
            buyer_name: None,
            product_name: String::new(),
            product_article: String::new(),
            product_brand: None,
            preview: String::new(),
            closed: false,
            has_draft: false,
            answer_id: None,
            reply_id: None,
            reply_state: None,
            held_until: None,
            answer_stands: false,
            observed_stands: false,
            buyer_wrote_at: None,
            buyer_wrote_since: false,
            seller_wrote_at: None,
            parent_id: None,
            supplement_id: None,
            status: String::new(),
            needs_response: false,
            occurred_at: time::kept(source.occurred_at),
            updated_at: recorded.recorded_at,
            version: recorded.version,
            basis: Some(0),
            intent: String::new(),
            sentiment: String::new(),
            priority: 0,
            draft_basis: None,
            drafts_asked: 0,
            drafts_answered: 0,
            draft_rank: None,
            draft_ahead: false,
            waits_since: None,
            waits_next: None,
            said: 0,
            deadline_said: None,
            deadline_priority: None,
            sla_policy: None,
            sla_rule: None,
            warn_at: None,
            answer_by: None,
            escalated: false,
            breached: false,
            due_by: never(),
            timer_at: None,
            deadline_of: None,
        };
        row.read_as(&assessment::of_content(source.channel, content)).showing(content)
    }

    fn next(self, event: &InteractionEvent) -> Self {
        let before = self.answering();
        self.after(event).answered_as(before, event)
    }

    /// Takes in what an event says but how far answering has come.
    fn after(self, event: &InteractionEvent) -> Self {
        match event {
            // Answered by `fold`: it needs no row to change.
            InteractionEvent::Ingested { content, .. } => self.showing(content),
            InteractionEvent::ContentRevised { content } => {
                self.reading_anew(content).showing(content).heard()
            }
            InteractionEvent::Linked { links } => Self {
                parent_id: self.named(links.parent.as_deref()),
                supplement_id: self.named(links.supplement.as_deref()),
                ..self
            },
            InteractionEvent::DraftRequested { basis, asked } => {
                Self { basis: Some(count(*basis)), drafts_asked: count(*asked), ..self }
            }
            InteractionEvent::DraftProposed { source, origin, .. } => {
                self.offering(*source, origin.as_deref())
            }
            InteractionEvent::DraftDismissed { .. } => Self { has_draft: false, ..self },
            InteractionEvent::ReplyRequested { .. } => {
                // In a chat the draft was for what is said by now.
                Self { has_draft: self.has_draft && !self.is_chat(), ..self.heard() }
            }
            InteractionEvent::ReplyEditRequested { .. }
            | InteractionEvent::RejectionRequested { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            | InteractionEvent::ReplyObserved { .. } => self.heard(),
            InteractionEvent::MessageReceived { message, reply_id, .. } => {
                self.with_message(message, *reply_id)
            }
            InteractionEvent::BuyerErased { .. } => {
                let row = Self {
                    buyer_name: None,
                    preview: String::new(),
                    // None can be made any more.
                    drafts_answered: self.drafts_asked,
                    draft_basis: self.basis,
                    ..self
                };
                // As whoever reads the log from now on finds it.
                let stars = row.rating.and_then(|stars| u8::try_from(stars).ok());
                let analysis = assessment::of_words(row.known_channel(), stars, "");
                row.read_as(&analysis)
            }
            InteractionEvent::Closed { .. }
            | InteractionEvent::Reopened
            | InteractionEvent::Viewed
            | InteractionEvent::ReplyReleased { .. }
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplySent { .. }
            | InteractionEvent::ReplyEdited { .. }
            | InteractionEvent::RejectionSent { .. }
            | InteractionEvent::ReplyMarkedSent { .. }
            | InteractionEvent::ReplyOutcomeUnknown { .. }
            | InteractionEvent::ReplyConfirmedAbsent { .. }
            | InteractionEvent::ReplySendFailed { .. }
            | InteractionEvent::ReplyEditFailed { .. }
            | InteractionEvent::ReplyPublished { .. }
            | InteractionEvent::RejectionConfirmed { .. }
            | InteractionEvent::ReplyModerationFailed { .. }
            | InteractionEvent::DeadlineSet { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::SlaBreached { .. } => self,
        }
    }

    fn showing(self, content: &Content) -> Self {
        Self {
            rating: content.rating.map(i16::from),
            buyer_name: content.words.known().and_then(|words| words.buyer_name.clone()),
            product_name: content.product.name.clone(),
            product_article: content.product.article.clone(),
            product_brand: content.product.brand.clone(),
            // A chat shows what was written last.
            preview: if self.is_chat() { self.preview } else { preview(content) },
            ..self
        }
    }

    /// Tells which interaction the marketplace means by an id that it gives in this one.
    fn named(&self, external_id: Option<&str>) -> Option<Uuid> {
        let channel = self.channel.parse::<Channel>().ok()?;
        let (tenant, account) = (TenantId(self.tenant_id), AccountId(self.account_id));
        Some(InteractionId::of_external(tenant, account, channel, external_id?).0)
    }

    fn is_chat(&self) -> bool {
        self.channel == Channel::Chat.as_str()
    }

    fn known_channel(&self) -> Channel {
        self.channel.parse().unwrap_or(Channel::Review)
    }

    /// Something came in, or was asked for, that whoever answers should know of.
    fn heard(self) -> Self {
        Self { basis: self.basis.map(|basis| basis.saturating_add(1)), ..self }
    }

    fn read_as(self, analysis: &Analysis) -> Self {
        Self {
            intent: analysis.intent.as_str().to_owned(),
            sentiment: analysis.sentiment.as_str().to_owned(),
            priority: i16::from(analysis.priority.rank()),
            ..self
        }
    }

    /// What a chat is about is said in its messages.
    fn reading_anew(self, content: &Content) -> Self {
        if self.is_chat() {
            return self;
        }
        let analysis = assessment::of_content(self.known_channel(), content);
        self.read_as(&analysis)
    }

    /// Reads a message of the buyer, together with those that it waits for an answer with.
    fn reading(self, words: &MessageWords) -> Self {
        let analysis = assessment::of_message(words);
        if self.buyer_wrote_at.is_none() || self.answer_stands || self.observed_stands {
            return self.read_as(&analysis);
        }
        let known = Analysis {
            intent: self.intent.parse().unwrap_or(Intent::General),
            sentiment: self.sentiment.parse().unwrap_or(Sentiment::Neutral),
            priority: Priority::of_rank(u8::try_from(self.priority).unwrap_or(u8::MAX)),
            confidence: Confidence::FULL,
        };
        self.read_as(&assessment::followed_by(known, analysis))
    }

    /// Takes in a draft, and what its writer read, if nobody has said anything since.
    fn offering(self, source: DraftSource, origin: Option<&DraftOrigin>) -> Self {
        let basis = origin.map_or(self.basis, |origin| Some(count(origin.basis)));
        let answered = origin.map_or(self.drafts_asked, |origin| count(origin.asked));
        let is_carried = origin.is_some_and(|origin| origin.carried_from.is_some());
        let is_asked = source == DraftSource::Operator || answered > self.drafts_answered;
        let row = Self {
            has_draft: true,
            draft_basis: basis,
            drafts_answered: self.drafts_answered.max(answered),
            // One that goes on with another was there as that one was.
            draft_ahead: if is_carried { self.draft_ahead } else { !is_asked },
            ..self
        };
        match origin.and_then(|origin| origin.analysis.as_ref()) {
            Some(analysis) if basis.is_some() && basis == row.basis => row.read_as(analysis),
            Some(_) | None => row,
        }
    }

    /// Takes in a message of a chat. A page may bring an older one later, which then says nothing new.
    fn with_message(self, message: &ChatMessage, reply_id: Option<ReplyId>) -> Self {
        let is_news = message.author != MessageAuthor::Marketplace && reply_id.is_none();
        let row = if is_news { self.heard() } else { self };
        let sent_at = time::kept(message.sent_at);
        let is_followed_by_buyer = row.buyer_wrote_at.is_some_and(|wrote| wrote > sent_at);
        if message.author != MessageAuthor::Buyer || is_followed_by_buyer {
            return row;
        }
        let words = message.words.known().cloned().unwrap_or_default();
        let row = row.reading(&words);
        Self { preview: preview_of_message(&words), occurred_at: sent_at, ..row }
    }
}

fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

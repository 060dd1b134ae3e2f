//! A policy about deadlines held against history, beside the one in force: what would have been in time under each (N5).
//!
//! Who waits, and since when, is what the interaction itself says: a wait ends with the event after which its buyer waits
//! no more, or waits since later, and goes on when they wait since the same time again. What was answered or closed by the
//! time it was first read here is left out: nobody knows when.

mod report;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

pub use self::report::{CHANGES_MAX, Change, Class, Counts, Report, Sides, Verdict};
use super::{Wait, deadline};
use crate::interaction::{Answering, InteractionEvent};
use crate::policy::assessment;
use crate::sla::Sla;
use crate::value::{
    AccountId, Analysis, BuyerWords, Channel, ChatMessage, Content, InteractionId, MessageAuthor,
    Source,
};

/// What is asked of history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The policy in force.
    pub before: Sla,
    /// The one that is tried.
    pub after: Sla,
    /// Waits that began since this time.
    pub since: DateTime<Utc>,
    /// Waits that began before this time.
    pub until: DateTime<Utc>,
    /// What waits now waits until this time at least.
    pub now: DateTime<Utc>,
}

/// Holds two policies against history.
#[derive(Debug)]
pub struct WhatIf {
    question: Question,
    /// Whether a word decides under either.
    words_matter: bool,
    courses: HashMap<InteractionId, Course>,
    /// Those of which an event cannot be read.
    left_out: HashSet<InteractionId>,
    report: Report,
}

/// An interaction so far.
#[derive(Debug)]
struct Course {
    id: InteractionId,
    account_id: AccountId,
    channel: Channel,
    /// When it was read first, by the log's clock.
    read_at: DateTime<Utc>,
    answering: Answering,
    /// What the buyer has said since they wait, or last waited, oldest first.
    said: Vec<Said>,
    /// How their last wait ended, as long as they wait no more; none where that is not asked about.
    ended: Option<Outcome>,
}

#[derive(Debug)]
struct Said {
    at: DateTime<Utc>,
    rating: Option<u8>,
    analysis: Analysis,
    /// Empty where no word decides.
    text: String,
}

/// What becomes of a wait in the report.
#[derive(Debug)]
enum Outcome {
    /// It is counted, as it stood then.
    Judged(Box<Change>),
    /// It began then, and nobody knows when it ended.
    Unknown(DateTime<Utc>),
}

impl Outcome {
    fn since(&self) -> DateTime<Utc> {
        match self {
            Self::Judged(wait) => wait.since,
            Self::Unknown(since) => *since,
        }
    }
}

impl Question {
    fn is_about(&self, since: DateTime<Utc>) -> bool {
        (self.since..self.until).contains(&since)
    }
}

impl WhatIf {
    /// Begins with nothing known.
    #[must_use]
    pub fn new(question: Question) -> Self {
        let has_rules = |sla: &Sla| !sla.rules.as_slice().is_empty();
        let words_matter = has_rules(&question.before) || has_rules(&question.after);
        Self {
            question,
            words_matter,
            courses: HashMap::new(),
            left_out: HashSet::new(),
            report: Report::default(),
        }
    }

    /// Takes in the next event of an interaction, which was recorded at `at`. Events of before the period tell what
    /// waits, and events of after it how that ended.
    pub fn take(&mut self, id: InteractionId, at: DateTime<Utc>, event: &InteractionEvent) {
        if let InteractionEvent::Ingested { source, .. } = event
            && !self.left_out.contains(&id)
        {
            self.courses.insert(id, Course::new(id, source, at));
        }
        // An interaction begins with having been read.
        let Some(course) = self.courses.get_mut(&id) else { return };
        let over = course.take(&self.question, at, event);
        course.hear(event, self.words_matter);
        self.count(over);
    }

    /// Leaves an interaction out from here on: an event of it cannot be read.
    pub fn leave_out(&mut self, id: InteractionId) {
        self.courses.remove(&id);
        if self.left_out.insert(id) {
            self.report.unreadable += 1;
        }
    }

    /// Returns what the policies say.
    #[must_use]
    pub fn report(mut self) -> Report {
        for (_, mut course) in std::mem::take(&mut self.courses) {
            let last = match course.waits_since() {
                Some(since) => course.judged(&self.question, since, None),
                None => course.ended.take(),
            };
            self.count(last);
        }
        self.report.tidied()
    }

    fn count(&mut self, outcome: Option<Outcome>) {
        match outcome {
            Some(Outcome::Judged(wait)) => {
                self.report.count(self.question.before.hours.zone, *wait)
            }
            Some(Outcome::Unknown(_)) => self.report.unknown += 1,
            None => (),
        }
    }
}

impl Course {
    fn new(id: InteractionId, source: &Source, read_at: DateTime<Utc>) -> Self {
        Self {
            id,
            account_id: source.account_id,
            channel: source.channel,
            read_at,
            answering: Answering::default(),
            said: Vec::new(),
            ended: None,
        }
    }

    /// Returns since when the buyer waits; none where they do not.
    fn waits_since(&self) -> Option<DateTime<Utc>> {
        self.answering.waits_since.filter(|_| self.answering.awaits_answer())
    }

    /// Takes in how far an event brings answering, and returns what can come undone no more. What the event says is not
    /// heard yet: it is no part of a wait that it ends.
    fn take(
        &mut self,
        question: &Question,
        recorded_at: DateTime<Utc>,
        event: &InteractionEvent,
    ) -> Option<Outcome> {
        let was = self.answering.waits_since;
        let waited = self.waits_since();
        self.answering = std::mem::take(&mut self.answering).after(event);
        let is = self.answering.waits_since;
        // A message that was read late begins the same wait earlier.
        let is_another = was.is_some_and(|was| is.is_none_or(|is| was < is));
        let waits = self.waits_since().is_some();
        if let Some(since) = waited.filter(|_| is_another || !waits) {
            self.ended = if question.is_about(since) && self.was_over(recorded_at, event) {
                Some(Outcome::Unknown(since))
            } else {
                self.judged(question, since, Some(happened_at(recorded_at, event)))
            };
        }
        // One that was closed may have been moved back meanwhile, and goes on since the same time.
        self.ended.take_if(|ended| is_another && is.is_none_or(|is| ended.since() < is))
    }

    /// Takes in what the buyer says by an event.
    fn hear(&mut self, event: &InteractionEvent, words_matter: bool) {
        match self.answering.waits_since {
            Some(since) => self.said.retain(|said| since <= said.at),
            None => self.said.clear(),
        }
        if let InteractionEvent::Ingested { content, .. }
        | InteractionEvent::ContentRevised { content } = event
            // What is said in a chat comes message by message.
            && self.channel != Channel::Chat
            && let Some(at) = self.answering.waits_since
        {
            self.said = vec![Said::left(self.channel, content, at, words_matter)];
        }
        if let InteractionEvent::MessageReceived { message, .. } = event
            && message.author == MessageAuthor::Buyer
            && self.answering.waits_since.is_some_and(|since| since <= message.sent_at)
            && let Some(said) = Said::written(message, words_matter)
        {
            let place = self.said.partition_point(|other| other.at <= said.at);
            self.said.insert(place, said);
        }
    }

    /// Tells whether a wait that an event ends had ended before anybody here could know.
    fn was_over(&self, recorded_at: DateTime<Utc>, event: &InteractionEvent) -> bool {
        let is_first_reading = recorded_at == self.read_at;
        // Of a message it is known when it was sent.
        let tells_no_time = matches!(
            event,
            InteractionEvent::Closed { .. } | InteractionEvent::ReplyObserved { .. }
        );
        is_first_reading && tells_no_time
    }

    /// Holds a wait against both policies, with what was said by its end; none where that is not asked about.
    fn judged(
        &self,
        question: &Question,
        since: DateTime<Utc>,
        ended_at: Option<DateTime<Utc>>,
    ) -> Option<Outcome> {
        if !question.is_about(since) {
            return None;
        }
        let count = self.said.partition_point(|said| ended_at.is_none_or(|end| said.at <= end));
        // Clocks differ: it did not end before it began.
        let said = &self.said[..count.max(1).min(self.said.len())];
        let rating = said.last().and_then(|said| said.rating);
        let read = said.iter().map(|said| said.analysis.clone()).reduce(assessment::followed_by);
        // What was erased has no words.
        let analysis = read.unwrap_or_else(|| assessment::of_words(self.channel, rating, ""));
        let text = said.iter().map(|said| said.text.as_str()).collect::<Vec<_>>().join("\n");
        let wait = Wait { channel: self.channel, rating, analysis: &analysis, since, text: &text };
        let verdict = |sla| Verdict::of(&deadline(sla, 0, &wait), ended_at, question.now);
        Some(Outcome::Judged(Box::new(Change {
            interaction_id: self.id,
            account_id: self.account_id,
            channel: self.channel,
            since,
            ended_at,
            before: verdict(&question.before),
            after: verdict(&question.after),
        })))
    }
}

impl Said {
    fn left(channel: Channel, content: &Content, at: DateTime<Utc>, words_matter: bool) -> Self {
        let words = content.words.known().filter(|_| words_matter);
        let text = words.map_or_else(String::new, BuyerWords::in_one);
        let analysis = assessment::of_content(channel, content);
        Self { at, rating: content.rating, analysis, text }
    }

    /// Returns what a message says; none where that was erased.
    fn written(message: &ChatMessage, words_matter: bool) -> Option<Self> {
        let words = message.words.known()?;
        let analysis = assessment::of_message(words);
        let text = if words_matter { words.text.clone() } else { String::new() };
        Some(Self { at: message.sent_at, rating: None, analysis, text })
    }
}

/// Returns when what an event tells came about, by the event's own time where it has one.
fn happened_at(recorded_at: DateTime<Utc>, event: &InteractionEvent) -> DateTime<Utc> {
    use InteractionEvent as Event;

    match event {
        Event::ReplySent { accepted_at: at, .. }
        | Event::ReplyEdited { accepted_at: at, .. }
        | Event::RejectionSent { accepted_at: at, .. }
        | Event::ReplyMarkedSent { at, .. }
        | Event::ReplyOutcomeUnknown { at, .. }
        | Event::ReplyPublished { seen_at: at, .. }
        | Event::RejectionConfirmed { seen_at: at, .. }
        | Event::ReplyObserved { seen_at: at, .. } => *at,
        Event::MessageReceived { message, seen_at, .. } => match message.author {
            MessageAuthor::Seller => message.sent_at,
            MessageAuthor::Buyer | MessageAuthor::Marketplace => *seen_at,
        },
        Event::Ingested { .. }
        | Event::ContentRevised { .. }
        | Event::Linked { .. }
        | Event::Closed { .. }
        | Event::Reopened
        | Event::Viewed
        | Event::DraftRequested { .. }
        | Event::DraftProposed { .. }
        | Event::DraftDismissed { .. }
        | Event::ReplyRequested { .. }
        | Event::ReplyEditRequested { .. }
        | Event::RejectionRequested { .. }
        | Event::ReplyRefused { .. }
        | Event::ReplyReleased { .. }
        | Event::ReplyCancelled { .. }
        | Event::ReplyConfirmedAbsent { .. }
        | Event::ReplySendFailed { .. }
        | Event::ReplyEditFailed { .. }
        | Event::ReplyRetryRequested { .. }
        | Event::ReplyModerationFailed { .. }
        | Event::DeadlineSet { .. }
        | Event::SlaEscalated { .. }
        | Event::SlaBreached { .. }
        | Event::BuyerErased { .. } => recorded_at,
    }
}

//! A policy about deadlines held against history, beside the one in force: what would have been in time under each (N5).
//!
//! A wait begins with the buyer's words that nobody has answered, and ends when an answer stands or the marketplace
//! closes it. An answer that is refused later was none. What was answered or closed by the time it was first read here is
//! left out: nobody knows when.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use strum::IntoStaticStr;

use super::{Wait, deadline};
use crate::interaction::{Deadline, InteractionEvent};
use crate::policy::assessment;
use crate::sla::Sla;
use crate::value::{
    AccountId, Analysis, Channel, ChatMessage, Content, InteractionId, MessageAuthor,
    ObservedState, Priority, ReplyId, Source,
};

/// Most changes that are told.
pub const CHANGES_MAX: usize = 10_000;

/// How a wait stands by a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// It ended in time.
    Met,
    /// It ended later, or goes on.
    Breached,
    /// It goes on, and there is time left.
    Open,
}

/// How many waits stand how.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Ended in time.
    pub met: u32,
    /// Ended later, or go on.
    pub breached: u32,
    /// Go on, with time left.
    pub open: u32,
}

/// The same waits under both policies.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// Under the policy in force.
    pub before: Counts,
    /// Under the one that is tried.
    pub after: Counts,
}

/// What a policy says of a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// How urgent.
    pub priority: Priority,
    /// The keyword rule that decided, counted from 1; none where the matrix did.
    pub rule: Option<u16>,
    /// By when.
    pub answer_by: DateTime<Utc>,
    /// How that came out.
    pub class: Class,
}

/// A wait that is in time under one policy and not under the other, or of another priority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub interaction_id: InteractionId,
    /// In which cabinet.
    pub account_id: AccountId,
    /// How the buyer wrote.
    pub channel: Channel,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Until when; none where it goes on.
    pub ended_at: Option<DateTime<Utc>>,
    /// Under the policy in force.
    pub before: Verdict,
    /// Under the one that is tried.
    pub after: Verdict,
}

/// What two policies say of the same history.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Waits that began in the period and are counted.
    pub waits: u32,
    /// Waits of the period that are not: they had ended when they were first read.
    pub unknown: u32,
    /// All of them.
    pub all: Sides,
    /// By priority, which may be another under each policy.
    pub priorities: BTreeMap<Priority, Sides>,
    /// By the day on which they began, in the zone of the policy in force.
    pub days: BTreeMap<NaiveDate, Sides>,
    /// By cabinet.
    pub accounts: BTreeMap<AccountId, Sides>,
    /// What changes, oldest first, up to [`CHANGES_MAX`].
    pub changes: Vec<Change>,
    /// How many more do.
    pub changes_left_out: usize,
}

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
    report: Report,
}

/// An interaction so far.
#[derive(Debug)]
struct Course {
    account_id: AccountId,
    channel: Channel,
    /// When it was read first, by the log's clock.
    read_at: DateTime<Utc>,
    /// Buyer's words that nobody has answered, oldest first.
    waiting: Vec<Said>,
    /// Replies that were asked for, each with how many of these words there were.
    asked: Vec<(ReplyId, usize)>,
    /// What was answered last: a refusal makes it wait again.
    answered: Option<Answered>,
    /// When the seller's last message of a chat was sent.
    seller_wrote_at: Option<DateTime<Utc>>,
}

#[derive(Debug)]
struct Said {
    at: DateTime<Utc>,
    rating: Option<u8>,
    analysis: Analysis,
    text: String,
}

#[derive(Debug)]
struct Answered {
    said: Vec<Said>,
    at: DateTime<Utc>,
    by: By,
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// A reply of ours.
    Reply(ReplyId),
    /// The seller, at the marketplace.
    Seller,
    /// Nobody has to answer any more.
    Closing,
    /// Something that had been there before it was read.
    Unknown,
}

impl WhatIf {
    /// Begins with nothing known.
    #[must_use]
    pub fn new(question: Question) -> Self {
        let has_rules = |sla: &Sla| !sla.rules.as_slice().is_empty();
        let words_matter = has_rules(&question.before) || has_rules(&question.after);
        Self { question, words_matter, courses: HashMap::new(), report: Report::default() }
    }

    /// Takes in the next event of an interaction, which was recorded at `at`. Events of before the period tell what
    /// waits, and events of after it how that ended.
    pub fn take(&mut self, id: InteractionId, at: DateTime<Utc>, event: &InteractionEvent) {
        if let InteractionEvent::Ingested { source, content } = event {
            self.courses.insert(id, Course::begun(source, content, at, self.words_matter));
            return;
        }
        // An interaction begins with having been read.
        let Some(course) = self.courses.get_mut(&id) else { return };
        let over = course.after(at, event, self.words_matter);
        if let Some(over) = over {
            self.report.count(&self.question, id, course, over.said, Some((over.at, over.by)));
        }
    }

    /// Returns what the policies say.
    #[must_use]
    pub fn report(self) -> Report {
        let Self { question, courses, mut report, .. } = self;
        for (id, mut course) in courses {
            if let Some(over) = course.answered.take() {
                report.count(&question, id, &course, over.said, Some((over.at, over.by)));
            }
            let waiting = std::mem::take(&mut course.waiting);
            report.count(&question, id, &course, waiting, None);
        }
        // Whatever order they came in.
        report.changes.sort_by_key(|change| (change.since, change.interaction_id));
        report.changes_left_out = report.changes.len().saturating_sub(CHANGES_MAX);
        report.changes.truncate(CHANGES_MAX);
        report
    }
}

impl Course {
    fn begun(source: &Source, content: &Content, read_at: DateTime<Utc>, words: bool) -> Self {
        let mut course = Self {
            account_id: source.account_id,
            channel: source.channel,
            read_at,
            waiting: Vec::new(),
            asked: Vec::new(),
            answered: None,
            seller_wrote_at: None,
        };
        // What is said in a chat comes message by message.
        if source.channel != Channel::Chat {
            course.waiting.push(Said::left(source.channel, content, source.occurred_at, words));
        }
        course
    }

    /// Takes in an event, and returns what can come undone no more.
    fn after(
        &mut self,
        at: DateTime<Utc>,
        event: &InteractionEvent,
        words: bool,
    ) -> Option<Answered> {
        match event {
            InteractionEvent::ContentRevised { content } => {
                if let Some(said) = self.waiting.first_mut().filter(|_| self.channel != Channel::Chat)
                {
                    *said = Said::left(self.channel, content, said.at, words);
                }
                None
            }
            InteractionEvent::MessageReceived { message, reply_id: None, .. } => {
                match message.author {
                    MessageAuthor::Buyer => self.hear(message, words),
                    MessageAuthor::Seller => self.hear_seller(message.sent_at),
                    MessageAuthor::Marketplace => None,
                }
            }
            InteractionEvent::ReplyRequested { reply_id, .. }
            | InteractionEvent::RejectionRequested { reply_id, .. } => {
                self.asked.push((*reply_id, self.waiting.len()));
                None
            }
            InteractionEvent::ReplySent { reply_id, accepted_at: at, .. }
            | InteractionEvent::RejectionSent { reply_id, accepted_at: at, .. }
            | InteractionEvent::ReplyMarkedSent { reply_id, at, .. }
            | InteractionEvent::ReplyPublished { reply_id, seen_at: at }
            | InteractionEvent::RejectionConfirmed { reply_id, seen_at: at } => {
                self.reach(*reply_id, *at)
            }
            InteractionEvent::ReplyModerationFailed { reply_id, .. }
            | InteractionEvent::ReplySendFailed { reply_id, .. }
            | InteractionEvent::ReplyConfirmedAbsent { reply_id, .. } => {
                self.take_back(By::Reply(*reply_id));
                None
            }
            InteractionEvent::ReplyObserved { answer, seen_at, .. } => match answer.state {
                ObservedState::Rejected => {
                    self.take_back(By::Seller);
                    None
                }
                ObservedState::Published
                | ObservedState::InModeration
                | ObservedState::RejectsQuestion => self.end_all(*seen_at, self.by(at, By::Seller)),
            },
            InteractionEvent::Closed { .. } => self.end_all(at, self.by(at, By::Closing)),
            // What it begins with was read by whoever called.
            InteractionEvent::Ingested { .. }
            // Its publication is told, too.
            | InteractionEvent::MessageReceived { reply_id: Some(_), .. }
            | InteractionEvent::Linked { .. }
            | InteractionEvent::Reopened
            // What was promised changes nothing about who waits.
            | InteractionEvent::DeadlineSet { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::SlaBreached { .. }
            | InteractionEvent::Viewed
            | InteractionEvent::DraftRequested { .. }
            | InteractionEvent::DraftProposed { .. }
            | InteractionEvent::DraftDismissed { .. }
            | InteractionEvent::ReplyEditRequested { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplyReleased { .. }
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::ReplyEdited { .. }
            | InteractionEvent::ReplyOutcomeUnknown { .. }
            | InteractionEvent::ReplyEditFailed { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            // It is closed with that.
            | InteractionEvent::BuyerErased { .. } => None,
        }
    }

    /// What came with the first reading was there before it.
    fn by(&self, at: DateTime<Utc>, by: By) -> By {
        if at == self.read_at { By::Unknown } else { by }
    }

    /// The buyer wrote. A page may bring an older message later, which was answered with the others.
    fn hear(&mut self, message: &ChatMessage, words: bool) -> Option<Answered> {
        if self.seller_wrote_at.is_some_and(|wrote| message.sent_at <= wrote) {
            return None;
        }
        let said = Said::written(message, words);
        let before = self.waiting.iter().rposition(|other| other.at <= said.at);
        self.waiting.insert(before.map_or(0, |last| last + 1), said);
        self.answered.take()
    }

    /// The seller wrote at the marketplace, in a chat.
    fn hear_seller(&mut self, at: DateTime<Utc>) -> Option<Answered> {
        self.seller_wrote_at = self.seller_wrote_at.max(Some(at));
        let said = self.waiting.iter().filter(|said| said.at <= at).count();
        self.end(said, at, By::Seller)
    }

    /// A reply of ours reached the marketplace: it answers what there was when it was asked for.
    fn reach(&mut self, reply_id: ReplyId, at: DateTime<Utc>) -> Option<Answered> {
        let place = self.asked.iter().position(|(asked, _)| *asked == reply_id)?;
        let (_, said) = self.asked.remove(place);
        self.end(said, at, By::Reply(reply_id))
    }

    fn end_all(&mut self, at: DateTime<Utc>, by: By) -> Option<Answered> {
        self.end(self.waiting.len(), at, by)
    }

    /// The first so many words wait no more; returns what was answered before them.
    fn end(&mut self, said: usize, at: DateTime<Utc>, by: By) -> Option<Answered> {
        let said = said.min(self.waiting.len());
        if said == 0 {
            return None;
        }
        for (_, asked) in &mut self.asked {
            *asked = asked.saturating_sub(said);
        }
        let said = self.waiting.drain(..said).collect();
        self.answered.replace(Answered { said, at, by })
    }

    /// What was answered so was not, after all. The same reply may still get there.
    fn take_back(&mut self, by: By) {
        let Some(answered) = self.answered.take_if(|answered| answered.by == by) else { return };
        let count = answered.said.len();
        for (_, asked) in &mut self.asked {
            *asked += count;
        }
        if let By::Reply(reply_id) = by {
            self.asked.push((reply_id, count));
        }
        self.waiting.splice(0..0, answered.said);
    }
}

impl Said {
    fn left(channel: Channel, content: &Content, at: DateTime<Utc>, words: bool) -> Self {
        let text = content.words.known().filter(|_| words).map_or_else(String::new, |words| {
            [&*words.text, &*words.cons, &*words.pros].join("\n")
        });
        let analysis = assessment::of_content(channel, content);
        Self { at, rating: content.rating, analysis, text }
    }

    fn written(message: &ChatMessage, words: bool) -> Self {
        let written = message.words.known().cloned().unwrap_or_default();
        let analysis = assessment::of_message(&written);
        let text = if words { written.text } else { String::new() };
        Self { at: message.sent_at, rating: None, analysis, text }
    }
}

impl Counts {
    fn count(&mut self, class: Class) {
        let number = match class {
            Class::Met => &mut self.met,
            Class::Breached => &mut self.breached,
            Class::Open => &mut self.open,
        };
        *number += 1;
    }
}

impl Sides {
    fn count(&mut self, before: Class, after: Class) {
        self.before.count(before);
        self.after.count(after);
    }
}

impl Report {
    /// Counts words that waited for one answer.
    fn count(
        &mut self,
        question: &Question,
        interaction_id: InteractionId,
        course: &Course,
        said: Vec<Said>,
        end: Option<(DateTime<Utc>, By)>,
    ) {
        let Some(since) = said.first().map(|said| said.at) else { return };
        if !(question.since..question.until).contains(&since) {
            return;
        }
        if end.is_some_and(|(_, by)| by == By::Unknown) {
            self.unknown += 1;
            return;
        }
        let text = said.iter().map(|said| said.text.as_str()).collect::<Vec<_>>().join("\n");
        let rating = said.last().and_then(|said| said.rating);
        let read = said.into_iter().map(|said| said.analysis).reduce(assessment::followed_by);
        let Some(analysis) = read else { return };
        let Course { channel, account_id, .. } = *course;
        let wait = Wait { channel, rating, analysis: &analysis, since, text: &text };
        let ended_at = end.map(|(at, _)| at);
        let verdict = |sla| Verdict::of(&deadline(sla, 0, &wait), ended_at, question.now);
        let (before, after) = (verdict(&question.before), verdict(&question.after));
        let classes = (before.class, after.class);
        let day = since.with_timezone(&question.before.hours.zone).date_naive();
        self.waits += 1;
        self.all.count(classes.0, classes.1);
        self.days.entry(day).or_default().count(classes.0, classes.1);
        self.accounts.entry(account_id).or_default().count(classes.0, classes.1);
        self.priorities.entry(before.priority).or_default().before.count(classes.0);
        self.priorities.entry(after.priority).or_default().after.count(classes.1);
        if (before.class, before.priority) != (after.class, after.priority) {
            self.changes.push(Change {
                interaction_id,
                account_id,
                channel,
                since,
                ended_at,
                before,
                after,
            });
        }
    }
}

impl Verdict {
    fn of(promised: &Deadline, ended_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        let Deadline { priority, rule, answer_by, .. } = *promised;
        let is_in_time = ended_at.unwrap_or(now) <= answer_by;
        let class = match ended_at {
            _ if !is_in_time => Class::Breached,
            Some(_) => Class::Met,
            None => Class::Open,
        };
        Self { priority, rule, answer_by, class }
    }
}

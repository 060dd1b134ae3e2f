//! Rules about automatic replies held against history: what they would have decided of each draft, beside what people
//! did with it (N3). Decisions are made anew from what was recorded, by the same function that made them then.

mod period;
mod report;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::{DateTime, Utc};

pub use self::period::{DAYS_MAX, PeriodError, YEARS, check_period};
use self::report::Ended;
pub use self::report::{Deed, Deeds, Disagreement, Report, WORST_MAX};
use super::decision::{self, Facts, Standing, Verdict};
use super::edit::Changed;
use crate::automation::Rules;
use crate::interaction::{CancelReason, DraftOrigin, DraftSource, InteractionEvent, Lineage};
use crate::value::{DraftId, InteractionId, MessageAuthor, Personal, ReplyId};

/// Below this share of changed characters, people sent what the draft said: a name, an ending.
pub const SLIGHT_BELOW: Changed = Changed::kept(100);

/// What it takes to read, check and send one draft, in seconds, unless somebody knows better: an assumption.
pub const SECONDS_PER_REPLY: u32 = 60;

/// Holds rules against history.
#[derive(Debug)]
pub struct Backtest {
    rules: Rules,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    courses: HashMap<InteractionId, Course>,
}

/// An interaction so far.
#[derive(Debug, Default)]
struct Course {
    standing: Standing,
    /// Drafts that may still be sent, or taken back.
    cases: Vec<Case>,
    ended: Vec<Ended>,
    is_left_out: bool,
}

/// A draft of the period.
#[derive(Debug)]
struct Case {
    draft_id: DraftId,
    proposed_at: DateTime<Utc>,
    text: Personal<String>,
    verdict: Verdict,
    /// What went out, and how far it is from the draft.
    sent: Option<Sent>,
}

#[derive(Debug, Clone, Copy)]
struct Sent {
    reply_id: Option<ReplyId>,
    changed: Option<Changed>,
    /// Nobody asked for it.
    is_automatic: bool,
}

impl Backtest {
    /// Begins with drafts that were made since a time and before another.
    #[must_use]
    pub fn new(rules: Rules, since: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self { rules, since, until, courses: HashMap::new() }
    }

    /// Leaves an interaction out of which an event cannot be read: what was done there is not known.
    pub fn leave_out(&mut self, id: InteractionId) {
        let left_out = Course { is_left_out: true, ..Course::default() };
        self.courses.insert(id, left_out);
    }

    /// Takes in the next event of an interaction. Events of before the period tell how the interaction stood, and
    /// events of after it what people did.
    pub fn take(&mut self, id: InteractionId, at: DateTime<Utc>, event: &InteractionEvent) {
        let Self { rules, since, until, courses } = self;
        let course = courses.entry(id).or_default();
        if course.is_left_out {
            return;
        }
        match event {
            InteractionEvent::DraftProposed { draft_id, text, source, origin } => {
                let origin = origin.as_deref();
                if !course.goes_on(origin.and_then(|origin| origin.carried_from), *draft_id) {
                    course.end_as(Deed::Superseded, |case| case.sent.is_none());
                    let is_of_period = *since <= at && at < *until;
                    if let Some(origin) = origin.filter(|_| is_of_period) {
                        course.propose((*draft_id, text), (*source, origin), at, rules);
                    }
                }
            }
            InteractionEvent::DraftDismissed { draft_id, .. } => {
                let of_it = |case: &Case| case.draft_id == *draft_id && case.sent.is_none();
                course.end_as(Deed::Dismissed, of_it);
            }
            InteractionEvent::ReplyRequested {
                reply_id, lineage, automation: Some(_), ..
            } => course.answer_by_itself(*reply_id, *lineage),
            InteractionEvent::ReplyRequested { reply_id, text, lineage, .. } => {
                course.answer(Some(*reply_id), text.known().map(String::as_str), *lineage);
            }
            InteractionEvent::ReplyObserved { answer, .. } => {
                course.answer(None, answer.text.known().map(String::as_str), None);
            }
            InteractionEvent::ReplyCancelled { reply_id, reason: CancelReason::ByPerson } => {
                let of_it = |case: &Case| case.sent.filter(|sent| sent.reply_id == Some(*reply_id));
                // Whoever takes back what nobody asked for does not want it.
                let unwanted = |case: &Case| of_it(case).is_some_and(|sent| sent.is_automatic);
                course.end_as(Deed::Dismissed, unwanted);
                for case in course.cases.iter_mut().filter(|case| of_it(case).is_some()) {
                    case.sent = None;
                }
            }
            InteractionEvent::MessageReceived { message, reply_id: None, .. } => {
                match message.author {
                    MessageAuthor::Seller => {
                        course.answer(None, message.words.known().map(|words| &*words.text), None);
                    }
                    MessageAuthor::Buyer => course.end(),
                    MessageAuthor::Marketplace => (),
                }
            }
            InteractionEvent::Ingested { .. }
            // Where it was the words that changed, another draft comes.
            | InteractionEvent::ContentRevised { .. }
            | InteractionEvent::Linked { .. }
            | InteractionEvent::Closed { .. }
            | InteractionEvent::Reopened
            | InteractionEvent::DeadlineSet { .. }
            | InteractionEvent::SlaEscalated { .. }
            | InteractionEvent::SlaBreached { .. }
            | InteractionEvent::Viewed
            | InteractionEvent::DraftRequested { .. }
            | InteractionEvent::ReplyEditRequested { .. }
            | InteractionEvent::RejectionRequested { .. }
            | InteractionEvent::ReplyRefused { .. }
            | InteractionEvent::ReplyReleased { .. }
            // The reply was as it should be: what came between is none of its words.
            | InteractionEvent::ReplyCancelled { .. }
            | InteractionEvent::ReplySent { .. }
            | InteractionEvent::ReplyEdited { .. }
            | InteractionEvent::RejectionSent { .. }
            | InteractionEvent::ReplyOutcomeUnknown { .. }
            | InteractionEvent::ReplyConfirmedAbsent { .. }
            | InteractionEvent::ReplySendFailed { .. }
            | InteractionEvent::ReplyEditFailed { .. }
            | InteractionEvent::ReplyPublished { .. }
            | InteractionEvent::ReplyMarkedSent { .. }
            | InteractionEvent::ReplyRetryRequested { .. }
            | InteractionEvent::RejectionConfirmed { .. }
            | InteractionEvent::ReplyModerationFailed { .. }
            // What was sent from here was asked for from here.
            | InteractionEvent::MessageReceived { reply_id: Some(_), .. }
            | InteractionEvent::BuyerErased { .. } => (),
        }
        course.standing = std::mem::take(&mut course.standing).after(event);
    }

    /// Returns what the rules would have done.
    #[must_use]
    pub fn report(self) -> Report {
        let mut report = Report::default();
        for (id, mut course) in self.courses {
            course.end();
            report.left_out += u32::from(course.is_left_out);
            course.ended.into_iter().for_each(|ended| report.count(id, ended));
        }
        // Whatever order they came in.
        report.worst.sort_by_key(|case| {
            let distance = case.changed_percent.unwrap_or(100);
            (Reverse(distance), case.proposed_at, case.draft_id)
        });
        report.worst.truncate(WORST_MAX);
        report
    }
}

impl Course {
    /// One that goes on with another is that other, as long as nobody has dealt with it; from then on it has the name
    /// of the new one.
    fn goes_on(&mut self, with: Option<DraftId>, draft_id: DraftId) -> bool {
        let is_it = |case: &&mut Case| Some(case.draft_id) == with && case.sent.is_none();
        let case = self.cases.iter_mut().find(is_it);
        case.map(|case| case.draft_id = draft_id).is_some()
    }

    fn propose(
        &mut self,
        (draft_id, text): (DraftId, &Personal<String>),
        (source, origin): (DraftSource, &DraftOrigin),
        proposed_at: DateTime<Utc>,
        rules: &Rules,
    ) {
        let Some(facts) = Facts::of(&self.standing, source, origin) else { return };
        let verdict = decision::decide(&facts, rules, 0).verdict;
        let text = text.clone();
        self.cases.push(Case { draft_id, proposed_at, text, verdict, sent: None });
    }

    /// Something went out: every draft that was there by then is held against it. What was measured then outlives the
    /// words.
    fn answer(&mut self, reply_id: Option<ReplyId>, text: Option<&str>, lineage: Option<Lineage>) {
        for case in self.cases.iter_mut().filter(|case| case.sent.is_none()) {
            let measured = lineage.filter(|lineage| lineage.draft_id == case.draft_id);
            let changed = measured.map(|lineage| lineage.changed).or_else(|| {
                let (draft, sent) = case.text.known().zip(text)?;
                Some(Changed::between(draft, sent))
            });
            case.sent = Some(Sent { reply_id, changed, is_automatic: false });
        }
    }

    /// The draft itself went out, and nobody asked for it.
    fn answer_by_itself(&mut self, reply_id: ReplyId, lineage: Option<Lineage>) {
        let of_it = |case: &&mut Case| lineage.is_some_and(|of| of.draft_id == case.draft_id);
        for case in self.cases.iter_mut().filter(of_it) {
            let changed = lineage.map(|lineage| lineage.changed);
            case.sent = Some(Sent { reply_id: Some(reply_id), changed, is_automatic: true });
        }
    }

    /// Nobody will do more with these drafts than that.
    fn end_as(&mut self, deed: Deed, is_it: impl Fn(&Case) -> bool) {
        let cases = self.cases.extract_if(.., |case| is_it(case));
        self.ended.extend(cases.map(|case| case.ended(deed)));
    }

    /// Whatever was not done by now is not done any more.
    fn end(&mut self) {
        let cases = self.cases.drain(..);
        self.ended.extend(cases.map(|case| {
            let deed = case.sent.map_or(Deed::Unanswered, Sent::deed);
            case.ended(deed)
        }));
    }
}

impl Case {
    fn ended(self, deed: Deed) -> Ended {
        let Self { draft_id, proposed_at, verdict, sent, .. } = self;
        let sent = sent.filter(|_| deed != Deed::Dismissed);
        let changed_percent = sent.and_then(|sent| sent.changed).map(Changed::percent);
        Ended { draft_id, proposed_at, verdict, deed, changed_percent }
    }
}

impl Sent {
    fn deed(self) -> Deed {
        match self.changed {
            _ if self.is_automatic => Deed::Automatic,
            None => Deed::Unmeasured,
            Some(changed) if changed.is_none() => Deed::AsItWas,
            Some(changed) if changed < SLIGHT_BELOW => Deed::Slight,
            Some(changed) if changed.is_another_text() => Deed::OtherText,
            Some(_) => Deed::Edited,
        }
    }
}

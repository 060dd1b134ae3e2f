//! Rules about automatic replies held against history: what they would have decided of each draft, beside what people
//! did with it (N3). Decisions are made anew from what was recorded, by the same function that made them then.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use super::decision::{self, Facts, Standing, Verdict};
use super::edit::Changed;
use crate::automation::Rules;
use crate::interaction::{CancelReason, DraftOrigin, DraftSource, InteractionEvent, Lineage};
use crate::value::{DraftId, InteractionId, MessageAuthor, Personal, ReplyId};

/// Below this share of changed characters, people sent what the draft said: a name, an ending.
pub const SLIGHT_BELOW: Changed = Changed::kept(100);

/// Most disagreements that are told.
pub const WORST_MAX: usize = 50;

/// What it takes to read, check and send one draft, in seconds, unless somebody knows better: an assumption.
pub const SECONDS_PER_REPLY: u32 = 60;

/// What people did with a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Deed {
    /// Its words went out.
    AsItWas,
    /// They went out with less than [`SLIGHT_BELOW`] changed.
    Slight,
    /// They went out with more changed than that.
    Edited,
    /// Other words went out.
    OtherText,
    /// It was taken away.
    Dismissed,
    /// Nothing went out before the buyer said more, or by now.
    Unanswered,
    /// Something went out, and cannot be read any more.
    Unmeasured,
    /// It went out by itself, and nobody took it back.
    Automatic,
    /// Another draft came in its place before anybody decided.
    Superseded,
}

/// How many drafts people did what with.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Deeds {
    /// As they were.
    pub as_it_was: u32,
    /// With less than [`SLIGHT_BELOW`] changed.
    pub slight: u32,
    /// With more changed.
    pub edited: u32,
    /// Not at all: other words went out.
    pub other_text: u32,
    /// Taken away.
    pub dismissed: u32,
    /// Not answered.
    pub unanswered: u32,
    /// Answered, and not to be read any more.
    pub unmeasured: u32,
    /// Gone out by themselves: nobody has judged them.
    pub automatic: u32,
    /// Replaced by another draft: nobody has judged them.
    pub superseded: u32,
}

/// A draft that would have gone out, and that people did not send so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disagreement {
    /// Where.
    pub interaction_id: InteractionId,
    /// Which.
    pub draft_id: DraftId,
    /// When it was there.
    pub proposed_at: DateTime<Utc>,
    /// What people did.
    pub deed: Deed,
    /// Share of changed characters, in per cent, rounded up; none of a draft that was taken away.
    pub changed_percent: Option<u8>,
}

/// What the rules would have done.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Drafts that would have gone out by themselves.
    pub auto_send: Deeds,
    /// Drafts that a person would have sent.
    pub need_approval: Deeds,
    /// Drafts that a person would have dealt with.
    pub escalate: Deeds,
    /// Of those that would have gone out, what people did not send so: the furthest first, up to [`WORST_MAX`].
    pub worst: Vec<Disagreement>,
}

/// Holds rules against history.
#[derive(Debug)]
pub struct Backtest {
    rules: Rules,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    courses: HashMap<InteractionId, Course>,
    report: Report,
}

/// An interaction so far.
#[derive(Debug, Default)]
struct Course {
    standing: Standing,
    /// Drafts that may still be sent, or taken back.
    cases: Vec<Case>,
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

impl Deeds {
    /// Returns how many drafts these are.
    #[must_use]
    pub fn all(&self) -> u32 {
        let unjudged = self.unanswered + self.unmeasured + self.automatic + self.superseded;
        self.judged() + unjudged
    }

    /// Returns how many of them people have judged, so that it can be read how.
    #[must_use]
    pub fn judged(&self) -> u32 {
        self.agreed() + self.edited + self.other_text + self.dismissed
    }

    /// Returns how many people sent as they were, or nearly so.
    #[must_use]
    pub fn agreed(&self) -> u32 {
        self.as_it_was + self.slight
    }

    fn count(&mut self, deed: Deed) {
        let number = match deed {
            Deed::AsItWas => &mut self.as_it_was,
            Deed::Slight => &mut self.slight,
            Deed::Edited => &mut self.edited,
            Deed::OtherText => &mut self.other_text,
            Deed::Dismissed => &mut self.dismissed,
            Deed::Unanswered => &mut self.unanswered,
            Deed::Unmeasured => &mut self.unmeasured,
            Deed::Automatic => &mut self.automatic,
            Deed::Superseded => &mut self.superseded,
        };
        *number += 1;
    }
}

impl Report {
    /// Returns how many drafts were looked at.
    #[must_use]
    pub fn drafts(&self) -> u32 {
        self.auto_send.all() + self.need_approval.all() + self.escalate.all()
    }

    /// Returns the share of drafts that would have gone out and that people sent as they were, or nearly so, in per
    /// cent, rounded down, of those they have judged; none where they have judged none.
    #[must_use]
    pub fn agreement_percent(&self) -> Option<u8> {
        let percent = (self.auto_send.agreed() * 100).checked_div(self.auto_send.judged())?;
        u8::try_from(percent).ok()
    }

    /// Returns the time that people spent on what would have gone out and they sent so, in minutes, where one reply
    /// takes so many seconds. What they changed would have cost time, so it counts as none saved.
    #[must_use]
    pub fn minutes_saved(&self, seconds_per_reply: u32) -> u32 {
        self.auto_send.agreed().saturating_mul(seconds_per_reply) / 60
    }
}

impl Backtest {
    /// Begins with drafts that were made since a time and before another.
    #[must_use]
    pub fn new(rules: Rules, since: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        Self { rules, since, until, courses: HashMap::new(), report: Report::default() }
    }

    /// Takes in the next event of an interaction. Events of before the period tell how the interaction stood, and
    /// events of after it what people did.
    pub fn take(&mut self, id: InteractionId, at: DateTime<Utc>, event: &InteractionEvent) {
        let Self { rules, since, until, courses, report } = self;
        let course = courses.entry(id).or_default();
        match event {
            InteractionEvent::DraftProposed { draft_id, text, source, origin } => {
                let origin = origin.as_deref();
                if !course.goes_on(origin.and_then(|origin| origin.carried_from), *draft_id) {
                    for case in course.cases.extract_if(.., |case| case.sent.is_none()) {
                        report.end(id, &case, Deed::Superseded);
                    }
                    let is_of_period = *since <= at && at < *until;
                    if let Some(origin) = origin.filter(|_| is_of_period) {
                        course.propose((*draft_id, text), (*source, origin), at, rules);
                    }
                }
            }
            InteractionEvent::DraftDismissed { draft_id, .. } => {
                let of_it = |case: &mut Case| case.draft_id == *draft_id && case.sent.is_none();
                for case in course.cases.extract_if(.., of_it) {
                    report.end(id, &case, Deed::Dismissed);
                }
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
                let unwanted =
                    |case: &mut Case| of_it(case).is_some_and(|sent| sent.is_automatic);
                for case in course.cases.extract_if(.., unwanted) {
                    report.end(id, &case, Deed::Dismissed);
                }
                for case in course.cases.iter_mut().filter(|case| of_it(case).is_some()) {
                    case.sent = None;
                }
            }
            InteractionEvent::MessageReceived { message, reply_id: None, .. } => {
                match message.author {
                    MessageAuthor::Seller => {
                        course.answer(None, message.words.known().map(|words| &*words.text), None);
                    }
                    MessageAuthor::Buyer => course.end(id, report),
                    MessageAuthor::Marketplace => (),
                }
            }
            InteractionEvent::Ingested { .. }
            // Where it was the words that changed, another draft comes.
            | InteractionEvent::ContentRevised { .. }
            | InteractionEvent::Linked { .. }
            | InteractionEvent::Closed { .. }
            | InteractionEvent::Reopened
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
        let Self { courses, mut report, .. } = self;
        for (id, mut course) in courses {
            course.end(id, &mut report);
        }
        // Whatever order they came in.
        report.worst.sort_by_key(|case| {
            let distance = case.changed_percent.unwrap_or(100);
            (std::cmp::Reverse(distance), case.proposed_at, case.draft_id)
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

    /// Whatever was not done by now is not done any more.
    fn end(&mut self, id: InteractionId, report: &mut Report) {
        for case in self.cases.drain(..) {
            let deed = case.sent.map_or(Deed::Unanswered, Sent::deed);
            report.end(id, &case, deed);
        }
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

impl Report {
    fn end(&mut self, interaction_id: InteractionId, case: &Case, deed: Deed) {
        let deeds = match case.verdict {
            Verdict::AutoSend => &mut self.auto_send,
            Verdict::NeedApproval => &mut self.need_approval,
            Verdict::Escalate => &mut self.escalate,
        };
        deeds.count(deed);
        let is_other = matches!(deed, Deed::Edited | Deed::OtherText | Deed::Dismissed);
        if case.verdict == Verdict::AutoSend && is_other {
            let Case { draft_id, proposed_at, .. } = *case;
            let sent = case.sent.filter(|_| deed != Deed::Dismissed);
            let changed_percent = sent.and_then(|sent| sent.changed).map(Changed::percent);
            let case =
                Disagreement { interaction_id, draft_id, proposed_at, deed, changed_percent };
            self.worst.push(case);
        }
    }
}

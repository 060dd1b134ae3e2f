//! What counts an interaction, found by looking at all of its events at once.

use std::collections::BTreeMap;

use chrono::{DateTime, SubsecRound as _, Utc};
use domain::interaction::{InteractionEvent as Event, SendFailure};
use domain::value::{MessageAuthor, ObservedState, Source};
use domain::{Channel, Recorded, ReplyId};
use projections::metric::failed_by;
use uuid::Uuid;

/// An interaction, what counts it when, and what is measured of it.
pub(super) struct Recounted {
    pub(super) id: Uuid,
    pub(super) source: Source,
    pub(super) article: String,
    pub(super) rating: Option<u8>,
    pub(super) intent: Option<String>,
    pub(super) operator: Option<String>,
    pub(super) counted: BTreeMap<String, DateTime<Utc>>,
    waited: Option<i64>,
    handled: Option<i64>,
    changed: Option<i64>,
}

/// The first answer that stands in the end.
struct Found {
    /// Which event it is.
    place: usize,
    at: DateTime<Utc>,
    reply_id: Option<ReplyId>,
    is_of_unknown_time: bool,
}

/// An event with when it was recorded and who caused it.
type Told<'a> = (&'a Event, DateTime<Utc>, Option<&'a str>);

impl Recounted {
    pub(super) fn of(id: Uuid, recorded: &[Recorded]) -> Option<Self> {
        let told: Vec<Told<'_>> = recorded
            .iter()
            .flat_map(|one| {
                one.of_interaction().map(|event| (event, one.recorded_at, one.actor.as_deref()))
            })
            .collect();
        let source = told.iter().find_map(|(event, ..)| match_source(event))?.clone();
        let content = told.iter().rev().find_map(|(event, ..)| {
            if let Event::Ingested { content, .. } | Event::ContentRevised { content } = event {
                Some(content)
            } else {
                None
            }
        })?;
        let is_chat = source.channel == Channel::Chat;
        let found = if is_chat { in_chat(&told) } else { elsewhere_than_in_chat(&told) };
        let before = found.as_ref().map_or(told.len(), |found| found.place);
        let begun =
            if is_chat { first_words(&told) } else { Some((source.occurred_at, told[0].1)) };
        let mut one = Self {
            id,
            article: content.product.article.clone(),
            rating: content.rating,
            intent: intent(&told[..before]),
            operator: None,
            counted: troubles(&told),
            waited: None,
            handled: None,
            changed: None,
            source,
        };
        if let (Some(found), Some(begun)) = (&found, begun) {
            one.count_answer(&told, found, begun);
        }
        one.count_promise(&told[..before], found.map(|found| found.at));
        Some(one)
    }

    /// What is measured of it for a metric.
    pub(super) fn value(&self, name: &str) -> Option<i64> {
        match name {
            "timed" => self.waited,
            "answered_here" => self.handled,
            "measured" => self.changed,
            _ => None,
        }
    }

    fn count(&mut self, name: &str, at: DateTime<Utc>) {
        self.counted.insert(name.to_owned(), at);
    }

    fn count_answer(
        &mut self,
        told: &[Told<'_>],
        found: &Found,
        (wrote_at, read_at): (DateTime<Utc>, DateTime<Utc>),
    ) {
        let at = found.at;
        self.count("answered", at);
        if !found.is_of_unknown_time {
            self.count("timed", at);
            self.waited = Some((at - wrote_at.trunc_subsecs(6)).num_seconds().max(0));
        }
        let Some(reply_id) = found.reply_id else { return self.count("answered_elsewhere", at) };
        self.count("answered_here", at);
        self.handled = Some((at - read_at.trunc_subsecs(6)).num_seconds().max(0));
        let asked = told.iter().find_map(|(event, _, actor)| {
            if let Event::ReplyRequested {
                reply_id: id,
                draft_id,
                lineage,
                automation,
                bulk_id,
                ..
            } = event
                && *id == reply_id
            {
                Some((draft_id, lineage, automation.is_some(), bulk_id.is_some(), *actor))
            } else {
                None
            }
        });
        let (draft_id, lineage, is_automatic, is_in_bulk, actor) = asked.unwrap();
        self.operator = actor
            .filter(|actor| !is_in_bulk && (*actor == "user:anna" || *actor == "user:boris"))
            .map(str::to_owned);
        let changed = lineage.map(|lineage| i64::from(lineage.changed.thousandths()));
        let name = match (changed, draft_id) {
            _ if is_automatic => return self.count("automatic", at),
            (Some(0), _) => "accepted",
            _ if is_in_bulk => return self.count("in_bulk", at),
            (Some(..=500), _) => "edited",
            (None, Some(_)) => return self.count("unmeasured", at),
            (Some(_), _) | (None, None) => "manual",
        };
        self.count(name, at);
        self.count("judged", at);
        if let Some(changed) = changed {
            self.count("measured", at);
            self.changed = Some(changed);
        }
    }

    fn count_promise(&mut self, before: &[Told<'_>], answered_at: Option<DateTime<Utc>>) {
        let promises: Vec<_> = before
            .iter()
            .enumerate()
            .filter_map(|(place, (event, ..))| {
                if let Event::DeadlineSet { deadline, was_past, .. } = event {
                    Some((place, deadline.answer_by.trunc_subsecs(6), *was_past))
                } else {
                    None
                }
            })
            .collect();
        let Some((_, by, _)) = promises.last().copied() else { return };
        let same: Vec<_> = promises.iter().rev().take_while(|(_, other, _)| *other == by).collect();
        if same.iter().any(|(_, _, was_past)| *was_past) {
            return;
        }
        let first = same.last().unwrap().0;
        let is_breached = before[first..].iter().any(|(event, ..)| {
            matches!(event, Event::SlaBreached { answer_by } if answer_by.trunc_subsecs(6) == by)
        });
        match answered_at {
            Some(at) if at <= by => self.count_sla("sla_met", at),
            Some(_) => self.count_sla("sla_missed", by),
            None if is_breached => self.count_sla("sla_missed", by),
            None => (),
        }
    }

    fn count_sla(&mut self, name: &str, at: DateTime<Utc>) {
        self.count(name, at);
        self.count("sla_due", at);
    }
}

fn match_source(event: &Event) -> Option<&Source> {
    if let Event::Ingested { source, .. } = event { Some(source) } else { None }
}

/// When the buyer of a chat wrote first, and when that was read.
fn first_words(told: &[Told<'_>]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    told.iter().find_map(|(event, recorded_at, _)| {
        let message = message(event)?;
        (message.0 == MessageAuthor::Buyer).then_some((message.1, *recorded_at))
    })
}

fn message(event: &Event) -> Option<(MessageAuthor, DateTime<Utc>)> {
    if let Event::MessageReceived { message, .. } = event {
        Some((message.author, message.sent_at))
    } else {
        None
    }
}

/// The version that an event says the marketplace took, and when.
fn taken(event: &Event) -> Option<(ReplyId, DateTime<Utc>)> {
    if let Event::ReplySent { reply_id, accepted_at: at, .. }
    | Event::ReplyPublished { reply_id, seen_at: at }
    | Event::ReplyMarkedSent { reply_id, at, .. } = event
    {
        Some((*reply_id, at.trunc_subsecs(6)))
    } else {
        None
    }
}

/// The version that an event says does not stand.
fn lost(event: &Event) -> Option<ReplyId> {
    if let Event::ReplyModerationFailed { reply_id, .. }
    | Event::ReplySendFailed { reply_id, failure: SendFailure::NotPublished, .. } = event
    {
        Some(*reply_id)
    } else {
        None
    }
}

/// Of the first of ours and the first from elsewhere that stand in the end, the one that came first.
fn elsewhere_than_in_chat(told: &[Told<'_>]) -> Option<Found> {
    [of_ours(told), seen(told)].into_iter().flatten().min_by_key(|found| found.place)
}

/// The first taking after the last loss; these lives answer once more only after a loss.
fn of_ours(told: &[Told<'_>]) -> Option<Found> {
    let lost_at = told.iter().rposition(|(event, ..)| lost(event).is_some());
    let after = lost_at.map_or(0, |place| place + 1);
    told.iter().enumerate().skip(after).find_map(|(place, (event, ..))| {
        let (reply_id, at) = taken(event)?;
        Some(Found { place, at, reply_id: Some(reply_id), is_of_unknown_time: false })
    })
}

/// The first answer from elsewhere after which none was refused.
fn seen(told: &[Told<'_>]) -> Option<Found> {
    let observed = told.iter().enumerate().filter_map(|(place, (event, ..))| {
        if let Event::ReplyObserved { answer, seen_at, .. } = event {
            Some((place, answer.state, seen_at.trunc_subsecs(6)))
        } else {
            None
        }
    });
    let mut standing = None;
    for (place, state, at) in observed {
        let found = Found { place, at, reply_id: None, is_of_unknown_time: true };
        standing = match state {
            ObservedState::Rejected => None,
            ObservedState::Published
            | ObservedState::InModeration
            | ObservedState::RejectsQuestion => standing.or(Some(found)),
        };
    }
    standing
}

/// The first taking, or message from elsewhere, that follows the buyer's first words and was not lost.
fn in_chat(told: &[Told<'_>]) -> Option<Found> {
    let first = told
        .iter()
        .position(|(event, ..)| message(event).is_some_and(|it| it.0 == MessageAuthor::Buyer))?;
    told.iter().enumerate().skip(first).find_map(|(place, (event, ..))| {
        if let Some((MessageAuthor::Seller, at)) = message(event) {
            let at = at.trunc_subsecs(6);
            return Some(Found { place, at, reply_id: None, is_of_unknown_time: false });
        }
        let (reply_id, at) = taken(event)?;
        let is_lost = told[place..].iter().any(|(event, ..)| lost(event) == Some(reply_id));
        let found = Found { place, at, reply_id: Some(reply_id), is_of_unknown_time: false };
        (!is_lost).then_some(found)
    })
}

fn intent(told: &[Told<'_>]) -> Option<String> {
    told.iter().rev().find_map(|(event, ..)| {
        if let Event::DraftProposed { origin: Some(origin), .. } = event
            && !origin.is_attacked
        {
            Some(origin.analysis.as_ref()?.intent.as_str().to_owned())
        } else {
            None
        }
    })
}

fn troubles(told: &[Told<'_>]) -> BTreeMap<String, DateTime<Utc>> {
    let mut troubles = BTreeMap::new();
    for (event, at, _) in told.iter().rev() {
        let at = at.trunc_subsecs(6);
        if let Event::ReplySendFailed { failure, .. } = event {
            troubles.insert("failed".to_owned(), at);
            troubles.insert(failed_by(*failure), at);
            let in_doubt =
                [SendFailure::NotPublished, SendFailure::NeverArrived, SendFailure::Unprovable];
            if in_doubt.contains(failure) {
                troubles.insert("in_doubt".to_owned(), at);
            }
        }
        if let Event::ReplyModerationFailed { .. } = event {
            troubles.insert("refused".to_owned(), at);
        }
        if let Event::ReplyOutcomeUnknown { .. } = event {
            troubles.insert("unknown".to_owned(), at);
        }
    }
    troubles
}

//! By when a buyer should have an answer: a function of what they wrote, when, and what the seller has settled.
//!
//! Stars come first. The matrix of F185 reads them before any word; a rule of the seller makes a review with one to
//! three stars more urgent and never less, and decides nothing about one with four or five: whoever is content writes
//! «не сломалось» and «возврат не понадобился».

mod clock;
#[cfg(test)]
mod tests;
pub mod what_if;

use chrono::{DateTime, TimeDelta, Utc};
use strum::IntoStaticStr;

use self::clock::{Spans, is_off_hours, reach};
use crate::interaction::{Conversation, Deadline, Interaction};
use crate::policy::assessment;
use crate::sla::{Clock, OffHours, Rule, Sla};
use crate::value::{Analysis, Channel, Priority};

/// Most pauses that an explanation lists.
pub const PAUSES_MAX: usize = 60;

/// What waits for an answer, as the policy looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Wait<'a> {
    /// How the buyer wrote.
    pub channel: Channel,
    /// Stars; reviews only.
    pub rating: Option<u8>,
    /// What the buyer's words were read as.
    pub analysis: &'a Analysis,
    /// When they were written, the first of them that waits.
    pub since: DateTime<Utc>,
    /// All that waits; empty where it was erased.
    pub text: &'a str,
}

/// Says by when it should be answered. A time always comes: what would take decades of working time, which no policy
/// that was checked does, is counted by the wall clock.
#[must_use]
pub fn deadline(sla: &Sla, version: u32, wait: &Wait<'_>) -> Deadline {
    let is_off = is_off_hours(&sla.hours, wait.since);
    let shift = if is_off { sla.off_hours.level_shift } else { 0 };
    let read = wait.analysis.priority;
    let ruled = sla.rules.first(wait.channel, wait.text, |rule| may_decide(rule, wait));
    let (priority, rule, minutes) = match ruled {
        Some((number, rule)) => (raised(rule.priority, shift), Some(number), rule.minutes),
        None => (raised(read, shift), None, sla.minutes.of(raised(read, shift))),
    };
    let whole = span(minutes, if is_off { sla.off_hours.factor_percent } else { 100 });
    let early = (whole - span(sla.warn_before_minutes, 100)).max(TimeDelta::zero());
    let since = wait.since;
    let by_work = match sla.clock {
        Clock::WorkingTime => reach(&sla.hours, since, early, whole),
        Clock::WallClock => None,
    };
    let later = |span| since.checked_add_signed(span).unwrap_or(since);
    let (warn_at, answer_by) = by_work.unwrap_or_else(|| (later(early), later(whole)));
    Deadline { priority, policy: version, rule, since, warn_at, answer_by }
}

/// Says by when the buyer of an interaction should be answered; none where they never waited. A model that has read just
/// these words knows better than our rules (F186).
#[must_use]
pub fn of_interaction(
    sla: &Sla,
    version: u32,
    interaction: &Interaction,
    conversation: &Conversation,
) -> Option<Deadline> {
    let since = interaction.answering().waits_since?;
    let channel = interaction.source()?.channel;
    let rating = conversation.rating.filter(|_| channel != Channel::Chat);
    let words = conversation.words_since(since);
    let drafted = conversation.draft_of_the_same().and_then(|draft| draft.origin.as_ref());
    // One that was talked to reads what it was told to.
    let read = drafted.filter(|origin| !origin.is_attacked);
    let read = read.and_then(|origin| origin.analysis.clone());
    let analysis = read.unwrap_or_else(|| assessment::of_words_that_wait(channel, rating, &words));
    let text = words.join("\n");
    Some(deadline(sla, version, &Wait { channel, rating, analysis: &analysis, since, text: &text }))
}

/// Tells whether a rule has a say in what waits.
fn may_decide(rule: &Rule, wait: &Wait<'_>) -> bool {
    match (wait.channel, wait.rating) {
        (Channel::Review, Some(4..)) => false,
        // The more urgent comes first.
        (Channel::Review, Some(_)) => rule.priority <= wait.analysis.priority,
        (Channel::Review, None) | (Channel::Question | Channel::Chat, _) => true,
    }
}

/// Moves a priority up by so many levels, or down where that is below 0, as far as there are any.
fn raised(priority: Priority, levels: i8) -> Priority {
    let least = Priority::Low.rank();
    let rank = i16::from(priority.rank()) - i16::from(levels);
    Priority::of_rank(u8::try_from(rank.clamp(0, i16::from(least))).unwrap_or(least))
}

fn span(minutes: u32, percent: u16) -> TimeDelta {
    // A minute is 60,000 ms, a hundredth of it 600.
    TimeDelta::milliseconds(i64::from(minutes) * i64::from(percent) * 600)
}

/// Why a deadline is when it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Version of the seller's policy; 0 is the default.
    pub policy: u32,
    /// How urgent it is.
    pub priority: Priority,
    /// The rule that decided, with its number from 1; none where the matrix did.
    pub rule: Option<(u16, Rule)>,
    /// How long that may wait, in minutes.
    pub minutes: u32,
    /// What is different because it came outside of working hours; none where it did not.
    pub off_hours: Option<OffHours>,
    /// By whose time it counts.
    pub clock: Clock,
    /// When that clock stood still, up to [`PAUSES_MAX`].
    pub pauses: Vec<Pause>,
    /// How many more times it did.
    pub pauses_left_out: usize,
    /// How long it stood still altogether.
    pub paused: TimeDelta,
}

/// A time that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Its beginning.
    pub from: DateTime<Utc>,
    /// Its end.
    pub until: DateTime<Utc>,
    /// Why nobody works then.
    pub reason: PauseReason,
}

/// Why nobody works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum PauseReason {
    /// Before or after the working hours of a day.
    Night,
    /// Between two intervals of a day.
    Lunch,
    /// Nobody works on that weekday.
    Weekend,
    /// The day is different from others, and this is not between its intervals.
    Holiday,
}

/// Says why a deadline is when it is, by the policy that it was promised by.
#[must_use]
pub fn explain(sla: &Sla, deadline: &Deadline) -> Explanation {
    let rule = deadline.rule.and_then(|number| Some((number, sla.rules.get(number)?.clone())));
    let minutes = rule.as_ref().map_or(sla.minutes.of(deadline.priority), |(_, rule)| rule.minutes);
    let off_hours = is_off_hours(&sla.hours, deadline.since).then_some(sla.off_hours);
    let mut pauses = match sla.clock {
        Clock::WorkingTime => pauses(sla, deadline),
        Clock::WallClock => Vec::new(),
    };
    let paused = pauses.iter().map(|pause| pause.until - pause.from).sum();
    let pauses_left_out = pauses.len().saturating_sub(PAUSES_MAX);
    pauses.truncate(PAUSES_MAX);
    let Deadline { policy, priority, .. } = *deadline;
    let clock = sla.clock;
    Explanation {
        policy,
        priority,
        rule,
        minutes,
        off_hours,
        clock,
        pauses,
        pauses_left_out,
        paused,
    }
}

/// Lists when nobody works before a deadline, what follows on each other for the same reason as one.
fn pauses(sla: &Sla, deadline: &Deadline) -> Vec<Pause> {
    let mut pauses: Vec<Pause> = Vec::new();
    let before =
        Spans::new(&sla.hours, deadline.since).take_while(|span| span.from < deadline.answer_by);
    for span in before {
        let Some(reason) = span.closed else { continue };
        let until = span.until.min(deadline.answer_by);
        match pauses.last_mut() {
            Some(last) if last.until == span.from && last.reason == reason => last.until = until,
            Some(_) | None => pauses.push(Pause { from: span.from, until, reason }),
        }
    }
    pauses
}

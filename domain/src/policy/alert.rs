//! When a seller is alarmed, and how urgently.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

/// What is wrong.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlertKind {
    /// Many replies failed lately.
    FailedReplies,
    /// Few drafts were of use lately.
    AcceptRateLow,
    /// Marketplaces do not accept the keys of cabinets.
    AccessLost,
    /// Channels of cabinets cannot be read for long.
    ReadingBehind,
    /// Marketplaces gave items that could not be read.
    ItemsUnread,
    /// Marketplaces behave otherwise than before.
    MarketplaceChanged,
    /// The language model is about to be shut down, or is gone.
    ModelEnding,
    /// What the console shows is behind what happened.
    ReadModelsBehind,
}

/// How urgent it is, least first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum AlertSeverity {
    /// Somebody should look.
    Warning,
    /// Somebody must look now.
    Critical,
}

/// Why, and how often for that reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertCause {
    /// Stable name of the reason, or of the marketplace.
    pub cause: String,
    /// Replies that failed for it, drafts that were of no use in this way, what of cabinets cannot be used, or what of the
    /// marketplace is not as before.
    pub count: u32,
}

/// What was found, where it is worth an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// How urgent it is.
    pub severity: AlertSeverity,
    /// Replies, drafts, cabinets, channels, items, changes, models or read models in all.
    pub count: u32,
    /// Why, the most frequent reason first.
    pub causes: Vec<AlertCause>,
}

/// How far back failed replies count.
pub const FAILURES_WITHIN: TimeDelta = TimeDelta::hours(1);

/// Failed replies within that time that are no alarm yet (ruling C-7, F232).
pub const FAILURES_BELOW_WARNING: u32 = 3;

/// Failed replies within that time that are a warning and no more (ruling C-7, F231).
pub const FAILURES_BELOW_CRITICAL: u32 = 5;

/// Judges the replies that failed within [`FAILURES_WITHIN`], each counted once; none where they are no alarm.
#[must_use]
pub fn failed_replies(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = sum(&causes);
    if count <= FAILURES_BELOW_WARNING {
        return None;
    }
    let severity = if count <= FAILURES_BELOW_CRITICAL {
        AlertSeverity::Warning
    } else {
        AlertSeverity::Critical
    };
    Some(Alarm { severity, count, causes })
}

/// Judges cabinets whose keys marketplaces do not accept: nothing of them is read or answered; none where there are none.
#[must_use]
pub fn access_lost(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = sum(&causes);
    (count > 0).then_some(Alarm { severity: AlertSeverity::Critical, count, causes })
}

/// How long reading of a channel may fail before that is an alarm: an outage of a marketplace is over by then, mostly.
pub const BEHIND_WARNING: TimeDelta = TimeDelta::hours(1);

/// How long until somebody must look now: buyers of an urgent interaction would wait for half a day.
pub const BEHIND_CRITICAL: TimeDelta = TimeDelta::hours(6);

/// Judges channels whose reading has failed for [`BEHIND_WARNING`] at least, the one that fails longest for `longest`;
/// none where there are none.
#[must_use]
pub fn reading_behind(causes: Vec<AlertCause>, longest: TimeDelta) -> Option<Alarm> {
    let count = sum(&causes);
    let severity =
        if longest < BEHIND_CRITICAL { AlertSeverity::Warning } else { AlertSeverity::Critical };
    (count > 0).then_some(Alarm { severity, count, causes })
}

/// Items that could not be read and are a warning and no more: a handful is an odd item, more is another shape of what a
/// marketplace gives (N21).
pub const UNREAD_BELOW_CRITICAL: u32 = 20;

/// Judges items that marketplaces gave and that could not be read; none where there are none.
#[must_use]
pub fn items_unread(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = sum(&causes);
    let severity = if count <= UNREAD_BELOW_CRITICAL {
        AlertSeverity::Warning
    } else {
        AlertSeverity::Critical
    };
    (count > 0).then_some(Alarm { severity, count, causes })
}

/// Judges what of marketplaces is not as before ([`drift`](super::drift)); none where all is.
#[must_use]
pub fn marketplace_changed(causes: Vec<AlertCause>) -> Option<Alarm> {
    let count = sum(&causes);
    (count > 0).then_some(Alarm { severity: AlertSeverity::Warning, count, causes })
}

/// How long before its end a model is a warning, and from when on somebody must name another one now.
pub const MODEL_ENDS_WARNING: TimeDelta = TimeDelta::days(60);
/// See [`MODEL_ENDS_WARNING`].
pub const MODEL_ENDS_CRITICAL: TimeDelta = TimeDelta::days(14);

/// How the provider says that the language model stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelStanding {
    /// It is there.
    Served {
        /// Until when, where an end is announced.
        until: Option<DateTime<Utc>>,
    },
    /// The provider has no such model.
    Unknown,
}

/// Judges how the model stands at `now`; none where it has [`MODEL_ENDS_WARNING`] at least.
#[must_use]
pub fn model_ending(standing: ModelStanding, now: DateTime<Utc>) -> Option<Alarm> {
    let (cause, severity) = match standing {
        ModelStanding::Unknown => ("model_unknown", AlertSeverity::Critical),
        ModelStanding::Served { until } => match until? - now {
            left if left < MODEL_ENDS_CRITICAL => ("model_ends", AlertSeverity::Critical),
            left if left < MODEL_ENDS_WARNING => ("model_ends", AlertSeverity::Warning),
            _ => return None,
        },
    };
    let causes = vec![AlertCause { cause: cause.to_owned(), count: 1 }];
    Some(Alarm { severity, count: 1, causes })
}

/// How long what happened may be missing in a read model before that is a warning, and before it is critical. Read models
/// follow within seconds; minutes are an upgrade that makes one anew, or nobody at work.
pub const LAG_WARNING: TimeDelta = TimeDelta::minutes(5);
/// See [`LAG_WARNING`].
pub const LAG_CRITICAL: TimeDelta = TimeDelta::minutes(30);

/// How far a read model is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lag {
    /// How old the oldest event is that is missing in it.
    pub age: TimeDelta,
    /// For how long whoever looks has seen something missing. After an outage, and where a new read model begins with the
    /// first event, what is missing is old at once, and there within seconds.
    pub seen_for: TimeDelta,
}

/// Judges how far read models are behind, and how many of the seller's interactions, bulks and so on one of them left out
/// since it could not apply an event of theirs; none where that is no alarm.
///
/// What is `known` already lasts while events as old as that are missing, however short whoever looks now has looked.
#[must_use]
pub fn read_models_behind(
    lags: &[Lag],
    left_out: u32,
    known: Option<AlertSeverity>,
) -> Option<Alarm> {
    let seen: Vec<_> = lags.iter().map(|lag| lag.age.min(lag.seen_for)).collect();
    let ages: Vec<_> = lags.iter().map(|lag| lag.age).collect();
    let found = behind(&seen, left_out);
    let lasting = behind(&ages, left_out)
        .zip(known)
        .map(|(alarm, known)| Alarm { severity: alarm.severity.min(known), ..alarm });
    if lasting.as_ref().map(|it| it.severity) > found.as_ref().map(|it| it.severity) {
        lasting
    } else {
        found
    }
}

fn behind(lags: &[TimeDelta], left_out: u32) -> Option<Alarm> {
    let late = lags.iter().filter(|lag| **lag >= LAG_WARNING).count();
    let late = u32::try_from(late).unwrap_or(u32::MAX);
    let causes = [("read_models_late", late), ("left_out", left_out)].into_iter();
    let causes = causes.filter(|(_, count)| *count > 0);
    let causes: Vec<_> =
        causes.map(|(cause, count)| AlertCause { cause: cause.to_owned(), count }).collect();
    let is_long = lags.iter().any(|lag| *lag >= LAG_CRITICAL);
    let severity = if is_long { AlertSeverity::Critical } else { AlertSeverity::Warning };
    let count = sum(&causes);
    (count > 0).then_some(Alarm { severity, count, causes })
}

fn sum(causes: &[AlertCause]) -> u32 {
    causes.iter().map(|cause| cause.count).fold(0, u32::saturating_add)
}

/// How far back drafts count that operators judged.
pub const ACCEPTED_WITHIN: TimeDelta = TimeDelta::days(7);

/// How many of them count, the latest.
pub const ACCEPTED_AMONG: u32 = 50;

/// Fewer of them tell nothing: with ten, five unlucky ones are no more than chance.
pub const ACCEPTED_AMONG_MIN: u32 = 20;

/// What operators did with the latest drafts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Judged {
    /// They went out as they were, or with a slight edit.
    pub good: u32,
    /// They went out with more than that.
    pub edited: u32,
    /// Another text went out.
    pub rewritten: u32,
    /// They were dismissed.
    pub dismissed: u32,
}

/// Judges the latest [`ACCEPTED_AMONG`] drafts within [`ACCEPTED_WITHIN`]; none where at least half of them were good
/// (F233), or there are too few to tell.
#[must_use]
pub fn accept_rate_low(judged: Judged) -> Option<Alarm> {
    let Judged { good, edited, rewritten, dismissed } = judged;
    let bad = edited.saturating_add(rewritten).saturating_add(dismissed);
    if good.saturating_add(bad) < ACCEPTED_AMONG_MIN || good >= bad {
        return None;
    }
    let named =
        [("draft_edited", edited), ("draft_rewritten", rewritten), ("draft_dismissed", dismissed)];
    let causes = named.into_iter().filter(|(_, count)| *count > 0);
    let mut causes: Vec<_> =
        causes.map(|(cause, count)| AlertCause { cause: cause.to_owned(), count }).collect();
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
    Some(Alarm { severity: AlertSeverity::Warning, count: bad, causes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u32) -> Vec<AlertCause> {
        vec![AlertCause { cause: "ozon".to_owned(), count }]
    }

    #[test]
    fn what_of_cabinets_cannot_be_used_alarms_by_how_long_and_how_much() {
        let severity = |alarm: Option<Alarm>| alarm.map(|alarm| alarm.severity);
        assert_eq!(access_lost(vec![]), None);
        assert_eq!(severity(access_lost(of(1))), Some(AlertSeverity::Critical));
        let behind = |hours| severity(reading_behind(of(2), TimeDelta::hours(hours)));
        assert_eq!(behind(5), Some(AlertSeverity::Warning));
        assert_eq!(behind(6), Some(AlertSeverity::Critical));
        assert_eq!(reading_behind(vec![], TimeDelta::hours(7)), None);
        assert_eq!(items_unread(vec![]), None);
        assert_eq!(severity(items_unread(of(20))), Some(AlertSeverity::Warning));
        assert_eq!(severity(items_unread(of(21))), Some(AlertSeverity::Critical));
    }

    #[test]
    fn a_model_alarms_before_its_end_and_once_it_is_gone() {
        let now = DateTime::UNIX_EPOCH;
        let served = |days| ModelStanding::Served { until: Some(now + TimeDelta::days(days)) };
        let of = |standing| {
            let alarm = model_ending(standing, now)?;
            Some((alarm.severity, alarm.causes[0].cause.clone()))
        };
        let ends = |severity| Some((severity, "model_ends".to_owned()));
        assert_eq!(of(ModelStanding::Served { until: None }), None);
        assert_eq!(of(served(60)), None);
        assert_eq!(of(served(59)), ends(AlertSeverity::Warning));
        assert_eq!(of(served(14)), ends(AlertSeverity::Warning));
        assert_eq!(of(served(13)), ends(AlertSeverity::Critical));
        assert_eq!(of(served(-1)), ends(AlertSeverity::Critical));
        let unknown = (AlertSeverity::Critical, "model_unknown".to_owned());
        assert_eq!(of(ModelStanding::Unknown), Some(unknown));
    }

    #[test]
    fn read_models_alarm_when_they_are_minutes_behind_or_leave_something_out() {
        let of = |minutes: &[i64], left_out| {
            let lag = |age| Lag { age, seen_for: age };
            let lags: Vec<_> = minutes.iter().map(|it| lag(TimeDelta::minutes(*it))).collect();
            read_models_behind(&lags, left_out, None).map(|alarm| (alarm.severity, alarm.count))
        };
        assert_eq!(of(&[0, 4], 0), None);
        assert_eq!(of(&[5, 29, 1], 0), Some((AlertSeverity::Warning, 2)));
        assert_eq!(of(&[5, 30, 1], 0), Some((AlertSeverity::Critical, 2)));
        assert_eq!(of(&[0], 3), Some((AlertSeverity::Warning, 3)));
        assert_eq!(of(&[30], 1), Some((AlertSeverity::Critical, 2)));
    }

    #[test]
    fn old_events_alarm_when_they_were_seen_missing_and_whoever_comes_later_ends_nothing() {
        use AlertSeverity::{Critical, Warning};
        let of = |age, seen_for, known| {
            let (age, seen_for) = (TimeDelta::minutes(age), TimeDelta::minutes(seen_for));
            let alarm = read_models_behind(&[Lag { age, seen_for }], 0, known);
            alarm.map(|alarm| alarm.severity)
        };
        assert_eq!(
            [0, 4, 5, 29, 30].map(|seen| of(600, seen, None)),
            [None, None, Some(Warning), Some(Warning), Some(Critical)]
        );
        assert_eq!(of(600, 0, Some(Critical)), Some(Critical));
        assert_eq!(of(600, 0, Some(Warning)), Some(Warning), "it has not seen that it is worse");
        assert_eq!(of(600, 30, Some(Warning)), Some(Critical));
        assert_eq!(of(29, 0, Some(Critical)), Some(Warning));
        assert_eq!(of(4, 4, Some(Critical)), None);
    }

    #[test]
    fn less_than_half_of_enough_drafts_warns() {
        let judged = |good, edited, rewritten| Judged { good, edited, rewritten, dismissed: 1 };
        assert_eq!(accept_rate_low(judged(10, 4, 5)), None, "half of them are good");
        assert_eq!(accept_rate_low(judged(0, 9, 9)), None, "19 are too few to tell");
        let alarm = accept_rate_low(judged(9, 4, 6)).unwrap();
        assert_eq!((alarm.severity, alarm.count), (AlertSeverity::Warning, 11));
        let causes: Vec<_> = alarm.causes.iter().map(|it| (&*it.cause, it.count)).collect();
        assert_eq!(causes, [("draft_rewritten", 6), ("draft_edited", 4), ("draft_dismissed", 1)]);
    }

    #[test]
    fn more_than_three_failures_warn_and_more_than_five_are_critical() {
        let severity = |counts: &[u32]| {
            let cause = |count: &u32| AlertCause { cause: "bad_request".into(), count: *count };
            failed_replies(counts.iter().map(cause).collect()).map(|alarm| alarm.severity)
        };
        let (warning, critical) = (Some(AlertSeverity::Warning), Some(AlertSeverity::Critical));
        assert_eq!([0, 3].map(|count| severity(&[count])), [None, None]);
        assert_eq!([4, 5].map(|count| severity(&[count])), [warning, warning]);
        assert_eq!(severity(&[6]), critical);
        assert_eq!(severity(&[3, 3]), critical, "whatever the causes");
        assert_eq!(severity(&[u32::MAX, 1]), critical);
    }
}

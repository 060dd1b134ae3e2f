use chrono::TimeZone as _;
use chrono_tz::Europe;
use proptest::prelude::*;

use super::*;

const KIND: AlertKind = AlertKind::FailedReplies;

const ANY: Wish = Wish { least: AlertSeverity::Warning, quiet: None };

const URGENT: Wish = Wish { least: AlertSeverity::Critical, quiet: None };

fn at(minutes: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 2, 9, 0, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn raised(severity: AlertSeverity) -> SellerEvent {
    let causes = vec![AlertCause { cause: "bad_request".into(), count: 4 }];
    SellerEvent::AlertRaised { kind: KIND, alarm: Alarm { severity, count: 4, causes } }
}

fn cleared() -> SellerEvent {
    SellerEvent::AlertCleared { kind: KIND }
}

fn standings(events: &[(SellerEvent, i64)]) -> Standings {
    let mut standings = Standings::default();
    for (event, minutes) in events {
        standings.apply(event, at(*minutes));
    }
    standings
}

fn told(severity: AlertSeverity) -> Told {
    Told::from([(KIND, severity)])
}

fn changes(due: &Due) -> Vec<Change> {
    due.news.iter().map(|news| news.change).collect()
}

#[test]
fn what_may_have_arrived_is_repeated_while_it_is_news_and_may_be_told() {
    let night = Wish { least: AlertSeverity::Warning, quiet: QuietHours::new(22 * 60, 8 * 60) };
    let began = standings(&[(raised(AlertSeverity::Warning), 0)]);
    let news = due(ANY, Tz::UTC, &Told::new(), &began, at(1)).news;
    let of = |wish, standings: &Standings, minutes| {
        repetition(wish, Tz::UTC, &Told::new(), standings, (&news, at(minutes)))
    };
    let by_night = 14 * 60;
    assert_eq!(of(ANY, &began, 2), Repetition::Now);
    assert_eq!(of(night, &began, 2), Repetition::Now);
    assert_eq!(of(night, &began, by_night), Repetition::Later);
    assert_eq!(of(URGENT, &began, 2), Repetition::Never, "nobody wants to hear it any more");
    let mut after = began.clone();
    after.apply(&raised(AlertSeverity::Critical), at(1));
    assert_eq!(of(night, &after, by_night), Repetition::Now);
    let mut after = began.clone();
    after.apply(&SellerEvent::AlertAcknowledged { kind: KIND }, at(1));
    assert_eq!(of(ANY, &after, 2), Repetition::Never);
    let mut after = began;
    after.apply(&cleared(), at(1));
    assert_eq!(of(ANY, &after, 2), Repetition::Never);
}

#[test]
fn what_began_is_told_once_and_its_end_when_it_has_lasted() {
    let mut standings = standings(&[(raised(AlertSeverity::Warning), 0)]);
    let first = due(ANY, Tz::UTC, &Told::new(), &standings, at(1));
    assert_eq!(changes(&first), [Change::Began]);
    assert_eq!((first.news[0].count, first.news[0].since), (4, at(0)));
    assert_eq!(first.told, told(AlertSeverity::Warning));
    assert_eq!(due(ANY, Tz::UTC, &first.told, &standings, at(500)).news, []);

    standings.apply(&cleared(), at(20));
    let soon = due(ANY, Tz::UTC, &first.told, &standings, at(29));
    assert_eq!((changes(&soon), soon.is_later), (vec![], true));
    let ended = due(ANY, Tz::UTC, &first.told, &standings, at(30));
    assert_eq!(changes(&ended), [Change::Ended]);
    assert_eq!((ended.news[0].since, ended.news[0].ended_at), (at(0), Some(at(20))));
    assert_eq!((ended.told, ended.is_later), (Told::new(), false));
}

#[test]
fn what_comes_and_goes_is_told_once() {
    let of_old = told(AlertSeverity::Warning);
    let again = standings(&[
        (raised(AlertSeverity::Warning), 0),
        (cleared(), 5),
        (raised(AlertSeverity::Warning), 9),
    ]);
    let due_again = due(ANY, Tz::UTC, &of_old, &again, at(10));
    assert_eq!((due_again.news, due_again.is_later), (vec![], false));
    // Nobody who was not told of it hears that it is over.
    let passed = standings(&[(raised(AlertSeverity::Warning), 0), (cleared(), 5)]);
    assert_eq!(due(ANY, Tz::UTC, &Told::new(), &passed, at(60)), Due::default());
}

#[test]
fn more_urgent_is_told_at_once_and_less_urgent_when_it_has_lasted() {
    let mut standings =
        standings(&[(raised(AlertSeverity::Warning), 0), (raised(AlertSeverity::Critical), 3)]);
    let worse = due(ANY, Tz::UTC, &told(AlertSeverity::Warning), &standings, at(3));
    assert_eq!(changes(&worse), [Change::MoreUrgent]);
    assert_eq!(worse.news[0].since, at(0), "it is the same alert");
    standings.apply(&raised(AlertSeverity::Warning), at(8));
    let soon = due(ANY, Tz::UTC, &worse.told, &standings, at(17));
    assert_eq!((changes(&soon), soon.is_later), (vec![], true));
    let better = due(ANY, Tz::UTC, &worse.told, &standings, at(18));
    assert_eq!(
        (changes(&better), better.told),
        (vec![Change::LessUrgent], told(AlertSeverity::Warning))
    );
}

#[test]
fn whoever_hears_of_the_urgent_only_hears_when_it_is_not_urgent_any_more() {
    let mut standings = standings(&[(raised(AlertSeverity::Warning), 0)]);
    assert_eq!(due(URGENT, Tz::UTC, &Told::new(), &standings, at(60)), Due::default());
    standings.apply(&raised(AlertSeverity::Critical), at(60));
    let began = due(URGENT, Tz::UTC, &Told::new(), &standings, at(60));
    assert_eq!(changes(&began), [Change::Began]);
    standings.apply(&raised(AlertSeverity::Warning), at(70));
    let better = due(URGENT, Tz::UTC, &began.told, &standings, at(80));
    assert_eq!((changes(&better), better.told), (vec![Change::LessUrgent], Told::new()));
}

#[test]
fn nobody_is_called_to_what_somebody_looks_after() {
    let looked_after = standings(&[
        (raised(AlertSeverity::Warning), 0),
        (SellerEvent::AlertAcknowledged { kind: KIND }, 1),
    ]);
    assert_eq!(due(ANY, Tz::UTC, &Told::new(), &looked_after, at(2)), Due::default());
    let mut worse = looked_after;
    worse.apply(&raised(AlertSeverity::Critical), at(5));
    let called = due(ANY, Tz::UTC, &Told::new(), &worse, at(5));
    assert_eq!(changes(&called), [Change::Began]);
}

#[test]
fn quiet_hours_keep_what_can_wait_and_let_the_urgent_through() {
    let quiet = QuietHours::new(22 * 60, 8 * 60);
    let night = Wish { quiet, ..ANY };
    // 21:00 in Moscow is 18:00 UTC: nine hours after the tests' beginning.
    let evening = 9 * 60;
    let warned = standings(&[(raised(AlertSeverity::Warning), evening + 61)]);
    let kept = due(night, Europe::Moscow, &Told::new(), &warned, at(evening + 61));
    assert_eq!((changes(&kept), kept.is_later), (vec![], true));
    let last = due(night, Europe::Moscow, &Told::new(), &warned, at(evening + 11 * 60 - 1));
    assert_eq!((changes(&last), last.is_later), (vec![], true));
    let morning = due(night, Europe::Moscow, &Told::new(), &warned, at(evening + 11 * 60));
    assert_eq!(changes(&morning), [Change::Began]);
    let urgent = standings(&[(raised(AlertSeverity::Critical), evening + 61)]);
    let called = due(night, Europe::Moscow, &Told::new(), &urgent, at(evening + 61));
    assert_eq!(changes(&called), [Change::Began]);
    let over =
        standings(&[(raised(AlertSeverity::Critical), evening + 61), (cleared(), evening + 62)]);
    let told_of = due(night, Europe::Moscow, &called.told, &over, at(evening + 200));
    assert_eq!((changes(&told_of), told_of.is_later), (vec![], true));
}

#[test]
fn quiet_hours_are_those_of_the_clock_on_the_wall() {
    let quiet = QuietHours::new(0, 3 * 60).unwrap();
    let local = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    // In the night to 25 October 2026 Berlin has the hour from two to three twice.
    assert!(quiet.hold(Europe::Berlin, local("2026-10-25T00:59:00Z")));
    assert!(quiet.hold(Europe::Berlin, local("2026-10-25T01:59:00Z")));
    assert!(!quiet.hold(Europe::Berlin, local("2026-10-25T02:00:00Z")));
    // In the night to 29 March it has none.
    assert!(quiet.hold(Europe::Berlin, local("2026-03-29T00:59:00Z")));
    assert!(!quiet.hold(Europe::Berlin, local("2026-03-29T01:00:00Z")));
    for (from, until) in [(60, 60), (1440, 60), (60, 1440)] {
        assert_eq!(QuietHours::new(from, until), None);
    }
}

proptest! {
    /// Whatever happens, and however often is looked, a recipient is told of no urgency twice in a row, of no end of what
    /// they were not told of, and knows in the end how things stand.
    #[test]
    fn nothing_is_told_twice_and_in_the_end_all_is_known(
        steps in proptest::collection::vec((0..4_u8, 0..25_i64), 0..40),
        hears_all in any::<bool>(),
        quiet in proptest::option::of((0..1440_u16, 0..1440_u16)),
    ) {
        let least = if hears_all { AlertSeverity::Warning } else { AlertSeverity::Critical };
        let quiet = quiet.and_then(|(from, until)| QuietHours::new(from, until));
        let wish = Wish { least, quiet };
        let mut standings = Standings::default();
        let mut known = Told::new();
        let mut minute = 0;
        let listen = |standings: &Standings, minute: i64, known: &mut Told| {
            let now = due(wish, Tz::UTC, known, standings, at(minute));
            for news in &now.news {
                let before = known.get(&KIND).copied();
                match news.change {
                    Change::Began => assert_eq!(before, None),
                    Change::MoreUrgent => assert_eq!(before, Some(AlertSeverity::Warning)),
                    Change::LessUrgent => assert_eq!(before, Some(AlertSeverity::Critical)),
                    Change::Ended => assert!(before.is_some()),
                }
            }
            *known = now.told;
        };
        let mut last = None;
        for (step, pause) in steps {
            minute += pause;
            match step {
                0 => standings.apply(&cleared(), at(minute)),
                1 => standings.apply(&raised(AlertSeverity::Warning), at(minute)),
                2 => standings.apply(&raised(AlertSeverity::Critical), at(minute)),
                _ => (),
            }
            match step {
                0 => last = None,
                1 => last = Some(AlertSeverity::Warning),
                2 => last = Some(AlertSeverity::Critical),
                _ => (),
            }
            listen(&standings, minute, &mut known);
        }
        // A day on, quiet hours have been and gone, however long they are.
        for later in 0..=1_450 {
            listen(&standings, minute + later, &mut known);
        }
        let heard = last.filter(|severity| hears_all || *severity == AlertSeverity::Critical);
        prop_assert_eq!(known.get(&KIND).copied(), heard);
    }
}

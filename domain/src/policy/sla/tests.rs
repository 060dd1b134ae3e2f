mod courses;
mod history;
mod simulated;

use chrono::{NaiveDate, NaiveDateTime, TimeZone as _};
use chrono_tz::{Europe, Tz};

use super::*;
use crate::policy::assessment;
use crate::sla::{Hours, Minutes, Rules, Shift};

const WORK: Shift = Shift { from: 540, to: 1_080 };

/// Nine to six with an hour for lunch from Monday to Friday, in Moscow.
fn office() -> Sla {
    let day = vec![Shift { from: 540, to: 780 }, Shift { from: 840, to: 1_080 }];
    let week = std::array::from_fn(|weekday| if weekday < 5 { day.clone() } else { vec![] });
    Sla { hours: Hours { week, ..Hours::default() }, ..Sla::default() }
}

fn local(zone: Tz, at: &str) -> DateTime<Utc> {
    let at = NaiveDateTime::parse_from_str(at, "%Y-%m-%d %H:%M").unwrap();
    zone.from_local_datetime(&at).earliest().unwrap().to_utc()
}

fn moscow(at: &str) -> DateTime<Utc> {
    local(Europe::Moscow, at)
}

/// What a buyer writes in a chat.
fn promised(sla: &Sla, since: DateTime<Utc>, text: &str) -> Deadline {
    of_stars(sla, Channel::Chat, None, since, text)
}

fn of_stars(
    sla: &Sla,
    channel: Channel,
    rating: Option<u8>,
    since: DateTime<Utc>,
    text: &str,
) -> Deadline {
    let analysis = assessment::of_words(channel, rating, text);
    deadline(sla, 7, &Wait { channel, rating, analysis: &analysis, since, text })
}

#[test]
fn around_the_clock_the_matrix_decides() {
    let since = moscow("2026-03-10 03:00");
    for (text, priority, answer_by) in [
        ("Пришёл сломанный", Priority::Urgent, "2026-03-10 03:30"),
        ("Подскажите, какой размер брать?", Priority::High, "2026-03-10 04:00"),
        ("Ау", Priority::Normal, "2026-03-10 07:00"),
        ("Спасибо большое", Priority::Low, "2026-03-11 03:00"),
    ] {
        let given = promised(&Sla::default(), since, text);
        let expected = (priority, 7, None, moscow(answer_by));
        assert_eq!((given.priority, given.policy, given.rule, given.answer_by), expected, "{text}");
    }
    let urgent = promised(&Sla::default(), since, "Пришёл сломанный");
    assert_eq!(urgent.warn_at, since, "it has no more time than that before its deadline");
}

#[test]
fn working_time_stands_still_at_lunch_at_night_and_on_days_off() {
    let sla = office();
    for (since, answer_by, warn_at) in [
        // Two hours before lunch, two after.
        ("2026-03-10 11:00", "2026-03-10 16:00", "2026-03-10 15:30"),
        // Four hours end with the morning.
        ("2026-03-10 09:00", "2026-03-10 13:00", "2026-03-10 12:30"),
        // Friday afternoon, Monday morning.
        ("2026-03-13 16:00", "2026-03-16 11:00", "2026-03-16 10:30"),
        // Half of it again for what comes at night: six hours from the morning on.
        ("2026-03-10 02:00", "2026-03-10 16:00", "2026-03-10 15:30"),
        ("2026-03-14 12:00", "2026-03-16 16:00", "2026-03-16 15:30"),
        // But not for what comes at lunch.
        ("2026-03-10 13:30", "2026-03-10 18:00", "2026-03-10 17:30"),
    ] {
        let given = promised(&sla, moscow(since), "Ау");
        assert_eq!(
            (given.answer_by, given.warn_at),
            (moscow(answer_by), moscow(warn_at)),
            "{since}"
        );
    }
}

#[test]
fn what_has_no_time_to_warn_in_is_warned_of_when_work_begins() {
    let mut sla = office();
    sla.off_hours.factor_percent = 100;
    let given = promised(&sla, moscow("2026-03-14 12:00"), "Пришёл сломанный");
    let begins = moscow("2026-03-16 09:00");
    assert_eq!((given.warn_at, given.answer_by), (begins, moscow("2026-03-16 09:30")));
}

#[test]
fn the_wall_clock_never_stands_still() {
    let sla = Sla { clock: Clock::WallClock, ..office() };
    let by_day = promised(&sla, moscow("2026-03-13 17:30"), "Ау");
    assert_eq!(by_day.answer_by, moscow("2026-03-13 21:30"));
    let by_night = promised(&sla, moscow("2026-03-13 22:00"), "Ау");
    assert_eq!(by_night.answer_by, moscow("2026-03-14 04:00"), "half as long again");
}

#[test]
fn what_comes_outside_of_hours_moves_as_the_seller_says() {
    for (level_shift, priority, minutes) in [
        (0, Priority::Normal, 240),
        (1, Priority::High, 60),
        (2, Priority::Urgent, 30),
        (3, Priority::Urgent, 30),
        (-1, Priority::Low, 1_440),
        (-3, Priority::Low, 1_440),
    ] {
        let off_hours = OffHours { factor_percent: 100, level_shift };
        let sla = Sla { clock: Clock::WallClock, off_hours, ..office() };
        let since = moscow("2026-03-10 02:00");
        let given = promised(&sla, since, "Ау");
        let expected = (priority, since + TimeDelta::minutes(minutes));
        assert_eq!((given.priority, given.answer_by), expected, "{level_shift}");
        let by_day = promised(&sla, moscow("2026-03-10 10:00"), "Ау");
        assert_eq!(by_day.priority, Priority::Normal);
    }
}

#[test]
fn stars_come_before_words() {
    let rule = |phrase: &str, priority, minutes| Rule {
        phrases: vec![phrase.to_owned()],
        channel: None,
        priority,
        minutes,
    };
    let rules = Rules::new(vec![
        rule("возврат", Priority::Urgent, 15),
        rule("доставка", Priority::Low, 2_000),
    ]);
    let sla = Sla { rules, ..Sla::default() };
    let of = |channel, rating, text| {
        let given = of_stars(&sla, channel, rating, moscow("2026-03-10 12:00"), text);
        (given.priority, given.rule)
    };
    let content = "Всё отлично, возврат не понадобился";
    assert_eq!(of(Channel::Review, Some(5), content), (Priority::Low, None));
    assert_eq!(of(Channel::Review, Some(4), content), (Priority::Low, None));
    assert_eq!(of(Channel::Review, Some(3), "Оформила возврат"), (Priority::Urgent, Some(1)));
    let slow = "Доставка ужасная";
    assert_eq!(of(Channel::Review, Some(1), slow), (Priority::High, None), "no less urgent");
    assert_eq!(of(Channel::Chat, None, "Есть ли доставка?"), (Priority::Low, Some(2)));
}

#[test]
fn days_that_are_different_are_followed_by_the_others() {
    let mut sla = office();
    let date = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    sla.hours.holidays.insert(date(11), vec![]);
    sla.hours.holidays.insert(date(14), vec![WORK]);
    let of = |since| promised(&sla, moscow(since), "Ау").answer_by;
    assert_eq!(of("2026-03-10 17:00"), moscow("2026-03-12 12:00"));
    assert_eq!(of("2026-03-13 17:00"), moscow("2026-03-14 12:00"), "a Saturday that is worked on");
}

#[test]
fn a_night_belongs_to_the_day_it_began_on() {
    let night = Shift { from: 1_320, to: 360 };
    let mut week: [Vec<Shift>; 7] = Default::default();
    week[4] = vec![night];
    let mut sla = Sla { hours: Hours { week, ..Hours::default() }, ..Sla::default() };
    sla.hours.holidays.insert(NaiveDate::from_ymd_opt(2026, 3, 14).unwrap(), vec![]);
    let given = promised(&sla, moscow("2026-03-13 23:00"), "Ау");
    assert_eq!(given.answer_by, moscow("2026-03-14 03:00"));
    let next = promised(&sla, moscow("2026-03-14 05:00"), "Ау");
    assert_eq!(
        next.answer_by,
        moscow("2026-03-21 01:00"),
        "an hour on Saturday, three a week later"
    );
}

#[test]
fn clocks_that_are_turned_neither_add_nor_take_working_time() {
    let zone = Europe::Berlin;
    let mut sla = Sla::default();
    sla.hours.zone = zone;
    sla.hours.week = std::array::from_fn(|_| vec![Shift { from: 0, to: 240 }]);
    let of = |since| promised(&sla, local(zone, since), "Ау").answer_by;
    // Two o'clock is three: the shift has three hours, and the fourth comes the night after.
    assert_eq!(of("2026-03-29 00:00"), local(zone, "2026-03-30 01:00"));
    // Three o'clock is two again: the shift has five.
    assert_eq!(of("2026-10-25 00:00"), local(zone, "2026-10-25 03:00"));
}

#[test]
fn an_hour_that_came_twice_is_worked_twice_but_for_what_is_off() {
    let zone = Europe::Berlin;
    let mut sla = Sla { minutes: Minutes { normal: 60, ..Minutes::default() }, ..Sla::default() };
    sla.hours.zone = zone;
    sla.hours.week = std::array::from_fn(|_| vec![Shift { from: 120, to: 150 }]);
    let since = local(zone, "2026-10-25 02:00");
    // 02:00–02:30 in summer, and again in winter.
    assert_eq!(promised(&sla, since, "Ау").answer_by, since + TimeDelta::minutes(90));
    // The hour that was left out is worked by nobody: the next two nights, then.
    let since = local(zone, "2026-03-29 01:00");
    sla.off_hours.factor_percent = 100;
    assert_eq!(promised(&sla, since, "Ау").answer_by, local(zone, "2026-03-31 02:30"));
}

#[test]
fn a_deadline_comes_whatever_the_policy() {
    let mut never = Sla::default();
    never.hours.week = Default::default();
    let since = moscow("2026-03-10 12:00");
    let given = promised(&never, since, "Ау");
    assert_eq!(given.answer_by, since + TimeDelta::minutes(360), "by the wall clock");
    let mut seldom = Sla { minutes: Minutes { normal: 10_080, ..Minutes::default() }, ..never };
    seldom.minutes.low = 10_080;
    seldom.off_hours.factor_percent = 500;
    seldom.hours.week[0] = vec![Shift { from: 540, to: 600 }];
    let given = promised(&seldom.checked().unwrap(), since, "Ау");
    // 840 Mondays.
    assert_eq!(given.answer_by, moscow("2042-04-14 10:00"));
    for edge in [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC] {
        let given = promised(&office(), edge, "Ау");
        assert!(given.answer_by >= edge && given.warn_at >= edge);
    }
}

#[test]
fn an_explanation_tells_every_pause_and_why() {
    let mut sla = office();
    sla.hours.holidays.insert(NaiveDate::from_ymd_opt(2026, 3, 9).unwrap(), vec![]);
    let given = promised(&sla, moscow("2026-03-06 12:00"), "Ау");
    assert_eq!(given.answer_by, moscow("2026-03-06 17:00"));
    let thanks = promised(&sla, moscow("2026-03-06 17:00"), "Спасибо большое");
    let told = explain(&sla, &thanks);
    assert_eq!((told.policy, told.priority, told.minutes), (7, Priority::Low, 1_440));
    assert_eq!((told.rule, told.off_hours, told.clock), (None, None, Clock::WorkingTime));
    let pauses: Vec<_> =
        told.pauses.iter().map(|pause| (pause.from, pause.reason)).take(6).collect();
    assert_eq!(
        pauses,
        [
            (moscow("2026-03-06 18:00"), PauseReason::Night),
            (moscow("2026-03-07 00:00"), PauseReason::Weekend),
            (moscow("2026-03-09 00:00"), PauseReason::Holiday),
            (moscow("2026-03-10 00:00"), PauseReason::Night),
            (moscow("2026-03-10 13:00"), PauseReason::Lunch),
            (moscow("2026-03-10 18:00"), PauseReason::Night),
        ]
    );
    let waited = thanks.answer_by - thanks.since;
    assert_eq!(told.paused + TimeDelta::minutes(1_440), waited);
    assert_eq!(told.pauses_left_out, 0);
}

#[test]
fn an_explanation_names_the_rule_and_what_is_different_at_night() {
    let rule = Rule {
        phrases: vec!["срочно".to_owned()],
        channel: None,
        priority: Priority::Urgent,
        minutes: 20,
    };
    let rules = Rules::new(vec![rule.clone()]);
    let sla = Sla { rules, clock: Clock::WallClock, ..office() };
    let since = moscow("2026-03-10 02:00");
    let given = promised(&sla, since, "Ответьте срочно!");
    assert_eq!(given.answer_by, since + TimeDelta::minutes(30));
    let told = explain(&sla, &given);
    assert_eq!((told.rule, told.minutes), (Some((1, rule)), 20));
    assert_eq!((told.off_hours, told.pauses), (Some(sla.off_hours), vec![]));
}

//! Deadlines held against a clock that goes on minute by minute, and asks of each whether somebody works in it.

use chrono::{Datelike as _, NaiveTime};
use chrono_tz::{Africa, America, Asia, Australia, Pacific};
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

/// Zones whose clocks are turned by an hour, by half of one, by a day, not at all, in the month of fasting, and by no
/// whole hours.
const ZONES: &[Tz] = &[
    Europe::Moscow,
    Europe::Berlin,
    America::New_York,
    America::St_Johns,
    America::Sao_Paulo,
    Australia::Lord_Howe,
    Asia::Kathmandu,
    Africa::Casablanca,
    Pacific::Apia,
];

/// Days around which clocks are turned, years end, and February has a day more.
const DAYS: &[(i32, u32, u32)] = &[
    (2024, 2, 27),
    (2024, 3, 9),
    (2024, 3, 30),
    (2024, 4, 5),
    (2024, 10, 5),
    (2024, 10, 26),
    (2024, 11, 2),
    (2026, 12, 30),
    (2027, 2, 27),
    (2018, 2, 16),
    (2011, 12, 29),
    (2014, 10, 25),
];

/// Working intervals of a day, some of them over midnight and some within the hour that clocks are turned in.
const PLANS: &[&[(u16, u16)]] = &[
    &[],
    &[(540, 1_080)],
    &[(540, 780), (840, 1_080)],
    &[(1_320, 360)],
    &[(1_200, 60)],
    &[(0, 1_440)],
    &[(30, 135), (165, 210)],
    &[(120, 150)],
    &[(481, 482), (483, 540), (1_439, 1_440)],
];

fn plan() -> impl Strategy<Value = Vec<Shift>> {
    let shifts = |plan: &[(u16, u16)]| {
        plan.iter().map(|(from, to)| Shift { from: *from, to: *to }).collect()
    };
    select(PLANS).prop_map(shifts)
}

fn day() -> impl Strategy<Value = NaiveDate> {
    let date = |(year, month, day)| NaiveDate::from_ymd_opt(year, month, day).unwrap();
    select(DAYS).prop_map(date)
}

fn policy(first: NaiveDate) -> impl Strategy<Value = Sla> {
    let week = proptest::array::uniform7(plan());
    let holidays = btree_map(0..12_u64, plan(), 0..4);
    let rest = (select(ZONES), 1..120_u32, select(&[100_u16, 150, 200][..]), 0..60_u32);
    (week, holidays, rest).prop_filter_map("cannot be", move |(week, holidays, rest)| {
        let (zone, half, factor_percent, warn_before_minutes) = rest;
        // Even, so that half as long again is whole minutes.
        let minutes = 2 * half;
        let minutes = Minutes { urgent: minutes, high: minutes, normal: minutes, low: minutes };
        let of_date = |(days, plan)| (first + chrono::Days::new(days), plan);
        let holidays = holidays.into_iter().map(of_date).collect();
        let off_hours = OffHours { factor_percent, level_shift: 0 };
        let hours = Hours { zone, week, holidays };
        let sla = Sla { minutes, hours, off_hours, warn_before_minutes, ..Sla::default() };
        sla.checked().ok()
    })
}

/// Tells whether somebody works while the clock on the wall shows this.
fn is_worked(hours: &Hours, local: NaiveDateTime) -> bool {
    let weekday = |date: NaiveDate| date.weekday().num_days_from_monday() as usize;
    let shifts_of = |date| hours.holidays.get(&date).unwrap_or(&hours.week[weekday(date)]);
    let is_in = |day: NaiveDate, shift: &Shift| {
        let begins = day.and_time(NaiveTime::MIN) + TimeDelta::minutes(shift.from.into());
        let minutes = (i64::from(shift.to) - i64::from(shift.from)).rem_euclid(1_440);
        let minutes = if minutes == 0 { 1_440 } else { minutes };
        begins <= local && local < begins + TimeDelta::minutes(minutes)
    };
    let today = local.date();
    let days = [today, today.pred_opt().unwrap()];
    days.into_iter().any(|day| shifts_of(day).iter().any(|shift| is_in(day, shift)))
}

/// Lets minutes pass until so many of them were worked.
fn simulated(sla: &Sla, since: DateTime<Utc>, minutes: i64) -> DateTime<Utc> {
    let mut now = since;
    let mut worked = 0;
    while worked < minutes {
        let local = now.with_timezone(&sla.hours.zone).naive_local();
        worked += i64::from(is_worked(&sla.hours, local));
        now += TimeDelta::minutes(1);
    }
    now
}

/// Whether it comes outside of working hours: not while somebody works, and not between two intervals of one day.
fn is_off(sla: &Sla, since: DateTime<Utc>) -> bool {
    let local = since.with_timezone(&sla.hours.zone).naive_local();
    if is_worked(&sla.hours, local) {
        return false;
    }
    let (shifts, _) = sla.hours.of(local.date());
    let minute = local.time().signed_duration_since(NaiveTime::MIN).num_minutes();
    let before = shifts.iter().any(|shift| shift.from < shift.to && i64::from(shift.to) <= minute);
    let after = shifts.iter().any(|shift| i64::from(shift.from) > minute);
    !(before && after)
}

fn asked() -> impl Strategy<Value = (Sla, DateTime<Utc>)> {
    day().prop_flat_map(|first| {
        let at = first.and_time(NaiveTime::MIN).and_utc();
        (policy(first), 0..4 * 1_440_i64)
            .prop_map(move |(sla, minute)| (sla, at + TimeDelta::minutes(minute)))
    })
}

proptest! {
    #[test]
    fn working_time_passes_as_it_does_minute_by_minute((sla, since) in asked()) {
        let given = promised(&sla, since, "Ау");
        let factor = if is_off(&sla, since) { sla.off_hours.factor_percent } else { 100 };
        let minutes = i64::from(sla.minutes.normal) * i64::from(factor) / 100;
        prop_assert_eq!(given.answer_by, simulated(&sla, since, minutes));
        let early = minutes - i64::from(sla.warn_before_minutes);
        if early > 0 {
            prop_assert_eq!(given.warn_at, simulated(&sla, since, early));
        } else {
            // The beginning of the first minute that is worked.
            prop_assert_eq!(given.warn_at, simulated(&sla, since, 1) - TimeDelta::minutes(1));
        }
    }

    #[test]
    fn pauses_are_all_the_time_that_nobody_works_in((sla, since) in asked()) {
        let given = promised(&sla, since, "Ау");
        let told = explain(&sla, &given);
        let mut off = 0;
        let mut now = since;
        while now < given.answer_by {
            let local = now.with_timezone(&sla.hours.zone).naive_local();
            let is_pause = told.pauses.iter().any(|pause| (pause.from..pause.until).contains(&now));
            let is_told = told.pauses_left_out == 0 || told.pauses.last().is_some_and(|last| now < last.until);
            if is_told {
                prop_assert_eq!(is_pause, !is_worked(&sla.hours, local), "{}", now);
            }
            off += i64::from(!is_worked(&sla.hours, local));
            now += TimeDelta::minutes(1);
        }
        prop_assert_eq!(told.paused, TimeDelta::minutes(off));
    }

    #[test]
    fn who_writes_later_is_answered_no_earlier((sla, since) in asked(), minutes in 1..3_000_i64) {
        // What comes at night has longer, so that only the same kind of time is compared.
        let sla = Sla { off_hours: OffHours { factor_percent: 100, level_shift: 0 }, ..sla };
        let (first, second) = (promised(&sla, since, "Ау"), promised(&sla, since + TimeDelta::minutes(minutes), "Ау"));
        prop_assert!(first.answer_by <= second.answer_by && first.warn_at <= first.answer_by);
    }
}

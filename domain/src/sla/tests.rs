use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::*;
use crate::guardrail::Fault;
use crate::value::Channel;

fn rule(phrases: &[&str]) -> Rule {
    Rule {
        phrases: phrases.iter().map(|phrase| (*phrase).to_owned()).collect(),
        channel: None,
        priority: Priority::High,
        minutes: 60,
    }
}

fn with_rules(rules: Vec<Rule>) -> Sla {
    Sla { rules: Rules::new(rules), ..Sla::default() }
}

/// Working intervals of the days from Monday on; nobody works on the others.
fn with_week(days: &[&[(u16, u16)]]) -> Sla {
    let mut week: [Vec<Shift>; 7] = Default::default();
    for (day, shifts) in week.iter_mut().zip(days) {
        *day = shifts.iter().map(|(from, to)| Shift { from: *from, to: *to }).collect();
    }
    Sla { hours: Hours { week, ..Hours::default() }, ..Sla::default() }
}

fn with_holiday(shifts: &[(u16, u16)]) -> (Sla, Day) {
    let date = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
    let shifts = shifts.iter().map(|(from, to)| Shift { from: *from, to: *to }).collect();
    let hours = Hours { holidays: BTreeMap::from([(date, shifts)]), ..Hours::default() };
    (Sla { hours, ..Sla::default() }, Day::Holiday(date))
}

#[test]
fn the_default_is_the_matrix_around_the_clock() {
    let sla = Sla::default();
    assert_eq!(
        Priority::VARIANTS.iter().map(|p| sla.minutes.of(*p)).collect::<Vec<_>>(),
        [30, 60, 240, 1_440]
    );
    assert_eq!(sla.clone().checked(), Ok(sla.clone()));
    assert_eq!(serde_json::from_str::<Sla>("{}").unwrap(), sla);
}

#[test]
fn what_cannot_be_is_named() {
    let usual = Sla::default;
    let minutes = |minutes| Sla { minutes, ..usual() };
    let off = |off_hours| Sla { off_hours, ..usual() };
    let default = Minutes::default;
    for (sla, error) in [
        (minutes(Minutes { urgent: 0, ..default() }), SlaError::Minutes(Priority::Urgent)),
        (minutes(Minutes { low: 10_081, ..default() }), SlaError::Minutes(Priority::Low)),
        (minutes(Minutes { high: 241, ..default() }), SlaError::Order(Priority::Normal)),
        (Sla { warn_before_minutes: 1_441, ..usual() }, SlaError::WarnBefore),
        (off(OffHours { factor_percent: 99, level_shift: 0 }), SlaError::Factor),
        (off(OffHours { factor_percent: 501, level_shift: 0 }), SlaError::Factor),
        (off(OffHours { factor_percent: 100, level_shift: -4 }), SlaError::LevelShift),
    ] {
        assert_eq!(sla.checked(), Err(error));
    }
}

#[test]
fn rules_are_few_and_have_words() {
    let fault = |rules| match with_rules(rules).checked() {
        Err(SlaError::Rule { index, fault }) => (index, fault),
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(vec![rule(&["брак"]), rule(&[])]), (1, RuleFault::NoWords));
    let blank = RuleFault::Phrase { index: 1, fault: Fault::Blank };
    assert_eq!(fault(vec![rule(&["брак", " !"])]), (0, blank));
    let long = RuleFault::Phrase { index: 0, fault: Fault::Long };
    assert_eq!(fault(vec![rule(&[&"я".repeat(101)])]), (0, long));
    let two = RuleFault::Comma { index: 0 };
    assert_eq!(fault(vec![rule(&["не работает, сломан"])]), (0, two));
    let never = Rule { minutes: 0, ..rule(&["брак"]) };
    assert_eq!(fault(vec![never]), (0, RuleFault::Minutes));
    let many = vec![rule(&["брак"]); RULES_MAX + 1];
    assert_eq!(with_rules(many).checked(), Err(SlaError::TooManyRules));
    let many = vec![rule(&["брак"; 51]); 4];
    assert_eq!(with_rules(many).checked(), Err(SlaError::TooManyWords));
    let tidied = with_rules(vec![rule(&[" брак "])]).checked().unwrap();
    assert_eq!(tidied.rules.as_slice(), [rule(&["брак"])]);
}

#[test]
fn the_first_rule_that_holds_decides() {
    let chat = Rule { channel: Some(Channel::Chat), ..rule(&["брак"]) };
    let rules = Rules::new(vec![chat, rule(&["где заказ", "сломать"]), rule(&["брак"])]);
    let first = |channel, text: &str| rules.first(channel, text, |_| true).map(|(n, _)| n);
    assert_eq!(first(Channel::Chat, "Пришёл с браком"), Some(1));
    assert_eq!(first(Channel::Question, "Пришёл с браком"), Some(3));
    assert_eq!(
        first(Channel::Chat, "Где мой заказ?"),
        None,
        "other words between are another phrase"
    );
    assert_eq!(first(Channel::Chat, "Где заказ? Брак?"), Some(1));
    assert_eq!(first(Channel::Review, "Молния сломалась, бракованная"), None);
    assert_eq!(first(Channel::Review, "Сломали при доставке"), Some(2));
    assert_eq!(first(Channel::Review, "Брачный наряд понравился"), None, "not a part of a word");
    assert_eq!(rules.clone(), rules);
    assert!(rules.bytes() > 0 && Rules::default().bytes() == 0);
}

#[test]
fn working_intervals_are_intervals() {
    let monday = |index| SlaError::Shift { day: Day::Weekday(0), index };
    for shifts in [&[(1_440, 60)], &[(0, 1_441)], &[(540, 540)], &[(540, 0)]] {
        assert_eq!(with_week(&[shifts]).checked(), Err(monday(0)));
    }
    let many = [(0, 60); SHIFTS_MAX + 1];
    assert_eq!(with_week(&[&many]).checked(), Err(SlaError::TooManyShifts(Day::Weekday(0))));
    let overlap = |day, index| SlaError::Overlap { day: Day::Weekday(day), index };
    assert_eq!(with_week(&[&[(600, 900), (540, 660)]]).checked(), Err(overlap(0, 0)));
    assert!(with_week(&[&[(540, 780), (780, 1_080)]]).checked().is_ok(), "they may touch");
}

#[test]
fn a_night_ends_before_the_next_morning_begins() {
    let overlap = |day| SlaError::Overlap { day: Day::Weekday(day), index: 0 };
    let night: &[(u16, u16)] = &[(1_320, 360)];
    assert_eq!(with_week(&[night, &[(300, 600)]]).checked(), Err(overlap(1)));
    assert!(with_week(&[night, &[(360, 600)]]).checked().is_ok());
    // The one from Sunday to Monday.
    let week: &[&[(u16, u16)]] = &[&[(300, 600)], &[], &[], &[], &[], &[], night];
    assert_eq!(with_week(week).checked(), Err(overlap(0)));
}

#[test]
fn somebody_works_some_time() {
    for week in [&[&[][..]][..], &[&[(540, 599)]]] {
        assert_eq!(with_week(week).checked(), Err(SlaError::TooLittleWork));
    }
    assert!(with_week(&[&[(540, 600)]]).checked().is_ok());
}

#[test]
fn a_day_that_is_different_has_intervals_or_none() {
    assert!(with_holiday(&[]).0.checked().is_ok());
    let (sla, day) = with_holiday(&[(600, 900), (840, 960)]);
    assert_eq!(sla.checked(), Err(SlaError::Overlap { day, index: 1 }));
    let (sla, day) = with_holiday(&[(600, 600)]);
    assert_eq!(sla.checked(), Err(SlaError::Shift { day, index: 0 }));
    let mut sla = Sla::default();
    let first = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
    sla.hours.holidays = first.iter_days().take(367).map(|date| (date, vec![])).collect();
    assert_eq!(sla.checked(), Err(SlaError::TooManyHolidays));
}

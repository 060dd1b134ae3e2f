//! The rules of a seller.

use std::collections::BTreeSet;

use cqrs_es::test::TestFramework;

use super::*;
use crate::automation::Stage;
use crate::guardrail::{Fault, List, Phrase, Severity};
use crate::policy::alert::{AlertCause, failed_replies};
use crate::sla::SlaError;

fn registered() -> SellerEvent {
    SellerEvent::SellerRegistered { name: "Ромашка".into() }
}

fn minutes_of(minutes: u16) -> Settings {
    Settings { reply_pending_window_minutes: minutes, ..Settings::default() }
}

fn change(minutes: u16) -> SellerCommand {
    SellerCommand::ChangeSettings { settings: minutes_of(minutes) }
}

#[test]
fn every_change_of_settings_is_the_next_version() {
    let first = SellerEvent::SettingsChanged { version: 1, settings: minutes_of(60) };
    TestFramework::<Seller>::with(())
        .given(vec![registered(), first])
        .when(change(90))
        .then_expect_events(vec![SellerEvent::SettingsChanged {
            version: 2,
            settings: minutes_of(90),
        }]);
}

#[test]
fn every_change_of_drafting_is_the_next_version_and_nobodys_is_lost() {
    let quiet = Drafting { ahead: false, ..Drafting::default() };
    let change = |replaces, drafting| SellerCommand::ChangeDrafting { replaces, drafting };
    let first = SellerEvent::DraftingChanged { version: 1, drafting: quiet.clone() };
    let given = || TestFramework::<Seller>::with(()).given(vec![registered(), first.clone()]);
    given().when(change(0, quiet.clone())).then_expect_events(vec![]);
    let second = SellerEvent::DraftingChanged { version: 2, drafting: Drafting::default() };
    given().when(change(1, Drafting::default())).then_expect_events(vec![second]);
    given()
        .when(change(0, Drafting::default()))
        .then_expect_error(SellerError::DraftingChanged { version: 1 });
    given()
        .when(change(1, Drafting { batch_size: 0, ..quiet }))
        .then_expect_error(SellerError::Drafting(DraftingError::BatchSize));
}

#[test]
fn automatic_replies_are_stopped_whatever_was_settled_meanwhile() {
    let pilot = Automation {
        stage: Stage::Pilot,
        backtest_id: Some(uuid::Uuid::from_u128(1)),
        ..Automation::default()
    };
    let of_pilot = SellerEvent::AutomationChanged { version: 4, automation: pilot };
    let back = SellerEvent::AutomationChanged { version: 5, automation: Automation::default() };
    let given = |events| TestFramework::<Seller>::with(()).given(events);
    given(vec![registered(), of_pilot.clone()])
        .when(SellerCommand::StopAutomation)
        .then_expect_events(vec![back.clone()]);
    given(vec![registered(), of_pilot, back])
        .when(SellerCommand::StopAutomation)
        .then_expect_events(vec![]);
}

#[test]
fn every_change_of_automation_is_the_next_version_and_nobodys_is_lost() {
    let fewer = Automation { per_day: 10, ..Automation::default() };
    let change = |replaces, automation| SellerCommand::ChangeAutomation {
        replaces,
        automation,
        evidence: None,
    };
    let first = SellerEvent::AutomationChanged { version: 1, automation: fewer.clone() };
    let given = || TestFramework::<Seller>::with(()).given(vec![registered(), first.clone()]);
    given().when(change(0, fewer.clone())).then_expect_events(vec![]);
    let second = SellerEvent::AutomationChanged { version: 2, automation: Automation::default() };
    given().when(change(1, Automation::default())).then_expect_events(vec![second]);
    given()
        .when(change(0, Automation::default()))
        .then_expect_error(SellerError::AutomationChanged { version: 1 });
    given()
        .when(change(1, Automation { stage: Stage::Backtested, ..fewer }))
        .then_expect_error(SellerError::Automation(AutomationError::NoBacktest));
}

#[test]
fn every_change_of_deadlines_is_the_next_version_and_nobodys_is_lost() {
    let later = Sla { warn_before_minutes: 15, ..Sla::default() };
    let change = |replaces, sla| SellerCommand::ChangeSla { replaces, sla };
    let first = SellerEvent::SlaChanged { version: 1, sla: later.clone() };
    let given = || TestFramework::<Seller>::with(()).given(vec![registered(), first.clone()]);
    given().when(change(0, later.clone())).then_expect_events(vec![]);
    let second = SellerEvent::SlaChanged { version: 2, sla: Sla::default() };
    given().when(change(1, Sla::default())).then_expect_events(vec![second]);
    given()
        .when(change(0, Sla::default()))
        .then_expect_error(SellerError::SlaChanged { version: 1 });
    given()
        .when(change(1, Sla { warn_before_minutes: 1_441, ..later }))
        .then_expect_error(SellerError::Sla(SlaError::WarnBefore));
}

#[test]
fn settings_as_they_stand_are_no_change() {
    TestFramework::<Seller>::with(())
        .given(vec![registered()])
        .when(change(180))
        .then_expect_events(vec![]);
}

#[test]
fn a_reply_is_held_for_half_a_minute_at_most() {
    let settings = Settings { reply_hold_seconds: 31, ..Settings::default() };
    TestFramework::<Seller>::with(())
        .given(vec![registered()])
        .when(SellerCommand::ChangeSettings { settings })
        .then_expect_error(SellerError::HoldOutOfRange);
}

#[test]
fn the_pending_window_is_at_most_a_day() {
    for minutes in [0, 1441] {
        TestFramework::<Seller>::with(())
            .given(vec![registered()])
            .when(change(minutes))
            .then_expect_error(SellerError::PendingWindowOutOfRange);
    }
}

fn lists(phrases: &[&str], exceptions: &[&str]) -> Guardrails {
    let phrase = |text: &&str| Phrase {
        text: (*text).to_owned(),
        severity: Severity::Error,
        channels: BTreeSet::new(),
        instead: None,
    };
    Guardrails {
        phrases: phrases.iter().map(phrase).collect(),
        exceptions: exceptions.iter().map(|text| (*text).to_owned()).collect(),
    }
}

fn guarded(version: u32, phrases: &[&str]) -> SellerEvent {
    SellerEvent::GuardrailsChanged { version, guardrails: lists(phrases, &["робот"]) }
}

fn guard(replaces: u32, phrases: &[&str]) -> SellerCommand {
    SellerCommand::ChangeGuardrails { replaces, guardrails: lists(phrases, &[" робот "]) }
}

#[test]
fn every_change_of_guardrails_is_the_next_version() {
    TestFramework::<Seller>::with(())
        .given(vec![registered()])
        .when(guard(0, &["скидка"]))
        .then_expect_events(vec![guarded(1, &["скидка"])]);
    TestFramework::<Seller>::with(())
        .given(vec![registered(), guarded(1, &["скидка"])])
        .when(guard(1, &[]))
        .then_expect_events(vec![guarded(2, &[])]);
}

#[test]
fn whoever_comes_second_with_guardrails_is_told() {
    let history = vec![registered(), guarded(1, &["скидка"])];
    TestFramework::<Seller>::with(())
        .given(history.clone())
        .when(guard(0, &["акция"]))
        .then_expect_error(SellerError::GuardrailsChanged { version: 1 });
    // What was carried out is no conflict, whoever repeats it.
    TestFramework::<Seller>::with(())
        .given(history)
        .when(guard(0, &["скидка"]))
        .then_expect_events(vec![]);
}

#[test]
fn guardrails_that_cannot_be_are_refused_by_entry() {
    let fault = Fault::Blank;
    let error = GuardrailsError::Entry { list: List::Phrases, index: 1, fault };
    TestFramework::<Seller>::with(())
        .given(vec![registered()])
        .when(guard(0, &["скидка", "…"]))
        .then_expect_error(error.into());
    TestFramework::<Seller>::with(())
        .given(vec![])
        .when(guard(0, &["скидка"]))
        .then_expect_error(SellerError::Unknown);
}

fn stopped(reason: Option<&str>) -> SellerEvent {
    SellerEvent::SendingStopped { reason: reason.map(str::to_owned) }
}

fn stop(reason: &str) -> SellerCommand {
    SellerCommand::StopSending { reason: Some(reason.to_owned()) }
}

#[test]
fn sending_is_stopped_and_resumed_once() {
    TestFramework::<Seller>::with(())
        .given(vec![registered()])
        .when(stop(" Проверяем цены \n"))
        .then_expect_events(vec![stopped(Some("Проверяем цены"))]);
    TestFramework::<Seller>::with(())
        .given(vec![registered(), stopped(None)])
        .when(stop("Ещё раз"))
        .then_expect_events(vec![]);
    TestFramework::<Seller>::with(())
        .given(vec![registered(), stopped(None)])
        .when(SellerCommand::ResumeSending)
        .then_expect_events(vec![SellerEvent::SendingResumed]);
    TestFramework::<Seller>::with(())
        .given(vec![registered(), stopped(None), SellerEvent::SendingResumed])
        .when(SellerCommand::ResumeSending)
        .then_expect_events(vec![]);
}

#[test]
fn a_blank_reason_of_a_stop_is_none_and_a_long_one_is_refused() {
    TestFramework::<Seller>::with(())
        .given(vec![registered()])
        .when(stop("  "))
        .then_expect_events(vec![stopped(None)]);
    TestFramework::<Seller>::with(())
        .given(vec![registered()])
        .when(stop(&"о".repeat(STOP_REASON_CHARS_MAX + 1)))
        .then_expect_error(SellerError::StopReasonTooLong);
}

#[test]
fn whoever_never_signed_up_stops_nothing() {
    for command in [stop("Пауза"), SellerCommand::ResumeSending] {
        TestFramework::<Seller>::with(())
            .given(vec![])
            .when(command)
            .then_expect_error(SellerError::Unknown);
    }
}

const FAILED: AlertKind = AlertKind::FailedReplies;

fn alarm(count: u32) -> Option<Alarm> {
    failed_replies(vec![AlertCause { cause: "bad_request".into(), count }])
}

fn raised(count: u32) -> SellerEvent {
    SellerEvent::AlertRaised { kind: FAILED, alarm: alarm(count).unwrap() }
}

fn found(count: u32) -> SellerCommand {
    SellerCommand::Watch { kind: FAILED, alarm: alarm(count) }
}

#[test]
fn an_alert_is_raised_changed_and_cleared_and_never_repeated() {
    let cleared = SellerEvent::AlertCleared { kind: FAILED };
    for (before, count, expected) in [
        (vec![], 3, vec![]),
        (vec![], 4, vec![raised(4)]),
        (vec![raised(4)], 5, vec![]),
        (vec![raised(4)], 6, vec![raised(6)]),
        (vec![raised(4), raised(6)], 9, vec![]),
        (vec![raised(4), raised(6)], 4, vec![raised(4)]),
        (vec![raised(6)], 3, vec![cleared.clone()]),
        (vec![raised(6), cleared.clone()], 0, vec![]),
        (vec![raised(6), cleared], 6, vec![raised(6)]),
    ] {
        let history = [vec![registered()], before].concat();
        TestFramework::<Seller>::with(())
            .given(history)
            .when(found(count))
            .then_expect_events(expected);
    }
}

#[test]
fn an_alert_is_acknowledged_once_and_anew_when_it_is_of_another_urgency() {
    let cleared = SellerEvent::AlertCleared { kind: FAILED };
    let taken = SellerEvent::AlertAcknowledged { kind: FAILED };
    for (before, expected) in [
        (vec![], vec![]),
        (vec![raised(4)], vec![taken.clone()]),
        (vec![raised(4), taken.clone()], vec![]),
        (vec![raised(4), taken.clone(), raised(6)], vec![taken.clone()]),
        (vec![raised(4), cleared.clone()], vec![]),
        (vec![raised(4), taken.clone(), cleared, raised(4)], vec![taken]),
    ] {
        TestFramework::<Seller>::with(())
            .given([vec![registered()], before].concat())
            .when(SellerCommand::AcknowledgeAlert { kind: FAILED })
            .then_expect_events(expected);
    }
}

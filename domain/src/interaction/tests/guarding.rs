//! Replies that the guardrails stop, let through with a warning, or are no matter of theirs.

use super::builders::*;
use crate::guardrail::{self, Grounds, Noted, Passed, Place};
use crate::interaction::*;
use crate::value::*;

const BLOCKED: &str = "Вам ответил бот магазина.";

fn request(reply_id: ReplyId, text: &str) -> InteractionCommand {
    InteractionCommand::RequestReply {
        reply_id,
        text: text.into(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: Grounds::default(),
    }
}

fn edit(text: &str) -> InteractionCommand {
    InteractionCommand::RequestEdit {
        reply_id: SECOND,
        text: text.into(),
        at: at(20),
        timing: Timing::default(),
        grounds: Grounds::default(),
    }
}

/// The rules that stop a command.
fn stopped_by(history: &[InteractionEvent], command: InteractionCommand) -> Vec<&'static str> {
    match after(history).decide(command) {
        Err(InteractionError::Guardrails(found)) => found.into_iter().map(|f| f.rule.id).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_text_that_a_rule_stops_is_not_asked_to_be_sent() {
    assert_eq!(stopped_by(&[ingested()], request(FIRST, BLOCKED)), ["ai_mention"]);
    let answered = [ingested(), requested(FIRST), sent(FIRST)];
    assert_eq!(stopped_by(&answered, edit(BLOCKED)), ["ai_mention"]);
    let with_file = InteractionCommand::RequestReply {
        reply_id: FIRST,
        text: BLOCKED.into(),
        draft_id: None,
        bulk_id: None,
        files: vec![file()],
        timing: Timing::default(),
        grounds: Grounds::default(),
    };
    let source = Source { channel: Channel::Chat, ..source() };
    let chat = InteractionEvent::Ingested { source, content: content("") };
    assert_eq!(stopped_by(&[chat], with_file), ["ai_mention"]);
}

#[test]
fn places_are_those_of_the_text_as_it_was_given() {
    let given = "\r\n  Вам ответил\r\n бо\rт магазина.\u{7}  ";
    let state = after(&[ingested()]);
    let Err(InteractionError::Guardrails(found)) = state.decide(request(FIRST, given)) else {
        panic!("it is stopped")
    };
    let told: Vec<_> = found.iter().map(|f| (f.place, f.phrase.as_deref())).collect();
    assert_eq!(told, [(Some(Place { start: 18, end: 22 }), Some("бо\rт"))]);
    assert_eq!(
        state.findings(given, &Grounds::default()),
        Ok(found),
        "asked about beforehand it is the same"
    );
    let long = state.findings(&"я".repeat(100_000), &Grounds::default());
    assert!(matches!(long, Err(InteractionError::Text(_))), "{long:?}");
    // What only parts the words is not read.
    assert_eq!(state.findings(&" ".repeat(100_000), &Grounds::default()), Ok(vec![]));
}

#[test]
fn a_warning_goes_out_with_the_reply_and_is_kept_in_its_event() {
    let source = Source { channel: Channel::Chat, ..source() };
    let chat = InteractionEvent::Ingested { source, content: content("") };
    let events =
        after(&[chat]).decide(request(FIRST, "Вы неправильно собрали этот стул.")).unwrap();
    let [InteractionEvent::ReplyRequested { guardrails, .. }] = &events[..] else {
        panic!("{events:?}")
    };
    let place = Some(Place { start: 0, end: 14 });
    let warnings = vec![Noted { rule: "blame".into(), place, listed: None }];
    assert_eq!(*guardrails, Some(Passed { version: guardrail::VERSION, own_version: 0, warnings }));
}

#[test]
fn what_was_let_through_once_is_not_stopped_by_later_rules() {
    let accepted = InteractionEvent::ReplyRequested {
        reply_id: FIRST,
        text: BLOCKED.to_owned().into(),
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: None,
        held_until: None,
    };
    let asked = after(&[ingested(), accepted.clone()]);
    assert_eq!(asked.decide(request(FIRST, BLOCKED)), Ok(vec![]));
    let failed = InteractionEvent::ReplySendFailed {
        reply_id: FIRST,
        attempt: 1,
        failure: SendFailure::Unavailable,
        marketplace_text: None,
        retry_at: Some(at(20)),
        looks: vec![],
    };
    let due = after(&[ingested(), accepted, failed]).delivery_due(FIRST, 2).unwrap();
    assert_eq!(due.text.known().map(String::as_str), Some(BLOCKED));
}

#[test]
fn what_the_buyer_says_now_decides_whether_a_return_may_be_spoken_of() {
    let text = "Возврат можно оформить в личном кабинете, мы его согласуем.";
    assert_eq!(stopped_by(&[ingested()], request(FIRST, text)), ["unsolicited_return"]);
    let revised =
        InteractionEvent::ContentRevised { content: content("Как его вернуть?") };
    assert!(after(&[ingested(), revised]).decide(request(FIRST, text)).is_ok());
}

#[test]
fn words_that_only_the_marketplace_reads_are_no_matter_of_guardrails() {
    let reject = InteractionCommand::RequestRejection {
        reply_id: FIRST,
        text: BLOCKED.into(),
        timing: Timing::default(),
    };
    assert_eq!(after(&[question()]).decide(reject).map(|events| events.len()), Ok(1));
}

fn refuse(text: &str) -> InteractionCommand {
    request(FIRST, text).refused().unwrap()
}

#[test]
fn a_refused_text_is_noted_once_with_what_stopped_it() {
    let state = after(&[ingested()]);
    let events = state.decide(refuse(&format!(" {BLOCKED} "))).unwrap();
    let [InteractionEvent::ReplyRefused { kind: ReplyKind::Answer, text, guardrails }] =
        &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(text.known().map(String::as_str), Some(BLOCKED));
    let rules: Vec<_> = guardrails.errors.iter().map(|noted| noted.rule.as_str()).collect();
    assert_eq!(rules, stopped_by(&[ingested()], request(FIRST, BLOCKED)));

    let noted = after(&[vec![ingested()], events].concat());
    assert_eq!(noted.decide(refuse(BLOCKED)), Ok(vec![]), "however often it is tried");
    assert_eq!(noted.basis(), state.basis(), "nothing came in");
    assert_eq!(state.decide(refuse(TEXT)), Ok(vec![]), "nothing stops it");
    assert!(refuse(TEXT).refused().is_none());
}

#[test]
fn a_program_that_tries_words_for_ever_does_not_fill_the_log() {
    let mut history = vec![ingested()];
    for n in 0..REFUSALS_MAX + 5 {
        let command = refuse(&format!("{BLOCKED} {n}"));
        history.extend(after(&history).decide(command).unwrap());
    }
    assert_eq!(history.len(), 1 + REFUSALS_MAX);
    let stopped = after(&history).decide(request(FIRST, BLOCKED));
    assert!(matches!(stopped, Err(InteractionError::Guardrails(_))));
}

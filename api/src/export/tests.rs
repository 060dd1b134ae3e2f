//! An export names nobody, and replaying it leads to the same state; whatever is changed in it is found.

use cqrs_es::Aggregate as _;
use domain::interaction::{
    ChatReading, DraftSource, Ingest, Interaction, InteractionCommand as Command, InteractionEvent,
    SendFailure, Timing, UnknownReason,
};
use domain::value::{BuyerWords, Content, Links, ObservedAnswer, ObservedState, Product, Source};
use domain::{AccountId, Channel, DraftId, Marketplace, ReplyId, StreamId, TenantId};
use eventlog::LogId;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::replay::{FileError, Replayed};
use super::*;

const BUYER: &str = "Анастасия Переверзева";
const WORDS: &str = "Крышка треснула на второй день";

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
}

fn observed(text: &str, state: ObservedState) -> ObservedAnswer {
    ObservedAnswer {
        text: text.to_owned().into(),
        state,
        editable: None,
        external_id: None,
        refusal: None,
    }
}

fn reading(text: &str, answer: Option<ObservedAnswer>) -> Command {
    Command::Ingest(Box::new(Ingest {
        source: Source {
            account_id: AccountId(Uuid::from_u128(1)),
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id: "YX52RZEBhH9mrcYdEJuD".into(),
            occurred_at: at(0),
        },
        content: Content {
            rating: Some(1),
            product: Product { name: "Чайник".into(), ..Product::default() },
            words: BuyerWords {
                buyer_name: Some(BUYER.into()),
                text: text.into(),
                facts: json!({"order": 471_108_151_234_i64})
                    .as_object()
                    .cloned()
                    .unwrap_or_default(),
                ..BuyerWords::default()
            }
            .into(),
        },
        answer,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: false,
        seen_at: at(1),
    }))
}

/// What a command is made of: commands themselves show nothing of theirs, not even to a test that failed.
type Draw = (u8, u128, u32, String);

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    prop::collection::vec((0..11u8, 1..4u128, 1..3u32, "[А-Яа-я !]{2,30}"), 0..20)
}

fn command((kind, n, attempt, text): Draw) -> Command {
    let reply_id = ReplyId(Uuid::from_u128(n));
    match kind {
        0 => reading(&text, None),
        1 => reading(WORDS, Some(observed("Благодарим!", ObservedState::Published))),
        2 => Command::RequestReply {
            reply_id,
            text,
            draft_id: None,
            bulk_id: None,
            files: vec![],
            timing: Timing::default(),
            grounds: domain::guardrail::Grounds::default(),
        },
        3 => Command::RequestEdit {
            reply_id,
            text,
            at: at(5),
            timing: Timing::default(),
            grounds: domain::guardrail::Grounds::default(),
        },
        4 => Command::ProposeDraft {
            draft_id: DraftId(Uuid::from_u128(n)),
            text,
            source: DraftSource::Operator,
            origin: None,
        },
        5 => Command::RecordAccepted { reply_id, attempt, at: at(9), external_id: None },
        6 => {
            Command::RecordUnknown { reply_id, attempt, reason: UnknownReason::Timeout, at: at(7) }
        }
        7 => Command::RecordFailed {
            reply_id,
            attempt,
            failure: SendFailure::BadRequest,
            marketplace_text: Some(format!("{BUYER} в чёрном списке")),
            at: at(8),
        },
        8 => Command::ConfirmAbsent { reply_id, attempt, read_at: vec![] },
        9 => Command::RecordNotPublished { reply_id },
        _ => Command::Observe {
            answer: observed("Другой ответ", ObservedState::InModeration),
            seen_at: at(10),
        },
    }
}

fn drawn(draws: Vec<Draw>) -> Vec<Command> {
    draws.into_iter().map(command).collect()
}

fn history(commands: Vec<Command>) -> Vec<StoredEvent> {
    let mut interaction = Interaction::default();
    let mut events = Vec::new();
    for command in [reading(WORDS, None)].into_iter().chain(commands) {
        let decided = interaction.decide(command).unwrap_or_default();
        for event in decided {
            interaction.apply(event.clone());
            events.push(event);
        }
    }
    events.iter().zip(1..).map(|(event, number)| stored(event, number)).collect()
}

fn stored(event: &InteractionEvent, number: i32) -> StoredEvent {
    let payload = serde_json::to_value(event).unwrap();
    let event_type = payload["type"].as_str().unwrap().to_owned();
    StoredEvent {
        epoch: 0,
        log: LogId(3),
        pos: number.into(),
        recorded_at: at(number.into()),
        tenant: TenantId(Uuid::from_u128(7)),
        tenant_seq: number.into(),
        stream: StreamId(Uuid::from_u128(8)),
        stream_type: "interaction".to_owned(),
        version: number,
        event_id: Uuid::from_u128(100 + u128::from(number.unsigned_abs())),
        schema_version: domain::event::present_version("interaction", &event_type),
        event_type,
        command_id: Uuid::from_u128(9),
        correlation_id: None,
        causation_id: None,
        actor: Some("system:test".to_owned()),
        payload,
        spoilt: None,
    }
}

fn exported(commands: Vec<Command>) -> Value {
    let export = Export::new(&history(commands), &Mask::new(&[5; 32])).unwrap();
    serde_json::to_value(export).unwrap()
}

fn replayed(file: &Value) -> Result<Replayed, FileError> {
    replay(&serde_json::to_vec_pretty(file).unwrap())
}

fn some_history() -> Vec<Command> {
    let reply_id = ReplyId(Uuid::from_u128(1));
    vec![
        Command::RequestReply {
            reply_id,
            text: "Нам жаль".into(),
            draft_id: None,
            bulk_id: None,
            files: vec![],
            timing: Timing::default(),
            grounds: domain::guardrail::Grounds::default(),
        },
        Command::RecordAccepted { reply_id, attempt: 1, at: at(3), external_id: None },
        Command::ProposeDraft {
            draft_id: DraftId(Uuid::from_u128(2)),
            text: "Спасибо".into(),
            source: DraftSource::Template,
            origin: None,
        },
    ]
}

/// Changes one leaf of a value.
fn other(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(format!("{text}0")),
        Value::Number(number) => json!(number.as_i64().unwrap_or_default() + 1),
        Value::Bool(flag) => json!(!flag),
        Value::Null => json!("0"),
        Value::Array(items) => Value::Array([&items[..], &[Value::Null]].concat()),
        Value::Object(map) => {
            let mut map = map.clone();
            map.insert("added".to_owned(), Value::Null);
            Value::Object(map)
        }
    }
}

fn pointers(value: &Value, path: &str, found: &mut Vec<String>) {
    found.push(path.to_owned());
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(name, value)| pointers(value, &format!("{path}/{name}"), found));
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, value)| pointers(value, &format!("{path}/{index}"), found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
    }
}

/// Replaying leads to the hash in the file.
fn reproduces(file: &Value) -> Result<(), TestCaseError> {
    let replayed = replayed(file).map_err(|error| TestCaseError::fail(error.to_string()))?;
    prop_assert!(replayed.is_reproduced(), "{:?}", replayed.differences);
    prop_assert_eq!(&json!(replayed.state_sha256), &file["state_sha256"]);
    Ok(())
}

/// An event that says something else, under digests made to fit: what a careful forger, or another program, would send.
fn forged(mut file: Value, index: usize) -> Value {
    let export: Export = serde_json::from_value(file.clone()).unwrap();
    let mut last = export.beginning().unwrap();
    for (place, mut event) in export.events.into_iter().enumerate() {
        if place == index {
            event.payload = json!({"type": "Closed", "reason": "processed_by_marketplace"});
            "Closed".clone_into(&mut event.event_type);
            event.schema_version = 1;
        }
        event.sha256 = chained(&last, &event.unsealed().unwrap());
        last.clone_from(&event.sha256);
        file["events"][place] = serde_json::to_value(event).unwrap();
    }
    file["events_sha256"] = json!(last);
    file
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn replaying_an_export_leads_to_its_state(draws in draws()) {
        reproduces(&exported(drawn(draws)))?;
    }

    #[test]
    fn an_export_names_nobody(draws in draws()) {
        let text = exported(drawn(draws)).to_string();
        let words = [
            "Анастасия", "Переверзева", "треснула", "YX52RZEBhH9mrcYdEJuD", "471108151234", "Благодарим",
            "списке",
        ];
        for word in words {
            prop_assert!(!text.contains(word), "{} in {}", word, text);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in ".{0,200}") {
        prop_assert!(replay(text.as_bytes()).is_err());
    }
}

/// The control: the same comparison must fail where an event says something else than the state goes back to.
#[test]
fn the_comparison_catches_an_event_that_was_exchanged() {
    let mut runner = TestRunner::deterministic();
    let outcome = runner.run(&draws(), |draws| reproduces(&forged(exported(drawn(draws)), 0)));
    assert!(outcome.is_err(), "a comparison that a forged event passes proves nothing");
    let file = forged(exported(some_history()), 1);
    let replayed = replayed(&file).unwrap();
    assert!(!replayed.is_reproduced());
    assert!(replayed.differences.iter().any(|change| change.field.starts_with("replies")));
}

#[test]
fn exporting_twice_is_the_same_file() {
    assert_eq!(exported(some_history()), exported(some_history()));
}

#[test]
fn whatever_is_changed_is_found() {
    let file = exported(some_history());
    assert!(replayed(&file).unwrap().is_reproduced());
    let mut places = Vec::new();
    pointers(&file, "", &mut places);
    assert!(places.len() > 60, "{}", places.len());
    for place in places.iter().filter(|place| !place.is_empty()) {
        let mut changed = file.clone();
        let value = changed.pointer_mut(place).unwrap();
        *value = other(value);
        let found = match replayed(&changed) {
            Err(_) => true,
            Ok(replayed) => !replayed.is_reproduced(),
        };
        assert!(found, "{place} was changed and nobody saw it");
    }
}

#[test]
fn what_is_wrong_with_a_file_is_named() {
    let file = exported(some_history());
    let text = file.to_string();
    let of = |change: &dyn Fn(&mut Value)| {
        let mut changed = file.clone();
        change(&mut changed);
        replayed(&changed).unwrap_err()
    };
    // In the middle of a letter too.
    for end in 0..text.len() {
        let found = replay(&text.as_bytes()[..end]);
        assert!(matches!(found, Err(FileError::Truncated)), "cut off at {end}: {found:?}");
    }
    assert!(matches!(replay(b"[1]"), Err(FileError::Malformed { .. })));
    assert!(matches!(replay(b"{]"), Err(FileError::Malformed { .. })));
    assert!(matches!(of(&|file| file["format"] = json!("x")), FileError::OtherFormat { .. }));
    assert!(matches!(of(&|file| file["version"] = json!(2)), FileError::OtherVersion { found: 2 }));
    assert!(matches!(of(&|file| file["events"] = json!([])), FileError::NoEvents));
    let payload =
        |file: &mut Value| file["events"][1]["payload"]["text"] = json!({"$personal": "x"});
    assert!(matches!(of(&payload), FileError::Changed { number: 2 }));
    let without = |index: usize| {
        of(&|file| {
            file["events"].as_array_mut().unwrap().remove(index);
        })
    };
    assert!(matches!(without(1), FileError::Gap { expected: 2, found: 3 }));
    assert!(matches!(without(3), FileError::EndMissing { number: 3 }));
    assert!(matches!(of(&|file| file["state"]["closed"] = json!(true)), FileError::StateChanged));
}

#[test]
fn an_event_of_a_later_program_is_named() {
    let mut events = history(some_history());
    let mask = Mask::new(&[5; 32]);
    events[1].schema_version = 99;
    assert!(Export::new(&events, &mask).is_err());
    let mut file = exported(some_history());
    let mut export: Export = serde_json::from_value(file.clone()).unwrap();
    let first = export.events[0].sha256.clone();
    export.events[1].schema_version = 99;
    file["events"][1]["schema_version"] = json!(99);
    file["events"][1]["sha256"] = json!(chained(&first, &export.events[1].unsealed().unwrap()));
    file["events"].as_array_mut().unwrap().truncate(2);
    file["events_sha256"] = file["events"][1]["sha256"].clone();
    let error = replayed(&file).unwrap_err();
    assert!(matches!(error, FileError::Unreadable { number: 2, .. }), "{error}");
}

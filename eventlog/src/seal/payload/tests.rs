use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::cipher::{Cipher, random_key};

const SUBJECT: Uuid = Uuid::from_u128(4);

fn place() -> Place {
    Place {
        tenant: TenantId(Uuid::from_u128(1)),
        stream: StreamId(Uuid::from_u128(2)),
        event_id: Uuid::from_u128(3),
    }
}

fn key() -> SubjectKey {
    SubjectKey::Alive(Arc::new(Cipher::new(&random_key())))
}

fn sealed(mut payload: Value, key: &SubjectKey) -> Value {
    seal(&mut payload, place(), SUBJECT, key).unwrap();
    payload
}

fn opened(mut payload: Value, place: Place, key: &SubjectKey) -> Result<Value, KeyError> {
    open(&mut payload, place, |subject| {
        (subject == SUBJECT).then_some(key).ok_or(KeyError::NoKey { subject })
    })?;
    Ok(payload)
}

#[test]
fn what_is_taken_away_needs_no_key_and_leaves_the_rest() {
    let mut payload =
        sealed(json!({"type": "A", "deep": [{"text": {"$personal": "Анна"}}]}), &key());
    take_away(&mut payload).unwrap();
    assert_eq!(payload, json!({"type": "A", "deep": [{"text": {"$erased": true}}]}));
    let mut found = HashSet::new();
    subjects(&payload, &mut found);
    assert!(found.is_empty());
}

/// JSON with personal data at any depth.
fn payloads() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let key = "[a-zё~/0-9 ]{0,4}";
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key, inner.clone(), 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            inner.prop_map(|value| json!({"$personal": value})),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_was_sealed_opens_unchanged(payload in payloads()) {
        let key = key();
        let stored = sealed(payload.clone(), &key);
        prop_assert!(!stored.to_string().contains("$personal"));
        prop_assert_eq!(opened(stored, place(), &key).unwrap(), payload);
    }

    #[test]
    fn a_destroyed_key_leaves_only_what_was_not_personal(payload in payloads()) {
        let stored = sealed(payload.clone(), &key());
        let erased = opened(stored, place(), &SubjectKey::Destroyed).unwrap();
        prop_assert_eq!(&erased, &sealed(payload.clone(), &SubjectKey::Destroyed));
        prop_assert!(!Measure::of([&erased]).personal);
        if !Measure::of([&payload]).personal {
            prop_assert_eq!(erased, payload);
        }
    }
}

#[test]
fn ciphertext_opens_only_where_it_was_sealed() {
    let key = key();
    let stored = sealed(json!({"a": {"$personal": 1}, "b": {"$personal": 2}}), &key);
    let other = Uuid::from_u128(9);
    let moved = [
        (stored.clone(), Place { tenant: TenantId(other), ..place() }),
        (stored.clone(), Place { stream: StreamId(other), ..place() }),
        (stored.clone(), Place { event_id: other, ..place() }),
        (json!({"a": stored["b"], "b": stored["a"]}), place()),
        (json!([stored["a"]]), place()),
    ];
    for (payload, place) in moved {
        let outcome = opened(payload, place, &key);
        assert!(matches!(outcome, Err(KeyError::Tampered { .. })), "{outcome:?}");
    }
    assert!(opened(stored, place(), &key).is_ok());
}

#[test]
fn ciphertext_of_another_key_does_not_open() {
    let stored = sealed(json!({"a": {"$personal": 1}}), &key());
    let outcome = opened(stored, place(), &key());
    assert!(matches!(outcome, Err(KeyError::Tampered { .. })), "{outcome:?}");
}

#[test]
fn a_changed_ciphertext_does_not_open() {
    let key = key();
    let stored = sealed(json!({"a": {"$personal": "text"}}), &key);
    for part in ["n", "c"] {
        for broken in ["", "AAAA", "не base64"] {
            let mut changed = stored.clone();
            changed["a"]["$enc"][part] = broken.into();
            let outcome = opened(changed, place(), &key);
            assert!(matches!(outcome, Err(KeyError::Tampered { .. })), "{outcome:?}");
        }
    }
}

#[test]
fn ciphertext_of_an_unknown_subject_says_whose_key_is_missing() {
    let mut stored = sealed(json!({"a": {"$personal": 1}}), &key());
    let outcome = open(&mut stored, place(), |subject| Err(KeyError::NoKey { subject }));
    assert!(matches!(outcome, Err(KeyError::NoKey { subject: SUBJECT })), "{outcome:?}");
}

#[test]
fn reserved_names_have_one_use() {
    let mut outcomes = Vec::new();
    for payload in [
        json!({"$enc": {"k": SUBJECT, "n": "", "c": ""}}),
        json!({"a": [{"$enc": 1}]}),
        json!({"$personal": 1, "and": 2}),
    ] {
        outcomes.push(seal(&mut payload.clone(), place(), SUBJECT, &key()));
    }
    for stored in [
        json!({"$personal": "in clear"}),
        json!({"$enc": {"k": SUBJECT, "n": "", "c": ""}, "and": 2}),
        json!({"$enc": {"k": SUBJECT}}),
    ] {
        outcomes.push(opened(stored, place(), &key()).map(drop));
    }
    for outcome in outcomes {
        assert!(matches!(outcome, Err(KeyError::Malformed { .. })), "{outcome:?}");
    }
}

#[test]
fn what_a_buyer_writes_is_never_taken_for_a_mark() {
    let key = key();
    let payload =
        json!({"text": {"$personal": {"$enc": {"k": "x"}, "$personal": 1, "$erased": true}}});
    assert_eq!(opened(sealed(payload.clone(), &key), place(), &key).unwrap(), payload);
}

#[test]
fn the_subjects_of_a_payload_are_found_at_any_depth() {
    let stored = sealed(json!({"a": [{"b": {"$personal": 1}}], "c": {"$personal": 2}}), &key());
    let mut found = HashSet::new();
    subjects(&stored, &mut found);
    assert_eq!(found, HashSet::from([SUBJECT]));
}

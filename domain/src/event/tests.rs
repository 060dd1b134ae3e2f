//! Reading stored events.

mod golden;

use serde_json::json;

use super::*;

#[test]
fn personal_data_is_read_in_clear_and_erased_data_as_null() {
    let payload = json!({"a": {"$personal": {"name": "Анна"}}, "b": [{"$erased": true}]});
    assert_eq!(in_clear(payload), json!({"a": {"name": "Анна"}, "b": [null]}));
}

#[test]
fn an_event_of_a_later_program_is_refused_by_name() {
    let outcome = Event::decode("interaction", "Ingested", 2, json!({}));
    assert!(matches!(outcome, Err(DecodeError::UnknownSchemaVersion { version: 2, .. })));
    assert!(!is_readable("interaction", "Ingested", 2));
    assert!(!is_readable("interaction", "Unheard", 1));
    assert!(!is_readable("rocket", "Ingested", 1));
}

#[test]
fn fields_of_a_later_program_are_passed_over() {
    let payload = json!({"type": "SellerRegistered", "name": "Лавка", "colour": "blue"});
    let events = Event::decode("seller", "SellerRegistered", 1, payload).unwrap();
    let name = "Лавка".to_owned();
    assert_eq!(events, [Event::Seller(SellerEvent::SellerRegistered { name })]);
}

//! One stored event of every type and version ever written, kept for ever: what was written once must be read always.

use std::collections::HashSet;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::*;

/// Lines are only added. After adding some, these are the new count and digest.
const LINES: usize = 85;
const DIGEST: &str = "16ae1506c7744b7cd1e9548db9ec25bad2e3382de2ffad27f124b34b14133ed7";

const CORPUS: &str = include_str!("../../../golden/events.jsonl");

#[derive(Deserialize)]
struct Golden {
    stream_type: String,
    event_type: String,
    schema_version: i32,
    payload: Value,
}

impl Golden {
    fn read(&self) -> Result<Vec<Event>, DecodeError> {
        let Self { stream_type, event_type, schema_version, payload } = self;
        Event::decode(stream_type, event_type, *schema_version, payload.clone())
    }
}

fn corpus() -> Vec<Golden> {
    CORPUS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Every type that this program writes, with its present version.
fn written() -> impl Iterator<Item = (&'static str, &'static str, i32)> {
    let of = |stream_type: &'static str, names: &'static [&'static str]| {
        names.iter().map(move |name| (stream_type, *name, present_version(stream_type, name)))
    };
    of("interaction", InteractionEvent::VARIANTS)
        .chain(of("account", AccountEvent::VARIANTS))
        .chain(of("bulk", BulkEvent::VARIANTS))
        .chain(of("claim", ClaimEvent::VARIANTS))
        .chain(of("knowledge", KnowledgeEvent::VARIANTS))
        .chain(of("seller", SellerEvent::VARIANTS))
}

#[test]
fn what_was_written_once_is_read_always() {
    for golden in corpus() {
        let name = format!("{} {}", golden.event_type, golden.schema_version);
        assert_eq!(golden.read().expect(&name).len(), 1, "{name}");
        assert!(is_readable(&golden.stream_type, &golden.event_type, golden.schema_version));
    }
}

#[test]
fn every_type_that_is_written_is_kept_in_every_version_it_had() {
    let corpus = corpus();
    let kept: HashSet<_> = corpus
        .iter()
        .map(|golden| (&*golden.stream_type, &*golden.event_type, golden.schema_version))
        .collect();
    for (stream_type, event_type, present) in written() {
        for version in 1..=present {
            assert!(kept.contains(&(stream_type, event_type, version)), "{event_type} {version}");
        }
    }
}

/// What is written today is what the corpus says of today: a changed shape wants a version and a step.
#[test]
fn present_forms_are_written_as_they_are_kept() {
    let corpus = corpus();
    for (stream_type, event_type, present) in written() {
        let newest = corpus.iter().rfind(|golden| {
            (&*golden.stream_type, &*golden.event_type, golden.schema_version)
                == (stream_type, event_type, present)
        });
        let golden = newest.expect(event_type);
        let written = match golden.read().expect(event_type).remove(0) {
            Event::Interaction(event) => serde_json::to_value(event),
            Event::Account(event) => serde_json::to_value(event),
            Event::Bulk(event) => serde_json::to_value(event),
            Event::Claim(event) => serde_json::to_value(event),
            Event::Knowledge(event) => serde_json::to_value(event),
            Event::Seller(event) => serde_json::to_value(event),
        };
        assert_eq!(written.unwrap(), golden.payload, "{event_type}");
    }
}

#[test]
fn lines_of_the_corpus_are_only_added() {
    let mut digest = Sha256::new();
    for line in CORPUS.lines().take(LINES) {
        digest.update(line);
        digest.update("\n");
    }
    let digest: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, DIGEST, "a kept event was changed or removed");
}

//! Which of the waiting appends go into the next call.

use std::collections::{HashSet, VecDeque};

use domain::value::{StreamId, TenantId};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::error::LogError;
use crate::record::{Appended, LogId, NewEvents};
use crate::seal::{Measure, SubjectKey, seal};

/// An append that waits, and who waits for it.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) new: NewEvents,
    pub(super) measure: Measure,
    /// The payloads as they will be stored, once sealed.
    pub(super) payloads: Vec<String>,
    pub(super) answer: oneshot::Sender<Result<Appended, LogError>>,
}

/// An append whose log is known and whose payloads are sealed.
#[derive(Debug)]
pub(super) struct Placeable {
    pub(super) log: LogId,
    pub(super) pending: Pending,
}

impl Pending {
    /// Seals personal data under `key` and writes the payloads as JSON.
    pub(super) fn seal(&mut self, key: &SubjectKey) -> Result<(), LogError> {
        seal(&mut self.new, key)?;
        for event in &self.new.events {
            let payload = event.payload.to_string();
            if has_nul(&payload) {
                return Err(LogError::NulInText { event_type: event.event_type.clone() });
            }
            self.payloads.push(payload);
        }
        Ok(())
    }

    /// Answers whoever asked, if he still listens.
    pub(super) fn answer(self, outcome: Result<Appended, LogError>) {
        let _ = self.answer.send(outcome);
    }
}

/// Tells whether a text in a JSON document has the character NUL in it. Such a document is stored and then can neither
/// be cast to jsonb nor its text be put into a column.
fn has_nul(json: &str) -> bool {
    json.match_indices(r"\u0000").any(|(at, _)| {
        let backslashes = json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// What a call may carry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) appends_max: usize,
    pub(super) bytes_max: usize,
}

/// What waits in one lane, in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Placeable>,
}

impl Queue {
    pub(super) fn push(&mut self, pending: Placeable) {
        self.waiting.push_back(pending);
    }

    /// Takes the next batch. It holds each stream and each command once; a second append of either waits, and so do
    /// those behind it on the same stream.
    pub(super) fn take(&mut self, limits: Limits) -> Vec<Placeable> {
        let mut batch: Vec<Placeable> = Vec::new();
        let mut passed_over = Vec::new();
        let mut bytes = 0;
        let mut streams: HashSet<(TenantId, StreamId)> = HashSet::new();
        let mut commands: HashSet<(TenantId, Uuid)> = HashSet::new();

        // Passing over is bounded too, or many appends to one stream would be gone through for every one of them.
        while batch.len() < limits.appends_max && passed_over.len() < limits.appends_max {
            let Some(pending) = self.waiting.pop_front() else { break };
            let NewEvents { tenant, stream, command_id, .. } = pending.pending.new;
            // Both sets learn of it even if one refuses: that keeps the order of arrival within a stream.
            let stream_is_new = streams.insert((tenant, stream));
            let command_is_new = commands.insert((tenant, command_id));
            if !stream_is_new || !command_is_new {
                passed_over.push(pending);
                continue;
            }
            bytes += pending.pending.measure.bytes;
            if bytes > limits.bytes_max && !batch.is_empty() {
                passed_over.push(pending);
                break;
            }
            batch.push(pending);
        }
        for pending in passed_over.into_iter().rev() {
            self.waiting.push_front(pending);
        }
        batch
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::{Expected, NewEvent};

    fn pending(stream: u128, command: u128) -> Placeable {
        let payload = json!({"text": "x".repeat(100)});
        let pending = Pending {
            measure: Measure::of([&payload]),
            payloads: vec![],
            answer: oneshot::channel().0,
            new: NewEvents {
                tenant: TenantId(Uuid::from_u128(1)),
                stream: StreamId(Uuid::from_u128(stream)),
                stream_type: "interaction",
                expected: Expected::Any,
                command_id: Uuid::from_u128(command),
                correlation_id: None,
                causation_id: None,
                actor: None,
                subject: Uuid::from_u128(stream),
                events: vec![NewEvent {
                    event_type: "Ingested".into(),
                    schema_version: 1,
                    payload,
                }],
            },
        };
        Placeable { log: LogId(1), pending }
    }

    fn queue(appends: &[(u128, u128)]) -> Queue {
        Queue {
            waiting: appends.iter().map(|&(stream, command)| pending(stream, command)).collect(),
        }
    }

    fn taken(queue: &mut Queue, limits: Limits) -> Vec<u128> {
        queue.take(limits).iter().map(|pending| pending.pending.new.command_id.as_u128()).collect()
    }

    const WIDE: Limits = Limits { appends_max: 200, bytes_max: 1_000_000 };

    #[test]
    fn a_second_append_to_a_stream_waits_for_the_next_batch_in_order() {
        let mut queue = queue(&[(1, 10), (1, 11), (2, 20), (1, 12)]);
        assert_eq!(taken(&mut queue, WIDE), [10, 20]);
        assert_eq!(taken(&mut queue, WIDE), [11]);
        assert_eq!(taken(&mut queue, WIDE), [12]);
        assert!(taken(&mut queue, WIDE).is_empty());
    }

    #[test]
    fn a_second_append_of_a_command_waits_and_holds_up_its_stream() {
        let mut queue = queue(&[(1, 10), (2, 10), (2, 20)]);
        assert_eq!(taken(&mut queue, WIDE), [10]);
        assert_eq!(taken(&mut queue, WIDE), [10]);
        assert_eq!(taken(&mut queue, WIDE), [20]);
    }

    #[test]
    fn a_batch_is_bounded_in_appends() {
        let mut queue = queue(&[(1, 10), (2, 20), (3, 30)]);
        assert_eq!(taken(&mut queue, Limits { appends_max: 2, ..WIDE }), [10, 20]);
        assert_eq!(taken(&mut queue, WIDE), [30]);
    }

    #[test]
    fn a_batch_is_bounded_in_bytes_but_takes_one_of_any_size() {
        let mut queue = queue(&[(1, 10), (2, 20), (3, 30)]);
        assert_eq!(taken(&mut queue, Limits { bytes_max: 250, ..WIDE }), [10, 20]);
        assert_eq!(taken(&mut queue, Limits { bytes_max: 1, ..WIDE }), [30]);
    }
}

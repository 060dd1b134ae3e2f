//! An event exactly as its row holds it, and the bytes of it that are sealed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::hash::Hash;

/// Goes before an event that is hashed, and before two hashes that are hashed (RFC 6962): neither passes for the other.
const LEAF: u8 = 0;

/// The encoding below. Another one gets another number; this one stays for what it has sealed.
const ENCODING: u8 = 1;

/// An event as its row holds it: nothing opened, the payload as the text that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawEvent {
    /// The log.
    pub log_id: i32,
    /// Its place in the log.
    pub pos: i64,
    /// When it was stored, in microseconds at the finest.
    pub recorded_at: DateTime<Utc>,
    /// The seller.
    pub tenant_id: Uuid,
    /// Its place among the seller's events.
    pub tenant_seq: i64,
    /// The aggregate.
    pub stream_id: Uuid,
    /// The aggregate's type.
    pub stream_type: String,
    /// Its place in the stream.
    pub version: i32,
    /// Its id.
    pub event_id: Uuid,
    /// Its name.
    pub event_type: String,
    /// The version of its JSON.
    pub schema_version: i32,
    /// The command that led to it.
    pub command_id: Uuid,
    /// The request or process that the command belongs to.
    pub correlation_id: Option<Uuid>,
    /// The event or effect that led to the command.
    pub causation_id: Option<Uuid>,
    /// Who asked.
    pub actor: Option<String>,
    /// Its JSON as stored, personal data sealed.
    pub payload: String,
}

impl RawEvent {
    /// Hashes the event. `scratch` is room to write in, kept from one event to the next.
    pub(crate) fn leaf(&self, scratch: &mut Vec<u8>) -> Hash {
        scratch.clear();
        self.encode(scratch);
        Hash::of(&[scratch])
    }

    /// Whole numbers are big-endian, texts begin with their length in bytes (4 bytes), what may be missing begins with
    /// 1, or is 0.
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend([LEAF, ENCODING]);
        out.extend(self.log_id.to_be_bytes());
        out.extend(self.pos.to_be_bytes());
        out.extend(self.recorded_at.timestamp_micros().to_be_bytes());
        out.extend(self.tenant_id.as_bytes());
        out.extend(self.tenant_seq.to_be_bytes());
        out.extend(self.stream_id.as_bytes());
        text(out, &self.stream_type);
        out.extend(self.version.to_be_bytes());
        out.extend(self.event_id.as_bytes());
        text(out, &self.event_type);
        out.extend(self.schema_version.to_be_bytes());
        out.extend(self.command_id.as_bytes());
        optional(out, self.correlation_id.as_ref(), |out, id| out.extend(id.as_bytes()));
        optional(out, self.causation_id.as_ref(), |out, id| out.extend(id.as_bytes()));
        optional(out, self.actor.as_deref(), text);
        text(out, &self.payload);
    }

    /// Tells whether the id is that of the `index`th event of its command.
    pub(crate) fn has_id_of(&self, index: u32) -> bool {
        self.event_id == Uuid::new_v5(&self.command_id, index.to_string().as_bytes())
    }
}

fn text(out: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).expect("a field in Postgres has at most 1 GiB");
    out.extend(length.to_be_bytes());
    out.extend(text.as_bytes());
}

fn optional<T: ?Sized>(out: &mut Vec<u8>, value: Option<&T>, write: impl Fn(&mut Vec<u8>, &T)) {
    out.push(value.is_some().into());
    if let Some(value) = value {
        write(out, value);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn event(pos: i64) -> RawEvent {
        RawEvent {
            log_id: 1,
            pos,
            recorded_at: DateTime::from_timestamp_micros(1_790_000_000_123_456).unwrap(),
            tenant_id: Uuid::from_u128(1),
            tenant_seq: 2,
            stream_id: Uuid::from_u128(3),
            stream_type: "interaction".to_owned(),
            version: 4,
            event_id: Uuid::from_u128(5),
            event_type: "Noted".to_owned(),
            schema_version: 1,
            command_id: Uuid::from_u128(6),
            correlation_id: None,
            causation_id: Some(Uuid::from_u128(7)),
            actor: Some("user:8".to_owned()),
            payload: r#"{"b": 1,  "a":"я"}"#.to_owned(),
        }
    }

    /// What was sealed once must be found sealed for good: this hash never changes.
    #[test]
    fn the_encoding_is_the_one_that_was_sealed() {
        assert_eq!(
            event(1).leaf(&mut vec![]).to_string(),
            "1857a29c743e35bd239a3751063f2a1c670247beae24b6865d4667771a28779c"
        );
    }

    #[test]
    fn every_column_counts() {
        let changes: [fn(&mut RawEvent); 16] = [
            |e| e.log_id += 1,
            |e| e.pos += 1,
            |e| e.recorded_at += chrono::TimeDelta::microseconds(1),
            |e| e.tenant_id = Uuid::nil(),
            |e| e.tenant_seq += 1,
            |e| e.stream_id = Uuid::nil(),
            |e| e.stream_type.push('x'),
            |e| e.version += 1,
            |e| e.event_id = Uuid::nil(),
            |e| e.event_type.push('x'),
            |e| e.schema_version += 1,
            |e| e.command_id = Uuid::nil(),
            |e| e.correlation_id = Some(Uuid::nil()),
            |e| e.causation_id = None,
            |e| e.actor = Some(String::new()),
            |e| e.payload.push(' '),
        ];
        let mut seen = vec![event(1).leaf(&mut vec![])];
        for change in changes {
            let mut changed = event(1);
            change(&mut changed);
            seen.push(changed.leaf(&mut vec![]));
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 17, "no two of them hash alike");
    }

    #[test]
    fn a_text_cannot_pass_for_two() {
        let mut one = event(1);
        (one.stream_type, one.event_type) = ("ab".to_owned(), "c".to_owned());
        let mut other = event(1);
        (other.stream_type, other.event_type) = ("a".to_owned(), "bc".to_owned());
        assert_ne!(one.leaf(&mut vec![]), other.leaf(&mut vec![]));
    }
}

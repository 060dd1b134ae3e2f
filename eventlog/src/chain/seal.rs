//! A seal: one link of the chain over a log.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::hash::Hash;

/// Goes before what a seal hashes, so that it passes for nothing else.
const SEAL: &[u8] = b"agentiq seal v1";

/// Seals the events of one log from one position to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The log.
    pub log_id: i32,
    /// Its place among the log's seals, from 1, without gaps.
    pub number: i64,
    /// Position of the first event.
    pub first_pos: i64,
    /// Position of the last event.
    pub last_pos: i64,
    /// When it was made, by the database's clock.
    pub sealed_at: DateTime<Utc>,
    /// The root of the tree over its events.
    pub root: Hash,
    /// The hash of the seal before.
    pub previous: Hash,
    /// The hash over all of the above.
    pub hash: Hash,
}

impl Seal {
    /// Computes the hash that the seal must have.
    pub(crate) fn computed(&self) -> Hash {
        Hash::of(&[
            SEAL,
            &self.log_id.to_be_bytes(),
            &self.number.to_be_bytes(),
            &self.first_pos.to_be_bytes(),
            &self.last_pos.to_be_bytes(),
            &self.sealed_at.timestamp_micros().to_be_bytes(),
            &self.root.0,
            &self.previous.0,
        ])
    }

    /// Tells whether the seal is whole and follows `previous`, or begins the chain where there is none.
    pub(crate) fn follows(&self, previous: Option<&Self>) -> bool {
        let (number, first_pos, hash) = previous
            .map_or((1, 1, Hash::NONE), |seal| (seal.number + 1, seal.last_pos + 1, seal.hash));
        self.hash == self.computed()
            && (self.number, self.first_pos, self.previous) == (number, first_pos, hash)
            && self.first_pos <= self.last_pos
    }

    /// How many events it seals.
    pub(crate) fn size(&self) -> usize {
        usize::try_from(self.last_pos - self.first_pos + 1).unwrap_or(0)
    }
}

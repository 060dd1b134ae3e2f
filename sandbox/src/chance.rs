//! Everything that looks random: derived from the seed and from what it is for, never from the order of calls,
//! so that one seed gives the same ids and the same schedule of faults however requests interleave.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The source of all draws of one sandbox.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chance {
    seed: u64,
}

/// One draw: 32 bytes that depend on the seed and on the purpose alone.
pub(crate) struct Draw([u8; 32]);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Draws for a purpose, named by its parts; the same parts always give the same draw.
    pub(crate) fn draw(&self, purpose: &[&str]) -> Draw {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_le_bytes());
        for part in purpose {
            // The length keeps ("ab", "c") and ("a", "bc") apart.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Draw(hash.finalize().into())
    }
}

impl Draw {
    /// Evenly spread over `0.0..1.0`.
    pub(crate) fn unit(&self) -> f64 {
        // 53 bits are what a double holds exactly.
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A whole number below `bound`, which is not zero.
    pub(crate) fn below(&self, bound: u64) -> u64 {
        self.number() % bound
    }

    /// A text of 20 letters, digits, `-` and `_`, the form of Wildberries' review ids.
    pub(crate) fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0[..15])
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.first_16()).into_uuid()
    }

    /// A UUID of version 7: those of later moments are greater.
    pub(crate) fn uuid_v7(&self, at: DateTime<Utc>) -> Uuid {
        let mut bytes = [0; 10];
        bytes.copy_from_slice(&self.0[..10]);
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// 32 hexadecimal digits.
    pub(crate) fn hex(&self) -> String {
        hex::encode(self.first_16())
    }

    fn number(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    fn first_16(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&self.0[..16]);
        bytes
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub(crate) fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_the_seed_and_on_every_part_of_its_purpose() {
        let draw = Chance::new(7).draw(&["ab", "c"]).hex();
        assert_eq!(draw, Chance::new(7).draw(&["ab", "c"]).hex());
        assert_ne!(draw, Chance::new(8).draw(&["ab", "c"]).hex());
        assert_ne!(draw, Chance::new(7).draw(&["a", "bc"]).hex());
    }

    #[test]
    fn draws_are_spread_evenly_enough_for_a_probability() {
        let chance = Chance::new(1);
        let hits =
            (0..10_000).filter(|n| chance.draw(&["spread", &n.to_string()]).unit() < 0.05).count();
        assert!((400..600).contains(&hits), "{hits} of 10,000 at a probability of 0.05");
    }
}

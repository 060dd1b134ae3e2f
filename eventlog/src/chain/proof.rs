//! Proof that one event stands in the log: a file that is checked without a database.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::RawEvent;
use super::hash::Hash;
use super::line::SignedHeads;
use super::merkle;
use super::seal::Seal;

/// Names the form of the file.
pub(super) const FORMAT: &str = "agentiq proof v1";

/// An event, its seal, and the way from both to a signed head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub(super) format: String,
    /// The event as stored: personal data in it is sealed.
    pub event: RawEvent,
    /// From the event's hash to the root of its seal.
    pub(super) path: Vec<Hash>,
    /// The event's seal, then those after it up to the one whose hash was signed.
    pub(super) seals: Vec<Seal>,
    /// The line that was signed.
    pub(super) signed: String,
}

/// What a proof proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The event stood in the log at this time at the latest.
    pub signed_at: DateTime<Utc>,
    /// Who signed. Worth what the way is worth by which this key became known.
    pub key: Hash,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Another kind of file.
    #[error("the file is not of the form `{FORMAT}`")]
    Form,
    /// The event is not the one that was sealed.
    #[error("the event does not lead to the root of its seal")]
    Event,
    /// A seal was changed, or does not follow the one before.
    #[error("seal {number} was changed or does not follow the one before")]
    Seal {
        /// Its number.
        number: i64,
    },
    /// The signed line is of another chain.
    #[error("the signed heads do not name the last of the seals")]
    Head,
    /// The signature is not that of the key.
    #[error("the heads are not signed by the key they name")]
    Signature,
    /// Somebody else signed.
    #[error("the heads are signed by {found}, not by {expected}")]
    OtherKey {
        /// Who should have signed.
        expected: Hash,
        /// Who did.
        found: Hash,
    },
    /// The line is not in the file of signed heads.
    #[error("the signed heads are not in the file of heads")]
    NotInFile,
}

impl Proof {
    /// Checks the proof. `key` is the one that must have signed, `heads` the text of a file of signed heads that must
    /// hold the signed line; without them the proof only says who signed.
    ///
    /// # Errors
    /// [`ProofError`] says what does not hold.
    pub fn check(&self, key: Option<Hash>, heads: Option<&str>) -> Result<Proven, ProofError> {
        if self.format != FORMAT {
            return Err(ProofError::Form);
        }
        let (first, last) = self.seals.first().zip(self.seals.last()).ok_or(ProofError::Form)?;
        self.check_event(first)?;
        self.check_seals()?;
        let signed = SignedHeads::read(&self.signed).ok_or(ProofError::Head)?;
        let names_last = signed.heads().iter().any(|head| {
            (head.log, head.seal, head.pos, head.hash)
                == (last.log_id, last.number, last.last_pos, last.hash)
        });
        if !names_last {
            return Err(ProofError::Head);
        }
        if !signed.is_signed() {
            return Err(ProofError::Signature);
        }
        if let Some(expected) = key.filter(|key| *key != signed.key()) {
            return Err(ProofError::OtherKey { expected, found: signed.key() });
        }
        if heads.is_some_and(|heads| !heads.lines().any(|line| line == self.signed)) {
            return Err(ProofError::NotInFile);
        }
        Ok(Proven { signed_at: signed.signed_at(), key: signed.key() })
    }

    fn check_event(&self, seal: &Seal) -> Result<(), ProofError> {
        let event = &self.event;
        let index = usize::try_from(event.pos.saturating_sub(seal.first_pos));
        let index = index.map_err(|_| ProofError::Event)?;
        let leaf = event.leaf(&mut Vec::new());
        let root = merkle::root_by_path(leaf, index, seal.size(), &self.path);
        if event.log_id == seal.log_id && index < seal.size() && root == Some(seal.root) {
            Ok(())
        } else {
            Err(ProofError::Event)
        }
    }

    fn check_seals(&self) -> Result<(), ProofError> {
        for (at, seal) in self.seals.iter().enumerate() {
            let in_order = match at.checked_sub(1).and_then(|at| self.seals.get(at)) {
                Some(before) => before.log_id == seal.log_id && seal.follows(Some(before)),
                None => seal.hash == seal.computed(),
            };
            if !in_order {
                return Err(ProofError::Seal { number: seal.number });
            }
        }
        Ok(())
    }
}

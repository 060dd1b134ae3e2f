//! The keys from outside the database: whoever copies the database alone can read nothing that they wrap.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::value::TenantId;
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretBox, SecretString};
use uuid::Uuid;

use crate::cipher::{Cipher, random_key};
use crate::mask::Mask;

/// Why something could not be sealed or opened. Never shows a value.
#[derive(Debug, Clone, thiserror::Error)]
pub enum KeyError {
    /// The database failed.
    #[error("key statement failed")]
    Database(#[source] Arc<sqlx::Error>),
    /// Something is wrapped under a master key that was not given to this program.
    #[error("unknown master key {kek_id}")]
    UnknownMasterKey {
        /// Its name.
        kek_id: String,
    },
    /// A master key is not 32 bytes of base64.
    #[error("master key {kek_id} is not 32 bytes of base64")]
    MalformedMasterKey {
        /// Its name.
        kek_id: String,
    },
    /// A ciphertext was changed, or stands where it does not belong.
    #[error("{what} was changed or stands where it does not belong")]
    Tampered {
        /// What could not be opened.
        what: String,
    },
    /// A mark of personal data has not the form it must have.
    #[error("malformed mark of personal data at {path}")]
    Malformed {
        /// Where in the payload, as a JSON pointer.
        path: String,
    },
    /// Something is sealed under a key of which nothing is known. A destroyed key would be known as destroyed.
    #[error("no key of subject {subject}")]
    NoKey {
        /// Whose key.
        subject: Uuid,
    },
    /// A seller has secrets and no key that they could be sealed under.
    #[error("no key of seller {tenant}")]
    NoSellerKey {
        /// The seller.
        tenant: TenantId,
    },
}

impl From<sqlx::Error> for KeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// A key from outside the database, and the name by which rows refer to it.
pub struct MasterKey {
    kek_id: String,
    key: SecretBox<[u8; 32]>,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({}, …)", self.kek_id)
    }
}

impl MasterKey {
    /// Reads a key of 32 bytes in base64.
    ///
    /// # Errors
    /// [`KeyError::MalformedMasterKey`].
    pub fn from_base64(kek_id: &str, key: &SecretString) -> Result<Self, KeyError> {
        let malformed = || KeyError::MalformedMasterKey { kek_id: kek_id.to_owned() };
        let mut bytes = STANDARD.decode(key.expose_secret().trim()).map_err(|_| malformed())?;
        let sized = <[u8; 32]>::try_from(bytes.as_slice());
        bytes.zeroize();
        Ok(Self {
            kek_id: kek_id.to_owned(),
            key: SecretBox::new(Box::new(sized.map_err(|_| malformed())?)),
        })
    }

    /// Makes a random key.
    #[must_use]
    pub fn generate(kek_id: &str) -> Self {
        Self { kek_id: kek_id.to_owned(), key: SecretBox::init_with(random_key) }
    }

    /// Returns the name.
    #[must_use]
    pub fn kek_id(&self) -> &str {
        &self.kek_id
    }

    /// Returns the key in base64, to be kept outside the database.
    #[must_use]
    pub fn to_base64(&self) -> SecretString {
        STANDARD.encode(self.key.expose_secret()).into()
    }
}

/// The master keys that a program was given: one seals, all open. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MasterKeys {
    current: String,
    ciphers: Arc<HashMap<String, Cipher>>,
    /// Derived from the key that seals.
    mask: Mask,
}

impl MasterKeys {
    /// Seals with `current`; opens with it and with `previous` ones, which a key change leaves in use.
    #[must_use]
    pub fn new(current: MasterKey, previous: Vec<MasterKey>) -> Self {
        let name = current.kek_id.clone();
        let mask = Mask::new(current.key.expose_secret()).of(b"mask.1");
        let ciphers = previous
            .into_iter()
            .chain([current])
            .map(|key| (key.kek_id, Cipher::new(key.key.expose_secret())))
            .collect();
        Self { current: name, ciphers: Arc::new(ciphers), mask }
    }

    /// Returns the name of the key that seals.
    #[must_use]
    pub fn current(&self) -> &str {
        &self.current
    }

    /// Returns what masks are derived from.
    pub(crate) fn mask(&self) -> &Mask {
        &self.mask
    }

    /// Returns the names of all keys, in no order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.ciphers.keys().cloned().collect()
    }

    /// Seals with the current key.
    pub(crate) fn seal(&self, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
        self.ciphers[&self.current].seal(context, plaintext)
    }

    /// Opens what the key `kek_id` sealed in the same context; `what` names it in the error.
    pub(crate) fn open(
        &self,
        kek_id: &str,
        context: &[u8],
        sealed: &[u8],
        what: impl FnOnce() -> String,
    ) -> Result<Vec<u8>, KeyError> {
        self.ciphers
            .get(kek_id)
            .ok_or_else(|| KeyError::UnknownMasterKey { kek_id: kek_id.to_owned() })?
            .open(context, sealed)
            .ok_or_else(|| KeyError::Tampered { what: what() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_being_written_down() {
        let key = MasterKey::generate("a");
        let read = MasterKey::from_base64("a", &key.to_base64()).unwrap();
        assert_eq!(read.key.expose_secret(), key.key.expose_secret());
    }

    #[test]
    fn a_key_of_another_length_is_refused_by_name() {
        for text in ["", "c2hvcnQ=", "не base64"] {
            let error = MasterKey::from_base64("a", &text.into()).unwrap_err();
            assert_eq!(error.to_string(), "master key a is not 32 bytes of base64");
        }
    }

    #[test]
    fn debug_never_shows_a_key() {
        let key = MasterKey::generate("a");
        let written = key.to_base64();
        assert_eq!(format!("{key:?}"), "MasterKey(a, …)");
        assert!(!format!("{:?}", MasterKeys::new(key, vec![])).contains(written.expose_secret()));
    }
}

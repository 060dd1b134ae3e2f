//! The keys from outside the database that wrap every other key.

use secrecy::{SecretBox, SecretString};

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database failed.
    #[error("key statement failed")]
    Database(#[from] sqlx::Error),
    /// Something was wrapped under a master key that was not given to this program.
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
    /// The ciphertext was changed, or stands where it does not belong.
    #[error("{what} was tampered with or stands where it does not belong")]
    Tampered {
        /// What was opened; never a value.
        what: String,
    },
    /// The sealed form lacks a part or uses one of the reserved names.
    #[error("malformed mark at {path}")]
    Malformed {
        /// Where, as a JSON pointer.
        path: String,
    },
    /// Nothing is known of the key that something was sealed with.
    #[error("no key of subject {subject}")]
    NoKey {
        /// The subject.
        subject: uuid::Uuid,
    },
}

/// A key from outside the database, with the name it is known by.
#[derive(Debug)]
pub struct MasterKey {
    /// Its name, stored beside whatever it wraps.
    pub kek_id: String,
    /// The key.
    pub key: SecretBox<[u8; 32]>,
}

impl MasterKey {
    /// Reads 32 bytes of base64.
    ///
    /// # Errors
    /// [`KeyError::MalformedMasterKey`].
    pub fn from_base64(_kek_id: &str, _key: &SecretString) -> Result<Self, KeyError> {
        unimplemented!()
    }

    /// Makes a new random key.
    #[must_use]
    pub fn generate(_kek_id: &str) -> Self {
        unimplemented!()
    }

    /// Returns the key as base64, to be kept outside the database.
    #[must_use]
    pub fn to_base64(&self) -> SecretString {
        unimplemented!()
    }
}

/// The master keys that a program was given: one wraps, all unwrap.
#[derive(Debug, Clone)]
pub struct MasterKeys {}

impl MasterKeys {
    /// Wraps with `current`; unwraps with any.
    #[must_use]
    pub fn new(_current: MasterKey, _previous: Vec<MasterKey>) -> Self {
        unimplemented!()
    }
}

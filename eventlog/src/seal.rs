//! Personal data in events is ciphertext under a key per subject; erasing a person destroys the key.

use domain::value::TenantId;
use uuid::Uuid;

use crate::Db;
use crate::master_key::MasterKeys;

pub use crate::master_key::KeyError;

/// Seals and opens personal data under a key per subject.
#[derive(Debug, Clone)]
pub struct SubjectKeys {
    _db: Db,
}

impl SubjectKeys {
    /// Keeps the subjects' keys in `db`, wrapped by `master_keys`.
    #[must_use]
    pub fn new(db: Db, _master_keys: MasterKeys) -> Self {
        Self { _db: db }
    }

    /// Checks that every stored key can be unwrapped with the master keys at hand.
    ///
    /// # Errors
    /// [`KeyError::UnknownMasterKey`] names one that is missing.
    pub async fn check(&self) -> Result<(), KeyError> {
        unimplemented!()
    }

    /// Destroys a subject's key: what was sealed under it can never be read again.
    ///
    /// # Errors
    /// When the database fails; then the key may still exist.
    pub async fn destroy(&self, _tenant: TenantId, _subject: Uuid) -> Result<(), KeyError> {
        unimplemented!()
    }
}

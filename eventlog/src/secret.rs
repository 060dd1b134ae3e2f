//! Secrets of the seller, such as marketplace tokens, sealed for ordinary tables.

use domain::value::TenantId;
use secrecy::SecretString;
use uuid::Uuid;

use crate::master_key::{KeyError, MasterKeys};

/// A secret as a table keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSecret {
    /// The master key it is sealed under.
    pub kek_id: String,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
}

/// Seals secrets under the master key, bound to the row they belong to.
#[derive(Debug, Clone)]
pub struct Vault {
    _master_keys: MasterKeys,
}

impl Vault {
    /// Seals with the current master key, opens with any.
    #[must_use]
    pub fn new(master_keys: MasterKeys) -> Self {
        Self { _master_keys: master_keys }
    }

    /// Seals `secret` for one object of a seller, such as (`account`, its id); it opens nowhere else.
    #[must_use]
    pub fn seal(&self, _tenant: TenantId, _kind: &str, _id: Uuid, _secret: &SecretString) -> SealedSecret {
        unimplemented!()
    }

    /// Opens what was sealed for the same object.
    ///
    /// # Errors
    /// [`KeyError::UnknownMasterKey`], or [`KeyError::Tampered`] when it was changed or belongs to another object.
    pub fn open(&self, _tenant: TenantId, _kind: &str, _id: Uuid, _sealed: &SealedSecret) -> Result<SecretString, KeyError> {
        unimplemented!()
    }
}

//! A person's data that is too large for an event, such as a file: sealed under the same key, for a row of an ordinary
//! table.

use domain::value::TenantId;
use uuid::Uuid;

use super::{Subject, SubjectKey, SubjectKeys};
use crate::master_key::KeyError;

impl SubjectKeys {
    /// Seals bytes of a subject for one object, such as `("attachment", id)`; they open for no other. None when the
    /// subject was erased: nothing new is kept about it.
    ///
    /// # Errors
    /// When the key cannot be had.
    pub async fn seal_bytes(
        &self,
        (tenant, subject): (TenantId, Uuid),
        (kind, id): (&str, Uuid),
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, KeyError> {
        let context = context((tenant, subject), kind, id);
        Ok(match self.to_seal((tenant, subject)).await? {
            SubjectKey::Alive(cipher) => Some(cipher.seal(&context, bytes)),
            SubjectKey::Destroyed => None,
        })
    }

    /// Opens what was sealed for the same object. None when the subject was erased.
    ///
    /// # Errors
    /// When the key cannot be had; [`KeyError::Tampered`] when the bytes were changed or belong to another object.
    pub async fn open_bytes(
        &self,
        (tenant, subject): (TenantId, Uuid),
        (kind, id): (&str, Uuid),
        sealed: &[u8],
    ) -> Result<Option<Vec<u8>>, KeyError> {
        let owner = (tenant, subject);
        let mut keys = self.load([owner].into(), false).await?;
        match keys.remove(&owner).unwrap_or(Err(KeyError::NoKey { subject }))? {
            SubjectKey::Destroyed => Ok(None),
            SubjectKey::Alive(cipher) => {
                let opened = cipher.open(&context(owner, kind, id), sealed);
                let what = || format!("{kind} {id}");
                opened.map(Some).ok_or_else(|| KeyError::Tampered { what: what() })
            }
        }
    }
}

/// The fixed lengths come first, so that no two objects have the same context.
fn context((tenant, subject): Subject, kind: &str, id: Uuid) -> Vec<u8> {
    let ids = [tenant.0.as_bytes(), subject.as_bytes(), id.as_bytes()];
    [b"bytes.1".as_slice(), ids[0], ids[1], ids[2], kind.as_bytes()].concat()
}

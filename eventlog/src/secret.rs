//! Secrets of sellers, such as marketplace tokens, sealed for the rows of ordinary tables.

use domain::value::TenantId;
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};
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

/// Seals secrets under the master key, each bound to the object it belongs to.
#[derive(Debug, Clone)]
pub struct Vault {
    master_keys: MasterKeys,
}

impl Vault {
    /// Seals with the current master key, opens with any.
    #[must_use]
    pub fn new(master_keys: MasterKeys) -> Self {
        Self { master_keys }
    }

    /// Seals `secret` for one object of a seller, such as `("account", id)`. It opens for no other.
    #[must_use]
    pub fn seal(
        &self,
        tenant: TenantId,
        kind: &str,
        id: Uuid,
        secret: &SecretString,
    ) -> SealedSecret {
        let context = context(tenant, kind, id);
        SealedSecret {
            kek_id: self.master_keys.current().to_owned(),
            sealed: self.master_keys.seal(&context, secret.expose_secret().as_bytes()),
        }
    }

    /// Opens what was sealed for the same object.
    ///
    /// # Errors
    /// [`KeyError::UnknownMasterKey`], or [`KeyError::Tampered`] when it was changed or belongs to another object.
    pub fn open(
        &self,
        tenant: TenantId,
        kind: &str,
        id: Uuid,
        secret: &SealedSecret,
    ) -> Result<SecretString, KeyError> {
        let what = || format!("secret of {kind} {id}");
        let context = context(tenant, kind, id);
        let bytes = self.master_keys.open(&secret.kek_id, &context, &secret.sealed, what)?;
        String::from_utf8(bytes).map(SecretString::from).map_err(|error| {
            error.into_bytes().zeroize();
            KeyError::Tampered { what: what() }
        })
    }
}

/// The fixed lengths come first, so that no two objects have the same context.
fn context(tenant: TenantId, kind: &str, id: Uuid) -> Vec<u8> {
    [b"secret.1".as_slice(), tenant.0.as_bytes(), id.as_bytes(), kind.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::master_key::MasterKey;

    const TENANT: TenantId = TenantId(Uuid::from_u128(1));
    const ACCOUNT: Uuid = Uuid::from_u128(2);

    fn vault() -> Vault {
        Vault::new(MasterKeys::new(MasterKey::generate("new"), vec![]))
    }

    #[test]
    fn a_secret_opens_where_it_was_sealed() {
        let vault = vault();
        let sealed = vault.seal(TENANT, "account", ACCOUNT, &"токен".into());
        let opened = vault.open(TENANT, "account", ACCOUNT, &sealed).unwrap();
        assert_eq!(opened.expose_secret(), "токен");
    }

    #[test]
    fn a_secret_moved_to_another_object_does_not_open() {
        let vault = vault();
        let sealed = vault.seal(TENANT, "account", ACCOUNT, &"token".into());
        let other = Uuid::from_u128(3);
        for moved in [
            vault.open(TenantId(other), "account", ACCOUNT, &sealed),
            vault.open(TENANT, "account", other, &sealed),
            vault.open(TENANT, "channel", ACCOUNT, &sealed),
        ] {
            assert!(matches!(moved, Err(KeyError::Tampered { .. })), "{moved:?}");
        }
    }

    #[test]
    fn a_changed_secret_does_not_open() {
        let vault = vault();
        let sealed = vault.seal(TENANT, "account", ACCOUNT, &"token".into());
        for index in 0..sealed.sealed.len() {
            let mut changed = sealed.clone();
            changed.sealed[index] ^= 1;
            assert!(vault.open(TENANT, "account", ACCOUNT, &changed).is_err());
        }
        let cut = SealedSecret { sealed: sealed.sealed[..10].to_vec(), ..sealed };
        assert!(vault.open(TENANT, "account", ACCOUNT, &cut).is_err());
    }

    #[test]
    fn an_earlier_master_key_opens_but_no_longer_seals() {
        let old = MasterKey::generate("old");
        let kept = MasterKey::from_base64("old", &old.to_base64()).unwrap();
        let sealed =
            Vault::new(MasterKeys::new(old, vec![])).seal(TENANT, "a", ACCOUNT, &"x".into());

        let both = Vault::new(MasterKeys::new(MasterKey::generate("new"), vec![kept]));
        assert!(both.open(TENANT, "a", ACCOUNT, &sealed).is_ok());
        assert_eq!(both.seal(TENANT, "a", ACCOUNT, &"x".into()).kek_id, "new");

        let error = vault().open(TENANT, "a", ACCOUNT, &sealed).unwrap_err();
        assert_eq!(error.to_string(), "unknown master key old");
    }
}

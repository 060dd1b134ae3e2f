//! Secrets of sellers, such as marketplace tokens, sealed for the rows of ordinary tables: each seller's under a key of
//! its own, which stands in `seller_key` and is wrapped by a master key.

use std::sync::Arc;
use std::time::Duration;

use domain::value::TenantId;
use moka::sync::Cache;
use secrecy::zeroize::Zeroize;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::cipher::{Cipher, random_key};
use crate::db::Db;
use crate::master_key::{KeyError, MasterKeys};

/// How long an unwrapped key is kept: the longest time that this process could go on with a key that another database,
/// restored in place of the one it knew, does not hold.
const KEY_KEPT: Duration = Duration::from_secs(60);

/// Unwrapped keys kept at most; about 200 bytes each.
const KEYS_KEPT_MAX: u64 = 10_000;

/// Seals secrets under the key of their seller, each bound to the object it belongs to. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Vault {
    pub(crate) db: Db,
    pub(crate) master_keys: MasterKeys,
    cache: Cache<TenantId, Arc<Cipher>>,
}

/// The wrapped key of a seller.
struct Row {
    wrapped_key: Vec<u8>,
    kek_id: String,
}

impl Vault {
    /// Keeps the keys of sellers in `db`, wrapped under the current master key; opens them with any.
    #[must_use]
    pub fn new(db: Db, master_keys: MasterKeys) -> Self {
        let cache = Cache::builder().time_to_live(KEY_KEPT).max_capacity(KEYS_KEPT_MAX).build();
        Self { db, master_keys, cache }
    }

    /// Returns the name of the master key that seals.
    #[must_use]
    pub fn current_master_key(&self) -> &str {
        self.master_keys.current()
    }

    /// Checks at start-up that the master keys at hand unwrap the key of every seller.
    ///
    /// # Errors
    /// [`KeyError::UnknownMasterKey`] names one that is missing.
    pub async fn check(&self) -> Result<(), KeyError> {
        let unknown = sqlx::query_scalar!(
            "select kek_id from seller_key where kek_id <> all ($1) limit 1",
            &self.master_keys.names(),
        )
        .fetch_optional(self.db.pool())
        .await?;
        unknown.map_or(Ok(()), |kek_id| Err(KeyError::UnknownMasterKey { kek_id }))
    }

    /// Seals `secret` for one object of a seller, such as `("account", id)`. It opens for no other. The first secret of a
    /// seller makes its key.
    ///
    /// # Errors
    /// When the database fails or the seller's key does not open.
    pub async fn seal(
        &self,
        tenant: TenantId,
        kind: &str,
        id: Uuid,
        secret: &SecretString,
    ) -> Result<Vec<u8>, KeyError> {
        let cipher = match self.known(tenant).await? {
            Some(cipher) => cipher,
            None => self.make(tenant).await?,
        };
        Ok(cipher.seal(&context(tenant, kind, id), secret.expose_secret().as_bytes()))
    }

    /// Opens what was sealed for the same object.
    ///
    /// # Errors
    /// [`KeyError::Tampered`] when it was changed or belongs to another object, [`KeyError::NoSellerKey`],
    /// [`KeyError::UnknownMasterKey`], or what the database says.
    pub async fn open(
        &self,
        tenant: TenantId,
        kind: &str,
        id: Uuid,
        sealed: &[u8],
    ) -> Result<SecretString, KeyError> {
        let tampered = || KeyError::Tampered { what: format!("secret of {kind} {id}") };
        let cipher = self.known(tenant).await?.ok_or(KeyError::NoSellerKey { tenant })?;
        let bytes = cipher.open(&context(tenant, kind, id), sealed).ok_or_else(tampered)?;
        String::from_utf8(bytes).map(SecretString::from).map_err(|error| {
            error.into_bytes().zeroize();
            tampered()
        })
    }

    /// Returns a seller's key, if it has one.
    async fn known(&self, tenant: TenantId) -> Result<Option<Arc<Cipher>>, KeyError> {
        if let Some(cipher) = self.cache.get(&tenant) {
            return Ok(Some(cipher));
        }
        let row = sqlx::query_as!(
            Row,
            "select wrapped_key, kek_id from seller_key where tenant_id = $1",
            tenant.0
        )
        .fetch_optional(self.db.pool())
        .await?;
        let Some(Row { wrapped_key, kek_id }) = row else { return Ok(None) };
        let what = || format!("key of seller {tenant}");
        let context = key_context(tenant);
        let mut bytes = self.master_keys.open(&kek_id, &context, &wrapped_key, what)?;
        let cipher = <&[u8; 32]>::try_from(bytes.as_slice()).map(Cipher::new);
        let cipher = cipher.map_err(|_| KeyError::Tampered { what: what() });
        bytes.zeroize();
        let cipher = Arc::new(cipher?);
        self.cache.insert(tenant, Arc::clone(&cipher));
        Ok(Some(cipher))
    }

    /// Makes a seller's key. Whoever makes it first makes it for all.
    async fn make(&self, tenant: TenantId) -> Result<Arc<Cipher>, KeyError> {
        let mut key = random_key();
        let wrapped = self.master_keys.seal(&key_context(tenant), &key);
        key.zeroize();
        sqlx::query!(
            "insert into seller_key (tenant_id, wrapped_key, kek_id) values ($1, $2, $3)
                on conflict on constraint seller_key_pkey do nothing",
            tenant.0,
            wrapped,
            self.master_keys.current(),
        )
        .execute(self.db.pool())
        .await?;
        self.known(tenant).await?.ok_or(KeyError::NoSellerKey { tenant })
    }
}

/// Binds a wrapped key to its row.
pub(crate) fn key_context(tenant: TenantId) -> Vec<u8> {
    [b"seller_key.1".as_slice(), tenant.0.as_bytes()].concat()
}

/// Binds a secret to its seller, row and field. The fixed lengths come first, so that no two objects have the same
/// context.
fn context(tenant: TenantId, kind: &str, id: Uuid) -> Vec<u8> {
    [b"secret.1".as_slice(), tenant.0.as_bytes(), id.as_bytes(), kind.as_bytes()].concat()
}

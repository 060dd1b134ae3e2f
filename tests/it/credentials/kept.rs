//! Keys of cabinets kept in a database of their own, and what opens there.

use commands::credential::Credentials;
use domain::{AccountId, TenantId};
use eventlog::{Db, DbOptions, MasterKey, MasterKeys, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use tests::database::Database;
use uuid::Uuid;

/// A cabinet and the key that it was given.
#[derive(Debug, Clone)]
pub(super) struct Cabinet {
    pub(super) tenant: TenantId,
    pub(super) account: AccountId,
    pub(super) token: String,
}

/// A database, and cabinets whose keys were kept there.
pub(super) struct Kept {
    pub(super) cabinets: Vec<Cabinet>,
    pub(super) db: Db,
    /// Last, since nobody may be connected when it is removed.
    _database: Database,
}

/// A master key under a name.
pub(super) fn master_key(name: &str, base64: &str) -> anyhow::Result<MasterKey> {
    Ok(MasterKey::from_base64(name, &SecretString::from(base64))?)
}

/// Opens as a process of its own would: with an empty cache.
pub(super) fn credentials(db: &Db, keys: MasterKeys) -> Credentials {
    Credentials::new(db.clone(), Vault::new(db.clone(), keys))
}

impl Kept {
    /// Keeps the keys of so many sellers with two cabinets each.
    pub(super) async fn of(sellers: usize, keys: MasterKeys) -> anyhow::Result<Self> {
        let database = Database::make().await?;
        let db = Db::connect(database.url(), DbOptions::default()).await?;
        eventlog::migrate(&db).await?;
        let credentials = credentials(&db, keys);
        let mut cabinets = Vec::new();
        for _ in 0..sellers {
            let tenant = TenantId(Uuid::new_v4());
            for _ in 0..2 {
                let account = AccountId(Uuid::new_v4());
                let token = format!("token-{}", Uuid::new_v4());
                credentials.put(tenant, account, &token.clone().into()).await?;
                credentials.digest_key(tenant, account).await?;
                cabinets.push(Cabinet { tenant, account, token });
            }
        }
        Ok(Self { cabinets, db, _database: database })
    }
}

/// Returns the cabinets whose keys do not open as they were given, with what is said instead.
pub(super) async fn unreadable(credentials: &Credentials, cabinets: &[Cabinet]) -> Vec<String> {
    let mut unreadable = Vec::new();
    for Cabinet { tenant, account, token } in cabinets {
        let said = match credentials.open(*tenant, *account).await {
            Ok(Some(kept)) if kept.secret.expose_secret() == token => continue,
            Ok(Some(_)) => "another key".to_owned(),
            Ok(None) => "no key".to_owned(),
            Err(error) => format!("{:#}", anyhow::Error::from(error)),
        };
        unreadable.push(format!("{account}: {said}"));
    }
    unreadable
}

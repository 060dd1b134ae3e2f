//! The database and the keys that a command works with.

use std::str::FromStr as _;

use anyhow::Context as _;
use commands::Commands;
use commands::credential::Credentials;
use commands::erase::Erasures;
use domain::event::is_readable;
use eventlog::{AppenderOptions, Db, DbOptions, EventLog, SubjectKeys, Vault};
use sqlx::postgres::PgConnectOptions;
use tracing::error;

use crate::config::{DataSettings, KeySettings};
use crate::exit::StartError;
use crate::master_key::Missing;
use crate::own_postgres::{OwnPostgres, OwnPostgresOptions};
use crate::{housekeeping, master_key, schema};

/// A database that is open, with our own server under it where it is ours.
pub(super) struct Database {
    pub(super) db: Db,
    own: Option<OwnPostgres>,
}

/// What may be done to the database before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preparation {
    /// Bring it to the state that this release needs, and make the master key where there is none.
    Migrate,
    /// Only check both.
    Check,
}

/// The inner crates, ready to work.
pub(super) struct Inner {
    pub(super) log: EventLog,
    pub(super) commands: Commands,
    pub(super) credentials: Credentials,
    pub(super) erasures: Erasures,
    pub(super) subjects: SubjectKeys,
}

impl Database {
    /// Connects to the database that is given, or starts our own.
    pub(super) async fn open(data: &DataSettings, options: DbOptions) -> anyhow::Result<Self> {
        let own = match data.database_url() {
            Some(_) => None,
            None => Some(OwnPostgres::start(&data.data_dir, OwnPostgresOptions::default()).await?),
        };
        let url = match &own {
            Some(own) => own.url(),
            None => data.database_url().unwrap_or_default(),
        };
        match Db::connect(url, options).await {
            Ok(db) => Ok(Self { db, own }),
            Err(source) => {
                let place = place(url);
                stop(own).await;
                Err(StartError::DatabaseUnreachable { place, source }.into())
            }
        }
    }

    /// Prepares the database and puts the inner crates on it.
    pub(super) async fn prepare(
        &self,
        data: &DataSettings,
        key: &KeySettings,
        preparation: Preparation,
    ) -> anyhow::Result<Inner> {
        let may_change = preparation == Preparation::Migrate;
        if may_change {
            eventlog::migrate(&self.db).await.context("migrating the database")?;
        } else if !schema::is_current(&self.db).await.context("reading the migrations")? {
            return Err(StartError::NotMigrated.into());
        }
        let keys_db = self.key_store(key, may_change).await?;
        let sealed = master_key::holds_sealed(&self.db, &keys_db).await;
        let sealed = sealed.context("looking for sealed data")?;
        let missing = match (may_change, sealed) {
            (_, true) => Missing::Lost,
            (true, false) => Missing::Make,
            (false, false) => Missing::Refuse,
        };
        let found = master_key::find(&key.file(data), missing)?;
        let subjects = SubjectKeys::new(keys_db, found.keys.clone());
        let vault = Vault::new(self.db.clone(), found.keys.clone());
        master_key::check(&found, &vault, &subjects).await?;
        let log = EventLog::new(self.db.clone(), subjects.clone(), AppenderOptions::default());
        readable(&log).await?;
        if may_change {
            let made = log.ensure_partitions(housekeeping::MONTHS_AHEAD).await;
            made.context("making partitions of the log")?;
        }
        let credentials = Credentials::new(self.db.clone(), vault);
        let commands = Commands::new(log.clone());
        let erasures = Erasures::new(self.db.clone(), subjects.clone(), commands.clone());
        // Before anything is served: an older key store may have brought erased buyers back.
        erasures.carry_out_again().await.context("erasing again who was erased before")?;
        Ok(Inner { log, commands, credentials, erasures, subjects })
    }

    /// Connects to the key store, which is this database unless another is given.
    async fn key_store(&self, key: &KeySettings, may_change: bool) -> anyhow::Result<Db> {
        let Some(url) = key.database_url() else { return Ok(self.db.clone()) };
        let options = DbOptions { application_name: "agentiq keys".into(), ..DbOptions::default() };
        let db = Db::connect(url, options)
            .await
            .map_err(|source| StartError::KeyStoreUnreachable { place: place(url), source })?;
        if may_change {
            eventlog::migrate_keys(&db).await.context("migrating the key store")?;
        }
        Ok(db)
    }

    /// Closes the connections, and stops the server where it is ours.
    pub(super) async fn close(self) {
        self.db.pool().close().await;
        stop(self.own).await;
    }
}

/// Refuses a log that holds events which this program cannot read: of a later release, to which readers come first.
async fn readable(log: &EventLog) -> anyhow::Result<()> {
    let stored = log.stored_types().await.context("reading the types of stored events")?;
    let unreadable: Vec<String> = stored
        .iter()
        .filter(|of| !is_readable(&of.stream_type, &of.event_type, of.schema_version))
        .map(ToString::to_string)
        .collect();
    if unreadable.is_empty() {
        return Ok(());
    }
    Err(StartError::UnreadableEvents { types: unreadable.join(", ") }.into())
}

async fn stop(own: Option<OwnPostgres>) {
    if let Some(own) = own
        && let Err(error) = own.stop().await
    {
        error!(error = &error as &dyn std::error::Error, "could not stop our own PostgreSQL");
    }
}

/// Names a database without its password.
fn place(url: &str) -> String {
    match PgConnectOptions::from_str(url) {
        Ok(options) => {
            let database = options.get_database().unwrap_or("postgres").to_owned();
            match options.get_socket() {
                Some(socket) => format!("{} (database {database})", socket.display()),
                None => {
                    format!("{}:{} (database {database})", options.get_host(), options.get_port())
                }
            }
        }
        Err(_) => "an address that is not postgres://user@host/database".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        let place = place("postgres://anna:secret@db.example:5433/agentiq");
        assert_eq!(place, "db.example:5433 (database agentiq)");
    }
}

//! The connections to PostgreSQL, with limits on everything that could hang, and a `begin` that is safe to cancel.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool, Postgres, Transaction};
use tracing::Instrument;

/// How long after its last use a connection is taken to be alive.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// Limits of a pool of connections. The defaults suit one process on two cores.
#[derive(Debug, Clone)]
pub struct DbOptions {
    /// Connections at most.
    pub connections_max: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
    /// How long a statement may run.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock.
    pub lock_timeout: Duration,
    /// How long a transaction may stay open without a statement running.
    pub idle_in_transaction_timeout: Duration,
    /// What the server shows as the connection's owner.
    pub application_name: String,
    /// Folder of the archived months; none where there is none at hand.
    pub archive_dir: Option<PathBuf>,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self {
            connections_max: 10,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(2),
            idle_in_transaction_timeout: Duration::from_secs(5),
            application_name: "agentiq".to_owned(),
            archive_dir: None,
        }
    }
}

/// A database, and the folder of what was moved out of it. Cheap to clone, and the only way to open a transaction.
#[derive(Debug, Clone)]
pub struct Db {
    pool: PgPool,
    archive_dir: Option<Arc<Path>>,
}

impl Db {
    /// Connects to the database at `url`, so that a wrong address is known at once.
    ///
    /// # Errors
    /// When `url` is malformed or nobody answers within the acquire timeout.
    pub async fn connect(url: &str, options: DbOptions) -> Result<Self, sqlx::Error> {
        let millis = |limit: Duration| limit.as_millis().to_string();
        let connect =
            PgConnectOptions::from_str(url)?.application_name(&options.application_name).options([
                ("statement_timeout", millis(options.statement_timeout)),
                ("lock_timeout", millis(options.lock_timeout)),
                // The default of 4 speaks of discs with heads. It makes whole-table scans look cheap while tables are
                // small, and a prepared statement keeps such a plan when they have grown.
                ("random_page_cost", "1.1".to_owned()),
                (
                    "idle_in_transaction_session_timeout",
                    millis(options.idle_in_transaction_timeout),
                ),
            ]);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.acquire_timeout)
            // Asking an idle connection whether it lives costs a round trip; one that worked just now is trusted.
            .test_before_acquire(false)
            .before_acquire(|connection, metadata| {
                Box::pin(async move {
                    if metadata.idle_for > TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(connect)
            .await?;
        let archive_dir = options.archive_dir.map(Arc::from);
        Ok(Self { pool, archive_dir })
    }

    /// Takes over a pool made elsewhere, with the limits it was made with.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self { pool, archive_dir: None }
    }

    /// Says where the archived months are.
    #[must_use]
    pub fn with_archive(self, folder: &Path) -> Self {
        Self { archive_dir: Some(Arc::from(folder)), ..self }
    }

    /// Returns where the archived months are, if they are at hand.
    #[must_use]
    pub fn archive_dir(&self) -> Option<&Path> {
        self.archive_dir.as_deref()
    }

    /// Returns the pool, for single statements. Transactions come from [`Db::begin`].
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Opens a transaction. May be cancelled at any point; one that nobody received is rolled back.
    ///
    /// sqlx 0.9.0 leaves the connection inside an open transaction when its own `begin` is dropped between sending
    /// `BEGIN` and reading the answer: the depth it rolls back by is raised only afterwards (issue
    /// transact-rs/sqlx#4393), so the next borrower's statements join a foreign transaction. Here `begin` runs on a
    /// task that nobody cancels.
    ///
    /// # Errors
    /// When no connection is free in time or the server does not answer.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let pool = self.pool.clone();
        #[expect(clippy::disallowed_methods, reason = "the one place that guards it")]
        let begun = tokio::spawn(async move { pool.begin().await }.in_current_span()).await;
        match begun {
            Ok(outcome) => outcome,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // The runtime is shutting down, which is the only way this task is cancelled.
            Err(_) => Err(sqlx::Error::PoolClosed),
        }
    }
}

/// Brings the database's schema to the state this program needs. Waits for its turn when several processes start, and
/// for locks, in short goes, so that a migration never holds up the statements of a running release for long.
///
/// # Errors
/// When a migration fails, or one that was applied has been edited since.
pub async fn migrate(db: &Db) -> Result<(), MigrateError> {
    migrate_with(db, &sqlx::migrate!("../migrations")).await
}

async fn migrate_with(db: &Db, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut tries = 0;
    loop {
        let outcome = migrate_once(db, migrator).await;
        match &outcome {
            Err(error) if tries < MIGRATE_RETRIES_MAX && waits_for_lock(error) => tries += 1,
            Ok(()) | Err(_) => return outcome,
        }
    }
}

/// Makes the key store in a database of its own: that migration alone, so that nothing else is kept there.
///
/// # Errors
/// As [`migrate`].
pub async fn migrate_keys(db: &Db) -> Result<(), MigrateError> {
    let all = sqlx::migrate!("../migrations");
    let of_keys = all.iter().filter(|migration| migration.description == KEY_STORE);
    migrate_with(db, &Migrator::with_migrations(of_keys.cloned().collect())).await
}

/// What migrations of the key store are called.
const KEY_STORE: &str = "keys";

/// Times the lock timeout of 2 s: about a minute.
const MIGRATE_RETRIES_MAX: u32 = 30;

async fn migrate_once(db: &Db, migrator: &Migrator) -> Result<(), MigrateError> {
    // On a connection of its own: filling a new column or index may take longer than any statement of normal work.
    let options = db.pool.connect_options().as_ref().clone().options([("statement_timeout", "0")]);
    let mut connection = PgConnection::connect_with(&options).await?;
    migrator.run(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

fn waits_for_lock(error: &MigrateError) -> bool {
    let (MigrateError::Execute(source) | MigrateError::ExecuteMigration(source, _)) = error else {
        return false;
    };
    source.as_database_error().and_then(|error| error.code()).as_deref() == Some("55P03")
}

/// How long to wait before each try of a statement whose connection was lost. A connection that a restarting server
/// dropped is replaced within the pool's own acquire timeout, so few tries are enough.
pub(crate) const PAUSES: [Option<Duration>; 3] =
    [None, Some(Duration::from_millis(50)), Some(Duration::from_millis(250))];

/// Waits, where there is something to wait for: a sleep of no time still takes a millisecond.
pub(crate) async fn wait(pause: Option<Duration>) {
    if let Some(pause) = pause {
        tokio::time::sleep(pause).await;
    }
}

/// Tells whether the connection went away, so that nobody knows whether the statement was carried out.
pub(crate) fn is_lost(error: &sqlx::Error) -> bool {
    // 08 connection, 57P01…57P03 the server ends, ended or starts. A backend that is told to end may have committed.
    const CLASSES: [&str; 4] = ["08", "57P01", "57P02", "57P03"];
    if let sqlx::Error::Database(error) = error {
        let code = error.code().unwrap_or_default();
        return CLASSES.iter().any(|class| code.starts_with(class));
    }
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_))
}

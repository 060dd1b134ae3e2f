//! What can go wrong with a server of our own, and what a person can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why our own server could not be started or stopped.
#[derive(Debug, thiserror::Error)]
pub enum OwnPostgresError {
    /// Another process holds the directory's lock.
    #[error(
        "another agentiq{} serves {}; stop it, give this one another data directory, or let it work on the same database{}",
        pid.map(|pid| format!(" (process {pid})")).unwrap_or_default(),
        directory.display(),
        url.as_ref().map(|url| format!(": DATABASE_URL='{url}'")).unwrap_or_default(),
    )]
    InUse {
        /// The data directory.
        directory: PathBuf,
        /// Who serves it; unknown while it is starting.
        pid: Option<u32>,
        /// Its database; unknown while it is starting.
        url: Option<String>,
    },
    /// No server's programs were found.
    #[error(
        "no PostgreSQL server of version {oldest} or newer found (looked in {looked_in}); install one (Debian and Ubuntu: apt-get install postgresql), or set DATABASE_URL to use another"
    )]
    NotInstalled {
        /// The oldest version that will do.
        oldest: u32,
        /// Where was looked, for a person to read.
        looked_in: String,
    },
    /// The data were written by a version that is not installed.
    #[error(
        "the database in {} was written by PostgreSQL {written_by}, which is not installed (found: {found}); install it (Debian and Ubuntu: apt-get install postgresql-{written_by}), or convert the folder with pg_upgrade",
        directory.display(),
    )]
    OtherVersion {
        /// The cluster's folder.
        directory: PathBuf,
        /// The version that the folder needs.
        written_by: u32,
        /// The versions that are there.
        found: String,
    },
    /// The data belong to another user, and we are not root.
    #[error(
        "the database in {} belongs to the user with id {owner}, and agentiq runs as {ours}; start it as that user or as root, or give it another data directory",
        directory.display(),
    )]
    ForeignOwner {
        /// The cluster's folder.
        directory: PathBuf,
        /// User id of the folder's owner.
        owner: u32,
        /// Our user id.
        ours: u32,
    },
    /// Started by root on a system without a user to run the server as.
    #[error(
        "PostgreSQL refuses to run as root, and this system has neither a user 'postgres' nor 'nobody'; start agentiq as an ordinary user, or set DATABASE_URL"
    )]
    NoUnprivilegedUser,
    /// Somebody else's folder is where the socket would go.
    #[error("{} is in the way: it is not a folder that only the database's user may enter; remove it", directory.display())]
    SocketDirectory {
        /// The folder.
        directory: PathBuf,
    },
    /// A file or a program could not be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried: a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// The new database could not be set up.
    #[error("setting up a new database in {} failed: {output}", directory.display())]
    Init {
        /// The cluster's folder.
        directory: PathBuf,
        /// What `initdb` said last.
        output: String,
    },
    /// The server ended instead of getting ready.
    #[error("PostgreSQL did not start: {last_words} (its log: {})", log.display())]
    NotStarted {
        /// The end of its log.
        last_words: String,
        /// The whole log.
        log: PathBuf,
    },
    /// The server took too long.
    #[error("PostgreSQL was not ready after {} s (its log: {})", after.as_secs(), log.display())]
    NotReady {
        /// How long was waited.
        after: Duration,
        /// The whole log.
        log: PathBuf,
    },
    /// A server left behind did not end.
    #[error("PostgreSQL (process {pid}) left behind in {} does not stop; stop it by hand", directory.display())]
    NotCleared {
        /// One of the processes that stay.
        pid: i32,
        /// The cluster's folder.
        directory: PathBuf,
    },
    /// The server runs, but the database could not be made.
    #[error("preparing the database failed")]
    Database(#[source] sqlx::Error),
    /// The task that watches the server panicked or was aborted.
    #[error("the task that watches PostgreSQL ended early")]
    SupervisorDied(#[source] tokio::task::JoinError),
}

impl OwnPostgresError {
    /// For `map_err` on anything that works on a path.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

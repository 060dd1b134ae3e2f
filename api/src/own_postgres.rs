//! The PostgreSQL that agentiq starts for itself when it is given none: one server per data directory, on a Unix socket
//! only, kept between runs, stopped when agentiq stops.
//!
//! Who may connect is decided by the socket's directory, which only the server's user may enter (mode 0700); inside it
//! every connection is trusted. A password would have to lie in the same data directory, readable by the same user.

mod binaries;
mod cluster;
mod error;
mod leftover;
mod lock;
mod server;
mod supervisor;
#[cfg(test)]
mod tests;
mod user;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::info;

use self::cluster::Cluster;
pub use self::error::OwnPostgresError;
use self::lock::DirectoryLock;
use self::server::Server;
use self::supervisor::Supervisor;

/// How the server is found and started.
#[derive(Debug, Clone)]
pub struct OwnPostgresOptions {
    /// Folder of the server's programs; searched for when not given.
    pub bin_dir: Option<PathBuf>,
    /// Connections that the server takes at once.
    pub max_connections: u16,
    /// How long the server may take to get ready; after a crash it first replays what it had not yet written out.
    pub start_timeout: Duration,
}

impl Default for OwnPostgresOptions {
    fn default() -> Self {
        Self { bin_dir: None, max_connections: 200, start_timeout: Duration::from_secs(300) }
    }
}

/// A running server of our own. [`OwnPostgres::stop`] ends it in order; dropping asks it to stop and does not wait.
#[derive(Debug)]
pub struct OwnPostgres {
    url: String,
    /// Dropped, it tells the supervisor the same as when it is used.
    stop: oneshot::Sender<()>,
    supervisor: JoinHandle<()>,
}

impl OwnPostgres {
    /// Starts the server of `data_dir` and returns when it takes connections; the first time it is set up before.
    ///
    /// A server that an earlier agentiq left running or lying dead is cleared away first. While agentiq runs, a server
    /// that ends by itself is started again.
    ///
    /// # Errors
    ///
    /// When another agentiq serves the directory, no fitting server is installed, the directory cannot be used, or the
    /// server does not start. The message says what to do.
    pub async fn start(
        data_dir: &Path,
        options: OwnPostgresOptions,
    ) -> Result<Self, OwnPostgresError> {
        let lock = DirectoryLock::acquire(data_dir)?;
        let cluster = Cluster::open(data_dir, options)?;
        leftover::clear(&cluster).await?;
        cluster.init().await?;
        let server = Server::start(&cluster).await?;
        let url = cluster.url();
        server::create_database(&url).await.map_err(OwnPostgresError::Database)?;
        lock.announce(&url)?;
        info!(postgres.url = %url, "own PostgreSQL takes connections at {url}");

        let (stop, stop_asked) = oneshot::channel();
        let supervisor = Supervisor { cluster, _lock: lock };
        let supervisor = tokio::spawn(supervisor.run(server, stop_asked));
        Ok(Self { url, stop, supervisor })
    }

    /// Where to connect, as sqlx and `psql` understand it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server in order: connections are ended, what is in memory is written out, the directory is released.
    ///
    /// # Errors
    ///
    /// When the task that watches the server had died; the server is then told to stop, but nobody saw it do so.
    pub async fn stop(self) -> Result<(), OwnPostgresError> {
        // When the task is gone nobody hears this, which the next line reports.
        let _ = self.stop.send(());
        self.supervisor.await.map_err(OwnPostgresError::SupervisorDied)
    }
}

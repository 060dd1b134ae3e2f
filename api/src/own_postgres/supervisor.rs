//! The task that keeps the server running until it is told to stop.

use std::time::Duration;

use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::cluster::Cluster;
use super::error::OwnPostgresError;
use super::leftover;
use super::lock::DirectoryLock;
use super::server::Server;

/// How long a fast shutdown may take before an immediate one, which costs a recovery at the next start. Less than the
/// 90 s that a service manager commonly waits for us.
const ORDERLY: Duration = Duration::from_secs(60);
/// Between attempts to bring back a server that does not start.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Owns the directory's lock, so that it is held until the server has ended.
pub(super) struct Supervisor {
    pub(super) cluster: Cluster,
    pub(super) _lock: DirectoryLock,
}

impl Supervisor {
    /// Returns when the server has stopped because it was asked to, or because nobody is left to ask.
    pub(super) async fn run(self, mut server: Server, mut stop: oneshot::Receiver<()>) {
        loop {
            tokio::select! {
                biased; // a server that was asked to stop is not started again
                _ = &mut stop => return shut_down(server).await,
                ended = server.wait() => {
                    warn!("PostgreSQL ended by itself ({ended:?}); starting it again");
                }
            }
            server = tokio::select! {
                biased;
                _ = &mut stop => return self.clear_half_started().await,
                server = self.restart() => server,
            };
        }
    }

    /// Tries until it succeeds: without its database agentiq can do nothing else.
    async fn restart(&self) -> Server {
        loop {
            match self.try_restart().await {
                Ok(server) => {
                    info!("PostgreSQL takes connections again");
                    return server;
                }
                Err(error) => {
                    error!("PostgreSQL does not come back: {:#}", anyhow::Error::from(error));
                    tokio::time::sleep(TRY_AGAIN).await;
                }
            }
        }
    }

    async fn try_restart(&self) -> Result<Server, OwnPostgresError> {
        leftover::clear(&self.cluster).await?;
        Server::start(&self.cluster).await
    }

    async fn clear_half_started(&self) {
        if let Err(error) = leftover::clear(&self.cluster).await {
            error!("PostgreSQL was not stopped: {:#}", anyhow::Error::from(error));
        }
    }
}

async fn shut_down(mut server: Server) {
    server.signal(Signal::INT);
    if timeout(ORDERLY, server.wait()).await.is_err() {
        warn!("PostgreSQL did not stop within {} s; ending it at once", ORDERLY.as_secs());
        server.signal(Signal::QUIT);
    }
    // Sessions that do not follow an immediate shutdown within 5 s are killed by the server itself.
    let ended = server.wait().await;
    info!("PostgreSQL stopped ({ended:?})");
}

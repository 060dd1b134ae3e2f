//! The server's process: starting it, waiting until it takes connections, signalling it.

use std::fs::{self, OpenOptions};
use std::io;
use std::process::ExitStatus;
use std::str::FromStr;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tokio::process::{Child, Command};
use tokio::time::Instant;

use super::cluster::{Cluster, last_words};
use super::error::OwnPostgresError;

const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// How the server answers while it starts: "the database system is starting up".
const CANNOT_CONNECT_NOW: &str = "57P03";
/// How it answers when the database is there already.
const DUPLICATE_DATABASE: &str = "42P04";

/// A server that takes connections. Dropped, it is asked to stop and not waited for.
#[derive(Debug)]
pub(super) struct Server(Child);

impl Server {
    /// Starts the server and returns when it takes connections.
    pub(super) async fn start(cluster: &Cluster) -> Result<Self, OwnPostgresError> {
        let log = &cluster.log;
        // Two logs are kept: a server that is started again must not hide why it ended. The first time there is none.
        let _ = fs::rename(log, log.with_extension("previous"));
        let open = OpenOptions::new().create(true).append(true).open(log);
        let output = open.map_err(OwnPostgresError::io("open", log))?;
        let errors = output.try_clone().map_err(OwnPostgresError::io("open", log))?;

        let mut command = cluster.server_command()?;
        command.stdout(output).stderr(errors);
        let program = command.get_program().to_owned();
        let child = Command::from(command)
            .spawn()
            .map_err(OwnPostgresError::io("run", program.as_ref()))?;
        let mut server = Self(child);
        server.wait_until_ready(cluster).await?;
        Ok(server)
    }

    async fn wait_until_ready(&mut self, cluster: &Cluster) -> Result<(), OwnPostgresError> {
        let after = cluster.options.start_timeout;
        let deadline = Instant::now() + after;
        loop {
            match connect(&cluster.url()).await {
                Ok(connection) => {
                    return connection.close().await.map_err(OwnPostgresError::Database);
                }
                // No socket yet, or one that does not answer yet.
                Err(sqlx::Error::Io(_)) => (),
                Err(error) if has_code(&error, CANNOT_CONNECT_NOW) => (),
                Err(error) => return Err(OwnPostgresError::Database(error)),
            }
            let log = cluster.log.clone();
            if !matches!(self.0.try_wait(), Ok(None)) {
                let last_words = last_words(&fs::read_to_string(&log).unwrap_or_default());
                return Err(OwnPostgresError::NotStarted { last_words, log });
            }
            if Instant::now() >= deadline {
                return Err(OwnPostgresError::NotReady { after, log });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Returns when the process has ended.
    pub(super) async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.0.wait().await
    }

    /// `INT` ends sessions and writes out changes; `QUIT` ends at once, for the next start to recover from.
    pub(super) fn signal(&self, signal: Signal) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok());
        if let Some(pid) = id.and_then(Pid::from_raw) {
            // It may have ended just now, which is what the signal is for.
            let _ = kill_process(pid, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::INT);
    }
}

/// Makes our database in a new cluster; does nothing in an old one.
pub(super) async fn create_database(url: &str) -> Result<(), sqlx::Error> {
    let mut connection = connect(url).await?;
    match sqlx::query("create database agentiq").execute(&mut connection).await {
        Err(error) if !has_code(&error, DUPLICATE_DATABASE) => return Err(error),
        Ok(_) | Err(_) => (),
    }
    connection.close().await
}

/// Connects to the database that every cluster has.
async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    PgConnectOptions::from_str(url)?.database("postgres").connect().await
}

fn has_code(error: &sqlx::Error, code: &str) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|found| found == code)
}

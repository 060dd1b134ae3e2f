//! A database for one system: empty at first, gone afterwards.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::str::FromStr as _;
use std::thread;

use anyhow::{Context as _, ensure};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use uuid::Uuid;

/// A database of its own on the server of `DATABASE_URL`, or on a server started for it.
pub struct Database {
    url: String,
    name: String,
    server: Server,
}

/// The server that holds it.
enum Server {
    /// Somebody else's: only the database is ours to remove.
    Given(String),
    /// `script/with-postgres`, which removes everything when its standard input ends: also when we are killed.
    Started(Child),
}

impl Database {
    /// Makes an empty one.
    ///
    /// # Errors
    /// When the server cannot be reached or started.
    pub async fn make() -> anyhow::Result<Self> {
        match std::env::var("DATABASE_URL") {
            Ok(url) if !url.is_empty() => {
                let name = any_name();
                execute(&url, format!("create database {name}")).await?;
                let server = Server::Given(url.clone());
                Ok(Self { url: beside(&url, &name)?, name, server })
            }
            Ok(_) | Err(_) => start_server(),
        }
    }

    /// Makes an empty one on the same server.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn make_beside(&self) -> anyhow::Result<Self> {
        let name = any_name();
        execute(&self.url, format!("create database {name}")).await?;
        let server = Server::Given(beside(&self.url, "postgres")?);
        Ok(Self { url: beside(&self.url, &name)?, name, server })
    }

    /// Has the server refuse all connections to it, or accept them again; those there are end.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn refuse_connections(&self, refuse: bool) -> anyhow::Result<()> {
        let (server, name) = (beside(&self.url, "postgres")?, &self.name);
        execute(&server, format!("alter database {name} with allow_connections {}", !refuse))
            .await?;
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where datname";
        if refuse { execute(&server, format!("{end} = '{name}'")).await } else { Ok(()) }
    }

    /// Returns what `pg_dump` with these options writes.
    ///
    /// # Errors
    /// When it is missing or fails.
    pub fn dump(&self, options: &[&str]) -> anyhow::Result<String> {
        let output = Command::new("pg_dump").args(options).arg(&self.url).output();
        let output = output.context("running pg_dump")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "pg_dump: {}: {complaint}", output.status);
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Takes over what [`Self::dump`] of another wrote.
    ///
    /// # Errors
    /// When `psql` is missing or a statement fails.
    pub fn restore(&self, dump: &str) -> anyhow::Result<()> {
        let file = tempfile::NamedTempFile::new()?;
        fs::write(file.path(), dump)?;
        let options = ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--output=/dev/null"];
        let mut psql = Command::new("psql");
        psql.args(options).arg("--file").arg(file.path()).arg(&self.url);
        let output = psql.output().context("running psql")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "psql: {}: {complaint}", output.status);
        Ok(())
    }

    /// Returns its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Says what it runs on: figures of another server mean something else.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn described(&self) -> anyhow::Result<String> {
        let (version, fsync, commit): (String, String, String) = sqlx::query_as(
            "select current_setting('server_version'), current_setting('fsync'),
                current_setting('synchronous_commit')",
        )
        .fetch_one(&mut self.connect().await?)
        .await?;
        let cores = thread::available_parallelism().map_or(0, usize::from);
        Ok(format!(
            "PostgreSQL {version}, fsync {fsync}, synchronous_commit {commit}, {cores} cores"
        ))
    }

    /// Opens a connection, for looking where no program of the system shows it.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn connect(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect(&self.url).await?)
    }
}

fn any_name() -> String {
    format!("agentiq_{}", Uuid::new_v4().simple())
}

/// The address of another database on the same server.
fn beside(url: &str, name: &str) -> anyhow::Result<String> {
    PgConnectOptions::from_str(url).context("DATABASE_URL is no address of a database")?;
    let (address, options) = url.split_once('?').map_or((url, ""), |(url, options)| (url, options));
    let after_scheme = address.find("://").map_or(0, |place| place + 3);
    let host_end = address[after_scheme..].find('/').map_or(address.len(), |at| after_scheme + at);
    let separator = if options.is_empty() { "" } else { "?" };
    Ok(format!("{}/{name}{separator}{options}", &address[..host_end]))
}

async fn execute(url: &str, statement: String) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await.context("connecting to the database")?;
    // Names of databases cannot be bound; ours are made above.
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

fn start_server() -> anyhow::Result<Database> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../script/with-postgres");
    let mut child = Command::new(script)
        .args(["sh", "-c", "echo \"$DATABASE_URL\"; cat >/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {script}"))?;
    let mut url = String::new();
    let output = child.stdout.take().context("its output is piped")?;
    BufReader::new(output).read_line(&mut url)?;
    let url = url.trim().to_owned();
    ensure!(!url.is_empty(), "{script} could not start a server");
    // The server comes with a database.
    let options = PgConnectOptions::from_str(&url)?;
    let name = options.get_database().context("a server without a database")?.to_owned();
    Ok(Database { url, name, server: Server::Started(child) })
}

impl Drop for Database {
    fn drop(&mut self) {
        match &mut self.server {
            Server::Given(server) => {
                let (server, name) = (server.clone(), self.name.clone());
                // Dropping waits for nobody, so the statement gets a thread of its own.
                let removed = thread::spawn(move || remove(&server, &name)).join();
                if !matches!(removed, Ok(Ok(()))) {
                    eprintln!("the database {} was left behind", self.name);
                }
            }
            Server::Started(child) => {
                drop(child.stdin.take());
                let _ = child.wait();
            }
        }
    }
}

fn remove(server: &str, name: &str) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(execute(server, format!("drop database if exists {name} with (force)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server_keeps_user_host_and_options() {
        for (url, expected) in [
            ("postgres://u:p@h:5/a", "postgres://u:p@h:5/b"),
            ("postgres://h", "postgres://h/b"),
            ("postgres://h/a?host=/run", "postgres://h/b?host=/run"),
        ] {
            assert_eq!(beside(url, "b").unwrap(), expected);
        }
    }
}

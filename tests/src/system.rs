//! A whole system on one machine: database, marketplace sandbox, server, workers, each a process of its own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::api::Seller;
use crate::database::Database;
use crate::own_postgres;
use crate::program::{self, Program};
use crate::proxy::Proxy;
use crate::sandbox::{Sandbox, SandboxSetup};
use crate::wrong_clock;

/// How long an orderly end may take.
pub const ORDERLY: Duration = Duration::from_secs(30);

/// Which processes do the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// Everything in one process.
    #[default]
    Together,
    /// One process for the API and so many for the background work.
    Apart {
        /// How many.
        workers: usize,
    },
    /// Everything in one process, with the PostgreSQL that it starts for itself.
    OwnPostgres,
}

/// Times that are minutes in an installation, as short as the scenarios' faults allow: a call that is held must not
/// outlive its lease, and a reply that is carried out late must not look absent.
const HASTE: &[&str] = &[
    "--sync-interval-seconds=3600",
    "--chat-sync-interval-seconds=3600",
    "--sync-retry-seconds=1",
    "--lease-seconds=8",
    "--settle-read-after-seconds=1,2,3",
    "--settle-proof-seconds=4",
    "--confirm-after-seconds=1",
    "--projection-lease-seconds=2",
];

/// Lets the system choose a port.
const ANY_PORT: &str = "--listen=127.0.0.1:0";

/// When set, nothing that was written is removed.
const KEEP: &str = "AGENTIQ_TESTS_KEEP";

/// What to start.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Which processes.
    pub shape: Shape,
    /// The marketplace.
    pub sandbox: SandboxSetup,
    /// Settings of the server and the workers besides the harness's, as command-line arguments.
    pub arguments: Vec<String>,
    /// Variables of the programs' environment besides the harness's.
    pub environment: Vec<(String, OsString)>,
    /// How far the clocks of the workers are off, such as `-7d`; those of the others are right.
    pub clocks: Vec<String>,
    /// Whether the keys of buyers' data are in a database of their own.
    pub keys_apart: bool,
    /// The database to use, whose server is somebody else's to start; one of its own where there is none.
    pub database_url: Option<String>,
    /// Whether the programs reach their database through a proxy, which can make it slow.
    pub through_proxy: bool,
    /// Whether the sandbox's language model writes drafts; templates otherwise.
    pub with_model: bool,
}

/// A running system. Dropped, everything of it ends and is removed.
pub struct System {
    /// The processes of the background work, if they are apart.
    pub workers: Vec<Program>,
    /// The process that serves the API.
    pub server: Program,
    /// The marketplace.
    pub sandbox: Sandbox,
    /// Where the API is.
    pub url: String,
    /// Between the programs and their database, if they were set up so.
    pub proxy: Option<Proxy>,
    settings: Settings,
    /// Before the database, whose end may be the server's.
    keys: Option<Database>,
    database: Option<Database>,
    folder: TempDir,
}

/// What every program of a system is told.
#[derive(Clone)]
struct Settings {
    data_dir: PathBuf,
    marketplace: String,
    database: Option<String>,
    keys: Option<String>,
    arguments: Vec<String>,
    environment: Vec<(String, OsString)>,
    with_model: bool,
}

impl Setup {
    /// Everything in one process, with the sandbox's own reviews.
    #[must_use]
    pub fn together() -> Self {
        Self::default()
    }

    /// One process for the API and so many for the background work.
    #[must_use]
    pub fn apart(workers: usize) -> Self {
        Self { shape: Shape::Apart { workers }, ..Self::default() }
    }

    /// The same with so many reviews to begin with.
    #[must_use]
    pub fn with_reviews(mut self, count: usize) -> Self {
        self.sandbox.count = Some(count);
        self
    }

    /// The same with a fault from the start on, as `NAME=RULE`.
    #[must_use]
    pub fn with_fault(mut self, fault: &str) -> Self {
        self.sandbox.faults.push(fault.to_owned());
        self
    }

    /// The same with a setting more, as `--name=value`.
    #[must_use]
    pub fn with_argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// The same with a variable more in the programs' environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// The same with workers whose clocks are so far off.
    #[must_use]
    pub fn with_clocks(mut self, offsets: &[&str]) -> Self {
        self.clocks = offsets.iter().map(|offset| (*offset).to_owned()).collect();
        self
    }

    /// The same with the keys of buyers' data in a database of their own.
    #[must_use]
    pub fn with_keys_apart(mut self) -> Self {
        self.keys_apart = true;
        self
    }

    /// The same with a proxy before the database.
    #[must_use]
    pub fn through_proxy(mut self) -> Self {
        self.through_proxy = true;
        self
    }

    /// The same with drafts that the sandbox's language model writes.
    #[must_use]
    pub fn with_model(mut self) -> Self {
        self.with_model = true;
        self
    }

    /// The same on this database, which is empty.
    #[must_use]
    pub fn on_database(mut self, url: String) -> Self {
        self.database_url = Some(url);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When a part of it does not start; the message holds that part's last words.
    pub async fn start(&self) -> anyhow::Result<System> {
        let folder = tempfile::Builder::new().prefix("agentiq-tests-").tempdir()?;
        let sandbox = Sandbox::start(folder.path(), &self.sandbox).await?;
        let needs_one = self.shape != Shape::OwnPostgres && self.database_url.is_none();
        let database = if needs_one { Some(Database::make().await?) } else { None };
        let keys = match &database {
            Some(database) if self.keys_apart => Some(database.make_beside().await?),
            Some(_) | None => None,
        };
        let proxy = match &database {
            Some(database) if self.through_proxy => Some(Proxy::start(database.url()).await?),
            Some(_) | None => None,
        };
        let made = database.as_ref().map(|database| database.url().to_owned());
        let direct = made.or_else(|| self.database_url.clone());
        let settings = Settings {
            data_dir: folder.path().join("data"),
            marketplace: sandbox.url().to_owned(),
            database: proxy.as_ref().map(|proxy| proxy.url().to_owned()).or(direct),
            keys: keys.as_ref().map(|keys| keys.url().to_owned()),
            arguments: self.arguments.clone(),
            environment: self.environment.clone(),
            with_model: self.with_model,
        };
        if settings.database.is_some() {
            program::run(&settings.arguments("migrate"), &settings.environment())
                .context("migrating")?;
        }
        let workers = match self.shape {
            Shape::Apart { workers } => workers,
            Shape::Together | Shape::OwnPostgres => 0,
        };
        let start = |name: &str, command: &str, clock: Option<&String>| {
            let mut environment = settings.environment();
            if let Some(offset) = clock {
                environment.extend(wrong_clock::environment(offset)?);
            }
            Program::start(folder.path(), name, settings.arguments(command), environment)
        };
        let mut server = start("server", if workers > 0 { "api" } else { "serve" }, None)?;
        let workers = (0..workers)
            .map(|n| start(&format!("work-{}", n + 1), "work", self.clocks.get(n)))
            .collect::<anyhow::Result<_>>()?;
        let url = server.url().await?;
        // Whoever uses it must find it again after a restart.
        server
            .replace_argument(ANY_PORT, &format!("--listen={}", url.trim_start_matches("http://")));
        Ok(System { workers, server, sandbox, url, proxy, settings, database, keys, folder })
    }
}

impl System {
    /// Signs a new seller up.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn register(&self) -> anyhow::Result<Seller> {
        Seller::register(&self.url).await
    }

    /// Starts the server again after it ended and waits until it serves.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_server_again(&mut self) -> anyhow::Result<()> {
        self.server.start_again()?;
        self.server.url().await?;
        Ok(())
    }

    /// Starts one more process that serves the API, beside the first, and returns it with its address.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_another_server(&self) -> anyhow::Result<(Program, String)> {
        let (environment, arguments) = self.command("api", &[]);
        let mut server = Program::start(self.folder(), "server-2", arguments, environment)?;
        let url = server.url().await?;
        server
            .replace_argument(ANY_PORT, &format!("--listen={}", url.trim_start_matches("http://")));
        Ok((server, url))
    }

    /// Starts one more process for the background work, with its own way to the database.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_another_worker(&self, name: &str, database: &str) -> anyhow::Result<Program> {
        let (mut environment, arguments) = self.command("work", &[]);
        environment.retain(|(variable, _)| variable != "DATABASE_URL");
        environment.push(("DATABASE_URL".to_owned(), database.into()));
        Program::start(self.folder(), name, arguments, environment)
    }

    /// Starts one more process for the background work, with its own way to the marketplaces.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_another_worker_at(
        &self,
        name: &str,
        marketplace: &str,
    ) -> anyhow::Result<Program> {
        let marketplace = marketplace.trim_end_matches('/').to_owned();
        let settings = Settings { marketplace, ..self.settings.clone() };
        Program::start(self.folder(), name, settings.arguments("work"), settings.environment())
    }

    /// Runs another command of the program on this system, such as `verify`, and returns all that it wrote.
    ///
    /// # Errors
    /// When it fails; the message holds what it wrote.
    pub fn run(&self, command: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let (environment, arguments) = self.command(command, arguments);
        program::run(&arguments, &environment)
    }

    /// Runs another command as [`Self::run`] does, and returns its standard output alone.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn output(&self, command: &str, arguments: &[&str]) -> anyhow::Result<String> {
        let (environment, arguments) = self.command(command, arguments);
        program::output(&arguments, &environment)
    }

    /// Returns environment and arguments of another command on this system.
    #[must_use]
    pub fn command(
        &self,
        command: &str,
        more: &[&str],
    ) -> (Vec<(String, OsString)>, Vec<OsString>) {
        let mut arguments = self.settings.arguments(command);
        arguments.extend(more.iter().map(OsString::from));
        (self.settings.environment(), arguments)
    }

    /// Returns the database.
    ///
    /// # Panics
    /// When the system runs a PostgreSQL of its own.
    #[must_use]
    pub fn database(&self) -> &Database {
        self.database.as_ref().expect("a system that was given a database")
    }

    /// Returns the key store.
    ///
    /// # Panics
    /// When the keys are not apart.
    #[must_use]
    pub fn keys(&self) -> &Database {
        self.keys.as_ref().expect("a system whose keys are apart")
    }

    /// Returns the folder of everything that the system writes.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder that the program keeps its data in.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.settings.data_dir
    }
}

impl Settings {
    fn arguments(&self, command: &str) -> Vec<OsString> {
        let mut arguments = vec![command.into(), "--data-dir".into(), self.data_dir.clone().into()];
        if matches!(command, "serve" | "api") {
            arguments.push(ANY_PORT.into());
        }
        if matches!(command, "serve" | "api" | "work") {
            arguments.push(format!("--wildberries-url={}", self.marketplace).into());
            arguments.push(format!("--ozon-url={}/ozon", self.marketplace).into());
            arguments.push(format!("--yandex-url={}/yandex", self.marketplace).into());
        }
        if matches!(command, "serve" | "work") {
            let is_replaced = |haste: &&&str| {
                let name = haste.split('=').next().unwrap_or(haste);
                self.arguments.iter().any(|argument| argument.starts_with(&format!("{name}=")))
            };
            arguments.extend(HASTE.iter().filter(|it| !is_replaced(it)).map(OsString::from));
            arguments.extend(self.arguments.iter().map(OsString::from));
            if self.with_model {
                let of_model = ["--model-name=sandbox".into(), "--model-key=sandbox".into()];
                arguments.push(format!("--model-url={}/model/v1", self.marketplace).into());
                arguments.extend(of_model);
            }
        }
        arguments
    }

    fn environment(&self) -> Vec<(String, OsString)> {
        let database = self.database.iter().map(|url| ("DATABASE_URL".to_owned(), url.into()));
        let keys = self.keys.iter().map(|url| ("KEYS_DATABASE_URL".to_owned(), url.into()));
        database.chain(keys).chain(self.environment.iter().cloned()).collect()
    }
}

impl Drop for System {
    fn drop(&mut self) {
        if std::thread::panicking() || std::env::var_os(KEEP).is_some() {
            self.folder.disable_cleanup(true);
            eprintln!("what the programs wrote is in {}", self.folder.path().display());
        }
        // Killed, it leaves its PostgreSQL behind; asked to end, it would write out what nobody wants any more.
        let _ = self.server.kill();
        own_postgres::kill_leftover(&self.settings.data_dir);
    }
}

//! A whole system on one machine: database, marketplace sandbox, server, workers, each a process of its own.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use tempfile::TempDir;

use crate::api::Seller;
use crate::database::Database;
use crate::own_postgres;
use crate::program::{self, Program};
use crate::sandbox::{Sandbox, SandboxSetup};

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

/// What to start.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Which processes.
    pub shape: Shape,
    /// The marketplace.
    pub sandbox: SandboxSetup,
    /// Settings of the server and the workers besides the harness's, as command-line arguments.
    pub arguments: Vec<String>,
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
    environment: Vec<(String, OsString)>,
    database: Option<Database>,
    folder: TempDir,
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

    /// Starts it.
    ///
    /// # Errors
    /// When a part of it does not start; the message holds that part's last words.
    pub async fn start(&self) -> anyhow::Result<System> {
        let folder = tempfile::Builder::new().prefix("agentiq-tests-").tempdir()?;
        let sandbox = Sandbox::start(folder.path(), &self.sandbox).await?;
        let database = match self.shape {
            Shape::Together | Shape::Apart { .. } => Some(Database::make().await?),
            Shape::OwnPostgres => None,
        };
        let environment = environment(database.as_ref());
        if database.is_some() {
            let migrate = arguments("migrate", folder.path(), &[]);
            program::run(&migrate, &environment).context("migrating")?;
        }
        let serve = if matches!(self.shape, Shape::Apart { .. }) { "api" } else { "serve" };
        let mut server =
            self.program(folder.path(), serve, serve, &sandbox, &environment, &["--listen=127.0.0.1:0"])?;
        let mut workers = Vec::new();
        if let Shape::Apart { workers: count } = self.shape {
            for n in 1..=count {
                let name = format!("work-{n}");
                workers.push(self.program(folder.path(), &name, "work", &sandbox, &environment, &[])?);
            }
        }
        let url = server.url().await?;
        // Whoever uses it must find it again after a restart.
        let address = url.trim_start_matches("http://");
        server.replace_argument("--listen=127.0.0.1:0", &format!("--listen={address}"));
        Ok(System { workers, server, sandbox, url, environment, database, folder })
    }
}

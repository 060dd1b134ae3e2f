//! A PostgreSQL of our own that waits for the disk, as an installation's does, and can be killed like one.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{Connection as _, PgConnection};
use tempfile::TempDir;

use crate::own_postgres::working_in;
use crate::wait;

/// Makes a cluster in folder $2 and says where the programs are and whose they run as. $1 is the repository.
const INIT: &str = r#"
set -euo pipefail
source "$1/script/lib/common.sh"
source "$1/script/lib/postgres.sh"
bin=$(postgres_bin) || fail 'no PostgreSQL server found; run script/bootstrap'
make_cluster "$2" "$bin"
echo "$bin"
as_database_user id -u
as_database_user id -g
"#;

/// The first start after a kill replays what the last checkpoint left.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server, or one that was ended. Dropped, it is killed and removed.
pub struct DurablePostgres {
    folder: TempDir,
    bin: PathBuf,
    user: [String; 2],
    port: u16,
    settings: Vec<String>,
    postmaster: Option<Child>,
}

impl DurablePostgres {
    /// Starts an empty one, with these settings besides the usual, such as `synchronous_commit=off`.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(settings: &[&str]) -> anyhow::Result<Self> {
        Self::begin(settings, false).await
    }

    /// Starts an empty one that archives its WAL, each segment when it is that old at the latest.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_archiving(at_latest: Duration) -> anyhow::Result<Self> {
        let timeout = format!("archive_timeout={}", at_latest.as_secs());
        Self::begin(&["wal_level=replica", "max_wal_senders=4", &timeout], true).await
    }

    async fn begin(settings: &[&str], archives: bool) -> anyhow::Result<Self> {
        // /tmp and not TMPDIR: a socket's path may not be longer than 107 bytes.
        let folder = tempfile::Builder::new().prefix("agentiq-postgres.").tempdir_in("/tmp")?;
        let repository = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let made = Command::new("bash")
            .args(["-c", INIT, "init", repository])
            .arg(folder.path())
            .output()?;
        let said = String::from_utf8_lossy(&made.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&made.stderr);
        ensure!(made.status.success(), "making a cluster: {said}{complaint}");
        let mut lines = said.lines().map(str::to_owned);
        let mut line = || lines.next().context("making a cluster says where and whose it is");
        let (bin, user) = (line()?.into(), [line()?, line()?]);
        // Between looking for it and listening on it another program may take it; then the start fails.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut server = Self { folder, bin, user, port, settings, postmaster: None };
        if archives {
            let archive = server.archive();
            server.run("mkdir", &["--".into(), archive.clone().into()])?;
            let command = format!("archive_command=cp %p {}/%f", archive.display());
            server.settings.extend(["archive_mode=on".to_owned(), command]);
        }
        server.start_again().await?;
        Ok(server)
    }

    /// Returns the address of its only database.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it after it was ended, and waits until it lets somebody in.
    ///
    /// # Errors
    /// When it still runs or does not start.
    pub async fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.postmaster.is_none(), "PostgreSQL still runs");
        self.postmaster = Some(self.spawn()?);
        let url = self.url();
        let started = wait::until_within(PATIENCE, "PostgreSQL serves", async || {
            Ok(Some(PgConnection::connect(&url).await?.close().await?))
        });
        started.await.with_context(|| self.log())
    }

    /// Makes a base backup of it.
    ///
    /// # Errors
    /// When `pg_basebackup` fails.
    pub fn back_up(&self) -> anyhow::Result<()> {
        let port = self.port.to_string();
        let options = ["-h", "127.0.0.1", "-U", "postgres", "-p", &port, "--checkpoint=fast"];
        let mut arguments: Vec<OsString> = options.iter().map(OsString::from).collect();
        arguments.extend(["--wal-method=none".into(), "--no-sync".into(), "-D".into()]);
        arguments.push(self.base().into());
        self.run(self.bin.join("pg_basebackup"), &arguments)
    }

    /// Destroys its volume: server and data are gone, base backup and archive are left.
    ///
    /// # Errors
    /// When it does not run, or the system refuses.
    pub async fn destroy(&mut self) -> anyhow::Result<()> {
        self.kill().await?;
        Ok(fs::remove_dir_all(self.data())?)
    }

    /// Recovers it from base backup and archive to the restore point of this name, and starts it.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn recover(&mut self, restore_point: &str) -> anyhow::Result<()> {
        self.run("cp", &["-a".into(), "--".into(), self.base().into(), self.data().into()])?;
        self.run("touch", &[self.data().join("recovery.signal").into()])?;
        let restore = format!("restore_command=cp {}/%f %p", self.archive().display());
        let target = format!("recovery_target_name={restore_point}");
        self.settings.extend([restore, target, "recovery_target_action=promote".to_owned()]);
        self.start_again().await
    }

    /// Runs a program as whoever the server runs as.
    fn run(&self, program: impl AsRef<OsStr>, arguments: &[OsString]) -> anyhow::Result<()> {
        let mut command = Command::new("setpriv");
        self.as_its_user(&mut command);
        command.arg("--").arg(program.as_ref()).args(arguments).current_dir("/");
        let output = command.output()?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {complaint}", program.as_ref().display());
        Ok(())
    }

    fn as_its_user(&self, command: &mut Command) {
        if rustix::process::getuid().is_root() {
            let [user, group] = &self.user;
            command.args(["--reuid", user, "--regid", group, "--clear-groups"]);
        }
    }

    /// Ends server and sessions like a power cut would: at once, with nothing written that was not.
    ///
    /// # Errors
    /// When it does not run, or the system refuses.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.end(Signal::KILL).await
    }

    /// Stops it in the mode `immediate`: the sessions are cut, nothing is put in order.
    ///
    /// # Errors
    /// When it does not run, or the system refuses.
    pub async fn stop_immediately(&mut self) -> anyhow::Result<()> {
        self.end(Signal::QUIT).await
    }

    /// Halts the process that writes commits out which nobody waits for, as a disk too slow for it would. A kill ends
    /// it.
    ///
    /// # Errors
    /// When there is none.
    pub fn halt_wal_writer(&self) -> anyhow::Result<()> {
        let is_it = |process: &Pid| {
            let title = fs::read(format!("/proc/{}/cmdline", process.as_raw_nonzero()));
            title.is_ok_and(|title| String::from_utf8_lossy(&title).contains("walwriter"))
        };
        let writer = working_in(&self.data()).into_iter().find(is_it);
        Ok(kill_process(writer.context("PostgreSQL has no WAL writer")?, Signal::STOP)?)
    }

    async fn end(&mut self, signal: Signal) -> anyhow::Result<()> {
        let mut postmaster = self.postmaster.take().context("PostgreSQL does not run")?;
        let data = self.data();
        kill_process(pid_of(&postmaster)?, signal)?;
        if signal == Signal::KILL {
            for session in working_in(&data) {
                // It may have noticed already.
                let _ = kill_process(session, signal);
            }
        }
        postmaster.wait()?;
        wait::until("no session is left", async || Ok(working_in(&data).is_empty().then_some(())))
            .await
    }

    fn spawn(&self) -> anyhow::Result<Child> {
        let log = File::options().append(true).create(true).open(self.folder.path().join("log"))?;
        // Ends with us however we end.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        self.as_its_user(&mut command);
        command.arg("--").arg(self.bin.join("postgres")).arg("-D").arg(self.data());
        let folder = self.folder.path().display();
        let port = self.port.to_string();
        let sockets = format!("unix_socket_directories={folder}");
        command.args(["-p", &port, "-c", "listen_addresses=127.0.0.1", "-c", &sockets]);
        command.args(["-c", "max_connections=100", "-c", "timezone=UTC"]);
        // After a kill every file is synced, one by one by default: seconds that say nothing about us.
        command.args(["-c", "recovery_init_sync_method=syncfs"]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let errors = log.try_clone()?;
        command.current_dir("/").stdin(Stdio::null()).stdout(log).stderr(errors);
        command.spawn().context("starting PostgreSQL through setpriv")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn base(&self) -> PathBuf {
        self.folder.path().join("base")
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

fn pid_of(child: &Child) -> anyhow::Result<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw).context("a process has a number")
}

impl Drop for DurablePostgres {
    fn drop(&mut self) {
        let Some(mut postmaster) = self.postmaster.take() else { return };
        // Its sessions end with it.
        if let Ok(pid) = pid_of(&postmaster) {
            let _ = kill_process(pid, Signal::QUIT);
        }
        let _ = postmaster.wait();
    }
}

//! One running program of the system: started, watched through what it writes, and ended, gently or not.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};

use crate::wait;

/// How much of its log a complaint about a program shows.
const LAST_WORDS: usize = 3_000;

/// A running `agentiq`. Dropped, it is killed; when the harness itself is killed, the kernel does it.
pub struct Program {
    name: String,
    arguments: Vec<OsString>,
    environment: Vec<(String, OsString)>,
    log: PathBuf,
    child: Child,
}

/// Returns the program under test: `AGENTIQ_BINARY`, or the `agentiq` that cargo built beside this one.
///
/// # Errors
/// When it was not built.
pub fn agentiq() -> anyhow::Result<PathBuf> {
    if let Some(binary) = std::env::var_os("AGENTIQ_BINARY") {
        return Ok(binary.into());
    }
    let ours = std::env::current_exe()?;
    // Tests lie in `deps`, one folder below the programs.
    let folder = ours.parent().context("an executable lies in a folder")?;
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let binary = folder.join("agentiq");
    ensure!(
        binary.is_file(),
        "{} is missing: run cargo build --package api first",
        binary.display()
    );
    Ok(binary)
}

/// Prepares a call of the program under test, deaf to the surroundings' own settings of it.
///
/// # Errors
/// When it was not built.
pub fn command(
    arguments: &[OsString],
    environment: &[(String, OsString)],
) -> anyhow::Result<Command> {
    // Ends with us however we end: a killed test runner cleans nothing up.
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(agentiq()?).args(arguments);
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy();
        if name_text.starts_with("AGENTIQ_") || name_text.ends_with("DATABASE_URL") {
            command.env_remove(name);
        }
    }
    command.envs(environment.iter().cloned()).stdin(Stdio::null());
    Ok(command)
}

/// Runs the program to its end and returns all that it wrote.
///
/// # Errors
/// When it cannot be started or fails; the message holds what it wrote.
pub fn run(arguments: &[OsString], environment: &[(String, OsString)]) -> anyhow::Result<String> {
    let [said, complaint] = said(arguments, environment)?;
    Ok(said + &complaint)
}

/// Runs the program to its end and returns its standard output alone.
///
/// # Errors
/// As [`run`].
pub fn output(
    arguments: &[OsString],
    environment: &[(String, OsString)],
) -> anyhow::Result<String> {
    let [said, _] = said(arguments, environment)?;
    Ok(said)
}

/// Runs the program to its end and returns its standard output and what it wrote besides.
fn said(arguments: &[OsString], environment: &[(String, OsString)]) -> anyhow::Result<[String; 2]> {
    let output = command(arguments, environment)?.output().context("running agentiq")?;
    let texts = [output.stdout, output.stderr];
    let [said, complaint] = texts.map(|text| String::from_utf8_lossy(&text).into_owned());
    let status = output.status;
    ensure!(status.success(), "agentiq {arguments:?}: {status}\n{said}{complaint}");
    Ok([said, complaint])
}

impl Program {
    /// Starts `agentiq` with its output in `<folder>/<name>.log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(
        folder: &Path,
        name: &str,
        arguments: Vec<OsString>,
        environment: Vec<(String, OsString)>,
    ) -> anyhow::Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let child = spawn(&log, &arguments, &environment)?;
        Ok(Self { name: name.to_owned(), arguments, environment, log, child })
    }

    /// Starts it again after it ended, with the same arguments and a new log.
    ///
    /// # Errors
    /// When it still runs or cannot be started.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        ensure!(self.child.try_wait()?.is_some(), "{} still runs", self.name);
        let earlier = (1..).map(|n| self.log.with_extension(format!("{n}.log")));
        let free = earlier.into_iter().find(|log| !log.exists());
        fs::rename(&self.log, free.context("some number is free")?)?;
        self.child = spawn(&self.log, &self.arguments, &self.environment)?;
        Ok(())
    }

    /// Replaces an argument, for the next start.
    pub fn replace_argument(&mut self, old: &str, new: &str) {
        for argument in self.arguments.iter_mut().filter(|argument| *argument == old) {
            *argument = new.into();
        }
    }

    /// Waits until it says where it listens and returns that address.
    ///
    /// # Errors
    /// When it ends or says nothing in time.
    pub async fn url(&mut self) -> anyhow::Result<String> {
        let said = self.says("listening on http://").await?;
        let url = said.split("listening on ").nth(1).unwrap_or_default();
        let end = url.find(|c: char| !(c.is_ascii_alphanumeric() || ":/.-[]".contains(c)));
        Ok(url[..end.unwrap_or(url.len())].trim_end_matches('.').to_owned())
    }

    /// Waits until a line of its log holds `words` and returns the line.
    ///
    /// # Errors
    /// When it ends or does not say so in time.
    pub async fn says(&mut self, words: &str) -> anyhow::Result<String> {
        let Self { name, log, child, .. } = self;
        let what = format!("{name} says '{words}'");
        let said = wait::until(&what, async || {
            let text = fs::read_to_string(&*log)?;
            if let Some(line) = text.lines().find(|line| line.contains(words)) {
                return Ok(Some(Ok(line.to_owned())));
            }
            Ok(child.try_wait()?.map(Err))
        })
        .await;
        match said {
            Ok(Ok(line)) => Ok(line),
            Ok(Err(status)) => bail!("{} ended ({status}):\n{}", self.name, self.last_words()),
            Err(error) => Err(error.context(format!("{}:\n{}", self.name, self.last_words()))),
        }
    }

    /// Ends it like a power cut would: at once, with nothing put in order.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Tells whether it has ended by itself.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn has_ended(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    ///
    /// # Errors
    /// When it does not end within `patience`.
    pub async fn stop(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        if self.child.try_wait()?.is_none() {
            self.signal(Signal::TERM)?;
        }
        self.ended(patience).await
    }

    /// Halts it where it is (SIGSTOP), as a machine does that has no time for it, until [`Self::resume`].
    ///
    /// # Errors
    /// When the system refuses.
    pub fn pause(&self) -> anyhow::Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on where it was.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn resume(&self) -> anyhow::Result<()> {
        self.signal(Signal::CONT)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        Ok(kill_process(pid.context("a process has a number")?, signal)?)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// When it does not end within `patience`.
    pub async fn ended(&mut self, patience: Duration) -> anyhow::Result<ExitStatus> {
        let Self { name, child, .. } = self;
        wait::until_within(patience, &format!("{name} ends"), async || Ok(child.try_wait()?)).await
    }

    /// Returns the most memory that it has held at once, in bytes.
    ///
    /// # Errors
    /// When it does not run or the system does not tell.
    pub fn peak_memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")).context("no VmHWM")?;
        Ok(kib.trim().parse::<u64>()? * 1024)
    }

    /// Returns all that it wrote since its last start.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn log(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(&self.log)?)
    }

    fn last_words(&self) -> String {
        let log = self.log().unwrap_or_default();
        let from = log.char_indices().rev().nth(LAST_WORDS).map_or(0, |(place, _)| place);
        log[from..].to_owned()
    }
}

fn spawn(
    log: &Path,
    arguments: &[OsString],
    environment: &[(String, OsString)],
) -> anyhow::Result<Child> {
    let file = File::create(log).with_context(|| format!("making {}", log.display()))?;
    let errors = file.try_clone()?;
    command(arguments, environment)?
        .stdout(file)
        .stderr(errors)
        .spawn()
        .context("starting agentiq through setpriv")
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended long ago; then there is nothing to do.
        let _ = self.kill();
    }
}

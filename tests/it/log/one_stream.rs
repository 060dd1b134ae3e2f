//! Many writers on one stream: every accepted command has its effect once, on top of the one before it. Without the
//! check of the version they must overwrite each other; where commands are forgotten, a repeated one must have its
//! effect twice.

use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, ensure};
use domain::value::{StreamId, TenantId};
use eventlog::{Appended, EventLog, Expected, NewEvents, StoredEvent};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::json;
use tests::database::Database;
use tests::proxy::Proxy;
use tests::wait;
use tokio::time::Instant;
use uuid::Uuid;

use super::support::{MARKER, command, connect, event_log};
use crate::drill::{figure, size};

const WRITERS: u64 = 16;
const TENANT: TenantId = TenantId(Uuid::from_u128(0x9a));
const STREAM: StreamId = StreamId(Uuid::from_u128(0x9b));

/// Lets no command be noted.
const FORGET: &str = "
    create function forget() returns trigger language plpgsql as $fn$ begin return null; end $fn$;
    create trigger forget before insert on es.command for each row execute function forget()";

/// What keeps writers and repetitions apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    /// All that there is.
    Whole,
    /// No append names the version it was decided on.
    NoVersion,
    /// The log forgets which commands it has carried out.
    NoCommands,
}

/// What a run came to.
struct Run {
    written: Written,
    cuts: usize,
    events: Vec<StoredEvent>,
    seconds: f64,
}

impl Run {
    /// Events that do not count on from the one before: whoever wrote them had not seen it.
    fn lost_updates(&self) -> usize {
        let follows = |event: &&StoredEvent| event.payload["value"] == event.version;
        self.events.len() - self.events.iter().filter(follows).count()
    }

    fn double_effects(&self) -> usize {
        let mut commands: Vec<_> = self.events.iter().map(|event| event.command_id).collect();
        commands.sort_unstable();
        commands.dedup();
        self.events.len() - commands.len()
    }
}

/// What writers count.
#[derive(Default)]
struct Written {
    accepted: usize,
    conflicts: usize,
    /// Clients that went away without having heard what became of their command.
    killed: usize,
    /// Repetitions that were told that the command had been carried out.
    done_already: usize,
    unknown: usize,
}

impl Written {
    fn add(&mut self, other: &Self) {
        let Self { accepted, conflicts, killed, done_already, unknown } = other;
        self.accepted += accepted;
        self.conflicts += conflicts;
        self.killed += killed;
        self.done_already += done_already;
        self.unknown += unknown;
    }
}

async fn run(guard: Guard, commands: usize) -> anyhow::Result<Run> {
    let database = Database::make().await?;
    eventlog::migrate(&connect(database.url()).await?).await?;
    if guard == Guard::NoCommands {
        sqlx::raw_sql(FORGET).execute(&mut database.connect().await?).await?;
    }
    let proxy = Proxy::start(database.url()).await?;
    let log = event_log(&connect(proxy.url()).await?);
    proxy.cut_answers(MARKER, 0.01, 9);
    let began = Instant::now();
    let left = AtomicUsize::new(commands);
    let writers = (0..WRITERS).map(|seed| write(&log, guard, &left, seed));
    let mut written = Written::default();
    for by_one in join_all(writers).await {
        written.add(&by_one?);
    }
    let seconds = began.elapsed().as_secs_f64();
    proxy.spare_answers();
    let events = log.load_stream(TENANT, STREAM, 0).await?;
    let cuts = proxy.cuts();
    log.drain().await;
    Ok(Run { written, cuts, events, seconds })
}

/// Carries commands out until none is left: each adds one to the value it saw.
async fn write(
    log: &EventLog,
    guard: Guard,
    left: &AtomicUsize,
    seed: u64,
) -> anyhow::Result<Written> {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut written = Written::default();
    let (mut version, mut value) = (0, 0);
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)).is_ok() {
        let command_id = Uuid::new_v4();
        loop {
            for event in load(log, version).await? {
                version = event.version;
                value = event.payload["value"].as_i64().context("every event has a value")?;
            }
            let expected = match guard {
                Guard::Whole | Guard::NoCommands => Expected::Version(version),
                Guard::NoVersion => Expected::Any,
            };
            let mut new = command(TENANT, STREAM, expected, &[json!(value + 1)]);
            new.command_id = command_id;
            if chance.random_bool(0.25) {
                let was_killed = kill_client(log, new.clone(), &mut chance).await;
                written.killed += usize::from(was_killed);
            }
            match append(log, new, &mut written.unknown).await? {
                Appended::Done(_) => break,
                Appended::Duplicate(_) => {
                    written.done_already += 1;
                    break;
                }
                Appended::Conflict => written.conflicts += 1,
                Appended::Empty => anyhow::bail!("an append of one event had none"),
            }
        }
        written.accepted += 1;
    }
    Ok(written)
}

/// Sends a command from a client that is gone before, while or after it is carried out; tells whether it went away
/// without an answer.
async fn kill_client(log: &EventLog, new: NewEvents, chance: &mut StdRng) -> bool {
    let log = log.clone();
    let client = tokio::spawn(async move { log.append(new).await });
    for _ in 0..chance.random_range(0..40) {
        tokio::task::yield_now().await;
    }
    client.abort();
    client.await.is_err_and(|ended| ended.is_cancelled())
}

/// Repeats a command until its outcome is known.
async fn append(log: &EventLog, new: NewEvents, unknown: &mut usize) -> anyhow::Result<Appended> {
    wait::until("the outcome is known", async || match log.append(new.clone()).await {
        Ok(outcome) => Ok(Some(outcome)),
        Err(error) => {
            *unknown += 1;
            Err(error.into())
        }
    })
    .await
}

/// Only appends are cut off, but a connection may be found cut.
async fn load(log: &EventLog, after: i32) -> anyhow::Result<Vec<StoredEvent>> {
    wait::until("the stream is read", async || {
        Ok(Some(log.load_stream(TENANT, STREAM, after).await?))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_has_one_effect_on_top_of_the_one_before() -> anyhow::Result<()> {
    let commands = size(200, 20_000);
    let run = run(Guard::Whole, commands).await?;
    let Written { accepted, conflicts, killed, done_already, unknown } = run.written;
    figure("r9_commands", commands, "commands", "");
    figure("r9_conflicts", conflicts, "appends", "> 0");
    figure("r9_clients_killed", killed, "clients", "> 0");
    figure("r9_cut_answers", run.cuts, "answers", "> 0");
    figure("r9_done_already", done_already, "repetitions", "> 0");
    figure("r9_unknown", unknown, "outcomes", "");
    figure("r9_lost_updates", run.lost_updates(), "events", "= 0");
    figure("r9_double_effects", run.double_effects(), "events", "= 0");
    figure("r9_took", format!("{:.1}", run.seconds), "s", "");
    ensure!(conflicts > commands / 10, "only {conflicts} conflicts: void");
    ensure!(killed > commands / 20 && run.cuts > 0, "too few faults: void");
    ensure!(done_already > 0, "no repetition was one: void");
    assert_eq!((accepted, run.events.len()), (commands, commands), "accepted = effects");
    assert_eq!((run.lost_updates(), run.double_effects()), (0, 0));
    // That versions have no gap is what reading checks.
    assert_eq!(run.events.last().map(|event| event.version), i32::try_from(commands).ok());
    Ok(())
}

/// A control: an append that goes onto whatever is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_check_no_version_are_caught() -> anyhow::Result<()> {
    let run = run(Guard::NoVersion, 300).await?;
    figure("r9_control_lost_updates", run.lost_updates(), "events", "> 0");
    assert!(run.lost_updates() > 0, "the check would catch nothing");
    Ok(())
}

/// The other control: a log that does not know a command again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_forgets_commands_is_caught() -> anyhow::Result<()> {
    let run = run(Guard::NoCommands, 300).await?;
    figure("r9_control_double_effects", run.double_effects(), "events", "> 0");
    assert!(run.double_effects() > 0, "the check would catch nothing");
    Ok(())
}

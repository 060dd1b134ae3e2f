//! What was acknowledged is there after every kill of the database, and what was not known is there once, after a
//! repetition. A server that does not wait for the disk must lose something here.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::ensure;
use domain::value::{StreamId, TenantId};
use eventlog::{Appended, EventLog, Expected, LogError};
use futures::future::join_all;
use serde_json::json;
use tests::durable::DurablePostgres;
use tests::proxy::Proxy;
use tests::wait;
use tokio::time::Instant;
use uuid::Uuid;

use super::support::{MARKER, command, connect, event_log};
use crate::drill::{figure, size};

const WRITERS: u128 = 8;

/// Of each command.
const EVENTS: usize = 2;

/// Acknowledged between two faults, so that each hits writers at work.
const BETWEEN: usize = 150;

/// What a run came to.
#[derive(Default)]
struct Run {
    acknowledged: HashSet<Uuid>,
    /// How often a writer was told that nobody knows.
    unknown: usize,
    cuts: usize,
    slowest_return: Duration,
    /// Events by command, as they are in the log.
    stored: HashMap<Uuid, usize>,
    gap: Option<LogError>,
}

impl Run {
    fn lost(&self) -> usize {
        self.acknowledged.iter().filter(|command| !self.stored.contains_key(command)).count()
    }

    /// Commands with another number of events than they asked for.
    fn doubled(&self) -> usize {
        self.stored.values().filter(|events| **events != EVENTS).count()
    }
}

/// Lets writers loose on a server with these settings, kills it `kills` times and stops it `stops` times, while answers
/// are cut off all the time.
async fn run(settings: &[&str], kills: usize, stops: usize) -> anyhow::Result<Run> {
    let mut postgres = DurablePostgres::start(settings).await?;
    let direct = connect(&postgres.url()).await?;
    eventlog::migrate(&direct).await?;
    let proxy = Proxy::start(&postgres.url()).await?;
    let log = event_log(&connect(proxy.url()).await?);
    for writer in 0..WRITERS {
        log.log_of(tenant(writer)).await?;
    }
    // Whose log is whose is not what is tried here.
    sqlx::query("checkpoint").execute(direct.pool()).await?;
    direct.pool().close().await;

    proxy.cut_answers(MARKER, 0.02, 8);
    let over = AtomicBool::new(false);
    let heard = Heard::default();
    let nemesis = async {
        let outcome = disturb(&mut postgres, &heard, kills, stops).await;
        proxy.spare_answers();
        over.store(true, Ordering::Relaxed);
        outcome
    };
    let writers = join_all((0..WRITERS).map(|n| write(&log, n, &over, &heard)));
    let (slowest_return, written) = tokio::join!(nemesis, writers);
    let mut run = Run { slowest_return: slowest_return?, cuts: proxy.cuts(), ..Run::default() };
    for written in written {
        let written = written?;
        run.acknowledged.extend(written.acknowledged);
        run.unknown += written.unknown;
    }
    // As another process would see it, and not through the proxy.
    let log = event_log(&connect(&postgres.url()).await?);
    read_back(&log, &mut run).await?;
    Ok(run)
}

/// What all writers heard so far.
#[derive(Default)]
struct Heard {
    acknowledged: AtomicUsize,
    failed: AtomicUsize,
}

/// Returns the longest time between the server's return and the next acknowledgement.
async fn disturb(
    postgres: &mut DurablePostgres,
    heard: &Heard,
    kills: usize,
    stops: usize,
) -> anyhow::Result<Duration> {
    let Heard { acknowledged, failed } = heard;
    let mut slowest = Duration::ZERO;
    for fault in 0..kills + stops {
        if fault < kills {
            // Whoever trusts it to write commits out has lost them.
            postgres.halt_wal_writer()?;
            grows(acknowledged, BETWEEN).await?;
            postgres.kill().await?;
        } else {
            grows(acknowledged, BETWEEN).await?;
            postgres.stop_immediately().await?;
        }
        // Away for so long that the repetitions within an append do not hide it.
        grows(failed, 1).await?;
        postgres.start_again().await?;
        let up = Instant::now();
        grows(acknowledged, 1).await?;
        slowest = slowest.max(up.elapsed());
    }
    // The tail: undisturbed, everything goes its way again.
    grows(acknowledged, BETWEEN).await?;
    Ok(slowest)
}

async fn grows(count: &AtomicUsize, by: usize) -> anyhow::Result<()> {
    let enough = count.load(Ordering::Relaxed) + by;
    wait::until("writers hear more", async || {
        Ok((count.load(Ordering::Relaxed) >= enough).then_some(()))
    })
    .await
}

#[derive(Default)]
struct Written {
    acknowledged: Vec<Uuid>,
    unknown: usize,
}

/// Writes until `over`, one command after the other; repeats each that failed, with its id, until it is through.
async fn write(
    log: &EventLog,
    writer: u128,
    over: &AtomicBool,
    heard: &Heard,
) -> anyhow::Result<Written> {
    let mut written = Written::default();
    let stream = StreamId(Uuid::from_u128(writer));
    while !over.load(Ordering::Relaxed) {
        let values: Vec<_> = (0..EVENTS).map(|value| json!(value)).collect();
        let new = command(tenant(writer), stream, Expected::Any, &values);
        wait::until("a command is through", async || match log.append(new.clone()).await {
            Ok(Appended::Done(_) | Appended::Duplicate(_)) => Ok(Some(())),
            Ok(outcome @ (Appended::Conflict | Appended::Empty)) => panic!("{outcome:?}"),
            Err(error) => {
                heard.failed.fetch_add(1, Ordering::Relaxed);
                let is_unknown = matches!(error, LogError::OutcomeUnknown(_));
                written.unknown += usize::from(is_unknown);
                Err(error.into())
            }
        })
        .await?;
        written.acknowledged.push(new.command_id);
        heard.acknowledged.fetch_add(1, Ordering::Relaxed);
    }
    Ok(written)
}

async fn read_back(log: &EventLog, run: &mut Run) -> anyhow::Result<()> {
    for (id, head) in log.heads().await? {
        let mut after = 0;
        while after < head {
            match log.read_log(id, after, 5_000).await {
                Ok(events) => {
                    ensure!(!events.is_empty(), "log {id} ends at {after}, its head is {head}");
                    for event in events {
                        after = event.pos;
                        *run.stored.entry(event.command_id).or_default() += 1;
                    }
                }
                Err(gap) => {
                    run.gap = Some(gap);
                    break;
                }
            }
        }
    }
    Ok(())
}

fn tenant(writer: u128) -> TenantId {
    TenantId(Uuid::from_u128(0xd0 + writer))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_and_nothing_unknown_is_doubled() -> anyhow::Result<()> {
    let (kills, stops) = (size(3, 20), size(1, 5));
    let run = run(&[], kills, stops).await?;
    figure("r8_kills", kills + stops, "faults", "");
    figure("r8_acknowledged", run.acknowledged.len(), "commands", "");
    figure("r8_cut_answers", run.cuts, "answers", "> 0");
    figure("r8_unknown", run.unknown, "outcomes", "> 0");
    figure("r8_lost", run.lost(), "commands", "= 0");
    figure("r8_doubled", run.doubled(), "commands", "= 0");
    figure("r8_serving_again", run.slowest_return.as_secs_f64(), "s", "<= 10");
    assert!(run.cuts > 0 && run.unknown > 0, "{} cuts, {} unknown: void", run.cuts, run.unknown);
    assert!(run.gap.is_none(), "{:?}", run.gap);
    assert_eq!((run.lost(), run.doubled()), (0, 0));
    assert_eq!(run.stored.len(), run.acknowledged.len(), "somebody's events are nobody's");
    Ok(())
}

/// The control: a commit that does not wait for the disk is acknowledged before it is kept.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_does_not_wait_for_the_disk_is_caught() -> anyhow::Result<()> {
    let run = run(&["synchronous_commit=off"], 1, 0).await?;
    figure("r8_control_lost", run.lost(), "commands", "> 0");
    assert!(run.lost() > 0, "the check would catch nothing");
    Ok(())
}

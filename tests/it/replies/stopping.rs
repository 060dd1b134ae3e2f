//! Programs are asked to end in the middle of everything: they end in time, what was accepted is done once, and while one of
//! two is replaced nobody is turned away.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use futures::future::{join_all, try_join_all};
use futures::stream::FuturesUnordered;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::api::{Seller, http};
use tests::ledger::judge;
use tests::shops::{CALLS, Item, Shops};
use tests::system::{ORDERLY, Setup, System};
use tests::wait;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::support::{approve_on, basis, ended};
use crate::drill::figure;

/// Subscribers, people whose replies are at the marketplace, and people who ask for something, at the moment of the stop.
const STREAMS: usize = 100;
const SENDS: usize = 20;
const COMMANDS: usize = 50;

/// New requests are taken for as long at least after readiness said that the program stops; a second is set by default.
const NOTICE: Duration = Duration::from_millis(300);

/// An end takes no longer than is set by default.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Clients that ask while programs are replaced, and how long each waits between two requests: fifty a second.
const CLIENTS: usize = 5;
const PAUSE: Duration = Duration::from_millis(100);

/// Requests that are answered well between two steps of a replacement.
const BETWEEN: usize = 25;

#[tokio::test]
async fn asked_to_end_a_program_ends_in_time_and_loses_nothing() -> anyhow::Result<()> {
    let of_each_call = (SENDS + COMMANDS).div_ceil(CALLS.len());
    let (mut shops, items) = Shops::open(Setup::together(), 1, of_each_call).await?;
    let (sent, held) = items[..SENDS + COMMANDS].split_at(SENDS);
    let seller = shops.shops[0].seller.clone();
    let slow = json!({ "slow": { "probability": 1, "on": "write", "ms": 3000 } });
    shops.system.sandbox.set_faults(slow).await?;
    let mut streams = Vec::new();
    for _ in 0..STREAMS {
        streams.push(seller.open("/events/stream").await?);
    }
    let text = |item: &Item| format!("Здравствуйте! Ответ на {}.", item.external_id);
    // As everybody saw it before the stop: who asks again has seen no more.
    let seen = items.iter().map(async |item| {
        anyhow::Ok((&item.interaction, basis(&seller, &item.interaction).await?))
    });
    let seen: BTreeMap<_, _> = try_join_all(seen).await?.into_iter().collect();
    let ask = async |item: &Item, hold_seconds: u8| {
        let path = format!("/interactions/{}/reply", item.interaction);
        let basis = &seen[&item.interaction];
        let body = json!({ "text": text(item), "hold_seconds": hold_seconds, "basis": basis });
        seller.send(Method::POST, &path, body).await.map(|answer| answer.status)
    };
    let sending = join_all(sent.iter().map(|item| ask(item, 0)));
    let readiness = format!("{}/health/ready", shops.system.url);
    let System { server, sandbox, .. } = &mut shops.system;
    let stopping = async {
        wait::until("calls are at the marketplace", async || {
            Ok((!sandbox.words().await?.is_empty()).then_some(()))
        })
        .await?;
        let commands = held.iter().map(async |item| (item, ask(item, 30).await));
        let mut commands: FuturesUnordered<_> = commands.collect();
        // The others are on their way when the first was carried out.
        let mut commanded = Vec::from_iter(commands.next().await);
        let started = Instant::now();
        let (others, ended, notice) = tokio::join!(
            commands.collect::<Vec<_>>(),
            server.stop(ORDERLY),
            notice_of_stop(&readiness),
        );
        commanded.extend(others);
        let notice = notice?;
        ensure!(notice >= NOTICE, "new requests were turned away {notice:?} after it was said");
        anyhow::Ok((commanded, ended?, started.elapsed()))
    };
    let (sending, stopped) = tokio::join!(sending, stopping);
    let (commanded, status, took) = stopped?;
    let ended_streams = streams.into_iter().map(|mut stream| async move {
        // Cut or ended in order: it is over.
        while let Ok(Some(_)) = stream.chunk().await {}
    });
    tokio::time::timeout(wait::PATIENCE, join_all(ended_streams)).await.context("open streams")?;
    figure("stop_took", format!("{:.1}", took.as_secs_f64()), "s", "<= 10");
    assert!(status.success(), "{status}");
    assert!(took <= ENDS_WITHIN, "it took {took:?}");

    let is_good =
        |answer: &anyhow::Result<StatusCode>| answer.as_ref().is_ok_and(StatusCode::is_success);
    let answered = sending.iter().filter(|answer| is_good(answer)).count();
    figure("stop_sends_answered", answered, "replies", "");
    let answered = commanded.iter().filter(|(_, answer)| is_good(answer)).count();
    figure("stop_commands_answered", answered, "commands", "> 0");
    ensure!(answered > 0, "no command was carried out: void");
    shops.system.sandbox.end_faults().await?;
    shops.system.start_server_again().await?;
    for (item, answer) in &commanded {
        if is_good(answer) {
            wait::until("what was accepted is there", async || {
                let reply = seller.interaction(&item.interaction).await?["reply"].take();
                Ok((reply["text"] == text(item)).then_some(()))
            })
            .await?;
        }
    }
    // Whoever heard nothing asks again.
    for (item, answer) in sent.iter().zip(&sending) {
        if !is_good(answer) {
            let seen = &seen[&item.interaction];
            approve_on(&seller, &item.interaction, &text(item), 0, seen).await?;
        }
    }
    ended(&shops.shops, sent, 2 * wait::PATIENCE).await?;
    let asked: Vec<_> = sent.iter().map(|item| item.asked(&text(item))).collect();
    let words = shops.system.sandbox.words().await?;
    let held = |target: &str| held.iter().any(|item| item.target() == target);
    let words: Vec<_> = words.into_iter().filter(|line| !held(&line.target)).collect();
    let verdict = judge(&asked, &words);
    figure("stop_duplicates", verdict.repeated.len(), "replies", "= 0");
    assert!(verdict.is_clean() && verdict.once.len() == SENDS, "{verdict}");
    Ok(())
}

/// Asks for readiness over new connections, as a balancer does, until none is taken; returns how long before it was
/// said that the program stops.
async fn notice_of_stop(readiness: &str) -> anyhow::Result<Duration> {
    let client = http()?;
    let mut said = None;
    loop {
        let asked = client.get(readiness).header("connection", "close").send().await;
        let Ok(answer) = asked else {
            return Ok(said.map_or(Duration::ZERO, |said: Instant| said.elapsed()));
        };
        let is_refused = answer.status() == StatusCode::SERVICE_UNAVAILABLE;
        if is_refused && answer.json::<Value>().await?["stopping"] == true {
            said.get_or_insert_with(Instant::now);
        }
        tokio::time::sleep(NOTICE / 10).await;
    }
}

#[tokio::test]
async fn a_stop_without_notice_is_noticed() -> anyhow::Result<()> {
    let hasty = Setup::together().with_variable("AGENTIQ_SHUTDOWN_NOTICE_SECONDS", "0");
    let mut system = hasty.start().await?;
    let readiness = format!("{}/health/ready", system.url);
    let (ended, notice) = tokio::join!(system.server.stop(ORDERLY), notice_of_stop(&readiness));
    ended?;
    let notice = notice?;
    assert!(notice < NOTICE, "{notice:?}");
    Ok(())
}

/// What those heard who asked while programs were replaced.
#[derive(Default)]
struct Heard {
    good: AtomicUsize,
    /// Neither server took the request.
    turned_away: AtomicUsize,
    failures: AtomicUsize,
}

impl Heard {
    /// Waits until more was answered well.
    async fn grows(&self) -> anyhow::Result<()> {
        let enough = self.good.load(Ordering::Relaxed) + BETWEEN;
        wait::until("requests are answered", async || {
            Ok((self.good.load(Ordering::Relaxed) >= enough).then_some(()))
        })
        .await
    }

    /// Asks as a balancer does: where nobody takes the request, the other server is asked.
    async fn ask(&self, desks: [&Seller; 2], item: &Item, n: usize) -> anyhow::Result<()> {
        let path = format!("/interactions/{}", item.interaction);
        for desk in [desks[n % 2], desks[(n + 1) % 2]] {
            let Ok(answer) = desk.get(&path).await else { continue };
            if answer.status.is_server_error() {
                self.failures.fetch_add(1, Ordering::Relaxed);
            } else {
                ensure!(answer.status.is_success(), "{}: {}", answer.status, answer.text);
                self.good.fetch_add(1, Ordering::Relaxed);
            }
            return Ok(());
        }
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn while_one_of_two_is_replaced_nobody_is_turned_away() -> anyhow::Result<()> {
    let (mut shops, items) = Shops::open(Setup::apart(1), 1, 3).await?;
    let (mut second, url) = shops.system.start_another_server().await?;
    let first = shops.shops[0].seller.clone();
    let desks = [&first, &first.at(&url)];
    let (over, heard) = (CancellationToken::new(), Heard::default());
    let clients = (0..CLIENTS).map(async |client| {
        let mut ticks = interval(PAUSE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut n = client;
        while over.run_until_cancelled(ticks.tick()).await.is_some() {
            heard.ask(desks, &items[n % items.len()], n).await?;
            n += 1;
        }
        anyhow::Ok(())
    });
    let replacing = async {
        let _over = over.clone().drop_guard();
        for server in [&mut shops.system.server, &mut second] {
            // The load is on, and stays on when the other one has taken it.
            heard.grows().await?;
            let status = server.stop(ORDERLY).await?;
            ensure!(status.success(), "{status}");
            heard.grows().await?;
            server.start_again()?;
            server.url().await?;
            heard.grows().await?;
        }
        anyhow::Ok(())
    };
    let (asked, replaced) = tokio::join!(try_join_all(clients), replacing);
    asked?;
    replaced?;
    let count = |counter: &AtomicUsize| counter.load(Ordering::Relaxed);
    figure("rolling_requests", count(&heard.good), "requests", "> 0");
    figure("rolling_failures", count(&heard.failures), "requests", "= 0");
    figure("rolling_turned_away", count(&heard.turned_away), "requests", "= 0");
    assert_eq!((count(&heard.failures), count(&heard.turned_away)), (0, 0));
    Ok(())
}

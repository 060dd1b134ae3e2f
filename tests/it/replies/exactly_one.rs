//! Replies by all eight calls, while workers and the API are killed all the time and the marketplaces lose answers,
//! carry them out late and show them later: by the ledger each reached its buyer once, as asked, and the API says the
//! same.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};
use tests::feed::Feed;
use tests::ledger::{Asked, LedgerAnswer, Verdict, judge};
use tests::program::Program;
use tests::shops::{CALLS, Item, Shop, Shops};
use tests::system::{Setup, System};
use tests::wait;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::support::{approve, ended, is_drill, states};
use crate::drill::{figure, size};

/// Sellers, in a run of the tests and in a drill.
const SELLERS: (usize, usize) = (10, 60);

/// Replies of each seller by each call, in a run of the tests and in a drill: ten thousand in all.
const OF_EACH_CALL: (usize, usize) = (8, 21);

/// Replies that go out after the last fault, every one of them at once.
const TAIL: usize = 50;

const WORKERS: usize = 3;

const BETWEEN_WORKERS: Duration = Duration::from_secs(2);
const BETWEEN_SERVERS: Duration = Duration::from_secs(7);

/// People who approve replies at the same time.
const OPERATORS: usize = 48;

/// A reply that somebody approved.
pub(super) struct Approved {
    item: Item,
    text: String,
}

/// How often processes died.
#[derive(Default)]
pub(super) struct Kills {
    pub(super) workers: usize,
    servers: usize,
}

/// What the marketplaces do all the time. Words are shown 3 to 4 s after they were carried out, which is up to 5 s
/// late.
pub(super) fn faults() -> Value {
    json!({
        "answer_lost": 0.05,
        "apply_late": { "probability": 0.02, "ms": 5000 },
        "visible_late": { "probability": 1, "least_ms": 3000, "ms": 4000 },
        "reset_before": { "probability": 0.01, "on": "write" },
        "server_error_before": { "probability": 0.01, "on": "write" },
        "server_error_after": 0.01,
        "rate_limited": { "probability": 0.05, "on": "write", "ms": 1000 },
    })
}

/// Absence counts from 10 s on: 5 s in flight, 4 s until it is shown, and one to spare.
pub(super) fn setup() -> Setup {
    Setup::apart(WORKERS)
        .with_argument("--lease-seconds=4")
        .with_argument("--settle-read-after-seconds=4,7,10")
        .with_argument("--settle-proof-seconds=10")
        .with_argument("--confirm-after-seconds=4")
}

#[tokio::test]
async fn ten_thousand_replies_reach_their_buyers_once() -> anyhow::Result<()> {
    let sellers = size(SELLERS.0, SELLERS.1);
    let of_each_call = if is_drill() { OF_EACH_CALL.1 } else { OF_EACH_CALL.0 };
    let for_tail = TAIL.div_ceil(sellers * CALLS.len());
    let (mut shops, items) = Shops::open(setup(), sellers, of_each_call + for_tail).await?;
    let (items, tail) = items.split_at(sellers * CALLS.len() * of_each_call);
    shops.system.sandbox.set_faults(faults()).await?;

    let started = Instant::now();
    let kills = disturbed(&mut shops, items).await?;
    let took = started.elapsed();
    shops.system.sandbox.end_faults().await?;
    let last = approved(&tail[..TAIL], items.len());
    let tail_started = Instant::now();
    approve_all(&shops.shops, &last).await?;
    ended(&shops.shops, &tail[..TAIL], wait::PATIENCE).await?;
    figure("replies_tail", format!("{:.1}", tail_started.elapsed().as_secs_f64()), "s", "");

    let mut all = approved(items, 0);
    all.extend(last);
    figure("replies_approved", all.len(), "replies", "");
    figure("replies_took", format!("{:.0}", took.as_secs_f64()), "s", "");
    is_disturbed_enough(&shops, &kills, items.len()).await?;
    is_exactly_once("replies", &shops, &all).await?;
    shops.system.run("verify", &[])?;
    Ok(())
}

pub(super) fn approved(items: &[Item], first: usize) -> Vec<Approved> {
    let text = |n: usize| format!("Здравствуйте! Спасибо, что написали. Ответ номер {n}.");
    let numbered = items.iter().enumerate();
    numbered.map(|(n, item)| Approved { item: item.clone(), text: text(first + n) }).collect()
}

/// Approves all, and waits until each has come to its end, while processes die all the time.
pub(super) async fn disturbed(shops: &mut Shops, items: &[Item]) -> anyhow::Result<Kills> {
    let Shops { system: System { workers, server, .. }, shops } = shops;
    let over = CancellationToken::new();
    let work = async {
        let _over = over.clone().drop_guard();
        approve_all(shops, &approved(items, 0)).await?;
        let patience = 4 * wait::PATIENCE + Duration::from_secs(items.len() as u64 / 2);
        ended(shops, items, patience).await
    };
    let (kills, ()) = tokio::try_join!(nemesis(workers, server, &over), work)?;
    Ok(kills)
}

/// Kills a worker every 2 s and the API every 7 s, and starts each again at once, until it is over.
async fn nemesis(
    workers: &mut [Program],
    server: &mut Program,
    over: &CancellationToken,
) -> anyhow::Result<Kills> {
    let ticks = |between| {
        let mut ticks = interval_at(Instant::now() + between, between);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let (mut for_worker, mut for_server) = (ticks(BETWEEN_WORKERS), ticks(BETWEEN_SERVERS));
    let mut kills = Kills::default();
    loop {
        tokio::select! {
            () = over.cancelled() => break,
            _ = for_worker.tick() => {
                let victim = &mut workers[kills.workers % WORKERS];
                victim.kill()?;
                victim.start_again()?;
                kills.workers += 1;
            }
            // Where the machine is so slow that it does not serve yet, it would never.
            _ = for_server.tick() => if server.log()?.contains("listening on") {
                server.kill()?;
                server.start_again()?;
                kills.servers += 1;
            }
        }
    }
    server.url().await?;
    Ok(kills)
}

/// Approves all, so many at a time as there are operators.
pub(super) async fn approve_all(shops: &[Shop], replies: &[Approved]) -> anyhow::Result<()> {
    let approved = stream::iter(replies).enumerate().map(async |(n, reply)| {
        let Approved { item, text } = reply;
        // Most are held for a moment, which answers at once; the others are waited for.
        let hold_seconds = u8::from(n % 8 != 0);
        approve(&shops[item.shop].seller, &item.interaction, text, hold_seconds).await
    });
    approved.buffer_unordered(OPERATORS).try_collect().await
}

/// A run in which little went wrong proves little.
async fn is_disturbed_enough(shops: &Shops, kills: &Kills, replies: usize) -> anyhow::Result<()> {
    let full = SELLERS.1 * CALLS.len() * OF_EACH_CALL.1;
    // Chance has room where there are few.
    let share = |of_full: usize| {
        let least = of_full * replies / full;
        if replies == full { least } else { least / 2 }
    };
    let sandbox = &shops.system.sandbox;
    let mut hit_calls = 0;
    for shop in &shops.shops {
        let feed = Feed::take(&shop.seller, 1000).await?;
        let unknown = feed.of_type("ReplyOutcomeUnknown");
        hit_calls += unknown.filter(|event| event["data"]["reason"] == "sender_lost").count();
    }
    let fired = async |fault| Ok::<_, anyhow::Error>(usize::try_from(sandbox.fired(fault).await?)?);
    for (name, found, least) in [
        ("workers_killed", kills.workers, share(100).max(4)),
        ("servers_killed", kills.servers, share(30).max(1)),
        ("calls_hit_by_kills", hit_calls, 1),
        ("answers_lost", fired("answer_lost").await?, share(400)),
        ("applied_late", fired("apply_late").await?, share(150)),
        ("shown_late", fired("visible_late").await?, replies * 9 / 10),
        ("reset_before", fired("reset_before").await?, share(60)),
        ("errors_before", fired("server_error_before").await?, share(60)),
        ("errors_after", fired("server_error_after").await?, share(60)),
        ("asked_to_wait", fired("rate_limited").await?, share(400)),
    ] {
        figure(&format!("replies_{name}"), found, "times", &format!(">= {least}"));
        ensure!(found >= least, "{name}: {found}, at least {least} are needed: void");
    }
    Ok(())
}

/// Holds what was approved against the ledger, and what the API says against both.
pub(super) async fn is_exactly_once(
    drill: &str,
    shops: &Shops,
    replies: &[Approved],
) -> anyhow::Result<()> {
    let asked: Vec<Asked> = replies.iter().map(|it| it.item.asked(&it.text)).collect();
    let words = shops.system.sandbox.words().await?;
    let Verdict { once, missing, repeated, wrong_text, wrong_target } = judge(&asked, &words);
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (n, shop) in shops.shops.iter().enumerate() {
        let states = states(shop).await?;
        for reply in replies.iter().filter(|reply| reply.item.shop == n) {
            let state = states.get(&reply.item.interaction).context("it is in the inbox")?;
            told.entry(state.clone()).or_default().insert(reply.item.target());
        }
        // As a word of its own: one shop's name begins with another's.
        let of_shop = format!(" {} ", shop.name);
        let answered = words.iter().filter(|line| line.applied && line.target.contains(&of_shop));
        let answered = answered.map(|line| &line.target).collect::<BTreeSet<_>>();
        let said = states.values().filter(|state| *state == "published").count();
        let parked = states.values().filter(|state| *state == "failed").count();
        ensure!(
            (said..=said + parked).contains(&answered.len()),
            "{}: {said} replies count as published, {} are there",
            shop.name,
            answered.len()
        );
    }
    let differing = differing_figures(shops, replies, &words).await?;
    let of = |state: &str| told.get(state).cloned().unwrap_or_default();
    let (published, parked) = (of("published"), of("failed"));
    for reply in replies.iter().filter(|reply| parked.contains(&reply.item.target())) {
        let interaction = shops.seller(&reply.item).interaction(&reply.item.interaction).await?;
        let words = interaction["reply"]["failure"]["message"].as_str().unwrap_or_default();
        let journal = shops.seller(&reply.item).journal(&reply.item.interaction).await?;
        let has_evidence = journal.iter().any(|step| step.starts_with("ReplyOutcomeUnknown"));
        ensure!(has_evidence && !words.is_empty(), "{}: {journal:?}", interaction["reply"]);
    }
    let lost: BTreeSet<_> = missing.difference(&parked).collect();
    let untrue: BTreeSet<_> = published.symmetric_difference(&once).collect();
    let untrue: BTreeSet<_> = untrue.into_iter().filter(|it| !parked.contains(*it)).collect();
    let say = |name: &str, found: usize, target: &str| {
        figure(&format!("{drill}_{name}"), found, "replies", target);
    };
    say("once", once.len(), "");
    say("duplicates", repeated.len(), "= 0");
    say("lost", lost.len(), "= 0");
    say("wrong_text", wrong_text.len(), "= 0");
    say("wrong_target", wrong_target.len(), "= 0");
    say("told_otherwise", untrue.len(), "= 0");
    figure(&format!("{drill}_figures_differ"), differing.len(), "figures", "= 0");
    let most = replies.len().div_ceil(1000);
    say("parked", parked.len(), &format!("<= {most}"));
    let wrong = [&repeated, &wrong_text, &wrong_target];
    assert!(lost.is_empty() && wrong.iter().all(|it| it.is_empty()), "{lost:?} {wrong:?}");
    assert!(untrue.is_empty(), "the ledger and the API differ: {untrue:?}");
    assert!(differing.is_empty(), "the figures and the ledger differ: {differing:?}");
    assert!(parked.len() <= most, "{parked:?}");
    Ok(())
}

/// Holds the figures of each seller's page of sending, and the counts of its inbox, against the ledger; returns those
/// that say something else. A reply that waits for a person may be there or not.
async fn differing_figures(
    shops: &Shops,
    replies: &[Approved],
    words: &[LedgerAnswer],
) -> anyhow::Result<Vec<String>> {
    let applied: BTreeSet<&str> =
        words.iter().filter(|line| line.applied).map(|line| line.target.as_str()).collect();
    let mut differing = Vec::new();
    for (n, shop) in shops.shops.iter().enumerate() {
        let states = states(shop).await?;
        let of_shop: Vec<_> = replies.iter().filter(|reply| reply.item.shop == n).collect();
        let is_parked = |reply: &&&Approved| states[&reply.item.interaction] == "failed";
        let parked = of_shop.iter().filter(is_parked).count();
        let stands = |reply: &&&Approved| applied.contains(reply.item.target().as_str());
        let published = of_shop.iter().filter(|it| !is_parked(it)).filter(stands).count();
        let expected = json!({
            "now": {
                "waiting": 0, "held": 0, "checking": 0, "unconfirmed": 0, "failed": parked, "rejected": 0,
            },
            "last_24_hours": {
                "asked": of_shop.len(), "open": 0, "sent": 0, "published": published, "failed": parked,
                "rejected": 0, "cancelled": 0,
            },
        });
        let told = shop.seller.get("/sending/status").await?.ok()?;
        let counts = shop.seller.get("/interactions/counts").await?.ok()?;
        let by_status = json!({"responded": published, "failed": parked, "replying": 0, "held": 0});
        for (told, expected) in [(&told, &expected), (&counts["by_status"], &by_status)] {
            for (name, figure) in expected.as_object().into_iter().flatten() {
                if told[name] != *figure {
                    differing.push(format!("{}: {name} {}, not {figure}", shop.name, told[name]));
                }
            }
        }
    }
    Ok(differing)
}

/// Loses every answer to what is carried out late, and waits until the same judge sees a reply that reached its buyer
/// twice.
pub(super) async fn a_duplicate_comes(setup: Setup) -> anyhow::Result<()> {
    let (shops, items) = Shops::open(setup, 1, 2).await?;
    let faults = json!({
        "answer_lost": 1,
        "apply_late": { "probability": 1, "least_ms": 3000, "ms": 5000 },
        "visible_late": faults()["visible_late"],
    });
    shops.system.sandbox.set_faults(faults).await?;
    let replies = approved(&items, 0);
    approve_all(&shops.shops, &replies).await?;
    let asked: Vec<Asked> = replies.iter().map(|it| it.item.asked(&it.text)).collect();
    wait::until("a reply reaches its buyer twice", async || {
        let verdict = judge(&asked, &shops.system.sandbox.words().await?);
        Ok((!verdict.repeated.is_empty()).then_some(()))
    })
    .await
}

/// Looking for 1 s, which is the least that can be set, and for 3 s, for words that are shown after 6 s at the
/// earliest.
#[tokio::test]
async fn settling_too_early_is_noticed() -> anyhow::Result<()> {
    for (reads, proof) in [("1", 1), ("1,3", 3)] {
        let hasty = Setup::apart(1)
            .with_argument(&format!("--settle-read-after-seconds={reads}"))
            .with_argument(&format!("--settle-proof-seconds={proof}"));
        a_duplicate_comes(hasty).await.with_context(|| format!("settled after {proof} s"))?;
    }
    Ok(())
}

/// Run by `script/drill sabotage`, with a program that sends again without knowing.
#[cfg(feature = "sabotage-blind-retry")]
#[tokio::test]
async fn sending_again_without_knowing_is_noticed() -> anyhow::Result<()> {
    a_duplicate_comes(setup()).await
}

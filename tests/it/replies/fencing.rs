//! A worker loses its lease with replies in its hands: another one takes over, the first comes back, and nothing goes out
//! twice and no outcome is lost.

use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use tests::ledger::{Asked, Verdict, judge};
use tests::program::Program;
use tests::proxy::Proxy;
use tests::shops::{Item, Shops};
use tests::system::Setup;
use tests::wait;

use super::support::{approve, ended};
use crate::drill::{figure, size};

/// Of each call, in a run of the tests and in a drill: a third is held before the call, and two in it.
const OF_EACH_CALL: (usize, usize) = (3, 62);

/// Replies that one worker has in its hands at the same time.
const IN_HANDS: usize = 4;

/// How the worker says that it comes too late.
const TOO_LATE: &str = "lost the lease before the call";

/// Of a statement that says that a call is about to begin.
const INTENT: &str = "state = 'calling', lease_until";

/// Sellers, a worker that takes over, and one whose way to the database can be blocked.
struct Relay {
    shops: Shops,
    proxy: Proxy,
    first: Option<Program>,
    asked: Vec<Asked>,
}

impl Relay {
    async fn start(of_each_call: usize) -> anyhow::Result<(Self, Vec<Item>)> {
        let setup = Setup::apart(1)
            .with_argument("--lease-seconds=2")
            .with_argument("--settle-read-after-seconds=1,2,3");
        let (shops, items) = Shops::open(setup, 1, of_each_call).await?;
        let proxy = Proxy::start(shops.system.database().url()).await?;
        Ok((Self { shops, proxy, first: None, asked: Vec::new() }, items))
    }

    /// Lets the first worker, and it alone, take these replies into its hands.
    async fn hand_over(&mut self, items: &[Item]) -> anyhow::Result<&Program> {
        self.shops.system.workers[0].kill()?;
        drop(self.first.take());
        let name = format!("first-{}", self.asked.len());
        let first = self.shops.system.start_another_worker(&name, self.proxy.url())?;
        for item in items {
            let text = format!("Здравствуйте! Ответ номер {}.", self.asked.len());
            approve(self.shops.seller(item), &item.interaction, &text, 1).await?;
            self.asked.push(item.asked(&text));
        }
        Ok(self.first.insert(first))
    }

    /// Lets the other worker take over, and waits until all is published.
    async fn take_over(&mut self, items: &[Item]) -> anyhow::Result<()> {
        self.shops.system.workers[0].start_again()?;
        ended(&self.shops.shops, items, 2 * wait::PATIENCE).await
    }

    async fn judge(&self) -> anyhow::Result<Verdict> {
        Ok(judge(&self.asked, &self.shops.system.sandbox.words().await?))
    }

    /// Waits until the first worker has said this of each of its replies.
    async fn first_says(&self, words: &str) -> anyhow::Result<()> {
        wait::until(&format!("the first worker says '{words}'"), async || {
            let log = self.first.as_ref().map_or_else(|| Ok(String::new()), Program::log)?;
            let said = log.matches(words).count();
            ensure!(said >= IN_HANDS, "it has said so {said} times");
            Ok(Some(()))
        })
        .await
    }

    /// The first worker is cut off from the database right before the call, and returns when another one has made it.
    async fn cut_off_before_the_call(&mut self, items: &[Item]) -> anyhow::Result<()> {
        self.proxy.hold_marked(INTENT);
        self.hand_over(items).await?;
        wait::until_within(4 * wait::PATIENCE, "all calls are about to begin", async || {
            let held = self.proxy.holding();
            ensure!(held == IN_HANDS, "{held} are");
            Ok(Some(()))
        })
        .await?;
        self.take_over(items).await?;
        self.proxy.release();
        Ok(())
    }

    /// The first worker is cut off from the database while its calls are under way, and returns with their answers when
    /// another one has found out what became of them.
    async fn cut_off_in_the_call(&mut self, items: &[Item]) -> anyhow::Result<()> {
        self.hand_over_to_slow(items).await?;
        self.proxy.hold_all();
        self.shops.system.sandbox.end_faults().await?;
        self.take_over(items).await?;
        self.proxy.release();
        Ok(())
    }

    /// The first worker is halted in the middle of its calls, and goes on when another one has found out what became of
    /// them.
    async fn halted_in_the_call(&mut self, items: &[Item]) -> anyhow::Result<()> {
        self.hand_over_to_slow(items).await?;
        if let Some(first) = &self.first {
            first.pause()?;
        }
        self.shops.system.sandbox.end_faults().await?;
        self.take_over(items).await?;
        if let Some(first) = &self.first {
            first.resume()?;
        }
        Ok(())
    }

    /// Lets the first worker make these calls, and waits until the marketplaces have carried them out and have yet to
    /// say so.
    async fn hand_over_to_slow(&mut self, items: &[Item]) -> anyhow::Result<()> {
        let slow = json!({ "slow": { "probability": 1, "on": "write", "ms": 4000 } });
        self.shops.system.sandbox.set_faults(slow).await?;
        let before = self.asked.len();
        self.hand_over(items).await?;
        wait::until("all calls are at the marketplace", async || {
            let words = self.shops.system.sandbox.words().await?;
            let there = self.asked[before..].iter().filter(|asked| {
                words.iter().any(|line| line.applied && line.target == asked.target)
            });
            let there = there.count();
            ensure!(there == IN_HANDS, "{there} are");
            Ok(Some(()))
        })
        .await
    }
}

#[tokio::test]
async fn a_worker_that_comes_back_repeats_nothing_and_loses_nothing() -> anyhow::Result<()> {
    let (mut relay, items) = Relay::start(size(OF_EACH_CALL.0, OF_EACH_CALL.1)).await?;
    for (n, items) in items.chunks(IN_HANDS).enumerate() {
        // Both halves of the calls come by all three ways.
        match n % 3 {
            0 => {
                relay.cut_off_before_the_call(items).await?;
                relay.first_says(TOO_LATE).await?;
            }
            1 => {
                relay.halted_in_the_call(items).await?;
                relay.first_says("ended as accepted").await?;
            }
            _ => {
                relay.cut_off_in_the_call(items).await?;
                relay.first_says("ended as accepted").await?;
            }
        }
        ended(&relay.shops.shops, items, Duration::ZERO).await?;
    }
    let verdict = relay.judge().await?;
    figure("fencing_rounds", relay.asked.len(), "replies", "");
    figure("fencing_duplicates", verdict.repeated.len(), "replies", "= 0");
    figure("fencing_lost", verdict.missing.len(), "replies", "= 0");
    assert!(verdict.is_clean() && verdict.once.len() == relay.asked.len(), "{verdict}");
    Ok(())
}

/// Run by `script/drill sabotage`, with a program whose lease has no fence.
#[cfg(feature = "sabotage-no-fence")]
#[tokio::test]
async fn a_lease_without_a_fence_is_noticed() -> anyhow::Result<()> {
    let (mut relay, items) = Relay::start(1).await?;
    relay.cut_off_before_the_call(&items[..IN_HANDS]).await?;
    wait::until("a reply reaches its buyer twice", async || {
        Ok((!relay.judge().await?.repeated.is_empty()).then_some(()))
    })
    .await
}

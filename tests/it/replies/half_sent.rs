//! A worker dies in the middle of a reply's words, by each call: half a request is none, that is found out by reading, and
//! then the reply goes out once.

use anyhow::ensure;
use tests::ledger::{Asked, judge};
use tests::program::Program;
use tests::proxy::Proxy;
use tests::shops::{CALLS, Item, Shops};
use tests::system::Setup;
use tests::wait;

use super::support::{approve, ended};
use crate::drill::figure;

/// What every reply begins with, in whose middle its request breaks off.
const WORDS: &str = "Здравствуйте! Ответ номер ";

/// Replies that one worker has in its hands at the same time.
const IN_HANDS: usize = 4;

/// Lets a worker begin to send these replies, and holds each request in the middle of its words; returns the worker.
async fn half_sent(
    shops: &Shops,
    proxy: &Proxy,
    items: &[Item],
    asked: &mut Vec<Asked>,
) -> anyhow::Result<Program> {
    proxy.halve_marked(WORDS);
    let name = format!("half-{}", asked.len());
    let worker = shops.system.start_another_worker_at(&name, proxy.url())?;
    for item in items {
        let text = format!("{WORDS}{}.", asked.len());
        approve(shops.seller(item), &item.interaction, &text, 1).await?;
        asked.push(item.asked(&text));
    }
    wait::until_within(2 * wait::PATIENCE, "all requests are half sent", async || {
        let held = proxy.holding();
        ensure!(held == items.len(), "{held} are");
        Ok(Some(()))
    })
    .await?;
    Ok(worker)
}

/// A seller whose marketplaces are reached through a proxy, an item for each call, and a worker that does nothing yet.
async fn scene() -> anyhow::Result<(Shops, Vec<Item>, Proxy)> {
    let setup = Setup::apart(1)
        .with_argument("--lease-seconds=2")
        .with_argument("--settle-read-after-seconds=1,2,3");
    let (mut shops, items) = Shops::open(setup, 1, 1).await?;
    ensure!(items.len() == CALLS.len(), "{} items", items.len());
    let proxy = Proxy::start(shops.system.sandbox.url()).await?;
    shops.system.workers[0].kill()?;
    Ok((shops, items, proxy))
}

/// Returns how many requests a marketplace took.
async fn taken(shops: &Shops) -> anyhow::Result<usize> {
    Ok(shops.system.sandbox.words().await?.iter().filter(|line| line.applied).count())
}

#[tokio::test]
async fn half_a_request_is_none_and_its_reply_goes_out_once() -> anyhow::Result<()> {
    let (mut shops, items, proxy) = scene().await?;
    let mut asked = Vec::new();
    for items in items.chunks(IN_HANDS) {
        half_sent(&shops, &proxy, items, &mut asked).await?.kill()?;
        proxy.release();
    }
    assert_eq!(taken(&shops).await?, 0, "half a request was taken for a whole one");

    shops.system.workers[0].start_again()?;
    ended(&shops.shops, &items, 4 * wait::PATIENCE).await?;
    let verdict = judge(&asked, &shops.system.sandbox.words().await?);
    figure("half_sent_duplicates", verdict.repeated.len(), "replies", "= 0");
    figure("half_sent_lost", verdict.missing.len(), "replies", "= 0");
    assert!(verdict.is_clean() && verdict.once.len() == CALLS.len(), "{verdict}");
    for item in &items {
        // The one that broke off, and the one that arrived.
        let reply = shops.seller(item).interaction(&item.interaction).await?["reply"].take();
        assert_eq!(reply["attempts"], 2, "{reply}");
    }
    Ok(())
}

#[tokio::test]
async fn requests_that_are_no_halves_are_noticed() -> anyhow::Result<()> {
    let (shops, items, proxy) = scene().await?;
    let _worker = half_sent(&shops, &proxy, &items[..IN_HANDS], &mut Vec::new()).await?;
    proxy.release();
    wait::until("the marketplaces take them", async || {
        Ok((taken(&shops).await? == IN_HANDS).then_some(()))
    })
    .await
}

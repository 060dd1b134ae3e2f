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

/// Lets a worker begin to send these replies, each of which breaks off in the middle of its words, and kills it.
async fn half_sent(
    shops: &Shops,
    proxy: &Proxy,
    items: &[Item],
    asked: &mut Vec<Asked>,
) -> anyhow::Result<()> {
    proxy.halve_marked(WORDS);
    let name = format!("half-{}", asked.len());
    let mut worker: Program = shops.system.start_another_worker_at(&name, proxy.url())?;
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
    worker.kill()?;
    proxy.release();
    Ok(())
}

#[tokio::test]
async fn half_a_request_is_none_and_its_reply_goes_out_once() -> anyhow::Result<()> {
    let setup = Setup::apart(1)
        .with_argument("--lease-seconds=2")
        .with_argument("--settle-read-after-seconds=1,2,3");
    let (mut shops, items) = Shops::open(setup, 1, 1).await?;
    ensure!(items.len() == CALLS.len(), "{} items", items.len());
    let proxy = Proxy::start(shops.system.sandbox.url()).await?;
    shops.system.workers[0].kill()?;
    let mut asked = Vec::new();
    for items in items.chunks(IN_HANDS) {
        half_sent(&shops, &proxy, items, &mut asked).await?;
    }
    let applied = shops.system.sandbox.words().await?.into_iter().filter(|line| line.applied);
    assert_eq!(applied.count(), 0, "half a request was taken for a whole one");

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

//! The marketplaces' limits, with three workers and several sellers: none is overstepped, a marketplace that asks to wait
//! is obeyed, replies go before reading, and who is shut out holds up nobody else.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use tests::api::Seller;
use tests::sandbox::{SELLER, Sandbox, TOKEN};
use tests::system::{Setup, System};
use tests::wait;
use tokio::task::JoinSet;

use crate::drill::{figure, size};

/// Replies of each seller, in a run of the tests and in a drill.
const REPLIES: (usize, usize) = (24, 300);

/// How many calls a second Wildberries allows for reviews and questions together.
const A_SECOND: f64 = 3.0;

/// A call that had left when the marketplace said to wait was no disobedience.
const UNDER_WAY: TimeDelta = TimeDelta::milliseconds(800);

/// How long the marketplace asks to wait.
const ASKED: TimeDelta = TimeDelta::seconds(3);

/// A seller with a cabinet, and a sign of its own in the sandbox.
struct Shop {
    name: &'static str,
    seller: Seller,
    account: String,
    replies: JoinSet<anyhow::Result<tests::api::Answer>>,
}

/// A write as the ledger tells it.
struct Write {
    seller: String,
    status: Option<u64>,
    applied: bool,
    at: DateTime<Utc>,
}

async fn writes(sandbox: &Sandbox) -> anyhow::Result<Vec<Write>> {
    let lines = sandbox.lines().await?;
    let writes = lines.iter().filter(|line| line["kind"] == "answer");
    let write = |line: &Value| {
        Ok(Write {
            seller: line["seller"].as_str().context("a seller")?.to_owned(),
            status: line["status"].as_u64(),
            applied: line["applied"] == true,
            at: serde_json::from_value(line["time"].clone())?,
        })
    };
    writes.map(write).collect()
}

async fn start(shops: &[&'static str], replies: usize) -> anyhow::Result<(System, Vec<Shop>)> {
    let mut setup = Setup::apart(3)
        .with_reviews(replies + replies / 4 + 10)
        // Without a pause: there is always something to read.
        .with_argument("--sync-interval-seconds=1");
    let others = shops.iter().filter(|name| **name != SELLER);
    setup.sandbox.arguments = others.map(|name| format!("--seller={name}:token-{name}")).collect();
    let system = setup.start().await?;
    let mut started = Vec::new();
    for name in shops {
        let seller = system.register().await?;
        let token = if *name == SELLER { TOKEN.to_owned() } else { format!("token-{name}") };
        let account = seller.connect(&token).await?;
        wait::until_within(2 * wait::PATIENCE, "the cabinet is read", async || {
            let found = seller.account(&account).await?;
            Ok((found["sync"]["backfill_done"] == true).then_some(()))
        })
        .await?;
        started.push(Shop { name, seller, account, replies: JoinSet::new() });
    }
    Ok((system, started))
}

impl Shop {
    /// Asks for so many replies, all at once.
    async fn reply(&mut self, count: usize) -> anyhow::Result<()> {
        // What was read is in the list a moment later.
        let waiting = wait::until("so many reviews wait", async || {
            let waiting = self.seller.list("needs_response=true").await?;
            ensure!(waiting.len() >= count, "{} reviews wait", waiting.len());
            Ok(Some(waiting))
        })
        .await?;
        for item in &waiting[..count] {
            let id = item["interaction_id"].as_str().context("an id")?.to_owned();
            let seller = self.seller.clone();
            self.replies
                .spawn(async move { seller.reply(&id, "Спасибо за отзыв!").await });
        }
        Ok(())
    }

    /// Waits until so many of its replies are published.
    async fn published(&self, count: usize) -> anyhow::Result<()> {
        let patience = 2 * wait::PATIENCE + Duration::from_secs(2 * count as u64);
        wait::until_within(patience, "all replies are published", async || {
            let answered = self.seller.list("status=responded").await?;
            let published = answered.iter().filter(|item| item["reply_state"] == "published");
            let published = published.count();
            ensure!(published >= count, "{}: {published} of {count} are", self.name);
            Ok(Some(()))
        })
        .await
    }
}

/// Says where the limits were not kept: refusals beyond those that faults made up, and calls before their time.
async fn overstepped(sandbox: &Sandbox) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    let (refused, made_up) =
        (sandbox.answered_with(429).await?, sandbox.fired("rate_limited").await?);
    if refused > made_up {
        faults.push(format!("{refused} calls were refused, {made_up} of them by faults"));
    }
    let writes = writes(sandbox).await?;
    for (n, refused) in writes.iter().enumerate().filter(|(_, it)| it.status == Some(429)) {
        let after = writes[n + 1..].iter().filter(|later| later.seller == refused.seller);
        let early = after.map(|later| later.at - refused.at);
        let mut early = early.filter(|it| *it > UNDER_WAY && *it < ASKED);
        if let Some(early) = early.next() {
            faults.push(format!("{} called after {early}", refused.seller));
        }
    }
    Ok(faults)
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred")]
#[tokio::test]
async fn limits_are_kept_and_nobody_holds_up_others() -> anyhow::Result<()> {
    let replies = size(REPLIES.0, REPLIES.1);
    let names = [SELLER, "limited", "unpaid", "dead"];
    let (system, mut shops) = start(&names, replies).await?;
    let (few, before) = (3, system.sandbox.answered_with(429).await?);
    ensure!(before == 0, "limits were overstepped while reading");
    let faults = json!({
        "rate_limited": { "probability": 0.05, "nth": [2, 9], "ms": ASKED.num_milliseconds(), "seller": "limited" },
        "payment_required": { "probability": 1, "seller": "unpaid" },
        "unauthorized": { "probability": 1, "seller": "dead" },
    });
    system.sandbox.set_faults(faults).await?;
    for shop in &mut shops {
        let count = if [SELLER, "limited"].contains(&shop.name) { replies } else { few };
        shop.reply(count).await?;
    }
    for shop in &shops[..2] {
        shop.published(replies).await?;
    }
    let made_up = system.sandbox.fired("rate_limited").await?;
    ensure!(made_up > 0, "nobody was asked to wait: void");
    figure("limits_asked_to_wait", made_up, "times", "");
    assert_eq!(overstepped(&system.sandbox).await?, Vec::<String>::new());

    // Each reply took one call, but for those that were asked to wait.
    let writes = writes(&system.sandbox).await?;
    for name in [SELLER, "limited"] {
        let of_shop = || writes.iter().filter(|write| write.seller == name);
        let calls = of_shop().filter(|write| write.status != Some(429)).count();
        let applied = of_shop().filter(|write| write.applied).count();
        assert_eq!((calls, applied), (replies, replies), "{name}");
    }
    // Reading wants all of the budget, too: at least half of it goes to replies while there are any.
    let mut times: Vec<_> =
        writes.iter().filter(|write| write.seller == SELLER).map(|write| write.at).collect();
    times.sort_unstable();
    let took = (times[times.len() - 1] - times[0]).as_seconds_f64();
    let share = (replies as f64 - 1.0) / took / A_SECOND;
    figure("limits_share_of_replies", format!("{share:.2}"), "of the budget", ">= 0.50");
    // Few replies are through before the machine has settled down.
    let least = if replies < REPLIES.1 / 4 { 0.2 } else { 0.5 };
    assert!(share >= least, "replies had {share} of the budget, {took} s for {replies}");

    // A key that is not accepted is not tried again and again.
    for (status, shop) in [(402, &shops[2]), (401, &shops[3])] {
        let calls = system.sandbox.answered_with(status).await?;
        assert!((1..=3).contains(&calls), "{}: {calls} calls answered {status}", shop.name);
        let account = shop.seller.account(&shop.account).await?;
        assert_ne!(account["status"], "connected", "{account}");
        assert!(!writes.iter().any(|write| write.seller == shop.name && write.applied));
    }
    Ok(())
}

/// A limiter that lets everybody through: the same judgement must notice it.
#[tokio::test]
async fn a_limiter_that_limits_nobody_is_noticed() -> anyhow::Result<()> {
    let (system, mut shops) = start(&[SELLER], 24).await?;
    let mut db = system.database().connect().await?;
    sqlx::raw_sql(
        "create or replace function rate_limit_take(
            p_tenant_id uuid, p_account_id uuid, p_scope text, p_interval interval, p_burst int, p_kept int,
            p_wait_max interval, p_writes boolean)
        returns table (taken boolean, slot timestamptz, wait_microseconds bigint, blocked_until timestamptz)
        language sql volatile as $$ select true, clock_timestamp(), 0::bigint, null::timestamptz $$",
    )
    .execute(&mut db)
    .await?;
    shops[0].reply(24).await?;
    wait::until("a limit is overstepped", async || {
        Ok((!overstepped(&system.sandbox).await?.is_empty()).then_some(()))
    })
    .await
}

//! Workers whose clocks are wrong by hours and by a week: replies reach their buyers once all the same.

use anyhow::ensure;
use chrono::{TimeDelta, Utc};
use tests::shops::{CALLS, Shops};

use super::exactly_one::{approved, disturbed, faults, is_exactly_once, setup};
use crate::drill::{figure, size};

/// How far the workers' clocks are off.
const CLOCKS: [&str; 3] = ["+1h", "-1h", "-7d"];

/// Sellers, in a run of the tests and in a drill.
const SELLERS: (usize, usize) = (1, 4);

/// Replies of each seller by each call, in a run of the tests and in a drill.
const OF_EACH_CALL: (usize, usize) = (6, 21);

#[tokio::test]
async fn a_wrong_clock_repeats_nothing_and_loses_nothing() -> anyhow::Result<()> {
    let (sellers, of_each) = (size(SELLERS.0, SELLERS.1), size(OF_EACH_CALL.0, OF_EACH_CALL.1));
    let setup = setup().with_clocks(&CLOCKS);
    let (mut shops, items) = Shops::open(setup, sellers, of_each).await?;
    let week_ago = (Utc::now() - TimeDelta::days(7)).format("%Y-%m-%d").to_string();
    let log = shops.system.workers[2].log()?;
    ensure!(log.contains(&week_ago), "the clock was right: void\n{log}");
    let mut faults = faults();
    // Few replies, so that more must go wrong with each.
    faults["answer_lost"] = 0.2.into();
    shops.system.sandbox.set_faults(faults).await?;
    let kills = disturbed(&mut shops, &items).await?;
    let lost = shops.system.sandbox.fired("answer_lost").await?;
    figure("clocks_replies", items.len(), "replies", "");
    figure("clocks_workers_killed", kills.workers, "times", "> 0");
    figure("clocks_answers_lost", lost, "times", "> 0");
    ensure!(kills.workers > 0 && lost as usize >= CALLS.len() / 2, "too few faults: void");
    is_exactly_once("clocks", &shops, &approved(&items, 0)).await
}

/// Run by `script/drill sabotage`, with a program that counts by its own clock.
#[cfg(feature = "sabotage-local-clock")]
#[tokio::test]
async fn settling_by_a_wrong_clock_is_noticed() -> anyhow::Result<()> {
    super::exactly_one::a_duplicate_comes(setup().with_clocks(&["-7d"; 3])).await
}

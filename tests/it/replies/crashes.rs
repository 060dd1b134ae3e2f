//! The process dies at each place of a reply's way, by each call, whether the call took effect or not: by the ledger
//! the reply reached its buyer once.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;
use tempfile::TempDir;
use tests::ledger::{Asked, judge};
use tests::shops::{CALLS, Call, Item, Shops};
use tests::system::Setup;
use tests::wait;

use super::support::{approve, ended, is_drill, states};
use crate::drill::figure;

/// Of four calls one in a run of the tests, shifted from place to place, and all in a drill.
const ONE_IN: usize = 4;

/// Of each shop, with some to spare.
const OF_EACH_CALL: usize = 9;

const WORKERS: usize = 3;

/// The shop at which everything goes its usual way.
const USUAL: usize = 0;
/// The shop whose marketplaces fail before they carry a write out.
const REFUSED: usize = 1;
/// The shop whose marketplaces carry writes out slowly, and answer nothing then.
const UNHEARD: usize = 2;

/// A place, and the shop whose replies come by it: after a call there are two, one whose calls took effect and one
/// whose did not.
const PLACES: [(&str, usize); 14] = [
    ("before_intent", USUAL),
    ("after_intent", USUAL),
    ("before_connect", USUAL),
    ("in_call", UNHEARD),
    ("answered", USUAL),
    ("answered", REFUSED),
    ("before_report", USUAL),
    ("before_report", REFUSED),
    ("after_report", USUAL),
    ("after_report", REFUSED),
    ("before_settling", UNHEARD),
    ("after_settling", UNHEARD),
    ("before_absence", REFUSED),
    ("after_absence", REFUSED),
];

/// A place where the process is to die that has this reply in its hands.
struct Cell {
    place: &'static str,
    item: Item,
}

/// Replies, and the places where processes die with them.
struct Matrix {
    shops: Shops,
    places: TempDir,
    cells: Vec<Cell>,
    /// What nobody has answered yet.
    spare: Vec<Item>,
    asked: Vec<Asked>,
}

impl Matrix {
    /// Starts a system, and approves one reply for each of these places and calls.
    async fn start(wanted: impl Fn(usize, usize) -> bool) -> anyhow::Result<Self> {
        let places = TempDir::new()?;
        let setup = Setup::apart(WORKERS)
            .with_argument("--lease-seconds=2")
            .with_argument("--settle-read-after-seconds=1,2,3")
            .with_variable("AGENTIQ_CRASH_PLACES", places.path());
        let (shops, spare) = Shops::open(setup, 3, OF_EACH_CALL).await?;
        let faults = json!({
            "server_error_before": { "probability": 1, "on": "write", "seller": "shop-1" },
            "slow": { "probability": 1, "on": "write", "seller": "shop-2", "ms": 1500 },
            "answer_lost": { "probability": 1, "seller": "shop-2" },
        });
        shops.system.sandbox.set_faults(faults).await?;
        let (cells, asked) = (Vec::new(), Vec::new());
        let mut matrix = Self { shops, places, cells, spare, asked };
        for (n, (place, shop)) in PLACES.into_iter().enumerate() {
            for (_, call) in CALLS.into_iter().enumerate().filter(|(m, _)| wanted(n, *m)) {
                matrix.approve(place, shop, call).await?;
            }
        }
        Ok(matrix)
    }

    /// Approves a reply that nobody shall get past this place with.
    async fn approve(
        &mut self,
        place: &'static str,
        shop: usize,
        call: Call,
    ) -> anyhow::Result<()> {
        let is_it = |item: &Item| item.shop == shop && item.call == call;
        let at = self.spare.iter().position(is_it).context("too little was written")?;
        let item = self.spare.swap_remove(at);
        let text = format!("Здравствуйте! Ответ номер {}.", self.asked.len());
        let cell = Cell { place, item };
        fs::write(self.file(&cell), "")?;
        approve(self.shops.seller(&cell.item), &cell.item.interaction, &text, 1).await?;
        self.asked.push(cell.item.asked(&text));
        self.cells.push(cell);
        Ok(())
    }

    fn file(&self, cell: &Cell) -> PathBuf {
        self.places.path().join(format!("{}={}", cell.place, cell.item.interaction))
    }

    /// Starts each worker again that has died; returns how many had.
    fn revive(&mut self) -> anyhow::Result<usize> {
        let mut dead = 0;
        for worker in &mut self.shops.system.workers {
            if worker.has_ended()? {
                worker.start_again()?;
                dead += 1;
            }
        }
        Ok(dead)
    }

    /// Starts workers again until one has died at every place; returns how often one had died.
    async fn run(&mut self, patience: Duration) -> anyhow::Result<usize> {
        let mut deaths = 0;
        wait::until_within(patience, "a process has died at every place", async || {
            deaths += self.revive()?;
            let left = self.cells.iter().filter(|cell| self.file(cell).exists());
            let left: Vec<_> = left.map(|cell| (cell.place, cell.item.clone())).collect();
            for (place, item) in &left {
                // Its process died with another one's reply, and what became of the call was found out without it.
                if self.has_ended(item).await? {
                    fs::remove_file(self.file(&Cell { place, item: item.clone() }))?;
                    self.approve(place, item.shop, item.call).await?;
                }
            }
            ensure!(left.is_empty(), "nobody has come by {left:?}");
            Ok(Some(()))
        })
        .await?;
        Ok(deaths)
    }

    async fn has_ended(&self, item: &Item) -> anyhow::Result<bool> {
        let interaction = self.shops.seller(item).interaction(&item.interaction).await?;
        let state = interaction["reply"]["state"].as_str().unwrap_or_default();
        Ok(["sent", "published", "failed"].contains(&state))
    }
}

#[tokio::test]
async fn a_process_may_die_anywhere_on_the_way() -> anyhow::Result<()> {
    let is_whole = is_drill();
    let wanted = |place: usize, call: usize| is_whole || (place + call).is_multiple_of(ONE_IN);
    let mut matrix = Matrix::start(wanted).await?;
    let cells = matrix.cells.len();
    let patience = 2 * wait::PATIENCE + 2 * Duration::from_secs(cells as u64);
    let deaths = matrix.run(patience).await?;
    matrix.shops.system.sandbox.end_faults().await?;
    matrix.revive()?;
    let items: Vec<Item> = matrix.cells.iter().map(|cell| cell.item.clone()).collect();
    ended(&matrix.shops.shops, &items, 3 * wait::PATIENCE).await?;
    let verdict = judge(&matrix.asked, &matrix.shops.system.sandbox.words().await?);
    let (mut parked, mut parked_elsewhere) = (BTreeSet::new(), 0);
    let mut parked_otherwise = Vec::new();
    for (n, shop) in matrix.shops.shops.iter().enumerate() {
        let states = states(shop).await?;
        let of_shop = items.iter().filter(|item| item.shop == n);
        let given_up = of_shop.filter(|item| states[&item.interaction] == "failed");
        let given_up: Vec<_> = given_up.collect();
        for item in &given_up {
            let reply = &shop.seller.interaction(&item.interaction).await?["reply"];
            if reply["failure"]["code"] != "never_arrived" || reply["in_doubt"] != true {
                parked_otherwise.push(reply.clone());
            }
        }
        let given_up: Vec<_> = given_up.into_iter().map(Item::target).collect();
        parked_elsewhere += if n == REFUSED { 0 } else { given_up.len() };
        parked.extend(given_up);
    }
    let lost = verdict.missing.difference(&parked).count();
    figure("crashes_places", cells, "places and calls", "");
    figure("crashes_deaths", deaths, "processes", &format!(">= {}", cells / 2));
    figure("crashes_duplicates", verdict.repeated.len(), "replies", "= 0");
    figure("crashes_lost", lost, "replies", "= 0");
    figure("crashes_parked", parked.len(), "replies", "");
    ensure!(deaths >= cells / 2, "{deaths} processes died: void");
    assert!(verdict.repeated.is_empty() && verdict.wrong_target.is_empty(), "{verdict}");
    assert!(verdict.wrong_text.is_empty() && lost == 0, "{verdict}");
    // Where a marketplace carries nothing out for long, a person is asked after three proofs of absence, and nowhere
    // else.
    assert_eq!(parked_elsewhere, 0, "{parked:?}");
    assert!(parked_otherwise.is_empty(), "{parked_otherwise:?}");
    wait::until_within(4 * wait::PATIENCE, "the read models lack nothing", async || {
        match matrix.shops.system.run("verify", &[]) {
            // Where processes were killed with the same event in their hands again and again, it is suspected of that:
            // its stream waits aside until it is tried again, a minute at most.
            Err(fault) if fault.to_string().contains("wait aside") => Err(fault),
            verdict => Ok(Some(verdict)),
        }
    })
    .await??;
    Ok(())
}

/// Run by `script/drill sabotage`, with a program that writes down its intent after the call.
#[cfg(feature = "sabotage-late-intent")]
#[tokio::test]
async fn an_intent_that_comes_after_the_call_is_noticed() -> anyhow::Result<()> {
    let answered = |place: usize, _: usize| PLACES[place] == ("answered", USUAL);
    let mut matrix = Matrix::start(answered).await?;
    matrix.run(2 * wait::PATIENCE).await?;
    wait::until("a reply reaches its buyer twice", async || {
        matrix.revive()?;
        let verdict = judge(&matrix.asked, &matrix.shops.system.sandbox.words().await?);
        Ok((!verdict.repeated.is_empty()).then_some(()))
    })
    .await
}

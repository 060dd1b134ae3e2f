//! Readers that take in pages side by side.

use std::time::Instant;

use anyhow::ensure;
use commands::Commands;
use tokio::task::JoinSet;

use crate::sellers::{PAGE_REVIEWS, READINGS, Sellers};
use tests::latencies::Latencies;

/// Pages taken in at once.
const SIDE_BY_SIDE: u64 = 4;

/// Takes in pages until at least so many events were added; returns how long each page took.
///
/// # Errors
/// With the first page of which a review could not be taken in.
pub(crate) async fn until(
    commands: &Commands,
    sellers: &Sellers,
    events: u64,
) -> anyhow::Result<Latencies> {
    let pages = events.div_ceil(PAGE_REVIEWS * READINGS);
    let mut readers = JoinSet::new();
    for reader in 0..SIDE_BY_SIDE {
        // The first ones take one more where they do not divide evenly.
        let share = (pages + SIDE_BY_SIDE - 1 - reader) / SIDE_BY_SIDE;
        readers.spawn(take_in(commands.clone(), sellers.clone(), share));
    }
    let mut latencies = Latencies::default();
    while let Some(taken_in) = readers.join_next().await {
        latencies.append(taken_in??);
    }
    sellers.all_stored();
    Ok(latencies)
}

async fn take_in(commands: Commands, sellers: Sellers, pages: u64) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    for _ in 0..pages {
        let page = sellers.begin_page();
        for nth in 0..READINGS {
            let readings = sellers.readings(page, nth);
            let started = Instant::now();
            let report = commands.ingest_page(sellers.tenant_of(page), readings).await;
            latencies.add(started.elapsed());
            ensure!(
                report.changed as u64 == PAGE_REVIEWS,
                "a page came to {} changed, {} unchanged, {} failed",
                report.changed,
                report.unchanged,
                report.failed.len()
            );
        }
    }
    Ok(latencies)
}

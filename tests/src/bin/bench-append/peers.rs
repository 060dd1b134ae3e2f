//! Rows of published event stores, measured by `bench-peers` on the same server just before.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Deserialize;

use crate::Row;
use crate::measure::Measured;

#[derive(Deserialize)]
struct PeerRow {
    what: String,
    clients: usize,
    connections: u32,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

/// Reads what `bench-peers` wrote, and prints with how many connections each row came about: as many as suit it best.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Row>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    text.lines().map(|line| Ok(serde_json::from_str::<PeerRow>(line)?.into())).collect()
}

impl From<PeerRow> for Row {
    fn from(row: PeerRow) -> Self {
        let PeerRow { what, clients, connections, per_second, p50_ms, p99_ms } = row;
        let millis = |millis: f64| Duration::from_secs_f64(millis / 1_000.0);
        let measured = Measured { per_second, p50: millis(p50_ms), p99: millis(p99_ms) };
        Self { what, clients, tenants: None, connections: Some(connections), measured }
    }
}

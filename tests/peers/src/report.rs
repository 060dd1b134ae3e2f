//! Rows for `bench-append`, which prints them beside its own.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use serde::Serialize;

use crate::measure::Measured;

/// One store at one number of callers.
#[derive(Serialize)]
pub(crate) struct Row {
    what: &'static str,
    clients: usize,
    connections: u32,
    per_second: f64,
    p50_ms: f64,
    p99_ms: f64,
}

impl Row {
    pub(crate) fn new(
        what: &'static str,
        clients: usize,
        (connections, measured): (u32, Measured),
    ) -> Self {
        let millis = |latency: Duration| latency.as_secs_f64() * 1_000.0;
        Self {
            what,
            clients,
            connections,
            per_second: measured.per_second,
            p50_ms: millis(measured.p50),
            p99_ms: millis(measured.p99),
        }
    }
}

/// The file that rows go to.
pub(crate) struct Report(File);

impl Report {
    pub(crate) fn create(path: &Path) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("creating {}", path.display()))?;
        Ok(Self(file))
    }

    pub(crate) fn add(&mut self, row: &Row) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.0, row)?;
        writeln!(self.0)?;
        Ok(())
    }
}

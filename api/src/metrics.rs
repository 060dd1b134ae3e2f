//! The process's numbers: one recorder, read by the page of metrics.

use std::sync::OnceLock;

use anyhow::Context as _;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds of durations, in seconds: from a look at a table to the wait for a marketplace.
const SECONDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0, 30.0];

/// Upper bounds of numbers of things handled together.
const SIZES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Installs the recorder of this process, once; later calls return the same one.
///
/// # Errors
/// When something else has installed one.
pub fn recorder() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_size".to_owned()), &SIZES)
        })
        .context("preparing metrics")?
        .build_recorder();
    let handle = HANDLE.get_or_init(|| recorder.handle()).clone();
    match metrics::set_global_recorder(recorder) {
        Ok(()) => Ok(handle),
        // Two tests came at once; the other's recorder is the one to read.
        Err(_) => HANDLE.get().cloned().context("another recorder of metrics is installed"),
    }
}

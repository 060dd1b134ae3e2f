//! The most memory that this process has had, as Linux counts it.

use std::fs;

use anyhow::Context as _;

/// Begins to count anew.
pub(crate) fn forget_peak() -> anyhow::Result<()> {
    fs::write("/proc/self/clear_refs", "5").context("forgetting the peak of memory")
}

/// Returns the peak since then, in MiB.
pub(crate) fn peak_mib() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("reading the peak of memory")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line
        .and_then(|line| line.trim().strip_suffix("kB"))
        .context("no peak of memory is told")?
        .trim()
        .parse()?;
    Ok(kib / 1024)
}

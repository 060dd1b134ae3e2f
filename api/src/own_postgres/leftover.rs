//! Clearing away what an earlier server left: processes that still run, and files that say that they do.
//!
//! Called with the directory's lock held, so no agentiq wants these processes any more.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::Instant;
use tracing::warn;

use super::cluster::Cluster;
use super::error::OwnPostgresError;

/// A fast shutdown writes out what is in memory; on a slow disk that takes its time.
const ORDERLY: Duration = Duration::from_secs(60);
/// An immediate one only has to end.
const IMMEDIATE: Duration = Duration::from_secs(10);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Stops what still runs on the cluster's data and removes its traces.
pub(super) async fn clear(cluster: &Cluster) -> Result<(), OwnPostgresError> {
    let data = &cluster.data;
    let pid_file = data.join("postmaster.pid");
    let postmaster = pid_in(&pid_file);

    if let Some(postmaster) = postmaster.filter(|pid| processes_on(data).contains(pid)) {
        let pid = postmaster.as_raw_nonzero();
        warn!(postgres.pid = pid, "stopping PostgreSQL (process {pid}) that was left behind");
        // It may have ended since it was seen.
        let _ = kill_process(postmaster, Signal::INT);
        wait_until_gone(data, ORDERLY).await;
    }
    // Either the server could not stop in order, or it is dead and its sessions have not noticed yet.
    for signal in [Signal::QUIT, Signal::KILL] {
        for process in processes_on(data) {
            let _ = kill_process(process, signal);
        }
        wait_until_gone(data, IMMEDIATE).await;
    }
    if let Some(process) = processes_on(data).first() {
        let pid = process.as_raw_nonzero().get();
        return Err(OwnPostgresError::NotCleared { pid, directory: data.clone() });
    }
    // The number in it may by now be another process's, and PostgreSQL would believe that it is still running.
    if pid_file.exists() {
        fs::remove_file(&pid_file).map_err(OwnPostgresError::io("remove", &pid_file))?;
    }
    cluster.clear_socket_directory()
}

/// The server's and its sessions' processes: those that are called so and work in the data directory.
pub(super) fn processes_on(data: &Path) -> Vec<Pid> {
    let Ok(data) = fs::metadata(data) else { return Vec::new() };
    let works_there = |process: &Path| {
        let is_postgres = fs::read_to_string(process.join("comm"))
            .is_ok_and(|name| name.trim_end() == "postgres");
        is_postgres
            && fs::metadata(process.join("cwd"))
                .is_ok_and(|cwd| (cwd.dev(), cwd.ino()) == (data.dev(), data.ino()))
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter(|process| works_there(&process.path()))
        .filter_map(|process| Pid::from_raw(process.file_name().to_str()?.parse().ok()?))
        .collect()
}

/// The number on the first line of `postmaster.pid`.
fn pid_in(pid_file: &Path) -> Option<Pid> {
    let content = fs::read_to_string(pid_file).ok()?;
    Pid::from_raw(content.lines().next()?.trim().parse().ok()?)
}

async fn wait_until_gone(data: &Path, patience: Duration) {
    let deadline = Instant::now() + patience;
    while !processes_on(data).is_empty() && Instant::now() < deadline {
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

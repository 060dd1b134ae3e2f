//! The PostgreSQL that a killed program leaves running: ended before its folder is removed.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long it may take to end at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// Ends the server that runs on the data in `data_dir`, if one does.
pub(crate) fn kill_leftover(data_dir: &Path) {
    let data = data_dir.join("postgres/data");
    let Some(postmaster) = postmaster_of(&data) else { return };
    let deadline = Instant::now() + PATIENCE;
    // The sessions end with it.
    let _ = kill_process(postmaster, Signal::QUIT);
    while works_in(postmaster, &data) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
}

/// The process named in its file, if it works there: the number may by now be another's.
fn postmaster_of(data: &Path) -> Option<Pid> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid = Pid::from_raw(file.lines().next()?.trim().parse().ok()?)?;
    works_in(pid, data).then_some(pid)
}

fn works_in(process: Pid, data: &Path) -> bool {
    let folder = |path: &Path| fs::metadata(path).map(|data| (data.dev(), data.ino()));
    let working = folder(Path::new(&format!("/proc/{}/cwd", process.as_raw_nonzero())));
    matches!((working, folder(data)), (Ok(working), Ok(data)) if working == data)
}

/// The processes that work in a data folder: a server's own, and its sessions'.
pub(crate) fn working_in(data: &Path) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = processes.filter_map(|it| Pid::from_raw(it.file_name().to_str()?.parse().ok()?));
    numbers.filter(|process| works_in(*process, data)).collect()
}

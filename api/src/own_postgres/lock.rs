//! One agentiq per data directory: a lock that the system releases when its holder ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::error::OwnPostgresError;

/// Held from before the database is looked at until it has stopped.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    file: File,
    path: PathBuf,
}

impl DirectoryLock {
    /// Makes the directory if there is none, and locks it.
    pub(super) fn acquire(data_dir: &Path) -> Result<Self, OwnPostgresError> {
        fs::create_dir_all(data_dir)
            .map_err(OwnPostgresError::io("make the data directory", data_dir))?;
        let path = data_dir.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false) // until the lock is ours, what is in it is its holder's
            .write(true)
            .open(&path)
            .map_err(OwnPostgresError::io("open the lock", &path))?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Self { file, path };
                lock.write(&format!("{}\n", std::process::id()))?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => Err(in_use(data_dir, &path)),
            Err(TryLockError::Error(source)) => {
                Err(OwnPostgresError::Io { action: "lock", path, source })
            }
        }
    }

    /// Tells whoever comes second where the database is.
    pub(super) fn announce(&self, url: &str) -> Result<(), OwnPostgresError> {
        self.write(&format!("{}\n{url}\n", std::process::id()))
    }

    fn write(&self, holder: &str) -> Result<(), OwnPostgresError> {
        let written =
            self.file.set_len(0).and_then(|()| self.file.write_all_at(holder.as_bytes(), 0));
        written.map_err(OwnPostgresError::io("write", &self.path))
    }
}

fn in_use(data_dir: &Path, lock: &Path) -> OwnPostgresError {
    let holder = fs::read_to_string(lock).unwrap_or_default();
    let mut lines = holder.lines();
    OwnPostgresError::InUse {
        directory: data_dir.to_owned(),
        pid: lines.next().and_then(|pid| pid.parse().ok()),
        url: lines.next().map(str::to_owned),
    }
}

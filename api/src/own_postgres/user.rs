//! The system's user that the server runs as: ourselves, or, since PostgreSQL refuses root, one without rights.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::error::OwnPostgresError;

/// Whom a fresh database is given to when root starts agentiq: the package's own user, else the one that owns nothing.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// Who the server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ServerUser {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// Whether we are root and must become this user.
    switch: bool,
}

impl ServerUser {
    /// Chooses the user for the database in `data`, which need not exist yet.
    pub(super) fn of(data: &Path) -> Result<Self, OwnPostgresError> {
        let ours = rustix::process::geteuid().as_raw();
        let owner = fs::metadata(data).ok();
        if ours != 0 {
            return match owner {
                Some(owner) if owner.uid() != ours => Err(OwnPostgresError::ForeignOwner {
                    directory: data.to_owned(),
                    owner: owner.uid(),
                    ours,
                }),
                Some(_) | None => {
                    let gid = rustix::process::getegid().as_raw();
                    Ok(Self { uid: ours, gid, switch: false })
                }
            };
        }
        let (uid, gid) = match owner {
            // An existing database stays its owner's, also after a user 'postgres' came to the system.
            Some(owner) if owner.uid() != 0 => (owner.uid(), owner.gid()),
            Some(_) | None => UNPRIVILEGED
                .into_iter()
                .find_map(|name| Some((id("-u", name)?, id("-g", name)?)))
                .ok_or(OwnPostgresError::NoUnprivilegedUser)?,
        };
        Ok(Self { uid, gid, switch: true })
    }

    /// A command that this user runs.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if self.switch {
            // Root's supplementary groups go with it.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Gives a file of ours to this user.
    pub(super) fn give(self, path: &Path) -> Result<(), OwnPostgresError> {
        if !self.switch {
            return Ok(());
        }
        chown(path, Some(self.uid), Some(self.gid))
            .map_err(OwnPostgresError::io("change the owner of", path))
    }

    /// Whether this user can get into `directory`, which takes the right to pass every folder above it.
    pub(super) fn can_enter(self, directory: &Path) -> bool {
        if !self.switch {
            return true;
        }
        // The working directory is changed after the user is: the answer is the system's own.
        let entered = self.command(Path::new("/bin/true")).current_dir(directory).status();
        entered.is_ok_and(|status| status.success())
    }
}

/// A number of user `name`, wherever this system keeps its users.
fn id(which: &str, name: &str) -> Option<u32> {
    let output = Command::new("id").args([which, name]).stderr(Stdio::null()).output().ok()?;
    str::from_utf8(&output.stdout).ok()?.trim().parse().ok()
}

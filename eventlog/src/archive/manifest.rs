//! What lies beside each archived month, to know the file by without a database.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

use crate::chain::Hash;

/// Tells what kind of file it is.
pub(crate) const FORMAT: &str = "agentiq archive v1";

/// Describes the file of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `agentiq archive v1`.
    pub format: String,
    /// The month, such as `2026-01`, in UTC.
    pub month: String,
    /// The file's name, in the same folder.
    pub file: String,
    /// How many events it holds.
    pub rows: i64,
    /// SHA-256 of the file, as hexadecimal digits.
    pub sha256: Hash,
    /// What it holds of each log.
    pub logs: Vec<ManifestLog>,
}

/// What a file holds of one log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestLog {
    /// The log.
    pub log_id: i32,
    /// Position of the first event.
    pub first_pos: i64,
    /// Position of the last event.
    pub last_pos: i64,
    /// Numbers of the seals that cover them, the first and the last.
    pub seals: (i64, i64),
    /// The hash of the last of these seals: it stands for all before it.
    pub seal: Hash,
}

impl Manifest {
    /// Writes it, whole or not at all.
    pub(crate) fn store(&self, path: &Path) -> io::Result<()> {
        let unfinished = path.with_extension("json.part");
        let text = serde_json::to_string_pretty(self)?;
        fs::write(&unfinished, text + "\n")?;
        File::open(&unfinished)?.sync_all()?;
        rename(&unfinished, path)
    }
}

/// Gives a finished file its name, and waits until that is on the disk too.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Hashes a file.
pub(crate) fn sha256(path: &Path) -> io::Result<Hash> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            read => context.update(&piece[..read]),
        }
    }
    Hash::read(context.finish().as_ref()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

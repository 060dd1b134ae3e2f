//! Finding an installed PostgreSQL server.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::OwnPostgresError;

/// The oldest major version that the migrations and queries are written for.
const OLDEST: u32 = 15;

/// Chooses the folder with the server's programs: of the version that wrote the data, or the newest for new data.
pub(super) fn find(data: &Path, bin_dir: Option<&Path>) -> Result<PathBuf, OwnPostgresError> {
    let candidates = bin_dir.map_or_else(candidates, |folder| vec![folder.to_owned()]);
    let mut found = BTreeMap::new();
    for folder in &candidates {
        if let Some(major) = major_version(folder).filter(|major| *major >= OLDEST) {
            found.entry(major).or_insert(folder);
        }
    }
    let Some((_, newest)) = found.last_key_value() else {
        return Err(OwnPostgresError::NotInstalled {
            oldest: OLDEST,
            looked_in: listed(candidates.iter().map(|folder| folder.display())),
        });
    };
    let Some(written_by) = data_version(data)? else { return Ok(newest.to_path_buf()) };
    found.get(&written_by).map(|folder| folder.to_path_buf()).ok_or_else(|| {
        OwnPostgresError::OtherVersion {
            directory: data.to_owned(),
            written_by,
            found: listed(found.keys()),
        }
    })
}

/// Where servers are, best first. Debian keeps them out of `PATH`.
fn candidates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let pg_config = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output();
    if let Ok(output) = pg_config {
        folders.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(versions.map(|version| version.path().join("bin")));
    folders.extend(env::var_os("PATH").iter().flat_map(env::split_paths));
    folders.retain(|folder| folder.join("postgres").exists() && folder.join("initdb").exists());
    folders
}

/// The major version of the server in `folder`, if there is one that runs.
fn major_version(folder: &Path) -> Option<u32> {
    // "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)"
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The major version that wrote `data`; `None` when nothing is there yet.
fn data_version(data: &Path) -> Result<Option<u32>, OwnPostgresError> {
    let path = data.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(version) => Ok(version.trim().parse().ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(OwnPostgresError::Io { action: "read", path, source }),
    }
}

fn listed(items: impl Iterator<Item: ToString>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    if items.is_empty() {
        "pg_config --bindir, /usr/lib/postgresql/*/bin, PATH".to_owned()
    } else {
        items.join(", ")
    }
}

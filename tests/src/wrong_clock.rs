//! Programs whose clock is wrong: libfaketime, which `script/bootstrap` installs, tells them another time.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Context as _;

/// Where distributions put it, below the folder of a machine's libraries.
const LIBRARY: &str = "faketime/libfaketime.so.1";

/// Returns the environment of a program whose clock is so much off, such as `-7d`. Only the time of day is: the monotonic
/// clock, which waits go by, is not told wrong.
pub(crate) fn environment(offset: &str) -> anyhow::Result<Vec<(String, OsString)>> {
    let folders = std::fs::read_dir("/usr/lib")?.filter_map(Result::ok);
    let mut libraries = folders.map(|folder| folder.path().join(LIBRARY));
    let library: Option<PathBuf> = libraries.find(|library| library.is_file());
    let library = library.context("libfaketime is missing: run script/bootstrap")?;
    Ok(vec![
        ("LD_PRELOAD".to_owned(), library.into()),
        ("FAKETIME".to_owned(), offset.into()),
        ("FAKETIME_DONT_FAKE_MONOTONIC".to_owned(), "1".into()),
    ])
}

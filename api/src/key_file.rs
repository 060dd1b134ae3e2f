//! Files with keys.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

/// Writes a key so that the file is there whole or not at all, and only its owner may read it. A file that is there
/// already stays; tells whether it was made.
pub(crate) fn store(file: &Path, key: &SecretString) -> io::Result<bool> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let draft = folder.join(format!(".key-{}", Uuid::new_v4()));
    let mut open = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let written = open
        .write_all(format!("{}\n", key.expose_secret()).as_bytes())
        .and_then(|()| open.sync_all())
        .and_then(|()| match fs::hard_link(&draft, file) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        });
    fs::remove_file(&draft)?;
    written
}

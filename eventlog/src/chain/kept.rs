//! A quick look at the file of signed heads: whether it is there, and whether its last line speaks of these seals.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use chrono::{DateTime, Utc};

use super::heads::{FILE, compare};
use super::line::SignedHeads;
use super::verify::Scope;
use crate::db::Db;

/// Room for the last line: one of all logs takes about 10 kB.
const TAIL: u64 = 128 * 1024;

/// What the file of signed heads is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptHeads {
    /// Its last line is signed, and the seals it speaks of are those in the database.
    Agrees {
        /// When that line was signed.
        signed_at: DateTime<Utc>,
    },
    /// Its last line is not signed, or speaks of seals that are not in the database: history was cut or rewritten.
    Differs,
    /// There is none, or it is empty. It may be on another machine.
    Absent,
    /// It is there and cannot be read.
    Unreadable,
}

/// Looks at the last line of the file in `folder`. Everything before it is what [`super::check_heads`] is for.
///
/// # Errors
/// When the database fails. A file that cannot be read is an answer, not an error.
pub async fn kept_heads(db: &Db, folder: &Path) -> anyhow::Result<KeptHeads> {
    let path = folder.join(FILE);
    let line = match tokio::task::spawn_blocking(move || last_line(&path)).await? {
        Ok(Some(line)) => line,
        Ok(None) => return Ok(KeptHeads::Absent),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(KeptHeads::Absent),
        Err(_) => return Ok(KeptHeads::Unreadable),
    };
    let Some(line) = SignedHeads::read(&line).filter(SignedHeads::is_signed) else {
        return Ok(KeptHeads::Differs);
    };
    let signed_at = line.signed_at();
    let mut sound = true;
    compare(db, Scope::default(), &[line], &mut BTreeSet::new(), &mut |_| sound = false).await?;
    Ok(if sound { KeptHeads::Agrees { signed_at } } else { KeptHeads::Differs })
}

/// The last line that was written whole: what is after the last line feed was not.
fn last_line(path: &Path) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let tail = String::from_utf8_lossy(&tail);
    let whole = tail.rfind('\n').map(|end| &tail[..end]);
    Ok(whole.and_then(|whole| whole.lines().last()).map(str::to_owned))
}

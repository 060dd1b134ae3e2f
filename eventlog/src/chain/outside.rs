//! What is kept outside the database beside the signed heads: its epoch. By both a database is known that was restored
//! from a backup, and what is kept outside follows once such a one is accepted.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use anyhow::Context as _;
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use super::heads::{FILE, lines};
use super::line::{Head, SignedHeads};
use crate::db::Db;
use crate::epoch::{Epoch, is_at_home, is_former, present};
use crate::record::LogId;

/// The file with the id of the epoch.
const EPOCH_FILE: &str = "epoch";

/// By what a database is known to be restored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum RestoredBy {
    /// Its server, its timeline or its number there is another.
    Elsewhere,
    /// An epoch is kept outside that it never had.
    OtherEpoch,
    /// A log ends before the head that was signed outside.
    Behind,
    /// A log holds another seal than the one that was signed outside.
    Rewritten,
}

/// A restored database that nobody has accepted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// By what it is known.
    pub by: RestoredBy,
    /// The log and the position where it differs; none where it is not about a place.
    pub at: Option<(LogId, i64)>,
    /// The epoch that was kept outside.
    pub epoch_outside: Option<Uuid>,
}

/// Holds the database against what is kept in `folder`; none where it is the one that was there before. A restored one
/// whose epoch has begun is none: it is known already.
///
/// # Errors
/// When the database or the files fail. A folder that does not exist, or is not here, is no error.
pub async fn restored(db: &Db, folder: &Path) -> anyhow::Result<Option<Restored>> {
    let epoch = present(db).await.context("reading the epoch")?;
    // The sabotage that the tests must catch: a restored database goes on as if nothing had happened.
    if epoch.accepted_at.is_none() || cfg!(feature = "sabotage-restored-sends") {
        return Ok(None);
    }
    let path = folder.to_owned();
    let (epoch_outside, heads) =
        tokio::task::spawn_blocking(move || anyhow::Ok((epoch_in(&path)?, last_heads(&path)?)))
            .await??;
    let found = |by, at| Ok(Some(Restored { by, at, epoch_outside }));
    if !is_at_home(db).await.context("asking where the database is")? {
        return found(RestoredBy::Elsewhere, None);
    }
    if let Some(outside) = epoch_outside.filter(|outside| *outside != epoch.id) {
        // What is kept here has not followed yet.
        let is_former = is_former(db, outside).await.context("looking for an epoch")?;
        return if is_former { Ok(None) } else { found(RestoredBy::OtherEpoch, None) };
    }
    let differing = first_differing(db, &heads).await.context("looking for signed seals")?;
    differing.map_or(Ok(None), |(by, log, pos)| found(by, Some((log, pos))))
}

/// Lets what is kept in `folder` follow the present epoch, if that is accepted; tells whether it is. Heads that were
/// signed in an earlier one are set aside, since the chain goes on from before them.
///
/// # Errors
/// When the database or the files fail.
pub async fn follow_epoch(db: &Db, folder: &Path) -> anyhow::Result<bool> {
    let epoch = present(db).await.context("reading the epoch")?;
    if epoch.accepted_at.is_none() {
        return Ok(false);
    }
    let folder = folder.to_owned();
    tokio::task::spawn_blocking(move || keep(&folder, &epoch)).await??;
    Ok(true)
}

fn keep(folder: &Path, epoch: &Epoch) -> anyhow::Result<()> {
    if epoch_in(folder)? == Some(epoch.id) {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    // Several processes may share the folder, and whoever signs holds this lock.
    let heads = folder.join(FILE);
    let options = OpenOptions::new().append(true).create(true).open(&heads);
    let lock = options.with_context(|| format!("opening {}", heads.display()))?;
    lock.lock().with_context(|| format!("locking {}", heads.display()))?;
    let known = epoch_in(folder)?;
    if known == Some(epoch.id) {
        return Ok(());
    }
    let is_later = known.is_some() || epoch.number > 1;
    if is_later && lock.metadata()?.len() > 0 {
        let aside = folder.join(format!("heads-before-{}.jsonl", epoch.id));
        fs::rename(&heads, &aside).with_context(|| format!("renaming {}", heads.display()))?;
    }
    let mut file = tempfile_in(folder)?;
    writeln!(file, "{}", epoch.id).and_then(|()| file.sync_all()).context("writing the epoch")?;
    let (new, place) = (folder.join(NEW), folder.join(EPOCH_FILE));
    fs::rename(new, &place).with_context(|| format!("writing {}", place.display()))
}

/// Under this name the file is written before it takes its place whole.
const NEW: &str = "epoch.new";

fn tempfile_in(folder: &Path) -> anyhow::Result<File> {
    let new = folder.join(NEW);
    File::create(&new).with_context(|| format!("writing {}", new.display()))
}

fn epoch_in(folder: &Path) -> anyhow::Result<Option<Uuid>> {
    let place = folder.join(EPOCH_FILE);
    match fs::read_to_string(&place) {
        Ok(text) => {
            let id = text.trim().parse();
            id.map(Some).with_context(|| format!("{} holds no id of an epoch", place.display()))
        }
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", place.display())),
    }
}

/// The last head of each log that was signed. What cannot be read is for `verify` to tell of.
fn last_heads(folder: &Path) -> anyhow::Result<BTreeMap<i32, Head>> {
    let place = folder.join(FILE);
    let file = match File::open(&place) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error).with_context(|| format!("opening {}", place.display())),
    };
    let mut heads = BTreeMap::new();
    for line in lines(&file)? {
        let line = line.with_context(|| format!("reading {}", place.display()))?;
        let Some(line) = SignedHeads::read(&line.text) else { continue };
        heads.extend(line.heads().iter().map(|head| (head.log, *head)));
    }
    Ok(heads)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Finds the first log whose seal of a signed head is missing or another.
async fn first_differing(
    db: &Db,
    heads: &BTreeMap<i32, Head>,
) -> sqlx::Result<Option<(RestoredBy, LogId, i64)>> {
    let logs: Vec<i32> = heads.keys().copied().collect();
    let seals: Vec<i64> = heads.values().map(|head| head.seal).collect();
    let rows = sqlx::query!(
        r#"select w.log_id as "log_id!", s.hash as "hash?"
        from unnest($1::int[], $2::bigint[]) w (log_id, number)
        left join es.seal s on s.log_id = w.log_id and s.number = w.number
        order by w.log_id"#,
        &logs,
        &seals,
    )
    .fetch_all(db.pool())
    .await?;
    let differs = |log: i32, hash: Option<Vec<u8>>| {
        let head = heads.get(&log)?;
        let by = match hash {
            None => RestoredBy::Behind,
            Some(hash) if hash != head.hash.0 => RestoredBy::Rewritten,
            Some(_) => return None,
        };
        Some((by, LogId(log), head.pos))
    };
    Ok(rows.into_iter().find_map(|row| differs(row.log_id, row.hash)))
}

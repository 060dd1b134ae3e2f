//! The heads of all logs, signed and written outside the database: whoever rewrites the log, seals and all, cannot
//! rewrite these.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use chrono::Utc;
use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::fault::{Fault, FaultKind};
use super::hash::Hash;
use super::key::HeadKeys;
use super::line::{Head, SignedHeads};
use super::outside::follow_epoch;
use super::verify::Scope;
use crate::db::Db;
use crate::record::LogId;

/// The file in the folder of signed heads. It is only appended to.
pub(super) const FILE: &str = "heads.jsonl";

/// Lines whose heads are looked for in one statement.
const LINES_PER_PAGE: usize = 64;

/// Signs the heads and keeps them outside the database. Several processes may share a folder.
#[derive(Debug, Clone)]
pub struct HeadSigner {
    db: Db,
    file: PathBuf,
    keys: Arc<HeadKeys>,
}

impl HeadSigner {
    /// Signs the heads of `db` with the first of `keys`, into `folder`.
    #[must_use]
    pub fn new(db: Db, folder: &Path, keys: HeadKeys) -> Self {
        Self { db, file: folder.join(FILE), keys: Arc::new(keys) }
    }

    /// Signs every so often until `stop`.
    pub async fn run(&self, every: Duration, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(every)).await.is_some() {
            if let Err(error) = self.step().await {
                counter!("eventlog_head_failures_total").increment(1);
                error!(error = format!("{error:#}"), "the heads of the log could not be signed");
            }
        }
    }

    /// Signs the heads that have moved since they were signed last and writes them down for good. Returns the line;
    /// none if nothing has moved, or the database was restored and is not accepted yet: what was signed before tells
    /// so.
    ///
    /// # Errors
    /// When the database or the file fails, or the file ends with a line that is none of ours.
    pub async fn step(&self) -> anyhow::Result<Option<SignedHeads>> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        if !follow_epoch(&self.db, folder).await.context("keeping the epoch")? {
            return Ok(None);
        }
        let heads = self.heads().await.context("reading the last seals")?;
        let (file, keys) = (self.file.clone(), Arc::clone(&self.keys));
        let written = tokio::task::spawn_blocking(move || append(&file, &keys, heads)).await?;
        let Some(line) = written? else { return Ok(None) };
        self.keep_copy(&line).await.context("keeping a copy of the signed heads")?;
        counter!("eventlog_heads_signed_total").increment(1);
        Ok(Some(line))
    }

    async fn heads(&self) -> anyhow::Result<Vec<Head>> {
        let rows = sqlx::query!(
            "select s.log_id, s.number, s.last_pos, s.hash
            from es.log_head h
            cross join lateral (
                select s.log_id, s.number, s.last_pos, s.hash from es.seal s
                where s.log_id = h.log_id order by s.number desc limit 1) s
            order by s.log_id"
        )
        .fetch_all(self.db.pool())
        .await?;
        let read = |bytes: &[u8]| Hash::read(bytes).context("a hash has not 32 bytes");
        rows.into_iter()
            .map(|row| {
                let (log, seal, pos) = (row.log_id, row.number, row.last_pos);
                Ok(Head { log, seal, pos, hash: read(&row.hash)? })
            })
            .collect()
    }

    async fn keep_copy(&self, line: &SignedHeads) -> sqlx::Result<()> {
        let logs: Vec<i32> = line.heads().iter().map(|head| head.log).collect();
        let seals: Vec<i64> = line.heads().iter().map(|head| head.seal).collect();
        sqlx::query!(
            "with head as (
                insert into es.signed_head (signed_at, line) values ($1, $2) returning id
            )
            insert into es.signed_log (log_id, number, signed_head_id)
            select l.log_id, l.number, head.id from head, unnest($3::int[], $4::bigint[]) l (log_id, number)",
            line.signed_at(),
            line.text(),
            &logs,
            &seals,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }
}

/// Appends a line for the heads that have moved, under the file's lock.
fn append(path: &Path, keys: &HeadKeys, heads: Vec<Head>) -> anyhow::Result<Option<SignedHeads>> {
    let place = path.display();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)
        .with_context(|| format!("opening {place}"))?;
    file.lock().with_context(|| format!("locking {place}"))?;
    let mut known: BTreeMap<i32, Head> = BTreeMap::new();
    let (mut last, mut end) = (None, 0);
    for line in lines(&file)? {
        let Line { number, end: line_end, text } =
            line.with_context(|| format!("reading {place}"))?;
        let line = SignedHeads::read(&text);
        let line = line.with_context(|| format!("{place}, line {number}: no signed heads"))?;
        known.extend(line.heads().iter().map(|head| (head.log, *head)));
        (last, end) = (Some(line), line_end);
    }
    let moved: Vec<Head> =
        heads.into_iter().filter(|head| known.get(&head.log) != Some(head)).collect();
    if moved.is_empty() {
        return Ok(None);
    }
    let line = SignedHeads::sign(keys, last.as_ref(), Utc::now(), moved);
    // A crash may have left half a line.
    file.set_len(end).with_context(|| format!("mending {place}"))?;
    let written = file.write_all(format!("{}\n", line.text()).as_bytes());
    written.and_then(|()| file.sync_all()).with_context(|| format!("writing {place}"))?;
    Ok(Some(line))
}

/// The lines of a file with their numbers and the bytes up to their ends. What is after the last line feed was never
/// written whole, so nobody relies on it, and it is no line.
pub(super) fn lines(file: &File) -> io::Result<impl Iterator<Item = io::Result<Line>>> {
    let mut reader = BufReader::new(file.try_clone()?);
    let (mut number, mut end) = (0, 0);
    Ok(std::iter::from_fn(move || {
        let mut text = String::new();
        match reader.read_line(&mut text) {
            Ok(length) if text.ends_with('\n') => {
                text.pop();
                number += 1;
                end += length as u64;
                Some(Ok(Line { number, end, text }))
            }
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }))
}

pub(super) struct Line {
    number: usize,
    end: u64,
    pub(super) text: String,
}

/// How much a check of signed heads has looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeadsChecked {
    /// Lines.
    pub lines: u64,
    /// When the last of them was signed.
    pub signed_at: Option<chrono::DateTime<Utc>>,
    /// The key that signed it.
    pub key: Option<Hash>,
}

/// Holds the database's seals against the heads that were signed into `folder`. `trusted` is the key that must have
/// signed the first line, if one is known.
///
/// # Errors
/// When the file or the database fails. A fault is not an error; neither is a file that does not exist.
pub async fn check_heads(
    db: &Db,
    folder: &Path,
    trusted: Option<Hash>,
    scope: Scope,
    mut found: impl FnMut(Fault),
) -> anyhow::Result<HeadsChecked> {
    let path = folder.join(FILE);
    let mut checked = HeadsChecked::default();
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(checked),
        Err(error) => return Err(error).context(format!("opening {}", path.display())),
    };
    let altered = |number: usize, what: &str| {
        Fault::at(FaultKind::HeadsAltered, LogId(0), 0).about(format!("line {number} {what}"))
    };
    let mut last: Option<SignedHeads> = None;
    let mut page = Vec::new();
    let mut told = BTreeSet::new();
    for line in lines(&file)? {
        let Line { number, text, .. } =
            line.with_context(|| format!("reading {}", path.display()))?;
        let Some(line) = SignedHeads::read(&text) else {
            found(altered(number, "cannot be read"));
            continue;
        };
        if !line.is_signed() {
            found(altered(number, "is not signed by the key it names"));
            continue;
        }
        if last.is_none() && trusted.is_some_and(|trusted| line.key() != trusted) {
            found(altered(number, "is signed by a key that is not the trusted one"));
        }
        if !line.follows(last.as_ref()) {
            found(altered(number, "does not follow the one before"));
        }
        checked.lines += 1;
        checked.signed_at = Some(line.signed_at());
        checked.key = Some(line.key());
        last = Some(line.clone());
        page.push(line);
        if page.len() == LINES_PER_PAGE {
            compare(db, scope, &page, &mut told, &mut found).await?;
            page.clear();
        }
    }
    compare(db, scope, &page, &mut told, &mut found).await?;
    Ok(checked)
}

/// Looks for the seals that lines speak of; tells of the first fault of each log.
pub(super) async fn compare(
    db: &Db,
    scope: Scope,
    lines: &[SignedHeads],
    told: &mut BTreeSet<i32>,
    found: &mut impl FnMut(Fault),
) -> anyhow::Result<()> {
    let heads: Vec<(&SignedHeads, Head)> = lines
        .iter()
        .flat_map(|line| line.heads().iter().map(move |head| (line, *head)))
        .filter(|(_, head)| scope.log.is_none_or(|log| log.0 == head.log))
        .collect();
    let logs: Vec<i32> = heads.iter().map(|(_, head)| head.log).collect();
    let seals: Vec<i64> = heads.iter().map(|(_, head)| head.seal).collect();
    let rows = sqlx::query!(
        r#"select s.last_pos as "last_pos?", s.hash as "hash?"
        from unnest($1::int[], $2::bigint[]) with ordinality w (log_id, number, n)
        left join es.seal s on s.log_id = w.log_id and s.number = w.number
        order by w.n"#,
        &logs,
        &seals,
    )
    .fetch_all(db.pool())
    .await?;
    for ((line, head), row) in heads.into_iter().zip(rows) {
        let is_same = row.last_pos == Some(head.pos) && row.hash.as_deref() == Some(&head.hash.0);
        if is_same || !told.insert(head.log) {
            continue;
        }
        let kind = if row.hash.is_none() { FaultKind::TailCut } else { FaultKind::Rewritten };
        let (seal, at) = (head.seal, line.signed_at().format("%Y-%m-%dT%H:%M:%SZ"));
        let about = format!("seal {seal} was signed at {at} in line {}", line.number());
        found(Fault::at(kind, LogId(head.log), head.pos).about(about));
    }
    Ok(())
}

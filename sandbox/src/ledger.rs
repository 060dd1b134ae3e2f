//! The ledger: an append-only file, one JSON line per entry, each on disk before its effect exists.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tracing::{error, warn};

/// One line: its number from 1 on, the sandbox's time, and what happened.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line<E> {
    pub(crate) n: u64,
    pub(crate) time: DateTime<Utc>,
    #[serde(flatten)]
    pub(crate) entry: E,
}

/// The open file. Whoever holds it holds its lock: two sandboxes cannot share a ledger.
pub(crate) struct Ledger {
    path: PathBuf,
    file: File,
    /// `/dev/full` and its like can neither be read back nor cut.
    is_regular: bool,
    /// Bytes known to be whole lines on disk; what follows them is a write that failed.
    whole_bytes: u64,
    lines: u64,
    /// Lines that are in effect but could not be written when the sandbox started; the next append begins with them.
    owed: Vec<u8>,
    owed_lines: u64,
    failed_appends: u64,
}

impl Ledger {
    /// Opens or creates the file and reads what it holds.
    ///
    /// A torn last line, the mark of a crash in the middle of a write, is cut off: its call was never answered. Errs
    /// when another sandbox has the file, and when a line inside cannot be understood.
    pub(crate) fn open<E: DeserializeOwned>(path: &Path) -> anyhow::Result<(Self, Vec<Line<E>>)> {
        let naming = || format!("opening the ledger {}", path.display());
        let mut options = OpenOptions::new();
        let mut file =
            options.read(true).append(true).create(true).open(path).with_context(naming)?;
        let is_regular = file.metadata().with_context(naming)?.is_file();
        if is_regular {
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    bail!("another sandbox is using the ledger {}", path.display())
                }
                Err(fs::TryLockError::Error(error)) => return Err(error).with_context(naming),
            }
        }
        let mut bytes = Vec::new();
        if is_regular {
            file.read_to_end(&mut bytes).with_context(naming)?;
            sync_directory(path).with_context(naming)?;
        }
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole < bytes.len() {
            warn!(
                ledger.bytes = bytes.len() - whole,
                "cut off a torn line at the end of the ledger"
            );
            file.set_len(whole as u64).with_context(naming)?;
        }
        let lines = parse(&bytes[..whole]).with_context(naming)?;
        let ledger = Self {
            path: path.to_owned(),
            file,
            is_regular,
            whole_bytes: whole as u64,
            lines: lines.last().map_or(0, |line| line.n),
            owed: Vec::new(),
            owed_lines: 0,
            failed_appends: 0,
        };
        Ok((ledger, lines))
    }

    /// Writes entries and waits until they are on disk. After an error none of them is in the file.
    pub(crate) fn append<E: Serialize>(
        &mut self,
        time: DateTime<Utc>,
        entries: &[E],
    ) -> io::Result<()> {
        let mut bytes = self.owed.clone();
        bytes.extend(self.encode(time, entries)?);
        if let Err(error) = self.write(&bytes) {
            self.failed_appends += 1;
            error!(
                %error,
                ledger.path = %self.path.display(),
                "cannot write the ledger {}: the call is refused and nothing is applied",
                self.path.display()
            );
            return Err(error);
        }
        self.whole_bytes += bytes.len() as u64;
        self.lines += self.owed_lines + entries.len() as u64;
        self.owed.clear();
        self.owed_lines = 0;
        Ok(())
    }

    /// As [`Self::append`], but entries that cannot be written now are written before the next ones.
    ///
    /// For the state a sandbox starts with: it then serves reads from a full disk, and refuses writes.
    pub(crate) fn append_or_owe<E: Serialize>(
        &mut self,
        time: DateTime<Utc>,
        entries: &[E],
    ) -> io::Result<()> {
        if self.append(time, entries).is_err() {
            let encoded = self.encode(time, entries)?;
            self.owed.extend(encoded);
            self.owed_lines += entries.len() as u64;
        }
        Ok(())
    }

    /// The whole lines on disk.
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        if !self.is_regular {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::new();
        File::open(&self.path)?.take(self.whole_bytes).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    pub(crate) fn failed_appends(&self) -> u64 {
        self.failed_appends
    }

    fn encode<E: Serialize>(&self, time: DateTime<Utc>, entries: &[E]) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for (n, entry) in (self.lines + self.owed_lines + 1..).zip(entries) {
            serde_json::to_writer(&mut bytes, &Line { n, time, entry })?;
            bytes.push(b'\n');
        }
        Ok(bytes)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.cut()?;
        let written = self
            .file
            .write_all(bytes)
            .and_then(|()| if self.is_regular { self.file.sync_data() } else { Ok(()) });
        if written.is_err()
            && let Err(error) = self.cut()
        {
            warn!(%error, "half a line stays at the end of the ledger until the next one is written");
        }
        written
    }

    /// Removes what a failed write left behind: half a line must not stick to the next one.
    fn cut(&mut self) -> io::Result<()> {
        if self.is_regular && self.file.seek(SeekFrom::End(0))? != self.whole_bytes {
            self.file.set_len(self.whole_bytes)?;
        }
        Ok(())
    }
}

/// Makes a new file's name survive a crash, too.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn parse<E: DeserializeOwned>(bytes: &[u8]) -> anyhow::Result<Vec<Line<E>>> {
    let mut lines: Vec<Line<E>> = Vec::new();
    for (place, bytes) in bytes.split(|byte| *byte == b'\n').enumerate() {
        if bytes.is_empty() {
            continue;
        }
        let line: Line<E> = serde_json::from_slice(bytes)
            .with_context(|| format!("line {} is not one of ours", place + 1))?;
        let expected = lines.last().map_or(1, |last| last.n + 1);
        if line.n != expected {
            bail!("line {} has number {} where {expected} belongs", place + 1, line.n);
        }
        lines.push(line);
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Word {
        word: String,
    }

    fn word(word: &str) -> Word {
        Word { word: word.to_owned() }
    }

    fn words(lines: &[Line<Word>]) -> Vec<&str> {
        lines.iter().map(|line| line.entry.word.as_str()).collect()
    }

    fn reopen(path: &Path) -> (Ledger, Vec<Line<Word>>) {
        Ledger::open(path).unwrap()
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_ledger_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let (mut ledger, _) = reopen(&path);
        ledger.append(Utc::now(), &[word("one"), word("two")]).unwrap();
        drop(ledger);
        OpenOptions::new().append(true).open(&path).unwrap().write_all(br#"{"n":3,"ti"#).unwrap();

        let (mut ledger, lines) = reopen(&path);
        assert_eq!(words(&lines), ["one", "two"]);
        ledger.append(Utc::now(), &[word("three")]).unwrap();
        drop(ledger);
        assert_eq!(words(&reopen(&path).1), ["one", "two", "three"]);
    }

    #[test]
    fn the_rest_of_a_failed_write_is_removed_before_the_next_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let (mut ledger, _) = reopen(&path);
        ledger.append(Utc::now(), &[word("one")]).unwrap();
        // What a full disk leaves behind: the first bytes of a line.
        ledger.file.write_all(br#"{"n":2,"#).unwrap();
        assert_eq!(String::from_utf8(ledger.read().unwrap()).unwrap().lines().count(), 1);
        ledger.append(Utc::now(), &[word("two")]).unwrap();
        drop(ledger);
        assert_eq!(words(&reopen(&path).1), ["one", "two"]);
    }

    #[test]
    fn a_foreign_or_missing_line_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let line =
            |n: u64| format!("{{\"n\":{n},\"time\":\"2026-01-01T00:00:00Z\",\"word\":\"w\"}}\n");
        let refusal = || format!("{:#}", Ledger::open::<Word>(&path).err().unwrap());

        fs::write(&path, format!("{}not json\n{}", line(1), line(2))).unwrap();
        assert!(refusal().contains("line 2 is not one of ours"), "{}", refusal());
        fs::write(&path, format!("{}{}", line(1), line(3))).unwrap();
        assert!(refusal().contains("line 2 has number 3 where 2 belongs"), "{}", refusal());
    }

    #[test]
    fn two_sandboxes_cannot_share_a_ledger() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.jsonl");
        let _holder = reopen(&path);
        let refusal = Ledger::open::<Word>(&path).err().unwrap().to_string();
        assert!(refusal.starts_with("another sandbox is using the ledger"), "{refusal}");
    }

    #[test]
    fn what_is_owed_is_numbered_before_what_follows() {
        let (mut ledger, _) = Ledger::open::<Word>(Path::new("/dev/full")).unwrap();
        ledger.append_or_owe(Utc::now(), &[word("one")]).unwrap();
        assert!(ledger.append(Utc::now(), &[word("two")]).is_err());
        assert_eq!((ledger.lines(), ledger.failed_appends()), (0, 2));
        let next = ledger.encode(Utc::now(), &[word("two")]).unwrap();
        assert!(next.starts_with(br#"{"n":2,"#));
    }
}

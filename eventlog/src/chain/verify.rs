//! Checks the chain: every event against its seal, every seal against the one before. Reads page by page, so memory
//! does not grow with the log and no snapshot is held; the system may serve meanwhile.

use std::iter::Peekable;

use chrono::{DateTime, Utc};
use futures::TryStreamExt as _;
use uuid::Uuid;

use super::event::RawEvent;
use super::fault::{Fault, FaultKind};
use super::hash::Hash;
use super::merkle;
use super::seal::Seal;
use super::stored::{StoredSeal, seal_before, seals};
use crate::archive::{Pick, Source, archived_pos};
use crate::db::Db;
use crate::error::LogError;
use crate::record::LogId;

/// How much of the log a check covers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope {
    /// This log only.
    pub log: Option<LogId>,
    /// From the first seal that was made then or later; what is older is trusted.
    pub since: Option<DateTime<Utc>>,
}

/// How much a check of the chain has looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainChecked {
    /// Seals.
    pub seals: i64,
    /// Sealed events.
    pub events: i64,
    /// Of these, in archived months.
    pub archived: i64,
    /// Archived events that were not looked at, since their folder is not at hand.
    pub archived_unread: i64,
    /// Events after the last seals: nothing vouches for them yet.
    pub unsealed: i64,
}

/// Checks every event against its seal and every seal against the one before. Each fault is told to `found` at its
/// place, by log and position; `progress` hears the count of events that were checked.
///
/// # Errors
/// When the database fails. A fault is not an error.
pub async fn check_chain(
    db: &Db,
    scope: Scope,
    mut found: impl FnMut(Fault),
    mut progress: impl FnMut(ChainChecked),
) -> Result<ChainChecked, LogError> {
    let mut checked = ChainChecked::default();
    for log in logs(db, scope).await? {
        let mut check = LogCheck {
            db,
            log,
            last: None,
            run: None,
            begins: true,
            archived_pos: archived_pos(db, log).await?,
            faults: Vec::new(),
            checked: &mut checked,
            found: &mut found,
            progress: &mut progress,
        };
        check.run(scope).await?;
    }
    Ok(checked)
}

pub(crate) async fn logs(db: &Db, scope: Scope) -> sqlx::Result<Vec<LogId>> {
    let all = sqlx::query_scalar!(
        "select log_id from es.log_head where $1::int is null or log_id = $1 order by log_id",
        scope.log.map(|log| log.0)
    )
    .fetch_all(db.pool())
    .await?;
    Ok(all.into_iter().map(LogId).collect())
}

/// The events of one command, as far as they were read.
#[derive(Clone, Copy)]
struct Run {
    /// The seller and the command.
    command: (Uuid, Uuid),
    /// The place of the last event among them; not known if reading began in between.
    index: Option<u32>,
}

/// A page of seals that events are compared with.
struct Compared<I: Iterator<Item = (i64, Hash)>> {
    sealed: Peekable<I>,
    scratch: Vec<u8>,
    before: Option<i64>,
}

impl<I: Iterator<Item = (i64, Hash)>> Compared<I> {
    /// Leaves out positions that cannot be compared.
    fn skip_before(&mut self, pos: i64) {
        while self.sealed.next_if(|(sealed, _)| *sealed < pos).is_some() {}
    }
}

/// The check of one log, on its way.
struct LogCheck<'a, F, P> {
    db: &'a Db,
    log: LogId,
    last: Option<Seal>,
    run: Option<Run>,
    /// Whether the log is read from its beginning, so that the first event is the first of its command.
    begins: bool,
    /// Positions up to here are in archived months.
    archived_pos: i64,
    /// Faults that are not told yet: reading a page anew takes them back.
    faults: Vec<Fault>,
    checked: &'a mut ChainChecked,
    found: &'a mut F,
    progress: &'a mut P,
}

impl<F: FnMut(Fault), P: FnMut(ChainChecked)> LogCheck<'_, F, P> {
    async fn run(&mut self, scope: Scope) -> Result<(), LogError> {
        if let Some(since) = scope.since {
            self.last = seal_before(self.db, self.log, since).await?;
            self.begins = self.last.is_none();
        } else {
            self.strays().await?;
            self.tell();
        }
        loop {
            let after = self.last.map_or(0, |seal| seal.number);
            let page = seals(self.db, self.log, after).await?;
            if page.is_empty() {
                break;
            }
            for stored in &page {
                self.seal(stored);
            }
            self.events(&page).await?;
            self.tell();
            (self.progress)(*self.checked);
        }
        self.tail().await?;
        self.tell();
        Ok(())
    }

    fn fault(&mut self, kind: FaultKind, first: i64, last: i64, about: &str) {
        self.faults.push(Fault::between(kind, self.log, first, last).about(about));
    }

    fn tell(&mut self) {
        self.faults.drain(..).for_each(&mut self.found);
    }

    /// Events where none can be: positions begin at 1, or after what is archived.
    async fn strays(&mut self) -> Result<(), LogError> {
        let strays = sqlx::query_scalar!(
            "select pos from es.event where log_id = $1 and pos <= $2 order by pos",
            self.log.0,
            self.archived_pos,
        )
        .fetch_all(self.db.pool())
        .await?;
        for pos in strays {
            self.fault(FaultKind::EventAdded, pos, pos, "");
        }
        Ok(())
    }

    fn seal(&mut self, stored: &StoredSeal) {
        let seal = stored.seal;
        let (number, first_pos) =
            self.last.map_or((1, 1), |last| (last.number + 1, last.last_pos + 1));
        let name = format!("seal {}", seal.number);
        if seal.number != number {
            let about = format!("seals {number} to {}", seal.number - 1);
            let last = (seal.first_pos - 1).max(first_pos);
            self.fault(FaultKind::SealMissing, first_pos, last, &about);
        } else if !seal.follows(self.last.as_ref()) {
            self.fault(FaultKind::SealAltered, seal.first_pos, seal.last_pos, &name);
        }
        if stored.leaves.len() != seal.size() || merkle::root(&stored.leaves) != seal.root {
            let about = format!("{name}: its leaves do not lead to its root");
            self.fault(FaultKind::SealAltered, seal.first_pos, seal.last_pos, &about);
        }
        self.checked.seals += 1;
        self.last = Some(seal);
    }

    /// Compares the events of a page of seals with the hashes that were sealed; anew where a month was archived
    /// meanwhile: what is missing from the table may be in its file.
    async fn events(&mut self, page: &[StoredSeal]) -> Result<(), LogError> {
        loop {
            self.archived_pos = archived_pos(self.db, self.log).await?;
            let before = (*self.checked, self.run, self.begins, self.faults.len());
            self.compare(page).await?;
            if archived_pos(self.db, self.log).await? == self.archived_pos {
                return Ok(());
            }
            (*self.checked, self.run, self.begins) = (before.0, before.1, before.2);
            self.faults.truncate(before.3);
        }
    }

    async fn compare(&mut self, page: &[StoredSeal]) -> Result<(), LogError> {
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return Ok(()) };
        let (first, last) = (first.seal.first_pos, last.seal.last_pos);
        let sealed = page.iter().flat_map(|stored| {
            (stored.seal.first_pos..=stored.seal.last_pos).zip(stored.leaves.iter().copied())
        });
        let mut compared =
            Compared { sealed: sealed.peekable(), scratch: Vec::new(), before: None };
        let archived_to = self.archived_pos.min(last);
        if first <= archived_to {
            self.archived(&mut compared, first, archived_to).await?;
        }
        // A date that no program can hold is one that nobody sealed, so any other wrong one does as well.
        let mut rows = sqlx::query_as!(
            RawEvent,
            r#"select log_id, pos,
                greatest(least(recorded_at, '9999-01-01'::timestamptz), '0001-01-01'::timestamptz) as "recorded_at!",
                tenant_id, tenant_seq, stream_id, stream_type, version, event_id, event_type, schema_version, command_id,
                correlation_id, causation_id, actor, payload::text as "payload!"
            from es.event where log_id = $1 and pos between $2 and $3 order by pos, recorded_at"#,
            self.log.0,
            first.max(self.archived_pos + 1),
            last,
        )
        .fetch(self.db.pool());
        while let Some(event) = rows.try_next().await? {
            self.event(&mut compared, &event);
        }
        self.missing(&mut compared.sealed, i64::MAX);
        Ok(())
    }

    /// Compares the archived events from one position to another. What cannot be read is a fault; without a folder the
    /// events are counted and nothing is said of them.
    async fn archived(
        &mut self,
        compared: &mut Compared<impl Iterator<Item = (i64, Hash)>>,
        first: i64,
        last: i64,
    ) -> Result<(), LogError> {
        let opened = Source::open(self.db, self.log, (first, last), Pick::All).await;
        let mut source = match opened {
            Ok(source) => source,
            Err(LogError::Archived { .. }) => {
                self.checked.archived_unread += last - first + 1;
                compared.skip_before(last + 1);
                self.lose_run();
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let (mut next, mut damage) = (first, None);
        loop {
            match source.unchecked().await {
                Ok(Some((_, events))) => {
                    let Some(begins) = events.first().map(|event| event.pos) else { continue };
                    self.damaged(compared, damage.take(), next, begins - 1);
                    for event in events {
                        next = event.pos + 1;
                        self.checked.archived += 1;
                        self.event(compared, &event);
                    }
                }
                Ok(None) => break,
                Err(LogError::ArchiveDamaged { file, why }) => {
                    damage.get_or_insert(format!("{file}: {why}"));
                }
                Err(other) => return Err(other),
            }
        }
        self.damaged(compared, damage, next, last);
        self.missing(&mut compared.sealed, last + 1);
        Ok(())
    }

    fn damaged(
        &mut self,
        compared: &mut Compared<impl Iterator<Item = (i64, Hash)>>,
        about: Option<String>,
        first: i64,
        last: i64,
    ) {
        let Some(about) = about else { return };
        self.fault(FaultKind::ArchiveDamaged, first, last, &about);
        compared.skip_before(last + 1);
        self.lose_run();
    }

    fn event(
        &mut self,
        compared: &mut Compared<impl Iterator<Item = (i64, Hash)>>,
        event: &RawEvent,
    ) {
        if compared.before == Some(event.pos) {
            self.fault(FaultKind::EventAdded, event.pos, event.pos, "a second one");
            return;
        }
        compared.before = Some(event.pos);
        self.checked.events += 1;
        self.missing(&mut compared.sealed, event.pos);
        // Positions that no seal of the page covers belong to seals that are missing, which was said.
        let Some((_, leaf)) = compared.sealed.next_if(|(pos, _)| *pos == event.pos) else { return };
        if event.leaf(&mut compared.scratch) == leaf {
            self.id(event);
        } else {
            self.fault(FaultKind::EventAltered, event.pos, event.pos, "");
            self.lose_run();
        }
    }

    /// Tells of sealed positions before `until` that have no event, as ranges.
    fn missing(&mut self, sealed: &mut Peekable<impl Iterator<Item = (i64, Hash)>>, until: i64) {
        let mut range: Option<(i64, i64)> = None;
        while let Some((pos, _)) = sealed.next_if(|(pos, _)| *pos < until) {
            range = Some(range.map_or((pos, pos), |(first, _)| (first, pos)));
        }
        if let Some((first, last)) = range {
            self.fault(FaultKind::EventMissing, first, last, "");
            self.lose_run();
        }
    }

    /// Ids are derived from the command and the event's place in it.
    fn id(&mut self, event: &RawEvent) {
        let command = (event.tenant_id, event.command_id);
        let index = match &self.run {
            Some(run) if run.command == command => run.index.map(|index| index + 1),
            Some(_) => Some(0),
            None => self.begins.then_some(0),
        };
        if index.is_some_and(|index| !event.has_id_of(index)) {
            self.fault(FaultKind::EventIdForeign, event.pos, event.pos, "");
        }
        self.run = Some(Run { command, index });
    }

    /// From here on it is not known where the next event stands in its command.
    fn lose_run(&mut self) {
        self.run = None;
        self.begins = false;
    }

    /// Checks that what is not sealed yet has no gap either.
    async fn tail(&mut self) -> Result<(), LogError> {
        let sealed_to = self.last.map_or(0, |seal| seal.last_pos);
        let tail = sqlx::query!(
            r#"select count(distinct pos) as "events!", max(pos) as last_pos from es.event where log_id = $1 and pos > $2"#,
            self.log.0,
            sealed_to,
        )
        .fetch_one(self.db.pool())
        .await?;
        self.checked.unsealed += tail.events;
        let Some(last_pos) = tail.last_pos else { return Ok(()) };
        if last_pos - sealed_to != tail.events {
            let first = sqlx::query_scalar!(
                r#"select min(p) as "first!" from generate_series($2::bigint + 1, $3::bigint) p
                where not exists (select from es.event e where e.log_id = $1 and e.pos = p)"#,
                self.log.0,
                sealed_to,
                last_pos,
            )
            .fetch_one(self.db.pool())
            .await?;
            self.fault(FaultKind::EventMissing, first, first, "not sealed yet");
        }
        Ok(())
    }
}

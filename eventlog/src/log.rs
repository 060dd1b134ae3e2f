//! The event log: one handle to append, to read and to be woken.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use domain::value::{StreamId, TenantId};
use uuid::Uuid;

use crate::appender::{AppenderOptions, Appenders};
use crate::db::Db;
use crate::directory::Directory;
use crate::doorbell::{Bells, Doorbell, Notifier, Sender, Watcher};
use crate::epoch::PresentEpoch;
use crate::error::LogError;
use crate::load::Loader;
use crate::mask::Mask;
use crate::partitions::{Partitions, empty_default, partitions};
use crate::read::{Reader, Spoilt, heads};
use crate::record::{Appended, LogId, NewEvents, StoredEvent, Without};
use crate::seal::SubjectKeys;
use crate::types::{StoredType, Types};

/// The event log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EventLog {
    directory: Directory,
    appenders: Appenders,
    types: Types,
    reader: Reader,
    loader: Loader,
    bells: Bells,
    sender: Sender,
    poll_interval: Duration,
    /// Started with the first doorbell: a process in which nobody waits does not poll.
    watcher: Arc<OnceLock<Arc<Watcher>>>,
}

impl EventLog {
    /// Opens the log that is kept in `db`.
    #[must_use]
    pub fn new(db: Db, keys: SubjectKeys, options: AppenderOptions) -> Self {
        let sender = Sender::random();
        let directory = Directory::new(db.clone());
        let bells = Bells::new(Notifier::new(db.clone(), sender));
        let epoch = PresentEpoch::default();
        let reader = Reader { db: db.clone(), keys: keys.clone(), epoch };
        let types = Types::new(db.clone());
        let appenders =
            Appenders::new(db, keys, types.clone(), directory.clone(), bells.clone(), &options);
        Self {
            directory,
            appenders,
            types,
            loader: Loader::new(reader.clone()),
            reader,
            bells,
            sender,
            poll_interval: options.poll_interval,
            watcher: Arc::default(),
        }
    }

    /// Learns the present epoch of the database, for what is handed out from now on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn learn_epoch(&self) -> Result<(), LogError> {
        self.holds(0, LogId(0), 0).await.map(drop)
    }

    /// Returns the tag of the present epoch, as this process knows it; 0 until it has learned it.
    #[must_use]
    pub fn epoch(&self) -> u32 {
        self.reader.epoch.tag()
    }

    /// Tells whether what was handed out under the tag `epoch`, at position `pos` of `log`, is still what the log holds
    /// there as far as epochs go: a restore may have undone it, and something else have taken its place.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn holds(&self, epoch: u32, log: LogId, pos: i64) -> Result<bool, LogError> {
        let Reader { db, epoch: present, .. } = &self.reader;
        Ok(present.holds(db, epoch, log, pos).await?)
    }

    /// Stores the events of a command, all or none, once. Once asked for it goes through, even if the caller stops
    /// waiting. Personal data is sealed on the way.
    ///
    /// # Errors
    /// [`LogError`]. Nothing was stored, except that after [`LogError::OutcomeUnknown`] nobody knows: repeat with the
    /// same command id.
    pub async fn append(&self, new: NewEvents) -> Result<Appended, LogError> {
        self.appenders.append(new).await
    }

    /// Prepares appends about many subjects of one seller: makes the keys that are missing, in one round trip. Appends
    /// asked for together afterwards fill their calls, instead of trickling in as their keys are made.
    ///
    /// # Errors
    /// When the database fails or a key does not open.
    pub async fn prepare(
        &self,
        tenant: TenantId,
        subjects: impl IntoIterator<Item = Uuid>,
    ) -> Result<(), LogError> {
        self.log_of(tenant).await?;
        let subjects = subjects.into_iter().map(|subject| (tenant, subject)).collect();
        Ok(self.reader.keys.ready(subjects).await?)
    }

    /// Returns the types of events that the log holds, or may hold.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_types(&self) -> Result<Vec<StoredType>, LogError> {
        Ok(self.types.all().await?)
    }

    /// Returns the keys under which personal data is sealed, for what is too large for an event.
    #[must_use]
    pub fn subject_keys(&self) -> &SubjectKeys {
        &self.reader.keys
    }

    /// Finishes the appends that were accepted and refuses all others from now on.
    pub async fn drain(&self) {
        self.appenders.drain().await;
        self.bells.flush().await;
    }

    /// Returns the events of a stream after `after_version`, in order; 0 is before the first. Whole streams that are
    /// asked for at the same moment share a round trip.
    ///
    /// # Errors
    /// [`LogError::StreamGap`] when a version is missing, and when the database fails or data cannot be opened.
    pub async fn load_stream(
        &self,
        tenant: TenantId,
        stream: StreamId,
        after_version: i32,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let log = self.log_of(tenant).await?;
        if after_version == 0 {
            return self.loader.load((log, tenant, stream)).await;
        }
        self.reader.stream(log, tenant, stream, after_version).await
    }

    /// Returns the events of many streams of one seller, each in order; streams without events are missing. One round
    /// trip, or two where the persons' keys are not at hand.
    ///
    /// # Errors
    /// As [`Self::load_stream`].
    pub async fn load_streams(
        &self,
        tenant: TenantId,
        streams: &[StreamId],
    ) -> Result<HashMap<StreamId, Vec<StoredEvent>>, LogError> {
        let log = self.log_of(tenant).await?;
        let wanted: Vec<_> = streams.iter().map(|stream| (log, tenant, *stream)).collect();
        let read = self.reader.streams(&wanted, Spoilt::Refused).await?;
        read.into_iter().map(|((.., stream), events)| Ok((stream, events?))).collect()
    }

    /// Returns the same; an event that somebody changed is marked as spoilt and costs none of the others, for readers
    /// that can leave it out.
    ///
    /// # Errors
    /// As [`Self::load_streams`].
    pub async fn load_streams_marked(
        &self,
        tenant: TenantId,
        streams: &[StreamId],
    ) -> Result<HashMap<StreamId, Vec<StoredEvent>>, LogError> {
        let log = self.log_of(tenant).await?;
        let wanted: Vec<_> = streams.iter().map(|stream| (log, tenant, *stream)).collect();
        let read = self.reader.streams(&wanted, Spoilt::Marked).await?;
        read.into_iter().map(|((.., stream), events)| Ok((stream, events?))).collect()
    }

    /// Returns up to `limit` events of a log after position `after`, in order and without gaps; 0 is before the first.
    ///
    /// # Errors
    /// [`LogError::Gap`] when a position is missing: stop and alarm, never skip. Also when the database fails or data
    /// cannot be opened.
    pub async fn read_log(
        &self,
        log: LogId,
        after: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        self.reader.log(log, after, limit).await
    }

    /// Returns the events of a log after position `after` up to `until`, in order, as far as the reader needs them.
    /// `until` must not lie behind the log's end.
    ///
    /// # Errors
    /// As [`Self::read_log`].
    pub async fn read_log_without(
        &self,
        log: LogId,
        after: i64,
        until: i64,
        without: &Without,
    ) -> Result<Vec<StoredEvent>, LogError> {
        self.reader.log_without(log, after, until, without).await
    }

    /// Returns up to `limit` events of a seller after number `after_seq`, in order and without gaps; 0 is before the
    /// first.
    ///
    /// # Errors
    /// [`LogError::TenantGap`] when a number is missing, and when the database fails or data cannot be opened.
    pub async fn read_tenant(
        &self,
        tenant: TenantId,
        after_seq: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let log = self.log_of(tenant).await?;
        self.reader.tenant(log, tenant, after_seq, limit).await
    }

    /// Returns the same; an event that somebody changed is marked as spoilt and costs none of the others, for readers
    /// that can leave it out.
    ///
    /// # Errors
    /// As for [`EventLog::read_tenant`].
    pub async fn read_tenant_marked(
        &self,
        tenant: TenantId,
        after_seq: i64,
        limit: i64,
    ) -> Result<Vec<StoredEvent>, LogError> {
        let log = self.log_of(tenant).await?;
        self.reader.tenant_marked(log, tenant, after_seq, limit).await
    }

    /// Returns what a seller's texts are masked with where they leave the house. Changes with the master key.
    #[must_use]
    pub fn mask(&self, tenant: TenantId) -> Mask {
        self.reader.keys.mask(tenant)
    }

    /// Waits for the appends to a log that are under way. What comes after them is recorded later than now, so a time
    /// that has passed means the same events from here on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle(&self, log: LogId) -> Result<(), LogError> {
        // Events are given their time under this lock.
        sqlx::query!("select pg_advisory_xact_lock_shared(4201, $1)", log.0)
            .execute(self.reader.db.pool())
            .await?;
        Ok(())
    }

    /// Returns every log with its last position, 0 where it has no events.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn heads(&self) -> Result<Vec<(LogId, i64)>, LogError> {
        Ok(heads(&self.reader.db).await?)
    }

    /// Returns the log of a seller. A new seller is given one now, for good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_of(&self, tenant: TenantId) -> Result<LogId, LogError> {
        Ok(self.directory.log_of(tenant).await?)
    }

    /// Returns a new doorbell. The first one starts the tasks that watch the database, so this needs a runtime.
    #[must_use]
    pub fn doorbell(&self) -> Doorbell {
        let watcher = self.watcher.get_or_init(|| {
            let Self { reader, bells, sender, poll_interval, .. } = self;
            Arc::new(Watcher::start(&reader.db, bells, *sender, *poll_interval))
        });
        self.bells.doorbell(Arc::clone(watcher))
    }

    /// Makes the partitions of this month and the `months_ahead` after it, and returns how many were missing. To be
    /// called every day or so: events of a month without a partition are stored, but where they are dear to move.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ensure_partitions(&self, months_ahead: i32) -> Result<i32, LogError> {
        let made =
            sqlx::query_scalar!(r#"select es.ensure_partitions($1) as "made!""#, months_ahead)
                .fetch_one(self.reader.db.pool())
                .await?;
        Ok(made)
    }

    /// Moves the events that no month covered into partitions of their months, and returns how many there were. Appends
    /// wait meanwhile.
    ///
    /// # Errors
    /// When the database fails, or the role may not change the table.
    pub async fn empty_default(&self) -> Result<i64, LogError> {
        Ok(empty_default(self.reader.db.pool()).await?)
    }

    /// Tells how many months ahead have their partitions, and how many events lie where no month covers them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn partitions(&self) -> Result<Partitions, LogError> {
        Ok(partitions(self.reader.db.pool()).await?)
    }
}

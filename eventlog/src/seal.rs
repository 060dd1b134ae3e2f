//! Personal data in events is ciphertext under a key per subject; destroying the key erases the person from every
//! event, backup and export at once.

mod bytes;
mod notice;
mod payload;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use domain::value::TenantId;
use moka::sync::Cache;
use secrecy::zeroize::Zeroize;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::cipher::{Cipher, random_key};
use crate::db::{Db, PAUSES, is_lost, wait};
use crate::mask::Mask;
use crate::master_key::{KeyError, MasterKeys};
use crate::record::{NewEvents, StoredEvent};

use payload::Place;

pub(crate) use payload::{Measure, PERSONAL};

/// How long an unwrapped key is kept: the longest time that another process can still read an erased person, when the
/// notice of the erasure does not reach it.
const KEY_KEPT: Duration = Duration::from_secs(60);

/// Unwrapped keys kept at most; about 200 bytes each.
const KEYS_KEPT_MAX: u64 = 100_000;

/// How often to ask again for a key that somebody else was making. Once is enough unless that one was undone.
const ROUNDS_MAX: usize = 3;

/// A subject within its tenant: the same person has another key at another seller.
pub(crate) type Subject = (TenantId, Uuid);

/// The state of a subject's key.
#[derive(Debug, Clone)]
pub(crate) enum SubjectKey {
    /// It seals and opens.
    Alive(Arc<Cipher>),
    /// The person was erased.
    Destroyed,
}

/// The keys of subjects, kept in the table `keys.subject_key` and wrapped by a master key. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SubjectKeys {
    pub(crate) db: Db,
    pub(crate) master_keys: MasterKeys,
    cache: Cache<Subject, SubjectKey>,
    /// How often a key was destroyed, as far as this process knows.
    destroyed: Arc<AtomicU64>,
    making: Arc<Making>,
}

/// What became of loading keys, by subject.
type Loaded = HashMap<Subject, Result<SubjectKey, KeyError>>;

/// Who asked for a key, and where the answer goes.
type Wanted = (Subject, oneshot::Sender<Result<SubjectKey, KeyError>>);

/// Gathers requests for keys: whoever has the turn makes those of all who wait.
#[derive(Debug, Default)]
struct Making {
    wanted: Mutex<Vec<Wanted>>,
    turn: tokio::sync::Mutex<()>,
}

impl Making {
    fn wanted(&self) -> MutexGuard<'_, Vec<Wanted>> {
        self.wanted.lock().expect("no code that holds this lock panics")
    }
}

struct Row {
    tenant_id: Uuid,
    subject_id: Uuid,
    wrapped_key: Option<Vec<u8>>,
    kek_id: Option<String>,
}

impl SubjectKeys {
    /// Keeps the keys in `db`, which may be another database than the log's, so that its backups can expire sooner.
    #[must_use]
    pub fn new(db: Db, master_keys: MasterKeys) -> Self {
        let cache = Cache::builder().time_to_live(KEY_KEPT).max_capacity(KEYS_KEPT_MAX).build();
        Self { db, master_keys, cache, destroyed: Arc::default(), making: Arc::default() }
    }

    /// Checks at start-up that the master keys at hand unwrap every stored key.
    ///
    /// # Errors
    /// [`KeyError::UnknownMasterKey`] names one that is missing.
    pub async fn check(&self) -> Result<(), KeyError> {
        // Jumps from one name to the next along the index, instead of reading a row per person.
        let unknown = sqlx::query_scalar!(
            r#"with recursive used as (
                (select kek_id from keys.subject_key where destroyed_at is null order by kek_id limit 1)
                union all
                select (select k.kek_id from keys.subject_key k
                    where k.destroyed_at is null and k.kek_id > used.kek_id order by k.kek_id limit 1)
                from used where used.kek_id is not null
            )
            select kek_id as "kek_id!" from used where kek_id <> all ($1) limit 1"#,
            &self.master_keys.names(),
        )
        .fetch_optional(self.db.pool())
        .await?;
        unknown.map_or(Ok(()), |kek_id| Err(KeyError::UnknownMasterKey { kek_id }))
    }

    /// Destroys a subject's key: what was sealed under it reads as erased, at once in this process and in others that
    /// [`Self::follow`], within a minute in all, and nothing more is stored about the subject. Harmless if repeated.
    ///
    /// # Errors
    /// When the database fails; then the key may still exist.
    pub async fn destroy(&self, tenant: TenantId, subject: Uuid) -> Result<(), KeyError> {
        // A subject that has no key yet must not be given one later.
        sqlx::query!(
            "insert into keys.subject_key (tenant_id, subject_id, destroyed_at) values ($1, $2, now())
            on conflict on constraint subject_key_pk do update
            set wrapped_key = null, kek_id = null, destroyed_at = now()
            where subject_key.destroyed_at is null",
            tenant.0,
            subject,
        )
        .execute(self.db.pool())
        .await?;
        self.forget((tenant, subject));
        Ok(())
    }

    /// Destroys those of `subjects` of a seller that have a key again, as after a restore of an older key store. Returns
    /// how many had.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destroy_again(
        &self,
        tenant: TenantId,
        subjects: &[Uuid],
    ) -> Result<u64, KeyError> {
        let destroyed = sqlx::query!(
            "insert into keys.subject_key (tenant_id, subject_id, destroyed_at)
            select $1, s, now() from unnest($2::uuid[]) s
            on conflict on constraint subject_key_pk do update
            set wrapped_key = null, kek_id = null, destroyed_at = now()
            where subject_key.destroyed_at is null",
            tenant.0,
            subjects,
        )
        .execute(self.db.pool())
        .await?;
        for subject in subjects {
            self.forget((tenant, *subject));
        }
        Ok(destroyed.rows_affected())
    }

    /// Returns up to `limit` subjects whose keys are destroyed, after `after` in the order of their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destroyed(
        &self,
        after: (TenantId, Uuid),
        limit: i64,
    ) -> Result<Vec<(TenantId, Uuid)>, KeyError> {
        let rows = sqlx::query!(
            "select tenant_id, subject_id from keys.subject_key
            where destroyed_at is not null and (tenant_id, subject_id) > ($1, $2)
            order by tenant_id, subject_id limit $3",
            after.0.0,
            after.1,
            limit,
        )
        .fetch_all(self.db.pool())
        .await?;
        Ok(rows.into_iter().map(|row| (TenantId(row.tenant_id), row.subject_id)).collect())
    }

    /// Returns what the texts of a seller are masked with; it changes with the master key.
    pub(crate) fn mask(&self, tenant: TenantId) -> Mask {
        self.master_keys.mask().of(tenant.0.as_bytes())
    }

    /// Returns a subject's key if this process has it.
    pub(crate) fn known(&self, subject: Subject) -> Option<SubjectKey> {
        self.cache.get(&subject)
    }

    /// Returns a subject's key, made now if there was none. Those asked for while a statement is under way share the
    /// next one: sellers' first loads are thousands of new people.
    pub(crate) async fn to_seal(&self, subject: Subject) -> Result<SubjectKey, KeyError> {
        if let Some(key) = self.known(subject) {
            return Ok(key);
        }
        let (answer, mut answered) = oneshot::channel();
        self.making.wanted().push((subject, answer));
        let _turn = self.making.turn.lock().await;
        // Whoever had the turn before may have asked for this one too.
        if let Ok(key) = answered.try_recv() {
            return key;
        }
        let wanted = std::mem::take(&mut *self.making.wanted());
        let keys = self.make(wanted.iter().map(|(subject, _)| *subject).collect()).await;
        for (subject, answer) in wanted {
            let _ = answer.send(match &keys {
                Ok(keys) => keys.get(&subject).cloned().unwrap_or_else(|| no_key(subject)),
                Err(error) => Err(error.clone()),
            });
        }
        answered.try_recv().unwrap_or_else(|_| no_key(subject))
    }

    /// Has the keys of many subjects at hand, made where there were none.
    pub(crate) async fn ready(&self, subjects: BTreeSet<Subject>) -> Result<(), KeyError> {
        self.make(subjects).await.map(drop)
    }

    async fn make(&self, subjects: BTreeSet<Subject>) -> Result<Loaded, KeyError> {
        let mut outcome = Ok(Loaded::new());
        for pause in PAUSES {
            wait(pause).await;
            outcome = self.load(subjects.clone(), true).await;
            match &outcome {
                Err(KeyError::Database(error)) if is_lost(error) => {}
                Ok(_) | Err(_) => break,
            }
        }
        outcome
    }

    /// Has the keys of events at hand, as far as there are any: one round trip for all of them.
    pub(crate) async fn at_hand(
        &self,
        events: impl Iterator<Item = &StoredEvent>,
    ) -> Result<(), KeyError> {
        self.load(subjects_of(events), false).await.map(drop)
    }

    /// Opens the personal data of events as they were read from the log.
    pub(crate) async fn open(&self, events: &mut [StoredEvent]) -> Result<(), KeyError> {
        let spoilt = self.open_each(events, &[]).await?;
        spoilt.into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Opens the personal data of events; that of `closed` types is taken away instead, which needs no key. An event
    /// that somebody changed is marked as spoilt and costs none of the others.
    pub(crate) async fn open_without(
        &self,
        events: &mut [StoredEvent],
        closed: &[String],
    ) -> Result<(), KeyError> {
        for (index, error) in self.open_each(events, closed).await? {
            events[index].spoilt = Some(error.to_string());
        }
        Ok(())
    }

    /// Opens what opens; returns which events do not, and why.
    async fn open_each(
        &self,
        events: &mut [StoredEvent],
        closed: &[String],
    ) -> Result<Vec<(usize, KeyError)>, KeyError> {
        let is_closed = |event: &StoredEvent| closed.contains(&event.event_type);
        let opened = events.iter().filter(|event| !is_closed(event));
        let keys = self.load(subjects_of(opened), false).await?;
        let mut spoilt = Vec::new();
        for (index, event) in events.iter_mut().enumerate() {
            let place =
                Place { tenant: event.tenant, stream: event.stream, event_id: event.event_id };
            let key_of = |subject| match keys.get(&(place.tenant, subject)) {
                Some(Ok(key)) => Ok(key),
                Some(Err(error)) => Err(error.clone()),
                None => Err(KeyError::NoKey { subject }),
            };
            let outcome = if is_closed(event) {
                payload::take_away(&mut event.payload)
            } else {
                payload::open(&mut event.payload, place, key_of)
            };
            spoilt.extend(of_one_event(outcome)?.map(|error| (index, error)));
        }
        Ok(spoilt)
    }

    /// Takes keys from the cache and the others from the database, in one statement; with `make`, those that do not
    /// exist are made.
    async fn load(&self, subjects: BTreeSet<Subject>, make: bool) -> Result<Loaded, KeyError> {
        let mut keys = Loaded::with_capacity(subjects.len());
        let mut missing = BTreeSet::new();
        for subject in subjects {
            match self.known(subject) {
                Some(key) => {
                    keys.insert(subject, Ok(key));
                }
                None => {
                    missing.insert(subject);
                }
            }
        }
        for _ in 0..ROUNDS_MAX {
            if missing.is_empty() {
                break;
            }
            let destroyed = self.destroyed.load(Ordering::SeqCst);
            for row in self.statement(&missing, make).await? {
                let subject = (TenantId(row.tenant_id), row.subject_id);
                let key = self.unwrap(subject, row);
                if let Ok(key) = &key {
                    self.remember(subject, key.clone(), destroyed);
                }
                missing.remove(&subject);
                keys.insert(subject, key);
            }
            if !make {
                break;
            }
        }
        Ok(keys)
    }

    /// Keeps a key that was read when `destroyed` keys were known to be destroyed. It may have been destroyed since:
    /// then whoever said so came before this, and must not be undone by it.
    fn remember(&self, subject: Subject, key: SubjectKey, destroyed: u64) {
        self.cache.insert(subject, key);
        if self.destroyed.load(Ordering::SeqCst) != destroyed {
            self.cache.invalidate(&subject);
        }
    }

    /// Has a key read anew, since it was destroyed.
    fn forget(&self, subject: Subject) {
        self.destroyed.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate(&subject);
    }

    async fn statement(
        &self,
        subjects: &BTreeSet<Subject>,
        make: bool,
    ) -> Result<Vec<Row>, sqlx::Error> {
        let tenants: Vec<Uuid> = subjects.iter().map(|(tenant, _)| tenant.0).collect();
        let ids: Vec<Uuid> = subjects.iter().map(|(_, subject)| *subject).collect();
        let new = subjects.iter().map(|subject| make.then(|| self.new_key(*subject)));
        let new: Vec<Option<Vec<u8>>> = new.collect();
        sqlx::query_as!(
            Row,
            r#"select tenant_id as "tenant_id!", subject_id as "subject_id!", wrapped_key, kek_id
            from keys.subject_keys($1, $2, $3, $4)"#,
            &tenants,
            &ids,
            &new as &[Option<Vec<u8>>],
            self.master_keys.current(),
        )
        .fetch_all(self.db.pool())
        .await
    }

    fn new_key(&self, subject: Subject) -> Vec<u8> {
        let mut key = random_key();
        let wrapped = self.master_keys.seal(&context(subject), &key);
        key.zeroize();
        wrapped
    }

    fn unwrap(&self, subject: Subject, row: Row) -> Result<SubjectKey, KeyError> {
        let (Some(wrapped), Some(kek_id)) = (row.wrapped_key, row.kek_id) else {
            return Ok(SubjectKey::Destroyed);
        };
        let what = || format!("key of subject {}", subject.1);
        let mut bytes = self.master_keys.open(&kek_id, &context(subject), &wrapped, what)?;
        let cipher = <&[u8; 32]>::try_from(bytes.as_slice()).map(Cipher::new);
        let cipher = cipher.map_err(|_| KeyError::Tampered { what: what() });
        bytes.zeroize();
        Ok(SubjectKey::Alive(Arc::new(cipher?)))
    }
}

/// Returns an error that is one event's alone: somebody changed it, or its subject's key. A key that is not there speaks
/// of the key store, and one that no master key opens of the master keys: those concern everybody, so nobody goes on.
fn of_one_event(outcome: Result<(), KeyError>) -> Result<Option<KeyError>, KeyError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(error @ (KeyError::Tampered { .. } | KeyError::Malformed { .. })) => Ok(Some(error)),
        Err(
            error @ (KeyError::Database(_)
            | KeyError::UnknownMasterKey { .. }
            | KeyError::MalformedMasterKey { .. }
            | KeyError::NoKey { .. }
            | KeyError::NoSellerKey { .. }),
        ) => Err(error),
    }
}

/// Seals the personal data of new events under `key`, which is not looked at where there is none.
pub(crate) fn seal(new: &mut NewEvents, key: &SubjectKey) -> Result<(), KeyError> {
    let NewEvents { tenant, stream, subject, .. } = *new;
    for index in 0..new.events.len() {
        let place = Place { tenant, stream, event_id: new.event_id(index) };
        payload::seal(&mut new.events[index].payload, place, subject, key)?;
    }
    Ok(())
}

/// Under whose keys the personal data of events is sealed.
fn subjects_of<'a>(events: impl Iterator<Item = &'a StoredEvent>) -> BTreeSet<Subject> {
    let mut subjects = BTreeSet::new();
    let mut found = HashSet::new();
    for event in events {
        payload::subjects(&event.payload, &mut found);
        subjects.extend(found.drain().map(|subject| (event.tenant, subject)));
    }
    subjects
}

fn no_key((_, subject): Subject) -> Result<SubjectKey, KeyError> {
    Err(KeyError::NoKey { subject })
}

/// Binds a wrapped key to its row.
pub(crate) fn context((tenant, subject): Subject) -> Vec<u8> {
    [b"subject_key.1".as_slice(), tenant.0.as_bytes(), subject.as_bytes()].concat()
}

//! Which types of events the log holds: noted before the first of a type is stored, so that a program that cannot read
//! one of them learns it at its start and not in the middle of its work.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::db::{Db, PAUSES, is_lost, wait};
use crate::record::NewEvents;

/// A type of events that the log holds, or may hold.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoredType {
    /// The aggregate's type.
    pub stream_type: String,
    /// The event's name.
    pub event_type: String,
    /// The version of its JSON.
    pub schema_version: i32,
}

impl fmt::Display for StoredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stream_type, event_type, schema_version } = self;
        write!(f, "{event_type} {schema_version} ({stream_type})")
    }
}

/// The register of types. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Types {
    db: Db,
    /// What this process knows to be noted.
    noted: Arc<RwLock<HashSet<StoredType>>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Types {
    pub(crate) fn new(db: Db) -> Self {
        Self { db, noted: Arc::default(), turn: Arc::default() }
    }

    /// Tells whether the types of events are known here to be noted.
    pub(crate) fn are_noted(&self, new: &NewEvents) -> bool {
        self.missing(new).is_empty()
    }

    /// Notes the types of events that are about to be stored, if this process has not seen them noted.
    pub(crate) async fn note(&self, new: &NewEvents) -> Result<(), sqlx::Error> {
        if self.are_noted(new) {
            return Ok(());
        }
        // One at a time: what many meet first at the same moment is noted once.
        let _turn = self.turn.lock().await;
        let missing = self.missing(new);
        if missing.is_empty() {
            return Ok(());
        }
        let mut outcome = Ok(());
        for pause in PAUSES {
            wait(pause).await;
            outcome = self.insert(&missing).await;
            if !outcome.as_ref().is_err_and(is_lost) {
                break;
            }
        }
        outcome?;
        self.noted.write().unwrap_or_else(PoisonError::into_inner).extend(missing);
        Ok(())
    }

    fn missing(&self, new: &NewEvents) -> Vec<StoredType> {
        let noted = self.noted.read().unwrap_or_else(PoisonError::into_inner);
        let types = new.events.iter().map(|event| StoredType {
            stream_type: new.stream_type.to_owned(),
            event_type: event.event_type.clone(),
            schema_version: event.schema_version,
        });
        types.filter(|of| !noted.contains(of)).collect()
    }

    async fn insert(&self, types: &[StoredType]) -> Result<(), sqlx::Error> {
        let streams: Vec<String> = types.iter().map(|of| of.stream_type.clone()).collect();
        let events: Vec<String> = types.iter().map(|of| of.event_type.clone()).collect();
        let versions: Vec<i32> = types.iter().map(|of| of.schema_version).collect();
        sqlx::query!(
            "insert into es.event_type (stream_type, event_type, schema_version)
            select distinct * from unnest($1::text[], $2::text[], $3::int[]) t (stream_type, event_type, version)
            order by 1, 2, 3
            on conflict on constraint event_type_pk do nothing",
            &streams,
            &events,
            &versions,
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }

    pub(crate) async fn all(&self) -> Result<Vec<StoredType>, sqlx::Error> {
        sqlx::query_as!(
            StoredType,
            "select stream_type, event_type, schema_version from es.event_type order by 1, 2, 3"
        )
        .fetch_all(self.db.pool())
        .await
    }
}

//! A read model in memory: the same folds as behind the tables, for replays, past states and comparisons.

mod digest;

use std::collections::BTreeMap;

use domain::Recorded;
use serde_json::Value;

pub use digest::Digest;

use crate::ReadModel;
use crate::fold::{self, Fold, FoldError, Stream};
use crate::{
    accounts, bulks, claims, failures, inbox, knowledge, lineage, metric, reply_history, sending,
    thread,
};

/// A read model folded from events in memory.
pub struct Folded(Box<dyn Folding>);

trait Folding: Send + Sync {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError>;
    fn rows(&self) -> Box<dyn Iterator<Item = Value> + '_>;
}

impl Folded {
    /// Makes a read model of no events. The outbox stays empty: it holds what was tried, which no event tells.
    #[must_use]
    pub fn new(model: ReadModel) -> Self {
        Self(match model {
            ReadModel::Inbox => Box::new(ByStream::<inbox::Row>::default()),
            ReadModel::Thread => Box::new(ByStream::<thread::Row>::default()),
            ReadModel::ReplyHistory => Box::new(ByStream::<reply_history::Row>::default()),
            ReadModel::Accounts => Box::new(ByStream::<accounts::Row>::default()),
            ReadModel::Claims => Box::new(ByStream::<claims::Row>::default()),
            ReadModel::Sending => Box::new(ByStream::<sending::Row>::default()),
            ReadModel::Bulks => Box::new(ByStream::<bulks::Row>::default()),
            ReadModel::Failures => Box::new(ByStream::<failures::Row>::default()),
            ReadModel::Knowledge => Box::new(ByStream::<knowledge::Row>::default()),
            ReadModel::Lineage => Box::new(ByStream::<lineage::Row>::default()),
            ReadModel::Metric => Box::new(ByStream::<metric::Row>::default()),
            ReadModel::Effects => Box::new(Nothing),
        })
    }

    /// Folds one event. Events of a stream must come in order; streams may come in any.
    ///
    /// # Errors
    /// [`FoldError`] when this program cannot fold it; the rows stay as they were.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        self.0.apply(recorded)
    }

    /// Lists the rows in the order of their key, each as `to_jsonb` shows that of the served table.
    pub fn rows(&self) -> impl Iterator<Item = Value> {
        self.0.rows()
    }

    /// Returns the digest of all rows.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.rows().collect()
    }
}

struct ByStream<F: Fold>(BTreeMap<Stream, F::Rows>);

impl<F: Fold> Default for ByStream<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<F: Fold> Folding for ByStream<F> {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), FoldError> {
        let stream = Stream::of(recorded);
        let before = self.0.get(&stream).cloned().unwrap_or_default();
        let rows = fold::guarded::<F>(before, recorded, |_| ())?;
        if rows == F::Rows::default() {
            self.0.remove(&stream);
        } else {
            self.0.insert(stream, rows);
        }
        Ok(())
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Value> + '_> {
        Box::new(self.0.values().flat_map(F::each).map(json))
    }
}

fn json<F: Fold>(row: &F) -> Value {
    serde_json::to_value(row).expect("a row has string keys and finite numbers")
}

struct Nothing;

impl Folding for Nothing {
    fn apply(&mut self, _: &Recorded) -> Result<(), FoldError> {
        Ok(())
    }

    fn rows(&self) -> Box<dyn Iterator<Item = Value> + '_> {
        Box::new(std::iter::empty())
    }
}

//! Takes in a page of readings: many aggregates, each on its own, in few round trips.

use std::collections::HashMap;

use cqrs_es::AggregateError;
use domain::interaction::{
    Ingest, Interaction, InteractionCommand, InteractionError, InteractionEvent,
};
use domain::{InteractionId, StreamId, TenantId};
use eventlog::{KeyError, LogError};
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use tracing::warn;
use uuid::Uuid;

use crate::context::{Actor, Context};
use crate::event_store::{AppendError, LoadedAggregate, PgEventStore};
use crate::handler::{CommandError, Commands, backoff};

/// Interactions that are read in one query and wait for the log side by side. Fills five calls of a log's appender, and
/// is few enough that a person's command behind them waits a tenth of a second and that two pages fit what may wait.
const AT_ONCE: usize = 1_000;

/// While one batch waits for the log, the next is read and decided.
const BATCHES_SIDE_BY_SIDE: usize = 2;

/// How often what lost against another writer is decided anew. The rival is another reader of the same page, which
/// decides the same, or a person, who is one.
const ROUNDS_MAX: u32 = 6;

/// What was read of one interaction.
#[derive(Clone)]
pub struct Reading {
    /// As it was read.
    pub ingest: Ingest,
    /// Tells this content from any other, without giving it away: a keyed digest. The command's id is derived from it,
    /// so that two readers of the same page carry it out once.
    pub digest: Vec<u8>,
}

impl Reading {
    /// Each reading of a chat may bring other messages; of everything else the later one tells all.
    fn followed_by(self, later: Self) -> Self {
        let Self { ingest: Ingest { chat, .. }, digest } = self;
        if chat.messages.is_empty() {
            return later;
        }
        let digest = [digest, later.digest].concat();
        let mut ingest = later.ingest;
        ingest.chat.messages.extend(chat.messages);
        ingest.chat.messages.sort_by_key(|message| message.sent_at);
        ingest.chat.open = ingest.chat.open.or(chat.open);
        Self { ingest, digest }
    }
}

/// What became of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Interactions that were new or had changed.
    pub changed: usize,
    /// Interactions that stood as they were known.
    pub unchanged: usize,
    /// Interactions that could not be taken in; the page must be read again.
    pub failed: Vec<InteractionId>,
}

/// What became of one interaction in one round.
enum Outcome {
    Changed,
    Unchanged,
    /// Another writer came first.
    Lost,
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

/// What follows from a reading.
struct Decision {
    loaded: LoadedAggregate<Interaction>,
    events: Vec<InteractionEvent>,
    command_id: Uuid,
}

impl Commands {
    /// Takes in `readings` of one seller; one that fails does not stop the others. Of an interaction that stands twice on
    /// the page the last reading counts, with the messages of all.
    pub async fn ingest_page(&self, tenant: TenantId, readings: Vec<Reading>) -> IngestReport {
        let mut repeated = 0;
        let mut latest: HashMap<StreamId, Reading> = HashMap::with_capacity(readings.len());
        let mut order = Vec::with_capacity(readings.len());
        for reading in readings {
            let stream = stream_of(tenant, &reading.ingest);
            match latest.remove(&stream) {
                Some(earlier) => {
                    repeated += 1;
                    latest.insert(stream, earlier.followed_by(reading));
                }
                None => {
                    order.push(stream);
                    latest.insert(stream, reading);
                }
            }
        }
        // What one page led to belongs together.
        let page = Uuid::now_v7();
        let batches: Vec<Vec<_>> = order
            .chunks(AT_ONCE)
            .map(|streams| streams.iter().filter_map(|s| Some((*s, latest.remove(s)?))).collect())
            .collect();
        stream::iter(batches)
            .map(|batch| self.ingest_batch(tenant, page, batch))
            .buffer_unordered(BATCHES_SIDE_BY_SIDE)
            .fold(
                IngestReport { unchanged: repeated, ..IngestReport::default() },
                async |all, one| all.with(one),
            )
            .await
    }

    async fn ingest_batch(
        &self,
        tenant: TenantId,
        page: Uuid,
        mut batch: Vec<(StreamId, Reading)>,
    ) -> IngestReport {
        let mut report = IngestReport::default();
        for round in 0..ROUNDS_MAX {
            let outcomes = self.ingest_round(tenant, page, &batch).await;
            let mut lost = Vec::new();
            for (item, outcome) in batch.into_iter().zip(outcomes) {
                match outcome {
                    Outcome::Changed => report.changed += 1,
                    Outcome::Unchanged => report.unchanged += 1,
                    Outcome::Lost if round + 1 < ROUNDS_MAX => lost.push(item),
                    Outcome::Lost => {
                        report.fail(item.0, &CommandError::<InteractionError>::Contended)
                    }
                    Outcome::Failed(error) => report.fail(item.0, &*error),
                }
            }
            if lost.is_empty() {
                break;
            }
            tokio::time::sleep(backoff(round)).await;
            batch = lost;
        }
        report
    }

    /// Loads all, decides each, appends all. Gives an outcome per item, in order.
    async fn ingest_round(
        &self,
        tenant: TenantId,
        page: Uuid,
        batch: &[(StreamId, Reading)],
    ) -> Vec<Outcome> {
        let context = Context::new(tenant, Actor::System("sync"));
        let store = PgEventStore::<Interaction>::new(self.log().clone(), context);
        let streams: Vec<StreamId> = batch.iter().map(|(stream, _)| *stream).collect();
        let all_failed = |error: LogError| {
            batch.iter().map(|_| Outcome::Failed(Box::new(error.clone()))).collect()
        };
        let loaded = match store.load_many(&streams).await {
            Ok(loaded) => loaded,
            // A stream with a gap or a key that does not open must not cost the others: alone, it fails nobody else.
            Err(error) if batch.len() > 1 && is_of_one_stream(&error) => {
                let mut outcomes = Vec::with_capacity(batch.len());
                for one in batch {
                    let alone = std::slice::from_ref(one);
                    outcomes.extend(Box::pin(self.ingest_round(tenant, page, alone)).await);
                }
                return outcomes;
            }
            Err(error) => return all_failed(error),
        };
        let decided: Vec<_> = batch
            .iter()
            .zip(loaded)
            .map(|((_, reading), loaded)| decide(reading, loaded))
            .collect();
        let changing = decided.iter().flatten().filter(|decision| !decision.events.is_empty());
        let subjects: Vec<Uuid> = changing.map(|decision| decision.loaded.stream.0).collect();
        if let Err(error) = self.log().prepare(tenant, subjects).await
            && !is_of_one_stream(&error)
        {
            return all_failed(error);
        }
        join_all(decided.into_iter().map(async |decision| match decision {
            Ok(decision) => self.append_decision(tenant, page, decision).await,
            Err(failed) => failed,
        }))
        .await
    }

    async fn append_decision(&self, tenant: TenantId, page: Uuid, decision: Decision) -> Outcome {
        let Decision { loaded, events, command_id } = decision;
        let context = Context {
            correlation_id: page,
            ..Context::repeatable(tenant, Actor::System("sync"), command_id)
        };
        let store = PgEventStore::<Interaction>::new(self.log().clone(), context);
        match store.append(&loaded, &events).await {
            Ok(Some(_)) => Outcome::Changed,
            Ok(None) => Outcome::Unchanged,
            Err(AppendError::Conflict) => Outcome::Lost,
            Err(error) => Outcome::Failed(Box::new(error)),
        }
    }
}

fn decide(
    reading: &Reading,
    loaded: Result<LoadedAggregate<Interaction>, AggregateError<InteractionError>>,
) -> Result<Decision, Outcome> {
    let loaded = loaded.map_err(|error| Outcome::Failed(Box::new(error)))?;
    let command = InteractionCommand::Ingest(Box::new(reading.ingest.clone()));
    let events = loaded.aggregate.decide(command);
    let events = events.map_err(|error| Outcome::Failed(Box::new(error)))?;
    Ok(Decision { command_id: command_id(reading, &loaded), loaded, events })
}

impl IngestReport {
    fn with(mut self, other: Self) -> Self {
        self.changed += other.changed;
        self.unchanged += other.unchanged;
        self.failed.extend(other.failed);
        self
    }

    fn fail(&mut self, stream: StreamId, error: &(dyn std::error::Error + 'static)) {
        let id = InteractionId(stream.0);
        warn!(interaction.id = %id, error, "could not take in interaction {id}");
        self.failed.push(id);
    }
}

/// Whether the same query without the stream in question would succeed.
fn is_of_one_stream(error: &LogError) -> bool {
    matches!(error, LogError::StreamGap { .. })
        || matches!(error, LogError::Key(error) if !matches!(error, KeyError::Database(_)))
}

fn stream_of(tenant: TenantId, reading: &Ingest) -> StreamId {
    let source = &reading.source;
    InteractionId::of_external(tenant, source.account_id, source.channel, &source.external_id)
        .into()
}

/// Derived from the interaction, the content and the version it meets: a buyer who changes a review and changes it back
/// leaves the same content twice, and both are news.
fn command_id(reading: &Reading, loaded: &LoadedAggregate<Interaction>) -> Uuid {
    let mut name = b"ingest".to_vec();
    name.extend(loaded.version.to_be_bytes());
    name.extend(&reading.digest);
    Uuid::new_v5(&loaded.stream.0, &name)
}

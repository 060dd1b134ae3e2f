//! The framework's `EventStore` on our log. A value of it serves one request: the traits have no place for a tenant
//! or a command id.

use std::collections::HashMap;
use std::marker::PhantomData;

use cqrs_es::{
    Aggregate, AggregateContext, AggregateError, DomainEvent, EventEnvelope, EventStore,
};
use domain::StreamId;
use domain::event::decode;
use eventlog::{Appended, EventLog, Expected, LogError, NewEvent, NewEvents, Placed, StoredEvent};
use uuid::Uuid;

use crate::context::Context;

/// Loads and appends the streams of one aggregate type for one request.
#[derive(Clone)]
pub struct PgEventStore<A> {
    log: EventLog,
    context: Context,
    aggregate: PhantomData<fn() -> A>,
}

/// An aggregate as it was read, with the version it is conditional on.
#[derive(Debug, Clone)]
pub struct LoadedAggregate<A> {
    /// Its stream.
    pub stream: StreamId,
    /// Version of the last event read; 0 for a stream without events.
    pub version: i32,
    /// Its state.
    pub aggregate: A,
}

impl<A: Aggregate> AggregateContext<A> for LoadedAggregate<A> {
    fn aggregate(&mut self) -> &mut A {
        &mut self.aggregate
    }
}

impl<A: Aggregate> LoadedAggregate<A> {
    fn folded(
        stream: StreamId,
        events: Vec<StoredEvent>,
    ) -> Result<Self, AggregateError<A::Error>> {
        Self { stream, version: 0, aggregate: A::default() }.followed_by(events)
    }

    pub(crate) fn followed_by(
        mut self,
        events: Vec<StoredEvent>,
    ) -> Result<Self, AggregateError<A::Error>> {
        // A stream of another kind under that id: there is no such aggregate.
        for stored in events.into_iter().filter(|stored| stored.stream_type == A::TYPE) {
            self.version = stored.version;
            for event in present::<A>(stored)? {
                self.aggregate.apply(event);
            }
        }
        Ok(self)
    }
}

impl<A: Aggregate> PgEventStore<A> {
    /// Serves one request.
    #[must_use]
    pub fn new(log: EventLog, context: Context) -> Self {
        Self { log, context, aggregate: PhantomData }
    }

    /// Appends what was decided on `loaded`; `None` when that was nothing.
    ///
    /// # Errors
    /// [`AppendError::Conflict`] when another writer came first, [`AppendError::Log`] when the log cannot say.
    pub(crate) async fn append(
        &self,
        loaded: &LoadedAggregate<A>,
        events: &[A::Event],
    ) -> Result<Option<Placed>, AppendError> {
        match self.store(loaded, events).await? {
            Appended::Done(placed) | Appended::Duplicate(placed) => Ok(Some(placed)),
            Appended::Conflict => Err(AppendError::Conflict),
            Appended::Empty => Ok(None),
        }
    }

    /// Appends as [`Self::append`] does, and tells what became of it.
    pub(crate) async fn store(
        &self,
        loaded: &LoadedAggregate<A>,
        events: &[A::Event],
    ) -> Result<Appended, AppendError> {
        if events.is_empty() {
            return Ok(Appended::Empty);
        }
        let appended = self
            .log
            .append(NewEvents {
                tenant: self.context.tenant,
                stream: loaded.stream,
                stream_type: A::TYPE,
                expected: Expected::Version(loaded.version),
                command_id: self.context.command_id,
                correlation_id: Some(self.context.correlation_id),
                causation_id: self.context.causation_id,
                actor: Some(self.context.actor.to_string()),
                // Until buyers can be told apart across interactions, each interaction's buyer is a subject.
                subject: loaded.stream.0,
                events: events.iter().map(to_new_event).collect::<Result<_, _>>()?,
            })
            .await?;
        Ok(appended)
    }

    /// Reads many aggregates at once, in order; one without events stands at version 0, and one whose events cannot be
    /// decoded fails alone.
    pub(crate) async fn load_many(
        &self,
        streams: &[StreamId],
    ) -> Result<Vec<Result<LoadedAggregate<A>, AggregateError<A::Error>>>, LogError> {
        let mut stored = self.log.load_streams(self.context.tenant, streams).await?;
        let loaded = streams.iter().map(|stream| {
            LoadedAggregate::folded(*stream, stored.remove(stream).unwrap_or_default())
        });
        Ok(loaded.collect())
    }

    async fn load(&self, stream: StreamId) -> Result<Vec<StoredEvent>, LogError> {
        self.log.load_stream(self.context.tenant, stream, 0).await
    }
}

/// Why an append did not happen, or may not have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendError {
    #[error("another writer came first")]
    Conflict,
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("writing an event as JSON")]
    Json(#[from] serde_json::Error),
}

fn to_new_event<E: DomainEvent>(event: &E) -> Result<NewEvent, serde_json::Error> {
    Ok(NewEvent {
        event_type: event.event_type(),
        schema_version: event
            .event_version()
            .parse()
            .expect("a version is a number, written as text for the framework's sake"),
        payload: serde_json::to_value(event)?,
    })
}

impl<A: Aggregate> EventStore<A> for PgEventStore<A> {
    type AC = LoadedAggregate<A>;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        let stream = parse_stream(aggregate_id)?;
        let stored = self.load(stream).await.map_err(database)?;
        let mut envelopes = Vec::with_capacity(stored.len());
        for stored in stored {
            let sequence = usize::try_from(stored.version).unwrap_or_default();
            envelopes.extend(present::<A>(stored)?.into_iter().map(|payload| EventEnvelope {
                aggregate_id: aggregate_id.to_owned(),
                sequence,
                payload,
                metadata: HashMap::new(),
            }));
        }
        Ok(envelopes)
    }

    async fn load_aggregate(
        &self,
        aggregate_id: &str,
    ) -> Result<LoadedAggregate<A>, AggregateError<A::Error>> {
        let stream = parse_stream(aggregate_id)?;
        LoadedAggregate::folded(stream, self.load(stream).await.map_err(database)?)
    }

    async fn commit(
        &self,
        events: Vec<A::Event>,
        loaded: LoadedAggregate<A>,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<A>>, AggregateError<A::Error>> {
        self.append(&loaded, &events).await.map_err(|error| match error {
            AppendError::Conflict => AggregateError::AggregateConflict,
            AppendError::Log(error) => database(error),
            AppendError::Json(error) => AggregateError::UnexpectedError(Box::new(error)),
        })?;
        let first = usize::try_from(loaded.version).unwrap_or_default() + 1;
        Ok(events
            .into_iter()
            .enumerate()
            .map(|(offset, payload)| EventEnvelope {
                aggregate_id: loaded.stream.to_string(),
                sequence: first + offset,
                payload,
                metadata: metadata.clone(),
            })
            .collect())
    }
}

/// Reads a stored event in its present form: as one event, none or several.
fn present<A: Aggregate>(stored: StoredEvent) -> Result<Vec<A::Event>, AggregateError<A::Error>> {
    let StoredEvent { stream_type, event_type, schema_version, payload, .. } = stored;
    decode((&stream_type, &event_type, schema_version), payload)
        .map_err(|error| AggregateError::DeserializationError(Box::new(error)))
}

fn parse_stream<E: std::error::Error>(aggregate_id: &str) -> Result<StreamId, AggregateError<E>> {
    aggregate_id
        .parse::<Uuid>()
        .map(StreamId)
        .map_err(|error| AggregateError::UnexpectedError(Box::new(error)))
}

fn database<E: std::error::Error>(error: LogError) -> AggregateError<E> {
    AggregateError::DatabaseConnectionError(Box::new(error))
}

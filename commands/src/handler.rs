//! Load, decide, append, and try again when another writer came first.

use std::time::Duration;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateError, EventStore};
use domain::{StreamId, TenantId};
use eventlog::{Appended, EventLog, LogError, Placed};

use crate::cache::Known;
use crate::context::{Actor, Context};
use crate::event_store::{AppendError, LoadedAggregate, PgEventStore};
use crate::guardrails::ReadyGuardrails;

/// How often a command is decided anew before the caller is told that the stream is contended. Interactions have
/// one or two writers, so a command that loses twelve times, over a second or so, meets a fault and not a rival.
const ATTEMPTS_MAX: u32 = 12;

/// Longest wait before the second attempt; doubles from there. Above one round trip, below what a person notices.
const BACKOFF: Duration = Duration::from_millis(4);

/// Longest wait before any attempt.
const BACKOFF_MAX: Duration = Duration::from_millis(250);

/// Carries commands to aggregates.
#[derive(Clone)]
pub struct Commands {
    log: EventLog,
    known: Known,
    ready: ReadyGuardrails,
}

/// What became of a command that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// Where its events stand, also when they were stored before under the same command id; none when it led to
    /// nothing.
    pub placed: Option<Placed>,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum CommandError<E: std::error::Error> {
    /// A rule of the aggregate refuses it.
    #[error(transparent)]
    Rejected(E),
    /// Other writers kept coming first.
    #[error("the stream is contended")]
    Contended,
    /// The log could not be read or written.
    #[error("reaching the event log")]
    Log(#[from] LogError),
    /// Stored events cannot be read, or decided ones not be written.
    #[error("reading or writing events")]
    Events(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl<E: std::error::Error> From<AppendError> for CommandError<E> {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Conflict => Self::Contended,
            AppendError::Log(error) => error.into(),
            AppendError::Json(error) => Self::Events(error.into()),
        }
    }
}

impl Commands {
    /// Carries commands to streams in `log`. Streams that this process has lately read or written are remembered, which
    /// saves reading them again and never changes what becomes of a command.
    #[must_use]
    pub fn new(log: EventLog) -> Self {
        Self { log, known: Known::new(), ready: ReadyGuardrails::new() }
    }

    /// Carries commands to streams in `log` and reads the stream for each of them.
    #[must_use]
    pub fn without_cache(log: EventLog) -> Self {
        Self { log, known: Known::nothing(), ready: ReadyGuardrails::new() }
    }

    pub(crate) fn log(&self) -> &EventLog {
        &self.log
    }

    pub(crate) fn ready(&self) -> &ReadyGuardrails {
        &self.ready
    }

    /// Forgets what this process remembers of a stream: to be called when a person is erased.
    pub fn evict(&self, tenant: TenantId, stream: impl Into<StreamId>) {
        self.known.evict(tenant, stream.into());
    }

    /// Carries `command` to the aggregate at `stream`.
    ///
    /// Repeating it under the same command id is harmless. Many at once are quicker than one after the other: those
    /// that wait share a call to the log, which is as good as it gets from about 200 commands side by side in a
    /// process.
    ///
    /// # Errors
    /// [`CommandError`]: refused by a rule, contended, or the log out of reach.
    pub async fn execute<A>(
        &self,
        context: &Context,
        stream: impl Into<StreamId>,
        command: A::Command,
    ) -> Result<Executed, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Command: Clone,
    {
        let stream = stream.into();
        let store = PgEventStore::<A>::new(self.log.clone(), context.clone());
        if let Some(known) = self.known.get::<A>(context.tenant, stream) {
            match self.attempt(&store, context, known, command.clone()).await {
                Ok(Appended::Done(placed)) => return Ok(Executed { placed: Some(placed) }),
                Err(CommandError::Log(error)) if !is_about_the_command(&error) => {
                    return Err(error.into());
                }
                // Refused, found done or overtaken: perhaps only because what is known here is old.
                Ok(_) | Err(_) => self.known.evict(context.tenant, stream),
            }
        }
        for attempt in 0..ATTEMPTS_MAX {
            let loaded = store.load_aggregate(&stream.to_string()).await.map_err(from_framework)?;
            match self.attempt(&store, context, loaded, command.clone()).await? {
                Appended::Done(placed) | Appended::Duplicate(placed) => {
                    return Ok(Executed { placed: Some(placed) });
                }
                Appended::Empty => return Ok(Executed { placed: None }),
                Appended::Conflict => tokio::time::sleep(backoff(attempt)).await,
            }
        }
        Err(CommandError::Contended)
    }

    /// Carries `command` to an aggregate that was read a moment ago: what [`Self::execute`] does, without reading it
    /// again unless another writer came first.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn execute_on<A>(
        &self,
        context: &Context,
        loaded: LoadedAggregate<A>,
        command: A::Command,
    ) -> Result<Executed, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + Clone + 'static,
        A::Command: Clone,
    {
        let stream = loaded.stream;
        let store = PgEventStore::<A>::new(self.log.clone(), context.clone());
        match self.attempt(&store, context, loaded, command.clone()).await? {
            Appended::Done(placed) | Appended::Duplicate(placed) => {
                Ok(Executed { placed: Some(placed) })
            }
            Appended::Empty => Ok(Executed { placed: None }),
            Appended::Conflict => self.execute::<A>(context, stream, command).await,
        }
    }

    /// Decides and appends once, and remembers the state if it is certain.
    async fn attempt<A>(
        &self,
        store: &PgEventStore<A>,
        context: &Context,
        mut loaded: LoadedAggregate<A>,
        command: A::Command,
    ) -> Result<Appended, CommandError<A::Error>>
    where
        A: Aggregate<Services = ()> + 'static,
    {
        let sink = EventSink::default();
        loaded.aggregate.handle(command, &(), &sink).await.map_err(CommandError::Rejected)?;
        let appended = store.store(&loaded, &sink.collect().await).await?;
        match appended {
            Appended::Done(placed) => {
                // The aggregate applied its events when it decided on them.
                loaded.version = placed.version;
                self.known.put(context.tenant, loaded);
            }
            Appended::Empty => self.known.put(context.tenant, loaded),
            Appended::Duplicate(_) | Appended::Conflict => {}
        }
        Ok(appended)
    }

    /// Reads the aggregate at `stream` as it stands now.
    ///
    /// # Errors
    /// [`CommandError::Log`] or [`CommandError::Events`].
    pub async fn load<A>(
        &self,
        tenant: TenantId,
        stream: impl Into<StreamId>,
    ) -> Result<LoadedAggregate<A>, CommandError<A::Error>>
    where
        A: Aggregate,
    {
        let context = Context::new(tenant, Actor::System("read"));
        PgEventStore::<A>::new(self.log.clone(), context)
            .load_aggregate(&stream.into().to_string())
            .await
            .map_err(from_framework)
    }

    /// Reads what came to a stream since it was `loaded`.
    ///
    /// # Errors
    /// [`CommandError::Log`] or [`CommandError::Events`].
    pub async fn reload<A>(
        &self,
        tenant: TenantId,
        loaded: &LoadedAggregate<A>,
    ) -> Result<LoadedAggregate<A>, CommandError<A::Error>>
    where
        A: Aggregate + Clone,
    {
        let news = self.log.load_stream(tenant, loaded.stream, loaded.version).await?;
        loaded.clone().followed_by(news).map_err(from_framework)
    }
}

/// Whether another state of the stream could lead to another answer.
fn is_about_the_command(error: &LogError) -> bool {
    matches!(error, LogError::CommandIdReused { .. })
}

/// Full jitter, so that writers that met once do not meet again.
pub(crate) fn backoff(attempt: u32) -> Duration {
    let longest = (BACKOFF * 2_u32.pow(attempt)).min(BACKOFF_MAX);
    longest.mul_f64(rand::random::<f64>())
}

fn from_framework<E: std::error::Error>(error: AggregateError<E>) -> CommandError<E> {
    match error {
        AggregateError::UserError(error) => CommandError::Rejected(error),
        AggregateError::AggregateConflict => CommandError::Contended,
        AggregateError::DatabaseConnectionError(error) => match error.downcast::<LogError>() {
            Ok(error) => CommandError::Log(*error),
            Err(error) => CommandError::Events(error),
        },
        AggregateError::DeserializationError(error) | AggregateError::UnexpectedError(error) => {
            CommandError::Events(error)
        }
    }
}

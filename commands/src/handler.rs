//! Load, decide, append, and try again when another writer came first.

use std::time::Duration;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, AggregateError, EventStore};
use domain::{StreamId, TenantId};
use eventlog::{EventLog, LogError, Placed};

use crate::context::{Actor, Context};
use crate::event_store::{AppendError, LoadedAggregate, PgEventStore};

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
}

/// What became of a command that was not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executed {
    /// Where its events stand; none when it had been carried out before or led to nothing.
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

impl Commands {
    /// Carries commands to streams in `log`.
    #[must_use]
    pub fn new(log: EventLog) -> Self {
        Self { log }
    }

    pub(crate) fn log(&self) -> &EventLog {
        &self.log
    }

    /// Carries `command` to the aggregate at `stream`.
    ///
    /// Repeating it under the same command id is harmless.
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
        A: Aggregate<Services = ()>,
        A::Command: Clone,
    {
        let stream = stream.into();
        let store = PgEventStore::<A>::new(self.log.clone(), context.clone());
        for attempt in 0..ATTEMPTS_MAX {
            let mut loaded =
                store.load_aggregate(&stream.to_string()).await.map_err(from_framework)?;
            let sink = EventSink::default();
            let version = loaded.version;
            loaded
                .aggregate
                .handle(command.clone(), &(), &sink)
                .await
                .map_err(CommandError::Rejected)?;
            debug_assert_eq!(loaded.version, version, "deciding does not move the version");
            match store.append(&loaded, &sink.collect().await).await {
                Ok(placed) => return Ok(Executed { placed }),
                Err(AppendError::Conflict) => tokio::time::sleep(backoff(attempt)).await,
                Err(AppendError::Log(error)) => return Err(error.into()),
                Err(AppendError::Json(error)) => return Err(CommandError::Events(error.into())),
            }
        }
        Err(CommandError::Contended)
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

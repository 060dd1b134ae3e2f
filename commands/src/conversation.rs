//! Interactions as whoever drafts an answer reads them: the state that decides, and what was said.

use cqrs_es::Aggregate as _;
use domain::event::{DecodeError, decode};
use domain::interaction::{Conversation, Interaction, InteractionEvent};
use domain::{InteractionId, StreamId, TenantId};
use eventlog::{LogError, StoredEvent};

use crate::{Commands, LoadedAggregate};

/// Why an interaction cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The log is out of reach.
    #[error("reaching the event log")]
    Log(#[from] LogError),
    /// One of its events cannot be read by this program.
    #[error("reading an event")]
    Decode(#[from] DecodeError),
}

impl Commands {
    /// Reads an interaction; none where the seller has no such.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn conversation(
        &self,
        tenant: TenantId,
        id: InteractionId,
    ) -> Result<Option<(Interaction, Conversation)>, ReadError> {
        let stored = self.log().load_stream(tenant, id.into(), 0).await?;
        let (loaded, conversation) = folded(id.into(), stored)?;
        let interaction = loaded.aggregate;
        Ok(interaction.source().is_some().then_some((interaction, conversation)))
    }

    /// Reads interactions in the order of `ids`, each as a command can be carried to it; none for one that does not
    /// exist or cannot be read.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub async fn conversations(
        &self,
        tenant: TenantId,
        ids: &[InteractionId],
    ) -> Result<Vec<Option<(LoadedAggregate<Interaction>, Conversation)>>, LogError> {
        let streams: Vec<StreamId> = ids.iter().map(|id| (*id).into()).collect();
        let mut wanted = streams.clone();
        let mut stored = loop {
            match self.log().load_streams_marked(tenant, &wanted).await {
                // An event of it is missing, which is no reason to keep the others waiting.
                Err(LogError::StreamGap { stream, .. }) => wanted.retain(|other| *other != stream),
                read => break read?,
            }
        };
        let read = streams.iter().map(|stream| {
            let events = stored.remove(stream)?;
            let is_whole = events.iter().all(|event| event.spoilt.is_none());
            folded(*stream, events)
                .ok()
                .filter(|(loaded, _)| is_whole && loaded.aggregate.source().is_some())
        });
        Ok(read.collect())
    }
}

fn folded(
    stream: StreamId,
    events: Vec<StoredEvent>,
) -> Result<(LoadedAggregate<Interaction>, Conversation), DecodeError> {
    let mut loaded = LoadedAggregate { stream, version: 0, aggregate: Interaction::default() };
    let mut conversation = Conversation::default();
    for stored in events {
        loaded.version = stored.version;
        for event in decode::<InteractionEvent>(stored.names(), stored.payload.clone())? {
            conversation = conversation.after(&event);
            loaded.aggregate.apply(event);
        }
    }
    Ok((loaded, conversation))
}

//! Interactions as whoever drafts an answer reads them: the state that decides, and what was said.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::event::{DecodeError, decode};
use domain::interaction::{Conversation, Interaction, InteractionEvent};
use domain::value::MessageAuthor;
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

/// An interaction as a command can be carried to it, and what was said in it.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The state that decides.
    pub loaded: LoadedAggregate<Interaction>,
    /// What was said.
    pub conversation: Conversation,
    /// When the newest of the buyer's words came in; none where there are none.
    pub heard_at: Option<DateTime<Utc>>,
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
        let Heard { loaded, conversation, .. } = folded(id.into(), stored)?;
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
    ) -> Result<Vec<Option<Heard>>, LogError> {
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
                .filter(|heard| is_whole && heard.loaded.aggregate.source().is_some())
        });
        Ok(read.collect())
    }
}

fn folded(stream: StreamId, events: Vec<StoredEvent>) -> Result<Heard, DecodeError> {
    let loaded = LoadedAggregate { stream, version: 0, aggregate: Interaction::default() };
    let mut heard = Heard { loaded, conversation: Conversation::default(), heard_at: None };
    for stored in events {
        heard.loaded.version = stored.version;
        for event in decode::<InteractionEvent>(stored.names(), stored.payload.clone())? {
            if is_of_buyer(&event) {
                heard.heard_at = Some(stored.recorded_at);
            }
            heard.conversation = heard.conversation.after(&event);
            heard.loaded.aggregate.apply(event);
        }
    }
    Ok(heard)
}

fn is_of_buyer(event: &InteractionEvent) -> bool {
    if let InteractionEvent::MessageReceived { message, .. } = event {
        return message.author == MessageAuthor::Buyer;
    }
    matches!(event, InteractionEvent::Ingested { .. } | InteractionEvent::ContentRevised { .. })
}

//! Interactions as whoever drafts an answer reads them: the state that decides, and what was said.

use cqrs_es::Aggregate as _;
use domain::event::{DecodeError, decode};
use domain::interaction::{Conversation, Interaction, InteractionEvent};
use domain::{InteractionId, TenantId};
use eventlog::LogError;

use crate::Commands;

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
        let (mut interaction, mut conversation) = (Interaction::default(), Conversation::default());
        for stored in self.log().load_stream(tenant, id.into(), 0).await? {
            for event in decode::<InteractionEvent>(stored.names(), stored.payload.clone())? {
                conversation = conversation.after(&event);
                interaction.apply(event);
            }
        }
        Ok(interaction.source().is_some().then_some((interaction, conversation)))
    }
}

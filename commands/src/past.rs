//! What was, as the log keeps it: for whoever reckons a past draft again.

use cqrs_es::Aggregate as _;
use domain::drafting::Drafting;
use domain::event::decode;
use domain::interaction::{Conversation, DraftOrigin, Interaction, InteractionEvent, Written};
use domain::knowledge::{Item, KnowledgeEvent};
use domain::seller::SellerEvent;
use domain::value::{DraftId, Personal, ReplyId};
use domain::{InteractionId, KnowledgeId, StreamId, TenantId};
use eventlog::{LogError, StoredEvent};
use serde::de::DeserializeOwned;

use crate::Commands;

/// A draft that was made, and what was before its writer.
#[derive(Debug, Clone)]
pub struct PastDraft {
    /// The interaction as its writer read it.
    pub interaction: Interaction,
    /// What had been said.
    pub conversation: Conversation,
    /// How it came about; none where that was not kept.
    pub origin: Option<DraftOrigin>,
    /// What the model did for its text, be it for a draft that it goes on with.
    pub written: Option<Written>,
    /// What people sent.
    pub sent: Personal<String>,
}

impl Commands {
    /// Reads a draft and the reply that was made after it as they were; none where the log cannot be read there, or has
    /// no such.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub async fn past_draft(
        &self,
        tenant: TenantId,
        interaction: InteractionId,
        draft: DraftId,
        reply: ReplyId,
    ) -> Result<Option<PastDraft>, LogError> {
        let Some(stored) = self.whole_stream(tenant, interaction.into()).await? else {
            return Ok(None);
        };
        Ok(as_it_was(stored, draft, reply))
    }

    /// Returns what the seller wanted of drafts in a version of it; none where the log cannot be read there.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub async fn past_drafting(
        &self,
        tenant: TenantId,
        wanted: u32,
    ) -> Result<Option<Drafting>, LogError> {
        if wanted == 0 {
            return Ok(Some(Drafting::default()));
        }
        let stored = self.whole_stream(tenant, tenant.into()).await?.unwrap_or_default();
        let mut events = stored.iter().filter_map(decoded::<SellerEvent>).flatten();
        Ok(events.find_map(|event| {
            if let SellerEvent::DraftingChanged { version, drafting } = event {
                return (version == wanted).then_some(drafting);
            }
            None
        }))
    }

    /// Returns a document or product in a version of it; none where the log cannot be read there.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub async fn past_knowledge(
        &self,
        tenant: TenantId,
        item: KnowledgeId,
        wanted: u32,
    ) -> Result<Option<Item>, LogError> {
        let stored = self.whole_stream(tenant, item.into()).await?.unwrap_or_default();
        let mut events = stored.iter().filter_map(decoded::<KnowledgeEvent>).flatten();
        Ok(events.find_map(|event| {
            if let KnowledgeEvent::KnowledgeRevised { version, item } = event {
                return (version == wanted).then_some(*item);
            }
            None
        }))
    }

    /// Reads a stream; none where an event of it is missing or spoilt.
    async fn whole_stream(
        &self,
        tenant: TenantId,
        stream: StreamId,
    ) -> Result<Option<Vec<StoredEvent>>, LogError> {
        let mut read = match self.log().load_streams_marked(tenant, &[stream]).await {
            Err(LogError::StreamGap { .. }) => return Ok(None),
            read => read?,
        };
        let events = read.remove(&stream).unwrap_or_default();
        Ok(events.iter().all(|event| event.spoilt.is_none()).then_some(events))
    }
}

/// Reads an event; none of one that this program cannot read.
fn decoded<E: DeserializeOwned>(stored: &StoredEvent) -> Option<Vec<E>> {
    decode(stored.names(), stored.payload.clone()).ok()
}

fn as_it_was(stored: Vec<StoredEvent>, draft: DraftId, reply: ReplyId) -> Option<PastDraft> {
    let (mut interaction, mut conversation) = (Interaction::default(), Conversation::default());
    let mut written: Vec<(DraftId, Option<Written>)> = Vec::new();
    let mut found: Option<PastDraft> = None;
    for stored in &stored {
        for event in decoded::<InteractionEvent>(stored)? {
            if let InteractionEvent::DraftProposed { draft_id, origin, .. } = &event {
                let carried = origin.as_ref().and_then(|origin| origin.carried_from);
                let of = |id| written.iter().rev().find(|(of, _)| *of == id);
                let own = origin.as_ref().and_then(|origin| origin.written.clone());
                let own = own.or_else(|| carried.and_then(of).and_then(|(_, it)| it.clone()));
                written.push((*draft_id, own.clone()));
                if *draft_id == draft && found.is_none() {
                    found = Some(PastDraft {
                        interaction: interaction.clone(),
                        conversation: conversation.clone(),
                        origin: origin.as_deref().cloned(),
                        written: own,
                        sent: Personal::Erased,
                    });
                }
            }
            if let InteractionEvent::ReplyRequested { reply_id, text, .. } = &event
                && *reply_id == reply
                && let Some(found) = &mut found
            {
                found.sent = text.clone();
            }
            conversation = conversation.after(&event);
            interaction.apply(event);
        }
    }
    found
}

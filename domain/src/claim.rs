//! A buyer's claim for return: what the buyer wants to give back and why, and how the marketplace says it stands. It is
//! read and shown; nothing is answered.

mod content;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

pub use content::{
    ClaimContent, ClaimOrder, ClaimOrigin, ClaimState, ClaimWords, GoodsState, Price,
};

use crate::interaction::{ErasureGround, names_nobody};
use crate::value::{AccountId, Marketplace, Personal};

/// Stored as JSON: a name or field here may be added to, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "type")]
pub enum ClaimEvent {
    /// A claim was read for the first time.
    ClaimReceived {
        /// Where it is from.
        source: ClaimSource,
        /// How it stood.
        content: ClaimContent,
    },
    /// It stands otherwise than when it was last read.
    ClaimChanged {
        /// How it stands now.
        content: ClaimContent,
    },
    /// The buyer's data was erased: its key no longer exists, so whatever was sealed under it reads as erased.
    ClaimBuyerErased {
        /// On what ground.
        ground: ErasureGround,
        /// Number of the request or order that it rests on; never says who it was.
        reference: Option<String>,
    },
}

/// Where a claim comes from; never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimSource {
    /// The cabinet it was read from.
    pub account_id: AccountId,
    /// The marketplace of that cabinet.
    pub marketplace: Marketplace,
    /// The marketplace's own id, always as text.
    pub external_id: String,
    /// When the buyer made it, by the marketplace's clock.
    pub occurred_at: DateTime<Utc>,
}

/// A claim as it was read at the marketplace.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimReading {
    /// Where it is from.
    pub source: ClaimSource,
    /// How it stands.
    pub content: ClaimContent,
}

/// An intent.
#[derive(Debug, Clone, PartialEq)]
pub enum ClaimCommand {
    /// Take in what was read.
    Take(Box<ClaimReading>),
    /// Erase the buyer, whose key is destroyed.
    EraseBuyer {
        /// On what ground.
        ground: ErasureGround,
        /// Number of the request or order that it rests on.
        reference: Option<String>,
    },
}

/// The rule that a command would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Nothing with this id was ever read.
    #[error("the claim does not exist")]
    Unknown,
    /// The reference of an erasure could say who it was.
    #[error("the reference must be a number of a document")]
    Reference,
}

/// What the rules below need to know, and nothing more.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    content: Option<ClaimContent>,
    /// The buyer's data was erased.
    erased: bool,
}

impl Claim {
    /// Decides what follows from `command`; one already carried out yields no events.
    ///
    /// # Errors
    /// [`ClaimError`] names the rule that `command` would break.
    pub fn decide(&self, command: ClaimCommand) -> Result<Vec<ClaimEvent>, ClaimError> {
        match (&self.content, command) {
            // The marketplace shows the buyer's words again and again; nothing of them is kept.
            (_, ClaimCommand::Take(_)) if self.erased => Ok(vec![]),
            (None, ClaimCommand::Take(reading)) => {
                let ClaimReading { source, content } = *reading;
                Ok(vec![ClaimEvent::ClaimReceived { source, content }])
            }
            (Some(known), ClaimCommand::Take(reading)) => {
                let content = reading.content;
                let news = known.differs_from(&content);
                Ok(Vec::from_iter(news.then_some(ClaimEvent::ClaimChanged { content })))
            }
            (None, ClaimCommand::EraseBuyer { .. }) => Err(ClaimError::Unknown),
            (Some(_), ClaimCommand::EraseBuyer { .. }) if self.erased => Ok(vec![]),
            (Some(_), ClaimCommand::EraseBuyer { ground, reference }) => {
                if !reference.as_deref().is_none_or(names_nobody) {
                    return Err(ClaimError::Reference);
                }
                Ok(vec![ClaimEvent::ClaimBuyerErased { ground, reference }])
            }
        }
    }

    /// Tells whether the buyer's data was erased.
    #[must_use]
    pub fn is_erased(&self) -> bool {
        self.erased
    }
}

impl DomainEvent for ClaimEvent {
    fn event_type(&self) -> String {
        <&'static str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Claim {
    const TYPE: &'static str = "claim";
    type Command = ClaimCommand;
    type Event = ClaimEvent;
    type Error = ClaimError;
    type Services = ();

    async fn handle(
        &mut self,
        command: ClaimCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), ClaimError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: ClaimEvent) {
        match event {
            ClaimEvent::ClaimReceived { content, .. } | ClaimEvent::ClaimChanged { content } => {
                self.content = Some(content);
            }
            ClaimEvent::ClaimBuyerErased { .. } => {
                self.erased = true;
                if let Some(content) = &mut self.content {
                    content.words = Personal::Erased;
                }
            }
        }
    }
}

//! A knowledge item: a document or a product of which a seller knows something that answers buyers. Every version stays
//! readable, since drafts name the versions that they rest on.

mod item;
mod passages;
#[cfg(test)]
mod tests;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantNames};

pub use item::{
    Availability, DESCRIPTION_CHARS_MAX, Document, Fact, Fault, Item, ItemError, LABEL_CHARS_MAX,
    PRICE_MINOR_MAX, Price, Product, TEXT_CHARS_MAX, TITLE_CHARS_MAX, Topic,
};
pub use passages::PASSAGE_CHARS_MAX;

/// Stored as JSON: a name or field here may be added to, never changed. It holds what the seller says about its goods
/// and rules and nothing of any buyer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantNames)]
#[serde(tag = "type")]
pub enum KnowledgeEvent {
    /// It was written, or written anew.
    KnowledgeRevised {
        /// Counted from 1, without gaps, removals included.
        version: u32,
        /// What it says from here on.
        item: Box<Item>,
    },
    /// It is not to be used any more.
    KnowledgeRemoved {
        /// Counted on.
        version: u32,
    },
}

/// An intent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KnowledgeCommand {
    /// Write it, or write it anew.
    Revise {
        /// The version that whoever asks has seen, 0 where they saw none; none to replace whatever stands, as an import
        /// does.
        replaces: Option<u32>,
        /// What it is to say.
        item: Box<Item>,
    },
    /// Use it no more.
    Remove {
        /// The version that whoever asks has seen.
        replaces: u32,
    },
}

/// The rule that a command would break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KnowledgeError {
    /// There is no such item, or not any more.
    #[error("the knowledge item does not exist")]
    Unknown,
    /// Somebody changed it first.
    #[error("the knowledge item is at version {version} by now")]
    Changed {
        /// The version in force.
        version: u32,
    },
    /// A document would become a product, or a product another one.
    #[error("a document stays a document, and a product keeps its article")]
    OtherItem,
    /// It cannot say that.
    #[error(transparent)]
    Item(#[from] ItemError),
}

/// What the rules below need to know, and nothing more.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Knowledge {
    version: u32,
    /// None before it was written and after it was removed.
    item: Option<Box<Item>>,
}

impl Knowledge {
    /// Decides what follows from `command`; one already carried out yields no events.
    ///
    /// # Errors
    /// [`KnowledgeError`] names the rule that `command` would break.
    pub fn decide(&self, command: KnowledgeCommand) -> Result<Vec<KnowledgeEvent>, KnowledgeError> {
        match command {
            KnowledgeCommand::Revise { replaces, item } => {
                self.revise(replaces, Box::new(item.checked()?))
            }
            KnowledgeCommand::Remove { replaces } => {
                // Whoever removes it again, having seen it, has what they want.
                if self.item.is_none() {
                    return if self.version == 0 {
                        Err(KnowledgeError::Unknown)
                    } else {
                        Ok(vec![])
                    };
                }
                self.seen(replaces)?;
                Ok(vec![KnowledgeEvent::KnowledgeRemoved { version: self.version + 1 }])
            }
        }
    }

    fn revise(
        &self,
        replaces: Option<u32>,
        item: Box<Item>,
    ) -> Result<Vec<KnowledgeEvent>, KnowledgeError> {
        if self.item.as_ref() == Some(&item) {
            return Ok(vec![]);
        }
        match (&self.item, replaces) {
            (Some(known), _) if !known.is_same_thing(&item) => {
                return Err(KnowledgeError::OtherItem);
            }
            (Some(_), Some(replaces)) => self.seen(replaces)?,
            // It was removed while somebody wrote.
            (None, Some(1..)) => return Err(KnowledgeError::Unknown),
            (Some(_), None) | (None, Some(0) | None) => {}
        }
        Ok(vec![KnowledgeEvent::KnowledgeRevised { version: self.version + 1, item }])
    }

    fn seen(&self, replaces: u32) -> Result<(), KnowledgeError> {
        let version = self.version;
        if replaces == version { Ok(()) } else { Err(KnowledgeError::Changed { version }) }
    }

    /// Returns its version, 0 where it was never written, and what it says; none where it was removed.
    #[must_use]
    pub fn item(&self) -> (u32, Option<&Item>) {
        (self.version, self.item.as_deref())
    }
}

impl DomainEvent for KnowledgeEvent {
    fn event_type(&self) -> String {
        <&'static str>::from(self).to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Knowledge {
    const TYPE: &'static str = "knowledge";
    type Command = KnowledgeCommand;
    type Event = KnowledgeEvent;
    type Error = KnowledgeError;
    type Services = ();

    async fn handle(
        &mut self,
        command: KnowledgeCommand,
        (): &(),
        sink: &EventSink<Self>,
    ) -> Result<(), KnowledgeError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: KnowledgeEvent) {
        match event {
            KnowledgeEvent::KnowledgeRevised { version, item } => {
                self.version = version;
                self.item = Some(item);
            }
            KnowledgeEvent::KnowledgeRemoved { version } => {
                self.version = version;
                self.item = None;
            }
        }
    }
}

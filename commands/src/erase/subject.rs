//! Whose buyer is erased: the aggregate that tells of one, and how it says that the buyer was.

use std::fmt;

use domain::claim::{Claim, ClaimCommand, ClaimError};
use domain::interaction::{Interaction, InteractionCommand, InteractionError};
use domain::{ClaimId, InteractionId, StreamId, TenantId};
use eventlog::Placed;
use uuid::Uuid;

use super::{Basis, EraseError};
use crate::context::Context;
use crate::handler::{CommandError, Commands};

/// What the buyer to be erased left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A review, question or chat.
    Interaction(InteractionId),
    /// A claim for return.
    Claim(ClaimId),
}

impl From<InteractionId> for Subject {
    fn from(id: InteractionId) -> Self {
        Self::Interaction(id)
    }
}

impl From<ClaimId> for Subject {
    fn from(id: ClaimId) -> Self {
        Self::Claim(id)
    }
}

impl From<Subject> for StreamId {
    fn from(subject: Subject) -> Self {
        Self(subject.id())
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind(), self.id())
    }
}

impl Subject {
    /// Reads what the list of erasures, or the log, calls it.
    pub(super) fn of(kind: &str, id: Uuid) -> Self {
        if kind == "claim" {
            Self::Claim(ClaimId(id))
        } else {
            Self::Interaction(InteractionId(id))
        }
    }

    /// The type of its stream: `interaction` or `claim`.
    #[must_use]
    pub fn kind(self) -> &'static str {
        match self {
            Self::Interaction(_) => "interaction",
            Self::Claim(_) => "claim",
        }
    }

    /// The id of its stream, which its key has, too.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Self::Interaction(id) => id.0,
            Self::Claim(id) => id.0,
        }
    }

    /// The type of the event that says that the buyer was erased.
    #[must_use]
    pub fn erased_event(self) -> &'static str {
        match self {
            Self::Interaction(_) => "BuyerErased",
            Self::Claim(_) => "ClaimBuyerErased",
        }
    }

    /// Tells whether the rules allow the erasure.
    pub(super) async fn may_be_erased(
        self,
        commands: &Commands,
        tenant: TenantId,
        basis: &Basis,
    ) -> Result<(), EraseError> {
        match self {
            Self::Interaction(id) => {
                let loaded = commands.load::<Interaction>(tenant, id).await?;
                let decided = loaded.aggregate.decide(of_interaction(basis));
                decided.map_err(CommandError::Rejected)?;
            }
            Self::Claim(id) => {
                let loaded = commands.load::<Claim>(tenant, id).await.map_err(named)?;
                let decided = loaded.aggregate.decide(of_claim(basis));
                decided.map_err(|error| named(CommandError::Rejected(error)))?;
            }
        }
        Ok(())
    }

    /// Says in the log that the buyer was erased.
    pub(super) async fn say_erased(
        self,
        commands: &Commands,
        context: &Context,
        basis: &Basis,
    ) -> Result<Option<Placed>, EraseError> {
        let executed = match self {
            Self::Interaction(id) => {
                commands.execute::<Interaction>(context, id, of_interaction(basis)).await?
            }
            Self::Claim(id) => {
                let said = commands.execute::<Claim>(context, id, of_claim(basis)).await;
                said.map_err(named)?
            }
        };
        Ok(executed.placed)
    }
}

fn of_interaction(basis: &Basis) -> InteractionCommand {
    let Basis { ground, reference } = basis.clone();
    InteractionCommand::EraseBuyer { ground, reference }
}

fn of_claim(basis: &Basis) -> ClaimCommand {
    let Basis { ground, reference } = basis.clone();
    ClaimCommand::EraseBuyer { ground, reference }
}

/// A claim is refused for the same reasons as an interaction.
fn named(error: CommandError<ClaimError>) -> EraseError {
    EraseError::Command(match error {
        CommandError::Rejected(ClaimError::Unknown) => {
            CommandError::Rejected(InteractionError::Unknown)
        }
        CommandError::Rejected(ClaimError::Reference) => {
            CommandError::Rejected(InteractionError::Reference)
        }
        CommandError::Contended => CommandError::Contended,
        CommandError::Log(error) => CommandError::Log(error),
        CommandError::Events(error) => CommandError::Events(error),
    })
}

//! Who asks, for which seller, under which command id, caused by what.

use std::fmt;

use domain::{TenantId, UserId};
use uuid::Uuid;

/// What a command is carried out under.
#[derive(Debug, Clone)]
pub struct Context {
    /// The seller it acts for.
    pub tenant: TenantId,
    /// Makes the append idempotent: a command repeated with its id is carried out once.
    pub command_id: Uuid,
    /// Shared by everything that one request led to.
    pub correlation_id: Uuid,
    /// The event or effect that led to this command.
    pub causation_id: Option<Uuid>,
    /// Who asks.
    pub actor: Actor,
}

impl Context {
    /// Starts a new chain of causes with a command id of its own.
    #[must_use]
    pub fn new(tenant: TenantId, actor: Actor) -> Self {
        Self::repeatable(tenant, actor, Uuid::now_v7())
    }

    /// Starts a new chain of causes under a command id that a repetition will find again.
    #[must_use]
    pub fn repeatable(tenant: TenantId, actor: Actor, command_id: Uuid) -> Self {
        Self { tenant, command_id, correlation_id: command_id, causation_id: None, actor }
    }

    /// Goes on from a cause under a command id that a repetition will find again.
    #[must_use]
    pub fn caused_by(self, causation_id: Uuid, correlation_id: Uuid) -> Self {
        Self { causation_id: Some(causation_id), correlation_id, ..self }
    }
}

/// Who asks. Never a name: actors are stored unencrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person at the console or a program of theirs.
    User(UserId),
    /// A part of ours, such as `sync`.
    System(&'static str),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::System(part) => write!(f, "system:{part}"),
        }
    }
}

//! Outbox: calls owed to the outside world, filled from the log, emptied by workers under leases.

mod apply;
mod queue;

pub(crate) use apply::apply;
pub use queue::{
    Claim, Claimed, EffectKind, backlog, claim, claim_of_one_account, finish, put_back, start_call,
};

//! Outbox: calls owed to the outside world, filled from the log, emptied by workers under leases.

mod owed;
mod past_stopped;
mod queue;
mod read_back;

pub(crate) use owed::Row;
pub use queue::{
    Claim, Claimed, EffectKind, backlog, claim, claim_of_one_account, count_waiting, finish, now,
    put_back, start_call, waiting_deliveries,
};
pub use read_back::{
    ToReadBack, claim_to_read_back, note_read_back, read_back_later, to_read_back,
};

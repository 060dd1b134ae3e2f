//! The chain over the log: seals that follow its tail, heads signed and kept outside the database, and what checks
//! them. Whoever owns the database can change events and seals alike, but not a head that lies elsewhere.

mod event;
mod fault;
mod hash;
mod heads;
mod kept;
mod key;
mod line;
mod merkle;
mod outcome;
mod outside;
mod proof;
mod prove;
mod seal;
mod sealer;
mod standing;
mod stored;
mod verify;

pub use event::RawEvent;
pub use fault::{Fault, FaultKind};
pub use hash::Hash;
pub use heads::{HeadSigner, HeadsChecked, check_heads};
pub use kept::{KeptHeads, kept_heads};
pub use key::{HeadKey, HeadKeys};
pub use line::SignedHeads;
pub use outcome::{FaultPlace, Outcome, keep_outcome, last_outcomes};
pub use outside::{Restored, RestoredBy, follow_epoch, restored};
pub use proof::{Proof, ProofError, Proven};
pub use prove::{ProveError, locate, place_of, prove};
pub use seal::Seal;
pub use sealer::Sealer;
pub use standing::{LastSeal, LastSigned, Standing, standing, unsealed_seconds};
pub(crate) use verify::logs;
pub use verify::{ChainChecked, Scope, check_chain};

//! What may happen, and why: pure and synchronous, without clock, chance, SQL or HTTP.

pub mod access;
pub mod account;
pub mod automation;
pub mod bulk;
pub mod claim;
pub mod drafting;
pub mod effect;
pub mod event;
pub mod guardrail;
pub mod interaction;
pub mod knowledge;
pub mod policy;
pub mod seller;
pub mod sla;
pub mod value;

pub use event::{Event, Recorded};
pub use value::{
    AccountId, BulkId, Channel, ClaimId, DraftId, InteractionId, KnowledgeId, Marketplace,
    Personal, ReplyId, StreamId, TenantId, UserId,
};

//! Value objects: ids, the marketplaces' vocabulary, personal data, what a buyer wrote, reply text.

mod analysis;
mod content;
mod file;
mod ids;
mod links;
mod marketplace;
mod message;
mod personal;
mod reply_text;

pub use analysis::{Analysis, Confidence, ConfidenceOutOfRange, Intent, Priority, Sentiment};
pub use content::{BuyerWords, Content, ObservedAnswer, ObservedState, Product, Source};
pub use file::{FileError, FileKind, FileRules, OutgoingFile, known_files};
pub use ids::{
    AccountId, BulkId, ClaimId, DraftId, FileId, InteractionId, KnowledgeId, ReplyId, StreamId,
    TenantId, UserId,
};
pub use links::Links;
pub use marketplace::{Channel, Marketplace};
pub use message::{ChatMessage, MessageAuthor, MessageFile, MessageWords, Said};
pub use personal::Personal;
pub use reply_text::{ReplyText, TextError, TextLimits, same_words};

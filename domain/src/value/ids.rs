//! Ids as newtypes, so that one kind cannot be passed where another is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// A seller: the tenant that every row, stream and event belongs to.
    TenantId
}
id! {
    /// The events of one aggregate.
    StreamId
}
id! {
    /// A connected marketplace cabinet of a seller.
    AccountId
}
id! {
    /// A review, question or chat.
    InteractionId
}
id! {
    /// A buyer's claim for return.
    ClaimId
}
id! {
    /// One version of a reply: the answer, or an edit of it.
    ReplyId
}
id! {
    /// Replies to many interactions that were asked for at once.
    BulkId
}
id! {
    /// A document or product that a seller's replies rest on.
    KnowledgeId
}
id! {
    /// A proposed reply text.
    DraftId
}
id! {
    /// A file that a reply carries.
    FileId
}
id! {
    /// A person who signs in.
    UserId
}

macro_rules! stream_id {
    ($($name:ident),+) => {
        $(impl From<$name> for StreamId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        })+
    };
}
stream_id!(AccountId, BulkId, ClaimId, InteractionId, KnowledgeId, TenantId);

impl InteractionId {
    /// Derives the id of something seen at a marketplace, so that seeing it twice leads to the same stream.
    ///
    /// UUID v5 of the tenant over `account|channel|external id`: one seller may have several accounts at one
    /// marketplace, and only within an account is an external id known to be unique.
    #[must_use]
    pub fn of_external(
        tenant: TenantId,
        account: AccountId,
        channel: super::Channel,
        external_id: &str,
    ) -> Self {
        let name = format!("{account}|{}|{external_id}", channel.as_str());
        Self(Uuid::new_v5(&tenant.0, name.as_bytes()))
    }
}

impl BulkId {
    /// Derives the id of the reply to one of its interactions, so that asking twice asks for the same reply.
    #[must_use]
    pub fn reply_to(self, interaction: InteractionId) -> ReplyId {
        ReplyId(Uuid::new_v5(&self.0, interaction.0.as_bytes()))
    }
}

impl ClaimId {
    /// Derives the id of a claim seen at a marketplace, as [`InteractionId::of_external`] does.
    #[must_use]
    pub fn of_external(tenant: TenantId, account: AccountId, external_id: &str) -> Self {
        let name = format!("{account}|claim|{external_id}");
        Self(Uuid::new_v5(&tenant.0, name.as_bytes()))
    }
}

impl KnowledgeId {
    /// Derives the id of the product of that article, so that a seller's product is one item whoever writes of it.
    #[must_use]
    pub fn of_product(tenant: TenantId, article: &str) -> Self {
        Self(Uuid::new_v5(&tenant.0, format!("product|{article}").as_bytes()))
    }

    /// Derives the id of a document that is imported under that title, so that importing it twice makes one item.
    #[must_use]
    pub fn of_document(tenant: TenantId, title: &str) -> Self {
        Self(Uuid::new_v5(&tenant.0, format!("document|{title}").as_bytes()))
    }
}

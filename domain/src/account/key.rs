//! What a key says of itself and what it opens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use crate::value::Channel;

/// What a key says of itself.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// Its kind, where the marketplace has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<KeyKind>,
    /// When it ends, by the marketplace's clock; none where it does not end or does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// The kind of a Wildberries token: claim `acc` (the developer portal's page on tokens). It decides the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum KeyKind {
    /// For any program; a few calls an hour.
    Basic,
    /// For the marketplace's own sandbox.
    Test,
    /// For the seller's own programs.
    Personal,
    /// For a service of the Solutions Catalog.
    Service,
}

/// What a key lets a program do in a channel. The plan may still close it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChannelRight {
    /// Which channel.
    pub channel: Channel,
    /// What in it.
    pub right: Right,
}

/// How far a right goes; each includes the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// Nothing.
    None,
    /// To read what buyers write.
    Read,
    /// To read and to answer.
    Answer,
}

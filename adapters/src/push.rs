//! Notifications of the marketplaces: whose cabinet they are for, and the reading that they ask for. Nothing signs them,
//! so they are hints and no source of content: what happened is read from the marketplace.

mod network;
mod receiver;

use domain::Channel;

pub use network::is_allowed;
pub use receiver::{Receiver, Refusal, accept, find, refuse};
pub(crate) use receiver::{TOKEN_KIND, digest};

/// What a notification comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The marketplace asks whether the address answers.
    Ping,
    /// Something happened in a channel.
    News {
        /// The channel.
        channel: Channel,
        /// The cabinet's number at the marketplace, where the notification names it.
        cabinet: Option<String>,
    },
    /// Something of which nothing is read here.
    Other,
}

impl Notice {
    /// Returns its word in numbers about the service.
    fn as_str(&self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::News { .. } => "news",
            Self::Other => "other",
        }
    }
}

//! What of a cabinet is read in rounds of its own.

use std::str::FromStr;

use domain::Channel;

/// A channel, in which buyers are answered, or the claims for return, which are only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Section {
    /// A channel.
    Channel(Channel),
    /// The claims for return.
    Claims,
}

/// The word of the claims in SQL and JSON.
pub const CLAIMS: &str = "claim";

impl Section {
    /// Returns the word used in SQL and JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Channel(channel) => channel.as_str(),
            Self::Claims => CLAIMS,
        }
    }

    /// Tells whether it is this channel.
    pub(crate) fn is(self, channel: Channel) -> bool {
        self == Self::Channel(channel)
    }
}

impl FromStr for Section {
    type Err = strum::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == CLAIMS { Ok(Self::Claims) } else { text.parse().map(Self::Channel) }
    }
}

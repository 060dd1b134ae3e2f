//! By what a recipient is reached.

use strum::{EnumIter, EnumString, IntoStaticStr};

/// By what a recipient is reached. The name in snake case is kept in the database and is part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Medium {
    /// A mailbox.
    Email,
    /// A chat of Telegram that a bot may write to.
    Telegram,
    /// A program's URL.
    Webhook,
}

impl Medium {
    /// Returns its word in the database and the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

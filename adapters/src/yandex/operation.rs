//! The methods of the marketplace that are used here, and what each is under.

use std::time::Duration;

use reqwest::Method;
use strum::VariantArray;

use crate::rate_limit::Limit;

/// What quotas are counted by.
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// A method that is used here. Paths, quotas and rights are those of Yandex.Market's specification of 2026-07-17.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, VariantArray)]
pub enum Operation {
    /// What a key opens.
    Key,
    /// Chats, page by page.
    Chats,
    /// One chat.
    Chat,
    /// Messages of a chat, page by page.
    History,
    /// One message.
    Message,
    /// A message of ours.
    SendMessage,
    /// A file of ours.
    SendFile,
    /// Opens a chat, or finds the one that is open.
    OpenChat,
    /// Reviews, page by page.
    Reviews,
    /// Comments on reviews, page by page.
    Comments,
    /// A new comment of ours, or a new text of one.
    WriteComment,
    /// Takes a comment of ours away.
    DeleteComment,
    /// Leaves reviews without an answer.
    SkipReaction,
    /// Questions, page by page.
    Questions,
    /// Answers to questions, page by page.
    Answers,
    /// A new answer of ours, a new text of one, or its end.
    WriteAnswer,
}

/// The path of a method of a cabinet, in the second version of the API.
macro_rules! v2 {
    ($method:literal) => {
        concat!("v2/businesses/{businessId}/", $method)
    };
}

/// The same in the first version.
macro_rules! v1 {
    ($method:literal) => {
        concat!("v1/businesses/{businessId}/", $method)
    };
}

/// What an operation does at the marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    Writes,
}

/// What the specification says about an operation.
struct Described {
    method: Method,
    path: &'static str,
    effect: Effect,
    scope: &'static str,
    /// Calls in any hour of a cabinet without a paid plan. With the plan "Медиум" some have twice to five times as
    /// many.
    hourly: u32,
}

impl Operation {
    /// Returns the HTTP method.
    #[must_use]
    pub fn method(self) -> Method {
        self.described().method
    }

    /// Returns the path, with `{businessId}` where the cabinet's id belongs.
    #[must_use]
    pub fn path(self) -> &'static str {
        self.described().path
    }

    /// Tells whether the operation changes something at the marketplace, so that it must not be made unknowingly twice.
    #[must_use]
    pub fn writes(self) -> bool {
        self.described().effect == Effect::Writes
    }

    /// Returns how many calls a cabinet without a paid plan may make in an hour.
    #[must_use]
    pub fn hourly(self) -> u32 {
        self.described().hourly
    }

    /// Returns the limit of a cabinet: its hourly quota, spent so that no hour holds more, wherever it begins. A
    /// tenth of it may come at once, and the rest grows over the hour.
    #[must_use]
    pub fn limit(self) -> Limit {
        self.limit_of(self.hourly())
    }

    /// Returns the limit of a cabinet whose quota is `hourly`.
    #[must_use]
    pub fn limit_of(self, hourly: u32) -> Limit {
        let burst = (hourly / 10).max(1);
        let interval = HOUR / hourly.saturating_sub(burst).max(1);
        Limit { scope: self.described().scope, interval, burst }
    }

    fn described(self) -> Described {
        use Effect::{Reads, Writes};
        let (effect, hourly, scope, path) = match self {
            Self::Key => (Reads, 100, "yandex_key", "v2/auth/token"),
            Self::Chats => (Reads, 5_000, "yandex_chats", v2!("chats")),
            Self::Chat => (Reads, 1_000, "yandex_chat", v2!("chat")),
            Self::History => (Reads, 10_000, "yandex_chat_history", v2!("chats/history")),
            Self::Message => (Reads, 1_000, "yandex_chat_message", v2!("chats/message")),
            Self::SendMessage => (Writes, 1_000, "yandex_send_message", v2!("chats/message")),
            Self::SendFile => (Writes, 1_000, "yandex_send_file", v2!("chats/file/send")),
            Self::OpenChat => (Writes, 1_000, "yandex_open_chat", v2!("chats/new")),
            Self::Reviews => (Reads, 5_000, "yandex_reviews", v2!("goods-feedback")),
            Self::Comments => (Reads, 5_000, "yandex_comments", v2!("goods-feedback/comments")),
            Self::WriteComment => {
                (Writes, 1_000, "yandex_write_comment", v2!("goods-feedback/comments/update"))
            }
            Self::DeleteComment => {
                (Writes, 1_000, "yandex_delete_comment", v2!("goods-feedback/comments/delete"))
            }
            Self::SkipReaction => {
                (Writes, 500, "yandex_skip_reaction", v2!("goods-feedback/skip-reaction"))
            }
            Self::Questions => (Reads, 1_000, "yandex_questions", v1!("goods-questions")),
            Self::Answers => (Reads, 1_000, "yandex_answers", v1!("goods-questions/answers")),
            Self::WriteAnswer => {
                (Writes, 500, "yandex_write_answer", v1!("goods-questions/update"))
            }
        };
        // Everything else is a POST, reading too: filters are in the body.
        let is_get = matches!(self, Self::Chat | Self::Message);
        let method = if is_get { Method::GET } else { Method::POST };
        Described { method, path, effect, scope, hourly }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_hour_holds_more_than_the_quota() {
        for operation in Operation::VARIANTS {
            let Limit { interval, burst, .. } = operation.limit();
            let grown = HOUR.as_secs_f64() / interval.as_secs_f64();
            let most = f64::from(burst) + grown;
            let quota = f64::from(operation.hourly());
            // A nanosecond of rounding grows less than a hundredth of a call in an hour.
            assert!(most <= quota + 0.01, "{operation:?}: {most} of {quota}");
            assert!(most > quota * 0.99, "{operation:?} wastes its quota: {most} of {quota}");
        }
    }

    #[test]
    fn the_smallest_quota_still_has_a_turn() {
        for hourly in [0, 1, 2] {
            let Limit { interval, burst, .. } = Operation::Reviews.limit_of(hourly);
            assert_eq!((interval, burst), (HOUR, 1), "{hourly}");
        }
    }

    #[test]
    fn every_operation_has_a_bucket_of_its_own() {
        let scopes: HashSet<_> = Operation::VARIANTS.iter().map(|o| o.limit().scope).collect();
        assert_eq!(scopes.len(), Operation::VARIANTS.len());
    }
}

//! The methods of the API that are played: path, scopes, and how often each may be called.

use axum::routing::MethodFilter;

use crate::config::YandexScope;

/// A method of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Endpoint {
    Token,
    Chats,
    Chat,
    History,
    Message,
    SendMessage,
    SendFile,
    NewChat,
    Feedbacks,
    Comments,
    UpdateComment,
    DeleteComment,
    SkipReaction,
    Questions,
    Answers,
    UpdateAnswer,
}

impl Endpoint {
    pub(super) const ALL: [Self; 16] = [
        Self::Token,
        Self::Chats,
        Self::Chat,
        Self::History,
        Self::Message,
        Self::SendMessage,
        Self::SendFile,
        Self::NewChat,
        Self::Feedbacks,
        Self::Comments,
        Self::UpdateComment,
        Self::DeleteComment,
        Self::SkipReaction,
        Self::Questions,
        Self::Answers,
        Self::UpdateAnswer,
    ];

    /// Method and path, as the ledger and the counters name it.
    pub(super) fn name(self) -> String {
        let method = if self.is_get() { "GET" } else { "POST" };
        format!("{method} {}", self.path())
    }

    pub(super) fn method(self) -> MethodFilter {
        if self.is_get() { MethodFilter::GET } else { MethodFilter::POST }
    }

    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Token => "/v2/auth/token",
            Self::Chats => "/v2/businesses/{businessId}/chats",
            Self::Chat => "/v2/businesses/{businessId}/chat",
            Self::History => "/v2/businesses/{businessId}/chats/history",
            Self::Message | Self::SendMessage => "/v2/businesses/{businessId}/chats/message",
            Self::SendFile => "/v2/businesses/{businessId}/chats/file/send",
            Self::NewChat => "/v2/businesses/{businessId}/chats/new",
            Self::Feedbacks => "/v2/businesses/{businessId}/goods-feedback",
            Self::Comments => "/v2/businesses/{businessId}/goods-feedback/comments",
            Self::UpdateComment => "/v2/businesses/{businessId}/goods-feedback/comments/update",
            Self::DeleteComment => "/v2/businesses/{businessId}/goods-feedback/comments/delete",
            Self::SkipReaction => "/v2/businesses/{businessId}/goods-feedback/skip-reaction",
            Self::Questions => "/v1/businesses/{businessId}/goods-questions",
            Self::Answers => "/v1/businesses/{businessId}/goods-questions/answers",
            Self::UpdateAnswer => "/v1/businesses/{businessId}/goods-questions/update",
        }
    }

    /// Requests per hour without a paid plan (`x-resource-limit-config`).
    pub(super) fn per_hour(self) -> u32 {
        match self {
            Self::Token => 100,
            Self::Chats | Self::Feedbacks | Self::Comments => 5_000,
            Self::History => 10_000,
            Self::Chat
            | Self::Message
            | Self::SendMessage
            | Self::SendFile
            | Self::NewChat
            | Self::UpdateComment
            | Self::DeleteComment
            | Self::Questions
            | Self::Answers => 1_000,
            Self::SkipReaction | Self::UpdateAnswer => 500,
        }
    }

    pub(super) fn is_write(self) -> bool {
        matches!(
            self,
            Self::SendMessage
                | Self::SendFile
                | Self::NewChat
                | Self::UpdateComment
                | Self::DeleteComment
                | Self::SkipReaction
                | Self::UpdateAnswer
        )
    }

    /// Whether a key with this scope may call it (`x-auth-scopes`).
    pub(super) fn is_open_to(self, scope: YandexScope) -> bool {
        match scope {
            YandexScope::AllMethods | YandexScope::Communication => true,
            YandexScope::AllMethodsReadOnly => !self.is_write(),
            // Every key may ask what it is.
            YandexScope::OffersAndCardsManagement => self == Self::Token,
        }
    }

    /// The segment of a request's path that names the business.
    pub(super) fn business_of(self, path: &str) -> Option<&str> {
        let place = self.path().split('/').position(|segment| segment == "{businessId}")?;
        path.split('/').nth(place)
    }

    fn is_get(self) -> bool {
        matches!(self, Self::Chat | Self::Message)
    }
}

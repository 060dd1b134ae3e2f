//! The methods of the API, and the hosts that have them.

use super::budget::Budget;

/// A host of the API; each is played under its first label, `feedbacks-api` at the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Host {
    Feedbacks,
    BuyerChat,
    Returns,
    Common,
}

/// A method of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    Ping(Host),
    NewFeedbacksQuestions,
    CountUnanswered,
    Count,
    Feedbacks,
    Feedback,
    Archive,
    Answer,
    EditAnswer,
    QuestionsCountUnanswered,
    QuestionsCount,
    Questions,
    Question,
    PatchQuestion,
    Chats,
    Events,
    Message,
    Download,
    Claims,
    Claim,
    SellerInfo,
}

impl Endpoint {
    /// Method and path as the sandbox serves them; without the parameter of a path.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ping(Host::Feedbacks) => "GET /ping",
            Self::Ping(Host::BuyerChat) => "GET /buyer-chat-api/ping",
            Self::Ping(Host::Returns) => "GET /returns-api/ping",
            Self::Ping(Host::Common) => "GET /common-api/ping",
            Self::NewFeedbacksQuestions => "GET /api/v1/new-feedbacks-questions",
            Self::CountUnanswered => "GET /api/v1/feedbacks/count-unanswered",
            Self::Count => "GET /api/v1/feedbacks/count",
            Self::Feedbacks => "GET /api/v1/feedbacks",
            Self::Feedback => "GET /api/v1/feedback",
            Self::Archive => "GET /api/v1/feedbacks/archive",
            Self::Answer => "POST /api/v1/feedbacks/answer",
            Self::EditAnswer => "PATCH /api/v1/feedbacks/answer",
            Self::QuestionsCountUnanswered => "GET /api/v1/questions/count-unanswered",
            Self::QuestionsCount => "GET /api/v1/questions/count",
            Self::Questions => "GET /api/v1/questions",
            Self::Question => "GET /api/v1/question",
            Self::PatchQuestion => "PATCH /api/v1/questions",
            Self::Chats => "GET /buyer-chat-api/api/v1/seller/chats",
            Self::Events => "GET /buyer-chat-api/api/v1/seller/events",
            Self::Message => "POST /buyer-chat-api/api/v1/seller/message",
            Self::Download => "GET /buyer-chat-api/api/v1/seller/download",
            Self::Claims => "GET /returns-api/api/v1/claims",
            Self::Claim => "PATCH /returns-api/api/v1/claim",
            Self::SellerInfo => "GET /common-api/api/v1/seller-info",
        }
    }

    pub(super) fn host(self) -> Host {
        match self {
            Self::Ping(host) => host,
            Self::NewFeedbacksQuestions
            | Self::CountUnanswered
            | Self::Count
            | Self::Feedbacks
            | Self::Feedback
            | Self::Archive
            | Self::Answer
            | Self::EditAnswer
            | Self::QuestionsCountUnanswered
            | Self::QuestionsCount
            | Self::Questions
            | Self::Question
            | Self::PatchQuestion => Host::Feedbacks,
            Self::Chats | Self::Events | Self::Message | Self::Download => Host::BuyerChat,
            Self::Claims | Self::Claim => Host::Returns,
            Self::SellerInfo => Host::Common,
        }
    }

    /// What a request is counted against.
    pub(super) fn budget(self) -> Budget {
        match self {
            Self::Ping(host) => Budget::Ping(host),
            Self::NewFeedbacksQuestions
            | Self::CountUnanswered
            | Self::Count
            | Self::Feedbacks
            | Self::Feedback
            | Self::Archive
            | Self::Answer
            | Self::EditAnswer
            | Self::QuestionsCountUnanswered
            | Self::QuestionsCount
            | Self::Questions
            | Self::Question
            | Self::PatchQuestion => Budget::Feedbacks,
            Self::Chats => Budget::Chats,
            Self::Events => Budget::Events,
            Self::Message => Budget::Message,
            Self::Download => Budget::Download,
            Self::Claims => Budget::Claims,
            Self::Claim => Budget::Claim,
            Self::SellerInfo => Budget::SellerInfo,
        }
    }

    pub(super) fn is_write(self) -> bool {
        matches!(
            self,
            Self::Answer | Self::EditAnswer | Self::PatchQuestion | Self::Message | Self::Claim
        )
    }

    pub(super) fn is_ping(self) -> bool {
        matches!(self, Self::Ping(_))
    }
}

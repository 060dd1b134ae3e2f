//! Every way a request can end badly: its stable code, its HTTP status, and what the user is told.

use axum::http::StatusCode;
use strum::{EnumIter, IntoStaticStr};

/// What went wrong. The name in snake case is part of the API: it may be added to, never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Code {
    /// A part of the address is not what it must be.
    BadPath,
    /// A parameter after `?` is not what it must be.
    BadQuery,
    /// A cursor that this API did not give out.
    BadCursor,
    /// An unsafe call without an idempotency key.
    IdempotencyKeyMissing,
    /// An idempotency key that is empty, too long or not printable.
    IdempotencyKeyMalformed,
    /// Nobody is signed in.
    Unauthenticated,
    /// The session was ended or has run out.
    SessionEnded,
    /// E-mail or password is wrong.
    BadCredentials,
    /// A page of another site called with this site's cookie.
    CrossOrigin,
    /// Nobody may sign up here.
    RegistrationClosed,
    /// The caller's role, or token, does not allow it.
    PermissionMissing,
    /// A program's token cannot do it: only a person who is signed in can.
    PersonNeeded,
    /// Owners are made and unmade by owners only.
    OwnersOnly,
    /// It takes or gives more than the caller may do.
    BeyondOwnPermissions,
    /// Unknown, or another seller's.
    NotFound,
    /// It did not exist yet at the moment asked for.
    NotThereYet,
    /// No route has this address.
    RouteNotFound,
    /// The route takes other methods.
    MethodNotAllowed,
    /// Somebody signed up with the e-mail before.
    EmailTaken,
    /// A seller has an owner who can sign in, always.
    LastOwner,
    /// A role of the seller has the name.
    RoleNameTaken,
    /// Somebody has the role, or is invited to it.
    RoleInUse,
    /// There are as many as may be.
    TooManyOfThem,
    /// The address signs in here already.
    AlreadyIn,
    /// Nobody gave out the link, or it was used, taken back or has run out.
    LinkVoid,
    /// The installation sends no e-mail.
    MailNotOffered,
    /// The same key is being carried out right now.
    IdempotencyKeyInFlight,
    /// A reply is on its way or its outcome is not known.
    ReplyInFlight,
    /// A reply waits for its time.
    ReplyHeld,
    /// A reply was taken back.
    ReplyCancelled,
    /// A reply has gone out and cannot be taken back.
    ReplyGone,
    /// It is known what became of the reply, so nobody has to say.
    ReplyDecided,
    /// Something came in since the writer looked.
    InteractionChanged,
    /// Somebody else changed the seller's guardrails first.
    GuardrailsChanged,
    /// Somebody else changed the document or product first.
    KnowledgeChanged,
    /// The seller has a product of that article already.
    ProductExists,
    /// Somebody else changed what the seller wants of drafts first.
    DraftingChanged,
    /// Somebody else changed what the seller wants answered without a person first.
    AutomationChanged,
    /// Somebody else changed what the seller wants of deadlines first.
    SlaChanged,
    /// No backtest of the same rules is named.
    BacktestNeeded,
    /// People judged nothing of what the backtest would have sent.
    BacktestProvesNothing,
    /// Automatic replies begin with a pilot of the same rules.
    PilotNeeded,
    /// The installation sends nothing by itself.
    AutomaticRepliesNotOffered,
    /// The installation names no endpoint of models that past drafts could be held against.
    NoModelToCompare,
    /// An answer stands already.
    AlreadyAnswered,
    /// The marketplace has closed the chat.
    ChatClosed,
    /// The buyer's data was erased.
    BuyerErased,
    /// The marketplace takes no files here.
    FilesNotTaken,
    /// A file is of no kind that the marketplace takes.
    FileKindNotTaken,
    /// A file is too large for the marketplace.
    FileTooLarge,
    /// There are more files than the marketplace takes at once.
    TooManyFiles,
    /// A file to send is not kept here, or not any more.
    FileGone,
    /// The marketplace has no call that rejects it.
    RejectionNotOffered,
    /// It is answered or closed.
    NothingToReject,
    /// The question was rejected from here.
    QuestionRejected,
    /// The marketplace has no call that edits an answer.
    EditNotOffered,
    /// The one edit was used.
    EditSpent,
    /// The time for editing has passed.
    EditWindowClosed,
    /// No answer of ours stands.
    NothingToEdit,
    /// The marketplace does not accept the account's key.
    AccessLost,
    /// The marketplace sends no notifications.
    NotificationsNotOffered,
    /// No signed head covers the event yet.
    NotSignedYet,
    /// The place in the feed does not exist any more.
    CursorGone,
    /// The body is too large.
    BodyTooLarge,
    /// The body is not JSON by its header, or compressed in an unknown way.
    UnsupportedMediaType,
    /// The body is not JSON.
    MalformedJson,
    /// The JSON does not have the shape it must have.
    InvalidBody,
    /// The key was used for another request.
    IdempotencyKeyReused,
    /// More had happened until the moment asked for than one answer may read.
    PastTooLong,
    /// The password is too easy to guess.
    WeakPassword,
    /// It is not the password in force.
    WrongPassword,
    /// The text is too short.
    TextTooShort,
    /// The text is too long.
    TextTooLong,
    /// More interactions are to be answered at once than a bulk has.
    BulkTooLarge,
    /// Some lines of a table cannot be taken.
    ImportRefused,
    /// The guardrails stop the text.
    ReplyBlocked,
    /// The marketplace's moderation refused the text.
    ModerationRefused,
    /// The marketplace does not accept the key.
    CredentialRejected,
    /// The key does not open reviews.
    CredentialNoRight,
    /// The key belongs to another cabinet than the one it was to be the key of.
    CredentialOfOtherCabinet,
    /// The marketplace wants to be paid before it accepts the key.
    CredentialUnpaid,
    /// Too many attempts to sign in or up.
    TooManyAttempts,
    /// A seller has as many recipients of notices as may be.
    TooManyRecipients,
    /// Recipients of notices are entered or tested too often.
    RecipientsTooOften,
    /// What is asked for was moved out of the database, and the files are not at hand.
    HistoryArchived,
    /// Ours.
    Internal,
    /// The marketplace refused the reply.
    MarketplaceRefused,
    /// The marketplace still checks the file.
    FileInModeration,
    /// The marketplace's check refused the file.
    FileRefused,
    /// The marketplace does not open chats, and the files in them, to the account.
    FileClosed,
    /// The marketplace cannot be reached.
    MarketplaceUnavailable,
    /// The marketplace does not accept the account's key, so the reply was not sent.
    MarketplaceUnauthorized,
    /// The account's key does not let anybody answer in this channel.
    MarketplaceNoRight,
    /// The seller's plan does not include answering in this channel.
    MarketplaceClosedByPlan,
    /// The marketplace wants to be paid first, so the reply was not sent.
    MarketplaceUnpaid,
    /// The marketplace asks to wait.
    MarketplaceRateLimited,
    /// The database cannot be reached.
    DatabaseUnavailable,
    /// Other writers kept coming first.
    Contended,
    /// More is asked for than can be done.
    Overloaded,
    /// The server is stopping.
    Stopping,
    /// It took too long.
    TimedOut,
}

/// What the user is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Texts {
    /// What happened, in a few words.
    pub(super) title: &'static str,
    /// What happened.
    pub(super) detail: &'static str,
    /// What the system does about it.
    pub(super) system_does: &'static str,
    /// What the user can do.
    pub(super) you_can: &'static str,
}

impl Code {
    /// Returns the stable code.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the HTTP status.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::BadPath
            | Self::BadQuery
            | Self::BadCursor
            | Self::IdempotencyKeyMissing
            | Self::IdempotencyKeyMalformed => StatusCode::BAD_REQUEST,
            Self::Unauthenticated | Self::SessionEnded | Self::BadCredentials => {
                StatusCode::UNAUTHORIZED
            }
            Self::CrossOrigin
            | Self::RegistrationClosed
            | Self::PermissionMissing
            | Self::PersonNeeded
            | Self::OwnersOnly
            | Self::BeyondOwnPermissions => StatusCode::FORBIDDEN,
            Self::NotFound | Self::NotThereYet | Self::RouteNotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::EmailTaken
            | Self::LastOwner
            | Self::RoleNameTaken
            | Self::RoleInUse
            | Self::TooManyOfThem
            | Self::AlreadyIn
            | Self::MailNotOffered
            | Self::IdempotencyKeyInFlight
            | Self::ReplyInFlight
            | Self::ReplyHeld
            | Self::ReplyCancelled
            | Self::ReplyGone
            | Self::ReplyDecided
            | Self::InteractionChanged
            | Self::GuardrailsChanged
            | Self::KnowledgeChanged
            | Self::ProductExists
            | Self::DraftingChanged
            | Self::AutomationChanged
            | Self::SlaChanged
            | Self::BacktestNeeded
            | Self::BacktestProvesNothing
            | Self::PilotNeeded
            | Self::AutomaticRepliesNotOffered
            | Self::NoModelToCompare
            | Self::AlreadyAnswered
            | Self::ChatClosed
            | Self::BuyerErased
            | Self::FilesNotTaken
            | Self::FileGone
            | Self::RejectionNotOffered
            | Self::NothingToReject
            | Self::QuestionRejected
            | Self::EditNotOffered
            | Self::EditSpent
            | Self::EditWindowClosed
            | Self::NothingToEdit
            | Self::AccessLost
            | Self::NotificationsNotOffered
            | Self::FileClosed
            | Self::FileInModeration
            | Self::TooManyRecipients
            | Self::NotSignedYet => StatusCode::CONFLICT,
            Self::CursorGone | Self::LinkVoid => StatusCode::GONE,
            Self::FileRefused => StatusCode::UNAVAILABLE_FOR_LEGAL_REASONS,
            Self::BodyTooLarge | Self::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::MalformedJson
            | Self::InvalidBody
            | Self::IdempotencyKeyReused
            | Self::PastTooLong
            | Self::WeakPassword
            | Self::WrongPassword
            | Self::TextTooShort
            | Self::TextTooLong
            | Self::BulkTooLarge
            | Self::ImportRefused
            | Self::ReplyBlocked
            | Self::FileKindNotTaken
            | Self::TooManyFiles
            | Self::ModerationRefused
            | Self::CredentialRejected
            | Self::CredentialNoRight
            | Self::CredentialOfOtherCabinet
            | Self::CredentialUnpaid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyAttempts | Self::RecipientsTooOften => StatusCode::TOO_MANY_REQUESTS,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Self::MarketplaceRefused
            | Self::MarketplaceUnavailable
            | Self::MarketplaceUnauthorized
            | Self::MarketplaceNoRight
            | Self::MarketplaceClosedByPlan
            | Self::MarketplaceUnpaid => StatusCode::BAD_GATEWAY,
            Self::MarketplaceRateLimited
            | Self::DatabaseUnavailable
            | Self::HistoryArchived
            | Self::Contended
            | Self::Overloaded
            | Self::Stopping
            | Self::TimedOut => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Tells whether it says that one thing cannot be done, so that others still may be.
    pub(crate) fn is_refusal(self) -> bool {
        matches!(self.status(), StatusCode::NOT_FOUND | StatusCode::CONFLICT)
    }

    /// Returns the code for an answer that a layer below the handlers gave without a problem of ours.
    pub(super) fn of_bare_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::RouteNotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::SERVICE_UNAVAILABLE => Self::Overloaded,
            status if status.is_client_error() => Self::BadPath,
            _ => Self::Internal,
        }
    }
}

//! The API's vocabulary: words that fields and parameters may hold.

use domain::policy::{alert, decision};
use domain::{automation, interaction, value};
use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;
use utoipa::ToSchema;

/// Whether and how an interaction is dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum InteractionStatus {
    /// Needs an answer.
    Waiting,
    /// A reply waits for its time and can be taken back.
    Held,
    /// A reply is on its way, or its outcome is not known yet.
    Replying,
    /// An answer stands at the marketplace.
    Responded,
    /// The last reply failed or was rejected.
    Failed,
    /// The marketplace counts it as dealt with without an answer.
    Closed,
}

/// How the buyer wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Channel {
    /// A review of a bought product, with stars.
    Review,
    /// A question on a product's page.
    Question,
    /// A private conversation.
    Chat,
}

impl From<Channel> for domain::Channel {
    fn from(word: Channel) -> Self {
        match word {
            Channel::Review => Self::Review,
            Channel::Question => Self::Question,
            Channel::Chat => Self::Chat,
        }
    }
}

impl From<domain::Channel> for Channel {
    fn from(channel: domain::Channel) -> Self {
        match channel {
            domain::Channel::Review => Self::Review,
            domain::Channel::Question => Self::Question,
            domain::Channel::Chat => Self::Chat,
        }
    }
}

/// Where the buyer wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Marketplace {
    /// Wildberries.
    Wildberries,
    /// Ozon.
    Ozon,
    /// Yandex.Market.
    YandexMarket,
}

impl From<domain::Marketplace> for Marketplace {
    fn from(marketplace: domain::Marketplace) -> Self {
        match marketplace {
            domain::Marketplace::Wildberries => Self::Wildberries,
            domain::Marketplace::Ozon => Self::Ozon,
            domain::Marketplace::YandexMarket => Self::YandexMarket,
        }
    }
}

impl From<Marketplace> for domain::Marketplace {
    fn from(word: Marketplace) -> Self {
        match word {
            Marketplace::Wildberries => Self::Wildberries,
            Marketplace::Ozon => Self::Ozon,
            Marketplace::YandexMarket => Self::YandexMarket,
        }
    }
}

/// What a related interaction is to the one that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum RelatedKind {
    /// The review that this one adds to.
    Parent,
    /// The buyer's later addition to this review.
    Supplement,
}

/// Who wrote a message of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum MessageAuthor {
    /// The buyer.
    Buyer,
    /// The seller, from here or in the cabinet.
    Seller,
    /// The marketplace.
    Marketplace,
}

/// How far a version of a reply has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ReplyState {
    /// Asked for, and not let out before its time.
    Held,
    /// Taken back before anything was sent.
    Cancelled,
    /// Asked for and on its way, also between automatic attempts.
    Sending,
    /// Accepted by the marketplace, not seen there yet.
    Sent,
    /// Seen at the marketplace.
    Published,
    /// Not there, or reading could not tell; a person must act.
    Failed,
    /// Refused by the marketplace's moderation.
    Rejected,
    /// Nobody knows; being settled by reading.
    Unknown,
}

/// What a seller is alarmed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertKind {
    /// More than three replies failed within an hour.
    FailedReplies,
    /// Less than half of the latest 50 drafts that operators judged within 7 days went out as they were or with a
    /// slight edit; among less than 20 that is no alert.
    AcceptRateLow,
    /// Marketplaces do not accept the keys of cabinets: nothing of these is read or answered.
    AccessLost,
    /// Channels of cabinets cannot be read for an hour; for six hours is critical.
    ReadingBehind,
    /// Marketplaces gave items that could not be read; more than 20 are critical.
    ItemsUnread,
    /// Marketplaces behave otherwise than before: `GET /marketplaces` tells how.
    MarketplaceChanged,
    /// The language model is shut down within 60 days; within 14, or where the provider has none of that name, is critical.
    ModelEnding,
    /// Read models are 5 minutes behind, 30 are critical, or could not apply what happened to some interactions.
    ReadModelsBehind,
}

impl From<alert::AlertKind> for AlertKind {
    fn from(kind: alert::AlertKind) -> Self {
        match kind {
            alert::AlertKind::FailedReplies => Self::FailedReplies,
            alert::AlertKind::AcceptRateLow => Self::AcceptRateLow,
            alert::AlertKind::AccessLost => Self::AccessLost,
            alert::AlertKind::ReadingBehind => Self::ReadingBehind,
            alert::AlertKind::ItemsUnread => Self::ItemsUnread,
            alert::AlertKind::MarketplaceChanged => Self::MarketplaceChanged,
            alert::AlertKind::ModelEnding => Self::ModelEnding,
            alert::AlertKind::ReadModelsBehind => Self::ReadModelsBehind,
        }
    }
}

impl From<AlertKind> for alert::AlertKind {
    fn from(kind: AlertKind) -> Self {
        match kind {
            AlertKind::FailedReplies => Self::FailedReplies,
            AlertKind::AcceptRateLow => Self::AcceptRateLow,
            AlertKind::AccessLost => Self::AccessLost,
            AlertKind::ReadingBehind => Self::ReadingBehind,
            AlertKind::ItemsUnread => Self::ItemsUnread,
            AlertKind::MarketplaceChanged => Self::MarketplaceChanged,
            AlertKind::ModelEnding => Self::ModelEnding,
            AlertKind::ReadModelsBehind => Self::ReadModelsBehind,
        }
    }
}

/// How urgent an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertSeverity {
    /// Somebody should look.
    Warning,
    /// Somebody must look now.
    Critical,
}

impl From<alert::AlertSeverity> for AlertSeverity {
    fn from(severity: alert::AlertSeverity) -> Self {
        match severity {
            alert::AlertSeverity::Warning => Self::Warning,
            alert::AlertSeverity::Critical => Self::Critical,
        }
    }
}

impl From<AlertSeverity> for alert::AlertSeverity {
    fn from(word: AlertSeverity) -> Self {
        match word {
            AlertSeverity::Warning => Self::Warning,
            AlertSeverity::Critical => Self::Critical,
        }
    }
}

/// Which switch keeps replies from going out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StoppedBy {
    /// That of the whole installation, which its operator ends.
    Installation,
    /// The database was restored from a backup, and it is being read back what buyers have seen since.
    Quarantine,
    /// The seller's own.
    Seller,
}

impl From<commands::sending::StoppedBy> for StoppedBy {
    fn from(switch: commands::sending::StoppedBy) -> Self {
        match switch {
            commands::sending::StoppedBy::Installation => Self::Installation,
            commands::sending::StoppedBy::Quarantine => Self::Quarantine,
            commands::sending::StoppedBy::Seller => Self::Seller,
        }
    }
}

/// Where a version of a reply comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ReplyKind {
    /// The first answer.
    Answer,
    /// A change of the answer that stands.
    Edit,
    /// No answer: the question is taken down at the marketplace.
    Rejection,
    /// Given at the marketplace, not from here.
    Observed,
}

/// Who or what wrote a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum DraftSource {
    /// An operator, or a program that acts for one.
    Operator,
    /// Nobody: it is a template.
    Template,
    /// A language model.
    Model,
}

/// What became of a draft, or how a reply came about that had none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum DraftOutcome {
    /// Nothing yet: it is on offer.
    Open,
    /// It went out as it was.
    Accepted,
    /// It went out with an edit of at most half of its characters.
    Edited,
    /// Another text went out, more than half of whose characters are others, or there was no draft.
    Manual,
    /// It went out by itself, so nobody judged it.
    Automatic,
    /// One text went out to many, and it was another: nobody judged the draft, or there was none.
    InBulk,
    /// An operator did not want it.
    Dismissed,
    /// Another draft came before anybody decided.
    Superseded,
    /// Its text went on as that of another draft, of which the rest is told; it is counted and listed nowhere.
    Carried,
    /// It needed no reply of ours any more, or the reply was made of another draft.
    Unused,
    /// A reply went out before it was kept how far it was from its draft.
    Unmeasured,
    /// The reply, which had no draft, never went out.
    TakenBack,
}

/// A number that is made of several outcomes, or of a part of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DraftFigure {
    /// Replies that people sent: `replies`.
    Replies,
    /// Drafts that went out with a slight edit: `slightly_edited`.
    SlightlyEdited,
    /// Drafts that were accepted, edited, replaced by another text or dismissed: `drafts` of a document or a product.
    Judged,
    /// Those of them that went out with more than a slight edit, were replaced by another text, or dismissed:
    /// `not_good`.
    NotGood,
}

impl DraftFigure {
    /// The outcomes that it is made of, and which part of those that were edited.
    pub(crate) fn of(self) -> (&'static [DraftOutcome], Option<bool>) {
        use DraftOutcome::{Accepted, Dismissed, Edited, Manual};

        match self {
            Self::Replies => (&[Accepted, Edited, Manual], None),
            Self::SlightlyEdited => (&[Edited], Some(true)),
            Self::Judged => (&[Accepted, Edited, Manual, Dismissed], None),
            Self::NotGood => (&[Edited, Manual, Dismissed], Some(false)),
        }
    }
}

/// How the draft of an interaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DraftState {
    /// There is none.
    None,
    /// There is one, made of all that was said.
    Ready,
    /// There is one, made before the last that was said.
    Stale,
}

/// What a buyer's words are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Intent {
    /// The product is broken, spoiled or does not do what it should.
    Defect,
    /// Something else came, or a part of it is missing.
    WrongItem,
    /// It came late, damaged on the way, or not at all.
    Delivery,
    /// It does not fit, or is not the size that was expected.
    Sizing,
    /// The buyer wants to give it back or change it.
    Return,
    /// The buyer asks before buying.
    PrePurchase,
    /// The buyer is content and says so.
    Thanks,
    /// Anything else.
    General,
}

impl From<Intent> for value::Intent {
    fn from(word: Intent) -> Self {
        match word {
            Intent::Defect => Self::Defect,
            Intent::WrongItem => Self::WrongItem,
            Intent::Delivery => Self::Delivery,
            Intent::Sizing => Self::Sizing,
            Intent::Return => Self::Return,
            Intent::PrePurchase => Self::PrePurchase,
            Intent::Thanks => Self::Thanks,
            Intent::General => Self::General,
        }
    }
}

impl From<value::Intent> for Intent {
    fn from(intent: value::Intent) -> Self {
        match intent {
            value::Intent::Defect => Self::Defect,
            value::Intent::WrongItem => Self::WrongItem,
            value::Intent::Delivery => Self::Delivery,
            value::Intent::Sizing => Self::Sizing,
            value::Intent::Return => Self::Return,
            value::Intent::PrePurchase => Self::PrePurchase,
            value::Intent::Thanks => Self::Thanks,
            value::Intent::General => Self::General,
        }
    }
}

/// What is to become of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// Nobody has to look at it.
    AutoSend,
    /// A person sends it.
    NeedApproval,
    /// A person has to deal with it, whatever the draft says.
    Escalate,
}

impl From<decision::Verdict> for Verdict {
    fn from(verdict: decision::Verdict) -> Self {
        match verdict {
            decision::Verdict::AutoSend => Self::AutoSend,
            decision::Verdict::NeedApproval => Self::NeedApproval,
            decision::Verdict::Escalate => Self::Escalate,
        }
    }
}

/// How far a seller has come towards automatic replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AutomationStage {
    /// What would be decided is taken down with each draft, and nothing else.
    Observation,
    /// The same, by rules that were held against what people did.
    Backtested,
    /// Few are sent. Not offered yet.
    Pilot,
    /// All are sent. Not offered yet.
    On,
}

impl From<AutomationStage> for automation::Stage {
    fn from(word: AutomationStage) -> Self {
        match word {
            AutomationStage::Observation => Self::Observation,
            AutomationStage::Backtested => Self::Backtested,
            AutomationStage::Pilot => Self::Pilot,
            AutomationStage::On => Self::On,
        }
    }
}

impl From<automation::Stage> for AutomationStage {
    fn from(stage: automation::Stage) -> Self {
        match stage {
            automation::Stage::Observation => Self::Observation,
            automation::Stage::Backtested => Self::Backtested,
            automation::Stage::Pilot => Self::Pilot,
            automation::Stage::On => Self::On,
        }
    }
}

/// How a buyer feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum Sentiment {
    /// Content.
    Positive,
    /// Neither.
    Neutral,
    /// Not content.
    Negative,
}

/// How soon somebody should answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Priority {
    /// Before anything else.
    Urgent,
    /// Soon.
    High,
    /// In its turn.
    Normal,
    /// When nothing else waits.
    Low,
}

impl From<value::Priority> for Priority {
    fn from(priority: value::Priority) -> Self {
        match priority {
            value::Priority::Urgent => Self::Urgent,
            value::Priority::High => Self::High,
            value::Priority::Normal => Self::Normal,
            value::Priority::Low => Self::Low,
        }
    }
}

impl From<Priority> for value::Priority {
    fn from(word: Priority) -> Self {
        match word {
            Priority::Urgent => Self::Urgent,
            Priority::High => Self::High,
            Priority::Normal => Self::Normal,
            Priority::Low => Self::Low,
        }
    }
}

/// Why an operator does not want a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DismissReason {
    /// It says what is not so.
    WrongFact,
    /// It sounds wrong.
    WrongTone,
    /// It promises too much.
    TooMuchPromised,
    /// It is about something else.
    OffTopic,
}

impl From<DismissReason> for interaction::DismissReason {
    fn from(word: DismissReason) -> Self {
        match word {
            DismissReason::WrongFact => Self::WrongFact,
            DismissReason::WrongTone => Self::WrongTone,
            DismissReason::TooMuchPromised => Self::TooMuchPromised,
            DismissReason::OffTopic => Self::OffTopic,
        }
    }
}

/// How drafts sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tone {
    /// As an office writes.
    Formal,
    /// As people talk.
    Friendly,
}

/// How buyers are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Address {
    /// «вы».
    Vy,
    /// «ты».
    Ty,
}

//! The words of numbers about answers.

use projections::metric;
use serde::Deserialize;
use strum::IntoStaticStr;
use utoipa::ToSchema;

/// What numbers of answers are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MetricBy {
    /// How the buyer wrote.
    Channel,
    /// Where the buyer wrote.
    Marketplace,
    /// The cabinet, by its id.
    Account,
    /// The product, by its article.
    Product,
    /// What the buyer wanted, as the draft's writer read it.
    Intent,
    /// Stars.
    Rating,
    /// The person who asked for the answer: `user:<id>`.
    Operator,
    /// The day on which a number counts them, in the seller's zone.
    Day,
}

impl From<MetricBy> for metric::By {
    fn from(word: MetricBy) -> Self {
        match word {
            MetricBy::Channel => Self::Channel,
            MetricBy::Marketplace => Self::Marketplace,
            MetricBy::Account => Self::Account,
            MetricBy::Product => Self::Product,
            MetricBy::Intent => Self::Intent,
            MetricBy::Rating => Self::Rating,
            MetricBy::Operator => Self::Operator,
            MetricBy::Day => Self::Day,
        }
    }
}

/// Who gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AnsweredBy {
    /// A person, from here.
    Operator,
    /// Nobody but the seller's rules, from here.
    Automatic,
    /// Somebody at the marketplace.
    Elsewhere,
}

/// What a number of interactions counts, as `docs/metrics.md` defines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, IntoStaticStr, ToSchema)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(crate) enum QualityMetric {
    /// The buyer's first words have an answer that stands.
    Answered,
    /// It is from here.
    AnsweredHere,
    /// It is not from here.
    AnsweredElsewhere,
    /// It is from here, by nobody but the seller's rules.
    Automatic,
    /// It is one text for many, and not its draft.
    InBulk,
    /// It was not kept how far it was from its draft.
    Unmeasured,
    /// A person decided about it: accepted, edited or manual.
    Judged,
    /// It is its draft.
    Accepted,
    /// It is its draft with an edit.
    Edited,
    /// It is another text than its draft, or had none.
    Manual,
    /// It is known how far it, which was judged, is from its draft.
    Measured,
    /// It is known how long the buyer waited for it.
    Timed,
    /// What was promised was kept or broken.
    SlaDue,
    /// It was kept.
    SlaMet,
    /// It was broken.
    SlaMissed,
    /// Moderation refused a reply.
    Refused,
    /// It was not known for a while whether an attempt to send took effect.
    Unknown,
    /// An attempt to send failed.
    Failed,
    /// A person had to look whether a reply stands.
    InDoubt,
}

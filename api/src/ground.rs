//! The grounds of an erasure that a person can name, by the API and on the command line.

use clap::ValueEnum;
use domain::interaction::ErasureGround;
use serde::Deserialize;
use utoipa::ToSchema;

/// On what ground a buyer's data is erased (152-ФЗ, article 21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Ground {
    /// The person asked for it.
    PersonsRequest,
    /// The person withdrew a consent.
    ConsentWithdrawn,
    /// An authority or a court ordered it.
    Order,
    /// What the data was kept for has ended.
    PurposeEnded,
}

impl From<Ground> for ErasureGround {
    fn from(ground: Ground) -> Self {
        match ground {
            Ground::PersonsRequest => Self::PersonsRequest,
            Ground::ConsentWithdrawn => Self::ConsentWithdrawn,
            Ground::Order => Self::Order,
            Ground::PurposeEnded => Self::PurposeEnded,
        }
    }
}

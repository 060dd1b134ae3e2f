//! The limits of requests: which methods share one, and how large it is, as each method's table has it.

use chrono::TimeDelta;

use super::endpoint::Host;
use crate::rate_limit::Limit;

/// Requests that share one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Budget {
    /// All methods for questions and reviews.
    Feedbacks,
    Chats,
    Events,
    Message,
    Download,
    Claims,
    Claim,
    SellerInfo,
    /// The connection check, for each host on its own.
    Ping(Host),
}

impl Budget {
    /// The limit; that of a basic token without a secret is its own.
    pub(super) fn limit(self, is_basic: bool) -> Limit {
        let limit = |burst, interval| Limit { burst, interval };
        match (self, is_basic) {
            (Self::Feedbacks, false) => limit(6, TimeDelta::milliseconds(333)),
            (Self::Feedbacks, true) => limit(1, TimeDelta::minutes(12)),
            (Self::Chats | Self::Events | Self::Message | Self::Download, false) => {
                limit(10, TimeDelta::seconds(1))
            }
            (Self::Download, true) => limit(1, TimeDelta::minutes(6)),
            (Self::Claims | Self::Claim, false) => limit(10, TimeDelta::seconds(3)),
            (Self::Chats | Self::Events | Self::Message | Self::Claims | Self::Claim, true) => {
                limit(1, TimeDelta::hours(1))
            }
            (Self::SellerInfo, false) => limit(10, TimeDelta::minutes(1)),
            (Self::SellerInfo, true) => limit(1, TimeDelta::hours(24)),
            // "At most 3 requests in 30 seconds", whatever the token.
            (Self::Ping(_), _) => limit(3, TimeDelta::seconds(10)),
        }
    }
}

//! How fast a cabinet's replies may go, and whether it may answer at all.

use domain::account::{AccessLossReason, Account, ClosureReason, Use};
use domain::bulk::Refusal;
use domain::{AccountId, Channel, TenantId};

use crate::cabinets::{Cabinets, ConnectError};
use crate::rate_limit::Limit;

impl Cabinets {
    /// Returns the limit that a cabinet's replies in a channel are under.
    ///
    /// # Errors
    /// [`ConnectError`] when the cabinet cannot be opened.
    pub async fn write_limit(
        &self,
        tenant: TenantId,
        account: AccountId,
        channel: Channel,
    ) -> Result<Limit, ConnectError> {
        Ok(self.open(tenant, account).await?.connector.write_limiter(channel).limit())
    }
}

/// Tells why a cabinet's replies in a channel would be refused, as far as is known. Where a single reply would try, a
/// bulk does not: a plan that was bought is seen to open the channel with the first single reply.
#[must_use]
pub fn closed(account: &Account, channel: Channel) -> Option<Refusal> {
    let lost = account.lost().map(|reason| match reason {
        AccessLossReason::Unauthorized
        | AccessLossReason::Expired
        | AccessLossReason::PaymentRequired => Refusal::AccessLost,
        AccessLossReason::NoRight => Refusal::NoRight,
    });
    let closed = account.closed(channel, Use::Answering).map(|reason| match reason {
        ClosureReason::NoRight => Refusal::NoRight,
        ClosureReason::ClosedByPlan => Refusal::ClosedByPlan,
    });
    lost.or(closed)
}

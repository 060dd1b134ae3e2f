//! Sellers as they stand now, with what they add to the rules about replies, and their rules about deadlines, ready for
//! a decision.

use std::sync::Arc;

use domain::TenantId;
use domain::automation::Automation;
use domain::drafting::Drafting;
use domain::guardrail::Own;
use domain::seller::{Seller, SellerError};
use domain::sla::Sla;
use moka::sync::Cache;

use crate::event_store::LoadedAggregate;
use crate::{CommandError, Commands};

/// Memory that what is ready may take, as [`Own::bytes`] and [`Rules::bytes`](domain::sla::Rules::bytes) have it.
const BYTES_MAX: u64 = 64 << 20;

/// A seller as this process last read it, up to a place in its stream, with its guardrails made ready.
#[derive(Clone)]
pub(crate) struct Ready {
    pub(crate) seller: LoadedAggregate<Seller>,
    own: Arc<Own>,
}

/// What is ready, by seller. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ReadyGuardrails(Cache<TenantId, Arc<Ready>>);

impl ReadyGuardrails {
    pub(crate) fn new() -> Self {
        Self::holding(BYTES_MAX)
    }

    fn holding(bytes_max: u64) -> Self {
        let weigh = |_: &TenantId, ready: &Arc<Ready>| {
            let rules = &ready.seller.aggregate.sla().1.rules;
            u32::try_from(ready.own.bytes() + rules.bytes()).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(bytes_max).weigher(weigh).build())
    }
}

impl Commands {
    /// Returns what the seller adds to the rules now, ready to be looked for. The log is asked for news of the seller
    /// each time; the lists are made ready once a version.
    ///
    /// # Errors
    /// [`CommandError::Log`] or [`CommandError::Events`].
    pub async fn guardrails(
        &self,
        tenant: TenantId,
    ) -> Result<Arc<Own>, CommandError<SellerError>> {
        Ok(self.seller_now(tenant).await?.own.clone())
    }

    /// Returns what the seller wants of drafts now, and its version. The log is asked for news each time, so that a
    /// change is in force at once.
    ///
    /// # Errors
    /// [`CommandError::Log`] or [`CommandError::Events`].
    pub async fn drafting(
        &self,
        tenant: TenantId,
    ) -> Result<(u32, Drafting), CommandError<SellerError>> {
        let ready = self.seller_now(tenant).await?;
        let (version, drafting) = ready.seller.aggregate.drafting();
        Ok((version, drafting.clone()))
    }

    /// Returns what the seller wants answered without a person now, and its version.
    ///
    /// # Errors
    /// [`CommandError::Log`] or [`CommandError::Events`].
    pub async fn automation(
        &self,
        tenant: TenantId,
    ) -> Result<(u32, Automation), CommandError<SellerError>> {
        let ready = self.seller_now(tenant).await?;
        let (version, automation) = ready.seller.aggregate.automation();
        Ok((version, automation.clone()))
    }

    /// Returns what the seller wants of deadlines now, and its version. Its keyword rules are ready to be looked for: a
    /// clone shares what was made ready.
    ///
    /// # Errors
    /// [`CommandError::Log`] or [`CommandError::Events`].
    pub async fn sla(&self, tenant: TenantId) -> Result<(u32, Sla), CommandError<SellerError>> {
        let ready = self.seller_now(tenant).await?;
        let (version, sla) = ready.seller.aggregate.sla();
        Ok((version, sla.clone()))
    }

    /// Returns the seller as it stands now: what came to its stream since it was last read is read each time.
    pub(crate) async fn seller_now(
        &self,
        tenant: TenantId,
    ) -> Result<Arc<Ready>, CommandError<SellerError>> {
        let known = self.ready().0.get(&tenant);
        let seller = match &known {
            Some(known) => self.reload(tenant, &known.seller).await?,
            None => self.load::<Seller>(tenant, tenant).await?,
        };
        if let Some(known) = known.as_ref().filter(|known| known.seller.version == seller.version) {
            return Ok(known.clone());
        }
        let (version, guardrails) = seller.aggregate.guardrails();
        let known = known.filter(|known| known.seller.aggregate.guardrails().0 == version);
        let own = match known {
            Some(known) => known.own.clone(),
            None => Arc::new(Own::compiled(version, guardrails)),
        };
        let ready = Arc::new(Ready { seller, own });
        self.ready().0.insert(tenant, ready.clone());
        Ok(ready)
    }
}

#[cfg(test)]
mod tests {
    use domain::StreamId;
    use domain::guardrail::{Guardrails, Phrase, Severity};
    use uuid::Uuid;

    use super::*;

    fn ready(version: u32) -> Arc<Ready> {
        let phrase = Phrase {
            text: "бесплатная доставка".to_owned(),
            severity: Severity::Error,
            channels: [].into(),
            instead: None,
        };
        let guardrails = Guardrails { phrases: vec![phrase], exceptions: vec![] };
        let stream = StreamId(Uuid::from_u128(1));
        let seller = LoadedAggregate { stream, version: 1, aggregate: Seller::default() };
        Arc::new(Ready { seller, own: Arc::new(Own::compiled(version, &guardrails)) })
    }

    #[test]
    fn what_is_ready_is_bounded() {
        let one = u64::try_from(ready(1).own.bytes()).unwrap();
        let cache = ReadyGuardrails::holding(20 * one);
        for tenant in 0..500 {
            cache.0.insert(TenantId(Uuid::from_u128(tenant)), ready(1));
        }
        cache.0.run_pending_tasks();
        assert!((1..=20).contains(&cache.0.entry_count()), "{}", cache.0.entry_count());
    }
}

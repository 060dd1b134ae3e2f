//! Reads claims for return a page at a time: the same rounds as of a channel, and nothing to answer.

use std::time::Duration;

use commands::{Actor, Commands, Context};
use domain::claim::{Claim, ClaimCommand, ClaimReading};
use domain::{ClaimId, TenantId};
use futures::{StreamExt as _, stream};
use tracing::{info, warn};

use super::digest::Digests;
use super::state::{self, ClaimedSync, Read};
use super::{PAUSE_AFTER_NOT_STORED, STORE_TRIES, Section, Sync, pause, seen, unread};
use crate::cabinets::Cabinet;
use crate::connector::ClaimsRead;

/// Claims taken in side by side; those that wait share calls to the log.
const SIDE_BY_SIDE: usize = 32;

/// Whether a page's claims were taken in.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Those that stand in the log as they were read.
    pub(super) stored: Vec<ClaimId>,
    /// Those that were new or had changed.
    pub(super) changed: usize,
    /// Those that could not be stored.
    pub(super) failed: usize,
}

/// Takes in claims of one seller; one that fails does not stop the others.
pub(super) async fn take(
    commands: &Commands,
    tenant: TenantId,
    readings: Vec<ClaimReading>,
) -> Taken {
    // What one page led to belongs together.
    let page = Context::new(tenant, Actor::System("sync")).correlation_id;
    let one = async |reading: ClaimReading| {
        let id = id_of(tenant, &reading);
        let context = Context::new(tenant, Actor::System("sync"));
        let context = Context { correlation_id: page, ..context };
        let take = ClaimCommand::Take(Box::new(reading));
        (id, commands.execute::<Claim>(&context, id, take).await)
    };
    let mut outcomes = stream::iter(readings).map(one).buffer_unordered(SIDE_BY_SIDE);
    let mut taken = Taken::default();
    while let Some((id, outcome)) = outcomes.next().await {
        match outcome {
            Ok(executed) => {
                taken.changed += usize::from(executed.placed.is_some());
                taken.stored.push(id);
            }
            Err(error) => {
                taken.failed += 1;
                let error = &error as &dyn std::error::Error;
                warn!(claim.id = %id, error, "could not take in claim {id}");
            }
        }
    }
    taken
}

pub(super) fn id_of(tenant: TenantId, reading: &ClaimReading) -> ClaimId {
    let source = &reading.source;
    ClaimId::of_external(tenant, source.account_id, &source.external_id)
}

impl Sync {
    pub(super) async fn read_claims(
        &self,
        claimed: &ClaimedSync,
        cabinet: &Cabinet,
    ) -> anyhow::Result<()> {
        match cabinet.connector.read_claims(&claimed.cursor).await {
            Ok(page) => self.take_in_claims(claimed, page).await,
            Err(error) => self.leave_page(claimed, cabinet, error).await,
        }
    }

    async fn take_in_claims(&self, claimed: &ClaimedSync, page: ClaimsRead) -> anyhow::Result<()> {
        let ClaimsRead { readings, malformed, archived, next, pause_min } = page;
        let items = readings.len() + malformed.len();
        let ids: Vec<_> = readings.iter().map(|claim| claim.source.external_id.clone()).collect();
        // One that cannot be read is listed all the same.
        let mut given = ids.clone();
        given.extend(malformed.iter().filter_map(|item| item.id.clone()));
        metrics::counter!("agentiq_items_malformed_total").increment(malformed.len() as u64);
        let (tenant, account) = (claimed.tenant, claimed.account);
        let digests = Digests::open(&self.db, &self.cabinets, tenant, account).await?;
        unread::keep(&self.db, &self.cabinets, &digests, claimed, archived, malformed).await?;
        let (readings, mut fresh) = digests.changed_claims(readings).await?;
        let Taken { stored, changed, failed } = take(&self.commands, tenant, readings).await;
        // One that could not be stored has no digest, so it is brought again, and only it.
        fresh.retain(|(id, _)| stored.contains(id));
        let noted = fresh.into_iter().map(|(_, noted)| noted).collect();
        digests.note(Section::Claims, noted).await?;
        seen::note(&self.db, claimed, &given).await?;
        unread::clear(&self.db, claimed, &ids).await?;
        metrics::counter!("agentiq_items_not_stored_total").increment(failed as u64);
        if failed > 0 && claimed.not_stored_count < STORE_TRIES {
            let pause = pause(PAUSE_AFTER_NOT_STORED, claimed.not_stored_count);
            return Ok(state::fail(&self.db, claimed, state::NOT_STORED, None, pause).await?);
        }
        metrics::counter!("agentiq_items_read_total").increment(items as u64);
        if changed > 0 {
            info!(account.id = %account, changed, "took in {changed} claims");
        }
        let read = Read { items: i64::try_from(items).unwrap_or(i64::MAX), resume: None };
        match next {
            Some(next) => Ok(state::go_on(&self.db, claimed, &next, &read, Duration::ZERO).await?),
            None => {
                unread::expire(&self.db, claimed, true).await?;
                let pause = self.intervals.feedback.max(pause_min);
                Ok(state::end_round(&self.db, claimed, &read, true, pause).await?)
            }
        }
    }
}

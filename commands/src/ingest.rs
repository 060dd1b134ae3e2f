//! Takes in a page of readings: many aggregates, each on its own, side by side.

use domain::interaction::{Ingest, Interaction, InteractionCommand};
use domain::{InteractionId, TenantId};
use futures::{StreamExt as _, stream};
use tracing::warn;

use crate::context::{Actor, Context};
use crate::handler::Commands;

/// How many interactions of a page are decided side by side: enough to fill the batches of a log's appender, few
/// enough to leave connections to people.
const SIDE_BY_SIDE: usize = 32;

/// What became of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestReport {
    /// Interactions that were new or had changed.
    pub changed: usize,
    /// Interactions that stood as they were known.
    pub unchanged: usize,
    /// Interactions that could not be taken in; the page must be read again.
    pub failed: Vec<InteractionId>,
}

impl Commands {
    /// Takes in `readings` of one account; one that fails does not stop the others.
    pub async fn ingest_page(&self, tenant: TenantId, readings: Vec<Ingest>) -> IngestReport {
        let outcomes = stream::iter(readings)
            .map(|reading| self.ingest_one(tenant, reading))
            .buffer_unordered(SIDE_BY_SIDE);
        outcomes
            .fold(IngestReport::default(), async |mut report, outcome| {
                match outcome {
                    Ok(true) => report.changed += 1,
                    Ok(false) => report.unchanged += 1,
                    Err(id) => report.failed.push(id),
                }
                report
            })
            .await
    }

    /// Tells whether the reading brought news; the id when it could not be taken in.
    async fn ingest_one(&self, tenant: TenantId, reading: Ingest) -> Result<bool, InteractionId> {
        let source = &reading.source;
        let id = InteractionId::of_external(
            tenant,
            source.account_id,
            source.channel,
            &source.external_id,
        );
        let context = Context::new(tenant, Actor::System("sync"));
        let command = InteractionCommand::Ingest(Box::new(reading));
        match self.execute::<Interaction>(&context, id, command).await {
            Ok(executed) => Ok(executed.placed.is_some()),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                warn!(interaction.id = %id, error, "could not take in interaction {id}");
                Err(id)
            }
        }
    }
}

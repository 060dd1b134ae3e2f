//! An operator who proposes drafts, one after the other, while pages are taken in.

use std::time::Instant;

use anyhow::{Context as _, ensure};
use commands::{Actor, Commands, Context};
use domain::DraftId;
use domain::interaction::{DraftSource, Interaction, InteractionCommand};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::sellers::Sellers;
use tests::latencies::Latencies;

const TEXT: &str = "Спасибо за отзыв! Рады, что чайник пришёлся по душе.";

/// The operator at work.
pub(crate) struct Operator {
    stop: CancellationToken,
    work: JoinHandle<anyhow::Result<Latencies>>,
}

impl Operator {
    pub(crate) fn start(commands: Commands, sellers: Sellers) -> Self {
        let stop = CancellationToken::new();
        let work = tokio::spawn(work(commands, sellers, stop.clone()));
        Self { stop, work }
    }

    /// Ends the work and returns how long each command took.
    ///
    /// # Errors
    /// With the command that failed.
    pub(crate) async fn stop(self) -> anyhow::Result<Latencies> {
        self.stop.cancel();
        self.work.await?
    }
}

async fn work(
    commands: Commands,
    sellers: Sellers,
    stop: CancellationToken,
) -> anyhow::Result<Latencies> {
    let mut latencies = Latencies::default();
    while !stop.is_cancelled() {
        // In the first leg nothing is stored yet that one could be sure of.
        let Some((tenant, interaction)) = sellers.any_review() else {
            stop.cancelled().await;
            break;
        };
        let draft = InteractionCommand::ProposeDraft {
            draft_id: DraftId(Uuid::now_v7()),
            text: TEXT.to_owned(),
            source: DraftSource::Operator,
            origin: None,
        };
        let context = Context::new(tenant, Actor::System("bench"));
        let started = Instant::now();
        let executed = commands.execute::<Interaction>(&context, interaction, draft).await;
        latencies.add(started.elapsed());
        let executed = executed.context("proposing a draft")?;
        ensure!(executed.placed.is_some(), "a draft led to nothing");
    }
    Ok(latencies)
}

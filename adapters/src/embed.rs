//! Worker: has vectors made of what sellers know, in batches. It goes by what is missing and holds no place anywhere, so
//! that whoever dies leaves nothing but texts that are asked for when their lease ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use eventlog::Db;
use projections::embeddings::{self, Wanted, Which};
use projections::runner::Step;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::model::{Embedder, ModelError};

/// Texts of one request.
const BATCH: Which = Which::Fresh(64);

/// Has vectors made.
#[derive(Clone)]
pub(crate) struct Embed {
    pub(crate) db: Db,
    pub(crate) embedder: Embedder,
    /// How long texts that somebody asks about are left alone.
    pub(crate) lease: Duration,
    /// When nothing was missing last.
    pub(crate) rested_at: Arc<Mutex<Option<Instant>>>,
}

impl Embed {
    /// Has the vectors of one batch made, if some are missing.
    #[tracing::instrument(skip_all, name = "embed")]
    pub(crate) async fn step(&self) -> anyhow::Result<Step> {
        if self.rested().is_some_and(|at| at.elapsed() < self.embedder.look_every()) {
            return Ok(Step::CaughtUp);
        }
        let Some(pass) = self.embedder.pass() else { return Ok(Step::CaughtUp) };
        let model = self.embedder.kept_as();
        let mut wanted = embeddings::claim(&self.db, model, BATCH, self.lease).await?;
        if wanted.is_empty() {
            wanted = embeddings::claim(&self.db, model, Which::Failed, self.lease).await?;
        }
        if wanted.is_empty() {
            self.rest();
            return Ok(Step::CaughtUp);
        }
        let texts = wanted.iter().map(|wanted| wanted.words.as_str());
        match self.embedder.passages(pass, texts).await {
            Ok(vectors) => {
                let stored = embeddings::store(&self.db, model, &wanted, &vectors).await;
                stored.context("keeping vectors")?;
                info!(
                    embeddings.count = wanted.len(),
                    "made embeddings of {} passages",
                    wanted.len()
                );
            }
            Err(error) => self.put_off(model, &wanted, &error).await?,
        }
        Ok(Step::Advanced)
    }

    async fn put_off(
        &self,
        model: &str,
        wanted: &[Wanted],
        error: &ModelError,
    ) -> anyhow::Result<()> {
        let count = wanted.len();
        warn!(%error, embeddings.count = count, "no embeddings of {count} passages, trying again later");
        embeddings::failed(&self.db, model, wanted).await.context("putting embeddings off")
    }

    fn rested(&self) -> Option<Instant> {
        *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest(&self) {
        *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

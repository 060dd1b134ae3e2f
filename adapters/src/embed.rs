//! Worker: has vectors made of what sellers know, in batches. It goes by what is missing and holds no place anywhere, so
//! that whoever dies leaves nothing but texts that are asked for when their lease ends.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use eventlog::Db;
use projections::embeddings::{self, Vector, Wanted, Which};
use projections::runner::Step;
use tokio::time::Instant;
use tracing::{info, warn};

use crate::model::{BATCH_WITHIN, Embedder, ModelError, is_refusal};

/// Texts of one request at most.
const BATCH: u8 = 64;

/// How much longer texts are left alone than asking for them may take.
const LEASE_BEYOND: Duration = Duration::from_secs(10);

/// Has vectors made.
#[derive(Clone)]
pub(crate) struct Embed {
    pub(crate) db: Db,
    pub(crate) embedder: Embedder,
    /// How long texts that somebody asks about are left alone, or longer where asking may take longer.
    pub(crate) lease: Duration,
    /// Texts of the next request: fewer where the endpoint did not take so many, or not in time.
    pub(crate) batch: Arc<AtomicU8>,
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
        let lease = self.lease.max(BATCH_WITHIN + LEASE_BEYOND);
        let batch = Which::Fresh(self.batch.load(Ordering::Relaxed));
        let mut wanted = embeddings::claim(&self.db, model, batch, lease).await?;
        if wanted.is_empty() {
            wanted = embeddings::claim(&self.db, model, Which::Failed, lease).await?;
        }
        if wanted.is_empty() {
            self.rest();
            return Ok(Step::CaughtUp);
        }
        let texts = wanted.iter().map(|wanted| wanted.words.as_str());
        match self.embedder.passages(pass, texts).await {
            Ok(vectors) => self.keep(model, wanted, vectors).await?,
            Err(error) => self.put_off(model, &wanted, &error).await?,
        }
        Ok(Step::Advanced)
    }

    async fn keep(
        &self,
        model: &str,
        wanted: Vec<Wanted>,
        vectors: Vec<Option<Vector>>,
    ) -> anyhow::Result<()> {
        let (mut made, mut failed) = (Vec::new(), Vec::new());
        for (wanted, vector) in wanted.into_iter().zip(vectors) {
            match vector {
                Some(vector) => made.push((wanted, vector)),
                None => failed.push(wanted),
            }
        }
        embeddings::store(&self.db, model, &made).await.context("keeping vectors")?;
        if !failed.is_empty() {
            warn!(embeddings.count = failed.len(), "what came for some passages is no vector");
            embeddings::failed(&self.db, model, &failed).await.context("putting embeddings off")?;
        }
        let larger = self.batch.load(Ordering::Relaxed).saturating_mul(2).min(BATCH);
        self.batch.store(larger, Ordering::Relaxed);
        info!(embeddings.count = made.len(), "made embeddings of {} passages", made.len());
        Ok(())
    }

    /// Puts off what brought nothing. Only of a text that was asked for alone that says something: the others are asked for
    /// again, fewer at once, and whether anybody is asked at all is the breaker's matter.
    async fn put_off(
        &self,
        model: &str,
        wanted: &[Wanted],
        error: &ModelError,
    ) -> anyhow::Result<()> {
        let count = wanted.len();
        warn!(%error, embeddings.count = count, "no embeddings of {count} passages, trying again later");
        let is_about_texts = is_refusal(error) || matches!(error, ModelError::Unreadable { .. });
        if is_about_texts || matches!(error, ModelError::NoAnswer { .. }) {
            let fewer = u8::try_from(count / 2).unwrap_or(BATCH).max(1);
            self.batch.store(fewer, Ordering::Relaxed);
        }
        let put_off = if is_about_texts && count == 1 {
            embeddings::failed(&self.db, model, wanted).await
        } else {
            embeddings::give_back(&self.db, model, wanted).await
        };
        put_off.context("putting embeddings off")
    }

    /// Returns how many texts the first request asks for.
    pub(crate) fn first_batch() -> Arc<AtomicU8> {
        Arc::new(AtomicU8::new(BATCH))
    }

    fn rested(&self) -> Option<Instant> {
        *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest(&self) {
        *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }
}

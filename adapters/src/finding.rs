//! Finds what a seller knows about a question: by the vectors of an endpoint where the installation has one and they
//! are there in time, otherwise by those that are made here.

use domain::TenantId;
use projections::knowledge::{Asked, Passage, Retrieval};

use crate::model::Embedder;

/// Finds passages. Cheap to clone.
#[derive(Clone)]
pub struct Finder {
    retrieval: Retrieval,
    embedder: Option<Embedder>,
}

impl Finder {
    /// Finds with `retrieval`, and with an endpoint where there is one.
    #[must_use]
    pub fn new(retrieval: Retrieval, embedder: Option<Embedder>) -> Self {
        Self { retrieval, embedder }
    }

    /// Returns what finds without an endpoint.
    #[must_use]
    pub fn retrieval(&self) -> &Retrieval {
        &self.retrieval
    }

    /// Finds what a seller knows about what `buyer` wrote, the best first. The words leave only where all that the
    /// seller knows can be held against them, and without what tells who people are.
    ///
    /// # Errors
    /// What the database says. What the endpoint says is none: the question is answered without it.
    pub async fn passages(
        &self,
        tenant: TenantId,
        buyer: Option<&str>,
        asked: Asked,
    ) -> anyhow::Result<Vec<Passage>> {
        let meaning = match &self.embedder {
            Some(embedder) if self.retrieval.is_meant_by(tenant, embedder.kept_as()).await? => {
                embedder.question(buyer, &asked.query).await
            }
            _ => None,
        };
        self.retrieval.passages(tenant, &Asked { meaning, ..asked }).await
    }
}

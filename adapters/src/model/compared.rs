//! The models that past drafts can be held against: whatever the endpoint has under a name with a price.

use std::time::Duration;

use eventlog::Db;
use secrecy::SecretString;

use super::price::Prices;
use super::{Model, ModelOptions, Provider};

/// Whose models past drafts can be held against.
#[derive(Debug, Clone)]
pub struct ComparedModels {
    /// The base address of the API, `/v1` included where the provider has it.
    pub url: String,
    /// The key; empty where none is wanted.
    pub key: SecretString,
    /// Who runs it; known by the address unless said.
    pub provider: Option<Provider>,
    /// What models cost.
    pub prices: Prices,
    /// Until the last byte of an answer.
    pub timeout: Duration,
}

impl ComparedModels {
    /// Prepares the calls of the model of that name, which are made apart from those for drafts: what fails here lets
    /// nobody wait for a draft.
    ///
    /// # Errors
    /// When the address or the key cannot be used, the model has no price, or TLS cannot be set up.
    pub(crate) fn named(&self, db: Db, name: &str) -> anyhow::Result<Model> {
        let Self { url, key, provider, prices, timeout } = self.clone();
        let options = ModelOptions { url, key, name: name.to_owned(), provider, prices, timeout };
        Model::watched(db, options, "agentiq_compared_model_open")
    }
}

impl From<ModelOptions> for ComparedModels {
    fn from(options: ModelOptions) -> Self {
        let ModelOptions { url, key, provider, prices, timeout, .. } = options;
        Self { url, key, provider, prices, timeout }
    }
}

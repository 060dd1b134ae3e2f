//! Which language model writes drafts, and which ones past drafts are held against; without one, templates do, and
//! nothing is compared.

use std::path::PathBuf;
use std::time::Duration;

use adapters::model::price::Prices;
use adapters::model::{ComparedModels, ModelOptions, Provider};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use secrecy::SecretString;

use super::{base_url, seconds};

/// The language model that writes drafts, and those that past drafts are held against.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Language model")]
pub(crate) struct ModelSettings {
    /// An API of OpenAI's form, such as https://api.deepseek.com, https://api.openai.com/v1, or a model of your own on
    /// this machine. Without it drafts are templates. The same for `api` and `work`
    #[arg(long, env = "AGENTIQ_MODEL_URL", value_name = "URL", value_parser = base_url, requires = "model_name")]
    model_url: Option<String>,

    /// Its key. Better in the environment than on the command line, which others on this machine can read
    #[arg(
        long,
        env = "AGENTIQ_MODEL_KEY",
        value_name = "KEY",
        hide_env_values = true,
        default_value = "",
        hide_default_value = true
    )]
    model_key: SecretString,

    /// The model, by the provider's name, such as deepseek-flash
    #[arg(long, env = "AGENTIQ_MODEL_NAME", value_name = "NAME", requires = "model_url")]
    model_name: Option<String>,

    /// Whose API it is, where the address does not tell
    #[arg(long, env = "AGENTIQ_MODEL_PROVIDER", value_name = "WHOSE")]
    model_provider: Option<Whose>,

    /// File with what models cost, in place of the one that comes with this program; docs/drafts.md shows its form
    #[arg(long, env = "AGENTIQ_MODEL_PRICES", value_name = "FILE")]
    model_prices: Option<PathBuf>,

    /// How long an answer may take, in seconds; after that a template stands in
    #[arg(long, env = "AGENTIQ_MODEL_TIMEOUT_SECONDS", value_name = "SECONDS", default_value = "15",
        value_parser = clap::value_parser!(u32).range(1..=25))]
    model_timeout_seconds: u32,

    /// Where the models are that past drafts are held against, if not at the address above
    #[arg(long, env = "AGENTIQ_COMPARED_MODEL_URL", value_name = "URL", value_parser = base_url)]
    compared_model_url: Option<String>,

    /// The key there
    #[arg(
        long,
        env = "AGENTIQ_COMPARED_MODEL_KEY",
        value_name = "KEY",
        hide_env_values = true,
        requires = "compared_model_url"
    )]
    compared_model_key: Option<SecretString>,
}

/// Providers that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Whose {
    /// DeepSeek's.
    Deepseek,
    /// OpenAI's.
    Openai,
    /// Anybody's, or your own.
    Other,
}

impl ModelSettings {
    /// Returns the model to use; none where there is none.
    ///
    /// # Errors
    /// When the table of prices cannot be read.
    pub(crate) fn options(&self) -> anyhow::Result<Option<ModelOptions>> {
        let (Some(url), Some(name)) = (&self.model_url, &self.model_name) else { return Ok(None) };
        let (prices, provider, timeout) = (self.prices()?, self.provider(), self.timeout());
        let (url, key, name) = (url.clone(), self.model_key.clone(), name.clone());
        Ok(Some(ModelOptions { url, key, name, provider, prices, timeout }))
    }

    /// Returns whose models past drafts can be held against; none where there is no endpoint.
    ///
    /// # Errors
    /// When the table of prices cannot be read.
    pub(crate) fn compared(&self) -> anyhow::Result<Option<ComparedModels>> {
        let (url, key, provider) = match (&self.compared_model_url, &self.model_url) {
            // Another address, so whose it is says nothing of the first one's.
            (Some(url), _) => (url, self.compared_model_key.clone().unwrap_or_default(), None),
            (None, Some(url)) => (url, self.model_key.clone(), self.provider()),
            (None, None) => return Ok(None),
        };
        let (prices, timeout) = (self.prices()?, self.timeout());
        Ok(Some(ComparedModels { url: url.clone(), key, provider, prices, timeout }))
    }

    fn prices(&self) -> anyhow::Result<Prices> {
        let Some(file) = &self.model_prices else { return Ok(Prices::shipped()) };
        let of_file = || format!("reading the prices of models in {}", file.display());
        let text = std::fs::read_to_string(file).with_context(of_file)?;
        Prices::parse(&text).with_context(of_file)
    }

    fn provider(&self) -> Option<Provider> {
        self.model_provider.map(|whose| match whose {
            Whose::Deepseek => Provider::DeepSeek,
            Whose::Openai => Provider::OpenAi,
            Whose::Other => Provider::Other,
        })
    }

    fn timeout(&self) -> Duration {
        seconds(self.model_timeout_seconds)
    }
}

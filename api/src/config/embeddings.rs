//! Which endpoint makes vectors of what sellers know; without one, they are made here.

use std::time::Duration;

use adapters::model::{Embedder, EmbedderOptions};
use clap::Args;
use secrecy::SecretString;

use super::base_url;

/// How often is looked for passages without a vector: all that sellers know is gone through for it, and until then the
/// vectors that are made here do.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// The endpoint that makes vectors of what sellers know and of what buyers ask.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Embeddings")]
pub(crate) struct EmbeddingSettings {
    /// An API of OpenAI's form with `/embeddings`, such as https://api.openai.com/v1, or a model of your own on this
    /// machine. The same for `api` and `work`. Without it, what sellers know is found by vectors that are made here
    #[arg(long, env = "AGENTIQ_EMBEDDINGS_URL", value_name = "URL", value_parser = base_url,
        requires = "embeddings_model")]
    embeddings_url: Option<String>,

    /// Its key. Better in the environment than on the command line, which others on this machine can read
    #[arg(
        long,
        env = "AGENTIQ_EMBEDDINGS_KEY",
        value_name = "KEY",
        hide_env_values = true,
        requires = "embeddings_url"
    )]
    embeddings_key: Option<SecretString>,

    /// The model, by the provider's name, such as text-embedding-3-small. Vectors are kept under this name
    #[arg(
        long,
        env = "AGENTIQ_EMBEDDINGS_MODEL",
        value_name = "NAME",
        requires = "embeddings_url"
    )]
    embeddings_model: Option<String>,

    /// How like a question a passage must be to be about it, as the cosine in percent. Models differ in it:
    /// docs/knowledge.md tells how to choose it
    #[arg(long, env = "AGENTIQ_EMBEDDINGS_SIMILARITY_PERCENT", value_name = "PERCENT", default_value = "35",
        value_parser = clap::value_parser!(u8).range(0..=100))]
    embeddings_similarity_percent: u8,

    /// How long the vector of a question may take, in milliseconds; after that the vectors that are made here do
    #[arg(long, env = "AGENTIQ_EMBEDDINGS_TIMEOUT_MS", value_name = "MILLISECONDS", default_value = "1000",
        value_parser = clap::value_parser!(u32).range(50..=10_000))]
    embeddings_timeout_ms: u32,
}

impl EmbeddingSettings {
    /// Prepares the endpoint; none where there is none.
    ///
    /// # Errors
    /// When the address or the key cannot be used, or TLS cannot be set up.
    pub(crate) fn embedder(&self) -> anyhow::Result<Option<Embedder>> {
        let (Some(url), Some(name)) = (&self.embeddings_url, &self.embeddings_model) else {
            return Ok(None);
        };
        let embedder = Embedder::new(EmbedderOptions {
            url: url.clone(),
            key: self.embeddings_key.clone().unwrap_or_default(),
            name: name.clone(),
            similarity_min: f32::from(self.embeddings_similarity_percent) / 100.0,
            question_within: Duration::from_millis(self.embeddings_timeout_ms.into()),
            look_every: LOOK_EVERY,
        })?;
        Ok(Some(embedder))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Given {
        #[command(flatten)]
        settings: EmbeddingSettings,
    }

    fn given(arguments: &[&str]) -> Result<EmbeddingSettings, String> {
        let arguments = std::iter::once("agentiq").chain(arguments.iter().copied());
        Given::try_parse_from(arguments)
            .map(|given| given.settings)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn half_of_an_endpoint_is_refused_by_the_name_of_what_is_missing() {
        let url = "--embeddings-url=https://api.openai.com/v1";
        let model = "--embeddings-model=text-embedding-3-small";
        let key = "--embeddings-key=k";
        assert!(given(&[url, key]).unwrap_err().contains("--embeddings-model"));
        assert!(given(&[model, key]).unwrap_err().contains("--embeddings-url"));
        assert!(given(&[key]).unwrap_err().contains("--embeddings-url"));
    }

    #[test]
    fn without_an_endpoint_there_is_none_and_one_of_your_own_needs_no_key() {
        _ = rustls::crypto::ring::default_provider().install_default();
        assert!(given(&[]).unwrap().embedder().unwrap().is_none());
        let own = ["--embeddings-url=http://127.0.0.1:9000/v1", "--embeddings-model=e5"];
        let own = given(&own).unwrap().embedder().unwrap().unwrap();
        assert_eq!(own.kept_as(), "e5");
        let open = ["--embeddings-url=http://model.example/v1", "--embeddings-model=e5"];
        let refused = given(&open).unwrap().embedder().unwrap_err();
        assert!(format!("{refused:#}").contains("https"));
    }
}

//! Vectors of texts from an API of OpenAI's form: of passages in batches, and of a question while somebody waits for its
//! answer. Names, contacts and numbers of people do not leave.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use projections::embeddings::Vector;
use projections::knowledge::Meaning;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use tracing::{debug, error};

use super::breaker::{Breaker, Pass};
use super::client::Client;
use super::error::ModelError;
use super::mask::{Mask, hidden};
use super::reachable;

/// Until the last byte of the vectors of a batch: nobody waits for it.
pub(crate) const BATCH_WITHIN: Duration = Duration::from_secs(20);

/// How much of a question is asked about, in characters, the end of it: what is asked now is said there, and models
/// take no more than about so much.
const QUESTION_CHARS_MAX: usize = 2_000;

/// Which model makes vectors, and whose.
#[derive(Debug, Clone)]
pub struct EmbedderOptions {
    /// The base address of the API, `/v1` included where the provider has it.
    pub url: String,
    /// The key; empty where none is wanted.
    pub key: SecretString,
    /// The model's name. Vectors are kept under it.
    pub name: String,
    /// The cosine from which on a passage is about a question.
    pub similarity_min: f32,
    /// Until the last byte of the vector of a question; after that vectors made here do.
    pub question_within: Duration,
    /// How often all that sellers know is gone through for what has no vector.
    pub look_every: Duration,
}

/// Makes vectors. Cheap to clone; one for a process, since it remembers whether the provider answers.
#[derive(Debug, Clone)]
pub struct Embedder {
    name: String,
    kept_as: String,
    similarity_min: f32,
    look_every: Duration,
    passages: Asking,
    /// Apart: they are given up so early that it says nothing of batches.
    questions: Asking,
}

/// One way of asking.
#[derive(Debug, Clone)]
struct Asking {
    what: &'static str,
    client: Client,
    breaker: Breaker,
}

/// The answer of the API, of which nothing is taken for granted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    data: Vec<Embedding>,
    usage: Used,
}

#[derive(Debug, Deserialize)]
struct Embedding {
    index: usize,
    embedding: Vec<f32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Used {
    prompt_tokens: u64,
}

impl Embedder {
    /// Prepares the calls. The process must have installed a rustls provider.
    ///
    /// # Errors
    /// When the address or the key cannot be used, or TLS cannot be set up.
    pub fn new(options: EmbedderOptions) -> anyhow::Result<Self> {
        let EmbedderOptions { url, key, name, similarity_min, question_within, look_every } =
            options;
        let url = reachable(&url, &key, "endpoint for embeddings")?;
        let asking = |what, gauge, timeout| {
            let client =
                Client::new(&url, &key, timeout).context("setting up TLS for embeddings")?;
            anyhow::Ok(Asking { what, client, breaker: Breaker::new(gauge) })
        };
        // The sabotage that the tests must catch: what another process has paid for is nobody's.
        let kept_as = if cfg!(feature = "sabotage-embeds-again") {
            format!("{name} {}", uuid::Uuid::now_v7())
        } else {
            name.clone()
        };
        Ok(Self {
            name,
            kept_as,
            similarity_min,
            look_every,
            passages: asking("passages", "agentiq_embeddings_open", BATCH_WITHIN)?,
            questions: asking("questions", "agentiq_question_embeddings_open", question_within)?,
        })
    }

    /// Returns the name under which its vectors are kept.
    #[must_use]
    pub fn kept_as(&self) -> &str {
        &self.kept_as
    }

    pub(crate) fn look_every(&self) -> Duration {
        self.look_every
    }

    /// Returns the right to ask for the vectors of passages once; none while the provider is left alone because it
    /// failed.
    pub(crate) fn pass(&self) -> Option<Pass> {
        self.passages.breaker.pass(Instant::now()).ok()
    }

    /// Asks for the vectors of passages, in their order; none of one for which no direction came. What the seller wrote of people in them does not leave, as it
    /// does not in a prompt.
    pub(crate) async fn passages(
        &self,
        pass: Pass,
        texts: impl Iterator<Item = &str>,
    ) -> Result<Vec<Option<Vector>>, ModelError> {
        let texts: Vec<String> = texts.map(Mask::strip).collect();
        self.passages.ask(pass, &self.name, &texts).await
    }

    /// Asks for the meaning of a buyer's words; none where it does not come in time. Nothing of it is kept.
    pub(crate) async fn question(&self, buyer: Option<&str>, words: &str) -> Option<Meaning> {
        let pass = self.questions.breaker.pass(Instant::now()).ok()?;
        let words: String = hidden(buyer, &[words.to_owned()]).concat();
        let past = words.chars().count().saturating_sub(QUESTION_CHARS_MAX);
        let words: String = words.chars().skip(past).collect();
        match self.questions.ask(pass, &self.name, &[words]).await {
            Ok(vectors) => vectors.into_iter().next().flatten().map(|vector| Meaning {
                model: self.kept_as.clone(),
                vector,
                similarity_min: self.similarity_min,
            }),
            Err(error) => {
                debug!(%error, "a question is looked for without its embedding");
                None
            }
        }
    }
}

impl Asking {
    /// Makes one request.
    async fn ask(
        &self,
        pass: Pass,
        name: &str,
        texts: &[String],
    ) -> Result<Vec<Option<Vector>>, ModelError> {
        let asked = Instant::now();
        let request = json!({ "model": name, "input": texts, "encoding_format": "float" });
        let answer: Result<Answer, ModelError> = self.client.embeddings(&request).await;
        if let Ok(answer) = &answer {
            metrics::counter!("agentiq_embeddings_tokens_total", "of" => self.what)
                .increment(answer.usage.prompt_tokens);
        }
        let vectors = answer.and_then(|answer| {
            vectors(answer.data, texts.len())
                .ok_or(ModelError::Unreadable { why: "it has not one vector for each text" })
        });
        let failure = vectors.as_ref().err();
        pass.ended(of_endpoint(failure), Instant::now());
        let outcome = failure.map_or("answered", ModelError::code);
        metrics::counter!("agentiq_embeddings_requests_total", "of" => self.what, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("agentiq_embeddings_request_seconds", "of" => self.what)
            .record(asked.elapsed());
        let of_nobody = |failure: &&ModelError| failure.wants_somebody() && !is_refusal(failure);
        if let Some(failure) = failure.filter(of_nobody) {
            error!(
                model.name = name,
                "no embeddings can be made until somebody mends it: {failure}"
            );
        }
        vectors
    }
}

/// Tells whether an endpoint that works refused these very texts: too many, too long, or not to its liking.
pub(crate) fn is_refusal(error: &ModelError) -> bool {
    matches!(error, ModelError::BadRequest { status: 400 | 413 | 422 })
}

/// What a failure says of the endpoint. An answer that cannot be used is paid for, so it is asked as little as one that does
/// not answer.
fn of_endpoint(failure: Option<&ModelError>) -> Option<&ModelError> {
    const NO_USE: ModelError = ModelError::NoAnswer { timed_out: false };
    match failure {
        Some(ModelError::Unreadable { .. }) => Some(&NO_USE),
        failure => failure.filter(|failure| !is_refusal(failure)),
    }
}

/// Puts vectors into the order of their texts, and none where what came has no direction; nothing where their order cannot be
/// told, or where they do not go together.
fn vectors(mut data: Vec<Embedding>, texts: usize) -> Option<Vec<Option<Vector>>> {
    data.sort_by_key(|one| one.index);
    let length = data.first()?.embedding.len();
    let fits = |(at, one): (usize, &Embedding)| one.index == at && one.embedding.len() == length;
    if data.len() != texts || !data.iter().enumerate().all(fits) {
        return None;
    }
    Some(data.into_iter().map(|one| Vector::new(one.embedding)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(usize, &[f32])], texts: usize) -> Option<Vec<Option<Vector>>> {
        let one = |(index, numbers): &(usize, &[f32])| Embedding {
            index: *index,
            embedding: numbers.to_vec(),
        };
        vectors(given.iter().map(one).collect(), texts)
    }

    #[test]
    fn each_text_gets_its_own_vector_whatever_their_order() {
        let (right, up) = (&[1.0, 0.0][..], &[0.0, 1.0][..]);
        let read_back = read(&[(1, up), (0, right)], 2).unwrap();
        assert_eq!(read_back, read(&[(0, right), (1, up)], 2).unwrap());
        assert_ne!(read_back[0], read_back[1]);
    }

    #[test]
    fn what_is_not_one_vector_for_each_text_is_no_answer() {
        let (right, longer) = (&[1.0, 0.0][..], &[0.0, 1.0, 1.0][..]);
        assert_eq!(read(&[], 1), None);
        assert_eq!(read(&[(0, right)], 2), None, "one is missing");
        assert_eq!(read(&[(0, right), (0, right)], 2), None, "one came twice");
        assert_eq!(read(&[(0, right), (1, longer)], 2), None, "they are of different models");
        let one = read(&[(0, right), (1, &[0.0, 0.0])], 2).unwrap();
        assert!(one[0].is_some() && one[1].is_none(), "what has no direction takes no other along");
    }

    #[test]
    fn a_refusal_of_texts_says_nothing_of_the_endpoint_and_what_is_of_no_use_does() {
        assert_eq!(of_endpoint(None).map(ModelError::code), None);
        for status in [400, 413, 422] {
            assert!(of_endpoint(Some(&ModelError::BadRequest { status })).is_none());
        }
        let gone = ModelError::BadRequest { status: 404 };
        assert_eq!(of_endpoint(Some(&gone)).map(ModelError::code), Some(gone.code()));
        let useless = ModelError::Unreadable { why: "it is no JSON" };
        assert!(matches!(of_endpoint(Some(&useless)), Some(ModelError::NoAnswer { .. })));
    }
}

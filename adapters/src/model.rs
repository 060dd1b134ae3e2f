//! The language model: from what a buyer wrote to a draft that has passed what a machine may not say.
//!
//! - [`Model::write`] makes at most two HTTP requests for a draft: one, and one more where the answer to the first was
//!   none.
//! - A call is noted in the database before it is made. Whoever asks for the same [`CallId`] again, in whatever process
//!   and after whatever crash, gets [`ModelError::AlreadyMade`]: nothing is paid twice, and an outcome that is not
//!   known is not guessed.
//! - Names, contacts and numbers of people do not leave (`mask`); what comes back is a suggestion to a person, held
//!   against [`domain::guardrail::unfit`], which assumes that the model obeys whoever wrote to it.

pub mod ask;
pub(crate) mod books;
mod breaker;
mod client;
mod compared;
mod embedder;
mod error;
mod mask;
pub mod price;
mod prompt;
mod provider;
mod reading;
mod sunset;
mod wire;

use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::Utc;
use domain::InteractionId;
use domain::guardrail::{Known, Unfit, unfit};
use domain::value::{BuyerWords, Content, Personal, Product, ReplyText};
use eventlog::Db;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::error;
use uuid::Uuid;

use self::ask::{Answer, Ask, CallId, Usage, Written};
use self::books::{Books, Day, End, Note};
use self::breaker::{Breaker, Pass};
use self::client::Client;
use self::mask::Mask;
use self::price::{Price, Prices};
use self::reading::Draft;
use self::wire::{Completion, Message, Outcome, Request};
use crate::crash;
use crate::http::usable;

pub use self::books::{Spent, spent_today};
pub use self::compared::ComparedModels;
pub(crate) use self::embedder::{BATCH_WITHIN, is_refusal};
pub use self::embedder::{Embedder, EmbedderOptions};
pub use self::error::ModelError;
pub use self::mask::hidden;
pub use self::prompt::VERSION as PROMPT_VERSION;
pub use self::provider::Provider;
pub(crate) use self::sunset::noted as noted_standing;

/// Tokens of an answer at most: a text of some thousand characters and what stands around it.
const ANSWER_TOKENS_MAX: u32 = 1_200;

/// Longest name of a model that is kept, in characters: it is the provider's word.
const NAME_CHARS_MAX: usize = 100;

/// Which model, and whose.
#[derive(Debug, Clone)]
pub struct ModelOptions {
    /// The base address of the API, `/v1` included where the provider has it.
    pub url: String,
    /// The key; empty where none is wanted.
    pub key: SecretString,
    /// The model's name.
    pub name: String,
    /// Who runs it; known by the address unless said.
    pub provider: Option<Provider>,
    /// What it costs.
    pub prices: Prices,
    /// Until the last byte of an answer.
    pub timeout: Duration,
}

/// A language model. Cheap to clone; one for a process, since it remembers whether the provider answers.
#[derive(Debug, Clone)]
pub struct Model {
    db: Db,
    client: Client,
    breaker: Breaker,
    provider: Provider,
    name: String,
    prices: Prices,
}

/// What came of a request that was carried out.
struct Said {
    /// The model's words, or why there are none to read.
    content: Result<String, ModelError>,
    model: Option<String>,
    usage: Option<Usage>,
}

impl Model {
    /// Prepares the calls. The process must have installed a rustls provider.
    ///
    /// # Errors
    /// When the address or the key cannot be used, the model has no price, or TLS cannot be set up.
    pub fn new(db: Db, options: ModelOptions) -> anyhow::Result<Self> {
        Self::watched(db, options, "agentiq_model_open")
    }

    /// Prepares the calls; `gauge` is 1 while none is made because the provider failed.
    fn watched(db: Db, options: ModelOptions, gauge: &'static str) -> anyhow::Result<Self> {
        let ModelOptions { url, key, name, provider, prices, timeout } = options;
        let url = reachable(&url, &key, "model")?;
        anyhow::ensure!(
            prices.knows(&name),
            "the table of prices does not know the model {name}; name a table that does (AGENTIQ_MODEL_PRICES)"
        );
        let client = Client::new(&url, &key, timeout).context("setting up TLS for the model")?;
        let provider = provider.unwrap_or_else(|| Provider::of(&url));
        Ok(Self { db, client, breaker: Breaker::new(gauge), provider, name, prices })
    }

    /// Returns the name of the model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Has a draft written, unless it was before.
    ///
    /// # Errors
    /// [`ModelError`] says why there is none. Whatever it is, a template is the answer to it; only a person asks again,
    /// with another `ordinal`.
    pub async fn write(&self, call: CallId, ask: &Ask) -> Result<Answer, ModelError> {
        let (tenant, allowance) = (ask.tenant, ask.allowance);
        let books = Day { db: &self.db, call, tenant, allowance };
        self.write_within(&books, call.interaction, ask).await
    }

    /// Has an answer to `interaction` written, of which the calls are noted in `books`.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(crate) async fn write_within<B: Books>(
        &self,
        books: &B,
        interaction: InteractionId,
        ask: &Ask,
    ) -> Result<Answer, ModelError> {
        let started = Instant::now();
        let mut mask = Mask::default();
        let told = prompt::of(ask, &mut mask);
        let mut messages = vec![Message::system(prompt::RULES), Message::user(told)];
        let mut written = Written {
            provider: self.provider.as_str(),
            model: self.name.clone(),
            prompt_version: PROMPT_VERSION,
            usage: Usage::default(),
            cost_micro_usd: 0,
            price_version: self.prices.version.clone(),
            duration: Duration::ZERO,
            attempts: 0,
        };
        let mut first = None;
        loop {
            let pass = self.breaker.pass(Instant::now())?;
            // The price of the hour at which it is asked.
            let price = self.price();
            let note = self.note(price, &messages);
            let noted = match first {
                None => books.begin(note).await?,
                Some(first) => books.begin_again(note, first).await?,
            };
            crash::at("model_noted", interaction);
            let asked = Instant::now();
            let said =
                crash::within("model_call", interaction, self.ask(pass, ask, &messages)).await;
            let cost = said.usage.map(|usage| price.cost(usage));
            let content = said.content.as_deref().unwrap_or_default().to_owned();
            let draft = said.content.and_then(|content| judged(&content, ask, &mask));
            let model_returned = said.model.as_deref();
            let (usage, duration) = (said.usage, asked.elapsed());
            let end = self.ended(&draft, cost, model_returned, usage, duration);
            books.settle(noted, end).await?;

            written.attempts += 1;
            written.usage += said.usage.unwrap_or_default();
            written.cost_micro_usd += cost.unwrap_or(note.reserved);
            written.model = said.model.unwrap_or(written.model);
            match draft {
                Ok(draft) => {
                    written.duration = started.elapsed();
                    return Ok(Answer {
                        text: draft.text,
                        analysis: draft.analysis,
                        categories: draft.categories,
                        is_attacked: ask.is_attacked(),
                        written,
                    });
                }
                Err(ModelError::Unreadable { .. }) if first.is_none() => {
                    first = Some(noted);
                    if !content.is_empty() {
                        messages.push(Message::assistant(content));
                        messages.push(Message::user(prompt::REPAIR.to_owned()));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Tells whether somebody is at a call for no longer than `lease`, or has had its answer within `laid_within` and
    /// is about to lay it before people: then whoever wants the same waits for it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn is_under_way(
        &self,
        call: CallId,
        lease: Duration,
        laid_within: Duration,
    ) -> sqlx::Result<bool> {
        books::is_under_way(&self.db, call.uuid(), lease, laid_within).await
    }

    /// Returns the price of now.
    fn price(&self) -> Price {
        self.prices
            .of(&self.name, Utc::now())
            .expect("`new` takes no model without a price, nor a table with gaps")
    }

    fn note(&self, price: Price, messages: &[Message]) -> Note<'_> {
        let bytes = messages.iter().map(Message::bytes).sum();
        Note {
            provider: self.provider.as_str(),
            model: &self.name,
            prompt_version: PROMPT_VERSION,
            price_version: &self.prices.version,
            reserved: price.at_most(bytes, ANSWER_TOKENS_MAX),
        }
    }

    /// Makes one request.
    async fn ask(&self, pass: Pass, ask: &Ask, messages: &[Message]) -> Said {
        // Nothing that the provider could know the seller by, and the same for all of the seller's drafts.
        let tenant = Uuid::new_v5(&ask.tenant.0, b"model").simple().to_string();
        let request = Request::new(self.provider, &self.name, messages, ANSWER_TOKENS_MAX, &tenant);
        let answer: Result<Completion, ModelError> = self.client.chat(&request).await;
        pass.ended(answer.as_ref().err(), Instant::now());
        match answer {
            Ok(completion) => {
                let content = match completion.outcome() {
                    Outcome::Text(text) => Ok(text.to_owned()),
                    Outcome::Nothing(why) => Err(ModelError::Unreadable { why }),
                    Outcome::Declined => Err(ModelError::Declined),
                };
                let model = completion
                    .model
                    .as_deref()
                    .map(|name| name.chars().take(NAME_CHARS_MAX).collect());
                Said { content, usage: completion.usage(), model }
            }
            Err(error) => Said { content: Err(error), usage: None, model: None },
        }
    }

    /// Says how a request ended, counts it, and calls somebody where it takes a person.
    fn ended<'a>(
        &self,
        draft: &Result<Draft, ModelError>,
        cost: Option<u64>,
        model_returned: Option<&'a str>,
        usage: Option<Usage>,
        duration: Duration,
    ) -> End<'a> {
        let failure = draft.as_ref().err();
        let outcome = failure.map_or("answered", ModelError::code);
        let is_free = failure.is_some_and(ModelError::is_free);
        metrics::counter!("agentiq_model_requests_total", "outcome" => outcome).increment(1);
        metrics::histogram!("agentiq_model_request_seconds").record(duration);
        metrics::counter!("agentiq_model_cost_micro_usd_total").increment(cost.unwrap_or(0));
        if let Some(usage) = usage {
            let tokens = |kind: &'static str, count: u32| {
                metrics::counter!("agentiq_model_tokens_total", "kind" => kind)
                    .increment(count.into());
            };
            tokens("prompt", usage.prompt_tokens);
            tokens("cached", usage.cached_tokens);
            tokens("completion", usage.completion_tokens);
        }
        if let Some(failure) = failure.filter(|failure| failure.wants_somebody()) {
            error!(
                model.name = self.name,
                "the model cannot be used until somebody mends it: {failure}"
            );
        }
        End { outcome, is_free, cost, model_returned, usage, duration }
    }
}

/// Reads the address of what a key opens, as far as both can be used.
fn reachable(url: &str, key: &SecretString, what: &str) -> anyhow::Result<Url> {
    let is_neither = || format!("the address of the {what} is neither https nor on this machine");
    let url = usable(url).with_context(is_neither)?;
    let is_sendable = key.expose_secret().bytes().all(|byte| byte.is_ascii_graphic());
    anyhow::ensure!(is_sendable, "the key of the {what} has characters that no header can carry");
    Ok(url)
}

/// Holds what the model wrote against all that a draft must be.
fn judged(content: &str, ask: &Ask, mask: &Mask) -> Result<Draft, ModelError> {
    let mut draft = reading::read(content).map_err(|why| ModelError::Unreadable { why })?;
    let of = |why: Unfit| ModelError::Unfit { why: vec![why] };
    let text = mask.unveiled(&draft.text).ok_or_else(|| of(Unfit::Placeholder))?;
    draft.text = ReplyText::parse(ask.limits, &text).map_err(|_| of(Unfit::Length))?.into_string();
    let trusted: Vec<&str> = ask
        .passages
        .iter()
        .flat_map(|passage| [passage.title.as_str(), passage.text.as_str()])
        .chain(ask.product.iter().flat_map(|product| product.facts.iter().map(String::as_str)))
        .chain(ask.tone.signature.as_deref())
        .chain(ask.tone.phrases.iter().map(String::as_str))
        .collect();
    let others: Vec<&str> = ask.examples.iter().map(|example| example.buyer.as_str()).collect();
    let known =
        Known { trusted: &trusted, others: &others, secret: &[prompt::RULES, prompt::REPAIR] };
    let mut why = unfit(&draft.text, &content_of(ask), &known);
    if calls_another(&draft.text, ask) && !why.contains(&Unfit::Others) {
        why.push(Unfit::Others);
    }
    // The sabotage that the tests must catch: the buyer's orders reach the draft.
    if why.is_empty() || cfg!(feature = "sabotage-trusting") {
        Ok(draft)
    } else {
        Err(ModelError::Unfit { why })
    }
}

/// Tells whether a draft calls somebody by the name of another buyer, whom an example is of.
fn calls_another(text: &str, ask: &Ask) -> bool {
    let others = ask.examples.iter().filter_map(|example| example.buyer_name.as_deref());
    let tone = ask.tone.signature.iter().chain(&ask.tone.phrases);
    let product =
        ask.product.iter().flat_map(|product| product.brand.iter().chain([&product.name]));
    let own = tone.chain(product).map(String::as_str).chain(ask.buyer_name.as_deref());
    mask::calls_any(text, others, own)
}

/// Returns what is answered in the form that the guardrails read.
fn content_of(ask: &Ask) -> Content {
    let words: Vec<&str> = ask.buyer_texts().collect();
    let product = ask.product.clone().unwrap_or_default();
    Content {
        rating: ask.rating,
        product: Product {
            article: product.article,
            name: product.name,
            brand: product.brand,
            ..Product::default()
        },
        words: Personal::Known(BuyerWords {
            buyer_name: ask.buyer_name.clone(),
            text: words.join("\n"),
            ..BuyerWords::default()
        }),
    }
}

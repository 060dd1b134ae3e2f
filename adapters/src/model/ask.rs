//! What a model is asked for, and what it answers, in our words.

use std::time::Duration;

use domain::guardrail::is_meant_for_machine;
use domain::value::{Analysis, TextLimits};
use domain::{Channel, InteractionId, Marketplace, TenantId};
use uuid::Uuid;

/// Turns of a conversation that a model is told, the last ones (F109).
pub const TURNS_MAX: usize = 10;

/// Which draft a call is for. Whoever asks for the same draft again names the same call, so that nobody pays for it
/// twice: it is known by what was said, and not by how often anything else of the interaction changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallId {
    /// What is answered.
    pub interaction: InteractionId,
    /// The name of all that was said
    /// ([`name_of_words`](domain::interaction::Conversation::name_of_words)).
    pub said: Uuid,
    /// The how-manyeth draft that was asked for.
    pub ordinal: u32,
}

impl CallId {
    /// Returns it as an id, which is the same in every process.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        let name = format!("draft {} {}", self.said, self.ordinal);
        Uuid::new_v5(&self.interaction.0, name.as_bytes())
    }
}

/// What a seller lets be spent in a day, which begins at midnight in Moscow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Drafts that a model writes ahead (F125); none where somebody asks for this one, which then is not counted.
    pub drafts: Option<u32>,
    /// Money, in millionths of a dollar.
    pub micro_usd: u64,
}

/// What a draft is to be written of. Names and contacts in it do not leave: they are hidden before the call.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose draft, and who pays.
    pub tenant: TenantId,
    /// What the seller lets be spent today.
    pub allowance: Allowance,
    /// Where the buyer wrote.
    pub marketplace: Marketplace,
    /// In which channel.
    pub channel: Channel,
    /// Stars, 1…5; reviews only.
    pub rating: Option<u8>,
    /// The buyer's name, where the marketplace tells.
    pub buyer_name: Option<String>,
    /// What it is about.
    pub product: Option<ProductFacts>,
    /// What was said, in the order of time; of more than [`TURNS_MAX`] the last are told. A review is one turn, with
    /// what the buyer likes and dislikes in the text.
    pub turns: Vec<Turn>,
    /// How the seller sounds.
    pub tone: Tone,
    /// What the seller's knowledge says about it.
    pub passages: Vec<Passage>,
    /// What was answered to others who wrote the like.
    pub examples: Vec<Example>,
    /// How long the answer may be.
    pub limits: TextLimits,
}

impl Ask {
    /// Tells whether anything that others wrote seems to be meant for a machine: the draft is then a person's to send,
    /// whoever wrote it.
    #[must_use]
    pub fn is_attacked(&self) -> bool {
        let product =
            self.product.iter().flat_map(|product| product.facts.iter().chain([&product.name]));
        let files = self.turns.iter().flat_map(|turn| &turn.files);
        let passages = self.passages.iter().flat_map(|passage| [&passage.title, &passage.text]);
        let texts = product.chain(files).chain(passages).map(String::as_str);
        // What is pulled apart over several messages is seen in all of them together.
        let together = self.buyer_texts().collect::<Vec<_>>().join(" ");
        is_meant_for_machine(&together)
            || texts.chain(self.buyer_name.as_deref()).any(is_meant_for_machine)
    }

    pub(super) fn buyer_texts(&self) -> impl Iterator<Item = &str> {
        let of_buyer = self.turns.iter().filter(|turn| turn.author == Author::Buyer);
        of_buyer.map(|turn| turn.text.as_str())
    }
}

/// What is known of a product.
#[derive(Debug, Clone, Default)]
pub struct ProductFacts {
    /// The marketplace's article.
    pub article: String,
    /// Its name.
    pub name: String,
    /// Its brand.
    pub brand: Option<String>,
    /// Facts, one a line: «Состав: хлопок 95 %».
    pub facts: Vec<String>,
}

/// Who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The buyer.
    Buyer,
    /// The seller.
    Seller,
}

/// Something that was said.
#[derive(Debug, Clone)]
pub struct Turn {
    /// By whom.
    pub author: Author,
    /// What.
    pub text: String,
    /// Names of the files that came with it.
    pub files: Vec<String>,
}

/// How a seller sounds (F244).
#[derive(Debug, Clone, Default)]
pub struct Tone {
    /// Whether friendly rather than formal.
    pub is_friendly: bool,
    /// Whether buyers are «ты» rather than «вы».
    pub says_ty: bool,
    /// What every answer ends with.
    pub signature: Option<String>,
    /// Words that the seller likes to use.
    pub phrases: Vec<String>,
    /// What is not to be spoken of.
    pub forbidden_topics: Vec<String>,
}

/// A piece of the seller's knowledge.
#[derive(Debug, Clone)]
pub struct Passage {
    /// What names it in the draft's event.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// What it says.
    pub text: String,
}

/// An answer of the past.
#[derive(Debug, Clone)]
pub struct Example {
    /// The name of that buyer, where the marketplace told: it does not leave, and is none to call this one by.
    pub buyer_name: Option<String>,
    /// What that buyer wrote.
    pub buyer: String,
    /// What the seller answered.
    pub seller: String,
}

/// What a model wrote, checked.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The draft: within the limits, with the names put back, and nothing in it that a machine may not say.
    pub text: String,
    /// What the buyer wants, as the model reads it.
    pub analysis: Analysis,
    /// What it is about, in the model's words.
    pub categories: Vec<String>,
    /// Whether the buyer's words seem to be meant for a machine: such a draft is a person's to send.
    pub is_attacked: bool,
    /// What it took.
    pub written: Written,
}

/// How a draft came to be, as its event keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Who runs the model.
    pub provider: &'static str,
    /// The model that answered, as it calls itself.
    pub model: String,
    /// The version of our prompt.
    pub prompt_version: u32,
    /// Tokens, of all attempts together.
    pub usage: Usage,
    /// What it cost, in millionths of a dollar.
    pub cost_micro_usd: u64,
    /// The version of the prices that this was reckoned by.
    pub price_version: String,
    /// How long it took, all attempts together.
    pub duration: Duration,
    /// Requests: 2 where the first answer was none.
    pub attempts: u32,
}

/// Tokens of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of the prompt, those that were cached included.
    pub prompt_tokens: u32,
    /// Of the prompt, those that the provider had in its cache.
    pub cached_tokens: u32,
    /// Of the answer.
    pub completion_tokens: u32,
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
    }
}

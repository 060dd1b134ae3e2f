//! Every setting of the sandbox, with unit and default; one command-line flag each.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::ensure;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};
use uuid::Uuid;

use crate::chance::sha256_hex;
use crate::faults::Faults;
use crate::traffic::Traffic;
use crate::wildberries::said_by;

/// What [`crate::Sandbox::start`] needs to know.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Address to listen on; port 0 takes a free one. Default `127.0.0.1:0`. The sandbox has no protection
    /// beyond loopback: whoever reaches it may use `/control`.
    pub bind: SocketAddr,
    /// The ledger, an append-only file of JSON lines, created when absent; the state is rebuilt from it when it
    /// is not empty. Default `sandbox-ledger.jsonl` in the working directory.
    pub ledger: PathBuf,
    /// Decides ids, dates and the schedule of faults. Default 1.
    pub seed: u64,
    /// The sellers; one that the ledger already knows keeps its reviews. Default: the seller `demo` with the
    /// personal token `sandbox-demo-token` at Wildberries, the key `sandbox-demo-ozon-key` at Ozon, and at
    /// Yandex.Market the business 1000001 with the key `ACMA:sandbox-demo-key:00000000`.
    pub sellers: Vec<SellerConfig>,
    /// Where the reviews of a seller come from when its own settings do not say. Default: the sandbox's own
    /// corpus, each review once.
    pub reviews: ReviewSource,
    /// Whether the sellers of Wildberries begin with some claims for return, of the sandbox's own corpus. Default no.
    pub claims: bool,
    /// Days over which the dates of the reviews are spread back from the first start; captured Wildberries
    /// reviews keep theirs. Below 30, or Wildberries counts the oldest ones as archived. Default 21.
    pub spread_days: u32,
    /// Factor on the published rate limits: 10 gives ten times the requests and ten times the burst. More than
    /// 0. Default 1.
    pub rate_scale: f64,
    /// Which rate-limit headers answers carry. Default [`RateHeaders::Documented`].
    pub rate_headers: RateHeaders,
    /// Faults from the start on; `/control/faults` changes them later. Default none.
    pub faults: Faults,
    /// What test buyers write over time. Default nothing.
    pub traffic: Option<Traffic>,
    /// How long the language model takes over an answer, from and to, in milliseconds. Default no time.
    pub model_latency_ms: [u64; 2],
}

/// One seller and what it has at the marketplaces.
#[derive(Debug, Clone)]
pub struct SellerConfig {
    /// Its name in the ledger and under `/control`; never seen by the API's users.
    pub seller: String,
    /// Its Wildberries tokens, any texts.
    pub tokens: Vec<TokenConfig>,
    /// Its account at Ozon, if it has one.
    pub ozon: Option<OzonAccount>,
    /// Its own source of reviews, if not the common one.
    pub reviews: Option<ReviewSource>,
    /// Its business at Yandex.Market, if it has one. Default none.
    pub yandex: Option<YandexConfig>,
}

/// A seller's business at Yandex.Market.
#[derive(Debug, Clone)]
pub struct YandexConfig {
    /// The `businessId` of its addresses, 1 or more.
    pub business_id: u64,
    /// Its keys.
    pub keys: Vec<YandexKeyConfig>,
    /// The base address that notifications are sent to from the first start on, plain HTTP; `/notification` is added.
    /// Default none.
    pub receiver: Option<String>,
}

/// A key that Yandex.Market accepts in `Api-Key`. Only its SHA-256 is kept, here and in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YandexKeyConfig {
    pub(crate) sha256: String,
    /// What the cabinet calls it. Default `sandbox`.
    pub name: String,
    /// What it opens. Default [`YandexScope::AllMethods`].
    pub scopes: BTreeSet<YandexScope>,
}

/// What a Yandex.Market key opens, as far as it differs here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString,
)]
pub enum YandexScope {
    /// Everything.
    #[serde(rename = "all-methods")]
    #[strum(serialize = "all-methods")]
    AllMethods,
    /// Reading only.
    #[serde(rename = "all-methods:read-only")]
    #[strum(serialize = "all-methods:read-only")]
    AllMethodsReadOnly,
    /// Chats, reviews and questions.
    #[serde(rename = "communication")]
    #[strum(serialize = "communication")]
    Communication,
    /// Products: nothing of what is played here but the check of the key.
    #[serde(rename = "offers-and-cards-management")]
    #[strum(serialize = "offers-and-cards-management")]
    OffersAndCardsManagement,
}

/// Reviews to begin with.
#[derive(Debug, Clone, Default)]
pub struct ReviewSource {
    /// Where they are read. Default [`ReviewOrigin::Corpus`].
    pub origin: ReviewOrigin,
    /// How many: fewer cut the source short, more go round it again with fresh ids. Default: each once; of generated
    /// ones 1000.
    pub count: Option<usize>,
}

/// Where reviews are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReviewOrigin {
    /// The sandbox's own Russian corpus, `sandbox/corpus/reviews.jsonl`.
    #[default]
    Corpus,
    /// A file: JSON lines of `{text, rating, pros?, cons?, product?}`, JSON lines of Wildberries review objects, one
    /// captured page of Wildberries' API, or an array of review objects.
    File(PathBuf),
    /// Put together from the sandbox's own phrases, as many as are asked for: made anew whenever one is read, so that
    /// hundreds of thousands take a few megabytes.
    Generated,
    /// No reviews to begin with.
    Nothing,
}

/// A token that a marketplace accepts. Only its SHA-256 is kept, here and in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenConfig {
    pub(crate) sha256: String,
    /// Decides the rate limit. Default what the token says, or [`TokenKind::Personal`].
    pub kind: TokenKind,
    /// What it opens. Default what the token says, or everything.
    pub rights: Rights,
    /// Until when it is good, where the token says it.
    pub(crate) expires: Option<DateTime<Utc>>,
    /// The seller's id, where the token says it.
    pub(crate) sid: Option<Uuid>,
}

/// What a seller has at Ozon. Of the key only its SHA-256 is kept, here and in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OzonAccount {
    /// The number that Ozon knows the seller by.
    pub client_id: u64,
    pub(crate) sha256: String,
    /// Whether answers contradict the specification as its own published examples do. Default no.
    pub is_hostile: bool,
    /// Where push notifications go, plain HTTP. Default nowhere.
    pub receiver: Option<String>,
}

/// Wildberries' kinds of tokens, as far as they differ here.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, Display, EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TokenKind {
    /// 3 requests a second, burst 6.
    #[default]
    Personal,
    /// As personal.
    Service,
    /// As personal.
    BasicWithSecret,
    /// As personal.
    Test,
    /// 5 requests an hour, burst 1.
    Basic,
}

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    /// The category "questions and reviews".
    pub feedbacks: bool,
    /// The category "chat with buyers".
    pub chat: bool,
    /// The category "returns by buyers".
    pub returns: bool,
    /// Reading only: answers are refused.
    pub read_only: bool,
}

/// Which rate-limit headers answers carry. Clients report that the live gateway leaves some of them out, so a
/// reader must do without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "snake_case")]
pub enum RateHeaders {
    /// `X-Ratelimit-Limit`, `-Remaining` and `-Reset`; with 429 `-Retry`, `-Limit` and `-Reset`.
    #[default]
    Documented,
    /// `X-Ratelimit-Remaining` alone, and nothing with 429.
    RemainingOnly,
    /// None at all.
    Absent,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            ledger: PathBuf::from("sandbox-ledger.jsonl"),
            seed: 1,
            sellers: vec![
                SellerConfig::new("demo", [TokenConfig::new("sandbox-demo-token")])
                    .with_ozon(OzonAccount::new(100_001, "sandbox-demo-ozon-key"))
                    .with_yandex(YandexConfig::new(
                        1_000_001,
                        [YandexKeyConfig::new("ACMA:sandbox-demo-key:00000000")],
                    )),
            ],
            reviews: ReviewSource::default(),
            claims: false,
            spread_days: 21,
            rate_scale: 1.0,
            rate_headers: RateHeaders::default(),
            faults: Faults::default(),
            traffic: None,
            model_latency_ms: [0, 0],
        }
    }
}

impl SandboxConfig {
    /// Errs, naming the setting, when one cannot be.
    pub(crate) fn validate(&self) -> anyhow::Result<()> {
        ensure!(
            self.rate_scale.is_finite() && self.rate_scale > 0.0,
            "rate_scale must be more than 0, found {}",
            self.rate_scale
        );
        for (place, seller) in self.sellers.iter().enumerate() {
            ensure!(!seller.seller.is_empty(), "a seller needs a name");
            ensure!(
                !self.sellers[..place].iter().any(|other| other.seller == seller.seller),
                "the seller {} is given twice",
                seller.seller
            );
            let client_id = |other: &SellerConfig| other.ozon.as_ref().map(|it| it.client_id);
            ensure!(
                client_id(seller).is_none_or(|own| {
                    !self.sellers[..place].iter().any(|other| client_id(other) == Some(own))
                }),
                "the seller {} has the Client-Id of another",
                seller.seller
            );
            for token in &seller.tokens {
                let shared = self.sellers[..place].iter().find(|other| other.opens(token));
                ensure!(
                    shared.is_none(),
                    "the sellers {} and {} share a token",
                    shared.map_or("", |other| &other.seller),
                    seller.seller
                );
            }
            if let Some(yandex) = &seller.yandex {
                yandex.validate(&seller.seller, &self.sellers[..place])?;
            }
        }
        Ok(())
    }
}

impl SellerConfig {
    /// A seller with these tokens and the common source of reviews.
    pub fn new(seller: impl Into<String>, tokens: impl IntoIterator<Item = TokenConfig>) -> Self {
        Self {
            seller: seller.into(),
            tokens: tokens.into_iter().collect(),
            ozon: None,
            reviews: None,
            yandex: None,
        }
    }

    /// The same seller with an account at Ozon.
    pub fn with_ozon(self, account: OzonAccount) -> Self {
        Self { ozon: Some(account), ..self }
    }

    /// The same seller with a business at Yandex.Market.
    pub fn with_yandex(self, yandex: YandexConfig) -> Self {
        Self { yandex: Some(yandex), ..self }
    }

    fn opens(&self, token: &TokenConfig) -> bool {
        self.tokens.iter().any(|own| own.sha256 == token.sha256)
    }
}

impl YandexConfig {
    /// A business with these keys, and without notifications.
    pub fn new(business_id: u64, keys: impl IntoIterator<Item = YandexKeyConfig>) -> Self {
        Self { business_id, keys: keys.into_iter().collect(), receiver: None }
    }

    fn validate(&self, seller: &str, earlier: &[SellerConfig]) -> anyhow::Result<()> {
        ensure!(
            self.business_id > 0,
            "the business of the seller {seller} needs a number from 1 on"
        );
        let known = |other: &&SellerConfig| {
            other.yandex.as_ref().is_some_and(|other| {
                let shares_key =
                    |key: &YandexKeyConfig| other.keys.iter().any(|one| one.sha256 == key.sha256);
                other.business_id == self.business_id || self.keys.iter().any(shares_key)
            })
        };
        let shared = earlier.iter().find(known);
        ensure!(
            shared.is_none(),
            "the sellers {} and {seller} share a business or a key at Yandex.Market",
            shared.map_or("", |other| &other.seller),
        );
        Ok(())
    }
}

impl YandexKeyConfig {
    /// A key that opens everything.
    pub fn new(key: &str) -> Self {
        Self {
            sha256: sha256_hex(key),
            name: "sandbox".to_owned(),
            scopes: BTreeSet::from([YandexScope::AllMethods]),
        }
    }

    /// The same key with other scopes.
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = YandexScope>) -> Self {
        Self { scopes: scopes.into_iter().collect(), ..self }
    }
}

impl YandexScope {
    /// As the check of a key tells it: `ALL_METHODS_READ_ONLY`.
    pub(crate) fn in_answers(self) -> String {
        self.to_string().to_uppercase().replace(['-', ':'], "_")
    }
}

impl ReviewSource {
    /// Reads a file, each review once.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { origin: ReviewOrigin::File(path.into()), count: None }
    }

    /// Begins without reviews.
    pub fn nothing() -> Self {
        Self { origin: ReviewOrigin::Nothing, count: None }
    }
}

impl OzonAccount {
    /// An account whose key opens everything for three months from the first start.
    pub fn new(client_id: u64, api_key: &str) -> Self {
        Self { client_id, sha256: sha256_hex(api_key), is_hostile: false, receiver: None }
    }

    /// The same account with answers that contradict the specification.
    pub fn hostile(self) -> Self {
        Self { is_hostile: true, ..self }
    }

    /// The same account with a receiver of push notifications.
    pub fn with_receiver(self, url: impl Into<String>) -> Self {
        Self { receiver: Some(url.into()), ..self }
    }
}

impl TokenConfig {
    /// A token as its claims describe it ([`crate::TokenClaims`]); any other text is a personal token that opens
    /// everything and does not expire.
    pub fn new(token: &str) -> Self {
        let said = said_by(token);
        Self {
            sha256: sha256_hex(token),
            kind: said.map(|said| said.kind).unwrap_or_default(),
            rights: said.map(|said| said.rights).unwrap_or_default(),
            expires: said.and_then(|said| said.expires),
            sid: said.and_then(|said| said.sid),
        }
    }

    /// The same token as another kind.
    pub fn of_kind(self, kind: TokenKind) -> Self {
        Self { kind, ..self }
    }

    /// The same token with other rights.
    pub fn with_rights(self, rights: Rights) -> Self {
        Self { rights, ..self }
    }
}

impl Default for Rights {
    fn default() -> Self {
        Self { feedbacks: true, chat: true, returns: true, read_only: false }
    }
}

impl Rights {
    /// Opens nothing.
    pub fn none() -> Self {
        Self { feedbacks: false, chat: false, returns: false, read_only: false }
    }
}

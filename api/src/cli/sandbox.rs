//! The sandbox's settings.

mod yandex;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{anyhow, bail};
use clap::Args;
use sandbox::{
    FaultSpec, Faults, OzonAccount, RateHeaders, ReviewOrigin, ReviewSource, Rights, SandboxConfig,
    SellerConfig, TokenConfig, TokenKind, Traffic,
};

use self::yandex::YandexKey;

/// Settings of `sandbox`.
#[derive(Debug, Args)]
pub(crate) struct SandboxCommand {
    /// Address to listen on; port 0 takes a free one. Whoever reaches it may control it
    #[arg(
        long,
        env = "AGENTIQ_SANDBOX_LISTEN",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:9000"
    )]
    listen: SocketAddr,

    /// What buyers saw: an append-only file of JSON lines, from which the sandbox goes on after a restart
    #[arg(
        long,
        env = "AGENTIQ_SANDBOX_LEDGER",
        value_name = "FILE",
        default_value = "sandbox-ledger.jsonl"
    )]
    ledger: PathBuf,

    /// Decides ids, dates and the schedule of faults
    #[arg(long, value_name = "NUMBER", default_value = "1")]
    seed: u64,

    /// A seller and one of its tokens: NAME:TOKEN, then optionally :KIND (personal, service, basic_with_secret, test,
    /// basic) and :RIGHTS (all, none, or feedbacks, chat, returns and read_only joined by +). A JWT-shaped token says
    /// both itself. Repeat it for more sellers and tokens
    /// [default: demo:sandbox-demo-token]
    #[arg(long = "seller", value_name = "NAME:TOKEN", value_parser = SellerToken::from_str)]
    sellers: Vec<SellerToken>,

    /// What a seller has at Ozon: NAME:CLIENT_ID:API_KEY, then optionally :hostile for answers that contradict the
    /// specification as its own examples do [default: demo:100001:sandbox-demo-ozon-key, unless a seller is given]
    #[arg(long = "ozon", value_name = "NAME:CLIENT_ID:API_KEY", value_parser = SellerAccount::from_str)]
    ozon: Vec<SellerAccount>,

    /// Where Ozon's push notifications for a seller go: NAME=URL, plain HTTP
    #[arg(long = "ozon-receiver", value_name = "NAME=URL", value_parser = SellerReceiver::from_str)]
    ozon_receivers: Vec<SellerReceiver>,

    /// A seller's business at Yandex.Market and one of its keys: NAME:BUSINESS:KEY, then optionally ,SCOPE+SCOPE
    /// (all-methods, all-methods:read-only, communication, offers-and-cards-management). Repeat it for more keys
    /// [default: demo:1000001:ACMA:sandbox-demo-key:00000000, unless there is a --seller]
    #[arg(long = "yandex", value_name = "NAME:BUSINESS:KEY", value_parser = YandexKey::from_str)]
    yandex: Vec<YandexKey>,

    /// Where Yandex.Market's notifications of a seller go from the first start on: NAME=URL, plain HTTP;
    /// /notification is added
    #[arg(long = "yandex-receiver", value_name = "NAME=URL", value_parser = SellerReceiver::from_str)]
    yandex_receivers: Vec<SellerReceiver>,

    /// Reviews to begin with: JSON lines of {text, rating, pros?, cons?, product?}, or what Wildberries' API gave;
    /// `none` for no reviews, `generated` for as many as --reviews-count says, put together from phrases [default: the
    /// sandbox's own]
    #[arg(long, value_name = "FILE")]
    reviews: Option<PathBuf>,

    /// How many reviews; more than there are go round again [default: each once]
    #[arg(long, value_name = "NUMBER")]
    reviews_count: Option<usize>,

    /// Reviews of one seller alone: NAME=FILE, or NAME=none
    #[arg(long = "seller-reviews", value_name = "NAME=FILE", value_parser = SellerReviews::from_str)]
    seller_reviews: Vec<SellerReviews>,

    /// Gives the sellers of Wildberries some claims for return to begin with
    #[arg(long)]
    claims: bool,

    /// Days over which the dates of the reviews are spread back from the first start
    #[arg(long, value_name = "DAYS", default_value = "21", value_parser = clap::value_parser!(u32).range(0..=3650))]
    spread_days: u32,

    /// Factor on the published rate limits: 10 allows ten times the requests
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    rate_scale: f64,

    /// Which rate-limit headers answers carry: documented, remaining_only or absent
    #[arg(long, value_name = "WHICH", default_value = "documented")]
    rate_headers: RateHeaders,

    /// A way to misbehave: NAME=PROBABILITY or NAME=nth:1+2, then optionally ,ms=N ,least_ms=N ,on=read|write|all
    /// ,seller=NAME ,call=METHOD PATH. Repeat it for more; GET /control/faults lists them
    #[arg(long = "fault", value_name = "NAME=RULE", value_parser = FaultSpec::from_str)]
    faults: Vec<FaultSpec>,

    /// How much test buyers write: N/min reviews, questions and messages on average [default: nothing]
    #[arg(long, value_name = "N/min", value_parser = Traffic::from_str)]
    traffic: Option<Traffic>,

    /// How long the language model under /model/v1 takes over an answer, from and to, in milliseconds
    #[arg(long, value_name = "FROM,TO", default_value = "0,0", num_args = 1, value_parser = latency)]
    model_latency_ms: [u64; 2],
}

/// A seller and one of its tokens.
#[derive(Debug, Clone)]
struct SellerToken {
    seller: String,
    token: TokenConfig,
}

/// A seller and its account at Ozon.
#[derive(Debug, Clone)]
struct SellerAccount {
    seller: String,
    account: OzonAccount,
}

/// Where one seller's push notifications go.
#[derive(Debug, Clone)]
struct SellerReceiver {
    seller: String,
    url: String,
}

/// Where one seller's reviews come from.
#[derive(Debug, Clone)]
struct SellerReviews {
    seller: String,
    origin: ReviewOrigin,
}

impl FromStr for SellerToken {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (seller, token, more) = match parts.as_slice() {
            [seller, token, more @ ..] if !seller.is_empty() && !token.is_empty() => {
                (*seller, TokenConfig::new(token), more)
            }
            _ => bail!("expected NAME:TOKEN"),
        };
        let (kind, rights) = match more {
            [] => (None, None),
            [kind] => (Some(*kind), None),
            [kind, rights] => (Some(*kind), Some(*rights)),
            _ => bail!("expected NAME:TOKEN:KIND:RIGHTS at most"),
        };
        let token = match kind {
            Some(kind) => token.of_kind(
                TokenKind::from_str(kind).map_err(|_| anyhow!("there is no kind {kind}"))?,
            ),
            None => token,
        };
        let token = match rights {
            Some(rights) => token.with_rights(rights_of(rights)?),
            None => token,
        };
        Ok(Self { seller: seller.to_owned(), token })
    }
}

impl FromStr for SellerAccount {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let (seller, client_id, key, is_hostile) = match parts.as_slice() {
            [seller, client_id, key] => (*seller, *client_id, *key, false),
            [seller, client_id, key, "hostile"] => (*seller, *client_id, *key, true),
            _ => bail!("expected NAME:CLIENT_ID:API_KEY, then :hostile at most"),
        };
        if seller.is_empty() || key.is_empty() {
            bail!("expected NAME:CLIENT_ID:API_KEY");
        }
        let client_id: u64 =
            client_id.parse().map_err(|_| anyhow!("a Client-Id is a positive whole number"))?;
        let account = OzonAccount::new(client_id, key);
        let account = if is_hostile { account.hostile() } else { account };
        Ok(Self { seller: seller.to_owned(), account })
    }
}

impl FromStr for SellerReceiver {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text.split_once('=') {
            Some((seller, url)) if !seller.is_empty() && url.starts_with("http://") => {
                Ok(Self { seller: seller.to_owned(), url: url.to_owned() })
            }
            _ => bail!("expected NAME=http://HOST/PATH"),
        }
    }
}

/// Reads `all`, `none`, or rights joined by `+`; reading only and nothing else is reading everything.
fn rights_of(text: &str) -> anyhow::Result<Rights> {
    match text {
        "all" => return Ok(Rights::default()),
        "none" => return Ok(Rights::none()),
        "read_only" => return Ok(Rights { read_only: true, ..Rights::default() }),
        _ => {}
    }
    text.split('+').try_fold(Rights::none(), |rights, right| match right {
        "feedbacks" => Ok(Rights { feedbacks: true, ..rights }),
        "chat" => Ok(Rights { chat: true, ..rights }),
        "returns" => Ok(Rights { returns: true, ..rights }),
        "read_only" => Ok(Rights { read_only: true, ..rights }),
        other => bail!("there is no right {other}"),
    })
}

impl FromStr for SellerReviews {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text.split_once('=') {
            Some((seller, file)) if !seller.is_empty() && !file.is_empty() => {
                Ok(Self { seller: seller.to_owned(), origin: origin(file.into()) })
            }
            _ => bail!("expected NAME=FILE"),
        }
    }
}

fn origin(file: PathBuf) -> ReviewOrigin {
    match file.to_str() {
        Some("none") => ReviewOrigin::Nothing,
        Some("generated") => ReviewOrigin::Generated,
        Some(_) | None => ReviewOrigin::File(file),
    }
}

impl SandboxCommand {
    /// Puts the sandbox's settings together.
    ///
    /// # Errors
    /// When reviews or a receiver are given for a seller that is not there, or a seller has two businesses.
    pub(crate) fn config(self) -> anyhow::Result<SandboxConfig> {
        let usual = SandboxConfig::default();
        let mut sellers: Vec<SellerConfig> = Vec::new();
        for SellerToken { seller, token } in self.sellers {
            match sellers.iter_mut().find(|known| known.seller == seller) {
                Some(known) => known.tokens.push(token),
                None => sellers.push(SellerConfig::new(seller, [token])),
            }
        }
        for SellerAccount { seller, account } in self.ozon {
            match sellers.iter_mut().find(|known| known.seller == seller) {
                Some(known) => known.ozon = Some(account),
                None => sellers.push(SellerConfig::new(seller, []).with_ozon(account)),
            }
        }
        for key in self.yandex {
            key.add_to(&mut sellers)?;
        }
        if sellers.is_empty() {
            sellers = usual.sellers;
        }
        for SellerReceiver { seller, url } in self.ozon_receivers {
            let known = sellers.iter_mut().find(|known| known.seller == seller);
            let account = known.and_then(|known| known.ozon.as_mut());
            let account =
                account.ok_or_else(|| anyhow!("--ozon-receiver names no --ozon {seller}"))?;
            account.receiver = Some(url);
        }
        for SellerReceiver { seller, url } in self.yandex_receivers {
            let known = sellers.iter_mut().find(|known| known.seller == seller);
            let yandex = known.and_then(|known| known.yandex.as_mut());
            let yandex =
                yandex.ok_or_else(|| anyhow!("--yandex-receiver names no --yandex {seller}"))?;
            yandex.receiver = Some(url);
        }
        for SellerReviews { seller, origin } in self.seller_reviews {
            let known = sellers.iter_mut().find(|known| known.seller == seller);
            let known =
                known.ok_or_else(|| anyhow!("--seller-reviews names no --seller {seller}"))?;
            known.reviews = Some(ReviewSource { origin, count: None });
        }
        let faults: Faults = self.faults.into_iter().collect();
        let origin = self.reviews.map(origin).unwrap_or_default();
        Ok(SandboxConfig {
            bind: self.listen,
            ledger: self.ledger,
            seed: self.seed,
            sellers,
            reviews: ReviewSource { origin, count: self.reviews_count },
            claims: self.claims,
            spread_days: self.spread_days,
            rate_scale: self.rate_scale,
            rate_headers: self.rate_headers,
            faults,
            traffic: self.traffic,
            model_latency_ms: self.model_latency_ms,
        })
    }
}

fn latency(text: &str) -> Result<[u64; 2], String> {
    let numbers =
        text.split_once(',').and_then(|(from, to)| Some([from.parse().ok()?, to.parse().ok()?]));
    numbers
        .filter(|[from, to]| from <= to)
        .ok_or_else(|| "expected two numbers such as 2000,5000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        command: SandboxCommand,
    }

    #[test]
    fn tokens_are_told_apart_by_kind_and_right() {
        let one: SellerToken = "demo:secret:basic:read_only".parse().unwrap();
        assert_eq!(one.seller, "demo");
        assert_eq!(one.token.kind, TokenKind::Basic);
        assert!(one.token.rights.read_only);
        let chats: SellerToken = "demo:secret:personal:chat+read_only".parse().unwrap();
        let rights = Rights { chat: true, read_only: true, ..Rights::none() };
        assert_eq!(chats.token.rights, rights);
        for wrong in
            ["demo", "demo:", ":x", "demo:x:golden", "demo:x:basic:write", "a:b:basic:all:x"]
        {
            assert!(wrong.parse::<SellerToken>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_account_at_ozon_is_a_number_and_a_key() {
        let one: SellerAccount = "demo:77:secret".parse().unwrap();
        assert_eq!((one.seller.as_str(), one.account), ("demo", OzonAccount::new(77, "secret")));
        let hostile: SellerAccount = "demo:77:secret:hostile".parse().unwrap();
        assert!(hostile.account.is_hostile);
        for wrong in
            ["demo", "demo:77", "demo:x:secret", ":77:secret", "demo:77:", "demo:77:s:kind"]
        {
            assert!(wrong.parse::<SellerAccount>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_account_joins_its_seller_or_makes_one() {
        let parsed = |arguments: &[&str]| {
            let words = std::iter::once("sandbox").chain(arguments.iter().copied());
            Settings::parse_from(words).command.config()
        };
        let config = parsed(&[
            "--seller=demo:token",
            "--ozon=demo:77:secret",
            "--ozon=other:78:other-secret",
            "--ozon-receiver=other=http://127.0.0.1:1/push",
        ])
        .unwrap();
        let told: Vec<_> = config
            .sellers
            .iter()
            .map(|it| (it.seller.as_str(), it.tokens.len(), it.ozon.clone()))
            .collect();
        let other = OzonAccount::new(78, "other-secret").with_receiver("http://127.0.0.1:1/push");
        assert_eq!(
            told,
            [("demo", 1, Some(OzonAccount::new(77, "secret"))), ("other", 0, Some(other))]
        );
        assert!(parsed(&["--ozon-receiver=nobody=http://127.0.0.1:1/"]).is_err());
        let usual = parsed(&[]).unwrap().sellers;
        assert!(usual[0].ozon.is_some(), "the demo can be tried at once");
        assert!(usual[0].yandex.is_some(), "the demo can be tried at once");
    }

    #[test]
    fn a_business_at_yandex_joins_its_seller_or_makes_one() {
        let parsed = |arguments: &[&str]| {
            let words = std::iter::once("sandbox").chain(arguments.iter().copied());
            Settings::parse_from(words).command.config()
        };
        let config = parsed(&[
            "--seller=demo:token",
            "--yandex=demo:7:ACMA:one:0",
            "--yandex=demo:7:ACMA:two:0,communication",
            "--yandex=other:8:ACMA:three:0",
            "--yandex-receiver=other=http://127.0.0.1:1/push",
        ])
        .unwrap();
        let told: Vec<_> = config
            .sellers
            .iter()
            .map(|it| (it.seller.as_str(), it.tokens.len(), it.yandex.clone().unwrap()))
            .map(|(seller, tokens, it)| {
                (seller, tokens, it.business_id, it.keys.len(), it.receiver)
            })
            .collect();
        let receiver = Some("http://127.0.0.1:1/push".to_owned());
        assert_eq!(told, [("demo", 1, 7, 2, None), ("other", 0, 8, 1, receiver)]);
        assert!(parsed(&["--yandex-receiver=nobody=http://127.0.0.1:1/"]).is_err());
        assert!(parsed(&["--yandex=demo:7:one", "--yandex=demo:8:two"]).is_err());
    }
}

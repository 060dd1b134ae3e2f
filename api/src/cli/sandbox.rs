//! The sandbox's settings.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{anyhow, bail};
use clap::Args;
use sandbox::{
    FaultSpec, Faults, RateHeaders, ReviewOrigin, ReviewSource, Rights, SandboxConfig,
    SellerConfig, TokenConfig, TokenKind,
};

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
    /// basic) and :RIGHT (all, read_only, none). Repeat it for more sellers and tokens
    /// [default: demo:sandbox-demo-token]
    #[arg(long = "seller", value_name = "NAME:TOKEN", value_parser = SellerToken::from_str)]
    sellers: Vec<SellerToken>,

    /// Reviews to begin with: JSON lines of {text, rating, pros?, cons?, product?}, or what Wildberries' API gave; `none`
    /// for no reviews, `generated` for as many as --reviews-count says, put together from phrases [default: the sandbox's own]
    #[arg(long, value_name = "FILE")]
    reviews: Option<PathBuf>,

    /// How many reviews; more than there are go round again [default: each once]
    #[arg(long, value_name = "NUMBER")]
    reviews_count: Option<usize>,

    /// Reviews of one seller alone: NAME=FILE, or NAME=none
    #[arg(long = "seller-reviews", value_name = "NAME=FILE", value_parser = SellerReviews::from_str)]
    seller_reviews: Vec<SellerReviews>,

    /// Days over which the dates of the reviews are spread back from the first start
    #[arg(long, value_name = "DAYS", default_value = "21", value_parser = clap::value_parser!(u32).range(0..=3650))]
    spread_days: u32,

    /// Factor on the published rate limits: 10 allows ten times the requests
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    rate_scale: f64,

    /// Which rate-limit headers answers carry: documented, remaining_only or absent
    #[arg(long, value_name = "WHICH", default_value = "documented")]
    rate_headers: RateHeaders,

    /// A way to misbehave: NAME=PROBABILITY or NAME=nth:1+2, then optionally ,ms=N ,on=read|write|all ,seller=NAME.
    /// Repeat it for more; GET /control/faults lists them
    #[arg(long = "fault", value_name = "NAME=RULE", value_parser = FaultSpec::from_str)]
    faults: Vec<FaultSpec>,
}

/// A seller and one of its tokens.
#[derive(Debug, Clone)]
struct SellerToken {
    seller: String,
    token: TokenConfig,
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
        let (kind, right) = match more {
            [] => ("personal", "all"),
            [kind] => (*kind, "all"),
            [kind, right] => (*kind, *right),
            _ => bail!("expected NAME:TOKEN:KIND:RIGHT at most"),
        };
        let kind = TokenKind::from_str(kind).map_err(|_| anyhow!("there is no kind {kind}"))?;
        let rights = match right {
            "all" => Rights::default(),
            "read_only" => Rights { read_only: true, ..Rights::default() },
            "none" => Rights { feedbacks: false, ..Rights::default() },
            other => bail!("there is no right {other}"),
        };
        Ok(Self { seller: seller.to_owned(), token: token.of_kind(kind).with_rights(rights) })
    }
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
    /// When reviews are given for a seller that is not there.
    pub(crate) fn config(self) -> anyhow::Result<SandboxConfig> {
        let usual = SandboxConfig::default();
        let mut sellers: Vec<SellerConfig> = Vec::new();
        for SellerToken { seller, token } in self.sellers {
            match sellers.iter_mut().find(|known| known.seller == seller) {
                Some(known) => known.tokens.push(token),
                None => sellers.push(SellerConfig::new(seller, [token])),
            }
        }
        if sellers.is_empty() {
            sellers = usual.sellers;
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
            spread_days: self.spread_days,
            rate_scale: self.rate_scale,
            rate_headers: self.rate_headers,
            faults,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart_by_kind_and_right() {
        let one: SellerToken = "demo:secret:basic:read_only".parse().unwrap();
        assert_eq!(one.seller, "demo");
        assert_eq!(one.token.kind, TokenKind::Basic);
        assert!(one.token.rights.read_only);
        for wrong in
            ["demo", "demo:", ":x", "demo:x:golden", "demo:x:basic:write", "a:b:basic:all:x"]
        {
            assert!(wrong.parse::<SellerToken>().is_err(), "{wrong}");
        }
    }
}

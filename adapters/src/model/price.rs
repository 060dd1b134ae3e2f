//! What a call costs. Models and their prices are data: a file that a newer one can replace without a new program.

use chrono::{DateTime, Datelike, Timelike, Utc, Weekday};
use serde::Deserialize;

use super::ask::Usage;

/// The prices that this program comes with.
const SHIPPED: &str = include_str!("prices.json");

/// Millionths of a dollar for a million tokens, in which prices are given: one of them is a millionth of it a token.
const TOKENS: u64 = 1_000_000;

/// What models cost, as of a day.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Names it in events.
    pub version: String,
    models: Vec<ModelPrice>,
}

/// What a model costs: the first band that holds at an hour.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelPrice {
    model: String,
    bands: Vec<Band>,
}

/// A price, and when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Band {
    /// Hours of the day in UTC, each from and until; all where there are none.
    #[serde(default)]
    utc_hours: Vec<[u32; 2]>,
    /// Whether it holds from Monday to Friday alone.
    #[serde(default)]
    weekdays_only: bool,
    input: u64,
    cached: u64,
    output: u64,
}

/// A price, in millionths of a dollar for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Price {
    /// Of the prompt.
    input: u64,
    /// Of what the provider had in its cache.
    cached: u64,
    /// Of the answer.
    output: u64,
}

/// Why a table of prices cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PricesError {
    /// It is none.
    #[error("the table of prices is not one")]
    Malformed(#[from] serde_json::Error),
    /// It leaves hours without a price.
    #[error(
        "the table of prices has no price for {model} at every hour: its last band must hold always"
    )]
    Gap {
        /// Whose.
        model: String,
    },
}

impl Prices {
    /// Returns the prices that this program comes with.
    ///
    /// # Panics
    /// Never: a test reads them.
    #[must_use]
    pub fn shipped() -> Self {
        Self::parse(SHIPPED).expect("the prices that this program comes with")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// [`PricesError`] when it is none.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let prices: Self = serde_json::from_str(text)?;
        let holds_always = |band: &Band| band.utc_hours.is_empty() && !band.weekdays_only;
        match prices.models.iter().find(|model| !model.bands.last().is_some_and(holds_always)) {
            None => Ok(prices),
            Some(model) => Err(PricesError::Gap { model: model.model.clone() }),
        }
    }

    /// Tells what a model costs at a time; none where the table does not know it.
    pub(super) fn of(&self, model: &str, at: DateTime<Utc>) -> Option<Price> {
        let model = self.models.iter().find(|known| known.model == model)?;
        let is_weekend = matches!(at.weekday(), Weekday::Sat | Weekday::Sun);
        let holds = |band: &&Band| {
            let is_hour = band.utc_hours.is_empty()
                || band.utc_hours.iter().any(|[from, until]| (*from..*until).contains(&at.hour()));
            is_hour && !(band.weekdays_only && is_weekend)
        };
        let band = model.bands.iter().find(holds)?;
        Some(Price { input: band.input, cached: band.cached, output: band.output })
    }

    /// Tells whether a model has a price.
    #[must_use]
    pub fn knows(&self, model: &str) -> bool {
        self.models.iter().any(|known| known.model == model)
    }
}

impl Price {
    /// Returns what tokens cost, in millionths of a dollar, rounded up.
    pub(super) fn cost(self, usage: Usage) -> u64 {
        let cached = usage.cached_tokens.min(usage.prompt_tokens);
        let read = u64::from(usage.prompt_tokens - cached);
        (read * self.input
            + u64::from(cached) * self.cached
            + u64::from(usage.completion_tokens) * self.output)
            .div_ceil(TOKENS)
    }

    /// Returns the most that a call can cost: a token is at least a byte of the prompt.
    pub(super) fn at_most(self, prompt_bytes: usize, completion_tokens: u32) -> u64 {
        let prompt_tokens = u32::try_from(prompt_bytes).unwrap_or(u32::MAX);
        self.cost(Usage { prompt_tokens, cached_tokens: 0, completion_tokens })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    const USAGE: Usage =
        Usage { prompt_tokens: 1_000_000, cached_tokens: 400_000, completion_tokens: 100_000 };

    fn cost(model: &str, day: u32, hour: u32) -> Option<u64> {
        // 2 November 2026 is a Monday.
        let at = Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap();
        Prices::shipped().of(model, at).map(|price| price.cost(USAGE))
    }

    #[test]
    fn the_price_of_deepseek_depends_on_the_hour_in_beijing() {
        // 600,000 x 0.15 + 400,000 x 0.003 + 100,000 x 0.60 $ a million.
        let (cheap, dear) = (Some(90_000 + 1_200 + 60_000), Some(180_000 + 2_400 + 120_000));
        assert_eq!([0, 4, 5, 10, 23].map(|hour| cost("deepseek-flash", 2, hour)), [cheap; 5]);
        assert_eq!([1, 3, 6, 9].map(|hour| cost("deepseek-flash", 2, hour)), [dear; 4]);
        assert_eq!([1, 9].map(|hour| cost("deepseek-flash", 7, hour)), [cheap; 2], "Saturday");
        assert_eq!(cost("deepseek-chat", 2, 0), None, "retired");
    }

    #[test]
    fn a_fraction_is_rounded_up_and_a_reservation_covers_every_answer() {
        let price = Price { input: 150_000, cached: 3_000, output: 600_000 };
        assert_eq!(price.cost(Usage { prompt_tokens: 1, ..Usage::default() }), 1);
        let usage = Usage { prompt_tokens: 900, cached_tokens: 0, completion_tokens: 700 };
        assert!(price.cost(usage) <= price.at_most(900, 700));
    }

    #[test]
    fn a_table_with_hours_without_a_price_is_refused() {
        let band = r#"{"utc_hours": [[1, 4]], "input": 1, "cached": 1, "output": 1}"#;
        let table =
            format!(r#"{{"version": "1", "models": [{{"model": "a", "bands": [{band}]}}]}}"#);
        assert!(matches!(Prices::parse(&table), Err(PricesError::Gap { .. })));
    }
}

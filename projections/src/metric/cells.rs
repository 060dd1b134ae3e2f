//! What a day counts, and how days add up to numbers.

mod packed;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use serde::de::DeserializeSeed as _;
use sqlx::types::Json;
use uuid::Uuid;

use super::figures::{By, Figure, Figures, Filter};
use super::row::Facts;

/// What interactions that count on a day are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Apart {
    pub(super) told_by: ToldBy,
    /// Not by where they are from: a tenth of the cells, where nobody asks for that.
    pub(super) is_whole: bool,
}

/// What else than their day and where they are from they are kept apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToldBy {
    All,
    Product,
    Intent,
    Rating,
    Operator,
}

/// What interactions have in common that one cell counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Shared {
    pub(super) day: NaiveDate,
    pub(super) key: Option<String>,
    /// None of cells of everything.
    pub(super) from: Option<Place>,
}

/// Where interactions are from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) account_id: Uuid,
    pub(super) marketplace: String,
    pub(super) channel: String,
}

/// How many interactions each metric counts, and what percentiles are taken of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Cell {
    pub(super) counts: BTreeMap<String, i64>,
    pub(super) waited: Vec<i64>,
    pub(super) handled: Vec<i64>,
    pub(super) changed: Vec<i64>,
}

/// A day of a place or a part of it, with the moments at which that begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    pub(super) day: NaiveDate,
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// An interaction that counts within a time.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) account_id: Uuid,
    pub(super) marketplace: String,
    pub(super) channel: String,
    pub(super) product_article: String,
    pub(super) rating: Option<i16>,
    pub(super) intent: Option<String>,
    pub(super) operator: Option<String>,
    pub(super) changed: Option<i16>,
    pub(super) waited_seconds: Option<i64>,
    pub(super) handled_seconds: Option<i64>,
    pub(super) facts: Json<Facts>,
    /// The time: what of it counts at another is not meant.
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

/// What percentiles are taken of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Measures {
    pub(super) changed: Option<i16>,
    pub(super) waited_seconds: Option<i64>,
    pub(super) handled_seconds: Option<i64>,
}

impl Measures {
    /// Each by the metric that says whether it counts.
    pub(super) fn named(self) -> [(&'static str, Option<i64>); 3] {
        [
            ("timed", self.waited_seconds),
            ("answered_here", self.handled_seconds),
            ("measured", self.changed.map(i64::from)),
        ]
    }
}

impl Apart {
    /// All that cells are kept by.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        ToldBy::ALL
            .into_iter()
            .flat_map(|told_by| [true, false].map(|is_whole| Self { told_by, is_whole }))
    }

    /// Tells how cells must be kept apart for numbers to be chosen and told by something.
    pub(super) fn of(filter: Filter, by: Option<By>) -> Self {
        let (told_by, is_told_by_from) = match by {
            None | Some(By::Day) => (ToldBy::All, false),
            Some(By::Channel | By::Marketplace | By::Account) => (ToldBy::All, true),
            Some(By::Product) => (ToldBy::Product, false),
            Some(By::Intent) => (ToldBy::Intent, false),
            Some(By::Rating) => (ToldBy::Rating, false),
            Some(By::Operator) => (ToldBy::Operator, false),
        };
        Self { told_by, is_whole: filter == Filter::default() && !is_told_by_from }
    }
}

impl ToldBy {
    const ALL: [Self; 5] = [Self::All, Self::Product, Self::Intent, Self::Rating, Self::Operator];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Product => "product",
            Self::Intent => "intent",
            Self::Rating => "rating",
            Self::Operator => "operator",
        }
    }

    fn key(self, row: &Counted) -> Option<String> {
        match self {
            Self::All => None,
            Self::Product => Some(&row.product_article).filter(|key| !key.is_empty()).cloned(),
            Self::Intent => row.intent.clone(),
            Self::Rating => row.rating.map(|rating| rating.to_string()),
            Self::Operator => row.operator.clone(),
        }
    }
}

impl Shared {
    /// The group of the cell, of numbers told by `by`.
    pub(super) fn group(&self, by: By) -> Option<String> {
        let from = self.from.as_ref();
        match by {
            By::Channel => from.map(|from| from.channel.clone()),
            By::Marketplace => from.map(|from| from.marketplace.clone()),
            By::Account => from.map(|from| from.account_id.to_string()),
            By::Day => Some(self.day.to_string()),
            By::Product | By::Intent | By::Rating | By::Operator => self.key.clone(),
        }
    }
}

impl Counted {
    /// Counts the interaction in its cells, each fact on its day; `days` are in order.
    pub(super) fn count_in(&self, cells: &mut BTreeMap<Shared, Cell>, apart: Apart, days: &[Day]) {
        let mut on: BTreeMap<NaiveDate, Vec<&str>> = BTreeMap::new();
        for (name, at) in &self.facts.0 {
            let after = days.partition_point(|day| day.since <= *at);
            let day = after.checked_sub(1).and_then(|last| days.get(last));
            if let Some(day) = day.filter(|_| (self.since..self.until).contains(at)) {
                on.entry(day.day).or_default().push(name);
            }
        }
        for (day, names) in on {
            let cell = cells.entry(self.shared(day, apart)).or_default();
            for name in names {
                cell.count(name, self.measures());
            }
        }
    }

    fn measures(&self) -> Measures {
        let Self { changed, waited_seconds, handled_seconds, .. } = *self;
        Measures { changed, waited_seconds, handled_seconds }
    }

    fn shared(&self, day: NaiveDate, apart: Apart) -> Shared {
        let from = || Place {
            account_id: self.account_id,
            marketplace: self.marketplace.clone(),
            channel: self.channel.clone(),
        };
        let from = (!apart.is_whole).then(from);
        Shared { day, key: apart.told_by.key(self), from }
    }
}

impl Cell {
    /// Counts an interaction under the name of a metric.
    pub(super) fn count(&mut self, name: &str, measures: Measures) {
        self.add_count(name, 1);
        match name {
            "timed" => self.waited.extend(measures.waited_seconds),
            "answered_here" => self.handled.extend(measures.handled_seconds),
            "measured" => self.changed.extend(measures.changed.map(i64::from)),
            _ => (),
        }
    }

    fn add_count(&mut self, name: &str, more: i64) {
        match self.counts.get_mut(name) {
            Some(count) => *count += more,
            None => _ = self.counts.insert(name.to_owned(), more),
        }
    }

    /// Adds what another cell counts.
    pub(super) fn add(&mut self, other: &Self) {
        for (name, more) in &other.counts {
            self.add_count(name, *more);
        }
        self.waited.extend_from_slice(&other.waited);
        self.handled.extend_from_slice(&other.handled);
        self.changed.extend_from_slice(&other.changed);
    }

    /// Adds what a cell counts that is kept as JSON.
    ///
    /// # Errors
    /// When it is no cell.
    pub(super) fn add_packed(&mut self, json: &str) -> serde_json::Result<()> {
        let mut reader = serde_json::Deserializer::from_str(json);
        packed::Sum(self).deserialize(&mut reader)?;
        reader.end()
    }

    /// How often interactions are counted, by whatever.
    pub(super) fn all_counts(&self) -> i64 {
        self.counts.values().sum()
    }

    /// Returns the numbers.
    pub(super) fn figures(mut self) -> Figures {
        let mut percentiles = BTreeMap::from([
            ("timed", percentiles(&mut self.waited)),
            ("answered_here", percentiles(&mut self.handled)),
            ("measured", percentiles(&mut self.changed)),
        ]);
        let figures = self.counts.into_iter().map(|(name, count)| {
            let (p50, p90) = percentiles.remove(name.as_str()).unwrap_or_default();
            (name, Figure { count, p50, p90 })
        });
        Figures(figures.collect())
    }
}

/// The median and the ninetieth percentile: the least of the values that as many do not exceed.
fn percentiles(values: &mut [i64]) -> (Option<i64>, Option<i64>) {
    let mut at = |tenths: usize| {
        let place = (values.len() * tenths).div_ceil(10).checked_sub(1)?;
        Some(*values.select_nth_unstable(place).1)
    };
    (at(5), at(9))
}

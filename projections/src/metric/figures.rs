//! The numbers of a period, whole and by what interactions have in common.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{AccountId, Channel, Marketplace, TenantId};
use eventlog::Db;

use super::cells::{Apart, Cell, Shared};
use super::days::Told;
use super::{Metric, days};
use crate::snapshot;

/// Most groups that are told, those that count most interactions first: every day of a period, not every product.
const GROUPS_MAX: usize = 500;

/// Days of a place, the first with, the last without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: NaiveDate,
    /// The day after the last.
    pub to: NaiveDate,
    /// Where it is that day, by its name in the IANA database.
    pub zone: &'static str,
}

/// Which interactions are counted; an empty filter means all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those of a cabinet.
    pub account: Option<AccountId>,
    /// Those of a marketplace.
    pub marketplace: Option<Marketplace>,
    /// Those that came this way.
    pub channel: Option<Channel>,
}

/// What numbers are told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// How the buyer wrote.
    Channel,
    /// Where the buyer wrote.
    Marketplace,
    /// The cabinet.
    Account,
    /// The product's article.
    Product,
    /// What the buyer wanted, as the draft's writer read it.
    Intent,
    /// Stars.
    Rating,
    /// The person who asked for the answer.
    Operator,
    /// The day on which a metric counts them.
    Day,
}

/// Numbers of those that have something in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What they have in common; none where they lack it.
    pub key: Option<String>,
    /// The numbers.
    pub figures: Figures,
}

/// Numbers by the names of what they count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(pub(super) BTreeMap<String, Figure>);

/// A number of interactions, and what half and nine tenths of them do not exceed: of [`Metric::Timed`] the seconds that
/// buyers waited, of [`Metric::AnsweredHere`] the seconds since their words were read here, of [`Metric::Measured`] the
/// changed share in thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figure {
    /// How many there are.
    pub count: i64,
    /// The median; none where nothing is measured.
    pub p50: Option<i64>,
    /// The ninetieth percentile.
    pub p90: Option<i64>,
}

impl By {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Marketplace => "marketplace",
            Self::Account => "account",
            Self::Product => "product",
            Self::Intent => "intent",
            Self::Rating => "rating",
            Self::Operator => "operator",
            Self::Day => "day",
        }
    }
}

impl Figures {
    /// Returns the number of what is counted under a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Figure {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Returns the number of a metric.
    #[must_use]
    pub fn of(&self, metric: Metric) -> Figure {
        self.named(metric.as_str())
    }
}

/// Numbers of a period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers {
    /// Of all.
    pub total: Figures,
    /// By what they have in common, the largest group first; days in their order. None where that was not asked for.
    pub groups: Vec<Group>,
}

/// Counts the interactions of a period, as they are at one moment: days that were counted beforehand are added up,
/// others are counted now.
///
/// # Errors
/// What the database says.
pub async fn figures(
    db: &Db,
    tenant: TenantId,
    period: &Period,
    filter: Filter,
    by: Option<By>,
) -> sqlx::Result<Numbers> {
    let apart = Apart::of(filter, by);
    let mut tx = snapshot::of(db, Some("metric")).await?;
    let Told { counted, others } = days::of_period(&mut tx, tenant, period).await?;
    let mut sums = Sums { by, groups: BTreeMap::new() };
    days::counted(&mut tx, tenant, &counted, filter, apart, |shared, cell| {
        sums.of(shared).add_packed(cell)
    })
    .await?;
    let mut cells = BTreeMap::new();
    days::now(&mut tx, tenant, &others, filter, |row| row.count_in(&mut cells, apart, &others))
        .await?;
    tx.commit().await?;
    for (shared, cell) in &cells {
        sums.of(shared).add(cell);
    }
    Ok(sums.numbers())
}

/// Cells as they are added up, in one group where numbers are told by nothing.
struct Sums {
    by: Option<By>,
    groups: BTreeMap<Option<String>, Cell>,
}

impl Sums {
    fn of(&mut self, shared: &Shared) -> &mut Cell {
        let group = self.by.and_then(|by| shared.group(by));
        self.groups.entry(group).or_default()
    }

    fn numbers(self) -> Numbers {
        let mut total = Cell::default();
        for cell in self.groups.values() {
            total.add(cell);
        }
        let total = total.figures();
        if self.by.is_none() {
            return Numbers { total, groups: Vec::new() };
        }
        let mut groups: Vec<(Option<String>, Cell)> = self.groups.into_iter().collect();
        if self.by != Some(By::Day) {
            let answered =
                |cell: &Cell| cell.counts.get(Metric::Answered.as_str()).copied().unwrap_or(0);
            // Those that lack what is asked for come last of equals, which are in order of their keys.
            groups.sort_by_cached_key(|(key, cell)| {
                Reverse((answered(cell), cell.all_counts(), Reverse((key.is_none(), key.clone()))))
            });
        }
        groups.truncate(GROUPS_MAX);
        let groups = groups.into_iter().map(|(key, cell)| Group { key, figures: cell.figures() });
        Numbers { total, groups: groups.collect() }
    }
}

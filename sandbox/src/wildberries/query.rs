//! Query parameters of the reading methods.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::Query;
use axum::http::Uri;
use chrono::{DateTime, Utc};

/// Most reviews in one answer.
const TAKE_MAX: u64 = 5_000;
/// Deepest page of the list of reviews.
const SKIP_MAX: u64 = 199_990;
/// Most questions in one answer, and the end of the deepest page of them.
const QUESTIONS_MAX: u64 = 10_000;

/// Parameters by name; of a repeated one the last counts.
pub(super) struct Parameters(BTreeMap<String, String>);

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) take: usize,
    pub(super) skip: usize,
    pub(super) newest_first: bool,
    pub(super) nm_id: Option<u64>,
}

/// A period, both ends included; the specification does not say whether they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    from: Option<i64>,
    to: Option<i64>,
}

/// The text of the 400 for a parameter.
pub(super) type BadParameter = String;

impl Parameters {
    pub(super) fn parse(query: Option<&str>) -> Result<Self, BadParameter> {
        let uri = format!("/?{}", query.unwrap_or_default()).parse::<Uri>();
        let pairs =
            uri.ok().and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        // What the general example of the specification says.
        let Query(pairs) = pairs.ok_or_else(|| "Something went wrong".to_owned())?;
        Ok(Self(pairs.into_iter().collect()))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// `isAnswered`, which only the counting method may leave out.
    pub(super) fn is_answered(&self, default: Option<bool>) -> Result<bool, BadParameter> {
        self.optional("isAnswered")?.or(default).ok_or_else(|| bad("isAnswered"))
    }

    fn page(&self, most: u64, deepest: u64) -> Result<Page, BadParameter> {
        let take: u64 = self.required("take")?;
        let skip: u64 = self.required("skip")?;
        if take > most {
            return Err(bad("take"));
        }
        if skip > deepest {
            return Err(bad("skip"));
        }
        let newest_first = match self.text("order") {
            None | Some("dateDesc") => true,
            Some("dateAsc") => false,
            Some(_) => return Err(bad("order")),
        };
        Ok(Page {
            take: usize::try_from(take).map_err(|_| bad("take"))?,
            skip: usize::try_from(skip).map_err(|_| bad("skip"))?,
            newest_first,
            nm_id: self.optional("nmId")?,
        })
    }

    /// The page of the list of reviews, which goes no deeper than documented.
    pub(super) fn list_page(&self) -> Result<Page, BadParameter> {
        self.page(TAKE_MAX, SKIP_MAX)
    }

    /// The page of the archive, for which no depth is documented.
    pub(super) fn archive_page(&self) -> Result<Page, BadParameter> {
        self.page(TAKE_MAX, u64::MAX)
    }

    /// The page of the list of questions.
    pub(super) fn question_page(&self) -> Result<Page, BadParameter> {
        let page = self.page(QUESTIONS_MAX, QUESTIONS_MAX)?;
        let end = page.take as u64 + page.skip as u64;
        if end > QUESTIONS_MAX { Err(bad("skip")) } else { Ok(page) }
    }

    pub(super) fn period(&self) -> Result<Period, BadParameter> {
        Ok(Period { from: self.optional("dateFrom")?, to: self.optional("dateTo")? })
    }

    pub(super) fn optional<T: FromStr>(&self, name: &str) -> Result<Option<T>, BadParameter> {
        self.text(name).map(|value| value.parse().map_err(|_| bad(name))).transpose()
    }

    fn required<T: FromStr>(&self, name: &str) -> Result<T, BadParameter> {
        self.optional(name)?.ok_or_else(|| bad(name))
    }
}

impl Period {
    pub(super) fn contains(&self, moment: DateTime<Utc>) -> bool {
        let second = moment.timestamp();
        self.from.is_none_or(|from| from <= second) && self.to.is_none_or(|to| second <= to)
    }
}

/// The wording of the specification's examples, used for the parameters without one as well.
fn bad(name: &str) -> BadParameter {
    format!("Плохой формат {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> Result<Page, BadParameter> {
        Parameters::parse(Some(query)).unwrap().list_page()
    }

    #[test]
    fn a_page_is_bounded_as_documented() {
        let whole = page("take=5000&skip=199990&order=dateAsc&nmId=7").unwrap();
        assert_eq!(whole, Page { take: 5_000, skip: 199_990, newest_first: false, nm_id: Some(7) });
        for (query, name) in [
            ("take=5001&skip=0", "take"),
            ("take=1&skip=199991", "skip"),
            ("skip=0", "take"),
            ("take=1", "skip"),
            ("take=-1&skip=0", "take"),
            ("take=1&skip=0&order=up", "order"),
            ("take=1&skip=0&nmId=x", "nmId"),
        ] {
            assert_eq!(page(query).unwrap_err(), format!("Плохой формат {name}"));
        }
    }

    #[test]
    fn a_page_of_questions_ends_at_the_ten_thousandth() {
        let page = |query: &str| Parameters::parse(Some(query)).unwrap().question_page();
        assert!(page("take=10000&skip=0").is_ok() && page("take=1&skip=9999").is_ok());
        assert_eq!(page("take=10001&skip=0").unwrap_err(), "Плохой формат take");
        assert_eq!(page("take=1&skip=10000").unwrap_err(), "Плохой формат skip");
    }

    #[test]
    fn both_ends_of_a_period_belong_to_it() {
        let period = Parameters::parse(Some("dateFrom=10&dateTo=20")).unwrap().period().unwrap();
        let contains =
            |second| period.contains(DateTime::from_timestamp(second, 999_000_000).unwrap());
        assert_eq!([9, 10, 20, 21].map(contains), [false, true, true, false]);
    }
}

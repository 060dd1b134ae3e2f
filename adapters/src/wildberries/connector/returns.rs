//! Claims for return as the workers see them: those under review and then those in the archive, a page at a time.

use std::time::Duration;

use domain::AccountId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connector::{ClaimsRead, ReadError, obey, take_turn};
use crate::rate_limit::{Limiter, Priority};
use crate::wildberries::returns::{ClaimsPage, ClaimsQuery, LIMIT_MAX, ReturnsClient};

/// Calls of a round in which both lists fit a page each.
const CALLS_PER_ROUND: u32 = 2;

/// Longest wait for a turn before a page is left for later. Calls are seconds apart, and whoever waits for one keeps
/// the channels of all cabinets from being read.
const PATIENCE: Duration = Duration::ZERO;

/// No shop has so many claims in 14 days: a marketplace that gives full pages beyond this gives the same one again.
const OFFSET_MAX: u32 = 100_000;

/// So many claims of a page are read again with the next one: one that is decided in between moves the rest up.
const OVERLAP: u32 = 10;

/// The claims of a cabinet.
pub(super) struct Returns {
    client: ReturnsClient,
    account: AccountId,
    limiter: Limiter,
}

/// Where a round goes on. Under review comes first: a claim that is decided meanwhile stands on the other list then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Cursor {
    archive: bool,
    offset: u32,
}

impl Cursor {
    fn after(self, page: &ClaimsPage) -> Option<Self> {
        // A claim may be given twice on a page.
        let given = u32::try_from(page.given()).unwrap_or(u32::MAX).min(LIMIT_MAX);
        let end = self.offset.saturating_add(given);
        let has_more = match page.total {
            Some(total) => given > 0 && u64::from(end) < total,
            None => given == LIMIT_MAX,
        };
        if has_more && end <= OFFSET_MAX {
            let back = if given > 2 * OVERLAP { OVERLAP } else { 0 };
            return Some(Self { offset: end - back, ..self });
        }
        (!self.archive).then_some(Self { archive: true, offset: 0 })
    }
}

impl Returns {
    pub(super) fn new(client: ReturnsClient, account: AccountId, limiter: Limiter) -> Self {
        Self { client, account, limiter }
    }

    pub(super) async fn page(&self, cursor: &Value) -> Result<ClaimsRead, ReadError> {
        // A cursor of another program begins the round anew: reading twice is harmless.
        let cursor: Cursor = serde_json::from_value(cursor.clone()).unwrap_or_default();
        let (is_archive, offset) = (cursor.archive, cursor.offset);
        take_turn(&self.limiter, Priority::Read, PATIENCE).await?;
        let query = ClaimsQuery { is_archive, limit: LIMIT_MAX, offset };
        let page = obey(&self.limiter, self.client.claims(query).await).await?;
        let next = cursor.after(&page);
        let reading =
            |claim: crate::wildberries::ReturnClaim| claim.into_reading(self.account, is_archive);
        Ok(ClaimsRead {
            readings: page.claims.into_iter().map(reading).collect(),
            malformed: page.malformed,
            archived: is_archive,
            next: next.map(|next| serde_json::to_value(next).unwrap_or(Value::Null)),
            pause_min: self.limiter.limit().interval * CALLS_PER_ROUND,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(given: usize, total: Option<u64>) -> ClaimsPage {
        let malformed = (0..given).map(|n| crate::http::MalformedItem {
            raw: n.to_string(),
            id: None,
            error: crate::http::ItemError::NotAnObject,
        });
        ClaimsPage { claims: vec![], malformed: malformed.collect(), total }
    }

    #[test]
    fn both_lists_are_read_to_their_end() {
        let start = Cursor::default();
        let archive = Some(Cursor { archive: true, offset: 0 });
        assert_eq!(
            start.after(&page(200, Some(250))),
            Some(Cursor { archive: false, offset: 190 })
        );
        assert_eq!(start.after(&page(200, None)), Some(Cursor { archive: false, offset: 190 }));
        assert_eq!(start.after(&page(200, Some(200))), archive);
        // Pages may be shorter than was asked for, and an end that is not counted is an empty one.
        assert_eq!(start.after(&page(3, Some(250))), Some(Cursor { archive: false, offset: 3 }));
        assert_eq!(start.after(&page(0, Some(250))), archive);
        assert_eq!(start.after(&page(3, None)), archive);
        assert_eq!(Cursor { archive: true, offset: 200 }.after(&page(50, Some(250))), None);
    }

    #[test]
    fn a_marketplace_that_gives_the_same_page_for_ever_ends_a_round() {
        let mut cursor = Some(Cursor::default());
        let mut calls = 0;
        while let Some(here) = cursor {
            cursor = here.after(&page(200, None));
            calls += 1;
        }
        assert!(calls <= 2 * (OFFSET_MAX / (LIMIT_MAX - OVERLAP) + 1), "{calls}");
    }
}

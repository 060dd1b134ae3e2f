//! Claims for return to begin with: some under review, and some that the seller has decided about.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::claim::{USUAL_ACTIONS, changes};
use super::entry::Entry;
use super::seeds::Maker;

const CORPUS: &str = include_str!("../../corpus/claims.jsonl");

/// A claim of the corpus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClaim {
    /// The article.
    product: String,
    comment: String,
    /// How long ago it was made; within the 14 days that it is listed.
    hours: i64,
    /// What the seller answered in the cabinet, half that time ago.
    action: Option<String>,
    /// The words with it.
    #[serde(default)]
    words: String,
}

/// The claims of the corpus, as buyers of this seller made them.
pub(super) fn claims(
    maker: &Maker,
    seller: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Vec<Entry>> {
    let written: Result<Vec<WrittenClaim>, _> = CORPUS.lines().map(serde_json::from_str).collect();
    let written = written.context("reading the sandbox's own claims")?;
    let usual = USUAL_ACTIONS.map(str::to_owned);
    let entry = |(place, written): (usize, &WrittenClaim)| {
        let id = maker.chance().draw(&["first claim", seller, &place.to_string()]).uuid();
        let id = id.to_string();
        let purchase = maker.purchase(Some(&written.product), seller, &id);
        let age = TimeDelta::hours(written.hours);
        let mut claim = maker.claim(&id, &written.comment, &purchase, &usual, now - age);
        if let Some(action) = &written.action {
            claim.extend(changes(action, &written.words, now - age / 2));
        }
        Entry::ClaimAdded { seller: seller.to_owned(), claim, served: None }
    };
    Ok(written.iter().enumerate().map(entry).collect())
}

//! What a request says: parameters of the query, and bodies with the limits the specification puts on them.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::Query;
use axum::http::Uri;
use serde::de::DeserializeOwned;

use super::Call;
use super::page::{self, Wanted};
use super::problem::Refusal;

/// "The maximum size of the request body is 512 KB."
const BODY_BYTES_MAX: usize = 512 * 1024;

/// Parameters by name; of a repeated one the last counts.
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    pub(super) fn parse(query: Option<&str>) -> Result<Self, Refusal> {
        let uri = format!("/?{}", query.unwrap_or_default()).parse::<Uri>();
        let pairs =
            uri.ok().and_then(|uri| Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
        let Query(pairs) = pairs.ok_or_else(|| Refusal::bad_request("Invalid query"))?;
        Ok(Self(pairs.into_iter().collect()))
    }

    /// A required id, 1 at least.
    pub(super) fn id(&self, name: &str) -> Result<u64, Refusal> {
        let text = self.0.get(name);
        let text = text.ok_or_else(|| Refusal::bad_request(format!("Missing field: {name}")))?;
        positive(name, text)
    }

    /// `limit` and `pageToken`; the latter is also known as `page_token`.
    pub(super) fn page(&self, usual: usize, limit_max: usize) -> Result<Wanted, Refusal> {
        let token = self.0.get("pageToken").or_else(|| self.0.get("page_token"));
        let after = token.map(|token| page::parse(token)).transpose()?;
        let limit = match self.0.get("limit") {
            None => usual,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=limit_max).contains(limit))
                .ok_or_else(|| {
                    let range = format!("must be between 1 and {limit_max}");
                    Refusal::bad_request(format!("Limit exceeded: value of limit ({text}) {range}"))
                })?,
        };
        Ok(Wanted { after, limit })
    }
}

/// An id in a path or a query.
pub(super) fn positive(name: &str, text: &str) -> Result<u64, Refusal> {
    let id = text.parse::<i64>().ok().and_then(|id| u64::try_from(id).ok());
    id.filter(|id| *id > 0).ok_or_else(|| {
        Refusal::bad_request(format!("Value of {name} ({text}) must be greater than or equal to 1"))
    })
}

/// Reads a JSON body; one that may be absent is then as if it were `{}`.
pub(super) fn body<T: DeserializeOwned>(call: &Call, is_required: bool) -> Result<T, Refusal> {
    check_size(call, BODY_BYTES_MAX)?;
    if call.body.is_empty() && !is_required {
        return serde_json::from_slice(b"{}").map_err(|error| json_problem(&error));
    }
    let content_type = call.content_type.as_deref().unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.is_empty() {
        return Err(Refusal::unsupported("Missing Content-Type".to_owned()));
    }
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::unsupported(format!("Content type '{essence}' not supported")));
    }
    if call.body.is_empty() {
        return Err(Refusal::bad_request("Unexpected end of content"));
    }
    serde_json::from_slice(&call.body).map_err(|error| json_problem(&error))
}

/// Refuses a body that is larger than allowed.
pub(super) fn check_size(call: &Call, bytes_max: usize) -> Result<(), Refusal> {
    let size = call.body.len();
    if size <= bytes_max {
        return Ok(());
    }
    let message = format!("The request is too big: {size} bytes of {bytes_max} at most");
    Err(Refusal::bad_request(message))
}

/// A list that may be absent, but not empty, too long, or with one thing twice.
pub(super) fn list<T: Ord + Clone>(
    name: &str,
    items: Option<Vec<T>>,
    items_max: usize,
) -> Result<Option<BTreeSet<T>>, Refusal> {
    let Some(items) = items else { return Ok(None) };
    if items.is_empty() {
        return Err(Refusal::bad_request(format!("Collection of {name} must not be empty")));
    }
    if items.len() > items_max {
        let size = items.len();
        let message =
            format!("Length of {name} ({size}) must be less than or equal to {items_max}");
        return Err(Refusal::bad_request(message));
    }
    let distinct: BTreeSet<T> = items.iter().cloned().collect();
    if distinct.len() < items.len() {
        return Err(Refusal::bad_request(format!("Values of {name} must be unique")));
    }
    Ok(Some(distinct))
}

/// Refuses a text that is empty or too long, in characters.
pub(super) fn check_text(name: &str, text: &str, chars_max: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if (1..=chars_max).contains(&length) {
        return Ok(());
    }
    let message = format!("Length of {name} ({length}) must be between 1 and {chars_max}");
    Err(Refusal::bad_request(message))
}

fn json_problem(error: &serde_json::Error) -> Refusal {
    Refusal::bad_request(format!("JSON: {error}"))
}

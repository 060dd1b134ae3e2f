//! Buyers' claims for return: which there are and how they stand. They are on a host of their own and are only read.

mod claim;
mod reading;

use reqwest::Method;
use secrecy::SecretString;
use serde_json::value::RawValue;

use super::Client;
use super::answer::Body;
use crate::http::{CallError, Fields, MalformedItem, Transport, fields_of};

pub use claim::ReturnClaim;
pub(crate) use reading::read_claim;

const CLAIMS: &str = "api/v1/claims";

/// Claims that a page holds at most (parameter `limit`).
pub(super) const LIMIT_MAX: u32 = 200;

/// Calls about the claims of one cabinet. Cheap to make.
#[derive(Debug, Clone)]
pub struct ReturnsClient(Client);

/// Which claims to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimsQuery {
    /// Those in the archive, or those under review.
    pub is_archive: bool,
    /// How many, at most 200.
    pub limit: u32,
    /// How many to step over.
    pub offset: u32,
}

/// What a reading brought.
#[derive(Debug, Clone, PartialEq)]
pub struct ClaimsPage {
    /// What could be read, in the marketplace's order.
    pub claims: Vec<ReturnClaim>,
    /// What could not.
    pub malformed: Vec<MalformedItem>,
    /// How many there are on all pages, as the marketplace counts them.
    pub total: Option<u64>,
}

impl ReturnsClient {
    /// Makes calls to `base_url`, such as `https://returns-api.wildberries.ru`; for the rest as [`Client::new`].
    #[must_use]
    pub fn new(transport: &Transport, base_url: &str, token: SecretString) -> Self {
        Self(Client::new(transport, base_url, token))
    }

    /// Reads a page of the claims of the last 14 days. One that cannot be read is handed over raw and costs none of the
    /// others.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn claims(&self, query: ClaimsQuery) -> Result<ClaimsPage, CallError> {
        let ClaimsQuery { is_archive, limit, offset } = query;
        let parameters = [
            ("is_archive", is_archive.to_string()),
            ("limit", limit.to_string()),
            ("offset", offset.to_string()),
        ];
        let request = self.0.transport.read(Method::GET, self.0.url(CLAIMS)?).query(&parameters);
        let text = self.0.call(request).await?.into_text(&self.0.token)?;
        let body = Body::parse(&text, &self.0.token)?;
        ClaimsPage::decode(body.claims, body.total.as_u64())
    }

    /// Returns the bare token.
    pub(crate) fn token(&self) -> &SecretString {
        self.0.token()
    }
}

impl ClaimsPage {
    /// Returns how many claims the marketplace gave, readable or not.
    #[must_use]
    pub fn given(&self) -> usize {
        self.claims.len() + self.malformed.len()
    }

    fn decode(claims: Option<&RawValue>, total: Option<u64>) -> Result<Self, CallError> {
        let items: Vec<&RawValue> = match (claims, total) {
            (Some(claims), _) => serde_json::from_str(claims.get())
                .map_err(|_| CallError::malformed("expected a list in claims"))?,
            // Null, as Go writes an empty list; something else than the marketplace would not count them.
            (None, Some(_)) => Vec::new(),
            (None, None) => return Err(CallError::malformed("expected a list in claims")),
        };
        let mut page = Self { claims: Vec::new(), malformed: Vec::new(), total };
        for item in items {
            let raw = item.get();
            match fields_of(raw).and_then(ReturnClaim::of_fields) {
                Ok(claim) => page.claims.push(claim),
                Err(error) => {
                    let id = fields_of(raw).ok().and_then(|fields| Fields::new(fields).id("id"));
                    page.malformed.push(MalformedItem { raw: raw.to_owned(), id, error });
                }
            }
        }
        Ok(page)
    }
}

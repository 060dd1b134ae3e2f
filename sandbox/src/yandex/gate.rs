//! The way of one call: who calls, whether scope and limits allow it, which faults hit it, then reading or writing.

use axum::http::{HeaderName, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use tracing::debug;

use super::cabinet::{Cabinet, Key};
use super::endpoint::Endpoint;
use super::parallel::PARALLEL_MAX;
use super::problem::{Refusal, enhance_your_calm, gateway_page};
use super::quota::Verdict;
use super::writes::Request;
use super::{Call, reads, request, writes};
use crate::chance::Draw;
use crate::config::RateHeaders;
use crate::exchange::{Delivery, Outcome, Reply};
use crate::faults::{CallKey, Fault};
use crate::world::World;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-resource-limit");
const UNTIL: HeaderName = HeaderName::from_static("x-ratelimit-resource-until");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-resource-remaining");

/// The statuses of a proxy before a service that is away.
const PROXY_ERRORS: [StatusCode; 3] =
    [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];

/// A call on its way.
pub(super) struct Passage<'a> {
    pub(super) world: &'a mut World,
    pub(super) call: &'a Call,
    pub(super) key: CallKey,
    pub(super) now: DateTime<Utc>,
    /// Tells requests apart, for what they create.
    request: String,
}

/// Carries a call out.
pub(super) fn handle(world: &mut World, call: &Call) -> Outcome {
    let name = call.endpoint.name();
    let asked = call.endpoint.is_write().then(|| Request::parse(call));
    let target = match &asked {
        Some(Ok(asked)) => asked.target(),
        Some(Err(_)) | None => String::new(),
    };
    let key = world.faults.key(call.endpoint.is_write(), format!("{name} {target}"));
    let request = world.next_request().to_string();
    let now = world.now();
    let mut passage = Passage { world, call, key, now, request };
    let outcome = passage.handle(asked);
    world.count(&name, &outcome);
    debug!(sandbox.call = name, sandbox.outcome = outcome.label(), "answered {name}");
    outcome
}

impl Passage<'_> {
    fn handle(&mut self, asked: Option<Result<Request, Refusal>>) -> Outcome {
        if self.fires(Fault::Down) {
            return Outcome::broken_off(Delivery::Lost);
        }
        if self.fires(Fault::Unavailable) {
            return Outcome::given(gateway_page(StatusCode::SERVICE_UNAVAILABLE));
        }
        let (seller, key) = match self.authorize() {
            Ok(caller) => caller,
            Err(refusal) => return Outcome::given(refusal.reply()),
        };
        self.key.seller = Some(seller.clone());
        let (verdict, refusal) = match self.admit(&seller, &key) {
            Ok(verdict) => (Some(verdict), self.refusal(verdict)),
            Err(refusal) => (None, Some(Outcome::given(refusal.reply()))),
        };
        let mut outcome = match (asked, refusal) {
            (Some(asked), refusal) => writes::handle(self, &seller, asked, refusal),
            (None, Some(refusal)) => refusal,
            (None, None) => {
                let reply = reads::handle(self, &seller, &key);
                self.deliver(reply)
            }
        };
        // The 420 of a fault has its own.
        if let Some(verdict) = verdict
            && outcome.reply.headers.is_empty()
            && outcome.reply.status != enhance_your_calm()
        {
            outcome.reply.headers = self.rate_headers(verdict);
        }
        outcome
    }

    pub(super) fn cabinet(&self, seller: &str) -> &Cabinet {
        self.world.yandex.cabinets.get(seller).expect("a call is let in for a known seller")
    }

    pub(super) fn fires(&mut self, fault: Fault) -> bool {
        self.world.faults.fires(fault, &self.key).is_some()
    }

    /// A draw for something this call creates.
    pub(super) fn draw(&self, what: &str) -> Draw {
        self.world.chance.draw(&["yandex", what, &self.request])
    }

    /// An answer's delivery with the faults that come after the call was carried out.
    pub(super) fn deliver(&mut self, reply: Reply) -> Outcome {
        let delay = self.world.faults.fires(Fault::Slow, &self.key).map(|firing| firing.exactly());
        let (delivery, reply) = if self.fires(Fault::ServerErrorAfter) {
            (Delivery::Given, self.server_error())
        } else if self.fires(Fault::ResetAfter) {
            (Delivery::Reset, reply)
        } else if self.fires(Fault::AnswerLost) {
            (Delivery::Lost, reply)
        } else {
            (Delivery::Given, reply)
        };
        Outcome { reply, delivery, delay: delay.unwrap_or_default() }
    }

    /// Names the seller that calls.
    fn authorize(&self) -> Result<(String, Key), Refusal> {
        let key = self.call.api_key.as_deref().unwrap_or_default().trim();
        if key.is_empty() {
            // OAuth is called obsolete, and not played.
            return Err(Refusal::unauthorized(if self.call.has_authorization {
                "Unsupported authorization type specified in Authorization header"
            } else {
                "Credentials are not specified"
            }));
        }
        match self.world.yandex.find_key(key) {
            Some((_, known)) if known.revoked => {
                Err(Refusal::unauthorized("Api-Key token is revoked"))
            }
            Some((seller, known)) => Ok((seller.to_owned(), known.clone())),
            None if key.to_ascii_lowercase().starts_with("bearer ") => {
                Err(Refusal::unauthorized("Api-Key token prefix invalid"))
            }
            None => Err(Refusal::unauthorized("Api-Key token is invalid")),
        }
    }

    /// Lets a call in to the business it names, and spends one request of its quota.
    fn admit(&mut self, seller: &str, key: &Key) -> Result<Verdict, Refusal> {
        let endpoint = self.call.endpoint;
        if let Some(business) = &self.call.business {
            let business_id = request::positive("businessId", business)?;
            if business_id != self.cabinet(seller).business_id {
                return Err(Refusal::forbidden("Access denied"));
            }
        }
        if !key.scopes.iter().any(|scope| endpoint.is_open_to(*scope)) {
            let scopes = if endpoint.is_write() {
                "all-methods, communication"
            } else {
                "all-methods, all-methods:read-only, communication"
            };
            let message = "Token does not have any of the scopes to access the API method";
            return Err(Refusal::forbidden(&format!("{message}: {scopes}")));
        }
        let scale = self.world.config.rate_scale;
        let parallel_max = (f64::from(PARALLEL_MAX) * scale).ceil().max(1.0) as usize;
        if self.call.in_flight > parallel_max {
            let message = format!("Hit rate limit of {parallel_max} parallel requests");
            return Err(Refusal::too_many(message));
        }
        let cabinet = self.world.yandex.cabinets.get_mut(seller);
        let cabinet = cabinet.expect("a call is let in for a known seller");
        Ok(cabinet.spend(endpoint, scale, self.now))
    }

    /// Why the call is not carried out, if it is not: the quota or a fault.
    fn refusal(&mut self, verdict: Verdict) -> Option<Outcome> {
        if !verdict.is_granted {
            return Some(Outcome::given(self.too_many(verdict)));
        }
        if self.fires(Fault::ResetBefore) {
            return Some(Outcome::broken_off(Delivery::Reset));
        }
        if self.fires(Fault::ServerErrorBefore) {
            return Some(Outcome::given(self.server_error()));
        }
        if self.fires(Fault::Unauthorized) {
            let refusal = Refusal::unauthorized("Api-Key token is invalid");
            return Some(Outcome::given(refusal.reply()));
        }
        // 402 is not known here. The check of a key is told nothing about access to a business.
        if self.call.endpoint != Endpoint::Token && self.fires(Fault::Forbidden) {
            let message = "API methods are unavailable: the business is not active";
            return Some(Outcome::given(Refusal::forbidden(message).reply()));
        }
        let firing = self.world.faults.fires(Fault::RateLimited, &self.key)?;
        let wait = TimeDelta::from_std(firing.exactly()).unwrap_or(TimeDelta::hours(1));
        let exhausted =
            Verdict { is_granted: false, remaining: 0, until: self.now + wait, ..verdict };
        Some(Outcome::given(self.too_many(exhausted)))
    }

    fn server_error(&self) -> Reply {
        let choice = self.world.faults.detail("server error", &self.key, 0);
        match PROXY_ERRORS.get((choice % 4) as usize) {
            Some(proxy_error) => gateway_page(*proxy_error),
            None => Refusal::internal("Internal server error").reply(),
        }
    }

    /// 420 without `Retry-After`: only the headers of the quota say until when.
    fn too_many(&self, verdict: Verdict) -> Reply {
        let (limit, path) = (verdict.limit, self.call.endpoint.path());
        let message = format!("Hit rate limit of {limit} requests per 1 hour for resource {path}");
        let mut reply = Refusal::too_many(message).reply();
        reply.headers = self.rate_headers(verdict);
        reply
    }

    /// The headers of every answer that comes after the quota was asked.
    fn rate_headers(&self, verdict: Verdict) -> Vec<(HeaderName, String)> {
        // Whole seconds, so the one in which the quota ends is not promised.
        let until = verdict.until + TimeDelta::milliseconds(999);
        let remaining = (REMAINING, verdict.remaining.to_string());
        match self.world.config.rate_headers {
            RateHeaders::Documented => vec![
                (LIMIT, verdict.limit.to_string()),
                (UNTIL, until.format("%a, %d %b %Y %H:%M:%S GMT").to_string()),
                remaining,
            ],
            RateHeaders::RemainingOnly if verdict.is_granted => vec![remaining],
            RateHeaders::RemainingOnly | RateHeaders::Absent => Vec::new(),
        }
    }
}

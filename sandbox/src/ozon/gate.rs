//! The way of one call: who calls, whether limit, role and plan allow it, which faults hit it, then reading or writing.

use axum::http::{HeaderName, StatusCode};
use chrono::{DateTime, Utc};
use serde_json::Value;
use tracing::debug;

use super::problem::{JSON, Refusal, gateway_page};
use super::request::Fields;
use super::shop::{Key, KeyState, Shop};
use super::{Call, Endpoint, hostile, reads, writes};
use crate::chance::{Draw, sha256_hex};
use crate::config::RateHeaders;
use crate::exchange::{Delivery, Outcome, Reply};
use crate::faults::{CallKey, Fault};
use crate::rate_limit::Verdict;
use crate::world::World;

const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");

/// A call on its way.
pub(super) struct Passage<'a> {
    pub(super) world: &'a mut World,
    pub(super) call: &'a Call,
    pub(super) fields: Result<Fields, Refusal>,
    pub(super) key: CallKey,
    pub(super) now: DateTime<Utc>,
    /// Tells requests apart, for the ids of what they create.
    request: String,
}

/// Carries a call out.
pub(super) fn handle(world: &mut World, call: &Call) -> Outcome {
    let name = call.endpoint.name();
    let fields = Fields::parse(&call.body);
    let target = fields.as_ref().map(writes::target).unwrap_or_default();
    let key = world.faults.key(call.endpoint.is_write(), format!("{name} {target}"));
    let request = world.next_request().to_string();
    let now = world.now();
    let mut passage = Passage { world, call, fields, key, now, request };
    let outcome = passage.handle();
    world.count(&name, &outcome);
    debug!(sandbox.call = name, sandbox.outcome = outcome.label(), "answered {name}");
    outcome
}

impl Passage<'_> {
    fn handle(&mut self) -> Outcome {
        if self.fires(Fault::Down) {
            return Outcome::broken_off(Delivery::Lost);
        }
        if self.fires(Fault::Unavailable) {
            return gateway_page(StatusCode::SERVICE_UNAVAILABLE);
        }
        let (seller, key) = match self.authorize() {
            Ok(caller) => caller,
            Err(refusal) => return refusal.by_gateway(),
        };
        self.key.seller = Some(seller.clone());
        let verdict = self.spend(&seller);
        let refusal = self.refusal(&seller, &key, verdict);
        let mut outcome = match refusal {
            refusal if self.call.endpoint.is_write() => writes::handle(self, &seller, refusal),
            Some(refusal) => refusal,
            None => self.read(&seller, &key),
        };
        if outcome.reply.status != StatusCode::TOO_MANY_REQUESTS {
            outcome.reply.headers.extend(self.remaining(verdict.remaining));
        }
        outcome
    }

    pub(super) fn shop(&self, seller: &str) -> &Shop {
        self.world.ozon.shops.get(seller).expect("a call is let in for a known seller")
    }

    pub(super) fn fires(&mut self, fault: Fault) -> bool {
        self.world.faults.fires(fault, &self.key).is_some()
    }

    /// A draw for something this call creates.
    pub(super) fn draw(&self, what: &str) -> Draw {
        self.world.chance.draw(&["ozon", what, &self.request])
    }

    /// An answer's delivery with the faults that come after the call was carried out.
    pub(super) fn deliver(&mut self, reply: Reply) -> Outcome {
        let delay = self.world.faults.fires(Fault::Slow, &self.key).map(|firing| firing.exactly());
        let (delivery, reply) = if self.fires(Fault::ServerErrorAfter) {
            (Delivery::Given, self.server_error().reply)
        } else if self.fires(Fault::ResetAfter) {
            (Delivery::Reset, reply)
        } else if self.fires(Fault::AnswerLost) {
            (Delivery::Lost, reply)
        } else {
            (Delivery::Given, reply)
        };
        Outcome { reply, delivery, delay: delay.unwrap_or_default() }
    }

    /// A good answer, contradicting its schema where the seller's is a hostile one.
    pub(super) fn reply(&self, seller: &str, mut body: Value) -> Reply {
        if self.shop(seller).is_hostile {
            hostile::spoil(&mut body);
        }
        Reply::json(StatusCode::OK, JSON, &body)
    }

    fn read(&mut self, seller: &str, key: &Key) -> Outcome {
        match reads::handle(self, seller, key) {
            Ok(body) => {
                let mut reply = self.reply(seller, body);
                if self.call.endpoint != Endpoint::Roles && self.fires(Fault::Malformed) {
                    reply.body.truncate(reply.body.len() / 2);
                }
                self.deliver(reply)
            }
            Err(refusal) => refusal.by_service(self.call.endpoint),
        }
    }

    /// Names the seller that calls and its key.
    fn authorize(&self) -> Result<(String, Key), Refusal> {
        let (Some(client_id), Some(api_key)) = (&self.call.client_id, &self.call.api_key) else {
            return Err(Refusal::missing_headers());
        };
        let client_id: u64 = client_id.parse().map_err(|_| Refusal::malformed_client())?;
        let mut shops = self.world.ozon.shops.iter();
        let (seller, shop) =
            shops.find(|(_, shop)| shop.client_id == client_id).ok_or_else(Refusal::wrong_key)?;
        let key = shop.keys.get(&sha256_hex(api_key)).ok_or_else(Refusal::wrong_key)?;
        match key.state {
            KeyState::Active if self.now < key.expires_at => Ok((seller.clone(), key.clone())),
            KeyState::Active | KeyState::Revoked => Err(Refusal::deactivated_key()),
            KeyState::Restricted => Err(Refusal::restricted_key()),
        }
    }

    fn spend(&mut self, seller: &str) -> Verdict {
        let (scale, now) = (self.world.config.rate_scale, self.now);
        let shop = self.world.ozon.shops.get_mut(seller);
        shop.expect("a call is let in for a known seller").spend(scale, now)
    }

    /// Why the call is not carried out, if it is not: the limit, a missing role or plan, or a fault.
    fn refusal(&mut self, seller: &str, key: &Key, verdict: Verdict) -> Option<Outcome> {
        let endpoint = self.call.endpoint;
        if let Some(retry_seconds) = verdict.retry_seconds {
            return Some(self.too_many_requests(retry_seconds));
        }
        if !key.opens(endpoint) {
            return Some(Refusal::missing_role().by_gateway());
        }
        if endpoint.plan().is_some_and(|channel| !self.shop(seller).plans.includes(channel)) {
            return Some(Refusal::closed_by_plan().by_service(endpoint));
        }
        if self.fires(Fault::ResetBefore) {
            return Some(Outcome::broken_off(Delivery::Reset));
        }
        if self.fires(Fault::ServerErrorBefore) {
            return Some(self.server_error());
        }
        if self.fires(Fault::Unauthorized) {
            return Some(Refusal::deactivated_key().by_gateway());
        }
        if endpoint.plan().is_some() && self.fires(Fault::PaymentRequired) {
            return Some(Refusal::closed_by_plan().by_service(endpoint));
        }
        if endpoint != Endpoint::Roles && self.fires(Fault::Forbidden) {
            return Some(Refusal::missing_role().by_gateway());
        }
        let firing = self.world.faults.fires(Fault::RateLimited, &self.key)?;
        Some(self.too_many_requests(firing.exactly().as_millis().div_ceil(1_000) as u64))
    }

    fn too_many_requests(&self, retry_seconds: u64) -> Outcome {
        let mut outcome = Refusal::too_many_requests().by_gateway();
        if self.world.config.rate_headers == RateHeaders::Documented {
            let retry = (HeaderName::from_static("retry-after"), retry_seconds.to_string());
            outcome.reply.headers.push(retry);
            outcome.reply.headers.extend(self.remaining(0));
        }
        outcome
    }

    fn remaining(&self, remaining: u64) -> Option<(HeaderName, String)> {
        let is_told = self.world.config.rate_headers != RateHeaders::Absent;
        is_told.then(|| (REMAINING, remaining.to_string()))
    }

    fn server_error(&self) -> Outcome {
        match self.world.faults.detail("server error", &self.key, 0) % 4 {
            0 => Refusal::internal().by_gateway(),
            1 => Refusal::circle_is_open().by_gateway(),
            2 => gateway_page(StatusCode::BAD_GATEWAY),
            _ => gateway_page(StatusCode::GATEWAY_TIMEOUT),
        }
    }
}

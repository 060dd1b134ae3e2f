//! The way of one call: who calls, whether the limit allows it, which faults hit it, then reading or writing.

use axum::http::{HeaderName, StatusCode};
use chrono::{DateTime, Utc};
use tracing::debug;
use uuid::Uuid;

use super::endpoint::Host;
use super::shop::Grant;
use super::token;
use super::writes::Write;
use super::{Call, Endpoint, problem, reads};
use crate::chance::Draw;
use crate::config::{RateHeaders, Rights, TokenKind};
use crate::exchange::{Delivery, Outcome, Reply};
use crate::faults::{CallKey, Fault};
use crate::rate_limit::Verdict;
use crate::world::World;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const RETRY: HeaderName = HeaderName::from_static("x-ratelimit-retry");

/// The statuses that stand for "something is broken on their side".
const SERVER_ERRORS: [StatusCode; 4] = [
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// What the gateway says about a token that was good once.
const EXPIRED: &str = "access token problem; token expired";

/// A call on its way.
pub(super) struct Passage<'a> {
    pub(super) world: &'a mut World,
    pub(super) call: &'a Call,
    pub(super) key: CallKey,
    pub(super) now: DateTime<Utc>,
    /// The seller's id, where its token says it.
    pub(super) sid: Option<Uuid>,
    /// Tells requests apart, for the ids in their answers.
    request: String,
}

/// Carries a call out.
pub(super) fn handle(world: &mut World, call: &Call) -> Outcome {
    let name = call.endpoint.name();
    let write = Write::parse(call);
    let target = write.as_ref().map_or("", Write::target);
    let key = world.faults.key(write.is_some(), format!("{name} {target}"));
    let request = world.next_request().to_string();
    let now = world.now();
    let mut passage = Passage { world, call, key, now, sid: None, request };
    let outcome = passage.handle(write);
    world.count(name, &outcome);
    debug!(sandbox.call = name, sandbox.outcome = outcome.label(), "answered {name}");
    outcome
}

impl Passage<'_> {
    fn handle(&mut self, write: Option<Write>) -> Outcome {
        if self.fires(Fault::Down) {
            return Outcome::broken_off(Delivery::Lost);
        }
        if self.fires(Fault::Unavailable) {
            return Outcome::given(problem::gateway_page(StatusCode::SERVICE_UNAVAILABLE));
        }
        let (seller, grant) = match self.authorize() {
            Ok(caller) => caller,
            Err(detail) => return Outcome::given(self.unauthorized(&detail)),
        };
        self.key.seller = Some(seller.clone());
        self.sid = grant.sid;
        let verdict = self.spend(&seller, grant.kind);
        let refusal = self.refusal(grant, verdict);
        let mut outcome = match (write, refusal) {
            (Some(write), refusal) => write.handle(self, &seller, refusal),
            (None, Some(refusal)) => refusal,
            (None, None) => {
                let reply = reads::handle(self, &seller);
                self.deliver(reply)
            }
        };
        if outcome.reply.status != StatusCode::TOO_MANY_REQUESTS {
            outcome.reply.headers.extend(self.rate_headers(verdict));
        }
        outcome
    }

    pub(super) fn fires(&mut self, fault: Fault) -> bool {
        self.world.faults.fires(fault, &self.key).is_some()
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

    /// The source of this answer's ids.
    pub(super) fn id(&self) -> Draw {
        self.world.chance.draw(&["request", &self.request])
    }

    /// 500 of the gateway, for what the sandbox itself cannot do.
    pub(super) fn internal_error(&self, detail: &str) -> Outcome {
        Outcome::given(problem::gateway(
            StatusCode::INTERNAL_SERVER_ERROR,
            detail,
            &self.id(),
            self.now,
        ))
    }

    /// Names the seller that calls; `Authorization` is the token, bare or after `Bearer`.
    fn authorize(&self) -> Result<(String, Grant), String> {
        let header = self.call.authorization.as_deref().unwrap_or_default().trim();
        let bearer = header.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        let token = if bearer.is_some() { header[7..].trim() } else { header };
        if token.is_empty() {
            return Err("empty Authorization header".to_owned());
        }
        let Some((seller, grant)) = self.world.wildberries.find_token(token) else {
            return Err(token::problem_of(token));
        };
        if grant.revoked {
            return Err("access token problem; token withdrawn".to_owned());
        }
        if grant.expires.is_some_and(|expires| expires <= self.now) {
            return Err(EXPIRED.to_owned());
        }
        let endpoint = self.call.endpoint;
        // Where no 403 is documented, the gateway refuses the token itself.
        if !knows_forbidden(endpoint) && !allows(grant, endpoint) {
            return Err("token scope not allowed".to_owned());
        }
        Ok((seller.to_owned(), grant))
    }

    fn spend(&mut self, seller: &str, kind: TokenKind) -> Verdict {
        let scale = self.world.config.rate_scale;
        let shop = self.world.wildberries.shops.entry(seller.to_owned()).or_default();
        shop.spend(self.call.endpoint.budget(), kind, scale, self.now)
    }

    /// Why the call is not carried out, if it is not: the limit, a missing right, or a fault.
    fn refusal(&mut self, grant: Grant, verdict: Verdict) -> Option<Outcome> {
        if verdict.retry_seconds.is_some() {
            return Some(Outcome::given(self.too_many_requests(verdict)));
        }
        let endpoint = self.call.endpoint;
        if knows_forbidden(endpoint) && !allows(grant, endpoint) {
            return Some(Outcome::given(self.forbidden()));
        }
        if self.fires(Fault::ResetBefore) {
            return Some(Outcome::broken_off(Delivery::Reset));
        }
        if self.fires(Fault::ServerErrorBefore) {
            return Some(Outcome::given(self.server_error()));
        }
        if self.fires(Fault::Unauthorized) {
            return Some(Outcome::given(self.unauthorized(EXPIRED)));
        }
        // The check of the connection is documented without 402.
        if !endpoint.is_ping() && self.fires(Fault::PaymentRequired) {
            return Some(Outcome::given(problem::payment_required()));
        }
        if knows_forbidden(endpoint) && self.fires(Fault::Forbidden) {
            return Some(Outcome::given(self.forbidden()));
        }
        let firing = self.world.faults.fires(Fault::RateLimited, &self.key)?;
        let retry_seconds = firing.exactly().as_millis().div_ceil(1_000) as u64;
        let exhausted = Verdict {
            retry_seconds: Some(retry_seconds),
            remaining: 0,
            reset_seconds: verdict.reset_seconds.max(retry_seconds),
            ..verdict
        };
        Some(Outcome::given(self.too_many_requests(exhausted)))
    }

    fn unauthorized(&self, detail: &str) -> Reply {
        problem::gateway(StatusCode::UNAUTHORIZED, detail, &self.id(), self.now)
    }

    fn forbidden(&self) -> Reply {
        problem::envelope(StatusCode::FORBIDDEN, "Ошибка авторизации", &self.id())
    }

    fn server_error(&self) -> Reply {
        let choice =
            self.world.faults.detail("server error", &self.key, 0) % SERVER_ERRORS.len() as u64;
        match SERVER_ERRORS[choice as usize] {
            StatusCode::INTERNAL_SERVER_ERROR => problem::gateway(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal server error",
                &self.id(),
                self.now,
            ),
            proxy_error => problem::gateway_page(proxy_error),
        }
    }

    fn too_many_requests(&self, verdict: Verdict) -> Reply {
        let detail = format!("limited by {}", self.world.chance.draw(&["limiter"]).uuid());
        let mut reply =
            problem::gateway(StatusCode::TOO_MANY_REQUESTS, &detail, &self.id(), self.now);
        if self.world.config.rate_headers == RateHeaders::Documented {
            reply.headers = vec![
                (RETRY, verdict.retry_seconds.unwrap_or_default().to_string()),
                (LIMIT, verdict.limit.to_string()),
                (RESET, verdict.reset_seconds.to_string()),
            ];
        }
        reply
    }

    /// The headers of every answer but 429.
    fn rate_headers(&self, verdict: Verdict) -> Vec<(HeaderName, String)> {
        let remaining = (REMAINING, verdict.remaining.to_string());
        match self.world.config.rate_headers {
            RateHeaders::Documented => vec![
                (LIMIT, verdict.limit.to_string()),
                remaining,
                (RESET, verdict.reset_seconds.to_string()),
            ],
            RateHeaders::RemainingOnly => vec![remaining],
            RateHeaders::Absent => Vec::new(),
        }
    }
}

/// Whether a token may call the method: its category fits the host, and it may write where that is asked for. A test
/// token opens what has an official sandbox: of these hosts the first alone. Who the seller is any token may ask.
fn allows(grant: Grant, endpoint: Endpoint) -> bool {
    let Rights { feedbacks, chat, returns, read_only } = grant.rights;
    let is_real = grant.kind != TokenKind::Test;
    let is_open = match endpoint.host() {
        Host::Feedbacks => feedbacks,
        Host::BuyerChat => chat && is_real,
        Host::Returns => returns && is_real,
        Host::Common => true,
    };
    is_open && !(read_only && endpoint.is_write())
}

/// Whether 403 is documented: of the methods for questions and reviews alone.
fn knows_forbidden(endpoint: Endpoint) -> bool {
    endpoint.host() == Host::Feedbacks && !endpoint.is_ping()
}

//! The way of one call: who calls, whether the limit allows it, which faults hit it, then reading or writing.

use axum::http::{HeaderName, StatusCode};
use chrono::{DateTime, Utc};
use tracing::debug;

use super::shop::{Budget, Grant};
use super::writes::AnswerRequest;
use super::{Call, Endpoint, problem, reads, writes};
use crate::chance::Draw;
use crate::config::{RateHeaders, TokenKind};
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

/// A call on its way.
pub(super) struct Passage<'a> {
    pub(super) world: &'a mut World,
    pub(super) call: &'a Call,
    pub(super) key: CallKey,
    pub(super) now: DateTime<Utc>,
    /// Tells requests apart, for the ids in their answers.
    request: String,
}

/// Carries a call out.
pub(super) fn handle(world: &mut World, call: &Call) -> Outcome {
    let name = call.endpoint.name();
    let answer = call.endpoint.is_write().then(|| AnswerRequest::parse(call));
    let target = match &answer {
        Some(Ok(answer)) => answer.id.clone(),
        Some(Err(_)) | None => String::new(),
    };
    let key = world.faults.key(call.endpoint.is_write(), format!("{name} {target}"));
    let request = world.next_request().to_string();
    let now = world.now();
    let mut passage = Passage { world, call, key, now, request };
    let outcome = passage.handle(answer);
    world.count(name, &outcome);
    debug!(sandbox.call = name, sandbox.outcome = outcome.label(), "answered {name}");
    outcome
}

impl Passage<'_> {
    fn handle(&mut self, answer: Option<Result<AnswerRequest, String>>) -> Outcome {
        if self.fires(Fault::Down) {
            return Outcome::broken_off(Delivery::Lost);
        }
        if self.fires(Fault::Unavailable) {
            return Outcome::given(problem::gateway_page(StatusCode::SERVICE_UNAVAILABLE));
        }
        let (seller, grant) = match self.authorize() {
            Ok(caller) => caller,
            Err(detail) => return Outcome::given(self.unauthorized(detail)),
        };
        self.key.seller = Some(seller.clone());
        let verdict = self.spend(&seller, grant.kind);
        let refusal = self.refusal(grant, verdict);
        let mut outcome = match (answer, refusal) {
            (Some(answer), refusal) => writes::handle(self, &seller, answer, refusal),
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
    fn authorize(&self) -> Result<(String, Grant), &'static str> {
        let header = self.call.authorization.as_deref().unwrap_or_default().trim();
        let bearer = header.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        let token = if bearer.is_some() { header[7..].trim() } else { header };
        if token.is_empty() {
            return Err("empty Authorization header");
        }
        match self.world.wildberries.find_token(token) {
            None => Err(
                "token problem; token is malformed: token contains an invalid number of segments",
            ),
            Some((_, grant)) if grant.revoked => Err("access token problem; token withdrawn"),
            // The check of the connection knows no 403: it tells a missing category like this, as the live gateway does.
            Some((_, grant)) if self.call.endpoint == Endpoint::Ping && !grant.rights.feedbacks => {
                Err("token scope not allowed")
            }
            Some((seller, grant)) => Ok((seller.to_owned(), grant)),
        }
    }

    fn spend(&mut self, seller: &str, kind: TokenKind) -> Verdict {
        let budget = match (self.call.endpoint, kind) {
            (Endpoint::Ping, _) => Budget::Ping,
            (_, TokenKind::Basic) => Budget::FeedbacksBasic,
            (
                _,
                TokenKind::Personal
                | TokenKind::Service
                | TokenKind::BasicWithSecret
                | TokenKind::Test,
            ) => Budget::Feedbacks,
        };
        let scale = self.world.config.rate_scale;
        let shop = self.world.wildberries.shops.entry(seller.to_owned()).or_default();
        shop.spend(budget, scale, self.now)
    }

    /// Why the call is not carried out, if it is not: the limit, a missing right, or a fault.
    fn refusal(&mut self, grant: Grant, verdict: Verdict) -> Option<Outcome> {
        if verdict.retry_seconds.is_some() {
            return Some(Outcome::given(self.too_many_requests(verdict)));
        }
        let may_write = !grant.rights.read_only;
        if self.call.endpoint != Endpoint::Ping
            && !(grant.rights.feedbacks && (may_write || !self.key.is_write))
        {
            return Some(Outcome::given(self.forbidden()));
        }
        if self.fires(Fault::ResetBefore) {
            return Some(Outcome::broken_off(Delivery::Reset));
        }
        if self.fires(Fault::ServerErrorBefore) {
            return Some(Outcome::given(self.server_error()));
        }
        if self.fires(Fault::Unauthorized) {
            return Some(Outcome::given(self.unauthorized("access token problem; token expired")));
        }
        // The check of the connection is documented without 402 and 403.
        if self.call.endpoint != Endpoint::Ping && self.fires(Fault::PaymentRequired) {
            return Some(Outcome::given(problem::payment_required()));
        }
        if self.call.endpoint != Endpoint::Ping && self.fires(Fault::Forbidden) {
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

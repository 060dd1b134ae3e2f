//! How the marketplaces misbehave on request: which faults there are, and the rules by which each fires.

mod desk;

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString};

pub(crate) use desk::{CallKey, FaultDesk};

/// A way to misbehave. The ones before a call is carried out exclude each other, and so do the ways in which an
/// answer goes astray; everything else combines.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Display, EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Fault {
    /// Nobody answers: the connection is closed before anything is looked at.
    Down,
    /// 503 with a gateway's HTML page, before anything is looked at.
    Unavailable,
    /// The connection is reset, nothing is carried out.
    ResetBefore,
    /// 500, 502, 503 or 504, nothing is carried out.
    ServerErrorBefore,
    /// 401 for a good token; at Ozon 403, the key is deactivated.
    Unauthorized,
    /// 402: the balance of the service is empty; at Ozon 403, the plan does not include the channel.
    PaymentRequired,
    /// 403 for a token that has the right, or for a key that has the role.
    Forbidden,
    /// 429 although the limit is not reached; `ms` until it may be tried again (default 1,000).
    RateLimited,
    /// An answer is accepted with 204 and forgotten.
    NoEffect,
    /// An answer is accepted at once and carried out later, after at most `ms` (default 5,000).
    ApplyLate,
    /// An answer is carried out at once and seen in reads only later, after at most `ms` (default 5,000).
    VisibleLate,
    /// An answer waits for moderation for `ms` (default 60,000): `reviewRequired`, then `wbRu`.
    ReviewRequired,
    /// Moderation refuses an answer: `reviewRequired` for `ms` (default 0), then `rejected`.
    Rejected,
    /// Carried out, then answered with 500, 502, 503 or 504.
    ServerErrorAfter,
    /// Carried out, then the connection is reset.
    ResetAfter,
    /// Carried out, then the connection is closed without an answer.
    AnswerLost,
    /// Carried out, then answered after `ms` (default 5,000).
    Slow,
    /// A listing is cut off in the middle of its JSON.
    Malformed,
    /// A listing names one of its reviews twice.
    Duplicated,
    /// A listing comes in another order.
    Reordered,
    /// The list of chats comes empty.
    ChatsHidden,
    /// Chat events of before the cursor come once more.
    EventsRepeated,
    /// Chat events come, and the cursor stays where it was.
    CursorStuck,
}

/// Which calls a rule concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum CallKind {
    /// Calls that change nothing.
    Read,
    /// Answers and edits.
    Write,
    /// Both.
    All,
}

/// When a fault fires. In JSON a bare number is a probability.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "RuleShape")]
pub struct FaultRule {
    /// Chance per call, 0 to 1. Which calls are hit depends on the seed, the call's target and how often that
    /// target was called, so it does not depend on how concurrent calls interleave.
    pub probability: f64,
    /// Calls to hit, counted from 1 and from when the rule was set, over the calls the rule concerns.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub nth: BTreeSet<u64>,
    /// Milliseconds, for faults that have a duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// The least milliseconds, where a duration is drawn up to `ms`. Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least_ms: Option<u64>,
    /// Calls concerned. Default: writes for faults that lose an answer after the fact, otherwise all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<CallKind>,
    /// The only seller concerned. Default: every seller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seller: Option<String>,
    /// The only call concerned, as `/control/state` names it: `GET /api/v1/feedbacks`. Default: every call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
}

/// A set of faults with their rules.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Faults(pub(crate) BTreeMap<Fault, FaultRule>);

/// One fault and its rule, as given on a command line: `answer_lost=0.05`, `slow=0.1,ms=700,on=read`,
/// `rate_limited=nth:1+4`, `payment_required=1,seller=demo`.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSpec {
    fault: Fault,
    rule: FaultRule,
}

/// Why a rule cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InvalidFault {
    /// No fault has that name.
    #[error("there is no fault {0}")]
    UnknownFault(String),
    /// The probability is not one.
    #[error("a probability is a number from 0 to 1, found {0}")]
    Probability(String),
    /// Calls are counted from 1.
    #[error("the calls of a fault are numbers from 1 on, found {0}")]
    Nth(String),
    /// The text does not follow `name=rule`.
    #[error(
        "a fault reads NAME=PROBABILITY or NAME=nth:1+2, then optionally ,ms=N ,least_ms=N ,on=read|write|all \
        ,seller=NAME ,call=METHOD PATH; found {0}"
    )]
    Syntax(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RuleShape {
    Probability(f64),
    Full(FullRule),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullRule {
    #[serde(default)]
    probability: f64,
    #[serde(default)]
    nth: BTreeSet<u64>,
    ms: Option<u64>,
    least_ms: Option<u64>,
    on: Option<CallKind>,
    seller: Option<String>,
    call: Option<String>,
}

impl Fault {
    fn default_ms(self) -> u64 {
        match self {
            Self::Slow | Self::ApplyLate | Self::VisibleLate => 5_000,
            Self::ReviewRequired => 60_000,
            Self::RateLimited => 1_000,
            Self::Down
            | Self::Unavailable
            | Self::ResetBefore
            | Self::ServerErrorBefore
            | Self::Unauthorized
            | Self::PaymentRequired
            | Self::Forbidden
            | Self::NoEffect
            | Self::Rejected
            | Self::ServerErrorAfter
            | Self::ResetAfter
            | Self::AnswerLost
            | Self::Malformed
            | Self::Duplicated
            | Self::Reordered
            | Self::ChatsHidden
            | Self::EventsRepeated
            | Self::CursorStuck => 0,
        }
    }

    fn default_kind(self) -> CallKind {
        // A read whose answer is lost is no different from one that failed before.
        if matches!(self, Self::ServerErrorAfter | Self::ResetAfter | Self::AnswerLost) {
            CallKind::Write
        } else {
            CallKind::All
        }
    }
}

impl FaultRule {
    /// Fires with this chance per call, 0 to 1.
    pub fn chance(probability: f64) -> Self {
        Self { probability, ..Self::default() }
    }

    /// Fires at these calls, counted from 1.
    pub fn nth(calls: impl IntoIterator<Item = u64>) -> Self {
        Self { nth: calls.into_iter().collect(), ..Self::default() }
    }

    fn validated(self) -> Result<Self, InvalidFault> {
        if !(0.0..=1.0).contains(&self.probability) {
            return Err(InvalidFault::Probability(self.probability.to_string()));
        }
        if self.nth.contains(&0) {
            return Err(InvalidFault::Nth("0".to_owned()));
        }
        Ok(self)
    }
}

impl Faults {
    /// The same set with one fault more.
    pub fn with(mut self, fault: Fault, rule: FaultRule) -> Self {
        self.0.insert(fault, rule);
        self
    }
}

impl FromIterator<FaultSpec> for Faults {
    fn from_iter<I: IntoIterator<Item = FaultSpec>>(specs: I) -> Self {
        Self(specs.into_iter().map(|spec| (spec.fault, spec.rule)).collect())
    }
}

impl TryFrom<RuleShape> for FaultRule {
    type Error = InvalidFault;

    fn try_from(shape: RuleShape) -> Result<Self, InvalidFault> {
        match shape {
            RuleShape::Probability(probability) => Self::chance(probability),
            RuleShape::Full(FullRule { probability, nth, ms, least_ms, on, seller, call }) => {
                Self { probability, nth, ms, least_ms, on, seller, call }
            }
        }
        .validated()
    }
}

impl FromStr for FaultSpec {
    type Err = InvalidFault;

    fn from_str(text: &str) -> Result<Self, InvalidFault> {
        let syntax = || InvalidFault::Syntax(text.to_owned());
        let (name, rule) = text.split_once('=').ok_or_else(syntax)?;
        let fault = name.parse().map_err(|_| InvalidFault::UnknownFault(name.to_owned()))?;
        let mut parts = rule.split(',');
        let when = parts.next().unwrap_or_default();
        let mut rule = if let Some(calls) = when.strip_prefix("nth:") {
            let number = |call: &str| call.parse().map_err(|_| InvalidFault::Nth(call.to_owned()));
            FaultRule {
                nth: calls.split('+').map(number).collect::<Result<_, _>>()?,
                ..FaultRule::default()
            }
        } else {
            FaultRule::chance(when.parse().map_err(|_| InvalidFault::Probability(when.to_owned()))?)
        };
        for part in parts {
            match part.split_once('=').ok_or_else(syntax)? {
                ("ms", ms) => rule.ms = Some(ms.parse().map_err(|_| syntax())?),
                ("least_ms", ms) => rule.least_ms = Some(ms.parse().map_err(|_| syntax())?),
                ("on", kind) => rule.on = Some(kind.parse().map_err(|_| syntax())?),
                ("seller", seller) => rule.seller = Some(seller.to_owned()),
                ("call", call) => rule.call = Some(call.to_owned()),
                _ => return Err(syntax()),
            }
        }
        Ok(Self { fault, rule: rule.validated()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_read_from_a_command_line() {
        let spec: FaultSpec = "slow=0.1,ms=700,on=read,seller=demo,call=GET /ping".parse().unwrap();
        let rule = FaultRule {
            ms: Some(700),
            on: Some(CallKind::Read),
            seller: Some("demo".to_owned()),
            call: Some("GET /ping".to_owned()),
            ..FaultRule::chance(0.1)
        };
        assert_eq!(spec, FaultSpec { fault: Fault::Slow, rule });
        let spec: FaultSpec = "rate_limited=nth:1+4".parse().unwrap();
        assert_eq!(spec, FaultSpec { fault: Fault::RateLimited, rule: FaultRule::nth([1, 4]) });
    }

    #[test]
    fn a_fault_that_cannot_be_is_refused_with_its_reason() {
        let refusal = |text: &str| text.parse::<FaultSpec>().unwrap_err().to_string();
        assert_eq!(refusal("sloow=1"), "there is no fault sloow");
        assert_eq!(refusal("slow=2"), "a probability is a number from 0 to 1, found 2");
        assert_eq!(refusal("slow=nth:0"), "the calls of a fault are numbers from 1 on, found 0");
        assert!(refusal("slow").starts_with("a fault reads NAME=PROBABILITY"));
    }
}

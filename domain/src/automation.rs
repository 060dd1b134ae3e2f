//! What a seller wants answered without a person: which drafts, how sure of them, and how many.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};
use uuid::Uuid;

use crate::policy::decision;
use crate::value::{Channel, Confidence, Intent};

/// The part of ours that asks for automatic replies, as actors are named.
pub const ACTOR: &str = "automation";

/// Highest limit of automatic replies of an hour.
pub const PER_HOUR_MAX: u32 = 1_000;

/// Highest limit of automatic replies of a day.
pub const PER_DAY_MAX: u32 = 10_000;

/// Shortest time that an automatic reply can be taken back in, in seconds: somebody has to see it first.
pub const HOLD_SECONDS_MIN: u16 = 10;

/// Longest, in seconds.
pub const HOLD_SECONDS_MAX: u16 = 3_600;

/// Highest limit of an hour while few are sent: as many as somebody can look at in passing.
pub const PILOT_PER_HOUR_MAX: u32 = 20;

/// Highest limit of a day while few are sent.
pub const PILOT_PER_DAY_MAX: u32 = 100;

/// Shortest hold while few are sent, in seconds.
pub const PILOT_HOLD_SECONDS_MIN: u16 = 60;

/// What a seller settles about automatic replies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Automation {
    /// How far it has come.
    pub stage: Stage,
    /// Which drafts need nobody.
    pub rules: Rules,
    /// Automatic replies of an hour.
    pub per_hour: u32,
    /// Automatic replies of a day.
    pub per_day: u32,
    /// How long each can be taken back, in seconds.
    pub hold_seconds: u16,
    /// The backtest that the rules were held against; every stage beyond the first rests on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backtest_id: Option<Uuid>,
}

/// How far a seller has come towards automatic replies.
#[derive(
    Debug,
    Default,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// What would be decided is taken down with each draft, and nothing else.
    #[default]
    Observation,
    /// The same, by rules that were held against what people did.
    Backtested,
    /// Few are sent, and each can be taken back for a minute at least.
    Pilot,
    /// As many are sent as the seller wants.
    On,
}

impl Stage {
    /// Tells whether anything goes out without a person.
    #[must_use]
    pub fn sends(self) -> bool {
        self >= Self::Pilot
    }
}

/// Which drafts need nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// In which channels (F188).
    pub channels: BTreeSet<Channel>,
    /// Fewest stars of a review.
    pub rating_min: u8,
    /// What the buyer may want (F193).
    pub intents: BTreeSet<Intent>,
    /// What a person has to see, whatever else is allowed (F193).
    pub handoff: BTreeSet<Intent>,
    /// How sure the analysis has to be for nobody to look at it (F192).
    pub auto_from: Confidence,
    /// Below that, more is needed than a look (F192).
    pub escalate_below: Confidence,
}

impl Default for Automation {
    fn default() -> Self {
        Self {
            stage: Stage::default(),
            rules: Rules::default(),
            per_hour: 20,
            per_day: 100,
            hold_seconds: 60,
            backtest_id: None,
        }
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            channels: [Channel::Review].into(),
            rating_min: 4,
            intents: [Intent::Thanks].into(),
            handoff: [Intent::Defect, Intent::WrongItem, Intent::Return].into(),
            auto_from: Confidence::HIGH,
            escalate_below: Confidence::EVEN,
        }
    }
}

/// Why a draft that needed nobody became a person's task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Refused {
    /// As many went out within the hour as the seller wants.
    HourIsFull,
    /// As many went out within the day as the seller wants.
    DayIsFull,
    /// The rules are others by now.
    RulesChanged,
    /// The guardrails stopped it.
    Guardrails,
    /// Something was said or done there since.
    Overtaken,
}

/// What the rules of a seller were held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The backtest.
    pub backtest_id: Uuid,
    /// The rules that it was made of.
    pub rules: Rules,
    /// The version of whoever decided by them.
    pub policy: u32,
    /// Drafts that would have gone out by themselves and that people judged.
    pub judged: u32,
}

/// What is wrong with what a seller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AutomationError {
    /// Not 1 to 5 stars.
    #[error("a review has 1 to 5 stars")]
    RatingMin,
    /// Something is both allowed and a person's.
    #[error("an intent is allowed or handed off, not both")]
    Intents,
    /// Above the confidence from which nobody looks.
    #[error("what is escalated is less sure than what is sent")]
    EscalateBelow,
    /// Not 1 to [`PER_HOUR_MAX`].
    #[error("1 to {PER_HOUR_MAX} automatic replies an hour")]
    PerHour,
    /// Not 1 to [`PER_DAY_MAX`].
    #[error("1 to {PER_DAY_MAX} automatic replies a day")]
    PerDay,
    /// Not [`HOLD_SECONDS_MIN`] to [`HOLD_SECONDS_MAX`].
    #[error("an automatic reply is held for {HOLD_SECONDS_MIN} to {HOLD_SECONDS_MAX} s")]
    HoldSeconds,
    /// No backtest of exactly these rules is named.
    #[error("a stage beyond observation rests on a backtest of the same rules")]
    NoBacktest,
    /// People judged nothing of what these rules would have sent.
    #[error("a backtest without drafts that people judged proves nothing")]
    NothingJudged,
    /// More, or for a shorter time to take back, than a pilot may.
    #[error(
        "a pilot sends {PILOT_PER_HOUR_MAX} an hour and {PILOT_PER_DAY_MAX} a day at most, each held for \
         {PILOT_HOLD_SECONDS_MIN} s at least"
    )]
    PilotLimits,
    /// These rules were not in a pilot before.
    #[error("automatic replies begin with a pilot of the same rules")]
    NoPilot,
}

impl Automation {
    /// Holds everything against its bounds, and the stage against `evidence` and what was settled before.
    ///
    /// # Errors
    /// [`AutomationError`] names the first that is broken.
    pub fn checked(
        mut self,
        before: &Self,
        evidence: Option<&Evidence>,
    ) -> Result<Self, AutomationError> {
        self.rules.check()?;
        if !(1..=PER_HOUR_MAX).contains(&self.per_hour) {
            return Err(AutomationError::PerHour);
        }
        if !(1..=PER_DAY_MAX).contains(&self.per_day) {
            return Err(AutomationError::PerDay);
        }
        if !(HOLD_SECONDS_MIN..=HOLD_SECONDS_MAX).contains(&self.hold_seconds) {
            return Err(AutomationError::HoldSeconds);
        }
        match self.stage {
            // It rests on nothing, so it names nothing.
            Stage::Observation => self.backtest_id = None,
            Stage::Backtested => self.rests_on(evidence)?,
            Stage::Pilot => {
                self.rests_on(evidence)?;
                let is_too_much = self.per_hour > PILOT_PER_HOUR_MAX
                    || self.per_day > PILOT_PER_DAY_MAX
                    || self.hold_seconds < PILOT_HOLD_SECONDS_MIN;
                if is_too_much {
                    return Err(AutomationError::PilotLimits);
                }
            }
            Stage::On => {
                self.rests_on(evidence)?;
                if !before.stage.sends() || before.rules != self.rules {
                    return Err(AutomationError::NoPilot);
                }
            }
        }
        Ok(self)
    }

    /// Returns the same with nothing sent any more.
    #[must_use]
    pub fn stopped(&self) -> Self {
        Self { stage: Stage::Observation, backtest_id: None, ..self.clone() }
    }

    fn rests_on(&self, evidence: Option<&Evidence>) -> Result<(), AutomationError> {
        let is_of_these = |evidence: &&Evidence| {
            self.backtest_id == Some(evidence.backtest_id)
                && (&self.rules, decision::VERSION) == (&evidence.rules, evidence.policy)
        };
        let evidence = evidence.filter(is_of_these).ok_or(AutomationError::NoBacktest)?;
        if evidence.judged == 0 {
            return Err(AutomationError::NothingJudged);
        }
        Ok(())
    }
}

impl Rules {
    /// Holds the rules against their bounds.
    ///
    /// # Errors
    /// [`AutomationError`] names the first that is broken.
    pub fn check(&self) -> Result<(), AutomationError> {
        if !(1..=5).contains(&self.rating_min) {
            return Err(AutomationError::RatingMin);
        }
        if !self.intents.is_disjoint(&self.handoff) {
            return Err(AutomationError::Intents);
        }
        if self.escalate_below > self.auto_from {
            return Err(AutomationError::EscalateBelow);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backtested(backtest_id: u128) -> Automation {
        let backtest_id = Some(Uuid::from_u128(backtest_id));
        Automation { stage: Stage::Backtested, backtest_id, ..Automation::default() }
    }

    fn evidence() -> Evidence {
        Evidence {
            backtest_id: Uuid::from_u128(1),
            rules: Rules::default(),
            policy: decision::VERSION,
            judged: 1,
        }
    }

    /// What is said to a seller that has settled nothing yet.
    fn first(
        automation: Automation,
        evidence: Option<&Evidence>,
    ) -> Result<Automation, AutomationError> {
        automation.checked(&Automation::default(), evidence)
    }

    #[test]
    fn what_cannot_be_is_named() {
        let usual = Automation::default;
        let rules = |rules| Automation { rules, ..usual() };
        let all = || Rules { intents: [Intent::Return].into(), ..Rules::default() };
        let sure = || Rules { escalate_below: Confidence::FULL, ..Rules::default() };
        for (automation, error) in [
            (rules(Rules { rating_min: 0, ..Rules::default() }), AutomationError::RatingMin),
            (rules(Rules { rating_min: 6, ..Rules::default() }), AutomationError::RatingMin),
            (rules(all()), AutomationError::Intents),
            (rules(sure()), AutomationError::EscalateBelow),
            (Automation { per_hour: 0, ..usual() }, AutomationError::PerHour),
            (Automation { per_day: 10_001, ..usual() }, AutomationError::PerDay),
            (Automation { hold_seconds: 9, ..usual() }, AutomationError::HoldSeconds),
        ] {
            assert_eq!(first(automation, None), Err(error));
        }
        assert_eq!(first(usual(), None), Ok(usual()));
    }

    #[test]
    fn a_stage_rests_on_a_backtest_of_the_same_rules() {
        let evidence = evidence();
        assert_eq!(first(backtested(1), Some(&evidence)), Ok(backtested(1)));
        let others = Rules { rating_min: 5, ..Rules::default() };
        let of_others = Evidence { rules: others, ..evidence.clone() };
        let of_before = Evidence { policy: decision::VERSION + 1, ..evidence.clone() };
        for (automation, evidence) in [
            (backtested(1), None),
            (backtested(2), Some(&evidence)),
            (backtested(1), Some(&of_others)),
            (backtested(1), Some(&of_before)),
            (Automation { backtest_id: None, ..backtested(1) }, Some(&evidence)),
        ] {
            assert_eq!(first(automation, evidence), Err(AutomationError::NoBacktest));
        }
        let of_nothing = Evidence { judged: 0, ..evidence };
        let refused = first(backtested(1), Some(&of_nothing));
        assert_eq!(refused, Err(AutomationError::NothingJudged));
        let back = Automation { stage: Stage::Observation, ..backtested(1) };
        assert_eq!(first(back, None), Ok(Automation::default()), "it rests on none any more");
    }

    #[test]
    fn few_are_sent_before_many_are() {
        let at = |stage| Automation { stage, ..backtested(1) };
        let evidence = evidence();
        let pilot = at(Stage::Pilot);
        assert_eq!(first(pilot.clone(), Some(&evidence)), Ok(pilot.clone()));
        assert_eq!(first(pilot.clone(), None), Err(AutomationError::NoBacktest));
        for too_much in [
            Automation { per_hour: PILOT_PER_HOUR_MAX + 1, ..pilot.clone() },
            Automation { per_day: PILOT_PER_DAY_MAX + 1, ..pilot.clone() },
            Automation { hold_seconds: PILOT_HOLD_SECONDS_MIN - 1, ..pilot.clone() },
        ] {
            assert_eq!(first(too_much, Some(&evidence)), Err(AutomationError::PilotLimits));
        }
        let many = Automation { per_hour: 500, hold_seconds: 10, ..at(Stage::On) };
        assert_eq!(many.clone().checked(&pilot, Some(&evidence)), Ok(many.clone()));
        assert_eq!(many.clone().checked(&many, Some(&evidence)), Ok(many.clone()));
        let others = Rules { rating_min: 5, ..Rules::default() };
        for before in [backtested(1), Automation { rules: others, ..pilot.clone() }] {
            let refused = many.clone().checked(&before, Some(&evidence));
            assert_eq!(refused, Err(AutomationError::NoPilot));
        }
        let stages = [Stage::Observation, Stage::Backtested, Stage::Pilot, Stage::On];
        assert_eq!(stages.map(Stage::sends), [false, false, true, true]);
        assert_eq!(many.stopped().stage, Stage::Observation);
    }
}

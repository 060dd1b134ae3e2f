//! The faults of a running sandbox: which call each hits, and how often it did.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::{CallKind, Fault, FaultRule, Faults};
use crate::chance::Chance;

/// A call as the faults see it.
pub(crate) struct CallKey {
    /// Known once the caller is.
    pub(crate) seller: Option<String>,
    pub(crate) is_write: bool,
    /// Method, path and target.
    pub(crate) identity: String,
    /// How often this was called, this time included.
    pub(crate) occurrence: u64,
}

/// A fault that fires now.
pub(crate) struct Firing {
    ms: u64,
    least_ms: u64,
    fraction: f64,
}

/// The faults of a running sandbox with their counters.
pub(crate) struct FaultDesk {
    chance: Chance,
    rules: Faults,
    /// Calls each rule has looked at since it was set.
    seen: BTreeMap<Fault, u64>,
    fired: BTreeMap<Fault, u64>,
    occurrences: HashMap<String, u64>,
}

impl Firing {
    /// The whole duration of the rule.
    pub(crate) fn exactly(&self) -> Duration {
        Duration::from_millis(self.ms)
    }

    /// A duration drawn between the bounds of the rule, never zero.
    pub(crate) fn drawn(&self) -> Duration {
        let room = self.ms.saturating_sub(self.least_ms);
        Duration::from_millis((self.least_ms + (room as f64 * self.fraction) as u64).max(1))
    }
}

impl FaultDesk {
    pub(crate) fn new(chance: Chance, rules: Faults) -> Self {
        Self {
            chance,
            rules,
            seen: BTreeMap::new(),
            fired: BTreeMap::new(),
            occurrences: HashMap::new(),
        }
    }

    /// Describes a call that has just come in.
    pub(crate) fn key(&mut self, is_write: bool, identity: String) -> CallKey {
        let occurrence = self.occurrences.entry(identity.clone()).or_default();
        *occurrence += 1;
        CallKey { seller: None, is_write, identity, occurrence: *occurrence }
    }

    /// Asks whether `fault` hits this call, and counts.
    pub(crate) fn fires(&mut self, fault: Fault, call: &CallKey) -> Option<Firing> {
        let rule = self.rules.0.get(&fault)?;
        let concerned = match rule.on.unwrap_or_else(|| fault.default_kind()) {
            CallKind::Read => !call.is_write,
            CallKind::Write => call.is_write,
            CallKind::All => true,
        };
        let is_other = |name: &String| !call.identity.starts_with(&format!("{name} "));
        if !concerned
            || rule.seller.is_some() && rule.seller != call.seller
            || rule.call.as_ref().is_some_and(is_other)
        {
            return None;
        }
        let seen = self.seen.entry(fault).or_default();
        *seen += 1;
        let fault_name = fault.to_string();
        let occurrence = call.occurrence.to_string();
        let draw = |what| {
            let seller = call.seller.as_deref().unwrap_or_default();
            self.chance.draw(&[what, &fault_name, seller, &call.identity, &occurrence]).unit()
        };
        if !rule.nth.contains(seen) && draw("fault") >= rule.probability {
            return None;
        }
        *self.fired.entry(fault).or_default() += 1;
        Some(Firing {
            ms: rule.ms.unwrap_or_else(|| fault.default_ms()),
            least_ms: rule.least_ms.unwrap_or_default(),
            fraction: draw("fault duration"),
        })
    }

    /// A draw for the details of a fault, such as the order of a shuffled listing.
    pub(crate) fn detail(&self, what: &str, call: &CallKey, n: u64) -> u64 {
        let occurrence = call.occurrence.to_string();
        self.chance.draw(&[what, &call.identity, &occurrence, &n.to_string()]).below(u64::MAX)
    }

    pub(crate) fn rules(&self) -> &Faults {
        &self.rules
    }

    pub(crate) fn fired(&self) -> &BTreeMap<Fault, u64> {
        &self.fired
    }

    /// Sets or removes the rules named and leaves the others; a rule that is set counts its calls from now.
    pub(crate) fn change(&mut self, changes: BTreeMap<Fault, Option<FaultRule>>) {
        for (fault, rule) in changes {
            self.seen.remove(&fault);
            match rule {
                Some(rule) => self.rules.0.insert(fault, rule),
                None => self.rules.0.remove(&fault),
            };
        }
    }

    /// Replaces all rules.
    pub(crate) fn replace(&mut self, rules: Faults) {
        self.seen.clear();
        self.rules = rules;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_duration_is_drawn_between_the_bounds_of_its_rule() {
        let rule = FaultRule { ms: Some(4_000), least_ms: Some(3_000), ..FaultRule::chance(1.0) };
        let rules = Faults::default().with(Fault::VisibleLate, rule);
        let mut desk = FaultDesk::new(Chance::new(5), rules);
        let mut drawn = BTreeSet::new();
        for target in 0..50 {
            let key = desk.key(true, format!("POST {target}"));
            drawn.extend(desk.fires(Fault::VisibleLate, &key).map(|firing| firing.drawn()));
        }
        let bounds = Duration::from_secs(3)..=Duration::from_secs(4);
        assert!(drawn.len() > 40 && drawn.iter().all(|it| bounds.contains(it)), "{drawn:?}");
    }

    #[test]
    fn which_targets_are_hit_does_not_depend_on_the_order_of_calls() {
        let hit_targets = |order: &[u32]| {
            let rules = Faults::default().with(Fault::AnswerLost, FaultRule::chance(0.3));
            let mut desk = FaultDesk::new(Chance::new(5), rules);
            let mut hit = BTreeSet::new();
            for target in order {
                let key = desk.key(true, format!("POST {target}"));
                if desk.fires(Fault::AnswerLost, &key).is_some() {
                    hit.insert(*target);
                }
            }
            hit
        };
        let forwards: Vec<u32> = (0..200).collect();
        let backwards: Vec<u32> = (0..200).rev().collect();
        let hit = hit_targets(&forwards);
        assert!((30..90).contains(&hit.len()), "{} of 200 at a probability of 0.3", hit.len());
        assert_eq!(hit, hit_targets(&backwards));
    }
}

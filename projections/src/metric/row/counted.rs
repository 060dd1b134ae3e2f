//! Which metrics count an interaction, and on which day each does.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike as _, Utc};
use domain::interaction::DraftOutcome;
use sqlx::types::Json;

use super::Row;
use crate::metric::fact::{Metric, OF_ANSWERS};

impl Row {
    /// Counts anew what follows from the answer and from what was promised; what went wrong stays.
    pub(super) fn counted(self) -> Self {
        let mut facts = self.facts.0.clone();
        facts.retain(|name, _| !OF_ANSWERS.iter().any(|metric| metric.as_str() == name));
        let of_answer = self.answered_at.into_iter().flat_map(|at| {
            self.of_answer().into_iter().map(move |metric| (metric.as_str().to_owned(), at))
        });
        facts.extend(of_answer);
        facts.extend(self.of_promise());
        // Years of other lengths PostgreSQL does not read as text, and no marketplace means them.
        facts.retain(|_, at| (1..=9999).contains(&at.year()));
        let (first_at, last_at) = (facts.values().min().copied(), facts.values().max().copied());
        Self { facts: Json(facts), first_at, last_at, ..self }
    }

    fn of_answer(&self) -> Vec<Metric> {
        let is_by = |who: &str| self.answered_by.as_deref() == Some(who);
        let is = |outcome: DraftOutcome| self.outcome.as_deref() == Some(outcome.as_str());
        let is_judged = [DraftOutcome::Accepted, DraftOutcome::Edited, DraftOutcome::Manual]
            .into_iter()
            .any(is);
        let counted = [
            (Metric::Answered, true),
            (Metric::AnsweredHere, !is_by("elsewhere")),
            (Metric::AnsweredElsewhere, is_by("elsewhere")),
            (Metric::Automatic, is_by("automatic")),
            (Metric::InBulk, is(DraftOutcome::InBulk)),
            (Metric::Unmeasured, is(DraftOutcome::Unmeasured)),
            (Metric::Judged, is_judged),
            (Metric::Accepted, is(DraftOutcome::Accepted)),
            (Metric::Edited, is(DraftOutcome::Edited)),
            (Metric::Manual, is(DraftOutcome::Manual)),
            (Metric::Measured, is_judged && self.changed.is_some()),
            (Metric::Timed, self.waited_seconds.is_some()),
        ];
        counted.into_iter().filter(|(_, is_so)| *is_so).map(|(metric, _)| metric).collect()
    }

    /// A promise is kept when the answer stands, and broken when its time has passed.
    fn of_promise(&self) -> BTreeMap<String, DateTime<Utc>> {
        let promised = self.answer_by.filter(|_| !self.was_past);
        let settled = match (promised, self.answered_at) {
            (Some(by), Some(at)) if at <= by => Some((Metric::SlaMet, at)),
            (Some(by), Some(_)) => Some((Metric::SlaMissed, by)),
            (Some(by), None) if self.breached => Some((Metric::SlaMissed, by)),
            (Some(_), None) | (None, _) => None,
        };
        let due = settled.map(|(_, at)| (Metric::SlaDue, at));
        settled
            .into_iter()
            .chain(due)
            .map(|(metric, at)| (metric.as_str().to_owned(), at))
            .collect()
    }
}

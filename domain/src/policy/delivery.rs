//! When a reply is tried again, and how long an unknown outcome is left to settle.

use chrono::{DateTime, TimeDelta, Utc};

/// Waits before attempts 2…6 after a definite, transient failure, in seconds (ruling C-2).
pub const RETRY_SECONDS: [i64; 5] = [10, 20, 40, 80, 160];

/// How often a reply may be sent again after reading proved it absent. Each time costs a settle window of minutes, and
/// a reply that vanishes three times has a cause that repeating does not mend.
pub const ATTEMPTS_AFTER_ABSENCE_MAX: u32 = 3;

/// Returns when the attempt after `attempt` is due; none when the schedule is used up.
#[must_use]
pub fn retry_at(attempt: u32, failed_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let slot = usize::try_from(attempt.checked_sub(1)?).ok()?;
    RETRY_SECONDS.get(slot).map(|seconds| failed_at + TimeDelta::seconds(*seconds))
}

/// How an unknown outcome is settled by reading.
///
/// A read earlier than the longest flight plus the longest visibility lag proves nothing (`reliability.md` 0.2), so
/// absence counts only when two reads agree and the last is at least `proof_age` after the last byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlePolicy {
    /// When to read, counted from the attempt; the last step repeats.
    pub read_after: Vec<TimeDelta>,
    /// How old the attempt must be before an absent read is proof.
    pub proof_age: TimeDelta,
}

impl Default for SettlePolicy {
    /// Reads at 30 s, 2 min and 10 min; absence is proof from 10 min on (`reliability.md` 9).
    fn default() -> Self {
        Self {
            read_after: vec![TimeDelta::seconds(30), TimeDelta::minutes(2), TimeDelta::minutes(10)],
            proof_age: TimeDelta::minutes(10),
        }
    }
}

/// What to do after a read that did not find the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settling {
    /// Read again at this time.
    ReadAt(DateTime<Utc>),
    /// It is absent beyond doubt.
    Absent,
}

impl SettlePolicy {
    /// Returns when to read for the first time.
    #[must_use]
    pub fn first_read(&self, unknown_since: DateTime<Utc>) -> DateTime<Utc> {
        unknown_since + self.read_after.first().copied().unwrap_or(self.proof_age)
    }

    /// Decides after reads at `absent_reads`, oldest first, none of which found the reply.
    #[must_use]
    pub fn after_absent(
        &self,
        unknown_since: DateTime<Utc>,
        absent_reads: &[DateTime<Utc>],
    ) -> Settling {
        let proof_from = unknown_since + self.proof_age;
        let last = absent_reads.last().copied().unwrap_or(unknown_since);
        if absent_reads.len() >= 2 && last >= proof_from {
            return Settling::Absent;
        }
        let planned = self
            .read_after
            .get(absent_reads.len())
            .map_or(proof_from, |after| unknown_since + *after);
        // The last step repeats: a schedule that ends before the proof must not read in a tight loop.
        let pace = self.read_after.first().copied().unwrap_or(self.proof_age);
        Settling::ReadAt(planned.max(last + pace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn the_retry_schedule_ends_after_five_retries() {
        let waits: Vec<_> =
            (1..=6).map(|n| retry_at(n, at(0)).map(|due| due.timestamp())).collect();
        assert_eq!(waits, [Some(10), Some(20), Some(40), Some(80), Some(160), None]);
    }

    #[test]
    fn early_absent_reads_prove_nothing() {
        let policy = SettlePolicy::default();
        assert_eq!(policy.after_absent(at(0), &[at(30)]), Settling::ReadAt(at(120)));
        assert_eq!(policy.after_absent(at(0), &[at(30), at(120)]), Settling::ReadAt(at(600)));
    }

    #[test]
    fn two_absent_reads_are_proof_once_the_attempt_is_old_enough() {
        let policy = SettlePolicy::default();
        assert_eq!(policy.after_absent(at(0), &[at(30), at(120), at(600)]), Settling::Absent);
        // One late read alone is not two that agree.
        assert_eq!(policy.after_absent(at(0), &[at(900)]), Settling::ReadAt(at(930)));
    }
}

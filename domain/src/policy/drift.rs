//! When a marketplace is said to behave otherwise than before: it refuses what it never refused, its moderation refuses
//! more, or its calls take longer (N21).
//!
//! Each of them is how a changed interface shows before anybody announces it. An outage, a key and a limit are told by other
//! alerts and count for nothing here.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::alert::{AlertKind, AlertSeverity};

/// Days for which a marketplace must have been watched before a refusal that comes there is new: until then all are.
pub const LEARNED_AFTER_DAYS: i32 = 7;

/// For how long a refusal is new after it came for the first time.
pub const NEW_FOR: TimeDelta = TimeDelta::days(1);

/// Refusals of one kind that are no sign yet: one may be about an odd item.
pub const NEW_TIMES_MIN: i64 = 3;

/// Days, today included, that are held against those before them.
pub const RECENT_DAYS: i32 = 3;

/// Days before the recent ones that tell what is usual.
pub const USUAL_DAYS: i32 = 28;

/// What a shift is held against. One that is told of is believed for longer than it takes to tell of it, so that a share
/// that sways about a bound is one alert and not a dozen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Nobody was told of a shift yet.
    Begins,
    /// Somebody was, and it lasts until this bound holds no more.
    Lasts,
}

impl Bound {
    /// Returns the bound for a seller of whom these alerts are `raised`.
    #[must_use]
    pub fn of(raised: &BTreeMap<AlertKind, AlertSeverity>) -> Self {
        if raised.contains_key(&AlertKind::MarketplaceChanged) { Self::Lasts } else { Self::Begins }
    }
}

/// Refusals by moderation that tell nothing: a handful comes and goes.
const REFUSED_MIN: i64 = 5;

/// Replies that tell what is usual.
const USUAL_REPLIES_MIN: i64 = 50;

/// How unlikely so many refusals must be if nothing has changed. One look in a thousand is wrong at most, and days are
/// looked at again and again, so the share must have doubled as well.
const CHANCE_MAX: f64 = 0.001;
const SHARE_RATIO_MIN: f64 = 2.0;

/// The same of a shift that lasts.
const LASTING_CHANCE_MAX: f64 = 0.05;
const LASTING_SHARE_RATIO_MIN: f64 = 1.5;

/// Calls that tell how long one takes now, and usually.
const RECENT_CALLS_MIN: i64 = 20;
const USUAL_CALLS_MIN: i64 = 100;

/// What moderation did with replies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moderated {
    /// Interactions with an answer from here that stands.
    pub answered: i64,
    /// Interactions of which a reply was refused.
    pub refused: i64,
}

impl Moderated {
    fn judged(self) -> i64 {
        self.answered.saturating_add(self.refused)
    }

    /// The share that was refused, of 1; 0 where nothing was judged.
    #[must_use]
    pub fn share(self) -> f64 {
        self.refused as f64 / self.judged().max(1) as f64
    }
}

/// Tells whether moderation refuses more than it usually does: twice the share at least, and more than chance explains.
#[must_use]
pub fn refuses_more(recent: Moderated, usual: Moderated, bound: Bound) -> bool {
    let (ratio_min, chance_max) = match bound {
        Bound::Begins => (SHARE_RATIO_MIN, CHANCE_MAX),
        Bound::Lasts => (LASTING_SHARE_RATIO_MIN, LASTING_CHANCE_MAX),
    };
    if recent.refused < REFUSED_MIN || usual.judged() < USUAL_REPLIES_MIN {
        return false;
    }
    // As if one more had been refused, so that a marketplace that never refused is not certain never to.
    let share = (usual.refused as f64 + 1.0) / (usual.judged() as f64 + 2.0);
    recent.share() >= ratio_min * usual.share()
        && chance_of_as_many(recent.refused, recent.judged(), share) < chance_max
}

/// The chance that of `n` at least `k` are refused where each is with the chance `p` (binomial distribution).
fn chance_of_as_many(k: i64, n: i64, p: f64) -> f64 {
    // In logarithms: the first terms of long periods are smaller than a float can be.
    let mut term = n as f64 * (1.0 - p).ln();
    let mut fewer = 0.0;
    for i in 0..k {
        fewer += term.exp();
        term += ((n - i) as f64 / (i + 1) as f64).ln() + p.ln() - (1.0 - p).ln();
    }
    1.0 - fewer
}

/// How many classes of time calls are counted in.
pub const PACE_CLASSES: usize = 16;

/// How many calls took how long: at `n` those of 2ⁿ ms up to twice that, at 0 the shorter too, and at the end the longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pace(pub [i64; PACE_CLASSES]);

impl Pace {
    /// The class of a call that took so many milliseconds.
    #[must_use]
    pub fn class(millis: u128) -> usize {
        let class = millis.max(1).ilog2() as usize;
        class.min(PACE_CLASSES - 1)
    }

    /// Calls in all.
    #[must_use]
    pub fn calls(&self) -> i64 {
        self.0.iter().copied().fold(0, i64::saturating_add)
    }

    /// The time, in milliseconds, that half of the calls took less than; none where there are none, and where half took so
    /// long that nothing is known but that they took [`Self::LONGEST_MS`].
    #[must_use]
    pub fn median_below(&self) -> Option<u32> {
        self.median_class().filter(|class| *class < PACE_CLASSES - 1).map(|class| 2 << class)
    }

    /// The shortest time, in milliseconds, of the class at the end.
    pub const LONGEST_MS: u32 = 1 << (PACE_CLASSES - 1);

    fn median_class(&self) -> Option<usize> {
        let half = self.calls().checked_add(1)? / 2;
        let mut seen = 0_i64;
        let class = self.0.iter().position(|calls| {
            seen = seen.saturating_add(*calls);
            seen >= half
        });
        class.filter(|_| half > 0)
    }
}

/// The class of a second: what is shorter keeps nobody waiting, whatever it was before.
const SLOW_CLASS: usize = 10;

/// Classes above what is usual that are slow: twice as long at least, wherever in its class a call was.
const SLOWER_CLASSES: usize = 2;

/// Tells whether calls take longer than usual: half of them a second at least, two classes above what half of them took.
/// Where that lasts, one class less will do.
#[must_use]
pub fn slower(recent: &Pace, usual: &Pace, bound: Bound) -> bool {
    let less = match bound {
        Bound::Begins => 0,
        Bound::Lasts => 1,
    };
    if recent.calls() < RECENT_CALLS_MIN || usual.calls() < USUAL_CALLS_MIN {
        return false;
    }
    match (recent.median_class(), usual.median_class()) {
        (Some(recent), Some(usual)) => {
            recent + less >= SLOW_CLASS.max(usual.saturating_add(SLOWER_CLASSES))
        }
        (None, _) | (_, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(refused: i64, judged: i64) -> Moderated {
        Moderated { answered: judged - refused, refused }
    }

    fn refuses_more(recent: Moderated, usual: Moderated) -> bool {
        super::refuses_more(recent, usual, Bound::Begins)
    }

    fn slower(recent: &Pace, usual: &Pace) -> bool {
        super::slower(recent, usual, Bound::Begins)
    }

    #[test]
    fn twice_the_usual_share_is_a_sign_where_chance_does_not_explain_it() {
        let usual = of(20, 1_000);
        assert!(refuses_more(of(12, 100), usual), "2 of 100 are usual");
        assert!(!refuses_more(of(5, 100), usual), "5 of 100 happen by chance once in twenty");
        assert!(!refuses_more(of(4, 10), usual), "a handful tells nothing");
        assert!(!refuses_more(of(300, 5_000), of(400, 10_000)), "half as much again is no jump");
        assert!(refuses_more(of(400, 5_000), of(400, 10_000)));
        assert!(!refuses_more(of(10, 10), of(0, 49)), "nobody knows what is usual");
        assert!(refuses_more(of(10, 20), of(0, 50)), "what never was refused");
        assert!(!refuses_more(Moderated::default(), usual));
    }

    #[test]
    fn the_chance_is_that_of_the_binomial_distribution() {
        // Of ten throws of a coin at least eight: (45 + 10 + 1) / 1024.
        assert!((chance_of_as_many(8, 10, 0.5) - 56.0 / 1024.0).abs() < 1e-12);
        assert!((chance_of_as_many(0, 10, 0.5) - 1.0).abs() < 1e-12);
        // Where each is as usual, about half of all periods have as many, however long they are.
        let long = chance_of_as_many(5_000, 100_000, 0.05);
        assert!((0.45..0.55).contains(&long), "{long}");
    }

    #[test]
    fn calls_are_slower_where_half_of_them_take_seconds_that_took_none() {
        let pace = |class: usize, calls| {
            let mut pace = Pace::default();
            pace.0[class] = calls;
            pace
        };
        let usual = pace(Pace::class(300), 100);
        assert_eq!(usual.median_below(), Some(512));
        assert!(slower(&pace(Pace::class(1_100), 20), &usual));
        assert!(!slower(&pace(Pace::class(1_100), 19), &usual), "too few");
        assert!(!slower(&pace(Pace::class(1_000), 20), &usual), "below a second");
        assert!(!slower(&pace(Pace::class(3_000), 20), &pace(Pace::class(1_500), 100)));
        assert!(!slower(&pace(15, 20), &pace(0, 99)), "nobody knows what is usual");
        assert_eq!(Pace::default().median_below(), None);
        assert_eq!([0, 1, 2, 3, u128::MAX].map(Pace::class), [0, 0, 1, 1, PACE_CLASSES - 1]);
    }

    #[test]
    fn a_shift_that_was_told_of_lasts_until_it_is_well_below_what_began_it() {
        let usual = of(20, 1_000);
        let refuses = |refused, bound| super::refuses_more(of(refused, 200), usual, bound);
        assert_eq!([9, 14].map(|n| refuses(n, Bound::Begins)), [false, true]);
        assert_eq!([5, 9, 14].map(|n| refuses(n, Bound::Lasts)), [false, true, true]);
        let mut paces = [Pace::default(); 3];
        (paces[0].0[8], paces[1].0[9], paces[2].0[10]) = (200, 200, 200);
        let [usual, longer, slow] = paces;
        let takes_longer = |pace, bound| super::slower(pace, &usual, bound);
        assert_eq!([&longer, &slow].map(|p| takes_longer(p, Bound::Begins)), [false, true]);
        assert_eq!([&usual, &longer].map(|p| takes_longer(p, Bound::Lasts)), [false, true]);
    }

    #[test]
    fn a_median_is_where_half_of_the_calls_are() {
        let mut pace = Pace::default();
        (pace.0[3], pace.0[5]) = (2, 2);
        assert_eq!(pace.median_below(), Some(16));
        pace.0[5] = 3;
        assert_eq!(pace.median_below(), Some(64));
        pace.0[14] = 9;
        assert_eq!(pace.median_below(), Some(Pace::LONGEST_MS));
        pace.0[15] = 99;
        assert_eq!(pace.median_below(), None, "how long they took is not known");
    }
}

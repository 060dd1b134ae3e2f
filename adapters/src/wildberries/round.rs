//! How the events of all chats are read: as one stream, each round from where the last one ended, and once a day from the
//! beginning.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Pages of a reading from the beginning after which is looked for what is new: a long one must not keep a buyer's
/// message from the inbox for minutes.
const FRESH_AFTER: u32 = 10;

/// Where a round stands. Moments are in Unix milliseconds, as the marketplace gives them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Round {
    /// After this come the next events; none before the very first one.
    next: Option<i64>,
    /// Whether it began with the very first event.
    whole: bool,
    /// Pages read of a whole round.
    pages: u32,
    /// Whether it has met any chat.
    met: bool,
}

/// A page that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Due {
    round: Round,
    /// Where earlier rounds ended.
    resume: Option<i64>,
    /// Whether the page is about what is new, aside from the round.
    fresh: bool,
}

/// What follows from a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Then {
    /// Where the round goes on; none when it is over.
    pub(super) round: Option<Round>,
    /// Where later rounds begin, if that changes.
    pub(super) resume: Option<i64>,
    /// Whether the round, over now, has read everything.
    pub(super) whole: bool,
    /// Whether it has met any chat.
    pub(super) met: bool,
}

impl Due {
    /// Finds the page that is due: after what `cursor` and `resume` left, as `Place` has them.
    pub(super) fn of(cursor: &Value, resume: &Value, whole_due: bool) -> Self {
        let resume = resume.as_i64();
        let begun = serde_json::from_value::<Option<Round>>(cursor.clone()).ok().flatten();
        let round = begun.unwrap_or_else(|| {
            let whole = whole_due || resume.is_none();
            Round { next: resume.filter(|_| !whole), whole, ..Round::default() }
        });
        let is_long = round.whole && round.pages % FRESH_AFTER == FRESH_AFTER - 1;
        Self { fresh: is_long && resume.is_some(), round, resume }
    }

    /// Returns the moment to ask for.
    pub(super) fn next(&self) -> Option<i64> {
        if self.fresh { self.resume } else { self.round.next }
    }

    /// Takes a page: how many events it held, and where it says to go on.
    pub(super) fn after(self, given: usize, next: Option<i64>) -> Then {
        let asked = self.next();
        // The marketplace says that nothing follows, or where it has said before: it would be read for ever.
        let advances = next.is_some() && next > asked;
        let ended = given == 0 || !advances;
        let Self { round, resume: _, fresh } = self;
        let met = round.met || given > 0;
        if fresh {
            let pages = if ended { round.pages + 1 } else { round.pages };
            let resume = next.filter(|_| advances);
            return Then { round: Some(Round { pages, met, ..round }), resume, whole: false, met };
        }
        let whole = round.whole && given == 0;
        // While everything is read again, later rounds begin where earlier ones ended.
        let resume = next.filter(|_| if round.whole { whole } else { advances });
        let on = Round { next: next.or(asked), pages: round.pages + 1, met, ..round };
        Then { round: (!ended).then_some(on), resume, whole, met }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn due(cursor: &Value, resume: &Value, whole_due: bool) -> Due {
        Due::of(cursor, resume, whole_due)
    }

    fn cursor(then: &Then) -> Value {
        serde_json::to_value(&then.round).unwrap()
    }

    #[test]
    fn the_first_round_begins_with_the_first_event_and_says_where_later_ones_begin() {
        let first = due(&Value::Null, &Value::Null, false);
        assert_eq!(first.next(), None);
        let then = first.after(100, Some(500));
        assert_eq!((then.resume, then.whole), (None, false));
        let second = due(&cursor(&then), &Value::Null, false);
        assert_eq!(second.next(), Some(500));
        let then = second.after(0, Some(500));
        assert_eq!(then, Then { round: None, resume: Some(500), whole: true, met: true });
        assert_eq!(due(&Value::Null, &json!(500), false).next(), Some(500));
    }

    #[test]
    fn a_usual_round_goes_on_from_the_last_one_until_nothing_follows() {
        let then = due(&Value::Null, &json!(500), false).after(3, Some(800));
        assert_eq!((then.resume, then.whole), (Some(800), false));
        let then = due(&cursor(&then), &json!(800), false).after(0, Some(800));
        assert_eq!((then.round, then.resume, then.whole), (None, None, false));
    }

    #[test]
    fn a_cursor_that_stands_still_or_goes_back_ends_the_round() {
        for next in [Some(500), Some(400), None] {
            let then = due(&Value::Null, &json!(500), false).after(3, next);
            assert_eq!((then.round, then.resume), (None, None), "{next:?}");
            let whole = Round { next: Some(500), whole: true, ..Round::default() };
            let whole = due(&json!(whole), &Value::Null, true).after(3, next);
            assert_eq!((whole.round, whole.resume, whole.whole), (None, None, false), "{next:?}");
        }
    }

    #[test]
    fn a_long_round_looks_for_what_is_new_and_goes_on_where_it_was() {
        let mut then = due(&Value::Null, &json!(9_000), true).after(100, Some(1));
        for page in 2..FRESH_AFTER {
            let next = due(&cursor(&then), &json!(9_000), true);
            assert_eq!(next.next(), Some(i64::from(page) - 1));
            then = next.after(100, Some(page.into()));
        }
        let fresh = due(&cursor(&then), &json!(9_000), true);
        assert_eq!(fresh.next(), Some(9_000));
        then = fresh.after(2, Some(9_500));
        assert_eq!(then.resume, Some(9_500));
        let fresh = due(&cursor(&then), &json!(9_500), true);
        assert_eq!(fresh.next(), Some(9_500));
        then = fresh.after(0, Some(9_500));
        assert_eq!(due(&cursor(&then), &json!(9_500), true).next(), Some(9));
    }

    #[test]
    fn a_cursor_of_another_program_begins_anew() {
        let odd = json!({"skip": 5, "pass": "processed"});
        assert_eq!(due(&odd, &json!(500), false).next(), Some(500));
    }
}

//! What there is to say about a reply as a whole. How long a marketplace lets a text be is not among it: a text that does
//! not fit is no reply at all.

use super::letters::is_invisible;
use super::rules::{LONG, Rule, SHORT, TEMPLATE};
use crate::policy::template;

/// A longer answer is read by few (F143), in characters.
const CHARS_MAX: usize = 300;

/// A shorter one says little (F143), in characters.
const CHARS_MIN: usize = 20;

/// Returns the rules that a text as a whole meets.
pub(super) fn check(text: &str) -> Vec<&'static Rule> {
    let seen = text.chars().filter(|c| !is_invisible(*c)).skip_while(|c| c.is_whitespace());
    // Up to the last that is no space.
    let length =
        seen.enumerate().fold(0, |length, (at, c)| if c.is_whitespace() { length } else { at + 1 });
    let of_length = match length {
        // Files may go without a word.
        0 | CHARS_MIN..=CHARS_MAX => None,
        ..CHARS_MIN => Some(&SHORT),
        _ => Some(&LONG),
    };
    of_length.into_iter().chain(template::is_one(text).then_some(&TEMPLATE)).collect()
}

//! The sizes that a drill is run in: small in every run of the tests, full when `script/drill` asks for it. The tests
//! of other crates take this file as it is (`#[path]`), so that one scale is read in one way.

use std::fmt::Display;

/// The share of the full size that is asked for: 1 is all of it.
const SCALE: &str = "AGENTIQ_DRILL_SCALE";

/// Returns `fast`, or that share of `full` which the environment asks for, and never less than one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a share of a small number"
)]
pub(crate) fn size(fast: usize, full: usize) -> usize {
    match std::env::var(SCALE) {
        Ok(scale) => {
            let scale: f64 = scale.parse().expect("AGENTIQ_DRILL_SCALE is a number");
            ((full as f64 * scale).ceil() as usize).max(1)
        }
        Err(_) => fast,
    }
}

/// Prints a figure in the form that `script/drill` gathers; `target` is such as `= 0`.
#[expect(clippy::print_stdout, reason = "the drill reads it there")]
pub(crate) fn figure(name: &str, value: impl Display, unit: &str, target: &str) {
    let target = if target.is_empty() { String::new() } else { format!(" target {target}") };
    println!("figure {name} {value} {unit}{target}");
}

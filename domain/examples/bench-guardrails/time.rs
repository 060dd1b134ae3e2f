//! How long a check takes: on our own texts put together, and on what was made to take long.
#![expect(clippy::disallowed_methods, reason = "a clock is what it measures with")]

use std::time::{Duration, Instant};

use crate::disguise::OWN;
use crate::found;

/// Of so many checks of a text the quickest counts: what else a machine does is no property of the rules.
const CHECKS: usize = 9;

/// Makes the tree and the patterns.
pub(crate) fn first() -> Duration {
    took("Звоните 8 916 555-01-23, пишите на a@example.ru точка или в телеграм.")
}

/// Prints a figure for each length of text.
pub(crate) fn print() {
    for (chars, target) in [(1_000, 200), (5_000, 2_000)] {
        let mut times: Vec<_> = texts(chars).iter().map(|text| quickest(text)).collect();
        times.sort();
        let [p50, p99] = [50, 99].map(|part| micros(times[(times.len() - 1) * part / 100]));
        println!("figure guardrails_{chars}_chars_p50 {p50:.0} µs");
        println!("figure guardrails_{chars}_chars_p99 {p99:.0} µs target <= {target}");
    }
    let slowest = hostile().iter().map(|text| micros(quickest(text))).fold(0.0, f64::max);
    println!("figure guardrails_hostile_5000_chars {slowest:.0} µs target <= 50000");
}

/// Puts the harmless texts together, beginning with each in turn.
pub(crate) fn texts(chars: usize) -> Vec<String> {
    let harmless = OWN.lines().filter_map(|line| line.strip_prefix("-\t")?.split('\t').nth(1));
    let harmless: Vec<_> = harmless.collect();
    let from = |first: usize| {
        let all = harmless.iter().cycle().skip(first).flat_map(|text| text.chars().chain([' ']));
        all.take(chars).collect()
    };
    (0..harmless.len()).map(from).collect()
}

/// Texts that give every part of the check as much to do as can be.
fn hostile() -> Vec<String> {
    let pieces = [
        "х*",
        "п и з ",
        "е@0",
        "8 9 1 ",
        "a.b@",
        "пишите в ",
        "собака ",
        "один ",
        "(a.",
        "точка ру ",
        "ааааа",
        "п.",
        "www.",
    ];
    pieces.map(|piece| piece.chars().cycle().take(5_000).collect()).into()
}

fn quickest(text: &str) -> Duration {
    (0..CHECKS).map(|_| took(text)).min().unwrap_or_default()
}

fn took(text: &str) -> Duration {
    let began = Instant::now();
    std::hint::black_box(found("", text));
    began.elapsed()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000_000.0
}

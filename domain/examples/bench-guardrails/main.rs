//! Measures the guardrails: what they stop wrongly, what they miss, and how long they take.
#![expect(clippy::print_stdout, reason = "a table of figures is what it is for")]

mod disguise;
mod labelled;
mod time;
mod what_if;

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use domain::Channel;
use domain::guardrail::{Finding, Severity, check};
use domain::value::{BuyerWords, Content, Product};

/// Where labelled texts are looked for unless an argument says otherwise: real ones are nobody's to be copied in here.
const BESIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

/// A share of texts.
#[derive(Clone, Copy, Default)]
struct Share {
    hits: usize,
    of: usize,
}

impl Share {
    fn count(&mut self, is_hit: bool) {
        self.hits += usize::from(is_hit);
        self.of += 1;
    }

    fn value(self) -> f64 {
        self.hits as f64 / self.of.max(1) as f64
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7} of {:>6} {:>8.2} %", self.hits, self.of, 100.0 * self.value())
    }
}

/// A row of the table, and a figure where there is a target.
struct Row {
    what: String,
    share: Share,
    /// Its name, and the target with its operator.
    figure: Option<(&'static str, &'static str)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from(BESIDE), PathBuf::from);
    let first = time::first();
    let mut rows = disguise::rows();
    if folder.is_dir() {
        rows.extend(labelled::rows(&folder)?);
    } else {
        println!("no labelled texts in {}: only our own are measured", folder.display());
    }
    for Row { what, share, .. } in &rows {
        println!("{what:<58} {share}");
    }
    println!();
    for Row { share, figure, .. } in &rows {
        if let Some((name, target)) = figure {
            println!("figure {name} {:.4} ratio target {target}", share.value());
        }
    }
    println!("figure guardrails_first_check {:.0} ms", first.as_secs_f64() * 1_000.0);
    time::print();
    what_if::print();
    Ok(())
}

/// Finds what the rules have against an answer to a review in which a buyer wrote `buyer`.
fn found(buyer: &str, text: &str) -> Vec<Finding> {
    check(text, Channel::Review, &content(buyer))
}

fn content(buyer: &str) -> Content {
    let words = BuyerWords { text: buyer.to_owned(), ..BuyerWords::default() };
    Content { rating: None, product: Product::default(), words: words.into() }
}

fn is_stopped(buyer: &str, text: &str) -> bool {
    found(buyer, text).iter().any(|finding| finding.severity == Severity::Error)
}

fn has(text: &str, category: &str) -> bool {
    found("", text).iter().any(|finding| <&str>::from(finding.rule.category) == category)
}

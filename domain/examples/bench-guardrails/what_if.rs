//! How many texts a second are held against two versions of a seller's lists.
#![expect(clippy::disallowed_methods, reason = "a clock is what it measures with")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use domain::guardrail::{Guardrails, Own, Phrase, Said, Severity, WhatIf};
use domain::value::{BuyerWords, Content, Product};
use domain::{Channel, InteractionId};
use uuid::Uuid;

use crate::time::texts;

/// As many as are looked at at once.
const TEXTS: usize = 100_000;

/// As long as the replies of real sellers mostly are.
const CHARS: usize = 250;

/// Longer lists than most sellers will have.
const PHRASES: usize = 50;

/// Prints the figures.
pub(crate) fn print() {
    let said: Vec<Said> = texts(CHARS).into_iter().map(said).collect();
    let mut what_if = WhatIf::new(Arc::new(Own::default()), Arc::new(lists()));
    let began = Instant::now();
    for text in said.iter().cycle().take(TEXTS) {
        what_if.look_at(text);
    }
    let took = began.elapsed().as_secs_f64();
    assert_eq!(std::hint::black_box(what_if.outcome()).texts, TEXTS, "every text is looked at");
    println!("figure what_if_texts_per_s {:.0} 1/s", TEXTS as f64 / took);
    println!("figure what_if_100000_texts {took:.1} s target <= 10");
}

fn said(text: String) -> Said {
    let words =
        BuyerWords { text: "Чайник тёплый".to_owned(), ..BuyerWords::default() };
    Said {
        id: InteractionId(Uuid::nil()),
        channel: Channel::Review,
        content: Content { rating: Some(5), product: Product::default(), words: words.into() },
        text,
    }
}

fn lists() -> Own {
    let phrase = |n: usize| Phrase {
        text: format!(
            "{} {n}",
            ["бесплатная доставка", "скидка", "вернём деньги", "звоните"][n % 4]
        ),
        severity: if n.is_multiple_of(2) { Severity::Error } else { Severity::Warning },
        channels: BTreeSet::new(),
        instead: None,
    };
    let exceptions = vec!["робот".to_owned(), "спасибо за отзыв".to_owned()];
    let phrases = (0..PHRASES).map(phrase).collect();
    Own::compiled(1, &Guardrails { phrases, exceptions })
}

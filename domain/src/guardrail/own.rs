//! A seller's own phrases and exceptions, found in every form of their words.

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

use super::letters::is_invisible;
use super::words::Word;
use super::{Category, Finding, Severity};

/// What a seller adds to the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPhrases {
    /// Must not be said.
    pub forbidden: Vec<String>,
    /// May be said whatever the rules are.
    pub allowed: Vec<String>,
}

/// The same, ready to be looked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    forbidden: Vec<Stems>,
    allowed: Vec<Stems>,
}

type Stems = Vec<String>;

impl Own {
    pub(super) fn of(own: &OwnPhrases) -> Self {
        let all = |phrases: &[String]| phrases.iter().map(|phrase| stems(phrase)).filter(|stems| !stems.is_empty()).collect();
        Self { forbidden: all(&own.forbidden), allowed: all(&own.allowed) }
    }

    pub(super) fn phrases(&self, text: &str, words: &[Word]) -> Vec<Finding> {
        let of = |at: Range<usize>| Finding {
            rule: "own".to_owned(),
            category: Category::Own,
            severity: Severity::Error,
            phrase: text.get(at.clone()).map(str::to_owned),
            span: Some(at),
            message: "Ваш магазин так не пишет: фраза в списке запрещённых.".to_owned(),
            instead: "Скажите иначе или уберите фразу из списка в настройках.".to_owned(),
        };
        find(&self.forbidden, text, words).into_iter().map(of).collect()
    }

    pub(super) fn exceptions(&self, text: &str, words: &[Word]) -> Vec<Range<usize>> {
        find(&self.allowed, text, words)
    }
}

fn find(phrases: &[Stems], text: &str, words: &[Word]) -> Vec<Range<usize>> {
    if phrases.is_empty() {
        return Vec::new();
    }
    let plain: Vec<_> = words.iter().take_while(|word| !word.is_put_together).collect();
    let stems: Vec<String> = plain.iter().map(|word| stem(&text[word.span.clone()])).collect();
    let mut found = Vec::new();
    for phrase in phrases {
        for (at, window) in stems.windows(phrase.len()).enumerate() {
            if window == phrase.as_slice() {
                found.push(plain[at].span.start..plain[at + phrase.len() - 1].span.end);
            }
        }
    }
    found
}

fn stems(phrase: &str) -> Stems {
    phrase.split(|c: char| !c.is_alphanumeric() && !is_invisible(c)).filter(|word| !word.is_empty()).map(stem).collect()
}

fn stem(word: &str) -> String {
    let seen = word.chars().filter(|c| !is_invisible(*c));
    // «й» stays: the stemmer knows endings by it.
    let folded = seen.collect::<String>().to_lowercase().replace('ё', "е");
    Stemmer::create(Algorithm::Russian).stem(&folded).into_owned()
}

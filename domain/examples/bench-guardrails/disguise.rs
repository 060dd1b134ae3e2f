//! Words of our own texts as somebody writes them who knows that a rule looks for them.

use crate::{Row, Share, found, has};

/// The texts of the tests: category or `-`, the buyer's words, the reply.
pub(crate) const OWN: &str = include_str!("../../golden/guardrails.tsv");

type Disguise = (&'static str, fn(&str) -> String);

const DISGUISES: [Disguise; 7] = [
    ("letters of the other alphabet", |word| {
        replaced(word, &["аa", "еe", "оo", "рp", "сc", "хx", "уy", "кk"])
    }),
    ("digits for letters", |word| replaced(word, &["о0", "з3", "ч4", "б6", "и1"])),
    ("signs that are not seen", |word| joined(word, "\u{200b}")),
    ("letters crossed out", |word| word.chars().flat_map(|c| [c, '\u{336}']).collect()),
    ("letters apart", |word| joined(word, " ")),
    ("dots between letters", |word| joined(word, ".")),
    ("vowels stretched", stretched),
];

/// Measures how many words are still found in each disguise.
pub(crate) fn rows() -> Vec<Row> {
    let mut all = Share::default();
    let mut rows: Vec<Row> = DISGUISES
        .iter()
        .map(|(name, disguise)| {
            let share = caught(disguise);
            all.hits += share.hits;
            all.of += share.of;
            Row { what: format!("own words found, {name}"), share, figure: None }
        })
        .collect();
    let figure = Some(("guardrails_own_disguises_caught", ">= 0.95"));
    rows.push(Row { what: "own words found, all disguises".to_owned(), share: all, figure });
    rows
}

fn caught(disguise: &fn(&str) -> String) -> Share {
    let mut share = Share::default();
    for line in OWN.lines() {
        let mut fields = line.split('\t');
        let (Some(category), Some(text)) = (fields.next(), fields.nth(1)) else { continue };
        if !["ai_mention", "profanity"].contains(&category) {
            continue;
        }
        for phrase in found("", text).into_iter().filter_map(|finding| finding.phrase) {
            // Of two words the spaces between would be part of the disguise.
            let is_word = phrase.chars().all(char::is_alphabetic) && phrase.chars().count() >= 3;
            let disguised = disguise(&phrase);
            if is_word && disguised != phrase {
                share.count(has(&text.replace(&phrase, &disguised), category));
            }
        }
    }
    share
}

fn replaced(word: &str, pairs: &[&str]) -> String {
    let other = |c: char| pairs.iter().find_map(|pair| pair.strip_prefix(c)?.chars().next());
    word.chars().map(|c| other(c).unwrap_or(c)).collect()
}

fn joined(word: &str, between: &str) -> String {
    word.chars().map(String::from).collect::<Vec<_>>().join(between)
}

fn stretched(word: &str) -> String {
    let times = |c: char| if "аеиоуыэюя".contains(c) { 4 } else { 1 };
    word.chars().flat_map(|c| std::iter::repeat_n(c, times(c))).collect()
}

//! Guardrails: what a reply may not say, found before it goes out. Pure: the same text in the same place always has the
//! same findings.

mod contacts;
mod letters;
mod lexicon;
mod phone;
mod phrases;
mod profanity;
mod rules;
mod whole;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use strum::IntoStaticStr;

use self::contacts::{Contact, contacts};
use self::phrases::Phrases;
use self::rules::{ASKED, EXCEPTIONS, GIVES, PLAIN, RETURN, RULES, THANKS};
use self::words::words;
use crate::value::{Channel, Content, Product};

pub use rules::{Rule, rule};

/// The version of the rules that this program has; it grows with every change of what they find.
pub const VERSION: u32 = 2;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Category {
    /// That a machine wrote it (F138).
    AiMention,
    /// Money or goods promised where all can read it (F139).
    Promise,
    /// The buyer's fault (F140).
    Blame,
    /// The buyer sent away (F141).
    Dismissive,
    /// A return that the buyer did not speak of (F142).
    UnsolicitedReturn,
    /// Something given for a review.
    Offer,
    /// Obscene or abusive words.
    Profanity,
    /// An address, a telephone number, a messenger (F145, F146).
    Contact,
    /// Length (F143).
    Length,
    /// A text that fits everybody (F149).
    Template,
}

/// Whether a finding stops a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// It is told, and the reply goes out.
    Warning,
    /// The reply does not go out.
    Error,
}

/// Something in a reply that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// Whether the reply may go out.
    pub severity: Severity,
    /// The words, as they are written; none where it is about the whole text.
    pub phrase: Option<String>,
    /// Where they stand.
    pub place: Option<Place>,
}

/// A place in a text, in characters (Unicode scalar values) from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The first.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

/// What the guardrails had to say of a reply that went out, as its event keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passed {
    /// The version of the rules.
    pub version: u32,
    /// What the operator was told and sent the reply all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warned>,
}

/// A warning that a reply went out with. Its words are in the reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warned {
    /// The rule.
    pub rule: String,
    /// Where it found something; none where it is about the whole text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Passed {
    /// Lets a reply through that no rule stops.
    ///
    /// # Errors
    /// All findings where one of them is an error.
    pub fn with(findings: Vec<Finding>) -> Result<Self, Vec<Finding>> {
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(findings);
        }
        let warned =
            |finding: Finding| Warned { rule: finding.rule.id.to_owned(), place: finding.place };
        Ok(Self { version: VERSION, warnings: findings.into_iter().map(warned).collect() })
    }
}

/// Finds what the rules have against `text` as an answer to `content`: in the order of the text, then what is about all
/// of it.
#[must_use]
pub fn check(text: &str, channel: Channel, content: &Content) -> Vec<Finding> {
    let mut found = phrases(text, content);
    let is_foreign = |contact: Contact, at: &Range<usize>| {
        contact != Contact::Url || !is_brand(&text[at.clone()], &content.product)
    };
    let foreign = contacts(text).into_iter().filter(|(contact, at)| is_foreign(*contact, at));
    found.extend(foreign.map(|(contact, at)| Found { rule: contact.rule(), at }));
    without_doubles(&mut found);
    let mut places = Places::of(text);
    let told = found.into_iter().map(|Found { rule, at }| {
        let place =
            Place { start: places.chars_before(at.start), end: places.chars_before(at.end) };
        (rule, Some(text[at].to_owned()), Some(place))
    });
    let whole = whole::check(text, channel, content).into_iter().map(|rule| (rule, None, None));
    told.chain(whole)
        .filter_map(|(rule, phrase, place)| {
            let severity = rule.severity(channel)?;
            Some(Finding { rule, severity, phrase, place })
        })
        .collect()
}

/// Words that a rule is about, in bytes of the text.
#[derive(Debug, Clone)]
struct Found {
    rule: &'static Rule,
    at: Range<usize>,
}

impl Rule {
    /// Tells what it means in a channel; none where it does not matter there.
    fn severity(&self, channel: Channel) -> Option<Severity> {
        match channel {
            Channel::Review | Channel::Question => Some(self.in_public),
            Channel::Chat => self.in_chat,
        }
    }
}

/// Turns bytes into characters, without counting from the beginning each time.
struct Places<'a> {
    text: &'a str,
    byte: usize,
    chars: usize,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, byte: 0, chars: 0 }
    }

    fn chars_before(&mut self, byte: usize) -> usize {
        if byte < self.byte {
            *self = Self::of(self.text);
        }
        self.chars += self.text[self.byte..byte].chars().count();
        self.byte = byte;
        self.chars
    }
}

/// What a phrase stands for.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Rule {
        rule: &'static Rule,
        pattern: &'static str,
    },
    /// The buyer asks for a return.
    Asked,
    /// All right after all.
    Exception,
    /// Thanks for a review.
    Thanks,
    /// Something is given.
    Gives,
}

static PHRASES: LazyLock<Phrases<Meaning>> = LazyLock::new(|| {
    let mut phrases = Phrases::new();
    for rule in RULES.iter().chain([&RETURN]) {
        for pattern in rule.patterns {
            phrases.add(pattern, rule.reach, Meaning::Rule { rule, pattern });
        }
    }
    let others = [
        (EXCEPTIONS, Meaning::Exception),
        (ASKED, Meaning::Asked),
        (THANKS, Meaning::Thanks),
        (GIVES, Meaning::Gives),
    ];
    for (patterns, meaning) in others {
        for pattern in patterns {
            phrases.add(pattern, PLAIN, meaning);
        }
    }
    phrases
});

fn meanings(text: &str) -> Vec<(Meaning, Range<usize>)> {
    PHRASES.find(&PHRASES.read(&words(text)))
}

fn phrases(text: &str, content: &Content) -> Vec<Found> {
    let (mut ruled, mut excepted, mut thanks, mut gives) =
        (Vec::new(), Vec::new(), Vec::new(), false);
    for (meaning, at) in meanings(text) {
        match meaning {
            Meaning::Rule { rule, pattern } => ruled.push((rule, pattern, at)),
            Meaning::Exception => excepted.push(at),
            Meaning::Thanks => thanks.push(at),
            Meaning::Gives => gives = true,
            Meaning::Asked => {}
        }
    }
    let is_excepted =
        |at: &Range<usize>| excepted.iter().any(|all| all.start <= at.start && at.end <= all.end);
    let is_thanked = |at: &Range<usize>| {
        !gives && thanks.iter().any(|other| other.start < at.end && at.start < other.end)
    };
    ruled.retain(|(rule, _, at)| {
        let is_offer = rule.category == Category::Offer;
        !(is_excepted(at) || (is_offer && is_thanked(at)))
    });
    let of_return = |rule: &Rule| rule.category == Category::UnsolicitedReturn;
    if ruled.iter().any(|(rule, ..)| of_return(rule)) && is_asked(content) {
        ruled.retain(|(rule, ..)| !of_return(rule));
    }
    let of_word = |rule: &Rule| [Category::AiMention, Category::Profanity].contains(&rule.category);
    if ruled.iter().any(|(rule, ..)| of_word(rule)) {
        let of_product = named(product_texts(&content.product));
        // Where the product's name is not known the buyer may say what it is; rudeness is no reason to be rude.
        let of_buyer = named(buyer_texts(content));
        ruled.retain(|(rule, pattern, _)| {
            let is_said = rule.category == Category::AiMention && of_buyer.contains(pattern);
            !of_word(rule) || !(is_said || of_product.contains(pattern))
        });
    }
    ruled.into_iter().map(|(rule, _, at)| Found { rule, at }).collect()
}

/// Tells whether the buyer speaks of a return, or of what leads to one.
fn is_asked(content: &Content) -> bool {
    let asks =
        |text: &String| meanings(text).iter().any(|(meaning, _)| matches!(meaning, Meaning::Asked));
    buyer_texts(content).any(asks)
}

fn buyer_texts(content: &Content) -> impl Iterator<Item = &String> {
    content.words.known().into_iter().flat_map(|words| [&words.text, &words.pros, &words.cons])
}

fn product_texts(product: &Product) -> impl Iterator<Item = &String> {
    std::iter::once(&product.name).chain(&product.brand)
}

/// Returns the patterns that are in some texts: a shop of robots, or of the card game «Дурак», may name what it sells.
fn named<'a>(texts: impl Iterator<Item = &'a String>) -> BTreeSet<&'static str> {
    let pattern = |(meaning, _)| match meaning {
        Meaning::Rule { pattern, .. } => Some(pattern),
        Meaning::Asked | Meaning::Exception | Meaning::Thanks | Meaning::Gives => None,
    };
    texts.flat_map(|text| meanings(text)).filter_map(pattern).collect()
}

/// Tells whether what looks like an address is the product's brand.
fn is_brand(phrase: &str, product: &Product) -> bool {
    product.brand.as_ref().is_some_and(|brand| words::are_same(brand, phrase))
}

/// Leaves one finding of a category where several cover each other.
fn without_doubles(found: &mut Vec<Found>) {
    found.sort_by(|one, other| {
        (one.at.start, other.at.end, one.rule.id).cmp(&(other.at.start, one.at.end, other.rule.id))
    });
    let mut kept: Vec<Found> = Vec::with_capacity(found.len());
    for finding in found.drain(..) {
        let covers = |other: &Found| {
            // A return that is promised is not spoken of once more.
            let is_same =
                [other.rule.category, Category::UnsolicitedReturn].contains(&finding.rule.category);
            is_same && other.at.start < finding.at.end && finding.at.start < other.at.end
        };
        if !kept.iter().any(covers) {
            kept.push(finding);
        }
    }
    *found = kept;
}

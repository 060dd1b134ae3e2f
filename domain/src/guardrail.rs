//! Guardrails: what a reply may not say, found before it goes out. Pure: the same text in the same place always has the
//! same findings.

mod attack;
mod compiled;
mod contacts;
mod forms;
mod keywords;
mod letters;
mod lexicon;
mod machine;
mod own;
mod phone;
mod phrases;
mod profanity;
mod rules;
mod topics;
mod what_if;
mod whole;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr};

use self::contacts::{Contact, contacts};
use self::lexicon::Reach;
use self::phrases::Phrases;
use self::profanity::INNOCENT;
use self::rules::{ASKED, DUPLICATE, EXCEPTIONS, GIVES, OWN, PLAIN, RETURN, RULES, THANKS};
use self::words::{Word, words};
use crate::value::{Channel, Content, Product};

pub use attack::is_meant_for_machine;
pub use compiled::Own;
pub(crate) use keywords::Keywords;
pub use machine::{Known, Unfit, unfit};
pub(crate) use own::fits_alone;
pub use own::{
    EXCEPTIONS_MAX, Fault, Guardrails, GuardrailsError, INSTEAD_CHARS_MAX, List, PHRASE_CHARS_MAX,
    PHRASE_WORDS_MAX, PHRASES_MAX, Phrase,
};
pub use rules::{Rule, rule, rules};
pub(crate) use topics::Topics;
pub use what_if::{Change, Effect, Example, Outcome, Said, WhatIf};

/// The version of the rules that this program has; it grows with every change of what they find.
pub const VERSION: u32 = 5;

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
    /// A phrase that the seller has listed.
    Own,
    /// The text that another buyer has got (F147).
    Duplicate,
}

/// Whether a finding stops a reply.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
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
    /// The entry of the seller's list; none where it is a rule that every seller has.
    pub listed: Option<Listed>,
}

/// An entry of a seller's list of phrases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The phrase, as the seller wrote it.
    pub phrase: String,
    /// What the seller wants to be written instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead: Option<String>,
}

/// What a check needs to know beside the text and what it answers.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// What the seller adds to the rules.
    pub own: Arc<Own>,
    /// Whether the same text went to another buyer of the seller within [`DUPLICATE_WITHIN`].
    pub is_duplicate: bool,
}

/// How long a text that was sent makes the same text to another buyer a [duplicate](Category::Duplicate) (F147).
pub const DUPLICATE_WITHIN: TimeDelta = TimeDelta::hours(24);

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
    /// The version of what the seller adds to them; 0 where that was nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub own_version: u32,
    /// What the operator was told and sent the reply all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Noted>,
}

/// What a rule found in a text, as an event keeps it. Its words are in the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// The rule.
    pub rule: String,
    /// Where it found something; none where it is about the whole text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The entry of the seller's list, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listed>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_zero(version: &u32) -> bool {
    *version == 0
}

impl Passed {
    /// Lets a reply through that no rule stops, nor the seller's guardrails of version `own_version`.
    ///
    /// # Errors
    /// All findings where one of them is an error.
    pub fn with(own_version: u32, findings: Vec<Finding>) -> Result<Self, Vec<Finding>> {
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            return Err(findings);
        }
        let warnings = findings.into_iter().map(Noted::from).collect();
        Ok(Self { version: VERSION, own_version, warnings })
    }
}

impl From<Finding> for Noted {
    fn from(Finding { rule, place, listed, .. }: Finding) -> Self {
        Self { rule: rule.id.to_owned(), place, listed }
    }
}

/// What the guardrails had against a text that they refused, as its event keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The version of the rules.
    pub version: u32,
    /// The version of what the seller adds to them; 0 where that was nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub own_version: u32,
    /// What stopped it.
    pub errors: Vec<Noted>,
    /// What alone would not have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Noted>,
}

impl Refused {
    /// Returns why a text is stopped, also by the seller's guardrails of version `own_version`; none where no finding
    /// is an error.
    #[must_use]
    pub fn with(own_version: u32, findings: Vec<Finding>) -> Option<Self> {
        let is_error = |finding: &Finding| finding.severity == Severity::Error;
        let (errors, warnings): (Vec<_>, Vec<_>) = findings.into_iter().partition(is_error);
        let noted = |findings: Vec<Finding>| findings.into_iter().map(Noted::from).collect();
        (!errors.is_empty()).then(|| Self {
            version: VERSION,
            own_version,
            errors: noted(errors),
            warnings: noted(warnings),
        })
    }
}

/// Returns the words of a text as duplicates are known by: however they are written, and whatever stands between them.
/// None where it has no words.
#[must_use]
pub fn same_text(text: &str) -> Option<String> {
    Some(words::same_text(text)).filter(|words| !words.is_empty())
}

/// Returns the same of a text whose words have no more than so many characters together; none of a longer one, which
/// costs no more than that.
pub(crate) fn same_short_text(text: &str, chars_max: usize) -> Option<String> {
    words::same_short_text(text, chars_max).filter(|words| !words.is_empty())
}

/// Returns where contacts stand in a text, in bytes of it: addresses, telephones, names in messengers.
#[must_use]
pub fn contact_places(text: &str) -> Vec<Range<usize>> {
    contacts(text).into_iter().map(|(_, at)| at).collect()
}

/// Finds what the rules that every seller has are against in `text` as an answer to `content`.
#[must_use]
pub fn check(text: &str, channel: Channel, content: &Content) -> Vec<Finding> {
    Reading::of(text, channel, content).findings(&Grounds::default())
}

/// A text as the rules that every seller has read it. What a seller adds is looked for in it, which takes little of the
/// time.
#[derive(Debug)]
pub struct Reading<'a> {
    text: &'a str,
    channel: Channel,
    words: Vec<Word>,
    found: Vec<Found<'static>>,
    whole: Vec<&'static Rule>,
}

impl<'a> Reading<'a> {
    /// Reads `text` as an answer to `content`.
    #[must_use]
    pub fn of(text: &'a str, channel: Channel, content: &Content) -> Self {
        let words = words(text);
        let mut found = phrases(text, &words, content);
        let is_foreign = |contact: Contact, at: &Range<usize>| {
            contact != Contact::Url || !is_brand(&text[at.clone()], &content.product)
        };
        let foreign = contacts(text).into_iter().filter(|(contact, at)| is_foreign(*contact, at));
        found.extend(foreign.map(|(contact, at)| (contact.rule(), at)));
        let in_channel = |(rule, at): (&'static Rule, _)| {
            let severity = rule.severity(channel)?;
            Some(Found { rule, severity, at, own: None })
        };
        let found = found.into_iter().filter_map(in_channel).collect();
        Self { text, channel, words, found, whole: whole::check(text) }
    }

    /// Finds what there is against the text: in its order, then what is about all of it.
    #[must_use]
    pub fn findings(&self, grounds: &Grounds) -> Vec<Finding> {
        let own = grounds.own.find(&self.words, self.text, self.channel);
        let stays = |found: &&Found<'static>| !own.lift(found.rule, &found.at);
        let mut found: Vec<Found<'_>> = self.found.iter().filter(stays).cloned().collect();
        let listed = own.phrases.iter().map(|(phrase, at)| Found {
            rule: &OWN,
            severity: phrase.severity,
            at: at.clone(),
            own: Some(phrase),
        });
        found.extend(listed);
        without_doubles(&mut found);
        let mut places = Places::of(self.text);
        let told = found.into_iter().map(|Found { rule, severity, at, own }| {
            let place =
                Place { start: places.chars_before(at.start), end: places.chars_before(at.end) };
            let listed =
                own.map(|own| Listed { phrase: own.text.clone(), instead: own.instead.clone() });
            let phrase = Some(self.text[at].to_owned());
            Finding { rule, severity, phrase, place: Some(place), listed }
        });
        let whole = self.whole.iter().copied().chain(grounds.is_duplicate.then_some(&DUPLICATE));
        let whole = whole.filter_map(|rule| {
            let severity = rule.severity(self.channel)?;
            Some(Finding { rule, severity, phrase: None, place: None, listed: None })
        });
        told.chain(whole).collect()
    }
}

/// Words that a rule is about, in bytes of the text.
#[derive(Debug, Clone)]
struct Found<'a> {
    rule: &'static Rule,
    severity: Severity,
    at: Range<usize>,
    own: Option<&'a Phrase>,
}

impl Rule {
    /// Tells what it means in a channel; none where it does not matter there.
    #[must_use]
    pub fn severity(&self, channel: Channel) -> Option<Severity> {
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
    for pattern in INNOCENT {
        phrases.add(pattern, Reach { latin: true, ..PLAIN }, Meaning::Exception);
    }
    phrases
});

fn meanings(text: &str) -> Vec<(Meaning, Range<usize>)> {
    meanings_in(&words(text), text)
}

fn meanings_in(words: &[Word], text: &str) -> Vec<(Meaning, Range<usize>)> {
    PHRASES.find(&PHRASES.read(words, text))
}

fn phrases(text: &str, words: &[Word], content: &Content) -> Vec<(&'static Rule, Range<usize>)> {
    let (mut ruled, mut excepted, mut thanks, mut gives) =
        (Vec::new(), Vec::new(), Vec::new(), false);
    for (meaning, at) in meanings_in(words, text) {
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
    ruled.into_iter().map(|(rule, _, at)| (rule, at)).collect()
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
fn without_doubles(found: &mut Vec<Found<'_>>) {
    found.sort_by(|one, other| {
        let key = (one.at.start, other.at.end, other.severity, one.rule.id);
        key.cmp(&(other.at.start, one.at.end, one.severity, other.rule.id))
    });
    let mut kept: Vec<Found<'_>> = Vec::with_capacity(found.len());
    for finding in found.drain(..) {
        let covers = |other: &Found<'_>| {
            // A return that is promised is not spoken of once more.
            let is_same =
                [other.rule.category, Category::UnsolicitedReturn].contains(&finding.rule.category);
            // What stops a reply is never hidden behind what does not.
            is_same
                && other.severity >= finding.severity
                && other.at.start < finding.at.end
                && finding.at.start < other.at.end
        };
        if !kept.iter().any(covers) {
            kept.push(finding);
        }
    }
    *found = kept;
}

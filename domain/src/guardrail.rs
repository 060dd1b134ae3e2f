//! Guardrails: what a reply may not say, found before it goes out. Pure: the same text in the same place always has the
//! same findings, and each names the rules' version.

mod contacts;
mod letters;
mod lexicon;
mod own;
mod phone;
mod phrases;
mod profanity;
mod rules;
mod words;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, IntoStaticStr};

use self::contacts::{Contact, contacts};
use self::own::Own;
use self::phrases::Phrases;
use self::rules::{ASKED, EXCEPTIONS, PLAIN, RETURN, RULES, Rule};
use self::words::{Word, words};
use crate::value::{Channel, TextLimits};

pub use own::OwnPhrases;

/// The version of the rules that this program has; it grows with every change of what they find.
pub const VERSION: u32 = 1;

/// Longer answers are read by few (F143).
const LONG: usize = 300;

/// Shorter ones say little (F143).
const SHORT: usize = 20;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Display, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Category {
    /// That a machine wrote it.
    AiMention,
    /// Money or goods promised where all can read it.
    Promise,
    /// The buyer's fault.
    Blame,
    /// The buyer sent away.
    Dismissive,
    /// A return that the buyer did not speak of.
    UnsolicitedReturn,
    /// Something given for a review.
    Offer,
    /// Obscene or abusive words.
    Profanity,
    /// An address, a telephone number, a messenger.
    Contact,
    /// Length.
    Length,
    /// The same text again.
    Duplicate,
    /// A text that fits everybody.
    Template,
    /// What the seller does not want to be said.
    Own,
}

/// Whether a finding stops a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is said, and the reply goes out.
    Warning,
    /// The reply does not go out.
    Error,
}

/// Something in a reply that a rule is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule, by a name that stays.
    pub rule: String,
    /// What it is about.
    pub category: Category,
    /// Whether the reply may go out.
    pub severity: Severity,
    /// The words, as they are written; none where it is about the whole text.
    pub phrase: Option<String>,
    /// Where the words stand, in bytes of the text.
    pub span: Option<Range<usize>>,
    /// What is wrong, for the operator.
    pub message: String,
    /// What to write instead.
    pub instead: String,
}

/// Where a reply goes and what is known around it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// The channel; reviews and questions are read by everybody.
    pub channel: Option<Channel>,
    /// What the buyer wrote.
    pub buyer: &'a str,
    /// How long the marketplace lets a text be.
    pub limits: Option<TextLimits>,
    /// Whether the seller sent the very same text within 24 hours (F147).
    pub sent_lately: bool,
    /// Texts that answer anybody, such as drafts made from templates (F149).
    pub templates: &'a [String],
}

/// The rules with a seller's own phrases and exceptions.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    own: Own,
}

/// What a phrase of the built-in rules stands for.
#[derive(Debug, Clone, Copy)]
enum Meaning {
    Rule(&'static Rule),
    /// The buyer asks for a return.
    Asked,
    /// All right after all.
    Exception,
}

static PHRASES: LazyLock<Phrases<Meaning>> = LazyLock::new(|| {
    let mut phrases = Phrases::new();
    for rule in RULES.iter().chain([&RETURN]) {
        for pattern in rule.patterns {
            phrases.add(pattern, rule.reach, Meaning::Rule(rule));
        }
    }
    for pattern in EXCEPTIONS {
        phrases.add(pattern, PLAIN, Meaning::Exception);
    }
    for pattern in ASKED {
        phrases.add(pattern, PLAIN, Meaning::Asked);
    }
    phrases
});

impl Policy {
    /// Adds a seller's phrases and exceptions to the rules.
    #[must_use]
    pub fn new(own: &OwnPhrases) -> Self {
        Self { own: Own::of(own) }
    }

    /// Finds what the rules have against a text, in the order of the text.
    #[must_use]
    pub fn check(&self, text: &str, around: &Around<'_>) -> Vec<Finding> {
        let words = words(text);
        let mut found = phrases(text, &words, around);
        found.extend(contacts(text).into_iter().map(|(contact, at)| of_contact(text, contact, at)));
        found.extend(self.own.phrases(text, &words));
        let excepted = self.own.exceptions(text, &words);
        let is_excepted = |finding: &Finding| {
            let within = |at: &Range<usize>| excepted.iter().any(|all| all.start <= at.start && at.end <= all.end);
            finding.span.as_ref().is_some_and(within)
        };
        found.retain(|finding| !is_excepted(finding));
        without_doubles(&mut found);
        found.extend(of_whole(text, around));
        found
    }
}

/// Tells whether findings stop a reply.
#[must_use]
pub fn blocks(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

fn phrases(text: &str, words: &[Word], around: &Around<'_>) -> Vec<Finding> {
    let (mut found, mut excepted) = (Vec::new(), Vec::new());
    for (meaning, at) in PHRASES.find(&PHRASES.read(words)) {
        match meaning {
            Meaning::Rule(rule) => found.push((rule, at)),
            Meaning::Exception => excepted.push(at),
            Meaning::Asked => {}
        }
    }
    let within = |at: &Range<usize>| excepted.iter().any(|all: &Range<usize>| all.start <= at.start && at.end <= all.end);
    found.retain(|(rule, at)| !within(at) && (rule.category != Category::UnsolicitedReturn || !asked(around.buyer)));
    let in_chat = around.channel == Some(Channel::Chat);
    let finding = |(rule, at): (&Rule, Range<usize>)| Finding {
        rule: rule.id.to_owned(),
        category: rule.category,
        severity: if in_chat { rule.in_chat } else { rule.in_public },
        phrase: text.get(at.clone()).map(str::to_owned),
        span: Some(at),
        message: rule.message.to_owned(),
        instead: rule.instead.to_owned(),
    };
    found.into_iter().map(finding).collect()
}

/// Tells whether a buyer speaks of a return, or of what leads to one.
fn asked(buyer: &str) -> bool {
    let words = words(buyer);
    PHRASES.find(&PHRASES.read(&words)).iter().any(|(meaning, _)| matches!(meaning, Meaning::Asked))
}

fn of_contact(text: &str, contact: Contact, at: Range<usize>) -> Finding {
    let (rule, message, instead) = match contact {
        Contact::Url => (
            "contact_url",
            "Маркетплейс заблокирует ссылки.",
            "Назовите артикул или товар словами: покупатель найдёт его поиском.",
        ),
        Contact::Email => (
            "contact_email",
            "Маркетплейс заблокирует адреса электронной почты.",
            "Позовите в чат с продавцом на маркетплейсе.",
        ),
        Contact::Phone => (
            "contact_phone",
            "Маркетплейс заблокирует номера телефонов.",
            "Позовите в чат с продавцом на маркетплейсе.",
        ),
        Contact::Messenger => (
            "contact_messenger",
            "Маркетплейс не разрешает уводить покупателя в другие сервисы.",
            "Позовите в чат с продавцом на маркетплейсе.",
        ),
    };
    Finding {
        rule: rule.to_owned(),
        category: Category::Contact,
        severity: Severity::Error,
        phrase: text.get(at.clone()).map(str::to_owned),
        span: Some(at),
        message: message.to_owned(),
        instead: instead.to_owned(),
    }
}

/// Leaves one finding of a rule where several cover each other.
fn without_doubles(found: &mut Vec<Finding>) {
    let place = |finding: &Finding| finding.span.clone().unwrap_or_default();
    found.sort_by(|one, other| {
        let (one_at, other_at) = (place(one), place(other));
        (one_at.start, other_at.end, &one.rule).cmp(&(other_at.start, one_at.end, &other.rule))
    });
    let mut kept: Vec<Finding> = Vec::with_capacity(found.len());
    for finding in found.drain(..) {
        let at = place(&finding);
        let covers = |other: &Finding| {
            let all = place(other);
            // A return that is promised is not spoken of once more.
            let is_same = [other.category, Category::UnsolicitedReturn].contains(&finding.category);
            is_same && all.start < at.end && at.start < all.end
        };
        if !kept.iter().any(covers) {
            kept.push(finding);
        }
    }
    *found = kept;
}

/// What there is to say about a text as a whole.
fn of_whole(text: &str, around: &Around<'_>) -> Vec<Finding> {
    let length = text.trim().chars().count();
    let mut found = Vec::new();
    let mut add = |rule: &str, category, severity, message: String, instead: &str| {
        let (rule, instead) = (rule.to_owned(), instead.to_owned());
        found.push(Finding { rule, category, severity, phrase: None, span: None, message, instead });
    };
    match around.limits {
        Some(limits) if length > limits.max_chars => add(
            "length_limit",
            Category::Length,
            Severity::Error,
            format!("Маркетплейс принимает не больше {} знаков, здесь {length}.", limits.max_chars),
            "Оставьте главное.",
        ),
        Some(limits) if length < limits.min_chars => add(
            "length_limit",
            Category::Length,
            Severity::Error,
            format!("Маркетплейс принимает не меньше {} знаков.", limits.min_chars),
            "Добавьте хотя бы слово.",
        ),
        _ if length > LONG => add(
            "length_long",
            Category::Length,
            Severity::Warning,
            format!("Длинный ответ: {length} знаков. Больше {LONG} мало кто дочитывает."),
            "Оставьте главное.",
        ),
        _ if length < SHORT => add(
            "length_short",
            Category::Length,
            Severity::Warning,
            format!("Короткий ответ: {length} знаков. Он может показаться отпиской."),
            "Скажите, за что благодарите или что сделаете.",
        ),
        _ => {}
    }
    if around.sent_lately {
        add(
            "duplicate",
            Category::Duplicate,
            Severity::Warning,
            "Точно такой же ответ вы уже отправляли за последние 24 часа.".to_owned(),
            "Упомяните то, о чём написал этот покупатель.",
        );
    }
    let same = words::key(text);
    if around.templates.iter().any(|template| words::key(template) == same) {
        add(
            "template",
            Category::Template,
            Severity::Warning,
            "Ответ слово в слово как шаблон.".to_owned(),
            "Добавьте имя покупателя или то, о чём он написал.",
        );
    }
    found
}

//! Reply templates by channel, stars, intent and manner: what an operator starts from where nothing better was written
//! (F107). The wording keeps the rules for replies: it promises nothing, blames nobody and names no contacts.

mod words;

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::guardrail::{same_short_text, same_text};
use crate::value::{Channel, Intent};

/// How a seller sounds.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Tone {
    /// As an office writes.
    #[default]
    Formal,
    /// As people talk.
    Friendly,
}

/// How a seller speaks to buyers.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    EnumString,
    IntoStaticStr,
    VariantArray,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Address {
    /// «вы».
    #[default]
    Vy,
    /// «ты».
    Ty,
}

/// Returns a template for an answer in `channel` to what came with so many stars, or with none.
#[must_use]
pub fn reply(
    channel: Channel,
    rating: Option<u8>,
    intent: Intent,
    tone: Tone,
    address: Address,
) -> String {
    let told = words::parts(channel, rating, intent, tone);
    let greeting = match (tone, address) {
        (Tone::Friendly, Address::Ty) => "Привет!",
        (Tone::Formal | Tone::Friendly, _) => "Здравствуйте!",
    };
    let parts = [&greeting].into_iter().chain(&told).filter(|part| !part.is_empty());
    spoken(&parts.copied().collect::<Vec<_>>().join(" "), address)
}

/// Adds how a seller signs, on a line of its own.
#[must_use]
pub fn signed(text: String, signature: Option<&str>) -> String {
    match signature {
        Some(signature) => format!("{text}\n{signature}"),
        None => text,
    }
}

/// Tells whether a text says no more than a template does, whoever signed it.
#[must_use]
pub fn is_one(text: &str) -> bool {
    let all = &*ALL;
    let is_known = |text: &str| {
        same_short_text(text, all.chars_max).is_some_and(|words| all.words.contains(&words))
    };
    is_known(text) || text.rsplit_once('\n').is_some_and(|(unsigned, _)| is_known(unsigned))
}

/// Every template, as duplicates are known by.
struct All {
    words: HashSet<String>,
    /// How long the longest is, in characters: no longer text is one of them.
    chars_max: usize,
}

static ALL: LazyLock<All> = LazyLock::new(|| {
    let words: HashSet<String> = every().filter_map(|(_, _, text)| same_text(&text)).collect();
    let chars_max = words.iter().map(|words| words.chars().count()).max().unwrap_or_default();
    All { words, chars_max }
});

/// Lists every template with where it is for.
pub(crate) fn every() -> impl Iterator<Item = (Channel, Option<u8>, String)> {
    let stars = [None, Some(1), Some(2), Some(3), Some(4), Some(5)];
    let places = stars
        .map(|rating| (Channel::Review, rating))
        .into_iter()
        .chain([(Channel::Question, None), (Channel::Chat, None)]);
    places.flat_map(|(channel, rating)| {
        Intent::VARIANTS.iter().flat_map(move |intent| {
            Tone::VARIANTS.iter().flat_map(move |tone| {
                Address::VARIANTS.iter().map(move |address| {
                    (channel, rating, reply(channel, rating, *intent, *tone, *address))
                })
            })
        })
    })
}

/// Chooses in `{вас|тебя}` what goes with how buyers are spoken to.
fn spoken(text: &str, address: Address) -> String {
    let mut spoken = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (choice, after) = after.split_once('}').expect("a template closes what it opens");
        let (vy, ty) = choice.split_once('|').expect("a template says both");
        spoken.push_str(before);
        spoken.push_str(match address {
            Address::Vy => vy,
            Address::Ty => ty,
        });
        rest = after;
    }
    spoken + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guardrail::check;
    use crate::value::{BuyerWords, Content, Product};

    #[test]
    fn the_rules_for_replies_have_nothing_against_any_but_that_it_is_one() {
        for (channel, rating, text) in every() {
            let words = BuyerWords::default().into();
            let content = Content { rating, product: Product::default(), words };
            let found = check(&text, channel, &content);
            let rules: Vec<_> = found.iter().map(|finding| finding.rule.id).collect();
            assert_eq!(rules, ["template"], "{channel:?} {rating:?}: {text}");
        }
    }

    #[test]
    fn buyers_are_spoken_to_as_the_seller_wants() {
        let told =
            |address| reply(Channel::Review, Some(5), Intent::Thanks, Tone::Friendly, address);
        assert!(told(Address::Vy).contains("вас") && !told(Address::Vy).contains("теб"));
        assert!(told(Address::Ty).contains("теб") && !told(Address::Ty).contains("вас"));
        let known = every().all(|(_, _, text)| !text.contains(['{', '|', '}']));
        assert!(known, "a choice was left open");
    }

    #[test]
    fn an_intent_changes_what_is_said_of_few_stars() {
        let told = |intent| reply(Channel::Review, Some(1), intent, Tone::Formal, Address::Vy);
        assert_ne!(told(Intent::Defect), told(Intent::Delivery));
        assert_ne!(told(Intent::Defect), told(Intent::General));
    }

    #[test]
    fn a_signature_makes_a_template_nothing_else() {
        let text = reply(Channel::Chat, None, Intent::General, Tone::Formal, Address::Vy);
        assert!(is_one(&signed(text.clone(), Some("С уважением, «Плед и чай»"))));
        assert!(is_one(&text));
        assert!(!is_one("Здравствуйте! Плед стирают при 30 градусах."));
    }
}

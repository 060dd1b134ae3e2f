//! What the model is told. The rules are a file a version; the data are one JSON object, and nothing of them stands
//! among the rules.

use domain::Channel;
use serde_json::{Value, json};

use super::ask::{Ask, Author, TURNS_MAX};
use super::mask::Mask;

/// The version of the prompt; it grows with every change of a file in `prompts/`, which is then a new file.
pub const VERSION: u32 = 1;

/// The rules.
pub(super) const RULES: &str = include_str!("prompts/reply.1.txt");

/// What follows an answer that is none.
pub(super) const REPAIR: &str = include_str!("prompts/repair.1.txt");

/// Longest text of one turn, passage or example that is told, in characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// Most characters of the turns together: the last ones stay whole, so that what is to be answered is among them.
const TURNS_CHARS_MAX: usize = 6_000;

/// Most passages, facts and examples that are told.
const PASSAGES_MAX: usize = 6;
const FACTS_MAX: usize = 30;
const EXAMPLES_MAX: usize = 4;

/// Returns what the model is told about what it is to answer, with names and contacts hidden by `mask`.
pub(super) fn of(ask: &Ask, mask: &mut Mask) -> String {
    let name = ask.buyer_name.as_deref().map(|name| mask.name(name));
    let product = ask.product.as_ref().map(|product| {
        json!({
            "article": product.article,
            "name": cut(&Mask::strip(&product.name)),
            "brand": product.brand,
            "facts": product.facts.iter().take(FACTS_MAX)
                .map(|fact| cut(&Mask::strip(fact))).collect::<Vec<_>>(),
        })
    });
    let knowledge = ask.passages.iter().take(PASSAGES_MAX).map(|passage| {
        json!({ "title": Mask::strip(&passage.title), "text": cut(&Mask::strip(&passage.text)) })
    });
    let examples = ask.examples.iter().take(EXAMPLES_MAX).map(|example| {
        let hidden = |text: &str| cut(&Mask::strip_of(text, example.buyer_name.as_deref()));
        json!({ "buyer": hidden(&example.buyer), "seller": hidden(&example.seller) })
    });
    let told = json!({
        "marketplace": ask.marketplace,
        "channel": ask.channel,
        "is_public": ask.channel != Channel::Chat,
        "rating": ask.rating,
        "buyer_name": name,
        "product": product,
        "dialog": turns(ask, mask),
        "knowledge": knowledge.collect::<Vec<_>>(),
        "examples": examples.collect::<Vec<_>>(),
        "tone": {
            "style": if ask.tone.is_friendly { "friendly" } else { "formal" },
            "address": if ask.tone.says_ty { "ty" } else { "vy" },
            "signature": ask.tone.signature,
            "phrases": ask.tone.phrases,
            "forbidden_topics": ask.tone.forbidden_topics,
        },
        "limits": { "min_chars": ask.limits.min_chars, "max_chars": ask.limits.max_chars },
    });
    told.to_string()
}

fn turns(ask: &Ask, mask: &mut Mask) -> Vec<Value> {
    let first = ask.turns.len().saturating_sub(TURNS_MAX);
    let mut left = TURNS_CHARS_MAX;
    let mut told: Vec<_> = ask.turns[first..]
        .iter()
        .rev()
        .map(|turn| {
            let author = match turn.author {
                Author::Buyer => "buyer",
                Author::Seller => "seller",
            };
            let text = cut(&mask.hide(&turn.text));
            let files: Vec<_> = turn.files.iter().map(|name| cut(&mask.hide(name))).collect();
            (author, text, files)
        })
        .take_while(|(_, text, _)| {
            let chars = text.chars().count();
            let fits = chars <= left;
            left = left.saturating_sub(chars);
            fits
        })
        .map(|(author, text, files)| json!({ "author": author, "text": text, "files": files }))
        .collect();
    told.reverse();
    told
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

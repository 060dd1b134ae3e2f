//! The rules as an operator meets them.

use super::*;

fn found(channel: Channel, text: &str) -> Vec<(Category, String)> {
    let around = Around { channel: Some(channel), ..Around::default() };
    let findings = Policy::default().check(text, &around);
    findings.into_iter().filter_map(|f| Some((f.category, f.phrase?))).collect()
}

fn in_review(text: &str) -> Vec<Category> {
    found(Channel::Review, text).into_iter().map(|(category, _)| category).collect()
}

#[test]
fn disguises_are_seen_through() {
    for text in ["я бот", "я б0т", "я bот", "я б о т", "я б.о.т", "я боооот", "я 𝗯𝗼𝘁", "я б\u{200b}от", "чат-бот"] {
        assert_eq!(in_review(text), [Category::AiMention], "{text}");
    }
}

//! What a token says of itself: its kind, its end and what it opens. Unverified, as all of its claims.

use chrono::{DateTime, Utc};
use domain::Channel;
use domain::account::{KeyFacts, KeyKind, Right};
use secrecy::SecretString;
use serde_json::Value;

use super::token::claims_of;

/// Bits of the claim `s`, the categories of a token (the developer portal's page on tokens).
const FEEDBACKS: u64 = 1 << 7;
const CHAT: u64 = 1 << 9;
const RETURNS: u64 = 1 << 11;
/// This one takes away: the token reads and changes nothing.
const READ_ONLY: u64 = 1 << 30;

/// Returns what a token says of itself.
pub(crate) fn facts_of(token: &SecretString) -> KeyFacts {
    let claims = claims_of(token);
    let number = |name| claims.as_ref().and_then(|claims| claims.get(name)?.as_i64());
    KeyFacts {
        kind: claims.as_ref().and_then(kind),
        expires_at: number("exp").and_then(|seconds| DateTime::<Utc>::from_timestamp(seconds, 0)),
    }
}

/// Returns what a token opens in a channel; none when it does not say.
pub(crate) fn right_of(token: &SecretString, channel: Channel) -> Option<Right> {
    let claims = claims_of(token)?;
    let categories = claims.get("s")?.as_u64()?;
    let has = |bit: u64| categories & bit != 0;
    let is_open = match channel {
        Channel::Review | Channel::Question => has(FEEDBACKS),
        // Chats have no official sandbox, and a test token opens nothing else.
        Channel::Chat => has(CHAT) && kind(&claims) != Some(KeyKind::Test),
    };
    Some(match (is_open, has(READ_ONLY)) {
        (false, _) => Right::None,
        (true, true) => Right::Read,
        (true, false) => Right::Answer,
    })
}

/// Tells whether a token opens claims for return; none when it does not say.
pub(crate) fn opens_claims(token: &SecretString) -> Option<bool> {
    let claims = claims_of(token)?;
    let categories = claims.get("s")?.as_u64()?;
    // As chats, they have no official sandbox.
    Some(categories & RETURNS != 0 && kind(&claims) != Some(KeyKind::Test))
}

fn kind(claims: &Value) -> Option<KeyKind> {
    if claims.get("t").and_then(Value::as_bool) == Some(true) {
        return Some(KeyKind::Test);
    }
    match claims.get("acc")?.as_u64()? {
        1 => Some(KeyKind::Basic),
        2 => Some(KeyKind::Test),
        3 => Some(KeyKind::Personal),
        4 => Some(KeyKind::Service),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    fn token(claims: &str) -> SecretString {
        SecretString::from(format!("eyJh.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims)))
    }

    fn rights(claims: &str) -> [Option<Right>; 3] {
        [Channel::Review, Channel::Question, Channel::Chat].map(|c| right_of(&token(claims), c))
    }

    #[test]
    fn the_kind_and_the_end_are_read_from_the_claims() {
        for (claims, kind) in [
            (r#"{"acc": 1}"#, Some(KeyKind::Basic)),
            (r#"{"acc": 2}"#, Some(KeyKind::Test)),
            (r#"{"acc": 3}"#, Some(KeyKind::Personal)),
            (r#"{"acc": 4}"#, Some(KeyKind::Service)),
            (r#"{"acc": 4, "t": true}"#, Some(KeyKind::Test)),
            (r#"{"acc": 9}"#, None),
            (r#"{"acc": "1"}"#, None),
        ] {
            assert_eq!(facts_of(&token(claims)), KeyFacts { kind, expires_at: None }, "{claims}");
        }
        let ends = facts_of(&token(r#"{"exp": 86400}"#)).expires_at.unwrap();
        assert_eq!(ends.timestamp(), 86_400);
        assert_eq!(facts_of(&token(r#"{"exp": 9e30}"#)).expires_at, None);
    }

    #[test]
    fn claims_for_return_are_a_category_of_their_own() {
        // Bit 11, bits 11 and 30, bits 7 and 9.
        for (claims, opens) in [
            (r#"{"s": 2048}"#, Some(true)),
            (r#"{"s": 1073743872}"#, Some(true)),
            (r#"{"s": 640}"#, Some(false)),
            (r#"{"s": 2048, "acc": 2}"#, Some(false)),
            ("{}", None),
        ] {
            assert_eq!(opens_claims(&token(claims)), opens, "{claims}");
        }
    }

    #[test]
    fn what_opens_is_read_from_the_categories() {
        let (none, read, answer) = (Some(Right::None), Some(Right::Read), Some(Right::Answer));
        // Bit 7, bits 7 and 9, bit 9, bits 7 and 30, and some other category.
        assert_eq!(rights(r#"{"s": 128}"#), [answer, answer, none]);
        assert_eq!(rights(r#"{"s": 640}"#), [answer, answer, answer]);
        assert_eq!(rights(r#"{"s": 512}"#), [none, none, answer]);
        assert_eq!(rights(r#"{"s": 1073741952}"#), [read, read, none]);
        assert_eq!(rights(r#"{"s": 640, "t": true}"#), [answer, answer, none]);
        assert_eq!(rights(r#"{"s": 2}"#), [none; 3]);
        assert_eq!(rights("{}"), [None; 3]);
        assert_eq!(right_of(&SecretString::from("sandbox-demo-token"), Channel::Review), None);
    }
}

//! What a token says about itself. It is a JWT whose signature only the marketplace can check.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{
    CHAT_BURST, CHAT_INTERVAL, CHAT_INTERVAL_BASIC, CLAIMS_LIMIT, CLAIMS_LIMIT_BASIC, LIMIT,
    LIMIT_BASIC,
};
use crate::rate_limit::Limit;

/// Claim `acc` of a basic token; 2 is test, 3 personal, 4 service (the developer portal's page on tokens).
const BASIC: u64 = 1;

/// Returns the seller that a token names (claim `sid`), unverified: good for telling cabinets apart, never for trust.
#[must_use]
pub fn seller_of(token: &SecretString) -> Option<String> {
    let seller = claims_of(token)?.get("sid")?.as_str()?.trim().to_owned();
    (!seller.is_empty()).then_some(seller)
}

/// Returns the limit that calls with a token are under. A basic token with a service's secret has the larger limit, but
/// nothing in it tells.
pub(crate) fn limit_of(token: &SecretString) -> Limit {
    if is_basic(token) { LIMIT_BASIC } else { LIMIT }
}

/// Returns the limit that calls of one chats method are under.
pub(crate) fn chat_limit_of(token: &SecretString, scope: &'static str) -> Limit {
    if is_basic(token) {
        Limit { scope, interval: CHAT_INTERVAL_BASIC, burst: 1 }
    } else {
        Limit { scope, interval: CHAT_INTERVAL, burst: CHAT_BURST }
    }
}

/// Returns the limit that reading claims for return is under.
pub(crate) fn claims_limit_of(token: &SecretString) -> Limit {
    if is_basic(token) { CLAIMS_LIMIT_BASIC } else { CLAIMS_LIMIT }
}

fn is_basic(token: &SecretString) -> bool {
    let kind = claims_of(token).and_then(|claims| claims.get("acc")?.as_u64());
    kind == Some(BASIC)
}

pub(super) fn claims_of(token: &SecretString) -> Option<Value> {
    let token = cleaned(token);
    let claims = token.expose_secret().split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&claims).ok()
}

/// Returns the bare token of one that a person has pasted, perhaps with `Bearer` before it and blanks around it.
pub(super) fn cleaned(token: &SecretString) -> SecretString {
    let token = token.expose_secret().trim();
    let bare = match token.split_once(char::is_whitespace) {
        Some((scheme, bare)) if scheme.eq_ignore_ascii_case("bearer") => bare.trim_start(),
        Some(_) | None => token,
    };
    SecretString::from(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> SecretString {
        SecretString::from(format!("eyJh.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims)))
    }

    #[test]
    fn the_seller_and_the_limit_are_read_from_the_claims() {
        let basic = token(r#"{"acc": 1, "sid": "a-b-c", "exp": 1}"#);
        assert_eq!(seller_of(&basic).as_deref(), Some("a-b-c"));
        assert_eq!(limit_of(&basic), LIMIT_BASIC);
        assert_eq!(
            (chat_limit_of(&basic, "x").burst, chat_limit_of(&token("{}"), "x").burst),
            (1, 9)
        );
        assert_eq!(limit_of(&token(r#"{"acc": 3}"#)), LIMIT);
        let pasted = SecretString::from(format!(" Bearer {}\n", basic.expose_secret()));
        assert_eq!(seller_of(&pasted).as_deref(), Some("a-b-c"));
    }

    #[test]
    fn a_token_that_says_nothing_is_no_error() {
        let odd = ["plain", "a.%%%.c", "..", ""].map(SecretString::from);
        for other in odd.into_iter().chain([token("{}"), token(r#"{"sid":" "}"#), token("no json")])
        {
            assert_eq!(seller_of(&other), None);
            assert_eq!(limit_of(&other), LIMIT);
        }
    }
}

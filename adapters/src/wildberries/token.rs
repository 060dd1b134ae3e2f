//! What a key says about itself. Wildberries' keys are JWTs whose claims anybody can read; the signature is theirs to
//! check.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{LIMIT, LIMIT_BASIC};
use crate::rate_limit::Limit;

/// Kind of token in claim `acc`: 1 basic, 2 test, 3 personal, 4 service (knowledge base of the developers' portal).
const BASIC: i64 = 1;

#[derive(Deserialize)]
struct Claims {
    /// The seller.
    sid: Option<String>,
    /// The kind.
    acc: Option<i64>,
}

/// Returns the seller that the key belongs to, where the key says so.
#[must_use]
pub fn seller_of(token: &SecretString) -> Option<String> {
    claims(token)?.sid
}

/// Returns the limit that calls with the key are under.
pub(crate) fn limit_of(token: &SecretString) -> Limit {
    match claims(token).and_then(|claims| claims.acc) {
        Some(BASIC) => LIMIT_BASIC,
        Some(_) | None => LIMIT,
    }
}

fn claims(token: &SecretString) -> Option<Claims> {
    let mut parts = token.expose_secret().split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> SecretString {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims)).into()
    }

    #[test]
    fn a_key_names_its_seller_and_its_kind() {
        let basic = token(r#"{"sid": "0b0c", "acc": 1, "exp": 1}"#);
        assert_eq!(seller_of(&basic).as_deref(), Some("0b0c"));
        assert_eq!(limit_of(&basic), LIMIT_BASIC);
        assert_eq!(limit_of(&token(r#"{"acc": 3}"#)), LIMIT);
    }

    #[test]
    fn an_opaque_key_says_nothing() {
        for key in ["sandbox-token", "a.b.c", "..", ""] {
            assert_eq!(seller_of(&key.to_owned().into()), None);
        }
    }
}

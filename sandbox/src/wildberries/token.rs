//! Wildberries' tokens: JWT-shaped texts whose public claims tell kind, categories, seller and expiry.
//!
//! Names and meaning of the claims are those of the portal's articles on tokens: `acc` 1 basic, 2 test, 3 personal,
//! 4 service; `s` a set of bits, of which 7 opens questions and reviews, 9 the buyer chat, 11 claims for return, and 30
//! leaves reading only; `t` marks tokens of the official sandbox; `sid` is the seller; `exp` is in unix seconds.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha512};
use uuid::Uuid;

use crate::config::{Rights, TokenKind};

const FEEDBACKS: u64 = 1 << 7;
const CHAT: u64 = 1 << 9;
const RETURNS: u64 = 1 << 11;
const READ_ONLY: u64 = 1 << 30;

/// What a Wildberries token says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenClaims {
    /// Decides the rate limits. A basic token with a secret says that it is basic.
    pub kind: TokenKind,
    /// What it opens.
    pub rights: Rights,
    /// The seller.
    pub sid: Uuid,
    /// Until when it is good; Wildberries gives 180 days.
    pub expires: DateTime<Utc>,
}

/// The claims as they stand in a token. Only the categories are sure to be there.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    #[serde(default)]
    acc: Option<u8>,
    #[serde(default)]
    exp: Option<i64>,
    s: u64,
    #[serde(default)]
    sid: Option<Uuid>,
    #[serde(default)]
    t: bool,
}

/// What a token's claims decide; what they leave open is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) kind: TokenKind,
    pub(crate) rights: Rights,
    pub(crate) sid: Option<Uuid>,
    pub(crate) expires: Option<DateTime<Utc>>,
}

impl TokenClaims {
    /// A token with these claims, the same for the same claims. Its signature fits nobody's key; a sandbox accepts the
    /// tokens it was told, whatever their signature.
    pub fn token(&self) -> String {
        let Rights { feedbacks, chat, returns, read_only } = self.rights;
        let bit = |is_set: bool, bit: u64| if is_set { bit } else { 0 };
        let claims = Claims {
            acc: Some(match self.kind {
                TokenKind::Basic | TokenKind::BasicWithSecret => 1,
                TokenKind::Test => 2,
                TokenKind::Personal => 3,
                TokenKind::Service => 4,
            }),
            exp: Some(self.expires.timestamp()),
            s: bit(feedbacks, FEEDBACKS)
                | bit(chat, CHAT)
                | bit(returns, RETURNS)
                | bit(read_only, READ_ONLY),
            sid: Some(self.sid),
            t: self.kind == TokenKind::Test,
        };
        let claims = serde_json::to_vec(&claims).expect("claims are plain JSON");
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        // As long as a signature by ES256.
        let signature = Sha512::digest(&signed);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Reads the claims of a token; none when it is not JWT-shaped, as tokens of tests need not be.
pub(crate) fn said_by(token: &str) -> Option<Said> {
    let claims = URL_SAFE_NO_PAD.decode(segments(token)?[1]).ok()?;
    let Claims { acc, exp, s, sid, t } = serde_json::from_slice(&claims).ok()?;
    let kind = match acc {
        Some(1) => TokenKind::Basic,
        Some(2) => TokenKind::Test,
        Some(4) => TokenKind::Service,
        Some(_) | None => TokenKind::Personal,
    };
    let has = |bit: u64| s & bit != 0;
    Some(Said {
        kind: if t { TokenKind::Test } else { kind },
        rights: Rights {
            feedbacks: has(FEEDBACKS),
            chat: has(CHAT),
            returns: has(RETURNS),
            read_only: has(READ_ONLY),
        },
        sid,
        expires: exp.and_then(|exp| DateTime::from_timestamp(exp, 0)),
    })
}

/// Why the gateway cannot read a token, in its words where the specification's example has them.
pub(super) fn problem_of(token: &str) -> String {
    let malformed = |why: String| format!("token problem; token is malformed: {why}");
    let Some([header, claims, signature]) = segments(token) else {
        return malformed("token contains an invalid number of segments".to_owned());
    };
    for (name, segment) in [("header", header), ("claims", claims), ("signature", signature)] {
        if let Some(place) = illegal_byte(segment) {
            let data = format!("illegal base64 data at input byte {place}");
            return malformed(format!("could not base64 decode {name}: {data}"));
        }
    }
    "token problem; token signature is invalid".to_owned()
}

fn segments(token: &str) -> Option<[&str; 3]> {
    token.split('.').collect::<Vec<_>>().try_into().ok()
}

/// The place of the first byte that base64 does not know, or the end of a text that stops inside a byte.
fn illegal_byte(segment: &str) -> Option<usize> {
    let is_legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let foreign = segment.bytes().position(|byte| !is_legal(byte));
    foreign.or((segment.len() % 4 == 1).then_some(segment.len()))
}

/// The id that a seller has when its tokens do not say one.
pub(super) fn sid_of(seller: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::digest(format!("seller {seller}")).into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn claims(kind: TokenKind) -> TokenClaims {
        let rights = Rights { feedbacks: true, chat: false, returns: true, read_only: true };
        let expires = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        TokenClaims { kind, rights, sid: Uuid::from_u128(7), expires }
    }

    #[test]
    fn a_token_says_what_it_was_made_of() {
        for kind in [TokenKind::Personal, TokenKind::Service, TokenKind::Basic, TokenKind::Test] {
            let made = claims(kind);
            let said = said_by(&made.token()).unwrap();
            assert_eq!((said.kind, said.rights), (kind, made.rights));
            assert_eq!((said.sid, said.expires), (Some(made.sid), Some(made.expires)));
        }
        let with_secret = said_by(&claims(TokenKind::BasicWithSecret).token()).unwrap();
        assert_eq!(with_secret.kind, TokenKind::Basic);
    }

    #[test]
    fn claims_of_a_token_from_elsewhere_are_read() {
        // {"acc":4,"s":640}: the categories 7 and 9.
        let said = said_by("e30.eyJhY2MiOjQsInMiOjY0MH0.x").unwrap();
        let rights = Rights { feedbacks: true, chat: true, returns: false, read_only: false };
        assert_eq!(said, Said { kind: TokenKind::Service, rights, sid: None, expires: None });
        assert_eq!(said_by("sandbox-demo-token"), None);
        assert_eq!(said_by("a.b.c"), None);
    }

    #[test]
    fn what_is_wrong_with_a_token_is_told() {
        let good = claims(TokenKind::Personal).token();
        assert!(problem_of("one.two").ends_with("an invalid number of segments"));
        assert!(problem_of(&good).ends_with("token signature is invalid"));
        let spoiled = problem_of(&format!("{good}!"));
        assert!(spoiled.ends_with("signature: illegal base64 data at input byte 86"), "{spoiled}");
        assert!(problem_of("e30.e.e30").ends_with("claims: illegal base64 data at input byte 1"));
    }
}

//! The key that signs heads: Ed25519, kept outside the database.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use secrecy::zeroize::Zeroize as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::hash::Hash;
use crate::cipher::random_key;

/// A key that signs heads.
pub struct HeadKey(Ed25519KeyPair);

impl fmt::Debug for HeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeadKey({}, …)", self.public())
    }
}

impl HeadKey {
    /// Makes a random key and returns it as 32 bytes in base64, to be kept outside the database.
    #[must_use]
    pub fn generate() -> SecretString {
        let mut seed = random_key();
        let text = STANDARD.encode(seed);
        seed.zeroize();
        text.into()
    }

    /// Reads what [`HeadKey::generate`] returned; none if it is not that.
    #[must_use]
    pub fn from_base64(text: &SecretString) -> Option<Self> {
        let mut seed = STANDARD.decode(text.expose_secret().trim()).ok()?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).ok();
        seed.zeroize();
        pair.map(Self)
    }

    /// Returns the public half, which may be shown to everybody.
    #[must_use]
    pub fn public(&self) -> Hash {
        let public = Hash::read(self.0.public_key().as_ref());
        public.expect("a public key of Ed25519 has 32 bytes")
    }

    pub(super) fn sign(&self, message: &str) -> String {
        hex::encode(self.0.sign(message.as_bytes()))
    }
}

/// Tells whether the owner of `public` signed `message`; `signature` is in hexadecimal digits.
pub(super) fn is_signed(public: Hash, message: &str, signature: &str) -> bool {
    let Ok(signature) = hex::decode(signature) else { return false };
    let public = UnparsedPublicKey::new(&ED25519, public.0);
    public.verify(message.as_bytes(), &signature).is_ok()
}

/// The keys at hand: the first signs, the others are earlier ones and vouch for it when it signs for the first time.
#[derive(Debug)]
pub struct HeadKeys {
    pub(super) current: HeadKey,
    pub(super) earlier: Vec<HeadKey>,
}

impl HeadKeys {
    /// Takes the keys, the one that signs first; none if there is none or one is malformed.
    #[must_use]
    pub fn parse(text: &SecretString) -> Option<Self> {
        let lines = text.expose_secret().split_whitespace();
        let keys: Option<Vec<_>> =
            lines.map(|line| HeadKey::from_base64(&line.to_owned().into())).collect();
        let mut keys = keys?.into_iter();
        Some(Self { current: keys.next()?, earlier: keys.collect() })
    }

    /// Returns the public half of the key that signs.
    #[must_use]
    pub fn public(&self) -> Hash {
        self.current.public()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_signs_and_only_what_was_signed() {
        let key = HeadKey::from_base64(&HeadKey::generate()).unwrap();
        let other = HeadKey::from_base64(&HeadKey::generate()).unwrap();
        let signature = key.sign("head");
        assert!(is_signed(key.public(), "head", &signature));
        assert!(!is_signed(key.public(), "heap", &signature));
        assert!(!is_signed(other.public(), "head", &signature));
        assert!(!is_signed(key.public(), "head", "not hexadecimal"));
    }

    #[test]
    fn debug_never_shows_a_key() {
        let text = HeadKey::generate();
        let key = HeadKey::from_base64(&text).unwrap();
        assert!(!format!("{key:?}").contains(text.expose_secret()));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in ["", "c2hvcnQ=", "не base64"] {
            assert!(HeadKeys::parse(&text.to_owned().into()).is_none(), "{text}");
        }
    }
}

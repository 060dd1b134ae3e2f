//! One line of the file of signed heads: JSON, whose last fields sign all that is before them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::key::{HeadKeys, is_signed};

/// Names the form of the line.
const FORMAT: &str = "agentiq heads v1";

/// Where the signed part ends. Every text before it is made of digits and letters, so it cannot come earlier.
const SIGNATURE: &str = r#","signature":""#;

/// The last seal of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The log.
    pub log: i32,
    /// Number of its last seal.
    pub seal: i64,
    /// Position of its last sealed event.
    pub pos: i64,
    /// Hash of its last seal.
    pub hash: Hash,
}

/// What is signed: the last seals of all logs that have grown since the line before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Statement {
    format: String,
    number: u64,
    signed_at: DateTime<Utc>,
    /// SHA-256 of the line before, without its line feed.
    previous: Hash,
    key: Hash,
    #[serde(skip_serializing_if = "Option::is_none")]
    replaces_key: Option<Hash>,
    heads: Vec<Head>,
}

#[derive(Deserialize)]
struct Signatures {
    signature: String,
    vouched: Option<String>,
}

/// A line of the file of signed heads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeads {
    statement: Statement,
    signature: String,
    /// The signature of the key that is replaced.
    vouched: Option<String>,
    text: String,
}

impl SignedHeads {
    /// Signs `heads`, as the line after `before`.
    pub(super) fn sign(
        keys: &HeadKeys,
        before: Option<&Self>,
        signed_at: DateTime<Utc>,
        heads: Vec<Head>,
    ) -> Self {
        let key = keys.public();
        let replaces_key = before.map(Self::key).filter(|earlier| *earlier != key);
        let statement = Statement {
            format: FORMAT.to_owned(),
            number: before.map_or(1, |line| line.number() + 1),
            signed_at,
            previous: before.map_or(Hash::NONE, Self::hash),
            key,
            replaces_key,
            heads,
        };
        let json = serde_json::to_string(&statement).expect("plain fields are always JSON");
        let signed = json.trim_end_matches('}');
        let signature = keys.current.sign(signed);
        let vouches = keys.earlier.iter().find(|earlier| Some(earlier.public()) == replaces_key);
        let vouched = vouches.map(|earlier| earlier.sign(signed));
        let mut text = format!("{signed}{SIGNATURE}{signature}\"");
        if let Some(vouched) = &vouched {
            text.push_str(&format!(r#","vouched":"{vouched}""#));
        }
        text.push('}');
        Self { statement, signature, vouched, text }
    }

    /// Reads a line; none if it is not one. Says nothing about its signature.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (signed, rest) = text.split_once(SIGNATURE)?;
        let statement: Statement = serde_json::from_str(&format!("{signed}}}")).ok()?;
        let rest = format!(r#"{{"signature":"{rest}"#);
        let Signatures { signature, vouched } = serde_json::from_str(&rest).ok()?;
        (statement.format == FORMAT).then(|| Self {
            statement,
            signature,
            vouched,
            text: text.to_owned(),
        })
    }

    /// Tells whether the key that the line names has signed it.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        is_signed(self.key(), self.signed(), &self.signature)
    }

    /// Tells whether the line follows `before`: the next number, its hash, and the same key or one it vouches for.
    pub(super) fn follows(&self, before: Option<&Self>) -> bool {
        let Some(before) = before else {
            return self.number() == 1 && self.statement.previous == Hash::NONE;
        };
        self.number() == before.number() + 1
            && self.statement.previous == before.hash()
            && (self.key() == before.key() || self.is_vouched_by(before.key()))
    }

    fn is_vouched_by(&self, earlier: Hash) -> bool {
        let vouched = self.vouched.as_deref();
        self.statement.replaces_key == Some(earlier)
            && vouched.is_some_and(|vouched| is_signed(earlier, self.signed(), vouched))
    }

    fn signed(&self) -> &str {
        self.text.split_once(SIGNATURE).map_or("", |(signed, _)| signed)
    }

    /// The hash by which the next line refers to this one.
    pub(super) fn hash(&self) -> Hash {
        Hash::of(&[self.text.as_bytes()])
    }

    /// Its place in the file, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.statement.number
    }

    /// When it was signed.
    #[must_use]
    pub fn signed_at(&self) -> DateTime<Utc> {
        self.statement.signed_at
    }

    /// The public key that it names.
    #[must_use]
    pub fn key(&self) -> Hash {
        self.statement.key
    }

    /// The last seals of the logs that had grown.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.statement.heads
    }

    /// The line, without its line feed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::key::HeadKey;
    use super::*;
    use secrecy::ExposeSecret as _;

    pub(crate) fn keys(texts: &[&secrecy::SecretString]) -> HeadKeys {
        let lines: Vec<_> = texts.iter().map(|text| text.expose_secret()).collect();
        HeadKeys::parse(&lines.join("\n").into()).unwrap()
    }

    fn line(keys: &HeadKeys, before: Option<&SignedHeads>) -> SignedHeads {
        let head = Head { log: 3, seal: 7, pos: 70, hash: Hash::of(&[b"seal"]) };
        SignedHeads::sign(keys, before, DateTime::from_timestamp_nanos(1_000), vec![head])
    }

    #[test]
    fn a_line_is_read_as_it_was_written_and_no_character_can_change() {
        let keys = keys(&[&HeadKey::generate()]);
        let written = line(&keys, None);
        let read = SignedHeads::read(written.text()).unwrap();
        assert_eq!(read, written);
        assert!(read.is_signed() && read.follows(None));
        for at in 0..written.text().len() {
            let mut bytes = written.text().as_bytes().to_owned();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            let changed = SignedHeads::read(&String::from_utf8(bytes).unwrap());
            assert!(!changed.is_some_and(|line| line.is_signed()), "byte {at}");
        }
    }

    #[test]
    fn a_new_key_needs_the_word_of_the_one_it_replaces() {
        let (old, new) = (HeadKey::generate(), HeadKey::generate());
        let first = line(&keys(&[&old]), None);
        let vouched = line(&keys(&[&new, &old]), Some(&first));
        assert!(vouched.is_signed() && vouched.follows(Some(&first)));
        let alone = line(&keys(&[&new]), Some(&first));
        assert!(alone.is_signed() && !alone.follows(Some(&first)));
        assert!(SignedHeads::read(vouched.text()).unwrap().follows(Some(&first)));
    }

    #[test]
    fn a_line_that_was_left_out_is_missed() {
        let keys = keys(&[&HeadKey::generate()]);
        let first = line(&keys, None);
        let second = line(&keys, Some(&first));
        let third = line(&keys, Some(&second));
        assert!(third.follows(Some(&second)) && !third.follows(Some(&first)));
        assert!(!second.follows(None));
    }
}

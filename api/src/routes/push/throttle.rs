//! A brake on notifications and on guessing of addresses, in the memory of this process: what it lets through costs two
//! short statements, so a few more in other processes do no harm.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

/// Notifications that one address takes at once. A busy seller's shop makes some a second.
const NOTIFICATIONS: Allowance = Allowance { most: 200.0, per_second: 20.0 };

/// Addresses that are nobody's and that one network may try: 256 bits are not guessed, but each try is a look-up.
const GUESSES: Allowance = Allowance { most: 60.0, per_second: 1.0 };

/// When what has filled up again is forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// How much there may be of something.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    most: f64,
    per_second: f64,
}

/// What is counted. Of an address only the hash is kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Subject {
    Receiver([u8; 32]),
    Network(Vec<u8>),
}

#[derive(Debug)]
struct Bucket {
    allowance: Allowance,
    left: f64,
    at: Instant,
}

/// The brake.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    buckets: Mutex<HashMap<Subject, Bucket>>,
}

impl Throttle {
    /// Counts a notification at an address that is somebody's, and tells whether it may go on.
    pub(super) fn admits(&self, token: &SecretString) -> bool {
        self.take(receiver(token), NOTIFICATIONS)
    }

    /// Tells whether an address that is somebody's takes no more for now: then nobody needs to be looked up.
    pub(super) fn is_exhausted(&self, token: &SecretString) -> bool {
        self.lock().get_mut(&receiver(token)).is_some_and(|bucket| bucket.refilled() < 1.0)
    }

    /// Tells whether a caller has tried too many addresses that are nobody's. An address that was somebody's before is
    /// no guess: whoever shares a network with a guesser is not shut out.
    pub(super) fn is_guessing(&self, caller: IpAddr, token: &SecretString) -> bool {
        let mut buckets = self.lock();
        if buckets.contains_key(&receiver(token)) {
            return false;
        }
        buckets.get_mut(&network(caller)).is_some_and(|bucket| bucket.refilled() < 1.0)
    }

    /// Counts an address that is nobody's.
    pub(super) fn note_guess(&self, caller: IpAddr) {
        self.take(network(caller), GUESSES);
    }

    fn take(&self, subject: Subject, allowance: Allowance) -> bool {
        let mut buckets = self.lock();
        if buckets.len() >= REMEMBERED_MAX {
            buckets.retain(|_, bucket| bucket.refilled() < bucket.allowance.most);
        }
        let fresh = || Bucket { allowance, left: allowance.most, at: Instant::now() };
        let bucket = buckets.entry(subject).or_insert_with(fresh);
        let admitted = bucket.refilled() >= 1.0;
        if admitted {
            bucket.left -= 1.0;
        }
        admitted
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Subject, Bucket>> {
        // Counts hold whatever became of whoever counted.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    /// Adds what has grown since it was looked at, and returns what is left.
    fn refilled(&mut self) -> f64 {
        let grown = self.at.elapsed().as_secs_f64() * self.allowance.per_second;
        self.left = (self.left + grown).min(self.allowance.most);
        self.at = Instant::now();
        self.left
    }
}

fn receiver(token: &SecretString) -> Subject {
    Subject::Receiver(Sha256::digest(token.expose_secret().as_bytes()).into())
}

/// A household has a /64 of IPv6, so that its parts count as one.
fn network(caller: IpAddr) -> Subject {
    Subject::Network(match caller.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_address_takes_so_many_at_once_and_no_other_suffers() {
        let throttle = Throttle::default();
        let (one, other) = (SecretString::from("one"), SecretString::from("other"));
        let admitted = (0..1000).filter(|_| throttle.admits(&one)).count();
        assert!((200..300).contains(&admitted), "{admitted}");
        assert!(throttle.admits(&other));
    }

    #[test]
    fn a_guesser_is_stopped_and_a_known_address_beside_it_is_not() {
        let throttle = Throttle::default();
        let (known, unknown) = (SecretString::from("known"), SecretString::from("unknown"));
        let (guesser, other) = (caller("2001:db8::1"), caller("203.0.113.7"));
        assert!(throttle.admits(&known));
        assert!(!throttle.is_guessing(guesser, &unknown));
        (0..60).for_each(|_| throttle.note_guess(guesser));
        assert!(throttle.is_guessing(guesser, &unknown));
        assert!(throttle.is_guessing(caller("2001:db8::2"), &unknown), "the same household");
        assert!(!throttle.is_guessing(guesser, &known));
        assert!(!throttle.is_guessing(other, &unknown));
    }
}

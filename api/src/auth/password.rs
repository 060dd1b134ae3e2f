//! Password hashes: argon2id, a few at a time, with the same work whether or not the user exists.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use super::guessable::is_guessable;

/// Memory of a hash, in KiB: 19 MiB with 2 passes and 1 lane is what OWASP's password storage sheet asks for at least.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Hashes computed at once: each takes 19 MiB and some 26 ms of a core, so that logins neither fill the memory nor
/// starve other requests.
const HASHES_AT_ONCE: usize = 4;

/// Least number of characters of a password.
const CHARS_MIN: usize = 10;

/// Greatest number of bytes: far above any password, far below what would be costly to hash.
const BYTES_MAX: usize = 1024;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeakPassword {
    TooShort,
    TooLong,
    LikeEmail,
    Guessable,
}

/// Computes and checks password hashes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
    /// Checked against when there is no such user, so that both answers take the same time.
    nobody: Arc<str>,
}

impl Passwords {
    /// Prepares the hash for users that do not exist, which takes as long as any other.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> anyhow::Result<Self> {
        let nobody = hash(&SecretString::from(uuid::Uuid::new_v4().to_string()))?;
        Ok(Self { at_once: Arc::new(Semaphore::new(HASHES_AT_ONCE)), nobody: nobody.into() })
    }

    /// Tells why `password` is too easy to guess for somebody of whom `known` is known, and a calculation has to say so.
    pub(crate) async fn check_guesses(
        &self,
        password: &SecretString,
        known: Vec<String>,
    ) -> anyhow::Result<Result<(), WeakPassword>> {
        let password = password.clone();
        let guessable = self.compute(move || {
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            Ok(is_guessable(password.expose_secret(), &known))
        });
        Ok(if guessable.await? { Err(WeakPassword::Guessable) } else { Ok(()) })
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: SecretString) -> anyhow::Result<String> {
        self.compute(move || hash(&password)).await
    }

    /// Tells whether `password` is the one that `stored` was made of; without `stored` it takes as long and is not.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        stored: Option<String>,
    ) -> anyhow::Result<bool> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.nobody.to_string());
        let fits = self.compute(move || {
            Ok(argon2().verify_password(password.expose_secret().as_bytes(), &*stored).is_ok())
        });
        Ok(fits.await? && known)
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let turn = self.at_once.clone().acquire_owned().await.context("waiting for a turn")?;
        // The turn moves along: a caller who gives up does not let one more hash start.
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .context("hashing a password")?
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &SecretString) -> anyhow::Result<String> {
    let hashed = argon2().hash_password(password.expose_secret().as_bytes());
    Ok(hashed.map_err(|error| anyhow!("hashing a password: {error}"))?.to_string())
}

/// Tells why `password` is none for the user `email`, as far as a look at it tells.
pub(crate) fn check_strength(password: &SecretString, email: &str) -> Result<(), WeakPassword> {
    let password = password.expose_secret();
    let lower = password.trim().to_lowercase();
    let name = email.split('@').next().unwrap_or_default();
    if password.chars().count() < CHARS_MIN {
        Err(WeakPassword::TooShort)
    } else if password.len() > BYTES_MAX {
        Err(WeakPassword::TooLong)
    } else if lower == email || lower == name {
        Err(WeakPassword::LikeEmail)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new().unwrap();
        let stored = passwords.hash("верный пароль".into()).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(passwords.verify("верный пароль".into(), Some(stored.clone())).await.unwrap());
        assert!(!passwords.verify("другой пароль".into(), Some(stored)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = Passwords::new().unwrap();
        assert!(!passwords.verify("любой пароль".into(), None).await.unwrap());
    }

    #[test]
    fn passwords_that_are_easy_to_guess_are_not_taken() {
        let email = "anna.petrova@example.ru";
        for (password, outcome) in [
            ("девять зн", Err(WeakPassword::TooShort)),
            ("Anna.Petrova", Err(WeakPassword::LikeEmail)),
            ("anna.petrova@example.ru", Err(WeakPassword::LikeEmail)),
            ("десять зна", Ok(())),
        ] {
            assert_eq!(check_strength(&password.into(), email), outcome, "{password}");
        }
        assert_eq!(check_strength(&"ё".repeat(600).into(), email), Err(WeakPassword::TooLong));
    }
}

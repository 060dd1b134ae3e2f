//! Whether a password would be among the first that somebody tries.

use zxcvbn::{Score, zxcvbn};

/// Characters of a password that are judged: what begins so is no easier to guess for being longer, and the work grows
/// fast with the length where many characters may stand for letters (0.04 s for the worst of this length, 2 s at 100).
const JUDGED_CHARS_MAX: usize = 32;

/// The least that is taken: above 10⁸ guesses, which nobody makes against a server that counts them.
const SCORE_MIN: Score = Score::Three;

/// The keys of a Russian keyboard, and what they are on an English one.
const RUSSIAN_KEYS: &str = "йцукенгшщзхъфывапролджэячсмитьбюё";
const ENGLISH_KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";

/// Tells whether `password` is guessed early, by lists of common passwords, names, words, dates and rows of keys, by
/// whoever knows `known` of its owner.
///
/// The lists are of Latin letters. They hold common Russian passwords as the same keys give them on an English keyboard, so
/// that a password is judged as those, too.
pub(super) fn is_guessable(password: &str, known: &[&str]) -> bool {
    let judged: String = password.chars().take(JUDGED_CHARS_MAX).collect();
    let on_english_keys: String = judged.to_lowercase().chars().map(on_english_key).collect();
    [judged, on_english_keys].iter().any(|it| zxcvbn(it, known).score() < SCORE_MIN)
}

fn on_english_key(key: char) -> char {
    let same = RUSSIAN_KEYS.chars().zip(ENGLISH_KEYS.chars()).find(|(russian, _)| *russian == key);
    same.map_or(key, |(_, english)| english)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_first_is_guessable_in_either_alphabet() {
        for password in [
            "1234567890",
            "qwertyuiop",
            "password123",
            "iloveyou2024",
            "a1b2c3d4e5",
            "aaaaaaaaaaaa",
            "йцукенгшщз",
            "пароль123456",
            "gfhjkm123456",
            "ааааААААаа",
            "Спартак1922",
            &"password".repeat(20),
        ] {
            assert!(is_guessable(password, &[]), "{password}");
        }
        for password in
            ["совсем другой пароль", "correct horse battery staple", "Moskva2026!", "kX7-pq92-Lm"]
        {
            assert!(!is_guessable(password, &[]), "{password}");
        }
    }

    #[test]
    fn what_is_known_of_somebody_is_guessed_early() {
        assert!(!is_guessable("Лютик-Ромашка-9", &[]));
        assert!(is_guessable("anna.petrova1", &["anna.petrova"]));
        assert!(is_guessable("vasilek-ufa1", &["vasilek-ufa"]));
    }
}

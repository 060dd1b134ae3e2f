//! A text as words and their stems, as retrieval compares them.

use std::collections::HashSet;

use rust_stemmers::{Algorithm, Stemmer};

/// Words that say nothing of what is asked. «Не» and «лучше» are none of them: «не включается» is about something else
/// than «включается».
const STOP: &[&str] = &[
    "а",
    "без",
    "бы",
    "был",
    "была",
    "были",
    "было",
    "быть",
    "в",
    "вам",
    "вас",
    "ваш",
    "ваша",
    "ваше",
    "ваши",
    "во",
    "вот",
    "все",
    "всё",
    "вы",
    "где",
    "да",
    "для",
    "до",
    "добрый",
    "день",
    "его",
    "ее",
    "если",
    "есть",
    "еще",
    "же",
    "за",
    "здравствуйте",
    "и",
    "из",
    "или",
    "им",
    "их",
    "к",
    "как",
    "какая",
    "какие",
    "какой",
    "ко",
    "когда",
    "ли",
    "меня",
    "мне",
    "можно",
    "мой",
    "мы",
    "на",
    "над",
    "нам",
    "нас",
    "наш",
    "но",
    "о",
    "об",
    "он",
    "она",
    "они",
    "оно",
    "от",
    "очень",
    "по",
    "под",
    "подскажите",
    "пожалуйста",
    "при",
    "привет",
    "про",
    "с",
    "скажите",
    "со",
    "спасибо",
    "так",
    "также",
    "там",
    "то",
    "тоже",
    "только",
    "ты",
    "у",
    "уже",
    "хочу",
    "чем",
    "что",
    "чтобы",
    "эта",
    "эти",
    "это",
    "этого",
    "этот",
    "я",
];

/// Returns a text in small letters with «е» for «ё».
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'ё' | 'Ё' => folded.push('е'),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// Lists the words of a text that say something, folded, in their order.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded = folded(text);
    let words = folded.split(|c: char| !c.is_alphanumeric());
    let says = |word: &&str| !word.is_empty() && !STOP.contains(word);
    words.filter(says).map(str::to_owned).collect()
}

/// Lists the words of a question in their order, each where it stands last, and of very many the last: what is asked
/// now is said at the end.
pub(super) fn words_asked(text: &str, max: usize) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut asked: Vec<String> =
        words(text).into_iter().rev().filter(|word| seen.insert(word.clone())).take(max).collect();
    asked.reverse();
    asked
}

/// Finds stems of folded words, as PostgreSQL does for Russian.
pub(super) struct Stems(Stemmer);

impl Stems {
    pub(super) fn new() -> Self {
        Self(Stemmer::create(Algorithm::Russian))
    }

    pub(super) fn of<'a>(&self, word: &'a str) -> std::borrow::Cow<'a, str> {
        self.0.stem(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        let stems = Stems::new();
        for forms in [["возврат", "возврата"], ["доставка", "доставки"], ["плед", "пледами"]]
        {
            assert_eq!(stems.of(forms[0]), stems.of(forms[1]));
        }
    }

    #[test]
    fn words_that_say_nothing_are_left_out() {
        let asked =
            "Здравствуйте! Подскажите, а плед не ЛУЧШЕ стирать на 30°? Артикул PL-77, чёрный";
        let left = ["плед", "не", "лучше", "стирать", "30", "артикул", "pl", "77", "черный"];
        assert_eq!(words(asked), left);
    }

    #[test]
    fn of_a_long_question_the_end_is_kept() {
        let asked = "Плед тёплый, спасибо. А как стирать плед из шерсти?";
        assert_eq!(words_asked(asked, 10), ["теплый", "стирать", "плед", "шерсти"]);
        assert_eq!(words_asked(asked, 2), ["плед", "шерсти"]);
    }
}

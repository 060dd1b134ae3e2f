//! The forms of a Russian word, guessed by how it ends: for phrases of which only one form is known.
//!
//! Too many forms are listed rather than too few: those that no Russian word has meet nothing. Words are folded, so that
//! «й» is «и» and «ё» is «е», here as in the endings below.

mod endings;

use std::collections::BTreeSet;

use self::endings::{
    ADJECTIVE, ADJECTIVE_HUSHED, ADJECTIVE_SOFT, ADJECTIVE_VELAR, FIXED, HARD, HUSHED, HUSHED_MORE,
    I_MORE, I_SURE, IMPERATIVE, OF_ADJECTIVE, OF_NOUN, OTHERS, PAST, PRESENT, PRESENT_SURE, SOFT,
    STEM_MIN, VELAR, VOWEL, VOWELS,
};

/// Lists the forms of a folded word, itself among them. What is no Russian word has no other.
pub(super) fn forms(word: &str) -> BTreeSet<String> {
    let mut forms = Forms { all: BTreeSet::from([word.to_owned()]) };
    let is_russian = word.chars().all(|c| ('а'..='я').contains(&c));
    if !is_russian || FIXED.contains(&word) {
        return forms.all;
    }
    match word.strip_suffix("ся").or_else(|| word.strip_suffix("сь")) {
        Some(plain) if verb_like(plain) => {
            let mut plainly = Forms { all: BTreeSet::from([plain.to_owned()]) };
            plainly.verb(plain);
            let reflexive =
                plainly.all.iter().flat_map(|form| [format!("{form}ся"), format!("{form}сь")]);
            forms.all.extend(reflexive);
        }
        _ => {
            forms.noun(word);
            forms.adjective(word);
            forms.verb(word);
        }
    }
    forms.all.retain(|form| !OTHERS.contains(&form.as_str()));
    forms.all.insert(word.to_owned());
    forms.all
}

fn verb_like(word: &str) -> bool {
    ["ть", "ти", "чь", "л", "ла", "ло", "ли", "т", "м", "шь", "те", "ю", "у", "и"]
        .iter()
        .any(|ending| word.ends_with(ending))
}

fn ends_with(stem: &str, letters: &str) -> bool {
    stem.chars().next_back().is_some_and(|last| letters.contains(last))
}

/// Returns the stem of a word that ends so, where it is long enough.
fn stem<'a>(word: &'a str, ending: &str) -> Option<&'a str> {
    word.strip_suffix(ending).filter(|stem| stem.chars().count() >= STEM_MIN)
}

struct Forms {
    all: BTreeSet<String>,
}

impl Forms {
    fn add(&mut self, stem: &str, endings: &[&str]) {
        self.all.extend(endings.iter().map(|ending| format!("{stem}{ending}")));
    }

    fn noun(&mut self, word: &str) {
        if let Some(stem) = OF_NOUN.iter().find_map(|ending| stem(word, ending)) {
            let is_hard =
                !["я", "ю", "ь", "ью", "ям", "ями", "ях"].iter().any(|end| word.ends_with(end));
            if ends_with(stem, VOWELS) {
                self.add(stem, VOWEL);
            } else if !is_hard {
                self.add(stem, SOFT);
            } else {
                self.hard(stem);
                let is_either =
                    ["и", "е", "еи", "ем", "ев"].iter().any(|ending| word.ends_with(ending));
                if is_either && !ends_with(stem, VELAR) && !ends_with(stem, HUSHED) {
                    self.add(stem, SOFT);
                }
            }
        }
        if !ends_with(word, VOWELS) && !word.ends_with('ь') && word.chars().count() >= STEM_MIN {
            self.hard(word);
            self.without_vowel(word);
        }
    }

    fn hard(&mut self, stem: &str) {
        self.add(stem, HARD);
        if ends_with(stem, HUSHED) {
            self.add(stem, HUSHED_MORE);
        }
        self.add(stem, if ends_with(stem, VELAR) { &["и"] } else { &["ы"] });
        // «скидка», «скидок»
        if let Some(before) = stem.strip_suffix('к')
            && !ends_with(before, VOWELS)
        {
            let before = before.strip_suffix('ь').unwrap_or(before);
            self.add(before, &["ок", "ек"]);
        }
    }

    /// «подарок», «подарка»; «скидок», «скидка».
    fn without_vowel(&mut self, word: &str) {
        for (ending, rest) in [("ок", "к"), ("ек", "к"), ("ец", "ц")] {
            if let Some(stem) = stem(word, ending) {
                self.hard(&format!("{stem}{rest}"));
            }
        }
    }

    fn adjective(&mut self, word: &str) {
        let Some(ending) = OF_ADJECTIVE.iter().find(|ending| stem(word, ending).is_some()) else {
            return;
        };
        let stem = &word[..word.len() - ending.len()];
        let is_soft =
            ["ии", "яя", "ее", "ие", "его", "ему", "им", "их", "ими", "юю"].contains(ending);
        match () {
            () if ends_with(stem, VOWELS) => {}
            // «технологии», «решения» have these endings, too.
            () if ["ии", "ие"].contains(ending) && ends_with(stem, "гх") => {
                self.add(stem, &["ии", "ие", "ого", "ому", "им", "их", "ими", "ую"]);
            }
            () if ends_with(stem, VELAR) => self.add(stem, ADJECTIVE_VELAR),
            () if ends_with(stem, HUSHED) => self.add(stem, ADJECTIVE_HUSHED),
            () if is_soft && stem.ends_with('н') => self.add(stem, ADJECTIVE_SOFT),
            () if is_soft => {}
            () => {
                self.add(stem, ADJECTIVE);
                if let Some(before) = stem.strip_suffix('н')
                    && !ends_with(before, VOWELS)
                {
                    self.add(before, &["ен"]);
                }
            }
        }
    }

    fn verb(&mut self, word: &str) {
        if let Some(stem) = stem(word, "чь") {
            for (back, front) in [("г", "ж"), ("к", "ч")] {
                self.add(&format!("{stem}{back}"), &["у", "ут", "", "ла", "ло", "ли", "и", "ите"]);
                self.add(&format!("{stem}{front}"), &["ешь", "ет", "ем", "ете"]);
            }
        }
        if let Some(stem) = word.strip_suffix("ти").filter(|stem| stem.chars().count() >= 2) {
            self.add(stem, PRESENT);
            self.add(stem, &["ла", "ло", "ли", "ите"]);
            let stem = stem
                .strip_suffix("ии")
                .map_or_else(|| format!("{stem}д"), |cut| format!("{cut}ид"));
            self.add(&stem, PRESENT);
            self.add(&stem, &["и", "ите"]);
        }
        for ending in ["ть", "ла", "ло", "ли", "л"] {
            if let Some(stem) = stem(word, ending).filter(|stem| ends_with(stem, VOWELS)) {
                self.infinitive(stem);
            }
        }
        self.finite(word);
    }

    /// Of a stem with its vowel: «обеща-ть», «подари-ть», «верну-ть».
    fn infinitive(&mut self, stem: &str) {
        self.add(stem, PAST);
        if let Some(root) = stem.strip_suffix("ова").or_else(|| stem.strip_suffix("ева")) {
            self.of_ova(root);
        }
        let Some((vowel, root)) =
            stem.chars().next_back().map(|last| (last, &stem[..stem.len() - last.len_utf8()]))
        else {
            return;
        };
        match vowel {
            'и' => self.of_i(root, I_MORE),
            'у' => {
                self.add(root, PRESENT);
                self.add(root, IMPERATIVE);
            }
            'е' => {
                self.of_vowel(stem);
                self.add(root, &["ю", "у", "ишь", "ит", "им", "ите", "ят", "и"]);
            }
            'а' => {
                self.of_vowel(stem);
                self.changed(root, &["у", "ешь", "ет", "ем", "ете", "ут", "и", "ите"]);
            }
            'я' => self.of_vowel(stem),
            _ => {}
        }
    }

    fn of_vowel(&mut self, stem: &str) {
        self.add(stem, PAST);
        self.add(stem, PRESENT);
        self.add(stem, IMPERATIVE);
    }

    /// «гарантировать», «гарантирую»
    fn of_ova(&mut self, root: &str) {
        self.add(&format!("{root}ова"), PAST);
        self.add(&format!("{root}у"), PRESENT);
        self.add(&format!("{root}у"), IMPERATIVE);
    }

    fn of_i(&mut self, root: &str, more: &[&str]) {
        self.add(root, I_SURE);
        self.add(root, more);
        self.changed(root, &["у", "ю"]);
        if ends_with(root, "бпвмф") {
            self.add(root, &["лю"]);
        }
    }

    /// «возмест-ить», «возмещ-у»; «напис-ать», «напиш-у».
    fn changed(&mut self, root: &str, endings: &[&str]) {
        let changes = [
            ("ст", "щ"),
            ("ск", "щ"),
            ("с", "ш"),
            ("з", "ж"),
            ("д", "ж"),
            ("т", "ч"),
            ("т", "щ"),
            ("к", "ч"),
        ];
        for (from, to) in changes {
            if let Some(before) = root.strip_suffix(from) {
                self.add(&format!("{before}{to}"), endings);
            }
        }
    }

    /// «вернем», «подарим», «обращайтесь» without its end.
    fn finite(&mut self, word: &str) {
        for ending in ["ешь", "ете", "ем", "ют", "ут", "ет", "ю"] {
            let Some(stem) = stem(word, ending) else { continue };
            if ends_with(stem, VOWELS) {
                self.of_present(stem);
            } else if let Some(root) =
                stem.strip_suffix('н').filter(|root| !ends_with(root, VOWELS))
            {
                self.infinitive(&format!("{root}ну"));
            } else if !["ет", "ю"].contains(&ending) {
                self.add(stem, PRESENT_SURE);
                self.add(stem, if ["ут", "ем"].contains(&ending) { &["ите"] } else { IMPERATIVE });
            }
        }
        for ending in ["ишь", "ите", "им", "ит", "ят"] {
            let Some(stem) = stem(word, ending) else { continue };
            if ends_with(stem, VOWELS) {
                self.of_present(stem);
                continue;
            }
            self.of_i(stem, &[]);
            if ending == "ите" {
                self.add(stem, PRESENT_SURE);
                if let Some(root) = stem.strip_suffix('н').filter(|root| !ends_with(root, VOWELS))
                {
                    self.infinitive(&format!("{root}ну"));
                }
            }
        }
    }

    fn of_present(&mut self, stem: &str) {
        self.of_vowel(stem);
        if let Some(root) = stem.strip_suffix('у') {
            self.of_ova(root);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(word: &str) -> String {
        word.replace('й', "и").replace('ё', "е")
    }

    fn has(word: &str, form: &str) -> bool {
        forms(&folded(word)).contains(&folded(form))
    }

    #[test]
    fn words_have_their_forms() {
        for (word, others) in [
            ("скидка", "скидки скидку скидкой скидок скидкам скидками скидках"),
            ("скидок", "скидка скидки"),
            ("подарок", "подарка подарки подарков подарком"),
            ("робот", "робота роботы роботов роботами роботе"),
            ("роботы", "робот робота роботов"),
            ("акция", "акции акцию акцией акций акциями"),
            ("гарантии", "гарантия гарантию гарантией гарантий"),
            ("решение", "решения решению решением решений"),
            ("стоимость", "стоимости стоимостью"),
            ("товар", "товара товары товаров"),
            ("брак", "брака браком браки"),
            ("случай", "случая случаев случаи"),
            ("неделя", "недели неделю недель неделями"),
            ("средства", "средство средств средствами"),
            ("бесплатный", "бесплатная бесплатно бесплатную бесплатных бесплатен"),
            ("бесплатную", "бесплатный бесплатной"),
            ("лёгкий", "лёгкая лёгкого лёгкие легко"),
            ("синий", "синяя синего синие"),
            ("хороший", "хорошая хорошего хорошую хорошо"),
            ("вернём", "вернуть вернул вернули вернёт вернут верните вернёте"),
            ("вернуть", "верну вернём верните вернули"),
            ("гарантируем", "гарантировать гарантирую гарантировали гарантирует"),
            ("гарантировать", "гарантирую гарантируем"),
            ("обещаем", "обещать обещаю обещал обещали обещает"),
            ("подарим", "подарить подарил подарят"),
            ("подарить", "подарим подарю подари"),
            ("возместить", "возместим возмещу возместят"),
            ("написать", "напишу напишите напишем написали"),
            ("звоните", "звонить звонил звоним"),
            ("обращайтесь", "обращаться обращаемся обращались"),
            ("помочь", "помогу поможем помогли"),
            ("компенсируем", "компенсировать компенсирую"),
            ("найти", "найду найдёте"),
        ] {
            for form in others.split(' ') {
                assert!(has(word, form), "{word}: {form}");
            }
        }
    }

    #[test]
    fn other_words_are_no_forms() {
        for (word, others) in [
            ("бот", "ботинки работа забота ботаник"),
            ("ии", "гарантии и"),
            ("дом", "домой домашний думой"),
            ("гарантии", "гаранта гарантом гарант"),
            ("кабинет", "кабину кабины"),
            ("билет", "били билу"),
            ("совет", "сову совы"),
            ("технологии", "технолога технологом"),
            ("как", "каком какой"),
            ("тем", "тема темы"),
            ("товар", "товарищ"),
            ("вода", "водка водитель"),
        ] {
            for form in others.split(' ') {
                assert!(!has(word, form), "{word}: {form}: {:?}", forms(&folded(word)));
            }
        }
    }

    #[test]
    fn a_word_has_no_more_forms_than_memory_is_meant_for() {
        for word in
            ["гарантировать", "обращайтесь", "возместить", "скидка", "бесплатную", "подарите"]
        {
            let count = forms(word).len();
            assert!(count <= 120, "{word}: {count}");
        }
    }
}

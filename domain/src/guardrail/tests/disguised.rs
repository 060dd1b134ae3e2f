//! Obscene words as people make them up and disguise them: every root in every derivation and every disguise. What they
//! are read from, beside `profanity.rs`, is how such words are written, and none of the texts of the measurements.

use super::*;

/// Words of each root with prefixes, suffixes and endings.
const WORDS: &str = "\
    хуй хуя хуём хуйня хуйню хуйнёй хуёвый хуёвая хуёво хуёвина хуета хуило хуйло хуесос хуярить хуячит хули \
    нахуй нахуя похуй дохуя нихуя охуел охуеть охуенно охуевший ахуеть ахуенно захуярил нахуевертили похуист \
    охуительно \
    пизда пиздой пиздец пиздеца пиздить пиздят пиздит пиздёж пиздобол пиздатый пиздато пиздюк пиздюлей пиздуй \
    распиздяй \
    спиздили спиздил допиздился опиздел напиздели запиздячить впиздил пиздёныш \
    ебать ебал ебали ебаный ебаная ебанутый ебанулись ебануться ебись ебло ебучий ебучая еблан ебланы ебальник ебашит \
    заебал заебали заебись заебло заёбанный наебали наебать наёбщик наебалово выебать выебон выёбывается \
    уебок уёбище уебался \
    отъебись отъебитесь подъебал разъебали разъебай объебали проебали проёб доебались долбоёб долбоебы долбоебизм \
    переебать поебать поебень приебался съебался изъебнулся въебал мозгоёб недоёб остоебенил \
    блядь блять бля блядина блядский блядское блядство блядун выблядок \
    мудак мудаки мудаков мудила мудило мудозвон мудацкий мудохаться \
    пидор пидоры пидорас пидорасы пидарас пидарасов пидорский пидрила педик педрила \
    сука суки сукой сучара сучий сукин говно говна говном говнюк говняный говноед гавно дерьмо дерьмовый дерьма \
    жопа жопу жопой жопный жополиз сраный сраная насрать обосрались засранец засранцы срать обоссали \
    гандон гандоны залупа залупу манда манду шлюха шлюхи шлюшка курва дрочить дрочит дрочер хер хера нихера \
    похер херня \
    херню хернёй херовый херово захерачили";

fn joined(word: &str, between: &str) -> String {
    word.chars().map(String::from).collect::<Vec<_>>().join(between)
}

fn replaced(word: &str, pairs: &[(char, &str)]) -> String {
    let other = |c: char| pairs.iter().find(|(from, _)| *from == c).map(|(_, to)| (*to).to_owned());
    word.chars().map(|c| other(c).unwrap_or_else(|| c.to_string())).collect()
}

fn with(word: &str, at: usize, count: usize, sign: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let (before, after) = (&letters[..at], &letters[(at + count).min(letters.len())..]);
    format!("{}{sign}{}", String::from_iter(before), String::from_iter(after))
}

/// Tells whether the word has a letter twice on end, as rules read it: signs between them make two letters of one.
fn has_double(word: &str) -> bool {
    let folded: Vec<char> = word.replace('й', "и").replace('ё', "е").chars().collect();
    folded.windows(2).any(|pair| pair[0] == pair[1])
}

fn length(word: &str) -> usize {
    word.chars().count()
}

const LATIN: &[(char, &str)] = &[
    ('а', "a"),
    ('е', "e"),
    ('ё', "e"),
    ('о', "o"),
    ('р', "p"),
    ('с', "c"),
    ('х', "x"),
    ('у', "y"),
    ('к', "k"),
    ('м', "m"),
    ('т', "t"),
    ('в', "b"),
    ('н', "h"),
];
const DIGITS: &[(char, &str)] = &[
    ('о', "0"),
    ('з', "3"),
    ('ч', "4"),
    ('б', "6"),
    ('в', "8"),
    ('я', "9"),
    ('т', "7"),
    ('и', "1"),
];
const SIGNS: &[(char, &str)] = &[('а', "@"), ('с', "$"), ('е', "€"), ('х', "}{")];
const NEIGHBOURS: &[(char, &str)] = &[
    ('и', "і"),
    ('е', "є"),
    ('с', "ѕ"),
    ('у', "ү"),
    ('о', "ο"),
    ('а', "α"),
    ('р', "ρ"),
    ('х', "χ"),
];
const SOUNDS: &[(char, &str)] = &[
    ('а', "a"),
    ('б', "b"),
    ('в', "v"),
    ('г', "g"),
    ('д', "d"),
    ('е', "e"),
    ('ё', "yo"),
    ('ж', "zh"),
    ('з', "z"),
    ('и', "i"),
    ('й', "y"),
    ('к', "k"),
    ('л', "l"),
    ('м', "m"),
    ('н', "n"),
    ('о', "o"),
    ('п', "p"),
    ('р', "r"),
    ('с', "s"),
    ('т', "t"),
    ('у', "u"),
    ('х', "h"),
    ('ц', "ts"),
    ('ч', "ch"),
    ('ш', "sh"),
    ('щ', "sch"),
    ('ъ', ""),
    ('ы', "y"),
    ('ь', ""),
    ('ю', "yu"),
    ('я', "ya"),
];

/// With two letters hidden, longer words could be too many others.
const TWO_HIDDEN_MAX: usize = 6;

/// Words that are also read from their end: the derivations of short roots are other words then.
const REVERSED: &[&str] = &[
    "сука",
    "нахуй",
    "похуй",
    "пизда",
    "пиздец",
    "пиздобол",
    "заебал",
    "заебись",
    "наебали",
    "выебать",
    "уебок",
    "уёбище",
    "блядь",
    "блядина",
    "блядун",
    "мудак",
    "мудаки",
    "мудила",
    "пидор",
    "пидоры",
    "пидорас",
    "пидарас",
    "говно",
    "дерьмо",
    "гандон",
    "залупа",
    "шлюха",
    "засранец",
    "долбоёб",
];

/// Words that are brands or names in Latin letters.
const BRANDS: &[&str] = &["хер", "хера", "хули", "дерьма", "сучий", "сук"];

type Disguise = (&'static str, fn(&str) -> Vec<String>);

const DISGUISES: &[Disguise] = &[
    ("none", |word| vec![word.to_owned(), word.to_uppercase(), capital(word)]),
    ("letters of the other alphabet", |word| vec![replaced(word, LATIN)]),
    ("letters of the neighbours", |word| vec![replaced(word, NEIGHBOURS)]),
    ("digits", |word| DIGITS.iter().map(|pair| replaced(word, &[*pair])).collect()),
    ("signs", |word| SIGNS.iter().map(|pair| replaced(word, &[*pair])).collect()),
    ("letters apart", |word| {
        let apart = if length(word) > 2 {
            [" ", "  ", ".", "-", "_", "*", "/", "|", " . ", "..", "🙂"].as_slice()
        } else {
            &[]
        };
        apart.iter().map(|between| joined(word, between)).collect()
    }),
    ("not seen", |word| {
        ["\u{200b}", "\u{ad}", "\u{2060}", "\u{336}", "\u{301}"]
            .iter()
            .map(|between| joined(word, between))
            .collect()
    }),
    ("stretched", |word| {
        let stretch = |which: &str| -> String {
            word.chars()
                .flat_map(|c| std::iter::repeat_n(c, if which.contains(c) { 4 } else { 1 }))
                .collect()
        };
        vec![stretch("аеёиоуыэюя"), stretch("бвгджзйклмнпрстфхцчшщ"), stretch(word)]
    }),
    ("one letter hidden", |word| {
        let middle = if has_double(word) { 0..0 } else { 1..length(word) - 1 };
        middle
            .flat_map(|at| ["*", "#", "%", "•", "🍆"].map(|sign| with(word, at, 1, sign)))
            .collect()
    }),
    ("dots in the middle", |word| {
        let middle = if has_double(word) { 0..0 } else { 1..length(word).saturating_sub(2) };
        middle.flat_map(|at| ["..", "...", "…"].map(|sign| with(word, at, 1, sign))).collect()
    }),
    ("two letters hidden", |word| {
        let middle =
            if length(word) > TWO_HIDDEN_MAX { 0..0 } else { 1..length(word).saturating_sub(2) };
        middle.map(|at| with(word, at, 2, "**")).collect()
    }),
    ("the first letter hidden", |word| {
        if has_double(word) { vec![] } else { vec![with(word, 0, 1, "*")] }
    }),
    ("a sign put in", |word| {
        let middle = if has_double(word) { 0..0 } else { 1..length(word) };
        middle
            .flat_map(|at| {
                ["-", "_", "*", ".", "🙂", "(", ",", "'"].map(|sign| with(word, at, 0, sign))
            })
            .collect()
    }),
    ("from its end", |word| {
        if REVERSED.contains(&word) { vec![word.chars().rev().collect()] } else { vec![] }
    }),
    (
        "as it sounds",
        |word| if BRANDS.contains(&word) { vec![] } else { vec![replaced(word, SOUNDS)] },
    ),
    ("wide and bold letters", |word| {
        let wide = |from: u32| -> String {
            let latin = replaced(word, LATIN);
            latin
                .chars()
                .map(|c| {
                    if c.is_ascii_lowercase() {
                        char::from_u32(from + u32::from(c) - 0x61).unwrap_or(c)
                    } else {
                        c
                    }
                })
                .collect()
        };
        vec![wide(0xff41), wide(0x1d5ee), wide(0x1d4ea)]
    }),
];

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn is_found(text: &str) -> bool {
    blocked(text).iter().any(|(category, _)| *category == Category::Profanity)
}

#[test]
fn no_disguise_of_any_word_passes() {
    let mut missed = Vec::new();
    for (name, disguise) in DISGUISES {
        for word in WORDS.split_whitespace() {
            for written in disguise(word) {
                if !is_found(&format!("Какой же {written} у вас")) {
                    missed.push(format!("{name}: {word}: {written}"));
                }
            }
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}

/// Words that hold the letters of rude ones, or look like them, or are spelt like their disguises: one form a word.
const INNOCENT: &str = include_str!("../../../golden/innocent.txt");

#[test]
fn no_innocent_word_is_taken_for_a_rude_one() {
    let words: Vec<&str> = INNOCENT.split_whitespace().collect();
    assert!(words.len() >= 400, "{}", words.len());
    let ways: [fn(&str) -> String; 5] = [
        str::to_owned,
        str::to_uppercase,
        |word| format!("«{word}»"),
        |word| format!("{word}..."),
        |word| format!("*{word}*"),
    ];
    let written = words.iter().flat_map(|word| ways.map(|way| way(word)));
    let taken: Vec<_> =
        written.filter(|word| is_found(&format!("Наш товар: {word} для вас"))).collect();
    assert_eq!(taken, Vec::<String>::new());
    // Side by side, where two might be read as one.
    let pairs: Vec<_> = words.windows(2).map(|pair| pair.join(" ")).collect();
    let taken: Vec<_> = pairs.iter().filter(|pair| is_found(pair)).collect();
    assert_eq!(taken, Vec::<&String>::new());
}

#[test]
fn innocent_phrases_stay_innocent() {
    for text in [
        "Спасибо за лупу и за пилу!",
        "Носки на х/б основе, 150 х 200 см, размер ХЛ",
        "Передайте г-ну Иванову и г-же Петровой, г-на Сидорова ждём",
        "Купили в первый раз..и снова к вам, раз..а потом ещё",
        "Ссылка — на e-mail, о’кей? H&M, I'll, it's",
        "Видео в 4K** ****это сноска, *при условии оплаты*",
        "Детям 6лет и 7лет, на 2023 г... и т.п...",
        "Себе и тебе, им и обе были, до неё была другая",
        "Диск веб-камеры, сук ветки, без сучка и задоринки",
        "Звоните по хорошим делам, не хуже, чем сам",
    ] {
        assert!(!is_found(text), "{text}: {:?}", blocked(text));
    }
}

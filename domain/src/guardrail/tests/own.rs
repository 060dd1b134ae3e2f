//! A seller's phrases and exceptions: whole words in all their forms, nothing inside a word, and no more lifted than may be.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::forms::forms;
use super::super::letters::folded;
use super::*;

fn phrase(text: &str, severity: Severity) -> Phrase {
    Phrase { text: text.to_owned(), severity, channels: BTreeSet::new(), instead: None }
}

fn grounds(phrases: Vec<Phrase>, exceptions: &[&str]) -> Grounds {
    let exceptions = exceptions.iter().map(|text| (*text).to_owned()).collect();
    let guardrails = Guardrails { phrases, exceptions };
    let own = Arc::new(Own::compiled(1, &guardrails.checked().unwrap()));
    Grounds { own, is_duplicate: false }
}

fn findings(channel: Channel, text: &str, grounds: &Grounds) -> Vec<Finding> {
    Reading::of(text, channel, &content("", "")).findings(grounds)
}

/// What the seller's own phrases find in a text.
fn owned(text: &str, grounds: &Grounds) -> Vec<String> {
    let own = findings(Channel::Review, text, grounds).into_iter();
    own.filter(|f| f.rule.id == "own").filter_map(|f| f.phrase).collect()
}

fn by_rule(text: &str, grounds: &Grounds) -> Vec<&'static str> {
    findings(Channel::Review, text, grounds).into_iter().map(|f| f.rule.id).collect()
}

#[test]
fn a_phrase_is_found_in_every_form_and_never_inside_a_word() {
    let own = grounds(vec![phrase("бесплатная доставка", Severity::Error)], &[]);
    for (text, found) in [
        ("У нас бесплатная доставка по стране.", vec!["бесплатная доставка"]),
        ("Благодарим за выбор бесплатной доставки!", vec!["бесплатной доставки"]),
        ("БЕСПЛАТНУЮ-доставку обещаем всем", vec!["БЕСПЛАТНУЮ-доставку"]),
        ("Бесплатная\u{200b} д0ставка для вас, Анна", vec!["Бесплатная\u{200b} д0ставка"]),
        ("Бесплатная наша доставка радует всех", vec![]),
        ("Товар был бесплатный. Доставка долгая", vec![]),
        ("Бесплатная предоставка или недоставка", vec![]),
    ] {
        assert_eq!(owned(text, &own), found, "{text}");
    }
    let short = grounds(vec![phrase("бот", Severity::Error)], &[]);
    assert_eq!(owned("Работа и забота: ботинки, ботаник, субботы", &short), Vec::<String>::new());
    assert_eq!(owned("Пишет б о т, боту и б0ты отвечают", &short), ["б о т", "боту", "б0ты"]);
}

#[test]
fn numbers_and_latin_words_are_found_as_they_are_written() {
    let phrases = ["скидка 10%", "24/7", "Amazon", "м3", "т.д."];
    let phrases = phrases.map(|text| phrase(text, Severity::Error)).into();
    let own = grounds(phrases, &[]);
    assert_eq!(
        owned("Дарим скидку 10 % и чай, работаем 24/7 и т.д.", &own),
        ["скидку 10", "24/7", "т.д"]
    );
    assert_eq!(owned("Объём М3, а не м35; лучше, чем на AMAZON.", &own), ["М3", "AMAZON"]);
    assert_eq!(owned("Скидка 100 и 10 %, 247 заказов, Amazonia", &own), Vec::<String>::new());
}

#[test]
fn a_phrase_holds_where_it_is_listed_for_and_as_hard() {
    let mut listed = phrase("скидка", Severity::Warning);
    listed.channels = [Channel::Chat].into();
    listed.instead = Some("Скажите «выгодная цена».".to_owned());
    let own = grounds(vec![listed], &[]);
    let text = "У нас большие скидки на всё!";
    assert_eq!(findings(Channel::Review, text, &own), []);
    let found = findings(Channel::Chat, text, &own);
    let [Finding { severity, listed: Some(listed), .. }] = &found[..] else { panic!("{found:?}") };
    assert_eq!(*severity, Severity::Warning);
    assert_eq!(listed.instead.as_deref(), Some("Скажите «выгодная цена»."));
    let passed = Passed::with(own.own.version(), found.clone()).unwrap();
    assert_eq!((passed.own_version, &passed.warnings[0].listed), (1, &Some(listed.clone())));
}

#[test]
fn what_stops_a_reply_is_not_hidden_behind_a_longer_warning() {
    let phrases =
        vec![phrase("большая скидка", Severity::Warning), phrase("скидка", Severity::Error)];
    let own = grounds(phrases, &[]);
    let found = findings(Channel::Review, "Ждёт вас большая скидка, Анна", &own);
    assert_eq!(found.iter().map(|f| f.severity).max(), Some(Severity::Error), "{found:?}");
    let twice = vec![phrase("большая скидка", Severity::Error), phrase("скидка", Severity::Error)];
    assert_eq!(owned("Ждёт вас большая скидка, Анна", &grounds(twice, &[])), ["большая скидка"]);
}

#[test]
fn an_exception_lets_the_sellers_own_voice_pass_and_nothing_else() {
    let own = grounds(vec![], &["робот", "полный возврат", "сами виноваты"]);
    assert_eq!(
        by_rule("Наш робот вымоет пол, роботы это умеют", &Grounds::default()),
        ["ai_mention"; 2]
    );
    assert_eq!(by_rule("Наш робот вымоет пол, роботы это умеют", &own), Vec::<&str>::new());
    assert_eq!(by_rule("Робот вымоет пол, а бот ответит", &own), ["ai_mention"]);
    assert_eq!(by_rule("Оформили вам полный возврат, Анна", &own), Vec::<&str>::new());
    assert_eq!(by_rule("Оформили вам возврат, Анна", &own), ["unsolicited_return"]);
    // Longer words of a rule than the exception has stay what they are.
    assert_eq!(by_rule("Автоматический ответ робота магазина", &own), ["ai_mention"]);
}

#[test]
fn what_marketplaces_punish_no_exception_lifts() {
    let harmful = [
        ("Пишите на pled@example.com, ответим", "contact_email"),
        ("Звоните 8 916 123-45-67 до шести вечера", "contact_phone"),
        ("Смотрите на https://example.ru/tovar", "contact_url"),
        ("Напишите нам в телеграм, поможем", "contact_messenger"),
        ("Подарим 200 рублей за отзыв с фото!", "offer"),
        ("Покупатель сам идиот, видимо, раз так", "insult"),
        ("Полный п3здец с доставкой, извините", "profanity"),
    ];
    for (text, rule) in harmful {
        // Longer than a list may have it: the whole text is excepted.
        let exceptions = [text, "идиот", "отзыв", "телеграм", "п3здец"].map(str::to_owned).into();
        let own = Own::compiled(1, &Guardrails { phrases: vec![], exceptions });
        let own = Grounds { own: Arc::new(own), is_duplicate: false };
        assert_eq!(by_rule(text, &own), [rule], "{text}");
        assert_eq!(by_rule(text, &Grounds::default()), [rule], "{text}");
    }
}

#[test]
fn a_duplicate_warns_and_stops_nothing() {
    let twice = Grounds { is_duplicate: true, ..Grounds::default() };
    for channel in [Channel::Review, Channel::Question, Channel::Chat] {
        let found = findings(channel, "Рады, что чайник пришёлся по душе!", &twice);
        let [Finding { rule, severity: Severity::Warning, place: None, .. }] = &found[..] else {
            panic!("{found:?}")
        };
        assert_eq!(rule.id, "duplicate");
    }
    assert_eq!(same_text(" Спасибо,  Анна! "), same_text("СПАСИБО: Анна"));
    assert_ne!(same_text("Спасибо, Анна"), same_text("Спасибо, Инна"));
    assert_eq!(same_text(" … "), None);
}

#[test]
fn the_longest_lists_take_little_memory() {
    let word = |n: usize| ["гарантировать", "возместить", "обращаться", "скидка"][n % 4];
    let text = |n: usize| format!("{} а{n}", [word(n), word(n + 1), word(n + 2)].join(" "));
    let phrases = (0..PHRASES_MAX).map(|n| phrase(&text(n), Severity::Error)).collect();
    let exceptions = (0..EXCEPTIONS_MAX).map(|n| format!("б{n} {}", word(n))).collect();
    let own = Own::compiled(1, &Guardrails { phrases, exceptions }.checked().unwrap());
    assert!(own.bytes() < 1 << 20, "{}", own.bytes());
    assert!(Own::default().bytes() > 0);
}

/// Words as a reader without any tables splits them.
fn plain_words(text: &str) -> Vec<String> {
    let fold = |word: &str| word.chars().flat_map(folded).collect::<String>();
    text.split_whitespace().map(|word| fold(word.trim_end_matches(['!', '.', ',']))).collect()
}

/// As the rules take them: a letter that is doubled stands for itself once, too.
fn is_form(of: &BTreeSet<String>, word: &str) -> bool {
    let runs = |text: &str| {
        let letters: Vec<char> = text.chars().collect();
        letters
            .chunk_by(|one, other| one == other)
            .map(|run| (run[0], run.len()))
            .collect::<Vec<_>>()
    };
    let word = runs(word);
    of.iter().map(|form| runs(form)).any(|form| {
        form.len() == word.len() && form.iter().zip(&word).all(|(f, w)| f.0 == w.0 && f.1 <= w.1)
    })
}

/// Tells whether one of a phrase's forms is a word of the text, by the promise itself.
fn expected(listed: &str, text: &str) -> bool {
    let forms = forms(&plain_words(listed)[0]);
    plain_words(text).iter().any(|word| is_form(&forms, word))
}

fn by_the_rules(listed: &str, text: &str) -> bool {
    !owned(text, &grounds(vec![phrase(listed, Severity::Error)], &[])).is_empty()
}

/// The older way, which ruling C-11 is about.
fn by_substring(listed: &str, text: &str) -> bool {
    text.to_lowercase().contains(&listed.to_lowercase())
}

const LISTED: [&str; 12] = [
    "бот",
    "робот",
    "скидка",
    "акция",
    "вернуть",
    "возврат",
    "бесплатный",
    "звоните",
    "том",
    "рассрочка",
    "подарок",
    "касса",
];

/// Words that are forms of a listed one, hold one, or begin like one.
fn words_of_text() -> impl Strategy<Value = String> {
    let form = select(&LISTED).prop_flat_map(|word| {
        let forms: Vec<String> =
            forms(word).into_iter().filter(|form| form.chars().count() > 1).collect();
        select(forms)
    });
    prop_oneof![
        3 => form.clone(),
        2 => ("[а-я]{1,3}", form.clone()).prop_map(|(before, form)| format!("{before}{form}")),
        2 => (form, "[а-я]{1,3}").prop_map(|(form, after)| format!("{form}{after}")),
        2 => "[а-яА-Я]{2,8}",
    ]
}

/// Holds a way of finding phrases against the promise.
fn holds(find: impl Fn(&str, &str) -> bool) -> Result<(), String> {
    let texts =
        (select(&LISTED), prop::collection::vec(words_of_text(), 1..6), select(&["", "!", "."]));
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let outcome = runner.run(&texts, |(listed, words, end)| {
        let text = format!("{}{end}", words.join(" "));
        prop_assert_eq!(find(listed, &text), expected(listed, &text), "«{}» in «{}»", listed, text);
        Ok(())
    });
    outcome.map_err(|error| error.to_string())
}

#[test]
fn a_phrase_meets_whole_words_in_its_forms_and_nothing_else() {
    assert_eq!(holds(by_the_rules), Ok(()));
}

/// The sabotage of the test above.
#[test]
fn a_search_for_substrings_would_not_pass() {
    assert!(holds(by_substring).is_err());
    // Not even where it knows all forms.
    let any_form = |listed: &str, text: &str| {
        let text: String = text.chars().flat_map(folded).collect();
        forms(&plain_words(listed)[0]).iter().any(|form| text.contains(form.as_str()))
    };
    assert!(holds(any_form).is_err());
}

proptest! {
    /// Whatever is excepted, only findings that may be lifted and that it covers are gone.
    #[test]
    fn an_exception_lifts_nothing_else(
        pieces in pieces(),
        exception in select(&["бот", "вернём деньги", "ИИ", "хyйня", "возврат", "pled", "8 916 123 45 67"]),
    ) {
        let text: String = pieces.iter().map(|(found, between)| format!("{between} {found}\n")).collect();
        let own = grounds(vec![], &[exception]);
        let (before, after) = (
            findings(Channel::Review, &text, &Grounds::default()),
            findings(Channel::Review, &text, &own),
        );
        let lifted: Vec<_> = before.iter().filter(|finding| !after.contains(finding)).collect();
        for finding in lifted {
            prop_assert!(finding.rule.category.is_liftable(), "{finding:?}");
        }
        let hard = |found: &[Finding]| -> Vec<Finding> {
            found.iter().filter(|f| !f.rule.category.is_liftable()).cloned().collect()
        };
        prop_assert_eq!(hard(&before), hard(&after));
    }

    /// Any lists that are taken can be made ready and looked for in any text.
    #[test]
    fn any_phrase_can_be_looked_for(text in "(?s).{0,80}", listed in "(?s).{0,40}") {
        let guardrails = Guardrails { phrases: vec![phrase(&listed, Severity::Error)], exceptions: vec![] };
        if let Ok(guardrails) = guardrails.checked() {
            let own = Arc::new(Own::compiled(1, &guardrails));
            let found = findings(Channel::Review, &text, &Grounds { own, is_duplicate: false });
            prop_assert!(found.iter().all(|f| f.phrase.is_some() == f.place.is_some()));
        }
    }
}

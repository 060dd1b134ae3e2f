//! The rules as an operator meets them. The texts are written for these tests.

use super::*;

fn found(channel: Channel, buyer: &str, text: &str) -> Vec<Finding> {
    Policy::default().check(text, &Around { channel: Some(channel), buyer, ..Around::default() })
}

/// What blocks an answer to a review, with the words it is about.
fn blocked(text: &str) -> Vec<(Category, String)> {
    let errors = found(Channel::Review, "", text).into_iter().filter(|f| f.severity == Severity::Error);
    errors.map(|f| (f.category, f.phrase.unwrap_or_default())).collect()
}

fn is_blocked_for(category: Category, texts: &[&str]) {
    for text in texts {
        let blocked: Vec<_> = blocked(text).into_iter().map(|(category, _)| category).collect();
        assert_eq!(blocked, [category], "{text}");
    }
}

#[test]
fn words_inside_other_words_are_none() {
    for text in [
        "Спасибо за заботу о гарантии, акции и компании: наша работа — ботинки и боты-луноходы без суеты.",
        "Мы не употребляем красителей, требуем от хлебозаводов лучшего, страхуем посылки и рады команде.",
        "Себестоимость, учебник, мандарин, скипидар, оскорблять, подстраховать, потребление, ребёнок, небо.",
        "Вебинар, кабель, мебель, стебель, дебют, сабля, рубля, гребля, корабля, застрахуйте, психуют.",
    ] {
        let found = blocked(text);
        let only_boots = found.iter().all(|(category, phrase)| *category == Category::AiMention && phrase == "боты");
        assert!(only_boots, "{found:?}");
    }
}

#[test]
fn a_machine_is_not_spoken_of() {
    is_blocked_for(Category::AiMention, &[
        "Вам отвечает бот магазина.",
        "Ответ подготовил ИИ.",
        "Это написала нейросеть, простите.",
        "Наш чат-бот уже передал вопрос.",
        "Ответ сгенерирован автоматически.",
        "Так считает ChatGPT.",
        "Я виртуальный помощник магазина.",
    ]);
    assert_eq!(blocked("Наш робот-пылесос убирает тихо, спасибо за отзыв!"), []);
}

#[test]
fn disguises_are_seen_through() {
    let disguises = [
        "б0т", "bот", "6от", "б о т", "б.о.т", "б-о-т", "боооот", "𝗯𝗼𝘁", "ｂｏｔ", "б\u{200b}о\u{ad}т", "бо\u{336}т", "БОТ",
        "β0т", "ƅот",
    ];
    let missed: Vec<_> = disguises.iter().filter(|word| blocked(&format!("Вам пишет {word} магазина")).is_empty()).collect();
    assert_eq!(missed, [&"ƅот"], "a sixth letter of the table would be needed for the last");
}

#[test]
fn promises_are_for_the_chat() {
    is_blocked_for(Category::Promise, &[
        "Мы вернём вам деньги.",
        "Гарантируем замену товара.",
        "Сделаем полный возврат средств",
        "Вышлем бесплатную замену.",
        "Всё компенсируем!",
        "Деньги мы вам обязательно вернём.",
    ]);
    let in_chat = found(Channel::Chat, "", "Мы вернём вам деньги за этот заказ.");
    assert_eq!(in_chat.iter().map(|f| (f.category, f.severity)).collect::<Vec<_>>(), [(Category::Promise, Severity::Warning)]);
}

#[test]
fn nobody_is_blamed_or_sent_away() {
    is_blocked_for(Category::Blame, &[
        "Вы неправильно собрали стул.",
        "Это ваша вина.",
        "Сами виноваты, что не проверили.",
        "Вы, видимо, не так подключили провод.",
        "Надо было читать описание.",
    ]);
    is_blocked_for(Category::Dismissive, &["Обратитесь в поддержку.", "Пишите в службу поддержки маркетплейса."]);
}

#[test]
fn a_return_is_spoken_of_when_the_buyer_does() {
    let text = "Вы можете оформить возврат в личном кабинете, мы его согласуем.";
    let returns = |buyer| found(Channel::Review, buyer, text).iter().any(|f| f.category == Category::UnsolicitedReturn);
    assert!(returns("Цвет не тот, что на фото."));
    assert!(!returns("Хочу вернуть, цвет не тот."));
    assert!(!returns("Верните деньги!"));
    assert!(!returns("Пришёл сломанным."));
}

#[test]
fn nothing_is_given_for_a_review() {
    is_blocked_for(Category::Offer, &[
        "Подарим 200 рублей за отзыв с фото!",
        "За пять звёзд — промокод на скидку.",
        "Исправьте отзыв, и мы переведём вам 300 рублей.",
        "Измените, пожалуйста, оценку на пять звёзд.",
    ]);
    assert_eq!(blocked("Спасибо за отзыв! Мы рады, что подарок понравился."), []);
}

#[test]
fn abuse_is_found_in_all_its_spellings() {
    is_blocked_for(Category::Profanity, &[
        "Ну и дeрьмо вы заказали",
        "Полный п3здец с доставкой",
        "Какая х*йня эта коробка",
        "Вы и д е б и л",
        "Это же хyйня какая-то",
        "Вот бл..ть, опять",
        "Покупатель cyka",
        "Идиотский вопрос у вас",
    ]);
}

#[test]
fn contacts_are_found_and_named() {
    let rules = |text: &str| -> Vec<String> { found(Channel::Review, "", text).into_iter().filter(|f| f.category == Category::Contact).map(|f| f.rule).collect() };
    for (text, rule) in [
        ("Смотрите на https://example.ru/tovar", "contact_url"),
        ("Наш сайт magazin-pledov.ru ждёт вас", "contact_url"),
        ("Заходите на пледы.рф за скидкой", "contact_url"),
        ("Пишите на pled@example.com, ответим", "contact_email"),
        ("Пишите на pled собака мейл точка ру", "contact_email"),
        ("Звоните +7 (916) 123-45-67 до шести", "contact_phone"),
        ("Наш номер 8 916 123 45 67 всегда", "contact_phone"),
        ("Номер 89161234567 всегда доступен", "contact_phone"),
        ("Восемь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь", "contact_phone"),
        ("Напишите нам в телеграм, поможем", "contact_messenger"),
        ("Мы есть как @pled_shop, пишите", "contact_messenger"),
    ] {
        assert_eq!(rules(text), [rule], "{text}");
    }
    for text in [
        "Артикул 123456789, штрихкод 4601234567890, заказ 12345678901.",
        "Плед 150х200 см, 2 500 000 отзывов, 12.11.2026 в 10:30.",
        "Очень рады.Спасибо за отзыв.Ждём снова.",
        "Купили сыну.Дети довольны",
    ] {
        assert_eq!(rules(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_text_as_a_whole_is_judged_too() {
    let limits = Some(TextLimits { min_chars: 2, max_chars: 400 });
    let rules = |text: &str, around: Around<'_>| -> Vec<(String, Severity)> {
        Policy::default().check(text, &around).into_iter().map(|f| (f.rule, f.severity)).collect()
    };
    let of = |rule: &str, severity| vec![(rule.to_owned(), severity)];
    let around = Around { limits, ..Around::default() };
    assert_eq!(rules("Спасибо!", around), of("length_short", Severity::Warning));
    assert_eq!(rules(&"Спасибо, очень рады. ".repeat(16), around), of("length_long", Severity::Warning));
    assert_eq!(rules(&"Спасибо, очень рады. ".repeat(20), around), of("length_limit", Severity::Error));
    let text = "Спасибо, что поделились впечатлением!";
    assert_eq!(rules(text, Around { sent_lately: true, ..around }), of("duplicate", Severity::Warning));
    let templates = ["спасибо что поделились  впечатлением".to_owned()];
    assert_eq!(rules(text, Around { templates: &templates, ..around }), of("template", Severity::Warning));
}

#[test]
fn sellers_add_phrases_and_exceptions_in_any_form() {
    let own = OwnPhrases { forbidden: vec!["дешёвый аналог".to_owned()], allowed: vec!["робот".to_owned(), "чат-бот".to_owned()] };
    let policy = Policy::new(&own);
    let rules = |text: &str| -> Vec<String> { policy.check(text, &Around::default()).into_iter().map(|f| f.rule).collect() };
    assert_eq!(rules("Не сравнивайте с дешёвыми аналогами, пожалуйста"), ["own"]);
    assert_eq!(rules("Все роботы нашей марки моют пол сами"), Vec::<String>::new());
    assert_eq!(rules("Вам отвечает бот, а не человек"), ["ai_mention"]);
}

#[test]
fn a_span_is_where_the_words_stand() {
    let text = "🙂 Ё-моё, вам отвечает б\u{200b}от!";
    let found = found(Channel::Review, "", text);
    let [finding] = &found[..] else { panic!("{found:?}") };
    assert_eq!(&text[finding.span.clone().unwrap()], "б\u{200b}от");
}

proptest::proptest! {
    #[test]
    fn any_text_is_checked_and_spans_are_within(text in "(?s).{0,120}", buyer in ".{0,20}") {
        for finding in found(Channel::Review, &buyer, &text) {
            if let Some(span) = finding.span {
                assert!(text.get(span).is_some());
            }
        }
    }
}

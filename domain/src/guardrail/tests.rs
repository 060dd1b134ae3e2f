//! The rules as an operator meets them. The texts are written for these tests.

mod disguised;
mod labelled;
mod machine;
mod own;

use super::*;
use crate::policy::template;
use crate::value::{BuyerWords, Intent};

fn content(buyer: &str, product: &str) -> Content {
    let words = BuyerWords { text: buyer.to_owned(), ..BuyerWords::default() };
    let product = Product { name: product.to_owned(), ..Product::default() };
    Content { rating: Some(5), product, words: words.into() }
}

fn found(channel: Channel, buyer: &str, text: &str) -> Vec<Finding> {
    check(text, channel, &content(buyer, ""))
}

/// What blocks an answer to a review, with the words it is about.
fn blocked(text: &str) -> Vec<(Category, String)> {
    let errors =
        found(Channel::Review, "", text).into_iter().filter(|f| f.severity == Severity::Error);
    errors.map(|f| (f.rule.category, f.phrase.unwrap_or_default())).collect()
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
        let only_boots = found
            .iter()
            .all(|(category, phrase)| *category == Category::AiMention && phrase == "боты");
        assert!(only_boots, "{found:?}");
    }
}

#[test]
fn a_machine_is_not_spoken_of() {
    is_blocked_for(
        Category::AiMention,
        &[
            "Вам отвечает бот магазина.",
            "Ответ подготовил ИИ.",
            "Это написала нейросеть, простите.",
            "Наш чат-бот уже передал вопрос.",
            "Ответ сгенерирован автоматически.",
            "Так считает ChatGPT.",
            "Я виртуальный помощник магазина.",
        ],
    );
    assert_eq!(blocked("Наш робот-пылесос убирает тихо, спасибо за отзыв!"), []);
}

#[test]
fn disguises_are_seen_through() {
    let disguises = [
        "б0т",
        "bот",
        "6от",
        "б о т",
        "б.о.т",
        "б-о-т",
        "боооот",
        "𝗯𝗼𝘁",
        "ｂｏｔ",
        "б\u{200b}о\u{ad}т",
        "бо\u{336}т",
        "БОТ",
        "β0т",
        "ƅот",
    ];
    let missed: Vec<_> = disguises
        .iter()
        .filter(|word| blocked(&format!("Вам пишет {word} магазина")).is_empty())
        .collect();
    assert_eq!(missed, [&"ƅот"], "a sixth letter of the table would be needed for the last");
}

#[test]
fn promises_are_for_the_chat() {
    is_blocked_for(
        Category::Promise,
        &[
            "Мы вернём вам деньги.",
            "Гарантируем замену товара.",
            "Сделаем полный возврат средств",
            "Вышлем бесплатную замену.",
            "Всё компенсируем!",
            "Деньги мы вам обязательно вернём.",
        ],
    );
    assert_eq!(found(Channel::Chat, "", "Мы вернём вам деньги за этот заказ."), []);
}

#[test]
fn nobody_is_blamed_or_sent_away() {
    is_blocked_for(
        Category::Blame,
        &[
            "Вы неправильно собрали стул.",
            "Это ваша вина.",
            "Сами виноваты, что не проверили.",
            "Вы, видимо, не так подключили провод.",
            "Надо было читать описание.",
        ],
    );
    is_blocked_for(
        Category::Dismissive,
        &["Обратитесь в поддержку.", "Пишите в службу поддержки маркетплейса."],
    );
}

#[test]
fn a_return_is_spoken_of_when_the_buyer_does() {
    let text = "Вы можете оформить возврат в личном кабинете, мы его согласуем.";
    let returns = |buyer| {
        found(Channel::Review, buyer, text)
            .iter()
            .any(|f| f.rule.category == Category::UnsolicitedReturn)
    };
    assert!(returns("Цвет не тот, что на фото."));
    assert!(!returns("Хочу вернуть, цвет не тот."));
    assert!(!returns("Верните деньги!"));
    assert!(!returns("Пришёл сломанным."));
    assert!(!returns("Кружка с трещиной на ручке."));
    assert!(!returns("Через день он уже не включается."));
}

#[test]
fn nothing_is_given_for_a_review() {
    is_blocked_for(
        Category::Offer,
        &[
            "Подарим 200 рублей за отзыв с фото!",
            "За пять звёзд — промокод на скидку.",
            "Исправьте отзыв, и мы переведём вам 300 рублей.",
            "Измените, пожалуйста, оценку на пять звёзд.",
        ],
    );
    assert_eq!(blocked("Спасибо за отзыв! Мы рады, что подарок понравился."), []);
}

#[test]
fn abuse_is_found_in_all_its_spellings() {
    is_blocked_for(
        Category::Profanity,
        &[
            "Ну и дeрьмо вы заказали",
            "Полный п3здец с доставкой",
            "Полный 3.14здец с доставкой",
            "Какая х*йня эта коробка",
            "Вы и д е б и л",
            "Это же хyйня какая-то",
            "Вот бл..ть, опять",
            "Покупатель cyka",
            "Идиотский вопрос у вас",
        ],
    );
}

#[test]
fn contacts_are_found_and_named() {
    let rules = |text: &str| -> Vec<String> {
        found(Channel::Review, "", text)
            .into_iter()
            .filter(|f| f.rule.category == Category::Contact)
            .map(|f| f.rule.id.to_owned())
            .collect()
    };
    for (text, rule) in [
        ("Смотрите на https://example.ru/tovar", "contact_url"),
        ("Наш сайт magazin-pledov.ru ждёт вас", "contact_url"),
        ("Заходите на пледы.рф за скидкой", "contact_url"),
        ("Пишите на pled@example.com, ответим", "contact_email"),
        ("Пишите на pled собака мейл точка ру", "contact_email"),
        ("Звоните +7 (916) 123-45-67 до шести", "contact_phone"),
        ("Наш номер 8 916 123 45 67 всегда", "contact_phone"),
        ("Номер 89161234567 всегда доступен", "contact_phone"),
        (
            "Восемь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь",
            "contact_phone",
        ),
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
    let warnings = |text: &str| -> Vec<&str> {
        let found = found(Channel::Review, "", text);
        assert!(found.iter().all(|f| f.severity == Severity::Warning && f.place.is_none()));
        found.into_iter().map(|f| f.rule.id).collect()
    };
    assert_eq!(warnings(""), Vec::<&str>::new());
    assert_eq!(
        warnings(" Спасибо! \u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}\u{200b}"),
        ["length_short"]
    );
    assert_eq!(warnings(&"ё".repeat(20)), Vec::<&str>::new());
    assert_eq!(warnings(&"ё".repeat(300)), Vec::<&str>::new());
    assert_eq!(warnings(&"Спасибо, очень рады. ".repeat(16)), ["length_long"]);
    let (tone, address) = Default::default();
    let template = template::reply(Channel::Review, Some(5), Intent::Thanks, tone, address);
    assert_eq!(warnings(&template.replace(' ', "  ")), ["template"]);
    assert_eq!(warnings(&format!("{template} Анна, носите на здоровье.")), Vec::<&str>::new());
}

#[test]
fn the_product_may_be_named() {
    let rules = |text: &str, product: Product| -> Vec<&str> {
        let content = Content { product, ..content("", "") };
        check(text, Channel::Review, &content).into_iter().map(|f| f.rule.id).collect()
    };
    let named = |name: &str| Product { name: name.to_owned(), ..Product::default() };
    let robots = "Все роботы нашей марки моют пол сами";
    assert_eq!(rules(robots, named("Тряпка для пола")), ["ai_mention"]);
    assert_eq!(rules(robots, named("Робот моющий Блеск-3")), Vec::<&str>::new());
    assert_eq!(
        rules("В «Дурака» играют всей семьёй", named("Игра карточная «Дурак»")),
        Vec::<&str>::new()
    );
    // What is promised stays a promise, whatever the product is called.
    assert_eq!(
        rules("Бот магазина вернёт, а мы вернём деньги", named("Бот вернём деньги")),
        ["promise"]
    );
    let brand = Product { brand: Some("Pled.ru".to_owned()), ..Product::default() };
    assert_eq!(rules("Пледы Pled.ru всегда тёплые", brand.clone()), Vec::<&str>::new());
    assert_eq!(rules("Пледы на pledy.ru всегда тёплые", brand), ["contact_url"]);
    let brand = Product { brand: Some("Fitolux".to_owned()), ..Product::default() };
    assert_eq!(rules("Наши цветы здесь: @fitolux", brand), ["contact_messenger"]);
}

#[test]
fn the_buyer_may_say_what_the_product_is() {
    let rules = |buyer: &str, text: &str| -> Vec<&str> {
        found(Channel::Chat, buyer, text).into_iter().map(|f| f.rule.id).collect()
    };
    let robots = "Все роботы нашей марки моют пол сами";
    assert_eq!(rules("Тряпка не мокрая", robots), ["ai_mention"]);
    assert_eq!(rules("Робот не мочит тряпку", robots), Vec::<&str>::new());
    assert_eq!(rules("Робот не мочит тряпку", "Вам отвечает бот магазина"), ["ai_mention"]);
    assert_eq!(rules("Продавец дурак", "Покупатель сам дурак, видимо"), ["insult"]);
}

#[test]
fn a_long_text_of_one_sign_is_read_in_one_pass() {
    let text = format!("{}да", "3.14п".repeat(1000));
    assert_eq!(words::words(&text)[0].span, 0..text.len());
}

#[test]
fn a_place_is_where_the_words_stand() {
    let text = "🙂 Ё-моё, вам отвечает б\u{200b}от! Пишите на pled@example.com, бот ответит";
    let words =
        |place: Place| text.chars().skip(place.start).take(place.end - place.start).collect();
    let found = found(Channel::Review, "", text);
    let phrases: Vec<String> = found.iter().filter_map(|f| f.place.map(words)).collect();
    assert_eq!(phrases, ["б\u{200b}от", "pled@example.com", "бот"]);
    let told: Vec<_> = found.into_iter().filter_map(|f| f.phrase).collect();
    assert_eq!(told, phrases);
}

#[test]
fn errors_stop_a_reply_and_warnings_are_kept_with_it() {
    let of = |text: &str| Passed::with(0, found(Channel::Review, "", text));
    let short = Noted { rule: "length_short".to_owned(), place: None, listed: None };
    assert_eq!(
        of("Спасибо!"),
        Ok(Passed { version: VERSION, own_version: 0, warnings: vec![short] })
    );
    let refused = of("Вам ответил бот").unwrap_err();
    assert_eq!(
        refused.iter().map(|f| f.rule.id).collect::<Vec<_>>(),
        ["ai_mention", "length_short"]
    );
    let blamed = found(Channel::Chat, "", "Вы неправильно собрали этот стул");
    let place = Some(Place { start: 0, end: 14 });
    let warnings = vec![Noted { rule: "blame".to_owned(), place, listed: None }];
    assert_eq!(Passed::with(0, blamed), Ok(Passed { version: VERSION, own_version: 0, warnings }));
}

/// What a text is made of that has findings, and what stands between.
fn pieces() -> impl proptest::strategy::Strategy<Value = Vec<(&'static str, String)>> {
    use proptest::sample::select;

    let found = select(&[
        "б0т",
        "ИИ",
        "pled@example.com",
        "89161234567",
        "вернём деньги",
        "@pled_shop",
        "хyйня",
        "www.pled.ru",
    ]);
    proptest::collection::vec((found, "[а-яё🙂\u{200b}\u{301} ]{0,12}"), 1..6)
}

proptest::proptest! {
    #[test]
    fn any_text_is_checked(text in "(?s).{0,120}", buyer in ".{0,20}") {
        let found = found(Channel::Review, &buyer, &text);
        assert!(found.iter().all(|finding| finding.phrase.is_some() == finding.place.is_some()));
    }

    #[test]
    fn phrases_are_found_where_they_are_said_to_be(pieces in pieces()) {
        let text: String = pieces.iter().map(|(found, between)| format!("{between} {found}\n")).collect();
        let findings = found(Channel::Review, "", &text);
        let placed: Vec<_> = findings.iter().filter_map(|f| Some((f.place?, f.phrase.clone()?))).collect();
        assert!(!placed.is_empty(), "{text}");
        for (Place { start, end }, phrase) in placed {
            let words: String = text.chars().skip(start).take(end - start).collect();
            assert_eq!(phrase, words);
        }
    }

    /// The sender drops control characters and white space at the ends; that must not change what is found.
    #[test]
    fn what_is_not_sent_changes_nothing(
        before in "[ \t\u{1}\u{7f}]{0,3}",
        dropped in "[\u{7}\r\u{c}]",
        at in 0_usize..20,
    ) {
        let text = "Вам отвечает бот магазина";
        let (head, tail): (String, String) = (text.chars().take(at).collect(), text.chars().skip(at).collect());
        let rules = |text: &str| -> Vec<&str> {
            found(Channel::Review, "", text).into_iter().map(|f| f.rule.id).collect()
        };
        assert_eq!(rules(&format!("{before}{head}{dropped}{tail}\n")), rules(text));
    }
}

//! What is hidden of a text, and what stays.

use super::*;

#[test]
fn who_it_is_about_is_hidden_and_what_it_is_about_stays() {
    let mut mask = Mask::default();
    assert_eq!(mask.name("Мария"), "[ИМЯ_1]");
    let hidden = mask.hide(
        "Заказ 12345678-0001-1, звоните Марии на +7 (912) 345-67-89 или maria@example.ru. Меня зовут Гузель \
         Ахметова, ул. Ленина, д. 5, кв. 12. Карта 4276 1234 5678 9010. Курьеру Олегу спасибо! Размер 48, 2 шт.",
    );
    for told in
        ["12345678", "Мари", "912", "maria", "Гузель", "Ахметова", "Ленина", "4276", "9010", "Олег"]
    {
        assert!(!hidden.contains(told), "{told} in {hidden}");
    }
    for kept in ["Размер 48, 2 шт", "спасибо", "[ИМЯ_1]"] {
        assert!(hidden.contains(kept), "{kept} not in {hidden}");
    }
}

#[test]
fn ordinary_texts_stay_as_they_are() {
    for text in [
        "Платье село хорошо. Размер 48, рост 170, цена 1999 рублей.",
        "Хороший чайник, закипает за 3 минуты! Спасибо Вам.",
        "Вера в качество была, а пришёл брак. Роман с брендом окончен.",
        "Купила 12.05.2026, 100% хлопок, USB-C 20 Вт.",
    ] {
        assert_eq!(Mask::default().hide(text), text);
    }
}

#[test]
fn names_come_back_and_nothing_else_does() {
    let mut mask = Mask::default();
    mask.name("Анна К.");
    mask.hide("Мой телефон +7 912 345-67-89");
    assert_eq!(mask.unveiled("[ИМЯ_1], здравствуйте!").as_deref(), Some("Анна К., здравствуйте!"));
    for text in ["Позвоним на [КОНТАКТ_1].", "Как писал [ИМЯ_7]", "[СКРЫТО]", "по [НОМЕР_1]"]
    {
        assert_eq!(mask.unveiled(text), None, "{text}");
    }
}

#[test]
fn a_name_that_the_marketplace_tells_is_one_in_small_letters_too() {
    for (told, text, hidden) in [
        ("Аглая", "пишет аглая, звоните аглае", "пишет [ИМЯ_1], звоните [ИМЯ_1]"),
        ("Аглая К", "приду к обеду", "приду к обеду"),
        ("Елена", "с уважением, елена", "с уважением, [ИМЯ_1]"),
        ("Лена", "это лён, льном довольна", "это лён, льном довольна"),
    ] {
        let texts = [text.to_owned()];
        assert_eq!(super::hidden([told], &texts), [hidden], "{told}");
    }
}

#[test]
fn a_name_that_is_given_away_later_is_hidden_before_it_too() {
    let texts = ["Здравствуйте, Аглая!", "Кузьминична довольна", "Меня зовут Аглая Кузьминична"];
    let hidden = hidden([], &texts.map(str::to_owned)).join(" ");
    assert!(!hidden.contains("Аглая") && !hidden.contains("Кузьминична"), "{hidden}");
    assert!(hidden.contains("Здравствуйте, [ИМЯ_"), "{hidden}");
    let names = ["Аглая", "Ульяша"];
    let texts = ["Аглая и Ульяша, телефон 89123456789".to_owned()];
    assert_eq!(super::hidden(names, &texts), ["[ИМЯ_1] и [ИМЯ_2], телефон [КОНТАКТ_1]"]);
}

#[test]
fn what_is_others_is_hidden_for_good() {
    let text = Mask::strip("Ольга Петровна, мы позвоним по номеру 89123456789");
    assert_eq!(text, "[СКРЫТО], мы позвоним по номеру [СКРЫТО]");
}

#[test]
fn a_name_that_no_list_has_is_hidden_where_the_marketplace_told_it() {
    let told = Some("Вера К.");
    let text = "Вера, спасибо за отзыв! Кстати, вере подошёл размер 48, а не 46.";
    let hidden = Mask::strip_of(text, told);
    assert_eq!(hidden, "[СКРЫТО], спасибо за отзыв! Кстати, [СКРЫТО] подошёл размер 48, а не 46.");
    assert_eq!(Mask::strip_of(text, None), text, "that is what a word of every day is");
}

#[test]
fn another_buyers_name_is_noticed_and_what_is_said_anyway_is_not() {
    let calls = |text: &str, others: &[&str], own: &[&str]| {
        calls_any(text, others.iter().copied(), own.iter().copied())
    };
    assert!(calls("Вера, здравствуйте!", &["Вера К."], &["Мария"]));
    assert!(calls("Рады помочь, ВЕРЕ привет!", &["Вера"], &[]));
    assert!(!calls("Вера, здравствуйте!", &["Вера К."], &["Вера Петрова"]));
    assert!(!calls("Ваша вера в нас важна.", &["Вера"], &[]));
    assert!(!calls("Ваш магазин «Вера»", &["Вера"], &["Ваш магазин «Вера»"]));
    assert!(!calls("Покупатель всегда прав.", &["Покупатель"], &[]));
    assert!(!calls("К сожалению, нет.", &["Анна К."], &[]));
}

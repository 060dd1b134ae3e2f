use super::*;
use crate::value::BuyerWords;

fn review(rating: u8, text: &str) -> Analysis {
    of_words(Channel::Review, Some(rating), text)
}

fn chat(text: &str) -> Analysis {
    of_words(Channel::Chat, None, text)
}

#[test]
fn stars_decide_where_words_say_nothing() {
    for (rating, sentiment, priority) in [
        (1, Sentiment::Negative, Priority::High),
        (2, Sentiment::Negative, Priority::High),
        (3, Sentiment::Neutral, Priority::Normal),
        (4, Sentiment::Positive, Priority::Low),
        (5, Sentiment::Positive, Priority::Low),
    ] {
        let told = review(rating, "");
        assert_eq!((told.sentiment, told.priority), (sentiment, priority), "{rating}");
    }
}

#[test]
fn words_tell_what_is_wrong() {
    for (text, intent) in [
        ("Через неделю сломалась молния, брак", Intent::Defect),
        ("Чайник не включается", Intent::Defect),
        ("Прислали не тот цвет", Intent::WrongItem),
        ("В комплекте не хватает одной ножки", Intent::WrongItem),
        ("Очень долго ждала доставку, коробка вся мятая", Intent::Delivery),
        ("Маломерит, не застегивается", Intent::Sizing),
        ("Хочу вернуть товар, брак", Intent::Return),
    ] {
        assert_eq!(review(2, text).intent, intent, "{text}");
        assert_eq!(chat(text).intent, intent, "{text}");
    }
}

#[test]
fn nothing_is_found_inside_words() {
    // «брак» in «собрак…», «мал» in «малина», «рост» in «просто», «отказ» in «показать».
    for text in ["Собрака нет", "Малиновый просто красивый", "Могу показать", "Гарантии, акции"]
    {
        assert!(
            !matches!(chat(text).intent, Intent::Defect | Intent::Return | Intent::Sizing),
            "{text}"
        );
    }
}

#[test]
fn whoever_is_content_complains_of_nothing() {
    let told = review(5, "Не сломался, размер подошёл, пришёл быстро, возвращать не буду");
    assert_eq!((told.intent, told.priority), (Intent::Thanks, Priority::Low));
    assert_eq!(review(4, "Хорошо, но молния сломалась").intent, Intent::Defect);
}

#[test]
fn a_chat_about_broken_goods_comes_first() {
    assert_eq!(chat("Пришёл брак, что делать?").priority, Priority::Urgent);
    assert_eq!(chat("Когда привезут заказ?").priority, Priority::High);
    assert_eq!(chat("Спасибо большое!").priority, Priority::Low);
    assert_eq!(chat("Здравствуйте").priority, Priority::Normal);
    assert_eq!(review(1, "Брак").priority, Priority::Urgent);
}

#[test]
fn a_question_is_asked_before_buying_unless_it_is_about_something_else() {
    let question = |text: &str| of_words(Channel::Question, None, text);
    assert_eq!(question("Из чего сделан корпус?").intent, Intent::PrePurchase);
    let size = question("Какой размер взять на рост 170?");
    assert_eq!((size.intent, size.priority), (Intent::Sizing, Priority::High));
    assert_eq!(question("Сколько идёт доставка?").intent, Intent::Delivery);
}

#[test]
fn later_messages_do_not_make_an_urgent_one_less_so() {
    let both = followed_by(chat("Пришёл брак"), chat("Алло, вы тут?"));
    assert_eq!((both.intent, both.priority), (Intent::Defect, Priority::Urgent));
    let both = followed_by(chat("Здравствуйте"), chat("Пришёл брак"));
    assert_eq!((both.intent, both.priority), (Intent::Defect, Priority::Urgent));
}

#[test]
fn what_is_under_its_own_heading_counts() {
    let words =
        BuyerWords { cons: "сломалась ручка".into(), ..BuyerWords::default() };
    let content =
        Content { rating: Some(2), product: crate::value::Product::default(), words: words.into() };
    assert_eq!(of_content(Channel::Review, &content).intent, Intent::Defect);
}

#[test]
fn thanks_that_come_with_more_are_less_sure() {
    let sure = |rating, text| {
        let Analysis { intent, confidence, .. } = of_words(Channel::Review, Some(rating), text);
        (intent, confidence >= Confidence::HIGH)
    };
    assert_eq!(sure(5, "Очень тёплый плед, спасибо!"), (Intent::Thanks, true));
    assert_eq!(sure(5, ""), (Intent::Thanks, true));
    assert_eq!(sure(5, "Пришёл с браком, верните деньги"), (Intent::Thanks, false));
    assert_eq!(sure(5, "Плед хороший. Подскажите, как его стирать?"), (Intent::Thanks, false));
    assert_eq!(sure(4, "Плед хороший. Подскажите, как его стирать?"), (Intent::Thanks, false));
}

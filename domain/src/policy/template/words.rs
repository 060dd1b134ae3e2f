//! What templates say. `{вас|тебя}` is what goes with how the seller speaks to buyers.

use super::Tone;
use crate::value::{Channel, Intent};

/// Returns what follows the greeting, part by part; an empty part is none.
pub(super) fn parts(
    channel: Channel,
    rating: Option<u8>,
    intent: Intent,
    tone: Tone,
) -> [&'static str; 3] {
    match (channel, rating) {
        (Channel::Review, Some(5)) => of_five(tone),
        (Channel::Review, Some(4)) => of_four(intent, tone),
        (Channel::Review, Some(3)) => of_three(intent, tone),
        (Channel::Review, Some(..=2)) => of_few(intent, tone),
        (Channel::Review, _) => of_none(tone),
        (Channel::Question, _) => in_question(intent, tone),
        (Channel::Chat, _) => in_chat(intent, tone),
    }
}

fn of_five(tone: Tone) -> [&'static str; 3] {
    match tone {
        Tone::Formal => [
            "Благодарим {вас|тебя} за высокую оценку.",
            "Нам очень приятно, что покупка {вам|тебе} понравилась.",
            "Будем рады видеть {вас|тебя} снова!",
        ],
        Tone::Friendly => [
            "Спасибо за такую высокую оценку!",
            "Очень рады, что покупка пришлась {вам|тебе} по душе.",
            "Ждём {вас|тебя} снова!",
        ],
    }
}

fn of_four(intent: Intent, tone: Tone) -> [&'static str; 3] {
    let thanks = match tone {
        Tone::Formal => "Благодарим {вас|тебя} за оценку и за отзыв.",
        Tone::Friendly => "Спасибо за оценку и за отзыв!",
    };
    let closing = match tone {
        Tone::Formal => "{Ваше|Твоё} мнение поможет нам стать лучше.",
        Tone::Friendly => "Станем ещё лучше с {вашими|твоими} подсказками!",
    };
    [thanks, noted(intent), closing]
}

fn of_three(intent: Intent, tone: Tone) -> [&'static str; 3] {
    let thanks = match tone {
        Tone::Formal => {
            "Благодарим {вас|тебя} за отзыв. Жаль, что покупка оправдала {ваши|твои} ожидания не полностью."
        }
        Tone::Friendly => {
            "Спасибо за честный отзыв! Жаль, что покупка порадовала {вас|тебя} не во всём."
        }
    };
    let closing = match tone {
        Tone::Formal => "Передадим {ваши|твои} замечания коллегам, которые отвечают за качество.",
        Tone::Friendly => "Покажем {ваш|твой} отзыв коллегам, чтобы стать лучше.",
    };
    [thanks, noted(intent), closing]
}

fn of_few(intent: Intent, tone: Tone) -> [&'static str; 3] {
    let sorry = match tone {
        Tone::Formal => "Нам очень жаль, что покупка {вас|тебя} огорчила. Спасибо за отзыв.",
        Tone::Friendly => "Нам правда жаль, что так вышло.",
    };
    let closing = match tone {
        Tone::Formal => {
            "Разберёмся, что произошло, и передадим замечания коллегам, которые отвечают за качество."
        }
        Tone::Friendly => "Разберёмся, что произошло, и постараемся, чтобы такого не повторилось.",
    };
    [sorry, noted(intent), closing]
}

fn of_none(tone: Tone) -> [&'static str; 3] {
    match tone {
        Tone::Formal => [
            "Благодарим {вас|тебя} за отзыв о нашем товаре.",
            "",
            "Будем рады видеть {вас|тебя} снова!",
        ],
        Tone::Friendly => {
            ["Спасибо, что {поделились|делишься} впечатлением!", "", "Ждём {вас|тебя} снова!"]
        }
    }
}

/// Says that a complaint was heard.
fn noted(intent: Intent) -> &'static str {
    match intent {
        Intent::Defect => "То, что {вы пишете|ты пишешь} о качестве, проверим.",
        Intent::WrongItem => "Проверим, как собирали {ваш|твой} заказ.",
        Intent::Delivery => "О том, что доставка подвела, сообщим тем, кто за неё отвечает.",
        Intent::Sizing => "{Ваше|Твоё} замечание о размере учтём в описании.",
        Intent::Return => "Заявку по заказу можно оформить в личном кабинете маркетплейса.",
        Intent::PrePurchase | Intent::Thanks | Intent::General => "",
    }
}

fn in_question(intent: Intent, tone: Tone) -> [&'static str; 3] {
    let thanks = match tone {
        Tone::Formal => "Благодарим {вас|тебя} за вопрос.",
        Tone::Friendly => "Спасибо за вопрос!",
    };
    let about = match intent {
        Intent::Sizing => "Размеры указаны в карточке товара.",
        Intent::Delivery => "Срок доставки маркетплейс показывает при оформлении заказа.",
        Intent::Return => "Порядок по заказам указан в личном кабинете маркетплейса.",
        Intent::Defect | Intent::WrongItem => "Жаль, что с товаром что-то не так.",
        Intent::PrePurchase | Intent::Thanks | Intent::General => "",
    };
    let closing = match tone {
        Tone::Formal => "Уточним и дадим {вам|тебе} ответ.",
        Tone::Friendly => "Сейчас всё уточним и ответим {вам|тебе}.",
    };
    [thanks, about, closing]
}

fn in_chat(intent: Intent, tone: Tone) -> [&'static str; 3] {
    let thanks = match tone {
        Tone::Formal => "Благодарим {вас|тебя} за обращение.",
        Tone::Friendly => "Спасибо за сообщение!",
    };
    let (about, closing) = match intent {
        Intent::Defect => (
            "Жаль, что с товаром что-то не так.",
            "{Пришлите|Пришли}, пожалуйста, фото, на котором это видно: посмотрим и подскажем, что делать.",
        ),
        Intent::WrongItem => (
            "Жаль, что в заказе оказалось не то.",
            "{Пришлите|Пришли}, пожалуйста, фото товара и упаковки: проверим и подскажем, что делать.",
        ),
        Intent::Delivery => {
            ("Проверим, где сейчас {ваш|твой} заказ,", "и напишем {вам|тебе} здесь.")
        }
        Intent::Sizing => (
            "Поможем с размером:",
            "{напишите|напиши}, пожалуйста, какой размер {вы носите|ты носишь} обычно.",
        ),
        Intent::Return => (
            "Поможем разобраться.",
            "Заявку можно оформить в личном кабинете маркетплейса, а вопросы по ней {задайте|задай} здесь.",
        ),
        Intent::Thanks => ("Нам очень приятно!", "Будем рады видеть {вас|тебя} снова."),
        Intent::PrePurchase | Intent::General => ("Уточним и ответим {вам|тебе} здесь.", ""),
    };
    [thanks, about, closing]
}

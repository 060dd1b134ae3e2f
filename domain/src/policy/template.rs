//! Reply templates by channel and rating: what an operator starts from where no better draft exists (F107).

use crate::value::Channel;

/// Returns a template for an answer in `channel`; of stars only reviews have any.
///
/// The wording keeps the rules for replies: it promises nothing, blames nobody and names no contacts.
#[must_use]
pub fn for_channel(channel: Channel, rating: Option<u8>) -> &'static str {
    match channel {
        Channel::Review => for_review(rating),
        Channel::Question => "Здравствуйте! Спасибо за ваш вопрос.",
        Channel::Chat => "Здравствуйте! Спасибо, что написали нам.",
    }
}

/// Returns a template for an answer to a review with `rating` stars (1…5), or without stars.
fn for_review(rating: Option<u8>) -> &'static str {
    match rating {
        Some(5) => {
            "Здравствуйте! Благодарим вас за высокую оценку. Нам очень приятно, что покупка вам понравилась. \
             Будем рады видеть вас снова!"
        }
        Some(4) => {
            "Здравствуйте! Спасибо за вашу оценку и за то, что нашли время написать отзыв. \
             Если что-то можно сделать лучше, расскажите нам об этом: мы учтём ваше мнение."
        }
        Some(3) => {
            "Здравствуйте! Спасибо за отзыв. Жаль, что покупка оправдала ваши ожидания не полностью. \
             Мы передадим ваши замечания коллегам, которые отвечают за качество товара."
        }
        Some(1 | 2) => {
            "Здравствуйте! Нам очень жаль, что покупка вас огорчила. Спасибо, что рассказали об этом: \
             мы разберёмся, что произошло, и передадим ваши замечания коллегам, которые отвечают за качество товара."
        }
        Some(_) | None => {
            "Здравствуйте! Спасибо, что выбрали наш товар и нашли время поделиться впечатлением."
        }
    }
}

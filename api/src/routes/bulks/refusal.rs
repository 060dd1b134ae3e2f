//! Why an item of a bulk gets no reply, in the user's words.

use domain::bulk::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

/// Why an item gets no reply, or why its reply did not go out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// By a name that stays.
    #[schema(example = "already_answered")]
    pub(super) code: String,
    /// In the user's words.
    pub(super) message: &'static str,
}

impl From<Refusal> for Reason {
    fn from(refusal: Refusal) -> Self {
        Self { code: <&str>::from(refusal).to_owned(), message: message(refusal) }
    }
}

impl Reason {
    /// Says why a reply that was asked for is not at the marketplace.
    pub(super) fn of_reply(code: String) -> Self {
        Self { message: crate::reply::message(&code), code }
    }
}

fn message(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Blocked => "Текст не проходит проверку.",
        Refusal::TextTooShort => "Текст короче, чем принимает площадка.",
        Refusal::TextTooLong => "Текст длиннее, чем принимает площадка.",
        Refusal::NoDraft => "Черновика нет.",
        Refusal::DraftChanged => "Черновик уже другой, прочтите новый.",
        Refusal::DraftOutdated => {
            "Черновик устарел: он уже отправлен или написан до последних изменений."
        }
        Refusal::Changed => "Обращение изменилось, пока вы смотрели.",
        Refusal::AlreadyAnswered => "На обращение уже есть ответ.",
        Refusal::ReplyInFlight => "Предыдущий ответ ещё в пути или его исход пока не известен.",
        Refusal::InDoubt => "Дошёл ли прошлый ответ, неизвестно: решите это у самого обращения.",
        Refusal::ReplyHeld => "Отложенный ответ ждёт своего времени.",
        Refusal::QuestionRejected => "Вопрос отклонён.",
        Refusal::ChatClosed => "Площадка закрыла этот чат.",
        Refusal::WindowClosed => "Время для ответа в этом чате вышло.",
        Refusal::BuyerErased => "Данные покупателя удалены.",
        Refusal::AccessLost => "Площадка не принимает ключ кабинета.",
        Refusal::NoRight => "Ключ кабинета не даёт права отвечать здесь.",
        Refusal::ClosedByPlan => "Отвечать в этом разделе не позволяет тариф продавца на площадке.",
        Refusal::Stopped => "Отправку остановили раньше.",
        Refusal::Unreadable => "Обращение не удалось прочесть.",
    }
}

//! Events in a few words.

use domain::Recorded;
use domain::interaction::{CancelReason, InteractionEvent, ReplyKind};
use domain::value::MessageAuthor;

/// Names an event in a few words.
pub(crate) fn title(recorded: &Recorded) -> &'static str {
    // What a later release says as nothing any more has no words of its own.
    recorded.of_interaction().next().map_or("Событие прежней версии", title_of)
}

fn title_of(event: &InteractionEvent) -> &'static str {
    match event {
        InteractionEvent::Ingested { .. } => "Обращение получено",
        InteractionEvent::ContentRevised { .. } => "Покупатель изменил обращение",
        InteractionEvent::Linked { links } => match links.parent {
            Some(_) => "Это дополнение к отзыву",
            None => "Покупатель дополнил отзыв",
        },
        InteractionEvent::Closed { .. } => "Площадка закрыла обращение",
        InteractionEvent::DraftRequested { .. } => "Запрошен черновик",
        InteractionEvent::DraftProposed { .. } => "Предложен черновик",
        InteractionEvent::DraftDismissed { .. } => "Черновик отклонён",
        InteractionEvent::ReplyRequested { automation: Some(_), .. } => {
            "Ответ уходит сам, по правилам продавца"
        }
        InteractionEvent::ReplyRequested { bulk_id, held_until: Some(_), .. } => match bulk_id {
            Some(_) => "Ответ из массовой отправки отложен",
            None => "Ответ отложен",
        },
        InteractionEvent::ReplyRequested { bulk_id: Some(_), .. } => {
            "Ответ из массовой отправки поставлен на отправку"
        }
        InteractionEvent::ReplyRequested { .. } => "Ответ поставлен на отправку",
        InteractionEvent::ReplyReleased { .. } => "Отложенное пошло на отправку",
        InteractionEvent::ReplyCancelled { reason, .. } => match reason {
            CancelReason::ByPerson => "Отправка отменена",
            CancelReason::BuyerWrote => "Отложенное отменено: покупатель написал ещё",
            CancelReason::AnsweredElsewhere => "Отложенное отменено: ответили не из AgentIQ",
            CancelReason::ChatClosed => "Отложенное отменено: площадка закрыла чат",
            CancelReason::BuyerErased => "Отложенное отменено: данные покупателя стёрты",
            CancelReason::AutomationStopped => "Отложенное отменено: автоматика остановлена",
        },
        InteractionEvent::ReplyRefused { kind: ReplyKind::Edit, .. } => "Правка не прошла проверку",
        InteractionEvent::ReplyRefused { .. } => "Ответ не прошёл проверку",
        InteractionEvent::ReplyMarkedSent { .. } => "Человек отметил: ответ дошёл",
        InteractionEvent::ReplyRetryRequested { .. } => {
            "Человек решил: ответ не дошёл, отправить снова"
        }
        InteractionEvent::ReplyEditRequested { .. } => "Правка поставлена на отправку",
        InteractionEvent::RejectionRequested { .. } => "Отклонение вопроса поставлено на отправку",
        InteractionEvent::RejectionSent { .. } => "Площадка приняла отклонение вопроса",
        InteractionEvent::RejectionConfirmed { .. } => "Вопрос отклонён",
        InteractionEvent::ReplySent { .. } => "Площадка приняла ответ",
        InteractionEvent::ReplyEdited { .. } => "Площадка приняла правку",
        InteractionEvent::ReplyOutcomeUnknown { .. } => "Исход отправки неизвестен",
        InteractionEvent::ReplyConfirmedAbsent { .. } => "Проверено: ответ не дошёл",
        InteractionEvent::ReplySendFailed { .. } => "Ответ не отправлен",
        InteractionEvent::ReplyEditFailed { .. } => "Правка не отправлена",
        InteractionEvent::ReplyPublished { .. } => "Ответ опубликован",
        InteractionEvent::ReplyModerationFailed { .. } => "Модерация отклонила текст",
        InteractionEvent::ReplyObserved { .. } => "Замечен ответ не из AgentIQ",
        InteractionEvent::MessageReceived { message, .. } => match message.author {
            MessageAuthor::Buyer => "Сообщение покупателя",
            MessageAuthor::Seller => "Сообщение продавца",
            MessageAuthor::Marketplace => "Сообщение площадки",
        },
        InteractionEvent::Reopened => "Площадка снова открыла чат",
        InteractionEvent::DeadlineSet { .. } => "Назначен срок ответа",
        InteractionEvent::SlaEscalated { .. } => "Срок ответа подходит, обращение стало срочным",
        InteractionEvent::SlaBreached { .. } => "Срок ответа прошёл, ответа нет",
        InteractionEvent::Viewed => "Обращение просмотрено",
        InteractionEvent::BuyerErased { .. } => "Данные покупателя стёрты",
    }
}

//! How an interaction stands, in a sentence or two: what is, and what happens next.

use domain::interaction::CloseReason;
use projections::inbox::InboxRow;
use projections::reply_history::ReplyRow;

use crate::reply::message;

const HELD: &str =
    "Ответ отложен и ещё не отправлен. Уйдёт в назначенное время; до этого его можно отменить.";

/// Says how an interaction stands. `reply` is the newest version of its reply, `closed` why the marketplace closed it.
pub(super) fn summary(
    row: &InboxRow,
    reply: Option<&ReplyRow>,
    closed: Option<CloseReason>,
) -> String {
    match row.status.as_str() {
        "waiting" => waiting(reply),
        "held" => HELD.to_owned(),
        "replying" => replying(reply),
        "responded" => responded(row, reply),
        "failed" => format!("Нужен человек. {}", reply.map_or("", reason)),
        _ => closed
            .map_or("Площадка считает обращение обработанным, ответ не требуется.", why_closed)
            .to_owned(),
    }
}

fn waiting(reply: Option<&ReplyRow>) -> String {
    match reply.filter(|reply| reply.state == "cancelled") {
        Some(cancelled) => {
            format!("Ждёт ответа: отложенный ответ не отправлен. {}", reason(cancelled))
        }
        None => "Ждёт ответа: на последние слова покупателя никто не ответил.".to_owned(),
    }
}

fn replying(reply: Option<&ReplyRow>) -> String {
    let Some(reply) = reply else { return "Ответ в пути.".to_owned() };
    match (reply.state.as_str(), reply.failure.is_some()) {
        ("unknown", _) => {
            format!("{} Проверяем чтением у площадки; вслепую ничего не повторяем.", reason(reply))
        }
        (_, true) => format!("{} Повторим сами по расписанию.", reason(reply)),
        _ => "Ответ поставлен на отправку, площадка ещё не ответила.".to_owned(),
    }
}

fn responded(row: &InboxRow, reply: Option<&ReplyRow>) -> String {
    let Some(reply) = reply else {
        return "Ответ стоит на площадке.".to_owned();
    };
    let is_message = row.channel == "chat";
    match (reply.kind.as_str(), reply.state.as_str()) {
        ("observed", _) => "Отвечено не из AgentIQ: ответ увидели на площадке.".to_owned(),
        (_, "published") if is_message => "Сообщение доставлено: его увидели в чате.".to_owned(),
        (_, "published") => "Ответ опубликован: его увидели на площадке.".to_owned(),
        (_, "sent") => "Площадка приняла ответ; увидим его на площадке — отметим.".to_owned(),
        ("edit", "failed" | "rejected") => {
            format!("Ответ стоит на площадке, но правка не прошла. {}", reason(reply))
        }
        ("edit", "cancelled") => {
            format!("Ответ стоит на площадке, отложенная правка не отправлена. {}", reason(reply))
        }
        _ => "Ответ стоит на площадке.".to_owned(),
    }
}

fn why_closed(reason: CloseReason) -> &'static str {
    match reason {
        CloseReason::ProcessedByMarketplace => {
            "Площадка считает обращение обработанным, ответ не требуется."
        }
        CloseReason::ChatClosed => "Площадка закрыла чат: писать в него больше нельзя.",
        CloseReason::RejectedElsewhere => {
            "Вопрос отклонён в кабинете площадки, ответ не требуется."
        }
        CloseReason::BuyerErased => "Данные покупателя удалены: ответить отсюда больше нельзя.",
    }
}

/// What became of a version, in words.
fn reason(reply: &ReplyRow) -> &'static str {
    reply.failure.as_deref().map_or("", message)
}

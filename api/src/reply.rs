//! One version of a reply as the API shows it, from the read model or, for whoever has just asked for it, from its
//! stream.

mod evidence;
mod fold;
mod outcome;
mod timing;

use chrono::{DateTime, Utc};
use domain::TenantId;
use domain::automation::ACTOR;
use domain::interaction::SendFailure;
use projections::lineage;
use projections::reply_history::ReplyRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use evidence::{Attempt, attempts};
pub(crate) use fold::Standing;
pub(crate) use outcome::{Outcome, standing_of, wait_for_outcome};
pub(crate) use timing::Wish;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::words::{DraftOutcome, DraftSource, ReplyKind, ReplyState, StoppedBy};

/// One version of a reply.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Reply {
    pub(crate) reply_id: Uuid,
    #[schema(value_type = ReplyKind)]
    kind: String,
    #[schema(value_type = ReplyState)]
    state: String,
    /// Empty when there are only files, and when the buyer's data was erased.
    text: String,
    /// What it carries; empty when the buyer's data was erased.
    files: Vec<ReplyFile>,
    /// When it was asked for, or seen.
    requested_at: DateTime<Utc>,
    /// Who asked: `user:<id>` or `system:<part>`.
    requested_by: Option<String>,
    /// Until when it can be taken back; none once it is out, or was never held.
    held_until: Option<DateTime<Utc>>,
    /// When the marketplace accepted it.
    sent_at: Option<DateTime<Utc>>,
    /// When it was seen published.
    published_at: Option<DateTime<Utc>>,
    /// Attempts whose outcome is recorded.
    attempts: i32,
    /// What became of the last attempt, where it did not succeed, or why it was taken back.
    failure: Option<Failure>,
    /// Why nobody looks any more whether an accepted version was published, in the user's words; none while it is
    /// looked for, and once it is known.
    unfollowed: Option<&'static str>,
    /// What keeps it from going out for now; none while nothing does, and once it is out.
    stopped_by: Option<StoppedBy>,
    /// Whether reading could not tell if it stands at the marketplace, so that a person is asked.
    in_doubt: bool,
    /// The bulk that it is a part of; none where it was asked for alone.
    bulk_id: Option<Uuid>,
    /// Whether nobody asked for it but the seller's rules.
    automatic: bool,
    /// How it came about; told in the reply's history alone, of answers that were asked for here.
    lineage: Option<ReplyLineage>,
}

/// How a reply came about.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ReplyLineage {
    #[schema(value_type = DraftOutcome)]
    outcome: String,
    /// The draft that it was measured against; none where there was none.
    draft_id: Option<Uuid>,
    /// Who wrote that draft.
    #[schema(value_type = Option<DraftSource>)]
    source: Option<String>,
    /// The model that did.
    model: Option<String>,
    /// The version of the words that the model was asked with.
    prompt_version: Option<i32>,
    /// The share of characters that the reply changed in the draft, in per cent.
    #[schema(minimum = 0, maximum = 100)]
    changed_percent: Option<f64>,
}

/// A file that a reply carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ReplyFile {
    file_id: Uuid,
    name: String,
    /// Whether it is a picture.
    is_image: bool,
    size_bytes: u64,
}

/// Why an attempt did not succeed, or why its outcome is not known.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// Stable name of the reason.
    code: String,
    /// The reason in the user's words.
    message: String,
    /// The marketplace's own words.
    marketplace_text: Option<String>,
    /// When the next attempt is due; none when a person must act.
    retry_at: Option<DateTime<Utc>>,
}

impl From<ReplyRow> for Reply {
    fn from(row: ReplyRow) -> Self {
        let failure = row.failure.map(|code| Failure {
            message: message(&code).to_owned(),
            code,
            marketplace_text: row.marketplace_text,
            retry_at: row.retry_at,
        });
        let in_doubt = row.state == "failed"
            && failure.as_ref().is_some_and(|failure| leaves_doubt(&failure.code));
        // Our own text is gone only when the buyer was erased.
        let unfollowed = (row.state == "sent" && row.text.is_none()).then_some(UNFOLLOWED);
        let automatic = row.requested_by.as_deref() == Some(&*format!("system:{ACTOR}"));
        Self {
            reply_id: row.reply_id,
            kind: row.kind,
            state: row.state,
            text: row.text.unwrap_or_default(),
            files: serde_json::from_value(row.files).unwrap_or_default(),
            requested_at: row.requested_at,
            requested_by: row.requested_by,
            held_until: row.held_until,
            sent_at: row.sent_at,
            published_at: row.published_at,
            attempts: row.attempts,
            failure,
            unfollowed,
            stopped_by: None,
            in_doubt,
            bulk_id: row.bulk_id,
            automatic,
            lineage: None,
        }
    }
}

/// Says of those replies how they came about of which that is known.
pub(crate) fn with_lineage(
    mut replies: Vec<Reply>,
    known: Vec<lineage::ReplyLineage>,
) -> Vec<Reply> {
    for known in known {
        if let Some(reply) = replies.iter_mut().find(|reply| reply.reply_id == known.reply_id) {
            reply.lineage = Some(ReplyLineage {
                outcome: known.outcome,
                draft_id: known.draft_id,
                source: known.source,
                model: known.model,
                prompt_version: known.prompt_version,
                changed_percent: known.changed.map(percent),
            });
        }
    }
    replies
}

/// Shows thousandths as per cent.
pub(crate) fn percent(thousandths: i16) -> f64 {
    f64::from(thousandths) / 10.0
}

/// Says of those replies that are to go out what keeps them from that at this moment.
pub(crate) async fn with_stop(
    app: &App,
    tenant: TenantId,
    mut replies: Vec<Reply>,
) -> Result<Vec<Reply>, ApiError> {
    if !replies.iter().any(Reply::is_to_go_out) {
        return Ok(replies);
    }
    let stopped_by = app.commands.sending_stopped_by(&app.db, tenant).await?;
    for reply in replies.iter_mut().filter(|reply| reply.is_to_go_out()) {
        reply.stopped_by = stopped_by.map(StoppedBy::from);
    }
    Ok(replies)
}

impl Reply {
    fn is_to_go_out(&self) -> bool {
        matches!(self.state.as_str(), "held" | "sending")
    }
}

fn leaves_doubt(code: &str) -> bool {
    code.parse::<SendFailure>().is_ok_and(SendFailure::leaves_doubt)
}

const UNFOLLOWED: &str = "Подтверждение больше не отслеживается: данные покупателя удалены, а с ними и текст, по \
    которому ответ узнают на площадке.";

/// Says in the user's words why an attempt did not succeed.
pub(crate) fn message(code: &str) -> &'static str {
    match code {
        "unavailable" => "Площадка не отвечает.",
        "unauthorized" => "Площадка не приняла ключ кабинета.",
        "no_right" => "Ключ кабинета не даёт права отвечать здесь.",
        "closed_by_plan" => "Отвечать в этом разделе не позволяет тариф продавца на площадке.",
        "payment_required" => "Площадка требует оплатить доступ.",
        "bad_request" => "Площадка отказалась принять ответ.",
        "not_found" => "Площадка больше не знает этого обращения.",
        "by_person" => "Отправку отменили.",
        "buyer_wrote" => "Покупатель написал ещё, прочтите новое перед ответом.",
        "automation_stopped" => "Автоматические ответы остановлены: ответ не ушёл.",
        "chat_closed" => "Площадка закрыла этот чат.",
        "buyer_erased" => "Данные покупателя удалены, а с ними и текст ответа.",
        "answered_elsewhere" => "На обращение уже ответили в кабинете площадки.",
        "not_published" => "Площадка приняла ответ, но не показала его за отведённое время.",
        "never_arrived" => {
            "Ответ отправляли несколько раз, и каждый раз его на площадке не находили."
        }
        "unprovable" => {
            "Дошёл ли ответ, неизвестно: за сутки площадка не показала того, где его можно увидеть."
        }
        "erased" => "Данные покупателя удалены, а с ними и текст ответа.",
        "file_gone" => "Приложенный файл больше не хранится здесь: приложите его снова.",
        "timeout" => "Площадка не ответила вовремя: неизвестно, дошёл ли ответ.",
        "connection_lost" => "Связь с площадкой оборвалась: неизвестно, дошёл ли ответ.",
        "marketplace_error" => "У площадки произошла ошибка: неизвестно, дошёл ли ответ.",
        "malformed_answer" => "Площадка ответила непонятно: неизвестно, дошёл ли ответ.",
        "sender_lost" => "Отправка прервалась: неизвестно, дошёл ли ответ.",
        "draft_edited" => "Черновики отправили с большой правкой.",
        "draft_rewritten" => "Вместо черновиков отправили другой текст.",
        "draft_dismissed" => "Черновики отклонили.",
        "model_ends" => "Поставщик отключит языковую модель, которая пишет черновики.",
        "model_unknown" => "У поставщика нет языковой модели, которая пишет черновики.",
        "read_models_late" => "Разделы консоли отстают от событий.",
        "left_out" => "Есть обращения, события которых не удалось учесть.",
        "expired" => "Срок ключа кабинета закончился.",
        "wildberries" => "Wildberries.",
        "ozon" => "Ozon.",
        "yandex_market" => "Яндекс Маркет.",
        // Moderation's own codes.
        _ => "Модерация площадки отклонила текст.",
    }
}

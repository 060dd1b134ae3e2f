//! What may be done with an interaction, and why not, as the API tells it before anybody tries.

use chrono::{DateTime, Utc};
use domain::interaction::{Interaction as Aggregate, InteractionError};
use domain::value::{FileRules, TextLimits};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// Of an interaction that was never ingested, to which nothing can be written; none is ever shown.
const NO_LIMITS: TextLimits = TextLimits { min_chars: 0, max_chars: 0 };

/// How long a reply may be, in characters.
#[derive(Serialize, ToSchema)]
pub(crate) struct Limits {
    min_chars: usize,
    max_chars: usize,
    /// Which files it may carry; none where it carries none.
    files: Option<FileLimits>,
}

/// Which files a reply may carry.
#[derive(Serialize, ToSchema)]
struct FileLimits {
    /// Their media types.
    types: Vec<&'static str>,
    /// Greatest size of one.
    size_bytes_max: u64,
    /// Greatest size of all together.
    total_bytes_max: u64,
    /// Most at once.
    count_max: usize,
    /// Whether words may go with them; otherwise each is a message of its own.
    with_text: bool,
}

/// Whether an answer, or a rejection, may be sent.
#[derive(Serialize, ToSchema)]
pub(crate) struct CanAnswer {
    allowed: bool,
    /// The code of the problem that an attempt would meet.
    code: Option<&'static str>,
    /// Why not.
    reason: Option<&'static str>,
}

/// Whether the answer may be edited.
#[derive(Serialize, ToSchema)]
pub(crate) struct CanEdit {
    allowed: bool,
    /// The code of the problem that an attempt would meet.
    code: Option<&'static str>,
    /// Why not.
    reason: Option<&'static str>,
    /// Until when; none when no answer of ours stands.
    until: Option<DateTime<Utc>>,
}

impl Limits {
    pub(super) fn of(aggregate: &Aggregate) -> Self {
        // What is shown was ingested.
        let (limits, files) =
            aggregate.capabilities().map_or((NO_LIMITS, None), |may| (may.limits, may.files));
        let TextLimits { min_chars, max_chars } = limits;
        Self { min_chars, max_chars, files: files.map(FileLimits::from) }
    }
}

impl From<FileRules> for FileLimits {
    fn from(rules: FileRules) -> Self {
        Self {
            types: rules.kinds.iter().map(|kind| kind.media_type()).collect(),
            size_bytes_max: rules.size_bytes_max,
            total_bytes_max: rules.total_bytes_max,
            count_max: rules.count_max,
            with_text: rules.with_text,
        }
    }
}

impl CanAnswer {
    /// None where the marketplace has no rejection.
    pub(super) fn to_reject(aggregate: &Aggregate) -> Option<Self> {
        match aggregate.may_reject() {
            Err(InteractionError::RejectionNotOffered) => None,
            other => Some(Self::new(other.err())),
        }
    }

    pub(super) fn new(refused: Option<InteractionError>) -> Self {
        let allowed = refused.is_none();
        let (code, reason) = refused.map(refusal).unzip();
        Self { allowed, code, reason }
    }
}

impl CanEdit {
    pub(super) fn new(refused: Option<InteractionError>, until: Option<DateTime<Utc>>) -> Self {
        let allowed = refused.is_none();
        let (code, reason) = refused.map(refusal).unzip();
        Self { allowed, code, reason, until }
    }
}

/// Why a rule refuses, as the console shows it beside the disabled button.
fn refusal(rule: InteractionError) -> (&'static str, &'static str) {
    let code = ApiError::from(rule.clone()).code();
    let reason = match rule {
        InteractionError::Unknown
        | InteractionError::Text(_)
        | InteractionError::Guardrails(_)
        | InteractionError::File(_)
        | InteractionError::ReplyCancelled
        | InteractionError::TooLate
        | InteractionError::NoSuchReply
        | InteractionError::NotInDoubt
        | InteractionError::NoSuchDraft
        | InteractionError::Changed
        | InteractionError::Reference => "Сейчас это невозможно.",
        InteractionError::BuyerErased => "Данные покупателя удалены.",
        InteractionError::ReplyInFlight => {
            "Предыдущий ответ ещё в пути или его исход пока не известен."
        }
        InteractionError::ReplyHeld => {
            "Отложенный ответ ждёт своего времени: отправьте его сейчас или отмените."
        }
        InteractionError::AlreadyAnswered => "На обращение уже есть ответ.",
        InteractionError::ChatClosed => "Площадка закрыла этот чат.",
        InteractionError::RejectionNotOffered => "Площадка не даёт отклонить это обращение.",
        InteractionError::NothingToReject => "Отклонять нечего: ответ уже не нужен.",
        InteractionError::QuestionRejected => "Вопрос отклонён.",
        InteractionError::NothingToEdit => "Здесь нет отправленного отсюда ответа.",
        InteractionError::EditNotOffered => "Площадка не даёт редактировать отправленный ответ.",
        InteractionError::EditSpent => "Ответ можно отредактировать только один раз.",
        InteractionError::EditWindowClosed => "Прошло больше 60 дней после ответа.",
    };
    (code.as_str(), reason)
}

//! What failures of the inner crates mean to whoever asked.

mod sla;

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use commands::CommandError;
use commands::attachment::{AttachmentError, WAITING_MAX};
use domain::automation::{
    AutomationError, HOLD_SECONDS_MAX as AUTOMATIC_HOLD_SECONDS_MAX, HOLD_SECONDS_MIN, PER_DAY_MAX,
    PER_HOUR_MAX, PILOT_HOLD_SECONDS_MIN, PILOT_PER_DAY_MAX, PILOT_PER_HOUR_MAX,
};
use domain::bulk::{BulkError, ITEMS_MAX, TEXT_CHARS_MAX};
use domain::drafting::{
    BATCH_SIZE_MAX, DAILY_BUDGET_MICRO_USD_MAX, DAILY_LIMIT_MAX, DELAY_MS_MAX, DraftingError,
    ENTRIES_MAX, ENTRY_CHARS_MAX, SIGNATURE_CHARS_MAX,
};
use domain::guardrail::{
    Fault, GuardrailsError, INSTEAD_CHARS_MAX, List, PHRASE_CHARS_MAX, PHRASE_WORDS_MAX,
};
use domain::interaction::{InteractionError, REFERENCE_CHARS_MAX};
use domain::knowledge::{self, ItemError, KnowledgeError};
use domain::seller::{
    HOLD_SECONDS_MAX, PENDING_WINDOW_MINUTES_MAX, STOP_REASON_CHARS_MAX, SellerError,
};
use domain::value::{FileError, TextError};
use eventlog::{KeyError, LogError};
use projections::backtests::BacktestError;
use projections::feed::FeedError;
use projections::past::PastError;

use super::{ApiError, Code};
use crate::guardrail::Found;

/// When trying again makes sense after a conflict: another writer needs milliseconds.
const AFTER_CONTENTION: Duration = Duration::from_secs(1);

/// When trying again makes sense while the database is away: a restart of it takes seconds.
const AFTER_OUTAGE: Duration = Duration::from_secs(5);

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        let code = if is_outage(&error) { Code::DatabaseUnavailable } else { Code::Internal };
        let refused = Self::new(code).because(error);
        if code == Code::DatabaseUnavailable { refused.retry_after(AFTER_OUTAGE) } else { refused }
    }
}

impl From<anyhow::Error> for ApiError {
    /// Whatever it is, it is ours; only that the database is away is worth telling apart.
    fn from(error: anyhow::Error) -> Self {
        let outage = |cause: &(dyn StdError + 'static)| {
            let shared = cause.downcast_ref::<Arc<sqlx::Error>>().map(AsRef::as_ref);
            cause.downcast_ref::<sqlx::Error>().or(shared).is_some_and(is_outage)
        };
        if error.chain().any(outage) {
            Self::new(Code::DatabaseUnavailable).retry_after(AFTER_OUTAGE).because(error)
        } else {
            Self::new(Code::Internal).because(error)
        }
    }
}

/// Tells whether the database is away, rather than asked something wrong.
fn is_outage(error: &sqlx::Error) -> bool {
    let is_away = matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
    );
    // Connection exceptions, lack of resources, shutdown and start-up, a statement that took too long or waited too
    // long for a lock, and a server that takes no writes for now, or a database that takes no connections.
    let says_so = error.as_database_error().and_then(|error| error.code()).is_some_and(|code| {
        matches!(code.get(..2), Some("08" | "53" | "57"))
            || matches!(&*code, "55P03" | "25006" | "55000")
    });
    is_away || says_so
}

impl From<LogError> for ApiError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "whatever else fails is ours to mend")]
    fn from(error: LogError) -> Self {
        match error {
            LogError::Database(cause) if is_outage(&cause) => {
                Self::new(Code::DatabaseUnavailable).retry_after(AFTER_OUTAGE).because(cause)
            }
            LogError::OutcomeUnknown(_) => {
                Self::new(Code::DatabaseUnavailable).retry_after(AFTER_OUTAGE).because(error)
            }
            LogError::Archived { .. } | LogError::ArchiveDamaged { .. } => {
                Self::new(Code::HistoryArchived).because(error)
            }
            LogError::Draining => Self::new(Code::Stopping).retry_after(AFTER_OUTAGE),
            LogError::Overloaded => Self::new(Code::Overloaded).retry_after(AFTER_CONTENTION),
            LogError::Key(KeyError::Database(cause)) if is_outage(&cause) => {
                Self::new(Code::DatabaseUnavailable).retry_after(AFTER_OUTAGE).because(cause)
            }
            other => Self::new(Code::Internal).because(other),
        }
    }
}

impl From<FeedError> for ApiError {
    fn from(error: FeedError) -> Self {
        match error {
            FeedError::Gone { .. } => Self::new(Code::CursorGone),
            FeedError::Log(error) => error.into(),
        }
    }
}

impl From<BacktestError> for ApiError {
    fn from(error: BacktestError) -> Self {
        match error {
            BacktestError::Log(error) => error.into(),
            BacktestError::Database(error) => error.into(),
        }
    }
}

impl From<PastError> for ApiError {
    fn from(error: PastError) -> Self {
        match error {
            PastError::TooMany { events, limits } => Self::new(Code::PastTooLong).detail(format!(
                "К указанному моменту событий {events} (больше {}), и с тех пор изменилось больше {} обращений.",
                limits.events_max, limits.changed_max
            )),
            PastError::Failed(error) => error.into(),
        }
    }
}

impl<E> From<CommandError<E>> for ApiError
where
    E: StdError + Send + Sync + 'static,
    Self: From<E>,
{
    fn from(error: CommandError<E>) -> Self {
        match error {
            CommandError::Rejected(rule) => rule.into(),
            CommandError::Contended => Self::new(Code::Contended).retry_after(AFTER_CONTENTION),
            CommandError::Log(error) => error.into(),
            CommandError::Events(cause) => {
                Self::new(Code::Internal).because(anyhow::Error::from_boxed(cause))
            }
        }
    }
}

impl From<InteractionError> for ApiError {
    fn from(rule: InteractionError) -> Self {
        match rule {
            InteractionError::Unknown => Self::new(Code::NotFound),
            InteractionError::Text(error) => error.into(),
            InteractionError::File(error) => error.into(),
            InteractionError::Guardrails(findings) => {
                let found = Found::from(findings);
                Self::new(Code::ReplyBlocked).detail(found.summary()).found(found)
            }
            InteractionError::ReplyInFlight => Self::new(Code::ReplyInFlight),
            InteractionError::ReplyHeld => Self::new(Code::ReplyHeld),
            InteractionError::ReplyCancelled => Self::new(Code::ReplyCancelled),
            InteractionError::TooLate => Self::new(Code::ReplyGone),
            InteractionError::NotInDoubt => Self::new(Code::ReplyDecided),
            InteractionError::NoSuchReply | InteractionError::NoSuchDraft => {
                Self::new(Code::NotFound)
            }
            InteractionError::Changed => Self::new(Code::InteractionChanged),
            InteractionError::AlreadyAnswered => Self::new(Code::AlreadyAnswered),
            InteractionError::RejectionNotOffered => Self::new(Code::RejectionNotOffered),
            InteractionError::NothingToReject => Self::new(Code::NothingToReject),
            InteractionError::QuestionRejected => Self::new(Code::QuestionRejected),
            InteractionError::NothingToEdit => Self::new(Code::NothingToEdit),
            InteractionError::EditNotOffered => Self::new(Code::EditNotOffered),
            InteractionError::EditSpent => Self::new(Code::EditSpent),
            InteractionError::EditWindowClosed => Self::new(Code::EditWindowClosed),
            InteractionError::ChatClosed => Self::new(Code::ChatClosed),
            InteractionError::BuyerErased => Self::new(Code::BuyerErased),
            InteractionError::Reference => Self::new(Code::InvalidBody).field(
                "reference",
                format!(
                    "до {REFERENCE_CHARS_MAX} знаков: цифры, латинские буквы и -/.№, чтобы в номере не оказалось имени"
                ),
            ),
        }
    }
}

impl From<TextError> for ApiError {
    fn from(error: TextError) -> Self {
        match error {
            TextError::TooShort { chars, min_chars } => {
                let message = format!("В тексте знаков: {chars}, нужно не меньше {min_chars}.");
                Self::new(Code::TextTooShort).detail(message.clone()).field("text", message)
            }
            TextError::TooLong { chars, max_chars } => {
                let message = format!("В тексте знаков: {chars}, можно не больше {max_chars}.");
                Self::new(Code::TextTooLong).detail(message.clone()).field("text", message)
            }
        }
    }
}

impl From<FileError> for ApiError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::NotTaken => Self::new(Code::FilesNotTaken),
            FileError::Kind => Self::new(Code::FileKindNotTaken),
            FileError::TooLarge { size_bytes, size_bytes_max } => Self::new(Code::FileTooLarge)
                .detail(format!(
                    "В файле {}, площадка принимает до {}.",
                    megabytes(size_bytes),
                    megabytes(size_bytes_max)
                )),
            FileError::TooLargeTogether { total_bytes, total_bytes_max } => {
                Self::new(Code::FileTooLarge).detail(format!(
                    "В файлах вместе {}, площадка принимает до {}.",
                    megabytes(total_bytes),
                    megabytes(total_bytes_max)
                ))
            }
            FileError::TooMany { count, count_max } => Self::new(Code::TooManyFiles).detail(
                format!("Файлов приложено {count}, за один раз площадка принимает {count_max}."),
            ),
            FileError::NotWithText => Self::new(Code::TooManyFiles).detail(
                "Текст и файл площадка принимает только отдельными сообщениями, одно за другим.",
            ),
        }
    }
}

impl From<AttachmentError> for ApiError {
    fn from(error: AttachmentError) -> Self {
        match error {
            AttachmentError::Erased => Self::new(Code::BuyerErased),
            AttachmentError::Gone => Self::new(Code::FileGone),
            AttachmentError::TooMany => Self::new(Code::TooManyFiles).detail(format!(
                "У этого чата уже ждут отправки файлы, их {WAITING_MAX}: больше здесь не хранится. \
                 Неотправленный файл удаляется через сутки."
            )),
            AttachmentError::Sealed(error) => LogError::from(error).into(),
            AttachmentError::Database(error) => error.into(),
        }
    }
}

/// Says a size in the user's words, rounded up, so that what is too large never reads as if it were not.
fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10).div_ceil(1024 * 1024);
    match tenths % 10 {
        0 => format!("{} МБ", tenths / 10),
        rest => format!("{},{rest} МБ", tenths / 10),
    }
}

impl From<SellerError> for ApiError {
    fn from(rule: SellerError) -> Self {
        match rule {
            SellerError::Unknown => Self::new(Code::NotFound),
            SellerError::PendingWindowOutOfRange => Self::new(Code::InvalidBody).field(
                "reply_pending_window_minutes",
                format!("допустимо от 1 до {PENDING_WINDOW_MINUTES_MAX}"),
            ),
            SellerError::HoldOutOfRange => Self::new(Code::InvalidBody)
                .field("reply_hold_seconds", format!("допустимо от 0 до {HOLD_SECONDS_MAX}")),
            SellerError::StopReasonTooLong => Self::new(Code::InvalidBody)
                .field("reason", format!("не длиннее {STOP_REASON_CHARS_MAX} знаков")),
            SellerError::Guardrails(error) => error.into(),
            SellerError::GuardrailsChanged { version } => Self::new(Code::GuardrailsChanged)
                .detail(format!(
                    "Пока вы правили список, кто-то сохранил другой: версию {version}."
                )),
            SellerError::Drafting(error) => error.into(),
            SellerError::DraftingChanged { version } => Self::new(Code::DraftingChanged).detail(
                format!("Пока вы правили настройки, кто-то сохранил другие: версию {version}."),
            ),
            SellerError::Automation(error) => error.into(),
            SellerError::AutomationChanged { version } => Self::new(Code::AutomationChanged)
                .detail(format!(
                    "Пока вы правили настройки, кто-то сохранил другие: версию {version}."
                )),
            SellerError::Sla(error) => error.into(),
            SellerError::SlaChanged { version } => Self::new(Code::SlaChanged).detail(format!(
                "Пока вы правили сроки, кто-то сохранил другие: версию {version}."
            )),
        }
    }
}

impl From<BulkError> for ApiError {
    fn from(rule: BulkError) -> Self {
        let bad = |field, message: String| Self::new(Code::InvalidBody).field(field, message);
        match rule {
            BulkError::Unknown | BulkError::NoSuchItem => Self::new(Code::NotFound),
            BulkError::NoItems => bad("items", format!("от 1 до {ITEMS_MAX}")),
            BulkError::TooManyItems => Self::new(Code::BulkTooLarge),
            BulkError::Repeated => bad("items", "каждое обращение один раз".to_owned()),
            BulkError::Text => bad("text", format!("от 1 до {TEXT_CHARS_MAX} знаков")),
            BulkError::NoWords => {
                bad("items", "без общего текста у каждого обращения нужен draft_id".to_owned())
            }
            // Nobody asks for either from outside.
            BulkError::Stopped | BulkError::Unfinished => Self::new(Code::Internal),
        }
    }
}

impl From<KnowledgeError> for ApiError {
    fn from(rule: KnowledgeError) -> Self {
        match rule {
            KnowledgeError::Unknown => Self::new(Code::NotFound),
            KnowledgeError::Changed { version } => Self::new(Code::KnowledgeChanged).detail(
                format!("Пока вы правили запись, кто-то сохранил другую: версию {version}."),
            ),
            KnowledgeError::OtherItem => Self::new(Code::InvalidBody).field(
                "product.article",
                "артикул товара не меняется, а документ не становится товаром",
            ),
            KnowledgeError::Item(ItemError { field, fault }) => {
                Self::new(Code::InvalidBody).field(field, unfit(fault))
            }
        }
    }
}

/// Says what is wrong with a part of a document or product.
pub(crate) fn unfit(fault: knowledge::Fault) -> String {
    match fault {
        knowledge::Fault::Blank => "нужна хотя бы одна буква или цифра".to_owned(),
        knowledge::Fault::Long { max } => format!("не длиннее {max} знаков"),
        knowledge::Fault::Many { max } => format!("не больше {max}"),
        knowledge::Fault::NotALink => "ссылка начинается с https:// или http://".to_owned(),
        knowledge::Fault::NotAPrice => "цена от нуля до миллиарда".to_owned(),
        knowledge::Fault::NotACurrency => {
            "код валюты из трёх заглавных букв, например RUB".to_owned()
        }
    }
}

impl From<AutomationError> for ApiError {
    fn from(rule: AutomationError) -> Self {
        Self::of_automation(rule, "automation.")
    }
}

impl ApiError {
    /// Says what is wrong with what stands `under` a part of the body.
    pub(crate) fn of_automation(rule: AutomationError, under: &str) -> Self {
        let bad = |field, message: String| {
            Self::new(Code::InvalidBody).field(format!("{under}{field}"), message)
        };
        match rule {
            AutomationError::RatingMin => bad("rules.rating_min", "от 1 до 5".to_owned()),
            AutomationError::Intents => {
                bad("rules.handoff", "тема или разрешена, или передаётся человеку".to_owned())
            }
            AutomationError::EscalateBelow => {
                bad("rules.escalate_below", "не больше порога отправки".to_owned())
            }
            AutomationError::PerHour => bad("per_hour", format!("от 1 до {PER_HOUR_MAX}")),
            AutomationError::PerDay => bad("per_day", format!("от 1 до {PER_DAY_MAX}")),
            AutomationError::HoldSeconds => bad(
                "hold_seconds",
                format!("от {HOLD_SECONDS_MIN} до {AUTOMATIC_HOLD_SECONDS_MAX}"),
            ),
            AutomationError::NoBacktest => Self::new(Code::BacktestNeeded),
            AutomationError::NothingJudged => Self::new(Code::BacktestProvesNothing),
            AutomationError::PilotLimits => bad(
                "stage",
                format!(
                    "в пилоте до {PILOT_PER_HOUR_MAX} в час и {PILOT_PER_DAY_MAX} в сутки, отмена не меньше \
                     {PILOT_HOLD_SECONDS_MIN} с"
                ),
            ),
            AutomationError::NoPilot => Self::new(Code::PilotNeeded),
        }
    }
}

impl From<DraftingError> for ApiError {
    fn from(rule: DraftingError) -> Self {
        let (field, message) = match rule {
            DraftingError::BatchSize => ("batch_size", format!("от 1 до {BATCH_SIZE_MAX}")),
            DraftingError::Delay => ("delay_ms", format!("от 0 до {DELAY_MS_MAX}")),
            DraftingError::DailyLimit => ("daily_limit", format!("от 0 до {DAILY_LIMIT_MAX}")),
            DraftingError::DailyBudget => {
                ("daily_budget_micro_usd", format!("от 0 до {DAILY_BUDGET_MICRO_USD_MAX}"))
            }
            DraftingError::Signature => {
                ("signature", format!("одна строка не длиннее {SIGNATURE_CHARS_MAX} знаков"))
            }
            DraftingError::Phrases | DraftingError::ForbiddenTopics => {
                let field =
                    if rule == DraftingError::Phrases { "phrases" } else { "forbidden_topics" };
                let message = format!(
                    "не больше {ENTRIES_MAX} записей, каждая от 1 до {ENTRY_CHARS_MAX} знаков"
                );
                (field, message)
            }
        };
        Self::new(Code::InvalidBody).field(format!("drafting.{field}"), message)
    }
}

impl From<GuardrailsError> for ApiError {
    fn from(rule: GuardrailsError) -> Self {
        match rule {
            GuardrailsError::TooMany { list, max } => Self::new(Code::InvalidBody)
                .field(<&str>::from(list), format!("допустимо не больше {max}")),
            GuardrailsError::Entry { list, index, fault } => {
                let entry = format!("{}.{index}", <&str>::from(list));
                let part = if fault == Fault::LongInstead { ".instead" } else { ".text" };
                let field = match list {
                    List::Phrases => format!("{entry}{part}"),
                    List::Exceptions => entry,
                };
                Self::new(Code::InvalidBody).field(field, message(fault))
            }
        }
    }
}

/// Says what is wrong with an entry of a list.
fn message(fault: Fault) -> String {
    match fault {
        Fault::Blank => "нет ни буквы, ни цифры: искать нечего".to_owned(),
        Fault::Long => format!("длиннее {PHRASE_CHARS_MAX} знаков"),
        Fault::ManyWords => format!("больше {PHRASE_WORDS_MAX} слов"),
        Fault::LongInstead => format!("длиннее {INSTEAD_CHARS_MAX} знаков"),
        Fault::Double { list: List::Phrases, index } => {
            format!("то же, что фраза {}", index + 1)
        }
        Fault::Double { list: List::Exceptions, index } => {
            format!("то же, что исключение {}", index + 1)
        }
    }
}

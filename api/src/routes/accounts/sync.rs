//! How the reading of a cabinet and of its channels is doing.

use adapters::sync::SyncState;
use chrono::{DateTime, Utc};
use projections::accounts::AccountRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::standing;

const NO_RIGHT_TO_CLAIMS: &str = "Ключ не открывает возвраты. Выпустите в кабинете Wildberries токен с категорией \
    «Возвраты покупателями» и замените ключ.";

/// How reading is doing.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct Sync {
    #[schema(value_type = SyncProgress)]
    state: String,
    /// Whether everything the marketplace holds was read once.
    backfill_done: bool,
    /// Items read so far, repeated readings included.
    items_seen: i64,
    /// Items that the marketplace gave and that could not be read; they are kept, see `unread-items`.
    items_unread: i64,
    last_synced_at: Option<DateTime<Utc>>,
    /// Planned pause between readings; longer than the setting where the key allows few calls.
    pause_seconds: Option<i32>,
    /// None while the marketplace does not accept the key.
    next_sync_at: Option<DateTime<Utc>>,
    error: Option<SyncError>,
}

/// The claims for return of a cabinet.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountClaims {
    /// Whether they are read.
    open: bool,
    /// Why they are not read, and what to do about it.
    reason: Option<&'static str>,
    sync: Sync,
}

/// What reading is doing.
#[derive(ToSchema)]
#[schema(as = SyncState, rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum SyncProgress {
    /// For its next turn.
    Waiting,
    /// A page is being read.
    Running,
    /// The last reading failed; it is tried again.
    Failed,
}

/// Why the last reading failed.
#[derive(Clone, Serialize, ToSchema)]
struct SyncError {
    code: String,
    message: String,
    since: DateTime<Utc>,
}

impl AccountClaims {
    pub(super) fn new(row: &AccountRow, sync: Sync) -> Self {
        let error = sync.error.as_ref().map(|error| error.code.as_str());
        let reason = match error {
            _ if row.access_lost_reason.is_some() => Some("Площадка не принимает ключ кабинета."),
            Some("no_right") => Some(NO_RIGHT_TO_CLAIMS),
            // It is not to be read at all: the key itself says so.
            None if sync.next_sync_at.is_none() => Some(NO_RIGHT_TO_CLAIMS),
            Some(_) | None => None,
        };
        Self { open: reason.is_none(), reason, sync }
    }
}

impl Sync {
    pub(super) fn new(state: SyncState) -> Self {
        let error = state.error_code.zip(state.error_since).map(|(code, since)| {
            let message = match state.error_message {
                Some(words) => words,
                None => error_words(&code).to_owned(),
            };
            SyncError { code, message, since }
        });
        Self {
            state: state.state,
            backfill_done: state.backfill_done,
            items_seen: state.items_seen,
            items_unread: state.items_unread,
            last_synced_at: state.last_synced_at,
            pause_seconds: state.pause_seconds,
            next_sync_at: state.next_sync_at,
            error,
        }
    }

    /// Puts the channels of a cabinet together.
    pub(super) fn of_all(syncs: impl Iterator<Item = Self>) -> Self {
        syncs.reduce(Self::and).unwrap_or_else(Self::not_begun)
    }

    fn and(self, other: Self) -> Self {
        let running = [&self, &other].into_iter().any(|sync| sync.state == "running");
        let state = if running { "running" } else { "waiting" };
        let error = self.error.or(other.error);
        Self {
            state: if error.is_some() { "failed" } else { state }.to_owned(),
            backfill_done: self.backfill_done && other.backfill_done,
            items_seen: self.items_seen + other.items_seen,
            items_unread: self.items_unread + other.items_unread,
            last_synced_at: self.last_synced_at.zip(other.last_synced_at).map(|(a, b)| a.min(b)),
            pause_seconds: self.pause_seconds.max(other.pause_seconds),
            next_sync_at: [self.next_sync_at, other.next_sync_at].into_iter().flatten().min(),
            error,
        }
    }

    /// Between the connection and the first turn.
    fn not_begun() -> Self {
        Self {
            state: "waiting".to_owned(),
            backfill_done: false,
            items_seen: 0,
            items_unread: 0,
            last_synced_at: None,
            pause_seconds: None,
            next_sync_at: None,
            error: None,
        }
    }
}

fn error_words(code: &str) -> &'static str {
    match code {
        "unauthorized" | "expired" | "payment_required" => standing::access_words(code),
        "no_right" => "Площадка не открывает этот раздел для ключа.",
        "closed_by_plan" => "Раздел не входит в тариф продавца.",
        "rate_limited" => "Площадка просит подождать: вызовов слишком много.",
        "unreachable" | "no_answer" | "server_error" => "Площадка не отвечает.",
        "malformed_answer" => "Площадка ответила непонятно.",
        "not_stored" | "internal" => "Прочитанное не удалось сохранить. Это на нашей стороне.",
        _ => "Прочитать раздел у площадки не удалось, попробуем снова.",
    }
}

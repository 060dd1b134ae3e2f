//! What a marketplace lets a seller do in a channel, by its published specification.

use chrono::{DateTime, TimeDelta, Utc};

use crate::value::{Channel, FileKind, FileRules, Marketplace, TextLimits};

/// How long after an answer Wildberries lets it be edited, in days (F16; «Отредактировать ответ можно только один раз в
/// течение 60 дней c момента отправки»).
pub const WILDBERRIES_EDIT_DAYS: i64 = 60;

/// How long after the buyer's last message Ozon takes one of the seller, in hours (`/v1/chat/send/message`). With FBS and
/// rFBS it takes messages up to 72 hours after delivery, too, which no method that is used here tells.
pub const OZON_CHAT_HOURS: i64 = 48;

/// What may be done in one channel of one marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// How long a reply may be.
    pub limits: TextLimits,
    /// Whether a reply that stands may be changed.
    pub edit: EditRule,
    /// Whether the marketplace checks a reply and says how the check ended.
    pub moderation: bool,
    /// Whether the marketplace takes it down at the seller's wish (`PATCH /api/v1/questions` with the state `none`).
    pub rejection: bool,
    /// Whether the marketplace takes note that the seller has viewed it (`PATCH /api/v1/questions` with `wasViewed`). Of
    /// reviews Wildberries shows such a mark and has no call that sets it.
    pub viewed_mark: bool,
    /// How long after the buyer's last message a reply is surely taken; none where nothing ends it.
    pub reply_window: Option<TimeDelta>,
    /// Which files a reply may carry; none where it carries none.
    pub files: Option<FileRules>,
}

/// When a reply that stands may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditRule {
    /// Never: the marketplace has no such call.
    Never,
    /// Once, and only in this time after the answer (ruling C-9 obeys both readings of "once in 60 days").
    OnceWithin(TimeDelta),
    /// Whenever there is a need.
    Always,
}

impl EditRule {
    /// Returns until when an answer that stands since `standing_since` may be edited; none when no time ends it.
    #[must_use]
    pub fn until(self, standing_since: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::OnceWithin(window) => Some(standing_since + window),
            Self::Never | Self::Always => None,
        }
    }
}

impl Capabilities {
    /// Returns what may be done in `channel` of `marketplace`.
    ///
    /// From the specifications of Wildberries (2026-07-23), Ozon (2026-09-28) and Yandex.Market (2026-07-17). Three
    /// limits are stated nowhere and assumed: 5000 for an answer to a question on Wildberries (F94), and for a comment
    /// on Ozon the 3000 of its answers. Too much is refused there, definitely, so an assumption that is too wide costs
    /// one refusal.
    #[must_use]
    pub fn of(marketplace: Marketplace, channel: Channel) -> Self {
        use {Channel as C, Marketplace as M};

        let once = EditRule::OnceWithin(TimeDelta::days(WILDBERRIES_EDIT_DAYS));
        let (min_chars, max_chars, edit, moderation) = match (marketplace, channel) {
            (M::Wildberries, C::Review) => (2, 5000, once, true),
            (M::Wildberries, C::Question) => (2, 5000, once, false),
            (M::Wildberries, C::Chat) => (1, 1000, EditRule::Never, false),
            (M::Ozon, C::Review) => (1, 3000, EditRule::Never, true),
            (M::Ozon, C::Question) => (2, 3000, EditRule::Never, true),
            (M::Ozon, C::Chat) => (1, 1000, EditRule::Never, false),
            (M::YandexMarket, C::Review) => (1, 4096, EditRule::Always, true),
            (M::YandexMarket, C::Question) => (1, 5000, EditRule::Always, true),
            (M::YandexMarket, C::Chat) => (1, 4096, EditRule::Never, false),
        };
        let reply_window = match (marketplace, channel) {
            (M::Ozon, C::Chat) => Some(TimeDelta::hours(OZON_CHAT_HOURS)),
            (M::Ozon | M::Wildberries | M::YandexMarket, _) => None,
        };
        let rejection = matches!((marketplace, channel), (M::Wildberries, C::Question));
        let viewed_mark = matches!((marketplace, channel), (M::Wildberries, C::Question));
        let limits = TextLimits { min_chars, max_chars };
        let files = (channel == C::Chat).then(|| files_of(marketplace));
        Self { limits, edit, moderation, rejection, viewed_mark, reply_window, files }
    }
}

const MEBIBYTE: u64 = 1024 * 1024;

/// Returns which files a message of a chat may carry.
///
/// Wildberries states its kinds and sizes (`POST /api/v1/seller/message`: JPEG, PNG and PDF, 5 MB each, which its refusal
/// calls 5MiB, and 30 MB together), Yandex.Market 5 MB for its one file. Assumed, as nothing is stated: how many
/// Wildberries takes, the kinds of the other two, and Ozon's size.
fn files_of(marketplace: Marketplace) -> FileRules {
    let kinds = &[FileKind::Jpeg, FileKind::Png, FileKind::Pdf];
    let one_of = |size_bytes_max| FileRules {
        kinds,
        size_bytes_max,
        total_bytes_max: size_bytes_max,
        count_max: 1,
        with_text: false,
    };
    match marketplace {
        Marketplace::Wildberries => FileRules {
            total_bytes_max: 30 * MEBIBYTE,
            count_max: 10,
            with_text: true,
            ..one_of(5 * MEBIBYTE)
        },
        Marketplace::Ozon => one_of(10 * MEBIBYTE),
        Marketplace::YandexMarket => one_of(5 * MEBIBYTE),
    }
}

//! How a cabinet's key and channels stand, in the words of the person who has to mend them.

use adapters::cabinets::Examined;
use chrono::{DateTime, Utc};
use domain::account::{ClosureReason, KeyKind, Right, Use};
use domain::{Channel, Marketplace};
use projections::accounts::{AccountRow, Closure};
use serde::Serialize;
use utoipa::ToSchema;

/// How a cabinet stands, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum AccountHealth {
    /// Every channel is read and answered.
    Healthy,
    /// Some channel is not read or not answered.
    Limited,
    /// The key opens none of the channels.
    NoRight,
    /// The key's time is over.
    Expired,
    /// The key is wrong or was revoked.
    Revoked,
    /// The seller's plan includes none of the channels that the key opens.
    ClosedByPlan,
    /// The marketplace wants to be paid first.
    Unpaid,
}

/// How a channel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum ChannelState {
    /// Read and answered.
    Open,
    /// Read only.
    ReadOnly,
    /// The key does not open it.
    NoRight,
    /// The seller's plan does not include it.
    ClosedByPlan,
    /// The key is not accepted at all.
    AccessLost,
    /// This program does not read it.
    NotOffered,
}

/// What a key says of itself.
#[derive(Serialize, ToSchema)]
pub(super) struct AccountKey {
    /// Kind of a Wildberries token.
    #[schema(value_type = Option<KeyWord>)]
    kind: Option<&'static str>,
    /// When it ends; none where it does not end or does not tell.
    expires_at: Option<DateTime<Utc>>,
    /// Within how many days it ends, as it was last warned of: 14, 7 or 1; none while there is time.
    expiring_days: Option<i32>,
    /// What a person should know about a key of this kind.
    notes: Vec<&'static str>,
}

/// Kind of a Wildberries token; it decides how many calls are allowed.
#[derive(ToSchema)]
#[schema(as = KeyKind, rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a column in openapi.json")]
enum KeyWord {
    /// For any program; a few calls an hour.
    Basic,
    /// For the marketplace's own sandbox.
    Test,
    /// For the seller's own programs.
    Personal,
    /// For a service of the Solutions Catalog.
    Service,
}

/// What a key opens.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyReport {
    key: AccountKey,
    channels: Vec<KeyChannel>,
}

/// What a key opens in a channel.
#[derive(Serialize, ToSchema)]
struct KeyChannel {
    #[schema(value_type = super::Channel)]
    channel: &'static str,
    state: ChannelState,
    /// Why it is not open, and what to do about it.
    reason: Option<&'static str>,
}

/// What of a channel is closed.
#[derive(Debug, Default, Clone, Copy)]
struct Closed {
    reading: Option<ClosureReason>,
    answering: Option<ClosureReason>,
}

impl KeyReport {
    pub(super) fn new(marketplace: Marketplace, examined: &Examined) -> Self {
        let no_right = Some(ClosureReason::NoRight);
        let of = |channel: &Channel| {
            let closed = match examined.right(*channel) {
                Some(Right::None) => Closed { reading: no_right, answering: no_right },
                Some(Right::Read) => Closed { reading: None, answering: no_right },
                // What is not known is only seen by reading.
                Some(Right::Answer) | None => Closed::default(),
            };
            let reason = closed.words(marketplace, *channel);
            KeyChannel { channel: channel.as_str(), state: closed.state(), reason }
        };
        let facts = &examined.facts;
        Self {
            key: AccountKey {
                kind: facts.kind.map(<&str>::from),
                expires_at: facts.expires_at,
                expiring_days: None,
                notes: notes(facts.kind),
            },
            channels: adapters::channels(marketplace).iter().map(of).collect(),
        }
    }
}

impl AccountKey {
    pub(super) fn of(row: &AccountRow) -> Self {
        let kind: Option<KeyKind> = row.key_kind.as_deref().and_then(|kind| kind.parse().ok());
        Self {
            kind: kind.map(<&str>::from),
            expires_at: row.key_expires_at,
            expiring_days: row.key_expiring_days,
            notes: notes(kind),
        }
    }
}

/// Says how a channel of a connected cabinet stands, and why it is not open.
pub(super) fn channel_of(
    row: &AccountRow,
    channel: Channel,
) -> (ChannelState, Option<&'static str>) {
    if let Some(reason) = &row.access_lost_reason {
        return (ChannelState::AccessLost, Some(access_words(reason)));
    }
    let closed = Closed::of(&row.closed, channel);
    let words = row.marketplace.parse().ok().and_then(|it| closed.words(it, channel));
    (closed.state(), words)
}

/// Puts the channels of a cabinet together; `channels` are those that are read.
pub(super) fn health(row: &AccountRow, channels: &[Channel]) -> AccountHealth {
    match row.access_lost_reason.as_deref() {
        Some("expired") => return AccountHealth::Expired,
        Some("payment_required") => return AccountHealth::Unpaid,
        Some("no_right") => return AccountHealth::NoRight,
        Some(_) => return AccountHealth::Revoked,
        None => (),
    }
    let closed: Vec<_> = channels.iter().map(|it| Closed::of(&row.closed, *it)).collect();
    let is_shut = |closed: &Closed| closed.reading.is_some();
    let by_plan = |closed: &Closed| closed.reading == Some(ClosureReason::ClosedByPlan);
    if !closed.is_empty() && closed.iter().all(is_shut) {
        let any_by_plan = closed.iter().any(by_plan);
        return if any_by_plan { AccountHealth::ClosedByPlan } else { AccountHealth::NoRight };
    }
    match closed.iter().all(|it| it.state() == ChannelState::Open) {
        true => AccountHealth::Healthy,
        false => AccountHealth::Limited,
    }
}

/// Says why a key is not accepted.
pub(super) fn access_words(reason: &str) -> &'static str {
    match reason {
        "no_right" => "Ключ не открывает ни одного раздела.",
        "payment_required" => "Площадка требует оплатить доступ.",
        "expired" => "Срок действия ключа закончился.",
        _ => "Ключ неверен или отозван.",
    }
}

impl Closed {
    fn of(closed: &[Closure], channel: Channel) -> Self {
        let reason = |to| {
            let is_it = |closure: &&Closure| (closure.channel, closure.to) == (channel, to);
            closed.iter().find(is_it).map(|closure| closure.reason)
        };
        Self { reading: reason(Use::Reading), answering: reason(Use::Answering) }
    }

    fn state(self) -> ChannelState {
        match (self.reading, self.answering) {
            (Some(ClosureReason::NoRight), _) => ChannelState::NoRight,
            (Some(ClosureReason::ClosedByPlan), _) => ChannelState::ClosedByPlan,
            (None, Some(ClosureReason::NoRight | ClosureReason::ClosedByPlan)) => {
                ChannelState::ReadOnly
            }
            (None, None) => ChannelState::Open,
        }
    }

    /// Says what is missing, and what opens it.
    fn words(self, marketplace: Marketplace, channel: Channel) -> Option<&'static str> {
        Some(match (self.reading, self.answering) {
            (Some(ClosureReason::NoRight), _) => missing_right(marketplace, channel),
            (Some(ClosureReason::ClosedByPlan), _) => missing_plan(marketplace, channel),
            (None, Some(ClosureReason::NoRight)) => {
                "Ключ позволяет только читать: ответы не отправятся. Замените его ключом с правом записи."
            }
            (None, Some(ClosureReason::ClosedByPlan)) => {
                "Тариф продавца не позволяет отвечать. Смените тариф и отправьте ответ ещё раз."
            }
            (None, None) => return None,
        })
    }
}

fn missing_right(marketplace: Marketplace, channel: Channel) -> &'static str {
    match (marketplace, channel) {
        (Marketplace::Wildberries, Channel::Review | Channel::Question) => {
            "У токена нет категории «Вопросы и отзывы». Создайте токен с ней и замените ключ."
        }
        (Marketplace::Wildberries, Channel::Chat) => {
            "У токена нет категории «Чат с покупателями». Создайте токен с ней и замените ключ."
        }
        (Marketplace::Ozon, Channel::Review) => {
            "Роли ключа не открывают отзывы. Создайте ключ с ролью для отзывов и замените его."
        }
        (Marketplace::Ozon, Channel::Question) => {
            "Роли ключа не открывают вопросы. Создайте ключ с ролью для вопросов и замените его."
        }
        (Marketplace::Ozon, Channel::Chat) => {
            "Роли ключа не открывают чаты. Создайте ключ с ролью для чатов и замените его."
        }
        (Marketplace::YandexMarket, Channel::Review | Channel::Question | Channel::Chat) => {
            "У ключа нет доступа «Общение с покупателями». Создайте ключ с ним и замените прежний."
        }
    }
}

/// Ozon's plans are those of its specification; the other marketplaces name none for these channels.
fn missing_plan(marketplace: Marketplace, channel: Channel) -> &'static str {
    match (marketplace, channel) {
        (Marketplace::Ozon, Channel::Review) => {
            "Отзывы открывает подписка «Управление отзывами» или Premium Pro. Проверяем раз в сутки; после покупки \
            нажмите «Синхронизировать»."
        }
        (Marketplace::Ozon, Channel::Question) => {
            "Вопросы открывает подписка Premium Plus или Premium Pro. Проверяем раз в сутки; после покупки нажмите \
            «Синхронизировать»."
        }
        (Marketplace::Ozon, Channel::Chat) => {
            "Чаты открывает подписка Premium Plus или Premium Pro. Проверяем раз в сутки; после покупки нажмите \
            «Синхронизировать»."
        }
        (
            Marketplace::Wildberries | Marketplace::YandexMarket,
            Channel::Review | Channel::Question | Channel::Chat,
        ) => {
            "Раздел не входит в тариф продавца. Проверяем раз в сутки; после смены тарифа нажмите «Синхронизировать»."
        }
    }
}

/// What a person should know about a key of a kind: limits and terms of the developer portal.
fn notes(kind: Option<KeyKind>) -> Vec<&'static str> {
    Vec::from_iter(kind.and_then(|kind| match kind {
        KeyKind::Basic => Some(
            "Базовый токен: Wildberries разрешает 5 запросов в час на отзывы и вопросы вместе и один запрос в час на \
            чаты. Обращения загружаются редко, ответ ждёт своей очереди до 12 минут. Персональный или сервисный токен \
            снимает это ограничение.",
        ),
        KeyKind::Test => Some(
            "Тестовый токен открывает только песочницу Wildberries: настоящих обращений в ней нет. Для работы создайте \
            персональный или сервисный.",
        ),
        KeyKind::Personal => Some(
            "Персональный токен Wildberries разрешает держать только в программах самого продавца, не в чужих облачных \
            сервисах.",
        ),
        KeyKind::Service => None,
    }))
}

//! How groups of numbers are called in files for people.

use std::collections::BTreeMap;

use domain::TenantId;
use domain::value::Intent;
use eventlog::Db;
use projections::accounts;
use uuid::Uuid;

use crate::routes::reply_quality::words::MetricBy;
use crate::why::People;

/// The names of a seller's cabinets and people.
pub(super) struct Names {
    accounts: BTreeMap<Uuid, String>,
    people: People,
}

impl Names {
    pub(super) async fn read(db: &Db, tenant: TenantId) -> sqlx::Result<Self> {
        let accounts = accounts::list(db, tenant).await?;
        let accounts = accounts.into_iter().map(|row| (row.account_id, row.name)).collect();
        Ok(Self { accounts, people: People::read(db, tenant).await? })
    }

    pub(super) fn account(&self, id: Uuid) -> String {
        self.accounts.get(&id).cloned().unwrap_or_else(|| "неизвестный кабинет".to_owned())
    }

    /// Names a group by its key, or by the lack of one.
    pub(super) fn group(&self, by: MetricBy, key: Option<&str>) -> String {
        let Some(key) = key else { return without(by).to_owned() };
        let named = match by {
            MetricBy::Channel => key.parse().ok().map(channel),
            MetricBy::Marketplace => key.parse().ok().map(marketplace),
            MetricBy::Account => key.parse().ok().map(|id| self.account(id)),
            MetricBy::Product => None,
            MetricBy::Intent => key.parse().ok().map(intent),
            MetricBy::Rating => Some(format!("{key} из 5")),
            MetricBy::Operator => Some(self.people.name(Some(key))),
            MetricBy::Day => Some(key.split('-').rev().collect::<Vec<_>>().join(".")),
        };
        named.unwrap_or_else(|| key.to_owned())
    }
}

/// The heading of the groups' names.
pub(super) fn by(by: MetricBy) -> &'static str {
    match by {
        MetricBy::Channel => "Канал",
        MetricBy::Marketplace => "Площадка",
        MetricBy::Account => "Кабинет",
        MetricBy::Product => "Артикул",
        MetricBy::Intent => "Тема",
        MetricBy::Rating => "Оценка",
        MetricBy::Operator => "Сотрудник",
        MetricBy::Day => "День",
    }
}

fn without(by: MetricBy) -> &'static str {
    match by {
        MetricBy::Channel => "без канала",
        MetricBy::Marketplace => "без площадки",
        MetricBy::Account => "без кабинета",
        MetricBy::Product => "товар неизвестен",
        MetricBy::Intent => "тему никто не определял",
        MetricBy::Rating => "без оценки",
        MetricBy::Operator => "без сотрудника",
        MetricBy::Day => "без дня",
    }
}

pub(super) fn channel(channel: domain::Channel) -> String {
    match channel {
        domain::Channel::Review => "отзывы",
        domain::Channel::Question => "вопросы",
        domain::Channel::Chat => "чаты",
    }
    .to_owned()
}

pub(super) fn marketplace(marketplace: domain::Marketplace) -> String {
    match marketplace {
        domain::Marketplace::Wildberries => "Wildberries",
        domain::Marketplace::Ozon => "Ozon",
        domain::Marketplace::YandexMarket => "Яндекс Маркет",
    }
    .to_owned()
}

fn intent(intent: Intent) -> String {
    match intent {
        Intent::Defect => "брак",
        Intent::WrongItem => "не тот товар",
        Intent::Delivery => "доставка",
        Intent::Sizing => "размер",
        Intent::Return => "возврат",
        Intent::PrePurchase => "вопрос до покупки",
        Intent::Thanks => "благодарность",
        Intent::General => "общее",
    }
    .to_owned()
}

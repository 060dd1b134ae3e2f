//! What recipients read.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::TenantId;
use domain::policy::alert::{AlertKind, AlertSeverity};
use domain::policy::notice::{Change, News};
use reqwest::Url;
use serde_json::{Value, json};
use uuid::Uuid;

/// Longest part of a seller's name that is told, in characters.
const NAME_CHARS_MAX: usize = 60;

/// Something to tell a recipient.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its id, the same at every attempt: a mailbox and a program can tell a repetition by it.
    pub id: Uuid,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// Whose alerts.
    pub seller: Seller,
    /// What is told.
    pub subject: Subject,
}

/// Whose alerts a message is about.
#[derive(Debug, Clone)]
pub struct Seller {
    /// The seller.
    pub tenant: TenantId,
    /// The seller's name.
    pub name: String,
    /// By whose clock times are told.
    pub zone: Tz,
}

/// What is told.
#[derive(Debug, Clone)]
pub enum Subject {
    /// That messages arrive.
    Test,
    /// What became of alerts.
    News(Vec<News>),
}

impl Message {
    /// The line that people see first.
    pub(super) fn title(&self) -> String {
        let seller = self.name();
        match &self.subject {
            Subject::Test => format!("AgentIQ: проверка уведомлений — {seller}"),
            Subject::News(news) => {
                let what = match news.as_slice() {
                    [one] => headline(one),
                    several => format!("изменений: {}", several.len()),
                };
                let is_urgent = |it: &News| {
                    it.change != Change::Ended && it.severity == AlertSeverity::Critical
                };
                let urgency = if news.iter().any(is_urgent) { "срочно, " } else { "" };
                format!("AgentIQ: {urgency}{what} — {seller}")
            }
        }
    }

    /// The whole of it, without the title.
    pub(super) fn text(&self, console: Option<&Url>) -> String {
        let mut text = String::new();
        match &self.subject {
            Subject::Test => {
                text.push_str(
                    "Уведомления о тревогах будут приходить сюда. Делать ничего не нужно.\n",
                );
            }
            Subject::News(news) => {
                for it in news {
                    _ = writeln!(text, "{}\n", self.told(it, console));
                }
            }
        }
        _ = writeln!(text, "Продавец: {}.", self.name());
        text.push_str("Кому и о чём сообщать, задаётся в «Настройки → Уведомления»");
        match console.and_then(|console| console.join("settings/notices").ok()) {
            Some(url) => _ = writeln!(text, ": {url}"),
            None => text.push_str(".\n"),
        }
        text
    }

    /// The whole of it for a program.
    pub(super) fn json(&self, console: Option<&Url>) -> Value {
        let (kind, news) = match &self.subject {
            Subject::Test => ("test", &[][..]),
            Subject::News(news) => ("alerts", news.as_slice()),
        };
        json!({
            "type": kind,
            "id": self.id,
            "timestamp": self.made_at,
            "seller_id": self.seller.tenant.0,
            "seller_name": self.seller.name,
            "alerts": news,
            "console": console.and_then(|it| it.join("sending").ok()).map(String::from),
        })
    }

    fn name(&self) -> String {
        plain(&self.seller.name)
    }

    fn told(&self, news: &News, console: Option<&Url>) -> String {
        let since = self.time(news.since);
        let count = news.count;
        let (what, path) = match news.kind {
            AlertKind::FailedReplies => (
                format!("За последний час не ушло ответов: {count}. Тексты сохранены."),
                "queue?status=failed",
            ),
            AlertKind::AcceptRateLow => {
                (format!("Черновики редко подходят: из последних не подошло {count}."), "learning")
            }
            AlertKind::AccessLost => (
                format!(
                    "Площадка не принимает ключ; отключено кабинетов: {count}. Обращения оттуда не читаются, ответы не \
                     уходят. Замените ключ."
                ),
                "accounts",
            ),
            AlertKind::ReadingBehind => (
                format!(
                    "Больше часа не читается разделов: {count}. Новых обращений оттуда нет; чтение повторяется само."
                ),
                "accounts",
            ),
            AlertKind::ItemsUnread => (
                format!(
                    "Не прочитано обращений: {count}. Площадка дала их не так, как обычно; они сохранены."
                ),
                "accounts",
            ),
            AlertKind::MarketplaceChanged => (
                format!(
                    "Площадка отвечает иначе, чем обычно; перемен: {count}. Возможно, она изменила свой интерфейс."
                ),
                "sending",
            ),
            AlertKind::ModelEnding => (
                "Языковую модель отключают или уже отключили; без неё черновики пишутся по шаблонам. Назовите другую \
                 модель в настройках сервера."
                    .to_owned(),
                "sending",
            ),
            AlertKind::ReadModelsBehind => (
                "Списки и показатели в консоли показывают не всё, что произошло. События сохранены, ответы не \
                 потеряны."
                    .to_owned(),
                "sending",
            ),
        };
        let headline = headline(news);
        if let Some(ended_at) = news.ended_at {
            let until = self.time(ended_at);
            return format!("Прошло: {}. Так было с {since} до {until}.", name(news.kind));
        }
        let urgency = match news.severity {
            AlertSeverity::Critical => "Срочно",
            AlertSeverity::Warning => "Требует внимания",
        };
        let link = console.and_then(|console| console.join(path).ok());
        let link = link.map_or_else(String::new, |url| format!("\n{url}"));
        format!("{urgency}: {headline}, с {since}.\n{what}{link}")
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        let zone = self.seller.zone;
        format!("{} ({zone})", at.with_timezone(&zone).format("%d.%m.%Y %H:%M"))
    }
}

/// Brings a seller's name onto one line, and leaves nothing that a program would make a link of: whoever signs up chooses
/// it, and a stranger may get it.
pub(super) fn plain(seller: &str) -> String {
    let visible = seller.chars().filter(|c| !turns_or_hides(*c));
    let visible = visible.map(|c| if c.is_control() || "@:/".contains(c) { ' ' } else { c });
    let mut name = String::new();
    for c in visible.take(NAME_CHARS_MAX) {
        if name.ends_with('.') && c.is_alphanumeric() {
            name.push(' ');
        }
        name.push(c);
    }
    if seller.chars().count() > NAME_CHARS_MAX {
        name.push('…');
    }
    name
}

fn headline(news: &News) -> String {
    let what = name(news.kind);
    match news.change {
        Change::Began => what.to_owned(),
        Change::MoreUrgent => format!("{what} (стало срочным)"),
        Change::LessUrgent => format!("{what} (уже не срочно)"),
        Change::Ended => format!("прошло: {what}"),
    }
}

fn name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::FailedReplies => "ответы не уходят",
        AlertKind::AcceptRateLow => "черновики редко подходят",
        AlertKind::AccessLost => "потерян доступ к кабинету",
        AlertKind::ReadingBehind => "обращения не читаются",
        AlertKind::ItemsUnread => "часть обращений не прочитана",
        AlertKind::MarketplaceChanged => "площадка ведёт себя иначе",
        AlertKind::ModelEnding => "языковая модель отключается",
        AlertKind::ReadModelsBehind => "консоль отстаёт от событий",
    }
}

/// Whether a character is not seen, or turns the direction of what follows.
fn turns_or_hides(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe;
    use domain::policy::alert::AlertCause;

    use super::*;

    fn news(kind: AlertKind, change: Change, severity: AlertSeverity) -> News {
        let since = "2026-11-23T06:05:00Z".parse().unwrap();
        let ended_at = (change == Change::Ended).then_some("2026-11-23T07:00:00Z".parse().unwrap());
        let causes = vec![AlertCause { cause: "bad_request".into(), count: 7 }];
        News { kind, change, severity, count: 7, causes, since, ended_at }
    }

    fn message(news: Vec<News>) -> Message {
        let seller =
            Seller {
                tenant: TenantId(Uuid::nil()), name: "Ромашка".into(), zone: Europe::Moscow
            };
        let (id, made_at) = (Uuid::nil(), "2026-11-23T06:05:10Z".parse().unwrap());
        Message { id, made_at, seller, subject: Subject::News(news) }
    }

    #[test]
    fn a_message_says_what_since_when_how_much_and_where() {
        let console = Url::parse("https://agentiq.example.ru/").unwrap();
        let urgent =
            message(vec![news(AlertKind::FailedReplies, Change::Began, AlertSeverity::Critical)]);
        assert_eq!(urgent.title(), "AgentIQ: срочно, ответы не уходят — Ромашка");
        assert_eq!(
            urgent.text(Some(&console)),
            "Срочно: ответы не уходят, с 23.11.2026 09:05 (Europe/Moscow).\n\
             За последний час не ушло ответов: 7. Тексты сохранены.\n\
             https://agentiq.example.ru/queue?status=failed\n\n\
             Продавец: Ромашка.\n\
             Кому и о чём сообщать, задаётся в «Настройки → Уведомления»: \
             https://agentiq.example.ru/settings/notices\n"
        );
        let over =
            message(vec![news(AlertKind::ReadingBehind, Change::Ended, AlertSeverity::Critical)]);
        assert_eq!(over.title(), "AgentIQ: прошло: обращения не читаются — Ромашка");
        assert!(over.text(None).starts_with(
            "Прошло: обращения не читаются. Так было с 23.11.2026 09:05 (Europe/Moscow) до 23.11.2026 10:00"
        ));
        let several = [AlertKind::AccessLost, AlertKind::ItemsUnread, AlertKind::AcceptRateLow]
            .map(|kind| news(kind, Change::LessUrgent, AlertSeverity::Warning));
        let several = message(several.to_vec());
        assert_eq!(several.title(), "AgentIQ: изменений: 3 — Ромашка");
        assert_eq!(several.text(None).matches("Требует внимания: ").count(), 3);
    }

    #[test]
    fn a_sellers_name_cannot_begin_a_line_or_fill_a_screen() {
        let mut message = message(vec![]);
        message.seller.name = format!("Ромашка\r\nBcc: {}", "я".repeat(100));
        let title = message.title();
        assert!(!title.contains(['\r', '\n']) && title.ends_with('…'), "{title}");
        assert!(title.chars().count() < 100, "{title}");
    }

    #[test]
    fn a_sellers_name_is_no_link() {
        let mut message = message(vec![]);
        message.seller.name = "Счёт https://evil.example.ru @evil \u{202e}ru.live".to_owned();
        let title = message.title();
        assert!(title.ends_with("— Счёт https   evil. example. ru  evil ru. live"), "{title}");
    }
}

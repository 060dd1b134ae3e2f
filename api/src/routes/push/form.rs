//! What each marketplace wants to hear.

use adapters::ozon::{Push, PushError};
use adapters::push::Notice;
use adapters::yandex::Notification;
use axum::http::StatusCode;
use chrono::{SecondsFormat, Utc};
use domain::Marketplace;
use serde_json::{Value, json};

/// Who is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::routes) enum Form {
    /// Ozon: its chapters on notifications and on answers of the service, 2026-09-28.
    Ozon,
    /// Yandex.Market: its notification specification of 2026-04-20.
    Yandex,
}

/// What there is to complain of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Complaint {
    /// The address is nobody's.
    UnknownAddress,
    /// It comes from a network that is not the marketplace's.
    OtherNetwork,
    /// More came than can have happened.
    TooMany,
    /// It is larger than any of theirs.
    TooLarge,
    /// It is none that the marketplace describes; its code for that.
    Malformed(&'static str),
    /// It is about another cabinet.
    OtherCabinet,
    /// Something failed here.
    Ours,
}

impl Form {
    /// Returns the form that a marketplace wants; none of one that sends no notifications.
    pub(in crate::routes) fn of(marketplace: Marketplace) -> Option<Self> {
        match marketplace {
            Marketplace::Wildberries => None,
            Marketplace::Ozon => Some(Self::Ozon),
            Marketplace::YandexMarket => Some(Self::Yandex),
        }
    }

    /// Returns the path of the address that a marketplace is given.
    pub(in crate::routes) fn path(self, token: &str) -> String {
        match self {
            Self::Ozon => format!("/push/ozon/{token}"),
            Self::Yandex => format!("/push/yandex/{token}"),
        }
    }

    pub(super) fn marketplace(self) -> Marketplace {
        match self {
            Self::Ozon => Marketplace::Ozon,
            Self::Yandex => Marketplace::YandexMarket,
        }
    }

    /// Reads a notification.
    ///
    /// # Errors
    /// The marketplace's code for what is malformed.
    pub(super) fn read(self, body: &[u8]) -> Result<Notice, &'static str> {
        match self {
            Self::Ozon => Push::read(body).map(Notice::from).map_err(PushError::code),
            Self::Yandex => {
                let text = str::from_utf8(body).map_err(|_| self.unreadable())?;
                Notification::read(text).map(Notice::from).map_err(|_| self.unreadable())
            }
        }
    }

    /// Returns the marketplace's code for a body that is none of its.
    pub(super) fn unreadable(self) -> &'static str {
        match self {
            Self::Ozon => PushError::Unreadable.code(),
            Self::Yandex => "WRONG_EVENT_FORMAT",
        }
    }

    /// Returns the body that the marketplace wants for what was accepted.
    pub(super) fn accepted(self, notice: &Notice) -> Value {
        match (self, notice) {
            (Self::Ozon, Notice::News { .. } | Notice::Other) => json!({"result": true}),
            (Self::Ozon, Notice::Ping) | (Self::Yandex, _) => json!({
                "version": env!("CARGO_PKG_VERSION"),
                "name": "AgentIQ",
                "time": Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true),
            }),
        }
    }

    /// Returns the body that the marketplace describes for errors.
    pub(super) fn refused(self, complaint: Complaint) -> Value {
        let message = complaint.message();
        match self {
            Self::Ozon => {
                let code = complaint.code("ERROR_UNKNOWN");
                json!({"error": {"code": code, "message": message, "details": null}})
            }
            Self::Yandex => {
                let kind = complaint.code("UNKNOWN");
                json!({"error": {"type": kind, "message": message}})
            }
        }
    }
}

impl Complaint {
    /// Returns the status. Yandex.Market sends again what is not answered 200 or 400.
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::UnknownAddress => StatusCode::NOT_FOUND,
            Self::OtherNetwork => StatusCode::FORBIDDEN,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Malformed(_) | Self::OtherCabinet => StatusCode::BAD_REQUEST,
            Self::Ours => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(self, unknown: &'static str) -> &'static str {
        match self {
            Self::Malformed(code) => code,
            Self::UnknownAddress
            | Self::OtherNetwork
            | Self::TooMany
            | Self::TooLarge
            | Self::OtherCabinet
            | Self::Ours => unknown,
        }
    }

    /// For whoever sees it in the marketplace's cabinet.
    fn message(self) -> &'static str {
        match self {
            Self::UnknownAddress => "По этому адресу уведомления не принимаются.",
            Self::OtherNetwork => "Уведомление пришло не из сети площадки.",
            Self::TooMany => "Слишком много уведомлений, повторите позже.",
            Self::TooLarge => "Уведомление слишком велико.",
            Self::Malformed(_) => "Уведомление не удалось прочитать.",
            Self::OtherCabinet => "Уведомление относится к другому кабинету.",
            Self::Ours => "Уведомление не удалось принять, повторите позже.",
        }
    }
}

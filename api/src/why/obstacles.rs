//! What keeps a cabinet from answering now, and since which event.

use cqrs_es::Aggregate as _;
use domain::Channel;
use domain::account::{AccessLossReason, Account, AccountEvent, ClosureReason, Use};
use eventlog::StoredEvent;
use projections::recorded;

use super::Line;
use super::facts::Fact;
use super::people::People;

/// Returns the events of a cabinet that keep it from answering in `channel`; none while it can.
pub(super) fn lines(
    events: &[StoredEvent],
    channel: Option<Channel>,
    people: &People,
) -> anyhow::Result<Vec<Line>> {
    let mut account = Account::default();
    let (mut lost, mut closed) = (None, None);
    for stored in events {
        let recorded = recorded(stored.clone())?;
        for event in recorded.of_account() {
            if let AccountEvent::AccessLost { reason } = event {
                lost = Some(Line::new(
                    stored,
                    people,
                    "Площадка не принимает ключ кабинета",
                    vec![why_lost(*reason)],
                ));
            }
            if let AccountEvent::ChannelClosed { channel: of, to: Use::Answering, reason } = event
                && Some(*of) == channel
            {
                closed = Some(Line::new(
                    stored,
                    people,
                    "Отвечать в этом разделе нельзя",
                    vec![why_closed(*reason)],
                ));
            }
            account.apply(event.clone());
        }
    }
    let is_closed =
        channel.is_some_and(|channel| account.closed(channel, Use::Answering).is_some());
    let lost = lost.filter(|_| account.lost().is_some());
    Ok(lost.into_iter().chain(closed.filter(|_| is_closed)).collect())
}

fn why_lost(reason: AccessLossReason) -> Fact {
    let words = match reason {
        AccessLossReason::Unauthorized => {
            "Ключ неверен или отозван: замените его в настройках кабинета."
        }
        AccessLossReason::Expired => "Срок ключа истёк: замените его в настройках кабинета.",
        AccessLossReason::NoRight => {
            "Ключ не открывает раздел: замените его в настройках кабинета."
        }
        AccessLossReason::PaymentRequired => "Площадка требует оплатить доступ.",
    };
    Fact::text("obstacle", "Причина", words)
}

fn why_closed(reason: ClosureReason) -> Fact {
    let words = match reason {
        ClosureReason::NoRight => "У ключа нет такого права: замените его ключом с правом записи.",
        ClosureReason::ClosedByPlan => "Этого не позволяет тариф продавца на площадке.",
    };
    Fact::text("obstacle", "Причина", words)
}

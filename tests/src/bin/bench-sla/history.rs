//! A seller's history: reviews and questions of some months, each drafted, answered sooner or later, sent and published.

use chrono::{DateTime, TimeDelta, Utc};
use domain::interaction::{DraftSource, InteractionEvent};
use domain::value::{BuyerWords, Content, Product, Source};
use domain::{
    AccountId, Channel, DraftId, InteractionId, Marketplace, ReplyId, StreamId, TenantId,
};
use eventlog::{EventLog, Expected, NewEvent, NewEvents};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

/// How many days the history has.
pub(crate) const DAYS: i64 = 90;

/// Interactions whose keys are made in one round trip.
const PREPARED: usize = 2000;

/// Appends under way at once.
const SIDE_BY_SIDE: usize = 256;

const WORDS: [&str; 4] = [
    "Чайник пришёл целым, греет быстро и почти не шумит. Крышка открывается туго, но это мелочь: к утреннему чаю вся \
     семья теперь собирается сама.",
    "Через неделю перестал греть, кнопка не фиксируется. Пришлось покупать другой, верните деньги.",
    "Цвет на фотографии светлее, чем в жизни. В остальном всё устраивает, но ожидал большего за эту цену.",
    "Подскажите, пожалуйста, какая длина у шнура и подойдёт ли он для розетки с заземлением?",
];
const ANSWER: &str = "Здравствуйте! Спасибо, что нашли время написать: нам важно знать, что чайник пришёлся по душе. \
                      Хорошего вам дня!";

/// Appends the history of so many interactions.
pub(crate) async fn append(
    log: &EventLog,
    seller: TenantId,
    interactions: u32,
) -> anyhow::Result<()> {
    let begun = Utc::now() - TimeDelta::days(DAYS);
    let step = TimeDelta::days(DAYS).num_milliseconds() / i64::from(interactions);
    let all: Vec<u32> = (0..interactions).collect();
    for numbers in all.chunks(PREPARED) {
        let streams: Vec<_> = numbers.iter().map(|n| (*n, InteractionId(Uuid::now_v7()))).collect();
        log.prepare(seller, streams.iter().map(|(_, stream)| stream.0)).await?;
        stream::iter(streams)
            .map(|(n, id)| {
                let at = begun + TimeDelta::milliseconds(step * i64::from(n));
                log.append(life(seller, id, n, at))
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .try_for_each(async |_| Ok(()))
            .await?;
    }
    Ok(())
}

fn life(tenant: TenantId, interaction: InteractionId, n: u32, at: DateTime<Utc>) -> NewEvents {
    let reply_id = ReplyId(Uuid::now_v7());
    let stream = StreamId::from(interaction);
    // From at once to four hours, as it comes.
    let accepted_at = at + TimeDelta::minutes(i64::from(n % 241));
    let events = [
        ingested(n, at),
        InteractionEvent::DraftProposed {
            draft_id: DraftId(Uuid::now_v7()),
            text: ANSWER.to_owned().into(),
            source: DraftSource::Template,
            origin: None,
        },
        InteractionEvent::ReplyRequested {
            reply_id,
            text: ANSWER.to_owned().into(),
            draft_id: None,
            lineage: None,
            automation: None,
            bulk_id: None,
            files: vec![],
            guardrails: None,
            held_until: None,
        },
        InteractionEvent::ReplySent { reply_id, attempt: 1, accepted_at, external_id: None },
        InteractionEvent::ReplyPublished { reply_id, seen_at: accepted_at },
    ];
    NewEvents {
        tenant,
        stream,
        stream_type: "interaction",
        expected: Expected::Version(0),
        command_id: Uuid::now_v7(),
        correlation_id: None,
        causation_id: None,
        actor: Some("system:bench".to_owned()),
        subject: stream.0,
        events: events.iter().map(new_event).collect(),
    }
}

fn ingested(n: u32, at: DateTime<Utc>) -> InteractionEvent {
    let words = WORDS[n as usize % WORDS.len()];
    let (channel, rating) = match n % 4 {
        0 => (Channel::Review, Some(5)),
        1 => (Channel::Review, Some(1)),
        2 => (Channel::Review, Some(3)),
        _ => (Channel::Question, None),
    };
    InteractionEvent::Ingested {
        source: Source {
            account_id: AccountId(Uuid::from_u128(u128::from(n % 3))),
            marketplace: Marketplace::Wildberries,
            channel,
            external_id: n.to_string(),
            occurred_at: at,
        },
        content: Content {
            rating,
            product: Product {
                article: "177974431".to_owned(),
                name: "Чайник электрический".to_owned(),
                ..Product::default()
            },
            words: BuyerWords {
                buyer_name: Some("Анна".to_owned()),
                text: words.to_owned(),
                ..BuyerWords::default()
            }
            .into(),
        },
    }
}

fn new_event(event: &InteractionEvent) -> NewEvent {
    let payload = serde_json::to_value(event).expect("an event has string keys");
    let event_type = <&str>::from(event).to_owned();
    NewEvent { event_type, schema_version: 1, payload }
}

//! A log of interactions, each ingested, drafted, answered, sent and published.

use chrono::{DateTime, Utc};
use domain::interaction::{DraftSource, InteractionEvent};
use domain::value::{BuyerWords, Content, Product, Source};
use domain::{
    AccountId, Channel, DraftId, InteractionId, Marketplace, ReplyId, StreamId, TenantId,
};
use eventlog::{EventLog, Expected, NewEvent, NewEvents};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use uuid::Uuid;

const SELLERS: usize = 16;
const EVENTS_PER_INTERACTION: u32 = 5;

/// Interactions whose keys are made in one round trip.
const PREPARED: usize = 2000;

/// Appends under way at once.
const SIDE_BY_SIDE: usize = 256;

const WORDS: &str = "Чайник пришёл целым, греет быстро и почти не шумит. Крышка открывается туго, но это мелочь: \
                     к утреннему чаю вся семья теперь собирается сама.";
const ANSWER: &str = "Здравствуйте! Спасибо, что нашли время написать отзыв: нам важно знать, что чайник пришёлся \
                      по душе. Хорошего вам дня!";

/// Appends `events` events, a whole interaction at a time.
pub(crate) async fn append(log: &EventLog, events: u32) -> anyhow::Result<()> {
    let sellers: Vec<_> = (0..SELLERS).map(|_| TenantId(Uuid::now_v7())).collect();
    let count = usize::try_from(events / EVENTS_PER_INTERACTION)?;
    let mut left = count.div_ceil(SELLERS);
    while left > 0 {
        let now = left.min(PREPARED);
        for seller in &sellers {
            let streams: Vec<_> = (0..now).map(|_| InteractionId(Uuid::now_v7())).collect();
            log.prepare(*seller, streams.iter().map(|stream| stream.0)).await?;
            stream::iter(streams)
                .map(|interaction| log.append(life(*seller, interaction)))
                .buffer_unordered(SIDE_BY_SIDE)
                .try_for_each(async |_| Ok(()))
                .await?;
        }
        left -= now;
    }
    Ok(())
}

fn life(tenant: TenantId, interaction: InteractionId) -> NewEvents {
    let reply_id = ReplyId(Uuid::now_v7());
    let now = Utc::now();
    let stream = StreamId::from(interaction);
    let events = [
        ingested(now),
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
        InteractionEvent::ReplySent { reply_id, attempt: 1, accepted_at: now, external_id: None },
        InteractionEvent::ReplyPublished { reply_id, seen_at: now },
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

fn ingested(now: DateTime<Utc>) -> InteractionEvent {
    InteractionEvent::Ingested {
        source: Source {
            account_id: AccountId(Uuid::nil()),
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id: Uuid::now_v7().to_string(),
            occurred_at: now,
        },
        content: Content {
            rating: Some(5),
            product: Product {
                article: "177974431".to_owned(),
                name: "Чайник электрический".to_owned(),
                ..Product::default()
            },
            words: BuyerWords {
                buyer_name: Some("Анна".to_owned()),
                text: WORDS.to_owned(),
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

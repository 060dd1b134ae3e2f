//! What a caller does with any store: ten events on one interaction, then the next.

use chrono::Utc;
use domain::interaction::{ChatReading, DraftSource, Ingest, InteractionCommand};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, DraftId, InteractionId, Marketplace};
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

/// Events of one interaction before the caller goes on with the next, as in `bench-append`.
const EVENTS_PER_STREAM: u32 = 10;

/// Nothing is sealed here, so the text is longer than that of `bench-append`: with the rest of an event about as many
/// bytes as ours are with their seals.
const TEXT: &str = "Здравствуйте! Спасибо, что нашли время написать отзыв: нам важно знать, что чайник \
                    пришёлся по душе. Если что-то пойдёт не так, напишите нам в чат, и мы поможем: у нас \
                    есть запасные крышки, фильтры и подставки. Хорошего вам дня, и заходите ещё!";

/// Somebody who works through interactions.
pub(crate) struct Author {
    pub(crate) interaction: InteractionId,
    account: AccountId,
    events: u32,
}

impl Author {
    pub(crate) fn new() -> Self {
        Self {
            interaction: InteractionId(Uuid::now_v7()),
            account: AccountId(Uuid::now_v7()),
            events: 0,
        }
    }

    /// The next command, and on which interaction.
    pub(crate) fn next(&mut self) -> (InteractionId, InteractionCommand) {
        if self.events == EVENTS_PER_STREAM {
            self.interaction = InteractionId(Uuid::now_v7());
            self.events = 0;
        }
        let command = if self.events == 0 { self.first() } else { draft() };
        self.events += 1;
        (self.interaction, command)
    }

    fn first(&self) -> InteractionCommand {
        InteractionCommand::Ingest(Box::new(Ingest {
            source: Source {
                account_id: self.account,
                marketplace: Marketplace::Wildberries,
                channel: Channel::Review,
                external_id: self.interaction.to_string(),
                occurred_at: Utc::now(),
            },
            content: Content {
                rating: Some(5),
                product: Product {
                    name: "Чайник электрический".to_owned(), ..Product::default()
                },
                words: BuyerWords::default().into(),
            },
            answer: None,
            chat: ChatReading::default(),
            links: Links::default(),
            processed: false,
            seen_at: Utc::now(),
        }))
    }
}

fn draft() -> InteractionCommand {
    InteractionCommand::ProposeDraft {
        draft_id: DraftId(Uuid::now_v7()),
        text: TEXT.to_owned(),
        source: DraftSource::Operator,
        origin: None,
    }
}

/// Says how large the stored events are.
pub(crate) async fn payload_bytes(pool: &PgPool) -> sqlx::Result<String> {
    let row = sqlx::query(
        "select
            (select avg(octet_length(payload::text))::bigint from (select payload from events limit 10000) e) as a,
            (select avg(octet_length(payload))::bigint from (select payload from event limit 10000) e) as b",
    )
    .fetch_one(pool)
    .await?;
    let [postgres_es, disintegrate]: [i64; 2] = [row.get("a"), row.get("b")];
    Ok(format!(
        "events of postgres-es hold {postgres_es} bytes of JSON on average, of disintegrate {disintegrate}"
    ))
}

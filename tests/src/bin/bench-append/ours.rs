//! Our command path: load an interaction, decide, append one event.

use chrono::Utc;
use commands::{Actor, Commands, Context};
use domain::interaction::{ChatReading, DraftSource, Ingest, Interaction, InteractionCommand};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, DraftId, InteractionId, Marketplace, TenantId};
use eventlog::{AppenderOptions, Db, EventLog, MasterKey, MasterKeys, SubjectKeys};
use uuid::Uuid;

use crate::measure::Caller;

/// Events of one interaction before the caller goes on with the next: most have five to twenty.
const EVENTS_PER_STREAM: u32 = 10;

/// With its seal and the rest of the event about 600 bytes.
const TEXT: &str = "Здравствуйте! Спасибо, что нашли время написать отзыв: нам важно знать, что чайник \
                    пришёлся по душе. Хорошего вам дня!";

/// Somebody who works through interactions of one seller.
pub(crate) struct Author {
    commands: Commands,
    tenant: TenantId,
    account: AccountId,
    interaction: InteractionId,
    /// Events that the interaction has.
    events: u32,
}

/// Callers spread evenly over new sellers, all in one process with its usual pool of connections.
pub(crate) async fn callers(
    db: &Db,
    clients: usize,
    tenants: usize,
    commands_on: fn(EventLog) -> Commands,
) -> anyhow::Result<Vec<Author>> {
    let keys =
        SubjectKeys::new(db.clone(), MasterKeys::new(MasterKey::generate("bench"), Vec::new()));
    let log = EventLog::new(db.clone(), keys, AppenderOptions::default());
    let sellers: Vec<_> = (0..tenants).map(|_| TenantId(Uuid::now_v7())).collect();
    for seller in &sellers {
        log.log_of(*seller).await?;
    }
    let commands = commands_on(log);
    let author = |n: usize| Author {
        commands: commands.clone(),
        tenant: sellers[n % tenants],
        account: AccountId(Uuid::now_v7()),
        interaction: InteractionId(Uuid::now_v7()),
        events: 0,
    };
    Ok((0..clients).map(author).collect())
}

/// Returns how large the stored events are.
pub(crate) async fn payload_bytes(db: &Db) -> anyhow::Result<i64> {
    let bytes = sqlx::query_scalar(
        "select coalesce(avg(octet_length(e.payload::text)), 0)::bigint
        from (select payload from es.event where log_id <= 16 limit 10000) e",
    )
    .fetch_one(db.pool())
    .await?;
    Ok(bytes)
}

impl Caller for Author {
    async fn step(&mut self) -> anyhow::Result<u64> {
        if self.events == EVENTS_PER_STREAM {
            self.interaction = InteractionId(Uuid::now_v7());
            self.events = 0;
        }
        let command = if self.events == 0 { self.first() } else { draft() };
        let context = Context::new(self.tenant, Actor::System("bench"));
        let executed =
            self.commands.execute::<Interaction>(&context, self.interaction, command).await?;
        anyhow::ensure!(executed.placed.is_some(), "a command led to nothing");
        self.events += 1;
        Ok(1)
    }
}

impl Author {
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
                words: BuyerWords { text: TEXT.to_owned(), ..BuyerWords::default() }.into(),
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

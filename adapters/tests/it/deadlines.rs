//! Deadlines that are set later than they could have been.

use chrono::{TimeDelta, Utc};
use commands::{Actor, Context};
use domain::event::decode;
use domain::interaction::{ChatReading, Ingest, Interaction, InteractionCommand, InteractionEvent};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{Channel, InteractionId, Marketplace};
use sandbox::Faults;
use sqlx::PgPool;

use crate::whole_way::{TENANT, World};

/// Longer ago than any answer is promised for.
const WRITTEN: TimeDelta = TimeDelta::days(5);

impl World {
    /// Takes in a bad review that was written long ago.
    async fn read_late(&self, number: &str) -> InteractionId {
        let words = BuyerWords {
            text: "Сломалось в первый день".into(), ..BuyerWords::default()
        };
        let ingest = Ingest {
            source: Source {
                account_id: self.account,
                marketplace: Marketplace::Wildberries,
                channel: Channel::Review,
                external_id: number.into(),
                occurred_at: Utc::now() - WRITTEN,
            },
            content: Content { rating: Some(1), product: Product::default(), words: words.into() },
            answer: None,
            chat: ChatReading::default(),
            links: Links::default(),
            processed: false,
            seen_at: Utc::now(),
        };
        let id = InteractionId::of_external(TENANT, self.account, Channel::Review, number);
        let context = Context::new(TENANT, Actor::System("test"));
        let ingest = InteractionCommand::Ingest(Box::new(ingest));
        self.commands.execute::<Interaction>(&context, id, ingest).await.unwrap();
        id
    }

    /// Returns what was said of an interaction's deadline: whether it had passed when it was set, and whether anybody was
    /// told that it has; none before it is set.
    async fn told(&self, id: InteractionId) -> Option<(bool, bool)> {
        let stored = self.log.load_stream(TENANT, id.into(), 0).await.unwrap();
        let events = stored
            .iter()
            .flat_map(|it| decode::<InteractionEvent>(it.names(), it.payload.clone()).unwrap());
        let (mut set, mut breached) = (None, false);
        for event in events {
            if let InteractionEvent::DeadlineSet { was_past, .. } = event {
                set = Some(was_past);
            }
            breached |= matches!(event, InteractionEvent::SlaBreached { .. });
        }
        set.map(|was_past| (was_past, breached))
    }
}

/// What was read in time and not answered in time is late, however late somebody came to set its deadline; what was
/// read when its time had passed is nobody's fault.
#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_comes_too_late_hides_nobodys_lateness(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    world.waiting(1).await;
    let mut ids = None;
    let world = world
        .restart(async |world| {
            let (in_time, past) = (world.read_late("in-time").await, world.read_late("past").await);
            let mut owner = pool.acquire().await.unwrap();
            let set = "set session_replication_role = replica";
            sqlx::query(set).execute(&mut *owner).await.unwrap();
            let update = "update es.event set recorded_at = recorded_at - interval '4 days 23 hours 50 minutes'
                where stream_id = $1";
            sqlx::query(update).bind(in_time.0).execute(&mut *owner).await.unwrap();
            let set = "set session_replication_role = default";
            sqlx::query(set).execute(&mut *owner).await.unwrap();
            ids = Some((in_time, past));
        })
        .await;
    let (in_time, past) = ids.unwrap();
    let told = world
        .until("both to be told", async || {
            let (in_time, past) = (world.told(in_time).await?, world.told(past).await?);
            // What was past is told nobody, so that there is nothing more to wait for.
            (in_time.1 || in_time.0).then_some((in_time, past))
        })
        .await;
    assert_eq!(told, ((false, true), (true, false)));
    world.end().await;
}

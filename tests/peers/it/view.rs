//! Programs written with postgres-es read our streams through `postgres_es.events`, and cannot write them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::Utc;
use commands::{Actor, Commands, Context};
use cqrs_es::persist::{EventUpcaster, PersistedEventStore, QueryReplay, SerializedEvent};
use cqrs_es::{AggregateError, EventEnvelope, EventStore as _, Query};
use domain::interaction::{
    ChatReading, DraftSource, Ingest, Interaction, InteractionCommand, Timing,
};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, DraftId, InteractionId, Marketplace, ReplyId, TenantId};
use eventlog::{AppenderOptions, Db, DbOptions, EventLog, MasterKey, MasterKeys, SubjectKeys};
use postgres_es::{PostgresEventRepository, postgres_cqrs};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgPool, Row as _};
use uuid::Uuid;

const VIEW: &str = "postgres_es.events";

#[sqlx::test(migrations = "../../migrations")]
async fn an_interaction_has_the_same_state_through_postgres_es(pool: PgPool) {
    let ours = Ours::connect(&pool).await;
    let interaction = ours.answered_interaction().await;
    let others = ours.answered_interaction().await;

    let own = ours.commands.load::<Interaction>(ours.tenant, interaction).await.unwrap();
    let theirs = reader(&pool).load_aggregate(&interaction.to_string()).await.unwrap();
    assert_eq!(theirs.aggregate, without_personal_data(&own.aggregate));
    assert_eq!(theirs.current_sequence, usize::try_from(own.version).unwrap());
    assert!(theirs.aggregate.source().is_some());

    // The control: another stream is another state.
    let others = reader(&pool).load_aggregate(&others.to_string()).await.unwrap();
    assert_ne!(others.aggregate, theirs.aggregate);
}

#[sqlx::test(migrations = "../../migrations")]
async fn sealed_data_is_refused_and_not_taken_for_a_value(pool: PgPool) {
    let ours = Ours::connect(&pool).await;
    let interaction = ours.answered_interaction().await.to_string();
    let events = PostgresEventRepository::new(pool.clone()).with_tables(VIEW, "none");
    let store = PersistedEventStore::<_, Interaction>::new_event_store(events);
    let outcome = store.load_aggregate(&interaction).await;
    assert!(matches!(outcome, Err(AggregateError::DeserializationError(_))));
}

#[sqlx::test(migrations = "../../migrations")]
async fn every_event_says_where_it_stands_and_who_caused_it(pool: PgPool) {
    let ours = Ours::connect(&pool).await;
    let interaction = ours.answered_interaction().await;
    let envelopes = reader(&pool).load_events(&interaction.to_string()).await.unwrap();
    assert_eq!(envelopes.len(), EVENTS);
    for (envelope, position) in envelopes.iter().zip(1..) {
        let said = |name: &str| envelope.metadata[name].as_str();
        assert_eq!(envelope.sequence, position);
        assert_eq!(said("position"), position.to_string());
        assert_eq!(said("tenant_id"), ours.tenant.to_string());
        assert_eq!(said("actor"), "system:test");
        for name in ["event_id", "command_id", "correlation_id"] {
            said(name).parse::<Uuid>().unwrap();
        }
        said("recorded_at").parse::<chrono::DateTime<Utc>>().unwrap();
        // It has no cause, and the framework's metadata knows no null.
        assert!(!envelope.metadata.contains_key("causation_id"));
    }
}

/// A program that names no table, and one that replays everything.
#[sqlx::test(migrations = "../../migrations")]
async fn the_view_is_found_by_its_default_name_and_replayed(pool: PgPool) {
    let ours = Ours::connect(&pool).await;
    for _ in 0..3 {
        ours.answered_interaction().await;
    }
    let on_path = pool.connect_options().as_ref().clone().options([("search_path", "postgres_es")]);
    let on_path = PgPoolOptions::new().max_connections(1).connect_with(on_path).await.unwrap();

    let seen = Seen::default();
    let replay = QueryReplay::new(PostgresEventRepository::new(on_path), seen.clone())
        .with_upcasters(vec![Box::new(WithoutKeys)]);
    replay.replay_all().await.unwrap();
    assert_eq!(seen.0.load(Ordering::Relaxed), 3 * EVENTS);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_can_be_written_through_the_view(pool: PgPool) {
    let ours = Ours::connect(&pool).await;
    let interaction = ours.answered_interaction().await;
    let before = everything(&pool).await;

    for statement in [
        "insert into postgres_es.events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
            metadata) values ('interaction', 'a', 1, 'Closed', '1', '{}', '{}')",
        "update postgres_es.events set sequence = sequence + 1",
        "delete from postgres_es.events",
    ] {
        let refused = sqlx::query(statement).execute(&pool).await.unwrap_err();
        let code = refused.as_database_error().unwrap().code().unwrap().into_owned();
        assert_eq!(code, "55000", "{statement}: {refused}");
    }
    let on_path = pool.connect_options().as_ref().clone().options([("search_path", "postgres_es")]);
    let on_path = PgPoolOptions::new().max_connections(1).connect_with(on_path).await.unwrap();
    let outcome = postgres_cqrs::<Interaction>(on_path, vec![], ())
        .execute(&InteractionId(Uuid::now_v7()).to_string(), ingest("b"))
        .await;
    assert!(matches!(outcome, Err(AggregateError::UnexpectedError(_))), "{outcome:?}");
    assert_eq!(everything(&pool).await, before);

    // The control: by the way that is meant for it, the same command is stored.
    ours.execute(interaction, ingest("b")).await;
    assert_ne!(everything(&pool).await, before);
}

/// What `answered_interaction` leaves.
const EVENTS: usize = 5;

/// Our write side on the same database, with its own version of the driver.
struct Ours {
    commands: Commands,
    tenant: TenantId,
}

impl Ours {
    async fn connect(pool: &PgPool) -> Self {
        let url = sqlx::ConnectOptions::to_url_lossy(pool.connect_options().as_ref());
        let db = Db::connect(url.as_str(), DbOptions::default()).await.unwrap();
        let master_key = MasterKeys::new(MasterKey::generate("test"), Vec::new());
        let keys = SubjectKeys::new(db.clone(), master_key);
        let log = EventLog::new(db, keys, AppenderOptions::default());
        Self { commands: Commands::new(log), tenant: TenantId(Uuid::now_v7()) }
    }

    async fn execute(&self, interaction: InteractionId, command: InteractionCommand) {
        let context = Context::new(self.tenant, Actor::System("test"));
        self.commands.execute::<Interaction>(&context, interaction, command).await.unwrap();
    }

    /// A review that a draft was proposed for, that was answered, changed by its buyer, and whose answer arrived.
    async fn answered_interaction(&self) -> InteractionId {
        let interaction = InteractionId(Uuid::now_v7());
        let (draft_id, reply_id) = (DraftId(Uuid::now_v7()), ReplyId(Uuid::now_v7()));
        let text = "Спасибо за отзыв!".to_owned();
        for command in [
            ingest("Чайник хороший"),
            InteractionCommand::ProposeDraft {
                draft_id,
                text: text.clone(),
                source: DraftSource::Operator,
                origin: None,
            },
            InteractionCommand::RequestReply {
                reply_id,
                text,
                draft_id: Some(draft_id),
                bulk_id: None,
                files: vec![],
                timing: Timing::default(),
                grounds: domain::guardrail::Grounds::default(),
            },
            ingest("Чайник сломался"),
            InteractionCommand::RecordAccepted {
                reply_id,
                attempt: 1,
                at: Utc::now(),
                external_id: None,
            },
        ] {
            self.execute(interaction, command).await;
        }
        interaction
    }
}

fn ingest(text: &str) -> InteractionCommand {
    InteractionCommand::Ingest(Box::new(Ingest {
        source: Source {
            account_id: AccountId(Uuid::nil()),
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id: "1".to_owned(),
            occurred_at: Utc::now(),
        },
        content: Content {
            rating: Some(5),
            product: Product { name: "Чайник".to_owned(), ..Product::default() },
            words: BuyerWords { text: text.to_owned(), ..BuyerWords::default() }.into(),
        },
        answer: None,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: false,
        seen_at: Utc::now(),
    }))
}

fn reader(pool: &PgPool) -> PersistedEventStore<PostgresEventRepository, Interaction> {
    let events = PostgresEventRepository::new(pool.clone()).with_tables(VIEW, "none");
    PersistedEventStore::new_event_store(events).with_upcasters(vec![Box::new(WithoutKeys)])
}

/// How a program without keys reads: sealed data is erased data to it.
struct WithoutKeys;

impl EventUpcaster for WithoutKeys {
    fn can_upcast(&self, _: &str, _: &str) -> bool {
        true
    }

    fn upcast(&self, mut event: SerializedEvent) -> SerializedEvent {
        event.payload = erased(event.payload, "$enc");
        event
    }
}

/// Puts the mark of erasure wherever `mark` stands.
fn erased(value: Value, mark: &str) -> Value {
    match value {
        Value::Object(map) if map.contains_key(mark) => json!({"$erased": true}),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(key, value)| (key, erased(value, mark))).collect())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| erased(item, mark)).collect())
        }
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => other,
    }
}

fn without_personal_data(interaction: &Interaction) -> Interaction {
    let state = serde_json::to_value(interaction).unwrap();
    serde_json::from_value(erased(state, "$personal")).unwrap()
}

/// Counts what it is shown.
#[derive(Clone, Default)]
struct Seen(Arc<AtomicUsize>);

#[async_trait::async_trait]
impl Query<Interaction> for Seen {
    async fn dispatch(&self, _: &str, events: &[EventEnvelope<Interaction>]) {
        self.0.fetch_add(events.len(), Ordering::Relaxed);
    }
}

/// The whole log as text.
async fn everything(pool: &PgPool) -> Vec<String> {
    let rows = sqlx::query("select e::text as event from es.event e order by log_id, pos");
    rows.fetch_all(pool).await.unwrap().iter().map(|row| row.get("event")).collect()
}

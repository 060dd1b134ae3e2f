//! Commands against a real database: concurrency, repetition, sealing, and the framework over our store.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod cache;
mod conversations;
mod erase;
mod ingest;

use std::sync::LazyLock;

use commands::ingest::Reading;
use commands::{Actor, CommandError, Commands, Context, PgEventStore};
use cqrs_es::CqrsFramework;
use domain::interaction::{
    ChatReading, Ingest, Interaction, InteractionCommand, InteractionError, Timing,
};
use domain::seller::{Seller, SellerCommand, Settings};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, InteractionId, Marketplace, TenantId};
use eventlog::{AppenderOptions, Db, EventLog, LogError, MasterKey, MasterKeys, SubjectKeys};
use futures::future::join_all;
use sqlx::PgPool;
use uuid::Uuid;

const TENANT: TenantId = TenantId(Uuid::from_u128(0xa11));
const ACCOUNT: AccountId = AccountId(Uuid::from_u128(0xacc));

/// One for all logs of a test, as processes share it.
static KEYS: LazyLock<MasterKeys> =
    LazyLock::new(|| MasterKeys::new(MasterKey::generate("test"), vec![]));

fn event_log(pool: &PgPool) -> EventLog {
    let db = Db::from_pool(pool.clone());
    let keys = SubjectKeys::new(db.clone(), KEYS.clone());
    EventLog::new(db, keys, AppenderOptions::default())
}

fn context() -> Context {
    Context::new(TENANT, Actor::System("test"))
}

fn change(minutes: u16) -> SellerCommand {
    SellerCommand::ChangeSettings {
        settings: Settings { reply_pending_window_minutes: minutes, ..Settings::default() },
    }
}

fn reading(external_id: &str, text: &str) -> Reading {
    let words = BuyerWords {
        buyer_name: Some("Серафима".into()),
        text: text.into(),
        ..BuyerWords::default()
    };
    let ingest = Ingest {
        source: Source {
            account_id: ACCOUNT,
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id: external_id.into(),
            occurred_at: chrono::DateTime::UNIX_EPOCH,
        },
        content: Content { rating: Some(5), product: Product::default(), words: words.into() },
        answer: None,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: false,
        seen_at: chrono::DateTime::UNIX_EPOCH,
    };
    Reading { ingest, digest: text.into() }
}

#[sqlx::test(migrations = "../migrations")]
async fn writers_on_one_stream_lose_nothing(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    let register = SellerCommand::Register { name: "Ромашка".into() };
    commands.execute::<Seller>(&context(), TENANT, register).await.unwrap();

    let writers = (1..=40_u16).map(|minutes| {
        let commands = commands.clone();
        async move { commands.execute::<Seller>(&context(), TENANT, change(minutes)).await }
    });
    let outcomes = join_all(writers).await;
    let accepted = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    for outcome in outcomes {
        assert!(matches!(outcome, Ok(_) | Err(CommandError::Contended)), "{outcome:?}");
    }
    let seller = commands.load::<Seller>(TENANT, TENANT).await.unwrap();
    let (version, _) = seller.aggregate.settings();
    assert_eq!(version as usize, accepted, "every accepted command is one version");
    assert_eq!(seller.version as usize, accepted + 1);
    assert!(accepted > 4, "only {accepted} of 40 writers came through: nothing was contended");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_command_repeated_under_its_id_is_carried_out_once(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    let context = context();
    let register = SellerCommand::Register { name: "Ромашка".into() };
    commands.execute::<Seller>(&context, TENANT, register).await.unwrap();

    let once = Context::repeatable(TENANT, Actor::System("test"), Uuid::from_u128(1));
    let first = commands.execute::<Seller>(&once, TENANT, change(60)).await.unwrap();
    commands.execute::<Seller>(&context_of(2), TENANT, change(90)).await.unwrap();
    // The settings differ now, so deciding anew would lead to an event: the id alone prevents it.
    let again = commands.execute::<Seller>(&once, TENANT, change(60)).await.unwrap();
    assert_eq!(again.placed, first.placed);
    let seller = commands.load::<Seller>(TENANT, TENANT).await.unwrap();
    assert_eq!(seller.aggregate.settings().1.reply_pending_window_minutes, 90);
}

fn context_of(command: u128) -> Context {
    Context::repeatable(TENANT, Actor::System("test"), Uuid::from_u128(command))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_command_id_used_for_another_stream_is_an_error(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    let register = || SellerCommand::Register { name: "Ромашка".into() };
    commands.execute::<Seller>(&context_of(1), TENANT, register()).await.unwrap();
    let other = domain::StreamId(Uuid::from_u128(2));
    let outcome = commands.execute::<Seller>(&context_of(1), other, register()).await;
    assert!(matches!(outcome, Err(CommandError::Log(LogError::CommandIdReused { .. }))));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_framework_works_unchanged_over_our_store(pool: PgPool) {
    let log = event_log(&pool);
    let framework = |command| {
        let store = PgEventStore::<Seller>::new(log.clone(), context_of(command));
        CqrsFramework::new(store, vec![], ())
    };
    let id = TENANT.to_string();
    let register = SellerCommand::Register { name: "Ромашка".into() };
    framework(1).execute(&id, register).await.unwrap();
    framework(2).execute(&id, change(30)).await.unwrap();
    let seller = Commands::new(log).load::<Seller>(TENANT, TENANT).await.unwrap();
    assert_eq!((seller.version, seller.aggregate.settings().0), (2, 1));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_taken_in_twice_is_taken_in_once(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    let page = || (0..50).map(|n| reading(&format!("wb-{n}"), "Тёплый плед")).collect::<Vec<_>>();
    let first = commands.ingest_page(TENANT, page()).await;
    assert_eq!((first.changed, first.unchanged), (50, 0));
    let second = commands.ingest_page(TENANT, page()).await;
    assert_eq!((second.changed, second.unchanged), (0, 50));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_buyers_words_are_never_stored_in_clear(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    commands.ingest_page(TENANT, vec![reading("wb-1", "Позвоните мне")]).await;
    let id = InteractionId::of_external(TENANT, ACCOUNT, Channel::Review, "wb-1");
    let request = InteractionCommand::RequestReply {
        reply_id: domain::ReplyId(Uuid::from_u128(1)),
        text: "Серафима, спасибо!".into(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: domain::guardrail::Grounds::default(),
    };
    commands.execute::<Interaction>(&context(), id, request).await.unwrap();

    let stored: Vec<String> = sqlx::query_scalar("select e::text from es.event e order by pos")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(stored.len(), 2);
    for payload in stored {
        assert!(payload.contains("$enc"), "{payload}");
        for word in ["Серафима", "Позвоните"] {
            assert!(!payload.contains(word), "{payload}");
        }
    }
    let read = commands.load::<Interaction>(TENANT, id).await.unwrap();
    let words = read.aggregate.content().unwrap().words.known().unwrap().text.clone();
    assert_eq!(words, "Позвоните мне");
}

#[sqlx::test(migrations = "../migrations")]
async fn another_sellers_interaction_does_not_exist(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    commands.ingest_page(TENANT, vec![reading("wb-1", "Тёплый плед")]).await;
    let id = InteractionId::of_external(TENANT, ACCOUNT, Channel::Review, "wb-1");
    let stranger = Context::new(TenantId(Uuid::from_u128(0xb22)), Actor::System("test"));
    let request = InteractionCommand::RequestReply {
        reply_id: domain::ReplyId(Uuid::from_u128(1)),
        text: "Спасибо!".into(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: domain::guardrail::Grounds::default(),
    };
    let outcome = commands.execute::<Interaction>(&stranger, id, request).await;
    assert!(matches!(outcome, Err(CommandError::Rejected(InteractionError::Unknown))));
}

//! Pages of thousands of readings: exactly once whatever interrupts or repeats them, and in few round trips.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta};
use commands::Commands;
use commands::ingest::Reading;
use domain::interaction::{Interaction, InteractionCommand};
use domain::value::{ChatMessage, MessageAuthor, MessageWords};
use domain::{Channel, InteractionId, StreamId};
use eventlog::{EventLog, Expected, NewEvent, NewEvents};
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use serde_json::json;
use sqlx::PgPool;
use tracing::field::Field;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt as _};
use uuid::Uuid;

use crate::{ACCOUNT, TENANT, context, event_log, reading};

/// The most that Wildberries gives at once.
const PAGE: usize = 5_000;

/// Reviews that change afterwards: more than are read and wait for the log at once.
const NEWS: usize = 1_200;

/// Statements that a page of news may take: five readings of a thousand streams, keys for each, 25 calls of the appender,
/// some of them begun half full.
const STATEMENTS_MAX: usize = 80;

/// Counts the statements that are sent from this thread, on which a test's runtime runs everything.
#[derive(Clone, Default)]
pub(crate) struct Statements(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: LayerContext<'_, S>) {
        let mut announces = false;
        // Other processes are told of new events whenever there is time for it.
        event.record(&mut |_: &Field, value: &dyn std::fmt::Debug| {
            announces |= format!("{value:?}").contains("set_config('synchronous_commit'");
        });
        if event.metadata().target() == "sqlx::query" && !announces {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Statements {
    pub(crate) fn counted() -> (Self, DefaultGuard) {
        let statements = Self::default();
        let subscriber = tracing_subscriber::registry().with(statements.clone());
        (statements, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

fn page(text: &str) -> Vec<Reading> {
    (0..PAGE).map(|n| reading(&format!("wb-{n}"), &format!("{text} {n}"))).collect()
}

fn id_of(reading: &Reading) -> InteractionId {
    let source = &reading.ingest.source;
    InteractionId::of_external(TENANT, ACCOUNT, source.channel, &source.external_id)
}

async fn events(pool: &PgPool) -> usize {
    let count: i64 =
        sqlx::query_scalar("select count(*) from es.event").fetch_one(pool).await.unwrap();
    usize::try_from(count).unwrap()
}

/// Streams that do not hold exactly `wanted` events.
async fn streams_without(pool: &PgPool, wanted: i64) -> i64 {
    sqlx::query_scalar(
        "select count(*) from (select 1 from es.event group by stream_id having count(*) <> $1) odd",
    )
    .bind(wanted)
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_takes_few_round_trips(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    commands.ingest_page(TENANT, vec![reading("warm-up", "x")]).await;
    let (statements, _guard) = Statements::counted();

    let report = commands.ingest_page(TENANT, page("Тёплый плед")).await;
    assert_eq!((report.changed, report.failed.len()), (PAGE, 0));
    let fresh = statements.take();
    assert!((1..=STATEMENTS_MAX).contains(&fresh), "{fresh} statements for {PAGE} new streams");

    // As after a crash before the digests were noted.
    let report = commands.ingest_page(TENANT, page("Тёплый плед")).await;
    assert_eq!((report.changed, report.unchanged), (0, PAGE));
    let again = statements.take();
    assert!((1..=10).contains(&again), "{again} statements for {PAGE} streams as they stand");

    // One after the other, as it must not be done: what counts the statements sees it.
    for reading in page("Мягкий плед").into_iter().take(STATEMENTS_MAX + 1) {
        let id = id_of(&reading);
        let command = InteractionCommand::Ingest(Box::new(reading.ingest));
        commands.execute::<Interaction>(&context(), id, command).await.unwrap();
    }
    let one_by_one = statements.take();
    assert!(one_by_one > STATEMENTS_MAX, "{one_by_one} statements one by one");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_of_two_readers_killed_and_repeated_is_taken_in_once(pool: PgPool) {
    let read = |pool: PgPool| async move {
        Commands::new(event_log(&pool)).ingest_page(TENANT, page("Тёплый плед")).await
    };
    interrupted(&pool, read).await;
    let reports = join_all([read(pool.clone()), read(pool.clone())]).await;
    for report in reports {
        assert_eq!(report.failed, [], "nothing is left for the next round");
    }
    assert_eq!((events(&pool).await, streams_without(&pool, 1).await), (PAGE, 0));

    // News for some of them, by two readers again: each of those has one event more.
    let news = |pool: PgPool| async move {
        let news = page("Колючий плед").into_iter().take(NEWS).collect();
        Commands::new(event_log(&pool)).ingest_page(TENANT, news).await
    };
    join_all([news(pool.clone()), news(pool.clone())]).await;
    assert_eq!(events(&pool).await, PAGE + NEWS);
    assert_eq!(streams_without(&pool, 2).await, i64::try_from(PAGE - NEWS).unwrap());
}

/// Without derived ids and expected versions the same course of things leaves doubles: what judges above sees them.
#[sqlx::test(migrations = "../migrations")]
async fn a_page_appended_blindly_is_found_to_be_doubled(pool: PgPool) {
    let read = |pool: PgPool| async move { append_blindly(event_log(&pool)).await };
    interrupted(&pool, read).await;
    join_all([read(pool.clone()), read(pool.clone())]).await;
    assert!(events(&pool).await > PAGE && streams_without(&pool, 1).await > 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_review_changed_and_changed_back_is_news_twice(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    for text in ["Хорошо", "Плохо", "Хорошо"] {
        let report = commands.ingest_page(TENANT, vec![reading("wb-1", text)]).await;
        assert_eq!((report.changed, report.unchanged), (1, 0), "{text}");
    }
    assert_eq!(events(&pool).await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_an_item_that_stands_twice_on_a_page_the_last_reading_counts(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    let twice = vec![reading("wb-1", "Хорошо"), reading("wb-2", "Да"), reading("wb-1", "Плохо")];
    let report = commands.ingest_page(TENANT, twice).await;
    assert_eq!((report.changed, report.unchanged), (2, 1));
    let id = id_of(&reading("wb-1", ""));
    let read = commands.load::<Interaction>(TENANT, id).await.unwrap();
    let words = read.aggregate.content().unwrap().words.known().unwrap().text.clone();
    assert_eq!(words, "Плохо");
}

/// As messages of one chat that could not be read, and can be now.
#[sqlx::test(migrations = "../migrations")]
async fn a_chat_that_stands_twice_on_a_page_loses_no_message(pool: PgPool) {
    let commands = Commands::new(event_log(&pool));
    let said = |n: u32| {
        let mut said = reading("chat-1", &n.to_string());
        said.ingest.source.channel = Channel::Chat;
        said.ingest.chat.messages.push(ChatMessage {
            external_id: n.to_string(),
            author: MessageAuthor::Buyer,
            sent_at: DateTime::UNIX_EPOCH + TimeDelta::seconds(n.into()),
            words: MessageWords { text: n.to_string(), ..MessageWords::default() }.into(),
        });
        said
    };
    let report = commands.ingest_page(TENANT, vec![said(2), said(3), said(1)]).await;
    assert_eq!((report.changed, report.unchanged, report.failed.len()), (1, 2, 0));
    let taken_in: Vec<String> = sqlx::query_scalar(
        "select payload #>> '{message,external_id}' from es.event
            where event_type = 'MessageReceived' order by version",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(taken_in, ["1", "2", "3"]);
}

/// A stream that cannot be read fails alone.
#[sqlx::test(migrations = "../migrations")]
async fn a_stream_with_a_gap_costs_the_others_of_its_page_nothing(pool: PgPool) {
    let log = event_log(&pool);
    let commands = Commands::new(log.clone());
    commands.ingest_page(TENANT, vec![reading("wb-1", "Хорошо"), reading("wb-2", "Да")]).await;
    let broken = id_of(&reading("wb-1", ""));
    sqlx::raw_sql("alter table es.event disable trigger user").execute(&pool).await.unwrap();
    sqlx::query("update es.event set version = 2 where stream_id = $1")
        .bind(broken.0)
        .execute(&pool)
        .await
        .unwrap();
    let page = vec![reading("wb-1", "Плохо"), reading("wb-2", "Нет"), reading("wb-3", "Да")];
    let report = commands.ingest_page(TENANT, page).await;
    assert_eq!((report.changed, report.failed), (2, vec![broken]));
}

/// Begins to read a page and ends in the middle of it.
async fn interrupted<F, T>(pool: &PgPool, read: impl FnOnce(PgPool) -> F)
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let reader = tokio::spawn(read(pool.clone()));
    loop {
        let stored = events(pool).await;
        if stored > 0 {
            assert!(stored < PAGE, "the page was through before it could be interrupted");
            break;
        }
        tokio::task::yield_now().await;
    }
    reader.abort();
    // What waited for the log in the killed reader is gone with it, or still comes: both must be harmless.
    _ = reader.await;
}

async fn append_blindly(log: EventLog) {
    stream::iter(page("Тёплый плед"))
        .map(|reading| {
            let stream: StreamId = id_of(&reading).into();
            let payload = json!({ "type": "Ingested" });
            log.append(NewEvents {
                tenant: TENANT,
                stream,
                stream_type: "interaction",
                expected: Expected::Any,
                command_id: Uuid::now_v7(),
                correlation_id: None,
                causation_id: None,
                actor: None,
                subject: stream.0,
                events: vec![NewEvent {
                    event_type: "Ingested".into(),
                    schema_version: 1,
                    payload,
                }],
            })
        })
        .buffer_unordered(200)
        .for_each(async |appended| {
            appended.unwrap();
        })
        .await;
}

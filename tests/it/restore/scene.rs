//! A system on a PostgreSQL with an archive, whose replies go out after the moment to which it is recovered.

use std::time::Duration;

use anyhow::ensure;
use domain::interaction::InteractionEvent;
use domain::value::{BuyerWords, Content, Product, Source};
use domain::{AccountId, Channel, InteractionId, Marketplace, TenantId};
use eventlog::{
    AppenderOptions, Db, DbOptions, EventLog, Expected, MasterKey, MasterKeys, NewEvent, NewEvents,
    SubjectKeys,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection as _, PgConnection};
use tests::api::Seller;
use tests::durable::DurablePostgres;
use tests::feed::Feed;
use tests::ledger::{Asked, LedgerAnswer};
use tests::shops::{CALLS, Item, Shops};
use tests::system::{ORDERLY, Setup};
use tests::wait;
use tokio::time::Instant;
use uuid::Uuid;

use crate::drill::size;
use crate::replies::approve;

/// The moment to which is recovered.
const MOMENT: &str = "the_moment";

/// A segment of WAL is archived when it is this old: in a run of the tests, and in a drill as `docs/operations.md`
/// says.
const ARCHIVED_WITHIN: (usize, usize) = (2, 30);

/// Events of a stream that only makes the log longer.
const EVENTS_OF_STREAM: usize = 10;

/// Streams that are appended side by side.
const SIDE_BY_SIDE: usize = 128;

/// How long a reply is held that is still held at the moment.
const HELD_SECONDS: u8 = 8;

pub(super) struct Scene {
    /// Replies that were asked for before the moment and sent after it.
    pub(super) open: Vec<(Item, String)>,
    /// Replies that were asked for and sent after it.
    pub(super) forgotten: Vec<(Item, String)>,
    /// A place in the feed before the moment.
    pub(super) cursor_before: String,
    shops: Shops,
    log: EventLog,
    before: InteractionId,
    after: InteractionId,
    /// Last, since the programs end before it.
    postgres: DurablePostgres,
}

impl Scene {
    /// Plays it up to the loss of the volume: a base backup, events, replies that are open, the moment, and replies
    /// that are sent.
    pub(super) async fn play(events: usize, open: usize, forgotten: usize) -> anyhow::Result<Self> {
        let archived_within = size(ARCHIVED_WITHIN.0, ARCHIVED_WITHIN.1);
        let postgres =
            DurablePostgres::start_archiving(Duration::from_secs(archived_within as u64)).await?;
        let mut setup =
            Setup::apart(1).on_database(postgres.url()).with_argument("--heads-interval-seconds=1");
        // All questions of years are some seventy calls, and Yandex allows a cabinet without a paid plan a thousand an
        // hour: the first reading and the two after a restore would wait for the quota, not for what is tried here.
        setup.sandbox.arguments.push("--rate-scale=10".to_owned());
        let (mut shops, items) = Shops::open(setup, 1, open + forgotten).await?;
        let log = event_log(&postgres, &shops).await?;
        let (before, after) = (InteractionId(Uuid::now_v7()), InteractionId(Uuid::now_v7()));
        let half = events / 2;
        lengthen(&log, half).await?;
        postgres.back_up()?;
        lengthen(&log, events - half).await?;
        read_models_follow(&postgres, events).await?;

        let (first, last) = items.split_at(open * CALLS.len());
        let open = worded(first, 0);
        let forgotten = worded(last, open.len());
        let refused = json!({ "rate_limited": { "probability": 1, "on": "write", "ms": 1000 } });
        shops.system.sandbox.set_faults(refused).await?;
        let (sending, held) = open.split_at(open.len() - CALLS.len());
        ask(&shops, sending, 1).await?;
        let seller = &shops.shops[0].seller;
        wait::until_within(2 * wait::PATIENCE, "they wait to be sent", async || {
            let let_out = Feed::take(seller, 1000).await?.count("ReplyReleased");
            ensure!(let_out >= sending.len(), "{let_out} of {} were let out", sending.len());
            Ok(Some(()))
        })
        .await?;
        ask(&shops, held, HELD_SECONDS).await?;
        append(&log, before).await?;
        let cursor_before = Feed::take(seller, 1000).await?.next;
        let mut direct = PgConnection::connect(&postgres.url()).await?;
        sqlx::query("select pg_create_restore_point($1)").bind(MOMENT).execute(&mut direct).await?;
        append(&log, after).await?;
        let sent = shops.system.sandbox.words().await?.iter().filter(|line| line.applied).count();
        ensure!(sent == 0, "{sent} replies went out before the moment");

        shops.system.sandbox.end_faults().await?;
        ask(&shops, &forgotten, 1).await?;
        let all = open.len() + forgotten.len();
        let patience = 3 * wait::PATIENCE + Duration::from_secs(all as u64);
        wait::until_within(patience, "all are published", async || {
            let published = Feed::take(&shops.shops[0].seller, 1000).await?.count("ReplyPublished");
            ensure!(published >= all, "{published} of {all} are");
            Ok(Some(()))
        })
        .await?;
        // Whoever is not asked to wait any longer is cut off together with the database.
        for worker in &mut shops.system.workers {
            worker.kill()?;
        }
        Ok(Self { open, forgotten, cursor_before, shops, log, before, after, postgres })
    }

    /// The one seller.
    pub(super) fn seller(&self) -> &Seller {
        &self.shops.shops[0].seller
    }

    /// Runs a command of the program.
    pub(super) fn run(&self, command: &str, arguments: &[&str]) -> anyhow::Result<String> {
        self.shops.system.run(command, arguments)
    }

    /// How many events the log holds.
    pub(super) async fn events(&self) -> anyhow::Result<i64> {
        let mut direct = PgConnection::connect(&self.postgres.url()).await?;
        Ok(sqlx::query_scalar("select count(*) from es.event").fetch_one(&mut direct).await?)
    }

    /// Returns how long a commit waited until its WAL was archived.
    pub(super) async fn longest_wait_for_the_archive(&self) -> anyhow::Result<Duration> {
        append(&self.log, InteractionId(Uuid::now_v7())).await?;
        let committed = Instant::now();
        let mut direct = PgConnection::connect(&self.postgres.url()).await?;
        let wal: String = sqlx::query_scalar("select pg_walfile_name(pg_current_wal_lsn())")
            .fetch_one(&mut direct)
            .await?;
        wait::until_within(4 * wait::PATIENCE, "its WAL is archived", async || {
            let archived = sqlx::query_scalar::<_, bool>(
                "select coalesce(last_archived_wal >= $1, false) from pg_stat_archiver",
            );
            Ok(archived.bind(&wal).fetch_one(&mut direct).await?.then_some(()))
        })
        .await?;
        Ok(committed.elapsed())
    }

    /// Returns the last place in the feed.
    pub(super) async fn cursor(&self) -> anyhow::Result<String> {
        Ok(Feed::take(self.seller(), 1000).await?.next)
    }

    /// What buyers were brought so far.
    pub(super) async fn words(&self) -> anyhow::Result<Vec<LedgerAnswer>> {
        let words = self.shops.system.sandbox.words().await?;
        Ok(words.into_iter().filter(|line| line.applied).collect())
    }

    /// What was asked for, before the moment and after it.
    pub(super) fn asked(&self) -> Vec<Asked> {
        let all = self.open.iter().chain(&self.forgotten);
        all.map(|(item, text)| item.asked(text)).collect()
    }

    /// Destroys the volume and recovers the database to the moment.
    pub(super) async fn restore(&mut self) -> anyhow::Result<()> {
        self.shops.system.server.kill()?;
        self.postgres.destroy().await?;
        self.postgres.recover(MOMENT).await?;
        // It lets readers in before it has come to the moment.
        let mut direct = PgConnection::connect(&self.postgres.url()).await?;
        wait::until("it has come to the moment", async || {
            let query = sqlx::query_scalar::<_, bool>("select not pg_is_in_recovery()");
            Ok(query.fetch_one(&mut direct).await?.then_some(()))
        })
        .await?;
        self.log = event_log(&self.postgres, &self.shops).await?;
        Ok(())
    }

    pub(super) async fn start_workers(&mut self) -> anyhow::Result<()> {
        for worker in &mut self.shops.system.workers {
            worker.start_again()?;
            wait::until("it works", async || Ok(worker.log()?.contains("working").then_some(())))
                .await?;
        }
        Ok(())
    }

    pub(super) async fn start_server(&mut self) -> anyhow::Result<()> {
        self.shops.system.start_server_again().await?;
        wait::until("people can work", async || self.seller().total().await.map(Some)).await?;
        Ok(())
    }

    /// Ends everything in order, and starts it again.
    pub(super) async fn restart(&mut self) -> anyhow::Result<()> {
        for worker in &mut self.shops.system.workers {
            worker.stop(ORDERLY).await?;
        }
        self.shops.system.server.stop(ORDERLY).await?;
        self.start_workers().await?;
        self.start_server().await
    }

    pub(super) async fn has_marker_before(&self) -> anyhow::Result<bool> {
        self.has(self.before).await
    }

    pub(super) async fn has_marker_after(&self) -> anyhow::Result<bool> {
        self.has(self.after).await
    }

    async fn has(&self, stream: InteractionId) -> anyhow::Result<bool> {
        Ok(!self.log.load_stream(tenant(stream), stream.into(), 0).await?.is_empty())
    }

    /// Makes the feed of the restored database longer than the one was that `cursor` is of, so that something else
    /// stands at its place.
    pub(super) async fn outgrow(&self, cursor: &str) -> anyhow::Result<()> {
        let seq =
            |cursor: &str| Ok::<_, anyhow::Error>(cursor.parse::<projections::feed::Cursor>()?.seq);
        let place = seq(cursor)?;
        let missing = place - seq(&self.cursor().await?)?;
        for _ in 0..=missing.max(0) / 2 {
            for path in ["/sending/stop", "/sending/resume"] {
                self.seller().send(Method::POST, path, json!({})).await?.ok()?;
            }
        }
        Ok(())
    }

    /// Waits until nothing waits to be sent or to be settled.
    pub(super) async fn nothing_is_owed(&self) -> anyhow::Result<()> {
        let mut direct = PgConnection::connect(&self.postgres.url()).await?;
        wait::until_within(3 * wait::PATIENCE, "nothing is owed", async || {
            let owed: i64 = sqlx::query_scalar(
                "select count(*) from effect
                    where kind in ('release_reply', 'deliver_reply', 'settle_reply') and state <> 'done'",
            )
            .fetch_one(&mut direct)
            .await?;
            ensure!(owed == 0, "{owed} are");
            Ok(Some(()))
        })
        .await
    }

    /// What still counts as unanswered.
    pub(super) async fn unanswered(&self) -> anyhow::Result<Vec<String>> {
        let open = self.seller().list("needs_response=true").await?;
        let word = |row: &serde_json::Value, field: &str| row[field].as_str().map(str::to_owned);
        let place = |row| Some((word(&row, "marketplace")?, word(&row, "channel")?));
        let places = open.into_iter().filter_map(place);
        Ok(places.map(|(marketplace, channel)| format!("{marketplace} {channel}")).collect())
    }
}

async fn ask(shops: &Shops, replies: &[(Item, String)], hold: u8) -> anyhow::Result<()> {
    let asked = stream::iter(replies)
        .map(async |(item, text)| approve(shops.seller(item), &item.interaction, text, hold).await);
    asked.buffer_unordered(16).try_collect().await
}

fn worded(items: &[Item], first: usize) -> Vec<(Item, String)> {
    let text = |n: usize| format!("Здравствуйте! Спасибо, что написали. Ответ номер {n}.");
    items.iter().enumerate().map(|(n, item)| (item.clone(), text(first + n))).collect()
}

/// Opens the log with the system's own master key, as its programs do.
async fn event_log(postgres: &DurablePostgres, shops: &Shops) -> anyhow::Result<EventLog> {
    let db = Db::connect(&postgres.url(), DbOptions::default()).await?;
    let name: String =
        sqlx::query_scalar("select distinct kek_id from seller_key").fetch_one(db.pool()).await?;
    let key = std::fs::read_to_string(shops.system.data_dir().join("master.key"))?;
    let keys =
        MasterKeys::new(MasterKey::from_base64(&name, &key.trim().to_owned().into())?, vec![]);
    let subjects = SubjectKeys::new(db.clone(), keys);
    Ok(EventLog::new(db, subjects, AppenderOptions::default()))
}

/// Appends events of items that nobody replies to.
async fn lengthen(log: &EventLog, events: usize) -> anyhow::Result<()> {
    stream::iter(0..events.div_ceil(EVENTS_OF_STREAM))
        .map(async |_| append(log, InteractionId(Uuid::now_v7())).await)
        .buffer_unordered(SIDE_BY_SIDE)
        .try_collect()
        .await
}

/// Waits until what makes the log longer is in the read models, too.
async fn read_models_follow(postgres: &DurablePostgres, events: usize) -> anyhow::Result<()> {
    let mut direct = PgConnection::connect(&postgres.url()).await?;
    let items = i64::try_from(events / EVENTS_OF_STREAM)?;
    let patience = 2 * wait::PATIENCE + Duration::from_secs(events as u64 / 500);
    wait::until_within(patience, "the read models follow", async || {
        let query = sqlx::query_scalar("select count(*) from inbox");
        let found: i64 = query.fetch_one(&mut direct).await?;
        ensure!(found >= items, "{found} of {items} are in the inbox");
        Ok(Some(()))
    })
    .await
}

/// A seller of few, by the item.
fn tenant(stream: InteractionId) -> TenantId {
    TenantId(Uuid::from_u128(stream.0.as_u128() % 16 + 1))
}

async fn append(log: &EventLog, stream: InteractionId) -> anyhow::Result<()> {
    let source = Source {
        account_id: AccountId(Uuid::nil()),
        marketplace: Marketplace::Wildberries,
        channel: Channel::Review,
        external_id: stream.to_string(),
        occurred_at: chrono::Utc::now(),
    };
    let content = |n: usize| Content {
        rating: Some(5),
        product: Product {
            article: "1".to_owned(), name: "Плед".to_owned(), ..Product::default()
        },
        words: BuyerWords {
            text: format!("Тёплый, {n} из десяти."), ..BuyerWords::default()
        }
        .into(),
    };
    let ingested = InteractionEvent::Ingested { source, content: content(0) };
    let revised = |n| InteractionEvent::ContentRevised { content: content(n) };
    let events = std::iter::once(ingested).chain((1..EVENTS_OF_STREAM).map(revised));
    let event = |event: InteractionEvent| {
        let event_type = <&str>::from(&event).to_owned();
        Ok(NewEvent { event_type, schema_version: 1, payload: serde_json::to_value(event)? })
    };
    log.append(NewEvents {
        tenant: tenant(stream),
        stream: stream.into(),
        stream_type: "interaction",
        expected: Expected::Version(0),
        command_id: Uuid::now_v7(),
        correlation_id: None,
        causation_id: None,
        actor: Some("system:drill".to_owned()),
        subject: stream.0,
        events: events.map(event).collect::<anyhow::Result<_>>()?,
    })
    .await?;
    Ok(())
}

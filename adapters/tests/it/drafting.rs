//! Drafts that are made ahead with the sandbox's model: once each whoever dies, at the seller's pace and within its
//! day, and from a template where the model gives none.

mod comparing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use adapters::cabinets::CabinetKey;
use adapters::model::ModelOptions;
use adapters::model::price::Prices;
use chrono::Utc;
use commands::{Actor, Context};
use domain::InteractionId;
use domain::drafting::Drafting;
use domain::interaction::{
    ChatReading, Conversation, Ingest, Interaction, InteractionCommand, WhyTemplate,
};
use domain::seller::{Seller, SellerCommand};
use projections::inbox::{self, Filter, InboxRow, Order};
use sandbox::{RunningSandbox, SandboxConfig};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::{TENANT, World};

/// Reviews of the sandbox that have words and no answer are more than these.
const SOME: usize = 12;

/// A model that is the sandbox's.
fn model(sandbox: &RunningSandbox) -> ModelOptions {
    ModelOptions {
        url: format!("{}/model/v1", sandbox.url()),
        key: "sandbox-key".to_owned().into(),
        name: "sandbox".to_owned(),
        provider: None,
        prices: Prices::shipped(),
        timeout: Duration::from_secs(10),
    }
}

/// As many drafts as there are, at once.
fn unhurried() -> Drafting {
    Drafting { batch_size: 100, delay_ms: 0, ..Drafting::default() }
}

impl World {
    /// A cabinet whose drafts a model writes, of a seller that wants them so.
    async fn drafting(pool: &PgPool, behaviour: Value, drafting: Drafting) -> Self {
        let key = CabinetKey::Wildberries { token: "sandbox-demo-token".to_owned().into() };
        let config = SandboxConfig { rate_scale: 100.0, ..SandboxConfig::default() };
        Self::prepared(pool, config, key, async |commands, sandbox| {
            let context = || Context::new(TENANT, Actor::System("test"));
            let register = SellerCommand::Register { name: "Ромашка".into() };
            commands.execute::<Seller>(&context(), TENANT, register).await.unwrap();
            let change = SellerCommand::ChangeDrafting { replaces: 0, drafting };
            commands.execute::<Seller>(&context(), TENANT, change).await.unwrap();
            let url = format!("{}/control/model", sandbox.url());
            let put = reqwest::Client::new().put(url).json(&behaviour).send().await.unwrap();
            put.error_for_status().unwrap();
            Some(model(sandbox))
        })
        .await
    }

    /// What the model was asked.
    async fn asked(&self) -> usize {
        let url = format!("{}/ledger?kind=asked", self.sandbox.url());
        reqwest::get(url).await.unwrap().text().await.unwrap().lines().count()
    }

    /// How often the model was asked about each of so many, which differ in their words. Panics where it was asked about
    /// any other.
    async fn asked_about(&self, rows: &[InboxRow]) -> Vec<usize> {
        let url = format!("{}/ledger?kind=asked", self.sandbox.url());
        let ledger = reqwest::get(url).await.unwrap().text().await.unwrap();
        let about = |line: &str| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let messages = entry["request"]["messages"].as_array().unwrap();
            let told = messages.iter().find(|message| message["role"] == "user").unwrap();
            let told: Value = serde_json::from_str(told["content"].as_str().unwrap()).unwrap();
            told["dialog"][0]["text"].as_str().unwrap().to_owned()
        };
        let mut asked: Vec<String> = ledger.lines().map(about).collect();
        let mut counts = Vec::new();
        for row in rows {
            let (_, conversation) = self.draft_of(row).await;
            let before = asked.len();
            asked.retain(|about| *about != conversation.turns[0].text);
            counts.push(before - asked.len());
        }
        assert!(asked.is_empty(), "asked about others: {asked:?}");
        counts
    }

    async fn calls(&self) -> (i64, i64) {
        sqlx::query_as("select count(*), count(distinct call_id) from model_call")
            .fetch_one(self.db.pool())
            .await
            .unwrap()
    }

    /// Has another draft made of each of so many.
    async fn ask_for(&self, rows: &[InboxRow]) {
        for row in rows {
            let context = Context::new(TENANT, Actor::System("test"));
            let id = InteractionId(row.interaction_id);
            let ask = InteractionCommand::RequestDraft;
            self.commands.execute::<Interaction>(&context, id, ask).await.unwrap();
        }
    }

    /// Reads the marketplace no more: it would take back what is changed here alone.
    async fn read_no_more(&self) {
        let stop = "update channel_sync set next_at = 'infinity'
            where next_at < 'infinity' and (lease_until is null or lease_until < now())";
        let is_over = "select bool_and(next_at = 'infinity') from channel_sync";
        self.until("the last reading", async || {
            sqlx::query(stop).execute(self.db.pool()).await.unwrap();
            let is_over: bool =
                sqlx::query_scalar(is_over).fetch_one(self.db.pool()).await.unwrap();
            is_over.then_some(())
        })
        .await;
    }

    /// Has each of so many change in something that is none of the buyer's words.
    async fn change_all_but_words(&self, rows: &[InboxRow]) {
        self.read_no_more().await;
        for row in rows {
            let (interaction, _) = self.draft_of(row).await;
            let mut content = interaction.content().unwrap().clone();
            content.product.name.push_str(" (новая партия)");
            let mut words = content.words.known().unwrap().clone();
            words.photos.push("https://basket.example/1.jpg".to_owned());
            content.words = words.into();
            let reading = Ingest {
                source: interaction.source().unwrap().clone(),
                content,
                answer: None,
                chat: ChatReading::default(),
                links: interaction.links().clone(),
                processed: false,
                seen_at: Utc::now(),
            };
            let context = Context::new(TENANT, Actor::System("test"));
            let id = InteractionId(row.interaction_id);
            let read = InteractionCommand::Ingest(Box::new(reading));
            self.commands.execute::<Interaction>(&context, id, read).await.unwrap();
            let (changed, _) = self.draft_of(row).await;
            assert!(changed.basis() > interaction.basis(), "void: nothing changed");
        }
    }

    async fn draft_of(&self, row: &InboxRow) -> (Interaction, Conversation) {
        let id = InteractionId(row.interaction_id);
        self.commands.conversation(TENANT, id).await.unwrap().unwrap()
    }

    /// Waits for the drafts that were asked for, and says why each is a template; none where a model wrote it.
    async fn until_drafted(&self, rows: &[InboxRow]) -> Vec<Option<WhyTemplate>> {
        let mut made = Vec::new();
        for row in rows {
            let why = self
                .until("a draft", async || {
                    let (interaction, conversation) = self.draft_of(row).await;
                    let is_there = interaction.has_present_draft() && !interaction.awaits_draft();
                    is_there.then(|| conversation.draft.unwrap().origin.unwrap().template)
                })
                .await;
            made.push(why);
        }
        made
    }

    /// Reviews that wait.
    async fn all_waiting(&self) -> Vec<InboxRow> {
        let filter = Filter { statuses: vec!["waiting".into()], ..Filter::default() };
        self.until("the reviews", async || {
            let all = inbox::count(&self.db, TENANT, &Filter::default()).await.unwrap();
            let page =
                inbox::list(&self.db, TENANT, &filter, Order::Newest, None, 200).await.unwrap();
            (all.total == 40).then_some(page.rows)
        })
        .await
    }

    /// So many that wait and have words, each its own.
    async fn with_words(&self) -> Vec<InboxRow> {
        let mut rows = self.all_waiting().await;
        let mut seen = BTreeSet::new();
        rows.retain(|row| !row.preview.is_empty() && seen.insert(row.preview.clone()));
        assert!(rows.len() >= SOME, "void: {}", rows.len());
        rows.truncate(SOME);
        rows
    }
}

fn counted(made: &[Option<WhyTemplate>]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for why in made {
        *counts.entry(why.map_or("model".to_owned(), |why| format!("{why:?}"))).or_default() += 1;
    }
    counts
}

#[sqlx::test(migrations = "../migrations")]
async fn workers_that_are_killed_have_no_draft_paid_twice(pool: PgPool) {
    let behaviour = json!({"latency_ms": [300, 600]});
    let quiet = Drafting { ahead: false, ..unhurried() };
    let world = World::drafting(&pool, behaviour, quiet).await;
    let rows = world.with_words().await;
    world.ask_for(&rows).await;
    world.until("calls under way", async || (world.asked().await >= 3).then_some(())).await;
    let world = world
        .killed(async |world| {
            // Whoever holds them, or was at a call, is gone; nobody waits for that to be seen.
            for gone in [
                "update draft_lease set lease_until = now()",
                "update model_call set started_at = started_at - interval '3 minutes',
                    ended_at = ended_at - interval '3 minutes'",
            ] {
                sqlx::query(gone).execute(world.db.pool()).await.unwrap();
            }
            // Photos and another name of the product are no words that could be answered anew.
            world.change_all_but_words(&rows).await;
        })
        .await;
    let made = world.until_drafted(&rows).await;
    let (calls, distinct) = world.calls().await;
    assert_eq!((calls, distinct), (12, 12), "{made:?}");
    assert!(made.contains(&Some(WhyTemplate::Interrupted)), "void: {made:?}");
    for (why, asked) in made.iter().zip(world.asked_about(&rows).await) {
        match why {
            None => assert_eq!(asked, 1, "{made:?}"),
            // A call is noted before it is made: who was killed between the two counts as having made it.
            Some(WhyTemplate::Interrupted) => assert!(asked <= 1, "asked {asked} times: {made:?}"),
            Some(other) => panic!("{other:?}: {made:?}"),
        }
    }
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_photo_that_comes_while_the_model_writes_costs_neither_a_call_nor_the_draft(
    pool: PgPool,
) {
    let behaviour = json!({"latency_ms": [1500, 2000]});
    let quiet = Drafting { ahead: false, ..unhurried() };
    let world = World::drafting(&pool, behaviour, quiet).await;
    let rows = world.with_words().await;
    let rows = &rows[..4];
    world.read_no_more().await;
    world.ask_for(rows).await;
    world.until("calls under way", async || (world.asked().await >= 4).then_some(())).await;
    world.change_all_but_words(rows).await;
    assert_eq!(world.until_drafted(rows).await, [None; 4], "the model wrote them all");
    assert_eq!((world.calls().await, world.asked().await), ((4, 4), 4));
    for row in rows {
        let (interaction, _) = world.draft_of(row).await;
        assert!(interaction.basis() > 0, "void: nothing changed");
    }
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn where_the_model_is_away_a_template_is_there_at_once(pool: PgPool) {
    let behaviour = json!({"always": {"fails": {"status": 503, "code": "overloaded"}}});
    let quiet = Drafting { ahead: false, ..unhurried() };
    let world = World::drafting(&pool, behaviour, quiet).await;
    let rows = world.with_words().await;
    let began = tokio::time::Instant::now();
    world.ask_for(&rows[..1]).await;
    let made = world.until_drafted(&rows[..1]).await;
    assert_eq!(made, [Some(WhyTemplate::ModelUnavailable)]);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    world.ask_for(&rows[1..]).await;
    let made = counted(&world.until_drafted(&rows[1..]).await);
    assert_eq!(made, BTreeMap::from([("ModelUnavailable".to_owned(), SOME - 1)]));
    // Nobody goes on asking who does not answer.
    assert!(world.asked().await < SOME, "{}", world.asked().await);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_day_of_a_seller_ends_with_templates_and_whoever_asks_gets_another(pool: PgPool) {
    let limited = Drafting { daily_limit: 3, ..unhurried() };
    let world = World::drafting(&pool, json!({}), limited).await;
    let rows = world.all_waiting().await;
    let made = counted(&world.until_drafted(&rows).await);
    assert_eq!(made.get("model"), Some(&3), "{made:?}");
    assert!(made.get("DailyLimit").is_some_and(|refused| *refused >= SOME - 3), "{made:?}");
    let (calls, _) = world.calls().await;
    assert_eq!(calls, 3);
    let asked = world.with_words().await;
    world.ask_for(&asked[..1]).await;
    assert_eq!(world.until_drafted(&asked[..1]).await, [None]);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn drafts_that_nobody_asked_for_keep_the_sellers_pace(pool: PgPool) {
    let slow = Drafting { batch_size: 2, ..unhurried() };
    let world = World::drafting(&pool, json!({}), slow).await;
    let rows = world.with_words().await;
    world.until("a batch", async || (world.calls().await.0 >= 2).then_some(())).await;
    // Whoever asks waits for no batch.
    world.ask_for(&rows[SOME - 1..]).await;
    assert_eq!(world.until_drafted(&rows[SOME - 1..]).await, [None]);
    let (made, urgent): (i32, i32) = sqlx::query_as("select made, urgent from draft_pace")
        .fetch_one(world.db.pool())
        .await
        .unwrap();
    assert!(made - urgent <= 2 && urgent <= 3, "{made} made, {urgent} of them urgent");
    world.end().await;
}

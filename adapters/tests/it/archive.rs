//! What was processed long ago at Wildberries: read with a whole round and not with the usual ones, in calls that a basic
//! token can pay for; counted by the sandbox.

use chrono::{TimeDelta, Utc};
use projections::inbox::{self, Filter, InboxRow, Order};
use reqwest::Method;
use sandbox::{SandboxConfig, TokenKind};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::standing::{take_over, token};
use crate::whole_way::{TENANT, World};
use adapters::cabinets::CabinetKey;

/// Longer ago than usual rounds read what is processed.
const LONG_AGO: TimeDelta = TimeDelta::days(100);

async fn control(world: &World, method: Method, path: &str, body: &Value) {
    let url = format!("{}/control/wildberries/demo{path}", world.sandbox.url());
    let response = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
}

async fn row(world: &World, id: &str) -> Option<InboxRow> {
    let filter = Filter::default();
    let page = inbox::list(&world.db, TENANT, &filter, Order::Oldest, None, 200).await.unwrap();
    page.rows.into_iter().find(|row| row.external_id == id)
}

async fn until_status(world: &World, id: &str, status: &str) {
    world
        .until(&format!("{id} to be {status}"), async || {
            row(world, id).await.filter(|row| row.status == status)
        })
        .await;
}

/// How often reviews were listed.
async fn calls(world: &World) -> u64 {
    let url = format!("{}/control/state", world.sandbox.url());
    let state: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    state["answers"]["GET /api/v1/feedbacks"]["200"].as_u64().unwrap()
}

/// Begins a round of reviews that reads nothing yet, and leaves everything else unread.
async fn begin(world: &World, whole: bool) {
    sqlx::query("update channel_sync set next_at = 'infinity', hinted_at = null")
        .execute(world.db.pool())
        .await
        .unwrap();
    // What is being read would spend the token that the first call waits for.
    world
        .until("nothing is being read", async || {
            let readings: i64 = sqlx::query_scalar(
                "select count(*) from channel_sync where lease_until is not null",
            )
            .fetch_one(world.db.pool())
            .await
            .unwrap();
            (readings == 0).then_some(())
        })
        .await;
    let begun = "update channel_sync
        set cursor = 'null', fence = fence + 1, lease_until = null, next_at = 'infinity', hinted_at = null,
            whole_read_at = case when $1 then null else now() end";
    sqlx::query(begun).bind(whole).execute(world.db.pool()).await.unwrap();
}

/// Lets the time of the next call come, and returns how long the one after it waits.
async fn call(world: &World) -> TimeDelta {
    sqlx::query("delete from rate_limit").execute(world.db.pool()).await.unwrap();
    let due = "update channel_sync set next_at = now() where channel = 'review'";
    sqlx::query(due).execute(world.db.pool()).await.unwrap();
    world
        .until("the call", async || {
            let pause: Option<f64> = sqlx::query_scalar(
                "select extract(epoch from next_at - now())::float8 from channel_sync
                    where channel = 'review' and lease_until is null and next_at > now()",
            )
            .fetch_optional(world.db.pool())
            .await
            .unwrap();
            pause.map(|seconds| TimeDelta::seconds(seconds as i64))
        })
        .await
}

/// Makes the calls of a round, and returns how many they were.
async fn round(world: &World, whole: bool) -> u64 {
    begin(world, whole).await;
    let before = calls(world).await;
    loop {
        let pause = call(world).await;
        // Half of five calls an hour, divided among reviews and questions.
        assert!((TimeDelta::minutes(47)..=TimeDelta::minutes(49)).contains(&pause), "{pause}");
        let is_over: bool =
            sqlx::query_scalar("select cursor = 'null' from channel_sync where channel = 'review'")
                .fetch_one(world.db.pool())
                .await
                .unwrap();
        if is_over {
            return calls(world).await - before;
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_given_long_after_is_seen_by_a_whole_round_of_three_calls_and_by_no_usual_one(
    pool: PgPool,
) {
    let key = CabinetKey::Wildberries { token: "sandbox-demo-token".to_owned().into() };
    // The sandbox's clock for limits runs so fast that only our own pauses count.
    let config = SandboxConfig { rate_scale: 1e6, ..SandboxConfig::default() };
    let world = World::with_config(&pool, config, key).await;
    let id = "archived-review";
    let review = json!({
        "id": id, "createdDate": Utc::now() - LONG_AGO, "productValuation": 5, "text": "Плед тёплый",
    });
    control(&world, Method::POST, "/reviews", &review).await;
    sqlx::query("update channel_sync set whole_read_at = null, cursor = 'null'")
        .execute(world.db.pool())
        .await
        .unwrap();
    until_status(&world, id, "closed").await;
    take_over(&world, token(&world, TokenKind::Basic, TimeDelta::days(100)).await).await;

    let answer = json!({"text": "Спасибо за отзыв!"});
    control(&world, Method::PUT, &format!("/reviews/{id}/answer"), &answer).await;
    assert_eq!(round(&world, false).await, 2);
    assert_eq!(row(&world, id).await.unwrap().status, "closed");

    assert_eq!(round(&world, true).await, 3);
    until_status(&world, id, "responded").await;
    world.end().await;
}

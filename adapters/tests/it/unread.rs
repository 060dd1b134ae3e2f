//! Items that no program could read, among good ones: the good ones are taken in, the bad ones kept and shown, and read
//! when they can be.

use adapters::sync::{RetryReport, retry_unread, unread_items};
use chrono::{DateTime, Utc};
use projections::inbox::{self, Filter, Order};
use reqwest::Method;
use sandbox::Faults;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::whole_way::{TENANT, World};

/// What a marketplace may come up with, and what is said about it. `ID` stands for the review's own id.
fn spoiled() -> Vec<(Value, &'static str)> {
    let good = json!({"id": "ID", "createdDate": "2026-11-01T10:00:00Z", "text": "Плед тёплый"});
    let with = |field: &str, value: Value| {
        let mut item = good.clone();
        item[field] = value;
        item
    };
    vec![
        (json!(17), "not_an_object"),
        (json!(["ID"]), "not_an_object"),
        (with("id", Value::Null), "no_id"),
        (with("id", json!({"uuid": "ID"})), "no_id"),
        (with("id", json!("i".repeat(5_000))), "no_id"),
        (with("createdDate", json!("вчера")), "no_time"),
        (with("createdDate", json!(1_793_000_000)), "no_time"),
        (with("text", json!({"ru": "Плед тёплый"})), "no_text"),
        (with("cons", json!([1, 2])), "no_text"),
        (with("answer", json!("Спасибо")), "no_answer"),
        (with("text", json!("я".repeat(200_000))), "too_large"),
    ]
}

/// Odd, and readable all the same: none of these may be kept aside.
fn odd() -> Vec<Value> {
    let item = |field: &str, value: Value| json!({"id": "ID", "createdDate": "2026-11-01T10:00:00.5+03:00", "text": "Плед", field: value});
    vec![
        item("answer", json!({"text": "Спасибо", "state": "видно всем", "editable": "да"})),
        item("productValuation", json!("пять")),
        item("productValuation", json!(9)),
        item("state", json!({"new": true})),
        item("productDetails", json!([])),
        item("photoLinks", json!("нет")),
        item("совсемНовое", json!({"a": [1, {"b": null}]})),
    ]
}

/// Lets a buyer write a review that the sandbox gives as `served`; returns its id.
async fn give(world: &World, id: &str, served: &Value) -> String {
    let served: Value =
        serde_json::from_str(&served.to_string().replace("\"ID\"", &json!(id).to_string()))
            .unwrap();
    let review = json!({
        "id": id, "createdDate": Utc::now(), "productValuation": 5, "text": "Плед тёплый и мягкий",
        "served": served,
    });
    control(world, Method::POST, "/reviews", &review).await;
    id.to_owned()
}

async fn control(world: &World, method: Method, path: &str, body: &Value) {
    let url = format!("{}/control/wildberries/demo{path}", world.sandbox.url());
    let response = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
    assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
}

/// Waits for a round over everything that begins now.
async fn whole_round(world: &World) {
    let asked: DateTime<Utc> = sqlx::query_scalar(
        "update channel_sync set whole_read_at = null, cursor = 'null', fence = fence + 1, lease_until = null,
            next_at = now() where channel = 'review' returning clock_timestamp()",
    )
    .fetch_one(world.db.pool())
    .await
    .unwrap();
    world
        .until("a whole round", async || {
            let read: Option<DateTime<Utc>> = sqlx::query_scalar(
                "select whole_read_at from channel_sync where channel = 'review'",
            )
            .fetch_one(world.db.pool())
            .await
            .unwrap();
            read.filter(|read| *read > asked)
        })
        .await;
}

/// Changes what was kept.
async fn reseal(world: &World, change: impl Fn(&str) -> String) {
    let kept = sqlx::query_as::<_, (Uuid, Vec<u8>)>("select item_id, sealed from unread_item")
        .fetch_all(world.db.pool())
        .await
        .unwrap();
    for (item, sealed) in kept {
        let raw = world.vault.open(TENANT, "unread_item", item, &sealed).await.unwrap();
        let changed = change(raw.expose_secret()).into();
        sqlx::query("update unread_item set sealed = $1 where item_id = $2")
            .bind(world.vault.seal(TENANT, "unread_item", item, &changed).await.unwrap())
            .bind(item)
            .execute(world.db.pool())
            .await
            .unwrap();
    }
}

async fn in_inbox(world: &World, external_id: &str) -> bool {
    let filter = Filter::default();
    let page = inbox::list(&world.db, TENANT, &filter, Order::Newest, None, 200).await.unwrap();
    page.rows.iter().any(|row| row.external_id == external_id)
}

async fn reasons(world: &World) -> Vec<String> {
    let items = unread_items(&world.db, TENANT, world.account, 100).await.unwrap();
    let mut reasons: Vec<_> = items.into_iter().map(|item| item.reason).collect();
    reasons.sort();
    reasons
}

/// Gives bad items among good ones and holds what became of them against what must; `Err` says what was lost.
async fn bad_among_good(world: &World) -> Result<(), String> {
    let mut bad = Vec::new();
    for (n, (served, _)) in spoiled().iter().enumerate() {
        bad.push(give(world, &format!("bad-{n}"), served).await);
    }
    for (n, served) in odd().iter().enumerate() {
        give(world, &format!("odd-{n}"), served).await;
    }
    whole_round(world).await;
    for n in 0..odd().len() {
        let id = format!("odd-{n}");
        world.until(&id, async || in_inbox(world, &id).await.then_some(())).await;
    }
    let mut wanted: Vec<_> = spoiled().into_iter().map(|(_, reason)| reason.to_owned()).collect();
    wanted.sort();
    let kept = reasons(world).await;
    if kept != wanted {
        return Err(format!("kept {kept:?} of {wanted:?}"));
    }
    // Given again they are the same items.
    whole_round(world).await;
    assert_eq!(reasons(world).await, wanted);

    // The marketplace mends what it gives.
    for id in &bad {
        control(world, Method::PUT, &format!("/reviews/{id}/served"), &Value::Null).await;
    }
    whole_round(world).await;
    for id in &bad {
        world.until(id, async || in_inbox(world, id).await.then_some(())).await;
    }
    assert_eq!(reasons(world).await, Vec::<String>::new());
    Ok(())
}

#[sqlx::test(migrations = "../migrations")]
async fn bad_items_are_kept_and_good_ones_go_on(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    assert_eq!(bad_among_good(&world).await, Ok(()));
    world.end().await;
}

/// Runs a check with a program that drops what it cannot read, without a word: the check must notice.
pub(crate) async fn dropping_silently_is_noticed(
    pool: &PgPool,
    check: impl AsyncFnOnce(&World) -> Result<(), String>,
) {
    sqlx::raw_sql(
        "create function drop_silently() returns trigger language plpgsql as 'begin return null; end';
        create trigger drop_silently before insert on unread_item for each row execute function drop_silently()",
    )
    .execute(pool)
    .await
    .unwrap();
    let world = World::start(pool, Faults::default()).await;
    let lost = check(&world).await.unwrap_err();
    assert!(lost.starts_with("kept []"), "{lost}");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn dropping_bad_items_silently_is_noticed(pool: PgPool) {
    dropping_silently_is_noticed(&pool, bad_among_good).await;
}

/// As an older program left it: what it could not read, this one can.
#[sqlx::test(migrations = "../migrations")]
async fn what_a_newer_program_can_read_is_read_from_what_was_kept(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let (late, _) = spoiled().swap_remove(5);
    let id = give(&world, "kept", &late).await;
    whole_round(&world).await;
    let (tenant, account) = (TENANT, world.account);
    let retry = || retry_unread(&world.db, &world.cabinets, &world.commands, tenant, account);
    assert_eq!(retry().await.unwrap(), RetryReport { read: 0, unread: 1 });
    assert_eq!(reasons(&world).await, ["no_time"]);

    // The marketplace gives it no more, so only what was kept can be read.
    control(&world, Method::DELETE, &format!("/reviews/{id}"), &Value::Null).await;
    reseal(&world, |raw| raw.replace("вчера", "2026-11-01T10:00:00Z")).await;
    assert_eq!(retry().await.unwrap(), RetryReport { read: 1, unread: 0 });
    world.until("the review", async || in_inbox(&world, &id).await.then_some(())).await;
    assert_eq!(reasons(&world).await, Vec::<String>::new());
    world.end().await;
}

/// As where a row came from another database, or was changed by hand.
#[sqlx::test(migrations = "../migrations")]
async fn an_item_that_does_not_open_keeps_no_other_from_being_read(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let (late, _) = spoiled().swap_remove(5);
    for id in ["one", "two", "three"] {
        give(&world, id, &late).await;
    }
    whole_round(&world).await;
    assert_eq!(reasons(&world).await, ["no_time"; 3]);
    for id in ["one", "two", "three"] {
        control(&world, Method::DELETE, &format!("/reviews/{id}"), &Value::Null).await;
    }
    reseal(&world, |raw| raw.replace("вчера", "2026-11-01T10:00:00Z")).await;
    // The first that is tried.
    let broken: String = sqlx::query_scalar(
        "update unread_item set sealed = set_byte(sealed, octet_length(sealed) - 1,
                255 - get_byte(sealed, octet_length(sealed) - 1))
            where item_id = (select item_id from unread_item order by item_id limit 1)
            returning external_id",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    let (tenant, account) = (TENANT, world.account);
    let retried = retry_unread(&world.db, &world.cabinets, &world.commands, tenant, account).await;
    assert_eq!(retried.unwrap(), RetryReport { read: 2, unread: 1 });
    for id in ["one", "two", "three"].into_iter().filter(|id| *id != broken) {
        world.until(id, async || in_inbox(&world, id).await.then_some(())).await;
    }
    let left = unread_items(&world.db, TENANT, world.account, 100).await.unwrap();
    let left: Vec<_> = left.into_iter().map(|item| item.external_id).collect();
    assert_eq!(left, [Some(broken)]);
    world.end().await;
}

/// What is kept is a buyer's words.
#[sqlx::test(migrations = "../migrations")]
async fn what_is_kept_is_sealed(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    give(&world, "kept", &spoiled()[5].0).await;
    whole_round(&world).await;
    let (row, sealed): (String, Vec<u8>) =
        sqlx::query_as("select u::text, sealed from unread_item u").fetch_one(&pool).await.unwrap();
    assert!(row.contains("no_time") && !row.contains("тёплый"), "{row}");
    assert!(!String::from_utf8_lossy(&sealed).contains("тёплый"));
    world.end().await;
}

/// Items beyond the bound give way, the oldest first, and are counted.
#[sqlx::test(migrations = "../migrations")]
async fn what_is_kept_is_bounded(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    sqlx::query(
        "insert into unread_item (tenant_id, account_id, marketplace, channel, item_id, reason, processed, size_bytes, cut, sealed,
                first_seen_at, last_seen_at, external_id, interaction_id)
            select $1, $2, 'wildberries', 'review', gen_random_uuid(), 'no_time', true, 1, true, '', now() - make_interval(mins => n),
                now(), 'old-' || n, gen_random_uuid()
            from generate_series(1, 1200) n",
    )
    .bind(TENANT.0)
    .bind(world.account.0)
    .execute(&pool)
    .await
    .unwrap();
    whole_round(&world).await;
    let (kept, oldest, expired): (i64, i64, i64) = sqlx::query_as(
        "select count(*), count(*) filter (where external_id = 'old-1200'), max(s.unread_expired)
            from unread_item, channel_sync s where s.channel = 'review'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!((kept, oldest, expired), (1_000, 0, 200));
    world.end().await;
}

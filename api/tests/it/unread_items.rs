//! What could not be read, as the seller is told of it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::accounts::{connect, start};
use crate::harness::{expect, expect_problem};

/// An item of which only the beginning was kept.
pub(crate) async fn keep(
    pool: &PgPool,
    account: &str,
    external_id: Option<&str>,
    reason: &str,
    field: Option<&str>,
) {
    sqlx::query(
        "insert into unread_item (tenant_id, account_id, marketplace, channel, item_id, external_id, interaction_id, reason, field, processed,
                size_bytes, cut, sealed, first_seen_at, last_seen_at)
            select tenant_id, account_id, marketplace, channel, gen_random_uuid(), $2, case when $2 is not null then gen_random_uuid() end, $3,
                    $4, false, 4096, true, '', now(), now()
                from channel_sync where account_id = $1 and channel = 'review'",
    )
    .bind(account.parse::<Uuid>().unwrap())
    .bind(external_id)
    .bind(reason)
    .bind(field)
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn what_could_not_be_read_is_counted_and_listed_with_its_reason(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool.clone()).await;
    let account = connect(&app, &anna).await;
    assert_eq!(account["sync"]["items_unread"], 0);
    let id = account["account_id"].as_str().unwrap();
    let path = format!("/accounts/{id}/unread-items");
    assert_eq!(anna.get(&path).await, json!({"items": [], "total": 0, "expired": 0}));

    keep(&pool, id, Some("wb-1"), "no_text", Some("pros")).await;
    keep(&pool, id, None, "no_id", Some("id")).await;
    let listed = anna.get(&path).await;
    assert_eq!((&listed["total"], &listed["expired"]), (&json!(2), &json!(0)));
    let newest = &listed["items"][0];
    assert_eq!((&newest["external_id"], &newest["reason"]), (&Value::Null, &json!("no_id")));
    assert_eq!(newest["message"], "У отзыва нет номера.");
    let oldest = &listed["items"][1];
    assert_eq!(oldest["message"], "Вместо текста в поле pros что-то другое.");
    assert_eq!((&oldest["external_id"], &oldest["size_bytes"]), (&json!("wb-1"), &json!(4096)));
    assert_eq!(anna.get("/accounts").await["items"][0]["sync"]["items_unread"], 2);

    let retry = anna.write(Method::POST, &format!("{path}/retry"), &json!({}));
    assert_eq!(expect(retry, StatusCode::OK).await, json!({"read": 0, "unread": 2}));
}

#[sqlx::test(migrations = "../migrations")]
async fn another_sellers_unread_items_do_not_exist(pool: PgPool) {
    let (_marketplace, app, anna) = start(pool.clone()).await;
    let account = connect(&app, &anna).await;
    let id = account["account_id"].as_str().unwrap();
    keep(&pool, id, Some("wb-1"), "no_text", Some("pros")).await;
    let boris = app.register("boris@example.ru").await;
    let path = format!("/accounts/{id}/unread-items");
    expect_problem(boris.call(Method::GET, &path), 404, "not_found").await;
    let retry = boris.write(Method::POST, &format!("{path}/retry"), &json!({}));
    expect_problem(retry, 404, "not_found").await;
}

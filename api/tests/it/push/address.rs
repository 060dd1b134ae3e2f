//! The address: a secret of one cabinet's owner, who may replace it.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Shop, answer, message, taken};
use crate::accounts;
use crate::harness::expect_problem;

#[sqlx::test(migrations = "../migrations")]
async fn the_owner_is_given_an_address_and_another_when_asking_again(pool: PgPool) {
    let shop = Shop::start(pool).await;
    assert_eq!(shop.state().await, json!({"offered": true, "address": null}));
    let first = shop.renew().await;
    assert!(first.starts_with("/push/ozon/"), "{first}");
    assert_eq!(first.len(), "/push/ozon/".len() + 43, "256 bits in base64: {first}");
    assert_eq!(shop.state().await["address"]["path"], first, "it is shown as often as asked for");

    let second = shop.renew().await;
    assert_ne!(first, second);
    let (status, _) = answer(shop.push(&first, &message())).await;
    assert_eq!((status, shop.due().await.len()), (404, 0));
    assert_eq!(answer(shop.push(&second, &message())).await, taken());
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_does_not_hold_the_address(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    assert_eq!(answer(shop.push(&address, &message())).await, taken());
    let token = address.rsplit('/').next().unwrap();
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('public', 'es')",
    )
    .fetch_all(&shop.pool)
    .await
    .unwrap();
    let mut rows = 0;
    for table in tables {
        let all = sqlx::AssertSqlSafe(format!("select t::text from {table} t"));
        for row in sqlx::query_scalar::<_, String>(all).fetch_all(&shop.pool).await.unwrap() {
            assert!(!row.contains(token), "{table}: {row}");
            // As bytes are printed.
            assert!(!row.contains(&hex(token)), "{table}: {row}");
            rows += 1;
        }
    }
    assert!(rows > 5, "only {rows} rows were looked at");
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_address_of_nobody_and_of_the_other_marketplace_is_refused(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let nobodys = format!("/push/ozon/{}", "A".repeat(43));
    let others = address.replace("/push/ozon/", "/push/yandex/") + "/notification";
    let yandex = json!({"notificationType": "PING"});
    for (address, body, kind) in [
        (&nobodys, message(), "code"),
        (&format!("{address}A"), message(), "code"),
        (&others, yandex, "type"),
    ] {
        let (status, answer) = answer(shop.push(address, &body)).await;
        assert_eq!(status, 404, "{address}: {answer}");
        assert!(answer["error"][kind].as_str().unwrap().ends_with("UNKNOWN"), "{answer}");
    }
    assert_eq!(shop.due().await, Vec::<String>::new());
}

/// Whoever knows the address can do no more than notify.
#[sqlx::test(migrations = "../migrations")]
async fn a_session_is_neither_needed_nor_of_use(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let crossed = shop
        .push(&address, &message())
        .header("cookie", "__Host-agentiq=nonsense")
        .header("authorization", "Bearer nonsense")
        .header("origin", "https://elsewhere.example")
        .header("sec-fetch-site", "cross-site");
    let response = crossed.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.headers().get("set-cookie").is_none());
    assert_eq!(response.headers()["cache-control"], "no-store");

    let token = address.rsplit('/').next().unwrap();
    let accounts = shop.app.call(Method::GET, "/api/v1/accounts").bearer_auth(token);
    expect_problem(accounts, 401, "session_ended").await;
    let read = shop.app.call(Method::GET, &address);
    expect_problem(read, 405, "method_not_allowed").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_marketplace_that_does_not_notify_is_given_no_address(pool: PgPool) {
    let (_marketplace, app, anna) = accounts::start(pool).await;
    let account = accounts::connect(&app, &anna).await;
    let path = format!("/accounts/{}/notifications", account["account_id"].as_str().unwrap());
    let make = anna.write(Method::POST, &path, &Value::Null);
    expect_problem(make, 409, "notifications_not_offered").await;
    assert_eq!(anna.get(&path).await, json!({"offered": false, "address": null}));
}

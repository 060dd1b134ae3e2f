//! What is refused, in the marketplace's own words.

use api::{ApiSettings, PushNetworks};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

use super::{Shop, answer, message, taken};
use crate::harness::Setup;

#[sqlx::test(migrations = "../migrations")]
async fn what_is_malformed_is_called_so_and_shown_to_the_owner(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let mut without_chat = message();
    without_chat.as_object_mut().unwrap().remove("chat_id");
    for (body, code) in [
        ("{\"message_type\":".to_owned(), "ERROR_UNKNOWN"),
        (String::new(), "ERROR_UNKNOWN"),
        (json!({}).to_string(), "ERROR_PARAMETER_VALUE_MISSED"),
        (without_chat.to_string(), "ERROR_PARAMETER_VALUE_MISSED"),
    ] {
        let request = shop.app.call(Method::POST, &address).body(body.clone());
        let (status, answer) = answer(request).await;
        assert_eq!(status, 400, "{body}: {answer}");
        assert_eq!(answer["error"]["code"], code, "{body}");
        assert_eq!(answer["error"]["details"], json!(null));
        assert!(answer["error"]["message"].is_string());
        let refused = &shop.state().await["address"]["last_refused"];
        assert_eq!(refused["reason"], "malformed", "{body}: {refused}");
    }
    assert_eq!(shop.due().await, Vec::<String>::new());
    assert_eq!(shop.state().await["address"]["received"], 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_notification_about_another_cabinet_is_refused(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let mut other = message();
    other["seller_id"] = json!(700_002);
    let (status, refused) = answer(shop.push(&address, &other)).await;
    assert_eq!((status, &refused["error"]["code"]), (400, &json!("ERROR_UNKNOWN")));
    assert_eq!(shop.due().await, Vec::<String>::new());
    let state = shop.state().await;
    assert_eq!(state["address"]["last_refused"]["reason"], "other_cabinet");

    // Ozon's tables say a number, its examples a text.
    other["seller_id"] = json!(super::CABINET);
    assert_eq!(answer(shop.push(&address, &other)).await, taken());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_body_longer_than_any_of_theirs_is_refused(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let mut long = message();
    long["data"] = json!(["я".repeat(40_000)]);
    let (status, refused) = answer(shop.push(&address, &long)).await;
    assert_eq!((status, &refused["error"]["code"]), (413, &json!("ERROR_UNKNOWN")));
    assert_eq!(shop.state().await["address"]["last_refused"]["reason"], "too_large");
    assert_eq!(shop.due().await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn only_so_much_is_taken_at_once(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let refused = loop {
        let response = shop.push(&address, &message()).send().await.unwrap();
        if response.status() != 200 {
            break response;
        }
    };
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "10");
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["error"]["code"], "ERROR_UNKNOWN");
    assert!(shop.state().await["address"]["received"].as_i64() >= Some(200));
}

/// Statuses of the same notification from Ozon's network, another one, and a private one, by a proxy's word.
async fn from_networks(pool: PgPool, push_networks: PushNetworks) -> Vec<u16> {
    let trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let api = ApiSettings { trusted_proxies, push_networks, ..ApiSettings::default() };
    let shop = Shop::with(pool, Setup { api, ..Setup::default() }).await;
    let address = shop.renew().await;
    let mut statuses = Vec::new();
    for from in ["195.34.21.7", "203.0.113.5", "10.0.0.9"] {
        let request = shop.push(&address, &message()).header("x-forwarded-for", from);
        statuses.push(answer(request).await.0);
    }
    let is_refused = shop.state().await["address"]["last_refused"]["reason"] == "other_network";
    assert_eq!(is_refused, statuses.contains(&403));
    statuses
}

#[sqlx::test(migrations = "../migrations")]
async fn another_network_is_refused(pool: PgPool) {
    assert_eq!(from_networks(pool, PushNetworks::Published).await, [200, 403, 200]);
}

#[sqlx::test(migrations = "../migrations")]
async fn another_network_is_taken_where_the_address_alone_is_to_count(pool: PgPool) {
    assert_eq!(from_networks(pool, PushNetworks::Any).await, [200, 200, 200]);
}

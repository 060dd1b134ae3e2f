//! Who may call, how often, and with how much.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::play::{BUSINESS, KEY, Market, market, market_with, v2};

const TOKEN_CHECK: &str = "/v2/auth/token";

async fn refused(market: &Market, path: &str, key: &str) -> (u16, String) {
    let answer = market.call(Method::POST, path, key, Some(json!({}))).await.unwrap();
    let error = answer.json()["errors"][0].clone();
    (answer.status.as_u16(), error["message"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_key_is_checked_as_the_list_of_errors_says() {
    let market = market(&[]).await;
    let refused = async |key| refused(&market, TOKEN_CHECK, key).await;
    assert_eq!(refused("").await, (401, "Credentials are not specified".to_owned()));
    assert_eq!(refused("ACMA:other").await, (401, "Api-Key token is invalid".to_owned()));
    let bearer = format!("Bearer {KEY}");
    assert_eq!(refused(&bearer).await, (401, "Api-Key token prefix invalid".to_owned()));
    let request = market.request(Method::POST, TOKEN_CHECK).header("Authorization", &bearer);
    assert_eq!(request.send().await.unwrap().status(), 401);

    market.happen(Method::POST, "keys/revoke", json!({ "key": KEY })).await;
    assert_eq!(refused(KEY).await, (401, "Api-Key token is revoked".to_owned()));
}

#[tokio::test]
async fn the_check_of_a_key_tells_its_name_and_scopes() {
    let market = market(&[]).await;
    let read = async || market.result(TOKEN_CHECK, json!({})).await["apiKey"].clone();
    assert_eq!(read().await, json!({ "name": "sandbox", "authScopes": ["ALL_METHODS"] }));
    let scopes = json!(["all-methods:read-only", "communication"]);
    market
        .happen(Method::POST, "keys", json!({ "key": KEY, "name": "чаты", "scopes": scopes }))
        .await;
    let expected = json!({
        "name": "чаты", "authScopes": ["ALL_METHODS_READ_ONLY", "COMMUNICATION"]
    });
    assert_eq!(read().await, expected);
}

#[tokio::test]
async fn a_key_that_loses_a_scope_is_forbidden_to_write() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    market
        .happen(Method::POST, "keys", json!({ "key": KEY, "scopes": ["all-methods:read-only"] }))
        .await;
    let answer = market.say(&chat, "Здравствуйте!").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["errors"][0]["code"]),
        (403, &json!("FORBIDDEN"))
    );
    assert_eq!(market.history(&chat).await.len(), 1);
    assert_eq!(market.writes().await[0]["effect"], "refused");
}

#[tokio::test]
async fn a_business_of_somebody_else_is_forbidden_and_no_number_is_malformed() {
    let market = market(&[]).await;
    let other = format!("/v2/businesses/{}/chats", BUSINESS + 1);
    assert_eq!(refused(&market, &other, KEY).await, (403, "Access denied".to_owned()));
    for wrong in ["0", "-5", "x"] {
        let path = format!("/v2/businesses/{wrong}/chats");
        assert_eq!(refused(&market, &path, KEY).await.0, 400, "{wrong}");
    }
}

#[tokio::test]
async fn an_hourly_quota_ends_in_420_without_retry_after() {
    let market = market_with(|config| config.rate_scale = 0.02).await;
    let first = market.call(Method::POST, TOKEN_CHECK, KEY, None).await.unwrap();
    assert_eq!(first.header("x-ratelimit-resource-limit"), Some("2"));
    assert_eq!(first.header("x-ratelimit-resource-remaining"), Some("1"));
    let until = first.header("x-ratelimit-resource-until").unwrap().to_owned();
    let until = chrono::DateTime::parse_from_rfc2822(&until).unwrap();
    let wait = until.timestamp() - chrono::Utc::now().timestamp();
    assert!((3_590..=3_601).contains(&wait), "{wait} s");

    market.call(Method::POST, TOKEN_CHECK, KEY, None).await.unwrap();
    let refused = market.call(Method::POST, TOKEN_CHECK, KEY, None).await.unwrap();
    assert_eq!(refused.status, 420);
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(refused.header("x-ratelimit-resource-remaining"), Some("0"));
    let message = "Hit rate limit of 2 requests per 1 hour for resource /v2/auth/token";
    assert_eq!(refused.json()["errors"][0]["message"], message);
    // Other methods have quotas of their own.
    assert_eq!(market.post(&v2("chats"), json!({})).await.status, 200);
    market.play.advance_clock(3_601).await;
    assert_eq!(market.call(Method::POST, TOKEN_CHECK, KEY, None).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_420_may_come_with_nothing_but_its_text() {
    let market = market_with(|config| config.rate_headers = sandbox::RateHeaders::Absent).await;
    market.play.set_faults(json!({ "rate_limited": { "nth": [1] } })).await;
    let refused = market.post(&v2("chats"), json!({})).await;
    assert_eq!(refused.status, 420);
    let names: Vec<&str> =
        refused.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    assert!(names.iter().all(|name| !name.contains("ratelimit") && *name != "retry-after"));
}

#[tokio::test]
async fn a_fifth_request_at_a_time_is_refused() {
    let market = market_with(|config| config.rate_scale = 1.0).await;
    market.play.set_faults(json!({ "slow": { "probability": 1, "ms": 60_000 } })).await;
    let path = format!("{}/yandex{}", market.play.sandbox.url(), v2("chats"));
    let requests: Vec<_> = (0..4)
        .map(|_| {
            let request = market.play.client.post(&path).header("Api-Key", KEY).json(&json!({}));
            tokio::spawn(request.send())
        })
        .collect();
    let all_under_way = async { while market.play.fired("slow").await < 4 {} };
    tokio::time::timeout(Duration::from_secs(5), all_under_way).await.unwrap();
    let fifth = market.post(&v2("chats"), json!({})).await;
    assert_eq!(fifth.status, 420);
    assert_eq!(fifth.json()["errors"][0]["message"], "Hit rate limit of 4 parallel requests");
    requests.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_body_has_512_kilobytes_at_most() {
    let market = market(&[]).await;
    let chat = market.chat().await;
    let padded = |bytes: usize| {
        let body = json!({ "message": "x", "padding": "" }).to_string();
        let padding = "x".repeat(bytes - body.len());
        json!({ "message": "x", "padding": padding }).to_string()
    };
    let path = v2(&format!("chats/message?chatId={chat}"));
    let send = async |bytes: usize| {
        let request = market.request(Method::POST, &path).header("Api-Key", KEY);
        let request = request.header("Content-Type", "application/json").body(padded(bytes));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(send(512 * 1024).await.0, 200);
    let (status, answer) = send(512 * 1024 + 1).await;
    assert_eq!(status, 400);
    let message = answer["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("The request is too big"), "{message}");
}

#[tokio::test]
async fn a_body_of_another_kind_is_not_read() {
    let market = market(&[]).await;
    let send = async |content_type: Option<&str>, body: &'static str| {
        let mut request =
            market.request(Method::POST, &v2("chats")).header("Api-Key", KEY).body(body);
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(send(None, "{}").await, 415);
    assert_eq!(send(Some("text/plain"), "{}").await, 415);
    assert_eq!(send(Some("application/json"), "{\"types\":").await, 400);
    assert_eq!(send(Some("application/json"), "").await, 400);
    assert_eq!(send(Some("application/json; charset=utf-8"), "{}").await, 200);
}

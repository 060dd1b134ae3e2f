//! Who may call, how often, and what the seller's plan opens.

use reqwest::Method;
use sandbox::{OzonAccount, RateHeaders, SellerConfig};
use serde_json::{Value, json};

use super::play::{Answer, CLIENT_ID, KEY, Ozon, items, ozon, ozon_with};

const COUNT: &str = "/v2/review/count";

fn told(answer: &Answer) -> (u16, Value, Value) {
    let body = answer.body();
    (answer.status, body["code"].clone(), body["message"].clone())
}

fn refusal(status: u16, code: u8, message: &str) -> (u16, Value, Value) {
    (status, json!(code), json!(message))
}

async fn set_key(ozon: &Ozon, state: &str) {
    ozon.control(Method::PATCH, "keys", json!({ "api_key": KEY, "state": state })).await;
}

#[tokio::test]
async fn both_headers_are_needed_and_must_belong_together() {
    let ozon = ozon_with(|config| {
        let other = OzonAccount::new(100_078, "key-of-other");
        config.sellers.push(SellerConfig::new("other", []).with_ozon(other));
    })
    .await;
    let invalid = refusal(404, 5, "Invalid Api-Key, please check the key and try again");
    let missing = refusal(401, 16, "Client-Id and Api-Key headers are required");
    let malformed = refusal(400, 3, "Client-Id header value should be positive integer");
    for (client_id, key, expected) in [
        ("", KEY, &missing),
        (CLIENT_ID, "", &missing),
        ("demo", KEY, &malformed),
        ("100099", KEY, &invalid),
        (CLIENT_ID, "wrong", &invalid),
        (CLIENT_ID, "key-of-other", &invalid),
    ] {
        let answer = ozon.send_as(client_id, key, COUNT, json!({})).await.unwrap();
        assert_eq!(&told(&answer), expected, "{client_id} {key}");
    }
    assert_eq!(ozon.send_as("100078", "key-of-other", COUNT, json!({})).await.unwrap().status, 200);
}

#[tokio::test]
async fn a_key_is_revoked_restricted_expires_and_comes_back() {
    let ozon = ozon().await;
    let deactivated =
        refusal(403, 7, "Api-key is deactivated, use another one or generate a new one");
    let restricted = refusal(403, 7, "Api-Key is restricted to specific IP addresses");
    for (state, expected) in
        [("revoked", &deactivated), ("restricted", &restricted), ("expired", &deactivated)]
    {
        set_key(&ozon, state).await;
        assert_eq!(&told(&ozon.call(COUNT, json!({})).await), expected, "{state}");
        set_key(&ozon, "active").await;
    }
    // What has expired is not brought back by being active.
    assert_eq!(told(&ozon.call(COUNT, json!({})).await), deactivated);
    ozon.control(Method::POST, "keys", json!({ "api_key": KEY })).await;
    assert_eq!(ozon.call(COUNT, json!({})).await.status, 200);
}

#[tokio::test]
async fn a_key_lives_three_months_and_says_so() {
    let ozon = ozon().await;
    let expires = ozon.ok("/v1/roles", json!({})).await["expires_at"].clone();
    let expires: chrono::DateTime<chrono::Utc> = serde_json::from_value(expires).unwrap();
    let days = (expires - chrono::Utc::now()).num_days();
    assert!((89..=90).contains(&days), "{days} days");
    ozon.play.advance_clock(91 * 24 * 3600).await;
    assert_eq!(ozon.call("/v1/roles", json!({})).await.status, 403);
}

#[tokio::test]
async fn a_key_opens_the_methods_of_its_roles() {
    let ozon = ozon().await;
    let roles = json!([{ "name": "Review read", "methods": [COUNT] }]);
    ozon.control(Method::POST, "keys", json!({ "api_key": KEY, "roles": roles })).await;
    assert_eq!(ozon.ok("/v1/roles", json!({})).await["roles"], roles);
    assert_eq!(ozon.call(COUNT, json!({})).await.status, 200);
    let answer = ozon.call("/v1/question/count", json!({})).await;
    assert_eq!(told(&answer), refusal(403, 7, "Api-Key is missing a required role for a method"));
}

#[tokio::test]
async fn a_plan_closes_one_channel_of_one_seller() {
    let ozon = ozon_with(|config| {
        let other = OzonAccount::new(100_078, "key-of-other");
        config.sellers.push(SellerConfig::new("other", []).with_ozon(other));
    })
    .await;
    let (chat, _) = ozon.buyer_writes("Здравствуйте!").await;
    let message = json!({ "chat_id": chat, "text": "Добрый день!" });
    let list = json!({ "limit": 100 });
    for (closed, open) in [
        (
            "reviews",
            [("/v1/question/count", json!({})), ("/v1/chat/send/message", message.clone())],
        ),
        ("questions", [(COUNT, json!({})), ("/v1/chat/send/message", message.clone())]),
        // Reading chats needs no plan.
        (
            "chats",
            [("/v3/chat/list", list.clone()), ("/v3/chat/history", json!({ "chat_id": chat }))],
        ),
    ] {
        ozon.control(Method::PATCH, "plans", json!({ closed: false })).await;
        let call = match closed {
            "reviews" => ozon.call("/v2/review/list", list.clone()).await,
            "questions" => ozon.call("/v1/question/list", json!({})).await,
            _ => ozon.call("/v1/chat/send/message", message.clone()).await,
        };
        let (status, code, text) = told(&call);
        assert_eq!((status, code), (403, json!(7)), "{closed}");
        assert!(text.as_str().unwrap().ends_with("not available with existing subscription"));
        for (path, body) in open {
            assert_eq!(ozon.call(path, body).await.status, 200, "{path} with {closed} closed");
        }
        let foreign = ozon.send_as("100078", "key-of-other", "/v2/review/list", list.clone()).await;
        assert_eq!(foreign.unwrap().status, 200);
        ozon.control(Method::PATCH, "plans", json!({ closed: true })).await;
    }
    let effects: Vec<_> = ozon.writes().await.iter().map(|line| line["effect"].clone()).collect();
    assert_eq!(
        effects,
        ["applied", "applied", "refused"],
        "a refused message is in the ledger, too"
    );
}

#[tokio::test]
async fn fifty_requests_a_second_are_granted_to_a_client() {
    let ozon = ozon_with(|config| config.rate_scale = 1.0).await;
    let first = ozon.call(COUNT, json!({})).await;
    assert_eq!(first.header("ratelimit-remaining"), Some("49"));

    // At a five-hundredth of it, one request every ten seconds.
    let ozon = ozon_with(|config| config.rate_scale = 0.002).await;
    assert_eq!(ozon.call(COUNT, json!({})).await.status, 200);
    for path in [COUNT, "/v1/question/count"] {
        let refused = ozon.call(path, json!({})).await;
        let expected = refusal(429, 8, "You have reached request rate limit per second");
        assert_eq!(told(&refused), expected);
        assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
        let retry: u32 = refused.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=10).contains(&retry), "{retry} s");
    }
    ozon.play.advance_clock(10).await;
    assert_eq!(ozon.call(COUNT, json!({})).await.status, 200);
}

#[tokio::test]
async fn rate_limit_headers_can_be_left_out() {
    for (headers, expected) in [
        (RateHeaders::Documented, (true, true)),
        (RateHeaders::RemainingOnly, (true, false)),
        (RateHeaders::Absent, (false, false)),
    ] {
        let ozon = ozon_with(|config| config.rate_headers = headers).await;
        let good = ozon.call(COUNT, json!({})).await;
        ozon.play.set_faults(json!({ "rate_limited": { "nth": [1], "ms": 3000 } })).await;
        let refused = ozon.call(COUNT, json!({})).await;
        let told =
            (good.header("ratelimit-remaining").is_some(), refused.header("retry-after").is_some());
        assert_eq!((refused.status, told), (429, expected));
        if expected.1 {
            assert_eq!(refused.header("retry-after"), Some("3"));
        }
    }
}

#[tokio::test]
async fn methods_that_are_gone_are_not_there() {
    let ozon = ozon().await;
    for path in ["/v2/chat/list", "/v1/chat/updates", "/v2/chat/history"] {
        let answer = ozon.send(path, json!({})).await.unwrap();
        assert_eq!((answer.status, &answer.body()["code"]), (404, &json!(5)), "{path}");
    }
}

#[tokio::test]
async fn sellers_see_their_own_items_only() {
    let ozon = ozon_with(|config| {
        let other = OzonAccount::new(100_078, "key-of-other");
        config.sellers.push(SellerConfig::new("other", []).with_ozon(other));
    })
    .await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    let (chat, _) = ozon.buyer_writes("Здравствуйте!").await;
    let as_other =
        async |path, body| ozon.send_as("100078", "key-of-other", path, body).await.unwrap().status;
    assert_eq!(as_other("/v2/review/info", json!({ "review_id": review })).await, 404);
    assert_eq!(as_other("/v3/chat/history", json!({ "chat_id": chat })).await, 404);
    let comment = json!({ "review_id": review, "text": "Чужой ответ" });
    assert_eq!(as_other("/v1/review/comment/create", comment).await, 404);
    assert_eq!(ozon.kept(&format!("reviews/{review}")).await["comments"], json!([]));
    let all = ozon.ok("/v2/review/list", json!({ "limit": 20 })).await;
    assert_eq!(items(&all["reviews"])[0]["id"], *review);
}

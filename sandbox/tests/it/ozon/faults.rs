//! The faults, as a client of Ozon meets them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::play::{Ozon, items, ozon, ozon_faulty, text_of};

const COUNT: &str = "/v2/review/count";
const REVIEWS: &str = "/v2/review/list";
const COMMENT: &str = "/v1/review/comment/create";

async fn comment(ozon: &Ozon, review: &str) -> Value {
    ozon.ok(COMMENT, json!({ "review_id": review, "text": "Спасибо!" })).await
}

async fn deliveries(ozon: &Ozon, review: &str) -> Value {
    ozon.kept(&format!("reviews/{review}")).await["deliveries"].clone()
}

#[tokio::test]
async fn refusals_change_nothing() {
    let ozon = ozon().await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    for (fault, status, code) in [
        ("rate_limited", 429, 8),
        ("unauthorized", 403, 7),
        ("payment_required", 403, 7),
        ("forbidden", 403, 7),
    ] {
        ozon.play.set_faults(json!({ fault: { "nth": [1, 2] } })).await;
        let write = json!({ "review_id": review, "text": "Спасибо!" });
        for answer in [ozon.call(COUNT, json!({})).await, ozon.call(COMMENT, write).await] {
            assert_eq!((answer.status, &answer.body()["code"]), (status, &json!(code)), "{fault}");
        }
        assert_eq!(ozon.last_write().await["effect"], "refused");
        assert_eq!(ozon.play.fired(fault).await, 2);
    }
    assert_eq!(deliveries(&ozon, &review).await, 0);
}

#[tokio::test]
async fn an_error_comes_before_or_after_the_fact() {
    let ozon = ozon_faulty(&["server_error_before=nth:1", "server_error_after=nth:1"]).await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    let body = json!({ "review_id": review, "text": "Спасибо!" });
    for applied in [false, true] {
        let answer = ozon.call(COMMENT, body.clone()).await;
        assert!(matches!(answer.status, 500 | 502..=504), "{}", answer.status);
        assert_eq!(ozon.last_write().await["applied"], applied);
    }
    assert_eq!(deliveries(&ozon, &review).await, 1);
}

#[tokio::test]
async fn answers_are_lost_after_the_effect_and_nobody_is_there() {
    let ozon = ozon().await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    let body = json!({ "review_id": review, "text": "Спасибо!" });
    for (n, fault, answer) in [(1, "answer_lost", "lost"), (2, "reset_after", "reset")] {
        ozon.play.set_faults(json!({ fault: { "nth": [1] } })).await;
        assert!(ozon.send(COMMENT, body.clone()).await.is_err());
        let line = ozon.last_write().await;
        assert_eq!((&line["answer"], &line["status"]), (&json!(answer), &Value::Null));
        assert_eq!((&line["applied"], &line["deliveries"]), (&json!(true), &json!(n)));
    }
    for fault in ["reset_before", "down"] {
        ozon.play.set_faults(json!({ fault: { "nth": [1] } })).await;
        assert!(ozon.send(COMMENT, body.clone()).await.is_err());
    }
    assert_eq!(deliveries(&ozon, &review).await, 2);
    ozon.play.set_faults(json!({ "unavailable": { "nth": [1] } })).await;
    assert_eq!(ozon.send(COUNT, json!({})).await.unwrap().status, 503);
}

#[tokio::test]
async fn a_comment_is_applied_late_or_never() {
    let ozon = ozon_faulty(&["apply_late=nth:1,ms=3600000", "no_effect=nth:2"]).await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    comment(&ozon, &review).await;
    comment(&ozon, &review).await;
    let listed = async || {
        let body = json!({ "review_id": review, "limit": 20 });
        items(&ozon.ok("/v1/review/comment/list", body).await["comments"]).len()
    };
    assert_eq!(listed().await, 0);
    let effects: Vec<_> = ozon.writes().await.iter().map(|line| line["effect"].clone()).collect();
    assert_eq!(effects, ["applied", "swallowed"]);
    ozon.play.advance_clock(3_600).await;
    assert_eq!(listed().await, 1);
    assert_eq!(ozon.kept(&format!("reviews/{review}")).await["buyer_sees"]["text"], "Спасибо!");
}

#[tokio::test]
async fn a_message_that_is_applied_late_comes_late_in_its_chat() {
    let ozon = ozon_faulty(&["apply_late=nth:1,ms=3600000"]).await;
    let (chat, _) = ozon.buyer_writes("1").await;
    ozon.ok("/v1/chat/send/message", json!({ "chat_id": chat, "text": "2" })).await;
    assert_eq!(ozon.history(&chat).await.len(), 1);
    ozon.play.advance_clock(3_600).await;
    let last = ozon.history(&chat).await.pop().unwrap();
    assert_eq!(last["data"], json!(["2"]));
    let moment = |value: &Value| text_of(value).parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let line = ozon.last_write().await;
    assert!(moment(&line["buyer_sees"]["from"]) > moment(&line["time"]));
}

#[tokio::test]
async fn a_listing_repeats_and_mixes_its_items_but_leaves_none_out() {
    let ozon = ozon().await;
    let list = async || items(&ozon.ok(REVIEWS, json!({ "limit": 50 })).await["reviews"]);
    let ids = |list: &[Value]| list.iter().map(|it| text_of(&it["id"])).collect::<BTreeSet<_>>();
    let plain = list().await;
    ozon.play.set_faults(json!({ "duplicated": { "nth": [1] } })).await;
    let repeated = list().await;
    assert_eq!((repeated.len(), ids(&repeated)), (plain.len() + 1, ids(&plain)));
    ozon.play.set_faults(json!({ "reordered": { "nth": [1] } })).await;
    let mixed = list().await;
    assert_ne!(mixed, plain);
    assert_eq!((mixed.len(), ids(&mixed)), (plain.len(), ids(&plain)));
    ozon.play.set_faults(json!({ "malformed": { "nth": [1] } })).await;
    let cut = ozon.send(REVIEWS, json!({ "limit": 50 })).await.unwrap();
    assert!(cut.status == 200 && serde_json::from_str::<Value>(&cut.text).is_err());
}

#[tokio::test]
async fn an_item_is_served_as_something_else() {
    let ozon = ozon().await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    let path = format!("served/{review}");
    ozon.control(reqwest::Method::PUT, &path, json!({ "id": { "not": "a text" } })).await;
    let page = ozon.send(REVIEWS, json!({ "limit": 20 })).await.unwrap().body();
    assert_eq!(page["reviews"][0], json!({ "id": { "not": "a text" } }));
    assert_eq!(items(&page["reviews"]).len(), 20);
    ozon.control(reqwest::Method::PUT, &path, Value::Null).await;
    assert_eq!(ozon.ok(REVIEWS, json!({ "limit": 20 })).await["reviews"][0]["id"], *review);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let ozon = ozon().await;
    let answer = ozon.send(COUNT, json!([1])).await.unwrap();
    // What takes nothing does not look.
    assert_eq!(answer.status, 400);
    let answer = ozon.send(COMMENT, json!("text")).await.unwrap();
    assert_eq!((answer.status, &answer.body()["code"]), (400, &json!(3)));
    assert_eq!(ozon.writes().await, [] as [Value; 0]);
}

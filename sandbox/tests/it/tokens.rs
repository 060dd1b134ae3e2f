//! JWT-shaped tokens: what their claims open, for how long, and how often.

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use sandbox::{Rights, SellerConfig, TokenClaims, TokenConfig, TokenKind};
use serde_json::json;
use uuid::Uuid;

use crate::chats;
use crate::play::{Answer, Play, SELLER, TOKEN, play, play_with};

const PINGS: [&str; 4] = ["/ping", "/buyer-chat-api/ping", "/returns-api/ping", "/common-api/ping"];
const CHATS: &str = "/buyer-chat-api/api/v1/seller/chats";
const CLAIMS: &str = "/returns-api/api/v1/claims?is_archive=false";
const INFO: &str = "/common-api/api/v1/seller-info";
const QUESTIONS: &str = "/api/v1/questions/count-unanswered";

fn claims(kind: TokenKind, rights: Rights) -> TokenClaims {
    let expires = Utc::now() + TimeDelta::days(180);
    TokenClaims { kind, rights, sid: Uuid::from_u128(77), expires }
}

/// A sandbox whose seller has this one token, with limits as published.
async fn play_token(token: &str) -> Play {
    play_with(|config| {
        config.rate_scale = 1.0;
        config.sellers = vec![SellerConfig::new(SELLER, [TokenConfig::new(token)])];
    })
    .await
}

async fn get(play: &Play, token: &str, path: &str) -> Answer {
    play.call(Method::GET, path, &format!("Bearer {token}"), None).await.unwrap()
}

async fn statuses<const N: usize>(play: &Play, token: &str, paths: [&str; N]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for path in paths {
        statuses.push(get(play, token, path).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn a_token_opens_the_hosts_of_its_categories() {
    for (rights, expected) in [
        (Rights::default(), [200, 200, 200, 200]),
        (Rights { chat: true, ..Rights::none() }, [401, 200, 401, 200]),
        (Rights { returns: true, ..Rights::none() }, [401, 401, 200, 200]),
        (Rights { feedbacks: true, ..Rights::none() }, [200, 401, 401, 200]),
    ] {
        let token = claims(TokenKind::Personal, rights).token();
        let play = play_token(&token).await;
        assert_eq!(statuses(&play, &token, PINGS).await, expected, "{rights:?}");
        // Where 403 is documented, it says the same with it.
        let [feedbacks, chat, returns, _] = expected;
        let expected = [if feedbacks == 200 { 200 } else { 403 }, chat, returns];
        assert_eq!(
            statuses(&play, &token, [QUESTIONS, CHATS, CLAIMS]).await,
            expected,
            "{rights:?}"
        );
        assert_eq!(get(&play, &token, INFO).await.json()["sid"], json!(Uuid::from_u128(77)));
    }
}

#[tokio::test]
async fn a_test_token_opens_what_has_an_official_sandbox() {
    let token = claims(TokenKind::Test, Rights::default()).token();
    let play = play_token(&token).await;
    assert_eq!(statuses(&play, &token, PINGS).await, [200, 401, 401, 200]);
}

#[tokio::test]
async fn a_token_is_good_until_it_expires() {
    let expires = Utc::now() + TimeDelta::hours(1);
    let token = TokenClaims { expires, ..claims(TokenKind::Service, Rights::default()) }.token();
    let play = play_token(&token).await;
    assert_eq!(get(&play, &token, CHATS).await.status, 200);
    play.advance_clock(3_601).await;
    let refused = get(&play, &token, CHATS).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["detail"], "access token problem; token expired");
}

#[tokio::test]
async fn a_read_only_token_writes_nowhere() {
    let rights = Rights { read_only: true, ..Rights::default() };
    let token = claims(TokenKind::Personal, rights).token();
    let play = play_token(&token).await;
    assert_eq!(statuses(&play, &token, [QUESTIONS, CHATS, CLAIMS, INFO]).await, [200; 4]);
    let id = play.happens("questions", json!({ "text": "?" })).await["id"].clone();
    let body = json!({ "id": id, "wasViewed": true });
    let path = "/api/v1/questions";
    let refused = play.call(Method::PATCH, path, &token, Some(body)).await.unwrap();
    assert_eq!(refused.status, 403);
    let begun = play.happens("chats", json!({ "text": "Добрый день" })).await;
    let form =
        chats::form(&[("replySign", begun["reply_sign"].as_str().unwrap()), ("message", "!")]);
    let path = "/buyer-chat-api/api/v1/seller/message";
    let refused = play.call_with(Method::POST, path, &token, Some(form)).await.unwrap();
    assert_eq!(refused.status, 401);
    let made = play.happens("claims", json!({ "comment": "Верните деньги" })).await;
    let body = json!({ "id": made["id"], "action": "approve1" });
    let path = "/returns-api/api/v1/claim";
    let refused = play.call(Method::PATCH, path, &token, Some(body)).await.unwrap();
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn a_token_is_issued_by_control_and_named_by_its_seller() {
    let play = play(&[]).await;
    let info = json!({ "name": "ИП Лапина А. О.", "sid": Uuid::from_u128(5), "tradeMark": "Лапа" });
    let path = format!("/control/wildberries/{SELLER}/info");
    assert_eq!(play.control(Method::PUT, &path, Some(info)).await.status, 204);
    let rights = json!({ "feedbacks": false, "returns": false });
    let body = json!({ "kind": "basic", "rights": rights, "days": 2 });
    let issued = play.happens("tokens/issue", body).await;
    let token = issued["token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(statuses(&play, token, PINGS).await, [401, 200, 401, 200]);
    let answer = get(&play, token, INFO).await.json();
    assert_eq!(answer["name"], "ИП Лапина А. О.");
    assert_eq!(answer["sid"], json!(Uuid::from_u128(5)));
    assert!(answer["tin"].is_string());
    play.advance_clock(2 * 24 * 3600 + 1).await;
    assert_eq!(get(&play, token, CHATS).await.status, 401);
    assert_eq!(get(&play, TOKEN, CHATS).await.status, 200);
}

/// How many requests of a method are granted at once, and how long until the next one, in seconds.
async fn limit(token: &str, path: &str) -> (u64, u64) {
    let play = play_token(token).await;
    let mut granted = 0;
    loop {
        let answer = get(&play, token, path).await;
        if answer.status == 429 {
            let retry = answer.header("x-ratelimit-retry").unwrap().parse().unwrap();
            return (granted, retry);
        }
        granted += 1;
        let limit: u64 = answer.header("x-ratelimit-limit").unwrap().parse().unwrap();
        assert!(granted <= limit + 60, "{path} knows no limit");
    }
}

#[tokio::test]
async fn each_group_of_methods_has_the_limit_for_the_kind_of_token() {
    let personal = claims(TokenKind::Personal, Rights::default()).token();
    let basic = claims(TokenKind::Basic, Rights::default()).token();
    let events = "/buyer-chat-api/api/v1/seller/events";
    let download = "/buyer-chat-api/api/v1/seller/download/any";
    // Burst and seconds between requests, by kind of token.
    for (path, fast, slow) in [
        (QUESTIONS, (6, 1), (1, 720)),
        (CHATS, (10, 1), (1, 3_600)),
        (events, (10, 1), (1, 3_600)),
        (download, (10, 1), (1, 360)),
        (CLAIMS, (10, 3), (1, 3_600)),
        (INFO, (10, 60), (1, 86_400)),
        ("/returns-api/ping", (3, 10), (3, 10)),
    ] {
        for (token, (burst, retry)) in [(&personal, fast), (&basic, slow)] {
            let found = limit(token, path).await;
            // What is refilled while the requests are made.
            assert!(found.0 >= burst && found.0 <= burst + 30, "{path}: {found:?}");
            assert!(found.1 <= retry && found.1 + 10 >= retry, "{path}: {found:?}");
        }
    }
}

#[tokio::test]
async fn the_methods_of_a_chat_have_a_limit_each() {
    let basic = claims(TokenKind::Basic, Rights::default()).token();
    let play = play_token(&basic).await;
    let events = "/buyer-chat-api/api/v1/seller/events";
    assert_eq!(statuses(&play, &basic, [CHATS, events, CHATS, events]).await, [200, 200, 429, 429]);
    play.advance_clock(3_600).await;
    assert_eq!(statuses(&play, &basic, [CHATS, CHATS]).await, [200, 429]);
}

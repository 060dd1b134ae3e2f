//! Who may call, and how often.

use reqwest::Method;
use sandbox::{RateHeaders, Rights, SellerConfig, TokenConfig, TokenKind};
use serde_json::json;

use crate::play::{SELLER, TOKEN, play, play_with};

const COUNT: &str = "/api/v1/feedbacks/count-unanswered";

#[tokio::test]
async fn a_token_is_accepted_bare_and_as_bearer() {
    let play = play(&[]).await;
    for authorization in [TOKEN.to_owned(), format!("Bearer {TOKEN}"), format!("bearer {TOKEN}")] {
        for path in ["/ping", COUNT] {
            let answer = play.call(Method::GET, path, &authorization, None).await.unwrap();
            assert_eq!(answer.status, 200);
        }
    }
}

#[tokio::test]
async fn a_missing_wrong_or_revoked_token_is_unauthorized() {
    let play = play(&[]).await;
    let refusal = async |authorization: &str| {
        let answer = play.call(Method::GET, COUNT, authorization, None).await.unwrap();
        assert_eq!(answer.status, 401);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    assert_eq!(refusal("").await, "empty Authorization header");
    assert!(refusal("wrong").await.contains("malformed"));

    let tokens = format!("/control/wildberries/{SELLER}/tokens");
    let body = json!({ "token": TOKEN });
    let revoked = play.control(Method::POST, &format!("{tokens}/revoke"), Some(body.clone())).await;
    assert_eq!(revoked.status, 204);
    assert!(refusal(TOKEN).await.contains("withdrawn"));

    assert_eq!(play.control(Method::POST, &tokens, Some(body)).await.status, 201);
    assert_eq!(play.get(COUNT).await.status, 200);
}

#[tokio::test]
async fn a_token_without_the_category_is_forbidden_and_fails_the_check() {
    let rights = Rights { feedbacks: false, ..Rights::default() };
    let tokens = [TokenConfig::new(TOKEN).with_rights(rights)];
    let play = play_with(|config| config.sellers = vec![SellerConfig::new(SELLER, tokens)]).await;
    let answer = play.get(COUNT).await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["errorText"], "Ошибка авторизации");
    assert_eq!(play.answer("any", "Спасибо!").await.status, 403);
    let answer = play.get("/ping").await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.json()["detail"], "token scope not allowed");
}

#[tokio::test]
async fn a_read_only_token_reads_and_does_not_answer() {
    let rights = Rights { read_only: true, ..Rights::default() };
    let tokens = [TokenConfig::new(TOKEN).with_rights(rights)];
    let play = play_with(|config| config.sellers = vec![SellerConfig::new(SELLER, tokens)]).await;
    let id = play.waiting().await;
    assert_eq!(play.answer(&id, "Спасибо!").await.status, 403);
    assert_eq!(play.review(&id).await["deliveries"], 0);
}

#[tokio::test]
async fn sellers_see_their_own_reviews_only() {
    let play = play_with(|config| {
        config.sellers.push(SellerConfig::new("other", [TokenConfig::new("token-of-other")]));
    })
    .await;
    let id = play.waiting().await;
    let path = format!("/api/v1/feedback?id={id}");
    assert_eq!(play.get(&path).await.status, 200);
    let foreign = play.call(Method::GET, &path, "token-of-other", None).await.unwrap();
    assert_eq!(foreign.status, 422);

    let body = json!({ "id": id, "text": "Чужой ответ" });
    let answered =
        play.call(Method::POST, "/api/v1/feedbacks/answer", "token-of-other", Some(body)).await;
    assert_eq!(answered.unwrap().status, 204);
    assert_eq!(play.review(&id).await["deliveries"], 0);
}

#[tokio::test]
async fn a_personal_token_has_a_burst_of_six_and_three_a_second() {
    let play = play_with(|config| config.rate_scale = 1.0).await;
    let first = play.get(COUNT).await;
    assert_eq!(first.header("x-ratelimit-limit"), Some("6"));
    assert_eq!(first.header("x-ratelimit-remaining"), Some("5"));
    assert_eq!(first.header("x-ratelimit-reset"), Some("1"));
    assert_eq!(first.header("x-ratelimit-retry"), None);

    let started = std::time::Instant::now();
    let (mut granted, mut refused) = (1, None);
    for _ in 0..60 {
        let answer = play.get(COUNT).await;
        if answer.status == 429 {
            refused = Some(answer);
        } else {
            granted += 1;
        }
    }
    let refilled = started.elapsed().as_millis() / 333 + 1;
    assert!((6..=6 + refilled).contains(&granted), "{granted} granted, {refilled} refilled");
    let refused = refused.expect("60 requests are more than the limit allows");
    assert_eq!(refused.header("content-type"), Some("application/problem+json"));
    assert_eq!(refused.header("x-ratelimit-retry"), Some("1"));
    assert_eq!(refused.header("x-ratelimit-limit"), Some("6"));
    assert_eq!(refused.header("x-ratelimit-reset"), Some("2"));
    assert_eq!(refused.header("x-ratelimit-remaining"), None);
}

#[tokio::test]
async fn a_basic_token_has_five_requests_an_hour_for_all_methods_together() {
    let basic = TokenConfig::new(TOKEN).of_kind(TokenKind::Basic);
    let play = play_with(|config| {
        config.rate_scale = 1.0;
        config.sellers = vec![SellerConfig::new(SELLER, [basic])];
    })
    .await;
    assert_eq!(play.get(COUNT).await.status, 200);
    let refused = play.answer("any", "Спасибо!").await;
    assert_eq!(refused.status, 429);
    let retry: u64 = refused.header("x-ratelimit-retry").unwrap().parse().unwrap();
    assert!((700..=720).contains(&retry), "{retry} s until the next of five an hour");
    // The check of the connection has a budget of its own.
    assert_eq!(play.get("/ping").await.status, 200);

    play.advance_clock(720).await;
    assert_eq!(play.answer("any", "Спасибо!").await.status, 204);
    assert_eq!(play.get(COUNT).await.status, 429);
}

#[tokio::test]
async fn the_check_of_the_connection_allows_three_in_thirty_seconds() {
    let play = play_with(|config| config.rate_scale = 1.0).await;
    for _ in 0..3 {
        assert_eq!(play.get("/ping").await.status, 200);
    }
    assert_eq!(play.get("/ping").await.status, 429);
    assert_eq!(play.get(COUNT).await.status, 200);
}

#[tokio::test]
async fn limits_can_be_scaled() {
    let play = play_with(|config| config.rate_scale = 2.5).await;
    assert_eq!(play.get(COUNT).await.header("x-ratelimit-limit"), Some("15"));
}

#[tokio::test]
async fn rate_limit_headers_can_be_left_out_as_the_live_gateway_does() {
    let names = async |rate_headers| {
        let play = play_with(|config| config.rate_headers = rate_headers).await;
        play.set_faults(json!({ "rate_limited": { "nth": [2] } })).await;
        let names = [play.get(COUNT).await, play.get(COUNT).await].map(|answer| {
            let names =
                answer.headers.keys().filter_map(|name| name.as_str().strip_prefix("x-ratelimit-"));
            let mut names: Vec<String> = names.map(str::to_owned).collect();
            names.sort();
            names.join(" ")
        });
        assert_eq!(play.fired("rate_limited").await, 1);
        names
    };
    let expected = ["limit remaining reset", "limit reset retry"];
    assert_eq!(names(RateHeaders::Documented).await, expected);
    assert_eq!(names(RateHeaders::RemainingOnly).await, ["remaining", ""]);
    assert_eq!(names(RateHeaders::Absent).await, ["", ""]);
}

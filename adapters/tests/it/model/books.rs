//! The books: limits that hold from all sides at once, and nothing paid twice.

use std::time::Duration;

use adapters::model::ask::{Allowance, Ask};
use adapters::model::spent_today;
use futures::future::join_all;
use serde_json::json;
use sqlx::PgPool;

use super::{Played, TENANT, ask, call};

#[sqlx::test(migrations = "../migrations")]
async fn the_same_draft_is_never_asked_for_twice(pool: PgPool) {
    let played = Played::start(&pool, json!({})).await;
    let ask = ask("Спасибо!");
    let (one, two) = (played.restarted(), played.restarted());
    let outcomes = join_all(
        (0..10)
            .map(|n| if n % 2 == 0 { &one } else { &two })
            .map(|model| model.write(call(1), &ask)),
    )
    .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let codes: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| outcome.as_ref().err())
        .map(|error| error.code())
        .collect();
    assert_eq!(codes, ["already_made"; 9]);
    assert_eq!(played.asked().await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_that_was_cut_off_is_lost_and_keeps_its_reservation(pool: PgPool) {
    let played = Played::start(&pool, json!({ "latency_ms": [2000, 2000] })).await;
    let ask = ask("Спасибо!");
    {
        let model = played.restarted();
        let ask = ask.clone();
        let writing = tokio::spawn(async move { model.write(call(1), &ask).await.map(drop) });
        while played.asked().await.is_empty() {
            tokio::task::yield_now().await;
        }
        // What a kill does.
        writing.abort();
        assert!(writing.await.unwrap_err().is_cancelled());
    }
    let spent = spent_today(&played.db, TENANT).await.unwrap();
    assert!(spent.drafts == 1 && spent.micro_usd > 0, "{spent:?}");
    assert_eq!(played.restarted().write(call(1), &ask).await.unwrap_err().code(), "already_made");
    assert_eq!(spent_today(&played.db, TENANT).await.unwrap(), spent);
    assert_eq!(played.asked().await.len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_that_was_lost_is_not_asked_for_again_and_one_that_never_left_is(pool: PgPool) {
    let played = Played::start(&pool, json!({ "next": ["loses"] })).await;
    let ask = ask("Спасибо!");
    assert_eq!(played.write(1, &ask).await.unwrap_err().code(), "no_answer");
    assert_eq!(played.write(1, &ask).await.unwrap_err().code(), "already_made");
    assert_eq!(played.asked().await.len(), 1);

    let before = spent_today(&played.db, TENANT).await.unwrap();
    played.behave(json!({ "next": [{ "fails": { "status": 500 } }] })).await;
    assert_eq!(played.write(2, &ask).await.unwrap_err().code(), "server_error");
    assert_eq!(spent_today(&played.db, TENANT).await.unwrap(), before, "a refusal costs nothing");
    assert!(played.write(2, &ask).await.is_ok());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_reserved_is_settled_at_what_it_cost(pool: PgPool) {
    let played = Played::start(&pool, json!({ "next": ["prose"] })).await;
    let mut cost = 0;
    for number in 1..=3 {
        cost += played.write(number, &ask("Спасибо!")).await.unwrap().written.cost_micro_usd;
    }
    let spent = spent_today(&played.db, TENANT).await.unwrap();
    assert_eq!(
        (spent.drafts, spent.micro_usd),
        (3, cost),
        "a second request is no draft more, and is paid for"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn limits_hold_from_all_sides_at_once(pool: PgPool) {
    let played = Played::start(&pool, json!({ "latency_ms": [20, 60] })).await;
    let models: Vec<_> = (0..4).map(|_| played.restarted()).collect();
    let write = async |allowance: Allowance, from: u32| {
        let ask = Ask { allowance, ..ask("Спасибо!") };
        let calls =
            (from..from + 40).map(|number| models[number as usize % 4].write(call(number), &ask));
        let codes =
            join_all(calls).await.into_iter().map(|it| it.err().map_or("ok", |error| error.code()));
        let codes: Vec<_> = codes.collect();
        let count = |code: &str| codes.iter().filter(|it| **it == code).count();
        (count("ok"), count("over_limit"), count("over_budget"))
    };
    assert_eq!(write(Allowance { drafts: Some(7), micro_usd: u64::MAX }, 1).await, (7, 33, 0));
    let spent = spent_today(&played.db, TENANT).await.unwrap();
    assert_eq!(spent.drafts, 7);

    let budget = spent.micro_usd + 20_000;
    let (made, _, refused) = write(Allowance { drafts: Some(1_000), micro_usd: budget }, 101).await;
    assert_eq!(made + refused, 40);
    assert!(made > 0 && refused > 0, "{made} made, {refused} refused");
    let spent = spent_today(&played.db, TENANT).await.unwrap();
    assert!(spent.micro_usd <= budget, "{spent:?} of {budget}");
    assert_eq!(played.asked().await.len(), 7 + made);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_asks_for_is_none_of_those_that_are_made_ahead(pool: PgPool) {
    let played = Played::start(&pool, json!({})).await;
    let write = async |number: u32, drafts: Option<u32>, micro_usd: u64| {
        let ask = Ask { allowance: Allowance { drafts, micro_usd }, ..ask("Спасибо!") };
        played.write(number, &ask).await.err().map(|error| error.code())
    };
    for number in 1..=3 {
        assert_eq!(write(number, None, u64::MAX).await, None);
    }
    let asked = spent_today(&played.db, TENANT).await.unwrap();
    assert!(asked.drafts == 0 && asked.micro_usd > 0, "{asked:?}");
    assert_eq!(write(4, Some(1), u64::MAX).await, None, "the day's one draft is still there");
    assert_eq!(write(5, Some(1), u64::MAX).await, Some("over_limit"));
    assert_eq!(write(6, None, u64::MAX).await, None);
    assert_eq!(write(7, None, asked.micro_usd).await, Some("over_budget"), "money is for all");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_call_is_under_way_until_its_answer_had_time_to_be_laid_down(pool: PgPool) {
    let played = Played::start(&pool, json!({ "next": ["writes", "refuses"] })).await;
    let ask = ask("Спасибо!");
    let minute = Duration::from_secs(60);
    let is_under_way = async |number: u32, lease: Duration, laid_within: Duration| {
        played.model.is_under_way(call(number), lease, laid_within).await.unwrap()
    };
    assert!(!is_under_way(1, minute, minute).await, "nobody was asked");
    assert!(played.write(1, &ask).await.is_ok());
    assert!(is_under_way(1, Duration::ZERO, minute).await);
    assert!(!is_under_way(1, minute, Duration::ZERO).await);
    assert_eq!(played.write(2, &ask).await.unwrap_err().code(), "declined");
    assert!(!is_under_way(2, minute, minute).await, "what it said is no draft");
    played.behave(json!({ "always": "hangs" })).await;
    let model = played.restarted();
    let writing = tokio::spawn(async move { model.write(call(3), &ask).await.map(drop) });
    while played.asked().await.len() < 3 {
        tokio::task::yield_now().await;
    }
    assert!(is_under_way(3, minute, Duration::ZERO).await);
    assert!(!is_under_way(3, Duration::ZERO, minute).await, "whoever began it is gone");
    writing.abort();
}

//! The list: statuses, filters, pages, counts.

use projections::inbox::{self, Filter, Order};
use projections::{reply_history, thread};
use sqlx::PgPool;

use crate::support::*;

async fn status(world: &World, number: u128) -> (String, bool) {
    let row = inbox::one(&world.db, TENANT, interaction_id(number)).await.unwrap().unwrap();
    (row.status, row.needs_response)
}

#[sqlx::test(migrations = "../migrations")]
async fn the_status_follows_the_reply(pool: PgPool) {
    let world = World::new(&pool);
    let (first, second) = (reply(1), reply(2));
    let steps = [
        (ingested(1), "waiting", true),
        (drafted(), "waiting", true),
        (requested(first), "replying", false),
        (unknown(first), "replying", false),
        (sent(first), "responded", false),
        (published(first), "responded", false),
        (edit_requested(second, first), "replying", false),
        (published(first), "replying", false),
        (rejected(second), "responded", false),
        (failed(first), "responded", false),
        (rejected(first), "failed", true),
    ];
    for (event, expected, needs_response) in steps {
        let kind = format!("{event:?}");
        world.interaction(1, &[event]).await;
        world.catch_up().await;
        assert_eq!(status(&world, 1).await, (expected.to_owned(), needs_response), "after {kind}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rejection_closes_and_is_no_answer(pool: PgPool) {
    let world = World::new(&pool);
    let first = reply(1);
    for (event, expected, needs_response) in [
        (ingested(1), "waiting", true),
        (rejection_requested(first), "replying", false),
        (failed(first), "failed", true),
        (rejection_requested(reply(2)), "replying", false),
        (unknown(reply(2)), "replying", false),
        (rejection_sent(reply(2)), "closed", false),
        (rejection_confirmed(reply(2)), "closed", false),
    ] {
        let kind = format!("{event:?}");
        world.interaction(1, &[event]).await;
        world.catch_up().await;
        assert_eq!(status(&world, 1).await, (expected.to_owned(), needs_response), "after {kind}");
    }
    let history = reply_history::of(&world.db, TENANT, interaction_id(1)).await.unwrap();
    let told: Vec<_> = history.iter().map(|row| (&*row.kind, &*row.state)).collect();
    assert_eq!(told, [("rejection", "failed"), ("rejection", "published")]);
    assert_eq!(history[1].sent_at, Some(at(100)));
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_given_elsewhere_is_an_answer(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), observed()]).await;
    world.catch_up().await;
    assert_eq!(status(&world, 1).await, ("responded".into(), false));
    let history = reply_history::of(&world.db, TENANT, interaction_id(1)).await.unwrap();
    assert_eq!((history[0].kind.as_str(), history[0].state.as_str()), ("observed", "published"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_foreign_answer_that_moderation_refuses_is_none(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), observed(), observed_refused()]).await;
    world.catch_up().await;
    assert_eq!(status(&world, 1).await, ("waiting".into(), true));
    let history = reply_history::of(&world.db, TENANT, interaction_id(1)).await.unwrap();
    assert_eq!(history.len(), 1, "one answer, told about twice");
}

#[sqlx::test(migrations = "../migrations")]
async fn history_keeps_every_version_with_its_times(pool: PgPool) {
    let world = World::new(&pool);
    let (first, second) = (reply(1), reply(2));
    let events = [
        ingested(1),
        requested(first),
        sent(first),
        published(first),
        edit_requested(second, first),
    ];
    world.interaction(1, &events).await;
    world.catch_up().await;
    let history = reply_history::of(&world.db, TENANT, interaction_id(1)).await.unwrap();
    let told: Vec<_> = history.iter().map(|row| (row.kind.as_str(), row.state.as_str())).collect();
    assert_eq!(told, [("answer", "published"), ("edit", "sending")]);
    assert_eq!((history[0].sent_at, history[0].published_at), (Some(at(100)), Some(at(160))));
    assert_eq!(history[0].text.as_deref(), Some("Спасибо за отзыв!"));
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_lose_nothing_while_rows_come(pool: PgPool) {
    let world = World::new(&pool);
    world.connect_account().await;
    for number in 0..25 {
        world.interaction(number, &[ingested(number)]).await;
    }
    world.catch_up().await;
    for order in [Order::Newest, Order::Oldest] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page =
                inbox::list(&world.db, TENANT, &Filter::default(), order, after, 7).await.unwrap();
            seen.extend(page.rows.iter().map(|row| row.external_id.clone()));
            // A row before the page and one after it: neither may shift what is still to come.
            let new = 100 + seen.len() as u128;
            world.interaction(new, &[ingested(new)]).await;
            world.catch_up().await;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for number in 0..25 {
            let times = seen.iter().filter(|id| **id == format!("wb-{number}")).count();
            assert_eq!(times, 1, "wb-{number} in {order:?}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn filters_and_counts_agree(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..30 {
        world.life(number).await;
    }
    world.catch_up().await;
    let all = inbox::count(&world.db, TENANT, &Filter::default()).await.unwrap();
    assert_eq!(all.total, 30);
    assert_eq!(all.by_status.values().sum::<i64>(), 30);
    for (status, expected) in &all.by_status {
        let filter = Filter { statuses: vec![status.clone()], ..Filter::default() };
        let page = inbox::list(&world.db, TENANT, &filter, Order::Newest, None, 100).await.unwrap();
        assert_eq!(page.rows.len() as i64, *expected, "{status}");
    }
    let waiting = Filter { needs_response: Some(true), ..Filter::default() };
    let page = inbox::list(&world.db, TENANT, &waiting, Order::Oldest, None, 100).await.unwrap();
    assert_eq!(page.rows.len() as i64, all.needs_response);
    let stars = Filter { ratings: vec![1, 2], ..Filter::default() };
    let count = inbox::count(&world.db, TENANT, &stars).await.unwrap();
    assert!(count.by_rating.keys().all(|rating| rating == "1" || rating == "2"));
}

#[sqlx::test(migrations = "../migrations")]
async fn another_sellers_rows_do_not_exist(pool: PgPool) {
    let world = World::new(&pool);
    world.life(0).await;
    world.catch_up().await;
    let id = interaction_id(0);
    assert_eq!(inbox::one(&world.db, STRANGER, id).await.unwrap(), None);
    assert!(thread::one(&world.db, STRANGER, id).await.unwrap().is_none());
    assert!(reply_history::of(&world.db, STRANGER, id).await.unwrap().is_empty());
    assert_eq!(inbox::count(&world.db, STRANGER, &Filter::default()).await.unwrap().total, 0);
}

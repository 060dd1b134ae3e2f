//! Supplements of Wildberries, the whole way: the buyer adds to a review, both halves learn of each other whichever was read
//! first, and each is answered by itself; judged by the sandbox's ledger.

use domain::InteractionId;
use domain::interaction::{Interaction, ReplyState};
use domain::value::Links;
use projections::inbox::{self, InboxRow};
use sandbox::Faults;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::{TENANT, World, reply_id};

const FIRST: &str = "Чайник хороший, закипает быстро.";
const LATER: &str = "Через месяц потёк.";

/// Lets a buyer write, and tells the review's id.
async fn written(world: &World, review: &Value) -> String {
    let url = format!("{}/control/wildberries/demo/reviews", world.sandbox.url());
    let answer = reqwest::Client::new().post(url).json(review).send().await.unwrap();
    let answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
    answer["id"].as_str().unwrap().to_owned()
}

async fn first(world: &World) -> String {
    written(world, &json!({"text": FIRST, "rating": 5, "product": "чайник"})).await
}

async fn later(world: &World, adds_to: &str) -> String {
    let review = json!({"text": LATER, "rating": 2, "product": "чайник", "adds_to": adds_to});
    written(world, &review).await
}

async fn until_read(world: &World, id: &str) -> InboxRow {
    world
        .until("the review in the inbox", async || {
            let rows = world.waiting(1).await;
            rows.into_iter().find(|row| row.external_id == id)
        })
        .await
}

/// Waits until a review is known to belong with another.
async fn until_linked(world: &World, row: &InboxRow, links: Links) {
    let id = InteractionId(row.interaction_id);
    world
        .until(&format!("{links:?}"), async || {
            let loaded = world.commands.load::<Interaction>(TENANT, id).await.unwrap();
            (*loaded.aggregate.links() == links).then_some(())
        })
        .await;
}

async fn related(world: &World, row: &InboxRow) -> Vec<(uuid::Uuid, String, String)> {
    let id = InteractionId(row.interaction_id);
    let rows = inbox::related(&world.db, TENANT, id).await.unwrap();
    rows.into_iter().map(|other| (other.interaction_id, other.kind, other.preview)).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_supplement_and_its_review_find_each_other_and_are_answered_apart(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let review = first(&world).await;
    let parent = until_read(&world, &review).await;
    assert!(!parent.is_supplement);
    world.reply(&parent, reply_id(1), "Спасибо за отзыв!").await;
    world.until_state(&parent, reply_id(1), ReplyState::Published).await;

    let added = later(&world, &review).await;
    let supplement = until_read(&world, &added).await;
    assert!(supplement.is_supplement);
    // The words of the review are as they were; that it was added to is news all the same.
    until_linked(&world, &parent, Links { parent: None, supplement: Some(added.clone()) }).await;
    until_linked(&world, &supplement, Links { parent: Some(review.clone()), supplement: None })
        .await;
    let shown = |row: &InboxRow, kind: &str, words: &str| {
        vec![(row.interaction_id, kind.to_owned(), words.to_owned())]
    };
    assert_eq!(related(&world, &parent).await, shown(&supplement, "supplement", LATER));
    assert_eq!(related(&world, &supplement).await, shown(&parent, "parent", FIRST));

    world.reply(&supplement, reply_id(2), "Нам жаль, что чайник потёк.").await;
    world.until_state(&supplement, reply_id(2), ReplyState::Published).await;
    let answers = [
        (review, "Спасибо за отзыв!".to_owned()),
        (added, "Нам жаль, что чайник потёк.".to_owned()),
    ];
    assert_eq!(world.applied_of("answer").await, answers);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_supplement_whose_review_cannot_be_read_stands_alone_until_it_can(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let spoiled = json!({
        "text": FIRST, "rating": 5, "product": "чайник", "served": {"id": "", "text": 7}
    });
    let review = written(&world, &spoiled).await;
    let supplement = until_read(&world, &later(&world, &review).await).await;
    until_linked(&world, &supplement, Links { parent: Some(review.clone()), supplement: None })
        .await;
    assert!(supplement.is_supplement);
    assert_eq!(related(&world, &supplement).await, []);

    let url = format!("{}/control/wildberries/demo/reviews/{review}/served", world.sandbox.url());
    let mended = reqwest::Client::new().put(url).json(&Value::Null).send().await.unwrap();
    mended.error_for_status().unwrap();
    let parent = until_read(&world, &review).await;
    let shown = [(parent.interaction_id, "parent".to_owned(), FIRST.to_owned())];
    assert_eq!(related(&world, &supplement).await, shown);
    world.end().await;
}

//! Questions of Wildberries, the whole way: asked, read, answered once, seen, edited once; judged by the sandbox's ledger.

use commands::{Actor, Context};
use domain::InteractionId;
use domain::interaction::{Interaction, InteractionCommand, InteractionError, ReplyState, Timing};
use projections::inbox::InboxRow;
use sandbox::{CallKind, Fault, FaultRule, Faults};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::{TENANT, World, reply_id};

const TEXT: &str = "Здравствуйте! Да, чайник подходит для индукции.";

/// Lets a buyer ask, and waits until the question is in the inbox.
async fn asked(world: &World) -> InboxRow {
    let url = format!("{}/control/wildberries/demo/questions", world.sandbox.url());
    let question = json!({"text": "Подойдёт ли для индукции?"});
    let answer = reqwest::Client::new().post(url).json(&question).send().await.unwrap();
    let answer: Value = answer.error_for_status().unwrap().json().await.unwrap();
    let id = answer["id"].as_str().unwrap();
    world
        .until("the question in the inbox", async || {
            let rows = world.waiting(1).await;
            rows.into_iter().find(|row| row.external_id == id)
        })
        .await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_is_answered_once_and_its_answer_edited_once(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = asked(&world).await;
    assert_eq!((row.channel.as_str(), row.rating), ("question", None));

    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    let edit = |number, text: &str| InteractionCommand::RequestEdit {
        reply_id: reply_id(number),
        text: text.into(),
        at: chrono::Utc::now(),
        timing: Timing::default(),
        grounds: domain::guardrail::Grounds::default(),
    };
    let context = Context::new(TENANT, Actor::System("test"));
    let id = InteractionId(row.interaction_id);
    let better = "Здравствуйте! Да, и для газовой плиты тоже.";
    world.commands.execute::<Interaction>(&context, id, edit(2, better)).await.unwrap();
    world.until_state(&row, reply_id(2), ReplyState::Published).await;
    let target = row.external_id.clone();
    assert_eq!(
        world.applied_of("question").await,
        [(target.clone(), TEXT.to_owned()), (target, better.to_owned())]
    );
    let loaded = world.commands.load::<Interaction>(TENANT, id).await.unwrap();
    assert_eq!(loaded.aggregate.decide(edit(3, "Ещё раз.")), Err(InteractionError::EditSpent));
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_to_a_question_whose_receipt_was_lost_is_found_and_not_repeated(pool: PgPool) {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = World::start(&pool, Faults::default().with(Fault::AnswerLost, lost)).await;
    let row = asked(&world).await;
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    assert_eq!(world.applied_of("question").await.len(), 1);
    world.end().await;
}

async fn rejected(world: &World, row: &InboxRow) {
    let reject = InteractionCommand::RequestRejection {
        reply_id: reply_id(1),
        text: "Вопрос не о товаре.".into(),
        timing: Timing::default(),
    };
    let context = Context::new(TENANT, Actor::System("test"));
    let id = InteractionId(row.interaction_id);
    world.commands.execute::<Interaction>(&context, id, reject).await.unwrap();
    world.until_state(row, reply_id(1), ReplyState::Published).await;
}

/// What the ledger holds of the question: the actions that took effect, and what the buyer sees.
async fn judged(world: &World) -> (Vec<String>, Value) {
    let url = format!("{}/ledger?kind=question", world.sandbox.url());
    let lines = reqwest::get(url).await.unwrap().text().await.unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let applied: Vec<Value> = lines.filter(|line| line["applied"] == true).collect();
    let actions = applied.iter().map(|line| line["action"].as_str().unwrap().to_owned());
    (actions.collect(), applied.last().unwrap()["buyer_sees"].clone())
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_is_rejected_once_and_closed(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = asked(&world).await;
    rejected(&world, &row).await;
    assert_eq!(judged(&world).await, (vec!["reject".to_owned()], Value::Null));
    let status = world
        .until("the question to leave the queue", async || {
            let id = InteractionId(row.interaction_id);
            let row = projections::inbox::one(&world.db, TENANT, id).await.unwrap().unwrap();
            (!row.needs_response && row.reply_state.as_deref() == Some("published"))
                .then_some(row.status)
        })
        .await;
    assert_eq!(status, "closed");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_rejection_whose_receipt_was_lost_is_found_and_not_repeated(pool: PgPool) {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = World::start(&pool, Faults::default().with(Fault::AnswerLost, lost)).await;
    let row = asked(&world).await;
    rejected(&world, &row).await;
    assert_eq!(judged(&world).await, (vec!["reject".to_owned()], Value::Null));
    world.end().await;
}

async fn viewed(world: &World, row: &InboxRow) {
    let context = Context::new(TENANT, Actor::System("test"));
    let id = InteractionId(row.interaction_id);
    let view = InteractionCommand::MarkViewed;
    world.commands.execute::<Interaction>(&context, id, view).await.unwrap();
}

/// The actions that the sandbox was asked for on questions, whatever became of them.
async fn asked_for(world: &World) -> Vec<String> {
    let url = format!("{}/ledger?kind=question", world.sandbox.url());
    let lines = reqwest::get(url).await.unwrap().text().await.unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["action"].as_str().unwrap().to_owned()).collect()
}

async fn until_marked(world: &World) {
    world
        .until("the mark to be over", async || {
            let open: i64 = sqlx::query_scalar(
                "select count(*) from effect where kind = 'mark_viewed' and state = 'done'",
            )
            .fetch_one(world.db.pool())
            .await
            .unwrap();
            (open == 1).then_some(())
        })
        .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_that_was_opened_is_marked_as_viewed_once(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = asked(&world).await;
    viewed(&world, &row).await;
    viewed(&world, &row).await;
    until_marked(&world).await;
    assert_eq!(judged(&world).await.0, ["view"]);
    viewed(&world, &row).await;

    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    assert_eq!(asked_for(&world).await, ["view", "answer"]);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_mark_that_fails_is_not_repeated_and_disturbs_no_reply(pool: PgPool) {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) };
    let world = World::start(&pool, Faults::default().with(Fault::AnswerLost, lost)).await;
    let row = asked(&world).await;
    viewed(&world, &row).await;
    until_marked(&world).await;
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    assert_eq!(asked_for(&world).await, ["view", "answer"]);
    world.end().await;
}

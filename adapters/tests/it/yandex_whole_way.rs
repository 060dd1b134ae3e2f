//! Yandex.Market, the whole way: what buyers wrote is read, answered once, moderated, edited in place; judged by the
//! sandbox's ledger and by what it was asked.

use adapters::cabinets::{CabinetKey, ConnectError};
use commands::{Actor, Context};
use domain::InteractionId;
use domain::interaction::{Interaction, InteractionCommand, ReplyState, Timing};
use projections::inbox::InboxRow;
use reqwest::Method;
use sandbox::{CallKind, Fault, FaultRule, Faults, SandboxConfig};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::whole_way::{TENANT, World, reply_id};

const TEXT: &str = "Здравствуйте! Спасибо, что написали нам.";
const EDITED: &str = "Здравствуйте! Спасибо, что написали нам. Ждём вас снова.";

const REVIEWS: &str = "POST /v2/businesses/{businessId}/goods-feedback";
const COMMENTS: &str = "POST /v2/businesses/{businessId}/goods-feedback/comments";

fn key(business_id: &str, api_key: &str) -> CabinetKey {
    let api_key = api_key.to_owned().into();
    CabinetKey::YandexMarket { business_id: business_id.into(), api_key }
}

fn demo_key() -> CabinetKey {
    key("1000001", "ACMA:sandbox-demo-key:00000000")
}

pub(crate) async fn start(pool: &PgPool, faults: Faults) -> World {
    World::with_key(pool, faults, demo_key()).await
}

async fn ask(world: &World, method: Method, path: &str, body: &Value) -> Value {
    let url = format!("{}/control/{path}", world.sandbox.url());
    let answer = reqwest::Client::new().request(method, url).json(body).send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{path}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

pub(crate) async fn control(world: &World, method: Method, path: &str, body: &Value) -> Value {
    ask(world, method, &format!("yandex/demo/{path}"), body).await
}

/// How often the sandbox answered a call, by what it answered.
pub(crate) async fn answers(world: &World, call: &str) -> Value {
    ask(world, Method::GET, "state", &json!({})).await["answers"][call].clone()
}

/// Lets a buyer write, and waits until it is in the inbox.
async fn written(world: &World, path: &str, body: &Value) -> InboxRow {
    let made = control(world, Method::POST, path, body).await;
    let id = made["id"].to_string();
    world
        .until("what was written in the inbox", async || {
            let rows = world.waiting(1).await;
            rows.into_iter().find(|row| row.external_id == id)
        })
        .await
}

/// What was accepted, by the ledger: (what was done, the text).
pub(crate) async fn sent(world: &World) -> Vec<(String, String)> {
    let url = format!("{}/ledger?kind=write", world.sandbox.url());
    let lines = reqwest::get(url).await.unwrap().text().await.unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let applied = lines.filter(|line| line["applied"] == true);
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    applied.map(|line| (text(&line, "action"), text(&line, "text"))).collect()
}

/// The seller's words that buyers see under a review or a question.
async fn buyer_sees(world: &World, path: &str, row: &InboxRow) -> Value {
    let path = format!("{path}/{}", row.external_id);
    control(world, Method::GET, &path, &json!({})).await["buyer_sees"].clone()
}

async fn load(world: &World, row: &InboxRow) -> Interaction {
    let id = InteractionId(row.interaction_id);
    world.commands.load::<Interaction>(TENANT, id).await.unwrap().aggregate
}

async fn edit(world: &World, row: &InboxRow, number: u128, text: &str) {
    let (reply_id, at) = (reply_id(number), chrono::Utc::now());
    let edit = InteractionCommand::RequestEdit {
        reply_id,
        text: text.into(),
        at,
        timing: Timing::default(),
        grounds: domain::guardrail::Grounds::default(),
    };
    let context = Context::new(TENANT, Actor::System("test"));
    let id = InteractionId(row.interaction_id);
    world.commands.execute::<Interaction>(&context, id, edit).await.unwrap();
    world.until_state(row, reply_id, ReplyState::Published).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_review_and_a_question_are_answered_once_and_edited_in_place(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let review = json!({"text": "Плед тёплый", "pros": "Мягкий", "cons": "Маркий", "rating": 4,
        "user": "Ольга", "product": "PLED-1", "photos": 2, "video": true});
    let question = json!({"text": "Есть ли другой цвет?", "product": "PLED-1"});
    for (turn, (path, body, channel)) in
        [("reviews", review, "review"), ("questions", question, "question")].into_iter().enumerate()
    {
        let row = written(&world, path, &body).await;
        assert_eq!((row.marketplace.as_str(), row.channel.as_str()), ("yandex_market", channel));
        let content = load(&world, &row).await.content().unwrap().clone();
        let words = content.words.known().unwrap().clone();
        assert_eq!(
            (content.product.article.as_str(), &body["text"]),
            ("PLED-1", &json!(words.text))
        );
        if channel == "review" {
            assert_eq!((words.pros.as_str(), words.cons.as_str()), ("Мягкий", "Маркий"));
            assert_eq!((content.rating, words.photos.len()), (Some(4), 2));
            assert!(words.video_url.is_some() && words.facts.contains_key("orderId"));
            assert_eq!(words.buyer_name.as_deref(), Some("Ольга"));
        }
        let first = 10 * turn as u128 + 1;
        world.reply(&row, reply_id(first), TEXT).await;
        world.until_state(&row, reply_id(first), ReplyState::Published).await;
        assert_eq!(buyer_sees(&world, path, &row).await, json!([TEXT]));
        edit(&world, &row, first + 1, EDITED).await;
        edit(&world, &row, first + 2, TEXT).await;
        assert_eq!(buyer_sees(&world, path, &row).await, json!([TEXT]), "one, as it is now");
        assert_eq!(sent(&world).await.len(), 3 * (turn + 1));
    }
    world.end().await;
}

/// Lets the receipts of an answer and of its second edit be lost; `Err` says what buyers see.
async fn receipts_are_lost(pool: &PgPool) -> Result<(), String> {
    let lost = FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1, 3]) };
    let world = start(pool, Faults::default().with(Fault::AnswerLost, lost)).await;
    let row = written(&world, "reviews", &json!({"text": "Подошёл", "rating": 5})).await;
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    let seen = buyer_sees(&world, "reviews", &row).await;
    if seen != json!([TEXT]) {
        world.end().await;
        return Err(format!("buyers see {seen}"));
    }
    edit(&world, &row, 2, EDITED).await;
    edit(&world, &row, 3, TEXT).await;
    let seen = buyer_sees(&world, "reviews", &row).await;
    let texts: Vec<_> = sent(&world).await.into_iter().map(|(_, text)| text).collect();
    world.end().await;
    let is_once = seen == json!([TEXT]) && texts == [TEXT, EDITED, TEXT];
    if is_once { Ok(()) } else { Err(format!("buyers see {seen}, sent {texts:?}")) }
}

#[cfg(not(feature = "sabotage-blind-retry"))]
#[sqlx::test(migrations = "../migrations")]
async fn an_answer_whose_receipt_was_lost_is_found_and_edited_without_a_second_one(pool: PgPool) {
    assert_eq!(receipts_are_lost(&pool).await, Ok(()));
}

/// A program that sends again without knowing: the same check must notice.
#[cfg(feature = "sabotage-blind-retry")]
#[sqlx::test(migrations = "../migrations")]
async fn commenting_again_without_knowing_is_noticed(pool: PgPool) {
    assert!(receipts_are_lost(&pool).await.is_err());
}

/// Waits until the reviews were read so many times more.
async fn rounds(world: &World, more: u64) {
    let count = async || answers(world, REVIEWS).await["200"].as_u64().unwrap_or(0);
    let wanted = count().await + more;
    world.until("rounds", async || (count().await >= wanted).then_some(())).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn moderation_is_followed_to_its_end_and_after_it(pool: PgPool) {
    let rejected = FaultRule { ms: Some(1500), ..FaultRule::nth([1]) };
    let checked = FaultRule { ms: Some(1500), ..FaultRule::nth([1]) };
    let faults = Faults::default()
        .with(Fault::Rejected, FaultRule { on: Some(CallKind::Write), ..rejected })
        .with(Fault::ReviewRequired, FaultRule { on: Some(CallKind::Write), ..checked });
    let world = start(&pool, faults).await;
    let row = written(&world, "reviews", &json!({"text": "Подошёл", "rating": 5})).await;
    world.reply(&row, reply_id(1), "Напишите нам сюда.").await;
    world.until_state(&row, reply_id(1), ReplyState::Rejected).await;
    world.reply(&row, reply_id(2), TEXT).await;
    world.until_state(&row, reply_id(2), ReplyState::Published).await;
    assert_eq!(buyer_sees(&world, "reviews", &row).await, json!([TEXT]));

    // The sign that is watched is the number of comments: it must have been seen to go up before it goes down.
    rounds(&world, 3).await;
    // Somebody complains, and what was published is taken back.
    let id = load(&world, &row).await.version(reply_id(2)).unwrap().external_id.clone().unwrap();
    let banned = json!({"status": "BANNED"});
    control(&world, Method::PUT, &format!("notes/{id}/status"), &banned).await;
    world.until_state(&row, reply_id(2), ReplyState::Rejected).await;
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_from_the_cabinet_counts_and_a_mere_look_does_not(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let opened = written(&world, "reviews", &json!({"text": "Открыли", "rating": 3})).await;
    let answered = written(&world, "reviews", &json!({"text": "Ответили", "rating": 3})).await;
    let question = written(&world, "questions", &json!({"text": "Мягкий?"})).await;
    let none = json!({});
    control(&world, Method::PUT, &format!("reviews/{}/read", opened.external_id), &none).await;
    let comments = format!("reviews/{}/comments", answered.external_id);
    let by_buyer = json!({"text": "Согласна!", "user": "Вера"});
    control(&world, Method::POST, &comments, &by_buyer).await;
    let by_seller = json!({"text": TEXT, "by": "business"});
    control(&world, Method::POST, &comments, &by_seller).await;
    let answers_of = format!("questions/{}/answers", question.external_id);
    control(&world, Method::POST, &answers_of, &by_seller).await;
    for row in [&answered, &question] {
        world
            .until("the cabinet's answer", async || {
                let waiting = world.waiting(1).await;
                (!waiting.iter().any(|it| it.interaction_id == row.interaction_id)).then_some(())
            })
            .await;
        let interaction = load(&world, row).await;
        assert!(interaction.may_answer().is_err(), "no second answer may follow");
    }
    let waiting = world.waiting(1).await;
    assert!(waiting.iter().any(|row| row.interaction_id == opened.interaction_id));
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn comments_are_asked_for_when_there_is_news_and_not_with_every_round(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let row = written(&world, "reviews", &json!({"text": "Подошёл", "rating": 5})).await;
    let asked = async || answers(&world, COMMENTS).await["200"].as_u64().unwrap_or(0);
    rounds(&world, 3).await;
    let before = asked().await;
    rounds(&world, 3).await;
    assert_eq!(asked().await, before, "nothing is new");
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    rounds(&world, 3).await;
    // One look because the number of comments changed, and what it took to confirm.
    let after = asked().await - before;
    assert!((1..=3).contains(&after), "{after} calls for one reply");
    rounds(&world, 3).await;
    assert_eq!(asked().await - before, after, "nothing is new again");
    world.end().await;
}

/// What buyers wrote must not wait for what stands under it.
#[sqlx::test(migrations = "../migrations")]
async fn reviews_whose_comments_cannot_be_read_come_in(pool: PgPool) {
    let failing = FaultRule { call: Some(COMMENTS.to_owned()), ..FaultRule::chance(1.0) };
    let world = start(&pool, Faults::default().with(Fault::ServerErrorBefore, failing)).await;
    let mut ids = Vec::new();
    // Nobody reads before all of them have a comment, and are more than may be odd at once.
    let world = world
        .restart(async |world| {
            for text in ["Подошёл", "Не подошёл", "Тёплый", "Мягкий"] {
                let review = json!({"text": text, "rating": 4});
                let made = control(world, Method::POST, "reviews", &review).await;
                let id = made["id"].to_string();
                let comment = json!({"text": "Согласна!", "user": "Вера"});
                let comments = format!("reviews/{id}/comments");
                control(world, Method::POST, &comments, &comment).await;
                ids.push(id);
            }
        })
        .await;
    world
        .until("the reviews in the inbox", async || {
            let rows = world.waiting(1).await;
            ids.iter().all(|id| rows.iter().any(|row| row.external_id == *id)).then_some(())
        })
        .await;
    assert_eq!(answers(&world, COMMENTS).await["200"], Value::Null, "void");
    world.end().await;
}

/// A token of a page that is too old, say.
#[sqlx::test(migrations = "../migrations")]
async fn a_place_that_the_marketplace_refuses_is_left(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    rounds(&world, 1).await;
    let left = "update channel_sync set next_at = now(), fence = fence + 1, lease_until = null, cursor = $1
        where channel = 'review' returning clock_timestamp()";
    let now = chrono::Utc::now();
    let window = json!({"from": now - chrono::TimeDelta::days(9), "to": null});
    let walk = json!({"until": window["from"], "window": window, "token": "no such page"});
    let cursor = json!({"whole": false, "looked_at": now, "walk": walk, "later": null});
    let asked: chrono::DateTime<chrono::Utc> =
        sqlx::query_scalar(left).bind(cursor).fetch_one(&pool).await.unwrap();
    world
        .until("a round that ends well", async || {
            let states = adapters::sync::states(&world.db, TENANT).await.unwrap();
            let reviews = states.iter().find(|state| state.channel == "review").unwrap();
            reviews.last_synced_at.is_some_and(|at| at > asked).then_some(())
        })
        .await;
    let refused = answers(&world, REVIEWS).await["400"].as_u64();
    assert_eq!(refused, Some(4), "tried again before it is left");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_quota_is_kept_as_it_is_told_and_never_exceeded(pool: PgPool) {
    // Ten calls an hour instead of five thousand, and so on.
    let config = SandboxConfig { rate_scale: 0.002, ..SandboxConfig::default() };
    let world = World::with_config(&pool, config, demo_key()).await;
    world
        .until("all channels to be left for later", async || {
            let states = adapters::sync::states(&world.db, TENANT).await.unwrap();
            let soon = chrono::Utc::now() + chrono::TimeDelta::minutes(1);
            let later =
                states.iter().filter(|state| state.next_sync_at.is_some_and(|at| at > soon));
            (later.count() == 3).then_some(())
        })
        .await;
    let told = ask(&world, Method::GET, "state", &json!({})).await["answers"].clone();
    let refused: Vec<_> = told
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, answers)| answers.get("420").is_some())
        .collect();
    assert!(refused.is_empty(), "{refused:?}");
    assert!(told[REVIEWS]["200"].as_u64().is_some_and(|count| count < 10), "{told}");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_that_does_not_open_the_cabinet_connects_nothing(pool: PgPool) {
    let world = start(&pool, Faults::default()).await;
    let connect = async |key| {
        let actor = Actor::System("test");
        world.cabinets.connect(TENANT, actor, "Маркет".into(), key).await
    };
    let wrong = connect(key("1000001", "ACMA:nobody:0")).await;
    assert!(matches!(wrong, Err(ConnectError::CredentialRejected)), "{wrong:?}");
    let others = connect(key("1000002", "ACMA:sandbox-demo-key:00000000")).await;
    assert!(matches!(others, Err(ConnectError::NoRight)), "{others:?}");
    let scopes = json!({"key": "ACMA:goods:0", "scopes": ["offers-and-cards-management"]});
    control(&world, Method::POST, "keys", &scopes).await;
    let goods = connect(key("1000001", "ACMA:goods:0")).await;
    assert!(matches!(goods, Err(ConnectError::NoRight)), "{goods:?}");
    world.end().await;
}

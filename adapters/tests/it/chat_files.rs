//! Files in chats, the whole way: kept here, sent once, and found again when nobody knows whether they arrived; judged
//! by the sandbox's ledger.

use base64::Engine as _;
use commands::attachment::describe;
use commands::{Actor, Context};
use domain::interaction::{Interaction, InteractionCommand, ReplyState, SendFailure, Timing};
use domain::value::{FileId, FileKind, OutgoingFile};
use domain::{InteractionId, Marketplace};
use projections::inbox::{self, Filter, InboxRow, Order};
use projections::{reply_history, thread};
use reqwest::Method;
use sandbox::{CallKind, Fault, FaultRule, Faults};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::whole_way::{TENANT, World, reply_id};
use crate::{ozon_whole_way as ozon, yandex_whole_way as yandex};

const TEXT: &str = "Здравствуйте! Вот инструкция.";
const PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n0000";

/// Makes a test of a check for each marketplace.
macro_rules! of_each {
    ($check:ident: $($name:ident $marketplace:ident),+) => {
        $(#[sqlx::test(migrations = "../migrations")]
        async fn $name(pool: PgPool) {
            $check(&pool, Marketplace::$marketplace).await;
        })+
    };
}

async fn start(pool: &PgPool, marketplace: Marketplace, faults: Faults) -> World {
    match marketplace {
        Marketplace::Wildberries => World::start(pool, faults).await,
        Marketplace::Ozon => ozon::start(pool, faults).await,
        Marketplace::YandexMarket => yandex::start(pool, faults).await,
    }
}

/// Lets a buyer begin a chat, and waits until it is in the inbox.
async fn begun(world: &World, marketplace: Marketplace) -> InboxRow {
    let hello = "Здравствуйте! Пришлите инструкцию.";
    let chat = match marketplace {
        Marketplace::Wildberries => {
            let body = json!({"text": hello, "client": "Ольга", "product": "чайник"});
            let url = format!("{}/control/wildberries/demo/chats", world.sandbox.url());
            let made = reqwest::Client::new().post(url).json(&body).send().await.unwrap();
            let made: Value = made.json().await.unwrap();
            made["chat"].as_str().unwrap().to_owned()
        }
        Marketplace::Ozon => {
            let made = ozon::control(world, Method::POST, "chats", &json!({"text": hello})).await;
            made["chat_id"].as_str().unwrap().to_owned()
        }
        Marketplace::YandexMarket => {
            let messages = json!([{"by": "CUSTOMER", "text": hello}]);
            let body = json!({"about": "ORDER", "user": "Ольга", "messages": messages});
            yandex::control(world, Method::POST, "chats", &body).await["id"].to_string()
        }
    };
    until_row(world, |row| row.external_id == chat).await
}

/// Keeps a file for a chat.
async fn kept(world: &World, row: &InboxRow, called: &str, content: &[u8]) -> OutgoingFile {
    let kind = FileKind::of_content(content).unwrap();
    let file = describe(FileId(Uuid::now_v7()), called, kind, content);
    let place = (TENANT, InteractionId(row.interaction_id));
    world.attachments().keep(place, &file, content).await.unwrap();
    file
}

async fn ask(world: &World, row: &InboxRow, number: u128, text: &str, files: Vec<OutgoingFile>) {
    let reply_id = reply_id(number);
    let command = InteractionCommand::RequestReply {
        reply_id,
        text: text.into(),
        draft_id: None,
        bulk_id: None,
        files,
        timing: Timing::default(),
        grounds: domain::guardrail::Grounds::default(),
    };
    let context = Context::new(TENANT, Actor::System("test"));
    let id = InteractionId(row.interaction_id);
    world.commands.execute::<Interaction>(&context, id, command).await.unwrap();
}

async fn deliver(
    world: &World,
    row: &InboxRow,
    number: u128,
    text: &str,
    files: Vec<OutgoingFile>,
) {
    ask(world, row, number, text, files).await;
    world.until_state(row, reply_id(number), ReplyState::Published).await;
}

/// What took effect: words, and the names of files.
async fn sent(world: &World, marketplace: Marketplace) -> Vec<(String, Vec<String>)> {
    match marketplace {
        Marketplace::Wildberries => {
            let url = format!("{}/ledger?kind=message", world.sandbox.url());
            let lines = reqwest::get(url).await.unwrap().text().await.unwrap();
            let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
            let applied = lines.filter(|line| line["applied"] == true);
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let names = |line: &Value| {
                let files = line["files"].as_array().cloned().unwrap_or_default();
                files.iter().map(|file| text(&file["name"])).collect()
            };
            applied.map(|line| (text(&line["text"]), names(&line))).collect()
        }
        Marketplace::Ozon => ozon::sent(world).await.into_iter().map(words_or_file).collect(),
        Marketplace::YandexMarket => {
            yandex::sent(world).await.into_iter().map(|(_, text)| words_or_file(text)).collect()
        }
    }
}

/// The ledger of these two has the name of a file where words have their text.
fn words_or_file(text: String) -> (String, Vec<String>) {
    let is_file = text.ends_with(".pdf") || text.ends_with(".png");
    if is_file { (String::new(), vec![text]) } else { (text, vec![]) }
}

fn one(text: &str, names: &[&str]) -> (String, Vec<String>) {
    (text.to_owned(), names.iter().map(|name| (*name).to_owned()).collect())
}

/// The first write is treated so.
fn first_write(fault: Fault) -> Faults {
    Faults::default().with(fault, FaultRule { on: Some(CallKind::Write), ..FaultRule::nth([1]) })
}

#[sqlx::test(migrations = "../migrations")]
async fn words_and_files_of_one_message_reach_the_buyer_together(pool: PgPool) {
    let marketplace = Marketplace::Wildberries;
    let world = start(&pool, marketplace, Faults::default()).await;
    let row = begun(&world, marketplace).await;
    let files = vec![
        kept(&world, &row, "Инструкция.pdf", PDF).await,
        kept(&world, &row, "Схема.png", PNG).await,
    ];
    deliver(&world, &row, 1, TEXT, files).await;
    let picture = kept(&world, &row, "Ещё.png", PNG).await;
    deliver(&world, &row, 2, "", vec![picture]).await;
    let expected = [one(TEXT, &["Инструкция.pdf", "Схема.png"]), one("", &["Ещё.png"])];
    assert_eq!(sent(&world, marketplace).await, expected);

    let kept = "select count(*) from attachment";
    world
        .until("what the marketplace has is not kept", async || {
            let kept: i64 = sqlx::query_scalar(kept).fetch_one(&pool).await.unwrap();
            (kept == 0).then_some(())
        })
        .await;

    // What went out is what was kept, to the last byte.
    let url = format!("{}/ledger?kind=message", world.sandbox.url());
    let lines = reqwest::get(url).await.unwrap().text().await.unwrap();
    let line: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let content = base64::prelude::BASE64_STANDARD
        .decode(line["files"][0]["content"].as_str().unwrap())
        .unwrap();
    assert_eq!(content, PDF);
    world.end().await;
}

async fn each_file_is_a_message(pool: &PgPool, marketplace: Marketplace) {
    let world = start(pool, marketplace, Faults::default()).await;
    let row = begun(&world, marketplace).await;
    for (number, called, content) in [(1, "Инструкция.pdf", PDF), (2, "Схема.png", PNG)]
    {
        let file = kept(&world, &row, called, content).await;
        deliver(&world, &row, number, "", vec![file]).await;
    }
    deliver(&world, &row, 3, TEXT, vec![]).await;
    let expected = [one("", &["Инструкция.pdf"]), one("", &["Схема.png"]), one(TEXT, &[])];
    assert_eq!(sent(&world, marketplace).await, expected, "{marketplace:?}");
    // Each is one message that operators see, and known to be theirs.
    let id = InteractionId(row.interaction_id);
    let of_ours = async || {
        let thread = thread::one(&world.db, TENANT, id).await.unwrap()?;
        let messages = thread.messages.as_array().unwrap().clone();
        let ours = messages.into_iter().filter(|it| !it["reply_id"].is_null());
        let ours: Vec<_> = ours.map(|it| it["files"][0]["name"].clone()).collect();
        (ours.len() == 3).then_some(ours)
    };
    let names = world.until("three messages of ours", of_ours).await;
    assert_eq!(names, [json!("Инструкция.pdf"), json!("Схема.png"), Value::Null]);
    world.end().await;
}

of_each!(each_file_is_a_message:
    a_file_is_a_message_of_its_own_on_ozon Ozon,
    a_file_is_a_message_of_its_own_on_yandex YandexMarket);

/// Lets the answer to a message with a file be lost; `Err` says what the buyer got.
async fn receipt_is_lost(pool: &PgPool, marketplace: Marketplace) -> Result<(), String> {
    let world = start(pool, marketplace, first_write(Fault::AnswerLost)).await;
    let row = begun(&world, marketplace).await;
    let file = kept(&world, &row, "Инструкция.pdf", PDF).await;
    deliver(&world, &row, 1, "", vec![file]).await;
    let sent = sent(&world, marketplace).await;
    world.end().await;
    let expected = [one("", &["Инструкция.pdf"])];
    if sent == expected { Ok(()) } else { Err(format!("{marketplace:?}: {sent:?}")) }
}

#[cfg(not(feature = "sabotage-blind-retry"))]
mod kept_promises {
    use super::*;

    async fn a_lost_receipt_is_found(pool: &PgPool, marketplace: Marketplace) {
        assert_eq!(receipt_is_lost(pool, marketplace).await, Ok(()));
        assert_eq!(count(pool, "ReplyOutcomeUnknown").await, 1);
    }

    of_each!(a_lost_receipt_is_found:
        a_lost_receipt_is_found_on_wildberries Wildberries,
        a_lost_receipt_is_found_on_ozon Ozon,
        a_lost_receipt_is_found_on_yandex YandexMarket);

    async fn what_never_arrived_is_sent_again(pool: &PgPool, marketplace: Marketplace) {
        let world = start(pool, marketplace, first_write(Fault::ResetBefore)).await;
        let row = begun(&world, marketplace).await;
        let file = kept(&world, &row, "Схема.png", PNG).await;
        deliver(&world, &row, 1, "", vec![file]).await;
        assert_eq!(sent(&world, marketplace).await, [one("", &["Схема.png"])]);
        assert_eq!(count(pool, "ReplyConfirmedAbsent").await, 1);
        world.end().await;
    }

    of_each!(what_never_arrived_is_sent_again:
        what_never_arrived_is_sent_again_on_wildberries Wildberries,
        what_never_arrived_is_sent_again_on_ozon Ozon,
        what_never_arrived_is_sent_again_on_yandex YandexMarket);
}

/// A program that sends again without knowing: the same check must notice.
#[cfg(feature = "sabotage-blind-retry")]
mod broken_promises {
    use super::*;

    async fn sending_again_is_noticed(pool: &PgPool, marketplace: Marketplace) {
        assert!(receipt_is_lost(pool, marketplace).await.is_err());
    }

    of_each!(sending_again_is_noticed:
        sending_a_file_again_without_knowing_is_noticed_on_wildberries Wildberries,
        sending_a_file_again_without_knowing_is_noticed_on_ozon Ozon,
        sending_a_file_again_without_knowing_is_noticed_on_yandex YandexMarket);
}

/// How a reply ended that was not sent.
async fn failure(world: &World, row: &InboxRow, number: u128) -> Option<SendFailure> {
    world.until_state(row, reply_id(number), ReplyState::Failed).await;
    let id = InteractionId(row.interaction_id);
    let loaded = world.commands.load::<Interaction>(TENANT, id).await.unwrap();
    loaded.aggregate.version(reply_id(number)).unwrap().failure
}

/// What cannot be sent as it was asked for is not sent in part.
#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_is_gone_or_another_ends_its_reply_and_nothing_is_sent(pool: PgPool) {
    let marketplace = Marketplace::Wildberries;
    let world = start(&pool, marketplace, Faults::default()).await;
    let row = begun(&world, marketplace).await;
    let file = kept(&world, &row, "Инструкция.pdf", PDF).await;
    let gone = OutgoingFile { file_id: FileId(Uuid::now_v7()), ..file.clone() };
    ask(&world, &row, 1, TEXT, vec![gone]).await;
    assert_eq!(failure(&world, &row, 1).await, Some(SendFailure::FileGone));
    let other = OutgoingFile { sha256: "0".repeat(64), ..file };
    ask(&world, &row, 2, TEXT, vec![other]).await;
    assert_eq!(failure(&world, &row, 2).await, Some(SendFailure::FileGone));
    assert!(sent(&world, marketplace).await.is_empty());
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_is_told_in_the_marketplaces_words(pool: PgPool) {
    let marketplace = Marketplace::Ozon;
    let world = start(&pool, marketplace, Faults::default()).await;
    // A buyer who wrote more than 48 hours ago.
    let late = "Здравствуйте, чек к заказу пришлёте?";
    let row = until_row(&world, |row| row.preview == late).await;
    let file = kept(&world, &row, "Чек.pdf", PDF).await;
    ask(&world, &row, 1, "", vec![file]).await;
    assert_eq!(failure(&world, &row, 1).await, Some(SendFailure::BadRequest));
    let id = InteractionId(row.interaction_id);
    let words = world
        .until("the marketplace's words", async || {
            let replies = reply_history::of(&world.db, TENANT, id).await.unwrap();
            replies.into_iter().find_map(|reply| reply.marketplace_text)
        })
        .await;
    assert!(words.contains("window"), "{words}");
    assert!(sent(&world, marketplace).await.is_empty());
    world.end().await;
}

async fn until_row(world: &World, is_it: impl Fn(&InboxRow) -> bool) -> InboxRow {
    world
        .until("the chat in the inbox", async || {
            let page =
                inbox::list(&world.db, TENANT, &Filter::default(), Order::Newest, None, 200).await;
            page.unwrap().rows.into_iter().find(&is_it)
        })
        .await
}

async fn count(pool: &PgPool, event_type: &str) -> i64 {
    sqlx::query_scalar("select count(*) from es.event where event_type = $1")
        .bind(event_type)
        .fetch_one(pool)
        .await
        .unwrap()
}

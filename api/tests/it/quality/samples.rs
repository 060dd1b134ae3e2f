//! Samples: nobody's name, and what cannot be read.

use chrono::Utc;
use domain::interaction::{ChatReading, Ingest, InteractionCommand as Command};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, InteractionId, Marketplace};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use super::{drafted, judged, reply};
use crate::harness::{Signed, TestApp, written_at};

/// Takes in what review `n` says now, of a buyer of that name, who has none of the lists.
async fn revised(app: &TestApp, anna: &Signed, n: u32, name: Option<&str>, text: &str) {
    let words = BuyerWords {
        buyer_name: name.map(str::to_owned),
        text: text.to_owned(),
        ..BuyerWords::default()
    };
    let external_id = format!("review-{n}");
    let account_id = AccountId(Uuid::from_u128(1));
    let id = InteractionId::of_external(anna.tenant, account_id, Channel::Review, &external_id);
    let product =
        Product { article: "1001".into(), name: "Чайник".into(), ..Product::default() };
    let reading = Ingest {
        source: Source {
            account_id,
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id,
            occurred_at: written_at(n),
        },
        content: Content { rating: Some(5), product, words: words.into() },
        answer: None,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: false,
        seen_at: Utc::now(),
    };
    app.execute(anna.tenant, id, Command::Ingest(Box::new(reading))).await;
    app.catch_up().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn samples_name_nobody_whatever_the_marketplace_stops_to_tell(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let (id, _) = drafted(&app, &anna, 1).await;
    revised(&app, &anna, 1, Some("Аглая"), "Чайник течёт, пишет аглая").await;
    revised(&app, &anna, 1, None, "Чайник течёт! Пишет аглая").await;
    reply(&app, &anna, id, "Аглая, нам жаль: чайник заменят в пункте выдачи.").await;
    let told = samples(&anna).await;
    assert_eq!(told.len(), 1);
    assert!(!told[0].to_string().to_lowercase().contains("агла"), "{told:?}");
    assert!(
        told[0]["answer"].as_str().unwrap().ends_with("нам жаль: чайник заменят в пункте выдачи.")
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_interaction_that_somebody_changed_is_left_out_of_samples_and_said(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let of = judged(&app, &anna).await;
    assert_eq!(samples(&anna).await.len(), 5);
    // Somebody with the rights of the owner changes what is stored.
    let mut owner = pool.acquire().await.unwrap();
    sqlx::query("set session_replication_role = replica").execute(&mut *owner).await.unwrap();
    let changed = sqlx::query(
        "update es.event e set payload = o.payload from es.event o
            where e.stream_id = $1 and o.stream_id = $2 and e.version = 1 and o.version = 1",
    )
    .bind(of.edited.0)
    .bind(of.accepted.0)
    .execute(&mut *owner)
    .await
    .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    drop(owner);
    let mut told = samples(&anna).await;
    assert_eq!(told.pop().unwrap(), json!({"left_out": 1}));
    assert_eq!(told.len(), 4, "the others are there");
    assert!(!told.iter().any(|sample| sample["interaction_id"] == json!(of.edited)));
}

/// The lines of the file.
pub(super) async fn samples(by: &Signed) -> Vec<Value> {
    let answer = by.call(Method::GET, "/learning/export").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
    let lines = answer.text().await.unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

//! What buyers complain about: numbers by topic and product, and for each the list of those that it counts.

use chrono::{Days, NaiveDate, TimeDelta};
use domain::interaction::InteractionCommand as Command;
use domain::value::{BuyerWords, Content, Links, Product};
use domain::{InteractionId, TenantId};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect_problem, review, written_at};

const COMPLAINTS: &str = "/interactions/metrics/complaints";

/// Takes in review `n` of a product, written so many days after the first.
async fn written(
    app: &TestApp,
    tenant: TenantId,
    (n, days): (u32, i64),
    article: &str,
    (rating, text): (u8, &str),
) {
    let mut reading = review(n, rating, Links::default());
    reading.source.occurred_at = written_at(0) + TimeDelta::days(days);
    let words = BuyerWords { text: text.to_owned(), ..BuyerWords::default() };
    let name = format!("Товар {article}");
    let product = Product { article: article.to_owned(), name, ..Product::default() };
    reading.content = Content { rating: Some(rating), product, words: words.into() };
    let source = &reading.source;
    let id =
        InteractionId::of_external(tenant, source.account_id, source.channel, &source.external_id);
    app.execute(tenant, id, Command::Ingest(Box::new(reading))).await;
}

/// Two weeks: in the first three complain, in the second five.
async fn complained(app: &TestApp, anna: &Signed) {
    const BROKEN: (u8, &str) = (1, "Пришёл сломанный, не работает");
    const SMALL: (u8, &str) = (2, "Размер не подошёл, маломерит");
    const LATE: (u8, &str) = (1, "Доставка опоздала на две недели, курьер хамил");
    for (n, days, article, said) in [
        (1, 0, "kettle", BROKEN),
        (2, 1, "kettle", (5, "Отличный чайник, спасибо!")),
        (3, 2, "shoes", SMALL),
        (4, 3, "shoes", SMALL),
        (5, 7, "kettle", BROKEN),
        (6, 8, "kettle", BROKEN),
        (7, 9, "kettle", (3, "Нормально, но брак: отвалилась ручка")),
        (8, 10, "kettle", (3, "Ничего особенного")),
        (9, 11, "shoes", SMALL),
        (10, 12, "", LATE),
        (11, 13, "kettle", (5, "Всё хорошо")),
    ] {
        written(app, anna.tenant, (n, days), article, said).await;
    }
    app.catch_up().await;
}

fn days(from: NaiveDate) -> String {
    format!("from={from}&to={}", from + Days::new(7))
}

/// Holds a number and the one of the days before against their lists.
async fn compared(anna: &Signed, told: &Value, number: &Value, search: &str) {
    let at = |field: &str| told[field].as_str().unwrap().to_owned();
    for (name, since, until) in [
        ("count", at("written_since"), at("written_until")),
        ("before", at("before_since"), at("written_since")),
    ] {
        let search = format!("written_since={since}&written_until={until}{search}");
        let items = anna.get(&format!("/interactions?{search}&limit=200")).await["items"].clone();
        assert_eq!(number[name], items.as_array().unwrap().len(), "{name} of {search}: {told}");
        let counts = anna.get(&format!("/interactions/counts?{search}")).await;
        assert_eq!(number[name], counts["total"], "{name} of {search}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn complaints_are_told_by_topic_and_product_each_with_its_list(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    complained(&app, &anna).await;
    let second = written_at(0).date_naive() + Days::new(7);
    let told = anna.get(&format!("{COMPLAINTS}?{}", days(second))).await;
    assert_eq!((&told["zone"], &told["from"]), (&json!("Europe/Moscow"), &json!(second)));
    assert_eq!(told["written"], json!({"count": 7, "before": 4}), "{told}");
    assert_eq!(told["complaints"], json!({"count": 5, "before": 3}));
    let topics = json!([
        {"intent": "defect", "count": 3, "before": 1},
        {"intent": "sizing", "count": 1, "before": 2},
        {"intent": "delivery", "count": 1, "before": 0},
    ]);
    assert_eq!(told["topics"], topics);
    let [kettle, shoes] = told["products"].as_array().unwrap().as_slice() else {
        panic!("two products: {told}")
    };
    let kettle_topics = json!([{"intent": "defect", "count": 3, "before": 1}]);
    assert_eq!(kettle["topics"], kettle_topics);
    assert_eq!((&kettle["article"], &kettle["name"]), (&json!("kettle"), &json!("Товар kettle")));
    assert_eq!((&shoes["count"], &shoes["before"]), (&json!(1), &json!(2)));

    compared(&anna, &told, &told["written"], "").await;
    compared(&anna, &told, &told["complaints"], "&complaint=true").await;
    for topic in told["topics"].as_array().unwrap() {
        let intent = topic["intent"].as_str().unwrap();
        compared(&anna, &told, topic, &format!("&complaint=true&intent={intent}")).await;
    }
    for product in [kettle, shoes] {
        let article = product["article"].as_str().unwrap();
        let search = format!("&complaint=true&product={article}");
        compared(&anna, &told, product, &search).await;
    }
    let content = anna.get("/interactions?complaint=false").await["items"].clone();
    assert_eq!(content.as_array().unwrap().len(), 3);
    // What is asked as of a moment is found among rows that were folded for it.
    let now = anna.get("/interactions?complaint=true&product=kettle").await;
    let at = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let then = anna.get(&format!("/interactions?complaint=true&product=kettle&as_of={at}")).await;
    assert_eq!((&then["items"], 4), (&now["items"], now["items"].as_array().unwrap().len()));

    let none = anna.get(&format!("{COMPLAINTS}?{}&channel=chat", days(second))).await;
    assert_eq!((&none["written"]["count"], &none["topics"]), (&json!(0), &json!([])));
    let boris = app.register("boris@example.ru").await;
    let nothing = boris.get(&format!("{COMPLAINTS}?{}", days(second))).await;
    assert_eq!((&nothing["written"]["count"], &nothing["products"]), (&json!(0), &json!([])));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_about_complaints_that_cannot_be_is_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let long = format!("/interactions?product={}", "я".repeat(201));
    for path in [
        &format!("{COMPLAINTS}?from=2026-01-02&to=2026-01-02"),
        &format!("{COMPLAINTS}?from=2026-01-01&to=2026-01-02&by=product"),
        "/interactions?product=",
        "/interactions?product=%00",
        &long,
        "/interactions?complaint=1",
        "/interactions?written_since=2026-01-01",
        "/interactions?written_since=%2B262000-01-01T00:00:00Z",
        "/interactions/counts?written_until=0000-01-01T00:00:00Z",
        "/interactions/metrics/quality/items?metric=answered&from=2026-01-01&to=2026-01-02&by=product&key=%00",
    ] {
        expect_problem(anna.call(Method::GET, path), 400, "bad_query").await;
    }
}

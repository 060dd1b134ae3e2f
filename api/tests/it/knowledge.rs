//! What a seller knows: written, read as it was, found, imported, and asked for where nothing is known.

use chrono::Utc;
use domain::interaction::{ChatReading, Ingest, InteractionCommand};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, InteractionId, Marketplace, TenantId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect, expect_problem, written_at};

fn returns(text: &str) -> Value {
    json!({"topic": "returns", "title": "Возврат", "text": text, "tags": ["обмен"]})
}

fn blanket() -> Value {
    json!({
        "article": "PL-77",
        "marketplace_articles": ["196320101"],
        "name": "Плед вязаный",
        "facts": [{"name": "Состав", "value": "шерсть"}],
        "price": {"amount_minor": 129_000, "currency": "RUB"},
        "availability": "in_stock",
    })
}

async fn add(by: &Signed, body: Value) -> Value {
    expect(by.write(Method::POST, "/knowledge", &body), StatusCode::CREATED).await
}

async fn found(app: &TestApp, by: &Signed, question: Value) -> Vec<String> {
    app.catch_up().await;
    let request = by.call(Method::POST, "/knowledge/search").json(&question);
    let answer = expect(request, StatusCode::OK).await;
    let passages = answer["passages"].as_array().unwrap().iter();
    passages.map(|passage| passage["title"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_written_is_found_and_what_is_removed_is_not(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.work();
    let anna = app.register("anna@example.ru").await;
    let document = add(&anna, json!({"document": returns("Вернуть товар можно 14 дней.")})).await;
    let product = add(&anna, json!({"product": blanket()})).await;
    assert_eq!((&document["version"], &product["version"]), (&json!(1), &json!(1)));
    assert_eq!(product["product"]["price"]["amount_minor"], 129_000);
    assert_eq!(product["passages"].as_array().unwrap().len(), 1);

    let list = anna.get("/knowledge").await["items"].clone();
    let kinds: Vec<_> = list.as_array().unwrap().iter().map(|item| &item["kind"]).collect();
    assert_eq!(kinds, ["product", "returns"], "the latest first");
    assert_eq!(anna.get("/knowledge?kind=document").await["items"][0]["title"], "Возврат");
    assert_eq!(anna.get("/knowledge?kind=product&limit=1").await["next"], Value::Null);
    let first = anna.get("/knowledge?limit=1").await;
    let next = first["next"].as_str().unwrap();
    let second = anna.get(&format!("/knowledge?limit=1&after={next}")).await;
    assert_eq!(second["items"], json!([list[1]]));

    let question = json!({"query": "Как вернуть товар?"});
    assert_eq!(found(&app, &anna, question.clone()).await, ["Возврат"]);
    let about = json!({"query": "Из чего сделано?", "article": "196320101"});
    assert_eq!(found(&app, &anna, about).await, ["Плед вязаный"]);
    let other = json!({"query": "Какой состав пледа?", "article": "555"});
    assert_eq!(found(&app, &anna, other).await, [""; 0], "another product's facts are wrong here");
    let stranger = app.register("boris@example.ru").await;
    assert_eq!(found(&app, &stranger, question.clone()).await, [""; 0]);

    let path = format!("/knowledge/{}", document["knowledge_id"].as_str().unwrap());
    let remove = anna.write(Method::DELETE, &format!("{path}?replaces=1"), &json!({}));
    assert_eq!(remove.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(found(&app, &anna, question).await, [""; 0]);
    expect_problem(anna.call(Method::GET, &path), 404, "not_found").await;
    let once = anna.get(&format!("{path}?version=1")).await;
    assert_eq!(once["document"]["text"], "Вернуть товар можно 14 дней.", "drafts may rest on it");
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_comes_second_is_told(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.work();
    let anna = app.register("anna@example.ru").await;
    let document = add(&anna, json!({"document": returns("14 дней")})).await;
    let path = format!("/knowledge/{}", document["knowledge_id"].as_str().unwrap());
    let change = |replaces: u32, text| json!({"replaces": replaces, "document": returns(text)});
    let changed = anna.write(Method::PUT, &path, &change(1, "30 дней"));
    assert_eq!(expect(changed, StatusCode::OK).await["version"], 2);
    let second = anna.write(Method::PUT, &path, &change(1, "7 дней"));
    expect_problem(second, 409, "knowledge_changed").await;
    let late = anna.write(Method::DELETE, &format!("{path}?replaces=1"), &json!({}));
    expect_problem(late, 409, "knowledge_changed").await;
    assert_eq!(anna.get(&path).await["document"]["text"], "30 дней");
    assert_eq!(anna.get(&format!("{path}?version=1")).await["document"]["text"], "14 дней");

    add(&anna, json!({"product": blanket()})).await;
    let mut again = blanket();
    again["name"] = json!("Другой плед");
    let again = anna.write(Method::POST, "/knowledge", &json!({"product": again}));
    expect_problem(again, 409, "product_exists").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_is_named(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let mut product = blanket();
    product["price"]["currency"] = json!("руб");
    for (body, field) in [
        (json!({"document": returns(" ")}), "document.text"),
        (json!({"product": product}), "product.price.currency"),
        (json!({"document": returns("14"), "product": blanket()}), "document"),
        (json!({}), "document"),
    ] {
        let request = anna.write(Method::POST, "/knowledge", &body);
        let problem = expect_problem(request, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }
    for body in [json!({"query": ""}), json!({"query": "плед", "limit": 0})] {
        let request = anna.call(Method::POST, "/knowledge/search").json(&body);
        expect_problem(request, 422, "invalid_body").await;
    }
    // What PostgreSQL takes for its own signs is a question like any other.
    for query in ["\0", "' | & ! ( :* <-> \\", "…", "и", "%_", &"я".repeat(5000)] {
        let request = anna.call(Method::POST, "/knowledge/search").json(&json!({"query": query}));
        expect(request, StatusCode::OK).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_table_is_looked_at_and_imported_once(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.work();
    let anna = app.register("anna@example.ru").await;
    add(&anna, json!({"product": blanket()})).await;
    let csv = "Артикул;Название;Цена;Варианты;Состав\n\
               PL-77;Плед вязаный;1 490,50 ₽;серый|белый;шерсть\n\
               KR-12;Кроссовки;;;сетка\n";
    let preview =
        |csv: &str| anna.call(Method::POST, "/knowledge/import/preview").json(&json!({"csv": csv}));
    let told = expect(preview(csv), StatusCode::OK).await;
    assert_eq!((&told["added"], &told["changed"]), (&json!(1), &json!(1)));
    assert_eq!(told["lines"][0]["line"], 2);
    app.catch_up().await;
    assert_eq!(anna.get("/knowledge").await["items"].as_array().unwrap().len(), 1, "only looked");

    let import = |csv: &str| anna.write(Method::POST, "/knowledge/import", &json!({"csv": csv}));
    let broken = format!("{csv}KR-12;Ещё раз;дорого;;\n;Без артикула;;;\nKR-12;Снова;;;\n");
    let refused = expect_problem(import(&broken), 422, "import_refused").await;
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["lines.4.price", "lines.5.article", "lines.6.line"]);
    assert_eq!(expect(preview(&broken), StatusCode::OK).await["refused"], 3);
    app.catch_up().await;
    assert_eq!(
        anna.get("/knowledge").await["items"].as_array().unwrap().len(),
        1,
        "none is written"
    );

    let done = expect(import(csv), StatusCode::OK).await;
    assert_eq!((&done["added"], &done["changed"]), (&json!(1), &json!(1)));
    let again = expect(import(csv), StatusCode::OK).await;
    assert_eq!(again["unchanged"], 2);
    let plaid = anna.get("/knowledge?kind=product").await;
    let plaid =
        plaid["items"].as_array().unwrap().iter().find(|item| item["title"] == "Плед вязаный");
    let path = format!("/knowledge/{}", plaid.unwrap()["knowledge_id"].as_str().unwrap());
    let item = anna.get(&path).await;
    assert_eq!(
        (&item["version"], &item["product"]["price"]["amount_minor"]),
        (&json!(2), &json!(149_050))
    );
    assert_eq!(item["product"]["facts"][0], json!({"name": "Состав", "value": "шерсть"}));

    let documents = "Тема,Заголовок,Текст\nвозврат,Возврат,\"14 дней, не больше\"\n";
    assert_eq!(expect(import(documents), StatusCode::OK).await["added"], 1);
    for csv in ["", "Цвет,Вес\n1,2", "Артикул,Название", "Артикул,Название\n\"1,2"]
    {
        let problem = expect_problem(import(csv), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], "csv", "{csv}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_document_is_known_by_the_title_that_it_has_now(pool: PgPool) {
    let app = TestApp::start(pool).await;
    app.work();
    let anna = app.register("anna@example.ru").await;
    let import = async |csv: &str| {
        app.catch_up().await;
        let preview =
            anna.call(Method::POST, "/knowledge/import/preview").json(&json!({"csv": csv}));
        let preview = expect(preview, StatusCode::OK).await;
        let import = anna.write(Method::POST, "/knowledge/import", &json!({"csv": csv}));
        let done = expect(import, StatusCode::OK).await;
        assert_eq!(preview, done, "what was told beforehand is what is done");
        (done["added"].clone(), done["changed"].clone(), done["unchanged"].clone())
    };
    let titles = async || {
        app.catch_up().await;
        let list = anna.get("/knowledge").await["items"].clone();
        let items = list.as_array().unwrap().iter();
        let mut titles: Vec<_> =
            items.map(|item| item["title"].as_str().unwrap().to_owned()).collect();
        titles.sort();
        titles
    };
    // One made by hand is the one that a table means.
    let by_hand = add(&anna, json!({"document": returns("14 дней")})).await;
    assert_eq!(import("Заголовок,Текст\nВозврат,30 дней\n").await, (json!(0), json!(1), json!(0)));
    let path = format!("/knowledge/{}", by_hand["knowledge_id"].as_str().unwrap());
    assert_eq!(anna.get(&path).await["document"]["text"], "30 дней");

    // One that was imported and called otherwise since is not the one of its first title any more.
    let csv = "Заголовок,Текст\nОбмен,Меняем\n";
    assert_eq!(import(csv).await, (json!(1), json!(0), json!(0)));
    let list = anna.get("/knowledge").await["items"].clone();
    let exchange = list.as_array().unwrap().iter().find(|item| item["title"] == "Обмен").unwrap();
    let path = format!("/knowledge/{}", exchange["knowledge_id"].as_str().unwrap());
    let renamed = json!({"replaces": 1, "document": {
        "topic": "faq", "title": "Обмен и размеры", "text": "Меняем на другой размер", "tags": [],
    }});
    expect(anna.write(Method::PUT, &path, &renamed), StatusCode::OK).await;
    assert_eq!(import(csv).await, (json!(1), json!(0), json!(0)));
    assert_eq!(import(csv).await, (json!(0), json!(0), json!(1)), "importing it again");
    assert_eq!(anna.get(&path).await["document"]["title"], "Обмен и размеры", "it is left alone");
    assert_eq!(titles().await, ["Возврат", "Обмен", "Обмен и размеры"]);
    let csv = "Заголовок,Текст\nОбмен и размеры,Меняем один раз\n";
    assert_eq!(import(csv).await, (json!(0), json!(1), json!(0)));
    assert_eq!(anna.get(&path).await["document"]["text"], "Меняем один раз");
}

async fn ask(app: &TestApp, tenant: TenantId, n: u32, text: &str) {
    let external_id = format!("question-{n}");
    let account_id = AccountId(Uuid::from_u128(1));
    let id = InteractionId::of_external(tenant, account_id, Channel::Question, &external_id);
    let words = BuyerWords { text: text.to_owned(), ..BuyerWords::default() };
    let reading = Ingest {
        source: Source {
            account_id,
            marketplace: Marketplace::Wildberries,
            channel: Channel::Question,
            external_id,
            occurred_at: written_at(n),
        },
        content: Content { rating: None, product: Product::default(), words: words.into() },
        answer: None,
        chat: ChatReading::default(),
        links: Links::default(),
        processed: false,
        seen_at: Utc::now(),
    };
    app.execute(tenant, id, InteractionCommand::Ingest(Box::new(reading))).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_question_leaves_the_list_when_its_answer_is_written_down(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    ask(&app, anna.tenant, 1, "Можно ли стирать в машинке?").await;
    ask(&app, anna.tenant, 2, "Здравствуйте!").await;
    app.catch_up().await;
    let questions = async || {
        app.catch_up().await;
        let answer = anna.get("/knowledge/unanswered").await;
        let items = answer["items"].as_array().unwrap().iter();
        items.map(|item| item["question"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(questions().await, ["Можно ли стирать в машинке?"], "a greeting is no question");
    let text = "Стирать можно в машинке при 30 градусах.";
    add(&anna, json!({"document": {"topic": "faq", "title": "Стирка", "text": text}})).await;
    assert_eq!(questions().await, [""; 0]);
    let stranger = app.register("boris@example.ru").await;
    assert_eq!(stranger.get("/knowledge/unanswered").await["items"], json!([]));
}

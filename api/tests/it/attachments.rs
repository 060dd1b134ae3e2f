//! Files that replies of chats carry: uploaded, checked, named by a reply, erased with the buyer, and not kept for ever.

use domain::InteractionId;
use domain::value::MessageAuthor::Buyer;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect, expect_problem, said, written_at};

const PDF: &[u8] = b"%PDF-1.4 the words of this document are secret";
const MEBIBYTE: usize = 1024 * 1024;

fn upload_as(
    by: &Signed,
    key: &str,
    id: InteractionId,
    name: &str,
    content: &[u8],
) -> RequestBuilder {
    by.call(Method::POST, &format!("/interactions/{id}/files"))
        .header("idempotency-key", key)
        .header("content-type", "application/octet-stream")
        .header("x-file-name", name)
        .body(content.to_vec())
}

fn upload(by: &Signed, id: InteractionId, name: &str, content: &[u8]) -> RequestBuilder {
    upload_as(by, &Uuid::new_v4().to_string(), id, name, content)
}

async fn uploaded(by: &Signed, id: InteractionId) -> Value {
    expect(upload(by, id, "%D0%A7%D0%B5%D0%BA%20+1.pdf", PDF), StatusCode::CREATED).await
}

fn reply(by: &Signed, id: InteractionId, body: &Value) -> RequestBuilder {
    by.write(Method::POST, &format!("/interactions/{id}/reply"), body)
}

async fn chat(app: &TestApp, by: &Signed, n: u32) -> InteractionId {
    let hello = said("1", Buyer, written_at(10), "Пришлите чек");
    app.chat(by.tenant, n, vec![hello], Some(true)).await
}

/// How many files are kept.
async fn kept(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from attachment").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_is_uploaded_once_and_carried_by_a_reply(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let id = chat(&app, &anna, 1).await;
    let limits = anna.get(&format!("/interactions/{id}")).await["limits"]["files"].clone();
    assert_eq!(
        limits,
        json!({
            "types": ["image/jpeg", "image/png", "application/pdf"],
            "size_bytes_max": 10 * MEBIBYTE,
            "total_bytes_max": 10 * MEBIBYTE,
            "count_max": 1,
            "with_text": false,
        })
    );
    let first = expect(upload_as(&anna, "one", id, "a.png", PDF), StatusCode::CREATED).await;
    let again = expect(upload_as(&anna, "one", id, "a.png", PDF), StatusCode::CREATED).await;
    assert_eq!((&first, kept(&pool).await), (&again, 1));
    assert_eq!(first["name"], "a.png.pdf", "it is what its content says");

    let file = uploaded(&anna, id).await;
    assert_eq!(
        (&file["name"], &file["media_type"]),
        (&json!("Чек  1.pdf"), &json!("application/pdf"))
    );
    assert_eq!(file["size_bytes"], PDF.len());
    let body = json!({"file_ids": [file["file_id"]]});
    let told = expect(reply(&anna, id, &body), StatusCode::ACCEPTED).await;
    let carried = json!([{
        "file_id": file["file_id"],
        "name": file["name"],
        "is_image": false,
        "size_bytes": PDF.len(),
    }]);
    assert_eq!((&told["reply"]["files"], &told["reply"]["text"]), (&carried, &json!("")));
    app.catch_up().await;
    let mut history = anna.get(&format!("/interactions/{id}/history")).await;
    // How it came about is told there alone.
    assert_eq!(history["items"][0]["lineage"].take()["outcome"], "manual");
    assert_eq!(history["items"][0], told["reply"]);
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!(whole["reply"], told["reply"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_marketplace_would_refuse_is_refused_at_once(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let id = chat(&app, &anna, 1).await;
    let program = upload(&anna, id, "a.pdf", b"MZ\x90\x00");
    expect_problem(program, 422, "file_kind_not_taken").await;
    expect_problem(upload(&anna, id, "a.pdf", b""), 422, "file_kind_not_taken").await;
    let larger = |bytes: usize| [PDF, &vec![b' '; bytes - PDF.len()]].concat();
    let refused = upload(&anna, id, "a.pdf", &larger(10 * MEBIBYTE + 1));
    let problem = expect_problem(refused, 413, "file_too_large").await;
    assert_eq!(problem["detail"], "В файле 10,1 МБ, площадка принимает до 10 МБ.");
    expect_problem(upload(&anna, id, "a.pdf", &larger(13 * MEBIBYTE)), 413, "file_too_large").await;
    expect(upload(&anna, id, "a.pdf", &larger(10 * MEBIBYTE)), StatusCode::CREATED).await;
    let review = app.review(anna.tenant, 1, 5).await;
    expect_problem(upload(&anna, review, "a.pdf", PDF), 409, "files_not_taken").await;
    expect_problem(upload(&boris, id, "a.pdf", PDF), 404, "not_found").await;
    assert_eq!(kept(&pool).await, 1);
    // Other bodies are as short as ever.
    let long = json!({"text": "a".repeat(2 * MEBIBYTE)});
    expect_problem(reply(&anna, id, &long), 413, "body_too_large").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_carries_only_files_of_its_own_chat_and_each_once(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let (id, other) = (chat(&app, &anna, 1).await, chat(&app, &anna, 2).await);
    let file = uploaded(&anna, id).await["file_id"].clone();
    for (of, body, status, code) in [
        (other, json!({"file_ids": [file]}), 409, "file_gone"),
        (id, json!({"file_ids": [Uuid::new_v4()]}), 409, "file_gone"),
        (id, json!({"file_ids": [file, file]}), 422, "invalid_body"),
        (id, json!({"file_ids": [file], "text": "Вот чек"}), 422, "too_many_files"),
        (id, json!({"file_ids": []}), 422, "text_too_short"),
        (id, json!({}), 422, "text_too_short"),
    ] {
        expect_problem(reply(&anna, of, &body), status, code).await;
    }
    let boris = app.register("boris@example.ru").await;
    expect_problem(reply(&boris, id, &json!({"file_ids": [file]})), 404, "not_found").await;
    // A refusal costs the file nothing.
    let carried = reply(&anna, id, &json!({"file_ids": [file]}));
    expect(carried, StatusCode::ACCEPTED).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn files_are_sealed_and_go_with_the_buyer(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let id = chat(&app, &anna, 1).await;
    let file = uploaded(&anna, id).await["file_id"].clone();
    let readable = "select count(*) from attachment
        where position('secret'::bytea in sealed) > 0 or position('file_id'::bytea in sealed_about) > 0";
    let readable: i64 = sqlx::query_scalar(readable).fetch_one(&pool).await.unwrap();
    assert_eq!((kept(&pool).await, readable), (1, 0));
    let body = json!({"file_ids": [file]});
    expect(reply(&anna, id, &body), StatusCode::ACCEPTED).await;
    app.catch_up().await;
    let erase = json!({"ground": "persons_request"});
    let erase = anna.write(Method::POST, &format!("/interactions/{id}/erasure"), &erase);
    expect(erase, StatusCode::OK).await;
    app.catch_up().await;
    assert_eq!(kept(&pool).await, 0);
    let replies = anna.get(&format!("/interactions/{id}/history")).await;
    assert_eq!(replies["items"][0]["files"], json!([]));
    let told = anna.get(&format!("/interactions/{id}/events")).await.to_string();
    assert!(!told.contains("Чек"), "{told}");
    expect_problem(upload(&anna, id, "a.pdf", PDF), 409, "buyer_erased").await;
    expect_problem(reply(&anna, id, &body), 409, "buyer_erased").await;
    assert_eq!(kept(&pool).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_that_nobody_sends_is_removed_after_a_day(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let (unsent, sent) = (chat(&app, &anna, 1).await, chat(&app, &anna, 2).await);
    uploaded(&anna, unsent).await;
    let file = uploaded(&anna, sent).await["file_id"].clone();
    let carried = reply(&anna, sent, &json!({"file_ids": [file]}));
    expect(carried, StatusCode::ACCEPTED).await;
    app.catch_up().await;
    assert_eq!(api::sweep_attachments(&app.db).await.unwrap(), 0, "a day has not passed");
    let older = "update attachment set used_at = used_at - interval '25 hours'";
    sqlx::query(older).execute(&pool).await.unwrap();
    assert_eq!(api::sweep_attachments(&app.db).await.unwrap(), 1, "the other is on its way");
    sqlx::query("update effect set state = 'done'").execute(&pool).await.unwrap();
    assert_eq!(api::sweep_attachments(&app.db).await.unwrap(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_keeps_only_so_many_files_that_wait(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let id = chat(&app, &anna, 1).await;
    for _ in 0..30 {
        uploaded(&anna, id).await;
    }
    expect_problem(upload(&anna, id, "a.pdf", PDF), 422, "too_many_files").await;
    uploaded(&anna, chat(&app, &anna, 2).await).await;
}

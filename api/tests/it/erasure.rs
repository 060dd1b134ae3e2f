//! Erasing a buyer through the API: nothing of theirs is left in any table or answer, and nothing brings it back.

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::{TestApp, expect, expect_problem};

/// What is the buyer's, or quotes the buyer.
const MARKERS: [&str; 4] = ["Отзыв номер 1\"", "Анна", "Черновик для Анны", "Спасибо, Анна"];

/// Every table of the database, as text; bytes are read as text where they are text.
async fn dump(pool: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        let rows =
            format!("select coalesce(string_agg(to_jsonb(t)::text, chr(10)), '') from {table} t");
        dump +=
            &sqlx::query_scalar::<_, String>(AssertSqlSafe(rows)).fetch_one(pool).await.unwrap();
    }
    let bodies =
        "select coalesce(string_agg(convert_from(body, 'UTF8'), ' '), '') from idempotency_key";
    dump + &sqlx::query_scalar::<_, String>(bodies).fetch_one(pool).await.unwrap()
}

fn found(text: &str) -> Vec<&'static str> {
    MARKERS.into_iter().filter(|marker| text.contains(marker)).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_of_an_erased_buyer_is_left(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("seller@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let other = app.review(anna.tenant, 2, 5).await;
    let draft = json!({"text": "Черновик для Анны"});
    expect(anna.write(Method::POST, &format!("/interactions/{id}/draft"), &draft), StatusCode::OK)
        .await;
    let reply = json!({"text": "Спасибо, Анна!"});
    let answer = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &reply);
    expect(answer, StatusCode::ACCEPTED).await;
    app.catch_up().await;
    assert_eq!(found(&dump(&pool).await).len(), 3, "the search finds what is there");

    let body = json!({"ground": "persons_request", "reference": uuid::Uuid::nil()});
    let path = format!("/interactions/{id}/erasure");
    expect(anna.write(Method::POST, &path, &body), StatusCode::OK).await;
    app.catch_up().await;
    expect(anna.write(Method::POST, &path, &body), StatusCode::OK).await;

    // The marketplace still shows the review.
    app.ingest(anna.tenant, 1, 5).await;
    app.catch_up().await;
    for path in ["", "/history", "/events"] {
        let told = anna.get(&format!("/interactions/{id}{path}")).await.to_string();
        assert_eq!(found(&told), Vec::<&str>::new(), "{told}");
    }
    let history = anna.get(&format!("/interactions/{id}/history")).await;
    assert_eq!(history["items"][0]["failure"]["code"], "erased");
    let request = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &reply);
    expect_problem(request, 409, "buyer_erased").await;

    let kept = anna.get(&format!("/interactions/{other}")).await.to_string();
    assert!(kept.contains("Отзыв номер 2"), "others are untouched: {kept}");
    let mark = format!("delete from inbox where interaction_id = '{other}'");
    sqlx::query(AssertSqlSafe(mark)).execute(&pool).await.unwrap();
    assert_eq!(found(&dump(&pool).await), Vec::<&str>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_that_comes_back_from_a_backup_is_destroyed_again(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("seller@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    app.review(anna.tenant, 2, 5).await;
    sqlx::query("create table backup as select * from es.subject_key")
        .execute(&pool)
        .await
        .unwrap();
    let body = json!({"ground": "order"});
    let path = format!("/interactions/{id}/erasure");
    expect(anna.write(Method::POST, &path, &body), StatusCode::OK).await;
    let alive = async || {
        let count = "select count(*) from es.subject_key where destroyed_at is null";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(alive().await, 1);
    assert_eq!(app.commands.reapply_erasures(&app.db).await.unwrap(), 0);

    for restore in ["delete from es.subject_key", "insert into es.subject_key select * from backup"]
    {
        sqlx::query(restore).execute(&pool).await.unwrap();
    }
    assert_eq!(alive().await, 2, "the backup knows nothing of the erasure");
    assert_eq!(app.commands.reapply_erasures(&app.db).await.unwrap(), 1);
    assert_eq!(alive().await, 1);
}

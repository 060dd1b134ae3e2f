//! Erasing a buyer through the API: nothing of theirs is left in any table or answer, and nothing brings it back.

use chrono::Utc;
use domain::interaction::InteractionCommand;
use domain::value::MessageAuthor;
use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::{TestApp, expect, expect_problem, said, written_at};

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
    assert_eq!(found(&dump(&pool).await), MARKERS, "the search finds what is there");

    let body = json!({"ground": "persons_request", "reference": "17/2026"});
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

    let act = anna.get(&path).await;
    assert_eq!((&act["ground"], &act["reference"]), (&json!("persons_request"), &json!("17/2026")));
    let stored = app.log.load_stream(anna.tenant, id.into(), 0).await.unwrap();
    assert_eq!(act["event_id"], json!(stored.last().unwrap().event_id));

    let kept = anna.get(&format!("/interactions/{other}")).await.to_string();
    assert!(kept.contains("Отзыв номер 2"), "others are untouched: {kept}");
    let mark = format!("delete from inbox where interaction_id = '{other}'");
    sqlx::query(AssertSqlSafe(mark)).execute(&pool).await.unwrap();
    assert_eq!(found(&dump(&pool).await), Vec::<&str>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_of_an_erased_buyers_chat_is_left(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("seller@example.ru").await;
    let asked = said("1", MessageAuthor::Buyer, written_at(1), "Отзыв номер 1");
    let id = app.chat(anna.tenant, 1, vec![asked.clone()], None).await;
    let path = format!("/interactions/{id}");
    let draft = json!({"text": "Черновик для Анны"});
    expect(anna.write(Method::POST, &format!("{path}/draft"), &draft), StatusCode::OK).await;
    let reply = json!({"text": "Спасибо, Анна!"});
    let told =
        expect(anna.write(Method::POST, &format!("{path}/reply"), &reply), StatusCode::ACCEPTED);
    told.await;
    let ours = said("2", MessageAuthor::Seller, Utc::now(), "Спасибо, Анна!");
    app.chat(anna.tenant, 1, vec![asked.clone(), ours.clone()], None).await;
    assert_eq!(found(&dump(&pool).await), MARKERS, "the search finds what is there");
    assert!(anna.get(&path).await.to_string().contains("Отзыв номер 1"));

    let body = json!({"ground": "persons_request"});
    let erasure = anna.write(Method::POST, &format!("{path}/erasure"), &body);
    let told = expect(erasure, StatusCode::OK).await.to_string();
    assert_eq!(found(&told), Vec::<&str>::new(), "though no read model has heard of it: {told}");
    app.catch_up().await;
    // The marketplace still shows the chat, and the buyer goes on in it.
    let more = said("3", MessageAuthor::Buyer, Utc::now(), "Это Анна");
    app.chat(anna.tenant, 1, vec![asked, ours, more], Some(true)).await;
    for part in ["", "/history", "/events"] {
        let told = anna.get(&format!("{path}{part}")).await.to_string();
        assert_eq!(found(&told), Vec::<&str>::new(), "{told}");
    }
    let chat = anna.get(&path).await;
    let messages = chat["chat"]["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2, "that they were is known");
    assert!(messages.iter().all(|message| message["text"] == "" && message["erased"] == true));
    assert_eq!(chat["can_answer"]["code"], "buyer_erased");
    assert_eq!(found(&dump(&pool).await), Vec::<&str>::new());
}

/// The marketplace took the answer; what is read there can no longer be told from another's.
#[sqlx::test(migrations = "../migrations")]
async fn an_accepted_answer_of_an_erased_buyer_is_said_to_be_followed_no_more(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("seller@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let reply = json!({"text": "Спасибо, Анна!"});
    let answer = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &reply);
    let asked = expect(answer, StatusCode::ACCEPTED).await;
    let reply_id = asked["reply"]["reply_id"].as_str().unwrap().parse().unwrap();
    let accepted = InteractionCommand::RecordAccepted {
        reply_id,
        attempt: 1,
        at: Utc::now(),
        external_id: None,
    };
    app.execute(anna.tenant, id, accepted).await;
    app.catch_up().await;
    let of_reply = async || anna.get(&format!("/interactions/{id}")).await["reply"].take();
    let before = of_reply().await;
    assert_eq!((&before["state"], &before["unfollowed"]), (&json!("sent"), &json!(null)));

    let body = json!({"ground": "order"});
    let erased = anna.write(Method::POST, &format!("/interactions/{id}/erasure"), &body);
    expect(erased, StatusCode::OK).await;
    app.catch_up().await;
    let after = of_reply().await;
    let words = after["unfollowed"].as_str().unwrap();
    assert_eq!((&after["state"], &after["text"]), (&json!("sent"), &json!("")));
    assert!(words.contains("больше не отслеживается"), "{words}");
    let history = anna.get(&format!("/interactions/{id}/history")).await;
    assert_eq!(history["items"][0]["unfollowed"], words);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_key_that_comes_back_from_a_backup_is_destroyed_again(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("seller@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    app.review(anna.tenant, 2, 5).await;
    sqlx::query("create table backup as select * from keys.subject_key")
        .execute(&pool)
        .await
        .unwrap();
    let body = json!({"ground": "order"});
    let path = format!("/interactions/{id}/erasure");
    expect(anna.write(Method::POST, &path, &body), StatusCode::OK).await;
    let alive = async || {
        let count = "select count(*) from keys.subject_key where destroyed_at is null";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(alive().await, 1);
    assert_eq!(app.erasures.carry_out_again().await.unwrap(), 0);

    for restore in
        ["delete from keys.subject_key", "insert into keys.subject_key select * from backup"]
    {
        sqlx::query(restore).execute(&pool).await.unwrap();
    }
    assert_eq!(alive().await, 2, "the backup knows nothing of the erasure");
    assert_eq!(app.erasures.carry_out_again().await.unwrap(), 1);
    assert_eq!(alive().await, 1);
}

/// The process died after it had destroyed the key: the log does not say so yet, and nobody will ask again.
#[sqlx::test(migrations = "../migrations")]
async fn an_erasure_that_was_cut_short_is_finished(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("seller@example.ru").await;
    let listed = app.review(anna.tenant, 1, 5).await;
    let unlisted = app.review(anna.tenant, 2, 5).await;
    for (id, list) in [(listed, true), (unlisted, false)] {
        sqlx::query("update keys.subject_key set wrapped_key = null, kek_id = null, destroyed_at = now() where subject_id = $1")
            .bind(id.0)
            .execute(&pool)
            .await
            .unwrap();
        if list {
            sqlx::query(
                "insert into erasure (tenant_id, interaction_id, ground, actor, command_id, asked_at)
                    values ($1, $2, 'order', 'user:1', gen_random_uuid(), now() - interval '2 minutes')",
            )
            .bind(anna.tenant.0)
            .bind(id.0)
            .execute(&pool)
            .await
            .unwrap();
        }
    }
    assert_eq!(app.erasures.finish().await.unwrap(), 2);
    assert_eq!(app.erasures.finish().await.unwrap(), 0, "nothing is finished twice");
    app.catch_up().await;
    for (id, ground) in [(listed, "order"), (unlisted, "key_found_destroyed")] {
        let act = anna.get(&format!("/interactions/{id}/erasure")).await;
        assert_eq!(act["ground"], ground);
        let told = anna.get(&format!("/interactions/{id}")).await.to_string();
        assert!(!told.contains("Отзыв номер"), "{told}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_erasure_is_refused_by_name(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("seller@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/erasure");
    for body in [
        json!({}),
        json!({"ground": "because"}),
        json!({"ground": "key_found_destroyed"}),
        json!({"ground": "order", "reference": "Анна Петрова"}),
    ] {
        expect(anna.write(Method::POST, &path, &body), StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    expect_problem(anna.call(Method::GET, &path), 404, "not_found").await;
    let other = app.register("other@example.ru").await;
    let body = json!({"ground": "order"});
    expect_problem(other.write(Method::POST, &path, &body), 404, "not_found").await;
    assert!(anna.get(&format!("/interactions/{id}")).await.to_string().contains("Отзыв номер 1"));
}

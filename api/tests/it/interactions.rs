//! Lists, counts and one interaction whole.

use std::collections::BTreeSet;

use domain::interaction::InteractionCommand;
use domain::value::{ObservedAnswer, ObservedState};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{TestApp, expect, expect_problem, written_at};

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["interaction_id"].as_str().unwrap().to_owned()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_is_read_page_by_page_while_rows_come(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let mut expected = Vec::new();
    for n in 1..=7 {
        expected.push(app.review(anna.tenant, n, 5).await.to_string());
    }
    for (order, backwards) in [("oldest", false), ("newest", true)] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let page = anna.get(&format!("/interactions?order={order}&limit=3{after}")).await;
            seen.extend(ids(&page));
            // A row that comes meanwhile shifts no other.
            let n = 100 + u32::try_from(seen.len()).unwrap() + u32::from(backwards) * 10;
            app.review(anna.tenant, n, 1).await;
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let known: Vec<_> = seen.iter().filter(|id| expected.contains(id)).cloned().collect();
        let mut wanted = expected.clone();
        if backwards {
            wanted.reverse();
        }
        assert_eq!(known, wanted, "{order}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "none comes twice");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cursor_of_a_list_cannot_be_made_up_or_borrowed(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    for n in 1..=2 {
        app.review(anna.tenant, n, 5).await;
    }
    let page = anna.get("/interactions?limit=1").await;
    let next = page["next"].as_str().unwrap().to_owned();
    let changed = next.replace(&next[8..9], if &next[8..9] == "A" { "B" } else { "A" });
    for cursor in ["x", "%00", &changed] {
        let request = anna.call(Method::GET, &format!("/interactions?after={cursor}"));
        expect_problem(request, 400, "bad_cursor").await;
    }
    let borrowed = boris.call(Method::GET, &format!("/interactions?after={next}"));
    expect_problem(borrowed, 404, "not_found").await;
    let turned = anna.call(Method::GET, &format!("/interactions?order=oldest&after={next}"));
    expect_problem(turned, 400, "bad_cursor").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn filters_and_counts_agree(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for (n, rating) in [(1, 1), (2, 2), (3, 5), (4, 5)] {
        app.review(anna.tenant, n, rating).await;
    }
    let answered = app.review(anna.tenant, 5, 5).await;
    let answer = ObservedAnswer {
        text: "Спасибо!".to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    };
    let observe = InteractionCommand::Observe { answer, seen_at: chrono::Utc::now() };
    app.execute(anna.tenant, answered, observe).await;
    app.catch_up().await;

    let counts = anna.get("/interactions/counts").await;
    assert_eq!(
        counts,
        json!({
            "total": 5,
            "needs_response": 4,
            "by_status": {"waiting": 4, "held": 0, "replying": 0, "responded": 1, "failed": 0, "closed": 0},
            "by_rating": {"1": 1, "2": 1, "3": 0, "4": 0, "5": 3},
        })
    );
    for (query, found) in [
        ("status=waiting", 4),
        ("status=closed", 0),
        ("channel=review", 5),
        ("channel=chat", 0),
        ("marketplace=wildberries", 5),
        ("marketplace=ozon", 0),
        ("rating=1,2", 2),
        ("rating=5&needs_response=true", 2),
        ("needs_response=false", 1),
        ("account_id=00000000-0000-0000-0000-000000000001", 5),
        ("account_id=00000000-0000-0000-0000-000000000002", 0),
    ] {
        let list = anna.get(&format!("/interactions?{query}")).await;
        assert_eq!(ids(&list).len(), found, "{query}");
        let counts = anna.get(&format!("/interactions/counts?{query}")).await;
        assert_eq!(counts["total"], found, "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn one_interaction_is_shown_whole(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 4).await;
    let mut whole = anna.get(&format!("/interactions/{id}")).await;
    assert!(whole["updated_at"].is_string());
    whole["updated_at"] = json!("…");
    let ahead = whole.as_object_mut().unwrap().remove("draft_ahead");
    assert_eq!(ahead, Some(json!(false)));
    let nothing_to_edit = "Здесь нет отправленного отсюда ответа.";
    assert_eq!(
        whole,
        json!({
            "interaction_id": id,
            "account_id": "00000000-0000-0000-0000-000000000001",
            "account_name": "",
            "marketplace": "wildberries",
            "channel": "review",
            "external_id": "review-1",
            "rating": 4,
            "buyer_name": "Анна",
            "product": {"name": "Чайник", "article": "1001", "brand": null},
            "preview": "Отзыв номер 1",
            "status": "waiting",
            "needs_response": true,
            "reply_state": null,
            "held_until": null,
            "draft_state": "none",
            "intent": "thanks",
            "sentiment": "positive",
            "priority": "low",
            "deadline": null,
            "deadline_reasons": null,
            "occurred_at": written_at(1),
            "updated_at": "…",
            "version": 1,
            "content": {
                "text": "Отзыв номер 1", "pros": "", "cons": "", "photos": [], "video_url": null,
                "occurred_at": written_at(1), "revisions": 0,
            },
            "chat": null,
            "draft": null,
            "draft_awaited": false,
            "reply": null,
            "related": [],
            "is_supplement": false,
            "unviewed": false,
            "order_id": null,
            "basis": 0,
            "limits": {"min_chars": 2, "max_chars": 5000, "files": null},
            "can_answer": {"allowed": true, "code": null, "reason": null},
            "can_reject": null,
            "erased": false,
            "can_edit":
                {"allowed": false, "code": "nothing_to_edit", "reason": nothing_to_edit, "until": null},
        })
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_waits_for_what_was_just_written(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/reply");
    let body = json!({"text": "Спасибо за отзыв!"});
    let accepted = expect(anna.write(Method::POST, &path, &body), StatusCode::ACCEPTED).await;
    let cursor = accepted["cursor"].as_str().unwrap();

    let path = format!("/interactions/{id}?at_least={cursor}");
    let stale = anna.call(Method::GET, &path).send().await.unwrap();
    assert_eq!(stale.headers()["x-agentiq-stale"], "true", "no runner has moved the read models");
    let waiting = tokio::spawn(anna.call(Method::GET, &path).send());
    app.catch_up().await;
    let fresh = waiting.await.unwrap().unwrap();
    assert!(!fresh.headers().contains_key("x-agentiq-stale"));
    let fresh: Value = fresh.json().await.unwrap();
    assert_eq!(fresh["reply_state"], "sending");
    assert_eq!(fresh["reply"]["text"], "Спасибо за отзыв!");

    let boris = app.register("boris@example.ru").await;
    let borrowed = boris.call(Method::GET, &format!("/interactions?at_least={cursor}"));
    expect_problem(borrowed, 404, "not_found").await;
    let bad = anna.call(Method::GET, "/interactions?at_least=x");
    expect_problem(bad, 400, "bad_cursor").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_text_that_is_given_is_the_draft(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/draft");

    let own = anna.write(Method::POST, &path, &json!({"text": "Мой черновик"}));
    expect(own, StatusCode::OK).await;
    app.catch_up().await;
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!(whole["draft"]["text"], "Мой черновик");
    assert_eq!(whole["draft"]["source"], "operator");
    let short = anna.write(Method::POST, &path, &json!({"text": " х "}));
    expect_problem(short, 422, "text_too_short").await;
}

//! Why an interaction stands as it does, told by its events.

use chrono::{TimeDelta, Utc};
use domain::interaction::{DraftSource, InteractionCommand as Command, SendFailure, UnknownReason};
use domain::value::MessageAuthor;
use domain::{DraftId, InteractionId, ReplyId};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, said, written_at};

async fn send(anna: &Signed, id: InteractionId, body: &Value) -> ReplyId {
    let told = anna.write(Method::POST, &format!("/interactions/{id}/reply"), body);
    let told: Value = told.send().await.unwrap().json().await.unwrap();
    told["reply"]["reply_id"].as_str().unwrap().parse().unwrap()
}

async fn why(anna: &Signed, id: InteractionId) -> Value {
    anna.get(&format!("/interactions/{id}/why")).await
}

fn titles(why: &Value) -> Vec<&str> {
    why["lines"].as_array().unwrap().iter().map(|line| line["title"].as_str().unwrap()).collect()
}

/// What the `n`th line says, by the names of its facts.
fn fact<'a>(why: &'a Value, n: usize, name: &str) -> &'a Value {
    let facts = why["lines"][n]["facts"].as_array().unwrap();
    let fact = facts.iter().find(|fact| fact["name"] == name);
    let fact = fact.unwrap_or_else(|| panic!("no {name} in {facts:?}"));
    if fact["at"].is_null() { &fact["text"] } else { &fact["at"] }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_is_explained_from_the_review_to_its_last_attempt(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let first = why(&anna, id).await;
    assert_eq!(first["status"], "waiting");
    assert!(first["summary"].as_str().unwrap().starts_with("Ждёт ответа"), "{first}");
    assert_eq!(fact(&first, 0, "rating"), "5");

    let draft_id = DraftId(Uuid::from_u128(7));
    let text = "Спасибо за отзыв, носите с удовольствием!".to_owned();
    let draft =
        Command::ProposeDraft { draft_id, text, source: DraftSource::Template, origin: None };
    app.execute(anna.tenant, id, draft).await;
    let text = "Спасибо вам за отзыв, носите с удовольствием!";
    let body = json!({"text": text, "draft_id": draft_id});
    let reply_id = send(&anna, id, &body).await;
    let (attempt, at) = (1, Utc::now());
    let marketplace_text = Some("service is down".to_owned());
    let failure = SendFailure::Unavailable;
    let failed = Command::RecordFailed { reply_id, attempt, failure, marketplace_text, at };
    app.execute(anna.tenant, id, failed).await;
    let waiting = why(&anna, id).await;
    assert_eq!(waiting["status"], "replying");
    let summary = waiting["summary"].as_str().unwrap();
    assert_eq!(summary, "Площадка не отвечает. Повторим сами по расписанию.");
    let n = waiting["lines"].as_array().unwrap().len() - 1;
    assert_eq!(fact(&waiting, n, "attempt"), "1 из 6");
    assert_eq!(fact(&waiting, n, "marketplace_text"), "service is down");
    let retry: chrono::DateTime<Utc> =
        fact(&waiting, n, "retry_at").as_str().unwrap().parse().unwrap();
    assert_eq!(retry - at, TimeDelta::seconds(10), "ruling C-2");

    let (attempt, reason) = (2, UnknownReason::Timeout);
    app.execute(anna.tenant, id, Command::RecordUnknown { reply_id, attempt, reason, at }).await;
    let unknown = why(&anna, id).await;
    let summary = unknown["summary"].as_str().unwrap();
    assert!(
        summary.ends_with("Проверяем чтением у площадки; вслепую ничего не повторяем."),
        "{summary}"
    );
    let told = titles(&unknown);
    assert_eq!(
        told,
        [
            "Обращение получено",
            "Предложен черновик",
            "Ответ поставлен на отправку",
            "Ответ не отправлен",
            "Исход отправки неизвестен",
        ]
    );
    assert_eq!(fact(&unknown, 2, "draft"), "черновик изменён");
    assert!(fact(&unknown, 2, "guardrails").as_str().unwrap().starts_with("пройдена"));
    assert_eq!(unknown["lines"][2]["who"], "оператор anna@example.ru");
    assert_eq!(unknown["lines"][2]["status"], "replying");
    assert_eq!(unknown["lines"][3]["status"], Value::Null, "it stayed as it was");
    assert_eq!(unknown["lines"][4]["reply_state"], "unknown");
    assert_eq!(unknown["since"], unknown["lines"][2]["at"]);

    // Every line leads to its event, and the past is explained as it was explained then.
    let events = anna.get(&format!("/interactions/{id}/events")).await;
    for (line, event) in
        unknown["lines"].as_array().unwrap().iter().zip(events["items"].as_array().unwrap())
    {
        assert_eq!(line["event_id"], event["id"]);
        assert_eq!(line["type"], event["type"]);
        assert_eq!(line["cursor"], event["aiqcursor"]);
    }
    let cursor = waiting["lines"][n]["cursor"].as_str().unwrap();
    assert_eq!(anna.get(&format!("/interactions/{id}/why?as_of={cursor}")).await, waiting);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_end_of_a_reply_has_its_reason(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let refused = |reply_id| Command::RecordModerationFailed {
        reply_id,
        code: "rejected".into(),
        marketplace_text: Some("Реклама".into()),
    };
    let gone = |reply_id| Command::RecordFailed {
        reply_id,
        attempt: 1,
        failure: SendFailure::NotFound,
        marketplace_text: None,
        at: Utc::now(),
    };
    let accepted = |reply_id| Command::RecordAccepted {
        reply_id,
        attempt: 1,
        at: Utc::now(),
        external_id: Some("77".into()),
    };
    type End<'a> = &'a dyn Fn(ReplyId) -> Command;
    let ends: [(End<'_>, &str, &str); 3] = [
        (&refused, "failed", "Нужен человек. Модерация площадки отклонила текст."),
        (&gone, "failed", "Нужен человек. Площадка больше не знает этого обращения."),
        (&accepted, "responded", "Площадка приняла ответ; увидим его на площадке — отметим."),
    ];
    for (n, (end, status, summary)) in (1..).zip(ends) {
        let id = app.review(anna.tenant, n, 5).await;
        let text = json!({"text": "Спасибо за отзыв, рады стараться для вас!"});
        let reply_id = send(&anna, id, &text).await;
        app.execute(anna.tenant, id, end(reply_id)).await;
        let why = why(&anna, id).await;
        assert_eq!((&why["status"], &why["summary"]), (&json!(status), &json!(summary)));
    }

    let id = app.review(anna.tenant, 9, 5).await;
    let held = json!({"text": "Спасибо за отзыв, заходите ещё!", "hold_seconds": 30});
    let reply_id = send(&anna, id, &held).await;
    assert!(why(&anna, id).await["summary"].as_str().unwrap().starts_with("Ответ отложен"));
    app.execute(anna.tenant, id, Command::Cancel { reply_id }).await;
    let why = why(&anna, id).await;
    assert_eq!(why["summary"], "Ждёт ответа: отложенный ответ не отправлен. Отправку отменили.");
    assert_eq!(fact(&why, 1, "draft"), "написан без черновика");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_chat_is_explained_from_what_the_buyer_wrote_last(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let talk = |n, author, text| said(&format!("m{n}"), author, written_at(n), text);
    let messages = vec![
        talk(1, MessageAuthor::Buyer, "Здравствуйте!"),
        talk(2, MessageAuthor::Seller, "Здравствуйте, чем помочь?"),
        talk(3, MessageAuthor::Buyer, "Где заказ?"),
        talk(4, MessageAuthor::Buyer, "Ау!"),
    ];
    let id = app.chat(anna.tenant, 1, messages, Some(true)).await;
    let why = why(&anna, id).await;
    assert_eq!(why["status"], "waiting");
    assert_eq!(titles(&why), ["Сообщение покупателя", "Сообщение покупателя"], "{why}");
    assert_eq!(why["left_out"], 3, "what was said before is over");
    assert_eq!(why["since"], why["lines"][0]["at"]);
}

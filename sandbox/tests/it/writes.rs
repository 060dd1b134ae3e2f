//! Answering and editing.

use reqwest::Method;
use serde_json::{Value, json};

use crate::play::{Play, SELLER, TOKEN, play};

async fn served(play: &Play, id: &str) -> Value {
    play.get(&format!("/api/v1/feedback?id={id}")).await.json()["data"].clone()
}

#[tokio::test]
async fn an_answer_is_accepted_seen_and_written_down() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    let answer = play.answer(&id, "Спасибо за отзыв!").await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let expected = json!({ "text": "Спасибо за отзыв!", "state": "wbRu", "editable": true });
    assert_eq!(served(&play, &id).await["answer"], expected);
    assert!(
        play.list(true)
            .await
            .iter()
            .any(|review| review["id"] == *id && review["answer"] == expected)
    );
    assert!(play.list(false).await.iter().all(|review| review["id"] != *id));

    let [line] = &play.answers_in_ledger().await[..] else { panic!("one line") };
    assert_eq!(line["marketplace"], "wildberries");
    assert_eq!(line["seller"], SELLER);
    assert_eq!(line["endpoint"], "POST /api/v1/feedbacks/answer");
    assert_eq!(line["target"], *id);
    assert_eq!(line["text"], "Спасибо за отзыв!");
    assert_eq!(
        line["text_sha256"],
        "8188b91ad21b11029c2995ad7e9e4607081ac6ea909eddd2f926bc33d4d8b1d8"
    );
    assert_eq!((&line["applied"], &line["effect"]), (&json!(true), &json!("applied")));
    assert_eq!((&line["answer"], &line["status"]), (&json!("given"), &json!(204)));
    assert_eq!(line["deliveries"], 1);
    assert_eq!(line["buyer_sees"]["text"], "Спасибо за отзыв!");
}

#[tokio::test]
async fn an_unknown_id_is_accepted_and_changes_nothing() {
    let play = play(&[]).await;
    assert_eq!(play.answer("no-such-review", "Спасибо!").await.status, 204);
    assert_eq!(play.edit("no-such-review", "Спасибо!").await.status, 204);
    let lines = play.answers_in_ledger().await;
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["effect"] == "unknown_id" && line["applied"] == false));
}

#[tokio::test]
async fn a_second_post_replaces_the_answer_and_counts_as_a_duplicate() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    play.answer(&id, "Первый").await;
    assert_eq!(play.answer(&id, "Второй").await.status, 204);
    assert_eq!(served(&play, &id).await["answer"]["text"], "Второй");
    assert_eq!(play.answers_in_ledger().await[1]["deliveries"], 2);
    assert_eq!(play.state().await["wildberries"][SELLER]["reviews_delivered_more_than_once"], 1);
}

#[tokio::test]
async fn an_answer_is_edited_once() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    assert_eq!(play.edit(&id, "Рано").await.status, 204);
    assert_eq!(served(&play, &id).await["answer"], Value::Null);
    play.answer(&id, "Первый").await;
    assert_eq!(play.edit(&id, "Второй").await.status, 204);
    let expected = json!({ "text": "Второй", "state": "wbRu", "editable": false });
    assert_eq!(served(&play, &id).await["answer"], expected);
    assert_eq!(play.edit(&id, "Третий").await.status, 204);
    assert_eq!(served(&play, &id).await["answer"], expected);

    let effects: Vec<Value> =
        play.answers_in_ledger().await.iter().map(|line| line["effect"].clone()).collect();
    assert_eq!(effects, ["nothing_to_edit", "applied", "applied", "edit_spent"]);
    assert_eq!(play.review(&id).await["deliveries"], 1, "an edit is no second answer");
}

#[tokio::test]
async fn an_answer_is_not_edited_after_sixty_days() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    play.answer(&id, "Первый").await;
    play.advance_clock(60 * 24 * 3600 + 60).await;
    assert_eq!(served(&play, &id).await["answer"]["editable"], false);
    assert_eq!(play.edit(&id, "Второй").await.status, 204);
    assert_eq!(served(&play, &id).await["answer"]["text"], "Первый");
    assert_eq!(play.answers_in_ledger().await[1]["effect"], "edit_window_closed");
}

#[tokio::test]
async fn a_text_has_two_to_five_thousand_characters() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    for text in ["я".to_owned(), "я".repeat(5001), String::new()] {
        let answer = play.answer(&id, &text).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json()["origin"], "fbapi");
        assert_eq!(play.edit(&id, &text).await.status, 400);
    }
    assert_eq!(play.review(&id).await["deliveries"], 0);
    assert_eq!(play.answers_in_ledger().await[0]["effect"], "refused");
    assert_eq!(play.answer(&id, &"я".repeat(5000)).await.status, 204);
    assert_eq!(play.answer(&id, "ок").await.status, 204);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_as_the_examples_show() {
    let play = play(&[]).await;
    let address = format!("{}/api/v1/feedbacks/answer", play.sandbox.url());
    for (content_type, body, detail) in [
        (None, "{}", "content-type header not specified"),
        (Some("u"), "{}", "content-type is not a valid mime-type: u"),
        (Some("application/javascript"), "{}", "not a json content-type: application/javascript"),
        (Some("application/json"), "{\"id\":", "Неверный синтаксис JSON"),
        (Some("application/json; charset=utf-8"), "{\"id\":\"x\"}", "Неверный синтаксис JSON"),
    ] {
        let mut request = play.client.post(&address).header("Authorization", TOKEN).body(body);
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 400);
        let text = response.text().await.unwrap();
        crate::spec::check("POST /api/v1/feedbacks/answer", 400, Some("application/json"), &text);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["detail"], detail);
    }
}

#[tokio::test]
async fn the_seller_answers_in_the_cabinet_too() {
    let play = play(&[]).await;
    let id = play.waiting().await;
    let path = format!("/control/wildberries/{SELLER}/reviews/{id}/answer");
    let body = json!({ "text": "Ответили из кабинета" });
    assert_eq!(play.control(Method::PUT, &path, Some(body)).await.status, 204);
    assert_eq!(served(&play, &id).await["answer"]["text"], "Ответили из кабинета");
    let review = play.review(&id).await;
    assert_eq!(review["deliveries"], 0, "what the seller writes itself is not counted as ours");
    assert_eq!(play.answers_in_ledger().await[0]["action"], "cabinet_answer");
}

#[tokio::test]
async fn an_answer_that_came_with_the_review_can_be_edited() {
    let play = play(&[]).await;
    let processed = play.list(true).await;
    let answered = processed.iter().find(|review| review["answer"]["editable"] == true).unwrap();
    let id = answered["id"].as_str().unwrap();
    assert_eq!(play.edit(id, "Исправили").await.status, 204);
    assert_eq!(served(&play, id).await["answer"]["text"], "Исправили");
}

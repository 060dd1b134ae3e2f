//! Questions: listed, counted, looked at, answered, rejected.

use reqwest::Method;
use serde_json::{Value, json};

use crate::play::{Answer, Play, SELLER, TOKEN, play};

const QUESTIONS: &str = "/api/v1/questions";

async fn ask(play: &Play, text: &str) -> String {
    let asked = play.happens("questions", json!({ "text": text, "product": "UT-PLED-150" })).await;
    asked["id"].as_str().unwrap().to_owned()
}

async fn answer(play: &Play, id: &str, text: &str) -> Answer {
    let body = json!({ "id": id, "answer": { "text": text }, "state": "wbRu" });
    play.patch(QUESTIONS, body).await
}

async fn reject(play: &Play, id: &str) -> Answer {
    let body = json!({ "id": id, "answer": { "text": "не о товаре" }, "state": "none" });
    play.patch(QUESTIONS, body).await
}

async fn served(play: &Play, id: &str) -> Value {
    play.get(&format!("/api/v1/question?id={id}")).await.json()["data"].clone()
}

async fn list(play: &Play, is_answered: bool) -> Vec<Value> {
    let path = format!("{QUESTIONS}?isAnswered={is_answered}&take=10000&skip=0");
    play.get(&path).await.json()["data"]["questions"].as_array().unwrap().clone()
}

fn ids(questions: &[Value]) -> Vec<&str> {
    questions.iter().map(|question| question["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_question_is_answered_seen_and_written_down() {
    let play = play(&[]).await;
    let id = ask(&play, "Подходит для дачи?").await;
    let asked = served(&play, &id).await;
    assert_eq!((&asked["state"], &asked["answer"]), (&json!("suppliersPortalSynch"), &Value::Null));
    assert_eq!(asked["productDetails"]["supplierArticle"], "UT-PLED-150");
    assert_eq!(ids(&list(&play, false).await), [&id]);

    let answered = answer(&play, &id, "Да, вполне.").await;
    let nothing = json!({"data": null, "error": false, "errorText": "", "additionalErrors": null});
    assert_eq!((answered.status.as_u16(), answered.json()), (200, nothing));
    let now = served(&play, &id).await;
    assert_eq!((&now["state"], &now["answer"]["text"]), (&json!("wbRu"), &json!("Да, вполне.")));
    assert_eq!(now["answer"]["editable"], true);
    assert_eq!((list(&play, false).await.len(), list(&play, true).await.len()), (0, 1));

    let [line] = &play.ledger("question").await[..] else { panic!("one line") };
    assert_eq!((&line["seller"], &line["target"]), (&json!(SELLER), &json!(id)));
    assert_eq!(line["endpoint"], "PATCH /api/v1/questions");
    assert_eq!((&line["action"], &line["effect"]), (&json!("answer"), &json!("applied")));
    assert_eq!((&line["status"], &line["deliveries"]), (&json!(200), &json!(1)));
    assert_eq!(line["buyer_sees"]["text"], "Да, вполне.");
}

#[tokio::test]
async fn an_answer_is_edited_once_and_a_repeated_one_spends_the_edit() {
    let play = play(&[]).await;
    let id = ask(&play, "Есть чехол?").await;
    answer(&play, &id, "Нет.").await;
    assert_eq!(answer(&play, &id, "Нет.").await.status, 200);
    let refused = answer(&play, &id, "Нет, к сожалению.").await;
    assert_eq!(refused.status, 422);
    assert_eq!(refused.json()["errorText"], "Не удалось отредактировать вопрос");
    assert_eq!(served(&play, &id).await["answer"]["editable"], false);
    let lines = play.ledger("question").await;
    let told: Vec<Value> = lines
        .iter()
        .map(|line| json!([line["action"], line["effect"], line["deliveries"]]))
        .collect();
    let expected = [
        json!(["answer", "applied", 1]),
        json!(["edit", "applied", 2]),
        json!(["edit", "edit_spent", 0]),
    ];
    assert_eq!(told, expected);
    let state = play.state().await;
    assert_eq!(state["wildberries"][SELLER]["questions_answered_more_than_once"], 1);
}

#[tokio::test]
async fn an_answer_is_not_edited_after_sixty_days() {
    let play = play(&[]).await;
    let id = ask(&play, "Сколько весит?").await;
    answer(&play, &id, "Полтора килограмма.").await;
    play.advance_clock(60 * 24 * 3600 + 60).await;
    assert_eq!(answer(&play, &id, "1,4 кг").await.status, 422);
    assert_eq!(play.ledger("question").await[1]["effect"], "edit_window_closed");
}

#[tokio::test]
async fn a_rejected_question_disappears_for_buyers_and_stays_so() {
    let play = play(&[]).await;
    let id = ask(&play, "Кто победит в выходные?").await;
    assert_eq!(reject(&play, &id).await.status, 200);
    assert_eq!(served(&play, &id).await["state"], "none");
    assert_eq!(play.kept(&format!("questions/{id}")).await["buyer_sees"], Value::Null);
    assert_eq!(ids(&list(&play, true).await), [&id]);
    assert_eq!(answer(&play, &id, "Мы.").await.status, 422);
    assert_eq!(reject(&play, &id).await.status, 422);

    let answered = ask(&play, "А этот?").await;
    answer(&play, &answered, "Этот — да.").await;
    assert_eq!(reject(&play, &answered).await.status, 422);
}

#[tokio::test]
async fn a_question_is_looked_at() {
    let play = play(&[]).await;
    let id = ask(&play, "Есть в синем?").await;
    let path = "/api/v1/new-feedbacks-questions";
    assert_eq!(play.get(path).await.json()["data"]["hasNewQuestions"], true);
    let body = json!({ "id": id, "wasViewed": true });
    assert_eq!(play.patch(QUESTIONS, body).await.status, 200);
    assert_eq!(play.get(path).await.json()["data"]["hasNewQuestions"], false);
    assert_eq!(served(&play, &id).await["wasViewed"], true);
    assert_eq!(ids(&list(&play, false).await), [&id]);
    assert_eq!(play.ledger("question").await[0]["action"], "view");
}

#[tokio::test]
async fn what_cannot_be_understood_or_found_is_refused() {
    let play = play(&[]).await;
    let id = ask(&play, "?").await;
    for body in [
        json!({ "id": id }),
        json!({ "wasViewed": true }),
        json!({ "id": id, "answer": { "text": "Да" } }),
        json!({ "id": id, "answer": { "text": "Да" }, "state": "published" }),
        json!({ "id": id, "answer": { "text": " " }, "state": "wbRu" }),
        json!({ "id": id, "answer": { "text": "Да" }, "state": "wbRu", "wasViewed": true }),
    ] {
        let refused = play.patch(QUESTIONS, body.clone()).await;
        assert_eq!(refused.status, 400, "{body}");
        assert_eq!(refused.json()["errorText"], "Something went wrong");
    }
    assert_eq!(play.ledger("question").await, Vec::<Value>::new());
    assert_eq!(answer(&play, "no-such-question", "Да").await.status, 404);
    assert_eq!(play.ledger("question").await[0]["effect"], "unknown_id");
    for path in ["/api/v1/question?id=no-such-question", "/api/v1/question"] {
        assert_eq!(play.get(path).await.status, 422);
    }
}

#[tokio::test]
async fn lists_and_counts_agree() {
    let play = play(&[]).await;
    let mut asked = Vec::new();
    for n in 0..5 {
        asked.push(ask(&play, &format!("Вопрос {n}")).await);
        play.advance_clock(60).await;
    }
    answer(&play, &asked[2], "Ответ").await;
    let waiting = list(&play, false).await;
    assert_eq!(ids(&waiting), [&asked[4], &asked[3], &asked[1], &asked[0]]);
    let path = format!("{QUESTIONS}?isAnswered=false&take=2&skip=1&order=dateAsc");
    let page = play.get(&path).await.json();
    let questions = page["data"]["questions"].as_array().unwrap();
    assert_eq!(ids(questions), [&asked[1], &asked[3]]);
    assert_eq!(
        (&page["data"]["countUnanswered"], &page["data"]["countArchive"]),
        (&json!(4), &json!(1))
    );

    let counted = play.get("/api/v1/questions/count").await.json();
    assert_eq!(counted["data"], 1);
    let counted = play.get("/api/v1/questions/count?isAnswered=false&dateTo=0").await.json();
    assert_eq!(counted["data"], 0);
    let counted = play.get("/api/v1/questions/count-unanswered").await.json();
    assert_eq!(counted["data"]["countUnanswered"], 4);

    let nm_id = &waiting[0]["productDetails"]["nmId"];
    for (nm_id, found) in [(nm_id.to_string(), 4), ("1".to_owned(), 0)] {
        let path = format!("{QUESTIONS}?isAnswered=false&take=10&skip=0&nmId={nm_id}");
        let page = play.get(&path).await.json();
        assert_eq!(page["data"]["questions"].as_array().unwrap().len(), found);
    }
}

#[tokio::test]
async fn an_answer_can_be_swallowed_late_and_lost() {
    let play = play(&["no_effect=nth:1"]).await;
    let id = ask(&play, "Моется в машине?").await;
    assert_eq!(answer(&play, &id, "Да").await.status, 200);
    assert_eq!(served(&play, &id).await["answer"], Value::Null);
    play.set_faults(json!({ "no_effect": null, "visible_late": { "nth": [1], "ms": 3_600_000 } }))
        .await;
    answer(&play, &id, "Да").await;
    assert_eq!(served(&play, &id).await["answer"], Value::Null);
    play.advance_clock(3_600).await;
    assert_eq!(served(&play, &id).await["answer"]["text"], "Да");

    let id = ask(&play, "А чехол?").await;
    play.set_faults(json!({ "visible_late": null, "answer_lost": { "nth": [1] } })).await;
    let body = json!({ "id": id, "answer": { "text": "И чехол" }, "state": "wbRu" });
    let lost = play.call(Method::PATCH, QUESTIONS, TOKEN, Some(body)).await;
    assert!(lost.is_err());
    assert_eq!(served(&play, &id).await["answer"]["text"], "И чехол");
    let lines = play.ledger("question").await;
    let told: Vec<_> = lines.iter().map(|line| (&line["effect"], &line["answer"])).collect();
    assert_eq!(told[0], (&json!("swallowed"), &json!("given")));
    assert_eq!(told[2], (&json!("applied"), &json!("lost")));
}

#[tokio::test]
async fn questions_survive_a_restart_and_can_be_deleted() {
    let play = play(&[]).await;
    let (kept, gone) = (ask(&play, "Один").await, ask(&play, "Два").await);
    answer(&play, &kept, "Ответ").await;
    let path = format!("/control/wildberries/{SELLER}/questions/{gone}");
    assert_eq!(play.control(Method::DELETE, &path, None).await.status, 204);
    let before = (list(&play, true).await, list(&play, false).await);
    let play = play.restart().await;
    assert_eq!((list(&play, true).await, list(&play, false).await), before);
    assert_eq!(ids(&before.0), [&kept]);
    assert_eq!(before.1, Vec::<Value>::new());
}

#[tokio::test]
async fn reads_give_something_else_in_place_of_a_question_and_of_a_claim() {
    let play = play(&[]).await;
    play.happens("questions", json!({ "text": "?", "served": { "id": 7 } })).await;
    play.happens("claims", json!({ "comment": "!", "served": "no claim at all" })).await;
    // Past the specification, which knows nothing of the kind.
    let read = async |path: &str| -> Value {
        let request = play.client.get(format!("{}{path}", play.sandbox.url()));
        request.header("Authorization", TOKEN).send().await.unwrap().json().await.unwrap()
    };
    let page = read("/api/v1/questions?isAnswered=false&take=1&skip=0").await;
    assert_eq!(page["data"]["questions"], json!([{ "id": 7 }]));
    let page = read("/returns-api/api/v1/claims?is_archive=false").await;
    assert_eq!(page["claims"], json!(["no claim at all"]));
}

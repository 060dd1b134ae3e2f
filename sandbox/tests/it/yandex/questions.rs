//! Questions: what is read, and what becomes of answers.

use reqwest::Method;
use serde_json::{Value, json};

use super::play::{Market, market, v1};

async fn update(market: &Market, body: Value) -> crate::play::Answer {
    market.post(&v1("goods-questions/update"), body).await
}

#[tokio::test]
async fn questions_are_filtered_as_asked() {
    let market = market(&[]).await;
    let path = v1("goods-questions?limit=5");
    let all = market.pages(&path, "questions", json!({})).await;
    assert!(all.len() >= 16);
    assert!(all.iter().any(|one| one["author"] == json!({})), "an author without a name");
    assert!(all.iter().any(|one| one["questionIdentifiers"]["categoryId"].is_null()));
    let total = market.result(&path, json!({})).await["totalCount"].clone();
    assert_eq!(total, all.len());

    let waiting = market.pages(&path, "questions", json!({ "needAnswer": true })).await;
    assert_eq!(waiting.len(), all.len() - 3, "three are answered in the corpus");
    let ascending = json!({ "sort": "CREATED_AT_ASC" });
    let mut ascending = market.pages(&path, "questions", ascending).await;
    ascending.reverse();
    assert_eq!(ascending, all);

    let category =
        all.iter().map(|one| &one["questionIdentifiers"]["categoryId"]).find(|id| !id.is_null());
    let of_category = json!({ "categoryIds": [category] });
    assert_eq!(market.pages(&path, "questions", of_category).await.len(), 1);
    let day = &all[4]["createdAt"].as_str().unwrap()[..10];
    let of_day = json!({ "dateFrom": day, "dateTo": day });
    let of_day = market.pages(&path, "questions", of_day).await;
    assert!(of_day.contains(&all[4]) && of_day.len() < all.len());
    for wrong in [
        json!({ "dateFrom": "2020-01-01" }),
        json!({ "questionIds": [] }),
        json!({ "sort": "BY_VOTES" }),
    ] {
        assert_eq!(market.post(&path, wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn an_answer_is_created_changed_and_deleted() {
    let market = market(&[]).await;
    let question = market.question().await;
    let entity = market.answer(&question, "Килограмм").await.json()["result"]["entity"].clone();
    assert_eq!(entity["type"], "ANSWER");
    let answers = market.answers(&question).await;
    assert_eq!((&answers[0]["id"], &answers[0]["text"]), (&entity["id"], &json!("Килограмм")));
    assert_eq!(
        (&answers[0]["status"], &answers[0]["canModify"]),
        (&json!("PUBLISHED"), &json!(true))
    );

    let change =
        json!({ "operationType": "UPDATE", "entityId": entity, "text": "Килограмм двести" });
    assert_eq!(update(&market, change).await.json(), json!({ "status": "OK" }));
    assert_eq!(market.answers(&question).await[0]["text"], "Килограмм двести");
    let needs_answer = async || {
        let filter = json!({ "questionIds": [question], "needAnswer": true });
        market.result(&v1("goods-questions"), filter).await["totalCount"] == 1
    };
    assert!(!needs_answer().await);
    let delete = json!({ "operationType": "DELETE", "entityId": entity });
    assert_eq!(update(&market, delete).await.json(), json!({ "status": "OK" }));
    assert_eq!(market.answers(&question).await[0]["status"], "DELETED");
    assert!(needs_answer().await);
    let lines = market.writes().await;
    let actions: Vec<_> = lines.iter().map(|line| line["action"].clone()).collect();
    assert_eq!(actions, ["answer", "edit_answer", "delete_answer"]);
    assert_eq!(lines[1]["buyer_sees"], json!(["Килограмм двести"]));
    assert_eq!(lines[2]["buyer_sees"], json!([]));
}

#[tokio::test]
async fn comments_stand_under_answers_of_anybody() {
    let market = market(&[]).await;
    let question = market.question().await;
    let path = format!("questions/{question}/answers");
    let answer = json!({ "text": "У меня весит кило", "user": "Игнат" });
    let answer = market.happen(Method::POST, &path, answer).await["id"].clone();
    let comment = async |kind: &str, id: &Value, text: &str| {
        let parent = json!({ "id": id, "type": kind });
        let body = json!({ "operationType": "CREATE", "parentEntityId": parent, "text": text });
        update(&market, body).await.json()["result"]["entity"].clone()
    };
    let first = comment("ANSWER", &answer, "Верно, спасибо!").await;
    assert_eq!(first["type"], "COMMENT");
    let second = comment("COMMENT", &first["id"], "И ещё упаковка").await;
    let answers = market.answers(&question).await;
    assert_eq!(answers[0]["canModify"], false);
    let comments = answers[0]["comments"].as_array().unwrap();
    assert_eq!((&comments[0]["id"], &comments[1]["id"]), (&first["id"], &second["id"]));
    assert_eq!(comments[1]["parentId"], first["id"]);

    let by_id = json!({ "answerIds": [answer] });
    let found = market.result(&v1("goods-questions/answers"), by_id).await;
    assert_eq!(found["answers"], json!(answers));
    let theirs =
        json!({ "operationType": "DELETE", "entityId": { "id": answer, "type": "ANSWER" } });
    assert_eq!(update(&market, theirs).await.status, 400);
}

#[tokio::test]
async fn every_operation_needs_its_own_fields() {
    let market = market(&[]).await;
    let question = market.question().await;
    let id = |kind: &str| json!({ "id": question, "type": kind });
    for (body, status) in [
        (json!({ "operationType": "CREATE", "text": "Ответ" }), 400),
        (json!({ "operationType": "CREATE", "parentEntityId": id("QUESTION") }), 400),
        (json!({ "operationType": "UPDATE", "text": "Ответ" }), 400),
        (json!({ "operationType": "DELETE" }), 400),
        (json!({ "operationType": "DELETE", "entityId": id("QUESTION") }), 400),
        (json!({ "operationType": "DELETE", "entityId": id("ANSWER") }), 404),
        (
            json!({ "operationType": "CREATE", "parentEntityId": id("ANSWER"), "text": "Ответ" }),
            404,
        ),
    ] {
        assert_eq!(update(&market, body.clone()).await.status, status, "{body}");
    }
    for (text, status) in [(String::new(), 400), ("я".repeat(5_001), 400), ("я".repeat(5_000), 200)]
    {
        assert_eq!(market.answer(&question, &text).await.status, status);
    }
}

//! Questions: what is read of them, and that answering never takes one off the site.

use adapters::http::SendOutcome;
use adapters::wildberries::{ListQuery, Question, QuestionState};
use domain::value::ObservedState;
use serde_json::{Value, json};

use super::{json as answer, marketplace};

fn question(change: impl FnOnce(&mut Value)) -> Value {
    let mut question = json!({
        "id": "q1", "text": "Подойдёт ли для индукции?", "createdDate": "2026-03-01T11:18:08.769513469Z",
        "state": "wbRu", "answer": {"text": "Да, подойдёт.", "editable": true, "createDate": "2026-03-02T08:00:00Z"},
        "productDetails": {"nmId": 55_667_788, "productName": "Чайник"}, "wasViewed": true, "isWarned": false,
    });
    change(&mut question);
    question
}

async fn read(items: &[Value]) -> Vec<Question> {
    let page = json!({"data": {"countUnanswered": 0, "questions": items}, "error": false});
    let (_server, client) = marketplace(answer(200, &page)).await;
    let page = client.list::<Question>(&ListQuery::default()).await.unwrap();
    assert_eq!(page.given(), items.len());
    page.items
}

#[tokio::test]
async fn nothing_of_a_question_is_lost() {
    let read = read(&[question(|_| ())]).await.remove(0);
    assert_eq!((read.id.as_str(), read.text.as_str()), ("q1", "Подойдёт ли для индукции?"));
    assert_eq!(read.created_at.timestamp_subsec_nanos(), 769_513_469);
    assert_eq!((read.product.nm_id.as_str(), read.product.name.as_str()), ("55667788", "Чайник"));
    assert_eq!(Value::Object(read.facts), json!({"wasViewed": true, "isWarned": false}));
}

#[tokio::test]
async fn an_answer_counts_as_seen_only_where_buyers_see_it() {
    for (state, observed) in [
        ("wbRu", Some(ObservedState::Published)),
        ("suppliersPortalSynch", Some(ObservedState::InModeration)),
        ("новое", Some(ObservedState::InModeration)),
        // The seller rejected the question: what was written then is shown to nobody.
        ("none", Some(ObservedState::RejectsQuestion)),
    ] {
        let read = read(&[question(|q| q["state"] = json!(state))]).await.remove(0);
        assert_eq!(read.observed_answer().map(|answer| answer.state), observed, "{state}");
    }
    let rejected = |q: &mut Value| {
        q["state"] = json!("none");
        q["answer"] = Value::Null;
    };
    let rejected = read(&[question(rejected)]).await.remove(0).observed_answer().unwrap();
    assert_eq!(rejected.state, ObservedState::RejectsQuestion, "with or without words");
    let unanswered = read(&[question(|q| q["answer"] = Value::Null)]).await.remove(0);
    assert_eq!((unanswered.observed_answer(), unanswered.state), (None, QuestionState::Published));
}

#[tokio::test]
async fn what_only_seems_to_have_no_answer_is_no_question() {
    let page =
        json!({"data": {"questions": [question(|q| q["answer"] = json!("Да")), question(|_| ())]}});
    let (_server, client) = marketplace(answer(200, &page)).await;
    let page = client.list::<Question>(&ListQuery::default()).await.unwrap();
    assert_eq!((page.items.len(), page.malformed.len()), (1, 1));
    assert_eq!(page.malformed[0].error.code(), "no_answer");
}

#[tokio::test]
async fn answering_never_rejects_the_question_and_rejecting_never_answers_it() {
    let done = json!({"data": null, "error": false, "errorText": "", "additionalErrors": null});
    let (server, client) = marketplace(answer(200, &done)).await;
    let answered = client.answer_question("q1", "Да, подойдёт.").await;
    let rejected = client.reject_question("q2", "Вопрос не о товаре.").await;
    for outcome in [answered, rejected] {
        assert!(matches!(outcome, SendOutcome::Accepted(_)));
    }
    let requests = server.received_requests().await.unwrap();
    let bodies: Vec<Value> = requests.iter().map(|it| it.body_json().unwrap()).collect();
    assert_eq!(
        bodies,
        [
            json!({"id": "q1", "answer": {"text": "Да, подойдёт."}, "state": "wbRu"}),
            json!({"id": "q2", "answer": {"text": "Вопрос не о товаре."}, "state": "none"}),
        ]
    );
}

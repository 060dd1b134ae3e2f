//! Buyers and moderators of the sandbox's own making.

use reqwest::Method;
use serde_json::{Value, json};

use super::play::{KEY, market, v1, v2};

#[tokio::test]
async fn a_review_is_read_once_it_is_published_and_until_it_is_deleted() {
    let market = market(&[]).await;
    let body = json!({ "rating": 4, "published_in_seconds": 600 });
    let review = market.happen(Method::POST, "reviews", body).await["id"].clone();
    assert_eq!(market.served_review(&review).await, Value::Null);
    assert_eq!(market.comment(&review, "Рано").await.status, 404);
    market.play.advance_clock(601).await;
    let served = market.served_review(&review).await;
    assert_eq!((&served["description"], &served["author"]), (&json!({}), &Value::Null));
    market.comment(&review, "Спасибо!").await;
    market.happen(Method::DELETE, &format!("reviews/{review}"), json!({})).await;
    assert_eq!(market.served_review(&review).await, Value::Null);
    let path = v2("goods-feedback/comments");
    assert_eq!(market.post(&path, json!({ "feedbackId": review })).await.status, 404);
}

#[tokio::test]
async fn a_review_needs_a_reaction_again_when_its_author_rewrites_it() {
    let market = market(&[]).await;
    let review = market.review().await;
    let path = format!("reviews/{review}");
    market.happen(Method::PUT, &format!("{path}/read"), json!({})).await;
    assert_eq!(market.served_review(&review).await["needReaction"], false);
    market.happen(Method::PATCH, &path, json!({ "text": "Сломалась", "rating": 1 })).await;
    let served = market.served_review(&review).await;
    assert_eq!(
        (&served["needReaction"], &served["statistics"]["rating"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(served["description"]["comment"], "Сломалась");
    let refused = market.control(Method::PATCH, &path, json!({ "rating": 6 })).await;
    assert_eq!(refused.status, 422);
}

#[tokio::test]
async fn a_moderator_bans_a_comment_and_an_edit_is_looked_at_anew() {
    let market = market(&[]).await;
    let review = market.review().await;
    let comment = market.comment(&review, "Приходите к нам").await.json()["result"]["id"].clone();
    let path = format!("notes/{comment}");
    market.happen(Method::PUT, &format!("{path}/status"), json!({ "status": "BANNED" })).await;
    assert_eq!(market.comments(&review).await[0]["status"], "BANNED");
    assert_eq!(market.kept(&path).await["buyer_sees"], Value::Null);
    let edit = json!({ "feedbackId": review, "comment": { "id": comment, "text": "Спасибо!" } });
    let edited = market.result(&v2("goods-feedback/comments/update"), edit).await;
    assert_eq!(edited["status"], "PUBLISHED");
    assert_eq!(market.kept(&path).await["buyer_sees"], "Спасибо!");
    market.happen(Method::DELETE, &path, json!({})).await;
    assert_eq!(market.comments(&review).await, Vec::<Value>::new());
}

#[tokio::test]
async fn an_answer_is_banned_and_a_question_disappears() {
    let market = market(&[]).await;
    let question = market.question().await;
    let answer =
        market.answer(&question, "Килограмм").await.json()["result"]["entity"]["id"].clone();
    let path = format!("answers/{answer}/comments");
    market.happen(Method::POST, &path, json!({ "text": "Ясно", "user": "Лев" })).await;
    let banned = json!({ "status": "BANNED" });
    market.happen(Method::PUT, &format!("notes/{answer}/status"), banned).await;
    assert_eq!(market.answers(&question).await[0]["status"], "BANNED");
    let kept = market.kept(&format!("questions/{question}")).await;
    assert_eq!((kept["notes"].as_array().unwrap().len(), &kept["buyer_sees"]), (2, &json!([])));
    market.happen(Method::DELETE, &format!("questions/{question}"), json!({})).await;
    let found = market.result(&v1("goods-questions"), json!({ "questionIds": [question] })).await;
    assert_eq!(found["totalCount"], 0);
    assert_eq!(
        market.control(Method::GET, &format!("notes/{answer}"), json!({})).await.status,
        404
    );
}

#[tokio::test]
async fn a_chat_becomes_a_dispute_and_is_finished() {
    let market = market(&[]).await;
    let body = json!({ "about": "RETURN", "user": "Ян", "messages": [{ "text": "Брак" }] });
    let chat = market.happen(Method::POST, "chats", body).await["id"].clone();
    let read =
        async || market.get(&v2(&format!("chat?chatId={chat}"))).await.json()["result"].clone();
    assert_eq!(read().await["status"], "WAITING_FOR_PARTNER");
    let path = format!("chats/{chat}/status");
    let dispute = json!({ "status": "WAITING_FOR_ARBITER", "type": "ARBITRAGE" });
    market.happen(Method::PUT, &path, dispute).await;
    let (support, partner) =
        (json!({ "text": "Разбираемся", "by": "SUPPORT" }), "Прикладываем акт");
    market.happen(Method::POST, &format!("chats/{chat}/messages"), support).await;
    assert_eq!(market.say(&chat, partner).await.status, 200);
    let chat_now = read().await;
    assert_eq!(chat_now["type"], "ARBITRAGE");
    assert_eq!(chat_now["status"], "WAITING_FOR_ARBITER", "messages do not move a dispute on");
    market.happen(Method::PUT, &path, json!({ "status": "FINISHED", "type": "CHAT" })).await;
    assert_eq!(market.say(&chat, "И ещё одно").await.status, 400);
    assert_eq!(market.kept(&format!("chats/{chat}")).await["buyer_sees"], json!([partner]));
    market
        .happen(Method::POST, &format!("chats/{chat}/messages"), json!({ "text": "Спасибо" }))
        .await;
    assert_eq!(read().await["status"], "WAITING_FOR_PARTNER", "the buyer opens it again");
}

#[tokio::test]
async fn anything_is_given_in_the_place_of_an_item() {
    let market = market(&[]).await;
    let (review, chat) = (market.review().await, market.chat().await);
    let spoil = async |id: &Value, served: Value| {
        market.happen(Method::PUT, &format!("served/{id}"), served).await;
    };
    let review_read = async || {
        let request = market.request(Method::POST, &v2("goods-feedback")).header("Api-Key", KEY);
        let request = request.json(&json!({ "feedbackIds": [review] }));
        request.send().await.unwrap().json::<Value>().await.unwrap()["result"]["feedbacks"][0]
            .clone()
    };
    spoil(&review, json!({ "feedbackId": "x" })).await;
    assert_eq!(review_read().await, json!({ "feedbackId": "x" }));
    spoil(&review, Value::Null).await;
    assert_eq!(review_read().await["feedbackId"], review);
    spoil(&chat, json!([])).await;
    let path = v2(&format!("chat?chatId={chat}"));
    let request = market.request(Method::GET, &path).header("Api-Key", KEY);
    let answer = request.send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(answer["result"], json!([]));
}

#[tokio::test]
async fn what_is_not_there_or_somebody_elses_is_refused() {
    let market = market(&[]).await;
    for (method, path, body, status) in [
        (Method::POST, "reviews", json!({ "text": "без оценки" }), 422),
        (Method::DELETE, "reviews/5", json!({}), 404),
        (Method::PUT, "reviews/5/read", json!({}), 404),
        (Method::POST, "questions/5/answers", json!({ "text": "Ответ" }), 404),
        (Method::POST, "answers/5/comments", json!({ "text": "Ответ" }), 404),
        (Method::POST, "chats/5/messages", json!({ "text": "Ау" }), 404),
        (Method::POST, "chats", json!({ "about": "WEATHER" }), 422),
        (Method::PUT, "notes/5/status", json!({ "status": "BANNED" }), 404),
        (Method::POST, "keys/revoke", json!({ "key": "nobody's" }), 404),
    ] {
        let answer = market.control(method, path, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
    }
    let add = async |seller: &str, business: u64| {
        let path = format!("/control/yandex/{seller}");
        let body = Some(json!({ "business_id": business }));
        market.play.control(Method::PUT, &path, body).await.status.as_u16()
    };
    assert_eq!([add("late", 5).await, add("late", 5).await], [201, 200]);
    assert_eq!([add("late", 6).await, add("other", 5).await], [409, 409]);
    let path = "/control/yandex/late/keys";
    let taken = market.play.control(Method::POST, path, Some(json!({ "key": KEY }))).await;
    assert_eq!(taken.status, 409);
}

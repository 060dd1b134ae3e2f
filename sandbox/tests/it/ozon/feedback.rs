//! Reviews with their comments, questions with their answers: lists, statuses, moderation.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::{Value, json};

use super::play::{Ozon, items, ozon, text_of};

const REVIEWS: &str = "/v2/review/list";
const QUESTIONS: &str = "/v1/question/list";
const COMMENT: &str = "/v1/review/comment/create";
const ANSWER: &str = "/v1/question/answer/create";

/// The ids of a listing, page by page.
async fn all(ozon: &Ozon, path: &str, list: &str, mut body: Value) -> Vec<String> {
    let mut ids = Vec::new();
    loop {
        let page = ozon.ok(path, body.clone()).await;
        ids.extend(items(&page[list]).iter().map(|item| text_of(&item["id"])));
        body["last_id"] = page["last_id"].clone();
        if page["has_next"] == false {
            return ids;
        }
    }
}

async fn comments(ozon: &Ozon, review: &str) -> Vec<Value> {
    let body = json!({ "review_id": review, "limit": 100 });
    items(&ozon.ok("/v1/review/comment/list", body).await["comments"])
}

async fn answers(ozon: &Ozon, question: &str, sku: &Value) -> Vec<Value> {
    let body = json!({ "question_id": question, "sku": sku });
    items(&ozon.ok("/v1/question/answer/list", body).await["answers"])
}

#[tokio::test]
async fn reviews_are_paged_by_their_last_id_in_both_directions() {
    let ozon = ozon().await;
    let newest = all(&ozon, REVIEWS, "reviews", json!({ "limit": 20 })).await;
    assert_eq!(newest.iter().collect::<BTreeSet<_>>().len(), newest.len());
    let mut oldest =
        all(&ozon, REVIEWS, "reviews", json!({ "limit": 30, "sort_dir": "ASC" })).await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    let counted = ozon.ok("/v2/review/count", json!({})).await;
    assert_eq!(counted["total"], newest.len());
    for limit in [0, 19, 101] {
        let answer = ozon.send(REVIEWS, json!({ "limit": limit })).await.unwrap();
        assert_eq!((answer.status, &answer.body()["code"]), (400, &json!(3)));
    }
}

#[tokio::test]
async fn a_page_goes_on_although_its_last_review_is_gone() {
    let ozon = ozon().await;
    let page = ozon.ok(REVIEWS, json!({ "limit": 20 })).await;
    let last = text_of(&page["last_id"]);
    let next = json!({ "limit": 20, "last_id": last });
    let expected = ozon.ok(REVIEWS, next.clone()).await;
    ozon.control(Method::DELETE, &format!("reviews/{last}"), Value::Null).await;
    assert_eq!(ozon.ok(REVIEWS, next).await, expected);
}

#[tokio::test]
async fn reviews_are_filtered_by_status_order_product_and_period() {
    let ozon = ozon().await;
    let (review, sku) = ozon.buyer_reviews("Громкий").await;
    let cancelled = json!({ "text": "Отменили заказ сами", "rating": 1, "cancelled": true });
    let cancelled = text_of(&ozon.control(Method::POST, "reviews", cancelled).await["id"]);
    let ids = async |filters: Value| {
        all(&ozon, REVIEWS, "reviews", json!({ "limit": 100, "filters": filters })).await
    };
    assert_eq!(ids(json!({ "order_status": "CANCELLED" })).await, std::slice::from_ref(&cancelled));
    let of_product = ids(json!({ "skus": [sku.to_string()] })).await;
    assert!(of_product.contains(&review) && !of_product.contains(&cancelled));
    let info = ozon.ok("/v2/review/info", json!({ "review_id": review })).await;
    let published: DateTime<Utc> = text_of(&info["published_at"]).parse().unwrap();
    // Later than the beginning and earlier than the end: of the two, neither moment itself.
    let since = json!({ "published_from": published, "skus": [sku.to_string()] });
    assert!(!ids(since).await.contains(&review));
    let before = json!({ "published_to": published });
    assert!(!ids(before).await.contains(&review));

    let change = json!({ "review_ids": [review], "status": "PROCESSED" });
    ozon.ok("/v2/review/change-status", change).await;
    assert!(ids(json!({ "status": "PROCESSED" })).await.contains(&review));
    let unknown = json!({ "review_ids": [review, "nobody"], "status": "NEW" });
    assert_eq!(ozon.call("/v2/review/change-status", unknown).await.status, 404);
    assert!(ids(json!({ "status": "PROCESSED" })).await.contains(&review), "all of them or none");
    let none = json!({ "review_ids": [], "status": "NEW" });
    assert_eq!(ozon.send("/v2/review/change-status", none).await.unwrap().status, 400);
}

#[tokio::test]
async fn a_comment_is_published_and_may_mark_its_review() {
    let ozon = ozon().await;
    let (review, sku) = ozon.buyer_reviews("Хороший плед").await;
    let path = format!("reviews/{review}/comments");
    let parent =
        ozon.control(Method::POST, &path, json!({ "text": "А стирать как?" })).await["id"].clone();
    let body = json!({
        "review_id": review,
        "text": "Стирайте при 30 градусах.",
        "parent_comment_id": parent,
        "mark_review_as_processed": true,
    });
    let id = ozon.ok(COMMENT, body).await["comment_id"].clone();
    let listed = comments(&ozon, &review).await;
    assert_eq!((&listed[1]["id"], &listed[1]["parent_comment_id"]), (&id, &parent));
    assert_eq!((&listed[0]["is_owner"], &listed[1]["is_owner"]), (&json!(false), &json!(true)));
    assert_eq!(listed[1]["is_published"], true);
    let info = ozon.ok("/v2/review/info", json!({ "review_id": review })).await;
    assert_eq!((&info["status"], &info["comments_amount"]), (&json!("PROCESSED"), &json!(2)));
    let by_product = json!({ "filter": { "sku": sku }, "limit": 100, "sort_dir": "DESC" });
    let by_product = ozon.ok("/v1/review/comment/list", by_product).await;
    assert_eq!(by_product["comments"][0]["id"], id);

    let line = ozon.last_write().await;
    assert_eq!(
        (&line["change"]["what"], &line["target"]),
        (&json!("comment_created"), &json!(review))
    );
    assert_eq!((&line["deliveries"], &line["applied"]), (&json!(1), &json!(true)));
    assert_eq!(line["buyer_sees"]["text"], "Стирайте при 30 градусах.");
}

#[tokio::test]
async fn a_comment_needs_a_review_a_text_and_its_parent() {
    let ozon = ozon().await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    for (body, status) in [
        (json!({ "review_id": "nobody", "text": "Спасибо!" }), 404),
        (json!({ "review_id": review, "text": "" }), 400),
        (json!({ "review_id": review, "text": "Спасибо!", "parent_comment_id": "none" }), 404),
    ] {
        assert_eq!(ozon.call(COMMENT, body).await.status, status);
    }
    let neither = ozon.call("/v1/review/comment/list", json!({ "limit": 20 })).await;
    assert_eq!(neither.status, 400);
    assert_eq!(ozon.kept(&format!("reviews/{review}")).await["deliveries"], 0);
}

#[tokio::test]
async fn a_comment_waits_for_moderation_which_refuses_it_with_a_reason() {
    let ozon = ozon().await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    ozon.play.set_faults(json!({ "review_required": { "nth": [1], "ms": 600_000 } })).await;
    let body = json!({ "review_id": review, "text": "Спасибо!" });
    let id = text_of(&ozon.ok(COMMENT, body).await["comment_id"]);
    let state = async || {
        let comment = comments(&ozon, &review).await.pop().unwrap();
        [&comment["is_published"], &comment["is_rejected"]].map(|flag| flag.as_bool().unwrap())
    };
    assert_eq!(state().await, [false, false]);
    let kept = ozon.kept(&format!("reviews/{review}")).await;
    assert_eq!(
        (&kept["buyer_sees"], &kept["review"]["comments_amount"]),
        (&Value::Null, &json!(0))
    );
    ozon.play.advance_clock(600).await;
    assert_eq!(state().await, [true, false]);
    let refused = json!({ "state": "refused", "reason": "Ссылка в тексте" });
    ozon.control(Method::PUT, &format!("moderation/{id}"), refused).await;
    assert_eq!(state().await, [false, true]);
    assert_eq!(comments(&ozon, &review).await[0]["deviation_reason"], "Ссылка в тексте");
}

#[tokio::test]
async fn a_deleted_comment_is_gone_and_cannot_be_deleted_again() {
    let ozon = ozon().await;
    let (review, sku) = ozon.buyer_reviews("Хороший плед").await;
    let body = json!({ "review_id": review, "text": "Спасибо!" });
    let id = text_of(&ozon.ok(COMMENT, body).await["comment_id"]);
    let delete = async |sku: Value| {
        let body = json!({ "comment_id": id, "sku": sku });
        ozon.call("/v2/review/comment/delete", body).await.status
    };
    assert_eq!(delete(json!(1)).await, 404);
    assert_eq!(delete(sku.clone()).await, 200);
    assert_eq!(comments(&ozon, &review).await, [] as [Value; 0]);
    let line = ozon.last_write().await;
    assert_eq!((&line["change"]["what"], &line["target"]), (&json!("words_deleted"), &json!(id)));
    assert_eq!(delete(sku).await, 404);
}

#[tokio::test]
async fn questions_are_paged_and_filtered() {
    let ozon = ozon().await;
    let newest = all(&ozon, QUESTIONS, "questions", json!({ "limit": 3 })).await;
    let mut oldest =
        all(&ozon, QUESTIONS, "questions", json!({ "sort_dir": "ASC", "limit": 100 })).await;
    oldest.reverse();
    assert_eq!(newest, oldest);
    assert_eq!(items(&ozon.ok(QUESTIONS, json!({})).await["questions"]).len(), 10);
    let (question, _) = ozon.buyer_asks("Есть гарантия?").await;
    let with = async |status: &str| {
        let body = json!({ "filter": { "status": status }, "limit": 100 });
        all(&ozon, QUESTIONS, "questions", body).await
    };
    let set = json!({ "question_ids": [question], "status": "VIEWED" });
    ozon.ok("/v1/question/change-status", set).await;
    assert_eq!(with("VIEWED").await, std::slice::from_ref(&question));
    assert!(with("UNPROCESSED").await.contains(&question));
    let (done, open) = (with("PROCESSED").await.len(), with("UNPROCESSED").await.len());
    assert_eq!(done + open, with("ALL").await.len());
    let info = ozon.ok("/v1/question/info", json!({ "question_id": question })).await;
    let since = json!({ "filter": { "date_from": info["published_at"] }, "limit": 100 });
    assert_eq!(all(&ozon, QUESTIONS, "questions", since).await, [] as [String; 0]);
    assert_eq!(
        ozon.call("/v1/question/info", json!({ "question_id": "nobody" })).await.status,
        404
    );
}

#[tokio::test]
async fn an_answer_has_two_to_three_thousand_characters_and_its_product() {
    let ozon = ozon().await;
    let (question, sku) = ozon.buyer_asks("Есть гарантия?").await;
    let status = async |sku: Value, text: &str| {
        let body = json!({ "question_id": question, "sku": sku, "text": text });
        ozon.call(ANSWER, body).await.status
    };
    assert_eq!(status(sku.clone(), "Д").await, 400);
    assert_eq!(status(sku.clone(), &"я".repeat(3_001)).await, 400);
    assert_eq!(status(json!(1), "Да, год.").await, 404);
    assert_eq!(status(sku.clone(), &"я".repeat(3_000)).await, 200);
    assert_eq!(answers(&ozon, &question, &sku).await.len(), 1);
}

#[tokio::test]
async fn an_answer_is_published_refused_or_a_duplicate() {
    let ozon = ozon().await;
    let (question, sku) = ozon.buyer_asks("Есть гарантия?").await;
    let body = json!({ "question_id": question, "sku": sku, "text": "Да, один год." });
    let first = text_of(&ozon.ok(ANSWER, body.clone()).await["answer_id"]);
    ozon.ok(ANSWER, body).await;
    let statuses = async || {
        let answers = answers(&ozon, &question, &sku).await;
        answers.iter().map(|it| text_of(&it["status_publication"])).collect::<Vec<_>>()
    };
    assert_eq!(statuses().await, ["PUBLISHED", "DUPLICATE"]);
    let line = ozon.last_write().await;
    assert_eq!((&line["deliveries"], &line["buyer_sees"]), (&json!(2), &Value::Null));
    let state = ozon.play.state().await["ozon"]["demo"].clone();
    assert_eq!((&state["deliveries"], &state["delivered_more_than_once"]), (&json!(2), &json!(1)));

    for (state, status) in [("waiting", "AWAITING_MODERATION"), ("refused", "MODERATION_FAILED")] {
        let path = format!("moderation/{first}");
        ozon.control(Method::PUT, &path, json!({ "state": state })).await;
        assert_eq!(statuses().await[0], status);
    }
    let info = ozon.ok("/v1/question/info", json!({ "question_id": question })).await;
    // The specification promises no change of status.
    assert_eq!((&info["answers_count"], &info["status"]), (&json!(0), &json!("NEW")));
    ozon.ok("/v1/question/answer/delete", json!({ "answer_id": first, "sku": sku })).await;
    assert_eq!(statuses().await, ["DUPLICATE"]);
}

#[tokio::test]
async fn a_buyer_rewrites_and_removes_and_the_seller_answers_in_the_cabinet() {
    let ozon = ozon().await;
    let (review, _) = ozon.buyer_reviews("Хороший плед").await;
    let path = format!("reviews/{review}");
    ozon.control(Method::PATCH, &path, json!({ "text": "Сломался", "rating": 1 })).await;
    let by_seller = json!({ "text": "Напишите нам в чат", "by": "seller" });
    ozon.control(Method::POST, &format!("{path}/comments"), by_seller.clone()).await;
    let kept = ozon.kept(&path).await;
    assert_eq!(
        (&kept["review"]["text"], &kept["review"]["rating"]),
        (&json!("Сломался"), &json!(1))
    );
    assert_eq!((&kept["buyer_sees"]["text"], &kept["deliveries"]), (&by_seller["text"], &json!(0)));
    assert_eq!(comments(&ozon, &review).await[0]["is_owner"], true);
    ozon.control(Method::DELETE, &path, Value::Null).await;
    assert_eq!(ozon.call("/v2/review/info", json!({ "review_id": review })).await.status, 404);

    let (question, sku) = ozon.buyer_asks("Есть гарантия?").await;
    let path = format!("questions/{question}");
    ozon.control(Method::POST, &format!("{path}/answers"), by_seller).await;
    assert_eq!(answers(&ozon, &question, &sku).await[0]["status_publication"], "PUBLISHED");
    assert_eq!(ozon.kept(&path).await["buyer_sees"]["text"], "Напишите нам в чат");
    ozon.control(Method::DELETE, &path, Value::Null).await;
    assert_eq!(
        ozon.call("/v1/question/info", json!({ "question_id": question })).await.status,
        404
    );
}

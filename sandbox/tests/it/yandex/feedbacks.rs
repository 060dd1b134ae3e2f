//! Reviews: what is read, and what becomes of comments.

use reqwest::Method;
use serde_json::{Value, json};

use super::play::{market, v2};

#[tokio::test]
async fn the_corpus_has_the_oddities_of_captured_answers() {
    let market = market(&[]).await;
    let path = v2("goods-feedback?limit=7");
    let all = market.pages(&path, "feedbacks", json!({})).await;
    assert!(all.len() > 100);
    let count = |keep: &dyn Fn(&Value) -> bool| all.iter().filter(|one| keep(one)).count();
    assert!(count(&|one| one["description"] == json!({})) >= 5, "only a rating");
    assert!(count(&|one| one["author"].is_null()) >= 2, "no author");
    assert!(count(&|one| one["media"] == json!({})) >= 50, "no pictures");
    assert!(count(&|one| !one["media"]["photos"].is_null()) >= 10);
    assert!(count(&|one| one["needReaction"] == false) >= 3);
    let dates: Vec<_> = all
        .iter()
        .map(|one| {
            one["createdAt"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap()
        })
        .collect();
    assert!(dates.is_sorted_by(|one, next| one >= next), "the newest first");
    let whole = market.result(&v2("goods-feedback?limit=50"), json!({ "ratingValues": [1] })).await;
    assert_eq!(whole["paging"], json!({}), "the last page has an empty object");
}

#[tokio::test]
async fn a_stored_page_token_may_be_used_again() {
    let market = market(&[]).await;
    let path = v2("goods-feedback?limit=5");
    let first = market.result(&path, json!({})).await;
    let token = first["paging"]["nextPageToken"].as_str().unwrap();
    let path = format!("{path}&page_token={token}");
    let second = market.result(&path, json!({})).await;
    market.review().await;
    assert_eq!(market.result(&path, json!({})).await, second);
    assert_eq!(market.post(&v2("goods-feedback?pageToken=zzz"), json!({})).await.status, 400);
}

#[tokio::test]
async fn reviews_are_filtered_as_asked() {
    let market = market(&[]).await;
    let path = v2("goods-feedback?limit=50");
    let all = market.pages(&path, "feedbacks", json!({})).await;
    let keep = |keep: &dyn Fn(&Value) -> bool| -> Vec<Value> {
        all.iter().filter(|one| keep(one)).cloned().collect()
    };
    let filtered = async |filter: Value| market.pages(&path, "feedbacks", filter).await;
    let waiting = filtered(json!({ "reactionStatus": "NEED_REACTION" })).await;
    assert_eq!(waiting, keep(&|one| one["needReaction"] == true));
    let paid = filtered(json!({ "paid": true })).await;
    assert_eq!(paid, keep(&|one| !one["statistics"]["paidAmount"].is_null()));
    let offer = all[0]["identifiers"]["offerId"].clone();
    let of_offer = filtered(json!({ "offerIds": [offer], "ratingValues": [4, 5] })).await;
    let is_good = |one: &Value| one["statistics"]["rating"].as_u64() >= Some(4);
    assert_eq!(of_offer, keep(&|one| one["identifiers"]["offerId"] == offer && is_good(one)));
    // Neither end of the period belongs to it.
    let (newest, oldest) = (all[3]["createdAt"].clone(), all[9]["createdAt"].clone());
    let between = filtered(json!({ "dateTimeFrom": oldest, "dateTimeTo": newest })).await;
    assert_eq!(between, all[4..9]);
    for wrong in [
        json!({ "feedbackIds": [1], "paid": true }),
        json!({ "feedbackIds": [] }),
        json!({ "feedbackIds": (1..=51).collect::<Vec<_>>() }),
        json!({ "dateTimeFrom": "2020-01-01T00:00:00Z" }),
        json!({ "ratingValues": [5, 5] }),
    ] {
        assert_eq!(market.post(&path, wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn a_comment_is_published_and_ends_the_need_for_a_reaction() {
    let market = market(&[]).await;
    let review = market.review().await;
    assert_eq!(market.served_review(&review).await["needReaction"], true);
    let comment = market.comment(&review, "Спасибо!").await.json()["result"].clone();
    assert_eq!((&comment["status"], &comment["canModify"]), (&json!("PUBLISHED"), &json!(true)));
    assert_eq!(comment["author"]["type"], "BUSINESS");
    assert_eq!(market.comments(&review).await, std::slice::from_ref(&comment));
    let served = market.served_review(&review).await;
    assert_eq!(served["needReaction"], false);
    assert_eq!(served["statistics"]["commentsCount"], 1);

    let reply = json!({ "text": "Не за что", "user": "Инна", "parent": comment["id"] });
    market.happen(Method::POST, &format!("reviews/{review}/comments"), reply).await;
    let comments = market.comments(&review).await;
    assert_eq!(
        (&comments[1]["parentId"], &comments[1]["canModify"]),
        (&comment["id"], &json!(false))
    );
    assert_eq!(market.served_review(&review).await["statistics"]["commentsCount"], 1);

    let by_id = json!({ "commentIds": [comments[1]["id"], 5] });
    let found = market.result(&v2("goods-feedback/comments"), by_id).await;
    assert_eq!(found["comments"], json!([comments[1]]));
    let [line] = &market.writes().await[..] else { panic!("one line") };
    assert_eq!((&line["action"], &line["target"]), (&json!("comment"), &json!(review.to_string())));
    assert_eq!((&line["created"], &line["buyer_sees"]), (&comment["id"], &json!(["Спасибо!"])));
}

#[tokio::test]
async fn a_second_comment_is_a_second_delivery_and_an_edit_is_none() {
    let market = market(&[]).await;
    let review = market.review().await;
    let first = market.comment(&review, "Первый").await.json()["result"]["id"].clone();
    let edit = json!({ "feedbackId": review, "comment": { "id": first, "text": "Исправлен" } });
    let edited = market.result(&v2("goods-feedback/comments/update"), edit).await;
    assert_eq!((&edited["id"], &edited["text"]), (&first, &json!("Исправлен")));
    market.comment(&review, "Второй").await;
    let lines = market.writes().await;
    let told: Vec<_> = lines.iter().map(|line| (&line["action"], &line["deliveries"])).collect();
    let (comment, edit) = (json!("comment"), json!("edit_comment"));
    let (one, two) = (json!(1), json!(2));
    assert_eq!(told, [(&comment, &one), (&edit, &one), (&comment, &two)]);
    assert_eq!(lines[2]["buyer_sees"], json!(["Исправлен", "Второй"]));
}

#[tokio::test]
async fn a_deleted_comment_is_served_as_deleted() {
    let market = market(&[]).await;
    let review = market.review().await;
    let comment = market.comment(&review, "Лишнее").await.json()["result"]["id"].clone();
    let path = v2("goods-feedback/comments/delete");
    assert_eq!(
        market.post(&path, json!({ "id": comment })).await.json(),
        json!({ "status": "OK" })
    );
    let comments = market.comments(&review).await;
    assert_eq!(
        (&comments[0]["status"], &comments[0]["canModify"]),
        (&json!("DELETED"), &json!(false))
    );
    assert_eq!(market.served_review(&review).await["statistics"]["commentsCount"], 0);
    assert_eq!(market.post(&path, json!({ "id": comment })).await.status, 200);
    let edit = json!({ "feedbackId": review, "comment": { "id": comment, "text": "Снова" } });
    assert_eq!(market.post(&v2("goods-feedback/comments/update"), edit).await.status, 400);
    let lines = market.writes().await;
    let effects: Vec<_> = lines.iter().map(|line| line["effect"].clone()).collect();
    assert_eq!(effects, ["applied", "applied", "nothing_to_do", "refused"]);
    assert_eq!(lines[1]["buyer_sees"], json!([]));
}

#[tokio::test]
async fn words_of_others_and_unknown_reviews_cannot_be_changed() {
    let market = market(&[]).await;
    let (review, other) = (market.review().await, market.review().await);
    let theirs = json!({ "text": "Мой комментарий", "user": "Юрий" });
    let theirs = market.happen(Method::POST, &format!("reviews/{review}/comments"), theirs).await;
    let update = v2("goods-feedback/comments/update");
    let edit = |review: &Value, id: &Value| json!({ "feedbackId": review, "comment": { "id": id, "text": "Правка" } });
    assert_eq!(market.post(&update, edit(&review, &theirs["id"])).await.status, 400);
    let delete = v2("goods-feedback/comments/delete");
    assert_eq!(market.post(&delete, json!({ "id": theirs["id"] })).await.status, 400);
    assert_eq!(market.post(&delete, json!({ "id": 5 })).await.status, 404);
    assert_eq!(market.comment(&json!(5), "Куда?").await.status, 404);
    let own = market.comment(&other, "Своё").await.json()["result"]["id"].clone();
    assert_eq!(market.post(&update, edit(&review, &own)).await.status, 404);
    let nowhere = json!({ "feedbackId": review, "comment": { "parentId": own, "text": "Ответ" } });
    assert_eq!(market.post(&update, nowhere).await.status, 404);
    for text in [String::new(), "я".repeat(4_097)] {
        assert_eq!(market.comment(&review, &text).await.status, 400);
    }
}

#[tokio::test]
async fn a_reaction_is_skipped_for_all_reviews_or_for_none() {
    let market = market(&[]).await;
    let (one, two) = (market.review().await, market.review().await);
    let path = v2("goods-feedback/skip-reaction");
    let with_unknown = json!({ "feedbackIds": [one, 5] });
    assert_eq!(market.post(&path, with_unknown).await.status, 404);
    assert_eq!(market.served_review(&one).await["needReaction"], true);
    let both = json!({ "feedbackIds": [one, two] });
    assert_eq!(market.post(&path, both).await.json(), json!({ "status": "OK" }));
    for review in [&one, &two] {
        assert_eq!(market.served_review(review).await["needReaction"], false);
    }
    assert_eq!(market.writes().await[1]["target"], format!("{one},{two}"));
    assert_eq!(market.post(&path, json!({ "feedbackIds": [] })).await.status, 400);
}

#[tokio::test]
async fn a_comment_with_a_link_is_banned_by_moderation() {
    let market = market(&[]).await;
    let review = market.review().await;
    let text = "Подробнее на https://shop.example";
    let comment = market.comment(&review, text).await.json()["result"].clone();
    assert_eq!(comment["status"], "UNMODERATED");
    market.play.advance_clock(61).await;
    assert_eq!(market.comments(&review).await[0]["status"], "BANNED");
    assert_eq!(market.writes().await[0]["buyer_sees"], json!([]));
}

#[tokio::test]
async fn moderation_by_faults_is_the_same_as_everywhere() {
    let market = market(&["review_required=nth:1,ms=60000", "rejected=nth:2,ms=60000"]).await;
    let review = market.review().await;
    for text in ["На проверке", "Не пройдёт"] {
        market.comment(&review, text).await;
    }
    let statuses = async || -> Vec<Value> {
        market.comments(&review).await.iter().map(|note| note["status"].clone()).collect()
    };
    assert_eq!(statuses().await, ["UNMODERATED", "UNMODERATED"]);
    market.play.advance_clock(61).await;
    assert_eq!(statuses().await, ["PUBLISHED", "BANNED"]);
    let kept = market.kept(&format!("reviews/{review}")).await;
    assert_eq!(kept["buyer_sees"], json!(["На проверке"]));
}

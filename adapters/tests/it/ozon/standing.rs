//! How answers, comments and messages stand at the marketplace, in our words.

use adapters::ozon::{Comment, Message, Publication, QuestionAnswer};
use domain::value::{ObservedAnswer, ObservedState};
use serde_json::{Value, json};

use super::methods::{self, SKU};
use super::{json as answer, marketplace};

async fn comment(fields: &Value) -> Comment {
    let (_server, client) = marketplace(answer(200, &json!({"comments": [fields]}))).await;
    client.comments(&methods::comments()).await.unwrap().items.remove(0)
}

async fn question_answer(fields: &Value) -> QuestionAnswer {
    let (_server, client) = marketplace(answer(200, &json!({"answers": [fields]}))).await;
    client.answers("q-1", SKU, None).await.unwrap().items.remove(0)
}

fn message(user: &str, image: &Value) -> Message {
    let item = json!({"message_id": "1", "created_at": "2026-03-10T14:08:00Z", "data": ["Спасибо!", "Ждём вас."],
        "user": {"type": user}, "moderate_image_status": image});
    Message::read(&item.to_string()).unwrap()
}

fn text_of(observed: &ObservedAnswer) -> &str {
    observed.text.known().unwrap()
}

#[tokio::test]
async fn a_comment_of_the_seller_stands_published_in_moderation_or_rejected() {
    use ObservedState::{InModeration, Published, Rejected};
    for (flags, state) in [
        (json!({"is_published": true, "is_rejected": false}), Published),
        (json!({"is_published": "true"}), Published),
        (json!({"is_published": false, "is_rejected": false}), InModeration),
        (json!({}), InModeration),
        (json!({"is_published": false, "is_rejected": true}), Rejected),
        (json!({"is_published": true, "is_rejected": true}), Rejected),
    ] {
        let mut fields = flags.clone();
        fields["id"] = json!("k-1");
        fields["text"] = json!("Спасибо!");
        fields["is_owner"] = json!(true);
        fields["deviation_reason"] = json!("ссылка в тексте");
        let comment = comment(&fields).await;
        let observed = comment.observed_answer().unwrap();
        assert_eq!((observed.state, observed.editable), (state, None), "{flags}");
        assert_eq!(text_of(&observed), "Спасибо!");
        let words = (state == Rejected).then_some("ссылка в тексте");
        assert_eq!(comment.refusal(), words, "{flags}");
        assert!(!format!("{comment:?}").contains("Спасибо"), "{comment:?}");
    }
}

#[tokio::test]
async fn a_comment_of_somebody_else_is_no_answer() {
    for owner in [json!(false), json!("false"), json!(null)] {
        let given = json!({"id": 5, "text": "Согласен", "is_owner": owner, "is_published": true, "is_official": true,
            "parent_comment_id": 4, "likes_amount": 1});
        let comment = comment(&given).await;
        assert_eq!(comment.observed_answer(), None, "{owner}");
        assert_eq!(comment.parent_comment_id.as_deref(), Some("4"));
        assert_eq!(Value::Object(comment.facts), json!({"is_official": true, "likes_amount": 1}));
    }
}

#[tokio::test]
async fn an_answer_stands_as_its_publication_says() {
    use ObservedState::{InModeration, Published, Rejected};
    for (word, publication, state, refusal) in [
        (json!("PUBLISHED"), Publication::Published, Published, None),
        (json!("published"), Publication::Published, Published, None),
        (json!("AWAITING_MODERATION"), Publication::AwaitingModeration, InModeration, None),
        (
            json!("MODERATION_FAILED"),
            Publication::ModerationFailed,
            Rejected,
            Some("MODERATION_FAILED"),
        ),
        (json!("DUPLICATE"), Publication::Duplicate, Rejected, Some("DUPLICATE")),
        (json!("HIDDEN"), Publication::Other("HIDDEN".to_owned()), InModeration, None),
        (json!(null), Publication::Other(String::new()), InModeration, None),
    ] {
        let given = json!({"id": "a-1", "text": "Да, подойдёт.", "sku": 7, "question_id": "q-1",
            "author_name": "Магазин", "status_publication": word});
        let answer = question_answer(&given).await;
        assert_eq!(answer.publication, publication);
        let observed = answer.observed_answer();
        assert_eq!((observed.state, text_of(&observed)), (state, "Да, подойдёт."), "{word}");
        assert_eq!(answer.refusal(), refusal, "{word}");
        assert_eq!(
            (answer.sku.as_deref(), answer.question_id.as_deref()),
            (Some("7"), Some("q-1"))
        );
        assert!(!format!("{answer:?}").contains("подойдёт"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_message_of_the_seller_stands_at_once_and_its_pictures_are_moderated() {
    use ObservedState::{InModeration, Published, Rejected};
    for (image, state) in [
        (json!(null), Published),
        (json!("SUCCESS"), Published),
        (json!("Moderation"), InModeration),
        (json!("FAILED"), Rejected),
        (json!("LATER"), InModeration),
    ] {
        let observed = message("Seller", &image).observed_answer().unwrap();
        assert_eq!((observed.state, text_of(&observed)), (state, "Спасибо!\nЖдём вас."), "{image}");
    }
    for other in ["Customer", "Support", "Crm", "Courier", "Robot", ""] {
        assert_eq!(message(other, &json!(null)).observed_answer(), None, "{other}");
    }
}

//! How forgivingly the marketplace's answers are read.

use adapters::http::{Failure, ItemError};
use adapters::ozon::{
    AuthorKind, Chat, ChatKind, ChatStatus, ChatsQuery, Message, Page, Question, Review,
    ReviewsQuery, Right, Status,
};
use domain::value::Channel;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::methods;
use super::{json as answer, marketplace, raw};

const TIME: &str = "2026-03-10T14:08:00.257Z";

pub(super) fn bare_review() -> Value {
    json!({"id": "r-1", "published_at": TIME})
}

fn with(mut item: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

pub(super) async fn reviews(body: ResponseTemplate) -> Page<Review> {
    let (_server, client) = marketplace(body).await;
    client.reviews(&ReviewsQuery::default()).await.unwrap()
}

async fn review(changes: &Value) -> Review {
    let body = json!({"reviews": [with(bare_review(), changes)]});
    reviews(answer(200, &body)).await.items.remove(0)
}

async fn chats(body: &str) -> Page<Chat> {
    let (_server, client) = marketplace(raw(200, body)).await;
    client.chats(&ChatsQuery::default()).await.unwrap()
}

pub(super) async fn history(body: &Value) -> Page<Message> {
    let (_server, client) = marketplace(answer(200, body)).await;
    client.history(&methods::history()).await.unwrap()
}

pub(super) fn message(changes: &Value) -> Value {
    with(json!({"message_id": "1", "created_at": TIME}), changes)
}

#[tokio::test]
async fn an_id_beyond_64_bits_loses_no_digit() {
    let page = chats(
        r#"{"chats": [{"chat": {"chat_id": 18446744073709551616, "created_at": "2022-07-22T08:07:19.581Z"},
            "first_unread_message_id": 3000000000118021931, "last_message_id": 30000000001280042740}],
            "cursor": 30000002342123123000000, "new": 99999999999999999999}"#,
    )
    .await;
    let chat = &page.items[0];
    assert_eq!(chat.id, "18446744073709551616");
    assert_eq!(chat.first_unread_message_id.as_deref(), Some("3000000000118021931"));
    assert_eq!(chat.last_message_id.as_deref(), Some("30000000001280042740"));
    assert_eq!(page.next.as_deref(), Some("30000002342123123000000"));
    assert_eq!(page.facts["new"], "99999999999999999999", "facts lose none either");
}

#[tokio::test]
async fn flags_and_counts_may_be_texts() {
    for (has_next, read) in [
        (json!(true), Some(true)),
        (json!("true"), Some(true)),
        (json!("TRUE"), Some(true)),
        (json!(" false "), Some(false)),
        (json!(false), Some(false)),
        (json!("perhaps"), None),
        (json!(null), None),
    ] {
        let page = reviews(answer(200, &json!({"reviews": [], "has_next": has_next}))).await;
        assert_eq!(page.has_next, read, "{has_next}");
    }
    let read = review(&json!({"comments_amount": "2", "rating": "4", "photos_amount": -1})).await;
    assert_eq!((read.comments_amount, read.rating, read.photos_amount), (Some(2), Some(4), None));
    assert_eq!(read.facts["photos_amount"], -1);
}

#[tokio::test]
async fn words_are_known_in_any_case_and_in_letters_that_look_alike() {
    for (kind, known, is_customer) in [
        ("BUYER_SELLER", ChatKind::BuyerSeller, true),
        ("Buyer_Seller", ChatKind::BuyerSeller, true),
        ("buyer_seller_select", ChatKind::BuyerSellerSelect, true),
        ("ВUYER_SЕLLER", ChatKind::BuyerSeller, true),
        ("Seller_Support", ChatKind::SellerSupport, false),
        ("Seller_API_Updates", ChatKind::SellerApiUpdates, false),
        ("SELLER_NOTIFICATION", ChatKind::SellerNotification, false),
        ("UNSPECIFIED", ChatKind::Unspecified, false),
        ("Buyer_Buyer", ChatKind::Other("Buyer_Buyer".to_owned()), false),
        ("Оther", ChatKind::Other("Оther".to_owned()), false),
        ("", ChatKind::Other(String::new()), false),
    ] {
        let body = json!({"chats": [{"chat": {"chat_id": "c", "chat_type": kind, "chat_status": "Opened"}}]});
        let chat = chats(&body.to_string()).await.items.remove(0);
        assert_eq!((&chat.kind, &chat.status), (&known, &ChatStatus::Opened), "{kind}");
        assert_eq!(chat.kind.is_customer(), is_customer, "{kind}");
    }
    for (word, kind) in [
        ("Сustomer", AuthorKind::Customer),
        ("customer", AuthorKind::Customer),
        ("SELLER", AuthorKind::Seller),
        ("notificationuser", AuthorKind::NotificationUser),
        ("Robot", AuthorKind::Other("Robot".to_owned())),
    ] {
        let page = history(&json!({"messages": [message(&json!({"user": {"type": word}}))]})).await;
        assert_eq!(page.items[0].author.kind, kind, "{word}");
    }
    assert_eq!(review(&json!({"status": "processed"})).await.status, Status::Processed);
}

#[tokio::test]
async fn a_chat_may_be_flat() {
    let flat = json!({"chats": [{"chat_id": "c", "chat_type": "BUYER_SELLER", "unread_count": 2, "new": 1}]});
    let chat = json!({"chat_id": "c", "chat_type": "BUYER_SELLER", "new": 1});
    let nested = json!({"chats": [{"chat": chat, "unread_count": 2}]});
    let (flat, nested) = (chats(&flat.to_string()).await, chats(&nested.to_string()).await);
    assert_eq!(flat, nested);
    assert_eq!(
        (flat.items[0].unread_count, &flat.items[0].facts),
        (Some(2), json!({"new": 1}).as_object().unwrap())
    );
}

#[tokio::test]
async fn one_bad_item_costs_no_other() {
    let bad = [
        json!(null),
        json!("a review"),
        json!({"published_at": TIME}),
        json!({"id": "no time"}),
        with(bare_review(), &json!({"published_at": "yesterday"})),
        with(bare_review(), &json!({"text": {"ru": "слова"}})),
    ];
    let mut items = vec![bare_review()];
    items.extend(bad.clone());
    items.push(with(bare_review(), &json!({"id": "last"})));
    let page = reviews(answer(200, &json!({"reviews": items, "last_id": "last"}))).await;
    let ids: Vec<_> = page.items.iter().map(|review| review.id.as_str()).collect();
    assert_eq!(ids, ["r-1", "last"]);
    let kept: Vec<Value> =
        page.malformed.iter().map(|item| serde_json::from_str(&item.raw).unwrap()).collect();
    assert_eq!(kept, bad, "every bad item is kept as it came");
    let errors: Vec<_> = page.malformed.iter().map(|item| item.error).collect();
    use ItemError::{NoId, NoText, NoTime, NotAnObject};
    let (no_time, no_text) = (NoTime("published_at"), NoText("text"));
    assert_eq!(errors, [NotAnObject, NotAnObject, NoId("id"), no_time, no_time, no_text]);
    assert_eq!(page.malformed[3].id.as_deref(), Some("no time"));
    assert_eq!((page.count(), page.continuation()), (8, Some("last")));
    assert!(!format!("{page:?}").contains("слова"), "{page:?}");
}

/// Half a character, a broken byte, and digits that no fraction holds, in an item that stays as it came.
#[tokio::test]
async fn a_broken_item_costs_no_page() {
    let body = format!(
        r#"{{"odd": "\ud83d", "reviews": [{{"id": "a", "text": "\ud83d", "n": 30000000001280042740}}, {}]}}"#,
        bare_review()
    );
    let page = reviews(raw(200, &body)).await;
    assert_eq!((page.items.len(), page.malformed.len()), (1, 1));
    assert_eq!(page.malformed[0].error, ItemError::Broken);
    assert_eq!(
        page.malformed[0].raw,
        r#"{"id": "a", "text": "\ud83d", "n": 30000000001280042740}"#
    );
    let mut bytes =
        json!({"reviews": [with(bare_review(), &json!({"text": "?"}))]}).to_string().into_bytes();
    let broken = bytes.iter().position(|byte| *byte == b'?').unwrap();
    bytes[broken] = 0xFF;
    let page = reviews(ResponseTemplate::new(200).set_body_raw(bytes, "application/json")).await;
    assert_eq!(page.items[0].text, "\u{FFFD}");
}

#[tokio::test]
async fn every_kind_of_item_can_be_read_again() {
    let chat = r#"{"chat": {"chat_id": 30000000001280042740}}"#;
    assert_eq!(Chat::read(chat).unwrap().id, "30000000001280042740");
    assert_eq!(Chat::read("{}").unwrap_err(), ItemError::NoId("chat_id"));
    assert_eq!(Message::read(&message(&json!({})).to_string()).unwrap().id, "1");
    assert_eq!(Message::read(r#"{"message_id": 1}"#).unwrap_err(), ItemError::NoTime("created_at"));
    let question = Question::read(&bare_review().to_string()).unwrap();
    let review = Review::read(&bare_review().to_string()).unwrap();
    assert_eq!((question.id, review.id), ("r-1".to_owned(), "r-1".to_owned()));
    assert_eq!(Review::read("[]").unwrap_err(), ItemError::NotAnObject);
}

#[tokio::test]
async fn a_message_says_who_wrote_what_about_what() {
    let given = json!({"context": {"order_number": "12-34", "sku": 987, "new": 1}, "is_image": "true", "is_read": false,
        "data": ["Добрый день!", "![](https://cdn.example/1.jpg) и [ссылка](https://shop.example)"],
        "user": {"id": 115_568, "type": "Customer"}, "moderate_image_status": "moderation"});
    let page = history(&json!({"messages": [message(&given)], "has_next": "true"})).await;
    let read = &page.items[0];
    assert_eq!((read.order_number.as_deref(), read.sku.as_deref()), (Some("12-34"), Some("987")));
    assert_eq!((read.is_image, read.is_read), (Some(true), Some(false)));
    assert_eq!(read.author.id.as_deref(), Some("115568"));
    assert!(read.text().starts_with("Добрый день!\n![]("));
    assert_eq!(read.images(), ["https://cdn.example/1.jpg"]);
    assert_eq!(Value::Object(read.facts.clone()), json!({"context": {"new": 1}}));
    assert!(!format!("{read:?}").contains("Добрый"), "{read:?}");
}

#[tokio::test]
async fn words_of_a_message_are_texts_or_an_error() {
    for (data, parts) in [
        (json!(["a", "b"]), Some(vec!["a", "b"])),
        (json!("a"), Some(vec!["a"])),
        (json!([]), Some(vec![])),
        (json!(null), Some(vec![])),
        (json!([1]), None),
        (json!({"text": "a"}), None),
    ] {
        let page = history(&json!({"messages": [message(&json!({"data": data}))]})).await;
        let read = page.items.first().map(|message| message.parts.clone());
        assert_eq!(
            read,
            parts.map(|parts| parts.into_iter().map(str::to_owned).collect()),
            "{data}"
        );
        assert!(page.malformed.iter().all(|item| item.error == ItemError::NoText("data")));
    }
}

#[tokio::test]
async fn a_key_says_until_when_and_for_what() {
    let facts = async |body: Value| {
        let (_server, client) = marketplace(answer(200, &body)).await;
        client.key_facts().await.unwrap()
    };
    let read = facts(json!({"expires_at": "2026-12-02T09:54:23.296Z", "new": 1, "roles": [
        {"name": "Отзывы", "methods": ["/v2/review/list", "/v1/review/comment/create", 5]},
        {"name": "Чаты", "methods": ["/V3/Chat/list/", "/v1/chat/send"]},
        {"methods": ["/v1/question/list", "/v1/question/answer/creat"]}, {"name": "Пусто"}]}))
    .await;
    assert_eq!(read.expires_at, Some("2026-12-02T09:54:23.296Z".parse().unwrap()));
    assert_eq!((read.roles.len(), read.roles[0].name.as_str()), (4, "Отзывы"));
    let rights =
        [Channel::Review, Channel::Chat, Channel::Question].map(|channel| read.right(channel));
    assert_eq!(rights, [Right::Reply, Right::Reply, Right::Read]);
    assert_eq!(read.facts["new"], 1);
    let groups = facts(json!({"roles": [{"methods": ["/v3/chat", "/", "", "/v2/rev"]}]})).await;
    assert_eq!(
        (groups.right(Channel::Chat), groups.right(Channel::Review)),
        (Right::Read, Right::None)
    );
    assert_eq!(
        (groups.expires_at, facts(json!({"roles": []})).await.right(Channel::Chat)),
        (None, Right::None)
    );
}

#[tokio::test]
async fn only_ozon_itself_says_that_there_is_no_such_item() {
    let unknown = json!({"code": 5, "message": "не найдено", "details": []});
    let (_server, client) = marketplace(answer(404, &unknown)).await;
    assert_eq!(client.review("r-1").await.unwrap(), None);
    assert_eq!(client.question("q-1").await.unwrap(), None);
    for template in [
        ResponseTemplate::new(404),
        answer(404, &json!({})),
        ResponseTemplate::new(404).set_body_string("<html>nginx</html>"),
    ] {
        let (_server, client) = marketplace(template).await;
        assert_eq!(client.review("r-1").await.unwrap_err().failure, Failure::NotFound);
    }
    let wrong_key =
        json!({"code": 5, "message": "Invalid Api-Key, please check the key and try again"});
    let (_server, client) = marketplace(answer(404, &wrong_key)).await;
    assert_eq!(client.review("r-1").await.unwrap_err().failure, Failure::Unauthorized);
}

#[tokio::test]
async fn counts_may_be_texts_or_absent() {
    let body = json!({"total": "3", "new": 1, "viewed": null});
    let (_server, client) = marketplace(answer(200, &body)).await;
    let counts = client.review_counts().await.unwrap();
    assert_eq!((counts.total, counts.new), (Some(3), Some(1)));
    assert_eq!((counts.viewed, counts.processed), (None, None));
}

#[tokio::test]
async fn pictures_and_videos_come_with_a_single_review() {
    let given = json!({"photos": [{"url": "https://cdn.example/1.jpg", "width": "900", "height": 1200}, null],
        "videos": [{"url": "https://cdn.example/1.mp4", "preview_url": "https://cdn.example/1.png"}],
        "likes_amount": 7});
    let read = review(&given).await;
    assert_eq!((read.photos[0].width, read.photos[0].height), (Some(900), Some(1200)));
    assert_eq!(read.videos[0].preview_url.as_deref(), Some("https://cdn.example/1.png"));
    assert_eq!(read.facts["likes_amount"], 7);
    assert_eq!(read.facts["photos"], given["photos"], "a list with something unreadable stays");
}

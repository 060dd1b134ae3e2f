//! Whose chats, messages, comments and answers are, and how they stand.

use adapters::yandex::{
    Chat, ChatKind, ChatStatus, ChatsQuery, ContextKind, Message, Moderation, Page, PageRequest,
    Sender,
};
use domain::value::ObservedState;
use serde_json::{Value, json};

use super::{marketplace, ok};

const TIME: &str = "2026-02-08T19:45:14.014+03:00";

fn with(mut item: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        item[name] = value.clone();
    }
    item
}

fn message(changes: &Value) -> Value {
    with(json!({"messageId": 100, "createdAt": TIME, "sender": "CUSTOMER"}), changes)
}

async fn messages(items: &[Value]) -> Page<Message> {
    let (_server, client) = marketplace(ok(&json!({"messages": items}))).await;
    client.history("7", None, &PageRequest::default()).await.unwrap().messages
}

async fn chats(items: &[Value]) -> Page<Chat> {
    let (_server, client) = marketplace(ok(&json!({"chats": items}))).await;
    client.chats(&ChatsQuery::default(), &PageRequest::default()).await.unwrap()
}

#[tokio::test]
async fn words_are_read_in_any_case_and_unknown_ones_are_kept() {
    let chat = |changes: &Value| with(json!({"chatId": 7, "createdAt": TIME}), changes);
    let known = json!({"type": "arbitrage", "status": "Waiting_For_Partner", "context": {"type": "RETURN",
        "customer": {"name": "Ольга", "publicId": "abc"}, "orderId": 1, "returnId": "2", "campaignId": 3}});
    let new = json!({"type": "VIDEO_CALL", "status": "ASLEEP", "context": {"type": "GIFT"}});
    let page = chats(&[chat(&known), chat(&new), chat(&json!({}))]).await;
    let read = &page.items[0];
    assert_eq!((&read.kind, &read.status), (&ChatKind::Arbitrage, &ChatStatus::WaitingForPartner));
    assert_eq!(read.context.kind, ContextKind::Return);
    assert_eq!(read.context.buyer_name.as_deref(), Some("Ольга"));
    assert_eq!(read.context.return_id.as_deref(), Some("2"));
    assert!(!format!("{page:?}").contains("Ольга"));
    let other = |word: &str| word.to_owned();
    assert_eq!(page.items[1].kind, ChatKind::Other(other("VIDEO_CALL")));
    assert_eq!(page.items[1].status, ChatStatus::Other(other("ASLEEP")));
    assert_eq!(page.items[1].context.kind, ContextKind::Other(other("GIFT")));
    assert_eq!(page.items[1].status.to_string(), "ASLEEP");
    assert_eq!(page.items[2].status, ChatStatus::Other(String::new()));
}

#[tokio::test]
async fn a_chat_waits_for_the_seller_when_the_marketplace_says_so() {
    for (status, awaits) in [
        ("NEW", true),
        ("WAITING_FOR_PARTNER", true),
        ("WAITING_FOR_CUSTOMER", false),
        ("WAITING_FOR_ARBITER", false),
        ("WAITING_FOR_MARKET", false),
        ("FINISHED", false),
        ("ASLEEP", false),
    ] {
        let chat = json!({"chatId": 7, "createdAt": TIME, "status": status});
        assert_eq!(chats(&[chat]).await.items[0].awaits_seller(), awaits, "{status}");
    }
}

#[tokio::test]
async fn only_the_customer_is_the_buyer_and_only_the_partner_is_us() {
    for (word, sender, is_buyers, is_ours) in [
        (json!("CUSTOMER"), Sender::Customer, true, false),
        (json!("PARTNER"), Sender::Partner, false, true),
        (json!("partner"), Sender::Partner, false, true),
        (json!("MARKET"), Sender::Market, false, false),
        (json!("SUPPORT"), Sender::Support, false, false),
        (json!("ROBOT"), Sender::Other("ROBOT".to_owned()), false, false),
        (json!(null), Sender::Other(String::new()), false, false),
    ] {
        let given = message(&json!({"sender": word, "message": "Здравствуйте!"}));
        let read = messages(&[given]).await.items.remove(0);
        assert_eq!((&read.sender, read.is_buyers()), (&sender, is_buyers), "{word}");
        let observed = read.observed();
        assert_eq!(observed.is_some(), is_ours, "{word}");
        if let Some(answer) = observed {
            assert_eq!(answer.text.known().unwrap(), "Здравствуйте!");
            assert_eq!((answer.state, answer.editable), (ObservedState::Published, Some(false)));
        }
    }
}

#[tokio::test]
async fn a_message_may_be_files_only_or_nothing_at_all() {
    let files = json!([{"name": "чек.pdf", "url": "https://files.example/1", "size": 1024}]);
    let page =
        messages(&[message(&json!({"payload": files})), message(&json!({"payload": null}))]).await;
    let (file, sticker) = (&page.items[0], &page.items[1]);
    assert_eq!((file.text.as_str(), file.files[0].size_bytes), ("", Some(1024)));
    assert_eq!(file.files[0].url, "https://files.example/1");
    assert_eq!((sticker.text.as_str(), sticker.files.len()), ("", 0));
}

#[tokio::test]
async fn comments_and_answers_are_observed_in_our_words() {
    use Moderation::{Banned, Deleted, Other, Published, Unmoderated};
    use ObservedState::{InModeration, Rejected};
    for (word, status, observed) in [
        ("PUBLISHED", Published, Some(ObservedState::Published)),
        ("UNMODERATED", Unmoderated, Some(InModeration)),
        ("BANNED", Banned, Some(Rejected)),
        ("DELETED", Deleted, None),
        ("HIDDEN", Other("HIDDEN".to_owned()), Some(InModeration)),
    ] {
        let item = json!({"id": 1, "text": "Спасибо!", "status": word, "canModify": "true", "comments": [
            {"id": 2, "text": "И вам", "status": word, "canModify": false, "votes": {"likes": 1}}]});
        let result = json!({"comments": [item], "answers": [item]});
        let (_server, client) = marketplace(ok(&result)).await;
        let comments = client.comments("7", &PageRequest::default()).await.unwrap().items;
        let answers = client.answers("7", &PageRequest::default()).await.unwrap().items;
        assert_eq!((&comments[0].status, &answers[0].status), (&status, &status));
        let (comment, answer) = (comments[0].observed(), answers[0].observed());
        assert_eq!(comment, answer);
        assert_eq!(comment.as_ref().map(|answer| answer.state), observed, "{word}");
        assert_eq!(comment.and_then(|answer| answer.editable), observed.and(Some(true)));
        let inner = &answers[0].comments[0];
        assert_eq!(
            inner.observed().map(|answer| (answer.state, answer.editable)),
            observed.map(|o| (o, Some(false)))
        );
        assert_eq!(inner.facts["votes"], json!({"likes": 1}));
        assert!(!format!("{comments:?}{answers:?}").contains("Спасибо"));
    }
}

#[tokio::test]
async fn what_this_cabinet_wrote_is_told_from_what_another_seller_did() {
    for (author, can_modify, ours) in [
        (json!({"type": "BUSINESS", "name": "Мы"}), json!(true), true),
        (json!({"type": "BUSINESS", "name": "Мы"}), json!(null), true),
        (json!({"type": "BUSINESS", "name": "Другие"}), json!(false), false),
        (json!({"type": "USER"}), json!(true), false),
        (json!({"type": "BRAND"}), json!(null), false),
        (json!({"type": "VENDOR"}), json!(null), false),
        // The author may be left out; nobody but its writer may change it.
        (json!(null), json!(true), true),
        (json!(null), json!(null), false),
    ] {
        let item = json!({"id": 1, "text": "Да", "author": author, "canModify": can_modify});
        let result = json!({"comments": [item], "answers": [with(item.clone(), &json!({"comments": [item]}))]});
        let (_server, client) = marketplace(ok(&result)).await;
        let comments = client.comments("7", &PageRequest::default()).await.unwrap().items;
        let answers = client.answers("7", &PageRequest::default()).await.unwrap().items;
        let told = [comments[0].is_ours(), answers[0].is_ours(), answers[0].comments[0].is_ours()];
        assert_eq!(told, [ours; 3], "{author}, {can_modify}");
    }
}

#[tokio::test]
async fn a_bad_comment_on_an_answer_costs_no_other() {
    let list = json!([{"id": 2, "text": "И вам"}, {"text": "без имени"}, null]);
    let answers = json!({"answers": [{"id": 1, "text": "Да", "comments": list}]});
    let (_server, client) = marketplace(ok(&answers)).await;
    let read = client.answers("7", &PageRequest::default()).await.unwrap().items.remove(0);
    assert_eq!((read.comments.len(), read.comments[0].id.as_str()), (1, "2"));
    assert_eq!(read.facts["comments"], list, "the others are kept as they came");
}

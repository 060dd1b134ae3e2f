//! The client against the marketplace that the sandbox plays, which was written without a look at the client.

use adapters::http::{SendOutcome, Timeouts};
use adapters::yandex::{
    ChatsQuery, Client, ContextKind, Entity, File, InFlight, Moderation, PageRequest,
    QuestionsQuery, ReviewsQuery, Sender,
};
use sandbox::{
    Fault, FaultRule, Faults, RunningSandbox, Sandbox, SandboxConfig, SellerConfig, YandexConfig,
    YandexKeyConfig,
};
use tempfile::TempDir;

use super::{BUSINESS, KEY, client_with};

async fn played(faults: Faults) -> (RunningSandbox, Client, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let yandex = YandexConfig::new(BUSINESS.parse().unwrap(), [YandexKeyConfig::new(KEY)]);
    let config = SandboxConfig {
        ledger: folder.path().join("ledger.jsonl"),
        sellers: vec![SellerConfig::new("demo", []).with_yandex(yandex)],
        faults,
        ..SandboxConfig::default()
    };
    let sandbox = Sandbox::start(config).await.unwrap();
    let base_url = format!("{}/yandex", sandbox.url());
    let client = client_with(Timeouts::default(), &InFlight::default(), &base_url);
    (sandbox, client, folder)
}

fn accepted(outcome: SendOutcome) -> Option<String> {
    let SendOutcome::Accepted(receipt) = outcome else {
        panic!("{outcome:?}");
    };
    receipt.external_id
}

#[tokio::test]
async fn reviews_are_read_to_the_last_page_and_commented() {
    let (_sandbox, client, _folder) = played(Faults::default()).await;
    let (query, mut page) = (ReviewsQuery::default(), PageRequest::default());
    let mut reviews = Vec::new();
    loop {
        let read = client.reviews(&query, &page).await.unwrap();
        assert!(read.malformed.is_empty(), "{:?}", read.malformed);
        reviews.extend(read.items);
        let Some(next) = read.next else { break };
        page.token = Some(next);
    }
    assert!(reviews.len() > 100);
    let review = reviews.iter().find(|review| review.needs_reaction == Some(true)).unwrap();
    let id = accepted(client.write_comment(&review.id, None, "Спасибо!").await).unwrap();
    accepted(client.edit_comment(&review.id, &id, "Большое спасибо!").await);
    let comments = client.comments(&review.id, &PageRequest::default()).await.unwrap().items;
    let comment = comments.iter().find(|comment| comment.id == id).unwrap();
    assert_eq!(
        (comment.text.as_str(), &comment.status),
        ("Большое спасибо!", &Moderation::Published)
    );
    assert!(comment.is_ours());
    let read = client.reviews_by_id(std::slice::from_ref(&review.id)).await.unwrap();
    assert_eq!(read.items[0].needs_reaction, Some(false));
    accepted(client.delete_comment(&id).await);
    accepted(client.skip_reaction(std::slice::from_ref(&review.id)).await);
}

#[tokio::test]
async fn questions_are_answered() {
    let (_sandbox, client, _folder) = played(Faults::default()).await;
    let query = QuestionsQuery { need_answer: true, ..QuestionsQuery::default() };
    let questions = client.questions(&query, &PageRequest::default()).await.unwrap();
    assert!(questions.malformed.is_empty(), "{:?}", questions.malformed);
    let question = &questions.items[0].id;
    let id = accepted(client.write_answer(Entity::Question(question), "Полтора метра").await);
    let id = id.unwrap();
    accepted(client.edit_answer(Entity::Answer(&id), "Метр восемьдесят").await);
    let comment = accepted(client.write_answer(Entity::Answer(&id), "С вилкой").await);
    let answers = client.answers(question, &PageRequest::default()).await.unwrap().items;
    assert_eq!((answers[0].id.as_str(), answers[0].text.as_str()), (&*id, "Метр восемьдесят"));
    assert_eq!(Some(answers[0].comments[0].id.clone()), comment);
    accepted(client.delete_answer(Entity::Answer(&id)).await);
    let answers = client.answers(question, &PageRequest::default()).await.unwrap().items;
    assert_eq!(answers[0].status, Moderation::Deleted);
}

#[tokio::test]
async fn chats_are_read_and_written_in() {
    let (_sandbox, client, _folder) = played(Faults::default()).await;
    let info = client.key().await.unwrap();
    assert_eq!(info.name, "sandbox");
    let chats = client.chats(&ChatsQuery::default(), &PageRequest::default()).await.unwrap();
    assert!(chats.malformed.is_empty(), "{:?}", chats.malformed);
    let chat = chats.items.iter().find(|chat| chat.awaits_seller()).unwrap();
    accepted(client.send_message(&chat.id, "Здравствуйте!").await);
    let file = File {
        name: "чек.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: b"%PDF".to_vec(),
    };
    accepted(client.send_file(&chat.id, file).await);
    let history = client.history(&chat.id, None, &PageRequest::default()).await.unwrap();
    let messages = &history.messages.items;
    let (said, sent) = (&messages[messages.len() - 2], &messages[messages.len() - 1]);
    assert_eq!((&said.sender, said.text.as_str()), (&Sender::Partner, "Здравствуйте!"));
    assert_eq!((sent.files[0].name.as_str(), sent.files[0].size_bytes), ("чек.pdf", Some(4)));
    let from = client.history(&chat.id, Some(&said.id), &PageRequest::default()).await.unwrap();
    assert_eq!(from.messages.items, std::slice::from_ref(sent));
    let one = client.message(&chat.id, &said.id).await.unwrap().unwrap();
    assert_eq!(one.text, said.text);
    assert!(!client.chat(&chat.id).await.unwrap().unwrap().awaits_seller());
    let ordered = chats.items.iter().find_map(|chat| chat.context.order_id.clone()).unwrap();
    client.open_chat(&ContextKind::Order, &ordered).await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_lost_leaves_the_outcome_unknown_and_the_message_there() {
    let faults = Faults::default().with(Fault::AnswerLost, FaultRule::nth([1]));
    let (_sandbox, client, _folder) = played(faults).await;
    let chats = client.chats(&ChatsQuery::default(), &PageRequest::default()).await.unwrap();
    let chat = chats.items.iter().find(|chat| chat.awaits_seller()).unwrap();
    let outcome = client.send_message(&chat.id, "Дошло?").await;
    assert!(matches!(outcome, SendOutcome::Unknown(_)), "{outcome:?}");
    let history = client.history(&chat.id, None, &PageRequest::default()).await.unwrap();
    assert_eq!(history.messages.items.last().unwrap().text, "Дошло?");
}

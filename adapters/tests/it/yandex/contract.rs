//! What is sent is what the specification asks for, and every answer it describes is understood.

use std::collections::HashSet;
use std::time::Duration;

use adapters::http::{CallError, Failure, SendOutcome};
use adapters::yandex::{
    Access, ChatKind, ChatStatus, ChatsQuery, Client, ContextKind, Entity, File, Operation, Page,
    PageRequest, QuestionOrder, QuestionsQuery, ReviewsQuery,
};
use chrono::{DateTime, NaiveDate, Utc};
use domain::interaction::UnknownReason;
use serde_json::{Value, json};
use strum::VariantArray as _;
use wiremock::Mock;
use wiremock::matchers::any;

use super::specification::{Made, Specification};
use super::{answer, marketplace};
use crate::description::shared;

/// What a call came to, whatever it was.
#[derive(Debug)]
enum Came {
    /// So many items that could be read, and so many that could not.
    Items(usize, usize),
    /// What was asked for, or its id.
    Done(Option<String>),
    Failed(CallError),
    /// A write of which nothing is known.
    Unknown(UnknownReason),
}

impl<T> From<Result<Page<T>, CallError>> for Came {
    fn from(page: Result<Page<T>, CallError>) -> Self {
        page.map_or_else(Self::Failed, |page| Self::Items(page.items.len(), page.malformed.len()))
    }
}

impl From<SendOutcome> for Came {
    fn from(outcome: SendOutcome) -> Self {
        match outcome {
            SendOutcome::Accepted(receipt) => Self::Done(receipt.external_id),
            SendOutcome::NotSent(error) => Self::Failed(error),
            SendOutcome::Unknown(reason) => Self::Unknown(reason),
        }
    }
}

fn page(limit: u32) -> PageRequest {
    PageRequest { limit: Some(limit), token: Some("eyJvcCI6Ij4ifQ==".to_owned()) }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

fn ids() -> Vec<String> {
    vec!["439865822".to_owned(), "437528549".to_owned()]
}

fn chats() -> ChatsQuery {
    ChatsQuery {
        contexts: vec![(ContextKind::Order, "55819885919".to_owned())],
        context_kinds: vec![ContextKind::Order, ContextKind::Return, ContextKind::Direct],
        kinds: vec![ChatKind::Chat, ChatKind::Arbitrage],
        statuses: vec![
            ChatStatus::New,
            ChatStatus::WaitingForCustomer,
            ChatStatus::WaitingForPartner,
            ChatStatus::WaitingForArbiter,
            ChatStatus::WaitingForMarket,
            ChatStatus::Finished,
        ],
    }
}

fn reviews() -> ReviewsQuery {
    ReviewsQuery {
        need_reaction: true,
        from: time("2026-02-02T14:30:30.5Z"),
        to: time("2026-08-02T14:30:30Z"),
    }
}

fn questions(order: QuestionOrder) -> QuestionsQuery {
    let (from, to) = (day("2026-06-17"), day("2026-07-17"));
    QuestionsQuery { need_answer: true, from, to, order: Some(order) }
}

fn file() -> File {
    File {
        name: "чек.pdf".to_owned(),
        content_type: "application/pdf".to_owned(),
        bytes: b"%PDF".to_vec(),
    }
}

/// Calls an operation with all that it takes.
async fn call(client: &Client, operation: Operation) -> Came {
    let done = |id: Result<Option<String>, CallError>| id.map_or_else(Came::Failed, Came::Done);
    match operation {
        Operation::Key => done(client.key().await.map(|key| Some(key.name))),
        Operation::Chats => client.chats(&chats(), &page(20)).await.into(),
        Operation::Chat => done(client.chat("7").await.map(|chat| chat.map(|chat| chat.id))),
        Operation::History => {
            let history = client.history("7", Some("100"), &page(100)).await;
            history.map(|history| history.messages).into()
        }
        Operation::Message => {
            let message = client.message("7", "100").await;
            done(message.map(|message| message.map(|message| message.id)))
        }
        Operation::SendMessage => client.send_message("7", "Здравствуйте!").await.into(),
        Operation::SendFile => client.send_file("7", file()).await.into(),
        Operation::OpenChat => done(client.open_chat(&ContextKind::Return, "8").await.map(Some)),
        Operation::Reviews => client.reviews(&reviews(), &page(50)).await.into(),
        Operation::Comments => client.comments("439865822", &page(50)).await.into(),
        Operation::WriteComment => client.write_comment("439865822", None, "Спасибо!").await.into(),
        Operation::DeleteComment => client.delete_comment("9").await.into(),
        Operation::SkipReaction => client.skip_reaction(&ids()).await.into(),
        Operation::Questions => {
            client.questions(&questions(QuestionOrder::CreatedAsc), &page(50)).await.into()
        }
        Operation::Answers => client.answers("11", &page(50)).await.into(),
        Operation::WriteAnswer => client.write_answer(Entity::Question("11"), "Да").await.into(),
    }
}

#[tokio::test]
async fn requests_are_as_specified() {
    let (server, client) = marketplace(answer(200, &json!({"status": "OK"}))).await;
    for operation in Operation::VARIANTS {
        let _ = call(&client, *operation).await;
    }
    let (none, first) = (ChatsQuery::default(), PageRequest::default());
    let _ = client.chats(&none, &first).await;
    let _ = client.history("7", None, &first).await;
    let _ = client.open_chat(&ContextKind::Order, "8").await;
    let _ = client.reviews(&ReviewsQuery::default(), &first).await;
    let _ = client.reviews_by_id(&ids()).await;
    let _ = client.comments_by_id(&ids()).await;
    let _ = client.write_comment("1", Some("2"), "Спасибо!").await;
    let _ = client.edit_comment("1", "2", "Спасибо!").await;
    let _ = client.questions(&questions(QuestionOrder::CreatedDesc), &first).await;
    let _ = client.questions_by_id(&ids()).await;
    let _ = client.questions_waiting(&ids(), &questions(QuestionOrder::CreatedAsc)).await;
    let _ = client.answers_by_id(&ids()).await;
    let _ = client.write_answer(Entity::Answer("12"), "Да").await;
    let _ = client.edit_answer(Entity::Answer("12"), "Нет").await;
    let _ = client.delete_answer(Entity::Comment("13")).await;
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), Operation::VARIANTS.len() + 15);
    for specification in Specification::of_calls() {
        let covered: HashSet<_> =
            requests.iter().map(|request| specification.check_request(request)).collect();
        assert_eq!(covered.len(), Operation::VARIANTS.len(), "every used operation is covered");
    }
}

#[tokio::test]
async fn every_answer_is_understood() {
    let (server, client) = marketplace(answer(200, &json!({}))).await;
    for specification in Specification::of_calls() {
        for operation in Operation::VARIANTS {
            let answers = specification.answers(*operation);
            // 200, 400, 401, 403, 420, 500 and, but for the key, 404.
            let statuses = if *operation == Operation::Key { 6 } else { 7 };
            assert_eq!(answers.len(), statuses * 2, "{operation:?}");
            for (status, made, body) in answers {
                server.reset().await;
                Mock::given(any()).respond_with(answer(status, &body)).mount(&server).await;
                let came = call(&client, *operation).await;
                if status == 200 {
                    check_success(*operation, made, &body["result"], &came);
                } else {
                    check_failure(*operation, status, &body, &came);
                }
            }
        }
    }
}

fn check_success(operation: Operation, made: Made, result: &Value, came: &Came) {
    let id = |id: &Value| id.as_u64().map(|id| id.to_string());
    match (operation, came) {
        (
            Operation::Chats
            | Operation::History
            | Operation::Reviews
            | Operation::Comments
            | Operation::Questions
            | Operation::Answers,
            Came::Items(1, 0),
        ) => (),
        (Operation::Key, Came::Done(name)) => {
            assert_eq!(name.as_deref(), result["apiKey"]["name"].as_str())
        }
        (Operation::Chat | Operation::OpenChat, Came::Done(done)) => {
            assert_eq!(*done, id(&result["chatId"]))
        }
        (Operation::Message, Came::Done(done)) => assert_eq!(*done, id(&result["messageId"])),
        (Operation::WriteComment, Came::Done(done)) => assert_eq!(*done, id(&result["id"])),
        (Operation::WriteAnswer, Came::Done(done)) => {
            assert_eq!(*done, id(&result["entity"]["id"]))
        }
        (
            Operation::SendMessage
            | Operation::SendFile
            | Operation::DeleteComment
            | Operation::SkipReaction,
            Came::Done(None),
        ) => (),
        (operation, came) => panic!("{operation:?}, {made:?}: {came:?} of {result}"),
    }
}

fn check_failure(operation: Operation, status: u16, body: &Value, came: &Came) {
    let error = match came {
        Came::Failed(error) => error,
        Came::Unknown(UnknownReason::MarketplaceError) if status == 500 => return,
        // The marketplace says that it does not know the item.
        Came::Done(None) if status == 404 && !operation.writes() => return,
        Came::Items(..) | Came::Done(_) | Came::Unknown(_) => {
            panic!("{operation:?}, {status}: {came:?}")
        }
    };
    let expected = match status {
        400 => Failure::BadRequest,
        401 => Failure::Unauthorized,
        403 => Failure::NoRight,
        404 => Failure::NotFound,
        420 => Failure::RateLimited { retry_after: Duration::from_secs(60) },
        500 => Failure::ServerError,
        other => panic!("{other} is new in the specification"),
    };
    assert_eq!((error.failure, error.evidence.status), (expected, Some(status)), "{operation:?}");
    let said = &body["errors"][0];
    assert_eq!(error.words.as_deref(), said["message"].as_str(), "{operation:?}");
    assert_eq!(error.evidence.code.as_deref(), said["code"].as_str(), "{operation:?}");
}

#[test]
fn quotas_are_as_specified() {
    for specification in Specification::of_calls() {
        for operation in Operation::VARIANTS {
            let hourly = u64::from(operation.hourly());
            assert_eq!(hourly, specification.hourly(*operation), "{operation:?}");
        }
    }
}

/// What a key opens is what the specification opens by its scopes.
#[tokio::test]
async fn scopes_open_what_is_specified() {
    let scopes = [
        ("ALL_METHODS", "all-methods"),
        ("ALL_METHODS_READ_ONLY", "all-methods:read-only"),
        ("COMMUNICATION", "communication"),
        ("PRICING", "pricing"),
        ("INVENTORY_AND_ORDER_PROCESSING", "inventory-and-order-processing"),
    ];
    for (word, scope) in scopes {
        let key = json!({"apiKey": {"name": "ключ", "authScopes": [word]}});
        let (_server, client) = marketplace(super::ok(&key)).await;
        let access = client.key().await.unwrap().access();
        for specification in Specification::of_calls() {
            for operation in Operation::VARIANTS.iter().filter(|o| **o != Operation::Key) {
                let is_open = specification.scopes(*operation).contains(&scope);
                let needed = if operation.writes() { Access::Full } else { Access::Read };
                assert_eq!(access >= needed, is_open, "{word}: {operation:?}");
            }
        }
    }
}

/// What the tests read as captured or made by hand is what the specification describes.
#[test]
fn the_samples_are_as_specified() {
    let mut pages: Vec<Value> = vec![serde_json::from_str(include_str!("reviews.json")).unwrap()];
    if let Some(file) = shared("data/wb_feedbacks_samples/ym_goods_feedback.json") {
        pages.push(serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap());
    }
    for specification in Specification::of_calls() {
        pages.iter().for_each(|page| specification.check_answer(Operation::Reviews, page));
    }
}

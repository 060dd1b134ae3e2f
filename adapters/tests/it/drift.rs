//! Answers that drift as those of real marketplaces do, in every list that is read: fields come and go, words and types
//! change. No page is lost for it: what was not touched is whole, and what cannot be read is kept with its reason.

use std::sync::{Arc, Mutex};

use adapters::http::{MalformedItem, Timeouts, Transport};
use adapters::{ozon, wildberries, yandex};
use chrono::{DateTime, FixedOffset, SecondsFormat, Utc};
use sandbox::{RunningSandbox, Sandbox, SandboxConfig};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::samples::leaves_of;

/// Items of a page that is read again and again.
const ITEMS_MAX: usize = 4;

const OZON_KEY: &str = "sandbox-demo-ozon-key";
const YANDEX_KEY: &str = "ACMA:sandbox-demo-key:00000000";

/// What must become of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// It is read.
    Read,
    /// It is kept with a reason.
    Kept,
    /// One of both: without this field, or with it broken, it may be none.
    Either,
}

/// An item that is not as it was.
struct Drifted {
    how: String,
    item: Value,
    must: Becomes,
}

/// A marketplace that answers every call with what it was told last.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

impl Respond for Told {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_raw(self.0.lock().unwrap().clone(), "application/json")
    }
}

/// The sandbox, and a marketplace that says what the sandbox said, and what may come of it.
struct Stage {
    sandbox: RunningSandbox,
    server: MockServer,
    told: Told,
    transport: Transport,
    _ledger: TempDir,
}

type Read<T> = Result<(Vec<T>, Vec<MalformedItem>), String>;

impl Stage {
    async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let ledger = folder.path().join("ledger.jsonl");
        let config = SandboxConfig { ledger, rate_scale: 1_000.0, ..SandboxConfig::default() };
        let (server, told) = (MockServer::start().await, Told::default());
        Mock::given(any()).respond_with(told.clone()).mount(&server).await;
        Self {
            sandbox: Sandbox::start(config).await.unwrap(),
            server,
            told,
            transport: Transport::with_timeouts(Timeouts::default()).unwrap(),
            _ledger: folder,
        }
    }

    fn tell(&self, body: &Value) {
        *self.told.0.lock().unwrap() = body.to_string();
    }

    /// Lets a buyer write at Wildberries.
    async fn buyer_writes(&self, what: &str, body: &Value) {
        let url = format!("{}/control/wildberries/demo/{what}", self.sandbox.url());
        let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{what}: {}", answer.text().await.unwrap());
    }

    /// Returns what the sandbox, whose paths begin with `under`, answers to the call that `read` makes.
    async fn original<T>(&self, under: &str, read: impl AsyncFn() -> Read<T>) -> Value {
        self.tell(&json!({}));
        let _ = read().await;
        let call = self.server.received_requests().await.unwrap().pop().unwrap();
        let query = call.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let url = format!("{}{under}{}{query}", self.sandbox.url(), call.url.path());
        let mut request = reqwest::Client::new().request(call.method, url).body(call.body);
        for (name, value) in &call.headers {
            if !["host", "content-length"].contains(&name.as_str()) {
                request = request.header(name, value);
            }
        }
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{}: {}", call.url, answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Lets one item of the page that `read` reads drift in all ways, and returns what went wrong.
    async fn drift<T: PartialEq>(
        &self,
        under: &str,
        id: impl Fn(&T) -> String,
        read: impl AsyncFn() -> Read<T>,
    ) -> Vec<String> {
        let mut page = self.original(under, &read).await;
        let list = list_of(&page).unwrap_or_else(|| panic!("the sandbox has none: {page}"));
        page.pointer_mut(&list).and_then(Value::as_array_mut).unwrap().truncate(ITEMS_MAX);
        self.tell(&page);
        let (whole, malformed) = read().await.unwrap();
        let items = page.pointer(&list).and_then(Value::as_array).unwrap().clone();
        assert!(malformed.is_empty() && whole.len() == items.len(), "{list}: {malformed:?}");
        let at = items.len() / 2;
        let ways = ways(&items[at]);
        assert!(ways.len() > 20, "{} ways: void", ways.len());
        let mut faults = Vec::new();
        for Drifted { how, item, must } in ways {
            page.pointer_mut(&list).unwrap()[at] = item.clone();
            self.tell(&page);
            let fault = match read().await {
                Err(error) => Some(format!("the page is lost: {error}")),
                Ok(found) => wrong(&whole, at, &item, must, found, &id),
            };
            faults.extend(fault.map(|fault| format!("{list} {how}: {fault}")));
        }
        faults
    }
}

/// Says what is wrong with a page whose item at `at` has drifted.
fn wrong<T: PartialEq>(
    whole: &[T],
    at: usize,
    drifted: &Value,
    must: Becomes,
    (mut found, malformed): (Vec<T>, Vec<MalformedItem>),
    id: impl Fn(&T) -> String,
) -> Option<String> {
    let is_read = found.len() == whole.len();
    let read = is_read.then(|| found.remove(at));
    let others = whole[..at].iter().chain(&whole[at + 1..]);
    if !found.iter().eq(others) {
        return Some("another item is not what it was".to_owned());
    }
    let is_kept = malformed.len() == 1
        && serde_json::from_str::<Value>(&malformed[0].raw).ok().as_ref() == Some(drifted);
    match (must, read) {
        (Becomes::Read, Some(item)) if id(&item) != id(&whole[at]) => Some("another id".to_owned()),
        (Becomes::Read, None) => Some(format!("not read: {malformed:?}")),
        (Becomes::Kept, Some(_)) => Some("read".to_owned()),
        (Becomes::Kept | Becomes::Either, None) if !is_kept => {
            Some("neither read nor kept".to_owned())
        }
        (Becomes::Read | Becomes::Either, Some(_)) | (Becomes::Kept | Becomes::Either, None) => {
            None
        }
    }
}

/// Finds the list of a page.
fn list_of(page: &Value) -> Option<String> {
    let is_list = |value: &&Value| value[0].is_object();
    ["/result", "/data", ""].into_iter().find_map(|at| {
        let value = page.pointer(at)?;
        if is_list(&value) {
            return Some(at.to_owned());
        }
        let name = value.as_object()?.iter().find(|(_, value)| is_list(value))?.0;
        Some(format!("{at}/{name}"))
    })
}

/// All ways in which an item may drift.
fn ways(item: &Value) -> Vec<Drifted> {
    let mut ways: Vec<_> = [json!(17), json!("слово"), json!([item]), json!(true), json!(null)]
        .into_iter()
        .map(|item| Drifted { how: item.to_string(), item, must: Becomes::Kept })
        .collect();
    let mut richer = item.clone();
    richer["совсемНовое"] = json!({"a": [1, {"b": null}], "id": "x"});
    ways.push(Drifted { how: "a field more".to_owned(), item: richer, must: Becomes::Read });
    for leaf in leaves_of(item, String::new()) {
        let Some(value) = item.pointer(&leaf) else { continue };
        for (now, must) in drifts(&leaf, value) {
            let mut item = item.clone();
            *item.pointer_mut(&leaf).unwrap() = now.clone();
            ways.push(Drifted { how: format!("{leaf} is {now}"), item, must });
        }
        let mut poorer = item.clone();
        let (parent, name) = leaf.rsplit_once('/').unwrap();
        if let Some(fields) = poorer.pointer_mut(parent).and_then(Value::as_object_mut) {
            fields.remove(name);
            ways.push(Drifted { how: format!("no {leaf}"), item: poorer, must: Becomes::Either });
        }
    }
    ways
}

/// What a field may come to hold.
fn drifts(leaf: &str, value: &Value) -> Vec<(Value, Becomes)> {
    let name = leaf.rsplit('/').next().unwrap_or_default().to_lowercase();
    let mut drifts: Vec<_> =
        [json!(null), json!({"x": 1}), json!([1, {}])].map(|now| (now, Becomes::Either)).into();
    if name.ends_with("id") {
        drifts.extend(other_id(value).map(|now| (now, Becomes::Read)));
    }
    let Some(text) = value.as_str() else { return drifts };
    if ["status", "type", "state", "sender"].iter().any(|word| name.ends_with(word)) {
        let words = ["NEW_WORD_2031".to_owned(), text.to_lowercase(), text.to_uppercase()];
        drifts.extend(words.map(|word| (json!(word), Becomes::Read)));
    }
    if let Ok(time) = text.parse::<DateTime<Utc>>() {
        let moscow = FixedOffset::east_opt(3 * 60 * 60).unwrap();
        let nanos = time.to_rfc3339_opts(SecondsFormat::Nanos, true);
        let there = time.with_timezone(&moscow).to_rfc3339();
        drifts.extend([nanos, there].map(|time| (json!(time), Becomes::Read)));
    }
    drifts
}

/// The same id, as a text where it was a number, and the other way round.
fn other_id(id: &Value) -> Option<Value> {
    match id {
        Value::Number(number) => Some(json!(number.to_string())),
        Value::String(text) if text.len() <= 15 && !text.starts_with('0') => {
            text.parse::<u64>().ok().map(|number| json!(number))
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// Signatures are compared with nothing else.
fn shown(sign: Option<SecretString>) -> Option<String> {
    sign.map(|sign| sign.expose_secret().to_owned())
}

fn compared_chat(chat: wildberries::Chat) -> Value {
    let product = format!("{:?}", chat.product);
    json!([chat.id, chat.buyer_name, product, chat.last_message_at, shown(chat.reply_sign)])
}

fn compared_event(event: wildberries::Event) -> Value {
    let said = event.message.map(|message| (message.text, message.files.len()));
    let wildberries::Event { id, chat_id, at, source, buyer_name, facts, .. } = event;
    json!([id, chat_id, at, source, buyer_name, facts, said, shown(event.reply_sign)])
}

#[tokio::test]
async fn pages_of_wildberries_outlive_any_drift() {
    use wildberries::{ChatClient, Client, Feedback as _, ListQuery, Question, Review};
    let stage = Stage::new().await;
    let client = Client::new(&stage.transport, &stage.server.uri(), "sandbox-demo-token".into());
    let chats = ChatClient::new(&stage.transport, &stage.server.uri(), "sandbox-demo-token".into());
    let query = ListQuery { take: 4, ..ListQuery::default() };
    for text in ["Где чайник?", "Он со свистком?"] {
        stage.buyer_writes("questions", &json!({"text": text})).await;
        stage
            .buyer_writes("chats", &json!({"text": text, "client": "Ольга", "product": "чайник"}))
            .await;
    }
    let said = |error: adapters::http::CallError| error.to_string();
    let mut faults = stage
        .drift(
            "",
            |review: &Review| review.id().to_owned(),
            async || {
                let page = client.list::<Review>(&query).await.map_err(said)?;
                Ok((page.items, page.malformed))
            },
        )
        .await;
    let questions = async || {
        let page = client.list::<Question>(&query).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("", |it: &Question| it.id().to_owned(), questions).await);
    let list = async || {
        let list = chats.chats().await.map_err(said)?;
        Ok((list.chats.into_iter().map(compared_chat).collect(), list.malformed))
    };
    let under = "/buyer-chat-api";
    faults.extend(stage.drift(under, |it: &Value| it[0].to_string(), list).await);
    let events = async || {
        let page = chats.events(None).await.map_err(said)?;
        Ok((page.events.into_iter().map(compared_event).collect(), page.malformed))
    };
    faults.extend(stage.drift(under, |it: &Value| it[0].to_string(), events).await);
    assert_eq!(faults, Vec::<String>::new());
}

#[tokio::test]
async fn pages_of_ozon_outlive_any_drift() {
    use ozon::{Chat, ChatKind, ChatsQuery, Client, HistoryQuery, Message, Question, Review, Span};
    let stage = Stage::new().await;
    let of = |url: &str| Client::new(&stage.transport, url, "100001", OZON_KEY.into());
    let client = of(&stage.server.uri());
    let there = of(&format!("{}/ozon", stage.sandbox.url()));
    let said = |error: adapters::http::CallError| error.to_string();
    let reviews_query = ozon::ReviewsQuery { limit: 20, ..ozon::ReviewsQuery::default() };
    let reviews = async || {
        let page = client.reviews(&reviews_query).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    let mut faults = stage.drift("/ozon", |it: &Review| it.id.clone(), reviews).await;
    let questions_query = ozon::QuestionsQuery { limit: 20, ..ozon::QuestionsQuery::default() };
    let questions = async || {
        let page = client.questions(&questions_query).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/ozon", |it: &Question| it.id.clone(), questions).await);
    let chats_query = ChatsQuery { limit: 100, ..ChatsQuery::default() };
    let chats = async || {
        let page = client.chats(&chats_query).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/ozon", |it: &Chat| it.id.clone(), chats).await);
    let review = there.reviews(&reviews_query).await.unwrap().items.swap_remove(0).id;
    let comment = ozon::NewComment {
        review_id: &review,
        text: "Спасибо!",
        parent_comment_id: None,
        mark_review_as_processed: false,
    };
    let _ = there.comment(&comment).await;
    let comments_query = ozon::CommentsQuery {
        of: ozon::CommentsOf::Review { id: review.clone() },
        limit: 20,
        offset: 0,
        order: None,
    };
    let comments = async || {
        let page = client.comments(&comments_query).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/ozon", |it: &ozon::Comment| it.id.clone(), comments).await);
    let asked = there.questions(&questions_query).await.unwrap().items.swap_remove(0);
    let sku = asked.sku.unwrap();
    let _ = there.answer_question(&asked.id, &sku, "Полтора метра").await;
    let answers = async || {
        let page = client.answers(&asked.id, &sku, None).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/ozon", |it: &ozon::QuestionAnswer| it.id.clone(), answers).await);
    let all = there.chats(&chats_query).await.unwrap().items;
    let chat = all.into_iter().find(|chat| chat.kind == ChatKind::BuyerSeller).unwrap();
    let history_query = HistoryQuery {
        chat_id: chat.id,
        span: Span::Backward { from: None },
        message_ids: vec![],
        limit: 100,
    };
    let history = async || {
        let page = client.history(&history_query).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/ozon", |it: &Message| it.id.clone(), history).await);
    assert_eq!(faults, Vec::<String>::new());
}

#[tokio::test]
async fn pages_of_yandex_outlive_any_drift() {
    use yandex::{
        Chat, ChatsQuery, Client, Entity, InFlight, Message, PageRequest, Question, Review,
    };
    let stage = Stage::new().await;
    let in_flight = InFlight::default();
    let of =
        |url: &str| Client::new(&stage.transport, &in_flight, url, "1000001", YANDEX_KEY.into());
    let client = of(&stage.server.uri());
    let there = of(&format!("{}/yandex", stage.sandbox.url()));
    let first = PageRequest::default();
    let said = |error: adapters::http::CallError| error.to_string();
    let reviews = async || {
        let page = client.reviews(&yandex::ReviewsQuery::default(), &first).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    let mut faults = stage.drift("/yandex", |it: &Review| it.id.clone(), reviews).await;
    let waiting = there.reviews(&yandex::ReviewsQuery::default(), &first).await.unwrap().items;
    let review = waiting.iter().find(|review| review.needs_reaction == Some(true)).unwrap();
    let _ = there.write_comment(&review.id, None, "Спасибо!").await;
    let comments = async || {
        let page = client.comments(&review.id, &first).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/yandex", |it: &yandex::Comment| it.id.clone(), comments).await);
    let questions = async || {
        let query = yandex::QuestionsQuery::default();
        let page = client.questions(&query, &first).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/yandex", |it: &Question| it.id.clone(), questions).await);
    let query = yandex::QuestionsQuery { need_answer: true, ..yandex::QuestionsQuery::default() };
    let asked = there.questions(&query, &first).await.unwrap().items.swap_remove(0).id;
    let _ = there.write_answer(Entity::Question(&asked), "Полтора метра").await;
    let answers = async || {
        let page = client.answers(&asked, &first).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/yandex", |it: &yandex::Answer| it.id.clone(), answers).await);
    let chats = async || {
        let page = client.chats(&ChatsQuery::default(), &first).await.map_err(said)?;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/yandex", |it: &Chat| it.id.clone(), chats).await);
    let chat = there.chats(&ChatsQuery::default(), &first).await.unwrap().items.swap_remove(0).id;
    let history = async || {
        let page = client.history(&chat, None, &first).await.map_err(said)?.messages;
        Ok((page.items, page.malformed))
    };
    faults.extend(stage.drift("/yandex", |it: &Message| it.id.clone(), history).await);
    assert_eq!(faults, Vec::<String>::new());
}

/// A reader that takes the specification at its word: the same check must notice it.
#[tokio::test]
async fn a_strict_reader_is_noticed() {
    #[derive(PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Strict {
        id: String,
        created_date: DateTime<Utc>,
        text: String,
        product_valuation: u8,
    }
    let stage = Stage::new().await;
    let token = "sandbox-demo-token".into();
    let client = wildberries::Client::new(&stage.transport, &stage.server.uri(), token);
    let query = wildberries::ListQuery { take: 4, ..wildberries::ListQuery::default() };
    let read = async || {
        let _ = client.list::<wildberries::Review>(&query).await;
        let mut page: Value = serde_json::from_str(&stage.told.0.lock().unwrap()).unwrap();
        let items = serde_json::from_value(page["data"]["feedbacks"].take());
        Ok((items.map_err(|error| error.to_string())?, vec![]))
    };
    let faults = stage.drift("", |it: &Strict| it.id.clone(), read).await;
    assert!(faults.iter().any(|fault| fault.contains("17: the page is lost")), "{faults:?}");
}

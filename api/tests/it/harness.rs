//! A running API on a database of its own, and somebody to call it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Once;
use std::time::Duration;

use adapters::cabinets::{Addresses, Cabinets};
use adapters::finding::Finder;
use adapters::model::ComparedModels;
use adapters::notice::{Networks, Post, PostOptions, Recipients};
use adapters::sync::SyncIntervals;
use adapters::work::{Work, WorkOptions};
use api::{ApiSettings, App, Parts, Passwords, Server, ServerOptions, recorder, router};
use chrono::{DateTime, TimeDelta, Utc};
use commands::credential::Credentials;
use commands::erase::Erasures;
use commands::{Actor, Commands, Context};
use domain::claim::{
    Claim, ClaimCommand, ClaimContent, ClaimOrder, ClaimOrigin, ClaimReading, ClaimSource,
    ClaimState, ClaimWords, GoodsState, Price,
};
use domain::interaction::{ChatReading, Ingest, Interaction, InteractionCommand};
use domain::policy::delivery::SettlePolicy;
use domain::value::{
    BuyerWords, ChatMessage, Content, Links, MessageAuthor, MessageWords, Product, Source,
};
use domain::{AccountId, Channel, ClaimId, InteractionId, Marketplace, TenantId};
use eventlog::{AppenderOptions, Db, EventLog, MasterKey, MasterKeys, SubjectKeys, Vault};
use projections::ReadModel;
use projections::knowledge::Retrieval;
use projections::runner::Runner;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "очень длинный пароль";

/// A running API.
pub(crate) struct TestApp {
    pub(crate) address: SocketAddr,
    pub(crate) db: Db,
    pub(crate) log: EventLog,
    pub(crate) commands: Commands,
    pub(crate) erasures: Erasures,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<()>,
    pub(crate) client: Client,
    credentials: Credentials,
    post: Post,
    addresses: Addresses,
    compared: Option<ComparedModels>,
    runner: Runner,
    /// A server that went on would keep connections, and the test's database could not be dropped at once.
    _stop_at_the_end: DropGuard,
}

/// How the API under test differs from the usual one.
pub(crate) struct Setup {
    pub(crate) wildberries_url: String,
    pub(crate) api: ApiSettings,
    pub(crate) server: ServerOptions,
    pub(crate) heads_dir: PathBuf,
    pub(crate) compared: Option<ComparedModels>,
    pub(crate) post: PostOptions,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            // Nobody listens on port 1.
            wildberries_url: "http://127.0.0.1:1".to_owned(),
            api: ApiSettings { reply_wait: Duration::ZERO, ..ApiSettings::default() },
            server: ServerOptions::default(),
            // Nobody has signed there.
            heads_dir: PathBuf::from("no-such-folder"),
            compared: None,
            post: PostOptions {
                smtp: None,
                telegram: None,
                webhooks: Networks::Internet,
                console: None,
            },
        }
    }
}

/// Review `n` as it is read, of which the marketplace told what it belongs with.
pub(crate) fn review(n: u32, rating: u8, links: Links) -> Ingest {
    let words = BuyerWords {
        buyer_name: Some("Анна".into()),
        text: format!("Отзыв номер {n}"),
        ..BuyerWords::default()
    };
    Ingest {
        source: Source {
            account_id: AccountId(Uuid::from_u128(1)),
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id: format!("review-{n}"),
            occurred_at: written_at(n),
        },
        content: Content {
            rating: Some(rating),
            product: Product {
                article: "1001".into(),
                name: "Чайник".into(),
                ..Product::default()
            },
            words: words.into(),
        },
        answer: None,
        chat: ChatReading::default(),
        links,
        processed: false,
        seen_at: Utc::now(),
    }
}

/// A seller's person, signed in.
#[derive(Clone)]
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) tenant: TenantId,
    base: String,
    client: Client,
}

impl TestApp {
    pub(crate) async fn start(pool: PgPool) -> Self {
        Self::with(pool, Setup::default()).await
    }

    pub(crate) async fn with(pool: PgPool, setup: Setup) -> Self {
        static TLS: Once = Once::new();
        TLS.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let db = Db::from_pool(pool);
        let keys = MasterKeys::new(MasterKey::generate("test"), vec![]);
        let subjects = SubjectKeys::new(db.clone(), keys.clone());
        let log = EventLog::new(db.clone(), subjects.clone(), AppenderOptions::default());
        log.learn_epoch().await.expect("the migrations begin the first epoch");
        let commands = Commands::new(log.clone());
        let erasures = Erasures::new(db.clone(), subjects, commands.clone());
        let credentials = Credentials::new(db.clone(), Vault::new(db.clone(), keys));
        let under = |path: &str| format!("{}/{path}", setup.wildberries_url);
        let addresses = Addresses {
            wildberries_chats: under("buyer-chat-api"),
            wildberries_returns: under("returns-api"),
            ozon: under("ozon"),
            yandex: under("yandex"),
            wildberries: setup.wildberries_url,
        };
        let cabinets =
            Cabinets::new(db.clone(), commands.clone(), credentials.clone(), addresses.clone());
        let cabinets = cabinets.unwrap();
        let post = Post::new(setup.post).unwrap();
        let stop = CancellationToken::new();
        let app = App::new(Parts {
            db: db.clone(),
            log: log.clone(),
            commands: commands.clone(),
            erasures: erasures.clone(),
            knowledge: Finder::new(Retrieval::new(db.clone()), None),
            compared: setup.compared.clone(),
            cabinets,
            recipients: Recipients::new(
                db.clone(),
                log.clone(),
                commands.clone(),
                credentials.vault().clone(),
                post.clone(),
            ),
            passwords: Passwords::new().unwrap(),
            heads_dir: setup.heads_dir,
            metrics: recorder().unwrap(),
            settings: setup.api,
            stop_announced: stop.child_token(),
            stop: stop.clone(),
            writes: TaskTracker::new(),
        });
        let any = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(any, setup.server).await.unwrap();
        let address = server.address().unwrap();
        let served = tokio::spawn(server.run(router(app), stop.clone()));
        let lease = Duration::from_secs(10);
        let runner = Runner::new(db.clone(), log.clone(), &ReadModel::ALL, lease);
        let client = Client::builder().no_proxy().build().unwrap();
        let _stop_at_the_end = stop.clone().drop_guard();
        Self {
            address,
            db,
            log,
            commands,
            erasures,
            stop,
            served,
            client,
            credentials,
            post,
            addresses,
            compared: setup.compared,
            runner,
            _stop_at_the_end,
        }
    }

    /// Does all background work until the end, reading each channel once an hour.
    pub(crate) fn work(&self) {
        let options = WorkOptions {
            addresses: self.addresses.clone(),
            sync_intervals: SyncIntervals {
                feedback: Duration::from_hours(1),
                chats: Duration::from_hours(1),
                after_failure: Duration::from_secs(1),
            },
            lease: Duration::from_mins(1),
            settle: SettlePolicy::default(),
            confirm_after: Duration::from_hours(1),
            projection_lease: Duration::from_secs(10),
            model: None,
            compared: self.compared.clone(),
            embedder: None,
            automatic_replies: true,
            post: self.post.clone(),
        };
        let (db, log, commands) = (self.db.clone(), self.log.clone(), self.commands.clone());
        let work = Work::new(db, log, commands, self.credentials.clone(), options).unwrap();
        let stop = self.stop.clone();
        tokio::spawn(async move { work.run(stop).await });
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Calls without being signed in.
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    pub(crate) async fn register(&self, email: &str) -> Signed {
        let body = json!({"email": email, "password": PASSWORD, "company": "Ромашка"});
        let request = self.call(Method::POST, "/api/v1/auth/register").json(&body);
        let session = expect(request, StatusCode::CREATED).await;
        Signed {
            token: session["access_token"].as_str().unwrap().to_owned(),
            tenant: session["seller"]["seller_id"].as_str().unwrap().parse().unwrap(),
            base: self.url(""),
            client: self.client.clone(),
        }
    }

    /// Invites somebody in the name of `by`, and has them come in. `role` is `role` or `role_id`.
    pub(crate) async fn member(&self, by: &Signed, email: &str, role: (&str, &str)) -> Signed {
        let body = json!({"email": email, role.0: role.1});
        let invited = by.call(Method::POST, "/auth/invitations").json(&body);
        let link = expect(invited, StatusCode::CREATED).await["link"].clone();
        let token = link.as_str().unwrap().strip_prefix("/join#").unwrap().to_owned();
        let body = json!({"token": token, "password": PASSWORD});
        let accept = self.call(Method::POST, "/api/v1/auth/invitations/accept").json(&body);
        let session = expect(accept, StatusCode::CREATED).await;
        by.with_token(session["access_token"].as_str().unwrap())
    }

    /// Brings the read models up to date.
    pub(crate) async fn catch_up(&self) {
        self.runner.catch_up().await.unwrap();
    }

    /// Takes a review in, written `minutes_ago`, and returns its interaction.
    pub(crate) async fn review(&self, tenant: TenantId, n: u32, rating: u8) -> InteractionId {
        let id = self.ingest(tenant, n, rating).await;
        self.catch_up().await;
        id
    }

    pub(crate) async fn ingest(&self, tenant: TenantId, n: u32, rating: u8) -> InteractionId {
        self.ingest_linked(tenant, n, rating, Links::default()).await
    }

    /// Takes in review `n`, of which the marketplace told what it belongs with.
    pub(crate) async fn ingest_linked(
        &self,
        tenant: TenantId,
        n: u32,
        rating: u8,
        links: Links,
    ) -> InteractionId {
        let reading = review(n, rating, links);
        let Source { account_id, channel, external_id, .. } = &reading.source;
        let id = InteractionId::of_external(tenant, *account_id, *channel, external_id);
        self.execute(tenant, id, InteractionCommand::Ingest(Box::new(reading))).await;
        id
    }

    /// Takes a claim for return in, made at [`written_at`], and returns it.
    pub(crate) async fn claim(&self, tenant: TenantId, n: u32, state: ClaimState) -> ClaimId {
        let account_id = AccountId(Uuid::from_u128(1));
        let external_id = format!("claim-{n}");
        let id = ClaimId::of_external(tenant, account_id, &external_id);
        let words = ClaimWords {
            comment: format!("Нитка торчит {n}"),
            photos: vec!["https://photos.example/1.webp".to_owned()],
            ..ClaimWords::default()
        };
        let reading = ClaimReading {
            source: ClaimSource {
                account_id,
                marketplace: Marketplace::Wildberries,
                external_id,
                occurred_at: written_at(n),
            },
            content: ClaimContent {
                state,
                goods: GoodsState::UnderReview,
                archived: state != ClaimState::UnderReview,
                origin: ClaimOrigin::Portal,
                product: Product { article: "1001".into(), ..Product::default() },
                order: ClaimOrder {
                    external_id: Some("v5o_1.0.0".into()),
                    ..ClaimOrder::default()
                },
                price: Some(Price { amount_minor: 159_990, currency: Some("643".into()) }),
                updated_at: Some(written_at(n)),
                actions: vec!["approve1".into()],
                words: words.into(),
            },
        };
        let context = Context::new(tenant, Actor::System("test"));
        let take = ClaimCommand::Take(Box::new(reading));
        self.commands.execute::<Claim>(&context, id, take).await.unwrap();
        self.catch_up().await;
        id
    }

    /// Takes in what was read of Ozon's chat `n`, and returns its interaction.
    pub(crate) async fn chat(
        &self,
        tenant: TenantId,
        n: u32,
        messages: Vec<ChatMessage>,
        open: Option<bool>,
    ) -> InteractionId {
        let account_id = AccountId(Uuid::from_u128(1));
        let external_id = format!("chat-{n}");
        let words = BuyerWords { buyer_name: Some("Анна".into()), ..BuyerWords::default() };
        let id = InteractionId::of_external(tenant, account_id, Channel::Chat, &external_id);
        let reading = Ingest {
            source: Source {
                account_id,
                marketplace: Marketplace::Ozon,
                channel: Channel::Chat,
                external_id,
                occurred_at: written_at(n),
            },
            content: Content { rating: None, product: Product::default(), words: words.into() },
            answer: None,
            chat: ChatReading { messages, open },
            links: Links::default(),
            processed: false,
            seen_at: Utc::now(),
        };
        self.execute(tenant, id, InteractionCommand::Ingest(Box::new(reading))).await;
        self.catch_up().await;
        id
    }

    /// Reports as a worker does.
    pub(crate) async fn execute(
        &self,
        tenant: TenantId,
        id: InteractionId,
        command: InteractionCommand,
    ) {
        let context = Context::new(tenant, Actor::System("test"));
        self.commands.execute::<Interaction>(&context, id, command).await.unwrap();
    }
}

/// Later reviews have higher numbers.
pub(crate) fn written_at(n: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::seconds(n.into())
}

/// A message of a chat without files.
pub(crate) fn said(
    id: &str,
    author: MessageAuthor,
    sent_at: DateTime<Utc>,
    text: &str,
) -> ChatMessage {
    let words = MessageWords { text: text.into(), ..MessageWords::default() };
    ChatMessage { external_id: id.into(), author, sent_at, words: words.into() }
}

impl Signed {
    /// The same person by another session.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        let (base, client) = (self.base.clone(), self.client.clone());
        Self { token: token.to_owned(), tenant: self.tenant, base, client }
    }

    /// Returns the id of whoever it is.
    pub(crate) async fn user_id(&self) -> String {
        self.get("/auth/me").await["user"]["user_id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/api/v1{path}", self.base);
        self.client.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        expect(self.call(Method::GET, path), StatusCode::OK).await
    }

    /// Writes with a key of its own.
    pub(crate) fn write(&self, method: Method, path: &str, body: &Value) -> RequestBuilder {
        self.write_as(&Uuid::new_v4().to_string(), method, path, body)
    }

    pub(crate) fn write_as(
        &self,
        key: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> RequestBuilder {
        self.call(method, path).header("idempotency-key", key).json(body)
    }
}

/// Sends and expects a status; returns the JSON of the answer.
#[track_caller]
pub(crate) fn expect(request: RequestBuilder, status: StatusCode) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    async move {
        let response = request.send().await.unwrap();
        let (found, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(found, status, "at {caller}: {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }
}

/// Sends and expects a problem of this code, whole; returns it.
#[track_caller]
pub(crate) fn expect_problem(
    request: RequestBuilder,
    status: u16,
    code: &str,
) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    let code = code.to_owned();
    async move { check_problem(request.send().await.unwrap(), status, &code, caller).await }
}

pub(crate) async fn check_problem(
    response: Response,
    status: u16,
    code: &str,
    caller: &std::panic::Location<'_>,
) -> Value {
    let found = response.status().as_u16();
    let header =
        |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    let (kind, request_id) = (header("content-type"), header("x-request-id"));
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "at {caller}: {text}");
    assert_eq!(kind.as_deref(), Some("application/problem+json"), "at {caller}: {text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], code, "at {caller}: {text}");
    assert_eq!(problem["status"], status, "at {caller}: {text}");
    assert_eq!(problem["request_id"].as_str(), request_id.as_deref(), "at {caller}: {text}");
    for field in ["type", "title", "detail", "system_does", "you_can"] {
        assert!(
            problem[field].as_str().is_some_and(|text| !text.is_empty()),
            "at {caller}: {text}"
        );
    }
    problem
}

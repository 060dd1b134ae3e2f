//! The workers against the sandbox: what they read, send, settle and confirm, judged by the sandbox's ledger.

use std::time::Duration;

use adapters::cabinets::{Addresses, CabinetKey, Cabinets, ConnectError};
use adapters::model::{Embedder, ModelOptions};
use adapters::notice::{Networks, Post, PostOptions};
use adapters::sync::SyncIntervals;
use adapters::work::{Work, WorkOptions};
use chrono::{DateTime, TimeDelta, Utc};
use commands::attachment::Attachments;
use commands::credential::Credentials;
use commands::erase::Erasures;
use commands::{Actor, Commands, Context};
use domain::interaction::{Interaction, InteractionCommand, ReplyState, Timing};
use domain::policy::delivery::SettlePolicy;
use domain::{AccountId, InteractionId, ReplyId, TenantId};
use eventlog::{AppenderOptions, Db, EventLog, MasterKey, MasterKeys, SubjectKeys, Vault};
use projections::inbox::{self, Filter, InboxRow, Order};
use sandbox::{Fault, FaultRule, Faults, ReviewSource, RunningSandbox, Sandbox, SandboxConfig};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0xa11));
const TEXT: &str = "Здравствуйте! Спасибо за отзыв.";

/// Longer than anything here takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(40);

pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    pub(crate) vault: Vault,
    pub(crate) sandbox: RunningSandbox,
    pub(crate) account: AccountId,
    pub(crate) log: EventLog,
    credentials: Credentials,
    model: Option<ModelOptions>,
    stop: CancellationToken,
    work: tokio::task::JoinHandle<()>,
    _ledger: tempfile::TempDir,
}

impl World {
    /// A cabinet of Wildberries.
    pub(crate) async fn start(pool: &PgPool, faults: Faults) -> Self {
        let key = CabinetKey::Wildberries { token: "sandbox-demo-token".to_owned().into() };
        Self::with_key(pool, faults, key).await
    }

    pub(crate) async fn with_key(pool: &PgPool, faults: Faults, key: CabinetKey) -> Self {
        let config = SandboxConfig { rate_scale: 100.0, faults, ..SandboxConfig::default() };
        Self::with_config(pool, config, key).await
    }

    pub(crate) async fn with_config(pool: &PgPool, config: SandboxConfig, key: CabinetKey) -> Self {
        Self::prepared(pool, config, key, async |_, _| None).await
    }

    /// A world in which something is settled before the first reading, and whose drafts a model may write.
    pub(crate) async fn prepared(
        pool: &PgPool,
        config: SandboxConfig,
        key: CabinetKey,
        prepare: impl AsyncFnOnce(&Commands, &RunningSandbox) -> Option<ModelOptions>,
    ) -> Self {
        _ = rustls::crypto::ring::default_provider().install_default();
        let ledger = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(SandboxConfig {
            ledger: ledger.path().join("ledger.jsonl"),
            reviews: ReviewSource { count: Some(40), ..ReviewSource::default() },
            ..config
        })
        .await
        .unwrap();
        let db = Db::from_pool(pool.clone());
        let master_keys = MasterKeys::new(MasterKey::generate("test"), vec![]);
        let keys = SubjectKeys::new(db.clone(), master_keys.clone());
        let log = EventLog::new(db.clone(), keys, AppenderOptions::default());
        let commands = Commands::new(log.clone());
        let vault = Vault::new(db.clone(), master_keys);
        let credentials = Credentials::new(db.clone(), vault.clone());
        let addresses = addresses(&sandbox);
        let cabinets =
            Cabinets::new(db.clone(), commands.clone(), credentials.clone(), addresses.clone())
                .unwrap();
        let model = prepare(&commands, &sandbox).await;
        let account =
            cabinets.connect(TENANT, Actor::System("test"), "Основной".into(), key).await.unwrap();
        let stop = CancellationToken::new();
        let work = work(&db, &log, &credentials, addresses, model.clone(), None, &stop);
        Self {
            model,
            db,
            commands,
            cabinets,
            vault,
            sandbox,
            account,
            log,
            credentials,
            stop,
            work,
            _ledger: ledger,
        }
    }

    /// The workers end, and `meanwhile` is over before others begin.
    pub(crate) async fn restart(self, meanwhile: impl AsyncFnOnce(&Self)) -> Self {
        self.stop.cancel();
        while !self.work.is_finished() {
            tokio::task::yield_now().await;
        }
        meanwhile(&self).await;
        let stop = CancellationToken::new();
        let (addresses, model) = (addresses(&self.sandbox), self.model.clone());
        let work = work(&self.db, &self.log, &self.credentials, addresses, model, None, &stop);
        Self { stop, work, ..self }
    }

    /// The workers end at once, in the middle of whatever they do, and `meanwhile` is over before others begin.
    pub(crate) async fn killed(self, meanwhile: impl AsyncFnOnce(&Self)) -> Self {
        self.work.abort();
        self.restart(meanwhile).await
    }

    pub(crate) async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(tokio::time::Instant::now() < deadline, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) fn erasures(&self) -> Erasures {
        Erasures::new(self.db.clone(), self.log.subject_keys().clone(), self.commands.clone())
    }

    pub(crate) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(crate) fn attachments(&self) -> Attachments {
        Attachments::new(self.db.clone(), self.log.subject_keys().clone())
    }

    pub(crate) async fn waiting(&self, count: usize) -> Vec<InboxRow> {
        let filter = Filter { statuses: vec!["waiting".into()], ..Filter::default() };
        self.until("reviews to answer", async || {
            let page =
                inbox::list(&self.db, TENANT, &filter, Order::Newest, None, 200).await.unwrap();
            (page.rows.len() >= count).then_some(page.rows)
        })
        .await
    }

    pub(crate) async fn reply(&self, row: &InboxRow, reply_id: ReplyId, text: &str) {
        let command = InteractionCommand::RequestReply {
            reply_id,
            text: text.into(),
            draft_id: None,
            bulk_id: None,
            files: vec![],
            timing: Timing::default(),
            grounds: domain::guardrail::Grounds::default(),
        };
        let context = Context::new(TENANT, Actor::System("test"));
        let id = InteractionId(row.interaction_id);
        self.commands.execute::<Interaction>(&context, id, command).await.unwrap();
    }

    pub(crate) async fn until_state(&self, row: &InboxRow, reply_id: ReplyId, state: ReplyState) {
        let id = InteractionId(row.interaction_id);
        self.until(&format!("{state:?}"), async || {
            let loaded = self.commands.load::<Interaction>(TENANT, id).await.unwrap();
            let version = loaded.aggregate.version(reply_id).cloned().unwrap();
            (version.state == state).then_some(())
        })
        .await;
    }

    /// Lines of the ledger about answers to reviews that took effect: (review, text).
    async fn applied(&self) -> Vec<(String, String)> {
        self.applied_of("answer").await
    }

    /// Lines of the ledger of one kind about what took effect: (target, text).
    pub(crate) async fn applied_of(&self, kind: &str) -> Vec<(String, String)> {
        let url = format!("{}/ledger?kind={kind}", self.sandbox.url());
        let lines = reqwest::get(url).await.unwrap().text().await.unwrap();
        lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|line| line["applied"] == true)
            .map(|line| {
                let text = |field: &str| line[field].as_str().unwrap().to_owned();
                (text("target"), text("text"))
            })
            .collect()
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        self.work.await.unwrap();
        self.sandbox.stop().await;
    }
}

pub(crate) fn work(
    db: &Db,
    log: &EventLog,
    credentials: &Credentials,
    addresses: Addresses,
    model: Option<ModelOptions>,
    embedder: Option<Embedder>,
    stop: &CancellationToken,
) -> tokio::task::JoinHandle<()> {
    let options = WorkOptions {
        addresses,
        sync_intervals: SyncIntervals {
            feedback: Duration::from_millis(500),
            chats: Duration::from_millis(500),
            after_failure: Duration::from_millis(500),
        },
        lease: Duration::from_secs(5),
        settle: SettlePolicy {
            read_after: vec![TimeDelta::milliseconds(500), TimeDelta::milliseconds(1000)],
            proof_age: TimeDelta::milliseconds(1500),
        },
        confirm_after: Duration::from_millis(300),
        projection_lease: Duration::from_secs(5),
        compared: model.clone().map(Into::into),
        model,
        embedder,
        automatic_replies: true,
        post: Post::new(PostOptions {
            smtp: None,
            telegram: None,
            webhooks: Networks::Internet,
            console: None,
        })
        .unwrap(),
    };
    let commands = Commands::new(log.clone());
    let work = Work::new(db.clone(), log.clone(), commands, credentials.clone(), options).unwrap();
    let stop = stop.clone();
    tokio::spawn(async move { work.run(stop).await })
}

pub(crate) fn addresses(sandbox: &RunningSandbox) -> Addresses {
    let under = |path: &str| format!("{}/{path}", sandbox.url());
    Addresses {
        wildberries: sandbox.url(),
        wildberries_chats: under("buyer-chat-api"),
        wildberries_returns: under("returns-api"),
        ozon: under("ozon"),
        yandex: under("yandex"),
    }
}

pub(crate) fn reply_id(number: u128) -> ReplyId {
    ReplyId(Uuid::from_u128(number))
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_reaches_the_buyer_once_and_is_seen_published(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = world.waiting(5).await.swap_remove(0);
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    assert_eq!(world.applied().await, [(row.external_id.clone(), TEXT.to_owned())]);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_whose_receipt_was_lost_is_found_and_not_repeated(pool: PgPool) {
    let faults = Faults::default().with(Fault::AnswerLost, FaultRule::nth([1]));
    let world = World::start(&pool, faults).await;
    let row = world.waiting(5).await.swap_remove(0);
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    assert_eq!(world.applied().await.len(), 1);
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_request_that_never_arrived_is_sent_again_after_proof(pool: PgPool) {
    let faults = Faults::default().with(
        Fault::ResetBefore,
        FaultRule { on: Some(sandbox::CallKind::Write), ..FaultRule::nth([1]) },
    );
    let world = World::start(&pool, faults).await;
    let row = world.waiting(5).await.swap_remove(0);
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    assert_eq!(world.applied().await.len(), 1);
    let events: Vec<String> =
        sqlx::query_scalar("select event_type from es.event where stream_id = $1 order by version")
            .bind(row.interaction_id)
            .fetch_all(&pool)
            .await
            .unwrap();
    let unknown = events.iter().position(|event| event == "ReplyOutcomeUnknown");
    let absent = events.iter().position(|event| event == "ReplyConfirmedAbsent");
    assert!(unknown.is_some() && unknown < absent, "{events:?}");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_withdrawn_key_stops_the_account_and_is_told(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let row = world.waiting(5).await.swap_remove(0);
    let revoke = format!("{}/control/wildberries/demo/tokens/revoke", world.sandbox.url());
    let body = serde_json::json!({"token": "sandbox-demo-token"});
    let client = reqwest::Client::new();
    client.post(revoke).json(&body).send().await.unwrap().error_for_status().unwrap();
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Failed).await;
    let reason = world
        .until("the account to be marked", async || {
            let account = projections::accounts::one(&world.db, TENANT, world.account);
            account.await.unwrap().unwrap().access_lost_reason
        })
        .await;
    assert_eq!(reason, "unauthorized");
    assert!(world.applied().await.is_empty());
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wrong_key_connects_nothing(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let db = world.db.clone();
    let vault = Vault::new(db.clone(), MasterKeys::new(MasterKey::generate("test"), vec![]));
    let cabinets = Cabinets::new(
        db.clone(),
        world.commands.clone(),
        Credentials::new(db.clone(), vault),
        addresses(&world.sandbox),
    )
    .unwrap();
    let stranger = TenantId(Uuid::from_u128(0xb22));
    let key = CabinetKey::Wildberries { token: "no-such-token".to_owned().into() };
    let outcome = cabinets.connect(stranger, Actor::System("test"), "Второй".into(), key).await;
    assert!(matches!(outcome, Err(ConnectError::CredentialRejected)), "{outcome:?}");
    assert!(projections::accounts::list(&db, stranger).await.unwrap().is_empty());
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_page_that_the_database_refuses_is_given_back_and_read_again(pool: PgPool) {
    // Where readings are noted after they are taken in, the first two times.
    for statement in [
        "create sequence refusals",
        "create function refuse_twice() returns trigger language plpgsql as $$ begin
            if nextval('refusals') <= 2 then raise exception 'the database has no time'; end if;
            return null;
        end $$",
        "create trigger refuse before insert on reading_digest
            for each statement execute function refuse_twice()",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    let world = World::start(&pool, Faults::default()).await;
    let given_back =
        "select error_code from channel_sync where lease_until is null and error_count > 0";
    let code = world
        .until("the page to be given back", async || {
            let code: Option<Option<String>> =
                sqlx::query_scalar(given_back).fetch_optional(&pool).await.unwrap();
            code.flatten()
        })
        .await;
    assert_eq!(code, "internal");
    world
        .until("a round that ends well", async || {
            let done = "select true from channel_sync having bool_and(backfill_done and error_code is null)";
            sqlx::query_scalar::<_, bool>(done).fetch_optional(&pool).await.unwrap()
        })
        .await;
    let refused: i64 =
        sqlx::query_scalar("select last_value from refusals").fetch_one(&pool).await.unwrap();
    assert!(refused > 2, "the pages were refused and read again: {refused}");
    world.end().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn how_a_marketplace_answers_is_written_down(pool: PgPool) {
    let questions = Some("GET /api/v1/questions".to_owned());
    let malformed = FaultRule { call: questions, ..FaultRule::nth(1..=4) };
    let faults = Faults::default().with(Fault::Malformed, malformed);
    let world = World::start(&pool, faults).await;
    let row = world.waiting(5).await.swap_remove(0);
    world.reply(&row, reply_id(1), TEXT).await;
    world.until_state(&row, reply_id(1), ReplyState::Published).await;
    let synced = "select last_synced_at from channel_sync where channel = 'question'";
    let synced = async || {
        sqlx::query_scalar::<_, Option<DateTime<Utc>>>(synced).fetch_one(&pool).await.unwrap()
    };
    world.until("questions after four failures", synced).await;
    world.end().await;

    let refused = "select work || ' ' || failure || ' ' || times from marketplace_refusal
        where tenant_id = $1 and marketplace = 'wildberries' and last_at > now() - interval '1 minute'";
    let refused: Vec<String> =
        sqlx::query_scalar(refused).bind(TENANT.0).fetch_all(&pool).await.unwrap();
    let of_four =
        "the first and the fourth: the second and third asked for the same place once more";
    assert_eq!(refused, ["read malformed_answer 2"], "{of_four}");
    let calls = "select sum(n)::bigint from marketplace_pace, unnest(calls) n
        where tenant_id = $1 and marketplace = 'wildberries'";
    let calls: i64 = sqlx::query_scalar(calls).bind(TENANT.0).fetch_one(&pool).await.unwrap();
    assert_eq!(calls, 1, "one call sent something");
    let watched = "select count(*) from marketplace_watched where marketplace = 'wildberries'";
    let watched: i64 = sqlx::query_scalar(watched).fetch_one(&pool).await.unwrap();
    assert_eq!(watched, 1);
}

//! Notifications of Ozon and Yandex.Market: who may deliver them, what is answered, and that one makes a reading due.

mod address;
mod arrival;
mod refusals;
mod yandex;

use reqwest::{Method, RequestBuilder, Response, StatusCode};
use sandbox::{
    OzonAccount, ReviewSource, RunningSandbox, Sandbox, SandboxConfig, SellerConfig, YandexConfig,
    YandexKeyConfig,
};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;

use crate::accounts::follow;
use crate::harness::{Setup, Signed, TestApp, expect};

const OZON_KEY: &str = "ozon-key";
const YANDEX_KEY: &str = "ACMA:yandex-key:00000000";

/// The marketplace's number of the cabinet that is notified.
const CABINET: u64 = 700_001;

const LATER: &str = "next_at = now() + interval '1 hour'";

/// Anna's cabinet, whose channels are to be read in an hour.
struct Shop {
    app: TestApp,
    anna: Signed,
    account: String,
    pool: PgPool,
    sandbox: RunningSandbox,
    _folder: TempDir,
}

impl Shop {
    async fn start(pool: PgPool) -> Self {
        Self::with(pool, Setup::default()).await
    }

    async fn with(pool: PgPool, setup: Setup) -> Self {
        Self::of(pool, setup, ("ozon", "client_id", OZON_KEY)).await
    }

    async fn at_yandex(pool: PgPool) -> Self {
        Self::of(pool, Setup::default(), ("yandex_market", "business_id", YANDEX_KEY)).await
    }

    async fn of(
        pool: PgPool,
        setup: Setup,
        (marketplace, number, key): (&str, &str, &str),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let yandex = YandexConfig::new(CABINET, [YandexKeyConfig::new(YANDEX_KEY)]);
        let seller = SellerConfig::new("demo", []).with_yandex(yandex);
        let sandbox = Sandbox::start(SandboxConfig {
            ledger: folder.path().join("ledger.jsonl"),
            sellers: vec![seller.with_ozon(OzonAccount::new(CABINET, OZON_KEY))],
            reviews: ReviewSource::nothing(),
            rate_scale: 1000.0,
            ..SandboxConfig::default()
        });
        let sandbox = sandbox.await.unwrap();
        let setup = Setup { wildberries_url: sandbox.url(), ..setup };
        let app = TestApp::with(pool.clone(), setup).await;
        let anna = app.register("anna@example.ru").await;
        let body = json!({"marketplace": marketplace, "name": "Основной", "token": key,
            number: CABINET.to_string()});
        let connect = anna.write(Method::POST, "/accounts", &body);
        let account = follow(&app, connect, StatusCode::CREATED).await;
        let account = account["account_id"].as_str().unwrap().to_owned();
        let shop = Self { app, anna, account, pool, sandbox, _folder: folder };
        // Whatever is read of such a cabinet by now.
        let all = "insert into channel_sync (tenant_id, account_id, marketplace, channel)
            select tenant_id, account_id, marketplace, channel
                from account, unnest(array['review', 'question', 'chat']) as c (channel)
            on conflict do nothing";
        sqlx::query(all).execute(&shop.pool).await.unwrap();
        shop.set("channel_sync", LATER).await;
        shop
    }

    async fn set(&self, table: &'static str, set: &'static str) {
        let change = AssertSqlSafe(format!("update {table} set {set}"));
        sqlx::query(change).execute(&self.pool).await.unwrap();
    }

    /// Makes an address, in place of the one before, and returns it.
    async fn renew(&self) -> String {
        let path = format!("/accounts/{}/notifications", self.account);
        expect(self.anna.write(Method::POST, &path, &json!({})), StatusCode::NO_CONTENT).await;
        self.state().await["address"]["path"].as_str().unwrap().to_owned()
    }

    /// What the owner is told of notifications.
    async fn state(&self) -> Value {
        self.anna.get(&format!("/accounts/{}/notifications", self.account)).await
    }

    fn push(&self, address: &str, body: &Value) -> RequestBuilder {
        self.app.call(Method::POST, address).json(body)
    }

    /// The channels whose reading is due.
    async fn due(&self) -> Vec<String> {
        let due = "select channel from channel_sync where next_at <= now() order by channel";
        sqlx::query_scalar(due).fetch_all(&self.pool).await.unwrap()
    }
}

/// A buyer's message as Ozon notifies of it.
fn message() -> Value {
    json!({"message_type": "TYPE_NEW_MESSAGE", "chat_id": "c-1", "chat_type": "Buyer_Seller", "message_id": "30",
        "created_at": "2026-03-10T14:08:00.257Z", "user": {"id": "115568", "type": "Сustomer"},
        "data": ["Где мой заказ?"], "seller_id": CABINET.to_string()})
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response: Response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

fn taken() -> (u16, Value) {
    (200, json!({"result": true}))
}

#[sqlx::test(migrations = "../migrations")]
async fn news_make_the_reading_of_their_channel_due_and_of_no_other(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    assert_eq!(answer(shop.push(&address, &message())).await, taken());
    assert_eq!(shop.due().await, ["chat"]);
    let state = shop.state().await;
    assert_eq!(state["address"]["received"], 1);
    assert!(state["address"]["last_received_at"].is_string(), "{state}");

    // Delivered again, since the answer was lost on its way.
    assert_eq!(answer(shop.push(&address, &message())).await, taken());
    assert_eq!(shop.due().await, ["chat"]);
}

/// The control: a receiver that answers and forgets.
#[sqlx::test(migrations = "../migrations")]
async fn sabotage_a_receiver_that_forgets_makes_nothing_due(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    forget_hints(&shop.pool).await;
    assert_eq!(answer(shop.push(&address, &message())).await, taken());
    assert_eq!(shop.due().await, Vec::<String>::new());
}

/// Lets no notification change when a channel is read.
async fn forget_hints(pool: &PgPool) {
    for statement in [
        "create function forget_hint() returns trigger language plpgsql as $$ begin
            if new.hinted_at is distinct from old.hinted_at then return old; end if;
            return new;
        end $$",
        "create trigger forget before update on channel_sync for each row execute function forget_hint()",
    ] {
        sqlx::query(statement).execute(pool).await.unwrap();
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_channel_that_is_suspended_or_waits_after_a_failure_keeps_its_time(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let failed = "error_code = 'server_error', error_since = now(), error_count = 1";
    for set in [failed, "error_code = null, next_at = 'infinity'"] {
        shop.set("channel_sync", set).await;
        assert_eq!(answer(shop.push(&address, &message())).await, taken());
        assert_eq!(shop.due().await, Vec::<String>::new(), "{set}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_channel_that_is_not_read_is_no_reason_to_refuse(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    sqlx::query("delete from channel_sync where channel = 'chat'")
        .execute(&shop.pool)
        .await
        .unwrap();
    assert_eq!(answer(shop.push(&address, &message())).await, taken());
    assert_eq!(shop.due().await, Vec::<String>::new());
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_not_read_is_accepted_and_counted(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let address = shop.renew().await;
    let mut support = message();
    support["chat_type"] = json!("Seller_Support");
    for (number, body) in [json!({"message_type": "TYPE_MOON_LANDED"}), support].iter().enumerate()
    {
        assert_eq!(answer(shop.push(&address, body)).await, taken());
        assert_eq!(shop.state().await["address"]["received"], number + 1);
    }
    assert_eq!(shop.due().await, Vec::<String>::new());
}

/// The sandbox's own sender decides whether the answer is the one that is asked for.
#[sqlx::test(migrations = "../migrations")]
async fn ozon_confirms_the_address_by_a_ping_and_then_notifies(pool: PgPool) {
    let shop = Shop::start(pool).await;
    let url = shop.app.url(&shop.renew().await);
    let control = |path: &str| format!("{}/control/ozon/demo/{path}", shop.sandbox.url());
    let client = &shop.app.client;
    let connect = client.put(control("receiver")).json(&json!({"url": url}));
    expect(connect, StatusCode::ACCEPTED).await;
    let chat = client.post(control("chats")).json(&json!({"text": "Где мой заказ?"}));
    let chat = chat.send().await.unwrap();
    assert!(chat.status().is_success(), "{chat:?}");
    let pushes = loop {
        let pushes = expect(client.get(control("pushes")), StatusCode::OK).await;
        // The ping and the message.
        if pushes["delivered"].as_u64() >= Some(2) || pushes["receiver"]["is_suspended"] == true {
            break pushes;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(pushes["receiver"]["is_confirmed"], true, "{pushes}");
    assert_eq!(pushes["receiver"]["is_suspended"], false, "{pushes}");
    assert_eq!(shop.due().await, ["chat"]);
}

//! Who hears of alerts outside the console: what they are sent by real servers of mail and HTTP, once, whatever happens on
//! the way; and who may enter whom.

mod repeated;

use std::time::Duration;

use adapters::notice::{Networks, PostOptions, Smtp, Telegram};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{FixedOffset, Timelike as _, Utc};
use commands::{Actor, Context};
use domain::policy::alert::{Alarm, AlertCause, AlertKind, AlertSeverity};
use domain::policy::notice::{Change, Due, News};
use domain::seller::{Seller, SellerCommand};
use hmac::{Hmac, KeyInit as _, Mac as _};
use projections::recipients as kept;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::Sha256;
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Setup, Signed, TestApp, check_problem, expect, expect_problem};
use crate::peers::{HttpPeer, MailServer, Postman};

const PATH: &str = "/seller/recipients";

const WITHIN: Duration = Duration::from_secs(30);

/// An API whose sellers are told by these servers.
struct World {
    app: TestApp,
    pool: PgPool,
    anna: Signed,
    mail: MailServer,
    http: HttpPeer,
}

impl World {
    async fn start(pool: PgPool) -> Self {
        let (mail, http) = (MailServer::start().await, HttpPeer::start().await);
        let post = PostOptions {
            smtp: Some(Smtp {
                url: mail.url.clone().into(),
                from: "AgentIQ <alerts@example.ru>".to_owned(),
            }),
            telegram: Some(Telegram { url: http.url.clone(), token: "1:bot-token".into() }),
            webhooks: Networks::Any,
            console: Some("https://agentiq.example.ru".to_owned()),
        };
        let app = TestApp::with(pool.clone(), Setup { post, ..Setup::default() }).await;
        let anna = app.register("anna@example.ru").await;
        Self { app, pool, anna, mail, http }
    }

    async fn enter(&self, medium: &str, address: &str) -> String {
        enter(&self.anna, &recipient(medium, address)).await
    }

    /// Has the seller take note of what was found.
    async fn watch(&self, alarm: Option<Alarm>) {
        let context = Context::new(self.anna.tenant, Actor::System("alerts"));
        let command = SellerCommand::Watch { kind: AlertKind::FailedReplies, alarm };
        let tenant = self.anna.tenant;
        self.app.commands.execute::<Seller>(&context, tenant, command).await.unwrap();
    }

    async fn warn(&self) {
        self.watch(Some(alarm(AlertSeverity::Warning, 4))).await;
    }

    /// Has whoever waits for a pause to end wait no longer.
    async fn skip_pauses(&self) {
        sqlx::query("update recipient set next_at = clock_timestamp() where owner is null")
            .execute(&self.pool)
            .await
            .unwrap();
    }

    async fn count(&self, query: &str) -> i64 {
        let query = sqlx::AssertSqlSafe(query.to_owned());
        sqlx::query_scalar(query).fetch_one(&self.pool).await.unwrap()
    }

    /// Waits until nobody is to be told anything.
    async fn until_settled(&self) {
        let unsettled = "select count(*) from recipient r left join sending s using (tenant_id)
            where r.seen <> coalesce(s.alerts, '{}') or r.look_at is not null or r.owner is not null
                or exists (select from notice n where n.recipient_id = r.recipient_id and n.outcome is null)";
        until("all are told", async || self.count(unsettled).await == 0).await;
    }

    async fn listed(&self) -> Value {
        self.anna.get(PATH).await["items"][0].clone()
    }
}

fn alarm(severity: AlertSeverity, count: u32) -> Alarm {
    Alarm { severity, count, causes: vec![AlertCause { cause: "bad_request".into(), count }] }
}

fn recipient(medium: &str, address: &str) -> Value {
    json!({"medium": medium, "address": address, "least_severity": "warning"})
}

async fn enter(by: &Signed, body: &Value) -> String {
    let entered = expect(by.write(Method::POST, PATH, body), StatusCode::CREATED).await;
    entered["recipient_id"].as_str().unwrap().to_owned()
}

async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + WITHIN;
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_alert_is_told_once_by_every_medium_though_two_processes_look(pool: PgPool) {
    let world = World::start(pool).await;
    world.enter("email", "olga@example.ru").await;
    world.enter("telegram", "-100123").await;
    world.enter("webhook", &format!("{}/hook", world.http.url)).await;
    world.app.work();
    world.app.work();
    world.warn().await;
    until("three are told", async || {
        world.mail.letters().len() == 1 && world.http.calls().len() == 2
    })
    .await;
    world.until_settled().await;
    // What is known already is no news.
    world.warn().await;
    world.watch(Some(alarm(AlertSeverity::Critical, 9))).await;
    until("three are told of the urgency", async || {
        world.mail.letters().len() == 2 && world.http.calls().len() == 4
    })
    .await;
    world.until_settled().await;
    assert_eq!((world.mail.letters().len(), world.http.calls().len()), (2, 4));

    let letter = &world.mail.letters()[0];
    assert_eq!(letter.to, "RCPT TO:<olga@example.ru>");
    for header in ["From: AgentIQ <alerts@example.ru>", "Auto-Submitted: auto-generated"] {
        assert!(letter.headers.contains(header), "{}", letter.headers);
    }
    for words in [
        "Требует внимания: ответы не уходят, с ",
        "За последний час не ушло ответов: 4.",
        "(Europe/Moscow)",
        "https://agentiq.example.ru/queue?status=failed",
        "Продавец: Ромашка.",
        "https://agentiq.example.ru/settings/notices",
    ] {
        assert!(letter.text.contains(words), "{}", letter.text);
    }
    assert!(world.mail.letters()[1].text.contains("Срочно: ответы не уходят (стало срочным)"));
    let calls = world.http.calls();
    let told = calls.iter().find(|call| call.path == "/bot1:bot-token/sendMessage").unwrap();
    assert_eq!(told.body["chat_id"], "-100123");
    assert!(told.body["text"].as_str().unwrap().starts_with("AgentIQ: ответы не уходят — Ромашка"));
    let hooked = calls.iter().find(|call| call.path == "/hook").unwrap();
    let alert = &hooked.body["alerts"][0];
    assert_eq!(
        (&alert["kind"], &alert["change"], &alert["severity"], &alert["count"]),
        (&json!("failed_replies"), &json!("began"), &json!("warning"), &json!(4))
    );
    assert_eq!(alert["causes"][0], json!({"cause": "bad_request", "count": 4}));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_webhook_is_signed_as_the_standard_has_it(pool: PgPool) {
    let world = World::start(pool).await;
    let id = world.enter("webhook", &format!("{}/hook", world.http.url)).await;
    let shown = world.anna.get(&format!("{PATH}/{id}/signing-key")).await;
    let key = shown["signing_key"].as_str().unwrap().strip_prefix("whsec_").unwrap();
    let test = world.anna.write(Method::POST, &format!("{PATH}/{id}/test"), &json!({}));
    let tested = expect(test, StatusCode::OK).await;
    assert_eq!((&tested["delivered"], &tested["code"]), (&json!(true), &Value::Null));
    let call = world.http.calls().pop().unwrap();
    let header = |name: &str| call.headers[name].to_str().unwrap().to_owned();
    assert_eq!(
        (&call.body["type"], header("webhook-id")),
        (&json!("test"), call.body["id"].as_str().unwrap().to_owned())
    );
    let sent_at: i64 = header("webhook-timestamp").parse().unwrap();
    assert!((Utc::now().timestamp() - sent_at).abs() < 60);
    let key = BASE64_STANDARD.decode(key).unwrap();
    let signed = format!("{}.{sent_at}.{}", header("webhook-id"), call.raw);
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(signed.as_bytes());
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    assert_eq!(header("webhook-signature"), expected);
    let again = world.anna.write(Method::POST, &format!("{PATH}/{id}/test"), &json!({}));
    expect_problem(again, 429, "recipients_too_often").await;
}

/// Has a program and a mailbox that do not say whether they took a message asked again. Returns the ids of what each of
/// them was sent.
async fn ids_of_repetitions(pool: PgPool) -> [Vec<String>; 2] {
    let world = World::start(pool).await;
    world.enter("webhook", &format!("{}/hook", world.http.url)).await;
    world.enter("email", "olga@example.ru").await;
    world.http.plan((500, None, "after the work"));
    world.mail.plan(Postman::HangsUp);
    world.app.work();
    world.warn().await;
    let failing = "select count(*) from recipient where failures = 1 and owner is null";
    until("both have failed", async || world.count(failing).await == 2).await;
    assert_eq!(world.count("select count(*) from notice where outcome is null").await, 2);
    world.skip_pauses().await;
    until("both are told", async || {
        world.count("select count(*) from notice where outcome = 'arrived'").await == 2
    })
    .await;
    world.until_settled().await;
    assert_eq!(world.listed().await["failing"], Value::Null);
    let calls = world.http.calls().into_iter();
    let hooked = calls.map(|call| call.headers["webhook-id"].to_str().unwrap().to_owned());
    let letters = world.mail.letters().into_iter();
    let mailed = letters.map(|letter| {
        let id = letter.headers.lines().find(|line| line.starts_with("Message-ID"));
        id.unwrap().to_owned()
    });
    [hooked.collect(), mailed.collect()]
}

#[cfg(not(feature = "sabotage-tells-again"))]
#[sqlx::test(migrations = "../migrations")]
async fn what_may_have_arrived_is_sent_again_under_its_id(pool: PgPool) {
    for ids in ids_of_repetitions(pool).await {
        assert_eq!(ids.len(), 2);
        assert_eq!(ids[0], ids[1]);
    }
}

#[cfg(feature = "sabotage-tells-again")]
#[sqlx::test(migrations = "../migrations")]
async fn a_repetition_under_another_id_is_noticed(pool: PgPool) {
    for ids in ids_of_repetitions(pool).await {
        assert_eq!(ids.len(), 2);
        assert_ne!(ids[0], ids[1]);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_whose_process_died_is_sent_by_another(pool: PgPool) {
    let world = World::start(pool).await;
    world.enter("email", "olga@example.ru").await;
    world.warn().await;
    world.app.catch_up().await;
    let lease = Duration::from_mins(1);
    let claimed = kept::claim(&world.app.db, lease).await.unwrap().unwrap();
    assert!(kept::claim(&world.app.db, lease).await.unwrap().is_none(), "nobody else is at it");
    let news = News {
        kind: AlertKind::FailedReplies,
        change: Change::Began,
        severity: AlertSeverity::Warning,
        count: 4,
        causes: vec![],
        since: Utc::now(),
        ended_at: None,
    };
    let told = [(AlertKind::FailedReplies, AlertSeverity::Warning)].into();
    let due = Due { news: vec![news], told, is_later: false };
    let noted = kept::begin(&world.app.db, &claimed, &due).await.unwrap().unwrap();
    // The process is gone. Until its lease ends, nobody goes on; then whoever comes first does.
    world.app.work();
    sqlx::query("update recipient set next_at = clock_timestamp()")
        .execute(&world.pool)
        .await
        .unwrap();
    until("the letter is there", async || !world.mail.letters().is_empty()).await;
    let letters = world.mail.letters();
    assert!(letters[0].headers.contains(&noted.notice_id.to_string()), "{}", letters[0].headers);
    // Whoever was taken for dead has nothing to say any more.
    assert!(!kept::begin_again(&world.app.db, &claimed, &noted).await.unwrap());
    assert!(kept::begin(&world.app.db, &claimed, &due).await.unwrap().is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_is_shown_and_a_test_that_arrives_ends_it(pool: PgPool) {
    let world = World::start(pool).await;
    let id = world.enter("email", "olga@example.ru").await;
    world.mail.plan(Postman::Says("550 no such user"));
    world.app.work();
    world.warn().await;
    until("it is refused", async || world.listed().await["failing"] != Value::Null).await;
    let failing = world.listed().await["failing"].clone();
    assert_eq!((&failing["code"], &failing["status"]), (&json!("refused"), &json!(550)));
    assert!(failing["message"].as_str().unwrap().contains("отказался"));
    let hours = "select count(*) from recipient where next_at > now() + interval '5 hours'";
    assert_eq!(world.count(hours).await, 1, "nobody is knocked up every minute");
    let test = world.anna.write(Method::POST, &format!("{PATH}/{id}/test"), &json!({}));
    assert_eq!(expect(test, StatusCode::OK).await["delivered"], true);
    until("the alert is told", async || world.mail.letters().len() == 2).await;
    until("it is noted", async || world.listed().await["told_at"] != Value::Null).await;
    assert_eq!(world.listed().await["failing"], Value::Null);
    let refused = "select count(*) from notice where outcome = 'refused'";
    assert_eq!(world.count(refused).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_busy_is_asked_again_when_they_say(pool: PgPool) {
    let world = World::start(pool).await;
    let id = world.enter("telegram", "@alerts_of_anna").await;
    let busy = r#"{"ok":false,"error_code":429,"parameters":{"retry_after":1800}}"#;
    world.http.plan((429, None, busy));
    world.app.work();
    world.warn().await;
    let put_off = async |seconds: u32| {
        let query = format!(
            "select count(*) from recipient where failure = 'busy' and failure_status = 429
                and next_at between now() + interval '{} seconds' and now() + interval '{seconds} seconds'",
            seconds - 60
        );
        world.count(&query).await == 1
    };
    until("it is put off", async || put_off(1_800).await).await;
    let path = format!("{PATH}/{id}");
    let removal = world.anna.call(Method::DELETE, &path);
    let removal = removal.header("idempotency-key", Uuid::new_v4().to_string());
    expect(removal, StatusCode::NO_CONTENT).await;
    world.http.plan((429, Some("600"), ""));
    world.enter("webhook", &format!("{}/hook", world.http.url)).await;
    until("it is put off", async || put_off(600).await).await;
    world.skip_pauses().await;
    world.until_settled().await;
    assert_eq!(world.http.calls().len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn quiet_hours_keep_what_can_wait(pool: PgPool) {
    let world = World::start(pool).await;
    let now = Utc::now().with_timezone(&FixedOffset::east_opt(3 * 3_600).unwrap()); // Moscow
    let around = |hours: u32| format!("{:02}:00", (now.hour() + hours) % 24);
    let quiet = json!({"from": around(23), "to": around(2)});
    let mut body = recipient("email", "olga@example.ru");
    body["quiet_hours"] = quiet.clone();
    let id = enter(&world.anna, &body).await;
    assert_eq!(world.listed().await["quiet_hours"], quiet);
    world.app.work();
    world.warn().await;
    let waits = "select count(*) from recipient where seen <> '{}' and look_at is not null and owner is null";
    until("it waits", async || world.count(waits).await == 1).await;
    assert_eq!(world.count("select count(*) from notice").await, 0);
    let change = json!({"least_severity": "warning"});
    let path = format!("{PATH}/{id}");
    expect(world.anna.write(Method::PUT, &path, &change), StatusCode::NO_CONTENT).await;
    until("it is told", async || world.mail.letters().len() == 1).await;
    assert_eq!(world.listed().await["quiet_hours"], Value::Null);
}

#[sqlx::test(migrations = "../migrations")]
async fn addresses_are_sealed_and_keys_shown_on_request_only(pool: PgPool) {
    let world = World::start(pool).await;
    let id =
        world.enter("webhook", "https://name:password@hooks.example.ru/secret-path?token=t").await;
    let mailbox = world.enter("email", "olga@example.ru").await;
    let list = world.anna.get(PATH).await;
    assert_eq!(list["items"][0]["address"], "https://hooks.example.ru/…");
    assert_eq!(list["items"][1]["address"], "olga@example.ru");
    assert_eq!(list["items"][1]["made_by"], "оператор anna@example.ru");
    for secret in ["secret-path", "password", "whsec_", "token=t"] {
        assert!(!list.to_string().contains(secret), "{secret}");
    }
    for table in ["recipient", "notice", "idempotency_key", "es.event"] {
        let dump = format!("select coalesce(string_agg(t::text, ' '), '') from {table} t");
        let dump: String =
            sqlx::query_scalar(sqlx::AssertSqlSafe(dump)).fetch_one(&world.pool).await.unwrap();
        for secret in ["secret-path", "olga@example.ru", "whsec_"] {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            assert!(!dump.contains(secret) && !dump.contains(&hex), "{secret} in {table}");
        }
    }
    let key = format!("{PATH}/{id}/signing-key");
    assert!(world.anna.get(&key).await["signing_key"].as_str().unwrap().starts_with("whsec_"));
    let of_mailbox = format!("{PATH}/{mailbox}/signing-key");
    expect_problem(world.anna.call(Method::GET, &of_mailbox), 404, "not_found").await;
    let boris = world.app.register("boris@example.ru").await;
    expect_problem(boris.call(Method::GET, &key), 404, "not_found").await;
    assert_eq!(boris.get(PATH).await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn ten_recipients_are_all_however_many_are_entered_at_once(pool: PgPool) {
    let world = World::start(pool).await;
    let enter = async |n: u32| {
        let body = recipient("email", &format!("olga{n}@example.ru"));
        world.anna.write(Method::POST, PATH, &body).send().await.unwrap().status().as_u16()
    };
    let mut statuses = futures::future::join_all((0..14).map(enter)).await;
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201; 10], vec![409; 4]].concat());
    assert_eq!(world.anna.get(PATH).await["items"].as_array().unwrap().len(), 10);
    let body = recipient("email", "olga99@example.ru");
    expect_problem(world.anna.write(Method::POST, PATH, &body), 409, "too_many_recipients").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn nobodys_mailbox_can_be_flooded_by_entering_it_again_and_again(pool: PgPool) {
    let world = World::start(pool).await;
    let mut entered: u32 = 0;
    let refused = loop {
        let body = recipient("email", "somebody@example.ru");
        let answer = world.anna.write(Method::POST, PATH, &body).send().await.unwrap();
        if answer.status() != 201 {
            break answer;
        }
        entered += 1;
        let id = answer.json::<Value>().await.unwrap()["recipient_id"].as_str().unwrap().to_owned();
        let removal = world.anna.call(Method::DELETE, &format!("{PATH}/{id}"));
        let removal = removal.header("idempotency-key", Uuid::new_v4().to_string());
        expect(removal, StatusCode::NO_CONTENT).await;
    };
    let here = std::panic::Location::caller();
    check_problem(refused, 429, "recipients_too_often", here).await;
    assert_eq!(i64::from(entered), kept::TURNS_MAX);
    let boris = world.app.register("boris@example.ru").await;
    enter(&boris, &recipient("email", "boris@example.ru")).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_told_is_refused_by_its_field(pool: PgPool) {
    let world = World::start(pool).await;
    let long = format!("https://example.ru/{}", "a".repeat(1_000));
    for (medium, address) in [
        ("email", "olga"),
        ("email", "olga@example.ru, boris@example.ru"),
        ("email", "olga@example.ru\r\nBcc: boris@example.ru"),
        ("email", ""),
        ("telegram", "olga"),
        ("telegram", "12345678901234567"),
        ("telegram", "@оля"),
        ("webhook", "hooks.example.ru"),
        ("webhook", "http://hooks.example.ru"),
        ("webhook", "https://hooks.example.ru/\0"),
        ("webhook", &long),
    ] {
        let refused = world.anna.write(Method::POST, PATH, &recipient(medium, address));
        let problem = expect_problem(refused, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], "address", "{medium} {address}: {problem}");
    }
    for quiet in [json!({"from": "22:00", "to": "22:00"}), json!({"from": "25:00", "to": "08:00"})]
    {
        let mut body = recipient("email", "olga@example.ru");
        body["quiet_hours"] = quiet;
        let problem =
            expect_problem(world.anna.write(Method::POST, PATH, &body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], "quiet_hours");
    }
    assert_eq!(world.anna.get(PATH).await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn webhooks_stay_on_the_internet_and_what_is_not_set_up_is_not_offered(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let peer = HttpPeer::start().await;
    let port = peer.url.rsplit(':').next().unwrap();
    for url in [
        format!("https://127.0.0.1:{port}/hook"),
        format!("https://[::ffff:127.0.0.1]:{port}/hook"),
        "https://169.254.169.254/latest/meta-data".to_owned(),
        "https://10.0.0.1/hook".to_owned(),
    ] {
        let refused = anna.write(Method::POST, PATH, &recipient("webhook", &url));
        let problem = expect_problem(refused, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], "address", "{url}");
    }
    // A name says nothing of where it leads; that shows when it is called.
    let id = enter(&anna, &recipient("webhook", &format!("https://localhost:{port}/hook"))).await;
    let test = anna.write(Method::POST, &format!("{PATH}/{id}/test"), &json!({}));
    let tested = expect(test, StatusCode::OK).await;
    assert_eq!((&tested["delivered"], &tested["code"]), (&json!(false), &json!("out_of_bounds")));
    for medium in ["email", "telegram"] {
        let refused = anna.write(Method::POST, PATH, &recipient(medium, "1"));
        let problem = expect_problem(refused, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], "medium");
    }
    let media = anna.get(PATH).await["media"].clone();
    assert_eq!(
        media,
        json!([
            {"medium": "email", "offered": false},
            {"medium": "telegram", "offered": false},
            {"medium": "webhook", "offered": true},
        ])
    );
}

//! Drafts over HTTP: made ahead, asked for, given, dismissed, and as the seller wants them.

use std::time::Duration;

use api::ApiSettings;
use chrono::Utc;
use domain::guardrail::{Grounds, Severity};
use domain::interaction::{
    Advice, Advised, DraftOrigin, DraftSource, InteractionCommand as Command, SendFailure, Timing,
    Used, UsedKind, WhyTemplate,
};
use domain::value::MessageAuthor::Buyer;
use domain::{DraftId, InteractionId, ReplyId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Setup, Signed, TestApp, expect, expect_problem, said, written_at};

async fn start(pool: PgPool) -> (TestApp, Signed) {
    let api = ApiSettings { reply_wait: Duration::from_secs(20), ..ApiSettings::default() };
    let app = TestApp::with(pool, Setup { api, ..Setup::default() }).await;
    let anna = app.register("anna@example.ru").await;
    (app, anna)
}

async fn ask(anna: &Signed, id: InteractionId, body: &Value, status: StatusCode) -> Value {
    let path = format!("/interactions/{id}/ai-draft");
    expect(anna.write(Method::POST, &path, body), status).await
}

/// Reads an interaction until its draft is as it should be.
pub(crate) async fn until(
    anna: &Signed,
    id: InteractionId,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    loop {
        let read = anna.call(Method::GET, &format!("/interactions/{id}")).send().await.unwrap();
        // What has just come in is not in the inbox yet.
        let is_known = read.status() == StatusCode::OK;
        let whole: Value = read.json().await.unwrap();
        if is_known && is_so(&whole) {
            return whole;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn change(anna: &Signed, change: impl FnOnce(&mut Value)) -> Value {
    let mut now = anna.get("/seller/drafting").await;
    change(&mut now["drafting"]);
    let body = json!({"replaces": now["version"], "drafting": now["drafting"]});
    expect(anna.write(Method::PUT, "/seller/drafting", &body), StatusCode::OK).await
}

pub(crate) fn is_ready(whole: &Value) -> bool {
    whole["draft_state"] == "ready"
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_is_there_before_anybody_asks(pool: PgPool) {
    let (app, anna) = start(pool).await;
    app.work();
    let id = app.ingest(anna.tenant, 1, 5).await;
    let whole = until(&anna, id, is_ready).await;
    let draft = &whole["draft"];
    assert_eq!((&draft["source"], &draft["stale"]), (&json!("template"), &json!(false)));
    assert_eq!(whole["draft_ahead"], true);
    assert!(draft["text"].as_str().unwrap().contains("Благодарим вас за высокую оценку"));
    assert_eq!(draft["template"]["code"], "no_model");
    let read =
        json!({"intent": "thanks", "sentiment": "positive", "priority": "low", "confidence": 90});
    assert_eq!(draft["analysis"], read);
    assert_eq!((&draft["model"], &draft["suspicious"]), (&Value::Null, &json!(false)));
    let findings: Vec<_> = draft["findings"].as_array().unwrap().iter().collect();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(
        (&findings[0]["type"], &findings[0]["severity"]),
        (&json!("template"), &json!("warning"))
    );
    assert_eq!((&whole["intent"], &whole["priority"]), (&json!("thanks"), &json!("low")));

    let decision = &draft["decision"];
    assert_eq!(
        (&decision["verdict"], &decision["message"], &decision["reasons"]),
        (&json!("auto_send"), &json!("могло бы уйти без человека"), &json!([]))
    );
    assert_eq!((&decision["policy"], &decision["automation"]), (&json!(2), &json!(0)));

    // What is there is shown, and no second one is made.
    let again = ask(&anna, id, &json!({}), StatusCode::OK).await;
    assert_eq!(again["draft"]["draft_id"], draft["draft_id"]);
    let other = ask(&anna, id, &json!({"force_regenerate": true}), StatusCode::OK).await;
    assert_ne!(other["draft"]["draft_id"], draft["draft_id"]);
    let is_heard = |whole: &Value| whole["draft_ahead"] == false;
    assert!(is_ready(&until(&anna, id, is_heard).await), "it is there, and was asked for");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_buyer_who_writes_again_gets_another_draft(pool: PgPool) {
    let (app, anna) = start(pool).await;
    let hello = said("1", Buyer, written_at(5), "Здравствуйте!");
    let id = app.chat(anna.tenant, 1, vec![hello.clone()], None).await;
    let given = json!({"text": "Здравствуйте, чем помочь?", "basis": 1});
    expect(anna.write(Method::POST, &format!("/interactions/{id}/draft"), &given), StatusCode::OK)
        .await;
    app.catch_up().await;
    let whole = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!(
        (&whole["draft_state"], &whole["draft"]["source"], &whole["draft_ahead"]),
        (&json!("ready"), &json!("operator"), &json!(false))
    );
    let broken = said("2", Buyer, written_at(9), "Чайник не включается, пришёл брак");
    app.chat(anna.tenant, 1, vec![hello, broken], None).await;
    app.catch_up().await;
    let stale = anna.get(&format!("/interactions/{id}")).await;
    assert_eq!((&stale["draft_state"], &stale["draft"]["stale"]), (&json!("stale"), &json!(true)));
    assert_eq!((&stale["priority"], &stale["intent"]), (&json!("urgent"), &json!("defect")));
    let late = anna.write(Method::POST, &format!("/interactions/{id}/draft"), &given);
    expect_problem(late, 409, "interaction_changed").await;

    app.work();
    let fresh = until(&anna, id, is_ready).await;
    assert_eq!(fresh["draft"]["source"], "template");
    let reasons = fresh["draft"]["decision"]["reasons"].as_array().unwrap().clone();
    let codes: Vec<_> = reasons.iter().map(|reason| reason["code"].clone()).collect();
    assert_eq!(fresh["draft"]["decision"]["verdict"], "escalate");
    assert_eq!(codes, ["channel", "priority", "sentiment", "handoff", "intent", "unsure"]);
    assert!(fresh["draft"]["text"].as_str().unwrap().contains("Пришлите, пожалуйста, фото"));
    let urgent = anna.get("/interactions?priority=urgent&intent=defect&sentiment=negative").await;
    assert_eq!(urgent["items"][0]["interaction_id"], json!(id));
    assert_eq!(anna.get("/interactions/counts?priority=low").await["total"], 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_that_nobody_wants_goes_and_stays_away(pool: PgPool) {
    let (app, anna) = start(pool).await;
    app.work();
    let id = app.ingest(anna.tenant, 1, 1).await;
    let whole = until(&anna, id, is_ready).await;
    let path = format!("/interactions/{id}/draft/dismiss");
    let dismissal = json!({"draft_id": whole["draft"]["draft_id"], "reason": "wrong_tone"});
    let left = expect(anna.write(Method::POST, &path, &dismissal), StatusCode::OK).await;
    assert_eq!((&left["draft"], &left["draft_state"]), (&Value::Null, &json!("none")));
    let unknown = json!({"draft_id": id, "reason": "wrong_tone"});
    expect_problem(anna.write(Method::POST, &path, &unknown), 404, "not_found").await;
    let why = anna.get(&format!("/interactions/{id}/why")).await;
    let last = why["lines"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["title"], &last["facts"][0]["text"]),
        (&json!("Черновик отклонён"), &json!("не тот тон"))
    );
    // Whoever asks gets another.
    let other = ask(&anna, id, &json!({}), StatusCode::OK).await;
    assert_ne!(other["draft"]["draft_id"], whole["draft"]["draft_id"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn drafts_sound_as_the_seller_wants_from_the_next_one_on(pool: PgPool) {
    let (app, anna) = start(pool).await;
    let before = anna.get("/seller/drafting").await;
    assert_eq!((&before["version"], &before["drafting"]["daily_limit"]), (&json!(0), &json!(200)));
    let changed = change(&anna, |drafting| {
        drafting["ahead"] = json!(false);
        drafting["by_model"] = json!(false);
        drafting["tone"] = json!("friendly");
        drafting["address"] = json!("ty");
        drafting["signature"] = json!(" Магазин «Плед и чай» ");
    })
    .await;
    assert_eq!(changed["version"], 1);
    assert_eq!(changed["drafting"]["signature"], "Магазин «Плед и чай»");
    app.work();
    let id = app.ingest(anna.tenant, 1, 5).await;
    app.ingest(anna.tenant, 2, 5).await;
    let whole = ask(&anna, id, &json!({}), StatusCode::OK).await;
    let text = whole["draft"]["text"].as_str().unwrap();
    assert!(text.starts_with("Привет!") && text.ends_with("\nМагазин «Плед и чай»"), "{text}");
    assert_eq!(whole["draft"]["template"]["code"], "model_off");
    let listed = anna.get("/interactions").await;
    let others =
        listed["items"].as_array().unwrap().iter().filter(|it| it["draft_state"] == "none");
    assert_eq!(others.count(), 1, "none is made ahead any more");

    let late = json!({"replaces": 0, "drafting": before["drafting"]});
    let late = anna.write(Method::PUT, "/seller/drafting", &late);
    expect_problem(late, 409, "drafting_changed").await;
    for (field, value) in [
        ("batch_size", json!(0)),
        ("delay_ms", json!(60_001)),
        ("daily_limit", json!(10_001)),
        ("daily_budget_micro_usd", json!(100_000_001)),
        ("signature", json!("я".repeat(101))),
        ("phrases", json!([""])),
        ("forbidden_topics", json!(["я".repeat(201)])),
    ] {
        let mut drafting = changed["drafting"].clone();
        drafting[field] = value;
        let body = json!({"replaces": 1, "drafting": drafting});
        let refused = anna.write(Method::PUT, "/seller/drafting", &body);
        let problem = expect_problem(refused, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], format!("drafting.{field}"), "{problem}");
    }
    let history = anna.get("/seller/drafting/history").await;
    assert_eq!(history["items"].as_array().unwrap().len(), 1);
    assert_eq!(history["items"][0]["drafting"], changed["drafting"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn drafts_of_many_are_asked_for_at_once(pool: PgPool) {
    let (app, anna) = start(pool).await;
    change(&anna, |drafting| drafting["ahead"] = json!(false)).await;
    let boris = app.register("boris@example.ru").await;
    let (one, two) = (app.ingest(anna.tenant, 1, 5).await, app.ingest(anna.tenant, 2, 1).await);
    let of_boris = app.ingest(boris.tenant, 1, 5).await;
    let body = json!({"interaction_ids": [one, two, of_boris]});
    let asked = expect(
        anna.write(Method::POST, "/interactions/bulk/ai-draft", &body),
        StatusCode::ACCEPTED,
    )
    .await;
    let told: Vec<_> = asked["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (&item["asked"], &item["code"]))
        .collect();
    let (yes, no) = (json!(true), json!(false));
    let (none, absent) = (Value::Null, json!("not_found"));
    assert_eq!(told, [(&yes, &none), (&yes, &none), (&no, &absent)]);
    app.work();
    until(&anna, one, is_ready).await;
    until(&anna, two, is_ready).await;
    for wrong in [json!({"interaction_ids": []}), json!({"interaction_ids": vec![one; 201]})] {
        let refused = anna.write(Method::POST, "/interactions/bulk/ai-draft", &wrong);
        expect_problem(refused, 422, "invalid_body").await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn whoever_looks_sees_that_a_draft_is_awaited(pool: PgPool) {
    let (app, anna) = start(pool).await;
    let id = app.ingest(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}");
    app.catch_up().await;
    assert_eq!(anna.get(&path).await["draft_awaited"], json!(false));
    app.execute(anna.tenant, id, Command::RequestDraft).await;
    assert_eq!(anna.get(&path).await["draft_awaited"], json!(true));
    app.work();
    let made = until(&anna, id, is_ready).await;
    assert_eq!(made["draft_awaited"], json!(false));
}

#[sqlx::test(migrations = "../migrations")]
async fn why_tells_what_a_draft_rests_on(pool: PgPool) {
    let (app, anna) = start(pool).await;
    let id = app.ingest(anna.tenant, 1, 5).await;
    let document = Uuid::from_u128(9);
    let short = Advised {
        rule: "length_short".into(),
        severity: Severity::Warning,
        place: None,
        listed: None,
    };
    let origin = DraftOrigin {
        template: Some(WhyTemplate::ModelStopped),
        context: vec![Used { kind: UsedKind::Passage, id: document, version: 3 }],
        advice: Some(Advice { version: 5, own_version: 0, found: vec![short] }),
        is_attacked: true,
        ..DraftOrigin::given(0)
    };
    let draft = Command::ProposeDraft {
        draft_id: DraftId(Uuid::from_u128(8)),
        text: "Спасибо за отзыв!".into(),
        source: DraftSource::Template,
        origin: Some(Box::new(origin)),
    };
    app.execute(anna.tenant, id, draft).await;
    app.catch_up().await;
    let why = anna.get(&format!("/interactions/{id}/why")).await;
    let facts = why["lines"].as_array().unwrap().last().unwrap()["facts"].clone();
    let fact = |name: &str| {
        let facts = facts.as_array().unwrap().iter();
        facts.filter(|fact| fact["name"] == name).map(|fact| fact["text"].clone()).next().unwrap()
    };
    assert_eq!(fact("context"), format!("{document}, версия 3"));
    assert_eq!(fact("suspicious"), "слова покупателя похожи на команды машине");
    assert_eq!(fact("guardrails"), "пройдена, правила версии 5");
    assert!(fact("warning").as_str().unwrap().contains("length_short"), "{facts}");
    // The same words as the draft itself is shown with.
    let shown =
        anna.get(&format!("/interactions/{id}")).await["draft"]["template"]["message"].clone();
    let reason = fact("template");
    assert_eq!(shown, format!("Шаблон: {}.", reason.as_str().unwrap()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_failed_reply_keeps_its_draft(pool: PgPool) {
    let (app, anna) = start(pool).await;
    app.work();
    let id = app.ingest(anna.tenant, 1, 1).await;
    let whole = until(&anna, id, is_ready).await;
    let reply_id = ReplyId(Uuid::from_u128(7));
    let request = Command::RequestReply {
        reply_id,
        text: "Разберёмся, что случилось с чайником.".to_owned(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: Grounds::default(),
    };
    app.execute(anna.tenant, id, request).await;
    let failure = SendFailure::BadRequest;
    let at = Utc::now();
    let failed =
        Command::RecordFailed { reply_id, attempt: 1, failure, marketplace_text: None, at };
    app.execute(anna.tenant, id, failed).await;
    let carried = until(&anna, id, |now| {
        is_ready(now) && now["draft"]["draft_id"] != whole["draft"]["draft_id"]
    })
    .await;
    assert_eq!(carried["draft"]["text"], whole["draft"]["text"]);
    let why = anna.get(&format!("/interactions/{id}/why")).await.to_string();
    assert!(why.contains("Прежний черновик"), "{why}");
}

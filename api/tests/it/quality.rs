//! What drafts were worth: how each reply came about, the figures and the lists behind them, what there is to learn,
//! the samples, and the alert.

mod samples;

use chrono::{TimeDelta, Utc};
use commands::{Actor, Context};
use domain::guardrail::Grounds;
use domain::interaction::{
    DraftOrigin, DraftSource, Interaction, InteractionCommand as Command, SendFailure, Timing,
    Used, UsedKind, Written,
};
use domain::value::{ObservedAnswer, ObservedState};
use domain::{BulkId, DraftId, InteractionId, ReplyId, UserId};
use projections::effects;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use self::samples::samples;
use crate::alerts::look;
use crate::harness::{Signed, TestApp, expect, expect_problem};

const DRAFT: &str = "Здравствуйте, Анна! Спасибо за отзыв, рады, что чайник вам понравился.";
const EDITED: &str = "Здравствуйте, Анна! Спасибо за отзыв, рады, что чайник вас радует.";
const OTHER: &str = "Нам очень жаль, что кнопка тугая: проверьте, пожалуйста, закрыта ли крышка.";
const ITEM: Uuid = Uuid::from_u128(0x17e);

/// Takes in a review with a draft that a model wrote and rested on one document.
async fn drafted(app: &TestApp, anna: &Signed, n: u32) -> (InteractionId, DraftId) {
    let id = app.review(anna.tenant, n, 5).await;
    let written = Written {
        provider: "test".into(),
        model: "deepseek-chat".into(),
        prompt_version: 3,
        prompt_tokens: 100,
        cached_tokens: 0,
        completion_tokens: 50,
        cost_micro_usd: 40,
        price_version: "1".into(),
        duration_ms: 900,
        attempts: 1,
    };
    let used = Used { kind: UsedKind::Passage, id: ITEM, version: 2 };
    let origin =
        DraftOrigin { written: Some(written), context: vec![used], ..DraftOrigin::given(0) };
    let draft_id = DraftId::made_for(id, 0, 0);
    let (text, origin) = (DRAFT.to_owned(), Some(Box::new(origin)));
    let source = DraftSource::Model;
    app.execute(anna.tenant, id, Command::ProposeDraft { draft_id, text, source, origin }).await;
    (id, draft_id)
}

/// Lays another draft down, as a template, since somebody wants another.
async fn template(app: &TestApp, anna: &Signed, id: InteractionId, n: u128) {
    let (draft_id, text) = (DraftId(Uuid::from_u128(n)), "Спасибо за отзыв!".to_owned());
    let source = DraftSource::Template;
    app.execute(anna.tenant, id, Command::RequestDraft).await;
    let command = Command::ProposeDraft { draft_id, text, source, origin: None };
    app.execute(anna.tenant, id, command).await;
    app.catch_up().await;
}

/// Asks for a reply that is held, so that nothing is waited for.
async fn reply(app: &TestApp, anna: &Signed, id: InteractionId, text: &str) -> Value {
    let body = json!({"text": text, "hold_seconds": 30});
    let request = anna.write(Method::POST, &format!("/interactions/{id}/reply"), &body);
    let asked = expect(request, StatusCode::ACCEPTED).await;
    app.catch_up().await;
    asked
}

/// Asks for a reply that goes out at once.
async fn ask(
    app: &TestApp,
    anna: &Signed,
    id: InteractionId,
    text: &str,
    bulk_id: Option<BulkId>,
) -> ReplyId {
    let reply_id = ReplyId(Uuid::new_v4());
    let request = Command::RequestReply {
        reply_id,
        text: text.into(),
        draft_id: None,
        bulk_id,
        files: vec![],
        timing: Timing::default(),
        grounds: Grounds::default(),
    };
    let context = Context::new(anna.tenant, Actor::User(UserId(Uuid::from_u128(3))));
    app.commands.execute::<Interaction>(&context, id, request).await.unwrap();
    app.catch_up().await;
    reply_id
}

async fn dismiss(app: &TestApp, anna: &Signed, id: InteractionId, draft_id: DraftId) {
    let body = json!({"draft_id": draft_id, "reason": "wrong_fact"});
    let request = anna.write(Method::POST, &format!("/interactions/{id}/draft/dismiss"), &body);
    expect(request, StatusCode::OK).await;
    app.catch_up().await;
}

/// Holds every number of figures against the list that counts it, and tells how many there were above 0.
async fn compared(by: &Signed, figures: &Value, filter: &str) -> usize {
    let mut above = 0;
    for (name, search) in [
        ("replies", "figure=replies"),
        ("accepted", "outcome=accepted"),
        ("edited", "outcome=edited"),
        ("slightly_edited", "figure=slightly_edited"),
        ("rewritten", "outcome=manual&has_draft=true"),
        ("without_draft", "outcome=manual&has_draft=false"),
        ("dismissed", "outcome=dismissed"),
        ("superseded", "outcome=superseded"),
        ("unused", "outcome=unused"),
        ("automatic", "outcome=automatic"),
        ("in_bulk", "outcome=in_bulk"),
        ("unmeasured", "outcome=unmeasured"),
    ] {
        let number = usize::try_from(figures[name].as_u64().unwrap()).unwrap();
        let path = format!("/quality/drafts/items?limit=200&{search}&{filter}");
        assert_eq!(listed(by, &path).await.len(), number, "{name} of {filter}");
        above += usize::from(number > 0);
    }
    let counted = figures.as_object().unwrap().iter().filter(|(_, number)| number.is_i64()).count();
    assert_eq!(counted, 12, "each number is compared: {figures}");
    above
}

/// The interactions of a list, in its order.
async fn listed(by: &Signed, path: &str) -> Vec<String> {
    let items = by.get(path).await["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["interaction_id"].as_str().unwrap().to_owned()).collect()
}

async fn lineage(anna: &Signed, id: InteractionId) -> Value {
    anna.get(&format!("/interactions/{id}/history")).await["items"][0]["lineage"].clone()
}

struct Judged {
    accepted: InteractionId,
    edited: InteractionId,
    rewritten: InteractionId,
    without: InteractionId,
    dismissed: InteractionId,
}

async fn judged(app: &TestApp, anna: &Signed) -> Judged {
    let (accepted, _) = drafted(app, anna, 1).await;
    reply(app, anna, accepted, DRAFT).await;
    let (edited, _) = drafted(app, anna, 2).await;
    reply(app, anna, edited, EDITED).await;
    let (rewritten, _) = drafted(app, anna, 3).await;
    reply(app, anna, rewritten, OTHER).await;
    let without = app.review(anna.tenant, 4, 5).await;
    reply(app, anna, without, "Благодарим вас за высокую оценку нашего товара!").await;
    let (dismissed, draft_id) = drafted(app, anna, 5).await;
    dismiss(app, anna, dismissed, draft_id).await;
    Judged { accepted, edited, rewritten, without, dismissed }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_reply_tells_how_it_came_about_and_every_number_has_its_list(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let of = judged(&app, &anna).await;

    let edited = lineage(&anna, of.edited).await;
    assert_eq!((&edited["outcome"], &edited["source"]), (&json!("edited"), &json!("model")));
    assert_eq!((&edited["model"], &edited["prompt_version"]), (&json!("deepseek-chat"), &json!(3)));
    let changed = edited["changed_percent"].as_f64().unwrap();
    assert!((5.0..25.0).contains(&changed), "{changed}");
    assert_eq!(lineage(&anna, of.accepted).await["changed_percent"], json!(0.0));
    let without = lineage(&anna, of.without).await;
    assert_eq!((&without["outcome"], &without["draft_id"]), (&json!("manual"), &Value::Null));

    let quality = anna.get("/quality/drafts").await;
    let total = &quality["total"];
    let counts = ["replies", "accepted", "edited", "slightly_edited", "rewritten", "without_draft"];
    assert_eq!(counts.map(|name| total[name].as_i64().unwrap()), [4, 1, 1, 1, 1, 1]);
    assert_eq!((&total["dismissed"], &total["automatic"]), (&json!(1), &json!(0)));
    let shares = ["accept_percent", "edit_percent", "manual_percent"];
    assert_eq!(shares.map(|name| total[name].as_f64().unwrap()), [25.0, 25.0, 50.0]);
    assert_eq!(total["median_changed_percent"], json!(changed), "of three the middle one");
    let model = &quality["by_model"][0];
    assert_eq!((&model["key"], &model["prompt_version"]), (&json!("deepseek-chat"), &json!(3)));
    assert_eq!(model["figures"]["replies"], 3);
    assert_eq!(quality["by_channel"][0]["key"], "review");
    assert_eq!(quality["by_day"].as_array().unwrap().len(), 1);
    let item = &quality["knowledge"][0];
    assert_eq!((&item["item_id"], &item["is_product"]), (&json!(ITEM), &json!(false)));
    assert_eq!((&item["drafts"], &item["not_good"]), (&json!(4), &json!(2)));

    let one = |id: InteractionId| vec![id.to_string()];
    for (search, expected) in [
        ("outcome=accepted", one(of.accepted)),
        ("outcome=edited&source=model&intent=thanks", one(of.edited)),
        ("outcome=edited&source=model&intent=delivery", vec![]),
        ("outcome=edited&source=model&model=deepseek-chat&prompt_version=3", one(of.edited)),
        ("outcome=manual&has_draft=true", one(of.rewritten)),
        ("outcome=manual&has_draft=false", one(of.without)),
        ("outcome=dismissed&channel=review", one(of.dismissed)),
    ] {
        let found = listed(&anna, &format!("/quality/drafts/items?{search}")).await;
        assert_eq!(found, expected, "{search}");
    }
    let of_item = listed(&anna, &format!("/quality/drafts/items?knowledge_id={ITEM}")).await;
    let newest = [of.dismissed, of.rewritten, of.edited, of.accepted];
    assert_eq!(of_item, newest.map(|id| id.to_string()));
    let year = anna.call(Method::GET, "/quality/drafts?since=2020-01-01T00:00:00Z");
    expect_problem(year, 400, "bad_query").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn every_number_is_the_length_of_its_list(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let of = judged(&app, &anna).await;
    // More than slightly edited, replaced by another draft, in a bulk, and of no use.
    let (id, _) = drafted(&app, &anna, 6).await;
    reply(&app, &anna, id, &format!("{DRAFT} Кипятите воду в нём трижды.")).await;
    let (superseded, _) = drafted(&app, &anna, 7).await;
    template(&app, &anna, superseded, 7).await;
    let (id, _) = drafted(&app, &anna, 8).await;
    ask(&app, &anna, id, OTHER, Some(BulkId(Uuid::from_u128(8)))).await;
    let (id, _) = drafted(&app, &anna, 9).await;
    let observed = ObservedAnswer {
        text: "Ответили в кабинете.".to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    };
    let seen_at = Utc::now();
    app.execute(anna.tenant, id, Command::Observe { answer: observed, seen_at }).await;
    app.catch_up().await;

    let quality = anna.get("/quality/drafts").await;
    let above = compared(&anna, &quality["total"], "").await;
    assert_eq!(above, 10, "all but what goes out by itself or was not measured: {quality}");
    for (groups, name) in
        [("by_channel", "channel"), ("by_intent", "intent"), ("by_source", "source")]
    {
        for group in quality[groups].as_array().unwrap() {
            let filter = format!("{name}={}", group["key"].as_str().unwrap());
            compared(&anna, &group["figures"], &filter).await;
        }
    }
    compared(&anna, &quality["by_model"][0]["figures"], "model=deepseek-chat&prompt_version=3")
        .await;
    let item = &quality["knowledge"][0];
    // The draft that was replaced and the one of the bulk rested on it, and nobody judged them.
    assert_eq!((&item["drafts"], &item["not_good"]), (&json!(5), &json!(3)));
    for (figure, number) in [("judged", "drafts"), ("not_good", "not_good")] {
        let path = format!("/quality/drafts/items?knowledge_id={ITEM}&figure={figure}");
        assert_eq!(json!(listed(&anna, &path).await.len()), item[number], "{figure}");
    }
    let all = listed(&anna, &format!("/quality/drafts/items?knowledge_id={ITEM}")).await;
    assert!(all.contains(&superseded.to_string()) && all.contains(&of.accepted.to_string()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_never_went_out_leaves_its_draft_to_the_next(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let (id, _) = drafted(&app, &anna, 1).await;
    let reply_id = ask(&app, &anna, id, DRAFT, None).await;
    let failure = SendFailure::Unauthorized;
    let (marketplace_text, at) = (None, Utc::now());
    let failed = Command::RecordFailed { reply_id, attempt: 1, failure, marketplace_text, at };
    app.execute(anna.tenant, id, failed).await;
    app.catch_up().await;
    assert_eq!(anna.get("/quality/drafts").await["total"]["replies"], 0);
    let again = ask(&app, &anna, id, DRAFT, None).await;
    let total = anna.get("/quality/drafts").await["total"].clone();
    assert_eq!((&total["replies"], &total["accepted"]), (&json!(1), &json!(1)));
    let listed = anna.get("/quality/drafts/items").await["items"].clone();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["reply_id"]), (1, &json!(again)));
}

#[sqlx::test(migrations = "../migrations")]
async fn one_text_for_many_is_no_judgement_of_their_drafts(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let bulk_id = Some(BulkId(Uuid::from_u128(5)));
    for n in 1..=25 {
        let (id, _) = drafted(&app, &anna, n).await;
        ask(&app, &anna, id, OTHER, bulk_id).await;
    }
    let (accepted, _) = drafted(&app, &anna, 26).await;
    ask(&app, &anna, accepted, DRAFT, bulk_id).await;
    let total = anna.get("/quality/drafts").await["total"].clone();
    assert_eq!((&total["in_bulk"], &total["replies"]), (&json!(25), &json!(1)));
    assert_eq!(total["accepted"], 1, "each of these had its own draft");
    assert_eq!(listed(&anna, "/learning").await, Vec::<String>::new());
    look(&app, effects::now(&app.db).await.unwrap()).await;
    app.catch_up().await;
    assert_eq!(anna.get("/alerts").await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_that_is_taken_back_leaves_its_draft_as_it_was(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let (id, _) = drafted(&app, &anna, 1).await;
    let asked = reply(&app, &anna, id, OTHER).await;
    let reply_id = asked["reply"]["reply_id"].as_str().unwrap();
    let cancel = format!("/interactions/{id}/replies/{reply_id}/cancel");
    expect(anna.write(Method::POST, &cancel, &json!({})), StatusCode::OK).await;
    app.catch_up().await;
    assert_eq!(lineage(&anna, id).await, Value::Null);
    assert_eq!(anna.get("/quality/drafts").await["total"]["replies"], 0);
    reply(&app, &anna, id, DRAFT).await;
    let total = anna.get("/quality/drafts").await["total"].clone();
    assert_eq!((&total["replies"], &total["accepted"]), (&json!(1), &json!(1)));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_goes_out_by_itself_is_nobodys_judgement(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let (id, draft_id) = drafted(&app, &anna, 1).await;
    let by_itself = Command::SendDraft {
        draft_id,
        automation: 1,
        held_until: Utc::now(),
        grounds: Grounds::default(),
    };
    app.execute(anna.tenant, id, by_itself).await;
    app.catch_up().await;
    let total = anna.get("/quality/drafts").await["total"].clone();
    assert_eq!((&total["automatic"], &total["replies"]), (&json!(1), &json!(0)));
    assert_eq!(total["accept_percent"], Value::Null);
}

#[sqlx::test(migrations = "../migrations")]
async fn nothing_is_learnt_of_what_the_seller_wants_nothing_learnt_of(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let of = judged(&app, &anna).await;
    // One of them is about something else than the others.
    sqlx::query("update lineage set intent = 'return' where interaction_id = $1")
        .bind(of.edited.0)
        .execute(app.db.pool())
        .await
        .unwrap();
    let others = [of.dismissed, of.without, of.rewritten].map(|id| id.to_string());
    assert_eq!((listed(&anna, "/learning").await.len(), samples(&anna).await.len()), (4, 5));
    let mut now = anna.get("/seller/drafting").await;
    now["drafting"]["not_learned"] = json!(["return"]);
    let change = json!({"replaces": now["version"], "drafting": now["drafting"]});
    let changed =
        expect(anna.write(Method::PUT, "/seller/drafting", &change), StatusCode::OK).await;
    assert_eq!(changed["drafting"]["not_learned"], json!(["return"]));
    assert_eq!(listed(&anna, "/learning").await, others);
    assert_eq!(listed(&anna, "/learning?intent=return").await, Vec::<String>::new());
    let told = samples(&anna).await;
    assert_eq!(told.len(), 4);
    assert!(!told.iter().any(|sample| sample["intent"] == "return"), "{told:?}");
    assert_eq!(listed(&anna, "/quality/drafts/items").await.len(), 5, "it is counted no less");
}

#[sqlx::test(migrations = "../migrations")]
async fn there_is_most_to_learn_from_what_was_of_no_use_until_the_buyer_is_erased(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let of = judged(&app, &anna).await;

    let ranked = [of.dismissed, of.without, of.rewritten, of.edited].map(|id| id.to_string());
    assert_eq!(listed(&anna, "/learning").await, ranked);
    let (mut found, mut next) = (Vec::new(), String::new());
    loop {
        let page = anna.get(&format!("/learning?limit=1{next}")).await;
        found.push(page["items"][0]["interaction_id"].as_str().unwrap().to_owned());
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    assert_eq!(found, ranked, "page by page");
    expect_problem(boris.call(Method::GET, &format!("/learning?limit=1{next}")), 404, "not_found")
        .await;
    // The last row of a page may score otherwise, or not at all, before the next one is asked for.
    let first = anna.get("/learning?limit=1").await;
    sqlx::query("update lineage set score = 0 where interaction_id = $1::uuid")
        .bind(first["items"][0]["interaction_id"].as_str().unwrap())
        .execute(app.db.pool())
        .await
        .unwrap();
    let after = first["next"].as_str().unwrap();
    assert_eq!(listed(&anna, &format!("/learning?after={after}")).await, ranked[1..]);
    sqlx::query("update lineage set score = 60 where interaction_id = $1::uuid")
        .bind(first["items"][0]["interaction_id"].as_str().unwrap())
        .execute(app.db.pool())
        .await
        .unwrap();
    assert_eq!(listed(&boris, "/learning").await, Vec::<String>::new());
    assert_eq!(boris.get("/quality/drafts").await["total"]["replies"], 0);
    assert_eq!(samples(&boris).await, Vec::<Value>::new());

    let told = samples(&anna).await;
    assert_eq!(told.len(), 5);
    let edited = told.iter().find(|sample| sample["outcome"] == "edited").unwrap();
    assert_eq!(edited["dialog"], json!([{"by": "buyer", "text": "Отзыв номер 2"}]));
    assert_eq!(edited["draft"], json!(DRAFT.replace("Анна", "[ИМЯ_1]")));
    assert_eq!(edited["answer"], json!(EDITED.replace("Анна", "[ИМЯ_1]")));
    assert!(!told.iter().any(|sample| sample.to_string().contains("Анна")), "nobody's name");
    let dismissed = told.iter().find(|sample| sample["outcome"] == "dismissed").unwrap();
    assert_eq!((&dismissed["answer"], &dismissed["reason"]), (&Value::Null, &json!("wrong_fact")));

    let before = anna.get("/quality/drafts").await["total"].clone();
    let erasure = json!({"ground": "persons_request"});
    let path = format!("/interactions/{}/erasure", of.edited);
    let erased = anna.write(Method::POST, &path, &erasure).send().await.unwrap();
    assert!(erased.status().is_success(), "{}", erased.status());
    app.catch_up().await;
    assert_eq!(listed(&anna, "/learning").await, ranked[..3], "no words to learn from");
    assert_eq!(samples(&anna).await.len(), 4);
    // What was held is taken back with the words; nothing else that was counted changes.
    let after = anna.get("/quality/drafts").await["total"].clone();
    assert_eq!(after["accepted"], before["accepted"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn less_than_half_of_good_drafts_is_an_alert(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for n in 1..=11 {
        let (id, draft_id) = drafted(&app, &anna, n).await;
        dismiss(&app, &anna, id, draft_id).await;
    }
    for n in 12..=20 {
        let (id, _) = drafted(&app, &anna, n).await;
        reply(&app, &anna, id, &format!("{DRAFT} {n}")).await;
    }
    let now = effects::now(&app.db).await.unwrap();
    look(&app, now).await;
    app.catch_up().await;
    let raised = anna.get("/alerts").await["items"].clone();
    let raised = raised.as_array().unwrap();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert_eq!(
        (&raised[0]["kind"], &raised[0]["severity"], &raised[0]["count"]),
        (&json!("accept_rate_low"), &json!("warning"), &json!(11))
    );
    assert_eq!(raised[0]["causes"][0]["message"], "Черновики отклонили.");
    let (id, _) = drafted(&app, &anna, 21).await;
    reply(&app, &anna, id, DRAFT).await;
    let (id, _) = drafted(&app, &anna, 22).await;
    reply(&app, &anna, id, DRAFT).await;
    look(&app, effects::now(&app.db).await.unwrap()).await;
    app.catch_up().await;
    assert_ne!(anna.get("/alerts").await["items"][0]["ended_at"], Value::Null, "half is enough");
    let later = Utc::now() + TimeDelta::days(8);
    look(&app, later).await;
    assert_eq!(anna.get("/alerts").await["items"].as_array().unwrap().len(), 1);
}

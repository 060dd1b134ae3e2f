//! A seller's own phrases and exceptions over HTTP, and replies that another buyer has got.

use domain::InteractionId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, expect_problem};

const LISTS: &str = "/seller/guardrails";
const ANSWER: &str = "Рады, что чайник пришёлся по душе!";

fn lists(replaces: u32) -> Value {
    json!({
        "replaces": replaces,
        "phrases": [
            {"text": " бесплатная доставка ", "severity": "error", "channels": ["review"],
                "instead": "Скажите «доставим в срок»."},
            {"text": "скидка", "severity": "warning"},
        ],
        "exceptions": ["робот"],
    })
}

async fn change(anna: &Signed, body: &Value) -> Value {
    expect(anna.write(Method::PUT, LISTS, body), StatusCode::OK).await
}

async fn check(anna: &Signed, id: InteractionId, text: &str) -> Value {
    let path = format!("/interactions/{id}/reply/check");
    let request = anna.call(Method::POST, &path).json(&json!({"text": text}));
    expect(request, StatusCode::OK).await
}

fn types(found: &Value) -> Vec<&str> {
    found.as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect()
}

fn send(anna: &Signed, id: InteractionId, text: &str) -> reqwest::RequestBuilder {
    anna.write(Method::POST, &format!("/interactions/{id}/reply"), &json!({"text": text}))
}

#[sqlx::test(migrations = "../migrations")]
async fn lists_are_replaced_version_by_version(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let none = anna.get(LISTS).await;
    assert_eq!((&none["version"], &none["phrases"]), (&json!(0), &json!([])));
    let rules = none["built_in"]["rules"].as_array().unwrap();
    let rule = |name: &str| rules.iter().find(|rule| rule["type"] == name).unwrap();
    assert_eq!(rule("ai_mention")["is_liftable"], true);
    let phone = rule("contact_phone");
    assert_eq!((&phone["is_liftable"], &phone["chat"]), (&json!(false), &json!("error")));
    let promise = rule("promise");
    assert_eq!((&promise["review"], &promise["chat"]), (&json!("error"), &Value::Null));

    let first = change(&anna, &lists(0)).await;
    assert_eq!(first["version"], 1);
    assert_eq!(first["phrases"][0]["text"], "бесплатная доставка");
    assert_eq!(first["phrases"][0]["channels"], json!(["review"]));
    assert_eq!(first["phrases"][1]["channels"], json!([]));
    assert_eq!(first["exceptions"], json!(["робот"]));
    assert_eq!(anna.get(LISTS).await, first);
    // What stands there already is no conflict, whatever was seen before.
    assert_eq!(change(&anna, &lists(0)).await["version"], 1);
    let other = json!({"replaces": 0, "phrases": [], "exceptions": []});
    let late = anna.write(Method::PUT, LISTS, &other);
    let problem = expect_problem(late, 409, "guardrails_changed").await;
    assert!(problem["detail"].as_str().unwrap().contains("версию 1"), "{problem}");
    assert_eq!(anna.get(LISTS).await, first);
    let other =
        json!({"replaces": 1, "phrases": [lists(0)["phrases"][1]], "exceptions": ["акция"]});
    assert_eq!(change(&anna, &other).await["version"], 2);

    let history = anna.get("/seller/guardrails/history").await;
    let [second, first] = &history["items"].as_array().unwrap()[..] else { panic!("{history}") };
    assert_eq!((&first["version"], &second["version"]), (&json!(1), &json!(2)));
    assert_eq!(second["phrases_removed"][0]["text"], "бесплатная доставка");
    assert_eq!(second["exceptions_added"], json!(["акция"]));
    assert_eq!(second["exceptions_removed"], json!(["робот"]));
    assert!(second["changed_by"].as_str().unwrap().starts_with("user:"), "{second}");
    assert_eq!(first["phrases_added"].as_array().unwrap().len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_earlier_version_is_read_and_becomes_a_new_one(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let first = change(&anna, &lists(0)).await;
    change(&anna, &json!({"replaces": 1, "phrases": [], "exceptions": []})).await;
    let kept = anna.get("/seller/guardrails/history/1").await;
    assert_eq!((&kept["version"], &kept["phrases"]), (&json!(1), &first["phrases"]));
    let back = json!({"replaces": 2, "phrases": kept["phrases"], "exceptions": kept["exceptions"]});
    let third = change(&anna, &back).await;
    assert_eq!(third["version"], 3);
    assert_eq!(
        (&third["phrases"], &third["exceptions"]),
        (&first["phrases"], &first["exceptions"])
    );
    let history = anna.get("/seller/guardrails/history").await;
    assert_eq!(history["items"][0]["who"], "оператор anna@example.ru");
    for version in ["0", "4"] {
        let unknown = anna.call(Method::GET, &format!("/seller/guardrails/history/{version}"));
        expect_problem(unknown, 404, "not_found").await;
    }
    let boris = app.register("boris@example.ru").await;
    let foreign = boris.call(Method::GET, "/seller/guardrails/history/1");
    expect_problem(foreign, 404, "not_found").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_entry_that_cannot_be_is_named(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let phrase = |text: &str| json!({"text": text, "severity": "error"});
    for (phrases, exceptions, field) in [
        (json!([phrase("скидка"), phrase("…")]), json!([]), "phrases.1.text"),
        (json!([]), json!(["робот", "Робот!"]), "exceptions.1"),
        (json!([phrase(&"я".repeat(101))]), json!([]), "phrases.0.text"),
        (
            json!([{"text": "а", "severity": "error", "instead": "я".repeat(301)}]),
            json!([]),
            "phrases.0.instead",
        ),
        (Value::Array((0..201).map(|n| phrase(&n.to_string())).collect()), json!([]), "phrases"),
        (json!([{"text": "а", "severity": "fatal"}]), json!([]), "phrases[0].severity"),
    ] {
        let body = json!({"replaces": 0, "phrases": phrases, "exceptions": exceptions});
        let problem =
            expect_problem(anna.write(Method::PUT, LISTS, &body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    assert_eq!(anna.get(LISTS).await["version"], 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sellers_phrase_stops_or_warns_in_all_its_forms(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let (id, of_boris) =
        (app.review(anna.tenant, 1, 5).await, app.review(boris.tenant, 1, 5).await);
    let robots = "Наши роботы моют пол без бесплатной доставки";
    assert_eq!(types(&check(&anna, id, robots).await["violations"]), ["ai_mention"]);
    change(&anna, &lists(0)).await;
    let found = check(&anna, id, robots).await;
    assert_eq!((&found["own_version"], types(&found["violations"])), (&json!(1), vec!["own"]));
    let own = &found["violations"][0];
    assert_eq!(own["phrase"], "бесплатной доставки");
    assert_eq!(own["listed"], "бесплатная доставка");
    assert_eq!(own["instead"], "Скажите «доставим в срок».");
    assert_eq!(own["place"], json!({"start": 25, "end": 44}));
    let problem = expect_problem(send(&anna, id, robots), 422, "reply_blocked").await;
    assert_eq!(problem["violations"], found["violations"]);
    // Another seller's lists are no matter of his.
    assert_eq!(types(&check(&boris, of_boris, robots).await["violations"]), ["ai_mention"]);
    assert_eq!(boris.get(LISTS).await["phrases"], json!([]));
    assert_eq!(boris.get("/seller/guardrails/history").await["items"], json!([]));

    let told = expect(send(&anna, id, "Ждём вас, скидки будут!"), StatusCode::ACCEPTED).await;
    assert_eq!(types(&told["warnings"]), ["own"]);
    assert_eq!(
        (&told["warnings"][0]["listed"], &told["warnings"][0]["phrase"]),
        (&json!("скидка"), &json!("скидки"))
    );
    let events = anna.get("/events").await;
    let kept = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["type"] == "agentiq.interaction.ReplyRequested");
    let kept = &kept.unwrap()["data"]["guardrails"];
    assert_eq!(kept["own_version"], 1);
    assert_eq!(kept["warnings"][0]["listed"], json!({"phrase": "скидка"}), "{kept}");
}

/// Asks for an answer and lets the read models see it.
async fn answered(app: &TestApp, by: &Signed, id: InteractionId, text: &str) -> Value {
    let told = expect(send(by, id, text), StatusCode::ACCEPTED).await;
    app.catch_up().await;
    told
}

#[sqlx::test(migrations = "../migrations")]
async fn what_another_buyer_has_got_today_is_told(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let of_boris = app.review(boris.tenant, 1, 5).await;
    let ids = [app.review(anna.tenant, 1, 5).await, app.review(anna.tenant, 2, 5).await];
    let third = app.review(anna.tenant, 3, 5).await;
    assert_eq!(answered(&app, &anna, ids[0], ANSWER).await["warnings"], json!([]));
    // Written otherwise it is the same; the answer itself is none, nor is another seller's.
    let same = "РАДЫ: что чайник  пришелся по душе";
    assert_eq!(types(&check(&anna, ids[1], same).await["warnings"]), ["duplicate"]);
    assert_eq!(check(&anna, ids[0], same).await["warnings"], json!([]));
    assert_eq!(check(&boris, of_boris, same).await["warnings"], json!([]));
    assert_eq!(check(&anna, ids[1], &format!("{ANSWER} Анна")).await["warnings"], json!([]));
    let told = answered(&app, &anna, ids[1], same).await;
    assert_eq!(types(&told["warnings"]), ["duplicate"], "it goes out all the same");

    // By the database's clock: a day later it is no duplicate.
    let age = |hours: i32| {
        sqlx::query("update reply_history set requested_at = now() - make_interval(hours => $1)")
            .bind(hours)
            .execute(&pool)
    };
    age(23).await.unwrap();
    assert_eq!(types(&check(&anna, third, ANSWER).await["warnings"]), ["duplicate"]);
    age(25).await.unwrap();
    assert_eq!(check(&anna, third, ANSWER).await["warnings"], json!([]));
    age(0).await.unwrap();
    sqlx::query("update reply_history set state = 'failed'").execute(&pool).await.unwrap();
    assert_eq!(check(&anna, third, ANSWER).await["warnings"], json!([]), "nobody has got it");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_tells_equal_texts_goes_with_the_text(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let ids = [app.review(anna.tenant, 1, 5).await, app.review(anna.tenant, 2, 5).await];
    answered(&app, &anna, ids[0], ANSWER).await;
    let keys = || async {
        let keys = "select count(*), count(words_key), count(text) from reply_history";
        sqlx::query_as::<_, (i64, i64, i64)>(keys).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(keys().await, (1, 1, 1));
    let erase = json!({"ground": "persons_request"});
    let path = format!("/interactions/{}/erasure", ids[0]);
    anna.write(Method::POST, &path, &erase).send().await.unwrap().error_for_status().unwrap();
    app.catch_up().await;
    assert_eq!(keys().await, (1, 0, 0));
    assert_eq!(check(&anna, ids[1], ANSWER).await["warnings"], json!([]));
}

/// The question is answered from the index: no text is read for it.
#[sqlx::test(migrations = "../migrations")]
async fn duplicates_are_found_by_an_index(pool: PgPool) {
    let fill = "insert into reply_history (tenant_id, interaction_id, reply_id, kind, state, text, requested_at,
            words_key, version, applied_version)
        select '00000000-0000-0000-0000-000000000001', gen_random_uuid(), gen_random_uuid(), 'answer', 'sent',
            'Спасибо', now(), n, 2, 2 from generate_series(1, 20000) n";
    sqlx::query(fill).execute(&pool).await.unwrap();
    sqlx::query("analyze reply_history").execute(&pool).await.unwrap();
    let explain = "explain select from reply_history where tenant_id = '00000000-0000-0000-0000-000000000001'
        and words_key = 77 and requested_at > now() - interval '1 day' and state not in ('failed', 'rejected')";
    let plan: Vec<String> = sqlx::query_scalar(explain).fetch_all(&pool).await.unwrap();
    assert!(plan.join("\n").contains("reply_history_by_words"), "{plan:?}");
}

async fn what_if(anna: &Signed, phrases: Value, exceptions: Value) -> Value {
    let body = json!({"days": 30, "phrases": phrases, "exceptions": exceptions});
    // Without a key: nothing is written.
    let request = anna.call(Method::POST, "/seller/guardrails/what-if").json(&body);
    expect(request, StatusCode::OK).await
}

#[sqlx::test(migrations = "../migrations")]
async fn what_lists_would_do_is_told_before_they_are_saved(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let mut ids = Vec::new();
    for n in 1..=4 {
        ids.push(app.review(anna.tenant, n, 5).await);
    }
    answered(&app, &anna, ids[0], "Скидок пока нет, но мы всегда рады вам!").await;
    answered(&app, &anna, ids[1], "Со скидкой ждём вас снова, Пётр!").await;
    let draft = json!({"text": "Наш робот вам ответит, и скидка будет."});
    let path = format!("/interactions/{}/draft", ids[2]);
    expect(anna.write(Method::POST, &path, &draft), StatusCode::OK).await;
    app.catch_up().await;

    let phrase = json!([{"text": "скидка", "severity": "error"}]);
    let told = what_if(&anna, phrase.clone(), json!(["робот"])).await;
    assert_eq!(
        (&told["texts"], &told["has_more"], &told["version"]),
        (&json!(3), &json!(false), &json!(0))
    );
    let sums = ["stopped_now", "stopped_then", "stopped_newly", "stopped_no_longer"];
    assert_eq!(sums.map(|sum| told[sum].as_u64().unwrap()), [1, 3, 2, 0]);
    let [own, robots] = &told["effects"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!((&own["listed"], &own["stops_newly"]), (&json!("скидка"), &json!(3)));
    assert_eq!((&robots["type"], &robots["stops_no_longer"]), (&json!("ai_mention"), &json!(1)));
    let example = &robots["examples"][0];
    assert_eq!(example["interaction_id"], ids[2].to_string());
    assert_eq!(
        (&example["phrase"], &example["place"]),
        (&json!("робот"), &json!({"start": 4, "end": 9}))
    );
    assert_eq!(
        (&example["before"], &example["change"]),
        (&json!("Наш "), &json!("stops_no_longer"))
    );
    assert_eq!(anna.get(LISTS).await["version"], 0, "nothing is kept");

    // What is saved changes nothing any more; what is older does not count; another seller has other texts.
    let saved = json!({"replaces": 0, "phrases": phrase, "exceptions": ["робот"]});
    change(&anna, &saved).await;
    let told = what_if(&anna, saved["phrases"].clone(), json!(["робот"])).await;
    assert_eq!((&told["effects"], &told["stopped_now"]), (&json!([]), &json!(3)));
    assert_eq!(what_if(&boris, saved["phrases"].clone(), json!([])).await["texts"], 0);
    sqlx::query("update reply_history set requested_at = now() - interval '31 days'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(what_if(&anna, json!([]), json!([])).await["texts"], 1);

    let refused = |body: Value| anna.call(Method::POST, "/seller/guardrails/what-if").json(&body);
    let long = json!({"days": 91, "phrases": [], "exceptions": []});
    let problem = expect_problem(refused(long), 422, "invalid_body").await;
    assert_eq!(problem["errors"][0]["field"], "days");
    let blank = json!({"days": 1, "phrases": [], "exceptions": ["…"]});
    let problem = expect_problem(refused(blank), 422, "invalid_body").await;
    assert_eq!(problem["errors"][0]["field"], "exceptions.0");
    let nobody = app.call(Method::POST, "/api/v1/seller/guardrails/what-if").json(&json!({}));
    expect_problem(nobody, 401, "unauthenticated").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn more_texts_than_a_page_are_all_looked_at(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    app.catch_up().await;
    // Many at the same moment, so that pages end within it.
    let fill = "insert into reply_history (tenant_id, interaction_id, reply_id, kind, state, text, requested_at,
            version, applied_version)
        select $1, $2, gen_random_uuid(), 'answer', 'sent', 'Скидка ' || n, now() - n / 700 * interval '1 hour', 2, 2
            from generate_series(1, 1999) n";
    sqlx::query(fill).bind(anna.tenant.0).bind(id.0).execute(&pool).await.unwrap();
    let told = what_if(&anna, json!([{"text": "скидка", "severity": "error"}]), json!([])).await;
    assert_eq!((&told["texts"], &told["stopped_newly"]), (&json!(1999), &json!(1999)));
    assert_eq!(told["effects"][0]["examples"].as_array().unwrap().len(), 3);
}

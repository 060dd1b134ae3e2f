//! What a seller wants of deadlines, over HTTP.

use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::harness::{Signed, TestApp, expect, expect_problem, written_at};

const PATH: &str = "/seller/sla";
const WHAT_IF: &str = "/sla/what-if";

fn body(now: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut sla = now["sla"].clone();
    change(&mut sla);
    json!({"replaces": now["version"], "sla": sla})
}

async fn change(anna: &Signed, change: impl FnOnce(&mut Value)) -> Value {
    let body = body(&anna.get(PATH).await, change);
    expect(anna.write(Method::PUT, PATH, &body), StatusCode::OK).await
}

#[sqlx::test(migrations = "../migrations")]
async fn every_change_is_a_version_and_nobodys_is_lost(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let before = anna.get(PATH).await;
    assert_eq!((&before["version"], &before["sla"]["minutes"]["urgent"]), (&json!(0), &json!(30)));
    let day = json!([{"from": "09:00", "to": "13:00"}, {"from": "14:00", "to": "00:00"}]);
    let changed = change(&anna, |sla| {
        sla["week"][0] = day;
        sla["week"][6] = json!([]);
        sla["zone"] = json!("Asia/Yekaterinburg");
        sla["holidays"] = json!([{"date": "2027-01-01", "intervals": []}]);
        let phrases = json!([" не работает "]);
        sla["rules"] = json!([{"phrases": phrases, "priority": "urgent", "minutes": 15}]);
    })
    .await;
    let sla = &changed["sla"];
    assert_eq!((&changed["version"], &sla["zone"]), (&json!(1), &json!("Asia/Yekaterinburg")));
    assert_eq!(sla["week"][0][1], json!({"from": "14:00", "to": "24:00"}), "midnight ends the day");
    assert_eq!(sla["rules"][0]["phrases"], json!(["не работает"]));
    assert_eq!(sla["rules"][0]["channel"], Value::Null);
    assert_eq!(anna.get(PATH).await, changed);
    let late = body(&before, |sla| sla["warn_before_minutes"] = json!(7));
    let problem = expect_problem(anna.write(Method::PUT, PATH, &late), 409, "sla_changed").await;
    assert!(problem["detail"].as_str().unwrap().contains("версию 1"), "{problem}");

    // Back to the first one: a new version.
    let back = json!({"replaces": 1, "sla": before["sla"]});
    let back = expect(anna.write(Method::PUT, PATH, &back), StatusCode::OK).await;
    assert_eq!((&back["version"], &back["sla"]), (&json!(2), &before["sla"]));
    let history = anna.get("/seller/sla/history").await;
    let [second, first] = &history["items"].as_array().unwrap()[..] else { panic!("{history}") };
    assert_eq!((&first["sla"], &second["sla"]), (sla, &before["sla"]));
    assert_eq!(first["who"], "оператор anna@example.ru");
    let boris = app.register("boris@example.ru").await;
    assert_eq!(boris.get(PATH).await["version"], 0);
    assert_eq!(boris.get("/seller/sla/history").await["items"], json!([]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_is_named(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let now = anna.get(PATH).await;
    let interval = |from: &str, to: &str| json!({"from": from, "to": to});
    let nights = json!([interval("22:00", "06:00"), interval("05:00", "07:00")]);
    let holiday = |intervals: Value| json!({"date": "2027-01-01", "intervals": intervals});
    let rule = |phrases: Value, minutes: u32| json!([{"phrases": phrases, "channel": "chat", "priority": "high", "minutes": minutes}]);
    for (field, value, named) in [
        ("minutes/low", json!(10_081), "minutes.low"),
        ("minutes/high", json!(20), "minutes.high"),
        ("zone", json!("Europe/Atlantis"), "zone"),
        ("week", json!([[], [], [], [], [], []]), "week"),
        ("week", json!([[], [], [], [], [], [], []]), "week"),
        ("week/1/0", interval("9:00", "18:00"), "week.1.0.from"),
        ("week/1/0", interval("09:00", "25:00"), "week.1.0.to"),
        ("week/1/0", interval("09:00", "09:00"), "week.1.0"),
        ("week/1", json!([interval("09:00", "18:00"), interval("17:00", "19:00")]), "week.1.1"),
        // The night goes on into a day that is worked from midnight.
        ("week/1", nights, "week.2.0"),
        ("holidays", json!([holiday(json!([])), holiday(json!([]))]), "holidays.1.date"),
        ("holidays", json!([holiday(json!([interval("8", "9")]))]), "holidays.2027-01-01.0.from"),
        ("rules", rule(json!([]), 10), "rules.0.phrases"),
        ("rules", rule(json!(["брак", "…"]), 10), "rules.0.phrases.1"),
        ("rules", rule(json!(["брак"]), 0), "rules.0.minutes"),
        ("off_hours/factor_percent", json!(99), "off_hours.factor_percent"),
        ("off_hours/level_shift", json!(4), "off_hours.level_shift"),
        ("warn_before_minutes", json!(1_441), "warn_before_minutes"),
    ] {
        let body =
            body(&now, |sla| *sla.pointer_mut(&format!("/{field}")).unwrap() = value.clone());
        let problem =
            expect_problem(anna.write(Method::PUT, PATH, &body), 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], format!("sla.{named}"), "{problem}");
    }
    assert_eq!(anna.get(PATH).await["version"], 0);
}

fn question(sla: &Value) -> Value {
    let (since, until) = (written_at(0) - TimeDelta::days(1), written_at(0) + TimeDelta::days(7));
    json!({"since": since, "until": until, "sla": sla})
}

#[sqlx::test(migrations = "../migrations")]
async fn another_policy_is_held_against_history(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for n in 1..=5 {
        app.ingest(anna.tenant, n, u8::try_from(n).unwrap()).await;
    }
    let sla = anna.get(PATH).await["sla"].clone();
    let ask = async |body: &Value| {
        expect(anna.call(Method::POST, WHAT_IF).json(body), StatusCode::OK).await
    };
    let same = ask(&question(&sla)).await;
    assert_eq!((&same["waits"], &same["changes_total"]), (&json!(5), &json!(0)), "{same}");
    assert_eq!(same["all"]["before"], same["all"]["after"]);
    assert_eq!(same["all"]["before"]["met"], 0, "nobody answered any of them");
    let priorities = same["priorities"].as_array().unwrap();
    assert_eq!(priorities.last().unwrap()["priority"], "low");

    // The stars are theirs and the words all alike: a rule moves those with one to three.
    let mut other = sla.clone();
    other["rules"] = json!([{"phrases": ["отзыв"], "priority": "urgent", "minutes": 10}]);
    let told = ask(&question(&other)).await;
    let moved = told["changes"].as_array().unwrap();
    assert_eq!((moved.len(), &told["has_more"]), (3, &json!(false)), "{told}");
    assert_eq!(
        (&moved[0]["after"]["priority"], &moved[0]["after"]["rule"]),
        (&json!("urgent"), &json!(1))
    );
    let mut page = question(&other);
    (page["skip"], page["limit"]) = (json!(1), json!(1));
    let second = ask(&page).await;
    assert_eq!(second["changes"], json!([moved[1]]));
    assert_eq!((&second["changes_total"], &second["has_more"]), (&json!(3), &json!(true)));

    for (field, value) in
        [("until", json!(written_at(0) - TimeDelta::days(2))), ("limit", json!(0))]
    {
        let mut body = question(&sla);
        body[field] = value;
        let refused = anna.call(Method::POST, WHAT_IF).json(&body);
        let problem = expect_problem(refused, 422, "invalid_body").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }
    let boris = app.register("boris@example.ru").await;
    let none = boris.call(Method::POST, WHAT_IF).json(&question(&other));
    assert_eq!(expect(none, StatusCode::OK).await["waits"], 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_read_is_left_out_and_counted(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    for n in 1..=3 {
        app.ingest(anna.tenant, n, 3).await;
    }
    let body = question(&anna.get(PATH).await["sla"]);
    let told = expect(anna.call(Method::POST, WHAT_IF).json(&body), StatusCode::OK).await;
    assert_eq!((&told["waits"], &told["unreadable"]), (&json!(3), &json!(0)));
    // Somebody with the rights of the owner puts one buyer's words into another's review.
    let mut owner = pool.acquire().await.unwrap();
    sqlx::query("set session_replication_role = replica").execute(&mut *owner).await.unwrap();
    let changed = sqlx::query(
        "update es.event e set payload = o.payload from es.event o
            where e.event_type = 'Ingested' and o.event_type = 'Ingested'
                and e.stream_id = (select min(stream_id::text)::uuid from es.event where event_type = 'Ingested')
                and o.stream_id = (select max(stream_id::text)::uuid from es.event where event_type = 'Ingested')",
    )
    .execute(&mut *owner)
    .await
    .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    drop(owner);
    let told = expect(anna.call(Method::POST, WHAT_IF).json(&body), StatusCode::OK).await;
    assert_eq!((&told["waits"], &told["unreadable"]), (&json!(2), &json!(1)));
}

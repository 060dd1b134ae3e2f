//! How well interactions were answered: the figures, and for each number its list.

use calamine::{DataType as _, Reader as _};
use chrono::{Datelike as _, TimeDelta, Utc, Weekday};
use commands::{Actor, Context};
use domain::guardrail::Grounds;
use domain::interaction::{
    DraftOrigin, DraftSource, Interaction, InteractionCommand as Command, SendFailure, Timing,
    UnknownReason,
};
use domain::value::{Links, MessageAuthor, ObservedAnswer, ObservedState};
use domain::{DraftId, InteractionId, ReplyId, UserId};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Signed, TestApp, expect_problem, review, said, written_at};

const DRAFT: &str = "Здравствуйте, Анна! Спасибо за отзыв, рады, что чайник вам понравился.";
const EDITED: &str = "Здравствуйте, Анна! Спасибо за отзыв, рады, что чайник вас радует.";
const OTHER: &str = "Нам очень жаль, что кнопка тугая: проверьте, пожалуйста, закрыта ли крышка.";
const OPERATOR: UserId = UserId(Uuid::from_u128(3));

/// Has a person ask for a reply to a review with a draft.
async fn ask(app: &TestApp, by: &Signed, n: u32, text: &str) -> (InteractionId, ReplyId) {
    let id = app.review(by.tenant, n, 5).await;
    let draft_id = DraftId::made_for(id, 0, 0);
    let origin = Some(Box::new(DraftOrigin::given(0)));
    let source = DraftSource::Template;
    let draft = Command::ProposeDraft { draft_id, text: DRAFT.to_owned(), source, origin };
    app.execute(by.tenant, id, draft).await;
    (id, again(app, by, id, text).await)
}

async fn again(app: &TestApp, by: &Signed, id: InteractionId, text: &str) -> ReplyId {
    let reply_id = ReplyId(Uuid::new_v4());
    let request = Command::RequestReply {
        reply_id,
        text: text.into(),
        draft_id: None,
        bulk_id: None,
        files: vec![],
        timing: Timing::default(),
        grounds: Grounds::default(),
    };
    let context = Context::new(by.tenant, Actor::User(OPERATOR));
    app.commands.execute::<Interaction>(&context, id, request).await.unwrap();
    reply_id
}

async fn taken(app: &TestApp, by: &Signed, (id, reply_id): (InteractionId, ReplyId)) {
    let at = Utc::now();
    let taken = Command::RecordAccepted { reply_id, attempt: 1, at, external_id: None };
    app.execute(by.tenant, id, taken).await;
}

/// Answers reviews in every way, well and badly.
async fn answered(app: &TestApp, anna: &Signed) {
    for (n, text) in [(1, DRAFT), (2, EDITED), (3, OTHER)] {
        let asked = ask(app, anna, n, text).await;
        taken(app, anna, asked).await;
    }
    let (id, reply_id) = ask(app, anna, 4, DRAFT).await;
    let failure = SendFailure::Unauthorized;
    let (marketplace_text, at) = (None, Utc::now());
    let failed = Command::RecordFailed { reply_id, attempt: 1, failure, marketplace_text, at };
    app.execute(anna.tenant, id, failed).await;
    let (id, reply_id) = ask(app, anna, 5, OTHER).await;
    let (code, marketplace_text) = ("rejected".to_owned(), None);
    let refused = Command::RecordModerationFailed { reply_id, code, marketplace_text };
    app.execute(anna.tenant, id, refused).await;
    let (id, reply_id) = ask(app, anna, 6, DRAFT).await;
    let (reason, at) = (UnknownReason::Timeout, Utc::now());
    app.execute(anna.tenant, id, Command::RecordUnknown { reply_id, attempt: 1, reason, at }).await;
    let id = app.review(anna.tenant, 7, 2).await;
    let answer = ObservedAnswer {
        text: "Ответили в кабинете.".to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    };
    app.execute(anna.tenant, id, Command::Observe { answer, seen_at: Utc::now() }).await;
    app.catch_up().await;
}

/// Days around now, whatever day it is in Moscow by the end.
fn days() -> String {
    let day = |days| (Utc::now() + TimeDelta::days(days)).date_naive();
    format!("from={}&to={}", day(-1), day(2))
}

async fn items(by: &Signed, search: &str) -> Vec<Value> {
    let path = format!("/interactions/metrics/quality/items?{}&limit=200{search}", days());
    by.get(&path).await["items"].as_array().unwrap().clone()
}

/// Where a number stands in figures, and the search for its list.
const NUMBERS: [(&str, &str); 25] = [
    ("/answered", "answered"),
    ("/answered_here", "answered_here"),
    ("/answered_elsewhere", "answered_elsewhere"),
    ("/in_bulk", "in_bulk"),
    ("/unmeasured", "unmeasured"),
    ("/accepted/count", "accepted"),
    ("/accepted/of", "judged"),
    ("/edited/count", "edited"),
    ("/edited/of", "judged"),
    ("/manual/count", "manual"),
    ("/manual/of", "judged"),
    ("/automatic/count", "automatic"),
    ("/automatic/of", "answered_here"),
    ("/sla_met/count", "sla_met"),
    ("/sla_met/of", "sla_due"),
    ("/sla_missed/count", "sla_missed"),
    ("/sla_missed/of", "sla_due"),
    ("/first_answer_seconds/of", "timed"),
    ("/handling_seconds/of", "answered_here"),
    ("/changed_percent/of", "measured"),
    ("/refused", "refused"),
    ("/unknown", "unknown"),
    ("/in_doubt", "in_doubt"),
    ("/failed", "failed"),
    ("/failures/0/count", "failed&cause=unauthorized"),
];

/// Holds every number of figures against the list that counts it, and tells how many there were above 0.
async fn compared(by: &Signed, figures: &Value, filter: &str) -> usize {
    let mut above = 0;
    for (pointer, metric) in NUMBERS {
        let number = figures.pointer(pointer).map_or(0, |number| number.as_u64().unwrap());
        let listed = items(by, &format!("&metric={metric}{filter}")).await;
        assert_eq!(u64::try_from(listed.len()).unwrap(), number, "{pointer} of {filter}");
        above += usize::from(number > 0);
    }
    above
}

#[sqlx::test(migrations = "../migrations")]
async fn every_number_is_the_length_of_its_list(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    answered(&app, &anna).await;
    let quality = async |search: &str| {
        anna.get(&format!("/interactions/metrics/quality?{}{search}", days())).await
    };
    let whole = quality("").await;
    assert_eq!((&whole["zone"], &whole["version"]), (&json!("Europe/Moscow"), &json!(2)));
    assert_eq!(whole["groups"], json!([]));
    let total = &whole["total"];
    let expected = |pointer| total.pointer(pointer).unwrap().as_u64().unwrap();
    let counts = ["/answered", "/answered_here", "/answered_elsewhere", "/accepted/of"];
    assert_eq!(counts.map(expected), [4, 3, 1, 3]);
    let counts = ["/accepted/count", "/edited/count", "/manual/count", "/refused", "/unknown"];
    assert_eq!(counts.map(expected), [1, 1, 1, 1, 1]);
    assert_eq!(total["accepted"]["percent"], json!(33.3));
    assert_eq!(total["failures"], json!([{"cause": "unauthorized", "count": 1}]));
    assert_eq!(total["changed_percent"]["of"], json!(3));
    assert_eq!(compared(&anna, total, "").await, 17, "{total}");

    for by in
        ["channel", "marketplace", "account", "product", "intent", "rating", "operator", "day"]
    {
        let groups = quality(&format!("&by={by}")).await["groups"].as_array().unwrap().clone();
        assert!(!groups.is_empty(), "{by}");
        for group in groups {
            let key = group["key"].as_str();
            let key = key.map_or_else(String::new, |key| format!("&key={key}"));
            let above = compared(&anna, &group["figures"], &format!("&by={by}{key}")).await;
            assert!(above > 0, "{group}");
        }
    }
    let operators = quality("&by=operator").await["groups"].as_array().unwrap().clone();
    let people: Vec<_> = operators.iter().map(|group| (&group["key"], &group["who"])).collect();
    let operator = json!(format!("user:{}", OPERATOR.0));
    assert!(people.contains(&(&operator, &json!("оператор"))), "{people:?}");
    assert_eq!(quality("&channel=chat").await["total"]["answered"], 0);

    let edited = &items(&anna, "&metric=edited").await[0];
    assert_eq!((&edited["outcome"], &edited["operator"]), (&json!("edited"), &operator));
    assert_eq!(edited["preview"], "Отзыв номер 2");
    let (mut found, mut next) = (0, String::new());
    loop {
        let page = format!("/interactions/metrics/quality/items?{}&limit=1", days());
        let page = anna.get(&format!("{page}&metric=answered{next}")).await;
        found += page["items"].as_array().unwrap().len();
        let Some(after) = page["next"].as_str() else { break };
        next = format!("&after={after}");
    }
    assert_eq!(found, 4, "page by page");

    let boris = app.register("boris@example.ru").await;
    let nothing = boris.get(&format!("/interactions/metrics/quality?{}", days())).await;
    assert_eq!(compared(&boris, &nothing["total"], "").await, 0);
    let path = format!("/interactions/metrics/quality/items?{}&metric=answered{next}", days());
    expect_problem(boris.call(Method::GET, &path), 404, "not_found").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_period_or_a_question_that_cannot_be_is_refused(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    for path in
        ["/interactions/metrics/quality?", "/interactions/metrics/quality/items?metric=answered&"]
    {
        for query in [
            "",
            "from=2026-01-01",
            "to=2026-01-01",
            "from=nonsense&to=2026-01-02",
            "from=2026-13-01&to=2026-12-31",
            "from=2026-01-02&to=2026-01-02",
            "from=2026-01-03&to=2026-01-02",
            "from=2025-01-01&to=2026-02-06",
            "from=-0001-01-01&to=0000-01-01",
            "from=%2B10000-01-01&to=%2B10000-01-02",
            "from=2026-01-01&to=2026-01-02&by=nonsense",
            "from=2026-01-01&to=2026-01-02&account_id=1",
        ] {
            expect_problem(anna.call(Method::GET, &format!("{path}{query}")), 400, "bad_query")
                .await;
        }
        let longest = anna.get(&format!("{path}from=2025-01-01&to=2026-02-05")).await;
        assert!(longest.is_object());
    }
    for query in [
        "metric=nonsense",
        "metric=answered&cause=unauthorized",
        "metric=failed&cause=nonsense",
        "metric=failed&key=review",
        "metric=failed&limit=201",
    ] {
        let path = "/interactions/metrics/quality/items?from=2026-01-01&to=2026-01-02";
        expect_problem(anna.call(Method::GET, &format!("{path}&{query}")), 400, "bad_query").await;
    }
}

/// Chat `n`, answered in the marketplace's cabinet two months ago.
async fn answered_long_ago(app: &TestApp, anna: &Signed, n: u32) {
    let question = said("1", MessageAuthor::Buyer, written_at(10), "Когда придёт заказ?");
    let answer = said("2", MessageAuthor::Seller, written_at(70 * n), "Завтра, ждите сообщения.");
    app.chat(anna.tenant, n, vec![question, answer], Some(true)).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_day_counted_beforehand_hears_at_once_of_what_is_new(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let day = written_at(0).date_naive();
    let path = format!(
        "/interactions/metrics/quality?from={day}&to={}&by=channel",
        day + TimeDelta::days(1)
    );
    answered_long_ago(&app, &anna, 1).await;
    let first = anna.get(&path).await;
    assert_eq!(first["total"]["answered_elsewhere"], 1, "{first}");
    app.work();
    let counted = "select count(*) from metric_day
        where told_by = 'all' and is_whole and cell->'counts'->'answered' is not null and day = $1
            and tenant_id = $2";
    loop {
        let cells: i64 = sqlx::query_scalar(counted)
            .bind(day)
            .bind(anna.tenant.0)
            .fetch_one(&pool)
            .await
            .unwrap();
        if cells == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let again = anna.get(&path).await;
    assert_eq!((&again["total"], &again["groups"]), (&first["total"], &first["groups"]));
    answered_long_ago(&app, &anna, 2).await;
    // The workers hold the read model, so that it may come to know of it a moment later.
    let known = "select count(*) from metric where tenant_id = $1 and answered_at is not null";
    loop {
        let rows: i64 =
            sqlx::query_scalar(known).bind(anna.tenant.0).fetch_one(&pool).await.unwrap();
        if rows == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let second = anna.get(&path).await;
    assert_eq!(second["total"]["answered_elsewhere"], 2, "{second}");
    assert_eq!(second["groups"][0]["figures"]["first_answer_seconds"]["p90"], 130);
}

/// A file, its kind and its name.
async fn exported(by: &Signed, search: &str) -> (Vec<u8>, String, String) {
    let path = format!("/interactions/metrics/quality/export?{}{search}", days());
    let answer = by.call(Method::GET, &path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{search}");
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    let (kind, name) = (header("content-type"), header("content-disposition"));
    (answer.bytes().await.unwrap().to_vec(), kind, name)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_file_tells_the_numbers_of_the_page(pool: PgPool) {
    const FORMULA: &str = "=HYPERLINK(\"http://example.com\";\"Чайник\")";
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    answered(&app, &anna).await;
    let mut named = review(50, 5, Links::default());
    named.content.product.article = FORMULA.to_owned();
    let answer = ObservedAnswer {
        text: "Ответили в кабинете.".to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    };
    named.answer = Some(answer);
    let id = InteractionId::of_external(
        anna.tenant,
        named.source.account_id,
        named.source.channel,
        &named.source.external_id,
    );
    app.execute(anna.tenant, id, Command::Ingest(Box::new(named))).await;
    app.catch_up().await;
    let page = anna.get(&format!("/interactions/metrics/quality?{}&by=product", days())).await;
    let total = &page["total"];

    let (bytes, kind, name) = exported(&anna, "&format=csv&by=product").await;
    assert_eq!(kind, "text/csv; charset=utf-8");
    assert!(name.contains("agentiq-answers-") && name.ends_with(".csv\""), "{name}");
    let text = String::from_utf8(bytes).unwrap();
    let lines = csv::ReaderBuilder::new()
        .delimiter(b';')
        .flexible(true)
        .has_headers(false)
        .from_reader(text.strip_prefix('\u{feff}').unwrap().as_bytes())
        .into_records()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let head = lines.iter().position(|line| &line[0] == "Артикул").unwrap();
    let in_csv = |row: usize, heading: &str| {
        let column = lines[head].iter().position(|name| name == heading).unwrap();
        lines[head + row][column].to_owned()
    };
    assert_eq!(in_csv(1, "Артикул"), "Всего");
    assert_eq!(in_csv(1, "Отвечено"), total["answered"].to_string());
    assert_eq!(in_csv(1, "Черновик без правок, %"), "33,3");
    assert_eq!(in_csv(1, "Отклонила модерация"), "1");
    let causes = "Площадка не приняла ключ кабинета — 1";
    assert_eq!(in_csv(1, "Отправка не удалась: причины"), causes);
    let answer = &total["first_answer_seconds"]["p50"];
    assert_eq!(in_csv(1, "Первый ответ: у половины не дольше"), answer.to_string());
    let articles: Vec<_> = lines[head + 1..].iter().map(|line| line[0].to_owned()).collect();
    assert_eq!(articles, ["Всего", "1001", &format!("'{FORMULA}")]);
    assert_eq!(lines.len() - head - 2, page["groups"].as_array().unwrap().len());

    let (bytes, _, name) = exported(&anna, "&format=xlsx&by=product").await;
    assert!(name.ends_with(".xlsx\""), "{name}");
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
    assert_eq!(book.worksheet_formula("Показатели").unwrap().used_cells().count(), 0);
    let numbers = book.worksheet_range("Показатели").unwrap();
    let in_book = |row: u32, heading: &str| {
        let mut headings = numbers.rows().next().unwrap().iter();
        let column = headings.position(|cell| cell == heading).unwrap();
        numbers.get_value((row, u32::try_from(column).unwrap())).unwrap().clone()
    };
    assert_eq!(in_book(3, "Артикул").to_string(), FORMULA);
    assert_eq!(in_book(1, "Отвечено").as_f64(), total["answered"].as_f64());
    let share = in_book(1, "Черновик без правок, %").as_f64().unwrap();
    assert!((share - 0.333).abs() < 1e-9, "{share}");
    let about = book.worksheet_range("Об отчёте").unwrap();
    let zone = about.rows().find(|row| row[0] == *"Часовой пояс дней").unwrap();
    assert_eq!(zone[1].to_string(), "Europe/Moscow");

    for by in ["channel", "marketplace", "account", "intent", "rating", "operator", "day"] {
        let (bytes, ..) = exported(&anna, &format!("&format=csv&by={by}")).await;
        assert!(String::from_utf8(bytes).unwrap().contains("\nВсего;"), "{by}");
    }
    let boris = app.register("boris@example.ru").await;
    let (bytes, ..) = exported(&boris, "&format=csv&by=product").await;
    let nothing = String::from_utf8(bytes).unwrap();
    assert!(nothing.contains("\nВсего;0;") && nothing.ends_with('\n'), "{nothing}");
    assert!(!nothing.contains("1001"), "{nothing}");
    for query in ["format=pdf&by=day", "format=csv", "by=day", "format=csv&by=day&limit=1"] {
        let path = format!("/interactions/metrics/quality/export?{}&{query}", days());
        expect_problem(anna.call(Method::GET, &path), 400, "bad_query").await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_closed_week_names_what_became_known_later(pool: PgPool) {
    let app = TestApp::start(pool.clone()).await;
    let anna = app.register("anna@example.ru").await;
    let monday = written_at(0).date_naive();
    assert_eq!(monday.weekday(), Weekday::Mon);
    let path = format!("/interactions/metrics/quality/closed?from={monday}");
    answered_long_ago(&app, &anna, 1).await;
    assert_eq!(anna.get(&path).await["week"], Value::Null, "it was over before the seller came");
    sqlx::query(
        "insert into metric_closed_week (tenant_id, monday, zone, version, closed_at)
            values ($1, $2, 'Europe/Moscow', 1, now() - interval '1 day')",
    )
    .bind(anna.tenant.0)
    .bind(monday)
    .execute(&pool)
    .await
    .unwrap();
    let week = anna.get(&path).await["week"].clone();
    assert_eq!((&week["then"]["answered"], &week["now"]["answered"]), (&json!(0), &json!(1)));
    assert_eq!((&week["version"], &week["changed"]), (&json!(1), &json!(1)));
    let item = &week["items"][0];
    assert_eq!((&item["read_later"], &item["measured_otherwise"]), (&json!(true), &json!(false)));
    assert!(item["gained"].as_array().unwrap().contains(&json!("answered_elsewhere")), "{item}");
    let boris = app.register("boris@example.ru").await;
    assert_eq!(boris.get(&path).await["week"], Value::Null);
    for query in ["", "?from=2026-13-01", "?from=%2B10000-01-01", "?from=2026-11-16&to=1"] {
        let path = format!("/interactions/metrics/quality/closed{query}");
        expect_problem(anna.call(Method::GET, &path), 400, "bad_query").await;
    }
}

//! Answers about the past are what the same query answered then, at every place of random histories.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use commands::{Actor, Context};
use domain::account::{Account, AccountCommand};
use domain::interaction::{
    ChatReading, DraftSource, Ingest, Interaction, InteractionCommand as Command, SendFailure,
    Timing, UnknownReason,
};
use domain::value::{
    BuyerWords, Content, Links, MessageAuthor, ObservedAnswer, ObservedState, Product, Source,
};
use domain::{AccountId, Channel, DraftId, InteractionId, Marketplace, ReplyId, TenantId};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::drill::size;
use crate::harness::{Signed, TestApp, expect_problem, said, written_at};

const ACCOUNT: AccountId = AccountId(Uuid::from_u128(1));

/// Interactions of a history.
const ITEMS: u32 = 3;

/// The one of them that is a chat.
const CHAT: u32 = 2;

/// Moments that a history must have to show anything.
const RECORDS_MIN: usize = 12;

/// How many times its length a history may grow to until it has them.
const STRETCH_MAX: usize = 10;

/// What was asked and answered just after some events.
struct Record {
    cursor: String,
    /// Of the last event.
    at: DateTime<Utc>,
    answers: Vec<(String, Value)>,
}

/// A history and what was answered while it was made.
struct Past {
    anna: Signed,
    ids: Vec<InteractionId>,
    records: Vec<Record>,
}

fn channel_of(n: u32) -> Channel {
    if n == CHAT { Channel::Chat } else { Channel::Review }
}

fn id_of(tenant: TenantId, n: u32) -> InteractionId {
    InteractionId::of_external(tenant, ACCOUNT, channel_of(n), &format!("review-{n}"))
}

fn text(chance: &mut StdRng) -> String {
    ["Спасибо!", "Нам жаль", "Разберёмся"][chance.random_range(0..3)].to_owned()
}

fn reading(chance: &mut StdRng, n: u32) -> Ingest {
    let is_chat = n == CHAT;
    let answer = (!is_chat && chance.random_bool(0.2)).then(|| observed(chance));
    Ingest {
        source: Source {
            account_id: ACCOUNT,
            marketplace: Marketplace::Wildberries,
            channel: channel_of(n),
            external_id: format!("review-{n}"),
            // Two were written in the same second.
            occurred_at: written_at(n / 2),
        },
        content: Content {
            rating: (!is_chat).then(|| chance.random_range(1..=2)),
            product: Product { name: "Чайник".into(), ..Product::default() },
            words: BuyerWords {
                buyer_name: Some("Анна".into()),
                text: text(chance),
                ..BuyerWords::default()
            }
            .into(),
        },
        answer,
        chat: if is_chat { chat(chance) } else { ChatReading::default() },
        links: if is_chat { Links::default() } else { links(chance, n) },
        processed: !is_chat && chance.random_bool(0.1),
        seen_at: Utc::now(),
    }
}

/// Some other review, or none, maybe one that was never read.
fn links(chance: &mut StdRng, n: u32) -> Links {
    let mut other = || {
        let other = chance.random_range(0..8);
        (chance.random_bool(0.2) && other != n).then(|| format!("review-{other}"))
    };
    Links { parent: other(), supplement: other() }
}

/// One or two messages, in no order, some of them known already.
fn chat(chance: &mut StdRng) -> ChatReading {
    let authors = [MessageAuthor::Buyer, MessageAuthor::Seller, MessageAuthor::Marketplace];
    let mut message = || {
        let n = chance.random_range(0..12);
        // Of ours some are from before they can have been sent, and some from after.
        let sent_at = if n < 6 { written_at(n) } else { Utc::now() };
        said(&n.to_string(), authors[chance.random_range(0..3)], sent_at, &text(chance))
    };
    let messages = vec![message(), message()];
    ChatReading { messages, open: chance.random_bool(0.3).then(|| chance.random_bool(0.7)) }
}

fn observed(chance: &mut StdRng) -> ObservedAnswer {
    let states = [ObservedState::Published, ObservedState::InModeration, ObservedState::Rejected];
    let state = states[chance.random_range(0..3)];
    ObservedAnswer {
        text: text(chance).into(),
        state,
        editable: None,
        external_id: None,
        refusal: None,
    }
}

fn command(chance: &mut StdRng, n: u32) -> Command {
    let reply_id = ReplyId(Uuid::from_u128(chance.random_range(10..13)));
    let attempt = chance.random_range(1..3);
    let at = Utc::now();
    let hold = chance.random_bool(0.3).then_some(at + TimeDelta::minutes(1));
    let timing = Timing { held_until: hold, basis: None };
    match chance.random_range(0..16) {
        0..3 => Command::Ingest(Box::new(reading(chance, n))),
        3 => Command::ProposeDraft {
            draft_id: DraftId(Uuid::from_u128(chance.random_range(20..23))),
            text: text(chance),
            source: DraftSource::Template,
            origin: None,
        },
        4..6 => Command::RequestReply {
            reply_id,
            text: text(chance),
            draft_id: None,
            bulk_id: None,
            files: vec![],
            timing,
            grounds: domain::guardrail::Grounds::default(),
        },
        6 => Command::RequestEdit {
            reply_id,
            text: text(chance),
            at,
            timing,
            grounds: domain::guardrail::Grounds::default(),
        },
        7..9 => Command::RecordAccepted { reply_id, attempt, at, external_id: None },
        9 => Command::RecordUnknown { reply_id, attempt, reason: UnknownReason::Timeout, at },
        10 => Command::RecordFailed {
            reply_id,
            attempt,
            failure: SendFailure::Unavailable,
            marketplace_text: Some("Сервис недоступен".into()),
            at,
        },
        11 => Command::ConfirmAbsent { reply_id, attempt, read_at: vec![at, at] },
        12 => Command::RecordModerationFailed {
            reply_id,
            code: "spam".into(),
            marketplace_text: None,
        },
        13 => Command::Release { reply_id },
        14 => Command::Cancel { reply_id },
        _ if n == CHAT => Command::ReceiveMessages { messages: chat(chance).messages, seen_at: at },
        _ => Command::Observe { answer: observed(chance), seen_at: at },
    }
}

impl Past {
    /// Makes a history of `steps` commands by `seed`, and of more until there are [`RECORDS_MIN`]: some may be refused
    /// or say nothing new.
    async fn make(app: &TestApp, seed: u64, steps: usize) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let anna = app.register("anna@example.ru").await;
        let tenant = anna.tenant;
        let ids = (0..ITEMS).map(|n| id_of(tenant, n)).collect();
        let mut past = Self { anna, ids, records: Vec::new() };
        past.record(app).await;
        for step in 0..steps * STRETCH_MAX {
            if step >= steps && past.records.len() >= RECORDS_MIN {
                break;
            }
            let context = Context::new(tenant, Actor::System("test"));
            if step == steps / 3 {
                let (marketplace, name) = (Marketplace::Wildberries, "Основной".to_owned());
                let connect = AccountCommand::Connect { marketplace, name };
                app.commands.execute::<Account>(&context, ACCOUNT, connect).await.unwrap();
            } else {
                let n = chance.random_range(0..ITEMS);
                let id = past.ids[n as usize];
                let command = command(&mut chance, n);
                // A command that a rule refuses leaves the past as it is.
                let _ = app.commands.execute::<Interaction>(&context, id, command).await;
            }
            past.record(app).await;
        }
        past
    }

    /// Notes what is answered now, if something has happened.
    async fn record(&mut self, app: &TestApp) {
        app.catch_up().await;
        let feed = self.anna.get("/events?limit=1000").await;
        let last = feed["events"].as_array().unwrap().last().unwrap();
        let cursor = last["aiqcursor"].as_str().unwrap().to_owned();
        if self.records.last().is_some_and(|record| record.cursor == cursor) {
            return;
        }
        let at = last["time"].as_str().unwrap().parse().unwrap();
        let mut answers = Vec::new();
        for path in self.paths() {
            let answer = self.ask(&path).await;
            if let Some(next) = answer["next"].as_str() {
                let path = format!("{path}&after={next}");
                answers.push((path.clone(), self.ask(&path).await));
            }
            answers.push((path, answer));
        }
        self.records.push(Record { cursor, at, answers });
    }

    fn paths(&self) -> Vec<String> {
        let lists = [
            "/interactions?order=newest&limit=2",
            "/interactions?order=oldest&limit=1",
            "/interactions?needs_response=true",
            "/interactions?channel=chat",
            "/interactions?status=responded&rating=1",
            "/interactions/counts?channel=review",
            "/interactions/counts?rating=2&needs_response=false",
        ];
        let items = self.ids.iter().flat_map(|id| {
            ["", "/history", "/events"].map(|part| format!("/interactions/{id}{part}?"))
        });
        lists.into_iter().map(str::to_owned).chain(items).collect()
    }

    async fn ask(&self, path: &str) -> Value {
        let response = self.anna.call(Method::GET, path).send().await.unwrap();
        let status = response.status().as_u16();
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        // That it is not there is said in other words when it came later.
        if status == 404 { json!(404) } else { body }
    }

    /// Returns the queries whose answers as of `as_of(record, the one after it)` are not what was answered `shift`
    /// records later.
    async fn differing(
        &self,
        shift: usize,
        as_of: impl Fn(&Record, Option<&Record>) -> String,
    ) -> Vec<String> {
        let mut found = Vec::new();
        for (index, record) in self.records.iter().enumerate() {
            let Some(wanted) = self.records.get(index + shift) else { continue };
            let parameter = as_of(record, self.records.get(index + 1));
            for (path, answer) in &wanted.answers {
                let path = format!("{path}&{parameter}");
                if self.ask(&path).await != *answer {
                    found.push(path);
                }
            }
        }
        found
    }
}

fn time(at: DateTime<Utc>) -> String {
    format!("as_of={}", at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

#[sqlx::test(migrations = "../migrations")]
async fn the_past_is_what_was_answered_then(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let seed = rand::random();
    let past = Past::make(&app, seed, size(40, 400)).await;
    assert!(past.records.len() > 10, "seed {seed}: a history of {}", past.records.len());

    let none: [&str; 0] = [];
    let by_cursor = |record: &Record, _: Option<&Record>| format!("as_of={}", record.cursor);
    assert_eq!(past.differing(0, by_cursor).await, none, "seed {seed}, by cursor");
    let by_time = |record: &Record, _: Option<&Record>| time(record.at);
    assert_eq!(past.differing(0, by_time).await, none, "seed {seed}, by the event's own time");
    let just_before_the_next = |record: &Record, next: Option<&Record>| {
        time(next.map_or(record.at, |next| next.at - TimeDelta::microseconds(1)))
    };
    assert_eq!(past.differing(0, just_before_the_next).await, none, "seed {seed}, between events");

    // What follows must be caught, or the comparison proves nothing: one event too many, and the present.
    assert_ne!(past.differing(1, by_cursor).await, none, "seed {seed}: one off was not seen");
    let present = |_: &Record, _: Option<&Record>| String::new();
    assert_ne!(past.differing(0, present).await, none, "seed {seed}: the live row was not seen");
}

#[sqlx::test(migrations = "../migrations")]
async fn each_step_is_the_state_after_its_event_and_what_it_changed(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let seed = rand::random();
    let past = Past::make(&app, seed, 30).await;
    for id in &past.ids {
        let found = past.ask(&format!("/interactions/{id}/steps")).await;
        let Some(steps) = found["items"].as_array() else { continue };
        for (index, step) in steps.iter().enumerate() {
            let cursor = step["event"]["aiqcursor"].as_str().unwrap();
            let then = past.ask(&format!("/interactions/{id}?as_of={cursor}")).await;
            assert_eq!(step["state"], then, "seed {seed}, step {index} of {id}");
            assert_eq!(step["number"], index + 1, "seed {seed}");
            assert!(step["title"].as_str().is_some_and(|title| !title.is_empty()));
            assert!(step["cause"]["command_id"].is_string());
            let before = index.checked_sub(1).map(|index| &steps[index]);
            let changes = step["changes"].as_array().unwrap();
            assert_eq!(changes.is_empty(), before.is_none(), "a version at least, seed {seed}");
            for change in changes {
                let pointer = format!("/{}", change["field"].as_str().unwrap().replace('.', "/"));
                let side = |step: &Value| step["state"].pointer(&pointer).cloned();
                assert_eq!(side(step).unwrap_or_default(), change["after"], "seed {seed}");
                let was = before.and_then(side).unwrap_or_default();
                assert_eq!(was, change["before"], "seed {seed}");
            }
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn events_of_one_moment_are_told_apart_by_cursor_and_come_together_by_time(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = id_of(anna.tenant, 1);
    let mut chance = StdRng::seed_from_u64(1);
    let answer = ObservedAnswer {
        text: "Спасибо!".to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    };
    let both = Ingest { answer: Some(answer), processed: false, ..reading(&mut chance, 1) };
    app.execute(anna.tenant, id, Command::Ingest(Box::new(both))).await;
    let events = anna.get(&format!("/interactions/{id}/events")).await;
    let event = |index: usize| &events["items"][index];
    assert_eq!(event(0)["time"], event(1)["time"]);
    let status = async |as_of: &str| {
        anna.get(&format!("/interactions/{id}?as_of={as_of}")).await["status"].clone()
    };
    assert_eq!(status(event(0)["aiqcursor"].as_str().unwrap()).await, "waiting");
    assert_eq!(status(event(1)["aiqcursor"].as_str().unwrap()).await, "responded");
    assert_eq!(status(event(0)["time"].as_str().unwrap()).await, "responded");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_answer_about_the_past_says_of_which_moment(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let events = anna.get(&format!("/interactions/{id}/events")).await;
    let (cursor, time) = (&events["items"][0]["aiqcursor"], &events["items"][0]["time"]);
    for as_of in [cursor, time] {
        let path = format!("/interactions/{id}?as_of={}", as_of.as_str().unwrap());
        let response = anna.call(Method::GET, &path).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-agentiq-as-of"), cursor.as_str().unwrap());
        assert_eq!(header("x-agentiq-as-of-time"), time.as_str().unwrap());
    }
    let live = anna.call(Method::GET, &format!("/interactions/{id}")).send().await.unwrap();
    assert!(live.headers().get("x-agentiq-as-of").is_none());
}

#[sqlx::test(migrations = "../migrations")]
async fn a_moment_that_cannot_be_told_is_refused_by_name(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let before = anna.get("/events").await["next"].as_str().unwrap().to_owned();
    let id = app.review(anna.tenant, 1, 5).await;
    let now = anna.get("/events").await["next"].as_str().unwrap().to_owned();
    let item = format!("/interactions/{id}");
    let paths = [&*item, "/interactions", "/interactions/counts"];
    let ask = |path: &str, as_of: &str| anna.call(Method::GET, &format!("{path}?as_of={as_of}"));
    let later = (Utc::now() + TimeDelta::hours(1)).to_rfc3339_opts(SecondsFormat::Secs, true);
    for path in paths {
        for bad in ["", "x", "5", "2026-13-01T00:00:00Z", "2026-01-01", &later, &now[1..]] {
            let problem = expect_problem(ask(path, bad), 400, "bad_query").await;
            assert_eq!(problem["errors"][0]["field"], "as_of", "{bad}");
        }
        let both = anna.call(Method::GET, &format!("{path}?as_of={now}&at_least={now}"));
        expect_problem(both, 400, "bad_query").await;
        let borrowed = boris.call(Method::GET, &format!("{path}?as_of={now}"));
        expect_problem(borrowed, 404, "not_found").await;
    }
    for too_early in [&*before, "1999-01-01T00:00:00Z"] {
        expect_problem(ask(&item, too_early), 404, "not_there_yet").await;
        expect_problem(ask(&format!("{item}/history"), too_early), 404, "not_there_yet").await;
        expect_problem(ask(&format!("{item}/events"), too_early), 404, "not_there_yet").await;
        let list = anna.get(&format!("/interactions?as_of={too_early}")).await;
        assert_eq!(list, json!({"items": [], "next": null}));
    }
    // Whether it is another's or nobody's is not told.
    let mut answers = Vec::new();
    let of_boris = boris.get("/events").await["next"].as_str().unwrap().to_owned();
    for id in [id.to_string(), Uuid::new_v4().to_string()] {
        let path = format!("/interactions/{id}?as_of={of_boris}");
        let mut problem = expect_problem(boris.call(Method::GET, &path), 404, "not_found").await;
        problem.as_object_mut().unwrap().remove("request_id");
        answers.push(problem);
        let path = format!("/interactions/{id}/steps");
        expect_problem(boris.call(Method::GET, &path), 404, "not_found").await;
    }
    assert_eq!(answers[0], answers[1]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_export_is_a_file_that_names_nobody_but_the_sellers_own(pool: PgPool) {
    let app = TestApp::start(pool).await;
    let anna = app.register("anna@example.ru").await;
    let boris = app.register("boris@example.ru").await;
    let id = app.review(anna.tenant, 1, 5).await;
    let path = format!("/interactions/{id}/export");
    let response = anna.call(Method::GET, &path).send().await.unwrap();
    let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert_eq!(name, format!("attachment; filename=\"interaction-{id}.json\""));
    let text = response.text().await.unwrap();
    for word in ["Анна", "Отзыв номер", "review-1"] {
        assert!(!text.contains(word), "{text}");
    }
    let export: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(export["format"], "agentiq-interaction");
    assert_eq!(export["interaction_id"], json!(id));
    assert_eq!(export["events"][0]["event_type"], "Ingested");
    assert_eq!(export["state_sha256"].as_str().map(str::len), Some(64));
    expect_problem(boris.call(Method::GET, &path), 404, "not_found").await;
}

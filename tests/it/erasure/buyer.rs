//! A buyer whom nobody else is like, and the places where something of theirs could be left.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use chrono::{TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use tests::api::Seller;
use tests::database::Database;
use tests::play::{Play, Review};
use tests::system::System;
use tests::wait;

/// Parts of what the buyer wrote and was written; nothing else in the system has them. The last is of the claim.
const MARKERS: [&str; 5] = ["Кудеяров", "бергамот", "шафранов", "кардамон", "имбирн"];

/// A buyer's review with a draft and an answer, and a claim for return, each with words of its own.
pub(super) struct Buyer {
    pub(super) review: Review,
    /// Our id of it.
    pub(super) claim: String,
    /// Where the story ended before the erasure.
    pub(super) cursor: String,
}

impl Buyer {
    /// Wants to return something, writes a review and is answered.
    pub(super) async fn answered(play: &Play) -> anyhow::Result<Self> {
        let review =
            json!({ "user": "Аграфена Кудеярова", "text": "Пахнет бергамотом", "rating": 4 });
        let external_id = play.system.sandbox.add_review(review).await?;
        let seller = &play.seller;
        let claim = Self::claimed(play).await?;
        let review = wait::until("the review comes in", async || {
            let items = seller.list("order=newest").await?;
            let found = items.iter().find(|item| item["external_id"] == external_id.as_str());
            found.map(Review::of).transpose()
        })
        .await?;
        let path = format!("/interactions/{}/draft", review.id);
        seller.send(Method::POST, &path, json!({ "text": "шафрановый черновик" })).await?.ok()?;
        seller.reply(&review.id, "Спасибо, у нас есть и с кардамоном").await?.ok()?;
        seller.wait_for_reply(&review.id, "published").await?;
        let events = seller.get(&format!("/interactions/{}/events", review.id)).await?.ok()?;
        let last = events["items"].as_array().and_then(|items| items.last()).context("events")?;
        let cursor = last["aiqcursor"].as_str().context("a cursor")?.to_owned();
        Ok(Self { review, claim, cursor })
    }

    async fn claimed(play: &Play) -> anyhow::Result<String> {
        let external_id = play.system.sandbox.add_claim("Чай не имбирный").await?;
        wait::until("the claim comes in", async || {
            let page = play.seller.get("/claims?limit=200").await?.ok()?;
            let items = page["items"].as_array().context("claims")?;
            let found = items.iter().find(|item| item["external_id"] == external_id.as_str());
            Ok(found.and_then(|item| Some(item["claim_id"].as_str()?.to_owned())))
        })
        .await
    }

    /// Every question about the buyer that a program can ask.
    pub(super) fn questions(&self) -> Vec<String> {
        let Self { review: Review { id, .. }, claim, cursor } = self;
        let item = format!("/interactions/{id}");
        vec![
            "/interactions?limit=200".to_owned(),
            format!("/interactions?limit=200&as_of={cursor}"),
            item.clone(),
            format!("{item}?as_of={cursor}"),
            format!("{item}/history"),
            format!("{item}/events"),
            format!("{item}/steps"),
            format!("{item}/export"),
            "/claims?limit=200".to_owned(),
            format!("/claims/{claim}"),
            "/quality/drafts/items?limit=200".to_owned(),
            measured(),
            "/learning?limit=200".to_owned(),
            "/learning/export".to_owned(),
            "/events?limit=1000".to_owned(),
        ]
    }

    pub(super) async fn erase(&self, seller: &Seller) -> anyhow::Result<()> {
        for item in [format!("/interactions/{}", self.review.id), format!("/claims/{}", self.claim)]
        {
            let body = json!({ "ground": "persons_request", "reference": "17/2026" });
            let answer = seller.send(Method::POST, &format!("{item}/erasure"), body).await?.ok()?;
            ensure!(found(&answer.to_string()).is_empty(), "the erasure's own answer: {answer}");
        }
        Ok(())
    }
}

/// The list of what was answered from here, as far back as one may ask, in whatever zone.
fn measured() -> String {
    let day = |days| (Utc::now() + TimeDelta::days(days)).date_naive();
    let (from, to) = (day(-300), day(2));
    let path = "/interactions/metrics/quality/items?metric=answered_here&limit=200";
    format!("{path}&from={from}&to={to}")
}

/// Returns the markers in a text, as they are or in the hex of a dump.
pub(super) fn found(text: &str) -> Vec<&'static str> {
    let hex = |marker: &str| marker.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    let is_in = |marker: &&str| text.contains(*marker) || text.contains(&hex(marker));
    MARKERS.into_iter().filter(is_in).collect()
}

/// All markers, where a search must find each.
pub(super) fn all() -> Vec<&'static str> {
    MARKERS.to_vec()
}

/// Those of the review, and those of the claim.
pub(super) fn of_each() -> (Vec<&'static str>, Vec<&'static str>) {
    let (claim, review) = MARKERS.split_last().expect("there are some");
    (review.to_vec(), vec![*claim])
}

/// Every table with what the planner remembers of its columns, as text.
pub(super) async fn tables(database: &Database) -> anyhow::Result<String> {
    let mut connection = database.connect().await?;
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&mut connection)
    .await?;
    let mut text = String::new();
    for table in tables.iter().map(String::as_str).chain(["pg_catalog.pg_stats"]) {
        let rows =
            format!("select coalesce(string_agg(to_jsonb(t)::text, chr(10)), '') from {table} t");
        let rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(rows)).fetch_one(&mut connection);
        text += &rows.await?;
    }
    Ok(text)
}

/// What the programs wrote to discs: logs, signed heads, whatever lies in their folder. The marketplace's own are not
/// ours.
pub(super) fn files(folder: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            text += &files(&path)?;
        } else if name != "ledger.jsonl" && !name.starts_with("sandbox") {
            text += &String::from_utf8_lossy(&fs::read(&path)?);
        }
    }
    Ok(text)
}

/// The log and every read model folded from it, opened with all keys that are left.
pub(super) fn opened(system: &System) -> anyhow::Result<String> {
    let mut text = system.output("replay", &["--events", "--reveal"])?;
    for model in ["inbox", "thread", "reply_history", "claims"] {
        text += &system.output("replay", &["--projection", model, "--reveal"])?;
    }
    Ok(text)
}

/// The served rows, in order.
pub(super) async fn served(database: &Database) -> anyhow::Result<Vec<Value>> {
    let mut connection = database.connect().await?;
    let mut rows = Vec::new();
    for table in ["inbox", "thread", "reply_history", "claim"] {
        let of_one = format!("select to_jsonb(t) from {table} t order by to_jsonb(t)::text");
        rows.extend(
            sqlx::query_scalar::<_, Value>(AssertSqlSafe(of_one))
                .fetch_all(&mut connection)
                .await?,
        );
    }
    Ok(rows)
}

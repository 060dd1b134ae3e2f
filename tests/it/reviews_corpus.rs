//! Real reviews go in whole. Those beside the repository are used when they are there, the sandbox's own otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::Value;
use tests::api::Seller;
use tests::feed::Feed;
use tests::sandbox::{SELLER, Sandbox, TOKEN};
use tests::system::{Setup, System};
use tests::wait;

const YANDEX_KEY: &str = "ACMA:harness-key:00000000";

/// A file of the material that lies beside the repository on some machines; elsewhere that is said.
#[expect(clippy::print_stdout, reason = "whoever runs the tests should know what was not tried")]
fn shared(path: &str) -> Option<PathBuf> {
    let file = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(path);
    if !file.is_file() {
        println!("skipped: {path} does not lie beside the repository, the sandbox's own is taken");
        return None;
    }
    Some(file)
}

/// Every tenth of the real reviews in each run of the tests, all of them when `AGENTIQ_ALL_REVIEWS` is set.
#[tokio::test]
async fn written_reviews_go_in_whole() -> anyhow::Result<()> {
    let step = if std::env::var_os("AGENTIQ_ALL_REVIEWS").is_some() { 1 } else { 10 };
    let folder = tempfile::tempdir()?;
    let (file, expected) = match shared("reviews/reviews.jsonl") {
        Some(all) => {
            let lines = std::fs::read_to_string(all)?;
            let some: Vec<_> = lines.lines().step_by(step).collect();
            let file = folder.path().join("reviews.jsonl");
            std::fs::write(&file, some.join("\n"))?;
            (Some(file), some.len())
        }
        None => (None, 123),
    };
    let (system, seller) = taken_in(file, expected).await?;
    assert_eq!(compare(&system.sandbox, &seller).await?, expected);
    Ok(())
}

#[tokio::test]
async fn captured_pages_go_in_whole() -> anyhow::Result<()> {
    let file = shared("wb_feedbacks_samples/wb_seller_feedbacks.json");
    let expected = if file.is_some() { 238 } else { 123 };
    let (system, seller) = taken_in(file, expected).await?;
    assert_eq!(compare(&system.sandbox, &seller).await?, expected);
    assert_eq!(compare_shown(&system.sandbox, &seller).await?, expected);
    Ok(())
}

/// The marketplace gives each captured review as it was, under an id of the sandbox's.
#[tokio::test]
async fn captured_reviews_of_yandex_go_in_whole() -> anyhow::Result<()> {
    let Some(file) = shared("wb_feedbacks_samples/ym_goods_feedback.json") else {
        return Ok(());
    };
    let page: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let captured = page["result"]["feedbacks"].as_array().context("reviews")?;
    let mut setup = Setup::together();
    setup.sandbox.arguments =
        vec![format!("--yandex={SELLER}:1000001:{YANDEX_KEY}"), "--reviews=none".to_owned()];
    let system = setup.start().await?;
    let control = format!("/control/yandex/{SELLER}");
    let mut given = BTreeMap::new();
    for review in captured {
        let blank = serde_json::json!({ "rating": 5, "text": "" });
        let path = format!("{control}/reviews");
        let made = system.sandbox.control(Method::POST, &path, Some(blank)).await?;
        let mut served = review.clone();
        served["feedbackId"] = made["id"].clone();
        let path = format!("{control}/served/{}", made["id"]);
        system.sandbox.control(Method::PUT, &path, Some(served.clone())).await?;
        given.insert(made["id"].to_string(), served);
    }
    let seller = system.register().await?;
    let body = serde_json::json!({
        "marketplace": "yandex_market", "name": "Маркет", "business_id": "1000001",
        "token": YANDEX_KEY,
    });
    seller.send(Method::POST, "/accounts", body).await?.ok()?;
    seller.wait_for_total(given.len() as u64).await?;
    for item in seller.list("order=oldest").await? {
        let id = item["external_id"].as_str().context("an external id")?;
        let review = given.remove(id).with_context(|| format!("{id} is nobody's"))?;
        let shown = seller.interaction(item["interaction_id"].as_str().context("an id")?).await?;
        let text = |field: &str| review["description"][field].as_str().unwrap_or_default();
        for (ours, theirs) in
            [("text", "comment"), ("pros", "advantages"), ("cons", "disadvantages")]
        {
            ensure!(shown["content"][ours] == text(theirs), "{id}: {ours} is shown otherwise");
        }
        ensure!(shown["rating"] == review["statistics"]["rating"], "{id}: the rating differs");
        ensure!(shown["buyer_name"] == review["author"], "{id}: the name differs");
        let article = &review["identifiers"]["offerId"];
        ensure!(shown["product"]["article"] == *article, "{id}: the product differs");
        let photos = review["media"]["photos"].as_array().cloned().unwrap_or_default();
        ensure!(shown["content"]["photos"] == Value::from(photos), "{id}: the pictures differ");
        let times = [&shown["occurred_at"], &review["createdAt"]]
            .map(|time| serde_json::from_value::<DateTime<Utc>>(time.clone()));
        ensure!(times[0].as_ref().ok() == times[1].as_ref().ok(), "{id}: the time differs");
    }
    ensure!(given.is_empty(), "{} are missing", given.len());
    Ok(())
}

/// Holds what an operator is shown of each review, in the list and whole, against the object that the marketplace has.
async fn compare_shown(sandbox: &Sandbox, seller: &Seller) -> anyhow::Result<usize> {
    let feedbacks = sandbox.feedbacks().await?;
    let listed = seller.list("order=oldest").await?;
    for item in &listed {
        let id = item["external_id"].as_str().context("an external id")?;
        let feedback = feedbacks.get(id).with_context(|| format!("{id} is nobody's"))?;
        let shown = seller.interaction(item["interaction_id"].as_str().context("an id")?).await?;
        let text = |field: &str| feedback[field].as_str().unwrap_or_default();
        for field in ["text", "pros", "cons"] {
            ensure!(shown["content"][field] == text(field), "{id}: {field} is shown otherwise");
        }
        ensure!(shown["rating"] == feedback["productValuation"], "{id}: the rating differs");
        let pictures = feedback["photoLinks"].as_array().into_iter().flatten();
        let pictures: Vec<_> = pictures.map(|picture| picture["fullSize"].clone()).collect();
        ensure!(shown["content"]["photos"] == Value::from(pictures), "{id}: the pictures differ");
        let answer = &feedback["answer"]["text"];
        ensure!(shown["reply"]["text"] == *answer, "{id}: the answer is shown otherwise");
    }
    Ok(listed.len())
}

/// Starts a system on these reviews and waits until the back-fill is done.
async fn taken_in(file: Option<PathBuf>, expected: usize) -> anyhow::Result<(System, Seller)> {
    let mut setup = Setup::together();
    setup.sandbox.reviews = file;
    let system = setup.start().await?;
    let seller = system.register().await?;
    let account_id = seller.connect(TOKEN).await?;
    wait::until_within(Duration::from_secs(150), "the back-fill is done", async || {
        let account = seller.account(&account_id).await?;
        ensure!(account["sync"]["error"].is_null(), "{}", account["sync"]);
        Ok((account["sync"]["backfill_done"] == true).then_some(()))
    })
    .await?;
    seller.wait_for_total(expected as u64).await?;
    Ok((system, seller))
}

/// Holds every event of the feed against the object that the marketplace has, and returns how many are the same.
async fn compare(sandbox: &Sandbox, seller: &Seller) -> anyhow::Result<usize> {
    let feed = Feed::take(seller, 1000).await?;
    let mut ingested = BTreeMap::new();
    for event in feed.of_type("Ingested") {
        let data = &event["data"];
        let id = data["source"]["external_id"].as_str().context("an external id")?;
        ensure!(ingested.insert(id.to_owned(), data).is_none(), "{id} came in twice");
    }
    let observed: BTreeSet<_> =
        feed.of_type("ReplyObserved").map(|event| event["subject"].to_string()).collect();
    let feedbacks = sandbox.feedbacks().await?;
    let answered = feedbacks.values().filter(|feedback| feedback["answer"].is_object()).count();
    ensure!(observed.len() == answered, "{} of {answered} answers observed", observed.len());

    for (id, feedback) in &feedbacks {
        let data = ingested.get(id).with_context(|| format!("{id} is missing"))?;
        let content = &data["content"];
        let words = &content["words"];
        for (ours, theirs) in [
            (&content["rating"], &feedback["productValuation"]),
            (&words["text"], &feedback["text"]),
            (&words["pros"], &feedback["pros"]),
            (&words["cons"], &feedback["cons"]),
            (&content["product"]["name"], &feedback["productDetails"]["productName"]),
        ] {
            ensure!(ours == theirs, "{id}: {ours} where the marketplace has {theirs}");
        }
        let photos = |value: &Value| value.as_array().map_or(0, Vec::len);
        ensure!(photos(&words["photos"]) == photos(&feedback["photoLinks"]), "{id}: photos differ");
        let name = feedback["userName"].as_str().filter(|name| !name.is_empty());
        ensure!(words["buyer_name"].as_str() == name, "{id}: the name differs");
        let has_video = !feedback["video"].is_null();
        ensure!(words["video_url"].is_null() != has_video, "{id}: the video differs");
    }
    ensure!(feedbacks.len() == ingested.len(), "something came in that the marketplace has not");
    Ok(feedbacks.len())
}

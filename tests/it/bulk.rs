//! Many replies at once, seen from outside: killed and stopped in the middle, judged by the marketplace's ledger.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tests::ledger::{Asked, judge};
use tests::play::{Play, Review};
use tests::system::Setup;
use tests::wait;

const TEXT: &str = "Здравствуйте! Спасибо за отзыв, нам важно ваше мнение.";

/// Longest that a bulk of these sizes takes at three calls a second.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks for everything that waits to be answered with one text, as the pre-flight shows it.
async fn begin(play: &Play) -> anyhow::Result<(String, Vec<Review>)> {
    let question = json!({ "filter": { "needs_response": true }, "text": TEXT });
    let preflight = play.seller.send(Method::POST, "/interactions/bulk/preflight", question);
    let preflight = preflight.await?.ok()?;
    let items = preflight["items"].as_array().context("a list")?;
    let sendable: Vec<&Value> = items.iter().filter(|item| item["sendable"] == true).collect();
    ensure!(preflight["sendable"] == sendable.len(), "{}", preflight["sendable"]);
    let reviews = sendable.iter().map(|item| Review::of(&item["interaction"]));
    let reviews = reviews.collect::<anyhow::Result<Vec<_>>>()?;
    let wish = |item: &&Value| {
        let id = &item["interaction"]["interaction_id"];
        json!({ "interaction_id": id, "basis": item["basis"] })
    };
    let body = json!({ "items": sendable.iter().map(wish).collect::<Vec<_>>(), "text": TEXT });
    let answer = play.seller.send(Method::POST, "/interactions/bulk", body).await?;
    ensure!(answer.status.as_u16() == 202, "answered {}", answer.status);
    Ok((answer.json()?["bulk_id"].as_str().context("an id")?.to_owned(), reviews))
}

async fn bulk(play: &Play, id: &str) -> anyhow::Result<Value> {
    play.seller.get(&format!("/interactions/bulk/{id}")).await?.ok()
}

async fn until_sent(play: &Play, id: &str, count: u64) -> anyhow::Result<Value> {
    wait::until_within(PATIENCE, &format!("{count} sent"), async || {
        let bulk = bulk(play, id).await?;
        Ok((bulk["counts"]["sent"].as_u64() >= Some(count)).then_some(bulk))
    })
    .await
}

async fn until_state(play: &Play, id: &str, state: &str) -> anyhow::Result<Value> {
    wait::until_within(PATIENCE, &format!("the bulk is {state}"), async || {
        let bulk = bulk(play, id).await?;
        ensure!(bulk["state"] == state, "it is {}: {}", bulk["state"], bulk["counts"]);
        Ok(Some(bulk))
    })
    .await
}

/// The marketplace's ids of the items in one of these states.
fn of_states(bulk: &Value, states: &[&str]) -> BTreeSet<String> {
    let items = bulk["items"].as_array().into_iter().flatten();
    let there = items.filter(|item| states.iter().any(|state| item["state"] == *state));
    there.filter_map(|item| Some(item["interaction"]["external_id"].as_str()?.to_owned())).collect()
}

#[tokio::test]
async fn workers_that_are_killed_leave_no_item_unanswered_and_none_answered_twice()
-> anyhow::Result<()> {
    let mut play = Play::start(Setup::apart(2), 40).await?;
    let (id, reviews) = begin(&play).await?;
    ensure!(reviews.len() >= 20, "{} reviews are too few: void", reviews.len());
    let (mut kills, mut last) = (0, 0);
    while last + 6 < reviews.len() as u64 {
        let now = until_sent(&play, &id, last + 3).await?;
        last = now["counts"]["sent"].as_u64().context("a number")?;
        let worker = &mut play.system.workers[kills % 2];
        worker.kill()?;
        worker.start_again()?;
        kills += 1;
    }
    ensure!(kills >= 3, "{kills} kills are too few: void");

    let done = until_state(&play, &id, "done").await?;
    let all: BTreeSet<String> = reviews.iter().map(|review| review.external_id.clone()).collect();
    // An outcome that a kill left open is settled by reading.
    let whole = wait::until_within(PATIENCE, "every outcome", async || {
        let told = bulk(&play, &id).await?;
        let known = of_states(&told, &["sent", "published"]) == all;
        ensure!(known, "{}", told["counts"]);
        Ok(Some(told))
    })
    .await?;
    assert_eq!(done["counts"]["total"], reviews.len());
    assert_eq!(whole["counts"]["sent"], reviews.len());
    let asked: Vec<Asked> =
        reviews.iter().map(|review| Asked::answer(&review.external_id, TEXT)).collect();
    let verdict = judge(&asked, &play.system.sandbox.answers().await?);
    assert!(verdict.is_clean(), "{verdict}");
    let history =
        play.seller.get(&format!("/interactions/{}/history", reviews[0].id)).await?.ok()?;
    assert_eq!(history["items"][0]["bulk_id"], id, "{history}");
    Ok(())
}

#[tokio::test]
async fn a_bulk_that_is_stopped_sends_nothing_more_and_tells_what_is_out() -> anyhow::Result<()> {
    let play = Play::start(Setup::together(), 40).await?;
    // Long enough that of what is asked for in that time some is still held, however slowly the first go out.
    let hold = Duration::from_secs(8);
    let settings =
        json!({ "reply_pending_window_minutes": 180, "reply_hold_seconds": hold.as_secs() });
    play.seller.send(Method::PUT, "/seller/settings", settings).await?.ok()?;
    let (id, reviews) = begin(&play).await?;
    until_sent(&play, &id, 4).await?;
    let stop = format!("/interactions/bulk/{id}/stop");
    let told = play.seller.send(Method::POST, &stop, json!({})).await?.ok()?;
    assert!(["stopping", "stopped"].iter().any(|state| told["state"] == *state), "{told}");
    until_state(&play, &id, "stopped").await?;
    let whole = wait::until_within(PATIENCE, "what is out to arrive", async || {
        let told = bulk(&play, &id).await?;
        let open = of_states(&told, &["held", "sending", "unknown", "waiting"]);
        ensure!(open.is_empty(), "{}", told["counts"]);
        Ok(Some(told))
    })
    .await?;

    let out = of_states(&whole, &["sent", "published"]);
    let kept = of_states(&whole, &["cancelled", "not_sent"]);
    assert_eq!(out.len() + kept.len(), reviews.len(), "{}", whole["counts"]);
    assert!(out.len() < reviews.len() / 2, "{} were out: void", out.len());
    assert!(!of_states(&whole, &["cancelled"]).is_empty(), "nothing was held: void");
    // Longer than what was held would have been.
    tokio::time::sleep(hold + Duration::from_secs(2)).await;
    let asked: Vec<Asked> = out.iter().map(|review| Asked::answer(review, TEXT)).collect();
    let verdict = judge(&asked, &play.system.sandbox.answers().await?);
    assert!(verdict.is_clean(), "{verdict}");
    let again = bulk(&play, &id).await?;
    assert_eq!(of_states(&again, &["sent", "published"]), out);
    // It can be stopped once more, and what stayed here can be answered.
    play.seller.send(Method::POST, &stop, json!({})).await?.ok()?;
    let left = reviews.iter().find(|review| kept.contains(&review.external_id));
    play.seller.reply(&left.context("something stayed")?.id, TEXT).await?.ok()?;
    Ok(())
}

//! Replies that go out without a person, seen from outside: processes die on their way, limits are kept, and the
//! marketplace's ledger has each of them once.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::ledger::{Asked, Verdict};
use tests::play::Play;
use tests::system::Setup;
use tests::wait;

/// Reviews that need nobody, and how many of them may be answered within an hour.
const REVIEWS: usize = 8;
const PER_HOUR: usize = 5;

/// Where processes die with one of them in their hands: it has a place and has not been asked for, or it was asked for
/// and nobody said so. One half of the reviews each, so that more of them go out than either half has.
const PLACES: [&str; 2] = ["place_taken", "automatic_asked"];

/// Longest that all of them take, with a death for every one that goes out.
const PATIENCE: Duration = Duration::from_secs(120);

/// Has drafts made ahead, or only when somebody asks.
async fn draft_ahead(play: &Play, ahead: bool) -> anyhow::Result<()> {
    let mut now = play.seller.get("/seller/drafting").await?.ok()?;
    now["drafting"]["ahead"] = json!(ahead);
    let body = json!({ "replaces": now["version"], "drafting": now["drafting"] });
    play.seller.send(Method::PUT, "/seller/drafting", body).await?.ok()?;
    Ok(())
}

/// Adds a review with five stars and returns both of its ids.
async fn add_thanks(play: &Play, number: usize) -> anyhow::Result<(String, String)> {
    let text = format!("Плед номер {number} очень понравился, спасибо!");
    let review = json!({ "text": text, "rating": 5 });
    let external_id = play.system.sandbox.add_review(review).await?;
    Ok((play.interaction_of(&external_id).await?, external_id))
}

/// Sends one draft as it is, holds the rules against that, and goes as far as a seller can. Returns what was sent.
async fn switch_on(play: &Play) -> anyhow::Result<Asked> {
    let (id, external_id) = add_thanks(play, 0).await?;
    let wish = format!("/interactions/{id}/ai-draft");
    play.seller.send(Method::POST, &wish, json!({})).await?.ok()?;
    let draft = wait::until("a draft", async || {
        let interaction = play.seller.interaction(&id).await?;
        Ok(interaction["draft"]["text"].as_str().map(str::to_owned))
    })
    .await?;
    play.seller.reply(&id, &draft).await?;
    let now = play.seller.get("/seller/automation").await?.ok()?;
    let until = chrono::Utc::now() + chrono::TimeDelta::minutes(1);
    let question = json!({
        "rules": now["automation"]["rules"], "since": until - chrono::TimeDelta::hours(1), "until": until,
    });
    let made = play.seller.send(Method::POST, "/automation/backtests", question).await?.ok()?;
    let mut version = now["version"].clone();
    for (stage, hold_seconds) in [("backtested", 60), ("pilot", 60), ("on", 10)] {
        let automation = json!({
            "stage": stage, "rules": now["automation"]["rules"], "per_hour": PER_HOUR, "per_day": 100,
            "hold_seconds": hold_seconds, "backtest_id": made["backtest_id"],
        });
        let body = json!({ "replaces": version, "automation": automation });
        let settled = play.seller.send(Method::PUT, "/seller/automation", body).await?.ok()?;
        version = settled["version"].clone();
    }
    Ok(Asked::answer(external_id, draft))
}

/// Starts what has died again, and counts it.
fn start_the_dead_again(play: &mut Play) -> anyhow::Result<usize> {
    let mut dead = 0;
    for worker in &mut play.system.workers {
        if worker.has_ended()? {
            worker.start_again()?;
            dead += 1;
        }
    }
    Ok(dead)
}

/// Stops or resumes sending.
async fn throw(play: &Play, what: &str) -> anyhow::Result<()> {
    play.seller.send(Method::POST, &format!("/sending/{what}"), json!({})).await?.ok()?;
    Ok(())
}

/// Waits until each of these has a draft that needs nobody.
async fn until_decided(play: &Play, reviews: &[(String, String)]) -> anyhow::Result<()> {
    wait::until_within(PATIENCE, "every review has its draft", async || {
        for (id, _) in reviews {
            let draft = &play.seller.interaction(id).await?["draft"];
            ensure!(draft["decision"]["verdict"] == "auto_send", "{id}: {draft}");
        }
        Ok(Some(()))
    })
    .await
}

/// How many files of this place are left: nobody died there.
fn left_of(places: &TempDir, place: &str) -> anyhow::Result<usize> {
    let mut left = 0;
    for file in fs::read_dir(places.path())? {
        left += usize::from(file?.file_name().to_string_lossy().starts_with(place));
    }
    Ok(left)
}

/// A system in which processes die at places, in which nothing is drafted unless somebody asks.
async fn start(workers: usize, places: &TempDir) -> anyhow::Result<Play> {
    let setup = Setup::apart(workers)
        .with_variable("AGENTIQ_AUTOMATIC_REPLIES", "true")
        .with_argument("--lease-seconds=2")
        .with_variable("AGENTIQ_CRASH_PLACES", places.path());
    let play = Play::start(setup, 1).await?;
    draft_ahead(&play, false).await?;
    Ok(play)
}

/// Has all of these drafted, and none of them sent before sending is resumed, so that whoever dies has none half drafted
/// in its hands, which would be nobody's for minutes.
async fn draft_and_wait(play: &Play, reviews: &[(String, String)]) -> anyhow::Result<()> {
    throw(play, "stop").await?;
    draft_ahead(play, true).await?;
    until_decided(play, reviews).await?;
    ensure!(status(play).await?.is_empty(), "sent although sending was stopped");
    Ok(())
}

async fn status(play: &Play) -> anyhow::Result<Vec<Value>> {
    let status = play.seller.get("/automation/status").await?.ok()?;
    Ok(status["items"].as_array().context("a list")?.clone())
}

/// Has thanks answered by themselves while processes die with them in their hands; returns how many of them are
/// said to have gone out, and what the ledger says of that.
async fn answered_by_themselves() -> anyhow::Result<(usize, Verdict)> {
    let places = TempDir::new()?;
    let mut play = start(2, &places).await?;
    let by_hand = switch_on(&play).await?;
    let mut reviews = Vec::new();
    for number in 1..=REVIEWS {
        reviews.push(add_thanks(&play, number).await?);
    }
    draft_and_wait(&play, &reviews).await?;
    for ((id, _), place) in reviews.iter().zip(PLACES.iter().cycle()) {
        fs::write(places.path().join(format!("{place}={id}")), "")?;
    }
    throw(&play, "resume").await?;

    let mut deaths = 0;
    let decided = wait::until_within(
        PATIENCE,
        "every draft is decided and what goes out is out",
        async || {
            deaths += start_the_dead_again(&mut play)?;
            let items = status(&play).await?;
            let is_done = |item: &&Value| item["outcome"] == "out" || item["outcome"] == "refused";
            ensure!(items.iter().filter(is_done).count() == REVIEWS, "{items:?}");
            Ok(Some(items))
        },
    )
    .await?;
    for place in PLACES {
        let left = left_of(&places, place)?;
        ensure!(left < REVIEWS / 2, "{deaths} deaths, none at {place}: void");
    }
    let out: Vec<&Value> = decided.iter().filter(|item| item["outcome"] == "out").collect();
    let count = out.len();
    let mut asked = vec![by_hand];
    for item in out {
        let id = item["interaction_id"].as_str().context("an id")?;
        let reply = play.seller.wait_for_reply(id, "published").await?;
        let of_it = reviews.iter().find(|(known, _)| known == id).context("one of ours")?;
        let text = reply["reply"]["text"].as_str().context("a text")?;
        asked.push(Asked::answer(of_it.1.as_str(), text));
    }
    Ok((count, play.system.sandbox.judge(&asked).await?))
}

/// Has the only process die at a place with a draft in its hands, the seller settle other limits, and another process
/// take over; returns what is said to have become of the draft, and what the ledger says of all that was asked for.
#[cfg(not(feature = "sabotage-unlimited"))]
async fn settled_anew_after_a_death(place: &str) -> anyhow::Result<(Value, Verdict)> {
    let places = TempDir::new()?;
    let mut play = start(1, &places).await?;
    let mut asked = vec![switch_on(&play).await?];
    let review = add_thanks(&play, 1).await?;
    draft_and_wait(&play, std::slice::from_ref(&review)).await?;
    let (id, external_id) = review;
    fs::write(places.path().join(format!("{place}={id}")), "")?;
    throw(&play, "resume").await?;
    wait::until_within(PATIENCE, "the process dies", async || {
        Ok(play.system.workers[0].has_ended()?.then_some(()))
    })
    .await?;
    ensure!(left_of(&places, place)? == 0, "it died elsewhere: void");
    let mut now = play.seller.get("/seller/automation").await?.ok()?;
    now["automation"]["per_hour"] = json!(PER_HOUR + 1);
    let body = json!({ "replaces": now["version"], "automation": now["automation"] });
    play.seller.send(Method::PUT, "/seller/automation", body).await?.ok()?;
    play.system.workers[0].start_again()?;
    let item = wait::until_within(PATIENCE, "the draft is decided", async || {
        let items = status(&play).await?;
        let is_done = |item: &&Value| item["outcome"] == "out" || item["outcome"] == "refused";
        Ok(items.iter().find(is_done).cloned())
    })
    .await?;
    if item["outcome"] == "out" {
        let reply = play.seller.wait_for_reply(&id, "published").await?;
        let text = reply["reply"]["text"].as_str().context("a text")?;
        asked.push(Asked::answer(external_id, text));
    }
    Ok((item, play.system.sandbox.judge(&asked).await?))
}

#[cfg(not(feature = "sabotage-unlimited"))]
#[tokio::test]
async fn what_was_not_asked_for_before_the_rules_changed_is_a_persons() -> anyhow::Result<()> {
    let (item, verdict) = settled_anew_after_a_death("place_taken").await?;
    assert_eq!(item["outcome"], "refused", "{item}");
    let message = item["message"].as_str().context("a reason")?;
    assert!(message.starts_with("Правила с тех пор изменились"), "{message}");
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[cfg(not(feature = "sabotage-unlimited"))]
#[tokio::test]
async fn what_was_asked_for_before_the_rules_changed_goes_out_once() -> anyhow::Result<()> {
    let (item, verdict) = settled_anew_after_a_death("automatic_asked").await?;
    assert_eq!((&item["outcome"], &item["message"]), (&json!("out"), &Value::Null));
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[cfg(not(feature = "sabotage-unlimited"))]
#[tokio::test]
async fn what_goes_out_by_itself_does_so_once_and_within_its_limits() -> anyhow::Result<()> {
    let (count, verdict) = answered_by_themselves().await?;
    assert_eq!(count, PER_HOUR);
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

/// A program that knows no limits: the same check must notice.
#[cfg(feature = "sabotage-unlimited")]
#[tokio::test]
async fn sending_without_limits_is_noticed() -> anyhow::Result<()> {
    let (_, verdict) = answered_by_themselves().await?;
    assert!(!verdict.is_clean(), "{verdict}");
    Ok(())
}

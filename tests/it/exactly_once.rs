//! What must never lead to a second sending. A build that sends again without knowing fails every one of these
//! (`script/smoke --sabotage`).

use std::time::Duration;

use anyhow::Context as _;
use serde_json::json;
use tests::ledger::{Asked, judge};
use tests::play::Play;
use tests::system::Setup;
use tests::wait;

#[tokio::test]
async fn an_answer_that_is_lost_is_found_by_reading() -> anyhow::Result<()> {
    hidden_outcome("answer_lost", "connection_lost").await
}

#[tokio::test]
async fn a_connection_reset_after_the_fact_is_settled_by_reading() -> anyhow::Result<()> {
    hidden_outcome("reset_after", "connection_lost").await
}

#[tokio::test]
async fn a_server_error_after_the_fact_is_settled_by_reading() -> anyhow::Result<()> {
    hidden_outcome("server_error_after", "marketplace_error").await
}

/// The reply took effect, and the answer that should say so went astray.
async fn hidden_outcome(fault: &str, reason: &str) -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    play.system.sandbox.set_faults(json!({ fault: { "nth": [1] } })).await?;
    let (review, _) = play.reply("Спасибо за отзыв!").await?;
    play.wait_for(&review, "published").await?;

    assert_eq!(play.system.sandbox.fired(fault).await?, 1, "the fault did not fire: void");
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    let events = play.seller.get(&format!("/interactions/{}/events", review.id)).await?.ok()?;
    let events = events["items"].as_array().context("a list")?;
    let unknown =
        events.iter().find(|event| event["type"] == "agentiq.interaction.ReplyOutcomeUnknown");
    assert_eq!(unknown.context("no unknown outcome: void")?["data"]["reason"], reason);
    let journal = play.seller.journal(&review.id).await?;
    assert!(!journal.iter().any(|step| step == "ReplyConfirmedAbsent"), "{journal:?}");
    tail(play).await
}

#[tokio::test]
async fn an_answer_carried_out_late_is_not_sent_again() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    // Later than the first reads, earlier than the age from which absence counts.
    let faults = json!({
        "answer_lost": { "nth": [1] },
        "apply_late": { "nth": [1], "ms": 2500 },
        "visible_late": { "nth": [1], "ms": 500 },
    });
    play.system.sandbox.set_faults(faults).await?;
    let (review, _) = play.reply("Спасибо за отзыв!").await?;
    play.wait_for(&review, "published").await?;

    for fault in ["answer_lost", "apply_late", "visible_late"] {
        assert_eq!(play.system.sandbox.fired(fault).await?, 1, "{fault} did not fire: void");
    }
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    tail(play).await
}

#[tokio::test]
async fn a_sender_that_dies_while_calling_leaves_no_second_answer() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::apart(1), 10).await?;
    play.system
        .sandbox
        .set_faults(json!({ "slow": { "nth": [1], "ms": 6000, "on": "write" } }))
        .await?;
    let review = play.take()?;
    play.will_reply(&review, "Спасибо за отзыв!");
    let (seller, id) = (play.seller.clone(), review.id.clone());
    let asking = tokio::spawn(async move { seller.reply(&id, "Спасибо за отзыв!").await });
    wait::until("the call is at the marketplace", async || {
        Ok((!play.system.sandbox.answers().await?.is_empty()).then_some(()))
    })
    .await?;
    play.system.workers[0].kill()?;
    play.system.workers[0].start_again()?;
    play.wait_for(&review, "published").await?;

    assert_eq!(play.system.sandbox.fired("slow").await?, 1, "the call was not slow: void");
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    let events = play.seller.get(&format!("/interactions/{}/events", review.id)).await?.ok()?;
    let unknown = events["items"]
        .as_array()
        .context("a list")?
        .iter()
        .find(|event| event["data"]["reason"] == "sender_lost");
    assert!(unknown.is_some(), "the kill hit no call: void");
    assert!(asking.await??.status.is_success(), "whoever asked was told what became of it");
    tail(play).await
}

/// No marketplace gives the id of a message that it takes: the events alone tell that it is there.
#[tokio::test]
async fn a_message_whose_answer_is_lost_is_found_among_the_events() -> anyhow::Result<()> {
    let text = "Здравствуйте! Литр и семьсот.";
    let play = Play::start(Setup::together(), 4).await?;
    let chat = play.system.sandbox.begin_chat(json!({ "text": "Какой у чайника объём?" })).await?;
    let id = play.interaction_of(&chat).await?;
    play.system.sandbox.set_faults(json!({ "answer_lost": { "nth": [1] } })).await?;
    play.seller.reply(&id, text).await?;
    play.seller.wait_for_reply(&id, "published").await?;

    assert_eq!(play.system.sandbox.fired("answer_lost").await?, 1, "it did not fire: void");
    let verdict = judge(&[Asked::answer(chat, text)], &play.system.sandbox.messages().await?);
    assert!(verdict.is_clean(), "{verdict}");
    let journal = play.seller.journal(&id).await?;
    assert!(journal.iter().any(|step| step == "ReplyOutcomeUnknown"), "void: {journal:?}");
    assert!(!journal.iter().any(|step| step == "ReplyConfirmedAbsent"), "{journal:?}");
    tail(play).await
}

/// After the last fault everything goes its usual way again.
async fn tail(mut play: Play) -> anyhow::Result<()> {
    play.system.sandbox.end_faults().await?;
    for _ in 0..3 {
        let (review, answer) = play.reply("Благодарим за отзыв!").await?;
        assert_eq!(answer.status, 200, "{}", answer.text);
        wait::until_within(Duration::from_secs(15), "published", async || {
            let interaction = play.seller.interaction(&review.id).await?;
            Ok((interaction["reply"]["state"] == "published").then_some(()))
        })
        .await?;
    }
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

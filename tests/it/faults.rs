//! The marketplace misbehaves, and every reply still ends where a person can see what became of it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tests::play::Play;
use tests::sandbox::TOKEN;
use tests::system::Setup;
use tests::wait;

#[tokio::test]
async fn an_answer_proven_absent_is_sent_again() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let fault = "server_error_before";
    play.system.sandbox.set_faults(json!({ fault: { "nth": [1], "on": "write" } })).await?;
    let (review, _) = play.reply("Спасибо за отзыв!").await?;
    play.wait_for(&review, "published").await?;

    assert_eq!(play.system.sandbox.fired(fault).await?, 1, "the fault did not fire: void");
    let journal = play.seller.journal(&review.id).await?;
    assert!(journal.iter().any(|step| step == "ReplyConfirmedAbsent"), "{journal:?}");
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!(play.system.sandbox.answers().await?.len(), 2, "one refused, one carried out");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_never_shows_up_is_said_to_have_failed() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    // The shortest window that can be set.
    let settings = json!({ "reply_pending_window_minutes": 1 });
    play.seller.send(Method::PUT, "/seller/settings", settings).await?.ok()?;
    play.system.sandbox.set_faults(json!({ "no_effect": { "nth": [1] } })).await?;
    let (review, answer) = play.reply("Спасибо за отзыв!").await?;
    assert_eq!(answer.status, 200, "the marketplace did say 204: {}", answer.text);
    let interaction =
        wait::until_within(Duration::from_secs(110), "the reply failed", async || {
            let interaction = play.seller.interaction(&review.id).await?;
            Ok((interaction["reply"]["state"] == "failed").then_some(interaction))
        })
        .await?;

    assert_eq!(play.system.sandbox.fired("no_effect").await?, 1, "the fault did not fire: void");
    assert_eq!(interaction["reply"]["failure"]["code"], "not_published");
    assert_eq!(
        (&interaction["status"], &interaction["needs_response"]),
        (&json!("failed"), &json!(true))
    );
    assert_eq!(interaction["can_answer"]["allowed"], true);
    assert_eq!(play.system.sandbox.answers().await?.len(), 1, "nothing is sent again by itself");
    Ok(())
}

#[tokio::test]
async fn a_reply_refused_by_moderation_is_shown_and_not_repeated() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    play.system.sandbox.set_faults(json!({ "rejected": { "nth": [1], "ms": 500 } })).await?;
    let (review, _) = play.reply("Спасибо за отзыв!").await?;
    let interaction = play.wait_for(&review, "rejected").await?;

    assert_eq!(play.system.sandbox.fired("rejected").await?, 1, "the fault did not fire: void");
    assert_eq!(interaction["needs_response"], true);
    assert!(interaction["reply"]["failure"]["message"].is_string(), "{interaction}");
    assert_eq!(play.system.sandbox.answers().await?.len(), 1, "nothing is sent again by itself");
    // Other words may be tried.
    play.seller.reply(&review.id, "Благодарим вас за отзыв!").await?.ok()?;
    play.wait_for(&review, "published").await?;
    let seen = play.system.sandbox.review(&review.external_id).await?;
    assert_eq!(seen["buyer_sees"]["text"], "Благодарим вас за отзыв!");
    Ok(())
}

#[tokio::test]
async fn while_the_marketplace_is_away_replies_wait_and_then_go_out_once() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    play.system.sandbox.kill()?;
    let (review, answer) = play.reply("Спасибо за отзыв!").await?;
    assert!([202, 502].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text);
    let journal = play.seller.journal(&review.id).await?;
    assert!(
        journal.iter().any(|step| step == "ReplySendFailed"),
        "no try failed: void: {journal:?}"
    );
    // Reading goes on as before: what came in is all there.
    assert_eq!(play.seller.total().await?, 10);
    play.system.sandbox.start_again().await?;
    play.wait_for(&review, "published").await?;
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[tokio::test]
async fn a_withdrawn_token_stops_everything_until_it_is_replaced() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    play.system.sandbox.revoke_token(TOKEN).await?;
    let (review, answer) = play.reply("Спасибо за отзыв!").await?;
    answer.problem(502, "marketplace_unauthorized")?;
    let account = wait::until("the account has lost access", async || {
        let account = play.seller.account(&play.account_id).await?;
        Ok((account["status"] == "access_lost").then_some(account))
    })
    .await?;
    assert_eq!(account["access"]["reason"], "unauthorized");
    let (other, refused) = play.reply("Благодарим за отзыв!").await?;
    refused.problem(502, "marketplace_unauthorized")?;
    let refusals = play.system.sandbox.answered_with(401).await?;
    assert!((1..=3).contains(&refusals), "a dead token was used {refusals} times");

    play.system.sandbox.add_token("harness-token-2", json!({})).await?;
    let path = format!("/accounts/{}/credential", play.account_id);
    let body = json!({ "token": "harness-token-2" });
    let account = play.seller.send(Method::PUT, &path, body).await?.ok()?;
    assert_eq!(account["status"], "connected");
    for review in [&review, &other] {
        let interaction = play.seller.interaction(&review.id).await?;
        assert_eq!(interaction["reply"]["state"], "failed", "nothing goes out unasked");
        let text = interaction["reply"]["text"].as_str().unwrap_or_default().to_owned();
        play.seller.reply(&review.id, &text).await?.ok()?;
        play.wait_for(review, "published").await?;
    }
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[tokio::test]
async fn a_token_that_may_only_read_fails_replies_by_name() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let rights = json!({ "feedbacks": true, "read_only": true });
    play.system.sandbox.add_token(TOKEN, rights).await?;
    let (review, answer) = play.reply("Спасибо за отзыв!").await?;
    assert_eq!(answer.status, 502, "{}", answer.text);
    let interaction = play.wait_for(&review, "failed").await?;
    assert_eq!(interaction["reply"]["failure"]["code"], "no_right");
    // Reviews are read as before: the account keeps its access.
    let account = play.seller.account(&play.account_id).await?;
    assert_eq!((&account["access"], &account["health"]), (&Value::Null, &json!("limited")));
    let review = &account["channels"][0];
    assert_eq!((&review["open"], &review["state"]), (&json!(true), &json!("read_only")));
    assert_eq!(play.system.sandbox.answered_with(403).await?, 1);
    Ok(())
}

#[tokio::test]
async fn a_limit_is_waited_for_as_long_as_the_marketplace_says() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let fault = json!({ "rate_limited": { "nth": [1], "ms": 3000, "on": "write" } });
    play.system.sandbox.set_faults(fault).await?;
    let (review, _) = play.reply("Спасибо за отзыв!").await?;
    play.wait_for(&review, "published").await?;

    assert_eq!(play.system.sandbox.fired("rate_limited").await?, 1, "the fault did not fire: void");
    assert_eq!(play.system.sandbox.answered_with(429).await?, 1, "no call came too early");
    let lines = play.system.sandbox.answers().await?;
    assert_eq!(lines.iter().map(|line| line.status).collect::<Vec<_>>(), [Some(429), Some(204)]);
    let waited = lines[1].time - lines[0].time;
    assert!(waited >= chrono::TimeDelta::seconds(3), "it came again after {waited}");
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

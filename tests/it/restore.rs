//! R27: the volume of the database is lost, and it is recovered to a moment after which replies were sent. By the
//! sandbox's ledger none is sent again; all are found by reading back before anything may go out.

mod scene;

use std::time::Duration;

use anyhow::ensure;
use reqwest::StatusCode;
use serde_json::Value;
use tests::feed::Feed;
use tests::ledger::judge;
use tests::wait;
use tokio::time::Instant;

use self::scene::Scene;
use crate::drill::{figure, size};

/// Events in the log besides those of the replies, in a run of the tests and in a drill.
const EVENTS: (usize, usize) = (5_000, 1_000_000);

/// Replies by each call that are open at the moment to which is recovered, and sent after it: 48 and 504.
const OPEN: (usize, usize) = (6, 63);

/// Replies by each call that are asked for after that moment.
const FORGOTTEN: usize = 1;

/// How long what was committed may wait until it is out of reach of what destroys the volume.
const RPO_MAX: Duration = Duration::from_secs(60);

/// How long it may take until there is a server again that people can work with.
const RTO_MAX: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_database_sends_nothing_again() -> anyhow::Result<()> {
    let mut scene = Scene::play(size(EVENTS.0, EVENTS.1), size(OPEN.0, OPEN.1), FORGOTTEN).await?;
    figure("restore_events", scene.events().await?, "events", "");
    figure("restore_open_at_the_moment", scene.open.len(), "replies", "");
    figure("restore_forgotten", scene.forgotten.len(), "replies", "");
    let waited = scene.longest_wait_for_the_archive().await?;
    figure("restore_rpo", format!("{:.1}", waited.as_secs_f64()), "s", "<= 60");
    let cursors = (scene.cursor_before.clone(), scene.cursor().await?);
    let sent_before = scene.words().await?.len();

    let destroyed = Instant::now();
    scene.restore().await?;
    figure("restore_recovery", format!("{:.1}", destroyed.elapsed().as_secs_f64()), "s", "");
    scene.start_workers().await?;
    scene.start_server().await?;
    let took = destroyed.elapsed();
    figure("restore_rto", format!("{:.1}", took.as_secs_f64()), "s", "<= 300");

    // What was before the moment is there, and what was after is not.
    ensure!(scene.has_marker_before().await?, "what was stored before the moment is lost");
    ensure!(!scene.has_marker_after().await?, "what was stored after the moment is there");
    let sending = scene.seller().get("/sending").await?.ok()?;
    ensure!(sending["quarantine"]["since"].is_string(), "it does not start quarantined: {sending}");
    let refused = scene.run("sending", &["release"]);
    let refused = refused.expect_err("released although nothing was read back").to_string();
    ensure!(refused.contains("not released"), "{refused}");

    // A cursor of before the moment goes on; one of after it is told that its place is gone.
    let after = |cursor: &str| format!("/events?after={cursor}");
    ensure!(scene.seller().get(&after(&cursors.0)).await?.status == StatusCode::OK);
    scene.outgrow(&cursors.1).await?;
    let gone = scene.seller().get(&after(&cursors.1)).await?;
    ensure!(gone.status == StatusCode::GONE && gone.json()?["code"] == "cursor_gone", "{gone:?}");

    let released = Instant::now();
    wait::until_within(4 * wait::PATIENCE, "everything is read back", async || {
        scene.run("sending", &["release"]).map(Some)
    })
    .await?;
    figure("restore_read_back", format!("{:.1}", released.elapsed().as_secs_f64()), "s", "");
    ensure!(scene.words().await?.len() == sent_before, "something went out in quarantine");
    scene.nothing_is_owed().await?;
    let asked = scene.asked();
    let words = scene.words().await?;
    let verdict = judge(&asked, &words);
    let again = words.len() - sent_before;
    figure("restore_sent_again", again, "replies", "= 0");
    let unseen = scene.unanswered().await?;
    let found = asked.len() - unseen.len();
    let most = asked.len() - FORGOTTEN;
    figure("restore_found", found, "replies", &format!(">= {most}"));
    ensure!(verdict.is_clean() && again == 0, "{verdict}, {again} sent again");
    // Ozon does not tell whose an answer to a question is, and others answer, too: one that was forgotten is nobody's.
    ensure!(unseen == ["ozon question"; FORGOTTEN], "{unseen:?} count as unanswered");
    let published = Feed::take(scene.seller(), 1000).await?.count("ReplyPublished");
    ensure!(published > 0, "no reply of ours was known again");
    ensure!(waited <= RPO_MAX && took <= RTO_MAX, "RPO {waited:?}, RTO {took:?}");

    // What is kept outside has followed, so that the chain is sound and the next start is none after a restore.
    scene.run("verify", &[])?;
    scene.restart().await?;
    let sending: Value = scene.seller().get("/sending").await?.ok()?;
    ensure!(sending["quarantine"].is_null(), "{sending}");
    Ok(())
}

/// Run by `script/drill sabotage`, with a program that takes a restored database for the one that was there before.
#[cfg(feature = "sabotage-restored-sends")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sending_at_once_after_a_restore_is_noticed() -> anyhow::Result<()> {
    let mut scene = Scene::play(size(EVENTS.0, EVENTS.1), size(OPEN.0, OPEN.1), FORGOTTEN).await?;
    scene.longest_wait_for_the_archive().await?;
    let sent_before = scene.words().await?.len();
    scene.restore().await?;
    scene.start_workers().await?;
    scene.start_server().await?;
    let most = scene.open.len() * 4 / 5;
    let again = wait::until_within(4 * wait::PATIENCE, "most are sent again", async || {
        let again = scene.words().await?.len() - sent_before;
        ensure!(again >= most, "{again} of {}", scene.open.len());
        Ok(Some(again))
    })
    .await?;
    figure("restore_sabotage_sent_again", again, "replies", &format!(">= {most}"));
    ensure!(!judge(&scene.asked(), &scene.words().await?).repeated.is_empty(), "none came twice");
    Ok(())
}

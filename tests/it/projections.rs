//! Read models are functions of the log: whoever dies while they are filled, and while they are made anew.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::json;
use sqlx::Row as _;
use tests::play::Play;
use tests::system::Setup;
use tests::wait;

#[tokio::test]
async fn read_models_equal_a_refold_after_their_runners_were_killed() -> anyhow::Result<()> {
    let setup = Setup::apart(2).with_argument("--sync-interval-seconds=1");
    let mut play = Play::start(setup, 20).await?;
    let (mut expected, mut replied) = (20, Vec::new());
    for round in 0..6 {
        for n in 0..15 {
            let text = format!("Отзыв {round}-{n}");
            play.system.sandbox.add_review(json!({ "text": text, "rating": 5 })).await?;
            expected += 1;
        }
        let (review, answer) = play.reply("Спасибо за отзыв!").await?;
        answer.ok()?;
        replied.push(review);
        let victim = &mut play.system.workers[round % 2];
        victim.kill()?;
        victim.start_again()?;
    }
    play.seller.wait_for_total(expected).await?;
    // What a killed worker was at is taken over when its lease has run out.
    for review in &replied {
        play.wait_for(review, "published").await?;
    }
    let verified = wait::until("the read models are those of the log", async || {
        play.system.run("verify", &[]).map(Some)
    })
    .await?;
    assert!(!verified.is_empty(), "verify says what it compared");
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");

    // The check can fail: a row that no event explains is found.
    let mut database = play.system.database().connect().await?;
    let tampered = "update inbox set buyer_name = 'никто' where interaction_id in
        (select interaction_id from inbox order by interaction_id limit 1)";
    sqlx::raw_sql(tampered).execute(&mut database).await?;
    let complaint = format!("{:#}", play.system.run("verify", &[]).expect_err("a changed row"));
    assert!(complaint.contains("inbox"), "{complaint}");
    Ok(())
}

#[tokio::test]
async fn a_read_model_is_made_anew_while_it_is_read() -> anyhow::Result<()> {
    let play = Play::start(Setup::together(), 300).await?;
    let mut database = play.system.database().connect().await?;
    let tampered = "update inbox set buyer_name = 'никто'";
    sqlx::raw_sql(tampered).execute(&mut database).await?;

    let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let reading = tokio::spawn({
        let (seller, stop, reads) = (play.seller.clone(), Arc::clone(&stop), Arc::clone(&reads));
        async move {
            while !stop.load(Ordering::Relaxed) {
                let page = seller.list("").await?;
                anyhow::ensure!(page.len() == 300, "a read found {} interactions", page.len());
                reads.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        }
    });
    let before = wait::until("reading goes on", async || {
        Ok(Some(reads.load(Ordering::Relaxed)).filter(|reads| *reads > 0))
    })
    .await?;
    let (environment, arguments) = play.system.command("rebuild", &["inbox"]);
    tokio::task::spawn_blocking(move || tests::program::run(&arguments, &environment)).await??;
    let during = reads.load(Ordering::Relaxed) - before;
    stop.store(true, Ordering::Relaxed);
    reading.await??;

    assert!(during > 0, "nothing was read meanwhile: void");
    let wrong: i64 = sqlx::query("select count(*) from inbox where buyer_name = 'никто'")
        .fetch_one(&mut database)
        .await?
        .get(0);
    assert_eq!(wrong, 0, "it was made anew");
    play.system.run("verify", &[])?;
    Ok(())
}

//! The whole server dies and comes back on the same folder.

use serde_json::json;
use tests::play::Play;
use tests::sandbox::TOKEN;
use tests::system::{ORDERLY, Setup, Shape};
use tests::wait;

fn own_postgres() -> Setup {
    Setup { shape: Shape::OwnPostgres, ..Setup::together() }
}

#[tokio::test]
async fn after_a_power_cut_everything_acknowledged_is_there() -> anyhow::Result<()> {
    let mut play = Play::start(own_postgres(), 20).await?;
    let (first, answer) = play.reply("Спасибо за отзыв!").await?;
    answer.ok()?;
    let (second, answer) = play.reply("Благодарим за отзыв!").await?;
    answer.ok()?;
    play.system.server.kill()?;
    play.system.start_server_again().await?;

    // The session, too: nobody has to sign in again.
    assert_eq!(play.seller.total().await?, 20);
    for review in [&first, &second] {
        play.wait_for(review, "published").await?;
    }
    let (third, answer) = play.reply("Спасибо, что написали!").await?;
    answer.ok()?;
    play.wait_for(&third, "published").await?;
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");

    let status = play.system.server.stop(ORDERLY).await?;
    assert!(status.success(), "asked to end, it ends in order: {status}");
    play.system.start_server_again().await?;
    assert_eq!(play.seller.total().await?, 20);
    Ok(())
}

#[tokio::test]
async fn a_backfill_goes_on_where_it_was() -> anyhow::Result<()> {
    // One round only: what is read after the back-fill would blur the count.
    let setup = own_postgres().with_reviews(40).with_argument("--sync-interval-seconds=3600");
    let mut system = setup.start().await?;
    // Three pages: what is new, what was processed lately, the archive. The first is answered, the second hangs.
    let list = "GET /api/v1/feedbacks";
    let second = json!({ "nth": [2], "ms": 15_000, "call": list });
    system.sandbox.set_faults(json!({ "slow": second })).await?;
    let seller = system.register().await?;
    let account_id = seller.connect(TOKEN).await?;
    wait::until("the second page is asked for", async || {
        Ok((system.sandbox.fired("slow").await? == 1).then_some(()))
    })
    .await?;
    let before = system.sandbox.calls(list).await?;
    system.server.kill()?;
    system.start_server_again().await?;
    wait::until("the back-fill is done", async || {
        let account = seller.account(&account_id).await?;
        Ok((account["sync"]["backfill_done"] == true).then_some(()))
    })
    .await?;

    assert_eq!(system.sandbox.fired("slow").await?, 1, "nothing hung: void");
    let after = system.sandbox.calls(list).await? - before;
    assert_eq!((before, after), (2, 2), "the page that was taken in is not read again");
    seller.wait_for_total(40).await?;
    Ok(())
}

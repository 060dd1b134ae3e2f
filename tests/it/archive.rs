//! A month leaves the database of a running system: without its file nothing is shown or decided, with it everything is as
//! before.

use std::fs;

use anyhow::ensure;
use serde_json::Value;
use tests::feed::Feed;
use tests::play::Play;
use tests::system::Setup;
use tests::wait;

/// All that has happened becomes a thing of January, as its owner could make it; the sealer seals it anew.
const LONG_AGO: &str = "
    set session_replication_role = replica;
    select es.ensure_partition('2026-01-01');
    update es.event set recorded_at = '2026-01-15';
    update es.stream set first_at = '2026-01-15', last_at = '2026-01-15';
    update es.command set at = '2026-01-15';
    delete from es.seal;";

#[tokio::test]
async fn an_old_month_is_archived_and_its_items_still_open() -> anyhow::Result<()> {
    let (at_hand, elsewhere) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let folder = format!("--archive-dir={}", at_hand.path().display());
    let mut play = Play::start(Setup::together().with_argument(&folder), 5).await?;
    let review = play.take()?;
    let waiting = play.seller.list("needs_response=true").await?.len();
    wait::until("workers have done what they do by themselves", async || {
        let feed = Feed::take(&play.seller, 100).await?;
        let done = feed.count("DraftProposed").min(feed.count("DeadlineSet"));
        ensure!(done >= waiting, "{done} of {waiting} have draft and deadline");
        Ok(Some(()))
    })
    .await?;
    let journal = format!("/interactions/{}/events", review.id);
    let before = play.seller.get(&journal).await?.ok()?;
    let feed = told(&Feed::take(&play.seller, 100).await?);
    assert!(feed.len() >= 5, "there is little to archive: void");
    let mut database = play.system.database().connect().await?;
    sqlx::raw_sql(LONG_AGO).execute(&mut database).await?;

    let to = elsewhere.path().display().to_string();
    let archive = ["--before", "2026-02", "--to", &to, "--drop"];
    wait::until("the month is sealed and archived", async || {
        play.system.run("archive", &archive).map(Some)
    })
    .await?;
    let left: i64 =
        sqlx::query_scalar("select count(*) from es.event").fetch_one(&mut database).await?;
    assert_eq!(left, 0, "everything was of January");

    // A process that remembers nothing, and has no files.
    play.system.server.kill()?;
    play.system.start_server_again().await?;
    play.seller.get(&journal).await?.problem(503, "history_archived")?;
    play.seller.get("/events?limit=100").await?.problem(503, "history_archived")?;
    play.seller.reply(&review.id, "Спасибо за отзыв!").await?.problem(503, "history_archived")?;

    for file in fs::read_dir(elsewhere.path())? {
        let file = file?;
        fs::copy(file.path(), at_hand.path().join(file.file_name()))?;
    }
    let after = play.seller.get(&journal).await?.ok()?;
    let without_times = |mut journal: Value| {
        for event in journal["items"].as_array_mut().into_iter().flatten() {
            if let Some(fields) = event.as_object_mut() {
                fields.retain(|field, _| !field.contains("time") && !field.ends_with("_at"));
            }
        }
        journal
    };
    assert_eq!(without_times(after), without_times(before));
    assert_eq!(told(&Feed::take(&play.seller, 100).await?), feed);

    play.will_reply(&review, "Спасибо за отзыв!");
    play.seller.reply(&review.id, "Спасибо за отзыв!").await?.ok()?;
    play.wait_for(&review, "published").await?;
    // From files and table alike; it also takes over the times that were set back above.
    for model in ["inbox", "thread", "reply_history", "accounts", "lineage", "metric"] {
        play.system.run("rebuild", &[model, &folder])?;
    }
    let said = wait::until("the reply is sealed", async || {
        let checks = ["--only", "chain,numbers,commands,read_models", &folder];
        let said = play.system.run("verify", &checks)?;
        Ok(said.contains(" 0 not sealed yet").then_some(said))
    })
    .await?;
    assert!(said.contains("of them in archived months") && said.contains("all is sound"), "{said}");
    Ok(())
}

/// What a feed tells, but for its times, which were set back.
fn told(feed: &Feed) -> Vec<[Value; 3]> {
    let told = |event: &Value| ["id", "type", "data"].map(|field| event[field].clone());
    feed.events.iter().map(told).collect()
}

//! A seller's long history comes in: every review once, whoever dies or reads it twice.

use std::collections::BTreeSet;

use anyhow::ensure;
use sqlx::PgConnection;
use tests::sandbox::TOKEN;
use tests::system::Setup;
use tests::wait;

/// Two pages, of those that wait for an answer and of the others, each of several batches.
const REVIEWS: usize = 4_000;

/// Two processes read it; one is killed in the middle of a page, twice, and comes back.
#[tokio::test]
async fn a_history_comes_in_once_although_readers_are_killed() -> anyhow::Result<()> {
    let mut setup = Setup::apart(2).with_argument("--sync-interval-seconds=1");
    setup.sandbox.arguments = vec![
        "--reviews=generated".into(),
        format!("--reviews-count={REVIEWS}"),
        "--rate-scale=100".into(),
    ];
    let mut system = setup.start().await?;
    let mut db = system.database().connect().await?;
    let seller = system.register().await?;
    // What is read again must add nothing, and drafts would.
    seller.make_no_drafts_ahead().await?;
    seller.connect(TOKEN).await?;
    for (victim, stored) in [(0, REVIEWS / 20), (1, REVIEWS / 3)] {
        wait::until("a part of it is stored", async || {
            Ok((ingested(&mut db).await? > stored).then_some(()))
        })
        .await?;
        ensure!(
            ingested(&mut db).await? < REVIEWS,
            "it was through before anybody could be killed"
        );
        system.workers[victim].kill()?;
        system.workers[victim].start_again()?;
    }
    // Long: the lease of a dead reader must run out first.
    wait::until_within(wait::PATIENCE * 3, "the history is in the inbox", async || {
        Ok((inbox(&mut db).await? == REVIEWS).then_some(()))
    })
    .await?;
    let streams: Vec<i64> = sqlx::query_scalar(
        "select count(*) filter (where event_type = 'Ingested') from es.event
            where stream_type = 'interaction' group by stream_id",
    )
    .fetch_all(&mut db)
    .await?;
    let counts: BTreeSet<i64> = streams.iter().copied().collect();
    assert_eq!((streams.len(), counts), (REVIEWS, BTreeSet::from([1])));

    // Rounds go on; what stands as it was known adds nothing.
    let events = known(&mut db).await?;
    let calls = system.sandbox.calls("GET /api/v1/feedbacks").await?;
    wait::until("it is read again", async || {
        Ok((system.sandbox.calls("GET /api/v1/feedbacks").await? > calls + 6).then_some(()))
    })
    .await?;
    assert_eq!(known(&mut db).await?, events);
    Ok(())
}

async fn ingested(db: &mut PgConnection) -> anyhow::Result<usize> {
    count(db, "select count(*) from es.event where event_type = 'Ingested'").await
}

async fn inbox(db: &mut PgConnection) -> anyhow::Result<usize> {
    count(db, "select count(*) from inbox").await
}

/// Counts events but for those of deadlines, which come with the time.
async fn known(db: &mut PgConnection) -> anyhow::Result<usize> {
    let query = "select count(*) from es.event
        where event_type not in ('DeadlineSet', 'SlaEscalated', 'SlaBreached')";
    count(db, query).await
}

async fn count(db: &mut PgConnection, query: &'static str) -> anyhow::Result<usize> {
    let count: i64 = sqlx::query_scalar(query).fetch_one(db).await?;
    Ok(usize::try_from(count)?)
}

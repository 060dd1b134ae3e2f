//! S9: after an erasure under load nothing of the buyer is left anywhere, and nobody else lost anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::ensure;
use futures::future::join_all;
use sqlx::AssertSqlSafe;
use tests::api::Seller;
use tests::play::Play;
use tests::system::Setup;
use tests::wait;
use tokio::task::JoinHandle;

use super::buyer::{Buyer, all, files, found, opened, output, served, tables};

/// People who read all the while.
const READERS: usize = 6;

/// People who write meanwhile.
const WRITERS: usize = 5;

/// Rounds of questions that each reader asks before and after.
const ROUNDS: usize = 2;

/// What the readers have seen.
#[derive(Default)]
struct Seen {
    erased: AtomicBool,
    stop: AtomicBool,
    /// Answers with something of the buyer, to questions asked before the erasure was acknowledged.
    before: AtomicUsize,
    /// Answers to questions asked after it.
    after: AtomicUsize,
}

async fn read(seller: Seller, questions: Vec<String>, seen: Arc<Seen>) -> anyhow::Result<()> {
    while !seen.stop.load(Ordering::SeqCst) {
        for question in &questions {
            let erased = seen.erased.load(Ordering::SeqCst);
            let answer = seller.get(question).await?;
            ensure!(answer.status.is_success(), "{question}: {} {}", answer.status, answer.text);
            let found = found(&answer.text);
            if erased {
                ensure!(found.is_empty(), "{question} still tells {found:?}: {}", answer.text);
                seen.after.fetch_add(1, Ordering::SeqCst);
            } else if !found.is_empty() {
                seen.before.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    Ok(())
}

fn start_readers(
    seller: &Seller,
    questions: &[String],
    seen: &Arc<Seen>,
) -> Vec<JoinHandle<anyhow::Result<()>>> {
    let reader = |n: usize| {
        let mut questions = questions.to_vec();
        // Or all would ask the same at the same time.
        let first = n % questions.len();
        questions.rotate_left(first);
        tokio::spawn(read(seller.clone(), questions, Arc::clone(seen)))
    };
    (0..READERS).map(reader).collect()
}

async fn asked(what: &str, count: &AtomicUsize, wanted: usize) -> anyhow::Result<()> {
    wait::until(what, async || Ok((count.load(Ordering::SeqCst) >= wanted).then_some(()))).await
}

#[tokio::test]
async fn nothing_of_a_buyer_erased_under_load_is_left() -> anyhow::Result<()> {
    let setup = Setup::apart(1)
        .with_argument("--sync-interval-seconds=1")
        .with_argument("--heads-interval-seconds=1");
    let mut play = Play::start(setup, 20).await?;
    let buyer = Buyer::answered(&play).await?;
    let beginning = play.seller.get("/events?limit=1").await?.ok()?;
    let listen = format!("/events/stream?after={}", beginning["next"].as_str().unwrap_or_default());
    let heard = play.seller.listen(&listen, "ReplyPublished").await?;
    assert_eq!(found(&heard), all(), "the search finds what is there");
    let mut database = play.system.database().connect().await?;
    sqlx::raw_sql("analyze").execute(&mut database).await?;
    let dump = play.system.database().dump(&[])?;
    assert_eq!((found(&dump), found(&opened(&play.system)?)), (all(), all()), "so does it there");

    let seen = Arc::new(Seen::default());
    let readers = start_readers(&play.seller, &buyer.questions(), &seen);
    asked("people read", &seen.before, ROUNDS * READERS).await?;
    let others = (0..WRITERS).map(|_| play.take()).collect::<anyhow::Result<Vec<_>>>()?;
    let replies = others.iter().map(|review| play.seller.reply(&review.id, "Спасибо за отзыв!"));
    let (erased, replied) = tokio::join!(buyer.erase(&play.seller), join_all(replies));
    erased?;
    for answer in replied {
        answer?.ok()?;
    }
    // The list is another read model, which the erasure's answer has not waited for.
    wait::until("the list follows", async || {
        let list = play.seller.get("/interactions?limit=200").await?;
        Ok(found(&list.text).is_empty().then_some(()))
    })
    .await?;
    seen.erased.store(true, Ordering::SeqCst);
    let all_questions = ROUNDS * READERS * buyer.questions().len();
    asked("people read on", &seen.after, all_questions).await?;
    seen.stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await??;
    }
    let heard = play.seller.listen(&listen, "BuyerErased").await?;
    assert_eq!(found(&heard), Vec::<&str>::new(), "the stream of events");

    // The marketplace goes on showing the review, and is read on.
    let asked_before = play.system.sandbox.calls("GET /api/v1/feedbacks").await?;
    wait::until("the marketplace is read twice more", async || {
        Ok((play.system.sandbox.calls("GET /api/v1/feedbacks").await? >= asked_before + 2)
            .then_some(()))
    })
    .await?;
    nothing_is_left(&play, &buyer).await?;
    others_are_whole(&play).await
}

async fn nothing_is_left(play: &Play, buyer: &Buyer) -> anyhow::Result<()> {
    let nothing = Vec::<&str>::new();
    let system = &play.system;
    let database = system.database();
    assert_eq!(found(&database.dump(&[])?), nothing, "a dump with the key store");
    assert_eq!(found(&database.dump(&["--exclude-schema=keys"])?), nothing, "a dump without it");
    assert_eq!(found(&tables(database).await?), nothing, "tables and the planner's memory");
    let export = output(system, "export", &["interaction", &buyer.review.id])?;
    std::fs::write(system.folder().join("export.json"), export)?;
    let heads = files(system.data_dir())?;
    assert!(heads.contains("signature"), "no signed heads: void");
    assert_eq!(found(&files(system.folder())?), nothing, "logs, signed heads and an export");
    assert_eq!(found(&opened(system)?), nothing, "the log, opened");
    Ok(())
}

async fn others_are_whole(play: &Play) -> anyhow::Result<()> {
    let system = &play.system;
    let said = wait::until("all is sealed, signed and sound", async || {
        let said = system.run("verify", &[])?;
        Ok(said.contains("heads: ok").then_some(said))
    })
    .await?;
    assert!(said.contains("chain: ok") && said.contains("all is sound"), "{said}");
    let before = served(system.database()).await?;
    for model in ["inbox", "thread", "reply_history"] {
        system.run("rebuild", &[model])?;
    }
    let after = served(system.database()).await?;
    assert_eq!(before.len(), after.len());
    assert!(before == after, "made anew, the rows are others");
    // Or the next one to be erased would be left in the planner's memory.
    let mut database = system.database().connect().await?;
    sqlx::raw_sql("analyze").execute(&mut database).await?;
    let sampled: Vec<String> = sqlx::query_scalar(
        "select tablename || '.' || attname from pg_stats
        where schemaname = 'public' and tablename in ('inbox', 'thread', 'reply_history', 'idempotency_key')
            and attname in ('buyer_name', 'preview', 'content', 'draft', 'text', 'marketplace_text', 'body')",
    )
    .fetch_all(&mut database)
    .await?;
    assert_eq!(sampled, Vec::<String>::new());
    let named = after.iter().filter(|row| row["buyer_name"].is_string()).count();
    assert!(named >= 10, "others keep their names: {named}");
    Ok(())
}

/// The sabotage that the search must catch: an erasure that keeps the key.
#[tokio::test]
async fn a_key_that_was_kept_is_found_by_the_same_search() -> anyhow::Result<()> {
    let play = Play::start(Setup::together().with_argument("--sync-interval-seconds=1"), 5).await?;
    let buyer = Buyer::answered(&play).await?;
    let mut database = play.system.database().connect().await?;
    let keep = "create table kept as select * from keys.subject_key where subject_id =";
    let keep = format!("{keep} '{}'", buyer.review.id);
    sqlx::raw_sql(AssertSqlSafe(keep)).execute(&mut database).await?;
    buyer.erase(&play.seller).await?;
    assert_eq!(found(&opened(&play.system)?), Vec::<&str>::new());
    let bring_back = "update keys.subject_key k set wrapped_key = b.wrapped_key, kek_id = b.kek_id, destroyed_at = null
        from kept b where k.subject_id = b.subject_id";

    // As long as the list of erasures is there, whatever starts on a restored key store destroys the key again.
    sqlx::raw_sql(bring_back).execute(&mut database).await?;
    assert_eq!(found(&opened(&play.system)?), Vec::<&str>::new());

    sqlx::raw_sql("delete from erasure").execute(&mut database).await?;
    sqlx::raw_sql(bring_back).execute(&mut database).await?;
    assert_eq!(found(&opened(&play.system)?), all(), "a kept key opens everything");
    Ok(())
}

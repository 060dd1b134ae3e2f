//! S9: after erasures under load nothing of the buyers is left anywhere, and nobody else lost anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::ensure;
use futures::future::join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sqlx::AssertSqlSafe;
use tests::api::Seller;
use tests::play::Play;
use tests::system::Setup;
use tests::wait;
use tokio::task::JoinHandle;

use super::buyer::{Buyer, all, files, found, opened, served, tables};
use crate::drill::{figure, size};

/// People who read all the while.
const READERS: usize = 6;

/// People who write meanwhile.
const WRITERS: usize = 5;

/// Answers that each reader gets before.
const ROUNDS: usize = 2;

/// Buyers who write, or are erased, at once.
const SIDE_BY_SIDE: usize = 5;

/// What the readers have seen.
#[derive(Default)]
struct Seen {
    erased: AtomicBool,
    stop: AtomicBool,
    /// Answers with something of a buyer, to questions asked before the erasure was acknowledged.
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
    let look = async || Ok((count.load(Ordering::SeqCst) >= wanted).then_some(()));
    // In full size there is twenty-five times as much to ask for.
    let patience = wait::PATIENCE * u32::try_from(size(4, 40))?;
    wait::until_within(patience, what, look).await
}

#[tokio::test]
async fn nothing_of_buyers_erased_under_load_is_left() -> anyhow::Result<()> {
    let (people, erased) = (size(20, 1_000), size(2, 50));
    let mut setup = Setup::apart(1)
        .with_argument("--sync-interval-seconds=1")
        .with_argument("--heads-interval-seconds=1");
    // How fast replies may go out is not what is tried here.
    setup.sandbox.arguments = vec!["--rate-scale=100".to_owned()];
    let mut play = Play::start(setup, people).await?;
    let writing = (0..erased).map(|_| Buyer::answered(&play));
    let buyers: Vec<Buyer> =
        stream::iter(writing).buffer_unordered(SIDE_BY_SIDE).try_collect().await?;
    let questions: Vec<String> = buyers.iter().flat_map(Buyer::questions).collect();
    let beginning = play.seller.get("/events?limit=1").await?.ok()?;
    let listen = format!("/events/stream?after={}", beginning["next"].as_str().unwrap_or_default());
    let heard = play.seller.listen(&listen, "ReplyPublished").await?;
    assert_eq!(found(&heard), all(), "the search finds what is there");
    let mut database = play.system.database().connect().await?;
    sqlx::raw_sql("analyze").execute(&mut database).await?;
    let dump = play.system.database().dump(&[])?;
    assert_eq!((found(&dump), found(&opened(&play.system)?)), (all(), all()), "so does it there");

    let seen = Arc::new(Seen::default());
    let readers = start_readers(&play.seller, &questions, &seen);
    asked("people read", &seen.before, ROUNDS * READERS).await?;
    let others = (0..WRITERS).map(|_| play.take()).collect::<anyhow::Result<Vec<_>>>()?;
    let replies = others.iter().map(|review| play.seller.reply(&review.id, "Спасибо за отзыв!"));
    let erasing = stream::iter(buyers.iter().map(|buyer| buyer.erase(&play.seller)));
    let erasing = erasing.buffer_unordered(SIDE_BY_SIDE).try_collect::<()>();
    let (done, replied) = tokio::join!(erasing, join_all(replies));
    done?;
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
    // Each of them everything, from wherever in it the erasure found them.
    asked("people read on", &seen.after, 2 * READERS * questions.len()).await?;
    seen.stop.store(true, Ordering::SeqCst);
    for reader in readers {
        reader.await??;
    }
    let heard = play.seller.listen(&listen, "ClaimBuyerErased").await?;
    assert_eq!(found(&heard), Vec::<&str>::new(), "the stream of events");

    // The marketplace goes on showing the review and the claim, and is read on.
    for list in ["GET /api/v1/feedbacks", "GET /returns-api/api/v1/claims"] {
        let asked_before = play.system.sandbox.calls(list).await?;
        wait::until("the marketplace is read twice more", async || {
            Ok((play.system.sandbox.calls(list).await? >= asked_before + 2).then_some(()))
        })
        .await?;
    }
    nothing_is_left(&play, &buyers).await?;
    others_are_whole(&play).await?;
    figure("s9_people", people + erased, "buyers", "");
    figure("s9_erased", erased, "buyers", "");
    figure("s9_answers_before", seen.before.load(Ordering::SeqCst), "answers with words", "> 0");
    figure("s9_answers_after", seen.after.load(Ordering::SeqCst), "answers without", "> 0");
    Ok(())
}

async fn nothing_is_left(play: &Play, buyers: &[Buyer]) -> anyhow::Result<()> {
    let nothing = Vec::<&str>::new();
    let system = &play.system;
    let database = system.database();
    assert_eq!(found(&database.dump(&[])?), nothing, "a dump with the key store");
    assert_eq!(found(&database.dump(&["--exclude-schema=keys"])?), nothing, "a dump without it");
    assert_eq!(found(&tables(database).await?), nothing, "tables and the planner's memory");
    for Buyer { review, .. } in buyers {
        let export = system.output("export", &["interaction", &review.id])?;
        std::fs::write(system.folder().join(format!("export-{}.json", review.id)), export)?;
    }
    let heads = files(system.data_dir())?;
    assert!(heads.contains("signature"), "no signed heads: void");
    assert_eq!(found(&files(system.folder())?), nothing, "logs, signed heads and exports");
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
    for model in ["inbox", "thread", "reply_history", "claims"] {
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
        where schemaname = 'public' and tablename in ('inbox', 'thread', 'reply_history', 'claim', 'idempotency_key')
            and attname in ('buyer_name', 'preview', 'content', 'draft', 'text', 'words', 'marketplace_text', 'body')",
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
    let keep = format!("{keep} any (array['{}', '{}']::uuid[])", buyer.review.id, buyer.claim);
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

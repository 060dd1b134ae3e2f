//! The key store in a database of its own: keys are only there, and its absence is an error and never a loss.

use serde_json::{Value, json};
use tests::play::Play;
use tests::system::{ORDERLY, Setup};
use tests::wait;

use super::buyer::{Buyer, all, found, opened, served};

/// What docs/operations.md leaves out of a backup: keys, tables that are made anew from the log, answers kept for a day.
const THE_LOG_ALONE: [&str; 7] = [
    "--exclude-schema=keys",
    "--exclude-table-data=public.inbox",
    "--exclude-table-data=public.thread",
    "--exclude-table-data=public.reply_history",
    "--exclude-table-data=public.claim",
    "--exclude-table-data=public.idempotency_key",
    "--exclude-table-data=public.unread_item",
];

#[tokio::test]
async fn keys_are_in_their_own_database_and_a_dump_of_the_log_opens_nothing() -> anyhow::Result<()>
{
    let setup = Setup::together().with_keys_apart().with_argument("--sync-interval-seconds=1");
    let mut play = Play::start(setup, 5).await?;
    Buyer::answered(&play).await?;
    assert_eq!(found(&opened(&play.system)?), all(), "with the key store all can be read");
    let count = "select count(*) from keys.subject_key";
    let mut counts = Vec::new();
    for database in [play.system.database(), play.system.keys()] {
        let mut connection = database.connect().await?;
        counts.push(sqlx::query_scalar::<_, i64>(count).fetch_one(&mut connection).await?);
    }
    assert_eq!(counts, [0, 7], "keys in the log's database, and in their own");
    let keys = play.system.keys().dump(&[])?;
    assert!(!keys.contains("payload") && !keys.contains("inbox"), "nothing but keys is there");

    // A backup as docs/operations.md has it, restored without the key store.
    let backup = play.system.database().dump(&THE_LOG_ALONE)?;
    assert!(backup.contains("$enc"), "the backup holds the log");
    assert_eq!(found(&backup), Vec::<&str>::new());
    assert_eq!(
        found(&play.system.database().dump(&[])?),
        all(),
        "a whole backup holds read models in clear"
    );
    play.system.server.stop(ORDERLY).await?;
    let replay = ["--events", "--reveal", "--keys-database-url="];
    let said = format!("{:#}", play.system.output("replay", &replay).expect_err("no keys"));
    assert!(said.contains("no key of subject"), "{said}");

    // Restored beside the key store, it leads to the same rows.
    let restored = play.system.database().make_beside().await?;
    restored.restore(&backup)?;
    assert_eq!(served(&restored).await?, Vec::<Value>::new(), "the backup holds no rows");
    for model in ["inbox", "thread", "reply_history", "claims"] {
        play.system.run("rebuild", &[model, "--database-url", restored.url()])?;
    }
    assert!(
        served(&restored).await? == served(play.system.database()).await?,
        "the rows are others"
    );
    Ok(())
}

#[tokio::test]
async fn a_key_store_that_is_down_stops_what_needs_a_key_and_nothing_is_lost() -> anyhow::Result<()>
{
    let setup = Setup::together().with_keys_apart().with_argument("--sync-interval-seconds=1");
    let mut play = Play::start(setup, 5).await?;
    let buyer = Buyer::answered(&play).await?;
    let (waiting, other) = (play.take()?, play.take()?);
    play.system.keys().refuse_connections(true).await?;
    // Whatever key the server had in memory is gone with its memory.
    play.system.server.kill()?;
    let arguments = ["--interaction", &buyer.review.id, "--ground", "order", "--yes"];
    let said = format!("{:#}", play.system.run("erase", &arguments).expect_err("no key store"));
    assert!(
        said.contains("cannot reach the key store at ") && said.contains("KEYS_DATABASE_URL"),
        "{said}"
    );
    let start = play.system.start_server_again().await.expect_err("no key store");
    assert!(format!("{start:#}").contains("cannot reach the key store"), "{start:#}");
    play.system.keys().refuse_connections(false).await?;
    play.system.start_server_again().await?;

    // Away while the server runs. A newly started one has no key in memory but those of what it has read as changed since,
    // which the answered review may be among.
    play.system.keys().refuse_connections(true).await?;
    let (seller, sandbox) = (&play.seller, &play.system.sandbox);
    let item = format!("/interactions/{}", other.id);
    let list = seller.get("/interactions?limit=200").await?.ok()?.to_string();
    assert!(!found(&list).is_empty(), "read models need no key: {list}");
    let answers = [
        seller.get(&item).await?,
        seller.get(&format!("{item}/steps")).await?,
        seller.reply(&waiting.id, "Спасибо за отзыв!").await?,
        seller
            .send(
                reqwest::Method::POST,
                &format!("/interactions/{}/erasure", buyer.review.id),
                json!({ "ground": "order" }),
            )
            .await?,
    ];
    for answer in answers {
        answer.problem(503, "database_unavailable")?;
    }
    let text = json!({ "text": "Пока ключей нет", "rating": 5 });
    let missed = sandbox.add_review(text).await?;
    let calls = sandbox.calls("GET /api/v1/feedbacks").await?;
    wait::until("the marketplace is read meanwhile", async || {
        Ok((sandbox.calls("GET /api/v1/feedbacks").await? > calls).then_some(()))
    })
    .await?;
    play.system.keys().refuse_connections(false).await?;

    seller.wait_for_total(7).await?;
    let items = seller.list("order=newest").await?;
    let came = items.iter().any(|item: &Value| item["external_id"] == missed.as_str());
    assert!(came, "what came meanwhile is taken in when the keys are back");
    for review in [waiting, other] {
        wait::until("a reply is taken again", async || {
            seller.reply(&review.id, "Спасибо за отзыв!").await?.ok().map(Some)
        })
        .await?;
        seller.wait_for_reply(&review.id, "published").await?;
    }
    buyer.erase(seller).await?;
    assert_eq!(found(&opened(&play.system)?), Vec::<&str>::new());
    assert!(play.system.run("verify", &[])?.contains("all is sound"));
    Ok(())
}

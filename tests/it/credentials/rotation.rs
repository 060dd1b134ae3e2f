//! S7: the master key is changed while replies go out. None fails, and with the earlier key destroyed all is readable.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context as _, ensure};
use domain::{AccountId, TenantId};
use eventlog::{Db, DbOptions, MasterKeys};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tests::api::Seller;
use tests::play::Review;
use tests::program::Program;
use tests::system::{ORDERLY, Setup, System};
use tests::wait;
use uuid::Uuid;

use super::kept::{Cabinet, credentials, master_key, unreadable};
use crate::drill::{figure, size};

/// 32 bytes: the master key that is changed to.
const NEW: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// Reviews of each seller, some of which want no answer.
const REVIEWS: usize = 6;

/// Answers of each seller: while the command is held up, while it goes on, and afterwards.
const ANSWERS: usize = 3;

/// Sellers who begin at once: signing up takes a second of a processor.
const BEGINNING: usize = 3;

/// Sellers who answer at once: each looks for its answer again and again, which must not take up the machine.
const ANSWERING: usize = 8;

const TEXT: &str = "Спасибо за отзыв!";

/// A seller with a cabinet of its own.
struct Shop {
    seller: Seller,
    cabinet: Cabinet,
    reviews: Vec<Review>,
}

async fn start(sellers: usize) -> anyhow::Result<(System, Vec<Shop>)> {
    let mut setup = Setup::together().with_reviews(REVIEWS);
    // How fast replies may go out is not what is tried here.
    setup.sandbox.arguments = vec!["--rate-scale=100".to_owned()];
    let token = |n: usize| format!("token-of-{n}");
    setup.sandbox.arguments.extend((0..sellers).map(|n| format!("--seller=s{n}:{}", token(n))));
    let system = setup.start().await?;
    let url = &system.url;
    let shop = async |n: usize| {
        let seller = Seller::register(url).await?;
        // On a busy machine the list may follow only after the answer, which says so.
        let connected = seller.try_connect(&token(n)).await?;
        ensure!(connected.status.is_success() || connected.status == 503, "{}", connected.text);
        let account = wait::until("the cabinet is shown", async || {
            let accounts = seller.get("/accounts").await?.ok()?;
            Ok(accounts["items"][0]["account_id"].as_str().map(str::to_owned))
        })
        .await?;
        seller.wait_for_total(REVIEWS as u64).await?;
        let reviews = seller.list("needs_response=true").await?;
        let reviews = reviews.iter().map(Review::of).collect::<anyhow::Result<Vec<_>>>()?;
        ensure!(reviews.len() >= ANSWERS, "{} reviews want an answer", reviews.len());
        let tenant = TenantId(seller.seller_id.parse::<Uuid>()?);
        let account = AccountId(account.parse::<Uuid>()?);
        anyhow::Ok(Shop { seller, cabinet: Cabinet { tenant, account, token: token(n) }, reviews })
    };
    let shops = stream::iter((0..sellers).map(shop)).buffer_unordered(BEGINNING);
    let shops = shops.try_collect().await?;
    Ok((system, shops))
}

/// Each seller answers its review `which`, and waits until the answer is published.
async fn answer(shops: &[Shop], which: usize) -> anyhow::Result<()> {
    let one = async |shop: &Shop| {
        let review = &shop.reviews[which];
        shop.seller.reply(&review.id, TEXT).await?.ok()?;
        shop.seller.wait_for_reply(&review.id, "published").await?;
        anyhow::Ok(())
    };
    stream::iter(shops.iter().map(one)).buffer_unordered(ANSWERING).try_collect().await
}

/// Starts the server again with these master keys.
async fn restart_with(system: &mut System, keys: &str) -> anyhow::Result<()> {
    system.server.stop(ORDERLY).await?;
    fs::write(system.data_dir().join("master.key"), keys)?;
    system.start_server_again().await
}

/// Kills the command in its middle: sellers' keys are done, one of a person is held by somebody else. Meanwhile each
/// seller sends a reply.
async fn killed_in_the_middle(system: &System, shops: &[Shop]) -> anyhow::Result<()> {
    let mut holder = system.database().connect().await?;
    sqlx::raw_sql("begin").execute(&mut holder).await?;
    sqlx::query(
        "select from keys.subject_key where destroyed_at is null order by tenant_id, subject_id
            offset (select count(*) / 2 from keys.subject_key) limit 1 for update",
    )
    .execute(&mut holder)
    .await?;
    let (environment, arguments) = system.command("rotate-keys", &[]);
    let mut command = Program::start(system.folder(), "rotate-keys", arguments, environment)?;
    let mut database = system.database().connect().await?;
    wait::until("the command waits for the row", async || {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%keys.subject_key k set%'
                and datname = current_database()",
        )
        .fetch_one(&mut database)
        .await?;
        Ok((waiting > 0).then_some(()))
    })
    .await?;
    answer(shops, 0).await?;
    command.kill()?;
    sqlx::raw_sql("rollback").execute(&mut holder).await?;
    let (sellers, people) = wrapped(system).await?;
    ensure!(sellers.len() == 1, "sellers come first: {sellers:?}");
    ensure!(!people.keys().eq(sellers.keys()), "nothing was left to do: {people:?}");
    Ok(())
}

/// Returns which master keys wrap how many keys of sellers and of people.
async fn wrapped(
    system: &System,
) -> anyhow::Result<(BTreeMap<String, i64>, BTreeMap<String, i64>)> {
    let mut database = system.database().connect().await?;
    let mut counts = Vec::new();
    for of in ["seller_key", "keys.subject_key where destroyed_at is null"] {
        let query = format!("select kek_id, count(*) from {of} group by kek_id");
        let rows = sqlx::query_as::<_, (String, i64)>(sqlx::AssertSqlSafe(query));
        counts.push(rows.fetch_all(&mut database).await?.into_iter().collect());
    }
    let people = counts.pop().context("two tables")?;
    Ok((counts.pop().context("two tables")?, people))
}

/// The one master key that sellers' keys are wrapped under.
async fn only_name(system: &System) -> anyhow::Result<String> {
    let (sellers, _) = wrapped(system).await?;
    ensure!(sellers.len() == 1, "{sellers:?}");
    sellers.into_keys().next().context("a master key is in use")
}

/// Opens the cabinets' keys where only this master key is known.
async fn unreadable_with(
    system: &System,
    shops: &[Shop],
    (name, key): (&str, &str),
) -> anyhow::Result<Vec<String>> {
    let db = Db::connect(system.database().url(), DbOptions::default()).await?;
    let keys = MasterKeys::new(master_key(name, key)?, vec![]);
    let cabinets: Vec<_> = shops.iter().map(|shop| shop.cabinet.clone()).collect();
    let unreadable = unreadable(&credentials(&db, keys), &cabinets).await;
    db.pool().close().await;
    Ok(unreadable)
}

/// Returns how often each reply was carried out, by seller and review, and what went wrong with any.
async fn sent(system: &System) -> anyhow::Result<(BTreeMap<(String, String), usize>, Vec<String>)> {
    let mut sent = BTreeMap::new();
    for line in system.sandbox.lines().await? {
        if line["kind"] == "answer" && line["applied"] == true {
            let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
            *sent.entry((text("seller"), text("target"))).or_default() += 1;
        }
    }
    let mut database = system.database().connect().await?;
    let failed = sqlx::query_scalar(
        "select event_type from es.event where event_type in ('ReplySendFailed', 'ReplyOutcomeUnknown', 'AccessLost')",
    );
    Ok((sent, failed.fetch_all(&mut database).await?))
}

#[tokio::test]
async fn the_master_key_is_changed_under_load() -> anyhow::Result<()> {
    let sellers = size(20, 1_000);
    let (mut system, shops) = start(sellers).await?;
    let old = fs::read_to_string(system.data_dir().join("master.key"))?;
    restart_with(&mut system, &format!("{NEW}\n{old}")).await?;

    killed_in_the_middle(&system, &shops).await?;
    let (environment, arguments) = system.command("rotate-keys", &[]);
    let command = Program::start(system.folder(), "rotate-again", arguments, environment);
    let mut command = command?;
    let (ended, answered) = tokio::join!(command.ended(4 * wait::PATIENCE), answer(&shops, 1));
    answered?;
    let said = command.log()?;
    ensure!(ended?.success() && said.contains("no earlier master key is needed"), "{said}");
    let (of_sellers, of_people) = wrapped(&system).await?;
    assert_eq!((of_sellers.len(), of_sellers.values().sum::<i64>()), (1, i64::try_from(sellers)?));
    assert_eq!(of_people.keys().collect::<Vec<_>>(), of_sellers.keys().collect::<Vec<_>>());

    // The earlier key is destroyed.
    restart_with(&mut system, NEW).await?;
    answer(&shops, 2).await?;
    let new_name = only_name(&system).await?;
    let unreadable = unreadable_with(&system, &shops, (&new_name, NEW)).await?;
    assert_eq!(unreadable, Vec::<String>::new());
    let opened = system.output("replay", &["--events", "--reveal"])?;
    ensure!(!opened.contains("$erased") && opened.matches(TEXT).count() >= sellers * ANSWERS);
    let (sent, failed) = sent(&system).await?;
    figure("s7_sellers", sellers, "sellers", "");
    figure("s7_replies", sent.len(), "replies sent meanwhile", "");
    figure("s7_failed_sends", failed.len(), "sends", "= 0");
    assert_eq!(failed, Vec::<String>::new());
    assert_eq!(sent.len(), sellers * ANSWERS);
    assert!(sent.values().all(|times| *times == 1), "{sent:?}");
    Ok(())
}

/// What the same judgement says where the earlier key is destroyed too soon, or a key is wrapped for another seller.
#[tokio::test]
async fn a_change_that_was_not_carried_out_is_noticed() -> anyhow::Result<()> {
    let (mut system, shops) = start(2).await?;
    let old = fs::read_to_string(system.data_dir().join("master.key"))?;
    let early = restart_with(&mut system, NEW).await;
    let said = format!("{:#}", early.expect_err("the server started without the key"));
    assert!(said.contains("sealed under master key"), "{said}");
    let old_name = only_name(&system).await?;
    assert_eq!(unreadable_with(&system, &shops, (&old_name, NEW)).await?.len(), 2);

    fs::write(system.data_dir().join("master.key"), format!("{NEW}\n{old}"))?;
    system.start_server_again().await?;
    let checked = system.run("rotate-keys", &["--check"]);
    let said = format!("{:#}", checked.expect_err("the earlier key is needed"));
    assert!(said.contains("earlier master keys are still needed"), "{said}");
    system.run("rotate-keys", &[])?;
    let new_name = only_name(&system).await?;
    let mut database = system.database().connect().await?;
    sqlx::query(
        "update seller_key k set wrapped_key = o.wrapped_key from seller_key o where k.tenant_id < o.tenant_id",
    )
    .execute(&mut database)
    .await?;
    let unreadable = unreadable_with(&system, &shops, (&new_name, NEW)).await?;
    assert!(unreadable.len() == 1 && unreadable[0].contains("was changed"), "{unreadable:?}");

    // Changed back, what cannot be unwrapped holds up nothing else and is named.
    fs::write(system.data_dir().join("master.key"), format!("{old}\n{NEW}"))?;
    let said =
        format!("{:#}", system.run("rotate-keys", &[]).expect_err("one key is not readable"));
    assert!(said.contains("cannot be unwrapped: key of seller"), "{said}");
    assert_eq!(unreadable_with(&system, &shops, (&old_name, old.trim())).await?.len(), 1);
    Ok(())
}

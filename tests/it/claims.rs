//! Claims for return, seen from outside: each comes in once, as the buyer made it, although the reader is killed.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use serde_json::json;
use sqlx::PgConnection;
use tests::api::Seller;
use tests::sandbox::TOKEN;
use tests::system::{Setup, System};
use tests::wait;

const LIST: &str = "GET /returns-api/api/v1/claims";

/// A page of the marketplace has 200.
const PAGE: usize = 200;

/// A page and a part of one.
const CLAIMS: usize = 230;

/// Claims at the marketplace, and a seller who reads them.
struct Scene {
    system: System,
    seller: Seller,
    database: PgConnection,
    /// Why the buyers want to give something back, by the marketplace's ids.
    made: BTreeMap<String, String>,
}

impl Scene {
    async fn prepare() -> anyhow::Result<Self> {
        let mut setup = Setup::apart(1).with_argument("--sync-interval-seconds=1").with_reviews(1);
        setup.sandbox.arguments.push("--rate-scale=100".to_owned());
        let system = setup.start().await?;
        let seller = system.register().await?;
        let database = system.database().connect().await?;
        let mut made = BTreeMap::new();
        for n in 0..CLAIMS {
            let comment = format!("Скол на краю, {n}");
            made.insert(system.sandbox.add_claim(&comment).await?, comment);
        }
        // Or both pages would be in before anybody could be killed between them.
        let slow = json!({ "slow": { "probability": 1, "ms": 700, "call": LIST } });
        system.sandbox.set_faults(slow).await?;
        Ok(Self { system, seller, database, made })
    }

    /// Lets all be read; the reader is killed when more than so many are stored.
    async fn read(&mut self, kills: &[usize]) -> anyhow::Result<()> {
        let account = self.seller.connect(TOKEN).await?;
        for &so_many in kills {
            wait::until("a part of the claims is stored", async || {
                Ok((self.stored("ClaimReceived").await? > so_many).then_some(()))
            })
            .await?;
            self.system.workers[0].kill()?;
            let stored = self.stored("ClaimReceived").await?;
            ensure!(stored < CLAIMS, "all were in before anybody could be killed: void");
            self.system.workers[0].start_again()?;
        }
        // Long: the lease of a dead reader must run out first.
        wait::until_within(wait::PATIENCE * 3, "the claims are read", async || {
            let account = self.seller.account(&account).await?;
            let read = account["claims"]["sync"]["backfill_done"] == true;
            Ok((read && self.stored("ClaimReceived").await? >= CLAIMS).then_some(()))
        })
        .await?;
        // The list follows the log a moment later. What is missing for good is for the judge to say.
        let caught_up = async || Ok((self.listed().await?.len() >= CLAIMS).then_some(()));
        _ = wait::until_within(wait::PATIENCE / 3, "the list has caught up", caught_up).await;
        Ok(())
    }

    async fn stored(&mut self, event_type: &str) -> anyhow::Result<usize> {
        let count = "select count(*) from es.event where event_type = $1";
        let count = sqlx::query_scalar(count).bind(event_type).fetch_one(&mut self.database);
        let count: i64 = count.await?;
        Ok(usize::try_from(count)?)
    }

    /// What the list tells of all claims, by the marketplace's ids.
    async fn listed(&self) -> anyhow::Result<Vec<(String, String)>> {
        let (mut listed, mut path) = (Vec::new(), "/claims?limit=50".to_owned());
        loop {
            let page = self.seller.get(&path).await?.ok()?;
            for claim in page["items"].as_array().context("items")? {
                let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
                let told = text(&claim["external_id"]).zip(text(&claim["words"]["comment"]));
                listed.push(told.context("an id and a comment")?);
            }
            let Some(next) = page["next"].as_str() else { return Ok(listed) };
            path = format!("/claims?limit=50&after={next}");
        }
    }

    /// Says what is wrong.
    async fn judge(&mut self) -> anyhow::Result<BTreeSet<String>> {
        let mut faults = BTreeSet::new();
        let listed = self.listed().await?;
        for (id, comment) in &self.made {
            let told: Vec<_> = listed.iter().filter(|(other, _)| other == id).collect();
            match told[..] {
                [] => _ = faults.insert(format!("claim {id} is missing")),
                [(_, told)] if told == comment => (),
                _ => _ = faults.insert(format!("claim {id} is told otherwise")),
            }
        }
        if listed.len() > self.made.len() {
            faults.insert(format!("{} claims are listed", listed.len()));
        }
        let repeated: i64 = sqlx::query_scalar(
            "select count(*) from (select from es.event where stream_type = 'claim'
                group by stream_id having count(*) > 1) of_one",
        )
        .fetch_one(&mut self.database)
        .await?;
        if repeated > 0 {
            faults.insert(format!("{repeated} claims are told more than once"));
        }
        Ok(faults)
    }
}

#[tokio::test]
async fn claims_come_in_once_although_their_reader_is_killed() -> anyhow::Result<()> {
    let mut scene = Scene::prepare().await?;
    // In the first page, and between it and the second.
    scene.read(&[0, PAGE - 1]).await?;
    assert_eq!(scene.judge().await?, BTreeSet::new());

    // Rounds go on; what stands as it was known adds nothing.
    let calls = scene.system.sandbox.calls(LIST).await?;
    wait::until("they are read again", async || {
        Ok((scene.system.sandbox.calls(LIST).await? > calls + 6).then_some(()))
    })
    .await?;
    assert_eq!(scene.judge().await?, BTreeSet::new());
    assert_eq!(scene.stored("ClaimChanged").await?, 0);
    scene.system.run("verify", &[])?;
    Ok(())
}

/// A list that drops every fiftieth claim: the same judge must notice.
#[tokio::test]
async fn losing_claims_is_noticed() -> anyhow::Result<()> {
    let mut scene = Scene::prepare().await?;
    sqlx::raw_sql(
        "create sequence dropped;
        create function drop_some() returns trigger language plpgsql as $$ begin
            if nextval('dropped') % 50 = 0 then return null; end if;
            return new;
        end $$;
        create trigger drop_some before insert on claim for each row execute function drop_some()",
    )
    .execute(&mut scene.database)
    .await?;
    scene.read(&[]).await?;
    let faults = scene.judge().await?;
    assert_eq!(faults.len(), CLAIMS / 50, "{faults:?}");
    assert!(faults.iter().all(|fault| fault.ends_with("is missing")), "{faults:?}");
    Ok(())
}

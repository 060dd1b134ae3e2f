//! Mixed items of all marketplaces from a sandbox that misbehaves: each comes in once, whole and in order, nothing is
//! kept aside but what nobody could read, and a reader that is killed in the middle loses and repeats nothing.

use std::collections::BTreeSet;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use tests::api::Seller;
use tests::items::{Key, TakenIn, Verdict};
use tests::sandbox::{SELLER, Sandbox, TOKEN};
use tests::system::{Setup, System};
use tests::wait;

use crate::drill::{figure, size};

const OZON_KEY: &str = "harness-ozon-key";
const YANDEX_KEY: &str = "ACMA:harness-key:00000000";

/// The reviews of each marketplace, in a run of the tests and in a drill: with the questions ten thousand items.
const REVIEWS: (usize, usize) = (50, 3_100);

/// The questions of each marketplace beside the sandbox's own.
const QUESTIONS: (usize, usize) = (8, 250);

/// How often the reader is killed.
const KILLS: usize = 2;

/// A cabinet of each marketplace that is read.
struct Marketplace {
    /// Its name in the API.
    name: &'static str,
    /// Its part of the sandbox's control API.
    control: &'static str,
    /// The call that everything comes through first.
    listing: &'static str,
}

const MARKETPLACES: [Marketplace; 3] = [
    Marketplace { name: "wildberries", control: "wildberries", listing: "GET /api/v1/feedbacks" },
    Marketplace { name: "ozon", control: "ozon", listing: "POST /ozon/v2/review/list" },
    Marketplace {
        name: "yandex_market",
        control: "yandex",
        listing: "POST /v2/businesses/{businessId}/goods-feedback",
    },
];

impl Marketplace {
    fn credential(&self) -> Value {
        match self.name {
            "ozon" => json!({ "client_id": "100001", "token": OZON_KEY }),
            "yandex_market" => json!({ "business_id": "1000001", "token": YANDEX_KEY }),
            _ => json!({ "token": TOKEN }),
        }
    }

    /// How a good item may be given so that nobody can read it, and what is said about it. `ID` stands for its id.
    fn spoiled(&self) -> Vec<(Value, &'static str)> {
        match self.name {
            "ozon" => vec![
                (
                    json!({ "id": "ID", "sku": 1, "text": "Плед", "published_at": "вчера" }),
                    "no_time",
                ),
                (
                    json!({ "id": "ID", "text": ["Плед"], "published_at": "2026-11-01T10:00:00Z" }),
                    "no_text",
                ),
            ],
            "yandex_market" => vec![(
                json!({ "feedbackId": "ID", "createdAt": "вчера", "needReaction": true }),
                "no_time",
            )],
            _ => vec![
                (json!({ "id": "ID", "text": "Плед", "createdDate": "вчера" }), "no_time"),
                (
                    json!({ "id": "ID", "text": { "ru": "Плед" }, "createdDate": "2026-11-01T10:00:00Z" }),
                    "no_text",
                ),
            ],
        }
    }
}

/// A sandbox full of items, and a seller with cabinets.
struct Scene {
    system: System,
    seller: Seller,
    accounts: Vec<String>,
    spoiled: BTreeSet<(Key, String)>,
}

impl Scene {
    async fn prepare(reviews: usize, questions: usize) -> anyhow::Result<Self> {
        let mut setup = Setup::apart(1).with_reviews(reviews);
        setup.sandbox.arguments = vec![
            format!("--ozon={SELLER}:100001:{OZON_KEY}:hostile"),
            format!("--yandex={SELLER}:1000001:{YANDEX_KEY}"),
            "--seed=7".to_owned(),
        ];
        let system = setup.start().await?;
        let seller = system.register().await?;
        let mut spoiled = BTreeSet::new();
        for marketplace in &MARKETPLACES {
            ask(&system.sandbox, marketplace, questions).await?;
            spoil(&system.sandbox, marketplace, &mut spoiled).await?;
        }
        Ok(Self { system, seller, accounts: Vec::new(), spoiled })
    }

    /// Connects all cabinets, as often as it takes: the marketplaces misbehave then, too.
    async fn connect(&mut self) -> anyhow::Result<()> {
        for marketplace in &MARKETPLACES {
            let account = wait::until("the cabinet is connected", async || {
                let mut body = marketplace.credential();
                body["marketplace"] = json!(marketplace.name);
                body["name"] = json!("Кабинет");
                let account = self.seller.send(Method::POST, "/accounts", body).await?.ok()?;
                Ok(account["account_id"].as_str().map(str::to_owned))
            });
            self.accounts.push(account.await?);
        }
        Ok(())
    }

    async fn total(&self) -> anyhow::Result<usize> {
        Ok(usize::try_from(self.seller.total().await?)?)
    }

    /// Tells how many channels have been read whole, and fails on one whose key is not accepted.
    async fn is_read(&self) -> anyhow::Result<bool> {
        for account in &self.accounts {
            let account = self.seller.account(account).await?;
            ensure!(account["status"] == "connected", "{account}");
            if account["sync"]["backfill_done"] != true {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lets everything be read; the reader is killed so many times on the way.
    async fn read(&mut self, kills: usize) -> anyhow::Result<()> {
        let expected = self.system.sandbox.items().await?.len() - self.spoiled.len();
        for kill in 0..kills {
            let so_many = kill * expected / (kills + 1);
            let what = format!("more than {so_many} of {expected} items");
            wait::until_within(wait::PATIENCE * 4, &what, async || {
                Ok((self.total().await? > so_many).then_some(()))
            })
            .await?;
            self.system.workers[0].kill()?;
            ensure!(!self.is_read().await?, "all was read before anybody could be killed: void");
            self.system.workers[0].start_again()?;
        }
        let patience = wait::PATIENCE * size(6, 60).try_into()?;
        wait::until_within(patience, "everything is read", async || {
            ensure!(self.is_read().await?, "{} of {expected} items", self.total().await?);
            Ok(Some(()))
        })
        .await?;
        // The inbox follows the log a moment later. What is missing for good is for the judge to say.
        let caught_up = async || Ok((self.total().await? >= expected).then_some(()));
        _ = wait::until_within(wait::PATIENCE / 3, "the inbox has caught up", caught_up).await;
        Ok(())
    }

    async fn judge(&self) -> anyhow::Result<Verdict> {
        let taken = TakenIn::of(&self.seller, &self.accounts).await?;
        Ok(taken.judge(&self.system.sandbox.items().await?, &self.spoiled))
    }
}

/// Buyers ask.
async fn ask(sandbox: &Sandbox, marketplace: &Marketplace, count: usize) -> anyhow::Result<()> {
    let path = format!("/control/{}/{SELLER}/questions", marketplace.control);
    for n in 0..count {
        let question = json!({ "text": format!("Подойдёт ли размер {n}?") });
        sandbox.control(Method::POST, &path, Some(question)).await?;
    }
    Ok(())
}

/// Buyers write reviews that the marketplace gives in a form that nobody can read.
async fn spoil(
    sandbox: &Sandbox,
    marketplace: &Marketplace,
    spoiled: &mut BTreeSet<(Key, String)>,
) -> anyhow::Result<()> {
    let path = format!("/control/{}/{SELLER}", marketplace.control);
    for (served, reason) in marketplace.spoiled() {
        let review = json!({ "text": "Плед тёплый", "rating": 4 });
        let made = sandbox.control(Method::POST, &format!("{path}/reviews"), Some(review)).await?;
        let id = made["id"].to_string().replace('"', "");
        let served = serde_json::from_str(&served.to_string().replace("ID", &id))?;
        let place = match marketplace.name {
            "wildberries" => format!("{path}/reviews/{id}/served"),
            _ => format!("{path}/served/{id}"),
        };
        sandbox.control(Method::PUT, &place, Some(served)).await?;
        let (marketplace, channel) = (marketplace.name.to_owned(), "review".to_owned());
        spoiled.insert((Key { marketplace, channel, external_id: id }, reason.to_owned()));
    }
    Ok(())
}

/// A little of everything, and each at least once: a fault that did not fire proves nothing.
fn faults() -> Value {
    json!({
        "rate_limited": { "probability": 0.02, "nth": [3], "ms": 300 },
        "server_error_before": { "probability": 0.02, "nth": [7] },
        "reset_before": { "probability": 0.02, "nth": [9] },
        "unavailable": { "probability": 0.01, "nth": [13] },
        "down": { "probability": 0.01, "nth": [17] },
        "malformed": { "probability": 0.02, "nth": [1] },
        "slow": { "probability": 0.05, "nth": [2], "ms": 300 },
        "duplicated": { "probability": 0.3, "nth": [1] },
        "reordered": { "probability": 0.3, "nth": [2] },
    })
}

#[tokio::test]
async fn hostile_marketplaces_are_read_once_whole_and_in_order() -> anyhow::Result<()> {
    let (reviews, questions) = (size(REVIEWS.0, REVIEWS.1), size(QUESTIONS.0, QUESTIONS.1));
    let mut scene = Scene::prepare(reviews, questions).await?;
    let written = scene.system.sandbox.items().await?.len();
    scene.system.sandbox.set_faults(faults()).await?;
    scene.connect().await?;
    scene.read(KILLS).await?;

    let (sandbox, verdict) = (&scene.system.sandbox, scene.judge().await?);
    figure("mixed_items_written", written, "items", "");
    figure("mixed_items_whole", verdict.whole, "items", "");
    figure("mixed_items_kept_aside", scene.spoiled.len(), "items", "");
    assert_eq!(verdict.faults, BTreeSet::new(), "{verdict}");
    assert_eq!(verdict.whole, written - scene.spoiled.len());
    let faults = faults();
    for fault in faults.as_object().context("faults by name")?.keys() {
        let fired = sandbox.fired(fault).await?;
        ensure!(fired > 0, "{fault} did not fire: void");
        figure(&format!("mixed_{fault}"), fired, "times", "");
    }
    for marketplace in &MARKETPLACES {
        ensure!(sandbox.calls(marketplace.listing).await? > 0, "{} was not read", marketplace.name);
    }
    // Yandex.Market says the same with 420.
    let refused = sandbox.answered_with(429).await? + sandbox.answered_with(420).await?;
    assert_eq!(refused, sandbox.fired("rate_limited").await?, "a limit was overstepped");
    scene.system.run("verify", &[])?;
    Ok(())
}

/// Read models that drop every fiftieth item, and a shelf that keeps nothing: the same judge must notice both.
#[tokio::test]
async fn losing_items_is_noticed() -> anyhow::Result<()> {
    let mut scene = Scene::prepare(60, 2).await?;
    let mut db = scene.system.database().connect().await?;
    sqlx::raw_sql(
        "create sequence dropped;
        create function drop_some() returns trigger language plpgsql as $$ begin
            if nextval('dropped') % 50 = 0 then return null; end if;
            return new;
        end $$;
        create trigger drop_some before insert on inbox for each row execute function drop_some();
        create function drop_all() returns trigger language plpgsql as 'begin return null; end';
        create trigger drop_all before insert on unread_item for each row execute function drop_all()",
    )
    .execute(&mut db)
    .await?;
    scene.connect().await?;
    scene.read(0).await?;
    let verdict = scene.judge().await?;
    let noticed = |words: &str| verdict.faults.iter().any(|fault| fault.contains(words));
    assert!(noticed("the inbox is wrong about"), "{verdict}");
    assert!(noticed("was not kept aside"), "{verdict}");
    Ok(())
}

//! The marketplaces' rules about answers: no second one where the seller has answered in the cabinet meanwhile, and a
//! named end with words for whatever cannot be answered.

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use tests::api::Seller;
use tests::sandbox::{SELLER, Sandbox, TOKEN};
use tests::system::{Setup, System};
use tests::wait;

const OZON_KEY: &str = "harness-ozon-key";
const OURS: &str = "Здравствуйте! Спасибо, что написали нам.";
const THEIRS: &str = "Мы уже ответили вам сами.";

/// Something that a buyer wrote.
struct Item {
    marketplace: &'static str,
    channel: &'static str,
    /// In the sandbox's control API.
    path: String,
    external_id: String,
    interaction: String,
}

impl Item {
    /// Lets a buyer write, and waits until it is in the inbox.
    async fn written(
        system: &System,
        seller: &Seller,
        accounts: &[String],
        (marketplace, channel): (&'static str, &'static str),
    ) -> anyhow::Result<Self> {
        let list = format!("/control/{marketplace}/{SELLER}/{channel}s");
        let mut body = json!({ "text": format!("Подойдёт ли плед в машину? {channel}") });
        if channel == "review" {
            body["rating"] = json!(4);
        }
        let made = system.sandbox.control(Method::POST, &list, Some(body)).await?;
        let external_id = made["id"].as_str().context("an id")?.to_owned();
        for account in accounts {
            seller
                .send(Method::POST, &format!("/accounts/{account}/sync"), json!({}))
                .await?
                .ok()?;
        }
        let interaction =
            wait::until_within(3 * wait::PATIENCE, "it is in the inbox", async || {
                let listed = seller.list("order=newest").await?;
                let found = listed.iter().find(|item| item["external_id"] == external_id.as_str());
                Ok(found.and_then(|item| item["interaction_id"].as_str().map(str::to_owned)))
            })
            .await?;
        rounds_are_over(seller).await?;
        let path = format!("{list}/{external_id}");
        Ok(Self { marketplace, channel, path, external_id, interaction })
    }

    /// The seller answers in the cabinet, and nobody tells us.
    async fn answered_in_cabinet(&self, sandbox: &Sandbox) -> anyhow::Result<()> {
        let (method, path, body) = match (self.marketplace, self.channel) {
            ("ozon", _) => (Method::POST, "comments", json!({ "text": THEIRS, "by": "cabinet" })),
            _ => (Method::PUT, "answer", json!({ "text": THEIRS })),
        };
        sandbox.control(method, &format!("{}/{path}", self.path), Some(body)).await?;
        Ok(())
    }

    /// Returns the answers that buyers were given, in whatever way.
    async fn answers(&self, sandbox: &Sandbox) -> anyhow::Result<Vec<String>> {
        let lines = sandbox.lines().await?;
        let given = lines.iter().filter(|line| line["target"] == self.external_id.as_str());
        let text = |line: &Value| match line["kind"].as_str()? {
            "answer" | "question" | "write" if line["applied"] == true => {
                line["text"].as_str().map(str::to_owned)
            }
            "comment_written" => line["comment"]["text"].as_str().map(str::to_owned),
            _ => None,
        };
        Ok(given.filter_map(text).collect())
    }
}

/// Waits until nothing is read any more: a round that goes on may come by what happens next.
async fn rounds_are_over(seller: &Seller) -> anyhow::Result<()> {
    wait::until("all rounds are over", async || {
        let accounts = seller.get("/accounts").await?.ok()?;
        let soon = Utc::now() + TimeDelta::minutes(1);
        let is_over = |channel: &Value| {
            let next = channel["sync"]["next_sync_at"].as_str();
            let next = next.and_then(|next| next.parse::<DateTime<Utc>>().ok());
            channel["sync"]["state"] == "waiting" && next.is_some_and(|next| next > soon)
        };
        let accounts = accounts["items"].as_array().into_iter().flatten();
        let mut channels = accounts.filter_map(|account| account["channels"].as_array()).flatten();
        Ok(channels.all(is_over).then_some(()))
    })
    .await
}

async fn start() -> anyhow::Result<(System, Seller, Vec<String>)> {
    let mut setup = Setup::together().with_reviews(5);
    setup.sandbox.arguments = vec![format!("--ozon={SELLER}:100001:{OZON_KEY}")];
    let system = setup.start().await?;
    let seller = system.register().await?;
    let ozon = json!({
        "marketplace": "ozon", "name": "Ozon", "client_id": "100001", "token": OZON_KEY,
    });
    let ozon = seller.send(Method::POST, "/accounts", ozon).await?.ok()?;
    let ozon = ozon["account_id"].as_str().context("an id")?.to_owned();
    let accounts = vec![seller.connect(TOKEN).await?, ozon];
    Ok((system, seller, accounts))
}

#[tokio::test]
async fn what_was_answered_in_the_cabinet_meanwhile_is_not_answered_again() -> anyhow::Result<()> {
    let (system, seller, accounts) = start().await?;
    for kind in [("wildberries", "review"), ("wildberries", "question"), ("ozon", "review")] {
        let item = Item::written(&system, &seller, &accounts, kind).await?;
        item.answered_in_cabinet(&system.sandbox).await?;
        let answer = seller.reply(&item.interaction, OURS).await?;
        assert!(!answer.status.is_success(), "{kind:?}: {}", answer.text);
        let interaction = wait::until("the reply has ended", async || {
            let interaction = seller.interaction(&item.interaction).await?;
            let is_over =
                interaction["reply"]["kind"] == "observed" && interaction["status"] != "replying";
            Ok(is_over.then_some(interaction))
        })
        .await?;
        assert_eq!(interaction["reply"]["text"], THEIRS, "{kind:?}");
        assert_eq!(interaction["status"], "responded", "{kind:?}");
        let path = format!("/interactions/{}/history", item.interaction);
        let history = seller.get(&path).await?.ok()?;
        let ours = history["items"].as_array().into_iter().flatten();
        let ours: Vec<_> = ours.filter(|version| version["text"] == OURS).collect();
        assert_eq!((ours.len(), &ours[0]["state"]), (1, &json!("failed")), "{kind:?}: {history}");
        assert_eq!(ours[0]["failure"]["code"], "answered_elsewhere", "{kind:?}: {history}");
        assert_eq!(item.answers(&system.sandbox).await?, [THEIRS], "{kind:?}");
    }
    Ok(())
}

/// A look that does not see the cabinet's answer: the same count must notice that there are two.
#[tokio::test]
async fn looking_without_seeing_is_noticed() -> anyhow::Result<()> {
    let (system, seller, accounts) = start().await?;
    let kind = ("wildberries", "review");
    let item = Item::written(&system, &seller, &accounts, kind).await?;
    let as_it_was = system.sandbox.review(&item.external_id).await?["feedback"].take();
    item.answered_in_cabinet(&system.sandbox).await?;
    let served = format!("{}/served", item.path);
    system.sandbox.control(Method::PUT, &served, Some(as_it_was)).await?;
    seller.reply(&item.interaction, OURS).await?.ok()?;
    assert_eq!(item.answers(&system.sandbox).await?, [THEIRS, OURS]);
    Ok(())
}

#[tokio::test]
async fn what_is_gone_at_the_marketplace_ends_with_a_name() -> anyhow::Result<()> {
    let (system, seller, accounts) = start().await?;
    for kind in [("wildberries", "question"), ("ozon", "review"), ("ozon", "question")] {
        let item = Item::written(&system, &seller, &accounts, kind).await?;
        system.sandbox.control(Method::DELETE, &item.path, None).await?;
        seller.reply(&item.interaction, OURS).await?;
        let interaction = seller.wait_for_reply(&item.interaction, "failed").await?;
        let failure = &interaction["reply"]["failure"];
        assert_eq!(failure["code"], "not_found", "{kind:?}: {failure}");
        assert!(failure["message"].is_string(), "{kind:?}: {failure}");
        assert_eq!(item.answers(&system.sandbox).await?, Vec::<String>::new(), "{kind:?}");
    }
    Ok(())
}

//! Sellers with a cabinet at each marketplace, and the eight calls that bring a seller's words to buyers.

use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::Seller;
use crate::ledger::{Action, Asked, LedgerAnswer};
use crate::sandbox::Sandbox;
use crate::system::{Setup, System};
use crate::wait;

/// A call that brings a seller's words to a buyer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The marketplace's name in the API.
    pub marketplace: &'static str,
    /// Its name in the sandbox.
    control: &'static str,
    /// `review`, `question` or `chat`.
    pub channel: &'static str,
    /// As the sandbox names it in its counters and faults.
    pub method: &'static str,
}

/// All of them.
pub const CALLS: [Call; 8] = [
    Call::of("wildberries", "wildberries", "review", "POST /api/v1/feedbacks/answer"),
    Call::of("wildberries", "wildberries", "question", "PATCH /api/v1/questions"),
    Call::of("wildberries", "wildberries", "chat", "POST /api/v1/seller/message"),
    Call::of("ozon", "ozon", "review", "POST /ozon/v1/review/comment/create"),
    Call::of("ozon", "ozon", "question", "POST /ozon/v1/question/answer/create"),
    Call::of("ozon", "ozon", "chat", "POST /ozon/v1/chat/send/message"),
    Call::of(
        "yandex_market",
        "yandex",
        "review",
        "POST /v2/businesses/{businessId}/goods-feedback/comments/update",
    ),
    Call::of("yandex_market", "yandex", "chat", "POST /v2/businesses/{businessId}/chats/message"),
];

/// Stars of the reviews that these shops begin with.
const STARS: u8 = 4;

/// A seller who is signed in and has a cabinet at each marketplace.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Its name in the sandbox.
    pub name: String,
    /// At the API.
    pub seller: Seller,
    /// Its cabinets' ids.
    pub accounts: Vec<String>,
}

/// Something that a buyer wrote and that is in the inbox.
#[derive(Debug, Clone)]
pub struct Item {
    /// The call that answers it.
    pub call: Call,
    /// Which of the shops it belongs to.
    pub shop: usize,
    /// The shop's name in the sandbox.
    name: String,
    /// The marketplace's id.
    pub external_id: String,
    /// Ours.
    pub interaction: String,
}

/// Shops in use.
pub struct Shops {
    /// The system.
    pub system: System,
    /// The sellers.
    pub shops: Vec<Shop>,
}

impl Call {
    const fn of(
        marketplace: &'static str,
        control: &'static str,
        channel: &'static str,
        method: &'static str,
    ) -> Self {
        Self { marketplace, control, channel, method }
    }

    /// Lets a buyer write what this call answers, a review with so many stars, and returns the marketplace's id of it.
    ///
    /// # Errors
    /// When the sandbox refuses it.
    pub async fn written(
        &self,
        sandbox: &Sandbox,
        shop: &str,
        text: &str,
        stars: u8,
    ) -> anyhow::Result<String> {
        let path = format!("/control/{}/{shop}/{}s", self.control, self.channel);
        let (body, id) = match (self.marketplace, self.channel) {
            (_, "review") => (json!({ "text": text, "rating": stars }), "id"),
            ("wildberries", "chat") => (json!({ "text": text }), "chat"),
            ("ozon", "chat") => (json!({ "text": text }), "chat_id"),
            ("yandex_market", "chat") => {
                (json!({ "about": "DIRECT", "messages": [{ "text": text }] }), "id")
            }
            _ => (json!({ "text": text }), "id"),
        };
        let made = sandbox.control(Method::POST, &path, Some(body)).await?;
        let id =
            made[id].as_str().map(str::to_owned).or_else(|| Some(made[id].as_u64()?.to_string()));
        id.with_context(|| format!("no id in {made}"))
    }

    /// Lets the buyer of a chat that this call answers write again.
    ///
    /// # Errors
    /// When the sandbox refuses it.
    pub async fn written_again(
        &self,
        sandbox: &Sandbox,
        shop: &str,
        chat: &str,
        text: &str,
    ) -> anyhow::Result<()> {
        let path = format!("/control/{}/{shop}/chats/{chat}/messages", self.control);
        sandbox.control(Method::POST, &path, Some(json!({ "text": text }))).await?;
        Ok(())
    }
}

impl Item {
    /// Names what is answered, as [`Sandbox::words`] does.
    #[must_use]
    pub fn target(&self) -> String {
        format!("{} {} {}", self.call.control, self.name, self.external_id)
    }

    /// An answer to it that was asked for.
    #[must_use]
    pub fn asked(&self, text: &str) -> Asked {
        Asked::answer(self.target(), text)
    }
}

impl Shops {
    /// Starts a system with so many sellers, each with a cabinet at every marketplace, for each of whose calls buyers have
    /// written so much, and waits until all of it is in the inbox. What was written comes call by call and seller by seller.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn open(
        mut setup: Setup,
        shops: usize,
        of_each_call: usize,
    ) -> anyhow::Result<(Self, Vec<Item>)> {
        setup.sandbox.reviews = Some("none".into());
        let names: Vec<String> = (0..shops).map(|n| format!("shop-{n}")).collect();
        for (n, name) in names.iter().enumerate() {
            setup.sandbox.arguments.extend([
                format!("--seller={name}:token-{n}"),
                format!("--ozon={name}:{}:ozon-key-{n}", ozon_client(n)),
                format!("--yandex={name}:{}:{}", yandex_business(n), yandex_key(n)),
            ]);
        }
        let system = setup.start().await?;
        let mut written = Vec::new();
        for round in 0..of_each_call {
            for call in CALLS {
                for (shop, name) in names.iter().enumerate() {
                    let text = format!("Подойдёт ли плед в машину? Вопрос номер {round}.");
                    let external_id = call.written(&system.sandbox, name, &text, STARS).await?;
                    written.push((call, shop, external_id));
                }
            }
        }
        let mut opened = Self { system, shops: Vec::new() };
        for (n, name) in names.into_iter().enumerate() {
            opened.shops.push(Shop::open(&opened.system, n, name).await?);
        }
        let items = opened.taken_in(written).await?;
        Ok((opened, items))
    }

    /// Waits until everything is in the inbox.
    async fn taken_in(&self, written: Vec<(Call, usize, String)>) -> anyhow::Result<Vec<Item>> {
        let mut known = BTreeMap::new();
        for (n, shop) in self.shops.iter().enumerate() {
            let expected = written.iter().filter(|(_, shop, _)| *shop == n).count();
            let patience = 4 * wait::PATIENCE;
            let listed = wait::until_within(patience, "all was read", async || {
                let listed = shop.seller.list("order=newest").await?;
                let is_known = |(call, _, id): &&(Call, usize, String)| {
                    listed.iter().any(|row| is_of(row, call, id))
                };
                let of_shop = written.iter().filter(|(_, shop, _)| *shop == n);
                let found = of_shop.filter(is_known).count();
                ensure!(found == expected, "{found} of {expected} are there");
                Ok(Some(listed))
            })
            .await?;
            known.insert(n, listed);
        }
        let item = |(call, shop, external_id): (Call, usize, String)| {
            let row = known[&shop].iter().find(|row| is_of(row, &call, &external_id));
            let id = row.and_then(|row| row["interaction_id"].as_str()).context("an id")?;
            let name = self.shops[shop].name.clone();
            Ok(Item { call, shop, name, external_id, interaction: id.to_owned() })
        };
        written.into_iter().map(item).collect()
    }

    /// Returns the seller whom an item belongs to.
    #[must_use]
    pub fn seller(&self, item: &Item) -> &Seller {
        &self.shops[item.shop].seller
    }
}

fn is_of(row: &Value, call: &Call, external_id: &str) -> bool {
    row["marketplace"] == call.marketplace
        && row["channel"] == call.channel
        && row["external_id"] == external_id
}

impl Shop {
    /// Signs up and connects all cabinets.
    async fn open(system: &System, n: usize, name: String) -> anyhow::Result<Self> {
        let seller = system.register().await?;
        let credentials = [
            ("wildberries", json!({ "token": format!("token-{n}") })),
            (
                "ozon",
                json!({ "client_id": ozon_client(n).to_string(), "token": format!("ozon-key-{n}") }),
            ),
            (
                "yandex_market",
                json!({ "business_id": yandex_business(n).to_string(), "token": yandex_key(n) }),
            ),
        ];
        let mut accounts = Vec::new();
        for (marketplace, mut body) in credentials {
            body["marketplace"] = json!(marketplace);
            body["name"] = json!("Кабинет");
            let account = seller.send(Method::POST, "/accounts", body).await?.ok()?;
            accounts.push(account["account_id"].as_str().context("an id")?.to_owned());
        }
        Ok(Self { name, seller, accounts })
    }
}

fn ozon_client(n: usize) -> usize {
    200_001 + n
}

fn yandex_business(n: usize) -> usize {
    2_000_001 + n
}

fn yandex_key(n: usize) -> String {
    format!("ACMA:shop-key-{n}:00000000")
}

impl Sandbox {
    /// Returns all requests to bring words to buyers so far, by whichever call of any marketplace; each names its target
    /// as [`Item::target`] does.
    ///
    /// # Errors
    /// When the sandbox does not answer or a line cannot be read.
    pub async fn words(&self) -> anyhow::Result<Vec<LedgerAnswer>> {
        let lines = self.lines().await?;
        // An edit names the comment that it changes, and not what that is under.
        let mut under = BTreeMap::new();
        let mut words = Vec::new();
        for line in &lines {
            let Some(mut written) = words_of(line)? else { continue };
            if let Some(target) = under.get(&written.target) {
                String::clone_from(&mut written.target, target);
            } else if let Some(id) = line["created"].as_u64() {
                under.insert(target_of(line, &id.to_string()), written.target.clone());
            }
            words.push(written);
        }
        Ok(words)
    }
}

/// Names something of a line's shop, as [`Item::target`] does.
fn target_of(line: &Value, id: &str) -> String {
    let text = |field: &str| line[field].as_str().unwrap_or_default();
    format!("{} {} {id}", text("marketplace"), text("seller"))
}

/// Reads a line of the ledger; none where it brings no words.
fn words_of(line: &Value) -> anyhow::Result<Option<LedgerAnswer>> {
    let is_request =
        matches!(line["kind"].as_str(), Some("answer" | "question" | "message" | "write"));
    let text = |field: &str| line[field].as_str().unwrap_or_default().to_owned();
    if !is_request || text("text").is_empty() || text("endpoint") == "cabinet" {
        return Ok(None);
    }
    Ok(Some(LedgerAnswer {
        action: Action::Answer,
        target: target_of(line, &text("target")),
        text: text("text"),
        applied: line["applied"] == true,
        effect: text("effect"),
        answer: text("answer"),
        status: line["status"].as_u64().and_then(|status| u16::try_from(status).ok()),
        delay_ms: line["delay_ms"].as_u64().unwrap_or_default(),
        time: serde_json::from_value(line["time"].clone()).context("a time")?,
        buyer_sees: None,
    }))
}

//! Notifications are hints: whoever delivers what, nothing of it is ever kept or shown, and each is answered in time
//! although the database is slow. What buyers wrote is read from the marketplace, once.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use tests::api::{self, Seller};
use tests::feed::Feed;
use tests::sandbox::SELLER;
use tests::system::{Setup, System};
use tests::wait;

use crate::drill::{figure, size};

const CABINET: &str = "100001";
const OZON_KEY: &str = "harness-ozon-key";

/// Words that stand in forged notifications and nowhere else.
const FORGED: &str = "подделанное-сообщение-4711";

/// Notifications in a run of the tests, and in a drill: so many in a second, for twenty seconds.
const NOTIFICATIONS: (usize, usize) = (600, 20_000);

/// How many are under way at once.
const AT_ONCE: usize = 20;

/// What everything that is sent to the database waits for.
const SLOW: Duration = Duration::from_millis(20);

/// Within what the answer must be there.
const IN_TIME: Duration = Duration::from_secs(1);

/// A system whose database can be slow, with an Ozon cabinet that is notified.
struct Scene {
    system: System,
    seller: Seller,
    account: String,
    address: String,
    http: reqwest::Client,
}

impl Scene {
    async fn start() -> anyhow::Result<Self> {
        let mut setup = Setup::together().through_proxy().with_reviews(20);
        setup.sandbox.arguments = vec![format!("--ozon={SELLER}:{CABINET}:{OZON_KEY}")];
        let system = setup.start().await?;
        let seller = system.register().await?;
        // What is counted here are notifications that became events, and nothing else.
        seller.make_no_drafts_ahead().await?;
        let body = json!({
            "marketplace": "ozon", "name": "Ozon", "client_id": CABINET, "token": OZON_KEY,
        });
        let account = seller.send(Method::POST, "/accounts", body).await?.ok()?;
        let account = account["account_id"].as_str().context("an id")?.to_owned();
        wait::until("everything is read", async || {
            let found = seller.account(&account).await?;
            Ok((found["sync"]["backfill_done"] == true).then_some(()))
        })
        .await?;
        wait::until("the inbox shows all that was read", async || {
            let read = Feed::take(&seller, 1000).await?.count("Ingested");
            Ok((seller.total().await? == read as u64).then_some(()))
        })
        .await?;
        let notifications = format!("/accounts/{account}/notifications");
        seller.send(Method::POST, &notifications, json!({})).await?.ok()?;
        let state = seller.get(&notifications).await?.ok()?;
        let path = state["address"]["path"].as_str().context("an address")?;
        let address = format!("{}{path}", system.url);
        Ok(Self { system, seller, account, address, http: api::http()? })
    }

    /// Delivers a notification; returns the answer's status, and how long it took.
    async fn deliver(&self, body: &Value) -> anyhow::Result<(u16, Duration)> {
        let began = Instant::now();
        let response = self.http.post(&self.address).json(body).send().await?;
        let status = response.status().as_u16();
        response.bytes().await?;
        Ok((status, began.elapsed()))
    }

    /// Tells whether the words stand in anything that is kept.
    fn is_kept(&self, words: &str) -> anyhow::Result<bool> {
        Ok(self.system.database().dump(&["--inserts"])?.contains(words))
    }

    /// Returns what the seller has: interactions, and events.
    async fn had(&self) -> anyhow::Result<(u64, usize)> {
        let events = Feed::take(&self.seller, 1000).await?.events.len();
        Ok((self.seller.total().await?, events))
    }
}

/// A forged message, or another notification that is not as it should be. The same numbers come again and again.
fn forged(n: usize) -> Value {
    let message = |user: &str, seller: &str| {
        json!({
            "message_type": "TYPE_NEW_MESSAGE", "chat_id": format!("c-{}", n % 7),
            "chat_type": "Buyer_Seller", "message_id": (1_000 - n % 100).to_string(),
            "created_at": "2026-03-10T14:08:00.257Z", "user": {"id": "115568", "type": user},
            "data": [FORGED], "seller_id": seller,
        })
    };
    match n % 5 {
        0 => message("Customer", CABINET),
        // The first letter is Cyrillic, as in the published examples.
        1 => message("Сustomer", CABINET),
        // Another's cabinet.
        2 => message("Customer", "1"),
        3 => json!({"message_type": "TYPE_PING", "time": "2026-03-10T14:08:00.257Z"}),
        _ => json!({"message_type": "TYPE_UPDATE_MESSAGE", "data": [FORGED, n]}),
    }
}

// The proxy goes on while the program is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_forged_is_kept_and_every_answer_comes_in_time() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.had().await?;
    scene.system.proxy.as_ref().context("a proxy")?.delay(SLOW);
    let mut answers = Vec::new();
    let count = size(NOTIFICATIONS.0, NOTIFICATIONS.1);
    for first in (0..count).step_by(AT_ONCE) {
        let bodies: Vec<_> = (first..count.min(first + AT_ONCE)).map(forged).collect();
        let answered = join_all(bodies.iter().map(|body| scene.deliver(body))).await;
        answers.extend(answered.into_iter().collect::<anyhow::Result<Vec<_>>>()?);
    }
    scene.system.proxy.as_ref().context("a proxy")?.delay(Duration::ZERO);

    let of = |status| answers.iter().filter(|(found, _)| *found == status).count();
    let mut times: Vec<_> = answers.iter().map(|(_, took)| *took).collect();
    times.sort_unstable();
    let slowest = times[(times.len() - 1) * 999 / 1000];
    figure("pushes_delivered", count, "notifications", "");
    figure("pushes_accepted", of(200), "notifications", "");
    figure("pushes_answer_p999", slowest.as_millis(), "ms", "<= 1000");
    assert!(slowest <= IN_TIME, "{slowest:?}");
    // Beyond its allowance an address takes no more, and says so. Nothing is an error of ours.
    let (accepted, refused, too_many) = (of(200), of(400), of(429));
    assert_eq!(accepted + refused + too_many, count, "{answers:?}");
    assert!(accepted >= 50 && refused >= 20, "{accepted} accepted, {refused} refused: void");
    assert!(too_many > 0, "the allowance was never reached: void");

    assert!(!scene.is_kept(FORGED)?, "what was forged is kept");
    assert_eq!(scene.had().await?, before, "notifications became events");
    for place in ["/interactions", "/accounts"] {
        let shown = scene.seller.get(place).await?;
        ensure!(!shown.text.contains(FORGED), "{place} shows what was forged");
    }
    Ok(())
}

/// The search above finds words that are kept, as a receiver that trusted what it is told would leave them.
// The proxy goes on while the program is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trusting_a_notification_is_noticed() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let before = scene.had().await?;
    let path = format!("/control/ozon/{SELLER}/questions");
    let question = json!({ "text": FORGED });
    scene.system.sandbox.control(Method::POST, &path, Some(question)).await?;
    let sync = format!("/accounts/{}/sync", scene.account);
    scene.seller.send(Method::POST, &sync, json!({})).await?.ok()?;
    scene.seller.wait_for_total(before.0 + 1).await?;
    assert!(scene.is_kept(FORGED)?);
    assert_ne!(scene.had().await?, before);
    Ok(())
}

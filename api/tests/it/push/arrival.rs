//! The whole way: a buyer writes, the marketplace notifies, and the question is in the inbox long before its channel
//! would be read again.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Shop, forget_hints};
use crate::harness::expect;

/// Longer than anything here takes on a busy machine, and far below the hour between two readings.
const SOON: Duration = Duration::from_secs(40);

/// Long enough for a reading to have come, had it been asked for.
const A_WHILE: Duration = Duration::from_secs(4);

impl Shop {
    /// A cabinet at Yandex.Market that was read once and is connected to its notifications.
    async fn read_once(pool: PgPool) -> Self {
        let shop = Self::at_yandex(pool).await;
        // Read as soon as there is somebody who reads; chats are not what this is about.
        shop.set(
            "channel_sync",
            "next_at = case channel when 'chat' then 'infinity' else now() end",
        )
        .await;
        shop.app.work();
        let read = "select bool_and(backfill_done and next_at > now() + interval '50 minutes')
            from channel_sync where channel <> 'chat'";
        assert!(shop.comes(read, SOON).await, "the channels are read once");
        let url = shop.app.url(&shop.renew().await);
        let connect = shop.app.client.put(shop.control("notifications")).json(&json!({"url": url}));
        expect(connect, StatusCode::NO_CONTENT).await;
        shop
    }

    fn control(&self, path: &str) -> String {
        format!("{}/control/yandex/demo/{path}", self.sandbox.url())
    }

    /// Lets a buyer ask, and waits until the marketplace has notified of it.
    async fn asks(&self, text: &str) {
        let sent = self.delivered().await;
        let question = self.app.client.post(self.control("questions")).json(&json!({"text": text}));
        assert!(question.send().await.unwrap().status().is_success());
        while self.delivered().await == sent {
            tokio::task::yield_now().await;
        }
    }

    async fn delivered(&self) -> usize {
        let sent = expect(self.app.client.get(self.control("notifications")), StatusCode::OK).await;
        let is_taken = |it: &&Value| it["tries"][0]["got"] == "200";
        sent["notifications"].as_array().unwrap().iter().filter(is_taken).count()
    }

    async fn is_in_inbox(&self, text: &str, within: Duration) -> bool {
        let row = format!("select exists (select from inbox where preview = '{text}')");
        self.comes(&row, within).await
    }

    async fn comes(&self, question: &str, within: Duration) -> bool {
        let deadline = tokio::time::Instant::now() + within;
        loop {
            let question = sqlx::AssertSqlSafe(question.to_owned());
            let answer: Option<bool> =
                sqlx::query_scalar(question).fetch_one(&self.pool).await.unwrap();
            if answer == Some(true) {
                return true;
            }
            if tokio::time::Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_notified_of_is_in_the_inbox_at_once(pool: PgPool) {
    let shop = Shop::read_once(pool).await;
    shop.asks("Есть ли синий?").await;
    assert!(shop.is_in_inbox("Есть ли синий?", SOON).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn sabotage_a_receiver_that_forgets_leaves_the_buyer_waiting(pool: PgPool) {
    let shop = Shop::read_once(pool).await;
    forget_hints(&shop.pool).await;
    shop.asks("Есть ли синий?").await;
    assert!(!shop.is_in_inbox("Есть ли синий?", A_WHILE).await);
}

/// How one hears of what a buyer asked in the middle of a round.
enum Heard {
    Notified,
    /// The control: notified, and forgotten.
    Forgotten,
    /// By the owner, who asks for a reading. The marketplace does not notify.
    Requested,
}

/// Asks a second question while the page with the first has been read and is not yet stored. Tells whether the second
/// arrives.
async fn arrives_amid_a_round(pool: PgPool, heard: Heard, within: Duration) -> bool {
    let shop = Shop::read_once(pool).await;
    let mut holding = shop.app.db.begin().await.unwrap();
    sqlx::query("lock table reading_digest in share mode").execute(&mut *holding).await.unwrap();
    shop.asks("Первый вопрос?").await;
    let stands = "select exists (select from pg_stat_activity where datname = current_database()
        and wait_event_type = 'Lock' and position('reading_digest' in query) > 0)";
    assert!(shop.comes(stands, SOON).await, "the round stands still with the page in hand");
    match heard {
        Heard::Notified => shop.asks("Второй вопрос?").await,
        Heard::Forgotten => {
            forget_hints(&shop.pool).await;
            shop.asks("Второй вопрос?").await;
        }
        Heard::Requested => {
            let disconnect = shop.app.client.delete(shop.control("notifications"));
            expect(disconnect, StatusCode::NO_CONTENT).await;
            let question = json!({"text": "Второй вопрос?"});
            let ask = shop.app.client.post(shop.control("questions")).json(&question);
            assert!(ask.send().await.unwrap().status().is_success());
            let path = format!("/accounts/{}/sync", shop.account);
            expect(shop.anna.write(Method::POST, &path, &json!({})), StatusCode::ACCEPTED).await;
        }
    }
    holding.rollback().await.unwrap();
    shop.is_in_inbox("Второй вопрос?", within).await
}

#[sqlx::test(migrations = "../migrations")]
async fn what_comes_amid_a_round_leads_to_another(pool: PgPool) {
    assert!(arrives_amid_a_round(pool, Heard::Notified, SOON).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn sabotage_what_is_forgotten_amid_a_round_waits_for_the_next(pool: PgPool) {
    assert!(!arrives_amid_a_round(pool, Heard::Forgotten, A_WHILE).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn asking_for_a_reading_amid_a_round_leads_to_another(pool: PgPool) {
    assert!(arrives_amid_a_round(pool, Heard::Requested, SOON).await);
}

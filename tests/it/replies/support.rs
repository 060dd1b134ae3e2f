//! What these scenarios share: people who approve, and waiting for what becomes of it.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::ensure;
use reqwest::Method;
use serde_json::{Value, json};
use tests::api::Seller;
use tests::shops::{Item, Shop};
use tests::wait;
use tokio::time::Instant;
use uuid::Uuid;

use crate::drill::size;

/// Approves a reply as a careful client does: asked again when no answer came, under the same key, and under another
/// one when nobody is left to answer for that.
pub(crate) async fn approve(
    seller: &Seller,
    id: &str,
    text: &str,
    hold_seconds: u8,
) -> anyhow::Result<()> {
    approve_on(seller, id, text, hold_seconds, &basis(seller, id).await?).await
}

/// Reads what somebody sees of an interaction who then answers it.
pub(super) async fn basis(seller: &Seller, id: &str) -> anyhow::Result<Value> {
    let seen = async || Ok(Some(seller.interaction(id).await?["basis"].clone()));
    wait::until_within(4 * wait::PATIENCE, "the interaction is read", seen).await
}

/// As [`approve`], by who has seen this of it. Asked again under another key, and with what is to be seen by then, a
/// reply would be another message of a chat.
pub(super) async fn approve_on(
    seller: &Seller,
    id: &str,
    text: &str,
    hold_seconds: u8,
    basis: &Value,
) -> anyhow::Result<()> {
    let path = format!("/interactions/{id}/reply");
    let body = json!({ "text": text, "hold_seconds": hold_seconds, "basis": basis });
    let mut key = Uuid::new_v4().to_string();
    // A killed API leaves the key in flight for up to a minute, and it may be killed with the next request, too.
    wait::until_within(8 * wait::PATIENCE, "the reply is taken in", async || {
        let headers = [("idempotency-key", key.as_str())];
        let answer = seller.call(Method::POST, &path, Some(&body), &headers).await?;
        if answer.status.is_success() {
            return Ok(Some(()));
        }
        if answer.json()?["code"] == "idempotency_key_in_flight" {
            key = Uuid::new_v4().to_string();
        }
        let interaction = seller.interaction(id).await?;
        ensure!(interaction["reply"]["text"] == text, "{}: {}", answer.status, answer.text);
        Ok(Some(()))
    })
    .await
}

/// Waits until the reply to each of these was published or refused, or waits for a person.
pub(super) async fn ended(
    shops: &[Shop],
    items: &[Item],
    patience: Duration,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    for (n, shop) in shops.iter().enumerate() {
        let wanted = || items.iter().filter(|item| item.shop == n);
        let left = deadline.saturating_duration_since(Instant::now());
        wait::until_within(left, "every reply has ended", async || {
            let states = states(shop).await?;
            let is_open = |item: &&Item| {
                let state = states.get(&item.interaction).map(String::as_str);
                !matches!(state, Some("published" | "rejected" | "failed"))
            };
            let open = wanted().filter(is_open).count();
            if open > 0 {
                // A list of hundreds costs what a reply costs.
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
            ensure!(open == 0, "{open} of {} have not", wanted().count());
            Ok(Some(()))
        })
        .await?;
    }
    Ok(())
}

/// Returns how all replies of a shop stand, as its inbox tells it.
pub(super) async fn states(shop: &Shop) -> anyhow::Result<BTreeMap<String, String>> {
    let state = |row: Value| {
        let state = row["reply_state"].as_str().unwrap_or("none").to_owned();
        Some((row["interaction_id"].as_str()?.to_owned(), state))
    };
    Ok(shop.seller.list("order=newest").await?.into_iter().filter_map(state).collect())
}

/// Tells whether a drill is asked for, of whichever size.
pub(super) fn is_drill() -> bool {
    size(0, 1) > 0
}

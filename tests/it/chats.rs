//! Chats from outside: nothing of a conversation is lost or said twice when processes end, and files are handed on.

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use tests::ledger::{Asked, judge};
use tests::play::Play;
use tests::system::Setup;
use tests::wait;

#[tokio::test]
async fn an_end_amid_a_conversation_loses_nothing_and_repeats_nothing() -> anyhow::Result<()> {
    let reply = "Здравствуйте! Всё по порядку.";
    let mut play = Play::start(Setup::apart(1), 1).await?;
    let text = |n: usize| format!("Сообщение {n}");
    let chat = play.system.sandbox.begin_chat(json!({ "text": text(0) })).await?;
    let id = play.interaction_of(&chat).await?;
    for n in 1..20 {
        play.system.sandbox.write_in_chat(&chat, json!({ "text": text(n) })).await?;
        if n % 6 == 0 {
            play.system.workers[0].kill()?;
            play.system.workers[0].start_again()?;
        }
    }
    let expected: Vec<String> = (0..20).map(text).collect();
    let sync = format!("/accounts/{}/sync", play.account_id);
    wait::until("all messages", async || {
        play.seller.send(Method::POST, &sync, json!({})).await?.ok()?;
        let interaction = play.seller.interaction(&id).await?;
        let messages = interaction["chat"]["messages"].as_array().cloned().unwrap_or_default();
        let texts = messages.iter().filter_map(|message| message["text"].as_str());
        Ok(texts.eq(expected.iter().map(String::as_str)).then_some(()))
    })
    .await?;

    let (seller, asked) = (play.seller.clone(), id.clone());
    let asking = tokio::spawn(async move { seller.reply(&asked, reply).await });
    wait::until("the call is at the marketplace", async || {
        Ok((!play.system.sandbox.messages().await?.is_empty()).then_some(()))
    })
    .await?;
    play.system.workers[0].kill()?;
    play.system.workers[0].start_again()?;
    play.seller.wait_for_reply(&id, "published").await?;
    asking.await??;
    let verdict = judge(&[Asked::answer(chat, reply)], &play.system.sandbox.messages().await?);
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[tokio::test]
async fn a_buyers_file_is_handed_on_once_the_marketplace_gives_it() -> anyhow::Result<()> {
    let play = Play::start(Setup::together(), 1).await?;
    let files = json!([
        { "kind": "pdf", "name": "Чек.pdf" },
        { "kind": "png", "moderation_ms": 86_400_000 },
        { "kind": "png", "rejected": true },
    ]);
    let message = json!({ "text": "Пришёл битым", "files": files });
    let chat = play.system.sandbox.begin_chat(message).await?;
    let id = play.interaction_of(&chat).await?;
    let message = wait::until("the message is in the chat", async || {
        Ok(play.seller.interaction(&id).await?["chat"]["messages"][0].as_object().cloned())
    })
    .await?;
    let message_id = message["message_id"].as_str().context("an id")?;
    let shown: Vec<Value> = message["files"].as_array().context("a list")?.clone();
    let place = |name: &str| shown.iter().position(|file| file["name"] == name);
    let place = place("Чек.pdf").context("the receipt is shown")?;
    let path = |n: usize| format!("/interactions/{id}/files/{message_id}/{n}");

    let receipt = play.seller.get(&path(place)).await?;
    assert_eq!(receipt.status, 200, "{}", receipt.text);
    assert!(receipt.text.starts_with("%PDF-1.4"), "{}", receipt.text);
    let mut codes = Vec::new();
    for n in (0..3).filter(|n| *n != place) {
        let refused = play.seller.get(&path(n)).await?;
        codes.push(serde_json::from_str::<Value>(&refused.text)?["code"].clone());
    }
    assert_eq!(codes, [json!("file_in_moderation"), json!("file_refused")]);
    play.seller.get(&path(9)).await?.problem(404, "not_found")?;
    let stranger = play.system.register().await?;
    stranger.get(&path(place)).await?.problem(404, "not_found")?;
    Ok(())
}

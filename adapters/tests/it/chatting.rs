//! What the tests of chats share: how a chat is seen in the inbox and read as operators read it, whatever its marketplace.

use domain::InteractionId;
use domain::interaction::ReplyState;
use projections::inbox::{self, Filter, InboxRow, Order};
use projections::thread;
use serde_json::{Value, json};

use crate::whole_way::{TENANT, World, reply_id};

pub(crate) const HELLO: &str = "Здравствуйте! Где мой чайник?";
pub(crate) const TEXT: &str = "Здравствуйте! Чайник уже в пути.";

pub(crate) async fn row(world: &World, chat: &str) -> Option<InboxRow> {
    let filter = Filter::default();
    let page = inbox::list(&world.db, TENANT, &filter, Order::Newest, None, 200).await.unwrap();
    page.rows.into_iter().find(|row| row.external_id == chat)
}

/// Waits until a chat is in the inbox as it should be.
pub(crate) async fn until_row(
    world: &World,
    chat: &str,
    is_so: impl Fn(&InboxRow) -> bool,
) -> InboxRow {
    world.until("the chat in the inbox", async || row(world, chat).await.filter(&is_so)).await
}

pub(crate) async fn until_shows(world: &World, chat: &str, preview: &str) -> InboxRow {
    until_row(world, chat, |row| row.preview == preview).await
}

/// Waits until operators see who said what in a chat.
pub(crate) async fn until_said(
    world: &World,
    row: &InboxRow,
    expected: &[(&str, &str)],
) -> Vec<Value> {
    let id = InteractionId(row.interaction_id);
    world
        .until(&format!("{expected:?}"), async || {
            // It follows the log by itself, a moment after the inbox or before.
            let thread = thread::one(&world.db, TENANT, id).await.unwrap()?;
            let messages = thread.messages.as_array().unwrap().clone();
            let said = |message: &Value| (message["author"].clone(), message["text"].clone());
            let wanted = |(by, text): &(&str, &str)| (json!(by), json!(text));
            let is_so = messages.iter().map(said).eq(expected.iter().map(wanted));
            is_so.then_some(messages)
        })
        .await
}

/// Answers, and waits until the reply was seen in the chat.
pub(crate) async fn answered(world: &World, row: &InboxRow, number: u128, text: &str) {
    world.reply(row, reply_id(number), text).await;
    world.until_state(row, reply_id(number), ReplyState::Published).await;
}

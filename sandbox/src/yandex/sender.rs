//! Sends notifications to the sellers' receivers, again and again until they are taken.

use std::time::Duration;

use axum::http::{StatusCode, Uri};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::entry::Entry;
use super::notify::Try;
use crate::post::post_json;
use crate::world::{App, World};

/// How long a receiver may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long it may take for the answer to a PING.
const PING_WITHIN: Duration = Duration::from_secs(1);
/// Notifications sent at once.
const AT_ONCE: usize = 16;
/// Longest sleep: nothing is due before somebody rings.
const SLEEP_MAX: Duration = Duration::from_secs(3_600);
/// Pause when the ledger cannot be written.
const LEDGER_PAUSE: Duration = Duration::from_secs(1);

/// A notification to be sent now.
struct Due {
    seller: String,
    notice: u64,
    url: String,
    body: Value,
}

/// How an attempt ended.
enum Ending {
    Delivered,
    /// "Your notification is malformed": not repeated.
    Malformed,
    Failed(String),
}

/// What a receiver answers (`SendNotificationResponse`).
#[derive(Deserialize)]
struct Receipt {
    version: String,
    name: String,
    #[serde(rename = "time")]
    _time: DateTime<Utc>,
}

/// Sends whatever is due until the sandbox stops.
pub(crate) async fn run(app: App, stop: CancellationToken) {
    let mut changes = app.with(|world| world.changes()).await;
    loop {
        // What changes after this wakes it up again.
        changes.borrow_and_update();
        let (due, sleep) = app.with(|world| look(world)).await;
        if due.is_empty() {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = changes.changed() => {}
                () = tokio::time::sleep(sleep) => {}
            }
            continue;
        }
        let mut sendings = JoinSet::new();
        for due in due {
            sendings.spawn(async move {
                let ending = send(&due.url, &due.body).await;
                (due, ending)
            });
        }
        let endings = tokio::select! {
            () = stop.cancelled() => return,
            endings = sendings.join_all() => endings,
        };
        if let Err(error) = app.with(move |world| note_down(world, endings)).await {
            warn!(%error, "what became of notifications cannot be written to the ledger");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LEDGER_PAUSE) => {}
            }
        }
    }
}

/// Checks a receiver with a PING; the error says what is wrong with its answer.
pub(super) async fn check(url: &str, ping: &Value) -> Result<(), String> {
    match send(url, ping).await {
        Ending::Delivered => Ok(()),
        Ending::Malformed => Err("400".to_owned()),
        Ending::Failed(reason) => Err(reason),
    }
}

/// What is due, and how long to sleep when nothing is.
fn look(world: &World) -> (Vec<Due>, Duration) {
    let now = world.now();
    let (mut due, mut next) = (Vec::new(), None::<DateTime<Utc>>);
    for (seller, cabinet) in &world.yandex.cabinets {
        let Some(receiver) = &cabinet.notices.receiver else { continue };
        for (notice, due_at, sending) in cabinet.notices.waiting() {
            if due_at > now {
                next = Some(next.map_or(due_at, |next| next.min(due_at)));
            } else if due.len() < AT_ONCE {
                let (seller, url) = (seller.clone(), receiver.url.clone());
                due.push(Due { seller, notice, url, body: sending.body.clone() });
            }
        }
    }
    let sleep = next.map_or(SLEEP_MAX, |next| (next - now).to_std().unwrap_or_default());
    (due, sleep.min(SLEEP_MAX))
}

fn note_down(world: &mut World, endings: Vec<(Due, Ending)>) -> std::io::Result<()> {
    let at = world.now();
    let tried = endings.into_iter().filter_map(|(due, ending)| {
        let notices = &world.yandex.cabinets.get(&due.seller)?.notices;
        let sending = notices.sendings.get(&due.notice)?;
        let (got, again_at, is_last) = match ending {
            Ending::Delivered => ("200".to_owned(), None, false),
            Ending::Malformed => ("400".to_owned(), None, false),
            Ending::Failed(reason) => {
                let again_at = sending.again_at(at);
                (reason, again_at, again_at.is_none())
            }
        };
        debug!(sandbox.notice = due.notice, sandbox.outcome = got, "sent a notification");
        let attempt = Try { at, got, again_at, is_last };
        Some(Entry::NoticeTried { seller: due.seller, notice: due.notice, attempt }.into())
    });
    let tried = tried.collect();
    world.record(tried)
}

async fn send(url: &str, body: &Value) -> Ending {
    let is_ping = body.get("notificationType").is_some_and(|kind| kind == "PING");
    let within = if is_ping { PING_WITHIN } else { ANSWER_WITHIN };
    let address = format!("{}/notification", url.trim_end_matches('/'));
    match post_json(&address, body, within).await {
        Err(error) => Ending::Failed(error.to_string()),
        Ok((StatusCode::OK, answer)) => match serde_json::from_slice::<Receipt>(&answer) {
            Ok(receipt) if receipt.is_whole() => Ending::Delivered,
            Ok(_) | Err(_) => Ending::Failed("200 with a body that is not documented".to_owned()),
        },
        Ok((StatusCode::BAD_REQUEST, _)) => Ending::Malformed,
        Ok((status, _)) => Ending::Failed(status.as_u16().to_string()),
    }
}

impl Receipt {
    fn is_whole(&self) -> bool {
        let fits = |text: &str| (1..=100).contains(&text.chars().count());
        fits(&self.version) && fits(&self.name)
    }
}

/// Refuses an address that nothing can be sent to.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let uri = url.parse::<Uri>().map_err(|error| error.to_string())?;
    if uri.scheme_str() != Some("http") || uri.host().is_none() {
        return Err("the sandbox sends to http:// addresses only".to_owned());
    }
    Ok(())
}

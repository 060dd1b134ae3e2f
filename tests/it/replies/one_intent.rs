//! Fifty people at two servers send, edit, let out and take back at the same moment: one reply goes out, as it was approved,
//! and everybody else is told which one came before.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::AssertSqlSafe;
use tests::api::{Answer, Seller};
use tests::program::Program;
use tests::shops::{CALLS, Item, Shops};
use tests::system::Setup;
use tests::wait;
use uuid::Uuid;

use crate::drill::{figure, size};

/// Of each call, in a run of the tests and in a drill: three hundred interactions in all.
const OF_EACH_CALL: (usize, usize) = (2, 38);

const AT_ONCE: usize = 50;

/// What is done at the same moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Race {
    /// Each sends words of its own.
    Sends,
    /// A fifth of them repeat one request, as a client does that hears nothing.
    Repetitions,
    /// Half of them edit what the others send.
    Edits,
    /// A reply is held: some let it out, some take it back, and some send another.
    Held,
}

/// What one of them asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Send,
    Edit,
    Release,
    Cancel,
}

/// A request and what became of it.
struct Asked {
    wish: Wish,
    text: String,
    answer: Answer,
}

/// The seller at two servers.
struct Office {
    shops: Shops,
    _second: Program,
    desks: [Seller; 2],
}

/// What the races came to.
#[derive(Debug, Default)]
struct Races {
    requests: usize,
    refused: usize,
    /// Refusals that do not name the reply that came before.
    unnamed: Vec<String>,
    /// What should not have been.
    faults: Vec<String>,
}

impl Office {
    async fn open(of_each_call: usize) -> anyhow::Result<(Self, Vec<Item>)> {
        let (shops, items) = Shops::open(Setup::apart(2), 1, of_each_call).await?;
        let (second, url) = shops.system.start_another_server().await?;
        let first = shops.shops[0].seller.clone();
        let desks = [first.clone(), first.at(&url)];
        Ok((Self { shops, _second: second, desks }, items))
    }

    /// Lets everybody act at once on one interaction.
    async fn race(&self, item: &Item, race: Race) -> anyhow::Result<Vec<Asked>> {
        let before = self.desks[0].interaction(&item.interaction).await?;
        let basis = before["basis"].as_u64().context("a basis")?;
        let path = format!("/interactions/{}/reply", item.interaction);
        let words = |n: usize| format!("Здравствуйте! Спасибо, что написали. Ответил номер {n}.");
        let mut asked = Vec::new();
        let mut held = String::new();
        if race == Race::Held {
            let body = json!({ "text": words(0), "basis": basis, "hold_seconds": 30 });
            let answer = self.desks[0].send(Method::POST, &path, body).await?;
            let reply = &answer.json()?["reply"]["reply_id"];
            reply.as_str().context("an id")?.clone_into(&mut held);
        }
        let shared = Uuid::new_v4().to_string();
        let requests = (0..AT_ONCE).map(async |n| {
            let own = Uuid::new_v4().to_string();
            let is_repetition = race == Race::Repetitions && n % 5 == 0;
            let key = if is_repetition { &shared } else { &own };
            let text = if is_repetition { words(0) } else { words(n + 1) };
            let wish = match race {
                Race::Edits if n % 2 == 1 => Wish::Edit,
                Race::Held if n % 5 == 0 => Wish::Release,
                Race::Held if n % 5 == 1 => Wish::Cancel,
                Race::Sends | Race::Repetitions | Race::Edits | Race::Held => Wish::Send,
            };
            let one = |what| format!("/interactions/{}/replies/{held}/{what}", item.interaction);
            let (method, path, body) = match wish {
                // Whoever sends has seen what there was, and nothing that came since.
                Wish::Send => (Method::POST, path.clone(), json!({ "text": text, "basis": basis })),
                Wish::Edit => (Method::PATCH, path.clone(), json!({ "text": text })),
                Wish::Release => (Method::POST, one("release"), json!({})),
                Wish::Cancel => (Method::POST, one("cancel"), json!({})),
            };
            let headers = [("idempotency-key", key.as_str())];
            let answer = wait::until("there is room for it", async || {
                let desk = &self.desks[n % 2];
                let answer = desk.call(method.clone(), &path, Some(&body), &headers).await?;
                // Fifty at once may be more than the server has connections for, and that is what it says then.
                Ok((answer.status != 503).then_some(answer))
            })
            .await?;
            let text = if held.is_empty() { text } else { words(0) };
            anyhow::Ok(Asked { wish, text, answer })
        });
        asked.extend(try_join_all(requests).await?);
        Ok(asked)
    }

    /// Waits until nothing is on its way, and holds what everybody was told against the ledger.
    async fn judge(&self, item: &Item, asked: &[Asked], races: &mut Races) -> anyhow::Result<()> {
        wait::until_within(2 * wait::PATIENCE, "nothing is on its way", async || {
            let reply = self.desks[0].interaction(&item.interaction).await?["reply"].take();
            let state = reply["state"].as_str().unwrap_or_default();
            ensure!(["published", "cancelled"].contains(&state), "it is {state}");
            Ok(Some(()))
        })
        .await?;
        let won = |wish: Wish| {
            let of_wish = asked.iter().filter(move |it| it.wish == wish);
            of_wish.filter(|it| it.answer.status.is_success())
        };
        let mut expected: Vec<&str> = won(Wish::Edit).map(|it| it.text.as_str()).collect();
        // A repetition that is answered as the first was is the same reply.
        let sent: BTreeSet<&str> = [Wish::Send, Wish::Release]
            .into_iter()
            .flat_map(won)
            .map(|it| it.text.as_str())
            .collect();
        expected.extend(&sent);
        expected.sort_unstable();
        let taken_back = won(Wish::Cancel).count() > 0;
        let words = self.shops.system.sandbox.words().await?;
        let target = item.target();
        let applied = words.iter().filter(|line| line.applied && line.target == target);
        let mut applied: Vec<&str> = applied.map(|line| line.text.as_str()).collect();
        applied.sort_unstable();
        if applied != expected || sent.len() != usize::from(!taken_back) {
            let said = format!("{target}: {expected:?} were approved, {applied:?} arrived");
            races.faults.push(format!("{said}, taken back: {taken_back}"));
        }
        let mut winners = BTreeMap::new();
        for it in asked.iter().filter(|it| it.answer.status.is_success()) {
            winners.insert(it.answer.json()?["reply"]["reply_id"].to_string(), it.wish);
        }
        for it in asked.iter().filter(|it| !it.answer.status.is_success()) {
            races.refused += 1;
            let problem = it.answer.json()?;
            let (code, status) = (&problem["code"], it.answer.status.as_u16());
            if status != 409 {
                races
                    .faults
                    .push(format!("{:?} was answered {status}: {}", it.wish, it.answer.text));
            }
            let stands = problem["stands"]["reply_id"].to_string();
            // Where the same request is under way, the answer is the first one's, which is not there yet; and of an edit
            // that is not offered, or after what was taken back, there is nothing to name.
            let nothing = ["idempotency_key_in_flight", "edit_not_offered", "nothing_to_edit"];
            let is_told = taken_back || nothing.iter().any(|it| problem["code"] == **it);
            if !is_told && wish_names(it.wish) && !winners.contains_key(&stands) {
                races.unnamed.push(format!("{:?} {code}: {}", it.wish, problem["stands"]));
            }
        }
        races.requests += asked.len();
        Ok(())
    }
}

/// Whether a refusal of it names the reply that came before: who lets out or takes back has named one already.
fn wish_names(wish: Wish) -> bool {
    matches!(wish, Wish::Send | Wish::Edit)
}

#[tokio::test]
async fn of_fifty_who_act_at_once_one_reply_goes_out() -> anyhow::Result<()> {
    let (office, items) = Office::open(size(OF_EACH_CALL.0, OF_EACH_CALL.1)).await?;
    let mut races = Races::default();
    for (n, item) in items.iter().enumerate() {
        // Shifted from round to round, so that each call is in each race.
        let ways = [Race::Sends, Race::Repetitions, Race::Edits, Race::Held];
        let way = ways[(n + n / CALLS.len()) % ways.len()];
        let asked = office.race(item, way).await?;
        office.judge(item, &asked, &mut races).await.with_context(|| format!("{way:?}"))?;
    }
    figure("intent_interactions", items.len(), "interactions", "");
    figure("intent_requests", races.requests, "requests", "");
    figure("intent_refused", races.refused, "requests", "> 0");
    figure("intent_faults", races.faults.len(), "interactions", "= 0");
    figure("intent_unnamed", races.unnamed.len(), "requests", "= 0");
    ensure!(races.refused > races.requests / 2, "few raced: void");
    assert!(races.faults.is_empty(), "{:#?}", races.faults);
    assert!(races.unnamed.is_empty(), "{:#?}", races.unnamed);
    Ok(())
}

/// A log that appends to whatever is there, so that nothing makes one intent of two.
#[tokio::test]
async fn a_log_that_checks_no_version_is_noticed() -> anyhow::Result<()> {
    let (office, items) = Office::open(4).await?;
    let mut db = office.shops.system.database().connect().await?;
    let definition: String = sqlx::query_scalar(
        "select pg_get_functiondef(oid) from pg_proc where proname = 'append_batch'",
    )
    .fetch_one(&mut db)
    .await?;
    // Below 0 is any.
    let place = "    -- At a higher isolation";
    let any = "    a_expected := array_fill(-1, array[cardinality(a_expected)]);\n";
    let sabotaged = definition.replacen(place, &format!("{any}{place}"), 1);
    assert_ne!(sabotaged, definition, "versions are checked in another way now");
    sqlx::raw_sql(AssertSqlSafe(sabotaged)).execute(&mut db).await?;
    let mut races = Races::default();
    for item in items.iter().filter(|item| item.call.channel == "chat") {
        let asked = office.race(item, Race::Sends).await?;
        office.judge(item, &asked, &mut races).await?;
        if !races.faults.is_empty() {
            return Ok(());
        }
    }
    anyhow::bail!("the check would catch nothing: {races:?}")
}

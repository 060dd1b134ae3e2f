//! Past drafts held against another model: the same inputs to the last byte, each paid for at most once whoever dies,
//! within the budget from all sides, and without a trace in history.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use commands::erase::Basis;
use domain::interaction::{ErasureGround, ReplyState};
use domain::knowledge::{Document, Item, Knowledge, KnowledgeCommand, Topic};
use domain::{KnowledgeId, ReplyId};
use projections::comparisons::{self, Comparison, Figures, Outcome, PassedOver, Question, State};
use uuid::Uuid;

use super::*;
use crate::whole_way::{addresses, reply_id};

/// More than anything here costs.
const PLENTY: u64 = 10_000_000;

impl World {
    /// A seller of whom so many reviews have a draft that a model wrote, made with a document to read.
    async fn with_drafts(pool: &PgPool, count: usize) -> (Self, Vec<InboxRow>) {
        let quiet = Drafting { ahead: false, ..unhurried() };
        let world = Self::drafting(pool, json!({}), quiet).await;
        let mut rows = world.with_words().await;
        rows.truncate(count);
        world.read_no_more().await;
        world.learns("Плед, отзыв, товар: спасибо, качество хорошее, размер большой.", 0).await;
        world
            .until("the document", async || {
                let known = "select count(*) from knowledge where live";
                (world.number(known).await == 1).then_some(())
            })
            .await;
        world.ask_for(&rows).await;
        let made = world.until_drafted(&rows).await;
        assert!(made.iter().all(Option::is_none), "void: {made:?}");
        // What was read then is not what is known now.
        world.learns("Ничего больше.", 1).await;
        (world, rows)
    }

    async fn learns(&self, text: &str, replaces: u32) {
        let (title, text) = ("Товар".to_owned(), text.to_owned());
        let item = Item::Document(Document { topic: Topic::Faq, title, text, tags: vec![] });
        let command = KnowledgeCommand::Revise { replaces: Some(replaces), item: Box::new(item) };
        let context = Context::new(TENANT, Actor::System("test"));
        let id = KnowledgeId(Uuid::from_u128(1));
        self.commands.execute::<Knowledge>(&context, id, command).await.unwrap();
    }

    /// Has so many answered with `text` of their drafts, and the drafts judged.
    async fn answered(&self, rows: &[InboxRow], text: impl Fn(usize, &str) -> String) {
        for (n, row) in rows.iter().enumerate() {
            let (_, conversation) = self.draft_of(row).await;
            let draft = conversation.draft.unwrap().text.known().unwrap().clone();
            let reply: ReplyId = reply_id(n as u128 + 1);
            self.reply(row, reply, &text(n, &draft)).await;
            self.until_state(row, reply, ReplyState::Published).await;
        }
        let judged =
            "select count(*) from lineage where outcome in ('accepted', 'edited', 'manual')";
        let count = i64::try_from(rows.len()).unwrap();
        self.until("lineage", async || (self.number(judged).await == count).then_some(())).await;
    }

    async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(self.db.pool()).await.unwrap()
    }

    async fn behaves(&self, behaviour: Value) {
        let url = format!("{}/control/model", self.sandbox.url());
        let put = reqwest::Client::new().put(url).json(&behaviour).send().await.unwrap();
        put.error_for_status().unwrap();
    }

    async fn compares(&self, number: u128, budget_micro_usd: u64, drafts_max: u32) -> Uuid {
        let (id, now) = (Uuid::from_u128(number), Utc::now());
        let (since, until) = (now - TimeDelta::days(1), now + TimeDelta::days(1));
        let model = "sandbox".to_owned();
        let question = Question { since, until, model, budget_micro_usd, drafts_max };
        comparisons::want(&self.db, TENANT, id, "system:test", &question).await.unwrap();
        id
    }

    async fn until_compared(&self, id: Uuid) -> Comparison {
        self.until("the comparison", async || {
            let made = comparisons::list(&self.db, TENANT, Some(id), 1).await.unwrap().pop();
            made.filter(|made| made.ended_at.is_some())
        })
        .await
    }

    async fn found(&self, id: Uuid) -> comparisons::Sides {
        comparisons::sides(&comparisons::drafts(&self.db, TENANT, id).await.unwrap())
    }

    async fn outcomes(&self, id: Uuid) -> Vec<Option<Outcome>> {
        let drafts = comparisons::drafts(&self.db, TENANT, id).await.unwrap();
        drafts.iter().map(|draft| draft.outcome).collect()
    }

    /// How often the model was asked each prompt.
    async fn prompts(&self) -> BTreeMap<String, usize> {
        let url = format!("{}/ledger?kind=asked", self.sandbox.url());
        let ledger = reqwest::get(url).await.unwrap().text().await.unwrap();
        let mut prompts = BTreeMap::new();
        for line in ledger.lines() {
            let entry: Value = serde_json::from_str(line).unwrap();
            *prompts.entry(entry["prompt"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        prompts
    }

    /// All that a comparison must leave as it is: the log but for readings, lineage, the seller's day and its calls.
    async fn history(&self) -> Vec<String> {
        let mut history = Vec::new();
        for query in [
            "select coalesce(string_agg(l::text, '|' order by draft_id), '') from lineage l",
            "select coalesce(string_agg(s::text, '|'), '') from model_spending s",
            "select count(*)::text from model_call",
            "select count(*)::text from es.event where event_type in ('DraftProposed', 'ReplyRequested')",
        ] {
            history.push(sqlx::query_scalar(query).fetch_one(self.db.pool()).await.unwrap());
        }
        history
    }
}

#[cfg(not(feature = "sabotage-compares-again"))]
#[sqlx::test(migrations = "../migrations")]
async fn the_same_inputs_are_asked_again_and_counted_beside_what_was(pool: PgPool) {
    let (world, rows) = World::with_drafts(&pool, 5).await;
    let more = " Ждём вас снова!";
    let other = "Нет.";
    world
        .answered(&rows[..4], |n, draft| match n {
            0 | 3 => draft.to_owned(),
            1 => format!("{draft}{more}"),
            _ => other.to_owned(),
        })
        .await;
    let basis = Basis { ground: ErasureGround::PersonsRequest, reference: None };
    let erased = InteractionId(rows[3].interaction_id);
    let context = Context::new(TENANT, Actor::System("test"));
    world.erasures().erase(&context, erased, &basis).await.unwrap();
    let forgotten = "select count(*) from lineage where erased";
    world.until("the erasure", async || (world.number(forgotten).await > 0).then_some(())).await;

    let (before, asked) = (world.history().await, world.prompts().await);
    assert!(asked.len() == 5 && asked.values().all(|times| *times == 1), "{asked:?}");
    let id = world.compares(1, PLENTY, 10).await;
    let made = world.until_compared(id).await;
    assert_eq!((made.state, made.drafts, made.looked_at), (State::Done, 3, 3));
    let passed_over = PassedOver { not_answered: 1, erased: 1, beyond: 0 };
    assert_eq!(made.passed_over, Some(passed_over));
    let again = world.prompts().await;
    assert_eq!(again.len(), 5, "what the first model was told, to the last byte");
    assert_eq!(again.values().filter(|times| **times == 2).count(), 3);

    // The draft goes out with something added: as many characters as that, of all that went out.
    let (_, conversation) = world.draft_of(&rows[1]).await;
    let draft = conversation.draft.unwrap().text.known().unwrap().chars().count();
    let added = (more.chars().count() * 1_000).div_ceil(draft + more.chars().count());
    let added = u16::try_from(added).unwrap();
    assert!((1..=250).contains(&added), "void: {added}");
    let found = world.found(id).await;
    let counted = |figures: &Figures| {
        let Figures { accepted, slight, edited, manual, .. } = figures;
        [figures.drafts, *accepted, *slight, *edited, *manual]
    };
    assert_eq!(counted(&found.before), [3, 1, 1, 0, 1]);
    assert_eq!(counted(&found.again), [3, 1, 1, 0, 1], "the same words from the same inputs");
    assert_eq!(found.before.changed_mean, found.again.changed_mean);
    let shares: BTreeSet<_> = comparisons::drafts(&world.db, TENANT, id)
        .await
        .unwrap()
        .into_iter()
        .map(|draft| (draft.changed_before, draft.changed))
        .collect();
    assert!(shares.contains(&(0, Some(0))) && shares.contains(&(added, Some(added))), "{shares:?}");
    let cost = "select sum(cost_micro_usd)::bigint from comparison_call";
    let cost = u64::try_from(world.number(cost).await).unwrap();
    assert_eq!((made.spent_micro_usd, found.again.cost_micro_usd), (cost, cost));
    assert_eq!((found.before.priced, found.again.priced), (3, 3));

    world.behaves(json!({"always": "refuses"})).await;
    let id = world.compares(2, PLENTY, 2).await;
    let made = world.until_compared(id).await;
    assert_eq!((made.state, made.passed_over.unwrap().beyond), (State::Done, 1));
    let found = world.found(id).await;
    assert_eq!((found.again.declined, found.again.changed_mean), (2, None));
    assert_eq!(world.history().await, before, "a comparison is no history");
    world.end().await;
}

#[cfg(not(feature = "sabotage-compares-again"))]
#[sqlx::test(migrations = "../migrations")]
async fn the_budget_holds_and_a_stop_is_the_end(pool: PgPool) {
    let (world, rows) = World::with_drafts(&pool, 8).await;
    world.answered(&rows, |_, draft| draft.to_owned()).await;
    let first = world.compares(1, PLENTY, 1).await;
    let cost = world.until_compared(first).await.spent_micro_usd;
    let most = "select max(reserved_micro_usd) from comparison_call";
    let most = u64::try_from(world.number(most).await).unwrap();

    // Others work beside this process.
    let stop = tokio_util::sync::CancellationToken::new();
    let others = [0; 2].map(|_| {
        let (model, addresses) = (Some(model(&world.sandbox)), addresses(&world.sandbox));
        let (db, log) = (&world.db, &world.log);
        crate::whole_way::work(db, log, world.credentials(), addresses, model, None, &stop)
    });
    let asked = world.asked().await;
    // Enough for a few calls after each other, and for one that is under way.
    let budget = most + 2 * cost;
    let id = world.compares(2, budget, 8).await;
    let made = world.until_compared(id).await;
    assert_eq!(made.state, State::OutOfBudget);
    assert!(made.spent_micro_usd <= budget, "{made:?}");
    let (reckoned, calls) = (made.looked_at as usize, world.asked().await - asked);
    assert!(reckoned > 0 && reckoned < 8 && calls == reckoned, "{reckoned} of {calls}");
    let none = world.compares(3, 1, 8).await;
    let made = world.until_compared(none).await;
    assert_eq!((made.state, made.spent_micro_usd, made.looked_at), (State::OutOfBudget, 0, 0));
    stop.cancel();
    for other in others {
        other.await.unwrap();
    }

    world.behaves(json!({"latency_ms": [700, 900]})).await;
    let asked = world.asked().await;
    let id = world.compares(4, PLENTY, 8).await;
    world.until("calls", async || (world.asked().await > asked).then_some(())).await;
    comparisons::stop(&world.db, TENANT, id).await.unwrap();
    // The next one shows that nobody is at the stopped one any more.
    let next = world.compares(5, PLENTY, 1).await;
    assert_eq!(world.until_compared(next).await.state, State::Done);
    let made = world.until_compared(id).await;
    assert_eq!(made.state, State::Stopped);
    let calls = "select count(*) from comparison_call
        where comparison_id = '00000000-0000-0000-0000-000000000004'";
    let calls = usize::try_from(world.number(calls).await).unwrap();
    assert!((1..=3).contains(&calls), "{calls} were under way");
    assert_eq!(world.asked().await, asked + calls + 1, "and no other was made");
    world.end().await;
}

/// Has past drafts written once more by a process that is killed amid calls, and by another one. Returns how many were
/// asked for twice, with what became of each.
async fn asked_again(pool: &PgPool) -> (usize, Vec<Option<Outcome>>) {
    let (world, rows) = World::with_drafts(pool, 6).await;
    world.answered(&rows, |_, draft| draft.to_owned()).await;
    world.behaves(json!({"latency_ms": [1500, 2000]})).await;
    let asked = world.asked().await;
    let id = world.compares(1, PLENTY, 10).await;
    world.until("calls under way", async || (world.asked().await >= asked + 2).then_some(())).await;
    let world = world
        .killed(async |world| {
            // Another died after it noted a call and before it made it.
            let noted = "insert into comparison_call (tenant_id, comparison_id, draft_id, attempt, provider, model,
                    prompt_version, price_version, reserved_micro_usd)
                select tenant_id, comparison_id, draft_id, 1, 'other', 'sandbox', 1, '1', 1000
                    from comparison_draft d
                    where not exists (select from comparison_call c where c.draft_id = d.draft_id) limit 1";
            sqlx::query(noted).execute(world.db.pool()).await.unwrap();
            // Nobody waits for it to be seen that whoever was at it is gone.
            let gone = "update comparison set next_at = now()";
            sqlx::query(gone).execute(world.db.pool()).await.unwrap();
            world.behaves(json!({})).await;
        })
        .await;
    assert_eq!(world.until_compared(id).await.state, State::Done);
    let twice = world.prompts().await.values().filter(|times| **times > 2).count();
    let outcomes = world.outcomes(id).await;
    world.end().await;
    (twice, outcomes)
}

#[cfg(not(feature = "sabotage-compares-again"))]
#[sqlx::test(migrations = "../migrations")]
async fn whoever_is_killed_has_no_draft_paid_twice(pool: PgPool) {
    let (twice, outcomes) = asked_again(&pool).await;
    let interrupted = outcomes.iter().filter(|it| **it == Some(Outcome::Interrupted)).count();
    let written = outcomes.iter().filter(|it| **it == Some(Outcome::Written)).count();
    assert_eq!(twice, 0, "{outcomes:?}");
    assert!(interrupted >= 3 && interrupted + written == 6, "{outcomes:?}");
}

#[cfg(feature = "sabotage-compares-again")]
#[sqlx::test(migrations = "../migrations")]
async fn a_process_that_asks_for_what_was_paid_is_noticed(pool: PgPool) {
    let (twice, outcomes) = asked_again(&pool).await;
    assert!(twice >= 2, "only {twice} were asked for again: {outcomes:?}");
}

//! Accepted is not published: every reply that the marketplace took and never showed is found by reading, many with one
//! call, and nothing is said to be published that buyers do not see.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::api::{Answer, Seller};
use tests::play::{Play, Review};
use tests::system::Setup;
use tests::wait;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::drill::{figure, size};

/// Replies in a run of the tests, and in a drill.
const REPLIES: (usize, usize) = (60, 2_000);

/// How long after acceptance a reply is read for: long enough that many replies go out meanwhile.
const CONFIRM_AFTER: Duration = Duration::from_secs(15);

/// Replies that are asked for at a time: more than go out while one is waited for, fewer than a server turns away.
const AT_ONCE: usize = 80;

/// Asks for a reply, again under its key where the server is too busy to say whether it took it.
async fn ask(seller: &Seller, id: &str, text: &str) -> anyhow::Result<Answer> {
    let (path, key) = (format!("/interactions/{id}/reply"), Uuid::new_v4().to_string());
    let (body, headers) = (json!({ "text": text }), [("idempotency-key", key.as_str())]);
    let deadline = Instant::now() + wait::PATIENCE;
    loop {
        let answer = seller.call(Method::POST, &path, Some(&body), &headers).await?;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return Ok(answer);
        }
        ensure!(Instant::now() < deadline, "the server is too busy for a reply: {}", answer.text);
        sleep(Duration::from_millis(200)).await;
    }
}

/// Replies of a run.
struct Run {
    play: Play,
    replies: Vec<Review>,
    asking: JoinSet<anyhow::Result<Answer>>,
}

impl Run {
    /// Starts a system that reads for replies so long after they were accepted.
    async fn start(replies: usize, confirm_after: Duration) -> anyhow::Result<Self> {
        let setup = Setup::together()
            .with_argument(&format!("--confirm-after-seconds={}", confirm_after.as_secs()));
        // Some of the sandbox's reviews are answered from the beginning.
        let play = Play::start(setup, replies + replies / 4 + 10).await?;
        // The shortest window that can be set.
        let settings = json!({ "reply_pending_window_minutes": 1 });
        play.seller.send(Method::PUT, "/seller/settings", settings).await?.ok()?;
        let mut run = Self { play, replies: Vec::new(), asking: JoinSet::new() };
        for _ in 0..replies {
            let review = run.play.take()?;
            run.replies.push(review);
        }
        Ok(run)
    }

    fn ask_for_all(&mut self) {
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        for (n, review) in self.replies.iter().enumerate() {
            let text = format!("Спасибо за отзыв! Ответ номер {n}.");
            self.play.will_reply(review, &text);
            let (seller, id) = (self.play.seller.clone(), review.id.clone());
            let at_once = at_once.clone();
            self.asking.spawn(async move {
                let _turn = at_once.acquire().await?;
                ask(&seller, &id, &text).await
            });
        }
    }

    /// Returns how the replies stand, by the review's id there.
    async fn states(&self) -> anyhow::Result<Vec<(Review, String)>> {
        let listed = self.play.seller.list("order=newest").await?;
        let state = |review: &Review| {
            let item = listed.iter().find(|item| item["interaction_id"] == review.id)?;
            Some((review.clone(), item["reply_state"].as_str().unwrap_or("none").to_owned()))
        };
        Ok(self.replies.iter().filter_map(state).collect())
    }

    /// Waits until no reply is on its way, in moderation or unseen.
    async fn settled(&self) -> anyhow::Result<Vec<(Review, String)>> {
        let patience = 5 * wait::PATIENCE + Duration::from_secs(self.replies.len() as u64);
        wait::until_within(patience, "every reply has ended", async || {
            let states = self.states().await?;
            let open = |(_, state): &&(Review, String)| {
                !["published", "rejected", "failed"].contains(&state.as_str())
            };
            let left = states.iter().filter(open).count();
            ensure!(left == 0, "{left} have not");
            Ok(Some(states))
        })
        .await
    }

    /// Returns the replies that are said to be published although no buyer sees them.
    async fn claimed_falsely(&self) -> anyhow::Result<BTreeSet<String>> {
        let mut claimed = BTreeSet::new();
        for (review, state) in self.states().await? {
            if state == "published" {
                let seen = self.play.system.sandbox.review(&review.external_id).await?;
                if seen["buyer_sees"].is_null() {
                    claimed.insert(review.external_id);
                }
            }
        }
        Ok(claimed)
    }

    /// Returns calls to the marketplace so far.
    async fn calls(&self) -> anyhow::Result<u64> {
        let state = self.play.system.sandbox.state().await?;
        let calls = state["answers"].as_object().into_iter().flat_map(|calls| calls.values());
        let outcomes = calls.filter_map(Value::as_object).flat_map(|outcomes| outcomes.values());
        Ok(outcomes.filter_map(Value::as_u64).sum())
    }
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn per_reply(calls: u64, replies: usize) -> f64 {
    calls as f64 / replies as f64
}

#[tokio::test]
async fn what_was_accepted_and_never_shown_is_found() -> anyhow::Result<()> {
    let replies = size(REPLIES.0, REPLIES.1);
    let mut run = Run::start(replies, CONFIRM_AFTER).await?;
    // One in a hundred is forgotten, three are refused later; and one goes to a review that is gone.
    let every = |first: usize, share: usize| (first..=replies).step_by(share).collect::<Vec<_>>();
    let (forgotten, refused) = (every(5, 100), every(9, 33));
    let faults = json!({
        "no_effect": { "nth": forgotten.clone() },
        "rejected": { "nth": refused.clone(), "ms": 500 },
    });
    run.play.system.sandbox.set_faults(faults).await?;
    let gone = run.replies[replies / 2].external_id.clone();
    let path = format!("/control/wildberries/{}/reviews/{gone}", tests::sandbox::SELLER);
    run.play.system.sandbox.control(Method::DELETE, &path, None).await?;
    let before = run.calls().await?;
    run.ask_for_all();
    let states = run.settled().await?;

    let of = |wanted: &str| states.iter().filter(|(_, state)| state == wanted).count();
    let (published, rejected, failed) = (of("published"), of("rejected"), of("failed"));
    figure("accepted_replies", replies, "replies", "");
    figure("accepted_published", published, "replies", "");
    for fault in ["no_effect", "rejected"] {
        ensure!(run.play.system.sandbox.fired(fault).await? > 0, "{fault} did not fire: void");
    }
    // Of what was forgotten and what was refused, one may have been meant for the review that is gone.
    assert!((forgotten.len()..=forgotten.len() + 1).contains(&failed), "{failed} failed");
    assert!((refused.len() - 1..=refused.len()).contains(&rejected), "{rejected} refused");
    assert_eq!(run.claimed_falsely().await?, BTreeSet::new());
    for (review, state) in states.iter().filter(|(_, state)| state != "published") {
        let reply = run.play.seller.interaction(&review.id).await?["reply"].take();
        let words = reply["failure"]["message"].as_str().unwrap_or_default();
        let is_russian = words.chars().any(|c| ('а'..='я').contains(&c));
        assert!(is_russian, "a reply that is {state} does not say why: {reply}");
    }
    while let Some(answer) = run.asking.join_next().await {
        let status = answer??.status;
        assert!(status.is_success() || status == 502, "{status}");
    }
    let calls = run.calls().await? - before;
    let share = per_reply(calls, replies);
    figure("accepted_calls_per_reply", format!("{share:.3}"), "calls", "<= 1.10");
    // Few replies share a reading where there are few.
    let most = if replies < REPLIES.1 / 4 { 1.35 } else { 1.10 };
    assert!(share <= most, "{share} calls a reply, {calls} in all");
    Ok(())
}

/// Reading for each reply by itself is what the same count must notice.
#[tokio::test]
async fn reading_for_each_reply_is_noticed() -> anyhow::Result<()> {
    let run = Run::start(8, Duration::from_secs(1)).await?;
    let before = run.calls().await?;
    for review in &run.replies {
        run.play.seller.reply(&review.id, "Спасибо за отзыв!").await?.ok()?;
        run.play.wait_for(review, "published").await?;
    }
    let share = per_reply(run.calls().await? - before, run.replies.len());
    assert!(share > 1.35, "{share}");
    Ok(())
}

/// A program that takes 204 for a publication: the same comparison with what buyers see must notice it.
#[tokio::test]
async fn trusting_an_acceptance_is_noticed() -> anyhow::Result<()> {
    let mut run = Run::start(2, CONFIRM_AFTER).await?;
    let mut db = run.play.system.database().connect().await?;
    sqlx::raw_sql(
        "create function trust() returns trigger language plpgsql as $$ begin
            if new.reply_state = 'sent' then new.reply_state := 'published'; end if;
            return new;
        end $$;
        create trigger trust before insert or update on inbox for each row execute function trust()",
    )
    .execute(&mut db)
    .await?;
    run.play.system.sandbox.set_faults(json!({ "no_effect": { "nth": [1] } })).await?;
    run.ask_for_all();
    wait::until("both are said to be published", async || {
        let states = run.states().await?;
        Ok(states.iter().all(|(_, state)| state == "published").then_some(()))
    })
    .await?;
    assert_eq!(run.claimed_falsely().await?.len(), 1);
    Ok(())
}

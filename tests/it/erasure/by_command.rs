//! `agentiq erase`, for the person on call, beside a running server.

use serde_json::Value;
use tests::play::Play;
use tests::system::{Setup, System};
use tests::wait;
use uuid::Uuid;

use super::buyer::{Buyer, found, of_each};

/// What a command says that fails.
fn refused(system: &System, arguments: &[&str]) -> String {
    let said = system.run("erase", arguments);
    format!("{:#}", said.expect_err("it must not succeed"))
}

#[tokio::test]
async fn a_person_on_call_erases_and_the_running_server_knows_at_once() -> anyhow::Result<()> {
    let play = Play::start(Setup::together().with_argument("--sync-interval-seconds=1"), 5).await?;
    let buyer = Buyer::answered(&play).await?;
    let (system, seller) = (&play.system, &play.seller);
    let (id, claim) = (buyer.review.id.as_str(), buyer.claim.as_str());
    let (of_review, of_claim) = of_each();
    // Read from the log itself, so that the server has the key in memory.
    let past = format!("/interactions/{id}/steps");
    assert_eq!(found(&seller.get(&past).await?.text), of_review);

    let named = ["--interaction", id, "--ground", "order"];
    let asked = refused(system, &named);
    assert!(asked.contains("nothing was done") && asked.contains("--yes"), "{asked}");
    let stranger = Uuid::new_v4().to_string();
    for (arguments, complaint) in [
        (vec!["--interaction", &stranger, "--ground", "order", "--yes"], "there is no interaction"),
        (vec!["--claim", id, "--ground", "order", "--yes"], "there is no claim"),
        (vec!["--interaction", claim, "--ground", "order", "--yes"], "there is no interaction"),
        (vec!["--interaction", id, "--claim", claim, "--ground", "order"], "cannot be used with"),
        (
            vec!["--interaction", id, "--tenant", &stranger, "--ground", "order", "--yes"],
            "has no interaction",
        ),
        (
            vec!["--interaction", id, "--ground", "order", "--reference", "Анна", "--yes"],
            "a reference has",
        ),
    ] {
        let said = refused(system, &arguments);
        assert!(said.contains(complaint) && !said.contains("repeating"), "{said}");
    }
    assert_eq!(found(&seller.get(&past).await?.text), of_review, "a refusal erases nobody");

    let named =
        [&named[..], &["--tenant", &seller.seller_id, "--reference", "17/2026", "--yes"]].concat();
    let said = system.output("erase", &named)?;
    assert!(said.starts_with("erased: ") && said.contains("17/2026"), "{said}");
    for question in
        [past, format!("/interactions/{id}"), format!("/interactions/{id}?as_of={}", buyer.cursor)]
    {
        wait::until("the server has forgotten", async || {
            Ok(found(&seller.get(&question).await?.text).is_empty().then_some(()))
        })
        .await?;
    }
    let again: Value =
        serde_json::from_str(&system.output("erase", &[&named[..], &["--json"]].concat())?)?;
    let act = seller.get(&format!("/interactions/{id}/erasure")).await?.ok()?;
    assert_eq!((&again["before"], &again["event_id"]), (&Value::Bool(true), &act["event_id"]));
    assert_eq!((&act["asked_by"], &again["ground"]), (&"system:on_call".into(), &"order".into()));

    // What else the buyer left is erased by itself.
    let item = format!("/claims/{claim}");
    assert_eq!(found(&seller.get(&item).await?.text), of_claim);
    let named = ["--claim", claim, "--ground", "order", "--yes", "--json"];
    let done: Value = serde_json::from_str(&system.output("erase", &named)?)?;
    assert_eq!((&done["before"], &done["claim_id"]), (&Value::Bool(false), &claim.into()));
    wait::until("the server has forgotten the claim", async || {
        Ok(found(&seller.get(&item).await?.text).is_empty().then_some(()))
    })
    .await?;
    let act = seller.get(&format!("{item}/erasure")).await?.ok()?;
    assert_eq!((&act["event_id"], &act["claim_id"]), (&done["event_id"], &claim.into()));
    Ok(())
}

#[tokio::test]
async fn an_erasure_cut_short_is_finished_by_command() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 3).await?;
    let review = play.take()?;
    play.system.server.kill()?;
    let mut database = play.system.database().connect().await?;
    sqlx::query(
        "insert into erasure (tenant_id, interaction_id, ground, actor, command_id, asked_at)
        values ($1::uuid, $2::uuid, 'order', 'user:1', gen_random_uuid(), now() - interval '2 minutes')",
    )
    .bind(Uuid::parse_str(&play.seller.seller_id)?)
    .bind(Uuid::parse_str(&review.id)?)
    .execute(&mut database)
    .await?;
    for expected in [1, 0] {
        let said: Value =
            serde_json::from_str(&play.system.output("erase", &["--finish", "--json"])?)?;
        assert_eq!(said["finished"], expected);
    }
    let done: bool = sqlx::query_scalar("select done_at is not null from erasure")
        .fetch_one(&mut database)
        .await?;
    assert!(done);
    Ok(())
}

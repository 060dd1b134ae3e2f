//! One review's whole way: in, answered, sent, seen, edited, and every step an event.

use std::collections::BTreeSet;

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use tests::feed::Feed;
use tests::ledger::Asked;
use tests::play::Play;
use tests::sandbox::TOKEN;
use tests::system::Setup;
use tests::wait;

#[tokio::test]
async fn a_review_comes_in_is_answered_seen_and_edited_once() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(30).start().await?;
    let seller = system.register().await?;
    seller.connect(TOKEN).await?;
    seller.wait_for_total(30).await?;

    // In: what the buyer wrote is what the operator reads.
    let waiting = seller.list("needs_response=true&order=oldest").await?;
    let first = waiting.first().context("some review waits")?;
    let id = first["interaction_id"].as_str().context("an id")?;
    let external_id = first["external_id"].as_str().context("an external id")?;
    let feedback = system.sandbox.review(external_id).await?["feedback"].clone();
    let interaction = seller.interaction(id).await?;
    assert_eq!(interaction["content"]["text"], feedback["text"]);
    assert_eq!(interaction["content"]["pros"], feedback["pros"]);
    assert_eq!(interaction["content"]["cons"], feedback["cons"]);
    assert_eq!(interaction["rating"], feedback["productValuation"]);
    assert_eq!(interaction["product"]["name"], feedback["productDetails"]["productName"]);
    assert_eq!((&interaction["status"], &interaction["reply"]), (&json!("waiting"), &Value::Null));
    assert_eq!(interaction["can_answer"]["allowed"], true);
    assert_eq!(interaction["can_edit"]["allowed"], false);

    // Answered: accepted by the marketplace, then seen there.
    let answered = seller.reply(id, "Спасибо за отзыв!").await?;
    assert_eq!(answered.status, 200, "{}", answered.text);
    assert!(["sent", "published"].contains(&answered.json()?["reply"]["state"].as_str().unwrap()));
    let interaction = seller.wait_for_reply(id, "published").await?;
    assert_eq!(interaction["status"], "responded");
    assert_eq!(
        system.sandbox.review(external_id).await?["buyer_sees"]["text"],
        "Спасибо за отзыв!"
    );
    seller.reply(id, "Ещё раз спасибо!").await?.problem(409, "already_answered")?;

    // Edited once, and no more.
    let edited = seller.edit(id, "Спасибо за отзыв! Ждём снова.").await?;
    assert_eq!(edited.status, 200, "{}", edited.text);
    assert_eq!(edited.json()?["reply"]["kind"], "edit");
    let interaction = seller.wait_for_reply(id, "published").await?;
    assert_eq!(interaction["reply"]["text"], "Спасибо за отзыв! Ждём снова.");
    assert_eq!(interaction["can_edit"]["code"], "edit_spent");
    seller.edit(id, "И ещё раз.").await?.problem(409, "edit_spent")?;

    // Everything is told, in order.
    let history = seller.get(&format!("/interactions/{id}/history")).await?.ok()?;
    let told: Vec<_> = history["items"]
        .as_array()
        .context("versions")?
        .iter()
        .map(|version| [&version["kind"], &version["state"], &version["text"]])
        .collect();
    assert_eq!(
        told,
        [
            [&json!("answer"), &json!("published"), &json!("Спасибо за отзыв!")],
            [&json!("edit"), &json!("published"), &json!("Спасибо за отзыв! Ждём снова.")],
        ]
    );
    let journal = seller.journal(id).await?;
    let steps =
        ["ReplyRequested", "ReplySent", "ReplyPublished", "ReplyEditRequested", "ReplyEdited"];
    let of_reply: Vec<_> = journal.iter().filter(|step| steps.contains(&step.as_str())).collect();
    assert_eq!(journal.first().map(String::as_str), Some("Ingested"));
    assert_eq!(of_reply[..5], steps, "{journal:?}");
    assert_eq!(journal.last().map(String::as_str), Some("ReplyPublished"), "{journal:?}");

    let asked = [
        Asked::answer(external_id, "Спасибо за отзыв!"),
        Asked::edit(external_id, "Спасибо за отзыв! Ждём снова."),
    ];
    let verdict = system.sandbox.judge(&asked).await?;
    assert!(verdict.is_clean(), "{verdict}");
    assert_eq!(system.sandbox.answered_with(429).await?, 0, "the published limits were kept");
    Ok(())
}

#[tokio::test]
async fn the_feed_is_gapless_and_goes_on_from_its_cursor() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(25).start().await?;
    let seller = system.register().await?;
    seller.connect(TOKEN).await?;
    seller.wait_for_total(25).await?;

    let small = Feed::take(&seller, 7).await?;
    let large = Feed::take(&seller, 1000).await?;
    let ids = |feed: &Feed| Vec::from_iter(feed.events.iter().map(|event| event["id"].clone()));
    assert_eq!(ids(&small), ids(&large)[..small.events.len()], "pages do not change the order");
    assert_eq!(large.count("Ingested"), 25);
    let distinct: BTreeSet<_> = ids(&large).iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), large.events.len(), "no event comes twice");
    for event in &large.events {
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], format!("/sellers/{}", seller.seller_id));
        assert!(event["type"].as_str().is_some_and(|name| name.starts_with("agentiq.")));
        assert!(event["time"].as_str().is_some_and(|time| time.ends_with('Z')), "{event}");
    }

    // A subscriber that was away finds just what it missed.
    let mut feed = large.clone();
    let waiting = seller.list("needs_response=true").await?;
    let id = waiting[0]["interaction_id"].as_str().context("an id")?;
    seller.reply(id, "Спасибо!").await?.ok()?;
    wait::until("the feed tells that the reply was published", async || {
        feed.take_page(&seller, 100).await?;
        Ok((feed.count("ReplyPublished") > 0).then_some(()))
    })
    .await?;
    let news = &feed.events[large.events.len()..];
    assert!(news.iter().all(|event| event["subject"] == id), "{news:?}");
    // Nobody else's events are in it, and nobody else has these.
    let other = system.register().await?;
    let theirs = Feed::take(&other, 100).await?;
    assert!(
        theirs
            .events
            .iter()
            .all(|event| event["source"] != format!("/sellers/{}", seller.seller_id))
    );
    Ok(())
}

#[tokio::test]
async fn a_repeated_key_gets_the_first_answer_and_leads_to_one_reply() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(5).start().await?;
    let seller = system.register().await?;
    seller.connect(TOKEN).await?;
    seller.wait_for_total(5).await?;
    let waiting = seller.list("needs_response=true").await?;
    let id = waiting[0]["interaction_id"].as_str().context("an id")?;
    let external_id = waiting[0]["external_id"].as_str().context("an external id")?;
    let path = format!("/interactions/{id}/reply");
    let key = [("idempotency-key", "one")];

    let body = json!({ "text": "Спасибо!" });
    let first = seller.call(Method::POST, &path, Some(&body), &key).await?;
    let again = seller.call(Method::POST, &path, Some(&body), &key).await?;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(first.status, 200, "{}", first.text);
    let other = json!({ "text": "Благодарим!" });
    let reused = seller.call(Method::POST, &path, Some(&other), &key).await?;
    reused.problem(422, "idempotency_key_reused")?;
    seller
        .call(Method::POST, &path, Some(&body), &[])
        .await?
        .problem(400, "idempotency_key_missing")?;

    seller.wait_for_reply(id, "published").await?;
    let verdict = system.sandbox.judge(&[Asked::answer(external_id, "Спасибо!")]).await?;
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[tokio::test]
async fn an_answer_given_in_the_cabinet_is_observed_and_not_given_again() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let review = play.take()?;
    play.system.sandbox.answer_in_cabinet(&review.external_id, "Ответили сами").await?;
    let sync = format!("/accounts/{}/sync", play.account_id);
    play.seller.send(Method::POST, &sync, json!({})).await?.ok()?;
    let interaction = wait::until("the answer is observed", async || {
        let interaction = play.seller.interaction(&review.id).await?;
        let seen = interaction["status"] == "responded" && interaction["reply"].is_object();
        Ok(seen.then_some(interaction))
    })
    .await?;
    assert_eq!(interaction["reply"]["kind"], "observed");
    assert_eq!(interaction["reply"]["text"], "Ответили сами");
    play.seller.reply(&review.id, "Спасибо!").await?.problem(409, "already_answered")?;
    let verdict = play.judge().await?;
    assert!(verdict.is_clean(), "{verdict}");
    Ok(())
}

#[tokio::test]
async fn what_a_buyer_changes_is_shown_as_changed() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 10).await?;
    let review = play.take()?;
    play.system
        .sandbox
        .revise_review(&review.external_id, json!({ "text": "Передумала", "rating": 2 }))
        .await?;
    let sync = format!("/accounts/{}/sync", play.account_id);
    play.seller.send(Method::POST, &sync, json!({})).await?.ok()?;
    let interaction = wait::until("the change is shown", async || {
        let interaction = play.seller.interaction(&review.id).await?;
        Ok((interaction["content"]["revisions"] == 1).then_some(interaction))
    })
    .await?;
    assert_eq!(
        (&interaction["content"]["text"], &interaction["rating"]),
        (&json!("Передумала"), &json!(2))
    );
    let journal = play.seller.journal(&review.id).await?;
    // Workers add drafts and deadlines in their own time.
    let added = ["DraftProposed", "DeadlineSet", "SlaEscalated", "SlaBreached"];
    let read: Vec<_> = journal.iter().filter(|step| !added.contains(&step.as_str())).collect();
    assert_eq!(read, ["Ingested", "ContentRevised"], "{journal:?}");
    assert_eq!(play.seller.total().await?, 10);
    Ok(())
}

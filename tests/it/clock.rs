//! A clock that was ahead and is set back: what the log holds then lies in a time to come.

use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::json;
use tests::feed::Feed;
use tests::sandbox::TOKEN;
use tests::system::Setup;

#[tokio::test]
async fn a_clock_set_back_by_an_hour_delays_and_disorders_nothing() -> anyhow::Result<()> {
    let system = Setup::together().with_reviews(3).start().await?;
    let mut database = system.database().connect().await?;
    // What the logs would know of their last events, had these been recorded while the clock was ahead.
    let ahead = "update es.log_head set last_at = now() + interval '1 hour'";
    sqlx::raw_sql(ahead).execute(&mut database).await?;
    let seller = system.register().await?;
    seller.connect(TOKEN).await?;
    seller.wait_for_total(3).await?;
    let items = seller.list("needs_response=true").await?;
    let id = items[0]["interaction_id"].as_str().unwrap_or_default();
    seller.reply(id, "Спасибо за отзыв!").await?.ok()?;
    let replied = seller.wait_for_reply(id, "published").await?;

    let feed = Feed::take(&seller, 100).await?;
    let times: Vec<DateTime<Utc>> = feed
        .events
        .iter()
        .map(|event| serde_json::from_value(event["time"].clone()))
        .collect::<Result<_, _>>()?;
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[0] > Utc::now(), "the clock was never ahead: void");
    assert_eq!((feed.count("Ingested"), feed.count("ReplyPublished")), (3, 1));
    assert_eq!(
        replied["can_edit"]["allowed"], true,
        "the time for editing is counted from the marketplace's answer"
    );
    let edit = json!({ "text": "Спасибо за ваш отзыв!" });
    seller.send(Method::PATCH, &format!("/interactions/{id}/reply"), edit).await?.ok()?;
    seller.wait_for_reply(id, "published").await?;
    let said = system.run("verify", &["--only", "numbers,commands,read_models"])?;
    assert!(said.contains("all is sound"), "{said}");
    Ok(())
}

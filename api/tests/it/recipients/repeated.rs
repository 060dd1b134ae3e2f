//! What of a message that may have arrived is done with it when things have changed before it is repeated.

use domain::policy::alert::AlertSeverity;
use domain::seller::SellerCommand;
use serde_json::json;
use sqlx::PgPool;

use super::*;

/// A program that has not said whether it took that something began, and is not asked again before its pause is over.
async fn one_that_fails(pool: PgPool) -> (World, String) {
    let world = World::start(pool).await;
    let id = world.enter("webhook", &format!("{}/hook", world.http.url)).await;
    world.http.plan((500, None, "after the work"));
    world.app.work();
    world.warn().await;
    let failing = "select count(*) from recipient where failures = 1 and owner is null";
    until("it has failed", async || world.count(failing).await == 1).await;
    (world, id)
}

async fn ended(world: &World, outcome: &str) -> bool {
    world.count(&format!("select count(*) from notice where outcome = '{outcome}'")).await == 1
}

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_looks_after_is_not_repeated(pool: PgPool) {
    let (world, _) = one_that_fails(pool).await;
    let command = SellerCommand::AcknowledgeAlert { kind: AlertKind::FailedReplies };
    let context = Context::new(world.anna.tenant, Actor::System("test"));
    world.app.commands.execute::<Seller>(&context, world.anna.tenant, command).await.unwrap();
    world.skip_pauses().await;
    until("it is overtaken", async || ended(&world, "overtaken").await).await;
    world.until_settled().await;
    assert_eq!(world.http.calls().len(), 1);
    let told = "select count(*) from recipient where told = '{\"failed_replies\": \"warning\"}'";
    assert_eq!(world.count(told).await, 1, "it may have arrived, so that its end is told");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_has_become_urgent_is_told_in_place_of_what_it_was(pool: PgPool) {
    let (world, _) = one_that_fails(pool).await;
    world.watch(Some(alarm(AlertSeverity::Critical, 9))).await;
    world.watch(None).await;
    world.skip_pauses().await;
    until("it is overtaken", async || ended(&world, "overtaken").await).await;
    world.watch(Some(alarm(AlertSeverity::Critical, 9))).await;
    until("the urgency is told", async || ended(&world, "arrived").await).await;
    let calls = world.http.calls();
    let changes: Vec<_> = calls.iter().map(|call| &call.body["alerts"][0]["change"]).collect();
    assert_eq!(changes, ["began", "more_urgent"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_can_wait_is_not_repeated_in_quiet_hours(pool: PgPool) {
    let (world, id) = one_that_fails(pool).await;
    let now = Utc::now().with_timezone(&FixedOffset::east_opt(3 * 3_600).unwrap()); // Moscow
    let around = |hours: u32| format!("{:02}:00", (now.hour() + hours) % 24);
    let quiet = json!({"from": around(23), "to": around(2)});
    let path = format!("{PATH}/{id}");
    let change = json!({"least_severity": "warning", "quiet_hours": quiet});
    expect(world.anna.write(Method::PUT, &path, &change), StatusCode::NO_CONTENT).await;
    world.skip_pauses().await;
    let waits = "select count(*) from recipient
        where owner is null and next_at between now() + interval '20 seconds' and now() + interval '31 seconds'";
    until("it waits", async || world.count(waits).await == 1).await;
    assert_eq!(world.http.calls().len(), 1);
    let change = json!({"least_severity": "warning"});
    expect(world.anna.write(Method::PUT, &path, &change), StatusCode::NO_CONTENT).await;
    world.skip_pauses().await;
    until("it is told", async || ended(&world, "arrived").await).await;
    let ids = world.http.calls().into_iter().map(|call| call.body["id"].clone());
    let ids: Vec<_> = ids.collect();
    assert_eq!((ids.len(), &ids[0]), (2, &ids[1]));
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_handed_over_often_enough_counts_as_told(pool: PgPool) {
    let (world, _) = one_that_fails(pool).await;
    sqlx::query("update notice set attempts = 10").execute(&world.pool).await.unwrap();
    world.skip_pauses().await;
    until("it is given up", async || ended(&world, "no_answer").await).await;
    world.until_settled().await;
    assert_eq!(world.http.calls().len(), 1);
    assert_eq!(world.listed().await["failing"]["code"], "busy", "that is shown as before");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_that_does_not_know_us_is_asked_again_soon(pool: PgPool) {
    let world = World::start(pool).await;
    world.enter("email", "olga@example.ru").await;
    world.mail.plan(Postman::Says("535 authentication failed"));
    world.app.work();
    world.warn().await;
    until("it is refused", async || world.listed().await["failing"] != Value::Null).await;
    let failing = world.listed().await["failing"].clone();
    assert_eq!((&failing["code"], &failing["status"]), (&json!("not_admitted"), &json!(535)));
    let soon = "select count(*) from recipient where next_at < now() + interval '61 seconds'";
    assert_eq!(world.count(soon).await, 1, "it is our password, and somebody is mending it");
    world.skip_pauses().await;
    until("it is told", async || ended(&world, "arrived").await).await;
}

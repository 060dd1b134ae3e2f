//! The log of a running system is sealed and signed as it grows; `agentiq verify` and `agentiq prove` at work on it.

use std::fs;

use serde_json::Value;
use tests::play::Play;
use tests::system::Setup;
use tests::wait;

#[tokio::test]
async fn what_was_done_is_sealed_signed_and_proved_and_a_change_is_named() -> anyhow::Result<()> {
    let setup = Setup::together().with_argument("--heads-interval-seconds=1");
    let mut play = Play::start(setup, 30).await?;
    play.reply("Спасибо за отзыв!").await?.1.ok()?;
    let said = wait::until("everything is signed", async || {
        let said = play.system.run("verify", &[])?;
        let signed = said.contains("heads: ok") && !said.contains("there are no signed heads");
        Ok((signed && said.contains(" 0 not sealed yet")).then_some(said))
    })
    .await?;
    assert!(said.contains("chain: ok") && said.contains("all is sound"), "{said}");

    let mut database = play.system.database().connect().await?;
    let sent = "select log_id, pos from es.event where event_type = 'ReplySent' limit 1";
    let (log, pos): (i32, i64) = sqlx::query_as(sent).fetch_one(&mut database).await?;
    let (log, pos) = (log.to_string(), pos.to_string());
    let proof = wait::until("the reply is covered by a signed head", async || {
        Ok(play.system.run("prove", &["--log-id", &log, "--pos", &pos]).ok())
    })
    .await?;
    let key = play.system.run("prove", &["--public-key"])?;
    let file = tempfile::NamedTempFile::new()?;
    let proof = json_in(&proof);
    fs::write(file.path(), proof)?;
    let path = file.path().to_str().expect("a path of ours");
    let check = ["--proof", path, "--public-key", key.lines().next().unwrap_or_default()];
    let said = play.system.run("verify", &check)?;
    assert!(said.starts_with("proved: event ") && said.contains("ReplySent"), "{said}");
    fs::write(file.path(), proof.replace("ReplySent", "ReplySeen"))?;
    let complaint =
        format!("{:#}", play.system.run("verify", &check).expect_err("a changed proof"));
    assert!(complaint.contains("NOT PROVED"), "{complaint}");

    sqlx::raw_sql("set session_replication_role = replica").execute(&mut database).await?;
    let change =
        format!("update es.event set actor = 'user:x' where log_id = {log} and pos = {pos}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(change)).execute(&mut database).await?;
    let checks = ["--only", "chain,heads", "--json"];
    let complaint =
        format!("{:#}", play.system.run("verify", &checks).expect_err("a changed event"));
    let report: Value = serde_json::from_str(json_in(&complaint))?;
    let fault = &report["checks"][0]["first"][0];
    assert_eq!(fault["kind"], "event_altered");
    assert_eq!((fault["log"].to_string(), fault["pos"].to_string()), (log, pos));
    assert_eq!(report["checks"][0]["faults"], 1);
    assert_eq!(report["checks"][1]["sound"], true, "the seals themselves are as they were signed");
    Ok(())
}

/// What a program says is standard output and then whatever it logged.
fn json_in(said: &str) -> &str {
    let (start, end) = (said.find('{'), said.rfind('}'));
    start.zip(end).map_or("", |(start, end)| &said[start..=end])
}

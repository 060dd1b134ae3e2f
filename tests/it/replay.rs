//! `agentiq replay` and `agentiq export` at work on a running system: the past in a schema, in a pipe, and in a file.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use anyhow::Context as _;
use serde_json::Value;
use tests::play::Play;
use tests::program;
use tests::system::{Setup, System};

fn lines(text: &str) -> anyhow::Result<Vec<Value>> {
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

#[tokio::test]
async fn the_past_is_replayed_beside_what_is_served() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 40).await?;
    let events = play.seller.get("/events?limit=1000").await?.ok()?;
    let before = events["next"].as_str().context("a cursor")?.to_owned();
    let (review, answer) = play.reply("Спасибо за отзыв!").await?;
    answer.ok()?;
    play.wait_for(&review, "published").await?;

    // Exactly what the database serves.
    let system = &play.system;
    let mut database = system.database().connect().await?;
    let served = "select to_jsonb(i) from inbox i order by tenant_id, interaction_id";
    let served: Vec<Value> = sqlx::query_scalar(served).fetch_all(&mut database).await?;
    let clear = system.output("replay", &["--projection", "inbox", "--reveal"])?;
    assert_eq!(lines(&clear)?, served);

    // As of before the reply, nobody was answered; and by a cursor alone.
    let then = system.output("replay", &["--projection", "inbox", "--to", &before])?;
    let then = lines(&then)?;
    assert_eq!(then.len(), served.len());
    assert!(then.iter().all(|row| row["reply_id"].is_null()));
    let names = served.iter().filter_map(|row| row["buyer_name"].as_str());
    let long: Vec<_> = names.filter(|name| name.chars().count() > 5).collect();
    assert!(!long.is_empty(), "the sandbox gives no names: void");
    let said = serde_json::to_string(&then)?;
    assert!(long.iter().all(|name| !said.contains(name)), "names are masked");

    // Into a schema of its own, which is not replaced unasked.
    let into = ["--projection", "inbox", "--reveal", "--into", "scratch"];
    system.run("replay", &into)?;
    let scratch = "select to_jsonb(i) from scratch.inbox i order by tenant_id, interaction_id";
    let scratch: Vec<Value> = sqlx::query_scalar(scratch).fetch_all(&mut database).await?;
    assert_eq!(scratch, served);
    let refused = format!("{:#}", system.run("replay", &into).expect_err("it is there"));
    assert!(refused.contains("--replace"), "{refused}");
    system.run("replay", &[&into[..], &["--replace"]].concat())?;
    let ours = ["--projection", "inbox", "--into", "public", "--replace"];
    let refused = format!("{:#}", system.run("replay", &ours).expect_err("it is the system's"));
    assert!(refused.contains("lives in"), "{refused}");

    // The events themselves, all of them, in order.
    let log: i32 = sqlx::query_scalar("select log_id from es.tenant_log limit 1")
        .fetch_one(&mut database)
        .await?;
    let events = system.output("replay", &["--events", "--log-id", &log.to_string()])?;
    let positions: Vec<_> =
        lines(&events)?.iter().filter_map(|event| event["pos"].as_i64()).collect();
    let stored: i64 = sqlx::query_scalar("select count(*) from es.event where log_id = $1")
        .bind(log)
        .fetch_one(&mut database)
        .await?;
    assert!(stored > 40, "the log has {stored} events: void");
    assert_eq!(positions, (1..=stored).collect::<Vec<_>>());

    the_exported_interaction_leads_to_its_state(system, &review.id)?;
    whoever_reads_may_stop_reading(system)
}

fn the_exported_interaction_leads_to_its_state(system: &System, id: &str) -> anyhow::Result<()> {
    let export = system.output("export", &["interaction", id])?;
    let file = tempfile::NamedTempFile::new()?;
    let path = file.path().to_str().context("a path of ours")?;
    fs::write(file.path(), &export)?;
    let replay = || program::run(&["replay".into(), path.into()], &[]);
    let said = replay()?;
    assert!(said.contains("reproduced: state ") && said.contains("ReplySent"), "{said}");
    assert!(!export.contains("Спасибо за отзыв!"), "{export}");

    for (change, complaint) in [
        (export.replacen("ReplySent", "ReplySeen", 1).into_bytes(), "was changed"),
        (export.as_bytes()[..export.len() * 2 / 3].to_vec(), "cut off"),
        (export.replacen("\"version\": 1", "\"version\": 2", 1).into_bytes(), "form 2"),
    ] {
        fs::write(file.path(), change)?;
        let said = format!("{:#}", replay().expect_err("a changed file"));
        assert!(said.contains(complaint), "{said}");
    }
    let nobody = uuid::Uuid::new_v4().to_string();
    let said = system.run("export", &["interaction", &nobody]).expect_err("nobody's");
    assert!(format!("{said:#}").contains("there is no interaction"), "{said:#}");
    Ok(())
}

fn whoever_reads_may_stop_reading(system: &System) -> anyhow::Result<()> {
    let (environment, arguments) = system.command("replay", &["--events"]);
    let mut child = program::command(&arguments, &environment)?
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut reader = BufReader::new(child.stdout.take().context("a pipe")?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    drop(reader);
    let ended = child.wait_with_output()?;
    let complaint = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && !complaint.contains("ipe"), "{complaint}");
    Ok(())
}

//! PostgreSQL is restarted in the middle of each command: the command goes on by itself, or ends with a message and can be
//! repeated. Nothing is half done.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::Method;
use serde_json::json;
use tests::api::Seller;
use tests::durable::DurablePostgres;
use tests::program::{self, Program};
use tests::proxy::Proxy;
use tests::wait;

use crate::drill::figure;

/// Longer than a command may try to reach its database.
const PATIENCE: Duration = Duration::from_secs(90);

/// The commands that come to an end, in an order in which each finds what it needs.
const COMMANDS: [&[&str]; 3] = [&["migrate"], &["rebuild", "inbox"], &["verify"]];

/// A database that can be restarted, and programs on it.
struct Scene<'a> {
    postgres: DurablePostgres,
    proxy: Proxy,
    folder: &'a Path,
}

impl Scene<'_> {
    fn environment(&self) -> Vec<(String, OsString)> {
        vec![("DATABASE_URL".to_owned(), self.proxy.url().into())]
    }

    fn arguments(&self, command: &[&str]) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = command.iter().map(OsString::from).collect();
        arguments.extend(["--data-dir".into(), self.folder.join("data").into()]);
        arguments
    }

    /// Runs a command whose request of this number waits while the server is restarted; tells whether it got through.
    async fn interrupt(&mut self, command: &[&str], request: usize) -> anyhow::Result<bool> {
        self.proxy.hold_request(request);
        let name = format!("{}-{request}", command[0]);
        let arguments = self.arguments(command);
        let mut program = Program::start(self.folder, &name, arguments, self.environment())?;
        let held =
            wait::until("a request is held", async || Ok(self.proxy.is_holding().then_some(())));
        held.await.with_context(|| name.clone())?;
        self.postgres.stop_immediately().await?;
        self.postgres.start_again().await?;
        self.proxy.release();
        let status = program.ended(PATIENCE).await?;
        let said = program.log()?;
        ensure!(!said.contains("panicked"), "{name} panicked: {said}");
        ensure!(status.success() || said.contains("agentiq: "), "{name} says nothing: {said}");
        Ok(status.success())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_in_the_middle_of_a_command_leaves_nothing_half_done() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let postgres = DurablePostgres::start(&[]).await?;
    let proxy = Proxy::start(&postgres.url()).await?;
    let mut scene = Scene { postgres, proxy, folder: folder.path() };
    let (mut through, mut ended) = (0, 0);
    for command in COMMANDS {
        // The first requests open connections; migrating has the most to do.
        for request in [3, 8, 13] {
            if scene.interrupt(command, request).await? { through += 1 } else { ended += 1 }
        }
        // Repeated, it does what it is for.
        let (arguments, environment) = (scene.arguments(command), scene.environment());
        program::run(&arguments, &environment).with_context(|| format!("{command:?} again"))?;
    }
    figure("commands_interrupted", through + ended, "commands", "");
    figure("commands_ended_with_a_message", ended, "commands", "");
    ensure!(ended > 0, "no restart was noticed: void");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_outlives_the_restarts_of_its_database() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let postgres = DurablePostgres::start(&[]).await?;
    let proxy = Proxy::start(&postgres.url()).await?;
    let mut scene = Scene { postgres, proxy, folder: folder.path() };
    program::run(&scene.arguments(&["migrate"]), &scene.environment())?;
    let mut serve = scene.arguments(&["serve"]);
    serve.push("--listen=127.0.0.1:0".into());
    let mut serve = Program::start(folder.path(), "serve", serve, scene.environment())?;
    let seller = Seller::register(&serve.url().await?).await?;
    for minutes in 1..4_u64 {
        scene.postgres.kill().await?;
        scene.postgres.start_again().await?;
        let settings = json!({ "reply_pending_window_minutes": minutes });
        wait::until("the server writes again", async || {
            let answer = seller.send(Method::PUT, "/seller/settings", settings.clone()).await?;
            Ok(Some(answer.ok()?))
        })
        .await?;
        wait::until("the server reads again", async || {
            Ok(Some(seller.get("/interactions").await?.ok()?))
        })
        .await?;
    }
    let settled = seller.get("/seller/settings").await?.ok()?;
    assert_eq!(
        (&settled["version"], &settled["reply_pending_window_minutes"]),
        (&json!(3), &json!(3))
    );
    Ok(())
}

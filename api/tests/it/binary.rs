//! The program itself: what it says, and how it ends.

use std::net::TcpListener;
use std::process::{Command, Output};

use sqlx::PgPool;
use uuid::Uuid;

fn agentiq(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentiq"));
    run(command.args(arguments).env_remove("DATABASE_URL").env_remove("AGENTIQ_MASTER_KEY"))
}

/// Runs it on a test's database.
fn agentiq_on(pool: &PgPool, arguments: &[&str]) -> Output {
    let url = std::env::var("DATABASE_URL").unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    let options = pool.connect_options();
    let url = format!("{server}/{}", options.get_database().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_agentiq"));
    run(command.args(arguments).env("DATABASE_URL", url).env("AGENTIQ_MASTER_KEY", MASTER_KEY))
}

const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn run(command: &mut Command) -> Output {
    let folder = tempfile::tempdir().unwrap();
    command.current_dir(folder.path()).output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_command_explains_itself() {
    for command in [
        "serve", "api", "work", "migrate", "rebuild", "verify", "prove", "replay", "export",
        "erase", "sandbox", "openapi",
    ] {
        let help = agentiq(&[command, "--help"]);
        assert!(help.status.success());
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(text.contains(&format!("agentiq {command}")), "{text}");
        assert!(text.contains("Example:"), "{text}");
    }
}

#[test]
fn the_description_needs_no_database() {
    let printed = agentiq(&["openapi"]);
    assert!(printed.status.success());
    let document: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(document["info"]["title"], "AgentIQ");
}

#[test]
fn a_setting_out_of_range_is_refused_by_its_flag() {
    let refused = agentiq(&["serve", "--lease-seconds", "0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(complaint(&refused).contains("--lease-seconds"), "{}", complaint(&refused));
}

#[test]
fn a_taken_address_is_said_before_anything_is_started() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = agentiq(&["serve", "--listen", &address]);
    assert_eq!(refused.status.code(), Some(3));
    let complaint = complaint(&refused);
    assert!(complaint.contains(&address) && complaint.contains("--listen"), "{complaint}");
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    let url = "postgres://anna:verysecret@127.0.0.1:1/agentiq";
    for command in ["serve", "migrate"] {
        let mut arguments = vec![command, "--database-url", url];
        if command == "serve" {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        let refused = agentiq(&arguments);
        assert_eq!(refused.status.code(), Some(4), "{}", complaint(&refused));
        let complaint = complaint(&refused);
        assert!(complaint.contains("127.0.0.1:1 (database agentiq)"), "{complaint}");
        assert!(!complaint.contains("verysecret"), "{complaint}");
    }
}

/// A mistyped number must not be told that all is sound, nor a mistyped id become a seller.
#[sqlx::test(migrations = "../migrations")]
async fn a_log_or_a_seller_that_is_not_there_is_said_so(pool: PgPool) {
    let nobody = Uuid::new_v4().to_string();
    for (arguments, said) in [
        (&["verify", "--log-id", "999"][..], "there is no log 999"),
        (&["verify", "--only", "numbers", "--log-id=-1"], "there is no log -1"),
        (&["rebuild", "inbox", "--tenant", &nobody], "there is no seller"),
        (&["replay", "--projection", "inbox", "--tenant", &nobody], "there is no seller"),
        (&["replay", "--events", "--log-id", "999"], "there is no log 999"),
        (&["export", "interaction", &nobody], "there is no interaction"),
    ] {
        let refused = agentiq_on(&pool, arguments);
        let complaint = complaint(&refused);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {complaint}");
        assert!(complaint.contains(said), "{arguments:?}: {complaint}");
    }
    let sellers: i64 =
        sqlx::query_scalar("select count(*) from es.tenant_log").fetch_one(&pool).await.unwrap();
    assert_eq!(sellers, 0);
    let sound = agentiq_on(&pool, &["verify", "--only", "numbers", "--log-id", "1"]);
    assert!(sound.status.success(), "{}", complaint(&sound));
}

#[test]
fn a_replay_that_contradicts_itself_is_refused_as_wrong_usage() {
    for arguments in [
        &["replay"][..],
        &["replay", "file.json", "--to", "now"],
        &["replay", "--events", "--projection", "inbox"],
        &["replay", "--projection", "effects"],
        &["replay", "--projection", "inbox", "--to", "yesterday"],
        &["replay", "--projection", "inbox", "--replace"],
        &["replay", "--projection", "inbox", "--into", "x", "--jsonl"],
        &["export", "interaction"],
        &["export", "seller", "00000000-0000-0000-0000-000000000001"],
    ] {
        let refused = agentiq(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", complaint(&refused));
    }
}

#[test]
fn an_erasure_that_names_nobody_or_no_ground_is_refused_as_wrong_usage() {
    let id = "00000000-0000-0000-0000-000000000001";
    for arguments in [
        &["erase"][..],
        &["erase", "--yes"],
        &["erase", "--interaction", id],
        &["erase", "--interaction", "Анна", "--ground", "order"],
        &["erase", "--interaction", id, "--ground", "because"],
        &["erase", "--interaction", id, "--ground", "key_found_destroyed"],
        &["erase", "--ground", "order"],
        &["erase", "--finish", "--interaction", id, "--ground", "order"],
        &["erase", "--finish", "--yes"],
    ] {
        let refused = agentiq(arguments);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {}", complaint(&refused));
    }
}

#[test]
fn a_file_that_is_not_there_or_is_no_export_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no-export.json");
    let missing = agentiq(&["replay", file.to_str().unwrap()]);
    assert_eq!(missing.status.code(), Some(1));
    assert!(complaint(&missing).contains("no-export.json"), "{}", complaint(&missing));
    for (text, said) in [
        ("{\"format\": \"agentiq-inter", "cut off"),
        ("<html>", "no export"),
        ("{\"format\": \"agentiq-interaction\", \"version\": 7}", "form 7"),
    ] {
        std::fs::write(&file, text).unwrap();
        let refused = agentiq(&["replay", file.to_str().unwrap()]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(complaint(&refused).contains(said), "{}", complaint(&refused));
    }
}

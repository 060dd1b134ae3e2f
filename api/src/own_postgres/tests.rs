//! A real server each time, as whoever runs the tests: as root that includes changing the user.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpgid, kill_process};
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;
use tokio::time::Instant;

use super::cluster::Cluster;
use super::leftover::processes_on;
use super::user::ServerUser;
use super::{OwnPostgres, OwnPostgresError, OwnPostgresOptions};

/// Long enough for a loaded machine; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

async fn start(data_dir: &Path) -> OwnPostgres {
    OwnPostgres::start(data_dir, options()).await.expect("starts")
}

fn options() -> OwnPostgresOptions {
    OwnPostgresOptions { max_connections: 20, ..OwnPostgresOptions::default() }
}

/// A data directory that every user may come to.
fn reachable_directory() -> TempDir {
    directory_with_mode(0o755)
}

/// A data directory as in root's home: the server's user cannot come to it.
fn closed_directory() -> TempDir {
    directory_with_mode(0o700)
}

fn directory_with_mode(mode: u32) -> TempDir {
    let directory = TempDir::new().expect("a directory");
    fs::set_permissions(directory.path(), Permissions::from_mode(mode)).expect("set");
    directory
}

async fn remember(postgres: &OwnPostgres, word: &str) {
    let mut connection = PgConnection::connect(postgres.url()).await.expect("connects");
    sqlx::query("create table if not exists kept (word text not null)")
        .execute(&mut connection)
        .await
        .expect("a table");
    sqlx::query("insert into kept (word) values ($1)")
        .bind(word)
        .execute(&mut connection)
        .await
        .expect("a row");
}

async fn remembered(url: &str) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query_scalar("select word from kept order by word").fetch_all(&mut connection).await
}

/// Waits until another session runs a query that starts so.
async fn await_query(postgres: &OwnPostgres, like: &str) {
    let mut connection = PgConnection::connect(postgres.url()).await.expect("connects");
    let running =
        "select exists (select from pg_stat_activity where state = 'active' and query like $1)";
    let deadline = Instant::now() + PATIENCE;
    while !sqlx::query_scalar::<_, bool>(running)
        .bind(like)
        .fetch_one(&mut connection)
        .await
        .expect("an answer")
    {
        assert!(Instant::now() < deadline, "the query does not run");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

fn data(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("postgres/data")
}

fn postmaster(directory: &TempDir) -> Pid {
    let file = fs::read_to_string(data(directory).join("postmaster.pid")).expect("a pid file");
    let first = file.lines().next().expect("a first line");
    Pid::from_raw(first.parse().expect("a number")).expect("a process")
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let directory = reachable_directory();
    let postgres = start(directory.path()).await;
    remember(&postgres, "первое").await;
    postgres.stop().await.expect("stops");
    assert!(processes_on(&data(&directory)).is_empty());

    let postgres = start(directory.path()).await;
    assert_eq!(remembered(postgres.url()).await.expect("reads"), ["первое"]);
    postgres.stop().await.expect("stops");
}

#[tokio::test]
async fn a_directory_that_the_servers_user_cannot_come_to_serves_as_well() {
    let directory = closed_directory();
    let postgres = start(directory.path()).await;
    remember(&postgres, "здесь").await;
    postgres.stop().await.expect("stops");

    let postgres = start(directory.path()).await;
    assert_eq!(remembered(postgres.url()).await.expect("reads"), ["здесь"]);
    postgres.stop().await.expect("stops");
}

#[tokio::test]
async fn a_path_too_long_for_a_socket_and_full_of_odd_characters_serves_as_well() {
    let directory = reachable_directory();
    let odd = directory.path().join("отзывы & 100% 'ok'");
    let long = odd.join("x".repeat(100));
    for data_dir in [odd, long] {
        let postgres = start(&data_dir).await;
        remember(&postgres, "тут").await;
        assert_eq!(remembered(postgres.url()).await.expect("reads"), ["тут"]);
        postgres.stop().await.expect("stops");
    }
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_is_refused_and_told_who_serves_it() {
    let directory = reachable_directory();
    let first = start(directory.path()).await;
    remember(&first, "цело").await;

    let refusal = OwnPostgres::start(directory.path(), options()).await.expect_err("is refused");
    let message = refusal.to_string();
    assert!(message.contains(&format!("(process {})", std::process::id())), "{message}");
    assert!(message.contains(first.url()), "{message}");
    assert!(message.contains(&directory.path().display().to_string()), "{message}");

    assert_eq!(remembered(first.url()).await.expect("reads"), ["цело"]);
    first.stop().await.expect("stops");
}

#[tokio::test]
async fn a_killed_server_comes_back_while_agentiq_runs() {
    let directory = reachable_directory();
    let postgres = start(directory.path()).await;
    remember(&postgres, "пережило").await;
    let killed = postmaster(&directory);
    // A session that only computes does not notice that its server is dead, and keeps the shared memory.
    let mut busy = PgConnection::connect(postgres.url()).await.expect("connects");
    let busy = tokio::spawn(async move {
        let endless = "select count(*) from (select generate_series(1, 1000000000000)) as numbers";
        sqlx::query(endless).execute(&mut busy).await.map(|_| ())
    });
    await_query(&postgres, "select count(*) from (select%").await;
    kill_process(killed, Signal::KILL).expect("killed");

    let deadline = Instant::now() + PATIENCE;
    let words = loop {
        match remembered(postgres.url()).await {
            Ok(words) if postmaster(&directory) != killed => break words,
            other => assert!(Instant::now() < deadline, "did not come back: {other:?}"),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    assert_eq!(words, ["пережило"]);
    assert!(busy.await.expect("ends").is_err());
    postgres.stop().await.expect("stops");
    assert!(processes_on(&data(&directory)).is_empty());
}

#[tokio::test]
async fn a_server_left_running_by_a_killed_agentiq_is_replaced() {
    for directory in [reachable_directory(), closed_directory()] {
        let postgres = start(directory.path()).await;
        remember(&postgres, "осталось").await;
        postgres.stop().await.expect("stops");
        let left_behind = leave_a_server_behind(&directory).await;

        let postgres = start(directory.path()).await;
        assert_ne!(postmaster(&directory), left_behind);
        assert!(!processes_on(&data(&directory)).contains(&left_behind));
        assert_eq!(remembered(postgres.url()).await.expect("reads"), ["осталось"]);
        postgres.stop().await.expect("stops");
    }
}

#[tokio::test]
async fn a_stale_pid_file_whose_number_another_process_has_by_now_is_no_obstacle() {
    let directory = reachable_directory();
    let postgres = start(directory.path()).await;
    remember(&postgres, "цело").await;
    postgres.stop().await.expect("stops");
    let left_behind = leave_a_server_behind(&directory).await;
    for process in processes_on(&data(&directory)) {
        kill_process(process, Signal::KILL).expect("killed");
    }
    let pid_file = data(&directory).join("postmaster.pid");
    let stale = fs::read_to_string(&pid_file).expect("left behind");
    let number = left_behind.as_raw_nonzero().to_string();
    // PostgreSQL only believes in processes of its own user.
    let user = ServerUser::of(&data(&directory)).expect("a user");
    let mut other = user.command(Path::new("sleep")).arg("600").spawn().expect("starts");
    fs::write(&pid_file, stale.replacen(&number, &other.id().to_string(), 1)).expect("written");

    let postgres = start(directory.path()).await;
    assert_eq!(remembered(postgres.url()).await.expect("reads"), ["цело"]);
    assert_eq!(other.try_wait().expect("a process"), None, "it was none of ours");
    postgres.stop().await.expect("stops");
    other.kill().and_then(|()| other.wait()).expect("killed");
}

#[tokio::test]
async fn a_setup_that_was_interrupted_starts_over() {
    let directory = reachable_directory();
    let unfinished = directory.path().join("postgres/data.new");
    fs::create_dir_all(&unfinished).expect("made");
    fs::write(unfinished.join("PG_VERSION"), "15\n").expect("written");

    let postgres = start(directory.path()).await;
    remember(&postgres, "готово").await;
    postgres.stop().await.expect("stops");
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn ctrl_c_at_the_terminal_does_not_reach_the_server() {
    let directory = reachable_directory();
    let postgres = start(directory.path()).await;
    let server = postmaster(&directory);
    assert_eq!(getpgid(Some(server)).expect("a group"), server);
    postgres.stop().await.expect("stops");
}

#[tokio::test]
async fn a_dropped_handle_stops_the_server_too() {
    let directory = reachable_directory();
    drop(start(directory.path()).await);
    // The lock is released when the server has ended.
    let deadline = Instant::now() + PATIENCE;
    let postgres = loop {
        match OwnPostgres::start(directory.path(), options()).await {
            Ok(postgres) => break postgres,
            Err(OwnPostgresError::InUse { .. }) => assert!(Instant::now() < deadline),
            Err(error) => panic!("{error}"),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    };
    postgres.stop().await.expect("stops");
}

#[test]
fn a_runtime_that_ends_stops_the_server_too() {
    let directory = reachable_directory();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let postgres = runtime.block_on(start(directory.path()));
    drop(runtime);
    drop(postgres);
    let deadline = std::time::Instant::now() + PATIENCE;
    while !processes_on(&data(&directory)).is_empty() {
        assert!(std::time::Instant::now() < deadline, "the server still runs");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn data_of_a_version_that_is_not_installed_are_left_alone() {
    let directory = reachable_directory();
    fs::create_dir_all(data(&directory)).expect("made");
    fs::write(data(&directory).join("PG_VERSION"), "99\n").expect("written");
    give_to_server_user(&data(&directory));

    let error = OwnPostgres::start(directory.path(), options()).await.expect_err("is refused");
    assert!(error.to_string().contains("written by PostgreSQL 99"), "{error}");
}

#[tokio::test]
async fn without_a_server_installed_the_message_says_what_to_install() {
    let directory = reachable_directory();
    let options = OwnPostgresOptions { bin_dir: Some("/nowhere".into()), ..options() };
    let error = OwnPostgres::start(directory.path(), options).await.expect_err("is refused");
    let message = error.to_string();
    assert!(message.contains("/nowhere") && message.contains("apt-get install"), "{message}");
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why() {
    let directory = reachable_directory();
    start(directory.path()).await.stop().await.expect("stops");
    fs::write(data(&directory).join("postgresql.auto.conf"), "nonsense = 1\n").expect("written");

    let error = OwnPostgres::start(directory.path(), options()).await.expect_err("fails");
    assert!(error.to_string().contains("nonsense"), "{error}");
}

#[test]
fn a_folder_in_the_sockets_place_that_others_may_enter_is_refused() {
    let directory = reachable_directory();
    let socket = directory.path().join("postgres/socket");
    fs::create_dir_all(&socket).expect("made");
    fs::set_permissions(&socket, Permissions::from_mode(0o777)).expect("opened");
    let error = Cluster::open(directory.path(), options()).expect_err("is refused");
    assert!(matches!(error, OwnPostgresError::SocketDirectory { .. }), "{error}");
}

/// Starts a server as a killed agentiq would leave it: running, with nobody who waits for it.
#[expect(clippy::zombie_processes, reason = "that is what it is for")]
async fn leave_a_server_behind(directory: &TempDir) -> Pid {
    let cluster = Cluster::open(directory.path(), options()).expect("opens");
    let mut command = cluster.server_command().expect("a command");
    let url = cluster.url();
    std::mem::forget(cluster); // killed, agentiq cleans up nothing
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("starts");
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = remembered(&url).await {
        assert!(Instant::now() < deadline, "not ready: {error}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    postmaster(directory)
}

fn give_to_server_user(data: &Path) {
    let fresh = data.with_file_name("none");
    ServerUser::of(&fresh).and_then(|user| user.give(data)).expect("given");
}

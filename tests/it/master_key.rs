//! The server is started with another master key than its data are sealed under, or with none.

use std::fs;

use tests::play::Play;
use tests::system::{ORDERLY, Setup, System};
use tests::wait;

/// 32 bytes, and not those that were made for the system.
const ANOTHER: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// The exit code of everything about the master key.
const MASTER_KEY: i32 = 6;

/// What the server says when it refuses to start.
async fn refusal(system: &mut System) -> anyhow::Result<String> {
    let said = system.start_server_again().await.expect_err("it must not start");
    let status = system.server.ended(ORDERLY).await?;
    assert_eq!(status.code(), Some(MASTER_KEY), "{said:#}");
    Ok(format!("{said:#}"))
}

#[tokio::test]
async fn only_the_right_master_key_starts_the_server() -> anyhow::Result<()> {
    let mut play = Play::start(Setup::together(), 3).await?;
    let review = play.take()?;
    // What happens to it happens before: its draft is the last of that.
    wait::until("its draft", async || {
        let draft = &play.seller.interaction(&review.id).await?["draft"];
        Ok(draft["text"].as_str().map(|_| ()))
    })
    .await?;
    let steps = format!("/interactions/{}/steps", review.id);
    let before = play.seller.get(&steps).await?.ok()?;
    let system = &mut play.system;
    system.server.stop(ORDERLY).await?;
    let file = system.data_dir().join("master.key");
    let right = fs::read_to_string(&file)?;

    fs::write(&file, ANOTHER)?;
    let said = refusal(system).await?;
    let named = ["sealed under master key ", " is another", "--master-key-file", "master.key"];
    assert!(named.iter().all(|words| said.contains(words)), "{said}");
    assert!(
        !said.contains(ANOTHER.trim_end_matches('=')) && !said.contains(right.trim()),
        "{said}"
    );

    fs::write(&file, "не ключ")?;
    let said = refusal(system).await?;
    assert!(said.contains("is not 32 bytes of base64"), "{said}");

    fs::remove_file(&file)?;
    let said = refusal(system).await?;
    assert!(said.contains("put the file back from its backup"), "{said}");
    assert!(!file.exists(), "a key that opens nothing was made in its place");

    // Earlier keys may stand below the one that is used from now on.
    for keys in [right.clone(), format!("{ANOTHER}\n{right}")] {
        fs::write(&file, keys)?;
        system.start_server_again().await?;
        assert_eq!(play.seller.get(&steps).await?.ok()?, before, "nothing was lost meanwhile");
        system.server.stop(ORDERLY).await?;
    }
    Ok(())
}

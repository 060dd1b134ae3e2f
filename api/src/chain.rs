//! The chain over the log while the program runs: seals follow the tail, heads are signed now and then and at the stop.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use eventlog::Db;
use eventlog::chain::{HeadKey, HeadKeys, HeadSigner, Sealer};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::{DataSettings, KeySettings, WorkSettings};
use crate::key_file;

/// How long sealing and signing at the stop may take: what is left undone then is done at the next start.
const AT_STOP_LIMIT: Duration = Duration::from_secs(1);

/// Seals and signs. Any number of processes may do it.
#[derive(Clone)]
pub(crate) struct Chain {
    sealer: Sealer,
    signer: HeadSigner,
    every: Duration,
}

impl Chain {
    /// Prepares both; makes the key that signs where there is none.
    pub(crate) fn new(
        db: &Db,
        data: &DataSettings,
        key: &KeySettings,
        work: &WorkSettings,
    ) -> anyhow::Result<Self> {
        let file = key.heads_file(data);
        if !file.exists() {
            let place = file.display();
            if key_file::store(&file, &HeadKey::generate())
                .with_context(|| format!("making the key {place}"))?
            {
                info!("made a key that signs the heads of the log in {place}");
            }
        }
        let keys = keys(&file)?.context("the key that signs heads went away")?;
        let folder = data.heads_dir();
        info!(key = %keys.public(), "heads of the log are signed into {}", folder.display());
        let signer = HeadSigner::new(db.clone(), &folder, keys);
        Ok(Self { sealer: Sealer::new(db.clone()), signer, every: work.heads_interval() })
    }

    /// Seals and signs until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        let sealing = self.sealer.run(stop.clone());
        tokio::join!(sealing, self.signer.run(self.every, stop));
    }

    /// Seals and signs what was stored last.
    pub(crate) async fn finish(&self) {
        let last = async {
            self.sealer.step().await?;
            self.signer.step().await
        };
        match tokio::time::timeout(AT_STOP_LIMIT, last).await {
            Ok(Ok(_)) => (),
            Ok(Err(error)) => {
                warn!(error = format!("{error:#}"), "the last events were not sealed and signed");
            }
            Err(_) => warn!("the last events were not sealed and signed in time"),
        }
    }
}

/// Reads the keys that sign; none if there is no file.
pub(crate) fn keys(file: &Path) -> anyhow::Result<Option<HeadKeys>> {
    let place = file.display();
    let text = match fs::read_to_string(file) {
        Ok(text) => SecretString::from(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("reading {place}")),
    };
    let keys = HeadKeys::parse(&text);
    keys.map(Some).with_context(|| format!("{place} does not hold 32 bytes of base64 a line"))
}

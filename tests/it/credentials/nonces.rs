//! S7: no two secrets are sealed with the same nonce.

use std::collections::HashSet;

use eventlog::{MasterKey, MasterKeys, Vault};
use futures::future::try_join_all;
use uuid::Uuid;

use super::kept::Kept;
use crate::drill::{figure, size};

/// Who seals at the same time.
const SEALERS: usize = 4;

/// Bytes of a nonce, at the beginning of what is sealed.
const NONCE_BYTES: usize = 24;

/// Returns how many of the beginnings were there before.
fn repeated(sealed: &[Vec<u8>], bytes: usize) -> usize {
    let distinct: HashSet<&[u8]> = sealed.iter().map(|it| &it[..bytes]).collect();
    sealed.len() - distinct.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_nonce_comes_twice() -> anyhow::Result<()> {
    let keys = MasterKeys::new(MasterKey::generate("a"), vec![]);
    let kept = Kept::of(1, keys.clone()).await?;
    let each = size(20_000, 1_000_000).div_ceil(SEALERS);
    let tenant = kept.cabinets[0].tenant;
    let sealer = || {
        // Each as a process of its own.
        let vault = Vault::new(kept.db.clone(), keys.clone());
        tokio::spawn(async move {
            let mut sealed = Vec::with_capacity(each);
            let secret = "токен".into();
            for _ in 0..each {
                let mut one = vault.seal(tenant, "credential", Uuid::nil(), &secret).await?;
                one.truncate(NONCE_BYTES);
                sealed.push(one);
                // Sealing waits for nothing, and the key that is fetched anew now and then would never arrive.
                tokio::task::yield_now().await;
            }
            anyhow::Ok(sealed)
        })
    };
    let sealed = try_join_all((0..SEALERS).map(|_| sealer())).await?;
    let sealed: Vec<Vec<u8>> =
        sealed.into_iter().collect::<anyhow::Result<Vec<_>>>()?.into_iter().flatten().collect();
    let repeats = repeated(&sealed, NONCE_BYTES);
    figure("s7_nonces", sealed.len(), "secrets sealed", "");
    figure("s7_nonces_repeated", repeats, "nonces", "= 0");
    assert_eq!(repeats, 0);

    // The same search, of a program whose nonces are too short.
    assert_ne!(repeated(&sealed, 2), 0, "the search finds nothing");
    Ok(())
}

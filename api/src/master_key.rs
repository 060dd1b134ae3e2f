//! The master key on this machine: taken from the environment or a file, made at the first start, and held against what
//! the database was sealed under.

use std::env;
use std::fs;
use std::io;
use std::path::Path;

use anyhow::Context as _;
use eventlog::{Db, KeyError, MasterKey, MasterKeys, SubjectKeys, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tracing::info;

use crate::exit::StartError;
use crate::key_file;

/// The variable that goes before the file.
const VARIABLE: &str = "AGENTIQ_MASTER_KEY";

/// Master keys, and what is needed to say that they are the wrong ones.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) keys: MasterKeys,
    from: String,
}

/// What to do about a file that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Make one.
    Make,
    /// Say that it was lost: a new one would open nothing.
    Lost,
    /// Say that there is none.
    Refuse,
}

/// Tells whether the database or the key store hold anything that only a master key opens.
pub(crate) async fn holds_sealed(db: &Db, keys: &Db) -> sqlx::Result<bool> {
    let sellers = sqlx::query_scalar!(r#"select exists (select from seller_key) as "sealed!""#)
        .fetch_one(db.pool())
        .await?;
    let subjects = sqlx::query_scalar!(
        r#"select exists (select from keys.subject_key where destroyed_at is null) as "sealed!""#
    )
    .fetch_one(keys.pool())
    .await?;
    Ok(sellers || subjects)
}

/// Reads the master keys.
///
/// # Errors
/// [`StartError`] about a key that is missing or malformed.
pub(crate) fn find(file: &Path, missing: Missing) -> anyhow::Result<Found> {
    if let Some(text) = env::var(VARIABLE).ok().filter(|text| !text.trim().is_empty()) {
        return parse(&text.into(), VARIABLE.to_owned());
    }
    let from = file.display().to_string();
    match fs::read_to_string(file) {
        Ok(text) => parse(&text.into(), from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match missing {
            Missing::Make => {
                let key = MasterKey::generate("new").to_base64();
                if key_file::store(file, &key)
                    .with_context(|| format!("making the master key {from}"))?
                {
                    info!("made a master key in {from}; without it sealed data are lost");
                }
                // Another process may have been first; its key is the one.
                let text = fs::read_to_string(file).with_context(|| format!("reading {from}"))?;
                parse(&text.into(), from)
            }
            Missing::Lost => Err(StartError::MasterKeyLost { file: file.to_owned() }.into()),
            Missing::Refuse => Err(StartError::NoMasterKey { file: file.to_owned() }.into()),
        },
        Err(error) => Err(error).with_context(|| format!("reading the master key {from}")),
    }
}

/// Checks that whatever is sealed in the database opens with these keys.
///
/// # Errors
/// [`StartError::OtherMasterKey`] names one that is missing.
pub(crate) async fn check(
    found: &Found,
    vault: &Vault,
    subjects: &SubjectKeys,
) -> anyhow::Result<()> {
    for checked in [subjects.check().await, vault.check().await] {
        checked.map_err(|error| found.explained(error))?;
    }
    Ok(())
}

impl Found {
    /// Says which key is missing where it should be.
    fn explained(&self, error: KeyError) -> anyhow::Error {
        match error {
            KeyError::UnknownMasterKey { kek_id } => {
                StartError::OtherMasterKey { kek_id, from: self.from.clone() }.into()
            }
            KeyError::Database(_)
            | KeyError::MalformedMasterKey { .. }
            | KeyError::Tampered { .. }
            | KeyError::Malformed { .. }
            | KeyError::NoKey { .. }
            | KeyError::NoSellerKey { .. } => {
                anyhow::Error::from(error).context("checking the master key")
            }
        }
    }
}

/// The first key seals, all of them open.
fn parse(text: &SecretString, from: String) -> anyhow::Result<Found> {
    let malformed = || StartError::MalformedMasterKey { from: from.clone() };
    let mut keys = Vec::new();
    let lines = text.expose_secret().split([',', '\n', '\r', ' ', '\t']);
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        let key = SecretString::from(line);
        keys.push(MasterKey::from_base64(&name_of(&key), &key).map_err(|_| malformed())?);
    }
    let mut keys = keys.into_iter();
    let current = keys.next().ok_or_else(malformed)?;
    Ok(Found { keys: MasterKeys::new(current, keys.collect()), from })
}

/// Names a key by a digest of it, so that another key under the same name cannot be taken for it.
fn name_of(key: &SecretString) -> String {
    let digest = Sha256::digest([b"agentiq master key ", key.expose_secret().as_bytes()].concat());
    format!("k{}", hex::encode(&digest[..6]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_first_start_makes_a_key_that_stays() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep").join("master.key");
        let made = find(&file, Missing::Make).unwrap();
        let found = find(&file, Missing::Make).unwrap();
        assert_eq!(made.keys.current(), found.keys.current());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing but the key is left");
    }

    #[test]
    fn no_key_is_made_where_none_must_be() {
        let folder = tempfile::tempdir().unwrap();
        let error = find(&folder.path().join("master.key"), Missing::Refuse).unwrap_err();
        assert!(matches!(error.downcast(), Ok(StartError::NoMasterKey { .. })));
    }

    #[test]
    fn earlier_keys_follow_the_current_one() {
        let [new, old] = [(); 2].map(|()| MasterKey::generate("x").to_base64());
        let text = format!("{}\n{}\n", new.expose_secret(), old.expose_secret());
        let found = parse(&text.into(), "test".to_owned()).unwrap();
        assert_eq!(found.keys.current(), name_of(&new));
        let names: BTreeSet<_> = found.keys.names().into_iter().collect();
        assert_eq!(names, BTreeSet::from([name_of(&new), name_of(&old)]));
    }

    #[test]
    fn what_is_no_key_is_refused_by_its_origin() {
        for text in ["", "\n", "a2V5", "не ключ"] {
            let error = parse(&text.into(), "the file".to_owned()).unwrap_err();
            assert!(error.to_string().contains("the file"), "{error}");
        }
    }
}

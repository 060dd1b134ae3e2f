//! Why the program ends early: what a person is told, and the exit code by which scripts tell the reasons apart.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::own_postgres::OwnPostgresError;

/// Shown by `--help`.
pub(crate) const CODES: &str = "Exit codes: 0 ended as asked, 1 failed, 2 wrong usage, 3 address taken, 4 database \
not reachable or not of this release, 5 data folder in use, 6 master key missing or another one, 130 interrupted.";

/// A reason that a person can do something about.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    /// Something else listens there.
    #[error(
        "cannot listen on {address}: another program does; choose another address with --listen"
    )]
    AddressTaken {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be used at all.
    #[error("cannot listen on {address}; choose another address with --listen")]
    AddressRefused {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Nobody answers there, or not us.
    #[error(
        "cannot reach the database at {place}; check --database-url (DATABASE_URL) and that PostgreSQL runs there"
    )]
    DatabaseUnreachable {
        /// Host and database, without the password.
        place: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// Nobody answers at the key store, or not us.
    #[error(
        "cannot reach the key store at {place}; check --keys-database-url (KEYS_DATABASE_URL) and that PostgreSQL runs there"
    )]
    KeyStoreUnreachable {
        /// Host and database, without the password.
        place: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// The log holds events of a later release.
    #[error(
        "the log holds events that this release cannot read: {types}; start the release that wrote them, or a later one (readers are deployed before writers)"
    )]
    UnreadableEvents {
        /// Their names and versions.
        types: String,
    },
    /// The tables are of another release.
    #[error("the database lacks migrations of this release; run `agentiq migrate` first")]
    NotMigrated,
    /// No master key, and this command makes none.
    #[error("no master key in {}; give it with --master-key-file or AGENTIQ_MASTER_KEY, or start `agentiq serve` or `agentiq migrate` once to make one", file.display())]
    NoMasterKey {
        /// Where it was looked for.
        file: PathBuf,
    },
    /// No master key, and the data at hand need one.
    #[error("no master key in {}, though the database holds data sealed under one; put the file back from its backup, or give the key with --master-key-file or AGENTIQ_MASTER_KEY", file.display())]
    MasterKeyLost {
        /// Where it was looked for.
        file: PathBuf,
    },
    /// The key at hand is not the one the data are sealed under.
    #[error(
        "the database holds data sealed under master key {kek_id}, and the key from {from} is another; give the right one with --master-key-file or AGENTIQ_MASTER_KEY"
    )]
    OtherMasterKey {
        /// The key that is missing.
        kek_id: String,
        /// Where the keys at hand are from.
        from: String,
    },
    /// The key cannot be read.
    #[error("the master key from {from} is not 32 bytes of base64, one key a line")]
    MalformedMasterKey {
        /// Where it is from.
        from: String,
    },
    /// Somebody pressed Ctrl-C.
    #[error("interrupted; run it again to go on where it was")]
    Interrupted,
}

/// Returns the exit code of a failure.
pub(crate) fn code(error: &anyhow::Error) -> ExitCode {
    let number = match error.downcast_ref::<StartError>() {
        Some(StartError::AddressTaken { .. } | StartError::AddressRefused { .. }) => 3,
        Some(
            StartError::DatabaseUnreachable { .. }
            | StartError::KeyStoreUnreachable { .. }
            | StartError::UnreadableEvents { .. }
            | StartError::NotMigrated,
        ) => 4,
        Some(
            StartError::NoMasterKey { .. }
            | StartError::MasterKeyLost { .. }
            | StartError::OtherMasterKey { .. }
            | StartError::MalformedMasterKey { .. },
        ) => 6,
        Some(StartError::Interrupted) => 130,
        None => match error.downcast_ref::<OwnPostgresError>() {
            Some(OwnPostgresError::InUse { .. }) => 5,
            Some(_) => 4,
            None => 1,
        },
    };
    ExitCode::from(number)
}

//! A brake on guessing passwords, shared by all processes: attempts are counted before they are checked, so that many
//! at once do not slip through.

use std::net::IpAddr;
use std::time::Duration;

use eventlog::Db;
use sha2::{Digest as _, Sha256};

use crate::sql::interval;

/// How long attempts are counted together.
const WINDOW: Duration = Duration::from_mins(15);

/// Attempts in a window at one account from one network address. Nobody else can lock a person out, since the address
/// counts too.
const AT_ONE_ACCOUNT_MAX: i32 = 10;

/// Attempts in a window from one network address, at whichever accounts. An office may share one.
const FROM_ONE_ADDRESS_MAX: i32 = 100;

/// Counts the attempts of one caller at one account.
pub(crate) struct Throttle<'a> {
    db: &'a Db,
    /// What is counted and how often it may happen.
    subjects: [(Vec<u8>, i32); 2],
}

impl<'a> Throttle<'a> {
    pub(crate) fn new(db: &'a Db, address: IpAddr, email: &str) -> Self {
        // A household has a /64 of IPv6, so that its parts count as one.
        let network = match address.to_canonical() {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets()[..8].to_vec(),
        };
        let at_account = [network.as_slice(), b"|", email.as_bytes()].concat();
        let subjects =
            [(digest(&at_account), AT_ONE_ACCOUNT_MAX), (digest(&network), FROM_ONE_ADDRESS_MAX)];
        Self { db, subjects }
    }

    /// Counts an attempt. Returns how long to wait when there were too many.
    pub(crate) async fn attempt(&self) -> sqlx::Result<Result<(), Duration>> {
        for (subject, max) in &self.subjects {
            let counted = sqlx::query!(
                r#"insert into login_attempt as a (subject, attempts, window_ends_at) values ($1, 1, now() + $2)
                    on conflict on constraint login_attempt_pkey do update
                        set attempts = case when a.window_ends_at < now() then 1 else a.attempts + 1 end,
                            window_ends_at = case when a.window_ends_at < now() then excluded.window_ends_at
                                else a.window_ends_at end
                    returning attempts, extract(epoch from window_ends_at - now())::float8 as "seconds_left!""#,
                subject,
                interval(WINDOW),
            )
            .fetch_one(self.db.pool())
            .await?;
            if counted.attempts > *max {
                return Ok(Err(Duration::from_secs_f64(counted.seconds_left.max(1.0))));
            }
        }
        Ok(Ok(()))
    }

    /// Takes the attempt back: it succeeded.
    pub(crate) async fn forgive(&self) -> sqlx::Result<()> {
        let [(at_account, _), (network, _)] = &self.subjects;
        sqlx::query!("delete from login_attempt where subject = $1", at_account)
            .execute(self.db.pool())
            .await?;
        sqlx::query!(
            "update login_attempt set attempts = attempts - 1 where subject = $1 and attempts > 0",
            network
        )
        .execute(self.db.pool())
        .await?;
        Ok(())
    }
}

/// Removes windows that have ended. Returns how many.
pub(crate) async fn sweep(db: &Db) -> sqlx::Result<u64> {
    let removed = sqlx::query!("delete from login_attempt where window_ends_at < now()")
        .execute(db.pool())
        .await?;
    Ok(removed.rows_affected())
}

fn digest(subject: &[u8]) -> Vec<u8> {
    Sha256::digest(subject).to_vec()
}

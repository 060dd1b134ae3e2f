//! Hears from other processes which keys were destroyed. The key store says so itself, with the commit that destroys
//! one; what was said while nobody listened is made up for by forgetting everything.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::value::TenantId;
use sqlx::postgres::{PgListener, PgPoolOptions};

use super::{Subject, SubjectKeys};

/// The channel on which `keys.tell_destroyed` says which.
const CHANNEL: &str = "keys";

/// How long to wait before listening again after the connection failed.
const LISTEN_AGAIN: Duration = Duration::from_secs(1);

impl SubjectKeys {
    /// Forgets keys as other processes destroy them, for ever. May be cancelled.
    pub async fn follow(&self) -> Infallible {
        // A pool of its own: a listening connection is never given back.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .connect_lazy_with(self.db.pool().connect_options().as_ref().clone());
        let mut failing = false;
        loop {
            let heard = self.listen(&pool, &mut failing).await;
            if let Err(error) = heard
                && !failing
            {
                failing = true;
                tracing::warn!(error = %error, "listening to the key store failed, keys are kept for up to a minute");
            }
            tokio::time::sleep(LISTEN_AGAIN).await;
        }
    }

    /// Listens until the connection is lost.
    async fn listen(&self, pool: &sqlx::PgPool, failing: &mut bool) -> Result<(), sqlx::Error> {
        let mut listener = PgListener::connect_with(pool).await?;
        // The loop around this reconnects, and says so in the log.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        *failing = false;
        self.forget_all();
        while let Some(notification) = listener.try_recv().await? {
            match read(notification.payload()) {
                Some(subject) => self.forget(subject),
                None => self.forget_all(),
            }
        }
        Ok(())
    }

    fn forget_all(&self) {
        self.destroyed.fetch_add(1, Ordering::SeqCst);
        self.cache.invalidate_all();
    }
}

/// Reads which key was destroyed; none when the text is not understood.
fn read(payload: &str) -> Option<Subject> {
    let (tenant, subject) = payload.split_once(' ')?;
    Some((TenantId(tenant.parse().ok()?), subject.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;
    use uuid::Uuid;

    use super::*;
    use crate::db::Db;
    use crate::master_key::{MasterKey, MasterKeys};
    use crate::seal::SubjectKey;

    const SUBJECT: Subject = (TenantId(Uuid::from_u128(1)), Uuid::from_u128(2));

    #[test]
    fn a_notice_names_a_subject() {
        assert_eq!(read(&format!("{} {}", SUBJECT.0, SUBJECT.1)), Some(SUBJECT));
        assert_eq!(read("что-то ещё"), None);
        assert_eq!(read(""), None);
    }

    #[tokio::test]
    async fn a_key_read_before_its_destruction_is_not_remembered_after_it() {
        let pool = PgPool::connect_lazy("postgres://127.0.0.1:1/none").unwrap();
        let master_keys = MasterKeys::new(MasterKey::generate("test"), vec![]);
        let keys = SubjectKeys::new(Db::from_pool(pool), master_keys);
        let read_at = keys.destroyed.load(Ordering::SeqCst);
        keys.remember(SUBJECT, SubjectKey::Destroyed, read_at);
        assert!(keys.known(SUBJECT).is_some());
        keys.forget(SUBJECT);
        keys.remember(SUBJECT, SubjectKey::Destroyed, read_at);
        assert!(keys.known(SUBJECT).is_none());
    }
}

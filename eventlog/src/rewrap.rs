//! A change of master key: keys that are wrapped under an earlier one are wrapped under the current one. What is sealed
//! under those keys stays as it is, so everybody goes on reading and writing meanwhile.

use std::collections::BTreeMap;

use domain::value::TenantId;
use secrecy::zeroize::Zeroizing;
use uuid::Uuid;

use crate::db::Db;
use crate::master_key::{KeyError, MasterKeys};
use crate::seal::{self, SubjectKeys};
use crate::secret::{self, Vault};

/// Keys wrapped anew in one statement: its rows are locked for some milliseconds.
const BATCH: i64 = 500;

/// What wrapping anew came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rewrapped {
    /// Keys that are wrapped under the current master key now and were not before.
    pub wrapped: u64,
    /// Keys that were changed by somebody and cannot be unwrapped; they stay as they are.
    pub unreadable: Vec<String>,
}

/// How many keys are wrapped under which master key.
pub type InUse = BTreeMap<String, u64>;

/// A table of wrapped keys.
#[derive(Clone, Copy)]
enum Table {
    Sellers,
    Subjects,
}

/// A wrapped key.
struct Row {
    tenant_id: Uuid,
    /// The person; the seller once more where the key is the seller's.
    owner_id: Uuid,
    wrapped_key: Vec<u8>,
}

/// Keys to be stored, as arrays.
#[derive(Default)]
struct Batch {
    tenants: Vec<Uuid>,
    owners: Vec<Uuid>,
    old: Vec<Vec<u8>>,
    new: Vec<Vec<u8>>,
}

struct Rewrap<'a> {
    db: &'a Db,
    master_keys: &'a MasterKeys,
    table: Table,
}

impl Vault {
    /// Wraps the keys of sellers that are wrapped under an earlier master key under the current one, and tells how many
    /// are done from time to time. May be broken off anywhere and repeated.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rewrap(&self, told: impl FnMut(u64)) -> Result<Rewrapped, KeyError> {
        let (db, master_keys) = (&self.db, &self.master_keys);
        Rewrap { db, master_keys, table: Table::Sellers }.run(told).await
    }

    /// Returns how many keys of sellers are wrapped under which master key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn in_use(&self) -> Result<InUse, KeyError> {
        let rows =
            sqlx::query!(r#"select kek_id, count(*) as "keys!" from seller_key group by kek_id"#)
                .fetch_all(self.db.pool())
                .await?;
        Ok(rows.into_iter().map(|row| (row.kek_id, row.keys.unsigned_abs())).collect())
    }
}

impl SubjectKeys {
    /// Wraps the keys of people that are wrapped under an earlier master key under the current one, as
    /// [`Vault::rewrap`] does those of sellers. A key that is destroyed meanwhile stays destroyed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rewrap(&self, told: impl FnMut(u64)) -> Result<Rewrapped, KeyError> {
        let (db, master_keys) = (&self.db, &self.master_keys);
        Rewrap { db, master_keys, table: Table::Subjects }.run(told).await
    }

    /// Returns how many keys of people are wrapped under which master key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn in_use(&self) -> Result<InUse, KeyError> {
        let rows = sqlx::query!(
            r#"select kek_id as "kek_id!", count(*) as "keys!" from keys.subject_key
                where destroyed_at is null group by kek_id"#
        )
        .fetch_all(self.db.pool())
        .await?;
        Ok(rows.into_iter().map(|row| (row.kek_id, row.keys.unsigned_abs())).collect())
    }
}

impl Rewrap<'_> {
    async fn run(&self, mut told: impl FnMut(u64)) -> Result<Rewrapped, KeyError> {
        let mut done = Rewrapped::default();
        let current = self.master_keys.current();
        for earlier in self.master_keys.names().iter().filter(|name| *name != current) {
            let mut after = (Uuid::nil(), Uuid::nil());
            loop {
                let rows = self.page(earlier, after).await?;
                let Some(last) = rows.last() else { break };
                after = (last.tenant_id, last.owner_id);
                let batch = self.wrap(earlier, rows, &mut done.unreadable)?;
                done.wrapped += self.store(&batch).await?;
                told(done.wrapped);
            }
        }
        Ok(done)
    }

    /// Unwraps and wraps again.
    fn wrap(
        &self,
        earlier: &str,
        rows: Vec<Row>,
        unreadable: &mut Vec<String>,
    ) -> Result<Batch, KeyError> {
        let mut batch = Batch::default();
        for row in rows {
            let context = self.context(&row);
            let what = || self.name(&row);
            let opened = self.master_keys.open(earlier, &context, &row.wrapped_key, what);
            match opened.map(Zeroizing::new) {
                Ok(key) => {
                    batch.tenants.push(row.tenant_id);
                    batch.owners.push(row.owner_id);
                    batch.old.push(row.wrapped_key);
                    batch.new.push(self.master_keys.seal(&context, &key));
                }
                // Nobody can read what it opens, now or later; that must not hold up the others.
                Err(KeyError::Tampered { what }) => unreadable.push(what),
                Err(
                    error @ (KeyError::Database(_)
                    | KeyError::UnknownMasterKey { .. }
                    | KeyError::MalformedMasterKey { .. }
                    | KeyError::Malformed { .. }
                    | KeyError::NoKey { .. }
                    | KeyError::NoSellerKey { .. }),
                ) => return Err(error),
            }
        }
        Ok(batch)
    }

    fn context(&self, row: &Row) -> Vec<u8> {
        let tenant = TenantId(row.tenant_id);
        match self.table {
            Table::Sellers => secret::key_context(tenant),
            Table::Subjects => seal::context((tenant, row.owner_id)),
        }
    }

    fn name(&self, row: &Row) -> String {
        match self.table {
            Table::Sellers => format!("key of seller {}", row.tenant_id),
            Table::Subjects => {
                format!("key of subject {} of seller {}", row.owner_id, row.tenant_id)
            }
        }
    }

    async fn page(&self, earlier: &str, after: (Uuid, Uuid)) -> sqlx::Result<Vec<Row>> {
        match self.table {
            Table::Sellers => {
                sqlx::query_as!(
                    Row,
                    "select tenant_id, tenant_id as owner_id, wrapped_key from seller_key
                        where kek_id = $1 and tenant_id > $2 order by tenant_id limit $3",
                    earlier,
                    after.0,
                    BATCH,
                )
                .fetch_all(self.db.pool())
                .await
            }
            Table::Subjects => {
                sqlx::query_as!(
                    Row,
                    r#"select tenant_id, subject_id as owner_id, wrapped_key as "wrapped_key!" from keys.subject_key
                        where kek_id = $1 and destroyed_at is null and (tenant_id, subject_id) > ($2, $3)
                        order by tenant_id, subject_id limit $4"#,
                    earlier,
                    after.0,
                    after.1,
                    BATCH,
                )
                .fetch_all(self.db.pool())
                .await
            }
        }
    }

    /// Stores those that are still as they were read, in one order everywhere. Returns how many.
    async fn store(&self, batch: &Batch) -> sqlx::Result<u64> {
        let Batch { tenants, owners, old, new } = batch;
        let current = self.master_keys.current();
        let stored = match self.table {
            Table::Sellers => {
                sqlx::query!(
                    "with mine as materialized (
                        select k.tenant_id, n.new from seller_key k
                            join unnest($1::uuid[], $2::bytea[], $3::bytea[]) as n (tenant_id, old, new)
                                on k.tenant_id = n.tenant_id and k.wrapped_key = n.old
                            order by k.tenant_id
                            for no key update of k
                    )
                    update seller_key k set wrapped_key = mine.new, kek_id = $4
                        from mine where k.tenant_id = mine.tenant_id",
                    tenants,
                    old,
                    new,
                    current,
                )
                .execute(self.db.pool())
                .await?
            }
            Table::Subjects => {
                sqlx::query!(
                    "with mine as materialized (
                        select k.tenant_id, k.subject_id, n.new from keys.subject_key k
                            join unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[])
                                as n (tenant_id, subject_id, old, new)
                                on k.tenant_id = n.tenant_id and k.subject_id = n.subject_id and k.wrapped_key = n.old
                            order by k.tenant_id, k.subject_id
                            for no key update of k
                    )
                    update keys.subject_key k set wrapped_key = mine.new, kek_id = $5
                        from mine where k.tenant_id = mine.tenant_id and k.subject_id = mine.subject_id",
                    tenants,
                    owners,
                    old,
                    new,
                    current,
                )
                .execute(self.db.pool())
                .await?
            }
        };
        Ok(stored.rows_affected())
    }
}

//! Whether the database has the tables that this program was built for.

use std::collections::HashSet;

use eventlog::Db;
use sqlx::migrate::Migrator;

/// The steps that this program knows.
static KNOWN: Migrator = sqlx::migrate!("../migrations");

/// PostgreSQL's code for a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

/// Tells whether every migration that this program needs was applied. Later ones do no harm: a migration runs while the
/// release before it serves.
pub(crate) async fn is_current(db: &Db) -> sqlx::Result<bool> {
    // Unchecked at compile time, since the migrations themselves do not make this table.
    let applied =
        sqlx::query_scalar::<_, i64>("select version from _sqlx_migrations where success")
            .fetch_all(db.pool())
            .await;
    match applied {
        Ok(applied) => {
            let applied: HashSet<i64> = applied.into_iter().collect();
            Ok(KNOWN.iter().all(|migration| applied.contains(&migration.version)))
        }
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some(UNDEFINED_TABLE) => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

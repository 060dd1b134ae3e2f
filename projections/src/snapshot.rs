//! Reading from one snapshot while rebuilds go on.

use eventlog::Db;
use sqlx::{AssertSqlSafe, Postgres, Transaction};

/// Opens a transaction that sees one moment and in which no rebuild replaces `table`: the rows of a table that took
/// another's place after the snapshot do not exist in it.
pub(crate) async fn of(
    db: &Db,
    table: Option<&str>,
) -> sqlx::Result<Transaction<'static, Postgres>> {
    let mut tx = db.begin().await?;
    sqlx::query!("set transaction isolation level repeatable read, read only")
        .execute(&mut *tx)
        .await?;
    // Events are read and folded beside it, which may take longer than a transaction may rest otherwise.
    sqlx::query!("set local idle_in_transaction_session_timeout = '60s'").execute(&mut *tx).await?;
    if let Some(table) = table {
        // Before the first query, which takes the snapshot.
        let lock = format!("lock table {table} in access share mode");
        sqlx::query(AssertSqlSafe(lock)).execute(&mut *tx).await?;
    }
    Ok(tx)
}

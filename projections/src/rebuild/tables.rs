//! The second set of tables: made like the served ones in a schema of its own, compared with them, put in their place.

use sqlx::{AssertSqlSafe, PgConnection};

use super::Comparison;

/// Makes an empty copy of the served table, unless an interrupted rebuild left one.
pub(super) async fn make_rebuild(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    sqlx::query!("create schema if not exists rebuild").execute(&mut *tx).await?;
    let statement =
        format!("create table if not exists rebuild.{table} (like public.{table} including all)");
    sqlx::query(AssertSqlSafe(statement)).execute(tx).await?;
    Ok(())
}

pub(super) async fn drop_rebuild(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(format!("drop table if exists rebuild.{table}"))).execute(tx).await?;
    Ok(())
}

/// Drops the served table and lets the copy take its name, with the names of its indexes.
pub(super) async fn put_in_place(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    // A copy's indexes are named by Postgres; later migrations look for the names that ours were given.
    let names = sqlx::query!(
        r#"with indexes as (
                select schemaname, indexname,
                        regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX \S+ ON \S+ ', '\1') as shape
                    from pg_indexes
                    where tablename = $1 and schemaname in ('public', 'rebuild')
            )
            select new.indexname as "made!", old.indexname as "given!"
                from indexes new
                join indexes old on old.shape = new.shape and old.schemaname = 'public'
                where new.schemaname = 'rebuild'"#,
        table,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut statements = vec![format!("drop table public.{table}")];
    for name in names.iter().filter(|name| name.made != name.given) {
        statements
            .push(format!(r#"alter index rebuild."{}" rename to "{}""#, name.made, name.given));
    }
    statements.push(format!("alter table rebuild.{table} set schema public"));
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Compares both tables row by row, as text, in one order.
pub(super) async fn compare(tx: &mut PgConnection, table: &str) -> sqlx::Result<Comparison> {
    let (served_rows, served) = digest(tx, &format!("public.{table}")).await?;
    let (refold_rows, refold) = digest(tx, &format!("rebuild.{table}")).await?;
    Ok(Comparison { served_rows, refold_rows, equal: served == refold })
}

async fn digest(tx: &mut PgConnection, table: &str) -> sqlx::Result<(i64, Option<String>)> {
    // Digests of rows are summed up as digests, so that memory does not grow with the table.
    let statement = format!(
        "select count(*), md5(string_agg(md5(t::text), '' order by md5(t::text))) from {table} t"
    );
    sqlx::query_as(AssertSqlSafe(statement)).fetch_one(tx).await
}

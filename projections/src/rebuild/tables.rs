//! The second set of tables: made like the served ones in a schema of its own, compared with them, put in their place.

use sqlx::{AssertSqlSafe, PgConnection};

use super::Comparison;
use crate::ReadModel;

/// Makes an empty copy of the served table with its key and without its other indexes, unless an interrupted rebuild
/// left one. Tells whether it is new.
pub(super) async fn make_rebuild(tx: &mut PgConnection, table: &str) -> sqlx::Result<bool> {
    sqlx::query!("create schema if not exists rebuild").execute(&mut *tx).await?;
    let there = sqlx::query_scalar!(
        r#"select to_regclass('rebuild.' || quote_ident($1)) is not null as "there!""#,
        table
    )
    .fetch_one(&mut *tx)
    .await?;
    if there {
        return Ok(false);
    }
    let key = sqlx::query!(
        r#"select conname as "name!", pg_get_constraintdef(oid) as "definition!" from pg_constraint
            where conrelid = ('public.' || quote_ident($1))::regclass and contype = 'p'"#,
        table,
    )
    .fetch_one(&mut *tx)
    .await?;
    for statement in [
        format!(
            "create table rebuild.{table} (like public.{table} including all excluding indexes)"
        ),
        format!(r#"alter table rebuild.{table} add constraint "{}" {}"#, key.name, key.definition),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    keep_samples_out(tx, table).await?;
    Ok(true)
}

/// Has the planner keep no samples of those columns of the copy of which it keeps none of the served table: `like` does
/// not copy that.
async fn keep_samples_out(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    let statements = sqlx::query_scalar!(
        r#"select format('alter table rebuild.%I alter column %I set statistics 0', $1::text, attname) as "statement!"
            from pg_attribute
            where attrelid = ('public.' || quote_ident($1))::regclass and attnum > 0 and not attisdropped
                and attstattarget = 0"#,
        table,
    )
    .fetch_all(&mut *tx)
    .await?;
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Gives the copy the served table's other indexes, which cost less when made from all rows at once.
pub(super) async fn index(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    let missing = sqlx::query_scalar!(
        r#"select replace(indexdef, ' ON public.', ' ON rebuild.') as "statement!" from pg_indexes old
            where schemaname = 'public' and tablename = $1
                and not exists (
                    select from pg_indexes new
                    where new.schemaname = 'rebuild' and new.indexname = old.indexname)"#,
        table,
    )
    .fetch_all(&mut *tx)
    .await?;
    for statement in missing {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    Ok(())
}

pub(super) async fn drop_rebuild(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    sqlx::query(AssertSqlSafe(format!("drop table if exists rebuild.{table}"))).execute(tx).await?;
    Ok(())
}

/// Drops the served table and lets the copy take its name.
pub(super) async fn put_in_place(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    keep_grants(tx, table).await?;
    keep_triggers(tx, table).await?;
    for statement in [
        format!("drop table public.{table}"),
        format!("alter table rebuild.{table} set schema public"),
    ] {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Grants on the copy what is granted on the served table, where the program is another role than the tables' owner:
/// `like` does not copy that either.
async fn keep_grants(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    let statements = sqlx::query_scalar!(
        r#"select format('grant %s on rebuild.%I to %s %s', given.privilege_type, $1::text,
                    case given.grantee when 0 then 'public' else given.grantee::regrole::text end,
                    case when given.is_grantable then 'with grant option' end) as "statement!"
            from pg_class served
            cross join aclexplode(served.relacl) given
            where served.oid = ('public.' || quote_ident($1))::regclass and given.grantee <> served.relowner"#,
        table,
    )
    .fetch_all(&mut *tx)
    .await?;
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Gives the copy the served table's triggers, which `like` does not copy either. Not before it is full: what they note
/// would be of a table that nobody reads.
async fn keep_triggers(tx: &mut PgConnection, table: &str) -> sqlx::Result<()> {
    let statements = sqlx::query_scalar!(
        r#"select replace(pg_get_triggerdef(oid), ' ON public.', ' ON rebuild.') as "statement!" from pg_trigger
            where tgrelid = ('public.' || quote_ident($1))::regclass and not tgisinternal"#,
        table,
    )
    .fetch_all(&mut *tx)
    .await?;
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Compares both tables row by row, as text, in one order.
pub(super) async fn compare(
    tx: &mut PgConnection,
    model: ReadModel,
    table: &str,
) -> sqlx::Result<Comparison> {
    let (served_rows, served) = digest(tx, &format!("public.{table}")).await?;
    let (refold_rows, refold) = digest(tx, &format!("rebuild.{table}")).await?;
    let parked = sqlx::query_scalar!(
        r#"select count(*) as "streams!" from parked_stream where projection = $1 and generation = 'live'"#,
        model.name(),
    )
    .fetch_one(tx)
    .await?;
    Ok(Comparison { served_rows, refold_rows, equal: served == refold, parked })
}

async fn digest(tx: &mut PgConnection, table: &str) -> sqlx::Result<(i64, Option<String>)> {
    // Digests of rows are summed up as digests, so that memory does not grow with the table.
    let statement = format!(
        "select count(*), md5(string_agg(md5(t::text), '' order by md5(t::text))) from {table} t"
    );
    sqlx::query_as(AssertSqlSafe(statement)).fetch_one(tx).await
}

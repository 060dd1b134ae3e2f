//! A scratch schema: tables like the served ones, filled by a replay, to be queried and thrown away.

use eventlog::Db;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::ReadModel;

/// Rows written by one statement.
const ROWS: usize = 1000;

/// Said of every schema that a replay made, so that no other is ever replaced.
const MADE_HERE: &str = "agentiq replay";

/// Schemas that are never written to, whoever made them.
const OURS: [&str; 6] = ["public", "es", "keys", "archive", "rebuild", "information_schema"];

/// A table of a scratch schema that is being filled.
#[derive(Debug)]
pub struct Scratch {
    db: Db,
    schema: String,
    table: String,
    /// Those that are written, as a list.
    columns: String,
    waiting: Vec<Value>,
}

/// Why a schema cannot be taken for a replay.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// The schema is one that the system lives in.
    #[error("{0} is a schema that the system lives in; choose another name")]
    Ours(String),
    /// Postgres would cut the name, and another schema may have the rest.
    #[error("the name of a schema has 1 to 63 bytes")]
    Name,
    /// There is one of that name.
    #[error("there is a schema {0} already; --replace makes it anew if a replay made it")]
    Exists(String),
    /// There is one of that name, and no replay made it.
    #[error("schema {0} was not made by a replay, so it is not replaced")]
    NotMadeHere(String),
    /// The outbox holds what was tried, which no event tells.
    #[error("{0} has no table that follows from events")]
    NoTable(&'static str),
}

impl Scratch {
    /// Makes a schema with an empty, unlogged table like the one that serves `model`. `replace` drops a schema of the same
    /// name if a replay made it.
    ///
    /// # Errors
    /// [`ScratchError`], and what the database says.
    pub async fn make(
        db: &Db,
        schema: &str,
        model: ReadModel,
        replace: bool,
    ) -> anyhow::Result<Self> {
        let table = model.table().ok_or(ScratchError::NoTable(model.name()))?;
        if !(1..=63).contains(&schema.len()) || schema.contains('\0') {
            return Err(ScratchError::Name.into());
        }
        if OURS.contains(&schema) || schema.starts_with("pg_") {
            return Err(ScratchError::Ours(schema.to_owned()).into());
        }
        let found = sqlx::query_scalar!(
            r#"select coalesce(obj_description(oid, 'pg_namespace'), '') as "comment!"
                from pg_namespace where nspname = $1"#,
            schema,
        )
        .fetch_optional(db.pool())
        .await?;
        let quoted = quoted(schema);
        let mut tx = db.begin().await?;
        match found {
            Some(_) if !replace => return Err(ScratchError::Exists(schema.to_owned()).into()),
            Some(comment) if !comment.starts_with(MADE_HERE) => {
                return Err(ScratchError::NotMadeHere(schema.to_owned()).into());
            }
            Some(_) => {
                let drop = format!("drop schema {quoted} cascade");
                sqlx::query(AssertSqlSafe(drop)).execute(&mut *tx).await?;
            }
            None => (),
        }
        for statement in [
            format!("create schema {quoted}"),
            format!("comment on schema {quoted} is '{MADE_HERE}, unfinished'"),
            format!("create unlogged table {quoted}.{table} (like public.{table} including all)"),
        ] {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *tx).await?;
        }
        // What PostgreSQL makes of the others is not written.
        let columns: String = sqlx::query_scalar(
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
                where attrelid = ('public.' || quote_ident($1))::regclass and attnum > 0 and not attisdropped
                    and attgenerated = ''",
        )
        .bind(table)
        .fetch_one(&mut *tx)
        .await?;
        tx.commit().await?;
        let (table, waiting) = (table.to_owned(), Vec::new());
        Ok(Self { db: db.clone(), schema: quoted, table, columns, waiting })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// What the database says.
    pub async fn add(&mut self, row: Value) -> sqlx::Result<()> {
        self.waiting.push(row);
        if self.waiting.len() >= ROWS { self.write().await } else { Ok(()) }
    }

    /// Writes what waits and says `about` the schema what it holds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish(mut self, about: &str) -> sqlx::Result<()> {
        self.write().await?;
        let about = format!("{MADE_HERE} of {about}").replace('\'', "''");
        let comment = format!("comment on schema {} is '{about}'", self.schema);
        sqlx::query(AssertSqlSafe(comment)).execute(self.db.pool()).await?;
        let analyze = format!("analyze {}.{}", self.schema, self.table);
        sqlx::query(AssertSqlSafe(analyze)).execute(self.db.pool()).await?;
        Ok(())
    }

    /// A statement a thousand rows, and a transaction each: a long one would keep old rows of the whole database.
    async fn write(&mut self) -> sqlx::Result<()> {
        let Self { schema, table, columns, .. } = self;
        let statement = format!(
            "insert into {schema}.{table} ({columns})
                select {columns} from jsonb_populate_recordset(null::{schema}.{table}, $1)"
        );
        let rows = Value::Array(std::mem::take(&mut self.waiting));
        sqlx::query(AssertSqlSafe(statement)).bind(rows).execute(self.db.pool()).await?;
        Ok(())
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

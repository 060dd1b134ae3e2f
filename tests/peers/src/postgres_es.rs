//! postgres-es 0.5.0, by its own framework, with no queries attached.

use std::sync::Arc;

use ::postgres_es::{PostgresCqrs, postgres_cqrs};
use domain::interaction::Interaction;
use sqlx::PgPool;

use crate::measure::Caller;
use crate::work::Author;

pub(crate) const NAME: &str = "postgres-es";

/// Makes its tables.
pub(crate) async fn prepare(pool: &PgPool) -> anyhow::Result<()> {
    sqlx::raw_sql(include_str!("../sql/postgres_es.sql")).execute(pool).await?;
    Ok(())
}

/// Somebody who sends commands through the framework.
pub(crate) struct Client {
    cqrs: Arc<PostgresCqrs<Interaction>>,
    author: Author,
}

pub(crate) fn callers(pool: &PgPool, clients: usize) -> Vec<Client> {
    let cqrs = Arc::new(postgres_cqrs(pool.clone(), Vec::new(), ()));
    (0..clients).map(|_| Client { cqrs: cqrs.clone(), author: Author::new() }).collect()
}

impl Caller for Client {
    async fn step(&mut self) -> anyhow::Result<u64> {
        let (interaction, command) = self.author.next();
        self.cqrs.execute(&interaction.to_string(), command).await?;
        Ok(1)
    }
}

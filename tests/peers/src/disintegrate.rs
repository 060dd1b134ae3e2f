//! disintegrate-postgres 4.0.1, by its decision maker, without snapshots.

use ::disintegrate::serde::json::Json;
use ::disintegrate::{Decision, DecisionError, Event, NoSnapshot, StateMutate, StateQuery};
use anyhow::Context as _;
use cqrs_es::Aggregate as _;
use disintegrate_postgres::{Migrator, PgDecisionMaker, PgEventStore, decision_maker};
use domain::InteractionId;
use domain::interaction::{Interaction, InteractionCommand, InteractionError, InteractionEvent};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::measure::Caller;
use crate::work::Author;

pub(crate) const NAME: &str = "disintegrate";

/// What its migration stops at on servers older than 16, which know no hexadecimal numbers, and what was to follow.
/// Word for word what 4.0.1 would execute, but for the one number.
const AFTER_THE_FAULT: &str = "
    CREATE OR REPLACE FUNCTION event_store_begin_epoch() RETURNS void AS $$
    DECLARE
        id BIGINT;
        db_id INT;
    BEGIN
        SELECT last_value INTO id FROM seq_event_event_id;
        SELECT oid INTO db_id FROM pg_database WHERE datname = current_database();

        PERFORM pg_try_advisory_xact_lock_shared(db_id, 0);
        PERFORM pg_try_advisory_xact_lock_shared(1, (id & 4294967295)::bit(32)::integer);
        PERFORM pg_try_advisory_xact_lock_shared(2, (id >> 32)::bit(32)::integer);
    END;
    $$ LANGUAGE plpgsql;
    ALTER TABLE event ADD COLUMN IF NOT EXISTS interaction_id UUID;
    CREATE INDEX IF NOT EXISTS idx_event_interaction_id ON event (interaction_id) WHERE interaction_id IS NOT NULL;";

type Store = PgEventStore<Recorded, Json<Recorded>>;

/// An event of an interaction, with the id by which it is found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Event)]
enum Recorded {
    Happened {
        #[id]
        interaction_id: Uuid,
        event: InteractionEvent,
    },
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, StateQuery)]
#[state_query(Recorded)]
struct State {
    #[id]
    interaction_id: Uuid,
    interaction: Interaction,
}

impl StateMutate for State {
    fn mutate(&mut self, Recorded::Happened { event, .. }: Recorded) {
        self.interaction.apply(event);
    }
}

/// A command on its way to an interaction.
struct Carried {
    interaction: InteractionId,
    command: InteractionCommand,
}

impl Decision for Carried {
    type Event = Recorded;
    type StateQuery = State;
    type Error = InteractionError;

    fn state_query(&self) -> State {
        State { interaction_id: self.interaction.0, ..State::default() }
    }

    fn process(&self, state: &State) -> Result<Vec<Recorded>, InteractionError> {
        let events = state.interaction.decide(self.command.clone())?;
        let interaction_id = self.interaction.0;
        Ok(events.into_iter().map(|event| Recorded::Happened { interaction_id, event }).collect())
    }
}

/// Makes its tables.
pub(crate) async fn prepare(pool: &PgPool) -> anyhow::Result<()> {
    let Err(error) = Migrator::new(store(pool)).init_event_store().await else { return Ok(()) };
    let version: i32 = sqlx::query_scalar("select current_setting('server_version_num')::int")
        .fetch_one(pool)
        .await?;
    if version >= 160_000 {
        return Err(error).context("its own migration");
    }
    sqlx::raw_sql(AFTER_THE_FAULT).execute(pool).await?;
    Ok(())
}

fn store(pool: &PgPool) -> Store {
    PgEventStore::new_uninitialized(pool.clone(), Json::default())
}

/// Somebody who makes decisions.
pub(crate) struct Client {
    decisions: PgDecisionMaker<Recorded, Json<Recorded>, NoSnapshot>,
    author: Author,
}

pub(crate) fn callers(pool: &PgPool, clients: usize) -> Vec<Client> {
    let decisions = decision_maker(store(pool), NoSnapshot);
    (0..clients).map(|_| Client { decisions: decisions.clone(), author: Author::new() }).collect()
}

impl Caller for Client {
    async fn step(&mut self) -> anyhow::Result<u64> {
        let (interaction, command) = self.author.next();
        loop {
            let carried = Carried { interaction, command: command.clone() };
            match self.decisions.make(carried).await {
                Ok(events) => return Ok(events.len() as u64),
                Err(error) if is_stale(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Whether trying again, which is left to the caller, can help.
///
/// It runs serializable, where the server may refuse what has no conflict. And it reads only up to the oldest append
/// under way, so that a caller may not see what it has just written: then the domain says that the interaction does not
/// exist.
fn is_stale(error: &DecisionError<InteractionError>) -> bool {
    let source = match error {
        DecisionError::StateStore(source) | DecisionError::EventStore(source) => source,
        DecisionError::Domain(error) => return *error == InteractionError::Unknown,
    };
    match source.downcast_ref() {
        Some(disintegrate_postgres::Error::Concurrency) => true,
        // Raised by a statement and not by the commit, it is passed on as it came.
        Some(disintegrate_postgres::Error::Database(sqlx::Error::Database(error))) => {
            error.code().as_deref() == Some("40001")
        }
        Some(_) | None => false,
    }
}

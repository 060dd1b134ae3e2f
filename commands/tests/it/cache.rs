//! What a process remembers of streams changes no outcome: two that remember, interleaved at random, answer as two that
//! read every stream anew. One that takes its memory's word for a refusal must be found out.

use std::collections::HashMap;

use commands::{Commands, Context, LoadedAggregate};
use domain::StreamId;
use domain::seller::{Seller, SellerCommand, SellerError};
use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgPool;
use uuid::Uuid;

use crate::ingest::Statements;
use crate::{TENANT, change, context, context_of, event_log};

/// Streams that the processes meet on.
const STREAMS: u128 = 4;

const STEPS: u128 = 400;

/// A process that carries out commands.
trait Process {
    async fn execute(
        &mut self,
        context: &Context,
        stream: StreamId,
        command: SellerCommand,
    ) -> Outcome;
}

/// The version that a command led to, none when there was nothing to do; or the rule that refused it.
type Outcome = Result<Option<i32>, SellerError>;

impl Process for Commands {
    async fn execute(
        &mut self,
        context: &Context,
        stream: StreamId,
        command: SellerCommand,
    ) -> Outcome {
        match Commands::execute::<Seller>(self, context, stream, command).await {
            Ok(executed) => Ok(executed.placed.map(|placed| placed.version)),
            Err(commands::CommandError::Rejected(error)) => Err(error),
            Err(error) => panic!("{error}"),
        }
    }
}

/// The control: what it remembers is its last word where nothing is appended, and no version is there to check.
struct Trusting {
    commands: Commands,
    remembered: HashMap<StreamId, LoadedAggregate<Seller>>,
}

impl Process for Trusting {
    async fn execute(
        &mut self,
        context: &Context,
        stream: StreamId,
        command: SellerCommand,
    ) -> Outcome {
        if let Some(remembered) = self.remembered.get(&stream) {
            match remembered.aggregate.decide(command.clone()) {
                Ok(events) if events.is_empty() => return Ok(None),
                Err(error) => return Err(error),
                Ok(_) => {}
            }
        }
        let outcome = Process::execute(&mut self.commands, context, stream, command).await;
        let loaded = self.commands.load(context.tenant, stream).await.unwrap();
        self.remembered.insert(stream, loaded);
        outcome
    }
}

/// One command given to one of two processes.
#[derive(Clone)]
struct Step {
    process: usize,
    stream: u128,
    command_id: u128,
    command: SellerCommand,
}

/// Commands in a random order: now and then the one before again, under its id, to either process.
fn steps() -> Vec<Step> {
    let mut chance = StdRng::seed_from_u64(7);
    let mut steps: Vec<Step> = Vec::new();
    for command_id in 0..STEPS {
        let process = chance.random_range(0..2);
        let step = match steps.last() {
            Some(last) if chance.random_bool(0.15) => Step { process, ..last.clone() },
            _ => {
                let stream = chance.random_range(0..STREAMS);
                let command = match chance.random_range(0..8) {
                    0 => SellerCommand::Register { name: "Ромашка".into() },
                    // 0 and 2160 minutes are refused.
                    n => change(n % 4 * 720),
                };
                Step { process, stream, command_id, command }
            }
        };
        steps.push(step);
    }
    steps
}

/// Lets two processes take their steps in turn, on streams of this run's own, and returns what they were told.
async fn interleaved<P: Process>(run: u128, mut processes: [P; 2]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for Step { process, stream, command_id, command } in steps() {
        let context = context_of((run << 64) + command_id);
        let stream = StreamId(Uuid::from_u128((run << 64) + stream));
        outcomes.push(processes[process].execute(&context, stream, command).await);
    }
    outcomes
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_process_remembers_changes_no_outcome(pool: PgPool) {
    let reading = || Commands::without_cache(event_log(&pool));
    let truth = interleaved(1, [reading(), reading()]).await;
    let count = |wanted: fn(&Outcome) -> bool| truth.iter().filter(|told| wanted(told)).count();
    assert!(count(Result::is_err) > 20, "too few refusals to prove anything");
    assert!(count(|told| *told == Ok(None)) > 20, "too little found done to prove anything");
    assert!(count(|told| matches!(told, Ok(Some(_)))) > 50, "too few changes to prove anything");

    let remembering = || Commands::new(event_log(&pool));
    assert_eq!(interleaved(2, [remembering(), remembering()]).await, truth);

    let trusting = || Trusting { commands: remembering(), remembered: HashMap::new() };
    assert_ne!(
        interleaved(3, [trusting(), trusting()]).await,
        truth,
        "a trusting process goes unnoticed"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_command_on_a_stream_that_is_remembered_takes_one_statement(pool: PgPool) {
    let remembering = Commands::new(event_log(&pool));
    let reading = Commands::without_cache(event_log(&pool));
    for (commands, wanted) in [(remembering, 1), (reading, 2)] {
        let [other, stream] = [StreamId(Uuid::now_v7()), StreamId(Uuid::now_v7())];
        for stream in [other, stream] {
            let register = SellerCommand::Register { name: "Ромашка".into() };
            commands.execute::<Seller>(&context(), stream, register).await.unwrap();
        }
        // The first event of a type has the type noted too.
        commands.execute::<Seller>(&context(), other, change(60)).await.unwrap();
        let (statements, _guard) = Statements::counted();
        commands.execute::<Seller>(&context(), stream, change(60)).await.unwrap();
        assert_eq!(statements.take(), wanted);

        commands.evict(TENANT, stream);
        commands.execute::<Seller>(&context(), stream, change(90)).await.unwrap();
        assert_eq!(statements.take(), 2, "a stream that was evicted is read again");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn streams_that_are_read_at_the_same_moment_share_round_trips(pool: PgPool) {
    const SIDE_BY_SIDE: u128 = 300;
    let commands = Commands::without_cache(event_log(&pool));
    let execute = |n: u128, command: SellerCommand| {
        let commands = commands.clone();
        let stream = StreamId(Uuid::from_u128(n));
        async move { commands.execute::<Seller>(&context(), stream, command).await.unwrap() }
    };
    execute(0, SellerCommand::Register { name: "Ромашка".into() }).await;
    let (statements, _guard) = Statements::counted();
    let register = |n| execute(n, SellerCommand::Register { name: "Ромашка".into() });
    join_all((1..SIDE_BY_SIDE).map(register)).await;
    join_all((1..SIDE_BY_SIDE).map(|n| execute(n, change(60)))).await;
    let together = statements.take();
    assert!((4..=40).contains(&together), "{together} statements");

    for n in 1..30 {
        execute(n, change(90)).await;
    }
    assert!(statements.take() > 40, "one after the other is seen");
}

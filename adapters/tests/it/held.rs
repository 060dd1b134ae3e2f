//! Replies that are held, with workers that let them out and a marketplace that counts.

use chrono::{TimeDelta, Utc};
use commands::{Actor, CommandError, Context};
use domain::interaction::{Interaction, InteractionCommand, InteractionError, ReplyState, Timing};
use domain::{InteractionId, ReplyId};
use projections::inbox::InboxRow;
use sandbox::Faults;
use sqlx::PgPool;
use uuid::Uuid;

use crate::whole_way::{TENANT, World};

const TEXT: &str = "Спасибо за отзыв, рады, что понравилось!";

impl World {
    async fn hold(&self, row: &InboxRow, reply_id: ReplyId, hold: TimeDelta) {
        let command = InteractionCommand::RequestReply {
            reply_id,
            text: TEXT.into(),
            draft_id: None,
            bulk_id: None,
            files: vec![],
            grounds: domain::guardrail::Grounds::default(),
            timing: Timing { held_until: Some(Utc::now() + hold), basis: None },
        };
        self.execute(row, command).await.unwrap();
    }

    async fn execute(
        &self,
        row: &InboxRow,
        command: InteractionCommand,
    ) -> Result<(), CommandError<InteractionError>> {
        let context = Context::new(TENANT, Actor::System("test"));
        let id = InteractionId(row.interaction_id);
        self.commands.execute::<Interaction>(&context, id, command).await.map(drop)
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_held_goes_out_in_its_time_and_once(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let rows = world.waiting(3).await;
    let rows = &rows[..3];
    let id = |row: &InboxRow| ReplyId(Uuid::new_v5(&row.interaction_id, b"held"));
    world.hold(&rows[0], id(&rows[0]), TimeDelta::milliseconds(700)).await;
    world.hold(&rows[2], id(&rows[2]), TimeDelta::hours(1)).await;
    let cancel = InteractionCommand::Cancel { reply_id: id(&rows[2]) };
    world.execute(&rows[2], cancel).await.unwrap();
    world.until_state(&rows[0], id(&rows[0]), ReplyState::Published).await;

    // A worker that takes it up and dies leaves it to the next one.
    world.hold(&rows[1], id(&rows[1]), TimeDelta::zero()).await;
    let world = world.killed(async |_| ()).await;
    world.until_state(&rows[1], id(&rows[1]), ReplyState::Published).await;
    world.until_state(&rows[2], id(&rows[2]), ReplyState::Cancelled).await;

    let mut applied = world.applied_of("answer").await;
    applied.sort();
    let mut expected: Vec<_> =
        rows[..2].iter().map(|row| (row.external_id.clone(), TEXT.to_owned())).collect();
    expected.sort();
    assert_eq!(applied, expected);
    world.end().await;
}

/// Whoever takes it back in the very moment in which it is let out is told the truth: either it was taken back, and no
/// buyer reads it, or it was too late, and the buyer reads it once.
#[sqlx::test(migrations = "../migrations")]
async fn taking_back_and_letting_out_at_once_ends_one_way(pool: PgPool) {
    const REPLIES: usize = 24;
    let world = World::start(&pool, Faults::default()).await;
    let rows = world.waiting(REPLIES).await;
    let id = |row: &InboxRow| ReplyId(Uuid::new_v5(&row.interaction_id, b"race"));
    let (mut back, mut gone) = (Vec::new(), Vec::new());
    for (n, row) in rows[..REPLIES].iter().enumerate() {
        let reply_id = id(row);
        world.hold(row, reply_id, TimeDelta::hours(1)).await;
        let cancel = world.execute(row, InteractionCommand::Cancel { reply_id });
        let release = world.execute(row, InteractionCommand::Release { reply_id });
        let (cancelled, released) = if n % 2 == 0 {
            tokio::join!(cancel, release)
        } else {
            let (released, cancelled) = tokio::join!(release, cancel);
            (cancelled, released)
        };
        match (cancelled, released) {
            (Ok(()), Err(CommandError::Rejected(InteractionError::ReplyCancelled))) => {
                back.push(row);
            }
            (Err(CommandError::Rejected(InteractionError::TooLate)), Ok(())) => gone.push(row),
            other => panic!("both or none: {other:?}"),
        }
    }
    assert!(!back.is_empty() && !gone.is_empty(), "{} back, {} gone", back.len(), gone.len());
    for row in &gone {
        world.until_state(row, id(row), ReplyState::Published).await;
    }
    let mut applied = world.applied_of("answer").await;
    applied.sort();
    let mut expected: Vec<_> =
        gone.iter().map(|row| (row.external_id.clone(), TEXT.to_owned())).collect();
    expected.sort();
    assert_eq!(applied, expected);
    world.end().await;
}

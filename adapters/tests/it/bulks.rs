//! Bulks whose worker died at any of its steps, taken up by another one.

use commands::{Actor, Context};
use domain::bulk::{Bulk, BulkCommand, BulkItem, Progress, Refusal};
use domain::guardrail::Grounds;
use domain::interaction::{Interaction, InteractionCommand, ReplyState, Timing};
use domain::{BulkId, InteractionId, Personal, ReplyId, UserId};
use projections::inbox::InboxRow;
use sandbox::Faults;
use sqlx::PgPool;
use uuid::Uuid;

use crate::whole_way::{TENANT, World};

const BULK: BulkId = BulkId(Uuid::from_u128(0xb));
const TEXT: &str = "Спасибо за отзыв, рады, что понравилось!";

fn id(row: &InboxRow) -> InteractionId {
    InteractionId(row.interaction_id)
}

fn reply_to(row: &InboxRow) -> ReplyId {
    BULK.reply_to(id(row))
}

impl World {
    async fn bulk(&self, command: BulkCommand) {
        let context = Context::new(TENANT, Actor::System("test"));
        self.commands.execute::<Bulk>(&context, BULK, command).await.unwrap();
    }

    async fn answer_all(&self, rows: &[InboxRow], basis: u32) {
        let item = |row: &InboxRow| BulkItem {
            interaction_id: id(row),
            account_id: self.account,
            basis,
            draft_id: None,
        };
        let items = rows.iter().map(item).collect();
        let by = UserId(Uuid::from_u128(3));
        self.bulk(BulkCommand::Request { by, items, text: Some(TEXT.to_owned()) }).await;
    }

    async fn take(&self, row: &InboxRow) {
        let (interaction_id, reply_id) = (id(row), reply_to(row));
        self.bulk(BulkCommand::Take { interaction_id, reply_id }).await;
    }

    async fn request(&self, row: &InboxRow) {
        let command = InteractionCommand::RequestReply {
            reply_id: reply_to(row),
            text: TEXT.into(),
            draft_id: None,
            bulk_id: Some(BULK),
            files: vec![],
            timing: Timing::default(),
            grounds: Grounds::default(),
        };
        let context = Context::new(TENANT, Actor::System("test"));
        self.commands.execute::<Interaction>(&context, id(row), command).await.unwrap();
    }

    async fn ended(&self) -> Bulk {
        self.until("the end of the bulk", async || {
            let bulk = self.commands.load::<Bulk>(TENANT, BULK).await.unwrap().aggregate;
            (!bulk.is_open()).then_some(bulk)
        })
        .await
    }
}

/// Goes on after a death before an item was noted, after that, and after its reply was asked for. Tells what is not as
/// if nobody had died.
async fn after_deaths(pool: &PgPool) -> Result<(), String> {
    let world = World::start(pool, Faults::default()).await;
    let rows = world.waiting(4).await;
    let rows = &rows[..4];
    let world = world
        .killed(async |world| {
            world.answer_all(rows, 0).await;
            world.take(&rows[1]).await;
            world.take(&rows[2]).await;
            world.request(&rows[2]).await;
        })
        .await;
    let bulk = world.ended().await;
    for (item, progress) in bulk.items() {
        if *progress != Progress::Taken(BULK.reply_to(item.interaction_id)) {
            return Err(format!("an item is {progress:?}"));
        }
    }
    for row in rows {
        world.until_state(row, reply_to(row), ReplyState::Published).await;
    }
    if bulk.text() != Some(&Personal::Erased) {
        return Err("the text for all is still there".to_owned());
    }
    let mut applied = world.applied_of("answer").await;
    applied.sort();
    let mut expected: Vec<_> =
        rows.iter().map(|row| (row.external_id.clone(), TEXT.to_owned())).collect();
    expected.sort();
    world.end().await;
    if applied == expected { Ok(()) } else { Err(format!("the ledger has {applied:?}")) }
}

#[cfg(not(feature = "sabotage-bulk-again"))]
#[sqlx::test(migrations = "../migrations")]
async fn a_bulk_goes_on_after_a_death_at_each_step(pool: PgPool) {
    assert_eq!(after_deaths(&pool).await, Ok(()));
}

#[cfg(feature = "sabotage-bulk-again")]
#[sqlx::test(migrations = "../migrations")]
async fn asking_again_for_another_reply_is_noticed(pool: PgPool) {
    let noticed = after_deaths(&pool).await;
    assert!(noticed.as_ref().is_err_and(|what| what.contains("an item is")), "{noticed:?}");
}

/// Noted and not asked for when the person stopped it: nothing may go out, and it is said.
#[sqlx::test(migrations = "../migrations")]
async fn what_was_only_noted_when_it_was_stopped_does_not_go_out(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let rows = world.waiting(3).await;
    let rows = &rows[..3];
    let world = world
        .killed(async |world| {
            world.answer_all(rows, 0).await;
            world.take(&rows[0]).await;
            world.bulk(BulkCommand::Stop).await;
        })
        .await;
    let bulk = world.ended().await;
    let progress: Vec<_> = bulk.items().iter().map(|(_, progress)| *progress).collect();
    let stopped = Progress::Refused(Refusal::Stopped);
    assert_eq!(progress, [stopped, Progress::Waiting, Progress::Waiting]);
    assert_eq!(world.applied_of("answer").await, []);
    world.end().await;
}

/// Somebody answered one of them after the person had looked, and what the other stands on changed.
#[sqlx::test(migrations = "../migrations")]
async fn what_changed_since_the_person_looked_is_given_up(pool: PgPool) {
    let world = World::start(&pool, Faults::default()).await;
    let rows = world.waiting(2).await;
    let rows = &rows[..2];
    let own = ReplyId(Uuid::from_u128(5));
    world.reply(&rows[0], own, "Спасибо, что написали нам!").await;
    world.until_state(&rows[0], own, ReplyState::Published).await;
    world.answer_all(rows, 1).await;
    let bulk = world.ended().await;
    let progress: Vec<_> = bulk.items().iter().map(|(_, progress)| *progress).collect();
    let (answered, changed) = (Refusal::AlreadyAnswered, Refusal::Changed);
    assert_eq!(progress, [Progress::Refused(answered), Progress::Refused(changed)]);
    assert_eq!(world.applied_of("answer").await.len(), 1);
    world.end().await;
}

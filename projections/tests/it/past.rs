//! The inbox of a past moment is the same whether everything before it is folded or only what has changed since.

use domain::interaction::InteractionEvent;
use domain::value::MessageAuthor;
use projections::feed::{self, Cursor};
use projections::inbox::{self, Counts, Filter, Order, PageKey};
use projections::past::{Limits, PastError, PastInbox};
use sqlx::PgPool;

use crate::support::*;

/// Folds everything, however long the history is.
const FROM_THE_BEGINNING: Limits = Limits { events_max: i64::MAX, changed_max: 0 };

/// Folds only what has changed, however short the history is.
const BY_DIFFERENCE: Limits = Limits { events_max: -1, changed_max: usize::MAX };

/// What one may see of an inbox: its pages in all orders, and its counts, by some filters.
type Seen = Vec<(Vec<inbox::InboxRow>, Counts)>;

fn filters() -> Vec<Filter> {
    let of = |status: &str| Filter { statuses: vec![status.to_owned()], ..Filter::default() };
    vec![
        Filter::default(),
        of("waiting"),
        of("responded"),
        Filter { channels: vec!["chat".to_owned()], ..Filter::default() },
        Filter { needs_response: Some(true), ratings: vec![1, 2], ..Filter::default() },
        Filter { breached: Some(true), ..Filter::default() },
        Filter { breached: Some(false), due_by: Some(at(7_200)), ..Filter::default() },
    ]
}

async fn past(world: &World, until: Cursor, limits: Limits) -> PastInbox {
    PastInbox::read(&world.db, &world.log, until, limits).await.unwrap()
}

async fn seen(world: &World, until: Cursor, limits: Limits) -> Seen {
    let mut seen = Seen::new();
    for filter in filters() {
        let counts = past(world, until, limits).await.count(&filter).await.unwrap();
        for order in [Order::Newest, Order::Oldest, Order::Deadline] {
            let mut rows = Vec::new();
            let mut after: Option<PageKey> = None;
            loop {
                let inbox = past(world, until, limits).await;
                let page = inbox.list(&filter, order, after, 2).await.unwrap();
                rows.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            seen.push((rows, counts.clone()));
        }
    }
    seen
}

/// Interactions at every stage, one of which goes on after the others have come to rest.
async fn history(world: &World) -> Vec<Cursor> {
    world.connect_account().await;
    for number in 0..5 {
        world.life(number).await;
    }
    world.interaction(20, &[ingested(20)]).await;
    for (number, hours) in [(20, 2), (2, 1), (4, 3)] {
        world.interaction(number, &[deadline_set(number, 0, hours)]).await;
    }
    let breached = InteractionEvent::SlaBreached { answer_by: at(3_600) };
    world.interaction(2, &[breached]).await;
    world.interaction(21, &[ingested(21), drafted(), requested(reply(21))]).await;
    let first = received("1", MessageAuthor::Buyer, 10, None);
    world.interaction(22, &[chat_ingested(22), first]).await;
    world.lose_access().await;
    let second = received("2", MessageAuthor::Buyer, 30, None);
    world.interaction(22, &[requested(reply(22)), ours("3", 20, reply(22)), second]).await;
    world.interaction(20, &[drafted(), requested(reply(20)), sent(reply(20))]).await;
    let events = world.log.read_tenant(TENANT, 0, 1000).await.unwrap();
    events.iter().map(Cursor::of).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn both_ways_lead_to_the_same_inbox_at_every_event(pool: PgPool) {
    let world = World::new(&pool);
    let places = history(&world).await;
    world.catch_up().await;
    let mut moved = 0;
    let mut before = Seen::new();
    for until in places {
        let whole = seen(&world, until, FROM_THE_BEGINNING).await;
        assert_eq!(seen(&world, until, BY_DIFFERENCE).await, whole, "after event {}", until.seq);
        moved += usize::from(whole != before);
        before = whole;
    }
    assert!(moved > 15, "the comparison must see what an event changes: {moved}");
}

#[sqlx::test(migrations = "../migrations")]
async fn rows_that_are_behind_the_log_are_not_taken_for_those_of_then(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    world.catch_up().await;
    world.interaction(1, &[drafted()]).await;
    world.interaction(2, &[ingested(2)]).await;
    let now = feed::end(&world.db, &world.log, TENANT).await.unwrap();
    let whole = seen(&world, now, FROM_THE_BEGINNING).await;
    assert_eq!(seen(&world, now, BY_DIFFERENCE).await, whole);
    let served = inbox::list(&world.db, TENANT, &Filter::default(), Order::Newest, None, 10).await;
    assert_ne!(served.unwrap().rows, whole[0].0, "the served rows must be behind here");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_moment_with_too_much_before_and_after_it_is_refused(pool: PgPool) {
    let world = World::new(&pool);
    let places = history(&world).await;
    world.catch_up().await;
    let narrow = Limits { events_max: 3, changed_max: 0 };
    let read = async |until| PastInbox::read(&world.db, &world.log, until, narrow).await;
    assert!(read(places[2]).await.is_ok(), "few events before");
    assert!(read(*places.last().unwrap()).await.is_ok(), "nothing changed since");
    // Before the cabinet lost its access and two interactions went on.
    let before = places[places.len() - 8];
    let refused = read(before).await.unwrap_err();
    assert!(
        matches!(refused, PastError::TooMany { events, .. } if events == before.seq),
        "{refused}"
    );
}

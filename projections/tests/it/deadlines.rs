//! Which deadlines workers take, in which order the inbox shows them, and that it counts as the rules do.

use std::collections::BTreeSet;

use chrono::{SubsecRound as _, TimeDelta, Utc};
use cqrs_es::Aggregate as _;
use domain::interaction::{Interaction, InteractionEvent};
use domain::seller::SellerEvent;
use domain::sla::Sla;
use domain::value::{MessageAuthor, Priority};
use domain::{InteractionId, StreamId};
use futures::future::join_all;
use projections::deadlines::{self, Due};
use projections::inbox::{self, Filter, Order, PageKey};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgPool;

use crate::folded::any_event;
use crate::support::*;

fn numbers(due: &[Due]) -> Vec<InteractionId> {
    due.iter().map(|due| due.interaction).collect()
}

async fn unset(world: &World) -> Vec<InteractionId> {
    numbers(&deadlines::take_unset(&world.db, 100).await.unwrap())
}

async fn due(world: &World) -> Vec<InteractionId> {
    numbers(&deadlines::take_due(&world.db, 100).await.unwrap())
}

async fn let_all_rest_end(pool: &PgPool) {
    sqlx::query("update deadline_rest set rests_until = now()").execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn who_waits_and_was_promised_nothing_is_taken_once_until_the_rest_ends(pool: PgPool) {
    let world = World::new(&pool);
    let answered = [ingested(2), requested(reply(2)), sent(reply(2))];
    world.interaction(1, &[ingested(1)]).await;
    world.interaction(2, &answered).await;
    world.interaction(3, &[ingested(3), deadline_set(3, 0, 1)]).await;
    world.interaction(4, &[ingested(4), deadline_set(4, 0, 1), revised("И ещё")]).await;
    world.catch_up().await;
    assert_eq!(deadlines::behind(&world.db).await.unwrap().unset, 2);
    let mut taken = unset(&world).await;
    taken.sort();
    assert_eq!(taken, [interaction_id(1), interaction_id(4)]);
    assert_eq!(unset(&world).await, []);
    let_all_rest_end(&pool).await;
    assert_eq!(unset(&world).await.len(), 2, "whoever took them died");
    world.interaction(1, &[deadline_set(1, 0, 1)]).await;
    world.interaction(4, &[deadline_set(4, 1, 1)]).await;
    world.catch_up().await;
    assert_eq!(unset(&world).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn who_says_more_is_taken_at_once_however_long_they_rest(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    world.catch_up().await;
    assert_eq!(unset(&world).await, [interaction_id(1)]);
    world.interaction(1, &[revised("И ещё")]).await;
    world.catch_up().await;
    assert_eq!(unset(&world).await, [interaction_id(1)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_an_older_policy_promised_is_taken_when_there_is_a_newer(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), deadline_set(1, 0, 1)]).await;
    let answered = [requested(reply(2)), sent(reply(2))];
    world.interaction(2, &[ingested(2), deadline_set(2, 0, 1)]).await;
    world.interaction(2, &answered).await;
    world.catch_up().await;
    assert_eq!(unset(&world).await, []);
    let changed = SellerEvent::SlaChanged { version: 1, sla: Sla::default() };
    world.append(TENANT, StreamId(TENANT.0), "seller", &[changed]).await;
    world.catch_up().await;
    assert_eq!(unset(&world).await, [interaction_id(1)]);
    let newer = domain::interaction::Deadline { policy: 1, ..deadline(at(1), at(7_200)) };
    world.interaction(1, &[promised(0, newer)]).await;
    world.catch_up().await;
    assert_eq!(unset(&world).await, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn deadlines_come_due_by_the_clock_of_the_database(pool: PgPool) {
    let world = World::new(&pool);
    // As a deadline that was decided is: in microseconds.
    let now = Utc::now().trunc_subsecs(6);
    for (number, minutes) in [(1, 90), (2, 20), (3, -10)] {
        let answer_by = now + TimeDelta::minutes(minutes);
        let since = at(i64::try_from(number).unwrap());
        let promise = promised(0, deadline(since, answer_by));
        world.interaction(number, &[ingested(number), promise]).await;
    }
    world.catch_up().await;
    let behind = deadlines::behind(&world.db).await.unwrap();
    assert!((2_400.0..2_500.0).contains(&behind.overdue_seconds), "{behind:?}");
    let mut taken = due(&world).await;
    taken.sort();
    assert_eq!(taken, [interaction_id(2), interaction_id(3)]);
    assert_eq!(due(&world).await, []);
    // Told, answered, and told all there is.
    let answer_by = |minutes| now + TimeDelta::minutes(minutes);
    let escalated = InteractionEvent::SlaEscalated { answer_by: answer_by(20) };
    world.interaction(2, &[escalated]).await;
    let breached = InteractionEvent::SlaBreached { answer_by: answer_by(-10) };
    world.interaction(3, &[breached]).await;
    world.catch_up().await;
    let_all_rest_end(&pool).await;
    assert_eq!(due(&world).await, []);
    let urgent = inbox::one(&world.db, TENANT, interaction_id(2)).await.unwrap().unwrap();
    assert_eq!((urgent.priority, urgent.escalated), (0, true));
}

#[sqlx::test(migrations = "../migrations")]
async fn workers_beside_each_other_take_different_ones(pool: PgPool) {
    let world = World::new(&pool);
    for number in 1..=60 {
        world.interaction(number, &[ingested(number), deadline_set(number, 0, 1)]).await;
    }
    world.catch_up().await;
    let takers = (0..6).map(|_| deadlines::take_due(&world.db, 20));
    let mut taken = Vec::new();
    for one in join_all(takers).await {
        taken.extend(numbers(&one.unwrap()));
    }
    while let rest @ [_, ..] = &due(&world).await[..] {
        taken.extend(rest);
    }
    assert_eq!(taken.len(), 60, "some were taken twice or never");
    assert_eq!(BTreeSet::from_iter(taken).len(), 60);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_soonest_comes_first_and_what_has_no_deadline_last(pool: PgPool) {
    let world = World::new(&pool);
    for (number, hours) in [(1, 5), (2, 3), (3, 4), (4, 3)] {
        world.interaction(number, &[ingested(number), deadline_set(number, 0, hours)]).await;
    }
    world.interaction(5, &[ingested(5)]).await;
    world.interaction(6, &[ingested(6), deadline_set(6, 0, 1)]).await;
    world.interaction(6, &[requested(reply(6)), sent(reply(6))]).await;
    world.interaction(3, &[InteractionEvent::SlaBreached { answer_by: at(4 * 3_600) }]).await;
    world.catch_up().await;
    let mut listed = Vec::new();
    let mut after: Option<PageKey> = None;
    loop {
        let (db, filter) = (&world.db, Filter::default());
        let page = inbox::list(db, TENANT, &filter, Order::Deadline, after, 2).await.unwrap();
        listed.extend(page.rows.iter().map(|row| row.interaction_id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, [2, 4, 3, 1, 5, 6].map(|number| interaction_id(number).0));
    let found = async |filter: Filter| {
        let page =
            inbox::list(&world.db, TENANT, &filter, Order::Deadline, None, 10).await.unwrap();
        let count = inbox::count(&world.db, TENANT, &filter).await.unwrap().total;
        assert_eq!(i64::try_from(page.rows.len()).unwrap(), count);
        page.rows.iter().map(|row| row.interaction_id).collect::<Vec<_>>()
    };
    let late = Filter { breached: Some(true), ..Filter::default() };
    assert_eq!(found(late).await, [interaction_id(3).0]);
    let soon = Filter { due_by: Some(at(4 * 3_600)), ..Filter::default() };
    assert_eq!(found(soon).await, [2, 4, 3].map(|number| interaction_id(number).0));
}

#[sqlx::test(migrations = "../migrations")]
async fn urgent_words_wait_for_no_worker_to_be_urgent(pool: PgPool) {
    let world = World::new(&pool);
    let low = |said| {
        let deadline = deadline(at(1), at(86_400));
        promised(said, domain::interaction::Deadline { priority: Priority::Low, ..deadline })
    };
    let priority = async || {
        world.catch_up().await;
        inbox::one(&world.db, TENANT, interaction_id(6)).await.unwrap().unwrap().priority
    };
    let asked = received("first", MessageAuthor::Buyer, 1, None);
    world.interaction(6, &[chat_ingested(6), asked, low(1)]).await;
    assert_eq!(priority().await, i16::from(Priority::Low.rank()));
    world.interaction(6, &[received("брак", MessageAuthor::Buyer, 20, None)]).await;
    assert_eq!(priority().await, i16::from(Priority::Urgent.rank()));
    world.interaction(6, &[low(2)]).await;
    assert_eq!(priority().await, i16::from(Priority::Low.rank()), "by a rule of the seller's");
}

/// Rows keep in columns what the rules keep in their state, whatever happens.
#[sqlx::test(migrations = "../migrations")]
async fn the_inbox_knows_who_waits_as_the_rules_do(pool: PgPool) {
    let world = World::new(&pool);
    let mut waited = 0;
    // Many short lives: in a long one most is said when nobody waits any more.
    for number in 1..=16 {
        let mut random = StdRng::seed_from_u64(u64::try_from(number).unwrap());
        let mut interaction = Interaction::default();
        let first = if is_chat(number) { chat_ingested(number) } else { ingested(number) };
        let asked = received("first", MessageAuthor::Buyer, 1, None);
        let begun = if is_chat(number) { vec![first, asked] } else { vec![first] };
        let more = (0..15).map(|_| any_event(&mut random, number));
        let more = more.filter(|event| !matches!(event, InteractionEvent::Ingested { .. }));
        for event in begun.into_iter().chain(more.collect::<Vec<_>>()) {
            interaction.apply(event.clone());
            world.interaction(number, &[event]).await;
            let (waits_since, said) =
                (interaction.answering().waits_since, interaction.answering().said);
            if let Some(since) = waits_since
                && random.random_range(0..3) == 0
            {
                let promise = promised(said, deadline(since, since + TimeDelta::hours(1)));
                interaction.apply(promise.clone());
                world.interaction(number, &[promise]).await;
            }
            if random.random_range(0..3) > 0 {
                continue;
            }
            world.catch_up().await;
            let row = inbox::one(&world.db, TENANT, interaction_id(number)).await.unwrap().unwrap();
            let answering = interaction.answering();
            assert_eq!(row.status, <&str>::from(answering.status()));
            assert_eq!(row.needs_response, answering.needs_response());
            assert_eq!(row.awaits_answer, answering.awaits_answer());
            assert_eq!(row.waits_since, answering.waits_since);
            let promised = answering.promised.as_ref();
            assert_eq!(row.answer_by, promised.map(|promise| promise.deadline.answer_by));
            assert_eq!(row.escalated, promised.is_some_and(|promise| promise.escalated));
            assert_eq!(row.breached, promised.is_some_and(|promise| promise.breached));
            waited += usize::from(answering.running().is_some());
        }
    }
    assert!(waited > 5, "nobody who was promised anything waited: void ({waited})");
}

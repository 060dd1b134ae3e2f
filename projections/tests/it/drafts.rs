//! Drafts that are due: which comes first, for whom, and who makes it.

use std::collections::BTreeSet;
use std::time::Duration;

use cqrs_es::Aggregate as _;
use domain::InteractionId;
use domain::drafting::Drafting;
use domain::interaction::Interaction;
use domain::seller::SellerEvent;
use domain::value::MessageAuthor;
use projections::drafts::{self, DraftDue};
use projections::effects::Claim;
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::*;

fn claim() -> Claim {
    Claim { owner: Uuid::new_v4(), lease: Duration::from_secs(60) }
}

/// Claims all that is due, without making any of it.
async fn due(world: &World) -> Vec<DraftDue> {
    let mut all = Vec::new();
    while let Some(due) = drafts::claim(&world.db, claim()).await.unwrap() {
        all.push(due);
    }
    all
}

async fn ids(world: &World) -> Vec<InteractionId> {
    due(world).await.into_iter().map(|due| due.interaction).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_somebody_waits_for_comes_first_then_the_more_urgent_then_the_newest(pool: PgPool) {
    let world = World::new(&pool);
    // With 1 to 5 stars in turn, each newer than the one before: 10 has one star, 14 has five.
    for number in 10..20 {
        world.interaction(number, &[ingested(number)]).await;
    }
    world.interaction(14, &[draft_made(14, 0, 0), draft_asked(0, 1)]).await;
    world.catch_up().await;
    let expected = [14, 16, 15, 11, 10, 17, 12, 19, 18, 13].map(interaction_id);
    assert_eq!(ids(&world).await, expected);
    assert_eq!(ids(&world).await, [], "all are being made");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_needs_no_answer_or_has_its_draft_is_not_due(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1), observed()]).await;
    world.interaction(2, &[ingested(2), closed()]).await;
    world.interaction(3, &[ingested(3), requested(reply(3))]).await;
    world.interaction(4, &[ingested(4), draft_made(4, 0, 0)]).await;
    let dismissed = draft_dismissed(5, 0, 0);
    world.interaction(5, &[ingested(5), draft_made(5, 0, 0), dismissed]).await;
    world.interaction(6, &[chat_ingested(6)]).await;
    world.catch_up().await;
    assert_eq!(ids(&world).await, []);
    // Said anew, a reply that failed, a buyer who writes: each wants another.
    world.interaction(4, &[revised("Ещё раз подумал")]).await;
    world.interaction(3, &[failed(reply(3))]).await;
    world.interaction(6, &[received("1", MessageAuthor::Buyer, 10, None)]).await;
    world.catch_up().await;
    let all = ids(&world).await;
    assert_eq!(BTreeSet::from_iter(all), BTreeSet::from([3, 4, 6].map(interaction_id)));
}

#[sqlx::test(migrations = "../migrations")]
async fn who_wants_none_ahead_gets_those_they_ask_for(pool: PgPool) {
    let world = World::new(&pool);
    let drafting = Drafting { ahead: false, ..Drafting::default() };
    let changed = SellerEvent::DraftingChanged { version: 1, drafting };
    world.append(TENANT, TENANT.into(), "seller", &[changed]).await;
    world.interaction(1, &[ingested(1)]).await;
    world.interaction(2, &[ingested(2), draft_asked(0, 1)]).await;
    world.catch_up().await;
    assert_eq!(ids(&world).await, [interaction_id(2)]);
    let changed = SellerEvent::DraftingChanged { version: 2, drafting: Drafting::default() };
    world.append(TENANT, TENANT.into(), "seller", &[changed]).await;
    world.catch_up().await;
    assert_eq!(ids(&world).await, [interaction_id(1)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_whose_maker_died_is_made_by_another_once_the_lease_ends(pool: PgPool) {
    let world = World::new(&pool);
    world.interaction(1, &[ingested(1)]).await;
    world.catch_up().await;
    let first = drafts::claim(&world.db, claim()).await.unwrap().unwrap();
    assert_eq!(due(&world).await.len(), 0);
    drafts::rest(&world.db, &first, Duration::ZERO).await.unwrap();
    let second = drafts::claim(&world.db, claim()).await.unwrap().unwrap();
    assert_eq!((second.interaction, second.basis), (first.interaction, first.basis));
    // Whoever lost it does not shorten the other's lease.
    drafts::rest(&world.db, &first, Duration::ZERO).await.unwrap();
    assert_eq!(due(&world).await.len(), 0);
    // More was said meanwhile: that is another draft.
    world.interaction(1, &[revised("Ещё раз подумал")]).await;
    world.catch_up().await;
    assert_eq!(due(&world).await.iter().map(|due| due.basis).collect::<Vec<_>>(), [1]);
}

#[sqlx::test(migrations = "../migrations")]
async fn two_workers_never_claim_the_same(pool: PgPool) {
    let world = World::new(&pool);
    for number in 0..60 {
        world.interaction(number, &[ingested(number)]).await;
    }
    world.catch_up().await;
    let claims = (0..4).map(|_| async {
        let mut claimed = Vec::new();
        // A claim that lost a race comes back empty-handed.
        for _ in 0..60 {
            claimed.extend(
                drafts::claim(&world.db, claim()).await.unwrap().map(|due| due.interaction),
            );
        }
        claimed
    });
    let claimed = futures::future::join_all(claims).await.concat();
    assert_eq!(claimed.len(), 60, "some were claimed twice or never");
    assert_eq!(BTreeSet::from_iter(claimed).len(), 60);
}

/// The inbox counts as the rules do, whatever happens.
#[sqlx::test(migrations = "../migrations")]
async fn the_inbox_counts_what_was_said_as_the_rules_do(pool: PgPool) {
    let world = World::new(&pool);
    let reply = reply(1);
    let of_review = vec![
        ingested(1),
        draft_asked(0, 1),
        draft_made(1, 0, 1),
        revised("Ещё раз подумал"),
        linked(None, Some("2")),
        requested(reply),
        failed(reply),
        draft_made(1, 2, 1),
        observed(),
    ];
    let of_chat = vec![
        chat_ingested(2),
        received("1", MessageAuthor::Buyer, 10, None),
        received("2", MessageAuthor::Marketplace, 11, None),
        drafted(),
        requested(reply),
        sent(reply),
        ours("3", 101, reply),
        received("4", MessageAuthor::Seller, 120, None),
        chat_closed(),
    ];
    for (number, events) in [(1, of_review), (2, of_chat)] {
        let mut interaction = Interaction::default();
        for event in events {
            interaction.apply(event.clone());
            world.interaction(number, &[event]).await;
            world.catch_up().await;
            let (basis, drafts_asked): (i32, i32) =
                sqlx::query_as("select basis, drafts_asked from inbox where interaction_id = $1")
                    .bind(interaction_id(number).0)
                    .fetch_one(&pool)
                    .await
                    .unwrap();
            let told = (interaction.basis(), interaction.drafts_asked());
            assert_eq!((basis.cast_unsigned(), drafts_asked.cast_unsigned()), told);
        }
    }
}

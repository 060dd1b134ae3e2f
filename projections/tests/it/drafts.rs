//! Drafts that are due: which comes first, for whom, and who makes it.

use std::collections::BTreeSet;
use std::time::Duration;

use cqrs_es::Aggregate as _;
use domain::InteractionId;
use domain::drafting::Drafting;
use domain::interaction::{Interaction, InteractionEvent};
use domain::seller::SellerEvent;
use domain::value::MessageAuthor;
use projections::drafts::{self, DraftDue, Wanted};
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
    while let Some(due) = drafts::claim(&world.db, claim(), Wanted::All).await.unwrap() {
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
async fn one_who_makes_what_is_asked_for_makes_nothing_else(pool: PgPool) {
    let world = World::new(&pool);
    for number in 10..14 {
        world.interaction(number, &[ingested(number)]).await;
    }
    world.interaction(12, &[draft_asked(0, 1)]).await;
    world.catch_up().await;
    let asked = drafts::claim(&world.db, claim(), Wanted::Asked).await.unwrap();
    assert_eq!(asked.map(|due| due.interaction), Some(interaction_id(12)));
    assert!(drafts::claim(&world.db, claim(), Wanted::Asked).await.unwrap().is_none());
    assert_eq!(ids(&world).await.len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_several_sellers_the_more_urgent_draft_comes_first(pool: PgPool) {
    let world = World::new(&pool);
    let drafting = Drafting { ahead: false, ..Drafting::default() };
    let changed = SellerEvent::DraftingChanged { version: 1, drafting };
    // One star, and nobody wants it: that holds up no other seller's.
    world.append(STRANGER, STRANGER.into(), "seller", &[changed]).await;
    world.append(STRANGER, stream(10), "interaction", &[ingested(10)]).await;
    world.interaction(14, &[ingested(14)]).await;
    world.interaction(11, &[ingested(11)]).await;
    world.catch_up().await;
    assert_eq!(ids(&world).await, [11, 14].map(interaction_id));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_wish_that_cannot_be_met_any_more_waits_for_nobody(pool: PgPool) {
    let world = World::new(&pool);
    let wished = [1, 2, 3, 4, 5];
    for number in wished {
        world.interaction(number, &[ingested(number), draft_asked(0, 1)]).await;
    }
    let chat = [chat_ingested(6), received("1", MessageAuthor::Buyer, 10, None), draft_asked(1, 1)];
    world.interaction(6, &chat).await;
    world.interaction(7, &chat).await;
    world.interaction(1, &[requested(reply(1))]).await;
    world.interaction(2, &[requested(reply(2)), sent(reply(2))]).await;
    world.interaction(3, &[rejection_requested(reply(3)), rejection_sent(reply(3))]).await;
    world.interaction(4, &[closed()]).await;
    world.interaction(5, &[held(reply(5))]).await;
    world.interaction(6, &[requested(reply(6)), sent(reply(6))]).await;
    world.interaction(7, &[chat_closed()]).await;
    world.catch_up().await;
    let due: BTreeSet<_> = ids(&world).await.into_iter().collect();
    let may_be_answered = [4, 6].map(interaction_id);
    assert_eq!(due, BTreeSet::from(may_be_answered), "what is closed unanswered, and a chat");
    // A reply that did not reach the buyer lets the wish be met.
    world.interaction(1, &[failed(reply(1))]).await;
    world.catch_up().await;
    assert_eq!(ids(&world).await, [interaction_id(1)]);
}

#[sqlx::test(migrations = "../migrations")]
async fn of_rows_from_before_drafts_were_due_none_is_until_somebody_asks(pool: PgPool) {
    let world = World::new(&pool);
    let reply = reply(1);
    world.interaction(1, &[ingested(1), revised("Ещё раз подумал"), requested(reply)]).await;
    world.catch_up().await;
    // As the columns stood when they were added.
    sqlx::query("update inbox set basis = null, draft_rank = null").execute(&pool).await.unwrap();
    world.interaction(1, &[failed(reply), revised("Передумал")]).await;
    world.catch_up().await;
    assert_eq!(ids(&world).await, [], "nobody knows of what it would be made");
    world.interaction(1, &[draft_asked(3, 1)]).await;
    world.catch_up().await;
    let asked = due(&world).await;
    let told: Vec<_> = asked.iter().map(|due| (due.basis, due.asked, due.is_asked())).collect();
    assert_eq!(told, [(3, 1, true)], "the wish tells");
    world.interaction(1, &[draft_made(1, 3, 1), revised("Ещё раз")]).await;
    world.catch_up().await;
    assert_eq!(due(&world).await.iter().map(|due| due.basis).collect::<Vec<_>>(), [4]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_erased_buyer_is_owed_no_draft(pool: PgPool) {
    let world = World::new(&pool);
    let ground = domain::interaction::ErasureGround::PersonsRequest;
    let erased = InteractionEvent::BuyerErased { ground, reference: None };
    world.interaction(1, &[ingested(1), draft_asked(0, 1), erased.clone()]).await;
    world.interaction(2, &[ingested(2), erased]).await;
    world.catch_up().await;
    assert_eq!(ids(&world).await, []);
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
    assert_eq!(drafts::count_due(&world.db).await.unwrap(), 1, "nobody waits for the other");
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
    let first = drafts::claim(&world.db, claim(), Wanted::All).await.unwrap().unwrap();
    assert_eq!(due(&world).await.len(), 0);
    drafts::rest(&world.db, &first, Duration::ZERO).await.unwrap();
    let second = drafts::claim(&world.db, claim(), Wanted::All).await.unwrap().unwrap();
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
                drafts::claim(&world.db, claim(), Wanted::All)
                    .await
                    .unwrap()
                    .map(|due| due.interaction),
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

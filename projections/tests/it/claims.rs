//! Claims for return as they are served: lists, pages, one claim whole, and what is left of an erased buyer's.

use chrono::{DateTime, Utc};
use domain::claim::{
    ClaimContent, ClaimEvent, ClaimOrder, ClaimOrigin, ClaimSource, ClaimState, ClaimWords,
    GoodsState, Price,
};
use domain::interaction::ErasureGround;
use domain::value::Product;
use domain::{ClaimId, Marketplace, TenantId};
use projections::claims::{self, Filter, PageKey};
use projections::{ReadModel, audit};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::*;

pub(crate) fn claim_id(number: u128) -> ClaimId {
    ClaimId(Uuid::from_u128(0x3000 + number))
}

fn content(state: ClaimState, comment: &str) -> ClaimContent {
    ClaimContent {
        state,
        goods: GoodsState::UnderReview,
        archived: state != ClaimState::UnderReview,
        origin: ClaimOrigin::Portal,
        product: Product { article: "123".into(), name: "Плед".into(), ..Product::default() },
        order: ClaimOrder {
            external_id: Some("v5o_1.0.0".into()),
            ordered_at: Some(at(1)),
            delivered_at: None,
        },
        price: Some(Price { amount_minor: 159_990, currency: Some("643".into()) }),
        updated_at: Some("2026-07-20T09:30:00.123456789Z".parse::<DateTime<Utc>>().unwrap()),
        actions: vec!["approve1".into()],
        words: ClaimWords { comment: comment.into(), ..ClaimWords::default() }.into(),
    }
}

/// Claim `number`, made `number` seconds after the epoch.
fn received(number: u128) -> ClaimEvent {
    let source = ClaimSource {
        account_id: ACCOUNT,
        marketplace: Marketplace::Wildberries,
        external_id: format!("claim-{number}"),
        occurred_at: at(i64::try_from(number).unwrap()),
    };
    let content = content(ClaimState::UnderReview, &format!("Нитка торчит {number}"));
    ClaimEvent::ClaimReceived { source, content }
}

fn approved() -> ClaimEvent {
    ClaimEvent::ClaimChanged { content: content(ClaimState::Approved, "Нитка торчит") }
}

fn erased() -> ClaimEvent {
    let ground = ErasureGround::PersonsRequest;
    ClaimEvent::ClaimBuyerErased { ground, reference: None }
}

impl World {
    pub(crate) async fn claim(&self, tenant: TenantId, number: u128, events: &[ClaimEvent]) {
        self.append(tenant, claim_id(number).into(), "claim", events).await;
    }

    /// Five claims: every second one approved, the third one's buyer erased.
    pub(crate) async fn claims(&self) {
        for number in 0..5 {
            self.claim(TENANT, number, &[received(number)]).await;
            if number.is_multiple_of(2) {
                self.claim(TENANT, number, &[approved()]).await;
            }
        }
        self.keys.destroy(TENANT, claim_id(3).0).await.unwrap();
        self.claim(TENANT, 3, &[erased()]).await;
    }
}

async fn listed(world: &World, filter: &Filter) -> Vec<String> {
    let page = claims::list(&world.db, TENANT, filter, None, 50).await.unwrap();
    page.rows.into_iter().map(|row| row.external_id).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_are_listed_by_state_and_account_the_latest_first(pool: PgPool) {
    let world = World::new(&pool);
    world.connect_account().await;
    world.claims().await;
    world.claim(STRANGER, 9, &[received(9)]).await;
    world.catch_up().await;
    let all = ["claim-4", "claim-3", "claim-2", "claim-1", "claim-0"];
    assert_eq!(listed(&world, &Filter::default()).await, all);
    let open = Filter { state: Some("under_review".into()), ..Filter::default() };
    assert_eq!(listed(&world, &open).await, ["claim-3", "claim-1"]);
    let ours = Filter { account_id: Some(ACCOUNT.0), ..Filter::default() };
    assert_eq!(listed(&world, &ours).await, all);
    let other = Filter { account_id: Some(Uuid::nil()), ..Filter::default() };
    assert!(listed(&world, &other).await.is_empty());
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_follow_each_other_while_claims_come_in(pool: PgPool) {
    let world = World::new(&pool);
    world.claims().await;
    world.catch_up().await;
    let page = async |after: Option<PageKey>| {
        claims::list(&world.db, TENANT, &Filter::default(), after, 2).await.unwrap()
    };
    let first = page(None).await;
    world.claim(TENANT, 7, &[received(7)]).await;
    world.catch_up().await;
    let second = page(first.next).await;
    let third = page(second.next).await;
    assert!(third.next.is_none());
    let ids = [first.rows, second.rows, third.rows].concat();
    let ids: Vec<_> = ids.into_iter().map(|row| row.external_id).collect();
    assert_eq!(ids, ["claim-4", "claim-3", "claim-2", "claim-1", "claim-0"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_claim_is_shown_whole_and_an_erased_buyers_without_words(pool: PgPool) {
    let world = World::new(&pool);
    world.connect_account().await;
    world.claims().await;
    world.catch_up().await;
    let one = async |number| claims::one(&world.db, TENANT, claim_id(number)).await.unwrap();
    let row = one(2).await.unwrap();
    assert_eq!((row.state.as_str(), row.archived, row.version), ("approved", true, 2));
    assert_eq!((row.price_minor, row.currency.as_deref()), (Some(159_990), Some("643")));
    assert_eq!(row.account_name.as_deref(), Some("Основной"));
    assert_eq!(row.words["comment"], "Нитка торчит");
    assert_eq!(one(3).await.unwrap().words, json!({"erased": true}));
    assert!(claims::one(&world.db, STRANGER, claim_id(2)).await.unwrap().is_none());
    let kept: Vec<Value> =
        sqlx::query_scalar("select to_jsonb(c) from claim c").fetch_all(&pool).await.unwrap();
    assert!(!format!("{kept:?}").contains("торчит 3"), "{kept:?}");
}

/// What is served is the log folded anew, and a row changed by hand is found.
#[sqlx::test(migrations = "../migrations")]
async fn a_claim_changed_by_hand_is_found_and_mended(pool: PgPool) {
    let world = World::new(&pool);
    world.claims().await;
    world.catch_up().await;
    let audit =
        async || audit::tenant(&world.db, &world.log, ReadModel::Claims, TENANT).await.unwrap();
    assert!(audit().await.is_sound());
    sqlx::query("update claim set state = 'declined' where claim_id = $1")
        .bind(claim_id(4).0)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(audit().await.differences, [claim_id(4).0.to_string()]);
    let rebuild = projections::rebuild::rebuild_tenant;
    rebuild(&world.db, &world.log, ReadModel::Claims, TENANT).await.unwrap();
    assert!(audit().await.is_sound());
}

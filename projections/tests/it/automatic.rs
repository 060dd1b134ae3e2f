//! Places of automatic replies: as many as the seller wants, whoever takes them at once.

use domain::automation::Refused;
use domain::{DraftId, InteractionId, TenantId};
use eventlog::Db;
use futures::future::join_all;
use projections::automatic::{self, Limits};
use sqlx::PgPool;
use uuid::Uuid;

use crate::support::*;

const LIMITS: Limits = Limits { per_hour: 5, per_day: 8 };

fn draft(n: u128) -> (InteractionId, DraftId) {
    (InteractionId(Uuid::from_u128(n)), DraftId(Uuid::from_u128(n)))
}

async fn taken(db: &Db, tenant: TenantId) -> i64 {
    automatic::sent(db, tenant).await.unwrap().last_day
}

#[sqlx::test(migrations = "../migrations")]
async fn no_more_places_are_taken_at_once_than_there_are(pool: PgPool) {
    let db = Db::from_pool(pool);
    let all =
        join_all((1..=20).map(|n| automatic::take_place(&db, TENANT, draft(n), LIMITS))).await;
    let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
    assert_eq!(all.iter().filter(|place| place.is_ok()).count(), 5, "{all:?}");
    assert!(all.iter().all(|place| matches!(place, Ok(()) | Err(Refused::HourIsFull))));
    assert_eq!(taken(&db, TENANT).await, 5);
    // Asked again, each hears the same, and others have places of their own.
    for (n, place) in (1..).zip(all) {
        assert_eq!(automatic::take_place(&db, TENANT, draft(n), LIMITS).await.unwrap(), place);
    }
    assert_eq!(automatic::take_place(&db, STRANGER, draft(1), LIMITS).await.unwrap(), Ok(()));
}

/// Whoever counts first and takes a place then takes too many: the same check must notice.
#[sqlx::test(migrations = "../migrations")]
async fn counting_before_taking_is_noticed(pool: PgPool) {
    let careless = async |n: u128| {
        let count = "select count(*) from automatic_reply where tenant_id = $1";
        let mut connection = pool.acquire().await.unwrap();
        let taken: i64 =
            sqlx::query_scalar(count).bind(TENANT.0).fetch_one(&mut *connection).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if taken < 5 {
            sqlx::query("insert into automatic_reply (tenant_id, draft_id, interaction_id) values ($1, $2, $2)")
                .bind(TENANT.0)
                .bind(Uuid::from_u128(n))
                .execute(&mut *connection)
                .await
                .unwrap();
        }
    };
    join_all((1..=20).map(careless)).await;
    assert!(taken(&Db::from_pool(pool.clone()), TENANT).await > 5);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_place_is_free_again_after_its_hour_and_when_it_was_of_no_use(pool: PgPool) {
    let db = Db::from_pool(pool.clone());
    let take = async |n| automatic::take_place(&db, TENANT, draft(n), LIMITS).await.unwrap();
    for n in 1..=5 {
        assert_eq!(take(n).await, Ok(()));
    }
    assert_eq!(take(6).await, Err(Refused::HourIsFull));
    automatic::refuse(&db, TENANT, draft(5), Refused::Guardrails).await.unwrap();
    assert_eq!(take(7).await, Ok(()));
    let older = "update automatic_reply set decided_at = decided_at - interval '61 minutes'";
    sqlx::query(older).execute(&pool).await.unwrap();
    for n in 8..=10 {
        assert_eq!(take(n).await, Ok(()));
    }
    assert_eq!(take(11).await, Err(Refused::DayIsFull));
    let latest = automatic::latest(&db, TENANT, 2).await.unwrap();
    let latest: Vec<_> = latest.iter().map(|one| (one.draft, one.refused)).collect();
    assert_eq!(latest, [(draft(11).1, Some(Refused::DayIsFull)), (draft(10).1, None)]);
    assert_eq!(automatic::latest(&db, STRANGER, 2).await.unwrap(), []);
}

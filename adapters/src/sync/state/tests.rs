//! Turns and counts of readings, against a real database.

use sqlx::PgPool;

use super::*;

const TENANT: TenantId = TenantId(Uuid::from_u128(0xa11));
const LEASE: Duration = Duration::from_secs(60);

async fn started(pool: &PgPool, channels: &[Channel]) -> Db {
    let (db, account) = (Db::from_pool(pool.clone()), AccountId(Uuid::from_u128(1)));
    for channel in channels {
        start(&db, TENANT, account, Marketplace::Ozon, &[Section::Channel(*channel)])
            .await
            .unwrap();
    }
    db
}

async fn claimed(db: &Db) -> ClaimedSync {
    claim(db, LEASE).await.unwrap().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_long_round_lets_others_have_their_turn_between_pages(pool: PgPool) {
    let db = started(&pool, &[Channel::Review, Channel::Question]).await;
    let mut pages = Vec::new();
    for page in 0..4 {
        let claimed = claimed(&db).await;
        pages.push(claimed.section);
        let read = Read { items: 1, resume: None };
        go_on(&db, &claimed, &page.into(), &read, Duration::ZERO).await.unwrap();
    }
    assert_ne!(pages[0], pages[1], "{pages:?}");
    assert_eq!(pages[..2], pages[2..]);
}

/// A marketplace that was away has used up none of the tries.
#[sqlx::test(migrations = "../migrations")]
async fn items_that_could_not_be_stored_are_counted_apart(pool: PgPool) {
    let db = started(&pool, &[Channel::Chat]).await;
    let mut counted = Vec::new();
    for code in ["unreachable", "unreachable", NOT_STORED, NOT_STORED, "unreachable"] {
        let claimed = claimed(&db).await;
        counted.push((claimed.error_count, claimed.not_stored_count));
        fail(&db, &claimed, code, None, Duration::ZERO).await.unwrap();
    }
    assert_eq!(counted, [(0, 0), (1, 0), (2, 0), (1, 1), (2, 2)]);
}

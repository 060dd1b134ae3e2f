//! `Db::begin` may be cancelled at any point, which sqlx's own may not.

use std::future::Future;
use std::pin::pin;
use std::task::Poll;

use eventlog::Db;
use futures::poll;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// Lets `future` run for so many polls, then drops it.
async fn cancelled_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let Poll::Ready(output) = poll!(&mut future) {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Tells whether the next borrower of the pool finds itself inside somebody's transaction, and ends that.
async fn inside_foreign_transaction(pool: &PgPool) -> bool {
    // Refused outside a transaction.
    let inside = sqlx::query("savepoint probe").execute(pool).await.is_ok();
    if inside {
        sqlx::query("rollback").execute(pool).await.unwrap();
    }
    inside
}

/// Cancels `begin` at every stage, a hundred times, and returns how often it left its transaction open.
async fn count_poisoned<F: Future>(pool: &PgPool, begin: impl Fn() -> F) -> usize {
    let (mut cancelled, mut poisoned) = (0, 0);
    for polls in (1..=30).cycle() {
        if cancelled == 100 {
            break;
        }
        if cancelled_after(polls, begin()).await.is_none() {
            cancelled += 1;
            poisoned += usize::from(inside_foreign_transaction(pool).await);
        }
    }
    poisoned
}

/// One connection, so that the next borrower has the one that was left behind; without a look at it before, which
/// would only take time in which nothing can go wrong.
async fn pool_of_one(connect: PgConnectOptions) -> PgPool {
    let options = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
    options.connect_with(connect).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_begin_leaves_no_transaction_behind(
    _: PgPoolOptions,
    connect: PgConnectOptions,
) {
    let pool = pool_of_one(connect).await;
    let db = Db::from_pool(pool.clone());
    let poisoned = count_poisoned(&pool, || db.begin()).await;
    assert_eq!(poisoned, 0);
}

/// The fault that `Db::begin` guards against, asserted as it is: when this fails, the guard is no longer needed.
#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_begin_of_sqlx_poisons_the_pool(_: PgPoolOptions, connect: PgConnectOptions) {
    let pool = pool_of_one(connect).await;
    #[expect(clippy::disallowed_methods, reason = "shows what the guard is for")]
    let poisoned = count_poisoned(&pool, || pool.begin()).await;
    assert!(poisoned > 0, "no cancelled begin left a transaction open");
}

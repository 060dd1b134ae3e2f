//! What the console asks of the inbox.

use std::time::Instant;

use domain::TenantId;
use eventlog::Db;
use projections::inbox::{Filter, Order, PageKey, count, list};

use crate::sellers::Sellers;
use tests::latencies::Latencies;

/// How often each seller's inbox is asked for its lists: with 16 sellers and 4 pages each time a thousand questions.
const ROUNDS: usize = 16;

/// Rows of a page, as the API has them unless asked otherwise.
const PAGE_ROWS: i64 = 50;

/// How long the answers took.
#[derive(Default)]
pub(crate) struct Asked {
    pub(crate) lists: Latencies,
    pub(crate) counts: Latencies,
}

/// Asks for every seller's lists, two pages of each, and counts.
pub(crate) async fn ask(db: &Db, sellers: &Sellers) -> anyhow::Result<Asked> {
    let mut asked = Asked::default();
    let waiting = Filter { needs_response: Some(true), ..Filter::default() };
    let angry = Filter { ratings: vec![1, 2], ..Filter::default() };
    for round in 0..ROUNDS {
        for tenant in sellers.with_reviews() {
            for (filter, order) in [(&waiting, Order::Newest), (&angry, Order::Oldest)] {
                let next = asked.list(db, tenant, filter, order, None).await?;
                asked.list(db, tenant, filter, order, next).await?;
            }
            // Counts read all of a seller's rows, so a few say as much as many.
            if round == 0 {
                let started = Instant::now();
                count(db, tenant, &waiting).await?;
                asked.counts.add(started.elapsed());
            }
        }
    }
    Ok(asked)
}

impl Asked {
    async fn list(
        &mut self,
        db: &Db,
        tenant: TenantId,
        filter: &Filter,
        order: Order,
        after: Option<PageKey>,
    ) -> anyhow::Result<Option<PageKey>> {
        let started = Instant::now();
        let page = list(db, tenant, filter, order, after, PAGE_ROWS).await?;
        self.lists.add(started.elapsed());
        anyhow::ensure!(!page.rows.is_empty(), "the inbox of a seller is empty");
        Ok(page.next)
    }
}

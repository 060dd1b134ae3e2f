//! Sellers, their reviews, and what a marketplace says of one at each reading.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use commands::ingest::Reading;
use domain::interaction::{ChatReading, Ingest};
use domain::value::{BuyerWords, Content, Links, Product, Source};
use domain::{AccountId, Channel, InteractionId, Marketplace, TenantId};
use eventlog::EventLog;
use uuid::Uuid;

/// Sellers, each in a log of its own.
const SELLERS: u64 = 16;

/// Reviews on a page.
pub(crate) const PAGE_REVIEWS: u64 = 1_000;

/// How often a page is read, with other texts each time: so many events has a review, and the drafts it is given.
pub(crate) const READINGS: u64 = 5;

/// With its seal and the rest of the event about 600 bytes.
const TEXT: &str = "Чайник красивый, воду греет быстро и почти не шумит. Крышка сначала закрывалась туго, \
                    через неделю всё стало как надо.";

/// Some sellers and the pages of reviews they have by now. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Sellers {
    sellers: Arc<[(TenantId, AccountId)]>,
    /// Pages begun, those of all sellers in turn.
    begun: Arc<AtomicU64>,
    /// Pages of which it is known that they and all before them are stored; a few more may be.
    stored: Arc<AtomicU64>,
    first_at: DateTime<Utc>,
}

impl Sellers {
    pub(crate) async fn new(log: &EventLog) -> anyhow::Result<Self> {
        let mut sellers = Vec::new();
        for _ in 0..SELLERS {
            let tenant = TenantId(Uuid::now_v7());
            log.log_of(tenant).await?;
            sellers.push((tenant, AccountId(Uuid::now_v7())));
        }
        Ok(Self {
            sellers: sellers.into(),
            begun: Arc::default(),
            stored: Arc::default(),
            first_at: Utc::now(),
        })
    }

    /// Those that have reviews: all of them after the first pages.
    pub(crate) fn with_reviews(&self) -> impl Iterator<Item = TenantId> {
        let pages = usize::try_from(self.stored.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        self.sellers.iter().take(pages).map(|(tenant, _)| *tenant)
    }

    /// Begins the next page.
    pub(crate) fn begin_page(&self) -> Page {
        Page(self.begun.fetch_add(1, Ordering::Relaxed))
    }

    /// Notes that every page begun so far is stored, which is so when nobody works on any.
    pub(crate) fn all_stored(&self) {
        self.stored.store(self.begun.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Whose page that is.
    pub(crate) fn tenant_of(&self, page: Page) -> TenantId {
        self.seller_of(page).0
    }

    /// What the marketplace says at the `nth` reading of a page.
    pub(crate) fn readings(&self, page: Page, nth: u64) -> Vec<Reading> {
        (0..PAGE_REVIEWS).map(|review| self.reading(page, review, nth)).collect()
    }

    /// Any review that is stored, each as likely as another; none while there is none.
    pub(crate) fn any_review(&self) -> Option<(TenantId, InteractionId)> {
        let pages = self.stored.load(Ordering::Relaxed);
        if pages == 0 {
            return None;
        }
        let [page, review] = [Uuid::new_v4(), Uuid::new_v4()].map(|id| id.as_u64_pair().1);
        let page = Page(page % pages);
        let (tenant, account) = self.seller_of(page);
        let external_id = external_id(page, review % PAGE_REVIEWS);
        let id = InteractionId::of_external(tenant, account, Channel::Review, &external_id);
        Some((tenant, id))
    }

    fn seller_of(&self, Page(page): Page) -> (TenantId, AccountId) {
        self.sellers[page as usize % self.sellers.len()]
    }

    fn reading(&self, page: Page, review: u64, nth: u64) -> Reading {
        let (_, account_id) = self.seller_of(page);
        let external_id = external_id(page, review);
        let seconds = i64::try_from(page.0 * PAGE_REVIEWS + review).unwrap_or_default();
        let words = BuyerWords { text: format!("{TEXT} ({nth})"), ..BuyerWords::default() };
        Reading {
            digest: format!("{external_id} {nth}").into_bytes(),
            ingest: Ingest {
                source: Source {
                    account_id,
                    marketplace: Marketplace::Wildberries,
                    channel: Channel::Review,
                    external_id,
                    occurred_at: self.first_at + TimeDelta::seconds(seconds),
                },
                content: Content {
                    rating: u8::try_from(1 + review % 5).ok(),
                    product: Product {
                        article: (review % 100).to_string(),
                        name: "Чайник электрический".to_owned(),
                        ..Product::default()
                    },
                    words: words.into(),
                },
                answer: None,
                chat: ChatReading::default(),
                links: Links::default(),
                processed: false,
                seen_at: Utc::now(),
            },
        }
    }
}

/// A page of reviews, by number.
#[derive(Clone, Copy)]
pub(crate) struct Page(u64);

fn external_id(Page(page): Page, review: u64) -> String {
    format!("{page}-{review}")
}

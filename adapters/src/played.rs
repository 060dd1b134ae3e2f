//! For tests of the workers: reviews with replies on their way, and a marketplace that shows what the test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use commands::credential::Credentials;
use commands::{Actor, Commands, Context};
use domain::event::decode;
use domain::interaction::{
    ChatReading, Delivery, Ingest, Interaction, InteractionCommand, InteractionEvent, ReplyState,
    Timing,
};
use domain::value::{BuyerWords, Content, Links, ObservedAnswer, ObservedState, Product, Source};
use domain::{AccountId, Channel, InteractionId, Marketplace, ReplyId, TenantId};
use eventlog::{
    AppenderOptions, Db, EventLog, MasterKey, MasterKeys, StoredEvent, SubjectKeys, Vault,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use projections::ReadModel;
use projections::effects::Claim;
use projections::runner::Runner;
use sqlx::PgPool;
use uuid::Uuid;

use crate::cabinets::{Addresses, Cabinet, Cabinets};
use crate::connector::{Connector, Found, Letter, LookUp, PageRead, Place, ReadError, Wanted};
use crate::http::SendOutcome;
use crate::rate_limit::{Limiter, Priority};

const TENANT: TenantId = TenantId(Uuid::from_u128(0xa11));
const ACCOUNT: AccountId = AccountId(Uuid::from_u128(0xacc));
const TEXT: &str = "Здравствуйте! Спасибо за отзыв.";

/// A log with reviews and replies, and what is owed for them.
pub(crate) struct Played {
    pub(crate) db: Db,
    pub(crate) commands: Commands,
    pub(crate) cabinets: Cabinets,
    pub(crate) claim: Claim,
    log: EventLog,
}

/// A marketplace that shows what it was told to. It is asked nothing else.
struct Shown {
    shows: fn(&[Wanted]) -> LookUp,
    asked: Asked,
}

/// How many items each look was for.
pub(crate) type Asked = Arc<Mutex<Vec<usize>>>;

/// What stands under a review that was answered.
pub(crate) fn answered() -> Found {
    Found::Given(Some(ObservedAnswer {
        text: TEXT.to_owned().into(),
        state: ObservedState::Published,
        editable: None,
        external_id: None,
        refusal: None,
    }))
}

/// Shows each of these as `found` says, where it says something.
pub(crate) fn shown(wanted: &[Wanted], found: impl Fn(&str) -> Option<Found>) -> LookUp {
    let mut seen = LookUp::default();
    for Wanted { source, .. } in wanted {
        if let Some(found) = found(&source.external_id) {
            seen.insert(source.external_id.clone(), found);
        }
    }
    seen
}

pub(crate) fn reply_id(n: u32) -> ReplyId {
    ReplyId(Uuid::from_u128(n.into()))
}

pub(crate) fn days_ago(days: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::days(days)
}

fn review(n: u32) -> InteractionId {
    InteractionId::of_external(TENANT, ACCOUNT, Channel::Review, &n.to_string())
}

impl Played {
    pub(crate) fn start(pool: &PgPool) -> Self {
        _ = rustls::crypto::ring::default_provider().install_default();
        let db = Db::from_pool(pool.clone());
        let master_keys = MasterKeys::new(MasterKey::generate("test"), vec![]);
        let keys = SubjectKeys::new(db.clone(), master_keys.clone());
        let log = EventLog::new(db.clone(), keys, AppenderOptions::default());
        let commands = Commands::new(log.clone());
        let credentials = Credentials::new(db.clone(), Vault::new(db.clone(), master_keys));
        let nowhere = || "http://127.0.0.1:1".to_owned();
        let addresses = Addresses {
            wildberries: nowhere(),
            wildberries_chats: nowhere(),
            wildberries_returns: nowhere(),
            ozon: nowhere(),
            yandex: nowhere(),
        };
        let cabinets = Cabinets::new(db.clone(), commands.clone(), credentials, addresses).unwrap();
        let claim = Claim { owner: Uuid::from_u128(1), lease: Duration::from_secs(60) };
        Self { db, commands, cabinets, claim, log }
    }

    /// A buyer writes review `n`, and the reply to it comes to what `outcome` says.
    pub(crate) async fn replied(&self, n: u32, outcome: InteractionCommand) {
        let reading = Ingest {
            source: Source {
                account_id: ACCOUNT,
                marketplace: Marketplace::Wildberries,
                channel: Channel::Review,
                external_id: n.to_string(),
                occurred_at: days_ago(20),
            },
            content: Content {
                rating: Some(5),
                product: Product::default(),
                words: BuyerWords::default().into(),
            },
            answer: None,
            chat: ChatReading::default(),
            links: Links::default(),
            processed: false,
            seen_at: days_ago(20),
        };
        let request = InteractionCommand::RequestReply {
            reply_id: reply_id(n),
            text: TEXT.into(),
            draft_id: None,
            bulk_id: None,
            files: vec![],
            timing: Timing::default(),
            grounds: domain::guardrail::Grounds::default(),
        };
        for command in [InteractionCommand::Ingest(Box::new(reading)), request, outcome] {
            let context = Context::new(TENANT, Actor::System("test"));
            self.commands.execute::<Interaction>(&context, review(n), command).await.unwrap();
        }
    }

    /// Fills the outbox; what sends has done its part.
    pub(crate) async fn owe(&self) {
        let (db, log) = (self.db.clone(), self.log.clone());
        let runner = Runner::new(db, log, &[ReadModel::Effects], Duration::from_secs(10));
        runner.catch_up().await.unwrap();
        sqlx::query("update effect set state = 'done' where kind = 'deliver_reply'")
            .execute(self.db.pool())
            .await
            .unwrap();
    }

    /// Lets whatever waits in the outbox be due.
    pub(crate) async fn all_due(&self) {
        sqlx::query("update effect set next_at = now() where state = 'pending'")
            .execute(self.db.pool())
            .await
            .unwrap();
    }

    /// Counts what waits in the outbox, beside what is to be sent.
    pub(crate) async fn waiting(&self) -> i64 {
        let count = "select count(*) from effect where state = 'pending' and next_at > now()
            and kind <> 'deliver_reply'";
        sqlx::query_scalar(count).fetch_one(self.db.pool()).await.unwrap()
    }

    /// Tells how the reply to review `n` stands.
    pub(crate) async fn state(&self, n: u32) -> ReplyState {
        let loaded = self.commands.load::<Interaction>(TENANT, review(n)).await.unwrap();
        loaded.aggregate.version(reply_id(n)).unwrap().state
    }

    /// Reads what happened to review `n`.
    pub(crate) async fn events(&self, n: u32) -> Vec<InteractionEvent> {
        let stored = self.log.load_stream(TENANT, review(n).into(), 0).await.unwrap();
        let events = |stored: StoredEvent| decode(stored.names(), stored.payload.clone()).unwrap();
        stored.into_iter().flat_map(events).collect()
    }

    /// Opens the cabinet at a marketplace that shows this; and what it will be asked.
    pub(crate) fn cabinet(&self, shows: fn(&[Wanted]) -> LookUp) -> (Cabinet, Asked) {
        let asked = Asked::default();
        let connector = Shown { shows, asked: asked.clone() };
        (Cabinet::played(Box::new(connector), TENANT, ACCOUNT), asked)
    }
}

impl Connector for Shown {
    fn look_up<'a>(
        &'a self,
        _: Channel,
        wanted: &'a [Wanted],
        _: Priority,
    ) -> BoxFuture<'a, Result<LookUp, ReadError>> {
        self.asked.lock().unwrap().push(wanted.len());
        async { Ok((self.shows)(wanted)) }.boxed()
    }

    fn read_page<'a>(
        &'a self,
        _: Channel,
        _: &'a Place,
    ) -> BoxFuture<'a, Result<PageRead, ReadError>> {
        unreachable!("only looks")
    }

    fn send<'a>(&'a self, _: &'a Delivery, _: Letter<'a>) -> BoxFuture<'a, SendOutcome> {
        unreachable!("only looks")
    }

    fn write_limiter(&self, _: Channel) -> &Limiter {
        unreachable!("only looks")
    }
}

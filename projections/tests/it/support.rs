//! What the tests share: a log on a test's own database, and histories that fill it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::account::{AccessLossReason, AccountEvent, ClosureReason, KeyFacts, KeyKind, Use};
use domain::bulk::{BulkEvent, BulkItem, Refusal};
use domain::drafting::Drafting;
use domain::guardrail::{Noted, Refused};
use domain::interaction::{
    CancelReason, CloseReason, Deadline, DismissReason, DraftOrigin, DraftSource, InteractionEvent,
    Lineage, Look, ReplyKind, Saw, SendFailure, UnknownReason,
};
use domain::policy::edit::Changed;
use domain::seller::SellerEvent;
use domain::value::{
    Analysis, BuyerWords, ChatMessage, Confidence, Content, Intent, Links, MessageAuthor,
    MessageFile, MessageWords, ObservedAnswer, ObservedState, Priority, Product, Sentiment, Source,
};
use domain::{
    AccountId, BulkId, Channel, DraftId, InteractionId, Marketplace, ReplyId, StreamId, TenantId,
    UserId,
};
use eventlog::{
    AppenderOptions, Db, EventLog, Expected, MasterKey, MasterKeys, NewEvent, NewEvents,
    SubjectKeys,
};
use projections::ReadModel;
use projections::runner::Runner;
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

pub(crate) const TENANT: TenantId = TenantId(Uuid::from_u128(0xa11));
pub(crate) const STRANGER: TenantId = TenantId(Uuid::from_u128(0xb22));
pub(crate) const ACCOUNT: AccountId = AccountId(Uuid::from_u128(0xacc));

/// A database with a log.
pub(crate) struct World {
    pub(crate) db: Db,
    pub(crate) log: EventLog,
    pub(crate) keys: SubjectKeys,
}

impl World {
    pub(crate) fn new(pool: &PgPool) -> Self {
        let db = Db::from_pool(pool.clone());
        let key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned().into();
        let keys = MasterKeys::new(MasterKey::from_base64("test", &key).unwrap(), vec![]);
        let keys = SubjectKeys::new(db.clone(), keys);
        let log = EventLog::new(db.clone(), keys.clone(), AppenderOptions::default());
        Self { db, log, keys }
    }

    pub(crate) fn runner(&self, lease: Duration) -> Runner {
        Runner::new(self.db.clone(), self.log.clone(), &ReadModel::ALL, lease)
    }

    pub(crate) async fn catch_up(&self) {
        self.runner(Duration::from_secs(10)).catch_up().await.unwrap();
    }

    /// Appends whatever stands at the end of a stream.
    pub(crate) async fn append<E: Serialize>(
        &self,
        tenant: TenantId,
        stream: StreamId,
        stream_type: &'static str,
        events: &[E],
    ) {
        self.append_as("system:test", tenant, stream, stream_type, events).await;
    }

    /// The same, caused by `actor`.
    pub(crate) async fn append_as<E: Serialize>(
        &self,
        actor: &str,
        tenant: TenantId,
        stream: StreamId,
        stream_type: &'static str,
        events: &[E],
    ) {
        let events = events.iter().map(|event| {
            let payload = serde_json::to_value(event).unwrap();
            let event_type = payload["type"].as_str().unwrap().to_owned();
            NewEvent { event_type, schema_version: 1, payload }
        });
        let new = NewEvents {
            tenant,
            stream,
            stream_type,
            expected: Expected::Any,
            command_id: Uuid::new_v4(),
            correlation_id: None,
            causation_id: None,
            actor: Some(actor.into()),
            subject: stream.0,
            events: events.collect(),
        };
        self.log.append(new).await.unwrap();
    }

    pub(crate) async fn interaction(&self, number: u128, events: &[InteractionEvent]) {
        self.append(TENANT, stream(number), "interaction", events).await;
    }

    pub(crate) async fn connect_account(&self) {
        let connected = AccountEvent::AccountConnected {
            marketplace: Marketplace::Wildberries,
            name: "Основной".into(),
        };
        self.append(TENANT, ACCOUNT.into(), "account", &[connected]).await;
    }

    pub(crate) async fn lose_access(&self) {
        let expires_at = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let facts = KeyFacts { kind: Some(KeyKind::Basic), expires_at: Some(expires_at) };
        let (to, reason) = (Use::Reading, ClosureReason::ClosedByPlan);
        let closed = |channel| AccountEvent::ChannelClosed { channel, to, reason };
        let events = [
            AccountEvent::KeyExamined { facts },
            AccountEvent::KeyExpiring { expires_at, days: 7 },
            closed(Channel::Review),
            closed(Channel::Question),
            AccountEvent::ChannelOpened { channel: Channel::Review, to },
            AccountEvent::AccessLost { reason: AccessLossReason::Unauthorized },
        ];
        self.append(TENANT, ACCOUNT.into(), "account", &events).await;
    }

    pub(crate) async fn stop_sending(&self) {
        let stopped = || SellerEvent::SendingStopped { reason: Some("Проверка".into()) };
        let drafting = Drafting { ahead: false, ..Drafting::default() };
        let changed = SellerEvent::DraftingChanged { version: 1, drafting };
        let events = [stopped(), SellerEvent::SendingResumed, stopped(), changed];
        self.append(TENANT, TENANT.into(), "seller", &events).await;
    }

    /// Appends two bulks: one that was stopped, and one with a text for all that came to its end.
    pub(crate) async fn bulks(&self) {
        let item = |number| BulkItem {
            interaction_id: interaction_id(number),
            account_id: ACCOUNT,
            basis: 1,
            draft_id: None,
        };
        let requested = |text: Option<&str>| BulkEvent::BulkRequested {
            by: UserId(Uuid::from_u128(7)),
            items: vec![item(1), item(2)],
            text: text.map(|text| text.to_owned().into()),
        };
        let taken =
            BulkEvent::BulkItemTaken { interaction_id: interaction_id(1), reply_id: reply(1) };
        let refused = BulkEvent::BulkItemRefused {
            interaction_id: interaction_id(2),
            reason: Refusal::AlreadyAnswered,
        };
        let stopped =
            [requested(None), taken.clone(), BulkEvent::BulkStopped, BulkEvent::BulkFinished];
        self.append(TENANT, StreamId(Uuid::from_u128(0xb1)), "bulk", &stopped).await;
        let ended = [requested(Some("Спасибо за отзыв!")), taken, refused, BulkEvent::BulkFinished];
        self.append(TENANT, StreamId(Uuid::from_u128(0xb2)), "bulk", &ended).await;
    }

    /// Appends a whole life of an interaction; different numbers live differently.
    pub(crate) async fn life(&self, number: u128) {
        let reply = reply(number);
        if is_chat(number) {
            let (asked, ours) =
                (received("1", MessageAuthor::Buyer, 10, None), ours("2", 101, reply));
            let life = [chat_ingested(number), asked, requested(reply), sent(reply), ours];
            return self.interaction(number, &life).await;
        }
        self.interaction(number, &[ingested(number)]).await;
        if number.is_multiple_of(3) {
            self.interaction(number, &[revised("Ещё раз подумал")]).await;
        }
        match number % 5 {
            0 => self.interaction(number, &[requested(reply), sent(reply), published(reply)]).await,
            1 => self.interaction(number, &[requested(reply), unknown(reply)]).await,
            2 => self.interaction(number, &[requested(reply), failed(reply)]).await,
            3 => self.interaction(number, &[observed()]).await,
            _ => {
                self.interaction(number, &[drafted(), draft_asked(0, 1)]).await;
            }
        }
    }
}

/// Tells which lives are those of chats.
pub(crate) fn is_chat(number: u128) -> bool {
    number % 7 == 6
}

pub(crate) fn stream(number: u128) -> StreamId {
    interaction_id(number).into()
}

pub(crate) fn interaction_id(number: u128) -> InteractionId {
    InteractionId(Uuid::from_u128(0x1000 + number))
}

pub(crate) fn reply(number: u128) -> ReplyId {
    ReplyId(Uuid::from_u128(0x2000 + number))
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

fn content(text: &str, rating: u8) -> Content {
    let words =
        BuyerWords {
            buyer_name: Some("Анна".into()), text: text.into(), ..BuyerWords::default()
        };
    let product = Product { article: "123".into(), name: "Плед".into(), ..Product::default() };
    Content { rating: Some(rating), product, words: words.into() }
}

/// Interaction `number`, written `number` seconds after the epoch, with 1 to 5 stars in turn.
pub(crate) fn ingested(number: u128) -> InteractionEvent {
    InteractionEvent::Ingested {
        source: Source {
            account_id: ACCOUNT,
            marketplace: Marketplace::Wildberries,
            channel: Channel::Review,
            external_id: format!("wb-{number}"),
            occurred_at: at(i64::try_from(number).unwrap()),
        },
        content: content(&format!("Отзыв {number}"), u8::try_from(number % 5).unwrap() + 1),
    }
}

/// Chat `number` of Ozon, begun `number` seconds after the epoch.
pub(crate) fn chat_ingested(number: u128) -> InteractionEvent {
    InteractionEvent::Ingested {
        source: Source {
            account_id: ACCOUNT,
            marketplace: Marketplace::Ozon,
            channel: Channel::Chat,
            external_id: format!("ozon-{number}"),
            occurred_at: at(i64::try_from(number).unwrap()),
        },
        content: Content { rating: None, ..content("", 1) },
    }
}

/// A message sent so many seconds after the epoch, whose words name its id.
pub(crate) fn received(
    id: &str,
    author: MessageAuthor,
    seconds: i64,
    reply_id: Option<ReplyId>,
) -> InteractionEvent {
    let file = MessageFile {
        name: format!("фото {id}.jpg"),
        address: format!("https://files.example/{id}.jpg"),
        is_image: true,
        size_bytes: Some(2048),
    };
    let text = format!("Сообщение {id}");
    let words = MessageWords { text, files: vec![file], ..MessageWords::default() };
    let message =
        ChatMessage { external_id: id.into(), author, sent_at: at(seconds), words: words.into() };
    InteractionEvent::MessageReceived { message, reply_id, seen_at: at(seconds + 5) }
}

/// A promise to the buyer of a review, by policy `said`, to answer so many hours after the epoch.
pub(crate) fn deadline_set(number: u128, said: u32, hours: i64) -> InteractionEvent {
    let since = at(i64::try_from(number).unwrap());
    promised(said, Deadline { policy: said, ..deadline(since, at(hours * 3_600)) })
}

/// A promise that follows from so much that was said.
pub(crate) fn promised(said: u32, deadline: Deadline) -> InteractionEvent {
    InteractionEvent::DeadlineSet { said, deadline, was_past: false }
}

/// A deadline by the default policy, escalated half an hour before.
pub(crate) fn deadline(since: DateTime<Utc>, answer_by: DateTime<Utc>) -> Deadline {
    let warn_at = answer_by - TimeDelta::minutes(30);
    Deadline { priority: Priority::High, policy: 0, rule: None, since, warn_at, answer_by }
}

/// A message that is a reply from here.
pub(crate) fn ours(id: &str, seconds: i64, reply_id: ReplyId) -> InteractionEvent {
    received(id, MessageAuthor::Seller, seconds, Some(reply_id))
}

pub(crate) fn chat_closed() -> InteractionEvent {
    InteractionEvent::Closed { reason: CloseReason::ChatClosed }
}

pub(crate) fn revised(text: &str) -> InteractionEvent {
    InteractionEvent::ContentRevised { content: content(text, 2) }
}

pub(crate) fn linked(parent: Option<&str>, supplement: Option<&str>) -> InteractionEvent {
    let (parent, supplement) = (parent.map(str::to_owned), supplement.map(str::to_owned));
    InteractionEvent::Linked { links: Links { parent, supplement } }
}

pub(crate) fn drafted() -> InteractionEvent {
    InteractionEvent::DraftProposed {
        draft_id: DraftId(Uuid::from_u128(9)),
        text: "Спасибо!".to_owned().into(),
        source: DraftSource::Template,
        origin: None,
    }
}

/// The draft that is made of so much at the wish of so many.
pub(crate) fn draft_made(number: u128, basis: u32, asked: u32) -> InteractionEvent {
    let analysis = Analysis {
        intent: Intent::Defect,
        sentiment: Sentiment::Negative,
        priority: Priority::Urgent,
        confidence: Confidence::FULL,
    };
    let origin = DraftOrigin { asked, analysis: Some(analysis), ..DraftOrigin::given(basis) };
    InteractionEvent::DraftProposed {
        draft_id: DraftId::made_for(interaction_id(number), basis, asked),
        text: "Спасибо!".to_owned().into(),
        source: DraftSource::Template,
        origin: Some(Box::new(origin)),
    }
}

/// The draft that goes on with the text of the one that was made of one less.
pub(crate) fn draft_carried(number: u128, basis: u32, asked: u32) -> InteractionEvent {
    let carried_from = Some(DraftId::made_for(interaction_id(number), basis, asked));
    let origin = DraftOrigin { asked, carried_from, ..DraftOrigin::given(basis + 1) };
    InteractionEvent::DraftProposed {
        draft_id: DraftId::made_for(interaction_id(number), basis + 1, asked),
        text: "Спасибо!".to_owned().into(),
        source: DraftSource::Template,
        origin: Some(Box::new(origin)),
    }
}

/// The same reply as a part of a bulk.
pub(crate) fn in_bulk(event: InteractionEvent) -> InteractionEvent {
    let mut event = event;
    if let InteractionEvent::ReplyRequested { bulk_id, .. } = &mut event {
        *bulk_id = Some(BulkId(Uuid::from_u128(0xb)));
    }
    event
}

pub(crate) fn draft_asked(basis: u32, asked: u32) -> InteractionEvent {
    InteractionEvent::DraftRequested { basis, asked }
}

pub(crate) fn draft_dismissed(number: u128, basis: u32, asked: u32) -> InteractionEvent {
    let draft_id = DraftId::made_for(interaction_id(number), basis, asked);
    InteractionEvent::DraftDismissed { draft_id, reason: DismissReason::OffTopic }
}

pub(crate) fn requested(reply_id: ReplyId) -> InteractionEvent {
    let text = "Спасибо за отзыв!".to_owned().into();
    InteractionEvent::ReplyRequested {
        reply_id,
        text,
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: None,
        held_until: None,
    }
}

/// A reply that was measured against the draft that was made of so much at the wish of so many.
pub(crate) fn measured(
    number: u128,
    reply_id: ReplyId,
    basis: u32,
    asked: u32,
) -> InteractionEvent {
    let draft_id = DraftId::made_for(interaction_id(number), basis, asked);
    let sent = "Спасибо за отзыв!";
    let changed = Changed::between(
        ["Спасибо!", sent, "Жаль", "Спасибо за вопрос!"][basis as usize % 4],
        sent,
    );
    InteractionEvent::ReplyRequested {
        reply_id,
        text: sent.to_owned().into(),
        draft_id: Some(draft_id),
        lineage: Some(Lineage { draft_id, changed }),
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: None,
        held_until: None,
    }
}

pub(crate) fn held(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyRequested {
        reply_id,
        text: "Спасибо за отзыв!".to_owned().into(),
        draft_id: None,
        lineage: None,
        automation: None,
        bulk_id: None,
        files: vec![],
        guardrails: None,
        held_until: Some(at(130)),
    }
}

pub(crate) fn cancelled(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyCancelled { reply_id, reason: CancelReason::ByPerson }
}

pub(crate) fn edit_requested(reply_id: ReplyId, replaces: ReplyId) -> InteractionEvent {
    let text = "Спасибо за отзыв, Анна!".to_owned().into();
    InteractionEvent::ReplyEditRequested {
        reply_id,
        replaces,
        text,
        guardrails: None,
        held_until: None,
    }
}

pub(crate) fn sent(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplySent { reply_id, attempt: 1, accepted_at: at(100), external_id: None }
}

pub(crate) fn published(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyPublished { reply_id, seen_at: at(160) }
}

pub(crate) fn rejected(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyModerationFailed {
        reply_id,
        code: "rejected".into(),
        marketplace_text: None,
    }
}

pub(crate) fn rejection_requested(reply_id: ReplyId) -> InteractionEvent {
    let text = "Вопрос не о товаре.".to_owned().into();
    InteractionEvent::RejectionRequested { reply_id, text, held_until: None }
}

pub(crate) fn rejection_sent(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::RejectionSent { reply_id, attempt: 1, accepted_at: at(100) }
}

pub(crate) fn rejection_confirmed(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::RejectionConfirmed { reply_id, seen_at: at(160) }
}

pub(crate) fn unknown(reply_id: ReplyId) -> InteractionEvent {
    let reason = UnknownReason::Timeout;
    InteractionEvent::ReplyOutcomeUnknown { reply_id, attempt: 1, reason, at: at(100) }
}

pub(crate) fn failed(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplySendFailed {
        reply_id,
        attempt: 1,
        failure: SendFailure::Unauthorized,
        marketplace_text: Some("token problem".to_owned().into()),
        retry_at: None,
        looks: vec![],
    }
}

pub(crate) fn failed_for_now(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplySendFailed {
        reply_id,
        attempt: 2,
        failure: SendFailure::Unavailable,
        marketplace_text: None,
        retry_at: Some(at(200) + TimeDelta::nanoseconds(1_234_567)),
        looks: vec![],
    }
}

/// Reading could not tell what became of it.
pub(crate) fn given_up(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplySendFailed {
        reply_id,
        attempt: 3,
        failure: SendFailure::NeverArrived,
        marketplace_text: None,
        retry_at: None,
        looks: vec![Look { at: at(300), saw: Saw::Absent }],
    }
}

pub(crate) fn marked_sent(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyMarkedSent { reply_id, kind: ReplyKind::Answer, at: at(400) }
}

pub(crate) fn retried(reply_id: ReplyId) -> InteractionEvent {
    InteractionEvent::ReplyRetryRequested { reply_id, attempt: 4, guardrails: None }
}

pub(crate) fn refused() -> InteractionEvent {
    let found = |rule: &str| Noted { rule: rule.into(), place: None, listed: None };
    InteractionEvent::ReplyRefused {
        kind: ReplyKind::Answer,
        text: "Вам ответил бот.".to_owned().into(),
        guardrails: Refused {
            version: 1,
            own_version: 0,
            errors: vec![found("ai_mention")],
            warnings: vec![],
        },
    }
}

pub(crate) fn closed() -> InteractionEvent {
    InteractionEvent::Closed { reason: CloseReason::ProcessedByMarketplace }
}

pub(crate) fn observed() -> InteractionEvent {
    observed_as(ObservedState::Published)
}

pub(crate) fn observed_refused() -> InteractionEvent {
    observed_as(ObservedState::Rejected)
}

fn observed_as(state: ObservedState) -> InteractionEvent {
    let text = "Благодарим!".to_owned().into();
    let answer = ObservedAnswer { text, state, editable: None, external_id: None, refusal: None };
    InteractionEvent::ReplyObserved { answer, seen_at: at(160), ordinal: 0 }
}

/// Waits until a statement that has `words` in it waits for a lock.
pub(crate) async fn waits_for_lock(pool: &PgPool, words: &str) {
    let waiting = "select exists (select from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and wait_event_type = 'Lock'
            and position($1 in query) > 0)";
    while !sqlx::query_scalar::<_, bool>(waiting).bind(words).fetch_one(pool).await.unwrap() {
        tokio::task::yield_now().await;
    }
}

/// Returns the columns that a table's rows are known by, after the seller.
pub(crate) fn key_of(table: &str) -> &'static str {
    match table.rsplit('.').next() {
        Some("account") => "account_id",
        Some("bulk") => "bulk_id",
        Some("claim") => "claim_id",
        Some("failure" | "reply_history") => "interaction_id, reply_id",
        Some("knowledge") => "item_id, ordinal",
        Some("lineage") => "interaction_id, lineage_id",
        Some("sending") => "tenant_id",
        _ => "interaction_id",
    }
}

//! What a bulk would send and what it would not, before anybody asks for it. Nothing is kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use adapters::bulk::closed;
use adapters::rate_limit::Limit;
use axum::extract::State;
use chrono::{DateTime, Utc};
use commands::Answerable;
use domain::account::Account;
use domain::bulk::{BulkError, ITEMS_MAX, Refusal};
use domain::guardrail::{Grounds, Own, Severity, same_text};
use domain::interaction::{InteractionCommand, InteractionError, InteractionEvent, Timing};
use domain::{AccountId, Channel, DraftId, InteractionId, ReplyId, TenantId};
use projections::effects;
use projections::inbox::{self, InboxRow, Order};
use projections::reply_history::are_duplicates;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use uuid::Uuid;

use super::refusal::Reason;
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::Json;
use crate::guardrail::{self, Found, Violation};
use crate::routes::interactions::{InteractionSummary, ItemsFilter};

/// Pre-flights that are worked on at once: each may read the events of a thousand interactions.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Interactions read at once.
const CHUNK: usize = 200;

/// What is to be looked at: either `items` or `filter`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PreflightRequest {
    #[serde(default)]
    #[schema(max_items = 1000)]
    items: Option<Vec<PreflightWish>>,
    /// Everything that the list shows with it, up to 1000.
    #[serde(default)]
    filter: Option<ItemsFilter>,
    /// The text for all of them; without it, each would get its draft.
    #[serde(default)]
    #[schema(max_length = 5000)]
    text: Option<String>,
}

/// An interaction that may be answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PreflightWish {
    #[schema(value_type = Uuid)]
    interaction_id: InteractionId,
    /// As an earlier pre-flight told it: whether something came in since is told then.
    #[serde(default)]
    basis: Option<u32>,
    /// Its `version` in the list that it was chosen from: whether something came in since is told then, too.
    #[serde(default)]
    version: Option<i32>,
}

/// What a bulk would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Preflight {
    items: Vec<PreflightItem>,
    /// Items that would get a reply.
    sendable: usize,
    /// Why the others would not, the commonest first.
    reasons: Vec<ReasonCount>,
    /// How long it would take, by the limits of the cabinets.
    estimated_seconds: u64,
}

/// What an item would get.
#[derive(Serialize, ToSchema)]
struct PreflightItem {
    interaction: InteractionSummary,
    /// To be given back when the bulk is asked for.
    basis: u32,
    /// The draft that it would get; to be given back, too.
    draft_id: Option<Uuid>,
    /// The text that it would get; none where it has none.
    text: Option<String>,
    /// Whether it would get a reply.
    sendable: bool,
    /// Whether it would get none only because something came in since it was chosen: asked for with this `basis`, it
    /// gets one.
    changed: bool,
    /// Why not.
    reason: Option<Reason>,
    /// What the guardrails stop it for.
    violations: Vec<Violation>,
    /// What they would let through.
    warnings: Vec<Violation>,
}

/// How many items get no reply for a reason.
#[derive(Serialize, ToSchema)]
struct ReasonCount {
    #[serde(flatten)]
    reason: Reason,
    count: usize,
}

/// Tells what a bulk would send to each of the interactions, and which it would not answer and why.
#[utoipa::path(post, path = "/interactions/bulk/preflight", tag = "bulks", request_body = PreflightRequest,
    responses((status = OK, body = Preflight)))]
pub(crate) async fn preflight(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<PreflightRequest>,
) -> Result<Json<Preflight>, ApiError> {
    let tenant = caller.tenant();
    let given = body.text.filter(|text| !text.trim().is_empty());
    let (rows, seen) = wanted(&app, tenant, body.items, body.filter).await?;
    let _permit = AT_ONCE.acquire().await.map_err(anyhow::Error::from)?;
    let judge = Judge::new(&app, tenant, given).await?;
    let mut items = Vec::with_capacity(rows.len());
    let mut sendable: BTreeMap<(AccountId, Channel), u32> = BTreeMap::new();
    let ids: Vec<_> = rows.iter().map(|row| InteractionId(row.interaction_id)).collect();
    let mut read = Vec::with_capacity(ids.len());
    for ids in ids.chunks(CHUNK) {
        read.extend(app.commands.answerable(tenant, ids).await?);
    }
    let duplicates = judge.duplicates(&ids, &read).await?;
    for (row, read) in rows.into_iter().zip(read) {
        let id = InteractionId(row.interaction_id);
        let is_duplicate = duplicates.contains(&id);
        let seen = seen.get(&id).and_then(|seen| seen.basis(read.as_ref()));
        let verdict = judge.of(read.as_ref(), seen, is_duplicate);
        let source = read.as_ref().and_then(|read| read.interaction.source());
        if let (Ok(_), Some(source)) = (&verdict.outcome, source) {
            *sendable.entry((source.account_id, source.channel)).or_default() += 1;
        }
        items.push(PreflightItem::new(row, verdict));
    }
    let estimated_seconds = judge.seconds(&sendable).await?;
    Ok(Json(Preflight::new(items, estimated_seconds)))
}

/// Finds what is to be looked at, in its order, with what was seen of each.
async fn wanted(
    app: &App,
    tenant: TenantId,
    items: Option<Vec<PreflightWish>>,
    filter: Option<ItemsFilter>,
) -> Result<(Vec<InboxRow>, HashMap<InteractionId, Seen>), ApiError> {
    let limit = i64::try_from(ITEMS_MAX).unwrap_or(i64::MAX);
    let items = match (items, filter) {
        (None, Some(filter)) => {
            let filter = filter.filter(Utc::now())?;
            let page = inbox::list(&app.db, tenant, &filter, Order::Newest, None, limit).await?;
            return match page.next {
                Some(_) => Err(BulkError::TooManyItems.into()),
                None => Ok((page.rows, HashMap::new())),
            };
        }
        (Some(items), None) => items,
        (Some(_), Some(_)) | (None, None) => {
            let message = "либо items, либо filter";
            return Err(ApiError::new(Code::InvalidBody).field("items", message));
        }
    };
    if items.len() > ITEMS_MAX {
        return Err(BulkError::TooManyItems.into());
    }
    let ids: Vec<InteractionId> = items.iter().map(|item| item.interaction_id).collect();
    let found = inbox::some(&app.db, tenant, &ids).await?;
    let mut found: HashMap<Uuid, InboxRow> =
        found.into_iter().map(|row| (row.interaction_id, row)).collect();
    // Whatever is absent, another's or named twice.
    let rows: Option<Vec<InboxRow>> = ids.iter().map(|id| found.remove(&id.0)).collect();
    let rows = rows.ok_or_else(|| ApiError::new(Code::NotFound))?;
    let seen = |PreflightWish { interaction_id, basis, version }| {
        (interaction_id, Seen { basis, version })
    };
    let seen = items.into_iter().map(seen).collect();
    Ok((rows, seen))
}

/// What whoever chose an item had seen of it.
struct Seen {
    basis: Option<u32>,
    version: Option<i32>,
}

impl Seen {
    fn basis(&self, read: Option<&Answerable>) -> Option<u32> {
        self.basis.or_else(|| read?.basis_after(self.version?))
    }
}

/// What is known for all items.
struct Judge<'a> {
    app: &'a App,
    tenant: TenantId,
    given: Option<String>,
    own: Arc<Own>,
    accounts: HashMap<AccountId, Account>,
    now: DateTime<Utc>,
}

/// What would become of an item.
struct Verdict {
    basis: u32,
    words: Option<(String, Option<DraftId>)>,
    outcome: Result<Vec<Violation>, (Refusal, Found)>,
    /// Nothing but what came in since stands in the way.
    changed: bool,
}

impl<'a> Judge<'a> {
    async fn new(app: &'a App, tenant: TenantId, given: Option<String>) -> Result<Self, ApiError> {
        let mut accounts = HashMap::new();
        for row in projections::accounts::list(&app.db, tenant).await? {
            let id = AccountId(row.account_id);
            let loaded = app.commands.load::<Account>(tenant, id).await;
            accounts.insert(id, loaded.map_err(anyhow::Error::from)?.aggregate);
        }
        let own = app.commands.guardrails(tenant).await?;
        let now = effects::now(&app.db).await?;
        Ok(Self { app, tenant, given, own, accounts, now })
    }

    fn words(&self, read: &Answerable) -> Result<(String, Option<DraftId>), Refusal> {
        read.words(self.given.as_deref(), None, self.now)
    }

    /// Finds the items whose words another buyer has got of late or would get with them.
    async fn duplicates(
        &self,
        ids: &[InteractionId],
        read: &[Option<Answerable>],
    ) -> Result<HashSet<InteractionId>, ApiError> {
        let texts = ids.iter().zip(read).filter_map(|(id, read)| {
            let (text, _) = self.words(read.as_ref()?).ok()?;
            Some((*id, text))
        });
        let texts: Vec<(InteractionId, String)> = texts.collect();
        let borrowed: Vec<_> = texts.iter().map(|(id, text)| (*id, text.as_str())).collect();
        let mut found = are_duplicates(&self.app.db, self.tenant, &borrowed).await?;
        let mut alike: HashMap<String, Vec<InteractionId>> = HashMap::new();
        for (id, text) in &borrowed {
            if let Some(words) = same_text(text) {
                alike.entry(words).or_default().push(*id);
            }
        }
        found.extend(alike.into_values().filter(|ids| ids.len() > 1).flatten());
        Ok(found)
    }

    /// Judges an item as the bulk will: by asking for its reply, without keeping what follows.
    fn of(&self, read: Option<&Answerable>, seen: Option<u32>, is_duplicate: bool) -> Verdict {
        let Some(read) = read else {
            let outcome = Err((Refusal::Unreadable, Found::default()));
            return Verdict { basis: 0, words: None, outcome, changed: false };
        };
        let basis = read.interaction.basis();
        let refused = |words, reason| {
            let outcome = Err((reason, Found::default()));
            Verdict { basis, words, outcome, changed: false }
        };
        let words = match self.words(read) {
            Ok(words) => words,
            Err(reason) => {
                // What it would be is worth seeing even where it is too old.
                let offered = read.offered.as_ref();
                let draft = offered.and_then(|words| Some((words.text.known()?.clone(), None)));
                let given = self.given.clone().map(|text| (text, None));
                return refused(given.or(draft), reason);
            }
        };
        if let Some(reason) = self.closed(read) {
            return refused(Some(words), reason);
        }
        let outcome = self.asked(read, &words, seen, is_duplicate);
        if !matches!(outcome, Err((Refusal::Changed, _))) {
            return Verdict { basis, words: Some(words), outcome, changed: false };
        }
        // What it would be for whoever has seen all is worth knowing.
        let anew = self.asked(read, &words, None, is_duplicate);
        let (changed, outcome) = match anew {
            Ok(warnings) => {
                let found = Found { warnings, ..Found::default() };
                (true, Err((Refusal::Changed, found)))
            }
            refused => (false, refused),
        };
        Verdict { basis, words: Some(words), outcome, changed }
    }

    /// Asks for a reply as whoever saw `seen` would, without keeping what follows.
    fn asked(
        &self,
        read: &Answerable,
        (text, draft_id): &(String, Option<DraftId>),
        seen: Option<u32>,
        is_duplicate: bool,
    ) -> Result<Vec<Violation>, (Refusal, Found)> {
        let request = InteractionCommand::RequestReply {
            reply_id: ReplyId::default(),
            text: text.clone(),
            draft_id: *draft_id,
            bulk_id: None,
            files: vec![],
            timing: Timing { held_until: None, basis: seen },
            grounds: Grounds { own: self.own.clone(), is_duplicate },
        };
        match read.interaction.decide(request) {
            Ok(events) => Ok(events.iter().flat_map(|event| passed(event, text)).collect()),
            Err(InteractionError::Guardrails(found)) => Err((Refusal::Blocked, found.into())),
            Err(rule) => Err((Refusal::from(&rule), Found::default())),
        }
    }

    fn closed(&self, read: &Answerable) -> Option<Refusal> {
        let source = read.interaction.source()?;
        closed(self.accounts.get(&source.account_id)?, source.channel)
    }

    /// Estimates how long so many replies take: the calls of a limit one after another, those of several beside each
    /// other.
    async fn seconds(
        &self,
        sendable: &BTreeMap<(AccountId, Channel), u32>,
    ) -> Result<u64, ApiError> {
        let mut calls: HashMap<(AccountId, &str), (Limit, u32)> = HashMap::new();
        for (&(account, channel), count) in sendable {
            // Of a cabinet that cannot be opened nothing is known.
            let limit = self.app.cabinets.write_limit(self.tenant, account, channel).await;
            if let Ok(limit) = limit {
                calls.entry((account, limit.scope)).or_insert((limit, 0)).1 += count;
            }
        }
        let longest = calls
            .into_values()
            .map(|(limit, calls)| limit.interval.saturating_mul(calls.saturating_sub(limit.burst)));
        Ok(longest.max().map_or(0, whole_seconds))
    }
}

fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// Returns the warnings that a reply would go out with.
#[expect(clippy::wildcard_enum_match_arm, reason = "a request leads to nothing else")]
fn passed(event: &InteractionEvent, text: &str) -> Vec<Violation> {
    match event {
        InteractionEvent::ReplyRequested { guardrails: Some(passed), .. } => {
            guardrail::violations(&passed.warnings, Severity::Warning, text.trim())
        }
        _ => vec![],
    }
}

impl PreflightItem {
    fn new(row: InboxRow, verdict: Verdict) -> Self {
        let Verdict { basis, words, outcome, changed } = verdict;
        let (text, draft_id) = words.unzip();
        let sendable = outcome.is_ok();
        let (reason, violations, warnings) = match outcome {
            Ok(warnings) => (None, vec![], warnings),
            Err((reason, found)) => (Some(reason.into()), found.violations, found.warnings),
        };
        Self {
            interaction: row.into(),
            basis,
            draft_id: draft_id.flatten().map(|id| id.0),
            text,
            sendable,
            changed,
            reason,
            violations,
            warnings,
        }
    }
}

impl Preflight {
    fn new(items: Vec<PreflightItem>, estimated_seconds: u64) -> Self {
        let sendable = items.iter().filter(|item| item.sendable).count();
        let mut counts: BTreeMap<Reason, usize> = BTreeMap::new();
        for reason in items.iter().filter_map(|item| item.reason.clone()) {
            *counts.entry(reason).or_default() += 1;
        }
        let mut reasons: Vec<_> =
            counts.into_iter().map(|(reason, count)| ReasonCount { reason, count }).collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
        Self { items, sendable, reasons, estimated_seconds }
    }
}

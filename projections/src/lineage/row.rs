//! The rows of an interaction's drafts and of its replies that had none, and how events change them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::interaction::{
    DraftOrigin, DraftOutcome, DraftSource, InteractionEvent, Lineage, Used, UsedKind,
};
use domain::policy::edit::Changed;
use domain::policy::learning::{self, Evidence};
use domain::value::MessageAuthor;
use domain::{DraftId, Recorded, ReplyId};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::query::ReplyLineage;
use crate::fold::time;

/// A row of `lineage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Row {
    pub(super) tenant_id: Uuid,
    pub(super) interaction_id: Uuid,
    pub(super) lineage_id: Uuid,
    pub(super) draft_id: Option<Uuid>,
    pub(super) reply_id: Option<Uuid>,
    pub(super) outcome: String,
    pub(super) changed: Option<i16>,
    pub(super) reason: Option<String>,
    pub(super) source: Option<String>,
    pub(super) model: Option<String>,
    pub(super) prompt_version: Option<i32>,
    pub(super) basis: Option<i32>,
    pub(super) intent: Option<String>,
    pub(super) used: Value,
    #[serde(with = "time::option")]
    pub(super) proposed_at: Option<DateTime<Utc>>,
    #[serde(with = "time::option")]
    pub(super) decided_at: Option<DateTime<Utc>>,
    pub(super) decided_by: Option<String>,
    pub(super) score: i16,
    pub(super) erased: bool,
    pub(super) version: i32,
    pub(super) applied_version: i32,
}

/// How the actor begins that is no person.
const BY_US: &str = "system:";

/// The rows of an interaction by id.
pub(crate) type Rows = BTreeMap<Uuid, Row>;

/// Tells what became of an interaction's drafts after `recorded`. It reads no words: an erased buyer's log says the
/// same.
pub(super) fn fold(rows: Rows, recorded: &Recorded) -> Rows {
    if rows.values().any(|row| row.applied_version >= recorded.version) {
        return rows;
    }
    recorded.of_interaction().fold(rows, |rows, event| after(rows, event, recorded))
}

fn after(mut rows: Rows, event: &InteractionEvent, recorded: &Recorded) -> Rows {
    match event {
        InteractionEvent::DraftProposed { draft_id, source, origin, .. } => {
            rows = ended(rows, DraftOutcome::Superseded, recorded);
            rows.entry(draft_id.0)
                .or_insert_with(|| Row::draft(recorded, *draft_id, *source, origin.as_deref()));
            rows
        }
        InteractionEvent::DraftDismissed { draft_id, reason } => {
            let reason = Some(<&str>::from(reason).to_owned());
            change(&mut rows, draft_id.0, recorded, |row| Row {
                reason,
                ..row.decided(DraftOutcome::Dismissed, recorded)
            });
            scored(rows, recorded)
        }
        InteractionEvent::ReplyRequested { reply_id, lineage, .. } => {
            replied(rows, *reply_id, *lineage, recorded)
        }
        InteractionEvent::ReplyCancelled { reply_id, .. } => taken_back(rows, *reply_id, recorded),
        InteractionEvent::RejectionRequested { .. }
        | InteractionEvent::ReplyObserved { .. }
        | InteractionEvent::Closed { .. } => ended(rows, DraftOutcome::Unused, recorded),
        InteractionEvent::MessageReceived { message, reply_id: None, .. }
            if message.author == MessageAuthor::Seller =>
        {
            ended(rows, DraftOutcome::Unused, recorded)
        }
        InteractionEvent::BuyerErased { .. } => {
            let rows = ended(rows, DraftOutcome::Unused, recorded);
            let erased =
                |row| Row { erased: true, score: 0, applied_version: recorded.version, ..row };
            rows.into_iter().map(|(id, row)| (id, erased(row))).collect()
        }
        InteractionEvent::Ingested { .. }
        | InteractionEvent::ContentRevised { .. }
        | InteractionEvent::Linked { .. }
        | InteractionEvent::Reopened
        | InteractionEvent::Viewed
        | InteractionEvent::DraftRequested { .. }
        | InteractionEvent::ReplyEditRequested { .. }
        | InteractionEvent::ReplyReleased { .. }
        | InteractionEvent::ReplyRefused { .. }
        | InteractionEvent::ReplyMarkedSent { .. }
        | InteractionEvent::ReplyRetryRequested { .. }
        | InteractionEvent::ReplySent { .. }
        | InteractionEvent::ReplyEdited { .. }
        | InteractionEvent::ReplyOutcomeUnknown { .. }
        | InteractionEvent::ReplyConfirmedAbsent { .. }
        | InteractionEvent::ReplySendFailed { .. }
        | InteractionEvent::ReplyEditFailed { .. }
        | InteractionEvent::ReplyPublished { .. }
        | InteractionEvent::ReplyModerationFailed { .. }
        | InteractionEvent::RejectionSent { .. }
        | InteractionEvent::RejectionConfirmed { .. }
        | InteractionEvent::MessageReceived { .. } => rows,
    }
}

/// A reply was asked for: the draft that it was measured against is decided, and any other is of no use. Where nothing
/// was measured though a draft was on offer, the reply is from before that was kept.
fn replied(
    mut rows: Rows,
    reply_id: ReplyId,
    lineage: Option<Lineage>,
    recorded: &Recorded,
) -> Rows {
    let reply = Some(reply_id.0);
    if let Some(Lineage { draft_id, changed }) = lineage {
        change(&mut rows, draft_id.0, recorded, |row| Row {
            reply_id: reply,
            changed: Some(i16::try_from(changed.thousandths()).unwrap_or(i16::MAX)),
            reason: None,
            ..row.decided(replying(changed.into(), recorded), recorded)
        });
        return ended(rows, DraftOutcome::Unused, recorded);
    }
    let open = rows.values().find(|row| row.is_open()).map(|row| row.lineage_id);
    match open {
        Some(id) => change(&mut rows, id, recorded, |row| Row {
            reply_id: reply,
            ..row.decided(DraftOutcome::Unmeasured, recorded)
        }),
        None => {
            let row = Row { reply_id: reply, ..Row::new(recorded, reply_id.0) };
            let outcome = replying(DraftOutcome::Manual, recorded);
            rows.entry(reply_id.0).or_insert_with(|| row.decided(outcome, recorded));
        }
    }
    scored(rows, recorded)
}

/// What a part of ours asked for says nothing of what a person thinks of a draft.
fn replying(outcome: DraftOutcome, recorded: &Recorded) -> DraftOutcome {
    let by_person = recorded.actor.as_deref().is_none_or(|actor| !actor.starts_with(BY_US));
    if by_person { outcome } else { DraftOutcome::Automatic }
}

/// A reply was taken back: its draft is on offer again unless another has come since.
fn taken_back(mut rows: Rows, reply_id: ReplyId, recorded: &Recorded) -> Rows {
    let latest = rows.values().filter(|row| row.draft_id.is_some()).map(|row| row.version).max();
    let of_it = rows.values().find(|row| row.reply_id == Some(reply_id.0));
    let Some(row) = of_it.cloned() else { return rows };
    let outcome = match row.draft_id {
        None => DraftOutcome::TakenBack,
        Some(_) if Some(row.version) == latest => DraftOutcome::Open,
        Some(_) => DraftOutcome::Superseded,
    };
    let undecided = outcome == DraftOutcome::Open;
    change(&mut rows, row.lineage_id, recorded, |row| {
        let row = row.decided(outcome, recorded);
        Row {
            reply_id: row.reply_id.filter(|_| row.draft_id.is_none()),
            changed: None,
            decided_at: row.decided_at.filter(|_| !undecided),
            decided_by: row.decided_by.filter(|_| !undecided),
            ..row
        }
    });
    scored(rows, recorded)
}

/// What is on offer is decided by something else than a reply.
fn ended(rows: Rows, outcome: DraftOutcome, recorded: &Recorded) -> Rows {
    let end = |row: Row| if row.is_open() { row.decided(outcome, recorded) } else { row };
    scored(rows.into_iter().map(|(id, row)| (id, end(row))).collect(), recorded)
}

fn change(rows: &mut Rows, id: Uuid, recorded: &Recorded, to: impl FnOnce(Row) -> Row) {
    if let Some(row) = rows.get_mut(&id) {
        *row = Row { applied_version: recorded.version, ..to(row.clone()) };
    }
}

/// Scores what was decided; what was dismissed before it counts, too.
fn scored(mut rows: Rows, recorded: &Recorded) -> Rows {
    let dismissed: Vec<i32> = rows
        .values()
        .filter(|row| row.outcome == DraftOutcome::Dismissed.as_str())
        .map(|row| row.version)
        .collect();
    for row in rows.values_mut().filter(|row| !row.erased) {
        let before = dismissed.iter().filter(|version| **version < row.version).count();
        let score = row.score_after(before);
        if score != row.score {
            (row.score, row.applied_version) = (score, recorded.version);
        }
    }
    rows
}

/// Tells how the replies of an interaction came about, as [`of`](super::of) does.
pub(crate) fn of_replies(rows: &Rows) -> Vec<ReplyLineage> {
    let mut rows: Vec<&Row> = rows.values().collect();
    rows.sort_by_key(|row| row.version);
    let of_reply = |row: &Row| {
        Some(ReplyLineage {
            reply_id: row.reply_id?,
            draft_id: row.draft_id,
            outcome: row.outcome.clone(),
            changed: row.changed,
            source: row.source.clone(),
            model: row.model.clone(),
            prompt_version: row.prompt_version,
        })
    };
    rows.into_iter().filter_map(of_reply).collect()
}

impl Row {
    fn new(recorded: &Recorded, id: Uuid) -> Self {
        Self {
            tenant_id: recorded.tenant.0,
            interaction_id: recorded.stream.0,
            lineage_id: id,
            draft_id: None,
            reply_id: None,
            outcome: DraftOutcome::Open.as_str().to_owned(),
            changed: None,
            reason: None,
            source: None,
            model: None,
            prompt_version: None,
            basis: None,
            intent: None,
            used: json!([]),
            proposed_at: None,
            decided_at: None,
            decided_by: None,
            score: 0,
            erased: false,
            version: recorded.version,
            applied_version: recorded.version,
        }
    }

    fn draft(
        recorded: &Recorded,
        id: DraftId,
        source: DraftSource,
        origin: Option<&DraftOrigin>,
    ) -> Self {
        let written = origin.and_then(|origin| origin.written.as_ref());
        // What a model was paid for in vain, and a template stands instead of, is not the model's.
        let written = written.filter(|_| source == DraftSource::Model);
        let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        Self {
            draft_id: Some(id.0),
            source: Some(<&str>::from(source).to_owned()),
            model: written.map(|written| written.model.clone()),
            prompt_version: written.map(|written| number(written.prompt_version)),
            basis: origin.map(|origin| number(origin.basis)),
            intent: origin
                .and_then(|origin| origin.analysis.as_ref())
                .map(|analysis| analysis.intent.as_str().to_owned()),
            used: origin.map_or_else(|| json!([]), |origin| json!(origin.context)),
            proposed_at: Some(time::kept(recorded.recorded_at)),
            ..Self::new(recorded, id.0)
        }
    }

    fn is_open(&self) -> bool {
        self.outcome == DraftOutcome::Open.as_str()
    }

    fn decided(self, outcome: DraftOutcome, recorded: &Recorded) -> Self {
        Self {
            outcome: outcome.as_str().to_owned(),
            decided_at: Some(time::kept(recorded.recorded_at)),
            decided_by: recorded.actor.clone(),
            applied_version: recorded.version,
            ..self
        }
    }

    fn score_after(&self, dismissed_before: usize) -> i16 {
        let Ok(outcome) = self.outcome.parse() else { return 0 };
        let used: Vec<Used> = serde_json::from_value(self.used.clone()).unwrap_or_default();
        let is_known = used.iter().any(|used| used.kind != UsedKind::Example);
        let is_by_model = self.source.as_deref() == Some(DraftSource::Model.into());
        let evidence = Evidence {
            outcome,
            changed: self.changed.and_then(|kept| u16::try_from(kept).ok()).map(Changed::kept),
            dismissed_before,
            said: self.basis.and_then(|basis| u32::try_from(basis).ok()).unwrap_or_default(),
            nothing_known: is_by_model && !is_known,
        };
        i16::try_from(learning::score(evidence)).unwrap_or(i16::MAX)
    }
}

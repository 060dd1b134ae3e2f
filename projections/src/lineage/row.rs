//! The rows of an interaction's drafts and of its replies that had none, and how events change them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::interaction::{
    DraftOrigin, DraftOutcome, DraftSource, InteractionEvent, Lineage, Used, UsedKind,
};
use domain::policy::edit::Changed;
use domain::policy::learning::{self, Evidence};
use domain::value::MessageAuthor;
use domain::{BulkId, DraftId, Recorded, ReplyId};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::decision::Decision;
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
    pub(super) otherwise: Option<Value>,
    pub(super) score: i16,
    pub(super) erased: bool,
    pub(super) version: i32,
    pub(super) applied_version: i32,
}

/// A distance as rows keep it, in thousandths.
pub(crate) fn kept(changed: Changed) -> i16 {
    i16::try_from(changed.thousandths()).unwrap_or(i16::MAX)
}

/// How a reply was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// By a person, for one interaction.
    Alone,
    /// By a person, for many.
    InBulk,
    /// By nobody but the seller's rules.
    ByNobody,
}

impl Asked {
    /// Tells it by what `ReplyRequested` names.
    pub(crate) fn of(automation: Option<u32>, bulk_id: Option<BulkId>) -> Self {
        match (automation, bulk_id) {
            (Some(_), _) => Self::ByNobody,
            (None, Some(_)) => Self::InBulk,
            (None, None) => Self::Alone,
        }
    }
}

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
            let carried_from = origin.as_ref().and_then(|origin| origin.carried_from);
            let draft = Row::draft(recorded, *draft_id, *source, origin.as_deref());
            proposed(rows, draft, carried_from, recorded)
        }
        InteractionEvent::DraftDismissed { draft_id, reason } => {
            let dismissed = Decision {
                reason: Some(<&str>::from(reason).to_owned()),
                ..Decision::of(DraftOutcome::Dismissed, recorded)
            };
            change(&mut rows, draft_id.0, recorded, |row| row.decided_but_for_a_reply(dismissed));
            scored(rows, recorded)
        }
        InteractionEvent::ReplyRequested { reply_id, lineage, automation, bulk_id, .. } => {
            replied(rows, *reply_id, *lineage, Asked::of(*automation, *bulk_id), recorded)
        }
        InteractionEvent::ReplyCancelled { reply_id, .. }
        | InteractionEvent::ReplySendFailed { reply_id, retry_at: None, .. }
        | InteractionEvent::ReplyModerationFailed { reply_id, .. } => {
            given_up(rows, *reply_id, recorded)
        }
        InteractionEvent::ReplySent { reply_id, .. }
        | InteractionEvent::ReplyPublished { reply_id, .. }
        | InteractionEvent::ReplyMarkedSent { reply_id, .. }
        | InteractionEvent::ReplyRetryRequested { reply_id, .. } => {
            after_all(rows, *reply_id, recorded)
        }
        InteractionEvent::RejectionRequested { .. }
        | InteractionEvent::ReplyObserved { .. }
        | InteractionEvent::Closed { .. } => ended(rows, None, DraftOutcome::Unused, recorded),
        InteractionEvent::MessageReceived { message, reply_id: None, .. }
            if message.author == MessageAuthor::Seller =>
        {
            ended(rows, None, DraftOutcome::Unused, recorded)
        }
        InteractionEvent::BuyerErased { .. } => {
            let rows = ended(rows, None, DraftOutcome::Unused, recorded);
            let erased =
                |row| Row { erased: true, score: 0, applied_version: recorded.version, ..row };
            rows.into_iter().map(|(id, row)| (id, erased(row))).collect()
        }
        InteractionEvent::Ingested { .. }
        | InteractionEvent::ContentRevised { .. }
        | InteractionEvent::Linked { .. }
        | InteractionEvent::Reopened
        | InteractionEvent::DeadlineSet { .. }
        | InteractionEvent::SlaEscalated { .. }
        | InteractionEvent::SlaBreached { .. }
        | InteractionEvent::Viewed
        | InteractionEvent::DraftRequested { .. }
        | InteractionEvent::ReplyEditRequested { .. }
        | InteractionEvent::ReplyReleased { .. }
        | InteractionEvent::ReplyRefused { .. }
        | InteractionEvent::ReplyEdited { .. }
        | InteractionEvent::ReplyOutcomeUnknown { .. }
        | InteractionEvent::ReplyConfirmedAbsent { .. }
        | InteractionEvent::ReplySendFailed { .. }
        | InteractionEvent::ReplyEditFailed { .. }
        | InteractionEvent::RejectionSent { .. }
        | InteractionEvent::RejectionConfirmed { .. }
        | InteractionEvent::MessageReceived { .. } => rows,
    }
}

/// A draft was laid down: the one before it is replaced, or goes on in it.
fn proposed(
    mut rows: Rows,
    draft: Row,
    carried_from: Option<DraftId>,
    recorded: &Recorded,
) -> Rows {
    let before = carried_from.and_then(|id| rows.get(&id.0)).cloned();
    let Some(before) = before else {
        rows = ended(rows, None, DraftOutcome::Superseded, recorded);
        rows.entry(draft.lineage_id).or_insert(draft);
        return rows;
    };
    // What goes on has no end of its own: what becomes of the later draft is told once.
    let carried = Decision { at: None, by: None, ..Decision::of(DraftOutcome::Carried, recorded) };
    change(&mut rows, before.lineage_id, recorded, |row| row.ended_by(carried));
    rows = ended(rows, Some(before.lineage_id), DraftOutcome::Superseded, recorded);
    let model = draft.model.clone().or(before.model);
    let prompt_version = draft.prompt_version.or(before.prompt_version);
    rows.entry(draft.lineage_id).or_insert(Row { model, prompt_version, ..draft });
    rows
}

/// A reply was asked for: the draft that it was measured against is decided, and any other is of no use. Where nothing
/// was measured though a draft was on offer, the reply is from before that was kept.
fn replied(
    mut rows: Rows,
    reply_id: ReplyId,
    lineage: Option<Lineage>,
    asked: Asked,
    recorded: &Recorded,
) -> Rows {
    let reply = Some(reply_id.0);
    if let Some(Lineage { draft_id, changed }) = lineage {
        let decision = Decision {
            reply_id: reply,
            changed: Some(kept(changed)),
            ..Decision::of(replying(changed.into(), asked), recorded)
        };
        change(&mut rows, draft_id.0, recorded, |row| row.answered(decision));
        return ended(rows, Some(draft_id.0), DraftOutcome::Unused, recorded);
    }
    let open = rows.values().find(|row| row.is_open()).map(|row| row.lineage_id);
    match open {
        Some(id) => {
            let unmeasured = Decision::of(DraftOutcome::Unmeasured, recorded);
            let decision = Decision { reply_id: reply, ..unmeasured };
            change(&mut rows, id, recorded, |row| row.answered(decision));
        }
        None => {
            let outcome = replying(DraftOutcome::Manual, asked);
            let decision = Decision { reply_id: reply, ..Decision::of(outcome, recorded) };
            let row = || Row::new(recorded, reply_id.0).with(decision);
            rows.entry(reply_id.0).or_insert_with(row);
        }
    }
    scored(rows, recorded)
}

/// What nobody asked for says nothing of what a person thinks of a draft; nor does one text for many, unless it is the
/// draft.
pub(crate) fn replying(outcome: DraftOutcome, asked: Asked) -> DraftOutcome {
    match asked {
        Asked::ByNobody => DraftOutcome::Automatic,
        Asked::InBulk if outcome != DraftOutcome::Accepted => DraftOutcome::InBulk,
        Asked::InBulk | Asked::Alone => outcome,
    }
}

/// A reply never went out: its draft is what it was without it. What the reply decided is kept, since it may stand
/// after all.
fn given_up(mut rows: Rows, reply_id: ReplyId, recorded: &Recorded) -> Rows {
    let of_it = rows.values().find(|row| row.is_decided_by(reply_id));
    let Some(id) = of_it.map(|row| row.lineage_id) else { return rows };
    change(&mut rows, id, recorded, |row| {
        let decided = row.decision();
        let without = match row.draft_id {
            Some(_) => row.otherwise().unwrap_or_else(|| Decision::none(DraftOutcome::Open)),
            None => Decision {
                reply_id: decided.reply_id,
                ..Decision::of(DraftOutcome::TakenBack, recorded)
            },
        };
        Row { otherwise: Some(json!(decided)), ..row.with(without) }
    });
    scored(rows, recorded)
}

/// A reply stands, or is sent again: where it was given up, its draft is its own again.
fn after_all(mut rows: Rows, reply_id: ReplyId, recorded: &Recorded) -> Rows {
    if rows.values().any(|row| row.is_decided_by(reply_id)) {
        return rows;
    }
    let was_of_it =
        |row: &&Row| row.otherwise().is_some_and(|decision| decision.reply_id == Some(reply_id.0));
    let Some(id) = rows.values().find(was_of_it).map(|row| row.lineage_id) else { return rows };
    change(&mut rows, id, recorded, |row| match row.otherwise() {
        Some(decided) if row.draft_id.is_some() => row.answered(decided),
        Some(decided) => Row { otherwise: None, ..row.with(decided) },
        None => row,
    });
    ended(rows, Some(id), DraftOutcome::Unused, recorded)
}

/// What is on offer is decided by something else than a reply, but for one draft.
fn ended(rows: Rows, but: Option<Uuid>, outcome: DraftOutcome, recorded: &Recorded) -> Rows {
    let end = |id: Uuid, row: Row| {
        let ended = row.clone().ended_by(Decision::of(outcome, recorded));
        let is_news = but != Some(id) && ended != row;
        if is_news { Row { applied_version: recorded.version, ..ended } } else { row }
    };
    scored(rows.into_iter().map(|(id, row)| (id, end(id, row))).collect(), recorded)
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
            otherwise: None,
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

    /// Tells whether it is a reply's that is to come, or stands.
    fn is_decided_by(&self, reply_id: ReplyId) -> bool {
        self.reply_id == Some(reply_id.0) && self.outcome != DraftOutcome::TakenBack.as_str()
    }

    fn decision(&self) -> Decision {
        Decision {
            outcome: self.outcome.clone(),
            reply_id: self.reply_id,
            changed: self.changed,
            reason: self.reason.clone(),
            at: self.decided_at,
            by: self.decided_by.clone(),
        }
    }

    fn with(self, decision: Decision) -> Self {
        let Decision { outcome, reply_id, changed, reason, at, by } = decision;
        Self { outcome, reply_id, changed, reason, decided_at: at, decided_by: by, ..self }
    }

    fn otherwise(&self) -> Option<Decision> {
        self.otherwise.clone().and_then(|kept| serde_json::from_value(kept).ok())
    }

    /// A reply decides it; what it is without that reply is kept.
    fn answered(self, decision: Decision) -> Self {
        let otherwise = (!self.is_open()).then(|| json!(self.decision()));
        Self { otherwise, ..self.with(decision) }
    }

    /// Something else than a reply decides it: where a reply has, that is what it is without the reply.
    fn decided_but_for_a_reply(self, decision: Decision) -> Self {
        if self.reply_id.is_some() {
            return Self { otherwise: Some(json!(decision)), ..self };
        }
        self.with(decision)
    }

    /// The same, where nothing else was decided before.
    fn ended_by(self, decision: Decision) -> Self {
        let is_undecided = self.is_open() || (self.reply_id.is_some() && self.otherwise.is_none());
        if self.draft_id.is_some() && is_undecided {
            return self.decided_but_for_a_reply(decision);
        }
        self
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
            nothing_known: is_by_model && !is_known,
        };
        i16::try_from(learning::score(evidence)).unwrap_or(i16::MAX)
    }
}

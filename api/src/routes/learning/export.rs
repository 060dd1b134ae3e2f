//! Samples to train a model with or to count: what the buyer wrote, the draft, and what went out, with nobody's name.

use std::collections::HashMap;

use adapters::model::hidden;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use domain::interaction::{Conversation, DraftOutcome, InteractionEvent, Turn};
use domain::value::MessageAuthor;
use domain::{Recorded, StreamId, TenantId};
use eventlog::StoredEvent;
use futures::stream::try_unfold;
use projections::lineage::{self, Filter, LineageRow, PageKey};
use projections::readable;
use serde::{Deserialize, Serialize};
use tracing::warn;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::not_learned;
use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::Query;
use crate::reply::percent;
use crate::routes::quality::period;
use crate::routes::words;

/// Rows that are read at once, with the events of their interactions.
const PAGE_ROWS: i64 = 100;

/// The outcomes that tell what a person thought of a draft.
const TOLD: [DraftOutcome; 4] =
    [DraftOutcome::Accepted, DraftOutcome::Edited, DraftOutcome::Manual, DraftOutcome::Dismissed];

/// Which samples are asked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SamplesQuery {
    /// Decided at this time or later; 30 days before `until` without it, and a year before at most.
    since: Option<DateTime<Utc>>,
    /// Decided before this time; now without it.
    until: Option<DateTime<Utc>>,
}

/// A sample: one line of the file.
#[derive(Serialize, ToSchema)]
struct Sample {
    interaction_id: Uuid,
    draft_id: Option<Uuid>,
    reply_id: Option<Uuid>,
    #[schema(value_type = words::Channel)]
    channel: String,
    #[schema(value_type = words::Intent)]
    intent: String,
    rating: Option<i16>,
    product: String,
    #[schema(value_type = words::DraftOutcome)]
    outcome: String,
    changed_percent: Option<f64>,
    #[schema(value_type = Option<words::DismissReason>)]
    reason: Option<String>,
    #[schema(value_type = Option<words::DraftSource>)]
    source: Option<String>,
    model: Option<String>,
    prompt_version: Option<i32>,
    score: i16,
    decided_at: DateTime<Utc>,
    /// What was said before it was decided, oldest first.
    dialog: Vec<Said>,
    /// None of a reply that had no draft.
    draft: Option<String>,
    /// None of a draft that was dismissed.
    answer: Option<String>,
}

/// Something that was said.
#[derive(Serialize, ToSchema)]
struct Said {
    /// `buyer` or `seller`.
    by: &'static str,
    text: String,
}

/// The last line of the file, where something was left out of it.
#[derive(Serialize)]
struct LeftOut {
    /// Drafts and replies whose interaction cannot be read in the log: somebody changed what is stored there.
    left_out: usize,
}

/// Exports samples as a file of JSON lines, those decided last first, with names, contacts, numbers and addresses of
/// people hidden. Buyers that were erased are not among them, nor those who wanted what the seller wants nothing learnt
/// of (`not_learned` of `/seller/drafting`). What cannot be read is left out, and the last line is
/// then `{"left_out": …}` with how many there were.
#[utoipa::path(get, path = "/learning/export", tag = "quality", params(SamplesQuery),
    responses((status = OK, body = Sample, content_type = "application/x-ndjson")))]
pub(crate) async fn export_learning(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<SamplesQuery>,
) -> Result<Response, ApiError> {
    let period = period(query.since, query.until)?;
    let tenant = caller.tenant();
    let filter = Filter {
        since: Some(period.since),
        until: Some(period.until),
        outcomes: TOLD.map(|outcome| outcome.as_str().to_owned()).to_vec(),
        not_erased: true,
        without_intents: not_learned(&app, tenant).await?,
        ..Filter::default()
    };
    let lines = try_unfold((Some(None), 0), move |(after, left_out)| {
        let (app, filter) = (app.clone(), filter.clone());
        async move {
            let Some(after) = after else { return Ok(None) };
            let Lines { mut text, next, left_out: more } =
                page(&app, tenant, &filter, after).await?;
            let left_out = left_out + more;
            if next.is_none() && left_out > 0 {
                text.push_str(&line(&LeftOut { left_out })?);
            }
            Ok::<_, anyhow::Error>(Some((text, (next.map(Some), left_out))))
        }
    });
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson"),
        (CONTENT_DISPOSITION, "attachment; filename=\"agentiq-samples.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)).into_response())
}

/// The lines of a page.
struct Lines {
    text: String,
    next: Option<PageKey>,
    /// How many lines are not among them, since what they would tell cannot be read.
    left_out: usize,
}

/// Makes the lines of a page. The words are read from the log, which alone has those of drafts that were replaced.
async fn page(
    app: &App,
    tenant: TenantId,
    filter: &Filter,
    after: Option<PageKey>,
) -> anyhow::Result<Lines> {
    let page = lineage::list(&app.db, tenant, filter, after, PAGE_ROWS).await?;
    let mut streams: Vec<_> = page.rows.iter().map(|row| StreamId(row.interaction_id)).collect();
    streams.sort_unstable();
    streams.dedup();
    let stories = app.log.load_streams_marked(tenant, &streams).await?;
    let stories: HashMap<StreamId, Result<Vec<Recorded>, String>> =
        stories.into_iter().map(|(stream, story)| (stream, read(story))).collect();
    let mut lines = Lines { text: String::new(), next: page.next, left_out: 0 };
    for row in page.rows {
        let id = row.interaction_id;
        match stories.get(&StreamId(id)) {
            Some(Ok(story)) => {
                if let Some(sample) = sample(row, story) {
                    lines.text.push_str(&line(&sample)?);
                }
            }
            Some(Err(reason)) => {
                warn!(interaction.id = %id, reason, "left interaction {id} out of samples");
                lines.left_out += 1;
            }
            None => (),
        }
    }
    Ok(lines)
}

/// Reads a story, or says why it cannot be read.
fn read(story: Vec<StoredEvent>) -> Result<Vec<Recorded>, String> {
    story.into_iter().map(readable).collect()
}

fn line(told: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string(told)? + "\n")
}

/// What a story tells of a draft or a reply.
#[derive(Default)]
struct Told {
    /// All names that the marketplace ever told of the buyer: it may stop to tell one.
    names: Vec<String>,
    turns: Vec<Turn>,
    draft: Option<String>,
    answer: Option<String>,
}

/// Makes a sample; none where the words are gone by now.
fn sample(row: LineageRow, story: &[Recorded]) -> Option<Sample> {
    let Told { names, turns, draft, answer } = told(&row, story)?;
    let authors: Vec<_> = turns.iter().map(|turn| by(turn.author)).collect();
    let count = authors.len();
    let texts = turns.into_iter().map(|turn| turn.text);
    let texts: Vec<String> = texts
        .chain([draft.clone().unwrap_or_default(), answer.clone().unwrap_or_default()])
        .collect();
    let mut hidden = hidden(names.iter().map(String::as_str), &texts).into_iter();
    let dialog = authors.into_iter().zip(hidden.by_ref().take(count));
    let dialog = dialog.map(|(by, text)| Said { by, text }).collect();
    let (draft, answer) = (draft.and(hidden.next()), answer.and(hidden.next()));
    Some(Sample {
        interaction_id: row.interaction_id,
        draft_id: row.draft_id,
        reply_id: row.reply_id,
        channel: row.channel,
        intent: row.intent,
        rating: row.rating,
        product: row.product_name,
        outcome: row.outcome,
        changed_percent: row.changed.map(percent),
        reason: row.reason,
        source: row.source,
        model: row.model,
        prompt_version: row.prompt_version,
        score: row.score,
        decided_at: row.decided_at,
        dialog,
        draft,
        answer,
    })
}

fn by(author: MessageAuthor) -> &'static str {
    match author {
        MessageAuthor::Buyer => "buyer",
        MessageAuthor::Seller | MessageAuthor::Marketplace => "seller",
    }
}

/// Reads what a story tells up to where it was decided; none where the words are gone.
fn told(row: &LineageRow, story: &[Recorded]) -> Option<Told> {
    let (mut told, mut said) = (Told::default(), Conversation::default());
    let mut events = story.iter().flat_map(Recorded::of_interaction);
    let decided = events.find(|event| {
        said = std::mem::take(&mut said).after(event);
        is_decided_by(row, event, &mut told)
    });
    decided?;
    // A name that was told only later may stand in what was said before.
    for event in events {
        told.learn_names(event);
    }
    told.turns = said.turns;
    let is_whole = row.draft_id.is_none() || told.draft.is_some();
    is_whole.then_some(told)
}

impl Told {
    fn learn_names(&mut self, event: &InteractionEvent) {
        let (InteractionEvent::Ingested { content, .. }
        | InteractionEvent::ContentRevised { content }) = event
        else {
            return;
        };
        let name = content.words.known().and_then(|words| words.buyer_name.clone());
        let news = name.filter(|name| !self.names.contains(name));
        self.names.extend(news);
    }
}

/// Takes in an event, and tells whether it decides what became of the draft.
#[expect(clippy::wildcard_enum_match_arm, reason = "only these have words that a sample has")]
fn is_decided_by(row: &LineageRow, event: &InteractionEvent, told: &mut Told) -> bool {
    told.learn_names(event);
    match event {
        InteractionEvent::DraftProposed { draft_id, text, .. }
            if row.draft_id == Some(draft_id.0) =>
        {
            told.draft = text.known().cloned();
            false
        }
        InteractionEvent::DraftDismissed { draft_id, .. } => {
            row.reply_id.is_none() && row.draft_id == Some(draft_id.0)
        }
        InteractionEvent::ReplyRequested { reply_id, text, .. }
            if row.reply_id == Some(reply_id.0) =>
        {
            told.answer = text.known().cloned();
            told.answer.is_some()
        }
        _ => false,
    }
}

//! What other lists would have done to the texts of the last days, before they are saved.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, TimeDelta, Utc};
use domain::TenantId;
use domain::guardrail::{self, Effect, Example, Outcome, Own, Said, WhatIf};
use eventlog::Db;
use futures::{Stream, StreamExt as _, stream};
use projections::said;
use serde::{Deserialize, Serialize};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ListedPhrase, lists};
use crate::app::App;
use crate::auth::Caller;
use crate::error::{ApiError, Code};
use crate::extract::Json;
use crate::guardrail::Span;

/// Furthest back that texts are looked at, in days.
const DAYS_MAX: u16 = 90;

/// Most texts that are looked at: ten seconds' work of one core.
const TEXTS_MAX: usize = 100_000;

/// Questions that are worked on at once, so that others find a core and a connection.
static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Pages that wait for the thread that looks at them.
const PAGES_AHEAD: usize = 2;

/// Lists that may be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhatIfRequest {
    /// Texts of how many days are looked at.
    #[schema(minimum = 1, maximum = 90)]
    days: u16,
    /// As they would be saved.
    #[schema(max_items = 200)]
    phrases: Vec<ListedPhrase>,
    /// As they would be saved.
    #[schema(max_items = 100)]
    exceptions: Vec<String>,
}

/// What the lists would have done, beside those in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct WhatIfAnswer {
    /// The version of the lists in force, with which they were compared.
    version: u32,
    /// Texts that were looked at, newest first, up to 100,000: replies from here and from the cabinet, then drafts.
    texts: usize,
    /// Whether there are more.
    has_more: bool,
    /// Texts that the lists in force stop, and those that would be stopped.
    stopped_now: usize,
    stopped_then: usize,
    /// Texts that would be stopped and are not now, and the other way round.
    stopped_newly: usize,
    stopped_no_longer: usize,
    /// By rule or phrase, those that stop most texts newly first; what changes nothing is left out.
    effects: Vec<WhatIfEffect>,
}

/// What the lists would have done by one rule or phrase.
#[derive(Serialize, ToSchema)]
struct WhatIfEffect {
    /// The rule, by a name that stays.
    #[schema(example = "own")]
    r#type: &'static str,
    category: &'static str,
    /// What is wrong, by the rule.
    message: &'static str,
    /// The phrase of the seller's list; none where it is a rule that every seller has.
    listed: Option<String>,
    stops_newly: usize,
    stops_no_longer: usize,
    warns_newly: usize,
    warns_no_longer: usize,
    /// Up to three of each change.
    examples: Vec<WhatIfExample>,
}

/// A text that a change is about.
#[derive(Serialize, ToSchema)]
struct WhatIfExample {
    interaction_id: Uuid,
    #[schema(example = "stops_newly")]
    change: &'static str,
    /// The words, as they are written.
    phrase: String,
    /// Where they stand in the text.
    place: Span,
    /// What stands before them, up to 40 characters.
    before: String,
    /// What stands after them, up to 40 characters.
    after: String,
}

/// Tells what lists would have done to the replies and drafts of the last days, beside those in force. Nothing is kept.
#[utoipa::path(post, path = "/seller/guardrails/what-if", tag = "seller", request_body = WhatIfRequest,
    responses((status = OK, body = WhatIfAnswer)))]
pub(crate) async fn what_if(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<WhatIfRequest>,
) -> Result<Json<WhatIfAnswer>, ApiError> {
    let WhatIfRequest { days, phrases, exceptions } = body;
    if !(1..=DAYS_MAX).contains(&days) {
        let message = format!("допустимо от 1 до {DAYS_MAX}");
        return Err(ApiError::new(Code::InvalidBody).field("days", message));
    }
    let candidate = lists(phrases, exceptions).checked()?;
    let _permit = AT_ONCE.acquire().await.map_err(anyhow::Error::from)?;
    let own = app.commands.guardrails(caller.tenant()).await?;
    let version = own.version();
    let since = Utc::now() - TimeDelta::days(days.into());
    let pages = texts(&app.db, caller.tenant(), since);
    let (outcome, has_more) = compared(own, candidate, pages).await?;
    Ok(Json(WhatIfAnswer::new(version, has_more, outcome)))
}

/// Which texts come next.
enum Next {
    Replies(Option<said::AfterReply>),
    Drafts(Option<domain::InteractionId>),
    Nothing,
}

/// Reads texts page by page.
fn texts(
    db: &Db,
    tenant: TenantId,
    since: DateTime<Utc>,
) -> impl Stream<Item = sqlx::Result<Vec<Said>>> {
    stream::try_unfold(Next::Replies(None), move |next| async move {
        Ok(match next {
            Next::Replies(after) => {
                let (page, end) = said::replies(db, tenant, since, after).await?;
                let next = end.map_or(Next::Drafts(None), |end| Next::Replies(Some(end)));
                Some((page, next))
            }
            Next::Drafts(after) => {
                let (page, end) = said::drafts(db, tenant, since, after).await?;
                Some((page, end.map_or(Next::Nothing, |end| Next::Drafts(Some(end)))))
            }
            Next::Nothing => None,
        })
    })
}

/// Looks at texts in a thread of its own, while the next are read, and tells whether there are more than it looked at.
/// Whoever stops waiting stops it.
async fn compared(
    before: Arc<Own>,
    candidate: guardrail::Guardrails,
    pages: impl Stream<Item = sqlx::Result<Vec<Said>>>,
) -> Result<(Outcome, bool), ApiError> {
    let stop = CancellationToken::new();
    let _stops_with_us = stop.clone().drop_guard();
    let (pass, mut passed) = mpsc::channel::<Vec<Said>>(PAGES_AHEAD);
    let looking = tokio::task::spawn_blocking(move || {
        let after = Own::compiled(before.version(), &candidate);
        let mut what_if = WhatIf::new(before, Arc::new(after));
        while let Some(page) = passed.blocking_recv() {
            for said in page {
                if stop.is_cancelled() {
                    return what_if.outcome();
                }
                what_if.look_at(&said);
            }
        }
        what_if.outcome()
    });
    let has_more = {
        let pass = pass;
        let mut pages = std::pin::pin!(pages);
        let mut left = TEXTS_MAX;
        loop {
            let Some(mut page) = pages.next().await.transpose()? else { break false };
            let has_more = page.len() > left;
            page.truncate(left);
            left -= page.len();
            // It takes pages until there are no more.
            if pass.send(page).await.is_err() || has_more {
                break has_more;
            }
        }
    };
    let outcome = looking.await.map_err(anyhow::Error::from)?;
    Ok((outcome, has_more))
}

impl WhatIfAnswer {
    fn new(version: u32, has_more: bool, outcome: Outcome) -> Self {
        Self {
            version,
            texts: outcome.texts,
            has_more,
            stopped_now: outcome.stopped_before,
            stopped_then: outcome.stopped_after,
            stopped_newly: outcome.stopped_newly,
            stopped_no_longer: outcome.stopped_no_longer,
            effects: outcome.effects.into_iter().map(WhatIfEffect::from).collect(),
        }
    }
}

impl From<Effect> for WhatIfEffect {
    fn from(effect: Effect) -> Self {
        Self {
            r#type: effect.rule.id,
            category: effect.rule.category.into(),
            message: effect.rule.message,
            listed: effect.listed,
            stops_newly: effect.stops_newly,
            stops_no_longer: effect.stops_no_longer,
            warns_newly: effect.warns_newly,
            warns_no_longer: effect.warns_no_longer,
            examples: effect.examples.into_iter().map(WhatIfExample::from).collect(),
        }
    }
}

impl From<Example> for WhatIfExample {
    fn from(example: Example) -> Self {
        let Example { id, change, phrase, place, before, after } = example;
        Self {
            interaction_id: id.0,
            change: change.into(),
            phrase,
            place: place.into(),
            before,
            after,
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::value::{BuyerWords, Content, Product};
    use domain::{Channel, InteractionId};

    use super::*;

    fn page(texts: usize) -> Vec<Said> {
        let said = |n| Said {
            id: InteractionId(Uuid::from_u128(n)),
            channel: Channel::Review,
            content: Content {
                rating: None,
                product: Product::default(),
                words: BuyerWords::default().into(),
            },
            text: "Да".to_owned(),
        };
        (0..).map(said).take(texts).collect()
    }

    /// Waits until nobody but the test holds `own`.
    async fn alone(own: &Arc<Own>) {
        while Arc::strong_count(own) > 1 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn whoever_stops_waiting_stops_the_work() {
        let own = Arc::new(Own::default());
        let (taken, mut pages_taken) = tokio::sync::watch::channel(0);
        let endless = stream::repeat_with(move || {
            taken.send_modify(|pages| *pages += 1);
            Ok(page(1))
        });
        let endless = endless.take(TEXTS_MAX / 2).chain(stream::pending());
        let working =
            tokio::spawn(compared(own.clone(), guardrail::Guardrails::default(), endless));
        // More than wait for the thread: it looks at them.
        pages_taken.wait_for(|pages| *pages > 2 * PAGES_AHEAD).await.unwrap();
        working.abort();
        assert!(working.await.unwrap_err().is_cancelled());
        alone(&own).await;
    }

    #[tokio::test]
    async fn no_more_texts_are_looked_at_than_there_is_time_for() {
        let own = Arc::new(Own::default());
        let pages = |pages: usize| stream::iter((0..pages).map(|_| Ok(page(TEXTS_MAX / 4))));
        let (outcome, has_more) =
            compared(own.clone(), guardrail::Guardrails::default(), pages(4)).await.unwrap();
        assert_eq!((outcome.texts, has_more), (TEXTS_MAX, false));
        let (outcome, has_more) =
            compared(own.clone(), guardrail::Guardrails::default(), pages(9)).await.unwrap();
        assert_eq!((outcome.texts, has_more), (TEXTS_MAX, true));
    }

    #[tokio::test]
    async fn a_fault_of_the_database_ends_the_work() {
        let own = Arc::new(Own::default());
        let pages = stream::iter([Ok(page(1)), Err(sqlx::Error::PoolTimedOut)]);
        let refused = compared(own.clone(), guardrail::Guardrails::default(), pages).await;
        assert_eq!(refused.unwrap_err().code(), Code::DatabaseUnavailable);
        alone(&own).await;
    }
}

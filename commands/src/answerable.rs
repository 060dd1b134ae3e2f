//! Interactions as whoever answers many of them looks at them: the state that decides, and the draft on offer.

use chrono::{DateTime, Utc};
use cqrs_es::Aggregate as _;
use domain::bulk::{Refusal, Words, words_for};
use domain::event::decode;
use domain::interaction::{Interaction, InteractionEvent};
use domain::{DraftId, InteractionId, TenantId};
use eventlog::{LogError, StoredEvent};

use crate::Commands;

/// An interaction with the draft on offer.
#[derive(Debug, Clone, Default)]
pub struct Answerable {
    /// Its state.
    pub interaction: Interaction,
    /// Its draft, if it has one.
    pub offered: Option<Words>,
    /// The [`basis`](Interaction::basis) after each of its events.
    bases: Vec<u32>,
}

impl Answerable {
    /// Chooses the text that a bulk would answer with: the one `given` for all, or the draft, if it is the one that was
    /// `seen`.
    ///
    /// # Errors
    /// Why it gets no answer, as far as that can be said without the guardrails.
    pub fn words(
        &self,
        given: Option<&str>,
        seen: Option<DraftId>,
        now: DateTime<Utc>,
    ) -> Result<(String, Option<DraftId>), Refusal> {
        self.interaction.may_answer().map_err(|rule| Refusal::from(&rule))?;
        // Nobody looks before a bulk answers.
        if self.interaction.is_in_doubt() {
            return Err(Refusal::InDoubt);
        }
        if self.interaction.reply_window_until().is_some_and(|until| until < now) {
            return Err(Refusal::WindowClosed);
        }
        words_for(given, seen, self.offered.as_ref())
    }

    /// Returns the [`basis`](Interaction::basis) as whoever saw so many events saw it; none where there are not so
    /// many.
    #[must_use]
    pub fn basis_after(&self, events: i32) -> Option<u32> {
        let last = usize::try_from(events).ok()?.checked_sub(1)?;
        self.bases.get(last).copied()
    }

    fn of(events: Vec<StoredEvent>) -> Option<Self> {
        let mut answerable = Self::default();
        for stored in events {
            if stored.spoilt.is_some() {
                return None;
            }
            let names = stored.names();
            let events = decode::<InteractionEvent>(names, stored.payload.clone()).ok()?;
            for event in events {
                answerable.offered = Words::after(answerable.offered, &event);
                answerable.interaction.apply(event);
            }
            answerable.bases.push(answerable.interaction.basis());
        }
        answerable.interaction.source().is_some().then_some(answerable)
    }
}

impl Commands {
    /// Reads interactions in the order of `ids`; none for one that does not exist or cannot be read.
    ///
    /// # Errors
    /// When the log is out of reach.
    pub async fn answerable(
        &self,
        tenant: TenantId,
        ids: &[InteractionId],
    ) -> Result<Vec<Option<Answerable>>, LogError> {
        let streams: Vec<_> = ids.iter().map(|id| (*id).into()).collect();
        let mut stored = self.log().load_streams(tenant, &streams).await?;
        Ok(streams.iter().map(|stream| Answerable::of(stored.remove(stream)?)).collect())
    }
}

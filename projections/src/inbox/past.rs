//! Rows in memory, asked what the table is asked. A test of the API holds the two together.

use std::cmp::Ordering;

use uuid::Uuid;

use super::query::{Counts, Filter, InboxRow, Order, PageKey};
use super::row::Row;

impl Row {
    pub(crate) fn account_id(&self) -> Uuid {
        self.account_id
    }

    /// Tells whether a filter finds the row.
    pub(crate) fn passes(&self, filter: &Filter) -> bool {
        let any = |wanted: &[String], found: &String| wanted.is_empty() || wanted.contains(found);
        let replied = |state: &String| filter.reply_states.contains(state);
        let rated = |rating: &i16| filter.ratings.contains(rating);
        any(&filter.statuses, &self.status)
            && (filter.reply_states.is_empty() || self.reply_state.as_ref().is_some_and(replied))
            && any(&filter.channels, &self.channel)
            && any(&filter.marketplaces, &self.marketplace)
            && filter.account_id.is_none_or(|id| id == self.account_id)
            && (filter.ratings.is_empty() || self.rating.as_ref().is_some_and(rated))
            && filter.needs_response.is_none_or(|needed| needed == self.needs_response)
            && (filter.priorities.is_empty() || filter.priorities.contains(&self.priority))
            && any(&filter.intents, &self.intent)
            && any(&filter.sentiments, &self.sentiment)
            && filter
                .breached
                .is_none_or(|wanted| wanted == (self.awaits_answer() && self.breached))
            && filter.due_by.is_none_or(|by| self.due_by <= by)
            && filter.product.as_ref().is_none_or(|article| *article == self.product_article)
            && filter.complaint.is_none_or(|wanted| wanted == self.complains())
            && filter.since.is_none_or(|since| self.occurred_at >= since)
            && filter.until.is_none_or(|until| self.occurred_at < until)
    }

    /// As `complains` in the database says.
    fn complains(&self) -> bool {
        let has_reason = ["defect", "wrong_item", "delivery", "sizing", "return"]
            .contains(&self.intent.as_str());
        self.sentiment == "negative"
            || (self.channel == "review" && self.sentiment == "neutral" && has_reason)
    }

    fn awaits_answer(&self) -> bool {
        self.deadline_of.is_some()
    }

    pub(crate) fn count_in(&self, counts: &mut Counts) {
        counts.add(self.status.clone(), self.rating, self.needs_response, 1);
    }
}

impl Order {
    /// Tells which of two rows comes first. Postgres sorts ids by their bytes, as here.
    pub(crate) fn compare(self, one: PageKey, other: PageKey) -> Ordering {
        let key = |key: PageKey| (key.at, key.interaction_id.0);
        match self {
            Self::Oldest | Self::Deadline => key(one).cmp(&key(other)),
            Self::Newest => key(other).cmp(&key(one)),
        }
    }
}

impl InboxRow {
    /// Returns what the table and that of cabinets tell of a row.
    pub(crate) fn new(row: Row, account_name: Option<String>) -> Self {
        Self {
            awaits_answer: row.awaits_answer(),
            waits_since: row.waits_since,
            answer_by: row.answer_by,
            warn_at: row.warn_at,
            deadline_priority: row.deadline_priority,
            sla_policy: row.sla_policy,
            sla_rule: row.sla_rule,
            escalated: row.escalated,
            breached: row.breached,
            due_by: row.due_by,
            interaction_id: row.interaction_id,
            account_id: row.account_id,
            account_name,
            marketplace: row.marketplace,
            channel: row.channel,
            external_id: row.external_id,
            rating: row.rating,
            buyer_name: row.buyer_name,
            product_name: row.product_name,
            product_article: row.product_article,
            product_brand: row.product_brand,
            preview: row.preview,
            status: row.status,
            needs_response: row.needs_response,
            reply_state: row.reply_state,
            held_until: row.held_until,
            has_draft: row.has_draft,
            is_supplement: row.parent_id.is_some(),
            occurred_at: row.occurred_at,
            updated_at: row.updated_at,
            version: row.version,
            draft_is_stale: row.has_draft && row.draft_basis != row.basis,
            draft_ahead: row.has_draft && row.draft_ahead,
            intent: row.intent,
            sentiment: row.sentiment,
            priority: row.priority,
        }
    }
}

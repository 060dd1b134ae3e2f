//! How the replies of a bulk stand.

use std::collections::HashMap;

use commands::Commands;
use domain::bulk::BulkItem;
use domain::interaction::ReplyState;
use domain::{AccountId, InteractionId, ReplyId};
use eventlog::Db;
use projections::bulks;
use uuid::Uuid;

use super::Open;

/// The replies of a bulk that are not over, and those that are still to be asked for although it is noted that they
/// were gone about. What is under way waits for nothing but its delivery; an outcome that nobody knows is settled by
/// reading, which takes minutes and holds up nobody.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) held: Vec<(BulkItem, ReplyId)>,
    pub(super) sending: Vec<(BulkItem, ReplyId)>,
    pub(super) missing: Vec<(BulkItem, ReplyId)>,
}

impl Survey {
    /// Asks the read model, and the log about what that does not know yet.
    pub(super) async fn take(db: &Db, commands: &Commands, open: &Open) -> anyhow::Result<Self> {
        let rows = bulks::replies(db, open.tenant, open.id).await?;
        let states: HashMap<Uuid, String> =
            rows.into_iter().map(|row| (row.reply_id, row.state)).collect();
        let (mut survey, mut unheard) = (Self::default(), Vec::new());
        for (item, reply_id) in open.bulk.taken() {
            match states.get(&reply_id.0).map(String::as_str) {
                Some("held") => survey.held.push((*item, reply_id)),
                Some("sending") => survey.sending.push((*item, reply_id)),
                Some(_) => (),
                None => unheard.push((*item, reply_id)),
            }
        }
        let ids: Vec<InteractionId> = unheard.iter().map(|(item, _)| item.interaction_id).collect();
        let read = commands.answerable(open.tenant, &ids).await?;
        for ((item, reply_id), read) in unheard.into_iter().zip(read) {
            let version = read.as_ref().and_then(|read| read.interaction.version(reply_id));
            match version.map(|version| version.state) {
                None => survey.missing.push((item, reply_id)),
                Some(ReplyState::Held) => survey.held.push((item, reply_id)),
                // Whatever it is by now, the read model will soon say so.
                Some(_) => survey.sending.push((item, reply_id)),
            }
        }
        Ok(survey)
    }

    /// Returns the cabinet of each reply that is under way.
    pub(super) fn under_way(&self) -> impl Iterator<Item = AccountId> {
        let all = self.held.iter().chain(&self.sending).chain(&self.missing);
        all.map(|(item, _)| item.account_id)
    }

    /// Tells whether nothing of it is held or on its way.
    pub(super) fn is_over(&self) -> bool {
        self.under_way().next().is_none()
    }
}

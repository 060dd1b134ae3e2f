//! Asking for one reply of a bulk, in the way in which every reply is asked for.

use anyhow::Context as _;
use chrono::TimeDelta;
use commands::{Actor, CommandError};
use domain::ReplyId;
use domain::account::Account;
use domain::bulk::{BulkItem, Refusal};
use domain::guardrail::Grounds;
use domain::interaction::{Interaction, InteractionCommand, Timing};
use domain::seller::Seller;
use projections::effects;
use projections::reply_history::is_duplicate;
use uuid::Uuid;

use super::{Bulks, Open, closed};

impl Bulks {
    /// Asks for the reply of an item that was noted as gone about. Asked for already, it stays as it is.
    ///
    /// # Errors
    /// When the log or the database is out of reach; the inner error says why the item gets no reply.
    pub(super) async fn request(
        &self,
        open: &Open,
        item: &BulkItem,
        reply_id: ReplyId,
    ) -> anyhow::Result<Result<(), Refusal>> {
        let (tenant, id) = (open.tenant, item.interaction_id);
        // The sabotage that the tests must catch: a repetition asks for another reply.
        let reply_id =
            if cfg!(feature = "sabotage-bulk-again") { ReplyId(Uuid::now_v7()) } else { reply_id };
        let read = self.commands.answerable(tenant, &[id]).await?.pop().flatten();
        let (Some(read), Some(by)) = (read, open.bulk.by()) else {
            return Ok(Err(Refusal::Unreadable));
        };
        if read.interaction.version(reply_id).is_some() {
            return Ok(Ok(()));
        }
        let source = read.interaction.source().context("what can be read was ingested")?;
        let account = self.commands.load::<Account>(tenant, source.account_id).await?;
        if let Some(reason) = closed(&account.aggregate, source.channel) {
            return Ok(Err(reason));
        }
        let now = effects::now(&self.db).await?;
        let given = match open.bulk.text() {
            Some(text) => match text.known() {
                Some(text) => Some(text.as_str()),
                None => return Ok(Err(Refusal::Unreadable)),
            },
            None => None,
        };
        let (text, draft_id) = match read.words(given, item.draft_id, now) {
            Ok(words) => words,
            Err(reason) => return Ok(Err(reason)),
        };
        let grounds = Grounds {
            own: self.commands.guardrails(tenant).await?,
            is_duplicate: is_duplicate(&self.db, tenant, id, &text).await?,
        };
        let seller = self.commands.load::<Seller>(tenant, tenant).await?;
        let hold = seller.aggregate.settings().1.reply_hold_seconds;
        let held_until = (hold > 0).then(|| now + TimeDelta::seconds(hold.into()));
        let command = InteractionCommand::RequestReply {
            reply_id,
            text,
            draft_id,
            bulk_id: Some(open.id),
            files: vec![],
            timing: Timing { held_until, basis: Some(item.basis) },
            grounds,
        };
        let context = open.context(Actor::User(by), Uuid::new_v5(&reply_id.0, b"request"));
        match self.commands.execute::<Interaction>(&context, id, command).await {
            Ok(_) => Ok(Ok(())),
            Err(CommandError::Rejected(rule)) => Ok(Err(Refusal::from(&rule))),
            Err(CommandError::Events(_)) => Ok(Err(Refusal::Unreadable)),
            Err(error) => Err(error).context("asking for a reply of a bulk"),
        }
    }
}

//! What follows from a row's own fields: where the interaction stands, and whether a draft is due.

use super::Row;

impl Row {
    /// Says in one word where the interaction stands, and whether somebody must act.
    pub(super) fn judge(&mut self) {
        let state = self.reply_state.as_deref().unwrap_or_default();
        let answered = self.answer_stands || self.observed_stands;
        let status = match state {
            _ if self.held_until.is_some() => "held",
            "sending" | "unknown" => "replying",
            // Nobody can write in it any more.
            _ if self.closed && self.is_chat() => "closed",
            _ if answered => "responded",
            "failed" | "rejected" => "failed",
            _ if self.closed => "closed",
            _ => "waiting",
        };
        // A chat that the seller began waits for the buyer.
        let waits = !self.is_chat() || self.buyer_wrote_at.is_some() || status == "failed";
        self.needs_response = waits && matches!(status, "failed" | "waiting");
        status.clone_into(&mut self.status);
        self.draft_rank = self.rank();
    }

    /// Says in which order a draft is to be made; none where none is. What it would be made of must be known.
    fn rank(&self) -> Option<i16> {
        self.basis?;
        let is_awaited = self.drafts_asked > self.drafts_answered && self.may_be_answered();
        let is_missing = self.needs_response && self.draft_basis != self.basis;
        match (is_awaited, is_missing) {
            (true, _) => Some(0),
            (false, true) => Some(self.priority + 1),
            (false, false) => None,
        }
    }

    /// Tells whether another answer may be asked for, as the rules say it: a wish that cannot be met any more would
    /// stay ahead of all others for ever.
    fn may_be_answered(&self) -> bool {
        // What the marketplace took and is no answer, it was asked to take down.
        let is_rejected = matches!(self.reply_state.as_deref(), Some("sent" | "published"));
        match &*self.status {
            "waiting" | "failed" => true,
            "responded" => self.is_chat(),
            "closed" => !self.is_chat() && !is_rejected,
            _ => false,
        }
    }
}

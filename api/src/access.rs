//! Who may call what: every operation of the API with what it takes, on one page. What is not on it is not carried out.

mod document;
mod words;

use axum::http::Method;
use domain::access::Permission;

pub(crate) use document::document;
pub(crate) use words::{missing, title};

/// What an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: whoever calls is not known yet.
    Nothing,
    /// A session or a token, of whatever role.
    Caller,
    /// A person's own session: no token of a program.
    Person,
    /// A permission.
    May(Permission),
}

/// An operation of the API, and what it takes.
struct Operation {
    method: Method,
    /// Below the API's base, as the router has it.
    path: &'static str,
    need: Need,
}

/// Returns what the operation takes; none where there is no such operation.
pub(crate) fn need(method: &Method, path: &str) -> Option<Need> {
    // As the router has it.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let found = operations().find(|it| it.method == *method && it.path == path);
    found.map(|it| it.need)
}

/// Returns the methods that a path takes.
pub(crate) fn methods(path: &str) -> impl Iterator<Item = Method> {
    operations().filter(move |it| it.path == path).map(|it| it.method)
}

fn operations() -> impl Iterator<Item = Operation> {
    use Need::{Caller, May, Nothing, Person};
    use Permission as P;

    const GET: Method = Method::GET;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    const PATCH: Method = Method::PATCH;
    const DELETE: Method = Method::DELETE;
    [
        (POST, "/auth/register", Nothing),
        (POST, "/auth/login", Nothing),
        (GET, "/auth/me", Caller),
        (POST, "/auth/logout", Person),
        (POST, "/auth/password/forgotten", Nothing),
        (POST, "/auth/password/reset", Nothing),
        (POST, "/auth/password", Person),
        (GET, "/auth/sessions", Person),
        (POST, "/auth/sessions/end-others", Person),
        (DELETE, "/auth/sessions/{id}", Person),
        (GET, "/auth/tokens", Person),
        (POST, "/auth/tokens", Person),
        (DELETE, "/auth/tokens/{id}", Person),
        (POST, "/auth/invitations/look", Nothing),
        (POST, "/auth/invitations/accept", Nothing),
        (GET, "/auth/invitations", May(P::ManagePeople)),
        (POST, "/auth/invitations", May(P::ManagePeople)),
        (DELETE, "/auth/invitations/{id}", May(P::ManagePeople)),
        (GET, "/people", May(P::ManagePeople)),
        (PUT, "/people/{id}", May(P::ManagePeople)),
        (GET, "/roles", May(P::ManagePeople)),
        (POST, "/roles", May(P::ManagePeople)),
        (PUT, "/roles/{id}", May(P::ManagePeople)),
        (DELETE, "/roles/{id}", May(P::ManagePeople)),
        // What the frame of every page of the console is made from.
        (GET, "/accounts", Caller),
        (GET, "/alerts", Caller),
        (GET, "/automation/status", Caller),
        (GET, "/marketplaces", Caller),
        (GET, "/seller/settings", Caller),
        (GET, "/sending", Caller),
        (GET, "/interactions", May(P::ViewInteractions)),
        (GET, "/interactions/counts", May(P::ViewInteractions)),
        (GET, "/interactions/{id}", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/events", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/files/{message_id}/{n}", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/history", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/replies/{reply_id}/evidence", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/steps", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/why", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/export", May(P::ViewInteractions)),
        (GET, "/interactions/{id}/erasure", May(P::ViewInteractions)),
        (GET, "/interactions/bulk", May(P::ViewInteractions)),
        (GET, "/interactions/bulk/{id}", May(P::ViewInteractions)),
        (GET, "/events", May(P::ViewInteractions)),
        (GET, "/events/stream", May(P::ViewInteractions)),
        (GET, "/sending/status", May(P::ViewInteractions)),
        (GET, "/seller/automation", May(P::ViewInteractions)),
        (GET, "/seller/automation/history", May(P::ViewInteractions)),
        (GET, "/seller/drafting", May(P::ViewInteractions)),
        (GET, "/seller/drafting/history", May(P::ViewInteractions)),
        (GET, "/seller/guardrails", May(P::ViewInteractions)),
        (GET, "/seller/guardrails/history", May(P::ViewInteractions)),
        (GET, "/seller/guardrails/history/{version}", May(P::ViewInteractions)),
        (GET, "/seller/sla", May(P::ViewInteractions)),
        (GET, "/seller/sla/history", May(P::ViewInteractions)),
        (GET, "/knowledge", May(P::ViewInteractions)),
        (GET, "/knowledge/{id}", May(P::ViewInteractions)),
        (POST, "/knowledge/search", May(P::ViewInteractions)),
        (GET, "/knowledge/unanswered", May(P::ViewInteractions)),
        (POST, "/interactions/{id}/ai-draft", May(P::AnswerInteractions)),
        (POST, "/interactions/bulk/ai-draft", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/draft", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/draft/dismiss", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/files", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/reply", May(P::AnswerInteractions)),
        (PATCH, "/interactions/{id}/reply", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/reply/check", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/reject", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/replies/{reply_id}/release", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/replies/{reply_id}/cancel", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/replies/{reply_id}/mark-sent", May(P::AnswerInteractions)),
        (POST, "/interactions/{id}/replies/{reply_id}/send-again", May(P::AnswerInteractions)),
        // Questions and chats show the buyer that they were seen.
        (POST, "/interactions/{id}/viewed", May(P::AnswerInteractions)),
        (POST, "/interactions/bulk", May(P::AnswerInteractions)),
        (POST, "/interactions/bulk/preflight", May(P::AnswerInteractions)),
        (POST, "/interactions/bulk/{id}/stop", May(P::AnswerInteractions)),
        (POST, "/alerts/acknowledge", May(P::AnswerInteractions)),
        // Whoever sees that something goes wrong stops it; letting it go on is for others.
        (POST, "/sending/stop", May(P::AnswerInteractions)),
        (POST, "/seller/automation/stop", May(P::AnswerInteractions)),
        (GET, "/claims", May(P::ViewBuyers)),
        (GET, "/claims/{id}", May(P::ViewBuyers)),
        (GET, "/claims/{id}/erasure", May(P::ViewBuyers)),
        (POST, "/interactions/{id}/erasure", May(P::EraseBuyers)),
        (POST, "/claims/{id}/erasure", May(P::EraseBuyers)),
        (GET, "/interactions/metrics/complaints", May(P::ViewQuality)),
        (GET, "/interactions/metrics/quality", May(P::ViewQuality)),
        (GET, "/interactions/metrics/quality/closed", May(P::ViewQuality)),
        (GET, "/interactions/metrics/quality/export", May(P::ViewQuality)),
        (GET, "/interactions/metrics/quality/items", May(P::ViewQuality)),
        (GET, "/quality/drafts", May(P::ViewQuality)),
        (GET, "/quality/drafts/items", May(P::ViewQuality)),
        (GET, "/learning", May(P::ViewQuality)),
        (GET, "/drafting/comparisons", May(P::ViewQuality)),
        (GET, "/drafting/comparisons/{id}", May(P::ViewQuality)),
        (GET, "/automation/backtests", May(P::ViewQuality)),
        (GET, "/automation/backtests/{id}", May(P::ViewQuality)),
        (POST, "/knowledge", May(P::ManageKnowledge)),
        (PUT, "/knowledge/{id}", May(P::ManageKnowledge)),
        (DELETE, "/knowledge/{id}", May(P::ManageKnowledge)),
        (POST, "/knowledge/import", May(P::ManageKnowledge)),
        (POST, "/knowledge/import/preview", May(P::ManageKnowledge)),
        (PUT, "/seller/automation", May(P::ManageAutomation)),
        (POST, "/automation/backtests", May(P::ManageAutomation)),
        (PUT, "/seller/drafting", May(P::ManagePolicies)),
        (PUT, "/seller/guardrails", May(P::ManagePolicies)),
        (POST, "/seller/guardrails/what-if", May(P::ManagePolicies)),
        (PUT, "/seller/sla", May(P::ManagePolicies)),
        (POST, "/sla/what-if", May(P::ManagePolicies)),
        (POST, "/drafting/comparisons", May(P::ManageLearning)),
        (POST, "/drafting/comparisons/{id}/stop", May(P::ManageLearning)),
        (GET, "/learning/export", May(P::ExportLearning)),
        (POST, "/accounts", May(P::ManageAccounts)),
        (POST, "/accounts/check", May(P::ManageAccounts)),
        (POST, "/accounts/{account_id}/check", May(P::ManageAccounts)),
        (PUT, "/accounts/{account_id}/credential", May(P::ManageAccounts)),
        (GET, "/accounts/{account_id}/notifications", May(P::ManageAccounts)),
        (POST, "/accounts/{account_id}/notifications", May(P::ManageAccounts)),
        (POST, "/accounts/{account_id}/sync", May(P::ManageAccounts)),
        (GET, "/accounts/{account_id}/unread-items", May(P::ManageAccounts)),
        (POST, "/accounts/{account_id}/unread-items/retry", May(P::ManageAccounts)),
        (PUT, "/seller/settings", May(P::ManageSeller)),
        (GET, "/seller/recipients", May(P::ManageSeller)),
        (POST, "/seller/recipients", May(P::ManageSeller)),
        (PUT, "/seller/recipients/{id}", May(P::ManageSeller)),
        (DELETE, "/seller/recipients/{id}", May(P::ManageSeller)),
        (GET, "/seller/recipients/{id}/signing-key", May(P::ManageSeller)),
        (POST, "/seller/recipients/{id}/test", May(P::ManageSeller)),
        (POST, "/sending/resume", May(P::ManageSeller)),
        (GET, "/log", May(P::ViewAudit)),
        (GET, "/events/{sequence}/proof", May(P::ViewAudit)),
    ]
    .into_iter()
    .map(|(method, path, need)| Operation { method, path, need })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::router::BASE;

    #[test]
    fn every_operation_of_the_description_is_on_the_page_once_and_nothing_else() {
        let described = crate::openapi::document();
        let described: BTreeSet<String> = described["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let path = path.strip_prefix(BASE).unwrap();
                let methods = item.as_object().unwrap().keys();
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let listed: Vec<String> =
            operations().map(|it| format!("{} {}", it.method, it.path)).collect();
        assert_eq!(listed.iter().cloned().collect::<BTreeSet<_>>(), described);
        assert_eq!(listed.len(), described.len());
    }

    #[test]
    fn nothing_is_open_but_the_ways_in() {
        let open: Vec<&str> =
            operations().filter(|it| it.need == Need::Nothing).map(|it| it.path).collect();
        assert!(open.iter().all(|path| path.starts_with("/auth/")), "{open:?}");
        assert_eq!(need(&Method::HEAD, "/log"), Some(Need::May(Permission::ViewAudit)));
        assert_eq!(need(&Method::DELETE, "/log"), None);
    }
}

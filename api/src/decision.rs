//! What was decided about a draft, in words.

use domain::policy::decision::{Reason, Verdict};

/// Says what is to become of a draft.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::AutoSend => "могло бы уйти без человека",
        Verdict::NeedApproval => "нужно одобрение человека",
        Verdict::Escalate => "нужно решение человека",
    }
}

/// Says what keeps it from going out by itself.
pub(crate) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::Channel => "канал не разрешён",
        Reason::Rating => "звёзд меньше, чем разрешено",
        Reason::Priority => "срочность выше низкой",
        Reason::Sentiment => "покупатель не выглядит довольным",
        Reason::Intent => "тема не разрешена",
        Reason::Handoff => "тема всегда за человеком",
        Reason::Unread => "тема неизвестна",
        Reason::Unsure => "уверенность ниже порога отправки",
        Reason::Guess => "уверенность ниже порога передачи человеку",
        Reason::Guardrails => "текст не прошёл правила ответов",
        Reason::Attacked => "слова покупателя похожи на обращение к машине",
        Reason::PersonWrote => "здесь уже писал человек",
        Reason::PersonsDraft => "черновик написал человек",
        Reason::Tried => "ответ уже уходил сам и не вышел",
    }
}
